/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hooks of netfilter, which are called with two structs of the kernel's; and tracepoints that may be written
 * to, which are called with a buffer. */
#include "corpus.h"

struct net_device {
	int ifindex;
} KERNELS;
struct nf_hook_state {
	__u8 hook, pf;
	struct net_device *in, *out;
} KERNELS;
struct sk_buff {
	unsigned int len;
	struct net_device *dev;
} KERNELS;
struct bpf_nf_ctx {
	const struct nf_hook_state *state;
	struct sk_buff *skb;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

#define HOOK(name) PROGRAM("netfilter", name, struct bpf_nf_ctx)
#define BUFFER(name) SEC("raw_tracepoint.w/nbd_send_request") int name(__u64 *ctx)

HOOK(accepted)
{
	return 1;
}
HOOK(neither_dropped_nor_accepted)
{
	return 2;
}
HOOK(anything)
{
	return (int)bpf_get_prandom_u32();
}
HOOK(length)
{
	return READ(ctx->skb->len) > 60;
}
HOOK(where_it_comes_by)
{
	return READ(ctx->state->pf) == 2;
}
HOOK(device)
{
	return READ(ctx->state->in->ifindex) == 1;
}
HOOK(half_of_a_pointer)
{
	return READ(*(__u32 *)&ctx->skb) & 1;
}
HOOK(beyond_the_context)
{
	return READ(((__u64 *)ctx)[2]) & 1;
}
HOOK(context_is_written)
{
	WRITE(ctx->skb, 0);
	return 1;
}
HOOK(packet_is_written)
{
	WRITE(ctx->skb->len, 7);
	return 1;
}
HOOK(packet_is_loaded)
{
	return bpf_skb_load_bytes((void *)ctx, 0, &(char[4]){0}, 4) ? 1 : 0;
}
HOOK(counted)
{
	__u32 key = 0;
	__u64 *n = bpf_map_lookup_elem(&numbers, &key);
	if (n)
		__sync_fetch_and_add(n, ctx->skb->len);
	return 1;
}

BUFFER(buffer_is_read)
{
	__u32 *p = (void *)ctx[0];
	return (int)READ(p[7]);
}
BUFFER(buffer_is_written)
{
	__u32 *p = (void *)ctx[0];
	WRITE(p[7], 7);
	return 0;
}
BUFFER(buffer_before_its_beginning)
{
	__u32 *p = (void *)ctx[0];
	return (int)READ(p[-1]);
}
BUFFER(buffer_at_an_index)
{
	__u32 *p = (void *)ctx[0];
	return (int)READ(p[bpf_get_prandom_u32() & 7]);
}
BUFFER(buffer_at_an_index_that_is_known)
{
	__u32 *p = (void *)ctx[0];
	return (int)READ(p[HIDE(3)]);
}
BUFFER(buffer_for_a_helper)
{
	__u32 key = 0;
	return bpf_map_update_elem(&numbers, &key, (void *)ctx[0], 0) ? 1 : 0;
}
BUFFER(buffer_that_was_kept)
{
	__u32 *volatile kept = (void *)ctx[0];
	return (int)READ(*kept);
}
BUFFER(buffer_is_added_to)
{
	__sync_fetch_and_add((__u64 *)ctx[0], 1);
	return 0;
}
BUFFER(half_of_its_pointer)
{
	return (int)READ(*(__u32 *)ctx);
}
BUFFER(what_comes_behind_it)
{
	return (int)READ(ctx[1]);
}
BUFFER(what_comes_behind_it_as_a_buffer)
{
	return (int)READ(*(__u32 *)ctx[1]);
}
BUFFER(what_is_behind_all)
{
	return (int)READ(ctx[12]);
}
BUFFER(context_of_a_tracepoint_is_written)
{
	WRITE(ctx[0], 0);
	return 0;
}
