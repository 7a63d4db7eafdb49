/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* walk.c: tasks and queues of an image: walk.h. */
#include "walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* How far a list is followed: those of programs end; one that was torn or forged may not. */
#define MAX_LIST 65536u

enum { FREED = 1, READY = 2 };

static const struct rl_control *control(const struct rl_walk *w)
{
	return (const struct rl_control *)w->image;
}

static const struct rl_pool *pool(const struct rl_walk *w, uint32_t task)
{
	return (const struct rl_pool *)(w->image + w->o->tasks[task].pool);
}

static const struct rl_wait *node(const struct rl_walk *w, uint32_t i)
{
	return (const struct rl_wait *)(w->image + w->o->image.waits) + (i & (w->o->image.nwaits - 1));
}

static const struct rl_queue *queue(const struct rl_walk *w, const struct rl_queues *d, uint32_t index)
{
	return (const struct rl_queue *)(w->image + d->offset + (size_t)index * d->size);
}

static uint32_t at_most(uint32_t n, uint32_t most)
{
	return n < most ? n : most;
}

/* A counter's distance from another: 0 where they are of different moments. */
static uint32_t distance(uint32_t from, uint32_t to)
{
	return to - from > INT32_MAX ? 0 : to - from;
}

/* Whose a user_data is: false: nobody's. */
static bool whose(const struct rl_walk *w, uint32_t upper, uint32_t lower, uint32_t *task)
{
	*task = upper & RL_UD_TASK_MASK;
	return *task < w->o->ntasks && lower < w->o->tasks[*task].count;
}

static void note_freed(struct rl_walk *w, uint32_t task)
{
	const struct rl_pool *p = pool(w, task);
	uint32_t n = at_most(p->nfreed, w->o->tasks[task].count);

	for (uint32_t i = 0; i < n; i++)
		if (p->freed[i] < w->o->tasks[task].count)
			w->flag[w->base[task] + p->freed[i]] |= FREED;
}

static void note_ready(struct rl_walk *w)
{
	const struct rl_ready *q = (const struct rl_ready *)(w->image + w->o->image.ready);
	uint32_t slots = w->o->image.ready_slots, head = control(w)->ready_head, task;

	for (uint32_t n = at_most(control(w)->ready_tail - head, slots); n; n--, head++) {
		uint64_t ud = q[head & (slots - 1)].user_data;

		if (whose(w, (uint32_t)(ud >> 32), (uint32_t)ud, &task))
			w->flag[w->base[task] + (uint32_t)ud] |= READY;
	}
}

/* Those that a queue has itself. */
static void note_first(struct rl_walk *w, uint32_t declaration)
{
	const struct rl_queues *d = &w->o->queues[declaration];
	uint32_t task;

	for (uint32_t k = 0; k < d->n; k++) {
		const struct rl_queue *q = queue(w, d, k);

		w->owner[d->list + k] = 1 + declaration;
		if (d->kind == RL_QUEUE_PRIVATE && (q->state & RL_QUEUE_WAITS) &&
			whose(w, q->state, q->first, &task))
			w->first[w->base[task] + q->first] = 1 + d->list + k;
	}
}

int rl_walk_begin(struct rl_walk *w, const struct rl_object *o, const unsigned char *image)
{
	uint32_t instances = 0;

	*w = (struct rl_walk){.o = o, .image = image};
	w->base = calloc((size_t)o->ntasks + 1, sizeof(*w->base));
	if (!w->base)
		return -ENOMEM;
	for (uint32_t i = 0; i < o->ntasks; i++) {
		w->base[i] = instances;
		instances += o->tasks[i].count; /* no more than the ready queue has slots */
	}
	w->owner = calloc(o->image.nwaits, sizeof(*w->owner));
	w->first = calloc((size_t)instances + 1, sizeof(*w->first));
	w->flag = calloc((size_t)instances + 1, 1);
	if (!w->owner || !w->first || !w->flag) {
		rl_walk_end(w);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < o->ntasks; i++)
		note_freed(w, i);
	for (uint32_t i = 0; i < o->nqueues; i++)
		note_first(w, i);
	note_ready(w);
	return 0;
}

void rl_walk_end(struct rl_walk *w)
{
	free(w->base);
	free(w->owner);
	free(w->first);
	free(w->flag);
	*w = (struct rl_walk){0};
}

/* ---- the whole ---- */

static uint32_t cq_head(const struct rl_walk *w)
{
	uint32_t head;

	memcpy(&head, w->image + w->o->image.ring + (control(w)->cq_head & RL_RING_OFFSET_MASK & ~3u),
		sizeof(head));
	return head;
}

static enum rl_doing doing(const struct rl_control *c)
{
	if (c->status == RL_RUNNING)
		return c->stopping ? RL_DOES_STOP : RL_DOES_RUN;
	return c->failure.kind == RL_FAIL_NONE ? RL_DOES_NOTHING : RL_DOES_FAIL;
}

void rl_walk_look(const struct rl_walk *w, struct rl_sight *out)
{
	const struct rl_control *c = control(w);
	const struct rl_failure f = c->failure;
	struct ringlet_failure told;

	*out = (struct rl_sight){
		.doing = doing(c),
		.in_flight = distance(cq_head(w), c->submitted + c->unasked),
		.written = distance(c->halves, c->sq_n),
		.submitted = c->submitted - c->seconds,
		.ready = at_most(distance(c->ready_head, c->ready_tail), w->o->image.ready_slots),
		.live = c->live,
		.isolated = c->isolated,
		.log_waits = at_most(distance(c->log_head, c->log_tail), w->o->image.log_slots),
		.log_lost = c->log_lost,
		.progress_done = c->progress_done,
		.progress_total = c->progress_total,
	};
	out->in_flight += out->written;
	if (f.kind != RL_FAIL_NONE)
		rl_failure_text(w->o, w->image, &f, &told, out->failure, sizeof(out->failure));
	for (uint32_t i = 0; i < w->o->nqueues; i++) {
		const struct rl_queues *d = &w->o->queues[i];

		for (uint32_t k = 0; k < d->n; k++) {
			const struct rl_queue *q = queue(w, d, k);

			out->queued += at_most(distance(q->head, q->tail), d->entries);
		}
	}
}

/* ---- tasks ---- */

uint32_t rl_walk_running(const struct rl_walk *w, uint32_t task)
{
	return at_most(pool(w, task)->running, w->o->tasks[task].count);
}

uint32_t rl_walk_used(const struct rl_walk *w, uint32_t task)
{
	return at_most(pool(w, task)->used, w->o->tasks[task].count);
}

void rl_walk_rewind(struct rl_walk *w)
{
	w->task = w->self = 0;
}

static void look_at(const struct rl_walk *w, struct rl_instance *i)
{
	const struct rl_task *t = &w->o->tasks[i->task];
	const unsigned char *frame = w->image + t->frame + (size_t)i->self * t->frame_size;
	uint64_t since;

	if (t->frame_size) {
		memcpy(&i->state, frame + t->state, sizeof(i->state));
		memcpy(&since, frame + t->since, sizeof(since));
		i->since_ns = since * control(w)->tick_ns + (uint64_t)control(w)->clock_zero;
	}
	i->at = i->state < t->nstates ? &t->states[i->state] : NULL;
	i->ready = w->flag[w->base[i->task] + i->self] & READY;
}

bool rl_walk_next(struct rl_walk *w, struct rl_instance *out)
{
	for (; w->task < w->o->ntasks; w->task++, w->self = 0) {
		uint32_t used = rl_walk_used(w, w->task);

		while (w->self < used && (w->flag[w->base[w->task] + w->self] & FREED))
			w->self++;
		if (w->self >= used)
			continue;
		*out = (struct rl_instance){.task = w->task, .self = w->self++};
		look_at(w, out);
		return true;
	}
	return false;
}

static void waited_for_list(const struct rl_walk *w, uint32_t list, uint32_t want, struct rl_waited *out)
{
	uint32_t i = list & (w->o->image.nwaits - 1), owner = w->owner[i], pools = w->o->image.pools;

	*out = (struct rl_waited){.kind = RL_WAITED_QUEUE, .name = "", .want = want};
	if (owner) {
		const struct rl_queues *d = &w->o->queues[owner - 1];

		out->name = d->name;
		out->index = i - d->list;
		out->indexed = d->n > 1;
	} else if (i >= pools && i - pools < w->o->ntasks) {
		out->kind = RL_WAITED_POOL;
		out->name = w->o->tasks[i - pools].name;
	}
}

static void waited_for_place(const struct rl_walk *w, uint32_t at, struct rl_waited *out)
{
	*out = (struct rl_waited){.kind = RL_WAITED_SIGNAL, .name = ""};
	for (uint32_t i = w->o->nparams; i < w->o->nplaces; i++) {
		const struct rl_place *p = &w->o->places[i];

		if (at >= p->offset && at - p->offset < p->size)
			out->name = p->name;
	}
}

bool rl_walk_waited(const struct rl_walk *w, const struct rl_instance *i, uint32_t *n, struct rl_waited *out)
{
	const struct rl_task *t = &w->o->tasks[i->task];

	while (*n < t->nodes) {
		const struct rl_wait *wait = node(w, t->node + i->self * t->nodes + (*n)++);
		uint32_t key = wait->key;

		if (!key)
			continue;
		if (!(key & RL_WAIT_LIST))
			waited_for_place(w, key, out);
		else if (key & RL_WAIT_STREAM)
			*out = (struct rl_waited){.kind = RL_WAITED_STREAM, .name = ""};
		else
			waited_for_list(w, key & ~RL_WAIT_LIST, wait->want, out);
		return true;
	}
	if ((*n)++ == t->nodes && w->first[w->base[i->task] + i->self]) {
		waited_for_list(w, w->first[w->base[i->task] + i->self] - 1, 0, out);
		return true;
	}
	return false;
}

/* ---- queues and buffers ---- */

static void add_waiter(const struct rl_walk *w, uint32_t upper, uint32_t self, struct rl_queue_sight *out)
{
	uint32_t task;

	if (!whose(w, upper, self, &task))
		return;
	if (out->shown < sizeof(out->waiter) / sizeof(out->waiter[0])) {
		out->waiter[out->shown].task = task;
		out->waiter[out->shown++].self = self;
	}
	out->waiters++;
}

void rl_walk_queue(
	const struct rl_walk *w, const struct rl_queues *d, uint32_t index, struct rl_queue_sight *out)
{
	const struct rl_queue *q = queue(w, d, index);
	uint32_t list = d->list + index, steps = 0;

	*out = (struct rl_queue_sight){
		.length = at_most(distance(q->head, q->tail), d->entries),
		.reserved = at_most(q->reserved, d->capacity),
	};
	if (d->kind == RL_QUEUE_PRIVATE && (q->state & RL_QUEUE_WAITS))
		add_waiter(w, q->state, q->first, out);
	for (uint32_t i = node(w, list)->next; i != list && steps < MAX_LIST; i = node(w, i)->next, steps++) {
		const struct rl_wait *wait = node(w, i);

		if (wait->key != (RL_WAIT_LIST | list))
			break;
		add_waiter(w, (uint32_t)(wait->user_data >> 32), (uint32_t)wait->user_data, out);
	}
}

uint32_t rl_walk_buffers_out(const struct rl_walk *w, uint32_t control, uint32_t n)
{
	if (!control)
		return 0;
	return at_most(((const struct rl_buffers *)(w->image + control))->out, n);
}
