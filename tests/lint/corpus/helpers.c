/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Maps of more types, and helpers that take strings, dynptrs, timers and elements. */
#include "corpus.h"

#define MAP(name, kind, entries, k, v)                                                                       \
	struct {                                                                                             \
		__uint(type, BPF_MAP_TYPE_##kind);                                                           \
		__uint(max_entries, entries);                                                                \
		__type(key, k);                                                                              \
		__type(value, v);                                                                            \
	} name SEC(".maps")
MAP(table, HASH, 16, __u32, __u64);
MAP(array, ARRAY, 8, __u32, __u64[4]);
MAP(counters, PERCPU_HASH, 16, __u32, __u64);
MAP(each_cpu, PERCPU_ARRAY, 4, __u32, __u64);
MAP(recent, LRU_PERCPU_HASH, 16, __u32, __u64);
MAP(devices, DEVMAP, 16, __u32, __u32);
MAP(devices_by_key, DEVMAP_HASH, 16, __u32, __u32);
MAP(processors, CPUMAP, 16, __u32, __u32);
struct prefix {
	__u32 bits, address;
};
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16);
	__type(key, struct prefix);
	__type(value, __u64);
} routes SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 16);
	__type(value, __u64);
} stack SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 16);
	__type(value, __u64);
} bloom SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} storage SEC(".maps");
struct timed {
	__u64 n;
	struct bpf_timer timer;
};
MAP(timers, ARRAY, 4, __u32, struct timed);

#define TC(name, ...)                                                                                        \
	PROGRAM("tc", name, struct __sk_buff)                                                                \
	{                                                                                                    \
		__u32 key = 1;                                                                               \
		__u64 x = 0;                                                                                 \
		__VA_ARGS__ return 0;                                                                        \
	}
#define XDP(name, ...)                                                                                       \
	PROGRAM("xdp", name, struct xdp_md)                                                                  \
	{                                                                                                    \
		__u32 key = 1;                                                                               \
		__u64 x = 0;                                                                                 \
		__VA_ARGS__ return 2;                                                                        \
	}

/* ---- maps ---- */
TC(percpu_counted, __u64 *v = bpf_map_lookup_elem(&counters, &key); if (v)++ * v;)
TC(percpu_not_checked, __u64 *v = bpf_map_lookup_elem(&counters, &key); ++*v;)
TC(percpu_of_another, __u64 *v = bpf_map_lookup_percpu_elem(&each_cpu, &key, 1); if (v) x = *v;
	return (int)x;)
TC(percpu_of_another_not_checked, __u64 *v = bpf_map_lookup_percpu_elem(&each_cpu, &key, 1); return (int)*v;)
TC(percpu_of_another_wrong_map, __u64 *v = bpf_map_lookup_percpu_elem(&table, &key, 1); return v != 0;)
TC(recent_deleted, return (int)bpf_map_delete_elem(&recent, &key);)
TC(array_deleted, return (int)bpf_map_delete_elem(&array, &key);)
TC(array_updated_short, return (int)bpf_map_update_elem(&array, &key, (void *)((char *)&x + 1), 0);)
TC(route_found, struct prefix p = {32, 1}; __u64 *v = bpf_map_lookup_elem(&routes, &p);
	return v ? (int)*v : 0;)
TC(route_by_half_a_key, __u64 *v = bpf_map_lookup_elem(&routes, HIDE((char *)&x + 4));
	return v ? (int)*v : 0;)
TC(stack_pushed, bpf_map_push_elem(&stack, &x, 0); bpf_map_peek_elem(&stack, &x); return (int)x;)
TC(stack_popped_short, return (int)bpf_map_pop_elem(&stack, HIDE((char *)&x + 1));)
TC(bloom_asked, bpf_map_push_elem(&bloom, &x, 0); return (int)bpf_map_peek_elem(&bloom, &x);)
TC(bloom_popped, return (int)bpf_map_pop_elem(&bloom, &x);)
TC(table_pushed, return (int)bpf_map_push_elem(&table, &x, 0);)
XDP(device_redirected, return (int)bpf_redirect_map(&devices, 1, 0);)
XDP(device_redirected_by_key, return (int)bpf_redirect_map(&devices_by_key, key, 0);)
XDP(device_looked_up, __u32 *d = bpf_map_lookup_elem(&devices, &key); return d ? 1 : 2;)
XDP(device_written, __u32 *d = bpf_map_lookup_elem(&devices, &key); if (d) *d = 1;)
XDP(device_updated, __u32 d = 1; return (int)bpf_map_update_elem(&devices, &key, &d, 0);)
XDP(processor_redirected, return (int)bpf_redirect_map(&processors, 1, 0);)
XDP(processor_looked_up, return bpf_map_lookup_elem(&processors, &key) ? 1 : 2;)
XDP(table_redirected, return (int)bpf_redirect_map(&table, 1, 0);)

/* ---- a socket's own ---- */
#define OWN(name, ...)                                                                                       \
	PROGRAM("cgroup_skb/egress", name, struct __sk_buff)                                                 \
	{                                                                                                    \
		struct bpf_sock *sk = ctx->sk;                                                               \
		__u64 *v;                                                                                    \
		__VA_ARGS__ return 1;                                                                        \
	}
OWN(storage_made, if (!sk) return 1; sk = bpf_sk_fullsock(sk); if (!sk) return 1;
	v = bpf_sk_storage_get(&storage, sk, 0, 1); if (v)++ * v;)
OWN(storage_value_not_checked, if (!sk) return 1; sk = bpf_sk_fullsock(sk); if (!sk) return 1;
	v = bpf_sk_storage_get(&storage, sk, 0, 1); ++*v;)
OWN(storage_socket_not_checked, v = bpf_sk_storage_get(&storage, sk, 0, 1); if (v)++ * v;)
OWN(storage_past, if (!sk) return 1; sk = bpf_sk_fullsock(sk); if (!sk) return 1;
	v = bpf_sk_storage_get(&storage, sk, 0, 1); if (v)++ v[1];)
OWN(storage_wrong_map, if (!sk) return 1; sk = bpf_sk_fullsock(sk); if (!sk) return 1;
	v = bpf_sk_storage_get(&table, sk, 0, 1); if (v)++ * v;)
OWN(storage_deleted, if (!sk) return 1; sk = bpf_sk_fullsock(sk); if (!sk) return 1;
	bpf_sk_storage_delete(&storage, sk);)

/* ---- strings ---- */
TC(text_compared, char s[8] = "abc"; return (int)bpf_strncmp(s, 8, "abd");)
TC(text_compared_past, char s[8] = "abc"; return (int)bpf_strncmp(s, HIDE(9), "abd");)
TC(text_made, char s[16]; __u64 a[1] = {x}; static const char f[] = "%d"; bpf_snprintf(s, sizeof s, f, a, 8);
	return s[0];)
TC(text_made_of_too_few, char s[16]; __u64 a[1] = {x}; static const char f[] = "%d %d";
	bpf_snprintf(s, sizeof s, f, a, 8); return s[0];)
TC(text_to_number, char s[8] = "12"; long n; int r = bpf_strtol(s, 8, 0, &n); return r < 0 ? 0 : (int)n;)
TC(text_to_half_a_number, char s[8] = "12"; int n[2]; bpf_strtol(s, 8, 0, HIDE((long *)&n[1])); return n[1];)

/* ---- dynptrs ---- */
#define RECORD(name, ...)                                                                                    \
	PROGRAM("raw_tp/sys_enter", name, void)                                                              \
	{                                                                                                    \
		struct bpf_dynptr d;                                                                         \
		__u64 x = 1, *p;                                                                             \
		__u32 n = 16 + (bpf_get_prandom_u32() & 15);                                                 \
		__VA_ARGS__ return 0;                                                                        \
	}
RECORD(dynptr_written, bpf_ringbuf_reserve_dynptr(&ring, n, 0, &d); bpf_dynptr_write(&d, 0, &x, 8, 0);
	bpf_ringbuf_submit_dynptr(&d, 0);)
RECORD(dynptr_lost, bpf_ringbuf_reserve_dynptr(&ring, n, 0, &d); bpf_dynptr_write(&d, 0, &x, 8, 0);)
RECORD(dynptr_lost_on_one_path, if (bpf_ringbuf_reserve_dynptr(&ring, n, 0, &d)) return 0;
	bpf_ringbuf_submit_dynptr(&d, 0);)
RECORD(dynptr_twice, bpf_ringbuf_reserve_dynptr(&ring, n, 0, &d); bpf_ringbuf_submit_dynptr(&d, 0);
	bpf_ringbuf_submit_dynptr(&d, 0);)
RECORD(dynptr_discarded, bpf_ringbuf_reserve_dynptr(&ring, n, 0, &d); bpf_ringbuf_discard_dynptr(&d, 0);)
RECORD(dynptr_used_after, bpf_ringbuf_reserve_dynptr(&ring, n, 0, &d); bpf_ringbuf_submit_dynptr(&d, 0);
	bpf_dynptr_write(&d, 0, &x, 8, 0);)
RECORD(dynptr_not_made, bpf_dynptr_write(&d, 0, &x, 8, 0);)
RECORD(dynptr_read, bpf_ringbuf_reserve_dynptr(&ring, n, 0, &d); bpf_dynptr_read(&x, 8, &d, 0, 0);
	bpf_ringbuf_submit_dynptr(&d, 0); return (int)x;)
RECORD(dynptr_data, bpf_ringbuf_reserve_dynptr(&ring, n, 0, &d); p = bpf_dynptr_data(&d, 0, 8); if (p) *p = 1;
	bpf_ringbuf_submit_dynptr(&d, 0);)
RECORD(dynptr_data_not_checked, bpf_ringbuf_reserve_dynptr(&ring, n, 0, &d); p = bpf_dynptr_data(&d, 0, 8);
	*p = 1; bpf_ringbuf_submit_dynptr(&d, 0);)
RECORD(dynptr_data_past, bpf_ringbuf_reserve_dynptr(&ring, n, 0, &d); p = bpf_dynptr_data(&d, 0, 8);
	if (p) p[1] = 1; bpf_ringbuf_submit_dynptr(&d, 0);)
RECORD(dynptr_data_after, bpf_ringbuf_reserve_dynptr(&ring, n, 0, &d); p = bpf_dynptr_data(&d, 0, 8);
	bpf_ringbuf_submit_dynptr(&d, 0); if (p) *p = 1;)
RECORD(dynptr_overwritten, bpf_ringbuf_reserve_dynptr(&ring, n, 0, &d); *(volatile __u64 *)&d = 1;
	bpf_ringbuf_submit_dynptr(&d, 0);)
RECORD(dynptr_of_value, __u32 key = 1; __u64 *v = bpf_map_lookup_elem(&array, &key); if (!v) return 0;
	bpf_dynptr_from_mem(v, 32, 0, &d); bpf_dynptr_read(&x, 8, &d, 8, 0);)
RECORD(dynptr_of_more_than_a_value, __u32 key = 1; __u64 *v = bpf_map_lookup_elem(&array, &key);
	if (!v) return 0; bpf_dynptr_from_mem(v, 40, 0, &d); bpf_dynptr_read(&x, 8, &d, 8, 0);)
RECORD(dynptr_of_stack, bpf_dynptr_from_mem(&x, 8, 0, &d); bpf_dynptr_read(&x, 8, &d, 8, 0);)

/* ---- timers ---- */
static int fired(void *map, __u32 *key, struct timed *t)
{
	t->n++;
	return 0;
}
static int fired_with_1(void *map, __u32 *key, struct timed *t)
{
	return 1;
}
#define TIMED(name, ...)                                                                                     \
	PROGRAM("tc", name, struct __sk_buff)                                                                \
	{                                                                                                    \
		__u32 key = 1;                                                                               \
		struct timed *t = bpf_map_lookup_elem(&timers, &key);                                        \
		if (!t)                                                                                      \
			return 0;                                                                            \
		__VA_ARGS__ return 0;                                                                        \
	}
TIMED(timer_started, bpf_timer_init(&t->timer, &timers, 1); bpf_timer_set_callback(&t->timer, fired);
	bpf_timer_start(&t->timer, 1000, 0);)
TIMED(timer_callback_returns_1, bpf_timer_init(&t->timer, &timers, 1);
	bpf_timer_set_callback(&t->timer, fired_with_1);)
TIMED(timer_of_another_map, bpf_timer_init(&t->timer, &array, 1);)
TIMED(timer_at_another_place, bpf_timer_init((void *)&t->n, &timers, 1);)
TIMED(timer_written, *(volatile __u64 *)&t->timer = 0;)
TIMED(timer_cancelled, bpf_timer_cancel(&t->timer);)
PROGRAM("kprobe/do_nanosleep", timer_in_a_probe, void)
{
	__u32 key = 1;
	struct timed *t = bpf_map_lookup_elem(&timers, &key);
	return t ? (int)t->n : 0;
}

/* ---- what a program learns of its process ---- */
#define TRACE(section, name, ...)                                                                            \
	PROGRAM(section, name, void)                                                                         \
	{                                                                                                    \
		__u64 x = 0;                                                                                 \
		char b[16];                                                                                  \
		__VA_ARGS__ return 0;                                                                        \
	}
TRACE("kprobe/do_nanosleep", comm_read, bpf_get_current_comm(b, sizeof b); return b[0];)
TRACE("kprobe/do_nanosleep", comm_too_long, bpf_get_current_comm(b, HIDE(600)); return b[0];)
TRACE("tracepoint/syscalls/sys_enter_openat", path_read,
	bpf_probe_read_user_str(b, sizeof b, *(void **)(ctx + 24));
	return b[0];)
TRACE("tracepoint/syscalls/sys_enter_openat", path_read_directly, return **(volatile char **)(ctx + 24);)
TRACE("raw_tp/sys_enter", kernel_read, bpf_probe_read_kernel(&x, sizeof x, *(void **)ctx); return (int)x;)
TRACE("raw_tp/sys_enter", kernel_read_by_length, __u32 n = bpf_get_prandom_u32(); if (n > 16) return 0;
	bpf_probe_read_kernel(b, HIDE(n), *(void **)ctx); return b[0];)
TRACE("raw_tp/sys_enter", kernel_read_too_much, __u32 n = bpf_get_prandom_u32(); if (n > 600) return 0;
	bpf_probe_read_kernel(b, HIDE(n), *(void **)ctx); return b[0];)
TRACE("raw_tp/sys_enter", stack_got, return (int)bpf_get_stack(ctx, b, sizeof b, 0);)
TRACE("raw_tp/sys_enter", stack_got_and_used, long n = bpf_get_stack(ctx, b, sizeof b, 0);
	if (n <= 0 || n > 16) return 0; return b[HIDE(n) - 1];)
TRACE("raw_tp/sys_enter", stack_got_as_size, long n = bpf_get_stack(ctx, b, sizeof b, 0);
	if (n > 0) bpf_probe_read_kernel(b, HIDE(n), 0); return b[0];)
TRACE("raw_tp/sys_enter", stack_got_as_size_signed, long n = bpf_get_stack(ctx, b, sizeof b, 0);
	bpf_probe_read_kernel(b, HIDE(n), 0); return b[0];)
TRACE(
	"perf_event", sample_read, struct { __u64 a, b, c; } v;
	return (int)bpf_perf_prog_read_value(ctx, (void *)&v, sizeof v);)
TRACE("perf_event", sample_read_too_much, return (int)bpf_perf_prog_read_value(ctx, (void *)&x, HIDE(600));)

/* ---- pointers that are compared ---- */
TC(value_compared_with_0_in_half, __u64 *v = bpf_map_lookup_elem(&table, &key);
	asm volatile("r3 = %0\n if w3 == 0 goto +1\n %1 = *(u64 *)(%0 + 0)"
		     : "+r"(v), "+r"(x)
		     :
		     : "r3");
	return (int)x;)
TC(value_compared_with_1, __u64 *v = bpf_map_lookup_elem(&table, &key);
	asm volatile("if %0 == 1 goto +1\n %1 = *(u64 *)(%0 + 0)"
		     : "+r"(v), "+r"(x));
	return (int)x;)
TC(value_larger_than_0, __u64 *v = bpf_map_lookup_elem(&table, &key);
	asm volatile("if %0 > 0 goto +1\n goto +1\n %1 = *(u64 *)(%0 + 0)"
		     : "+r"(v), "+r"(x));
	return (int)x;)
TC(value_compared_with_null_in_register, __u64 *v = bpf_map_lookup_elem(&table, &key);
	asm volatile("r2 = 0\n if %0 == r2 goto +1\n %1 = *(u64 *)(%0 + 0)"
		     : "+r"(v), "+r"(x)
		     :
		     : "r2");
	return (int)x;)
TC(value_compared_in_half_after_a_check, __u64 *v = bpf_map_lookup_elem(&table, &key); if (!v) return 0;
	asm volatile("r3 = %0\n if w3 != 0 goto +1\n %1 = *(u64 *)(%1 + 0)"
		     : "+r"(v), "+r"(x)
		     :
		     : "r3");
	return (int)x;)
TC(value_compared_again, __u64 *v = bpf_map_lookup_elem(&table, &key); if (!v) return 0;
	asm volatile("if %0 != 0 goto +1\n %1 = *(u64 *)(%1 + 0)"
		     : "+r"(v), "+r"(x));
	return (int)x;)
TC(stack_compared_with_0, asm volatile("if r10 != 0 goto +1\n %0 = *(u64 *)(%0 + 0)"
				       : "+r"(x));
	return (int)x;)
TC(context_compared_with_0, asm volatile("if %1 != 0 goto +1\n %0 = *(u64 *)(%0 + 0)"
					 : "+r"(x)
					 : "r"(ctx));
	return (int)x;)
TC(map_compared_with_0, asm volatile("if %1 != 0 goto +1\n %0 = *(u64 *)(%0 + 0)"
				     : "+r"(x)
				     : "r"(&table));
	return (int)x;)
TC(packet_compared_with_0, void *p = (void *)(long)ctx->data;
	asm volatile("if %1 != 0 goto +1\n %0 = *(u64 *)(%0 + 0)"
		     : "+r"(x)
		     : "r"(p));
	return (int)x;)

/* ---- what newer instructions do ---- */
TC(may_goto_loop, asm volatile("1: %0 += 1\n .8byte 0x00000000000100e5\n goto 1b" : "+r"(x)); return (int)x;)
TC(may_goto_index, __u64 *v = bpf_map_lookup_elem(&array, &key); if (!v) return 0;
	asm volatile("1: r3 = *(u64 *)(%1 + 0)\n %1 += 8\n .8byte 0x00000000000100e5\n goto 1b"
		     : "+r"(x), "+r"(v)
		     :
		     : "r3");
	return (int)x;)
TC(may_goto_index_checked, __u64 *v = bpf_map_lookup_elem(&array, &key); if (!v) return 0; asm volatile(
	"1: if %0 > 3 goto 2f\n r3 = %0\n r3 <<= 3\n r4 = %1\n r4 += r3\n r3 = *(u64 *)(r4 + 0)\n"
	"%0 += 1\n .8byte 0x00000000000100e5\n goto 1b\n 2:"
	: "+r"(x), "+r"(v)
	:
	: "r3", "r4");
	return (int)x;)
TC(sign_extended_load, __s64 n; asm volatile("%0 = *(s8 *)(%1 + 8)" : "=r"(n) : "r"(ctx)); return (int)n;)
TC(swapped_bytes, asm volatile("%0 = bswap16 %0" : "+r"(x)); return (int)x;)
TC(signed_division, asm volatile("%0 s/= 7" : "+r"(x)); return (int)x;)
TC(exchanged, __u64 *v = bpf_map_lookup_elem(&table, &key); if (!v) return 0;
	return (int)__sync_val_compare_and_swap(v, x, 1);)
TC(exchanged_in_context, return (int)__sync_val_compare_and_swap((__u32 *)&ctx->cb[0], 0, 1);)
TC(exchanged_on_stack, return (int)__sync_lock_test_and_set(&x, 1);)
TC(reserved_field_in_what_is_not_reached,
	asm volatile("%0 = 1\n if %0 == 1 goto +1\n .8byte 0x0000000100000179"
		     : "=r"(x));
	return (int)x;)
