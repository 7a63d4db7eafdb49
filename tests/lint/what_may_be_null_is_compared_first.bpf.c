/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "memory.h"

SEC("socket") int not_compared(struct __sk_buff *skb)
{
	__u32 key = 1;
	struct item *p = bpf_map_lookup_elem(&items, &key);
	return (int)p->n;
}

SEC("socket") int compared_the_wrong_way(struct __sk_buff *skb)
{
	__u32 key = 1;
	struct item *p = bpf_map_lookup_elem(&items, &key);
	if (p)
		return 0;
	return (int)*(volatile __u64 *)p;
}

SEC("socket") int compared(struct __sk_buff *skb)
{
	ITEM(p);
	return (int)p->n;
}
