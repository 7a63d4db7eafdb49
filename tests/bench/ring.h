/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ring.h: io_uring for the comparison programs, by system calls alone.
 *
 * No liburing, whose age would differ between machines. What is inlined here is what liburing
 * inlines: a loop over it compiles to the same loads and stores.
 */
#ifndef BENCH_RING_H
#define BENCH_RING_H

#include <linux/io_uring.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "sqe.h"

/* Newer than the headers of Linux 6.1; values from include/uapi/linux/io_uring.h. */
#ifndef IORING_SETUP_NO_SQARRAY
#define IORING_SETUP_NO_SQARRAY (1u << 16) /* 6.6 */
#endif
#define BENCH_SETUP_SQ_REWIND (1u << 20) /* 7.0 */

/* One thread, completions run in its own wait: what io_uring_setup(2) advises for a loop like ours. */
#define RING_FLAGS                                                                                           \
	(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_NO_SQARRAY |                 \
		IORING_SETUP_CQSIZE)

/* For one that gets messages: to a ring with DEFER_TASKRUN each is a request that is allocated. */
#define MESSAGE_RING_FLAGS (IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_NO_SQARRAY | IORING_SETUP_CQSIZE)

struct ring {
	int fd;
	int enter_fd; /* fd's number among the task's registered rings: found without a reference taken */
	unsigned sq_mask, cq_mask;
	unsigned sq_next; /* our copy of the tail: only we move it */
	unsigned to_submit;
	unsigned *sq_tail, *cq_head, *cq_tail;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	struct io_uring_params params;
};

#define BENCH_REGISTER_RING_FDS 20 /* 5.18 */
#define BENCH_ENTER_REGISTERED_RING (1u << 4)

/* The system call in place, as liburing has it where it knows the machine. Returns -errno. */
static inline long ring_enter(int fd, unsigned submit, unsigned wait, unsigned flags)
{
#if defined(__x86_64__)
	register long arg4 __asm__("r10") = flags;
	register long arg5 __asm__("r8") = 0;
	register long arg6 __asm__("r9") = 0;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(SYS_io_uring_enter), "D"((long)fd), "S"((long)submit), "d"((long)wait),
			 "r"(arg4), "r"(arg5), "r"(arg6)
			 : "rcx", "r11", "memory");
	return ret;
#else
	long ret = syscall(SYS_io_uring_enter, fd, submit, wait, flags, NULL, 0);

	return ret < 0 ? -errno : ret;
#endif
}

static inline void *ring_map(int fd, size_t size, off_t what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);

	if (at == MAP_FAILED)
		die(errno, "mmap of the ring");
	return at;
}

static inline void ring_setup(struct ring *r, unsigned sq_entries, unsigned cq_entries, unsigned flags)
{
	struct io_uring_params *p = &r->params;
	struct io_uring_rsrc_update registered = {.offset = -1U};
	char *rings;

	memset(r, 0, sizeof(*r));
	p->flags = flags;
	p->cq_entries = cq_entries;
	r->fd = (int)syscall(SYS_io_uring_setup, sq_entries, p);
	if (r->fd < 0)
		die(errno, "io_uring_setup");
	registered.data = (__u64)r->fd;
	if (syscall(SYS_io_uring_register, r->fd, BENCH_REGISTER_RING_FDS, &registered, 1) != 1)
		die(errno, "io_uring_register");
	r->enter_fd = (int)registered.offset;
	/* IORING_FEAT_SINGLE_MMAP (5.4): one mapping holds both rings. */
	rings = ring_map(
		r->fd, p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_SQ_RING);
	r->sqes = ring_map(r->fd, p->sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	r->sq_mask = p->sq_entries - 1;
	r->cq_mask = p->cq_entries - 1;
	r->sq_tail = (unsigned *)(rings + p->sq_off.tail);
	r->cq_head = (unsigned *)(rings + p->cq_off.head);
	r->cq_tail = (unsigned *)(rings + p->cq_off.tail);
	r->cqes = (struct io_uring_cqe *)(rings + p->cq_off.cqes);
}

/* The next free SQE. The programs never have more in flight than the queue has entries. */
static inline struct io_uring_sqe *ring_sqe(struct ring *r)
{
	r->to_submit++;
	return &r->sqes[r->sq_next++ & r->sq_mask];
}

/* Gives the last one back: it was not needed. */
static inline void ring_unused(struct ring *r)
{
	r->to_submit--;
	r->sq_next--;
}

/* Hands over what was filled in and waits until `wait` CQEs are there. */
static inline void ring_submit_and_wait(struct ring *r, unsigned wait)
{
	__atomic_store_n(r->sq_tail, r->sq_next, __ATOMIC_RELEASE);
	for (;;) {
		long n = ring_enter(r->enter_fd, r->to_submit, wait,
			IORING_ENTER_GETEVENTS | BENCH_ENTER_REGISTERED_RING);

		if (n == (long)r->to_submit)
			break;
		if (n >= 0)
			r->to_submit -= (unsigned)n;
		else if (n != -EINTR)
			die((int)n, "io_uring_enter");
	}
	r->to_submit = 0;
}

/* for (head = ring_head(r); head != ring_tail(r); head++) use ring_cqe(r, head); ring_done(r, head); */
static inline unsigned ring_head(const struct ring *r)
{
	return *r->cq_head;
}

static inline unsigned ring_tail(const struct ring *r)
{
	return __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE);
}

static inline const struct io_uring_cqe *ring_cqe(const struct ring *r, unsigned head)
{
	return &r->cqes[head & r->cq_mask];
}

static inline void ring_done(struct ring *r, unsigned head)
{
	__atomic_store_n(r->cq_head, head, __ATOMIC_RELEASE);
}

#endif
