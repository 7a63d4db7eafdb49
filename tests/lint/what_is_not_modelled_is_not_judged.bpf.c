/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "program.h"

SEC("freplace/first") int of_numbers(unsigned n)
{
	return n < 5;
}

/* The context is that of the program whose function it takes the place of. */
SEC("freplace/second") int of_a_context(struct xdp_md *ctx)
{
	return (int)ctx->data_end;
}

/* And so is what may be called. */
SEC("freplace/third") int of_a_helper(unsigned n)
{
	return (int)bpf_redirect(n, 0);
}

SEC("freplace/fourth") int of_memory(int *p)
{
	return *p;
}
