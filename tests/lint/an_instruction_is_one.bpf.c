/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

SEC("socket") NAKED int shifted_too_far(struct __sk_buff *skb)
{
	asm volatile("r0 = 1; r0 <<= 64; exit;");
}

SEC("socket") NAKED int shifted(struct __sk_buff *skb)
{
	asm volatile("r0 = 1; r0 <<= 63; exit;");
}
