/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* uring_of_host.h: an io_uring as a host may have one, of any kind: one request at a time. */
#ifndef URING_OF_HOST_H
#define URING_OF_HOST_H

#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime_test.h"
#include "uring.h"

#ifndef IORING_SETUP_CQE32
#define IORING_SETUP_CQE32 (1u << 11)
#endif

struct host_cqe { /* the first 16 bytes of one of any size */
	uint64_t user_data;
	int32_t res;
	uint32_t flags;
};

struct host_ring {
	int fd;
	uint32_t flags, sq_mask, cq_mask;
	uint32_t *sq_tail, *sq_array, *sq_flags, *cq_head, *cq_tail;
	struct io_uring_sqe *sqes;
	char *cqes;
	void *rings;
	size_t rings_size, sqes_size;
};

/* With 4 and 8 entries. False: this kernel has no such rings. */
static inline bool host_ring_open(struct host_ring *h, uint32_t flags)
{
	struct rl_uring_params p = {.flags = flags, .sq_thread_idle = 10};
	int fd = rl_uring_setup(4, &p);

	if (fd < 0)
		return false;
	h->fd = fd;
	h->flags = flags;
	h->rings_size = p.sq_off.array + p.sq_entries * sizeof(uint32_t);
	if (h->rings_size < p.cq_off.cqes + p.cq_entries * 32)
		h->rings_size = p.cq_off.cqes + p.cq_entries * 32;
	h->sqes_size = p.sq_entries * sizeof(struct io_uring_sqe);
	h->rings = mmap(NULL, h->rings_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQ_RING);
	h->sqes = mmap(NULL, h->sqes_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQES);
	ck_assert(h->rings != MAP_FAILED && (void *)h->sqes != MAP_FAILED);
	char *at = h->rings;
	h->sq_tail = (uint32_t *)(at + p.sq_off.tail);
	h->sq_array = (uint32_t *)(at + p.sq_off.array);
	h->sq_flags = (uint32_t *)(at + p.sq_off.flags);
	h->cq_head = (uint32_t *)(at + p.cq_off.head);
	h->cq_tail = (uint32_t *)(at + p.cq_off.tail);
	h->cqes = at + p.cq_off.cqes;
	h->sq_mask = p.sq_entries - 1;
	h->cq_mask = p.cq_entries - 1;
	return true;
}

static inline void host_ring_close(struct host_ring *h)
{
	munmap(h->rings, h->rings_size);
	munmap(h->sqes, h->sqes_size);
	close(h->fd);
}

static inline void host_ring_submit(struct host_ring *h, const struct io_uring_sqe *sqe)
{
	uint32_t tail = *h->sq_tail;
	long n;

	h->sqes[tail & h->sq_mask] = *sqe;
	h->sq_array[tail & h->sq_mask] = tail & h->sq_mask;
	rl_store_release(h->sq_tail, tail + 1);
	do
		n = rl_uring_enter(h->fd, 1, 0, 0, NULL, 0);
	while (n == -EINTR);
	ck_assert_int_eq(n, 1);
}

/* Waits for a completion and takes it. Of a ring whose requests are polled for, the message is not one. */
static inline struct host_cqe host_ring_next(struct host_ring *h)
{
	uint32_t head = *h->cq_head, size = h->flags & IORING_SETUP_CQE32 ? 32 : 16;
	bool asleep = !(h->flags & IORING_SETUP_IOPOLL);
	struct host_cqe cqe;

	while (rl_load_acquire(h->cq_tail) == head) {
		if (asleep)
			rl_uring_enter(h->fd, 0, 1, RL_ENTER_GETEVENTS, NULL, 0);
		else
			sched_yield();
	}
	memcpy(&cqe, h->cqes + (size_t)(head & h->cq_mask) * size, sizeof(cqe));
	rl_store_release(h->cq_head, head + 1);
	return cqe;
}

#endif
