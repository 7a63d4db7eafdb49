/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BENCH_NOP_BPF_H
#define BENCH_NOP_BPF_H

#include "bpf.h"

struct nop_args {
	struct bpf_cq cq;
	__u32 n;
	__u32 depth;
};

struct nop_state {
	__u32 started;
	__u32 done;
	__s32 error;
};

#endif
