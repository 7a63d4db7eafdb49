/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "memory.h"

SEC("socket") int a_key_that_is_null(struct __sk_buff *skb)
{
	return bpf_map_lookup_elem(&items, HIDDEN((void *)0)) ? 1 : 0;
}

SEC("socket") int a_size_without_bounds(struct __sk_buff *skb)
{
	char buf[32];
	bpf_skb_load_bytes(skb, 0, buf, (__u32)RANDOM);
	return buf[0];
}

SEC("socket") int a_size_with_bounds(struct __sk_buff *skb)
{
	char buf[32];
	__u64 n = RANDOM;
	if (n == 0 || n > 32)
		return 0;
	bpf_skb_load_bytes(skb, 0, buf, (__u32)HIDDEN(n));
	return buf[0];
}

SEC("socket") int a_record_into_a_table(struct __sk_buff *skb)
{
	__u64 x = 1;
	return (int)bpf_ringbuf_output(&items, &x, sizeof x, 0);
}

SEC("raw_tp/sys_enter") int of_packets_in_a_trace(void *ctx)
{
	char buf[8];
	return (int)bpf_skb_load_bytes(ctx, 0, buf, sizeof buf);
}

SEC("kprobe/do_nanosleep") int sleeping(void *ctx)
{
	__u64 x;
	return (int)bpf_copy_from_user(&x, sizeof x, 0);
}
