/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "chain.h"

/* Which the verifier looks at by itself: from here on it counts again. */
__attribute__((noinline)) int global(int n)
{
	return f10(n) + 1;
}

LEVEL(g1, global)
LEVEL(g2, g1)
LEVEL(g3, g2)
LEVEL(g4, g3)
LEVEL(g5, g4)

SEC("socket") int seventeen(struct __sk_buff *skb)
{
	return f16(skb->len);
}

SEC("socket") int sixteen(struct __sk_buff *skb)
{
	return f15(skb->len);
}

SEC("socket") int seventeen_by_way_of_a_global_one(struct __sk_buff *skb)
{
	return g5(skb->len);
}
