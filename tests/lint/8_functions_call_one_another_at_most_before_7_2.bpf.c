/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "chain.h"

SEC("socket") int nine(struct __sk_buff *skb)
{
	return f8(skb->len);
}

SEC("socket") int eight(struct __sk_buff *skb)
{
	return f7(skb->len);
}

__attribute__((noinline)) int global(int n)
{
	return f3(n) + 1;
}

LEVEL(g1, global)
LEVEL(g2, g1)
LEVEL(g3, g2)
LEVEL(g4, g3)

SEC("socket") int nine_by_way_of_a_global_one(struct __sk_buff *skb)
{
	return g4(skb->len);
}
