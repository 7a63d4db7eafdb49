/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define LICENCE "Proprietary"
#include "program.h"

extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

SEC("kprobe") int is_refused(void *ctx)
{
	char text[8];
	bpf_probe_read_kernel(text, sizeof text, ctx);
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	return 0;
}

SEC("kprobe") int is_taken(void *ctx)
{
	return bpf_get_prandom_u32();
}
