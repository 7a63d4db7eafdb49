/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs for sockets, messages, options, flows and tunnels: what each reads, writes and returns. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} sockets SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} listeners SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64[4]);
} table SEC(".maps");

#define READ_IT(x) (*(volatile __typeof__(x) *)&(x))
#define READ_BYTE(x) (*(volatile __u8 *)&(x))
#define READ_HALF(x) (*(volatile __u16 *)&(x))
#define WRITE_IT(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

/* ---- what happens to a socket ---- */
#define OPS(name, body)                                                                                      \
	PROGRAM("sockops", name, struct bpf_sock_ops)                                                        \
	{                                                                                                    \
		body return 1;                                                                               \
	}
OPS(ops_op, return READ_IT(ctx->op) == 4;)
OPS(ops_op_byte, return READ_BYTE(ctx->op) == 4;)
OPS(ops_op_written, WRITE_IT(ctx->op, 1);)
OPS(ops_reply, WRITE_IT(ctx->reply, 1);)
OPS(ops_reply_byte_written, *(volatile __u8 *)&ctx->reply = 1;)
OPS(ops_reply_next_written, WRITE_IT(ctx->replylong[1], 1);)
OPS(ops_argument, return READ_IT(ctx->args[2]) == 4;)
OPS(ops_hash_written, WRITE_IT(ctx->sk_txhash, 1);)
OPS(ops_received, return READ_IT(ctx->bytes_received) != 0;)
OPS(ops_received_half, return *(volatile __u32 *)&ctx->bytes_received != 0;)
OPS(ops_state, return READ_IT(ctx->state) == 1;)
OPS(ops_state_written, WRITE_IT(ctx->state, 1);)
OPS(ops_flags_byte, return READ_BYTE(ctx->skb_tcp_flags) & 1;)
OPS(ops_returns_2, return 2;)
OPS(ops_returns_anything, return READ_IT(ctx->op);)
OPS(ops_socket, struct bpf_sock *sk = ctx->sk; if (!sk) return 1; return sk->family == 2;)
OPS(ops_socket_not_checked, struct bpf_sock *sk = ctx->sk; return sk->family == 2;)
OPS(ops_packet, void *p = (void *)(long)ctx->skb_data; if (p + 20 > (void *)(long)ctx->skb_data_end) return 1;
	return READ_BYTE(*(__u8 *)(p + 19)) == 1;)
OPS(ops_packet_past, void *p = (void *)(long)ctx->skb_data;
	if (p + 20 > (void *)(long)ctx->skb_data_end) return 1; return READ_BYTE(*(__u8 *)(p + 20)) == 1;)
OPS(ops_packet_not_checked, void *p = (void *)(long)ctx->skb_data; return READ_BYTE(*(__u8 *)p) == 1;)
OPS(ops_packet_written, void *p = (void *)(long)ctx->skb_data;
	if (p + 20 > (void *)(long)ctx->skb_data_end) return 1; WRITE_IT(*(__u8 *)p, 1);)
OPS(ops_option, int one = 1; bpf_setsockopt(ctx, 6, 1, &one, sizeof one);)
OPS(ops_option_not_set, int one; bpf_setsockopt(ctx, 6, 1, &one, sizeof one);)
OPS(ops_option_too_large, int one = 1; bpf_setsockopt(ctx, 6, 1, &one, 600);)
OPS(ops_option_read, int one; bpf_getsockopt(ctx, 6, 1, &one, sizeof one); return one & 1;)
OPS(ops_map_updated, __u32 key = 1; bpf_sock_map_update(ctx, &sockets, &key, 0);)
OPS(ops_wrong_map_updated, __u32 key = 1; bpf_sock_map_update(ctx, &table, &key, 0);)
OPS(ops_cb_flags, bpf_sock_ops_cb_flags_set(ctx, 1);)

/* ---- messages ---- */
#define MESSAGE(name, body)                                                                                  \
	PROGRAM("sk_msg", name, struct sk_msg_md)                                                            \
	{                                                                                                    \
		char *p = ctx->data, *end = ctx->data_end;                                                   \
		body return 1;                                                                               \
	}
MESSAGE(message_size, return READ_IT(ctx->size) > 100;)
MESSAGE(message_size_half, return READ_HALF(ctx->size) > 100;)
MESSAGE(message_size_written, WRITE_IT(ctx->size, 1);)
MESSAGE(message_read, if (p + 8 > end) return 1; return READ_IT(p[7]);)
MESSAGE(message_read_past, if (p + 8 > end) return 1; return READ_IT(p[8]);)
MESSAGE(message_not_checked, return READ_IT(p[0]);)
MESSAGE(message_written, if (p + 8 > end) return 1; WRITE_IT(p[0], 1);)
MESSAGE(message_pulled, if (p + 8 > end) return 1; bpf_msg_pull_data(ctx, 0, 8, 0); return READ_IT(p[0]);)
MESSAGE(message_pulled_and_loaded, bpf_msg_pull_data(ctx, 0, 8, 0); p = ctx->data; end = ctx->data_end;
	if (p + 8 > end) return 1; return READ_IT(p[0]);)
MESSAGE(message_socket, return ctx->sk->family == 2;)
MESSAGE(message_socket_written, ctx->sk->mark = 2;)
MESSAGE(message_redirected, return (int)bpf_msg_redirect_map(ctx, &sockets, 1, 0);)
MESSAGE(message_redirected_wrong_map, return (int)bpf_msg_redirect_map(ctx, &table, 1, 0);)
MESSAGE(message_returns_anything, return (int)bpf_get_prandom_u32();)
MESSAGE(message_corked, bpf_msg_cork_bytes(ctx, 100);)

/* ---- streams ---- */
#define STREAM(section, name, body)                                                                          \
	PROGRAM(section, name, struct __sk_buff)                                                             \
	{                                                                                                    \
		char *p = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;                       \
		body return 1;                                                                               \
	}
STREAM("sk_skb/stream_parser", parser_length, return (int)READ_IT(ctx->len);)
STREAM("sk_skb/stream_verdict", verdict_read, if (p + 4 > end) return 1; return READ_IT(p[3]);)
STREAM("sk_skb/stream_verdict", verdict_read_past, if (p + 4 > end) return 1; return READ_IT(p[4]);)
STREAM("sk_skb/stream_verdict", verdict_written, if (p + 4 > end) return 1; WRITE_IT(p[3], 1);)
STREAM("sk_skb/stream_verdict", verdict_mark, return (int)READ_IT(ctx->mark);)
STREAM("sk_skb/stream_verdict", verdict_priority_written, WRITE_IT(ctx->priority, 1);)
STREAM("sk_skb/stream_verdict", verdict_family, return READ_IT(ctx->family) == 2;)
STREAM("sk_skb/stream_verdict", verdict_redirected, return (int)bpf_sk_redirect_map(ctx, &sockets, 0, 0);)

/* ---- sockets that are looked for, or chosen ---- */
#define LOOKUP(name, body)                                                                                   \
	PROGRAM("sk_lookup", name, struct bpf_sk_lookup)                                                     \
	{                                                                                                    \
		body return 1;                                                                               \
	}
LOOKUP(lookup_family, return READ_IT(ctx->family) == 2;)
LOOKUP(lookup_family_byte, return READ_BYTE(ctx->family) == 2;)
LOOKUP(lookup_family_written, WRITE_IT(ctx->family, 1);)
LOOKUP(lookup_local_port, return READ_IT(ctx->local_port) == 80;)
LOOKUP(lookup_remote_port, return READ_IT(ctx->remote_port) == 80;)
LOOKUP(lookup_remote_port_as_word, return *(volatile __u32 *)&ctx->remote_port == 80;)
LOOKUP(lookup_address, return READ_IT(ctx->local_ip6[3]) == 1;)
LOOKUP(lookup_returns_2, return 2;)
LOOKUP(lookup_returns_port, return ctx->local_port;)
LOOKUP(lookup_socket, struct bpf_sock *sk = ctx->sk; if (!sk) return 1; return sk->type == 1;)
LOOKUP(lookup_socket_not_checked, struct bpf_sock *sk = ctx->sk; return sk->type == 1;)
LOOKUP(lookup_assigned, __u32 key = 1; struct bpf_sock *sk = bpf_map_lookup_elem(&sockets, &key);
	if (!sk) return 1; bpf_sk_assign(ctx, sk, 0); bpf_sk_release(sk);)
LOOKUP(lookup_assigned_not_released, __u32 key = 1; struct bpf_sock *sk = bpf_map_lookup_elem(&sockets, &key);
	if (!sk) return 1; bpf_sk_assign(ctx, sk, 0);)
LOOKUP(lookup_assigned_released_first, __u32 key = 1;
	struct bpf_sock *sk = bpf_map_lookup_elem(&sockets, &key); if (!sk) return 1; bpf_sk_release(sk);
	bpf_sk_assign(ctx, sk, 0);)
LOOKUP(lookup_assigned_value, __u32 key = 1; void *sk = bpf_map_lookup_elem(&table, &key); if (!sk) return 1;
	bpf_sk_assign(ctx, sk, 0);)
#define CHOICE(name, body)                                                                                   \
	PROGRAM("sk_reuseport", name, struct sk_reuseport_md)                                                \
	{                                                                                                    \
		body return 1;                                                                               \
	}
CHOICE(choice_hash, return READ_IT(ctx->hash) & 1;)
CHOICE(choice_hash_byte, return READ_BYTE(ctx->hash) & 1;)
CHOICE(choice_length_byte, return READ_BYTE(ctx->len) & 1;)
CHOICE(choice_read, char *p = ctx->data; if (p + 4 > (char *)ctx->data_end) return 1; return READ_IT(p[3]);)
CHOICE(choice_read_past, char *p = ctx->data; if (p + 3 > (char *)ctx->data_end) return 1;
	return READ_IT(p[3]);)
CHOICE(choice_written, char *p = ctx->data; if (p + 4 > (char *)ctx->data_end) return 1; WRITE_IT(p[3], 1);)
CHOICE(choice_socket, return ctx->sk->family == 2;)
CHOICE(choice_migrating, struct bpf_sock *sk = ctx->migrating_sk; return sk ? sk->family == 2 : 1;)
CHOICE(choice_migrating_not_checked, struct bpf_sock *sk = ctx->migrating_sk; return sk->family == 2;)
CHOICE(choice_made, __u32 key = ctx->hash & 15; bpf_sk_select_reuseport(ctx, &listeners, &key, 0);)
CHOICE(choice_made_wrong_map, __u32 key = ctx->hash & 15; bpf_sk_select_reuseport(ctx, &table, &key, 0);)
CHOICE(choice_returns_anything, return (int)bpf_get_prandom_u32();)

/* ---- flows ---- */
#define FLOW(name, body)                                                                                     \
	PROGRAM("flow_dissector", name, struct __sk_buff)                                                    \
	{                                                                                                    \
		char *p = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;                       \
		struct bpf_flow_keys *keys = ctx->flow_keys;                                                 \
		body return 0;                                                                               \
	}
FLOW(flow_protocol, WRITE_IT(keys->n_proto, 8);)
FLOW(flow_offset, return READ_IT(keys->nhoff);)
FLOW(flow_past, *((volatile __u32 *)(keys + 1)) = 1;)
FLOW(flow_before, *((volatile __u32 *)keys - 1) = 1;)
FLOW(flow_packet, if (p + 14 > end) return 1; WRITE_IT(keys->n_proto, READ_HALF(p[12]));)
FLOW(flow_packet_past, if (p + 13 > end) return 1; WRITE_IT(keys->n_proto, READ_HALF(p[12]));)
FLOW(flow_packet_written, if (p + 14 > end) return 1; WRITE_IT(p[0], 1);)
FLOW(flow_length, return READ_IT(ctx->len);)
FLOW(flow_hash, return READ_IT(ctx->hash);)
FLOW(flow_bytes, char b[4]; if (bpf_skb_load_bytes(ctx, 0, b, 4)) return 1; return b[0];)

/* ---- tunnels ---- */
#define TUNNEL(section, name, body)                                                                          \
	PROGRAM(section, name, struct __sk_buff)                                                             \
	{                                                                                                    \
		char *p = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;                       \
		body return 0;                                                                               \
	}
TUNNEL("lwt_in", tunnel_in_read, if (p + 20 > end) return 0; return READ_IT(p[19]);)
TUNNEL("lwt_in", tunnel_in_written, if (p + 20 > end) return 0; WRITE_IT(p[19], 1);)
TUNNEL("lwt_in", tunnel_in_pushed, char h[40] = {0}; return (int)bpf_lwt_push_encap(ctx, 1, h, sizeof h);)
TUNNEL("lwt_in", tunnel_in_pushed_and_read, char h[40] = {0}; if (p + 20 > end) return 0;
	bpf_lwt_push_encap(ctx, 1, h, sizeof h); return READ_IT(p[0]);)
TUNNEL("lwt_out", tunnel_out_mark, WRITE_IT(ctx->mark, 1);)
TUNNEL("lwt_out", tunnel_out_family, return READ_IT(ctx->family);)
TUNNEL("lwt_out", tunnel_out_read, if (p + 20 > end) return 0; return READ_IT(p[0]);)
TUNNEL("lwt_out", tunnel_out_past, if (p + 20 > end) return 0; return READ_IT(p[20]);)
TUNNEL("lwt_xmit", tunnel_xmit_written, if (p + 20 > end) return 0; WRITE_IT(p[19], 1);)
TUNNEL("lwt_xmit", tunnel_xmit_head, bpf_skb_change_head(ctx, 14, 0); return 0;)
TUNNEL("lwt_xmit", tunnel_xmit_head_and_read, if (p + 20 > end) return 0; bpf_skb_change_head(ctx, 14, 0);
	return READ_IT(p[0]);)
TUNNEL("lwt_xmit", tunnel_xmit_redirected, return (int)bpf_clone_redirect(ctx, 1, 0);)
TUNNEL("lwt_seg6local", segment_read, if (p + 40 > end) return 0; return READ_IT(p[39]);)
TUNNEL("lwt_seg6local", segment_written, if (p + 40 > end) return 0; WRITE_IT(p[39], 1);)

/* ---- options of sockets ---- */
#define OPTION(section, name, body)                                                                          \
	PROGRAM(section, name, struct bpf_sockopt)                                                           \
	{                                                                                                    \
		char *p = ctx->optval, *end = ctx->optval_end;                                               \
		body return 1;                                                                               \
	}
OPTION("cgroup/getsockopt", got_value, if (p + 4 > end) return 1; WRITE_IT(p[3], 1);)
OPTION("cgroup/getsockopt", got_value_past, if (p + 4 > end) return 1; WRITE_IT(p[4], 1);)
OPTION("cgroup/getsockopt", got_value_not_checked, WRITE_IT(p[0], 1);)
OPTION("cgroup/getsockopt", got_result, WRITE_IT(ctx->retval, 0);)
OPTION("cgroup/getsockopt", got_level_written, WRITE_IT(ctx->level, 0);)
OPTION("cgroup/getsockopt", got_socket, return ctx->sk->family == 2;)
OPTION("cgroup/getsockopt", got_returns_2, return 2;)
OPTION("cgroup/setsockopt", put_value, if (p + 4 > end) return 1; return READ_IT(p[3]) & 1;)
OPTION("cgroup/setsockopt", put_value_by_more, if (p + 4 >= end) return 1; return READ_IT(p[4]) & 1;)
OPTION("cgroup/setsockopt", put_level_written, WRITE_IT(ctx->level, 0);)
OPTION("cgroup/setsockopt", put_result_read, return READ_IT(ctx->retval) & 1;)
OPTION("cgroup/setsockopt", put_length_written, WRITE_IT(ctx->optlen, -1);)

/* ---- groups of processes ---- */
#define GROUP(section, name, type, body)                                                                     \
	PROGRAM(section, name, type)                                                                         \
	{                                                                                                    \
		body return 1;                                                                               \
	}
GROUP("cgroup/sock_create", created_family, struct bpf_sock, return READ_IT(ctx->family) == 2;)
GROUP("cgroup/sock_create", created_mark, struct bpf_sock, WRITE_IT(ctx->mark, 7);)
GROUP("cgroup/sock_create", created_address, struct bpf_sock, return READ_IT(ctx->src_ip4) == 2;)
GROUP("cgroup/post_bind4", bound_address, struct bpf_sock, return READ_IT(ctx->src_ip4) == 2;)
GROUP("cgroup/post_bind4", bound_address_6, struct bpf_sock, return READ_IT(ctx->src_ip6[0]) == 2;)
GROUP("cgroup/post_bind4", bound_mark, struct bpf_sock, WRITE_IT(ctx->mark, 7);)
GROUP("cgroup/sendmsg4", sent_from, struct bpf_sock_addr, WRITE_IT(ctx->msg_src_ip4, 7);)
GROUP("cgroup/sendmsg6", sent_from_4, struct bpf_sock_addr, return READ_IT(ctx->msg_src_ip4) == 7;)
GROUP("cgroup/recvmsg4", received_returns_0, struct bpf_sock_addr, return 0;)
GROUP("cgroup/recvmsg4", received, struct bpf_sock_addr, return 1;)
GROUP("cgroup/getpeername4", peer_named, struct bpf_sock_addr, WRITE_IT(ctx->user_ip4, 7);)
GROUP("cgroup/getsockname6", named_4, struct bpf_sock_addr, WRITE_IT(ctx->user_ip4, 7);)
GROUP("cgroup/bind6", bind_address, struct bpf_sock_addr, WRITE_IT(ctx->user_ip6[1], 7);)
GROUP("cgroup/connect6", connect_bound, struct bpf_sock_addr, struct bpf_sock_addr *c = ctx; char a[28] = {0};
	bpf_bind(c, (void *)a, sizeof a);)
GROUP("cgroup/connect6", connect_socket, struct bpf_sock_addr, return ctx->sk->family == 10;)
GROUP("cgroup/sysctl", sysctl_named, struct bpf_sysctl, char n[16];
	return bpf_sysctl_get_name(ctx, n, sizeof n, 0) > 0;)
GROUP("cgroup/sysctl", sysctl_named_too_long, struct bpf_sysctl, char n[16];
	return bpf_sysctl_get_name(ctx, n, HIDE(sizeof n * 40), 0) > 0;)
GROUP("cgroup/sysctl", sysctl_position, struct bpf_sysctl, WRITE_IT(ctx->file_pos, 0);)
GROUP("cgroup/sysctl", sysctl_write_written, struct bpf_sysctl, WRITE_IT(ctx->write, 0);)
GROUP("cgroup/sysctl", sysctl_new_value, struct bpf_sysctl, char n[8] = "1";
	bpf_sysctl_set_new_value(ctx, n, 2);)
GROUP("cgroup/dev", device_type_half, struct bpf_cgroup_dev_ctx, return READ_HALF(ctx->access_type) == 2;)
GROUP("cgroup/dev", device_returns_anything, struct bpf_cgroup_dev_ctx, return ctx->minor;)

/* ---- system calls ---- */
struct arguments {
	__u64 a, b;
	__u32 c;
};
#define CALL(name, body)                                                                                     \
	PROGRAM("syscall", name, struct arguments)                                                           \
	{                                                                                                    \
		body return 0;                                                                               \
	}
CALL(called_read, return (int)READ_IT(ctx->c);)
CALL(called_written, WRITE_IT(ctx->a, 1);)
CALL(called_misaligned, return (int)*(volatile __u64 *)((char *)ctx + 4);)
CALL(called_before, return (int)*(volatile __u64 *)((char *)ctx - 8);)
CALL(called_by_index, __u64 i = ctx->c & 7; return (int)((volatile __u8 *)ctx)[HIDE(i)];)
CALL(called_not_bounded, __u64 i = ctx->a; return (int)((volatile __u8 *)ctx)[HIDE(i)];)
CALL(called_copied, char b[16]; return (int)bpf_copy_from_user(b, sizeof b, (void *)ctx->a);)
CALL(called_copied_too_much, char b[16]; return (int)bpf_copy_from_user(b, HIDE(1000UL), (void *)ctx->a);)
CALL(called_closed, return (int)bpf_sys_close(ctx->c);)
CALL(called_asked, char a[64] = {0}; return (int)bpf_sys_bpf(1, a, sizeof a);)
CALL(called_asked_not_set, char a[64]; return (int)bpf_sys_bpf(1, a, sizeof a);)
