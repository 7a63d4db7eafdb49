/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "memory.h"

SEC("cgroup/connect4") int outside(struct bpf_sock_addr *ctx)
{
	return (int)ctx->user_port;
}

SEC("cgroup/connect4") int within(struct bpf_sock_addr *ctx)
{
	return ctx->user_port == 80;
}
