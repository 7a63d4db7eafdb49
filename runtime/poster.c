/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* poster.c: see poster.h. */
#include "poster.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

int rl_poster_open(struct rl_poster *p)
{
	/* Flags that came with 5.18, as the operation did: an older kernel refuses. Any thread submits. */
	struct rl_uring_params params = {.flags = RL_SETUP_SUBMIT_ALL};
	int fd = rl_uring_setup(1, &params), err;
	char *rings, *sqes;

	memset(p, 0, sizeof(*p));
	p->fd = -1;
	if (fd < 0)
		return fd;
	p->rings_size = params.sq_off.array + params.sq_entries * sizeof(uint32_t);
	if (p->rings_size < params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe))
		p->rings_size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
	p->sqes_size = params.sq_entries * sizeof(struct io_uring_sqe);
	rings = mmap(NULL, p->rings_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQ_RING);
	sqes = rings == MAP_FAILED
		       ? rings
		       : mmap(NULL, p->sqes_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQES);
	if (sqes == MAP_FAILED) {
		err = -errno;
		if (rings != MAP_FAILED)
			munmap(rings, p->rings_size);
		close(fd);
		return err;
	}
	p->fd = fd;
	p->rings = rings;
	p->sqes = (struct io_uring_sqe *)sqes;
	p->sq_tail = (uint32_t *)(rings + params.sq_off.tail);
	p->sq_array = (uint32_t *)(rings + params.sq_off.array);
	p->cq_head = (uint32_t *)(rings + params.cq_off.head);
	p->cq_tail = (uint32_t *)(rings + params.cq_off.tail);
	p->cqes = (struct io_uring_cqe *)(rings + params.cq_off.cqes);
	p->cq_mask = params.cq_entries - 1;
	p->sq_mask = params.sq_entries - 1;
	return 0;
}

int rl_poster_send(struct rl_poster *p, int fd, struct rl_message m)
{
	uint32_t tail = *p->sq_tail, slot = tail & p->sq_mask;
	struct io_uring_sqe *sqe = &p->sqes[slot];
	long ret;
	uint32_t head;

	rl_ring_message_sqe(sqe, fd, m);
	sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
	p->sq_array[slot] = slot;
	rl_store_release(p->sq_tail, tail + 1);
	do
		ret = rl_uring_enter(p->fd, 1, 0, 0, NULL, 0);
	while (ret == -EINTR);
	if (ret != 1) {
		rl_store_release(p->sq_tail, tail);
		return ret < 0 ? (int)ret : -EAGAIN;
	}
	/* Only one that failed gives a completion. */
	head = *p->cq_head;
	ret = 0;
	for (; head != rl_load_acquire(p->cq_tail); head++)
		ret = p->cqes[head & p->cq_mask].res;
	rl_store_release(p->cq_head, head);
	return (int)ret;
}

/* Who finds another at work leaves it to that one, which looks again when it is done: so a signal handler
 * that interrupts it does not wait for it. */
void rl_poster_post(struct rl_poster *p, int fd)
{
	__atomic_store_n(&p->wanted, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&p->wanted, __ATOMIC_SEQ_CST)) {
		if (__atomic_exchange_n(&p->busy, 1, __ATOMIC_SEQ_CST))
			return;
		if (__atomic_exchange_n(&p->wanted, 0, __ATOMIC_SEQ_CST))
			rl_poster_send(p, fd, RL_WAKE_UP); /* it fails where that ring is being closed */
		__atomic_store_n(&p->busy, 0, __ATOMIC_SEQ_CST);
	}
}

void rl_poster_close(struct rl_poster *p)
{
	if (p->fd < 0)
		return;
	munmap(p->sqes, p->sqes_size);
	munmap(p->rings, p->rings_size);
	close(p->fd);
	p->fd = -1;
}
