/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "memory.h"

/* Calls: which of them take the stack, and which are the deepest. */
NOINLINE int large(int n)
{
	USE_STACK(200);
	return n + 1;
}

NOINLINE int deepest(int n)
{
	return n * 3;
}

NOINLINE int deeper(int n)
{
	return deepest(n) + 1;
}

SEC("socket") int calls(struct __sk_buff *skb)
{
	USE_STACK(100);
	return large(skb->len) + deeper(skb->mark);
}

/* A loop that the verifier follows round by round; accesses that are in bounds, of which one is nearer to the
 * end. */
SEC("tc") int rounds(struct __sk_buff *skb)
{
	__u8 *data = (__u8 *)(long)skb->data, *end = (__u8 *)(long)skb->data_end;
	__u32 sum = 0;
	ITEM(p);
	for (__u32 i = 0; i < 100; i++) {
		__u32 k = RANDOM;
		if (k & 1)
			sum += p->cell[HIDDEN(k) & 7];
	}
	if (data + 20 <= end)
		sum += data[12];
	sum += p->cell[HIDDEN(sum) & 15];
	return sum & 1;
}
