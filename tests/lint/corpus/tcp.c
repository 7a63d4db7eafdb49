/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Congestion control of TCP: the functions of a struct tcp_congestion_ops, and of the kernel's own test of
 * such structs. */
#include "corpus.h"

struct sock_common {
	unsigned short skc_family;
} KERNELS;
struct sock {
	struct sock_common __sk_common;
	unsigned long sk_pacing_rate;
	__u32 sk_pacing_status;
	int sk_sndbuf;
} KERNELS;
struct inet_sock {
	struct sock sk;
} KERNELS;
struct inet_connection_sock {
	struct inet_sock icsk_inet;
	__u8 icsk_ca_state : 5;
	struct {
		__u8 pending;
	} icsk_ack;
	__u64 icsk_ca_priv[13];
} KERNELS;
struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 snd_cwnd, snd_cwnd_cnt, snd_cwnd_stamp, snd_cwnd_clamp, snd_ssthresh, app_limited, snd_una,
		srtt_us;
	__u8 ecn_flags;
} KERNELS;
struct ack_sample {
	__u32 pkts_acked;
	int rtt_us;
} KERNELS;
struct rate_sample {
	__u64 prior_mstamp;
	int delivered;
} KERNELS;
struct task_struct {
	int pid;
} KERNELS;
enum tcp_ca_event { CA_EVENT_TX_START };
struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *);
	void (*cong_avoid)(struct sock *, __u32, __u32);
	void (*set_state)(struct sock *, __u8);
	void (*cwnd_event)(struct sock *, enum tcp_ca_event);
	void (*pkts_acked)(struct sock *, const struct ack_sample *);
	__u32 (*min_tso_segs)(struct sock *);
	__u32 (*undo_cwnd)(struct sock *);
	void (*init)(struct sock *);
	void (*release)(struct sock *);
	__u64 (*get_info)(struct sock *, __u32, int *, void *);
	char name[16];
};

KFUNC __u32 tcp_slow_start(struct tcp_sock *, __u32);
KFUNC void tcp_cong_avoid_ai(struct tcp_sock *, __u32, __u32);
KFUNC __u32 tcp_reno_ssthresh(struct sock *);
KFUNC void tcp_reno_cong_avoid(struct sock *, __u32, __u32);
NEWER __u32 tcp_reno_undo_cwnd(struct sock *);
NEWER __u32 tcp_no_such_function(struct sock *);
KFUNC struct task_struct *bpf_task_from_pid(int);
KFUNC void bpf_task_release(struct task_struct *);

struct own {
	__u32 cwnd, rounds;
	__u64 more[14];
};
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct own);
} stores SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

#define SOCK ((struct sock *)ctx[0])
#define TP ((struct tcp_sock *)ctx[0])
/* A function of that name, alone in a struct. */
#define IN_OPS(section, member, fn)                                                                          \
	SEC(section) __u64 fn(__u64 *ctx);                                                                   \
	SEC(".struct_ops.link")                                                                              \
	struct tcp_congestion_ops ops_##fn = {.member = (void *)fn, .name = "corpus"};                       \
	__u64 fn(__u64 *ctx)
#define MEMBER(member, fn) IN_OPS("struct_ops/" #member, member, fn)

/* The fields that a program may set, and those that it only reads. */
MEMBER(cong_avoid, window)
{
	WRITE(TP->snd_cwnd, READ(TP->snd_cwnd) + 1);
	return 0;
}
MEMBER(cong_avoid, window_count)
{
	WRITE(TP->snd_cwnd_cnt, 0);
	WRITE(TP->snd_cwnd_stamp, 1);
	WRITE(TP->snd_ssthresh, 2);
	WRITE(TP->ecn_flags, 1);
	WRITE(TP->app_limited, 3);
	return 0;
}
MEMBER(cong_avoid, clamp_is_read)
{
	WRITE(TP->snd_cwnd_clamp, 1);
	return 0;
}
MEMBER(cong_avoid, unacknowledged_is_read)
{
	WRITE(TP->snd_una, 1);
	return 0;
}
MEMBER(cong_avoid, window_by_half)
{
	*((volatile __u16 *)&TP->snd_cwnd + 1) = 1;
	return 0;
}
MEMBER(cong_avoid, window_and_behind)
{
	*(volatile __u64 *)&TP->snd_cwnd = 1;
	return 0;
}
MEMBER(cong_avoid, pacing_rate)
{
	WRITE(TP->inet_conn.icsk_inet.sk.sk_pacing_rate, 1000);
	WRITE(TP->inet_conn.icsk_inet.sk.sk_pacing_status, 1);
	return 0;
}
MEMBER(cong_avoid, send_buffer_is_read)
{
	WRITE(TP->inet_conn.icsk_inet.sk.sk_sndbuf, 1);
	return 0;
}
MEMBER(init, private_memory)
{
	struct own *own = (void *)TP->inet_conn.icsk_ca_priv;
	WRITE(own->cwnd, 10);
	WRITE(own->rounds, 0);
	WRITE(own->more[3], 1);
	return 0;
}
MEMBER(init, private_memory_is_104_bytes)
{
	struct own *own = (void *)TP->inet_conn.icsk_ca_priv;
	WRITE(own->more[12], 1);
	return 0;
}
MEMBER(init, private_memory_by_index)
{
	__u64 *own = TP->inet_conn.icsk_ca_priv;
	__u64 i = bpf_get_prandom_u32() & 7;
	asm volatile("%0 <<= 3; %1 += %0" : "+r"(i), "+r"(own));
	WRITE(*own, 1);
	return 0;
}
MEMBER(pkts_acked, sample)
{
	const struct ack_sample *sample = (void *)ctx[1];
	return READ(sample->rtt_us) + READ(sample->pkts_acked);
}
MEMBER(pkts_acked, sample_is_read)
{
	struct ack_sample *sample = (void *)ctx[1];
	WRITE(sample->rtt_us, 1);
	return 0;
}
MEMBER(pkts_acked, third_argument)
{
	return ctx[2];
}
MEMBER(cong_avoid, argument_is_read)
{
	ctx[1] = 0;
	return 0;
}
MEMBER(cong_avoid, half_an_argument)
{
	return *(volatile __u32 *)&ctx[1] + *(volatile __u16 *)&ctx[2];
}
MEMBER(cong_avoid, half_a_pointer)
{
	return *(volatile __u32 *)&ctx[0];
}
MEMBER(cong_avoid, added_atomically)
{
	__sync_fetch_and_add(&TP->snd_cwnd, 1);
	return 0;
}

/* The kernel's functions. */
MEMBER(cong_avoid, slow_start)
{
	__u32 acked = ctx[2];
	acked = tcp_slow_start(TP, acked);
	tcp_cong_avoid_ai(TP, 10, acked);
	return 0;
}
MEMBER(cong_avoid, reno)
{
	tcp_reno_cong_avoid(SOCK, ctx[1], ctx[2]);
	return 0;
}
MEMBER(ssthresh, of_a_sample)
{
	return tcp_reno_ssthresh((void *)0);
}
MEMBER(pkts_acked, of_another_struct)
{
	return tcp_slow_start((void *)ctx[1], 1);
}
MEMBER(ssthresh, of_a_pointer_as_number)
{
	return tcp_slow_start(TP, ctx[0]);
}
MEMBER(ssthresh, of_a_moved_pointer)
{
	return tcp_slow_start((void *)((char *)TP + 8), 1);
}
MEMBER(ssthresh, threshold)
{
	return tcp_reno_ssthresh(SOCK);
}
MEMBER(init, task_released)
{
	struct task_struct *task = bpf_task_from_pid(1);
	if (task)
		bpf_task_release(task);
	return 0;
}
MEMBER(init, task_kept)
{
	return !!bpf_task_from_pid(1);
}

/* Functions that not every kernel has, and a pointer that is kept in a variable. */
MEMBER(undo_cwnd, asked_and_called)
{
	return tcp_reno_undo_cwnd ? tcp_reno_undo_cwnd(SOCK) : 0;
}
MEMBER(undo_cwnd, asked_and_not_there)
{
	return tcp_no_such_function ? tcp_no_such_function(SOCK) : 2;
}
MEMBER(undo_cwnd, address_is_no_memory)
{
	return *(volatile char *)tcp_reno_undo_cwnd;
}
static struct task_struct __attribute__((btf_type_tag("kptr"))) * kept_task SEC(".bss.kept");
MEMBER(init, kept_in_a_variable)
{
	struct task_struct *task = bpf_task_from_pid(1);
	if (!task)
		return 0;
	task = bpf_kptr_xchg(&kept_task, task);
	if (task)
		bpf_task_release(task);
	return 0;
}
MEMBER(init, kept_and_not_released)
{
	return !!bpf_kptr_xchg(&kept_task, 0);
}

/* Enums of 64 bits in the kernel, whatever they are here. */
enum perf_callchain_context { PERF_CONTEXT_KERNEL = 1ULL << 40, PERF_CONTEXT_NONE = 1 };
MEMBER(ssthresh, number_of_an_enum)
{
	return __builtin_preserve_enum_value(*(enum perf_callchain_context *)PERF_CONTEXT_KERNEL, 1);
}
MEMBER(ssthresh, enum_that_has_it_not)
{
	return __builtin_preserve_enum_value(*(enum perf_callchain_context *)PERF_CONTEXT_NONE, 1);
}
MEMBER(ssthresh, whether_an_enum_has_it)
{
	return __builtin_preserve_enum_value(*(enum perf_callchain_context *)PERF_CONTEXT_NONE, 0);
}

/* Results: a member that has none may leave R0 as it is. */
SEC("struct_ops/init") __attribute__((naked)) void no_result(void)
{
	asm volatile("exit");
}
SEC(".struct_ops.link")
struct tcp_congestion_ops ops_no_result = {.init = (void *)no_result, .name = "corpus"};
SEC("struct_ops/ssthresh") __attribute__((naked)) void result_is_missing(void)
{
	asm volatile("exit");
}
SEC(".struct_ops.link")
struct tcp_congestion_ops ops_result_is_missing = {.ssthresh = (void *)result_is_missing, .name = "corpus"};
MEMBER(ssthresh, any_result)
{
	return bpf_ktime_get_ns();
}
MEMBER(get_info, not_for_programs)
{
	return 0;
}

/* Helpers. */
MEMBER(init, stored)
{
	struct own *own = bpf_sk_storage_get(&stores, SOCK, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (own)
		own->rounds = 1;
	return 0;
}
MEMBER(init, stored_not_compared)
{
	struct own *own = bpf_sk_storage_get(&stores, SOCK, 0, BPF_SK_STORAGE_GET_F_CREATE);
	own->rounds = 1;
	return 0;
}
MEMBER(pkts_acked, stored_for_a_sample)
{
	return !!bpf_sk_storage_get(&stores, (void *)ctx[1], 0, 0);
}
MEMBER(release, storage_deleted)
{
	bpf_sk_storage_delete(&stores, SOCK);
	return 0;
}
MEMBER(init, option_set)
{
	int on = 1;
	return bpf_setsockopt(SOCK, 6, 13, &on, sizeof on);
}
MEMBER(init, option_of_unset_memory)
{
	int on[4];
	return bpf_setsockopt(SOCK, 6, 13, on, sizeof on + 8);
}
MEMBER(release, option_set_at_release)
{
	int on = 1;
	return bpf_setsockopt(SOCK, 6, 13, &on, sizeof on);
}
MEMBER(cwnd_event, acknowledged)
{
	return bpf_tcp_send_ack(TP, 1);
}
MEMBER(cwnd_event, redirected)
{
	return bpf_redirect(1, 0);
}
MEMBER(cwnd_event, counted)
{
	__u32 key = ctx[1];
	__u64 *n = bpf_map_lookup_elem(&counts, &key);
	if (n)
		__sync_fetch_and_add(n, 1);
	return 0;
}
MEMBER(cwnd_event, printed)
{
	bpf_printk("%d", READ(TP->srtt_us));
	return 0;
}
MEMBER(cwnd_event, copied_sleeping)
{
	char buf[8];
	return bpf_copy_from_user(buf, sizeof buf, 0);
}

static __attribute__((noinline)) __u32 window_of(struct tcp_sock *tp)
{
	return READ(tp->snd_cwnd) >> 1;
}
MEMBER(undo_cwnd, by_function)
{
	return window_of(TP);
}

/* The kernel's own test: an argument that may be NULL. */
struct bpf_dummy_ops_state {
	int val;
} KERNELS;
struct bpf_dummy_ops {
	int (*test_1)(struct bpf_dummy_ops_state *);
	int (*test_2)(struct bpf_dummy_ops_state *, int, unsigned short, char, unsigned long);
	int (*test_sleepable)(struct bpf_dummy_ops_state *);
};
#define DUMMY(section, member, fn)                                                                           \
	SEC(section) __u64 fn(__u64 *ctx);                                                                   \
	SEC(".struct_ops.link") struct bpf_dummy_ops ops_##fn = {.member = (void *)fn};                      \
	__u64 fn(__u64 *ctx)
#define STATE ((struct bpf_dummy_ops_state *)ctx[0])
DUMMY("struct_ops/test_1", test_1, state_not_compared)
{
	return READ(STATE->val);
}
DUMMY("struct_ops/test_1", test_1, state_compared)
{
	struct bpf_dummy_ops_state *state = STATE;
	if (!state)
		return 0xf2f3f4f5;
	WRITE(state->val, 0x5a);
	return READ(state->val);
}
DUMMY("struct_ops/test_1", test_1, state_loaded_again)
{
	return STATE ? READ(STATE->val) : 0;
}
DUMMY("struct_ops/test_2", test_2, five_arguments)
{
	WRITE(STATE->val, 0);
	return (int)ctx[1] + (unsigned short)ctx[2] + (char)ctx[3] + ctx[4];
}
DUMMY("struct_ops.s/test_sleepable", test_sleepable, may_sleep)
{
	char buf[8];
	return bpf_copy_from_user(buf, sizeof buf, (void *)8);
}
DUMMY("struct_ops.s/test_1", test_1, must_not_sleep)
{
	return 0;
}
DUMMY("struct_ops/test_2", test_2, state_behind)
{
	*((volatile int *)STATE + 1) = 0;
	return 0;
}
