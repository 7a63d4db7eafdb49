/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

SEC("socket") NAKED int unreachable(struct __sk_buff *skb)
{
	asm volatile("r0 = 0; exit; r0 = 1; r1 = 5 ll; exit;");
}

SEC("socket") NAKED int reached(struct __sk_buff *skb)
{
	asm volatile("r0 = 0; if r1 == 5 goto 1f; exit; 1: r0 = 1; exit;");
}
