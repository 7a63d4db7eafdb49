/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, long);
} counts SEC(".maps");

extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

long first, second[4];

NOINLINE int twice(int n)
{
	volatile int x = n;
	return x * 2;
}

NOINLINE long each(unsigned int i, void *to)
{
	second[2] += i;
	return 0;
}

SEC("tc") int program(struct __sk_buff *skb)
{
	int zero = 0;
	long *value = bpf_map_lookup_elem(&counts, &zero);

	if (!value)
		return 0;
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	bpf_loop(10, each, &zero, 0);
	first = twice(*value);
	return 0;
}
