/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Objects of the program's own types by the functions that Linux 7.1 and 7.2 brought; without them they are
 * not called. */
#include "local.h"

NEWER void *bpf_obj_new(__u64 type);
NEWER void bpf_obj_drop(void *p);
NEWER void *bpf_refcount_acquire(void *p);
NEWER int bpf_list_push_front(struct bpf_list_head *head, struct bpf_list_node *node);
NEWER int bpf_rbtree_add(struct bpf_rb_root *root, struct bpf_rb_node *node,
	_Bool(less)(struct bpf_rb_node *a, const struct bpf_rb_node *b));
NEWER int bpf_list_add(struct bpf_list_head *head, struct bpf_list_node *node, struct bpf_list_node *behind);
NEWER struct bpf_list_node *bpf_list_front(struct bpf_list_head *head);
NEWER struct bpf_list_node *bpf_list_del(struct bpf_list_head *head, struct bpf_list_node *node);
NEWER _Bool bpf_list_is_first(struct bpf_list_head *head, struct bpf_list_node *node);
NEWER _Bool bpf_list_empty(struct bpf_list_head *head);

struct item {
	__u64 key;
	struct bpf_refcount refs;
	struct bpf_list_node node;
	struct bpf_rb_node tree;
};
OF_MAP(A) struct bpf_spin_lock lock;
OF_MAP(A) struct bpf_list_head head CONTAINS(item, node);
OF_MAP(A) struct bpf_rb_root root CONTAINS(item, tree);

#define ITEM(n) CONTAINER(n, struct item, node)
#define NEW_ITEM(p)                                                                                          \
	struct item *p = (struct item *)bpf_obj_new(__builtin_btf_type_id(*(struct item *)0, 0));            \
	if (!p)                                                                                              \
	return 0

static _Bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return CONTAINER(a, struct item, tree)->key < CONTAINER(b, struct item, tree)->key;
}

TC(made_and_dropped)
{
	NEW_ITEM(p);
	bpf_obj_drop(p);
	return 0;
}
TC(made_and_lost)
{
	NEW_ITEM(p);
	return (int)READ(p->key);
}
TC(in_both)
{
	NEW_ITEM(p);
	struct item *q = bpf_refcount_acquire(p);
	bpf_spin_lock(&lock);
	bpf_list_push_front(&head, &p->node);
	bpf_rbtree_add(&root, &q->tree, less);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(added_behind_the_first)
{
	NEW_ITEM(p);
	bpf_spin_lock(&lock);
	struct bpf_list_node *n = bpf_list_front(&head);
	if (n)
		bpf_list_add(&head, &p->node, n);
	else
		bpf_list_push_front(&head, &p->node);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(added_behind_what_may_be_null)
{
	NEW_ITEM(p);
	bpf_spin_lock(&lock);
	bpf_list_add(&head, &p->node, bpf_list_front(&head));
	bpf_spin_unlock(&lock);
	return 0;
}
TC(added_behind_itself)
{
	NEW_ITEM(p);
	bpf_spin_lock(&lock);
	bpf_list_add(&head, &p->node, &p->node);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(taken_out)
{
	bpf_spin_lock(&lock);
	struct bpf_list_node *n = bpf_list_front(&head);
	if (n)
		n = bpf_list_del(&head, n);
	bpf_spin_unlock(&lock);
	if (n)
		bpf_obj_drop(ITEM(n));
	return 0;
}
TC(taken_out_and_lost)
{
	bpf_spin_lock(&lock);
	struct bpf_list_node *n = bpf_list_front(&head);
	if (n)
		n = bpf_list_del(&head, n);
	bpf_spin_unlock(&lock);
	return n ? 1 : 0;
}
TC(own_is_taken_out)
{
	NEW_ITEM(p);
	bpf_spin_lock(&lock);
	struct bpf_list_node *n = bpf_list_del(&head, &p->node);
	bpf_spin_unlock(&lock);
	if (n)
		bpf_obj_drop(ITEM(n));
	bpf_obj_drop(p);
	return 0;
}
TC(asked)
{
	int n = 0;
	bpf_spin_lock(&lock);
	struct bpf_list_node *first = bpf_list_front(&head);
	if (!bpf_list_empty(&head) && first)
		n = bpf_list_is_first(&head, first);
	bpf_spin_unlock(&lock);
	return n;
}
TC(asked_after_unlock)
{
	bpf_spin_lock(&lock);
	bpf_spin_unlock(&lock);
	return bpf_list_empty(&head);
}
TC(of_a_moved_pointer)
{
	NEW_ITEM(p);
	struct item *q = bpf_refcount_acquire((void *)p + 8);
	bpf_obj_drop(p);
	bpf_obj_drop(q);
	return 0;
}
