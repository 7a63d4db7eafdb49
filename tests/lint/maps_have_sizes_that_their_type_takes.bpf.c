/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

#define MAP(name, kind, key, value, entries, flags)                                                          \
	struct {                                                                                             \
		__uint(type, kind);                                                                          \
		__uint(key_size, key);                                                                       \
		__uint(value_size, value);                                                                   \
		__uint(max_entries, entries);                                                                \
		__uint(map_flags, flags);                                                                    \
	} name SEC(".maps")

MAP(long_index, BPF_MAP_TYPE_ARRAY, 8, 8, 1, 0);
MAP(no_elements, BPF_MAP_TYPE_HASH, 4, 8, 0, 0);
MAP(large_per_cpu, BPF_MAP_TYPE_PERCPU_ARRAY, 4, 40000, 1, 0);
MAP(large_element, BPF_MAP_TYPE_HASH, 4, 4194300, 1, 0);
MAP(trie, BPF_MAP_TYPE_LPM_TRIE, 8, 8, 1, 0);
MAP(queue_with_keys, BPF_MAP_TYPE_QUEUE, 4, 8, 1, 0);

MAP(right_array, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
MAP(right_trie, BPF_MAP_TYPE_LPM_TRIE, 8, 8, 1, BPF_F_NO_PREALLOC);
MAP(right_per_cpu, BPF_MAP_TYPE_PERCPU_ARRAY, 4, 32768, 1, 0);

SEC("socket") int program(struct __sk_buff *skb)
{
	return 0;
}
