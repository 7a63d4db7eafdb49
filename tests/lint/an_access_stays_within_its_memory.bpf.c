/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "memory.h"

SEC("socket") int past_the_value(struct __sk_buff *skb)
{
	ITEM(p);
	__u64 i = RANDOM;
	if (i > 16)
		return 0;
	return (int)p->cell[HIDDEN(i)];
}

SEC("socket") int within_the_value(struct __sk_buff *skb)
{
	ITEM(p);
	__u64 i = RANDOM;
	if (i >= 16)
		return 0;
	return (int)p->cell[HIDDEN(i)];
}

SEC("raw_tp/sys_enter") int past_the_record(void *ctx)
{
	__u64 *e = bpf_ringbuf_reserve(&ring, 32, 0);
	if (!e)
		return 0;
	e[4] = 1;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("socket") int past_the_stack(struct __sk_buff *skb)
{
	volatile char buf[64] = {0};
	__u64 i = RANDOM & 127;
	return buf[HIDDEN(i)];
}

SEC("xdp") int past_the_packet(struct xdp_md *ctx)
{
	char *data = (char *)(long)ctx->data, *end = (char *)(long)ctx->data_end;
	if (data + 13 > end)
		return 2;
	return *(__u16 *)(data + 12) == 8;
}

SEC("xdp") int within_the_packet(struct xdp_md *ctx)
{
	char *data = (char *)(long)ctx->data, *end = (char *)(long)ctx->data_end;
	if (data + 14 > end)
		return 2;
	return *(__u16 *)(data + 12) == 8;
}
