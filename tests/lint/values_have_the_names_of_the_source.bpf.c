/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "memory.h"

struct conn {
	__u32 fd;
	__u16 port, room[3];
} conns[16];
__u32 which;

/* By BTF: a variable, a member of an element of one. */
SEC("socket") int variable(struct __sk_buff *skb)
{
	ITEM(p);
	__u32 i = which;
	return p->cell[i];
}

SEC("socket") int member(struct __sk_buff *skb)
{
	ITEM(p);
	if (skb->len > 15)
		return 0;
	__u32 i = conns[skb->len].fd;
	return p->cell[HIDDEN(i)];
}

/* A member of the value of a map. */
SEC("socket") int of_a_map(struct __sk_buff *skb)
{
	ITEM(p);
	return p->cell[p->n];
}

/* What a program is called with, and its functions. */
SEC("socket") int of_the_context(struct __sk_buff *skb)
{
	ITEM(p);
	return p->cell[skb->mark & 31];
}
__attribute__((noinline)) int at(int n, struct conn *c)
{
	if (!c)
		return 0;
	return c->room[n];
}

SEC("socket") int argument(struct __sk_buff *skb)
{
	struct conn c = {};
	return at(skb->len, &c);
}

/* In the words of the line where BTF has none. */
SEC("tc") int of_the_packet(struct __sk_buff *skb)
{
	__u8 *data = (__u8 *)(long)skb->data, *end = (__u8 *)(long)skb->data_end;
	ITEM(p);
	if (data + 34 > end)
		return 0;
	return p->cell[data[33]];
}

/* The range is said too. */
SEC("socket") int size(struct __sk_buff *skb)
{
	char buf[64];
	bpf_skb_load_bytes(skb, 0, buf, skb->len);
	return buf[0];
}

/* By way of the stack; and what a helper gave, by the variable that it is given to. */
SEC("socket") int spilled(struct __sk_buff *skb)
{
	ITEM(p);
	__u64 i = skb->hash;
	asm volatile("*(u64 *)(r10 - 32) = %1; r1 = 0; r2 = 0; %0 = *(u64*)(r10 - 32)"
		     : "=r"(i)
		     : "r"(i)
		     : "memory", "r1", "r2");
	return p->cell[i];
}

SEC("socket") int given(struct __sk_buff *skb)
{
	__u32 key = 1, *p;
	struct item *found = bpf_map_lookup_elem(&items, &key);
	p = (__u32 *)found;
	asm volatile("" : "+r"(key));
	return *p;
}
