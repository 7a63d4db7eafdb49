/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

SEC("socket") NAKED int too_much(struct __sk_buff *skb)
{
	asm volatile("r0 = 0; r2 = r10; r2 += -500; *(u64 *)(r2 - 20) = r0; exit;");
}

SEC("socket") NAKED int enough(struct __sk_buff *skb)
{
	asm volatile("r0 = 0; r2 = r10; r2 += -500; *(u64 *)(r2 - 12) = r0; exit;");
}
