/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets: what has to be compared with their end before it is read. */
#include "corpus.h"
#include <bpf/bpf_endian.h>

struct eth {
	__u8 to[6], from[6];
	__be16 type;
} __attribute__((packed));
struct ip4 {
	__u8 version_length, tos;
	__be16 length, id, fragment;
	__u8 ttl, protocol;
	__be16 sum;
	__be32 from, to;
};

#define XDP(name) PROGRAM("xdp", name, struct xdp_md)
#define TC(name) PROGRAM("tc", name, struct __sk_buff)
#define DATA                                                                                                 \
	void *data = (void *)(long)ctx->data;                                                                \
	void *end = (void *)(long)ctx->data_end

#define CHECK(kind, name, test)                                                                              \
	kind(name)                                                                                           \
	{                                                                                                    \
		DATA;                                                                                        \
		struct eth *e = data;                                                                        \
		test return e->type == 8 ? 2 : 1;                                                            \
	}
CHECK(XDP, header_checked, if ((void *)(e + 1) > end) return 2;)
CHECK(XDP, header_not_checked, )
CHECK(XDP, header_checked_too_little, if (data + 13 > end) return 2;)
CHECK(XDP, header_checked_at_least, if (data + 14 >= end) return 2;)
CHECK(XDP, header_checked_by_one_less, if (data + 13 >= end) return 2;)
CHECK(XDP, header_checked_two_less, if (data + 12 >= end) return 2;)
CHECK(XDP, end_first, if (end < data + 14) return 2;)
CHECK(XDP, end_first_at_most, if (end <= data + 13) return 2;)
CHECK(XDP, end_first_at_most_less, if (end <= data + 12) return 2;)
CHECK(XDP, checked_the_wrong_way, if (data + 14 < end) return 2;)
CHECK(TC, tc_header_checked, if ((void *)(e + 1) > end) return 0;)
CHECK(TC, tc_header_not_checked, )
CHECK(TC, tc_checked_by_length, if (ctx->len < 14) return 0;)

#define TYPED(kind, name, body)                                                                              \
	kind(name)                                                                                           \
	{                                                                                                    \
		DATA;                                                                                        \
		struct eth *e = data;                                                                        \
		if ((void *)(e + 1) > end)                                                                   \
			return 2;                                                                            \
		body return 2;                                                                               \
	}
TYPED(XDP, next_header_checked, struct ip4 *ip = (void *)(e + 1); if ((void *)(ip + 1) > end) return 1;
	return ip->ttl & 1;)
TYPED(XDP, next_header_not_checked, struct ip4 *ip = (void *)(e + 1); return ip->ttl & 1;)
TYPED(XDP, variable_header_checked, struct ip4 *ip = (void *)(e + 1); if ((void *)(ip + 1) > end) return 1;
	__u32 n = (ip->version_length & 15) * 4; void *l4 = (void *)ip + n; if (l4 + 8 > end) return 1;
	return *(__u16 *)l4 == 80;)
TYPED(XDP, variable_header_not_checked, struct ip4 *ip = (void *)(e + 1);
	if ((void *)(ip + 1) > end) return 1; __u32 n = (ip->version_length & 15) * 4;
	void *l4 = (void *)ip + n; return *(__u16 *)l4 == 80;)
TYPED(XDP, variable_header_checked_too_little, struct ip4 *ip = (void *)(e + 1);
	if ((void *)(ip + 1) > end) return 1; __u32 n = (ip->version_length & 15) * 4;
	void *l4 = (void *)ip + n; if (l4 + 1 > end) return 1; return *(__u16 *)l4 == 80;)
TYPED(XDP, checked_by_another_pointer, struct ip4 *ip = (void *)(e + 1); __u32 n = e->to[0];
	void *a = (void *)ip + n; void *b = (void *)ip + HIDE(n); if (a + 4 > end) return 1;
	return *(__u32 *)b == 7;)
TYPED(XDP, written, e->to[0] = 1; return 3;)
TYPED(TC, tc_written, e->to[0] = 1; return 0;)
TYPED(XDP, length_of_the_packet, __u64 n = (__u64)(end - data); return n > 100 ? 1 : 2;)
TYPED(XDP, length_as_index, __u64 n = (__u64)(end - data); return *(__u8 *)(data + HIDE(n) - 1);)
TYPED(XDP, adjusted_and_read, if (bpf_xdp_adjust_head(ctx, 4)) return 1; return e->to[0];)
TYPED(XDP, adjusted_and_loaded_again, if (bpf_xdp_adjust_head(ctx, 4)) return 1;
	data = (void *)(long)ctx->data; end = (void *)(long)ctx->data_end; if (data + 1 > end) return 1;
	return *(__u8 *)data & 1;)
TYPED(TC, pulled_and_read, if (bpf_skb_pull_data(ctx, 40)) return 0; return e->to[0];)
TYPED(TC, stored_and_read, bpf_skb_store_bytes(ctx, 0, (char[4]){1, 2, 3, 4}, 4, 0); return e->to[0];)
TYPED(TC, marked, ctx->mark = e->to[0]; return 0;)
TYPED(XDP, loop_over_bytes, __u32 sum = 0; for (int i = 0; i < 14; i++) sum += ((__u8 *)data)[i];
	return sum & 1;)
TYPED(XDP, loop_past_bytes, __u32 sum = 0; for (int i = 0; i < 15; i++) sum += ((volatile __u8 *)data)[i];
	return sum & 1;)
TYPED(
	XDP, loop_checked_each, __u32 sum = 0; __u8 *p = data; for (int i = 0; i < 64; i++) {
		if ((void *)(p + i + 1) > end)
			break;
		sum += p[i];
	} return sum & 1;)
TYPED(
	XDP, loop_not_checked, __u32 sum = 0; __u8 *p = data;
	for (int i = 0; i < 64; i++) { sum += ((volatile __u8 *)p)[i]; } return sum & 1;)

XDP(meta_checked)
{
	void *data = (void *)(long)ctx->data, *meta = (void *)(long)ctx->data_meta;
	if (meta + 4 > data)
		return 2;
	return *(__u32 *)meta == 1;
}
XDP(meta_not_checked)
{
	void *meta = (void *)(long)ctx->data_meta;
	return *(__u32 *)meta == 1;
}
XDP(meta_checked_by_the_end)
{
	void *end = (void *)(long)ctx->data_end, *meta = (void *)(long)ctx->data_meta;
	if (meta + 4 > end)
		return 2;
	return *(__u32 *)meta == 1;
}
XDP(data_as_number)
{
	__u32 data = ctx->data;
	return HIDE(data) & 1;
}
XDP(end_read)
{
	void *end = (void *)(long)ctx->data_end;
	return *(volatile __u8 *)(end - 1);
}
XDP(end_moved)
{
	DATA;
	if (data + 14 > end - 4)
		return 2;
	return *(__u8 *)data;
}
XDP(load_bytes)
{
	__u8 buf[16];
	if (bpf_xdp_load_bytes(ctx, 0, buf, sizeof buf))
		return 2;
	return buf[3] & 1;
}
XDP(load_bytes_too_many)
{
	__u8 buf[16];
	if (bpf_xdp_load_bytes(ctx, 0, buf, HIDE(600)))
		return 2;
	return buf[3] & 1;
}
PROGRAM("socket", packet_by_socket_filter, struct __sk_buff)
{
	DATA;
	if (data + 14 > end)
		return 0;
	return *(__u8 *)data;
}
PROGRAM("socket", bytes_by_helper, struct __sk_buff)
{
	__u8 buf[14];
	if (bpf_skb_load_bytes(ctx, 0, buf, sizeof buf))
		return 0;
	return buf[12];
}
PROGRAM("cgroup_skb/ingress", packet_by_cgroup, struct __sk_buff)
{
	DATA;
	if (data + 20 > end)
		return 1;
	return *(__u8 *)data == 69;
}
PROGRAM("cgroup_skb/ingress", packet_written_by_cgroup, struct __sk_buff)
{
	DATA;
	if (data + 20 > end)
		return 1;
	*(__u8 *)data = 69;
	return 1;
}
PROGRAM("cgroup_skb/egress", egress_returns_3, struct __sk_buff)
{
	return bpf_get_prandom_u32() & 3;
}
PROGRAM("cgroup_skb/ingress", ingress_returns_3, struct __sk_buff)
{
	return bpf_get_prandom_u32() & 3;
}
PROGRAM("socket", load_absolute, struct __sk_buff)
{
	__u64 x;
	asm volatile("r6 = %1\n r0 = *(u8 *)skb[12]\n %0 = r0"
		     : "=r"(x)
		     : "r"(ctx)
		     : "r0", "r1", "r2", "r3", "r4", "r5", "r6");
	return (int)x;
}

/* What a global function may change, it is not given as memory, since Linux 7.2. */
__attribute__((noinline)) int pull_and_read(struct __sk_buff *skb, __u64 *x)
{
	bpf_skb_pull_data(skb, 0);
	return x ? (int)*x : 0;
}
__attribute__((noinline)) int only_read(struct __sk_buff *skb, __u64 *x)
{
	return x ? (int)*x + skb->len : 0;
}
TC(given_to_a_function_that_pulls)
{
	DATA;
	return data + 8 > end ? 0 : pull_and_read(ctx, data);
}
TC(given_to_a_function_that_reads)
{
	DATA;
	return data + 8 > end ? 0 : only_read(ctx, data);
}
