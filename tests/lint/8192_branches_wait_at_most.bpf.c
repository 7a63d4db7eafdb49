/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

/* Of a new number each time, of which nothing is known. */
#define BRANCHES(n) ".rept " #n "; call 7; if r0 == 5 goto 1f; .endr; 1: r0 = 0; exit;"

SEC("socket") NAKED int too_many(struct __sk_buff *skb)
{
	asm volatile(BRANCHES(8193));
}

SEC("socket") NAKED int enough(struct __sk_buff *skb)
{
	asm volatile(BRANCHES(8192));
}

/* Of what is not judged the branches are counted. */
SEC("freplace/first") NAKED int too_many_of_a_replacement(struct xdp_md *ctx)
{
	asm volatile("r0 = *(u32 *)(r1 + 0); " BRANCHES(8193));
}

SEC("freplace/second") NAKED int enough_of_a_replacement(struct xdp_md *ctx)
{
	asm volatile("r0 = *(u32 *)(r1 + 0); " BRANCHES(8192));
}
