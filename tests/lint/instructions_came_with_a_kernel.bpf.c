/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

/* A jump of 32 bits, the sign of a byte, and a bound that is may_goto. */
SEC("kprobe") NAKED int new_instructions(void *ctx)
{
	asm volatile("call 7; r2 = (s8)r0; w3 = w2; if w3 < 5 goto 1f; r0 s/= 3;"
		     "1: .byte 0xe5; .byte 0; .short 1; .long 0; goto 1b; r0 = 0; exit;");
}
