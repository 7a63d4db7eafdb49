/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

SEC("socket") NAKED int too_many(struct __sk_buff *skb)
{
	asm volatile(".rept 4096; r0 = 0; .endr; exit;");
}

SEC("socket") NAKED int enough(struct __sk_buff *skb)
{
	asm volatile(".rept 4095; r0 = 0; .endr; exit;");
}
