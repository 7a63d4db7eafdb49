/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "memory.h"

struct locked {
	struct bpf_spin_lock lock;
	__u32 n;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct locked);
} locks SEC(".maps");

SEC("raw_tp/sys_enter") int on_one_path(void *ctx)
{
	__u64 *e = bpf_ringbuf_reserve(&ring, 32, 0);
	if (!e || bpf_get_prandom_u32() & 1)
		return 0;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("raw_tp/sys_enter") int on_every_path(void *ctx)
{
	__u64 *e = bpf_ringbuf_reserve(&ring, 32, 0);
	if (!e)
		return 0;
	if (bpf_get_prandom_u32() & 1)
		bpf_ringbuf_discard(e, 0);
	else
		bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("tc") int locked_at_the_end(struct __sk_buff *skb)
{
	__u32 key = 1;
	struct locked *p = bpf_map_lookup_elem(&locks, &key);
	if (!p)
		return 0;
	bpf_spin_lock(&p->lock);
	if (p->n)
		return 0;
	bpf_spin_unlock(&p->lock);
	return 0;
}

SEC("tc") int read_of_a_lock(struct __sk_buff *skb)
{
	__u32 key = 1;
	struct locked *p = bpf_map_lookup_elem(&locks, &key);
	return p ? (int)*(volatile __u32 *)&p->lock : 0;
}
