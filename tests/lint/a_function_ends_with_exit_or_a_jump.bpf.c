/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

SEC("socket") NAKED int falls_through(struct __sk_buff *skb)
{
	asm volatile("r0 = 0; if r0 == 1 goto 1f; exit; 1: r0 = 2;");
}

SEC("socket") NAKED int jumps_back(struct __sk_buff *skb)
{
	asm volatile("r0 = 0; if r0 == 1 goto 2f; 1: exit; 2: r0 = 2; goto 1b;");
}
