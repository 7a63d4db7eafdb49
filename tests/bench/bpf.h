/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bpf.h: what a BPF program and the C program that loads it agree on. */
#ifndef BENCH_BPF_H
#define BENCH_BPF_H

#include <linux/types.h>

/* Sizes of the rings, constants so that the verifier sees that no access leaves a region. */
#define BPF_SQ_ENTRIES 64
#define BPF_CQ_ENTRIES 128

/* Where the fields are in the CQ region: io_uring_params.cq_off. */
struct bpf_cq {
	__u32 head, tail, cqes;
};

#endif
