/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "memory.h"

NOINLINE int callee(struct item *p, __u32 i)
{
	return p->cell[i & 7];
}

SEC("socket") int caller(struct __sk_buff *skb)
{
	ITEM(p);
	return callee(p, RANDOM) & 1;
}
