/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "memory.h"

SEC("socket") NAKED int to_and_fro(struct __sk_buff *skb)
{
	asm volatile("r1 = 0; 1: r1 ^= 1; if r1 != 5 goto 1b; r0 = 0; exit;");
}

SEC("socket") int for_a_very_long_time(struct __sk_buff *skb)
{
	__u64 sum = 0;
	for (__u32 i = 0; i < 1000000; i++)
		sum += HIDDEN(i);
	return (int)sum;
}

SEC("socket") int a_hundred_times(struct __sk_buff *skb)
{
	__u64 sum = 0;
	for (__u32 i = 0; i < 100; i++)
		sum += HIDDEN(i);
	return (int)sum;
}
