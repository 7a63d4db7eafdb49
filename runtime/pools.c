/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* pools.c: provided buffers, which the kernel takes out of a ring in the image (io_uring_register(2)). */
#include <errno.h>
#include <string.h>

#include "image.h"
#include "internal.h"
#include "ring.h"

/* struct io_uring_buf and struct io_uring_buf_reg: 5.19. The ring's tail is where the first entry has `resv`.
 */
struct rl_buf {
	uint64_t addr;
	uint32_t len;
	uint16_t bid, resv;
};
_Static_assert(sizeof(struct rl_buf) == RL_BUFFER_ENTRY, "io_uring_buf");

struct rl_buf_reg {
	uint64_t ring_addr;
	uint32_t ring_entries;
	uint16_t bgid, flags;
	uint64_t resv[3];
};
_Static_assert(sizeof(struct rl_buf_reg) == 40, "io_uring_buf_reg");

int rl_pools_register(struct ringlet *r, const struct rl_ring *ring)
{
	for (uint32_t i = 0; i < r->object.npools; i++) {
		const struct rl_buffer_pool *p = &r->object.pools[i];
		struct rl_buf *buf = (struct rl_buf *)(r->image + p->ring);
		struct rl_buf_reg reg = {
			.ring_addr = (uint64_t)(uintptr_t)buf,
			.ring_entries = p->n,
			.bgid = (uint16_t)p->group,
		};
		int err;

		for (uint32_t k = 0; k < p->n; k++) {
			buf[k].addr = (uint64_t)(uintptr_t)(r->image + p->memory + (uint64_t)k * p->size);
			buf[k].len = p->size;
			buf[k].bid = (uint16_t)k;
		}
		__atomic_store_n(&buf[0].resv, (uint16_t)p->n, __ATOMIC_RELEASE);
		err = rl_uring_register(ring->fd, RL_REGISTER_PBUF_RING, &reg, 1);
		if (err == -EINVAL)
			return rl_error(r, EOPNOTSUPP,
				"the buffers `%s`: this kernel has no rings of provided buffers: Linux 5.19 "
				"is needed",
				p->name);
		if (err == -ENOMEM)
			return rl_error(r, ENOMEM,
				"the buffers `%s` cannot be locked in memory: raise RLIMIT_MEMLOCK (ulimit "
				"-l)",
				p->name);
		if (err)
			return rl_error(r, -err, "the buffers `%s`: %s", p->name, strerror(-err));
	}
	return 0;
}
