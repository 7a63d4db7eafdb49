/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memory.h: for objects with maps. */
#include "program.h"

struct item {
	__u64 n;
	__u32 cell[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct item);
} items SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

/* An element, or 0 is returned. */
#define ITEM(p)                                                                                              \
	__u32 key = 1;                                                                                       \
	struct item *p = bpf_map_lookup_elem(&items, &key);                                                  \
	if (!p)                                                                                              \
	return 0
/* The compiler knows nothing of it. */
#define HIDDEN(x)                                                                                            \
	({                                                                                                   \
		__typeof__(x) hidden_ = (x);                                                                 \
		asm volatile("" : "+r"(hidden_));                                                            \
		hidden_;                                                                                     \
	})
#define RANDOM HIDDEN((__u64)bpf_get_prandom_u32())
