/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lint_ways.bpf.c: branches after each of which something else is known: no way through is like another one.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8[1 << 17]);
} marks SEC(".maps");

/* No two of the numbers that come of it are the same, and they are indexes: precise on each way. */
#define WAY(i)                                                                                               \
	asm volatile("if %1 == 0 goto +1\n%0 |= %2"                                                          \
		     : "+r"(n)                                                                               \
		     : "r"((__u64)skb->len & 1 << (i)), "i"(1 << (i)))

SEC("socket") int ways(struct __sk_buff *skb)
{
	__u32 key = 0;
	__u64 n = 0;
	__u8 *mark = bpf_map_lookup_elem(&marks, &key);

	if (!mark)
		return 0;
	WAY(0);
	WAY(1);
	WAY(2);
	WAY(3);
	WAY(4);
	WAY(5);
	WAY(6);
	WAY(7);
	WAY(8);
	WAY(9);
	WAY(10);
	WAY(11);
	WAY(12);
	WAY(13);
	WAY(14);
	WAY(15);
	WAY(16);
	mark[n] = 1;
	return (int)n;
}

char _license[] SEC("license") = "GPL";
