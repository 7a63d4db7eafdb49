/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * zcrx.c: pools of kind `zcrx`: pages of the image that a receive queue of a network device fills, or, where
 * none is named, the kernel (include/uapi/linux/io_uring/zcrx.h, io_uring/zcrx.c).
 *
 * The step gives pages back in a ring. A device takes them out of it by itself. Where there is none the
 * kernel looks at it only when it is told to.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "image.h"
#include "internal.h"
#include "ring.h"

#define RL_ZCRX_NODEV 2   /* 7.1: without a device */
#define RL_ZCRX_FLUSH 0   /* 7.1: of RL_REGISTER_ZCRX_CTRL: take what was given back */
#define RL_REGION_USER 1u /* memory of ours */

/* struct io_uring_zcrx_area_reg, io_uring_region_desc, io_uring_zcrx_ifq_reg, zcrx_ctrl. */
struct rl_zcrx_area {
	uint64_t addr, len, token;
	uint32_t flags, dmabuf_fd;
	uint64_t resv[2];
};
_Static_assert(sizeof(struct rl_zcrx_area) == 48, "io_uring_zcrx_area_reg");

struct rl_zcrx_region {
	uint64_t addr, size;
	uint32_t flags, id;
	uint64_t mmap_offset, resv[4];
};
_Static_assert(sizeof(struct rl_zcrx_region) == 64, "io_uring_region_desc");

struct rl_zcrx_reg {
	uint32_t device, queue, entries, flags;
	uint64_t area, region;
	uint32_t head, tail, rqes, resv1;
	uint64_t resv2[2];
	uint32_t id, buffer_size;
	uint64_t resv3[3];
};
_Static_assert(sizeof(struct rl_zcrx_reg) == 96, "io_uring_zcrx_ifq_reg");

struct rl_zcrx_ctrl {
	uint32_t id, op;
	uint64_t resv[8];
};
_Static_assert(sizeof(struct rl_zcrx_ctrl) == 72, "zcrx_ctrl");

static struct rl_buffers *control(struct ringlet *r, const struct rl_zcrx_pool *p)
{
	return (struct rl_buffers *)(r->image + p->b.control);
}

/* A number that a parameter says; of none 0. */
static uint32_t param(struct ringlet *r, uint32_t offset)
{
	uint32_t v = 0;

	if (offset)
		memcpy(&v, rl_params_value(r, offset), sizeof(v));
	return v;
}

static int refused(struct ringlet *r, const struct rl_zcrx_pool *p, uint32_t device, uint32_t queue, int err)
{
	if (err == -EPERM)
		return rl_error(
			r, EPERM, "the buffers `%s`: of kind zcrx they need CAP_NET_ADMIN", p->b.name);
	if (err == -ENOMEM)
		return rl_error(r, ENOMEM,
			"the buffers `%s` cannot be locked in memory: raise RLIMIT_MEMLOCK (ulimit -l)",
			p->b.name);
	if (device && err == -ENODEV)
		return rl_error(r, ENODEV, "the buffers `%s`: there is no network device of the number %u",
			p->b.name, device);
	if (device)
		return rl_error(r, -err,
			"the buffers `%s`: device %u, queue %u: %s: its driver has to let queues be given "
			"away, to part headers from data (ethtool -G, tcp-data-split), and to fill buffers "
			"of %u bytes",
			p->b.name, device, queue, strerror(-err), p->b.size);
	if (err == -EINVAL || err == -EOPNOTSUPP)
		return rl_error(r, EOPNOTSUPP,
			"the buffers `%s`: this kernel has no buffers of kind zcrx without a device: "
			"Linux 7.1 is needed, with CONFIG_IO_URING_ZCRX",
			p->b.name);
	return rl_error(r, -err, "the buffers `%s`: %s", p->b.name, strerror(-err));
}

/* Without a device, one page of it: 0 or -errno. */
static int try_ring(unsigned char *memory)
{
	struct rl_uring_params p = {
		.flags = RL_SETUP_SINGLE_ISSUER | RL_SETUP_DEFER_TASKRUN | RL_SETUP_CQE32 | RL_SETUP_CQSIZE,
		.cq_entries = 4,
	};
	struct rl_zcrx_area area = {.addr = (uint64_t)(uintptr_t)memory, .len = RL_PAGE};
	struct rl_zcrx_region region = {
		.addr = (uint64_t)(uintptr_t)(memory + RL_PAGE), .size = RL_PAGE, .flags = RL_REGION_USER};
	struct rl_zcrx_reg reg = {
		.entries = 1,
		.flags = RL_ZCRX_NODEV,
		.area = (uint64_t)(uintptr_t)&area,
		.region = (uint64_t)(uintptr_t)&region,
	};
	int fd = rl_uring_setup(2, &p), err;

	if (fd < 0)
		return fd;
	err = rl_uring_register(fd, RL_REGISTER_ZCRX_IFQ, &reg, 1);
	close(fd);
	return err;
}

int rl_zcrx_probe(void)
{
	void *memory = mmap(NULL, 2 * RL_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int err;

	if (memory == MAP_FAILED)
		return -errno;
	err = try_ring(memory);
	munmap(memory, 2 * RL_PAGE);
	return err;
}

static int make(struct ringlet *r, const struct rl_ring *ring, const struct rl_zcrx_pool *p)
{
	uint32_t device = param(r, p->device), queue = device ? param(r, p->queue) : 0;
	struct rl_zcrx_area area = {
		.addr = (uint64_t)(uintptr_t)(r->image + p->b.memory),
		.len = (uint64_t)p->b.n * p->b.size,
	};
	struct rl_zcrx_region region = {
		.addr = (uint64_t)(uintptr_t)(r->image + p->b.ring),
		.size = rl_zcrx_ring_size(p),
		.flags = RL_REGION_USER,
	};
	struct rl_zcrx_reg reg = {
		.device = device,
		.queue = queue,
		.entries = p->pieces,
		.flags = device ? 0 : RL_ZCRX_NODEV,
		.area = (uint64_t)(uintptr_t)&area,
		.region = (uint64_t)(uintptr_t)&region,
		.buffer_size = p->b.size == RL_PAGE ? 0 : p->b.size, /* others came with 7.1 */
	};
	struct rl_buffers *c = control(r, p);
	int err;

	if (!device && p->b.size != RL_PAGE)
		return rl_error(r, EINVAL,
			"the buffers `%s`: they have %u bytes, and %u where there is no device", p->b.name,
			p->b.size, RL_PAGE);
	err = rl_uring_register(ring->fd, RL_REGISTER_ZCRX_IFQ, &reg, 1);
	if (err)
		return refused(r, p, device, queue, err);
	/* What the step was made for. */
	if (reg.id != p->b.group || area.token || reg.head & ~RL_REFILL_WORDS ||
		reg.tail & ~RL_REFILL_WORDS || reg.rqes & ~RL_REFILL_ENTRIES)
		return rl_error(r, EPROTO,
			"the buffers `%s`: the kernel's ring does not fit the image's; please report it",
			p->b.name);
	c->head = reg.head;
	c->tail = reg.tail;
	c->rqes = reg.rqes;
	/* Without a device each is a page. With one nobody knows: half of what there is room for. */
	c->most = device ? p->pieces / 2 : p->b.n;
	return 0;
}

int rl_zcrx_register(struct ringlet *r, const struct rl_ring *ring)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < r->object.nzcrx; i++)
		err = make(r, ring, &r->object.zcrx[i]);
	return err;
}

void rl_zcrx_attend(struct ringlet *r, const struct rl_ring *ring)
{
	for (uint32_t i = 0; i < r->object.nzcrx; i++) {
		const struct rl_zcrx_pool *p = &r->object.zcrx[i];
		struct rl_zcrx_ctrl ctrl = {.id = p->b.group, .op = RL_ZCRX_FLUSH};

		/* What lies in the completion queue is counted before the pages are free: the step has to
		 * know which completion had the last of them. */
		if (!control(r, p)->flush || !rl_cq_is_empty(r))
			continue;
		control(r, p)->flush = 0;
		/* Before 7.1 there is a device, which takes them by itself. */
		rl_uring_register(ring->fd, RL_REGISTER_ZCRX_CTRL, &ctrl, 0);
	}
}
