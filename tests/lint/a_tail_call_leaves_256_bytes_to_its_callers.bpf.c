/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, int);
} next SEC(".maps");

NOINLINE int jump(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &next, 0);
	return 1;
}

SEC("tc") int too_much(struct __sk_buff *skb)
{
	USE_STACK(256);
	return jump(skb);
}

SEC("tc") int enough(struct __sk_buff *skb)
{
	USE_STACK(200);
	return jump(skb);
}
