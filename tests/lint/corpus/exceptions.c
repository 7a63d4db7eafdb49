/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Exceptions: bpf_throw() ends the program, and must not leave anything held. */
#include "corpus.h"

#define IN(name) PROGRAM("tc", name, struct __sk_buff)
#define CALLBACK(name) __attribute__((btf_decl_tag("exception_callback:" #name)))
#define STATIC static __attribute__((noinline))
#define GLOBAL __attribute__((noinline))

KFUNC void bpf_throw(__u64 cookie);
KFUNC void bpf_rcu_read_lock(void);
KFUNC void bpf_rcu_read_unlock(void);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");
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
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} programs SEC(".maps");

IN(thrown)
{
	if (ctx->len < 14)
		bpf_throw(0);
	return 1;
}
PROGRAM("socket", thrown_always, struct __sk_buff)
{
	bpf_throw(1);
	return 0;
}
IN(nothing_after)
{
	__u32 key = 1;
	struct locked *v = bpf_map_lookup_elem(&locks, &key);
	if (!v)
		bpf_throw(0);
	return v->n;
}
IN(record_held)
{
	__u64 *e = bpf_ringbuf_reserve(&ring, 8, 0);
	if (!e)
		return 0;
	if (ctx->len < 14)
		bpf_throw(0);
	bpf_ringbuf_discard(e, 0);
	return 0;
}
IN(record_submitted_before)
{
	__u64 *e = bpf_ringbuf_reserve(&ring, 8, 0);
	if (!e)
		return 0;
	bpf_ringbuf_discard(e, 0);
	bpf_throw(0);
	return 0;
}
IN(lock_held)
{
	__u32 key = 1;
	struct locked *v = bpf_map_lookup_elem(&locks, &key);
	if (!v)
		return 0;
	bpf_spin_lock(&v->lock);
	if (v->n)
		bpf_throw(0);
	bpf_spin_unlock(&v->lock);
	return 0;
}
IN(rcu_held)
{
	bpf_rcu_read_lock();
	if (ctx->len < 14)
		bpf_throw(0);
	bpf_rcu_read_unlock();
	return 0;
}
STATIC int checked(__u32 n)
{
	if (HIDE(n) < 14)
		bpf_throw(n);
	return (int)HIDE(n);
}
IN(thrown_in_function)
{
	return checked(ctx->len);
}
IN(record_held_by_caller)
{
	__u64 *e = bpf_ringbuf_reserve(&ring, 8, 0);
	if (!e)
		return 0;
	checked(ctx->len);
	bpf_ringbuf_discard(e, 0);
	return 0;
}
GLOBAL int checked_apart(__u32 n)
{
	if (n < 14)
		bpf_throw(n);
	return (int)n;
}
IN(thrown_in_global_function)
{
	return checked_apart(ctx->len);
}
IN(record_held_by_caller_of_global_function)
{
	__u64 *e = bpf_ringbuf_reserve(&ring, 8, 0);
	if (!e)
		return 0;
	checked_apart(ctx->len);
	bpf_ringbuf_discard(e, 0);
	return 0;
}
IN(rcu_locked_twice)
{
	bpf_rcu_read_lock();
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	bpf_rcu_read_unlock();
	return 0;
}
static long checked_in_loop(__u32 i, void *unused)
{
	if (i > 3)
		bpf_throw(i);
	return 0;
}
IN(thrown_in_callback)
{
	bpf_loop(10, checked_in_loop, 0, 0);
	return 0;
}
IN(record_held_over_callback)
{
	__u64 *e = bpf_ringbuf_reserve(&ring, 8, 0);
	if (!e)
		return 0;
	bpf_loop(10, checked_in_loop, 0, 0);
	bpf_ringbuf_discard(e, 0);
	return 0;
}

/* What is thrown is what the program returns. */
PROGRAM("cgroup/sock_create", thrown_in_range, struct bpf_sock)
{
	if (ctx->family == 2)
		bpf_throw(1);
	return 0;
}
PROGRAM("cgroup/sock_create", thrown_out_of_range, struct bpf_sock)
{
	if (ctx->family == 2)
		bpf_throw(2);
	return 0;
}
PROGRAM("cgroup/sock_create", thrown_out_of_range_in_function, struct bpf_sock)
{
	return checked(ctx->family) & 1;
}
PROGRAM("cgroup/sock_create", thrown_out_of_range_in_global_function, struct bpf_sock)
{
	return checked_apart(ctx->family) & 1;
}

/* Or what a function makes of it. */
GLOBAL int caught(__u64 cookie)
{
	return (int)(cookie & 1);
}
GLOBAL int caught_wide(__u64 cookie)
{
	return (int)cookie;
}
GLOBAL int caught_two(__u64 cookie, __u64 more)
{
	return (int)(cookie & more & 1);
}
GLOBAL int caught_pointer(__u64 *cookie)
{
	return cookie ? 1 : 0;
}
GLOBAL int caught_and_rethrown(__u64 cookie)
{
	bpf_throw(cookie);
	return 0;
}
GLOBAL int caught_and_held(__u64 cookie)
{
	return bpf_ringbuf_reserve(&ring, 8, 0) ? 1 : 0;
}
GLOBAL int caught_and_jumps(__u64 cookie)
{
	return (int)(cookie & 1);
}
#define CAUGHT(name, callback)                                                                               \
	CALLBACK(callback) PROGRAM("cgroup/sock_create", name, struct bpf_sock)                              \
	{                                                                                                    \
		if (ctx->family == 2)                                                                        \
			bpf_throw(ctx->type);                                                                \
		return 0;                                                                                    \
	}
CAUGHT(with_callback, caught)
CAUGHT(with_wide_callback, caught_wide)
CAUGHT(with_callback_of_two, caught_two)
CAUGHT(with_callback_of_pointer, caught_pointer)
CAUGHT(with_callback_that_throws, caught_and_rethrown)
CAUGHT(with_callback_that_holds, caught_and_held)
CALLBACK(caught) CALLBACK(caught_wide) PROGRAM("cgroup/sock_create", two_callbacks, struct bpf_sock)
{
	return 1;
}
CALLBACK(caught) PROGRAM("cgroup/sock_create", callback_without_throw, struct bpf_sock)
{
	return 1;
}
CALLBACK(caught_and_jumps) PROGRAM("cgroup/sock_create", callback_called, struct bpf_sock)
{
	if (ctx->family == 2)
		bpf_throw(ctx->type);
	return caught_and_jumps(ctx->family) & 1;
}
CALLBACK(caught_wide) PROGRAM("tc", wide_callback_in_tc, struct __sk_buff)
{
	return checked(ctx->len);
}
