/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

extern int bpf_what_is_this(void) __ksym;

SEC("kprobe") int some_kfunc(void *ctx)
{
	return bpf_what_is_this();
}
