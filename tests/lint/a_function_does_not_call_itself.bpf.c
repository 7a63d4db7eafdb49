/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

NOINLINE int odd(int n);

NOINLINE int even(int n)
{
	volatile int x = n;
	return x ? odd(x - 1) : 1;
}

NOINLINE int odd(int n)
{
	volatile int x = n;
	return x ? even(x - 1) : 0;
}

SEC("socket") int recursive(struct __sk_buff *skb)
{
	return even(skb->len) + 1;
}

NOINLINE int twice(int n)
{
	volatile int x = n;
	return x * 2;
}

SEC("socket") int calls_twice(struct __sk_buff *skb)
{
	return twice(skb->len) + twice(skb->mark);
}
