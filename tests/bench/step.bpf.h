/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * step.bpf.h: the kernel's interface to a loop_step program (io_uring/bpf-ops.c, Linux 7.1), as far as
 * the programs here use it. Declared by hand, so that building them needs no kernel of that age.
 */
#ifndef BENCH_STEP_BPF_H
#define BENCH_STEP_BPF_H

#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/types.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0) /* of the headers: later ones have it in linux/bpf.h */
struct bpf_iter_num {
	__u64 __opaque[1];
} __attribute__((aligned(8)));
#endif

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf.h"
#include "sqe.h"

struct iou_ctx {
};

struct iou_loop_params {
	__u32 cq_wait_idx;
} __attribute__((preserve_access_index));

struct io_uring_bpf_ops {
	int (*loop_step)(struct iou_ctx *, struct iou_loop_params *);
	__u32 ring_fd;
	void *priv;
};

enum { IOU_LOOP_CONTINUE = 0, IOU_LOOP_STOP = 1 };
enum { IOU_REGION_CQ = 1, IOU_REGION_SQ = 2 };

int bpf_io_uring_submit_sqes(struct iou_ctx *ctx, __u32 nr) __ksym;
__u8 *bpf_io_uring_get_region(struct iou_ctx *ctx, __u32 id, const __u64 rdwr_buf_size) __ksym;

/* Header and CQEs fit in 4096 bytes: asked for as one constant size, which the kernel has at least. */
#define CQ_SIZE 4096
#define SQ_SIZE (BPF_SQ_ENTRIES * sizeof(struct io_uring_sqe))

/* Plain loads and stores are enough: CQEs are posted by the task that runs the step, and under the lock
 * that it holds (DEFER_TASKRUN). Volatile, because the compiler cannot know when they change. */
#define CQ_HEAD(cq) (*(volatile __u32 *)((cq) + args.cq.head))
#define CQ_TAIL(cq) (*(volatile __u32 *)((cq) + args.cq.tail))
#define CQE(cq, i)                                                                                           \
	((struct io_uring_cqe *)((cq) + args.cq.cqes +                                                       \
				 ((i) & (BPF_CQ_ENTRIES - 1)) * sizeof(struct io_uring_cqe)))

char _license[] SEC("license") = "Dual BSD/GPL";

#endif
