/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "memory.h"

const volatile __u32 limit = 3;
SEC("socket") int a_constant_is_written(struct __sk_buff *skb)
{
	*(volatile __u32 *)&limit = 1;
	return 0;
}

SEC("socket") NAKED int not_aligned(struct __sk_buff *skb)
{
	asm volatile("r1 = 1; *(u32 *)(r10 - 6) = r1; r0 = 0; exit;");
}

SEC("raw_tp/sys_enter") int not_the_beginning(void *ctx)
{
	__u64 *e = bpf_ringbuf_reserve(&ring, 32, 0);
	if (e)
		bpf_ringbuf_submit(e + 1, 0);
	return 0;
}

SEC("socket") int masked(struct __sk_buff *skb)
{
	ITEM(p);
	asm volatile("%0 &= -8" : "+r"(p));
	return (int)p->n;
}

SEC("socket") NAKED int a_part(struct __sk_buff *skb)
{
	asm volatile("*(u64 *)(r10 - 8) = r1; r0 = *(u32 *)(r10 - 8); exit;");
}

NOINLINE NAKED __u64 *of_a_frame(void)
{
	asm volatile("r0 = r10; r0 += -8; exit;");
}

SEC("socket") int of_a_frame_that_is_gone(struct __sk_buff *skb)
{
	return (int)*of_a_frame();
}

SEC("socket") NAKED int of_two_kinds(struct __sk_buff *skb)
{
	asm volatile("r2 = r10; r2 += -8; r3 = 0; *(u64 *)(r2 + 0) = r3; r4 = *(u32 *)(r1 + 0);"
		     "if r4 > 5 goto +1; r2 = r1; r0 = *(u32 *)(r2 + 0); exit;");
}

SEC("xdp") int atomic_in_a_packet(struct xdp_md *ctx)
{
	char *data = (char *)(long)ctx->data, *end = (char *)(long)ctx->data_end;
	if (data + 8 > end)
		return 2;
	__sync_fetch_and_add((__u32 *)data, 1);
	return 2;
}

SEC("socket") NAKED int a_number(struct __sk_buff *skb)
{
	asm volatile("r1 = *(u32 *)(r1 + 0); r0 = *(u32 *)(r1 + 0); exit;");
}

SEC("socket") int right(struct __sk_buff *skb)
{
	ITEM(p);
	__sync_fetch_and_add(&p->n, limit);
	return 0;
}
