/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "memory.h"

/* Ranges, an offset that varies, a pointer that may be NULL, and what was stored on the stack. */
SEC("socket") int bounded(struct __sk_buff *skb)
{
	ITEM(p);
	__u64 i = skb->len, kept = RANDOM;
	asm volatile("*(u64 *)(r10 - 16) = %0" : : "r"(kept & 255) : "memory");
	if (i >= 16)
		return 0;
	return p->cell[HIDDEN(i) & 15];
}

/* One place is reached in several states, with a number or a pointer. */
SEC("socket") NAKED int joined(struct __sk_buff *skb)
{
	asm volatile(
		"r6 = r1; call 7; r7 = 3; r8 = r6; if r0 > 5 goto 1f; r7 = r0; r8 = 0; 1: r1 = r7; r2 = r8;"
		"call 7; if r7 > 4 goto 2f; r0 = 0; exit; 2: r0 = 1; exit;");
}

/* A function sees its caller's stack. Nothing comes to what is behind a jump that is always taken. */
NOINLINE int callee(__u64 *n)
{
	*n += 1;
	return (int)*n;
}

SEC("socket") int caller(struct __sk_buff *skb)
{
	__u64 n = skb->len;
	return callee(&n) & 1;
}

SEC("socket") NAKED int never(struct __sk_buff *skb)
{
	asm volatile("r0 = 1; if r0 == 1 goto 1f; r0 = 2; 1: exit;");
}

/* How far it came, and why no further. */
SEC("socket") int not_compared(struct __sk_buff *skb)
{
	__u32 key = skb->len;
	struct item *p = bpf_map_lookup_elem(&items, &key);
	return (int)p->n;
}

/* In the packet. */
SEC("tc") int packet(struct __sk_buff *skb)
{
	__u8 *data = (__u8 *)(long)skb->data, *end = (__u8 *)(long)skb->data_end;
	return data + 34 > end ? 0 : data[33];
}
