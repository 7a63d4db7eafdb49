/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * poster.h: a ring of the runtime's own, which posts to other rings (IORING_OP_MSG_RING, 5.18) where the
 * kernel cannot do so without one (IORING_REGISTER_SEND_MSG_RING, 6.13).
 */
#ifndef RINGLET_POSTER_H
#define RINGLET_POSTER_H

#include "ring.h"

struct rl_poster {
	int fd; /* -1: none */
	uint32_t *sq_tail, *sq_array, *cq_head, *cq_tail;
	uint32_t sq_mask, cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	void *rings;
	size_t rings_size, sqes_size;
	uint32_t busy, wanted; /* atomics: somebody posts; somebody wants it posted (again) */
};

/* 0, or -errno: -EINVAL before 5.18. */
int rl_poster_open(struct rl_poster *p);

/* Posts a completion to the ring fd: 0 or -errno. One thread at a time. */
int rl_poster_send(struct rl_poster *p, int fd, struct rl_message m);

/* Wakes the program's ring fd, at least once after it was called. Any thread, async-signal-safe. */
void rl_poster_post(struct rl_poster *p, int fd);

void rl_poster_close(struct rl_poster *p);

#endif
