/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

SEC("socket") NAKED int for_ever(struct __sk_buff *skb)
{
	asm volatile("r0 = 0; 1: r0 += 1; goto 1b;");
}

SEC("socket") NAKED int a_hundred_times(struct __sk_buff *skb)
{
	asm volatile("r0 = 0; 1: r0 += 1; if r0 < 100 goto 1b; exit;");
}
