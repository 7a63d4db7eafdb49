/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * connect.c: an `out` queue of one program that leads to an `in` queue of another, without a thread between.
 *
 * Whichever program attends carries what there is, in its own thread: the sender, that has appended to a
 * queue that was empty; or the receiver, that has taken from one that was full. So after each time either the
 * `out` queue is empty and its `waiting` is set, or the `in` queue is full and its `room` is.
 *
 * Connections are made before either program is loaded: who is connected does not change while it runs. The
 * lock is for what the two ends do at once. It is taken before the receiver's post_lock.
 */
#include <errno.h>
#include <stdlib.h>

#include "engine.h"
#include "ring.h"

struct end {
	struct ringlet *r; /* NULL: closed */
	const struct rl_queues *queue;
	uint32_t index;
	bool loaded;
	struct rl_connection *next; /* of the same program and direction */
};

struct rl_connection {
	pthread_mutex_t lock;
	struct end from, to;
};

static struct rl_queue *queue_of(const struct end *e)
{
	return rl_queue_at(e->r, e->queue, e->index);
}

static bool has_ended(const struct end *e)
{
	return e->loaded &&
	       (__atomic_load_n(&e->r->ended, __ATOMIC_ACQUIRE) ||
		       __atomic_load_n(&rl_control(e->r)->status, __ATOMIC_ACQUIRE) != RL_RUNNING);
}

/* It takes nothing any more. */
static bool is_over(const struct end *e)
{
	return !e->r || (has_ended(e) && !rl_is_leaving(e->r));
}

/* ---- carrying, with the lock held ---- */

static bool is_empty(const struct rl_queue *q)
{
	return rl_load_acquire(&q->tail) == rl_load_acquire(&q->head);
}

static bool is_full(const struct rl_queue *q, const struct rl_queues *d)
{
	return rl_load_acquire(&q->tail) - rl_load_acquire(&q->head) >= d->capacity;
}

/* As many as there are, and as there is room for. An entry leaves the one queue when it is in the other. */
static uint32_t carry_some(
	struct rl_queue *out, const struct end *from, struct rl_queue *in, const struct end *to)
{
	uint32_t head = out->head, n = rl_load_acquire(&out->tail) - head, tail, room;

	pthread_mutex_lock(&to->r->post_lock);
	tail = in->tail;
	room = to->queue->capacity - (tail - rl_load_acquire(&in->head));
	if (n > room)
		n = room;
	for (uint32_t i = 0; i < n; i++)
		*rl_queue_entry(in, to->queue, tail + i) = *rl_queue_entry(out, from->queue, head + i);
	rl_store_release(&in->tail, tail + n);
	pthread_mutex_unlock(&to->r->post_lock);
	__atomic_exchange_n(&out->head, head + n, __ATOMIC_SEQ_CST);
	return n;
}

/* Clears what says that somebody waits for what has been done, and rings if so; but not for `by`, which looks
 * itself. */
static void tell(const struct end *e, uint32_t *bell, const struct ringlet *by)
{
	if (__atomic_exchange_n(bell, 0, __ATOMIC_SEQ_CST) && e->r != by)
		rl_ring_doorbell(e->r);
}

/* Has the one that can go on say so. True: it could already. */
static bool listen_again(struct rl_queue *out, struct rl_queue *in, const struct rl_queues *of_in)
{
	if (is_empty(out)) {
		__atomic_exchange_n(&out->waiting, 1, __ATOMIC_SEQ_CST);
		return !is_empty(out);
	}
	__atomic_exchange_n(&in->room, 1, __ATOMIC_SEQ_CST);
	return !is_full(in, of_in);
}

static void carry(struct rl_connection *c, const struct ringlet *by)
{
	struct rl_queue *out, *in;

	if (!c->from.loaded)
		return;
	out = queue_of(&c->from);
	if (is_over(&c->to)) {
		__atomic_exchange_n(&out->room, RL_ROOM_NEVER, __ATOMIC_SEQ_CST);
		return;
	}
	if (!c->to.loaded || has_ended(&c->to))
		return;
	in = queue_of(&c->to);
	do {
		if (!carry_some(out, &c->from, in, &c->to))
			continue;
		tell(&c->to, &in->waiting, by);
		tell(&c->from, &out->room, by);
	} while (listen_again(out, in, c->to.queue));
}

/* ---- a program's life ---- */

/* For each connection of r: `do_it`, with the lock. */
static void each(struct ringlet *r, void (*do_it)(struct rl_connection *, struct end *, struct ringlet *))
{
	for (struct rl_connection *c = r->outward; c; c = c->from.next) {
		pthread_mutex_lock(&c->lock);
		do_it(c, &c->from, r);
		pthread_mutex_unlock(&c->lock);
	}
	for (struct rl_connection *c = r->inward; c; c = c->to.next) {
		pthread_mutex_lock(&c->lock);
		do_it(c, &c->to, r);
		pthread_mutex_unlock(&c->lock);
	}
}

static void attend(struct rl_connection *c, struct end *mine, struct ringlet *r)
{
	(void)mine;
	carry(c, r);
}

static void loaded(struct rl_connection *c, struct end *mine, struct ringlet *r)
{
	mine->loaded = true;
	carry(c, r);
}

/* What it emitted last goes out. Who waits for room in what led here is told that there will be none; unless
 * another takes over, which until then is as one that is not loaded yet. */
static void ended(struct rl_connection *c, struct end *mine, struct ringlet *r)
{
	if (mine == &c->from)
		carry(c, r);
	else if (c->from.loaded && !rl_is_leaving(r))
		rl_ring_doorbell(c->from.r);
	mine->loaded = mine->loaded && !rl_is_leaving(r);
}

void rl_connections_attend(struct ringlet *r)
{
	each(r, attend);
}

void rl_connections_loaded(struct ringlet *r)
{
	each(r, loaded);
}

void rl_connections_end(struct ringlet *r)
{
	each(r, ended);
}

/* Locks of a parent may be held, for ever here. */
static void leave(struct rl_connection *c, struct end *mine, bool forked)
{
	bool last;

	if (!forked)
		pthread_mutex_lock(&c->lock);
	if (!forked && mine == &c->from)
		carry(c, mine->r);
	mine->r = NULL;
	mine->loaded = false;
	if (!forked && c->from.loaded)
		rl_ring_doorbell(c->from.r);
	last = !c->from.r && !c->to.r;
	if (!forked)
		pthread_mutex_unlock(&c->lock);
	if (!last)
		return;
	if (!forked)
		pthread_mutex_destroy(&c->lock);
	free(c);
}

void rl_connections_close(struct ringlet *r, bool forked)
{
	struct rl_connection *next;

	for (struct rl_connection *c = r->outward; c; c = next) {
		next = c->from.next;
		leave(c, &c->from, forked);
	}
	for (struct rl_connection *c = r->inward; c; c = next) {
		next = c->to.next;
		leave(c, &c->to, forked);
	}
	r->outward = r->inward = NULL;
}

/* ---- when one program takes over from another ---- */

static const struct rl_queues *queues_of_heir(const struct ringlet *r, const struct end *e)
{
	const struct rl_queues *d = rl_queue_find(r, e->queue->name, e->queue->kind);

	return d && e->index < d->n ? d : NULL;
}

int rl_connections_check_heir(const struct ringlet *old, struct ringlet *r)
{
	for (struct rl_connection *c = old->outward; c; c = c->from.next) {
		const struct rl_queues *d = queues_of_heir(r, &c->from);

		if (c->to.r == r)
			return rl_error(r, EINVAL, "queue `%s[%u]` leads from the one to the other",
				c->from.queue->name, c->from.index);
		if (!d || rl_is_connected(r, d, c->from.index))
			return rl_error(r, d ? EALREADY : ENOENT, "queue `%s[%u]` is connected before: %s",
				c->from.queue->name, c->from.index,
				d ? "it is now too" : "there is none of that kind");
	}
	for (struct rl_connection *c = old->inward; c; c = c->to.next) {
		if (c->from.r == r)
			return rl_error(r, EINVAL, "queue `%s[%u]` leads from the one to the other",
				c->from.queue->name, c->from.index);
		if (!queues_of_heir(r, &c->to))
			return rl_error(r, ENOENT,
				"queue `%s[%u]` is connected before: there is none of that kind",
				c->to.queue->name, c->to.index);
	}
	return 0;
}

/* The other side finds it by its own list, in which nothing changes. */
static void pass(struct rl_connection *c, struct end *mine, struct ringlet *r, struct rl_connection **list)
{
	pthread_mutex_lock(&c->lock);
	*mine = (struct end){r, queues_of_heir(r, mine), mine->index, true, *list};
	*list = c;
	carry(c, r);
	pthread_mutex_unlock(&c->lock);
}

void rl_connections_pass(struct ringlet *old, struct ringlet *r)
{
	struct rl_connection *next;

	for (struct rl_connection *c = old->outward; c; c = next) {
		next = c->from.next;
		pass(c, &c->from, r, &r->outward);
	}
	for (struct rl_connection *c = old->inward; c; c = next) {
		next = c->to.next;
		pass(c, &c->to, r, &r->inward);
	}
	old->outward = old->inward = NULL;
}

/* ---- asking ---- */

static struct rl_connection *find(const struct ringlet *r, const struct rl_queues *d, uint32_t index)
{
	struct rl_connection *c = r->outward;

	while (c && (c->from.queue != d || c->from.index != index))
		c = c->from.next;
	return c;
}

bool rl_is_connected(const struct ringlet *r, const struct rl_queues *d, uint32_t index)
{
	return find(r, d, index) != NULL;
}

bool rl_leads_nowhere(struct ringlet *r, const struct rl_queues *d, uint32_t index)
{
	struct rl_connection *c = find(r, d, index);
	bool nowhere;

	if (!c)
		return false;
	pthread_mutex_lock(&c->lock);
	nowhere = is_over(&c->to);
	pthread_mutex_unlock(&c->lock);
	return nowhere;
}

/* ---- connecting ---- */

static int check(struct ringlet *from, struct end *of_from, struct ringlet *to, struct end *of_to,
	const char *out, const char *in)
{
	if (from == to)
		return rl_error(
			from, EINVAL, "a program is not connected with itself: it has queues of its own");
	if (from->engine || to->engine)
		return rl_error(from, EBUSY, "programs are connected before they are loaded");
	if (!of_from->queue || of_from->index >= of_from->queue->n)
		return rl_error(from, ENOENT, "the program that is to send has no `out` queue `%s[%u]`", out,
			of_from->index);
	if (!of_to->queue || of_to->index >= of_to->queue->n)
		return rl_error(from, ENOENT, "the program that is to receive has no `in` queue `%s[%u]`", in,
			of_to->index);
	if (rl_is_connected(from, of_from->queue, of_from->index))
		return rl_error(from, EALREADY, "`%s[%u]` is connected already", out, of_from->index);
	return 0;
}

int ringlet_connect(struct ringlet *from, const char *out, unsigned out_index, struct ringlet *to,
	const char *in, unsigned in_index)
{
	struct end of_from = {from, rl_queue_find(from, out, RL_QUEUE_OUT), out_index, false, from->outward};
	struct end of_to = {to, rl_queue_find(to, in, RL_QUEUE_IN), in_index, false, to->inward};
	int err = check(from, &of_from, to, &of_to, out, in);
	struct rl_connection *c;

	if (err)
		return err;
	c = malloc(sizeof(*c));
	if (!c)
		return rl_error(from, ENOMEM, "out of memory");
	pthread_mutex_init(&c->lock, NULL);
	c->from = of_from;
	c->to = of_to;
	from->outward = to->inward = c;
	return 0;
}
