/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

SEC("kprobe") NAKED int no_such_helper(void *ctx)
{
	asm volatile("call 1000; exit;");
}

SEC("kprobe") int a_helper(void *ctx)
{
	return bpf_get_smp_processor_id();
}
