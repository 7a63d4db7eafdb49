/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "corpus/local.h"

struct node {
	__u64 key;
	struct bpf_list_node link;
};
/* Of such a struct, the kernel takes no debug information of the object. */
struct queue {
	struct bpf_list_head head CONTAINS(node, link);
	__u64 count;
};

TC(else_nothing_is_made)
{
	struct node *n = NEW(struct node);
	if (n)
		DROP(n);
	return 0;
}

TC(not_even_the_queue)
{
	struct queue *q = NEW(struct queue);
	if (!q)
		return 0;
	q->count = 1;
	DROP(q);
	return 0;
}
