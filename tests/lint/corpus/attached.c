/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What depends on where a program is attached, beside its type; and what a program may do with a map by its
 * own type. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} sockets SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 16);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u64);
} trie SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 16);
	__type(value, __u64);
} pile SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u64);
} of_socket SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u64);
} of_task SEC(".maps");

struct task_struct;

/* ---- what the hook returned so far ---- */
#define SETS_RESULT(section, name, type, ok)                                                                 \
	PROGRAM(section, name, type)                                                                         \
	{                                                                                                    \
		bpf_set_retval(-1);                                                                          \
		return ok;                                                                                   \
	}
#define SETS(name, value)                                                                                    \
	PROGRAM("cgroup/dev", name, struct bpf_cgroup_dev_ctx)                                               \
	{                                                                                                    \
		bpf_set_retval(value);                                                                       \
		return 0;                                                                                    \
	}
SETS(result_of_no_error, 5)
SETS(result_of_an_error_too_high, -4096)
SETS(result_of_an_error_known_to_be_one, -(int)(ctx->minor & 127))
SETS(result_of_an_error_not_known, -(int)ctx->minor)
SETS_RESULT("cgroup/dev", result_of_dev, struct bpf_cgroup_dev_ctx, 0)
SETS_RESULT("cgroup/sysctl", result_of_sysctl, struct bpf_sysctl, 0)
SETS_RESULT("cgroup/connect4", result_of_connect, struct bpf_sock_addr, 0)
SETS_RESULT("cgroup/recvmsg4", result_of_recvmsg, struct bpf_sock_addr, 1)
SETS_RESULT("cgroup/getpeername6", result_of_getpeername, struct bpf_sock_addr, 1)
SETS_RESULT("cgroup_skb/egress", result_of_skb, struct __sk_buff, 1)
SETS_RESULT("cgroup/getsockopt", result_of_getsockopt, struct bpf_sockopt, 1)

/* ---- options ---- */
#define READS_OPTION(section, name)                                                                          \
	PROGRAM(section, name, struct bpf_sockopt)                                                           \
	{                                                                                                    \
		int value = 0;                                                                               \
		bpf_getsockopt(ctx->sk, 6, 1, &value, sizeof value);                                         \
		return 1;                                                                                    \
	}
READS_OPTION("cgroup/setsockopt", option_of_setsockopt)
READS_OPTION("cgroup/getsockopt", option_of_getsockopt)
PROGRAM("cgroup/setsockopt", option_of_the_context, struct bpf_sockopt)
{
	int value = 0;
	bpf_getsockopt(ctx, 6, 1, &value, sizeof value);
	return 1;
}

/* ---- which socket is meant ---- */
PROGRAM("cgroup/sock_create", storage_of_the_context, struct bpf_sock)
{
	return bpf_sk_storage_get(&of_socket, ctx, 0, 1) ? 1 : 0;
}
PROGRAM("sk_reuseport", cookie_of_the_socket, struct sk_reuseport_md)
{
	return bpf_get_socket_cookie(ctx->sk) & 1;
}
PROGRAM("sk_reuseport", cookie_of_the_context, struct sk_reuseport_md)
{
	return bpf_get_socket_cookie(ctx) & 1;
}
PROGRAM("sk_lookup", no_socket_is_chosen, struct bpf_sk_lookup)
{
	bpf_sk_assign(ctx, 0, BPF_SK_LOOKUP_F_REPLACE);
	return 1;
}
PROGRAM("tc", no_socket_is_assigned, struct __sk_buff)
{
	return (int)bpf_sk_assign(ctx, 0, 0);
}
PROGRAM("tp_btf/inet_sock_set_state", cookie_of_an_argument, __u64)
{
	return (int)bpf_get_socket_cookie((void *)ctx[0]);
}
PROGRAM("tp_btf/inet_sock_set_state", cookie_of_a_number, __u64)
{
	return (int)bpf_get_socket_cookie((void *)ctx[1]);
}
PROGRAM("tp_btf/inet_sock_set_state", storage_of_an_argument, __u64)
{
	return bpf_sk_storage_get(&of_socket, (void *)ctx[0], 0, 1) != 0;
}
PROGRAM("tp_btf/sched_process_fork", storage_of_a_task, __u64)
{
	__u64 *n = bpf_task_storage_get(&of_task, (struct task_struct *)ctx[1], 0, 1);
	if (n)
		*n += 1;
	return 0;
}
PROGRAM("tp_btf/sched_process_fork", storage_of_a_task_not_checked, __u64)
{
	__u64 *n = bpf_task_storage_get(&of_task, (struct task_struct *)ctx[1], 0, 1);
	*n += 1;
	return 0;
}
PROGRAM("tp_btf/sched_process_fork", storage_of_this_task, __u64)
{
	return bpf_task_storage_get(&of_task, bpf_get_current_task_btf(), 0, 1) != 0;
}
PROGRAM("tp_btf/inet_sock_set_state", storage_of_what_is_no_task, __u64)
{
	return bpf_task_storage_get(&of_task, (struct task_struct *)ctx[0], 0, 1) != 0;
}
PROGRAM("tp_btf/sched_process_fork", tasks_looked_up_by_a_key, __u64)
{
	__u32 key = 0;
	return bpf_map_lookup_elem(&of_task, &key) != 0;
}

/* ---- who changes sockets in a map ---- */
#define DROPS(section, name, type)                                                                           \
	PROGRAM(section, name, type)                                                                         \
	{                                                                                                    \
		__u32 key = 1;                                                                               \
		bpf_map_delete_elem(&sockets, &key);                                                         \
		return 1;                                                                                    \
	}
DROPS("tc", dropped_by_tc, struct __sk_buff)
DROPS("sk_reuseport", dropped_by_reuseport, struct sk_reuseport_md)
DROPS("sockops", dropped_by_sockops, struct bpf_sock_ops)
DROPS("raw_tp/sys_enter", dropped_by_tracing, void)
DROPS("sk_msg", dropped_by_msg, struct sk_msg_md)

/* ---- maps of programs that sleep ---- */
PROGRAM("syscall", sleeps_with_events, void)
{
	return bpf_perf_event_read(&events, 0) & 1;
}
PROGRAM("syscall", sleeps_with_a_trie, void)
{
	__u64 key = 8;
	return bpf_map_lookup_elem(&trie, &key) != 0;
}
PROGRAM("syscall", sleeps_with_a_stack, void)
{
	__u64 value;
	return bpf_map_pop_elem(&pile, &value) != 0;
}

/* ---- fields ---- */
PROGRAM("tc", kind_of_time, struct __sk_buff)
{
	return *(volatile __u8 *)&ctx->tstamp_type;
}
PROGRAM("cgroup_skb/egress", kind_of_time_for_a_cgroup, struct __sk_buff)
{
	return *(volatile __u8 *)&ctx->tstamp_type & 1;
}
#define PORT(name, type, at)                                                                                 \
	PROGRAM("tc", name, struct __sk_buff)                                                                \
	{                                                                                                    \
		struct bpf_sock *sk = ctx->sk;                                                               \
		if (!sk)                                                                                     \
			return 0;                                                                            \
		sk = bpf_sk_fullsock(sk);                                                                    \
		return sk ? (int)*(volatile type *)((__u8 *)&sk->dst_port + (at)) : 0;                       \
	}
PORT(port_half, __u16, 0)
PORT(port_word, __u32, 0)
PORT(port_byte, __u8, 1)
PORT(port_behind_byte, __u8, 2)
PORT(port_behind_half, __u16, 2)

#define SIGNED(section, name, type, field)                                                                   \
	SEC(section) __attribute__((naked)) int name(void)                                                   \
	{                                                                                                    \
		asm volatile("r0 = *(s32 *)(r1 + %[at]); r0 = 0; exit" ::[at] "i"(                           \
			__builtin_offsetof(type, field)));                                                   \
	}
SIGNED("xdp", signed_number, struct xdp_md, ingress_ifindex)
SIGNED("xdp", signed_packet, struct xdp_md, data)
SIGNED("tc", signed_end_of_packet, struct __sk_buff, data_end)

/* ---- the keys of a flow ---- */
#define FLOW(name, body)                                                                                     \
	PROGRAM("flow_dissector", name, struct __sk_buff)                                                    \
	{                                                                                                    \
		struct bpf_flow_keys *keys = ctx->flow_keys;                                                 \
		body return 0;                                                                               \
	}
FLOW(flow_written, keys->thoff = 14;)
FLOW(flow_moved, *(volatile __u8 *)HIDE((__u8 *)keys + 4) = 1;)
FLOW(flow_moved_by_what_varies, *(volatile __u8 *)((__u8 *)keys + HIDE(ctx->vlan_tci & 7)) = 1;)
FLOW(flow_added_to, __sync_fetch_and_add((__u32 *)&keys->ipv4_src, 1);)
FLOW(flow_printed, bpf_trace_printk((char *)keys, 4);)

/* ---- sockets that an iterator finds ---- */
struct sock_common {
	unsigned short skc_family;
} __attribute__((preserve_access_index));
struct bpf_iter__tcp {
	struct sock_common *sk_common;
} __attribute__((preserve_access_index));
struct bpf_iter__udp {
	struct sock_common *udp_sk;
} __attribute__((preserve_access_index));
#define OPTION(program, name, section, type, field, check)                                                   \
	PROGRAM(section, name, struct type)                                                                  \
	{                                                                                                    \
		struct sock_common *sk = ctx->field;                                                         \
		int value = 1;                                                                               \
		if (check)                                                                                   \
			bpf_##program(sk, 6, 1, &value, sizeof value);                                       \
		return 0;                                                                                    \
	}
OPTION(setsockopt, option_set_of_a_socket_found, "iter/tcp", bpf_iter__tcp, sk_common, sk)
OPTION(getsockopt, option_of_a_socket_found, "iter/tcp", bpf_iter__tcp, sk_common, sk)
OPTION(setsockopt, option_set_of_a_socket_or_null, "iter/tcp", bpf_iter__tcp, sk_common, 1)
OPTION(setsockopt, option_set_of_a_udp_socket, "iter/udp", bpf_iter__udp, udp_sk, sk)
