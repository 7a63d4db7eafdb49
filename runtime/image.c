/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* image.c: the image's memory and what is in it before the first step. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "clock.h"
#include "internal.h"
#include "ring.h"

/* Larger images get their memory page by page as they use it. */
#define POPULATE_MAX (64u << 20)

/* Since 5.14; values from include/uapi/asm-generic/mman-common.h. */
#define RL_MADV_POPULATE_WRITE 23

int rl_image_make(struct ringlet *r)
{
	size_t size = r->object.image.size;
	void *p =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return rl_error(r, errno, "image of %zu bytes: %s", size, strerror(errno));
	r->image = p;
	/* What the kernel engine's map is too: all there. A page fault costs more than many a request. Both
	 * are hints. */
	madvise(p, size, MADV_HUGEPAGE);
	if (size <= POPULATE_MAX)
		madvise(p, size, RL_MADV_POPULATE_WRITE);
	return 0;
}

void rl_image_drop(struct ringlet *r, bool keep_mapped)
{
	if (r->image && !keep_mapped)
		munmap(r->image, r->object.image.size);
	r->image = NULL;
	r->region.in_use |= keep_mapped;
}

static unsigned hex_digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : ((unsigned)c | 32u) - 'a' + 10;
}

void rl_image_init(struct ringlet *r, uint32_t default_rounds, const struct rl_clock *clock)
{
	const struct rl_object *o = &r->object;
	const struct rl_task *main = &o->tasks[o->main];
	struct rl_control *c = rl_control(r);

	for (uint32_t i = 0; i < o->ninit; i++) {
		const struct rl_init *in = &o->init[i];

		for (uint32_t b = 0; b < in->size; b++)
			r->image[in->offset + b] = (unsigned char)(hex_digit(in->hex[2 * b]) << 4 |
								   hex_digit(in->hex[2 * b + 1]));
	}
	c->base = (uint64_t)(uintptr_t)r->image;
	c->rounds = r->rounds ? r->rounds : default_rounds;
	c->log_slots = o->image.log_slots;
	c->tick_ns = clock->tick_ns;
	c->clock_zero = clock->zero;
	c->trace_next = o->trace;
	c->now = (rl_time_ns(CLOCK_MONOTONIC) - (uint64_t)clock->zero) / clock->tick_ns;
	if (main->frame_size)
		memcpy(r->image + main->frame + main->since, &c->now, sizeof(c->now));
	rl_region_write(r);
}

uint32_t rl_image_quiet(struct ringlet *r, struct rl_ring *ring, uint32_t inflight)
{
	switch (rl_ring_owner(r)) {
	case RL_OWNER_ME:
		return rl_ring_cancel_all(ring, inflight);
	case RL_OWNER_THREAD: /* the kernel cancels them when the ring is closed, sometime */
		return inflight;
	case RL_OWNER_PROCESS: /* they write to that process's memory, not to ours */
		return 0;
	}
	return inflight;
}

int rl_image_register_files(struct ringlet *r, const struct rl_ring *ring)
{
	struct rl_rsrc_register reg = {.nr = r->object.image.files, .flags = RL_RSRC_REGISTER_SPARSE};
	int err;

	if (!reg.nr)
		return 0;
	err = rl_uring_register(ring->fd, RL_REGISTER_FILES2, &reg, sizeof(reg));
	if (err == -EINVAL)
		return rl_error(r, EOPNOTSUPP,
			"direct descriptors: this kernel has no empty tables of them: Linux 5.19 is needed");
	if (err == -EMFILE) /* io_sqe_files_register, io_uring/rsrc.c */
		return rl_error(r, EMFILE,
			"a table of %u direct descriptors: no more than RLIMIT_NOFILE are let: raise it "
			"(ulimit -n)",
			reg.nr);
	if (err)
		return rl_error(r, -err, "a table of %u direct descriptors: %s", reg.nr, strerror(-err));
	return 0;
}

int rl_image_register_fixed(struct ringlet *r, const struct rl_ring *ring)
{
	const struct rl_object *o = &r->object;
	struct iovec iov[64];
	uint32_t n = 0;
	int err;

	for (uint32_t i = o->nparams; i <= o->nplaces; i++) {
		if (n == sizeof(iov) / sizeof(iov[0]))
			return rl_error(r, E2BIG, "more than %u fixed arrays", n - 1);
		if (o->region.fixed && o->region_fixed == n) {
			iov[n].iov_base = r->region.at;
			iov[n++].iov_len = r->region.size;
		}
		if (i == o->nplaces || !o->places[i].fixed)
			continue;
		iov[n].iov_base = r->image + o->places[i].offset;
		iov[n++].iov_len = o->places[i].size;
	}
	if (!n)
		return 0;
	err = rl_uring_register(ring->fd, RL_REGISTER_BUFFERS, iov, n);
	if (err == -ENOMEM)
		return rl_error(r, ENOMEM,
			"fixed arrays cannot be locked in memory: raise RLIMIT_MEMLOCK (ulimit -l)");
	if (err)
		return rl_error(r, -err, "registering fixed arrays: %s", strerror(-err));
	return 0;
}
