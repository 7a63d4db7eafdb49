/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ring.c: what both engines do to an io_uring. */
#include <string.h>

#include "clock.h"
#include "image.h"
#include "ring.h"

#define CANCEL_SECONDS 5

uint32_t rl_uring_refused;

bool rl_ring_operations(int fd, bool has[RL_MAX_OPS])
{
	union {
		struct io_uring_probe head; /* ends in the list of operations */
		char room[sizeof(struct io_uring_probe) + RL_MAX_OPS * sizeof(struct io_uring_probe_op)];
	} probe;

	memset(&probe, 0, sizeof(probe));
	if (rl_uring_register(fd, RL_REGISTER_PROBE, &probe, RL_MAX_OPS) < 0)
		return false;
	for (uint32_t op = 0; op < RL_MAX_OPS; op++)
		has[op] = op < probe.head.ops_len && probe.head.ops[op].flags & IO_URING_OP_SUPPORTED;
	return true;
}

const struct rl_needed_op *rl_ring_missing_op(const struct rl_ring *ring, const struct rl_object *o)
{
	bool has[RL_MAX_OPS];

	if (!rl_ring_operations(ring->fd, has))
		return NULL; /* before 5.6 nobody can tell: the operation itself will */
	for (uint32_t i = 0; i < o->nops; i++)
		if (o->ops[i].opcode >= RL_MAX_OPS || !has[o->ops[i].opcode])
			return &o->ops[i];
	return NULL;
}

bool rl_ring_refuses_entries(uint32_t setup)
{
	struct rl_uring_params p = {.flags = setup | RL_SETUP_CQSIZE, .cq_entries = 4};
	int fd;

	if (!setup)
		return false;
	fd = rl_uring_setup(2, &p);
	if (fd >= 0)
		close(fd);
	/* What the step does with a mixed SQ wants one that begins anew with each submission. */
	return fd == -EINVAL || setup & RL_SETUP_SQE_MIXED;
}

const char *rl_ring_entries_text(uint32_t setup)
{
	if (setup & RL_SETUP_SQE_MIXED)
		return "SQEs of 64 and of 128 bytes, which the runtime can use since Linux 7.0: with "
		       "`ring { sqe 128; cqe 32; }` it runs since 5.19";
	if (setup & RL_SETUP_CQE_MIXED)
		return "CQEs of 16 and of 32 bytes, which came with Linux 6.18: with `ring { cqe 32; }` "
		       "it runs since 5.19";
	return "SQEs of 128 or CQEs of 32 bytes, which came with Linux 5.19";
}

int rl_ring_locate(struct rl_ring *ring, const struct rl_uring_params *p, void *at, uint32_t *control_offsets)
{
	char *base = at;

	/* The step masks these offsets, so that the verifier can follow. */
	if (p->cq_off.head > RL_RING_OFFSET_MASK || p->cq_off.tail > RL_RING_OFFSET_MASK ||
		p->cq_off.cqes > RL_RING_OFFSET_MASK)
		return -EPROTO;
	control_offsets[0] = p->cq_off.head;
	control_offsets[1] = p->cq_off.tail;
	control_offsets[2] = p->cq_off.cqes;
	ring->features = p->features;
	ring->sq_mask = p->sq_entries - 1;
	ring->cq_mask = p->cq_entries - 1;
	ring->sq_head = (uint32_t *)(base + p->sq_off.head);
	ring->sq_tail = (uint32_t *)(base + p->sq_off.tail);
	ring->sq_array = p->flags & RL_SETUP_NO_SQARRAY ? NULL : (uint32_t *)(base + p->sq_off.array);
	ring->cq_head = (uint32_t *)(base + p->cq_off.head);
	ring->cq_tail = (uint32_t *)(base + p->cq_off.tail);
	ring->cqes = base + p->cq_off.cqes;
	ring->setup = p->flags & RL_SETUP_ENTRIES;
	return 0;
}

void rl_ring_register_fd(struct rl_ring *ring)
{
	struct io_uring_rsrc_update up = {.offset = -1U, .data = (uint64_t)ring->fd};

	if (rl_uring_register(ring->fd, RL_REGISTER_RING_FDS, &up, 1) != 1)
		return;
	ring->enter_fd = (int)up.offset;
	ring->enter_flags |= RL_ENTER_REGISTERED_RING;
}

bool rl_ring_probe_message(void)
{
	if (rl_uring_refused & RL_SETUP_NO_MMAP) /* came earlier */
		return false;
	/* Where the request is known, its argument is read before anything else: an address that
	 * is none gives -EFAULT (io_uring_register_send_msg_ring in io_uring/register.c). */
	return rl_uring_register(-1, RL_REGISTER_SEND_MSG_RING, (const void *)8, 1) == -EFAULT;
}

void rl_ring_message_sqe(struct io_uring_sqe *sqe, int fd, struct rl_message m)
{
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_MSG_RING;
	sqe->fd = fd;
	sqe->off = m.user_data;
	sqe->len = (uint32_t)m.res;
}

int rl_ring_message(int fd, struct rl_message m)
{
	struct io_uring_sqe sqe;

	rl_ring_message_sqe(&sqe, fd, m);
	return rl_uring_register(-1, RL_REGISTER_SEND_MSG_RING, &sqe, 1);
}

/* Takes what is in the CQ. How many requests ended. */
static uint32_t reap(struct rl_ring *ring)
{
	uint32_t head = *ring->cq_head;
	uint32_t tail = rl_load_acquire(ring->cq_tail);
	uint32_t n = 0;

	while (head != tail) {
		const struct io_uring_cqe *cqe = rl_cqe_at(ring, head);

		n += rl_cqe_ends(ring, cqe);
		head += rl_cqe_slots(ring, cqe);
	}
	rl_store_release(ring->cq_head, head);
	return n;
}

uint32_t rl_ring_cancel_all(struct rl_ring *ring, uint32_t inflight)
{
	struct rl_sync_cancel cancel = {
		.fd = -1, .flags = RL_CANCEL_ALL | RL_CANCEL_ANY, .timeout_sec = CANCEL_SECONDS};
	uint64_t end = rl_time_ns(CLOCK_MONOTONIC) + CANCEL_SECONDS * 1000000000ull;
	struct __kernel_timespec slice = {.tv_nsec = 100 * 1000 * 1000};
	struct io_uring_getevents_arg arg = {.ts = (uint64_t)(uintptr_t)&slice};

	while (inflight) {
		uint32_t n;

		/* Again in each turn: a request that was being started by a worker may escape one. */
		rl_uring_register(ring->fd, RL_REGISTER_SYNC_CANCEL, &cancel, 1);
		rl_uring_enter(ring->fd, 0, 1, RL_ENTER_GETEVENTS | RL_ENTER_EXT_ARG, &arg, sizeof(arg));
		n = reap(ring);
		inflight -= n < inflight ? n : inflight;
		if (rl_time_ns(CLOCK_MONOTONIC) > end)
			break;
	}
	return inflight;
}

void rl_ring_close(struct rl_ring *ring)
{
	struct io_uring_rsrc_update up = {.offset = (uint32_t)ring->enter_fd};

	if (ring->fd < 0)
		return;
	if (ring->enter_flags & RL_ENTER_REGISTERED_RING)
		rl_uring_register(ring->fd, RL_UNREGISTER_RING_FDS, &up, 1);
	close(ring->fd);
	ring->fd = -1;
	ring->enter_flags = 0;
}
