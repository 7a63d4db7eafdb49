/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

/* Of a new number each time, of which nothing is known. */
#define BRANCHES(n) ".rept " #n "; call 7; if r0 == 5 goto 1f; .endr; 1: r0 = 0; exit;"

SEC("socket") NAKED int too_many(struct __sk_buff *skb)
{
	asm volatile(BRANCHES(8193));
}

SEC("socket") NAKED int enough(struct __sk_buff *skb)
{
	asm volatile(BRANCHES(8192));
}
