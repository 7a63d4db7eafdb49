/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

NOINLINE int third(int n)
{
	USE_STACK(200);
	return n + 1;
}

NOINLINE int second(int n)
{
	USE_STACK(300);
	return third(n) + 1;
}

NOINLINE int other(int n)
{
	USE_STACK(400);
	return n + 2;
}

SEC("socket") int too_much(struct __sk_buff *skb)
{
	USE_STACK(50);
	return second(skb->len) + other(skb->len);
}

SEC("socket") int little_left(struct __sk_buff *skb)
{
	USE_STACK(80);
	return other(skb->len);
}

SEC("socket") int enough(struct __sk_buff *skb)
{
	return other(skb->len) + third(skb->len);
}

/* Its frames of 64 bytes and more are stacks of their own, on x86-64 and arm64. */
SEC("kprobe") int has_private_stacks(void *ctx)
{
	return second((int)(long)ctx);
}
