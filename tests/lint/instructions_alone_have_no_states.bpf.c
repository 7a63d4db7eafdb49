/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

SEC("socket") NAKED int program(struct __sk_buff *skb)
{
	asm volatile("r0 = *(u32 *)(r1 + 0); exit;");
}
