/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* rejected_calls.c: what functions are given, and what has to be given back. */
#include "rejected.h"

MAP(numbers, HASH, __u32, struct value, 4);
RINGBUF(events);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
} programs SEC(".maps");

struct locked {
	struct bpf_spin_lock lock;
	__u32 n;
};
MAP(guarded, ARRAY, __u32, struct locked, 1);

struct timed {
	struct bpf_timer timer;
};
MAP(timers, ARRAY, __u32, struct timed, 1);

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

struct bpf_iter_num {
	__u64 opaque[1];
} __attribute__((aligned(8)));

extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern void bpf_task_release(struct task_struct *) __ksym;
extern struct task_struct *bpf_task_from_pid(int) __ksym;
extern int bpf_iter_num_new(struct bpf_iter_num *, int, int) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *) __ksym;

/* ---- arguments ---- */

SEC("socket") NAKED int helper_of_another_type(void)
{
	CODE("r1 = r10; r1 += -8; r2 = 0; *(u64 *)(r1 + 0) = r2; r2 = 8; r3 = r10; call 4; r0 = 0; exit;");
}

SEC("socket") NAKED int helper_unknown(void)
{
	CODE("call 5000; r0 = 0; exit;");
}

SEC("socket") NAKED int argument_is_a_number(void)
{
	CODE_OF("r1 = %[m] ll; r2 = 0; call 1; r0 = 0; exit;", numbers);
}

TRACEPOINT int length_may_be_negative(void *ctx)
{
	char name[16];
	__s64 n = (__s32)bpf_get_prandom_u32();
	KEEP(n);
	if (n > 16)
		return 0;
	KEEP(n);
	bpf_get_current_comm(name, n);
	return name[0];
}

TRACEPOINT int length_may_be_anything(void *ctx)
{
	char name[16];
	__u64 n = bpf_get_prandom_u32();
	if (n == 0)
		return 0;
	KEEP(n);
	bpf_get_current_comm(name, n);
	return name[0];
}

TRACEPOINT int length_may_be_zero(void *ctx)
{
	char name[16] = {};
	__u32 n = bpf_get_prandom_u32() & 8;
	bpf_get_current_comm(name, n);
	return name[0];
}

TRACEPOINT int size_is_not_constant(void *ctx)
{
	void *p = bpf_ringbuf_reserve(&events, bpf_get_prandom_u32(), 0);
	if (p)
		bpf_ringbuf_discard(p, 0);
	return 0;
}

SEC("socket") int wrong_kind_of_map(void *ctx)
{
	__u32 key = 0;
	return !!bpf_map_lookup_elem(&programs, &key);
}

SEC("socket") int jump_through_another_map(void *ctx)
{
	bpf_tail_call(ctx, &numbers, 0);
	return 0;
}

SEC("socket") NAKED int map_of_no_file(void)
{
	CODE(".8byte 0x000003e700001118; .8byte 0; r0 = 0; exit;");
}

__attribute__((noinline)) int takes_pointer(int *p)
{
	return p ? *p : 0;
}

SEC("socket") int global_argument(void *ctx)
{
	return takes_pointer((int *)5);
}

SEC("socket") int kfunc_of_another_type(void *ctx)
{
	struct task_struct *t = bpf_task_from_pid(1);
	if (t)
		bpf_task_release(t);
	return 0;
}

ON_EXIT int may_sleep(void *ctx)
{
	int x;
	bpf_copy_from_user(&x, 4, 0);
	return x;
}

NOINLINE int gives_five(__u32 i, void *p)
{
	return 5;
}

SEC("socket") int result_of_callback(void *ctx)
{
	bpf_loop(3, gives_five, 0, 0);
	return 0;
}

/* ---- the kernel's own memory ---- */

ON_EXIT int beyond_a_structure(__u64 *ctx)
{
	return READ(int, ctx[0] + 100000);
}

ON_EXIT int structure_written(__u64 *ctx)
{
	READ(int, ctx[0] + 16) = 1;
	return 0;
}

ON_EXIT int argument_that_is_not_there(__u64 *ctx)
{
	return READ(__u64, &ctx[7]);
}

ON_EXIT int may_be_null(void *ctx)
{
	bpf_task_release(bpf_task_from_pid(1));
	return 0;
}

ON_EXIT int not_acquired(__u64 *ctx)
{
	bpf_task_release((void *)ctx[0]);
	return 0;
}

/* ---- what has to be given back ---- */

TRACEPOINT int reserved_and_kept(void *ctx)
{
	__u64 *p = bpf_ringbuf_reserve(&events, 8, 0);
	if (p)
		*p = 1;
	return 0;
}

SEC("socket") int iterator_not_begun(void *ctx)
{
	struct bpf_iter_num i = {};
	return !!bpf_iter_num_next(&i);
}

TRACEPOINT int dynptr_not_made(void *ctx)
{
	struct bpf_dynptr d = {};
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("tc") int lock_kept(void *ctx)
{
	__u32 key = 0;
	struct locked *l = bpf_map_lookup_elem(&guarded, &key);
	if (l)
		bpf_spin_lock(&l->lock);
	return 0;
}

SEC("tc") int call_while_locked(void *ctx)
{
	__u32 key = 0;
	struct locked *l = bpf_map_lookup_elem(&guarded, &key);
	if (!l)
		return 0;
	bpf_spin_lock(&l->lock);
	l->n = bpf_get_prandom_u32();
	bpf_spin_unlock(&l->lock);
	return 0;
}

SEC("tc") int unlock_without_lock(void *ctx)
{
	__u32 key = 0;
	struct locked *l = bpf_map_lookup_elem(&guarded, &key);
	if (l)
		bpf_spin_unlock(&l->lock);
	return 0;
}

SEC("tc") int lock_read(void *ctx)
{
	__u32 key = 0;
	struct locked *l = bpf_map_lookup_elem(&guarded, &key);
	return l ? READ(__u32, l) : 0;
}

ON_EXIT int section_kept(void *ctx)
{
	bpf_rcu_read_lock();
	return 0;
}

SEC("tc") int timer_of_another_map(void *ctx)
{
	__u32 key = 0;
	void *v = bpf_map_lookup_elem(&numbers, &key);
	if (v)
		bpf_timer_init(v, &numbers, 1);
	return 0;
}
