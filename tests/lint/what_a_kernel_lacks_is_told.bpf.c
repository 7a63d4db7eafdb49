/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, int);
	__type(value, long);
} shared SEC(".maps");

long counter;

NOINLINE int twice(int n)
{
	volatile int x = n;
	return x * 2;
}

__attribute__((noinline)) int global(int n)
{
	volatile int x = n;
	return x + 1;
}

NOINLINE long add(unsigned int i, void *to)
{
	counter += i;
	return 0;
}

SEC("kprobe") int needs_much(void *ctx)
{
	int zero = 0;
	long *value = bpf_map_lookup_elem(&shared, &zero);

	if (!value)
		return 0;
	bpf_ringbuf_output(&events, value, 8, 0);
	bpf_loop(10, add, &zero, 0);
	return twice(__sync_fetch_and_add(value, 1)) + global(3);
}

SEC("socket") int needs_nothing(struct __sk_buff *skb)
{
	return 0;
}
