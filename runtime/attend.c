/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * attend.c: what a step leaves to its host. It stops and is called again; here is why it did, and what that
 * takes: log messages to drain, a submission to finish, a program that ended, or one that stops.
 *
 * A program that stops unwinds: every await gives -ECANCELED, so that tasks leave through their defers, whose
 * own awaits run as ever. Requests that are in flight are cancelled, those written and not submitted are
 * answered here, and so are tasks that wait for a signal.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "internal.h"
#include "trace.h"
#include "ring.h"

/* How many awaits are answered with -ECANCELED, for each instance that runs and until one of them ends,
 * before a program that does not unwind is ended: plenty for every instance to leave a deep nest of loops. */
#define CANCELS_PER_INSTANCE 64

/* A submission that was refused while requests are in flight is tried again when one completes, or after
 * this. */
#define RETRY_MS 100

static struct rl_pool *pool_of(struct ringlet *r, uint32_t task)
{
	return (struct rl_pool *)(r->image + r->object.tasks[task].pool);
}

/* The SQE in slot i. */
static struct io_uring_sqe *sqe_at(struct ringlet *r, uint32_t i)
{
	return (struct io_uring_sqe *)(r->image + r->object.image.sqes +
				       (size_t)i * rl_sqe_size(r->object.image.setup));
}

static uint32_t sqe_slots(struct ringlet *r, uint32_t i)
{
	uint8_t opcode = sqe_at(r, i)->opcode;

	return r->object.image.setup & RL_SETUP_SQE_MIXED &&
			       (opcode == RL_OP_NOP128 || opcode == RL_OP_URING_CMD128)
		       ? 2
		       : 1;
}

static void move_sqes(struct ringlet *r, uint32_t to, uint32_t from, uint32_t n)
{
	memmove(sqe_at(r, to), sqe_at(r, from), (size_t)n * rl_sqe_size(r->object.image.setup));
}

static uint32_t cq_head(struct ringlet *r)
{
	uint32_t *head = (uint32_t *)(r->image + r->object.image.ring + rl_control(r)->cq_head);

	return rl_load_acquire(head);
}

bool rl_cq_is_empty(struct ringlet *r)
{
	uint32_t *tail = (uint32_t *)(r->image + r->object.image.ring + rl_control(r)->cq_tail);

	return rl_load_acquire(tail) == cq_head(r);
}

uint32_t rl_in_flight(struct ringlet *r)
{
	const struct rl_control *c = rl_control(r);

	return c->submitted + c->unasked - cq_head(r);
}

/* Counters of the step's that other threads read too: the watchdog, ringlet_stats. */
static void count(uint32_t *counter, uint32_t n)
{
	__atomic_store_n(counter, n, __ATOMIC_RELAXED);
}

/* A failure of the program as a whole. */
static void record(struct ringlet *r, uint32_t kind, int64_t err)
{
	struct rl_failure *f = &rl_control(r)->failure;

	if (f->kind == RL_FAIL_NONE) {
		memset(f, 0, sizeof(*f));
		f->task = f->site = UINT32_MAX;
		f->value = err;
		f->kind = kind;
	}
}

static void end(struct ringlet *r, uint32_t kind, int64_t err)
{
	if (kind != RL_FAIL_NONE)
		record(r, kind, err);
	__atomic_store_n(
		&rl_control(r)->status, RL_DONE, __ATOMIC_RELEASE); /* threads that post look at it */
}

/* ---- submission ---- */

/* Of the slots that were written, the first n went. */
static void submitted(struct ringlet *r, uint32_t n)
{
	struct rl_control *c = rl_control(r);

	for (uint32_t i = 0, slots; i < n; i += slots) {
		slots = sqe_slots(r, i);
		c->halves -= slots - 1;
		c->seconds += slots - 1;
		c->unasked -= slots - 1;
	}
	count(&c->submitted, c->submitted + n);
	count(&c->sq_n, c->sq_n - n);
	move_sqes(r, 0, n, c->sq_n);
}

/* What was not taken stays, and the step submits it again: at once, if some went. */
static void not_whole(struct ringlet *r, const struct rl_ring *ring, long taken)
{
	struct pollfd p = {.fd = ring->fd, .events = POLLIN};

	if (taken > 0)
		submitted(r, (uint32_t)taken);
	else if (taken == -EINTR)
		return;
	else if (!rl_in_flight(r))
		end(r, RL_FAIL_SUBMIT, taken ? taken : -EAGAIN);
	else if (rl_cq_is_empty(r))
		poll(&p, 1, RETRY_MS);
}

/* ---- unwinding ---- */

void rl_push_ready(struct ringlet *r, uint64_t user_data, int32_t res, uint32_t flags)
{
	struct rl_control *c = rl_control(r);
	struct rl_ready *q = (struct rl_ready *)(r->image + r->object.image.ready);
	struct rl_ready *at = &q[c->ready_tail & (r->object.image.ready_slots - 1)];

	*at = (struct rl_ready){.user_data = user_data, .res = res, .flags = flags};
	c->ready_tail++;
}

static void push_canceled(struct ringlet *r, uint64_t user_data, uint32_t flags)
{
	rl_push_ready(r, user_data, -ECANCELED, flags);
	r->cancels++;
}

/* Requests that were written and not submitted: those of a `defer` stay. */
static void cancel_written(struct ringlet *r)
{
	struct rl_control *c = rl_control(r);
	uint32_t kept = 0;

	for (uint32_t i = 0, slots; i < c->sq_n; i += slots) {
		slots = sqe_slots(r, i);
		if (sqe_at(r, i)->user_data & RL_UD_UNWIND) {
			move_sqes(r, kept, i, slots);
			kept += slots;
		} else {
			push_canceled(r, sqe_at(r, i)->user_data, 0);
			c->halves -= slots - 1;
		}
	}
	count(&c->sq_n, kept);
}

static void cancel_request(const struct rl_ring *ring, uint64_t user_data)
{
	struct rl_sync_cancel cancel = {.addr = user_data, .fd = -1};

	rl_uring_register(ring->fd, RL_REGISTER_SYNC_CANCEL, &cancel, 1);
}

static struct rl_wait *node(struct ringlet *r, uint32_t i)
{
	struct rl_wait *all = (struct rl_wait *)(r->image + r->object.image.waits);

	return &all[i & (r->object.image.nwaits - 1)];
}

/* Whether it waits for a pool: then it goes on waiting, since what runs in it unwinds. */
static bool is_pool(struct ringlet *r, uint32_t key)
{
	uint32_t list = key & ~RL_WAIT_LIST;

	return (key & RL_WAIT_LIST) && list >= r->object.image.pools &&
	       list - r->object.image.pools < r->object.ntasks;
}

/* What an instance waits for: a signal or a queue is answered here, a request by the kernel; its user_data
 * says whose it is, and where there is none the kernel finds none. */
static void cancel_instance(struct ringlet *r, const struct rl_ring *ring, uint32_t task, uint32_t self)
{
	const struct rl_task *t = &r->object.tasks[task];

	for (uint32_t i = 0; i < t->nodes; i++) {
		struct rl_wait *w = node(r, t->node + self * t->nodes + i);

		if (!w->key || is_pool(r, w->key) || (w->user_data & RL_UD_UNWIND))
			continue;
		node(r, w->prev)->next = w->next;
		node(r, w->next)->prev = w->prev;
		w->key = 0;
		push_canceled(r, w->user_data, RL_READY_CANCELED);
	}
	for (uint64_t i = 0; i < t->requests; i++)
		cancel_request(ring, i << RL_UD_ARM_SHIFT | (uint64_t)task << RL_UD_TASK_SHIFT | self);
}

/* Requests that are steered to a queue. */
static void cancel_steered(struct ringlet *r, const struct rl_ring *ring)
{
	for (uint32_t i = 0; i < r->object.nqueues; i++) {
		const struct rl_queues *d = &r->object.queues[i];

		for (uint32_t k = 0; d->slots && k < d->n; k++) {
			struct rl_queue *q = (struct rl_queue *)(r->image + d->offset + (size_t)k * d->size);
			uint32_t used = q->used < d->capacity ? q->used : d->capacity;

			for (uint32_t slot = 0; q->reserved && slot < used; slot++)
				cancel_request(ring,
					(uint64_t)d->tag << RL_UD_TASK_SHIFT | (uint64_t)k << 16 | slot);
		}
	}
}

/* Who waits in a queue itself goes into its list, in front: so each instance is found by its nodes, and
 * nobody waits there any more. */
static void list_waiters(struct ringlet *r, const struct rl_queues *d, uint32_t k)
{
	struct rl_queue *q = rl_queue_at(r, d, k);
	uint32_t upper = q->state & ~RL_QUEUE_BITS, task = upper & RL_UD_TASK_MASK, list = d->list + k;

	if ((q->state & RL_QUEUE_WAITS) && task < r->object.ntasks) {
		const struct rl_task *t = &r->object.tasks[task];
		uint32_t number = t->node + q->first * t->nodes, next = node(r, list)->next;

		*node(r, number) = (struct rl_wait){
			.next = next,
			.prev = list,
			.key = RL_WAIT_LIST | list,
			.user_data = (uint64_t)upper << 32 | q->first,
		};
		node(r, next)->prev = node(r, list)->next = number;
	}
	q->state = RL_QUEUE_STOPS | RL_QUEUE_SOME | RL_QUEUE_LISTED;
}

static void unwind(struct ringlet *r, const struct rl_ring *ring)
{
	struct rl_control *c = rl_control(r);
	bool first = !c->stopping;

	c->stopping = 1;
	/* Asked for from outside, rather than by `main` returning or by a failure. */
	if (first && pool_of(r, r->object.main)->running)
		record(r, RL_FAIL_STOPPED, -ECANCELED);
	rl_say_failed(r); /* before its tasks are told */
	cancel_written(r);
	for (uint32_t i = 0; first && i < r->object.nqueues; i++)
		for (uint32_t k = 0; k < r->object.queues[i].n; k++)
			if (r->object.queues[i].kind == RL_QUEUE_PRIVATE)
				list_waiters(r, &r->object.queues[i], k);
	for (uint32_t t = 0; t < r->object.ntasks; t++) {
		uint32_t used = pool_of(r, t)->used;

		if (used > r->object.tasks[t].count)
			used = r->object.tasks[t].count;
		for (uint32_t self = 0; first && r->object.tasks[t].frame_size && self < used; self++)
			cancel_instance(r, ring, t, self);
	}
	if (first)
		cancel_steered(r, ring);
	if (first || c->live < r->unwinding) {
		r->unwinding = c->live;
		r->cancels = 0;
	}
	if (__atomic_load_n(&c->stop, __ATOMIC_SEQ_CST) >= 2 ||
		r->cancels >= (uint64_t)c->live * CANCELS_PER_INSTANCE) {
		end(r, RL_FAIL_STOPPED, -ECANCELED);
	} else {
		/* Those of a `defer`. Only the step can submit: where it is the kernel's, that takes no SQEs
		 * from elsewhere. */
		c->granted = c->sq_n;
	}
}

/* ---- all ---- */

/* Tasks keep each other running for nothing: the next of them goes into the record. What does not unwind
 * either is ended. */
static void stuck(struct ringlet *r)
{
	struct rl_control *c = rl_control(r);

	if (c->stopping)
		__atomic_store_n(&c->stop, 2, __ATOMIC_SEQ_CST);
	if (c->failure.kind == RL_FAIL_NONE) {
		record(r, RL_FAIL_STUCK, -ETIME);
		rl_failure_stuck(r, &c->failure);
	}
}

/* Neither for a request nor for the host, nor has it anything to do. */
static bool waits_for_nothing(struct ringlet *r)
{
	const struct rl_control *c = rl_control(r);

	return c->ready_head == c->ready_tail && !c->sq_n && !rl_in_flight(r) && !rl_events_awaited(r);
}

void rl_attend(struct ringlet *r, const struct rl_ring *ring)
{
	struct rl_control *c = rl_control(r);
	uint32_t tried = c->tried;

	/* Cleared before `stop` is read: whoever stops sets them in the other order. */
	__atomic_exchange_n(&c->attention, 0, __ATOMIC_SEQ_CST);
	rl_trace_drain(r);
	rl_log_drain(r, true);
	c->tried = 0;
	r->yielded |= c->yielded;
	c->yielded = 0;
	rl_say_failed(r);
	if (c->status != RL_RUNNING)
		return;
	rl_events_attend(r);
	rl_zcrx_attend(r, ring);
	if (tried)
		not_whole(r, ring, c->taken);
	if (rl_watch_stuck(r))
		stuck(r);
	if (!c->live)
		end(r, RL_FAIL_NONE, 0);
	else if (__atomic_load_n(&c->stop, __ATOMIC_SEQ_CST) || c->failure.kind != RL_FAIL_NONE ||
		 !pool_of(r, r->object.main)->running)
		unwind(r, ring);
	if (c->status == RL_RUNNING && waits_for_nothing(r)) {
		if (rl_cq_is_empty(r))
			end(r, RL_FAIL_DEADLOCK, -EDEADLK);
		else /* what woke us: look again when the step has taken it */
			__atomic_store_n(&c->attention, 1, __ATOMIC_SEQ_CST);
	}
	rl_say_failed(r);
}
