/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Contexts of several types of programs, and helpers that are for some of them. */
#include <linux/ptrace.h>
#include <linux/bpf_perf_event.h>
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} events SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} programs SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16);
	__uint(key_size, 4);
	__uint(value_size, 127 * 8);
} traces SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 16);
	__type(value, __u64);
} queue SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} recent SEC(".maps");
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

/* Fields of contexts. */
#define FIELD(section, name, type, field, how)                                                               \
	PROGRAM(section, name, type)                                                                         \
	{                                                                                                    \
		how(ctx->field);                                                                             \
	}
#define READ_IT(x) return (int)*(volatile __typeof__(x) *)&(x)
#define WRITE_IT(x)                                                                                          \
	*(volatile __typeof__(x) *)&(x) = 1;                                                                 \
	return 1
#define READ_BYTE(x) return *(volatile __u8 *)&(x)
FIELD("socket", socket_len, struct __sk_buff, len, READ_IT)
FIELD("socket", socket_len_byte, struct __sk_buff, len, READ_BYTE)
FIELD("socket", socket_len_written, struct __sk_buff, len, WRITE_IT)
FIELD("socket", socket_mark_written, struct __sk_buff, mark, WRITE_IT)
FIELD("socket", socket_cb_written, struct __sk_buff, cb[2], WRITE_IT)
FIELD("socket", socket_cb_byte, struct __sk_buff, cb[2], READ_BYTE)
FIELD("socket", socket_family, struct __sk_buff, family, READ_IT)
FIELD("socket", socket_tstamp, struct __sk_buff, tstamp, READ_IT)
FIELD("socket", socket_data, struct __sk_buff, data, READ_IT)
FIELD("tc", tc_mark_written, struct __sk_buff, mark, WRITE_IT)
FIELD("tc", tc_priority_written, struct __sk_buff, priority, WRITE_IT)
FIELD("tc", tc_protocol_written, struct __sk_buff, protocol, WRITE_IT)
FIELD("tc", tc_tstamp, struct __sk_buff, tstamp, READ_IT)
FIELD("tc", tc_tstamp_byte, struct __sk_buff, tstamp, READ_BYTE)
FIELD("tc", tc_classid, struct __sk_buff, tc_classid, READ_IT)
FIELD("tc", tc_family, struct __sk_buff, family, READ_IT)
FIELD("tc", tc_data_byte, struct __sk_buff, data, READ_BYTE)
FIELD("cgroup_skb/ingress", cgroup_family, struct __sk_buff, family, READ_IT)
FIELD("cgroup_skb/ingress", cgroup_remote, struct __sk_buff, remote_ip4, READ_IT)
FIELD("xdp", xdp_ifindex, struct xdp_md, ingress_ifindex, READ_IT)
FIELD("xdp", xdp_ifindex_byte, struct xdp_md, ingress_ifindex, READ_BYTE)
FIELD("xdp", xdp_egress, struct xdp_md, egress_ifindex, READ_IT)
FIELD("xdp", xdp_written, struct xdp_md, rx_queue_index, WRITE_IT)
FIELD("cgroup/connect4", connect_ip4, struct bpf_sock_addr, user_ip4, READ_IT)
FIELD("cgroup/connect4", connect_ip6, struct bpf_sock_addr, user_ip6[0], READ_IT)
FIELD("cgroup/connect4", connect_port_written, struct bpf_sock_addr, user_port, WRITE_IT)
FIELD("cgroup/connect4", connect_family_written, struct bpf_sock_addr, family, WRITE_IT)
FIELD("cgroup/connect6", connect6_ip6, struct bpf_sock_addr, user_ip6[1], READ_IT)
FIELD("cgroup/dev", device_major, struct bpf_cgroup_dev_ctx, major, READ_IT)
FIELD("cgroup/dev", device_written, struct bpf_cgroup_dev_ctx, minor, WRITE_IT)
FIELD("cgroup/sysctl", sysctl_write, struct bpf_sysctl, write, READ_IT)
FIELD("perf_event", event_period, struct bpf_perf_event_data, sample_period, READ_IT)

#define AT(section, name, offset, size)                                                                      \
	PROGRAM(section, name, void)                                                                         \
	{                                                                                                    \
		return (int)*(volatile size *)((char *)ctx + (offset));                                      \
	}
AT("kprobe/do_nanosleep", probe_register, 112, __u64)
AT("kprobe/do_nanosleep", probe_last, 160, __u64)
AT("kprobe/do_nanosleep", probe_past, 168, __u64)
AT("kprobe/do_nanosleep", probe_half, 116, __u32)
AT("tracepoint/syscalls/sys_enter_openat", point_field, 16, __u64)
AT("tracepoint/syscalls/sys_enter_openat", point_common, 0, __u64)
AT("tracepoint/syscalls/sys_enter_openat", point_far, 8192, __u64)
AT("raw_tp/sys_enter", raw_argument, 8, __u64)
AT("raw_tp/sys_enter", raw_past, 96, __u64)
AT("raw_tp/sys_enter", raw_misaligned, 4, __u64)
AT("socket", socket_past, 192, __u32)
AT("socket", socket_misaligned, 2, __u32)

PROGRAM("socket", context_moved, struct __sk_buff)
{
	char *p = (char *)ctx;
	p = HIDE(p + 4);
	return *(volatile __u32 *)p;
}
PROGRAM("socket", context_moved_by_unknown, struct __sk_buff)
{
	__u64 i = bpf_get_prandom_u32() & 4;
	asm volatile("" : "+r"(i));
	return *(volatile __u32 *)((char *)ctx + i);
}
PROGRAM("kprobe/do_nanosleep", argument_read_directly, void)
{
	__u64 p = *(volatile __u64 *)((char *)ctx + 112);
	return *(volatile int *)p;
}
PROGRAM("kprobe/do_nanosleep", argument_read_by_helper, void)
{
	__u64 p = *(volatile __u64 *)((char *)ctx + 112), x = 0;
	bpf_probe_read_kernel(&x, sizeof x, (void *)p);
	return (int)x;
}

/* Helpers. */
PROGRAM("tracepoint/syscalls/sys_enter_openat", name_of_process, void)
{
	char name[16];
	bpf_get_current_comm(name, sizeof name);
	return name[0];
}
PROGRAM("tracepoint/syscalls/sys_enter_openat", name_too_long, void)
{
	char name[16];
	bpf_get_current_comm(name, HIDE(400));
	return name[0];
}
PROGRAM("tracepoint/syscalls/sys_enter_openat", string_as_index, void)
{
	char text[64];
	long n = bpf_probe_read_user_str(text, sizeof text, *(void *volatile *)((char *)ctx + 24));
	if (n < 1)
		return 0;
	return text[n - 1];
}
PROGRAM("tracepoint/syscalls/sys_enter_openat", string_as_index_not_checked, void)
{
	char text[64];
	long n = bpf_probe_read_user_str(text, sizeof text, *(void *volatile *)((char *)ctx + 24));
	return text[HIDE(n)];
}
PROGRAM("tracepoint/syscalls/sys_enter_openat", packet_helper_in_trace, void)
{
	char buf[8];
	return (int)bpf_skb_load_bytes(ctx, 0, buf, sizeof buf);
}
PROGRAM("socket", tracing_helper_in_filter, struct __sk_buff)
{
	return (int)bpf_get_stackid(ctx, &traces, 0);
}
PROGRAM("kprobe/do_nanosleep", stack_trace, void)
{
	return (int)bpf_get_stackid(ctx, &traces, 0);
}
PROGRAM("kprobe/do_nanosleep", stack_trace_wrong_map, void)
{
	return (int)bpf_get_stackid(ctx, &recent, 0);
}
PROGRAM("xdp", event_sent, struct xdp_md)
{
	__u64 x = 1;
	bpf_perf_event_output(ctx, &events, 0, &x, sizeof x);
	return 2;
}
PROGRAM("xdp", event_wrong_map, struct xdp_md)
{
	__u64 x = 1;
	bpf_perf_event_output(ctx, &recent, 0, &x, sizeof x);
	return 2;
}
PROGRAM("xdp", event_no_context, struct xdp_md)
{
	__u64 x = 1;
	bpf_perf_event_output(&x, &events, 0, &x, sizeof x);
	return 2;
}
PROGRAM("xdp", lookup_of_ring, struct xdp_md)
{
	__u32 key = 0;
	return bpf_map_lookup_elem(&ring, &key) ? 1 : 2;
}
PROGRAM("xdp", tail, struct xdp_md)
{
	bpf_tail_call(ctx, &programs, 1);
	return 2;
}
PROGRAM("xdp", tail_wrong_map, struct xdp_md)
{
	bpf_tail_call(ctx, &recent, 1);
	return 2;
}
PROGRAM("xdp", printed, struct xdp_md)
{
	bpf_printk("length %d", ctx->data_end - ctx->data);
	return 2;
}
PROGRAM("xdp", queue_pushed_and_popped, struct xdp_md)
{
	__u64 x = 1;
	bpf_map_push_elem(&queue, &x, 0);
	return bpf_map_pop_elem(&queue, &x) ? 1 : (int)x;
}
PROGRAM("xdp", queue_looked_up, struct xdp_md)
{
	__u64 x = 1;
	return bpf_map_lookup_elem(&queue, &x) ? 1 : 2;
}
PROGRAM("xdp", redirected, struct xdp_md)
{
	return (int)bpf_redirect(1, 0);
}
PROGRAM("kprobe/do_nanosleep", user_copied, void)
{
	__u64 x;
	return (int)bpf_copy_from_user(&x, sizeof x, 0);
}

/* Records of a ring buffer. */
#define RESERVED(name, body)                                                                                 \
	PROGRAM("raw_tp/sys_enter", name, void)                                                              \
	{                                                                                                    \
		__u64 *e = bpf_ringbuf_reserve(&ring, 32, 0);                                                \
		body return 0;                                                                               \
	}
RESERVED(record_submitted, if (!e) return 0; e[3] = 1; bpf_ringbuf_submit(e, 0);)
RESERVED(record_discarded, if (!e) return 0; bpf_ringbuf_discard(e, 0);)
RESERVED(record_not_checked, e[0] = 1; bpf_ringbuf_submit(e, 0);)
RESERVED(record_lost, if (!e) return 0; e[0] = 1;)
RESERVED(record_lost_on_one_path, if (!e) return 0; if (bpf_get_prandom_u32() & 1) return 0;
	 bpf_ringbuf_submit(e, 0);)
RESERVED(record_used_after, if (!e) return 0; bpf_ringbuf_submit(e, 0); e[0] = 1;)
RESERVED(record_twice, if (!e) return 0; bpf_ringbuf_submit(e, 0); bpf_ringbuf_submit(e, 0);)
RESERVED(record_past, if (!e) return 0; e[4] = 1; bpf_ringbuf_submit(e, 0);)
RESERVED(record_moved, if (!e) return 0; bpf_ringbuf_submit(e + 1, 0);)
RESERVED(record_tail_call, if (!e) return 0; bpf_tail_call(ctx, &programs, 0); bpf_ringbuf_submit(e, 0);)
RESERVED(record_null_submitted, bpf_ringbuf_submit(e, 0);)
PROGRAM("raw_tp/sys_enter", record_of_unknown_size, void)
{
	void *e = bpf_ringbuf_reserve(&ring, bpf_get_prandom_u32() & 63, 0);
	if (e)
		bpf_ringbuf_submit(e, 0);
	return 0;
}
PROGRAM("raw_tp/sys_enter", record_of_value, void)
{
	__u32 key = 1;
	void *e = bpf_map_lookup_elem(&recent, &key);
	if (e)
		bpf_ringbuf_submit(e, 0);
	return 0;
}
PROGRAM("raw_tp/sys_enter", record_output, void)
{
	__u64 x[4] = {1};
	return (int)bpf_ringbuf_output(&ring, x, sizeof x, 0);
}

/* Locks. */
#define LOCKED(name, body)                                                                                   \
	PROGRAM("tc", name, struct __sk_buff)                                                                \
	{                                                                                                    \
		__u32 key = 1;                                                                               \
		struct locked *v = bpf_map_lookup_elem(&locks, &key);                                        \
		if (!v)                                                                                      \
			return 0;                                                                            \
		body return 0;                                                                               \
	}
LOCKED(locked, bpf_spin_lock(&v->lock); v->n++; bpf_spin_unlock(&v->lock);)
LOCKED(not_unlocked, bpf_spin_lock(&v->lock); v->n++;)
LOCKED(not_unlocked_on_one_path, bpf_spin_lock(&v->lock); if (v->n) return 1; bpf_spin_unlock(&v->lock);)
LOCKED(locked_twice, bpf_spin_lock(&v->lock); bpf_spin_lock(&v->lock); bpf_spin_unlock(&v->lock);)
LOCKED(unlocked_only, bpf_spin_unlock(&v->lock);)
LOCKED(helper_in_lock, bpf_spin_lock(&v->lock); v->n = bpf_get_prandom_u32(); bpf_spin_unlock(&v->lock);)
LOCKED(lock_read, return (int)*(volatile __u32 *)&v->lock;)
LOCKED(lock_written, *(volatile __u32 *)&v->lock = 0;)
LOCKED(lock_at_other_place, bpf_spin_lock((void *)&v->n); bpf_spin_unlock((void *)&v->n);)

/* Sockets. */
#define LOOKED_UP(name, body)                                                                                \
	PROGRAM("tc", name, struct __sk_buff)                                                                \
	{                                                                                                    \
		struct bpf_sock_tuple t = {0};                                                               \
		struct bpf_sock *sk = bpf_sk_lookup_tcp(ctx, &t, sizeof t.ipv4, -1, 0);                      \
		body return 0;                                                                               \
	}
LOOKED_UP(socket_released, if (sk) bpf_sk_release(sk);)
LOOKED_UP(socket_not_released, if (sk) return 1;)
LOOKED_UP(socket_not_checked, bpf_sk_release(sk);)
LOOKED_UP(socket_read, if (!sk) return 0; int f = sk->family; bpf_sk_release(sk); return f;)
LOOKED_UP(socket_read_not_checked, int f = sk->family; if (sk) bpf_sk_release(sk); return f;)
LOOKED_UP(socket_read_after, if (!sk) return 0; bpf_sk_release(sk); return sk->family;)
LOOKED_UP(socket_written, if (!sk) return 0; sk->mark = 1; bpf_sk_release(sk);)
LOOKED_UP(socket_as_tcp, if (!sk) return 0; struct bpf_tcp_sock *tp = bpf_tcp_sock(sk);
	  int n = tp ? (int)tp->snd_cwnd : 0; bpf_sk_release(sk); return n;)
PROGRAM("cgroup_skb/ingress", socket_of_context, struct __sk_buff)
{
	struct bpf_sock *sk = ctx->sk;
	if (!sk)
		return 1;
	return sk->family == 2;
}
PROGRAM("cgroup_skb/ingress", socket_of_context_not_checked, struct __sk_buff)
{
	struct bpf_sock *sk = ctx->sk;
	return sk->family == 2;
}
PROGRAM("cgroup_skb/ingress", socket_made_full, struct __sk_buff)
{
	struct bpf_sock *sk = ctx->sk;
	if (!sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 1;
	return sk->mark == 1;
}
PROGRAM("cgroup_skb/ingress", socket_not_made_full, struct __sk_buff)
{
	struct bpf_sock *sk = ctx->sk;
	if (!sk)
		return 1;
	return sk->mark == 1;
}

/* Results. */
PROGRAM("cgroup/connect4", connect_allowed, struct bpf_sock_addr)
{
	return 1;
}
PROGRAM("cgroup/connect4", connect_2, struct bpf_sock_addr)
{
	return 2;
}
PROGRAM("cgroup/connect4", connect_unknown, struct bpf_sock_addr)
{
	return (int)ctx->user_port;
}
PROGRAM("cgroup/connect4", connect_unknown_checked, struct bpf_sock_addr)
{
	return ctx->user_port == 80;
}
PROGRAM("cgroup/bind4", bind_3, struct bpf_sock_addr)
{
	return 3;
}
PROGRAM("socket", filter_any, struct __sk_buff)
{
	return (int)bpf_get_prandom_u32();
}
PROGRAM("socket", filter_pointer, struct __sk_buff)
{
	return (int)(long)ctx;
}
PROGRAM("socket", no_result, struct __sk_buff)
{
	asm volatile("exit");
	return 0;
}
