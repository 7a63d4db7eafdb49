/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

SEC("socket") NAKED int on_one_path(struct __sk_buff *skb)
{
	asm volatile("r2 = *(u32 *)(r1 + 0); if r2 > 9 goto +1; r0 = 1; exit;");
}

SEC("socket") NAKED int on_both(struct __sk_buff *skb)
{
	asm volatile("r2 = *(u32 *)(r1 + 0); r0 = 0; if r2 > 9 goto +1; r0 = 1; exit;");
}
