/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * copy.h: one block of a file copy: read until it is full or the file ends, write it, take the next.
 * The same for user space and for BPF; what differs is who calls it. Regular files: requests have
 * offsets and may complete in any order.
 */
#ifndef BENCH_COPY_H
#define BENCH_COPY_H

#include "bpf.h"
#include "sqe.h"

#define COPY_QD 32
#define COPY_BLOCK 131072u

struct copy_slot {
	__u64 off;
	__u32 have; /* bytes read */
	__u32 done; /* bytes of them written */
	__u32 writing;
};

struct copy_state {
	__u64 next;   /* where the next block begins */
	__u64 copied; /* bytes */
	__u32 active; /* slots that are not at the end of the file */
	__s32 error;
	__u32 filled; /* SQEs, in this step */
	struct copy_slot slot[COPY_QD];
};

struct copy_args {
	struct bpf_cq cq;
	__s32 src, dst;
	__u64 block; /* address of COPY_QD blocks */
};

enum { COPY_EIO = -5 };

static inline __attribute__((always_inline)) void copy_start(
	struct copy_state *state, const volatile struct copy_args *args, __u32 i, struct io_uring_sqe *sqe)
{
	struct copy_slot *s = &state->slot[i];

	s->off = state->next;
	state->next += COPY_BLOCK;
	s->have = s->done = s->writing = 0;
	sqe_fill(sqe, IORING_OP_READ, 0, args->src, args->block + (__u64)i * COPY_BLOCK, COPY_BLOCK, s->off,
		0, i);
}

/* Slot i's request has completed: fills in its next one and returns 1; 0 at the end of the file; else -errno.
 */
static inline __attribute__((always_inline)) int copy_next(struct copy_state *state,
	const volatile struct copy_args *args, __u32 i, __s32 res, struct io_uring_sqe *sqe)
{
	struct copy_slot *s = &state->slot[i];
	__u64 block = args->block + (__u64)i * COPY_BLOCK;

	if (res < 0)
		return res;
	if (s->writing) {
		if (!res)
			return COPY_EIO;
		state->copied += (__u32)res;
		s->done += (__u32)res;
		if (s->done == s->have) {
			copy_start(state, args, i, sqe);
			return 1;
		}
	} else {
		if (!res && !s->have)
			return 0;
		s->have += (__u32)res;
		if (res && s->have < COPY_BLOCK) {
			sqe_fill(sqe, IORING_OP_READ, 0, args->src, block + s->have, COPY_BLOCK - s->have,
				s->off + s->have, 0, i);
			return 1;
		}
		s->writing = 1;
	}
	sqe_fill(sqe, IORING_OP_WRITE, 0, args->dst, block + s->done, s->have - s->done, s->off + s->done, 0,
		i);
	return 1;
}

#endif
