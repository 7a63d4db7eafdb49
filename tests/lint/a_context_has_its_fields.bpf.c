/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "memory.h"

SEC("socket") int written(struct __sk_buff *skb)
{
	*(volatile __u32 *)&skb->len = 1;
	return 0;
}

SEC("xdp") int of_another_size(struct xdp_md *ctx)
{
	return *(volatile __u8 *)&ctx->ingress_ifindex;
}

SEC("cgroup_skb/ingress") int of_any_socket(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	if (!sk)
		return 1;
	return sk->mark == 1;
}

SEC("cgroup_skb/ingress") int of_a_full_socket(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	if (!sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	return sk && sk->mark == 1;
}
