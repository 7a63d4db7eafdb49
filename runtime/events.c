/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * events.c: queues between the program and its host: `in` ones, to which the host posts, and `out` ones, from
 * which it takes events. struct rl_queue in image.h says who writes what.
 *
 * Both sides say that they are going to sleep (`waiting`) and then look once more; whoever appends looks at
 * that afterwards. So nothing is lost, and nobody is woken for nothing.
 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"
#include "ring.h"

struct rl_queue *rl_queue_at(struct ringlet *r, const struct rl_queues *d, uint32_t i)
{
	return (struct rl_queue *)(r->image + d->offset + (size_t)i * d->size);
}

struct rl_completion *rl_queue_entry(struct rl_queue *q, const struct rl_queues *d, uint32_t number)
{
	return &q->entry[number & (d->entries - 1)];
}

const struct rl_queues *rl_queue_find(const struct ringlet *r, const char *name, uint32_t kind)
{
	for (uint32_t i = 0; name && i < r->object.nqueues; i++)
		if (r->object.queues[i].kind == kind && strcmp(r->object.queues[i].name, name) == 0)
			return &r->object.queues[i];
	return NULL;
}

void rl_queues_listen(struct ringlet *r, const struct rl_queues *d)
{
	for (uint32_t k = 0; k < d->n; k++)
		if (!rl_is_connected(r, d, k))
			__atomic_exchange_n(&rl_queue_at(r, d, k)->waiting, 1, __ATOMIC_SEQ_CST);
}

/* ---- posting ---- */

static int append(struct ringlet *r, const char *queue, unsigned index, uint64_t user_data, int32_t res,
	struct rl_queue **out)
{
	const struct rl_queues *d = rl_queue_find(r, queue, RL_QUEUE_IN);
	struct rl_control *c = rl_control(r);
	struct rl_queue *q;
	uint32_t tail;
	int err = 0;

	if (rl_forked(r))
		return -EEXIST;
	if (!d || index >= d->n)
		return -ENOENT;
	if (!r->engine)
		return -EINVAL;
	q = rl_queue_at(r, d, index);
	pthread_mutex_lock(&r->post_lock);
	tail = q->tail;
	if (__atomic_load_n(&c->status, __ATOMIC_ACQUIRE) != RL_RUNNING)
		err = rl_is_leaving(r) || r->heir ? -EAGAIN : -ESHUTDOWN;
	else if (tail - rl_load_acquire(&q->head) >= d->capacity)
		err = -EAGAIN;
	if (err) {
		pthread_mutex_unlock(&r->post_lock);
		return err;
	}
	*rl_queue_entry(q, d, tail) = (struct rl_completion){.user_data = user_data, .res = res};
	rl_store_release(&q->tail, tail + 1);
	pthread_mutex_unlock(&r->post_lock);
	*out = q;
	return 0;
}

void rl_ring_doorbell(struct ringlet *r)
{
	__atomic_store_n(&rl_control(r)->attention, 1, __ATOMIC_SEQ_CST);
	r->engine->wake(r);
}

int ringlet_post(struct ringlet *r, const char *queue, unsigned index, uint64_t user_data, int32_t res)
{
	struct rl_queue *q;
	int err;

	r = rl_heir(r);
	err = append(r, queue, index, user_data, res, &q);
	/* After the entry is there: the step says that it waits, then looks for entries. */
	if (!err && __atomic_exchange_n(&q->waiting, 0, __ATOMIC_SEQ_CST))
		rl_ring_doorbell(r);
	return err;
}

/* ---- waiting for room ---- */

static void leave(void *r)
{
	__atomic_fetch_sub(&((struct ringlet *)r)->queuers, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&((struct ringlet *)r)->post_lock);
}

/* Until something has been taken, the program has ended or has been replaced, or, where there is one, that
 * time has come: 0 or ETIMEDOUT. A thread may be cancelled here. */
static int wait_for_room(
	struct ringlet *r, const struct rl_queues *d, struct rl_queue *q, const struct timespec *end)
{
	volatile int ret = 0; /* pthread_cleanup_push is a setjmp */
	bool waits;

	pthread_mutex_lock(&r->post_lock);
	__atomic_fetch_add(&r->queuers, 1, __ATOMIC_SEQ_CST);
	pthread_cleanup_push(leave, r);
	__atomic_exchange_n(&q->room, 1, __ATOMIC_SEQ_CST);
	waits = __atomic_load_n(&rl_control(r)->status, __ATOMIC_ACQUIRE) == RL_RUNNING
			? q->tail - rl_load_acquire(&q->head) >= d->capacity
			: rl_is_leaving(r);
	if (waits)
		ret = end ? pthread_cond_timedwait(&r->room, &r->post_lock, end)
			  : pthread_cond_wait(&r->room, &r->post_lock);
	pthread_cleanup_pop(1);
	return ret;
}

/* Something was taken, or nothing will be any more. */
static void wake_queuers(struct ringlet *r)
{
	if (!__atomic_load_n(&r->queuers, __ATOMIC_SEQ_CST))
		return;
	pthread_mutex_lock(&r->post_lock);
	pthread_cond_broadcast(&r->room);
	pthread_mutex_unlock(&r->post_lock);
}

struct timespec rl_deadline(int timeout_ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += timeout_ms / 1000;
	t.tv_nsec += timeout_ms % 1000 * 1000000L;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

int ringlet_post_wait(
	struct ringlet *r, const char *queue, unsigned index, uint64_t user_data, int32_t res, int timeout_ms)
{
	int err = ringlet_post(r, queue, index, user_data, res), out = 0;
	const struct rl_queues *d;
	struct timespec end;

	if (err != -EAGAIN || !timeout_ms)
		return err;
	end = rl_deadline(timeout_ms);
	while (err == -EAGAIN && out != ETIMEDOUT) {
		r = rl_heir(r);
		d = rl_queue_find(r, queue, RL_QUEUE_IN);
		if (!d || index >= d->n)
			return -ENOENT;
		out = wait_for_room(r, d, rl_queue_at(r, d, index), timeout_ms < 0 ? NULL : &end);
		err = ringlet_post(r, queue, index, user_data, res);
	}
	return err;
}

/* ---- posting from a ring ---- */

/* `waiting` stays: whether the message is ever sent is the host's affair, and the next post rings in any
 * case. rl_events_attend takes it back. */
int ringlet_post_sqe(struct ringlet *r, const char *queue, unsigned index, uint64_t user_data, int32_t res,
	struct io_uring_sqe *sqe)
{
	struct rl_queue *q;
	int fd, err;

	r = rl_heir(r);
	fd = r->engine ? r->engine->message_fd(r) : -1;
	if (r->engine && fd < 0)
		return -EOPNOTSUPP;
	err = append(r, queue, index, user_data, res, &q);
	if (err)
		return err;
	if (!__atomic_fetch_or(&q->waiting, 0, __ATOMIC_SEQ_CST))
		return 0;
	__atomic_store_n(&rl_control(r)->attention, 1, __ATOMIC_SEQ_CST);
	rl_ring_message_sqe(sqe, fd, RL_WAKE_UP);
	return 1;
}

static struct rl_wait *node(struct ringlet *r, uint32_t i)
{
	struct rl_wait *all = (struct rl_wait *)(r->image + r->object.image.waits);

	return &all[i & (r->object.image.nwaits - 1)];
}

/* Resumes what waits for a queue, if it has what is wanted: completions, or room in one of the host's. With
 * `res` 0 it looks again. False: somebody still waits for more. */
static bool wake_listed(struct ringlet *r, uint32_t list, uint32_t has, int32_t res)
{
	uint32_t next, steps = 0;

	for (uint32_t i = node(r, list)->next; i != list && steps < r->object.image.nwaits;
		i = next, steps++) {
		struct rl_wait *w = node(r, i);

		next = w->next;
		if (w->want > has)
			continue;
		node(r, w->prev)->next = w->next;
		node(r, w->next)->prev = w->prev;
		w->key = 0;
		rl_push_ready(r, w->user_data, res, RL_READY_AGAIN);
	}
	return node(r, list)->next == list;
}

static bool wake_waiters(struct ringlet *r, const struct rl_queues *d, uint32_t k)
{
	struct rl_queue *q = rl_queue_at(r, d, k);
	uint32_t len = rl_load_acquire(&q->tail) - rl_load_acquire(&q->head);

	return wake_listed(r, d->list + k, d->kind == RL_QUEUE_OUT ? d->capacity - len : len, 0);
}

bool rl_events_awaited(struct ringlet *r)
{
	for (uint32_t i = 0; i < r->object.nqueues; i++) {
		const struct rl_queues *d = &r->object.queues[i];

		for (uint32_t k = 0; d->kind != RL_QUEUE_PRIVATE && k < d->n; k++)
			if (node(r, d->list + k)->next != d->list + k)
				return true;
	}
	return false;
}

/* Who posts or takes from here on need not ring, unless somebody still waits for more. */
static void attend_queue(struct ringlet *r, const struct rl_queues *d, uint32_t k)
{
	struct rl_queue *q = rl_queue_at(r, d, k);
	uint32_t *bell = d->kind == RL_QUEUE_OUT ? &q->room : &q->waiting;

	if (d->kind == RL_QUEUE_OUT && rl_leads_nowhere(r, d, k)) {
		__atomic_exchange_n(bell, RL_ROOM_NEVER, __ATOMIC_SEQ_CST);
		wake_listed(r, d->list + k, UINT32_MAX, -EPIPE);
		return;
	}
	__atomic_exchange_n(bell, 0, __ATOMIC_SEQ_CST);
	if (!wake_waiters(r, d, k)) {
		__atomic_exchange_n(bell, 1, __ATOMIC_SEQ_CST);
		wake_waiters(r, d, k);
	}
}

/* ---- events ---- */

/* Whoever waits for an event, or watches the descriptor. Waiters are woken when they can have the lock. */
void rl_events_tell(struct ringlet *r)
{
	const uint64_t one = 1;
	bool waited_for;

	pthread_mutex_lock(&r->event_lock);
	waited_for = r->takers > 0;
	if (r->event_fd_watched && !r->event_fd_readable)
		r->event_fd_readable = write(r->event_fd, &one, sizeof(one)) == sizeof(one);
	pthread_mutex_unlock(&r->event_lock);
	if (waited_for)
		pthread_cond_broadcast(&r->event);
}

static bool any_event(struct ringlet *r)
{
	for (uint32_t i = 0; i < r->object.nqueues; i++) {
		const struct rl_queues *d = &r->object.queues[i];

		for (uint32_t k = 0; d->kind == RL_QUEUE_OUT && k < d->n; k++) {
			const struct rl_queue *q = rl_queue_at(r, d, k);

			if (rl_load_acquire(&q->tail) != rl_load_acquire(&q->head) &&
				!rl_is_connected(r, d, k))
				return true;
		}
	}
	return false;
}

void rl_events_attend(struct ringlet *r)
{
	wake_queuers(r);
	rl_connections_attend(r);
	for (uint32_t i = 0; i < r->object.nqueues; i++) {
		const struct rl_queues *d = &r->object.queues[i];

		for (uint32_t k = 0; d->kind != RL_QUEUE_PRIVATE && k < d->n; k++)
			attend_queue(r, d, k);
	}
	if (r->event_fd < 0)
		return;
	rl_event_rings_announce(r);
	if (any_event(r))
		rl_events_tell(r);
}

/* The head is written before the look at who waits for room; the step does both in the other order. */
static void took(struct ringlet *r, struct rl_queue *q)
{
	__atomic_exchange_n(&q->head, q->head + 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&q->room, __ATOMIC_SEQ_CST) && __atomic_exchange_n(&q->room, 0, __ATOMIC_SEQ_CST))
		rl_ring_doorbell(r);
}

/* Says that an event is waited for, of every queue: who waits is told of any. */
static void say_waiting(struct ringlet *r)
{
	uint64_t count;

	rl_event_rings_arm(r);
	if (r->event_fd_readable)
		r->event_fd_readable = read(r->event_fd, &count, sizeof(count)) < 0;
	for (uint32_t i = 0; i < r->object.nqueues; i++)
		if (r->object.queues[i].kind == RL_QUEUE_OUT)
			rl_queues_listen(r, &r->object.queues[i]);
}

int rl_events_open(struct ringlet *r)
{
	bool any = false;

	r->event_fd = -1;
	for (uint32_t i = 0; i < r->object.nqueues; i++)
		any |= r->object.queues[i].kind == RL_QUEUE_OUT;
	if (!any)
		return 0;
	r->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->event_fd < 0)
		return rl_error(r, errno, "eventfd: %s", strerror(errno));
	if (r->event_rings)
		say_waiting(r);
	return 0;
}

void rl_events_close(struct ringlet *r)
{
	if (r->event_fd >= 0)
		close(r->event_fd);
	r->event_fd = -1;
	r->event_fd_watched = r->event_fd_readable = false;
}

/* The program has ended: whoever waits for events or room is to see that. */
void rl_events_end(struct ringlet *r)
{
	wake_queuers(r);
	rl_connections_end(r);
	if (r->event_fd < 0 || rl_is_leaving(r))
		return;
	rl_event_rings_end(r);
	rl_events_tell(r);
}

static bool take(struct ringlet *r, const char *queue, struct ringlet_event *out)
{
	for (uint32_t i = 0; i < r->object.nqueues; i++) {
		const struct rl_queues *d = &r->object.queues[i];

		if (d->kind != RL_QUEUE_OUT || (queue && strcmp(queue, d->name) != 0))
			continue;
		for (uint32_t k = 0; k < d->n; k++) {
			struct rl_queue *q = rl_queue_at(r, d, k);
			const struct rl_completion *e;

			if (rl_is_connected(r, d, k) || rl_load_acquire(&q->tail) == q->head)
				continue;
			e = rl_queue_entry(q, d, q->head);
			*out = (struct ringlet_event){d->name, k, e->user_data, e->res, e->flags};
			took(r, q);
			return true;
		}
	}
	return false;
}

static void stop_taking(void *r)
{
	((struct ringlet *)r)->takers--;
	pthread_mutex_unlock(&((struct ringlet *)r)->event_lock);
}

/* Until it is told that there is an event, or, where there is one, that time has come: 0 or ETIMEDOUT. Takes
 * event_lock over, and releases it. A thread may be cancelled here. */
static int wait_for_event(struct ringlet *r, const struct timespec *end)
{
	volatile int ret; /* pthread_cleanup_push is a setjmp */

	r->takers++;
	pthread_cleanup_push(stop_taking, r);
	ret = end ? pthread_cond_timedwait(&r->event, &r->event_lock, end)
		  : pthread_cond_wait(&r->event, &r->event_lock);
	pthread_cleanup_pop(1);
	return ret;
}

/* It may become another number for the same. */
static int event_fd(const struct ringlet *r)
{
	return __atomic_load_n(&r->event_fd, __ATOMIC_RELAXED);
}

/* And no other takes over. */
static bool has_ended(const struct ringlet *r)
{
	return __atomic_load_n(&r->ended, __ATOMIC_ACQUIRE) && !rl_is_leaving(r);
}

int ringlet_next_event(struct ringlet *r, const char *queue, struct ringlet_event *out, int timeout_ms)
{
	struct timespec end;
	bool late = timeout_ms == 0;

	if (timeout_ms > 0)
		end = rl_deadline(timeout_ms);
	for (;;) {
		struct ringlet *heir;
		bool ended, got;

		if (!r->engine)
			return -EINVAL;
		if (rl_forked(r))
			return -EEXIST;
		heir = __atomic_load_n(&r->heir, __ATOMIC_ACQUIRE);
		if (event_fd(r) < 0 || (queue && !rl_queue_find(r, queue, RL_QUEUE_OUT))) {
			if (!heir)
				return -ENOENT;
			r = heir;
			continue;
		}
		pthread_mutex_lock(&r->event_lock);
		ended = has_ended(r); /* before each look: there is nothing after what is found then */
		got = take(r, queue, out);
		heir = r->heir;
		if (!got && !ended && !heir) {
			say_waiting(r);
			ended = has_ended(r);
			got = take(r, queue, out);
		}
		if (got || (!heir && (ended || late))) {
			pthread_mutex_unlock(&r->event_lock);
			return got ? 0 : ended ? -ESHUTDOWN : -EAGAIN;
		}
		if (heir) {
			pthread_mutex_unlock(&r->event_lock);
			r = heir;
			continue;
		}
		late = wait_for_event(r, timeout_ms > 0 ? &end : NULL) != 0;
	}
}

/* From here on it says what there is. It may have been asked for late. */
int ringlet_event_fd(struct ringlet *r)
{
	bool watched;

	if (!r->engine)
		return -EINVAL;
	if (rl_forked(r))
		return -EEXIST;
	if (event_fd(r) < 0)
		return -ENOENT;
	pthread_mutex_lock(&r->event_lock);
	while (r->heir) {
		struct ringlet *heir = r->heir;

		pthread_mutex_unlock(&r->event_lock);
		r = heir;
		pthread_mutex_lock(&r->event_lock);
	}
	watched = r->event_fd_watched;
	r->event_fd_watched = true;
	pthread_mutex_unlock(&r->event_lock);
	if (event_fd(r) < 0)
		return -ENOENT;
	if (!watched && (any_event(r) || has_ended(r)))
		rl_events_tell(r);
	return event_fd(r);
}
