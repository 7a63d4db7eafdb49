/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* rejected_slowly.c: what takes the verifier so long that emulated processors do without it. */
#include "rejected.h"

SEC("socket") NAKED int loop_too_long(void)
{
	CODE("r6 = 0; 1: r6 += 1; call 7; if r6 < 10000000 goto 1b; r0 = 0; exit;");
}
