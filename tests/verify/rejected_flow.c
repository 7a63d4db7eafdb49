/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* rejected_flow.c: the way through a program, and its instructions. */
#include "rejected.h"

SEC("socket") NAKED int loop_without_end(void)
{
	CODE("r6 = 0; call 7; 1: if r0 == 7 goto 2f; goto 1b; 2: r0 = 0; exit;");
}

SEC("socket") NAKED int falls_off_the_end(void)
{
	CODE("r0 = 0;");
}

SEC("socket") NAKED int never_reached(void)
{
	CODE("r0 = 0; exit; r0 = 1; exit;");
}

SEC("socket") NAKED int jump_out(void)
{
	CODE("r0 = 0; if r1 == 0 goto +100; exit;");
}

SEC("socket") NAKED int jump_into_a_constant(void)
{
	CODE("r0 = 0; if r1 == 0 goto +1; r2 = 1 ll; exit;");
}

NOINLINE int large_frame(void *ctx)
{
	asm volatile("r1 = 0; *(u8 *)(r10 - 300) = r1;" ::: "r1");
	return bpf_get_prandom_u32();
}

SEC("socket") int frames_too_large(void *ctx)
{
	asm volatile("r1 = 0; *(u8 *)(r10 - 300) = r1;" ::: "r1");
	return large_frame(ctx);
}

/* 8 frames, 16 since Linux 7.2. */
#define CALLS(name, other)                                                                                   \
	NOINLINE int name(int n)                                                                             \
	{                                                                                                    \
		volatile int x = n;                                                                          \
		return other(x) + 1;                                                                         \
	}
NOINLINE int last(int n)
{
	volatile int x = n;
	return x;
}
/* All on one line, so that it is the same whichever call is one too many. */
#define CHAIN                                                                                                \
	CALLS(deep16, last)                                                                                  \
	CALLS(deep15, deep16)                                                                                \
	CALLS(deep14, deep15)                                                                                \
	CALLS(deep13, deep14)                                                                                \
	CALLS(deep12, deep13)                                                                                \
	CALLS(deep11, deep12)                                                                                \
	CALLS(deep10, deep11)                                                                                \
	CALLS(deep9, deep10)                                                                                 \
	CALLS(deep8, deep9)                                                                                  \
	CALLS(deep7, deep8)                                                                                  \
	CALLS(deep6, deep7)                                                                                  \
	CALLS(deep5, deep6)                                                                                  \
	CALLS(deep4, deep5)                                                                                  \
	CALLS(deep3, deep4)                                                                                  \
	CALLS(deep2, deep3)                                                                                  \
	CALLS(deep1, deep2)
CHAIN

SEC("socket") int calls_too_deep(void *ctx)
{
	return deep1(bpf_get_prandom_u32());
}

SEC("socket") NAKED int division_by_zero(void)
{
	CODE("r0 = 1; r0 /= 0; exit;");
}

SEC("socket") NAKED int shift_too_far(void)
{
	CODE("r0 = 1; r0 <<= 64; exit;");
}

SEC("cgroup_skb/ingress") NAKED int result_out_of_range(void)
{
	CODE("r0 = 42; exit;");
}

SEC("socket") NAKED int reserved_field_set(void)
{
	CODE(".8byte 0x0000000500000095");
}

SEC("socket") NAKED int opcode_unknown(void)
{
	CODE(".8byte 0x00000000000000ff; r0 = 0; exit;");
}

SEC("socket") NAKED int atomic_unknown(void)
{
	CODE("r1 = 0; .8byte 0x00000077fff81adb; r0 = 0; exit;");
}

SEC("socket") NAKED int register_unknown(void)
{
	CODE(".8byte 0x0000000000000cb7; r0 = 0; exit;");
}
