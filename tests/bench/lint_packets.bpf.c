/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lint_packets.bpf.c: 1,000 instructions of an ordinary kind: bytes of a packet are counted in a map. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64[4]);
} counts SEC(".maps");

SEC("xdp") int packets(struct xdp_md *ctx)
{
	const __u8 *at = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	_Pragma("clang loop unroll(full)") for (int i = 0; i < 36; i++)
	{
		__u32 key;
		__u64 *value;

		if (at + 1 > end)
			return XDP_DROP;
		key = *at++;
		value = bpf_map_lookup_elem(&counts, &key);
		if (!value)
			return XDP_ABORTED;
		if (key & 1)
			value[key & 3]++;
		else
			value[0] += key;
	}
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
