/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* rejected_memory.c: registers, the stack, pointers, values, packets. */
#include "rejected.h"

MAP(numbers, HASH, __u32, struct value, 4);
RINGBUF(events);

const volatile __u32 constant = 7;
__u32 table[16];

/* ---- registers and the stack ---- */

SEC("socket") NAKED int register_never_set(void)
{
	CODE("r0 = r3; exit;");
}

SEC("socket") NAKED int argument_after_call(void)
{
	CODE("call 7; r0 = r1; exit;");
}

SEC("socket") NAKED int stack_too_far(void)
{
	CODE("r1 = 0; *(u64 *)(r10 - 520) = r1; r0 = 0; exit;");
}

SEC("socket") NAKED int stack_variable_offset(void)
{
	CODE("call 7; r0 &= 1023; r1 = r10; r1 -= r0; r2 = 0; *(u8 *)(r1 - 1) = r2; r0 = 0; exit;");
}

SEC("socket") NAKED int stack_misaligned(void)
{
	CODE("r1 = 0; *(u64 *)(r10 - 12) = r1; r0 = 0; exit;");
}

SEC("socket") NAKED int pointer_read_back_in_part(void)
{
	CODE("*(u64 *)(r10 - 8) = r1; r0 = *(u32 *)(r10 - 8); exit;");
}

SEC("socket") NAKED int frame_pointer_written(void)
{
	CODE("r10 += 8; r0 = 0; exit;");
}

SEC("socket") NAKED int misaligned_atomic(void)
{
	CODE_OF("r1 = %[m] ll; r2 = 1; lock *(u64 *)(r1 + 4) += r2; r0 = 0; exit;", table);
}

/* ---- values of maps and variables ---- */

SEC("socket") int value_not_checked(void *ctx)
{
	__u32 key = 0;
	struct value *v = bpf_map_lookup_elem(&numbers, &key);
	return v->a;
}

SEC("socket") int value_moved_before_the_check(void *ctx)
{
	__u32 key = 0;
	char *v = bpf_map_lookup_elem(&numbers, &key);
	asm volatile("%0 += 8" : "+r"(v));
	return v ? *v : 0;
}

SEC("socket") int value_beyond_the_end(void *ctx)
{
	__u32 key = 0;
	struct value *v = bpf_map_lookup_elem(&numbers, &key);
	if (!v)
		return 0;
	return READ(__u64, &v->b + 1);
}

SEC("socket") int index_unbounded(void *ctx)
{
	__u64 i = bpf_get_prandom_u32();
	KEEP(i);
	return READ(__u32, (char *)table + i * 4);
}

SEC("socket") int index_off_by_one(void *ctx)
{
	__u64 i = bpf_get_prandom_u32();
	KEEP(i);
	if (i > 16)
		return 0;
	KEEP(i);
	return READ(__u32, (char *)table + i * 4);
}

SEC("socket") int index_may_be_negative(void *ctx)
{
	__s64 i = (__s32)bpf_get_prandom_u32();
	KEEP(i);
	if (i >= 16)
		return 0;
	KEEP(i);
	return READ(__u32, (char *)table + i * 4);
}

SEC("socket") int constant_written(void *ctx)
{
	READ(__u32, &constant) = 1;
	return 0;
}

SEC("socket") NAKED int map_written(void)
{
	CODE_OF("r1 = %[m] ll; *(u64 *)(r1 + 0) = 1; r0 = 0; exit;", numbers);
}

TRACEPOINT int reserved_beyond_the_end(void *ctx)
{
	__u64 *p = bpf_ringbuf_reserve(&events, 8, 0);
	if (!p)
		return 0;
	p[1] = 1;
	bpf_ringbuf_submit(p, 0);
	return 0;
}

/* ---- pointers ---- */

SEC("socket") NAKED int number_as_pointer(void)
{
	CODE("r1 = 42; r0 = *(u32 *)(r1 + 0); exit;");
}

SEC("socket") NAKED int pointers_added(void)
{
	CODE("r1 += r10; r0 = 0; exit;");
}

SEC("socket") NAKED int pointer_multiplied(void)
{
	CODE("r2 = r10; r2 *= 2; r0 = 0; exit;");
}

SEC("socket") NAKED int pointer_halved(void)
{
	CODE("r2 = r10; w2 += 8; r0 = 0; exit;");
}

SEC("socket") NAKED int context_moved_by_unknown(void)
{
	CODE("r6 = r1; call 7; r0 &= 7; r6 += r0; r0 = *(u32 *)(r6 + 0); exit;");
}

SEC("socket") NAKED int context_beyond_the_end(void)
{
	CODE("r0 = *(u32 *)(r1 + 2000); exit;");
}

SEC("socket") NAKED int context_atomic(void)
{
	CODE("r2 = 1; lock *(u32 *)(r1 + 0) += r2; r0 = 0; exit;");
}

SEC("xdp") int packet_not_checked(struct xdp_md *ctx)
{
	return READ(__u8, (long)ctx->data);
}

SEC("xdp") int packet_checked_too_short(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	if (data + 4 > end)
		return XDP_PASS;
	return READ(__u64, data) ? XDP_PASS : XDP_DROP;
}

SEC("xdp") int packet_pointer_after_change(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	if (data + 8 > end)
		return XDP_PASS;
	bpf_xdp_adjust_head(ctx, 4);
	return READ(__u64, data) ? XDP_PASS : XDP_DROP;
}

SEC("xdp") int packet_end_moved(struct xdp_md *ctx)
{
	__u8 *end = (void *)(long)ctx->data_end;
	asm volatile("%0 += 1" : "+r"(end));
	return (long)end & 1;
}
