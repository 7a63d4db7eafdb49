/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Functions that are left by a tail call, or by a load of what the packet does not have. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} others SEC(".maps");
struct locked {
	struct bpf_spin_lock lock;
	__u32 count;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct locked);
} counts SEC(".maps");

__u8 bytes[16];

static __noinline int call_another(struct __sk_buff *ctx)
{
	bpf_tail_call(ctx, &others, 1);
	return 3;
}

__noinline int call_another_globally(struct __sk_buff *ctx)
{
	bpf_tail_call(ctx, &others, 1);
	return HIDE(3);
}

#define PACKET_OF(ctx, n, otherwise)                                                                         \
	__u8 *data = (void *)(long)(ctx)->data;                                                              \
	if (data + (n) > (__u8 *)(long)(ctx)->data_end)                                                      \
		return otherwise;

#define TC(name, body)                                                                                       \
	PROGRAM("tc", name, struct __sk_buff)                                                                \
	{                                                                                                    \
		body                                                                                         \
	}
TC(result_of_a_tail_call, int i = call_another(ctx); return bytes[i];)
TC(result_of_a_tail_call_checked, __u32 i = (__u32)call_another(ctx); return i < 16 ? bytes[i] : 0;)
TC(packet_after_a_tail_call_of_a_function, PACKET_OF(ctx, 4, 0) call_another(ctx); return data[1];)
TC(packet_after_a_tail_call_of_a_global_function, PACKET_OF(ctx, 4, 0) call_another_globally(ctx);
	return data[1];)
TC(packet_again_after_a_tail_call, call_another(ctx); PACKET_OF(ctx, 4, 0) return data[1];)

static long in_a_callback(__u32 i, struct __sk_buff *ctx)
{
	bpf_tail_call(ctx, &others, 1);
	return 0;
}
TC(tail_call_in_a_callback, return (int)bpf_loop(4, in_a_callback, ctx, 0);)

/* ---- loads of the packet: R6 is the context ---- */

unsigned long long load_byte(void *ctx, unsigned long long off) asm("llvm.bpf.load.byte");

static __noinline int first_byte(struct __sk_buff *ctx)
{
	return (int)load_byte(ctx, 0);
}
static __noinline void keep_first_byte(struct __sk_buff *ctx)
{
	bytes[0] = (__u8)load_byte(ctx, 0);
}

#define FILTER(name, body)                                                                                   \
	PROGRAM("socket", name, struct __sk_buff)                                                            \
	{                                                                                                    \
		body                                                                                         \
	}
FILTER(byte_by_a_function, return first_byte(ctx);)
FILTER(byte_by_a_function_without_a_result, keep_first_byte(ctx); return 0;)
TC(byte_with_a_lock_held, __u32 key = 0; struct locked *c = bpf_map_lookup_elem(&counts, &key);
	if (!c) return 0; bpf_spin_lock(&c->lock); c->count = (__u32)load_byte(ctx, 3);
	bpf_spin_unlock(&c->lock); return 0;)
TC(byte_before_a_lock, __u32 key = 0; struct locked *c = bpf_map_lookup_elem(&counts, &key); if (!c) return 0;
	__u32 byte = (__u32)load_byte(ctx, 3); bpf_spin_lock(&c->lock); c->count = byte;
	bpf_spin_unlock(&c->lock); return 0;)

/* ---- what global functions return ---- */

__noinline void returns_nothing(__u32 i)
{
	bytes[i & 15] = 1;
}
__noinline __u8 *returns_a_pointer(__u32 i)
{
	return &bytes[i & 15];
}
FILTER(calls_what_returns_nothing, returns_nothing(ctx->len); return 0;)
FILTER(calls_what_returns_a_pointer, return returns_a_pointer(ctx->len) != 0;)
