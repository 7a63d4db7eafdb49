/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* accepted_with_maps.c: programs that are right, with maps that libbpf does something with: it fills one with
 * a program, and pins the other, where that is wanted. */
#include "rejected.h"

int jumped_to(struct __sk_buff *);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__array(values, int(void *));
} jumps SEC(".maps") = {.values = {[1] = (void *)&jumped_to}};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, int);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} ringc_lint_pinned SEC(".maps");

SEC("socket") int jumped_to(struct __sk_buff *skb)
{
	return 1;
}

SEC("socket") int jumps_away(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &jumps, 1);
	return 0;
}

SEC("socket") int looks_up(struct __sk_buff *skb)
{
	int key = 0, *value = bpf_map_lookup_elem(&ringc_lint_pinned, &key);
	return value ? *value : 0;
}
