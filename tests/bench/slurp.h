/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * slurp.h: one small file after the other: open, statx, read, close. The same for user space and for
 * BPF; what differs is who calls it. Sizes as in examples/slurp.rlt.
 */
#ifndef BENCH_SLURP_H
#define BENCH_SLURP_H

#include "bpf.h"
#include "sqe.h"

#define SLURP_NAMES 16384
#define SLURP_NAME 64
#define SLURP_MOST 65536u /* of each file, this much is read */
#define SLURP_DEPTH 64

enum slurp_stage { SLURP_OPEN, SLURP_STAT, SLURP_READ, SLURP_CLOSE };

/* struct statx, without the C library's header, which BPF programs cannot include. */
struct slurp_statx {
	__u32 mask, blksize;
	__u64 attributes;
	__u32 nlink, uid, gid;
	__u16 mode, spare;
	__u64 ino, size;
	__u8 rest[208];
};
_Static_assert(sizeof(struct slurp_statx) == 256, "struct statx");

struct slurp_slot {
	__u32 stage; /* enum slurp_stage: what is under way */
	__s32 fd;
	__u32 want, have;
};

struct slurp_state {
	__u32 next; /* file */
	__u32 active;
	__u32 slurped;
	__s32 error;
	__u32 filled; /* SQEs, in this step */
	__u64 bytes;
	struct slurp_slot slot[SLURP_DEPTH];
	struct slurp_statx st[SLURP_DEPTH];
};

/* Addresses, for the requests. */
struct slurp_args {
	struct bpf_cq cq;
	__u32 files, depth;
	__u64 names, data, st, empty;
};

enum {
	SLURP_EIO = -5,
	SLURP_AT_FDCWD = -100,
	SLURP_CLOEXEC = 02000000,
	SLURP_EMPTY_PATH = 0x1000,
	SLURP_STATX_SIZE = 0x200
};

/* Slot i is free: the next file. Returns 1, or 0 if there is none. */
static inline __attribute__((always_inline)) int slurp_start(
	struct slurp_state *state, const volatile struct slurp_args *args, __u32 i, struct io_uring_sqe *sqe)
{
	__u32 file = state->next;

	if (file >= args->files)
		return 0;
	state->next = file + 1;
	state->slot[i].stage = SLURP_OPEN;
	sqe_fill(sqe, IORING_OP_OPENAT, 0, SLURP_AT_FDCWD, args->names + (__u64)file * SLURP_NAME, 0, 0,
		SLURP_CLOEXEC, i);
	return 1;
}

/* Slot i's request has completed: fills in its next one and returns 1; 0 when no file is left; else -errno.
 */
static inline __attribute__((always_inline)) int slurp_next(struct slurp_state *state,
	const volatile struct slurp_args *args, __u32 i, __s32 res, struct io_uring_sqe *sqe)
{
	struct slurp_slot *s = &state->slot[i];

	if (res < 0)
		return res;
	switch (s->stage) {
	case SLURP_OPEN:
		s->fd = res;
		s->stage = SLURP_STAT;
		sqe_fill(sqe, IORING_OP_STATX, 0, res, args->empty, SLURP_STATX_SIZE,
			args->st + (__u64)i * sizeof(struct slurp_statx), SLURP_EMPTY_PATH, i);
		return 1;
	case SLURP_STAT:
		s->want = state->st[i].size < SLURP_MOST ? (__u32)state->st[i].size : SLURP_MOST;
		s->have = 0;
		s->stage = SLURP_READ;
		break;
	case SLURP_READ:
		s->have += (__u32)res;
		if (!res)
			s->want = s->have; /* it became shorter */
		break;
	default:
		state->bytes += s->have;
		state->slurped++;
		return slurp_start(state, args, i, sqe);
	}
	if (s->have < s->want) {
		sqe_fill(sqe, IORING_OP_READ, 0, s->fd, args->data + (__u64)i * SLURP_MOST + s->have,
			s->want - s->have, s->have, 0, i);
	} else {
		s->stage = SLURP_CLOSE;
		sqe_fill(sqe, IORING_OP_CLOSE, 0, s->fd, 0, 0, 0, 0, i);
	}
	return 1;
}

#endif
