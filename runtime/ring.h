/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ring.h: what both engines do to an io_uring. */
#ifndef RINGLET_RING_H
#define RINGLET_RING_H

#include <stdbool.h>

#include "image.h"
#include "object.h"
#include "uring.h"

/* The completion that a ring gets by a message (IORING_OP_MSG_RING). */
struct rl_message {
	uint64_t user_data;
	int32_t res;
};

/* One that only wakes a program's ring. */
#define RL_WAKE_UP ((struct rl_message){.user_data = RL_UD_INTERNAL})

struct rl_ring {
	int fd;       /* -1: none */
	int enter_fd; /* what io_uring_enter is given: the same, or its index if registered */
	uint32_t enter_flags;
	uint32_t features; /* IORING_FEAT_*: what this kernel has */
	bool can_message;  /* IORING_REGISTER_SEND_MSG_RING works */
	uint32_t sq_mask, cq_mask;
	uint32_t *sq_head, *sq_tail, *sq_array; /* sq_array: NULL on a ring without one */
	uint32_t *cq_head, *cq_tail;
	uint32_t setup; /* of the entries: image.h */
	char *cqes;
};

/* The CQE at that index, and how many slots it takes. */
static inline const struct io_uring_cqe *rl_cqe_at(const struct rl_ring *ring, uint32_t i)
{
	return (const struct io_uring_cqe *)(ring->cqes +
					     (size_t)(i & ring->cq_mask) * rl_cqe_size(ring->setup));
}

static inline uint32_t rl_cqe_slots(const struct rl_ring *ring, const struct io_uring_cqe *cqe)
{
	return ring->setup & RL_SETUP_CQE_MIXED && cqe->flags & RL_CQE_F_32 ? 2 : 1;
}

/* Whether it is the last of a request of the step's: not one of those that come before it, nor what the
 * engine posted itself (the step's own requests have other bits besides RL_UD_INTERNAL), nor a filler. */
static inline bool rl_cqe_ends(const struct rl_ring *ring, const struct io_uring_cqe *cqe)
{
	if (ring->setup & RL_SETUP_CQE_MIXED && cqe->flags & RL_CQE_F_SKIP)
		return false;
	return !(cqe->flags & IORING_CQE_F_MORE) && cqe->user_data != RL_UD_INTERNAL;
}

/* Whether this kernel makes no ring with such entries (RL_SETUP_ENTRIES), and what they are and since when.
 */
bool rl_ring_refuses_entries(uint32_t setup);
const char *rl_ring_entries_text(uint32_t setup);

#define RL_MAX_OPS 256 /* an opcode is a byte */

/* Which operations this kernel has, by opcode. False: before 5.6 it does not say. */
bool rl_ring_operations(int fd, bool has[RL_MAX_OPS]);

/* Whether ops of the program are unknown to this kernel: its row, or NULL. */
const struct rl_needed_op *rl_ring_missing_op(const struct rl_ring *ring, const struct rl_object *o);

/* Takes the offsets the kernel gave for a ring whose memory is at `at`. -EPROTO: beyond what
 * the image has room for. */
int rl_ring_locate(
	struct rl_ring *ring, const struct rl_uring_params *p, void *at, uint32_t *control_offsets);

/* Cheaper io_uring_enter from this thread, where the kernel can (5.18). */
void rl_ring_register_fd(struct rl_ring *ring);

/* Whether IORING_REGISTER_SEND_MSG_RING is there (6.13). */
bool rl_ring_probe_message(void);

/* Whether IORING_REGISTER_ZCRX_IFQ without a device works (7.1, with CAP_NET_ADMIN): 0 or -errno. zcrx.c */
int rl_zcrx_probe(void);

/* The request that posts a completion to the ring fd. */
void rl_ring_message_sqe(struct io_uring_sqe *sqe, int fd, struct rl_message m);

/* Posts it without a ring: 0 or -errno. Any thread, async-signal-safe. */
int rl_ring_message(int fd, struct rl_message m);

/* Cancels all that is in flight and reaps until `inflight` completions came back, or
 * for a few seconds. How many did not. */
uint32_t rl_ring_cancel_all(struct rl_ring *ring, uint32_t inflight);

void rl_ring_close(struct rl_ring *ring);

#endif
