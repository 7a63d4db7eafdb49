/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

SEC("socket") NAKED int at_the_start(struct __sk_buff *skb)
{
	asm volatile("r0 = r7; exit;");
}

SEC("socket") NAKED int after_a_call(struct __sk_buff *skb)
{
	asm volatile("call 7; r0 = *(u32 *)(r1 + 0); exit;");
}

SEC("socket") NAKED int no_result(struct __sk_buff *skb)
{
	asm volatile("r1 = 0; exit;");
}

SEC("socket") NAKED int written(struct __sk_buff *skb)
{
	asm volatile("r6 = r1; call 7; r0 = *(u32 *)(r6 + 0); exit;");
}
