/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

SEC("socket") NAKED int no_progress(struct __sk_buff *skb)
{
	asm volatile("r0 = 0; r2 = *(u32 *)(r1 + 0); 1: r0 += 1; if r2 != 100 goto 1b; exit;");
}

SEC("socket") NAKED int progress(struct __sk_buff *skb)
{
	asm volatile(
		"r0 = 0; r2 = *(u32 *)(r1 + 0); r2 &= 63; 1: r0 += 1; r2 += -1; if r2 s> 0 goto 1b; exit;");
}

SEC("socket") NAKED int bounded(struct __sk_buff *skb)
{
	asm volatile("r0 = 0; r2 = *(u32 *)(r1 + 0); 1: .byte 0xe5; .byte 0; .short 2; .long 0; r0 += 1;"
		     "if r2 != 100 goto 1b; r0 = 0; exit;");
}
