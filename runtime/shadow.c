/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * shadow.c: for kernels that cannot put a ring into the image: SQEs are copied out of the
 * image as they are submitted, CQEs into it as they are there. 80 bytes a request.
 *
 * The image's CQ has as many entries as the kernel's, and the program has no more requests than
 * that in flight or unread together: neither can overflow because of the other.
 */
#include <string.h>
#include <sys/mman.h>

#include "user.h"

/* Where the copy's fields are, from the start of the image's `ring`. */
enum { SHADOW_HEAD = 0, SHADOW_TAIL = 64, SHADOW_CQES = 128 };

static void pull(struct rl_user *u)
{
	char *to = (char *)u->cq_head + SHADOW_CQES;
	uint32_t size = rl_cqe_size(u->ring.setup);
	uint32_t head = *u->ring.cq_head, tail = rl_load_acquire(u->ring.cq_tail);
	uint32_t into = *u->cq_tail;

	for (; head != tail && into - *u->cq_head <= u->ring.cq_mask; head++, into++) {
		const struct io_uring_cqe *from = rl_cqe_at(&u->ring, head);

		memcpy(to + (size_t)(into & u->ring.cq_mask) * size, from, size);
		u->shadow.completed += rl_cqe_ends(&u->ring, from);
	}
	rl_store_release(u->ring.cq_head, head);
	rl_store_release(u->cq_tail, into);
}

static long shadow_submit(void *engine, uint32_t n, uint32_t want)
{
	struct rl_user *u = engine;
	const unsigned char *from = u->r->image + u->r->object.image.sqes;
	size_t size = rl_sqe_size(u->ring.setup);
	uint32_t tail = u->sq_tail;
	long ret;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t slot = (tail + i) & u->ring.sq_mask;

		memcpy(u->shadow.sqes + slot * size, from + i * size, size);
		u->ring.sq_array[slot] = slot;
	}
	rl_store_release(u->ring.sq_tail, tail + n);
	pull(u);
	/* What completed meanwhile is there to be taken already. */
	if (*u->cq_head != *u->cq_tail)
		want = 0;
	ret = n || want ? rl_user_enter(u, n, want) : 0;
	if (ret == (long)n)
		u->sq_tail = tail + n;
	else
		ret = rl_user_submit_rest(u, n, want, ret);
	pull(u);
	return ret;
}

static int map_kernels_ring(struct rl_user *u, const struct rl_uring_params *p)
{
	size_t rings = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
	size_t cqes = p->cq_off.cqes + p->cq_entries * rl_cqe_size(p->flags);
	uint32_t unused[3];
	void *m;

	if (!(p->features & IORING_FEAT_SINGLE_MMAP))
		return -EINVAL;
	if (rings < cqes)
		rings = cqes;
	m = mmap(NULL, rings, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, u->ring.fd,
		IORING_OFF_SQ_RING);
	if (m == MAP_FAILED)
		return -errno;
	u->shadow.rings = m;
	u->shadow.rings_size = rings;
	u->shadow.sqes_size = p->sq_entries * rl_sqe_size(p->flags);
	m = mmap(NULL, u->shadow.sqes_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, u->ring.fd,
		IORING_OFF_SQES);
	if (m == MAP_FAILED)
		return -errno;
	u->shadow.sqes = m;
	return rl_ring_locate(&u->ring, p, u->shadow.rings, unused);
}

int rl_shadow_setup(struct ringlet *r, struct rl_user *u)
{
	static const uint32_t flags[] = {
		/* 6.1: completions are worked off in io_uring_enter, by the one thread there is. */
		RL_SETUP_SUBMIT_ALL | RL_SETUP_SINGLE_ISSUER | RL_SETUP_DEFER_TASKRUN,
		RL_SETUP_SUBMIT_ALL | RL_SETUP_COOP_TASKRUN, /* 5.19 */
		RL_SETUP_SUBMIT_ALL,                         /* 5.18 */
		0,
	};
	const struct rl_layout *l = &r->object.image;
	struct rl_control *c = rl_control(r);
	struct rl_uring_params p;
	int fd = -EINVAL;

	if (l->setup & (RL_SETUP_SQE_MIXED | RL_SETUP_CQE_MIXED))
		return -EINVAL;
	for (size_t i = 0; fd == -EINVAL && i < sizeof(flags) / sizeof(flags[0]); i++) {
		memset(&p, 0, sizeof(p));
		p.flags = l->setup | flags[i] | RL_SETUP_CQSIZE;
		p.cq_entries = l->cq_entries;
		fd = rl_uring_setup(l->sq_entries, &p);
	}
	if (fd < 0)
		return fd;
	u->ring.fd = u->ring.enter_fd = fd;
	c->cq_head = SHADOW_HEAD;
	c->cq_tail = SHADOW_TAIL;
	c->cqes = SHADOW_CQES;
	u->cq_head = (uint32_t *)(r->image + l->ring + SHADOW_HEAD);
	u->cq_tail = (uint32_t *)(r->image + l->ring + SHADOW_TAIL);
	u->submit = shadow_submit;
	return map_kernels_ring(u, &p);
}

void rl_shadow_free(struct rl_user *u)
{
	if (u->shadow.sqes)
		munmap(u->shadow.sqes, u->shadow.sqes_size);
	if (u->shadow.rings)
		munmap(u->shadow.rings, u->shadow.rings_size);
}
