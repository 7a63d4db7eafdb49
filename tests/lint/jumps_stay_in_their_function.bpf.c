/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

SEC("socket") NAKED int leaves(struct __sk_buff *skb)
{
	asm volatile("r0 = 0; if r1 == 0 goto +5; exit;");
}

SEC("socket") NAKED int into_the_half_of_one(struct __sk_buff *skb)
{
	asm volatile("r0 = 0; if r1 == 0 goto +1; r2 = 5 ll; exit;");
}

SEC("socket") NAKED int stays(struct __sk_buff *skb)
{
	asm volatile("r0 = 0; if r1 == 0 goto +2; r2 = 5 ll; exit;");
}

/* Where it leads is not known here: nothing is said of what lies behind it, only of the helper. */
SEC("socket") NAKED int leads_where_a_register_says(struct __sk_buff *skb)
{
	asm volatile("call 1000; .8byte 0x010d; r0 = 1; exit;");
}
