/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

#define LEVEL(name, next)                                                                                    \
	NOINLINE int name(int n)                                                                             \
	{                                                                                                    \
		return next(n) + 1;                                                                          \
	}

NOINLINE int last(int n)
{
	volatile int x = n;
	return x;
}

LEVEL(seventh, last)
LEVEL(sixth, seventh)
LEVEL(fifth, sixth)
LEVEL(fourth, fifth)
LEVEL(third, fourth)
LEVEL(second, third)
LEVEL(first, second)

SEC("socket") int nine(struct __sk_buff *skb)
{
	return first(skb->len);
}

SEC("socket") int eight(struct __sk_buff *skb)
{
	return second(skb->len);
}
