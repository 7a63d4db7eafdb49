/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* image.c: what lies where in the image, and what of it is not zero at the start. */
#include "layout.h"
#include <string.h>
#include "../runtime/image.h"

#define LOG_SLOTS 64
#define ARM_READY 2     /* entries of the ready queue: that an arm is cancelled, and that it has ended */
#define STREAM_ROOM 256 /* of the CQ for streams: where it is not enough, the kernel keeps what is more */
#define MAX_SQ_ENTRIES 32768 /* IORING_MAX_ENTRIES, io_uring/io_uring.h */

static uint64_t take(uint64_t *at, uint64_t size, uint64_t align)
{
	uint64_t here = (*at + align - 1) / align * align;
	*at = here + size;
	return here;
}

static uint32_t power_of_two(uint64_t n)
{
	uint32_t p = 4;
	while (p < n)
		p *= 2;
	return p;
}

static bool has_big_streams(const struct ir_program *ir)
{
	for (size_t i = 0; i < ir->streams.n; i++)
		if (ir->streams.at[i]->big)
			return true;
	return false;
}

/* How many entries the lists of all streams need at most: codegen_stream.c says why. */
static uint64_t count_entries(const struct layout *l, const struct ir_program *ir)
{
	uint64_t n = 1;
	for (size_t i = 0; i < ir->p->pools.n; i++)
		n += ir->p->pools.at[i]->buffers.pieces;
	for (size_t i = 0; i < ir->streams.n; i++) {
		const struct ir_stream *s = ir->streams.at[i];
		uint64_t each = s->pool ? 1 : 2 * STREAM_FULL + 2;
		/* Besides, what is in the CQ and in a copy of it. */
		if (ir_stream_keeps_all(s))
			each += 2ull * l->cq_entries;
		n += each * s->task->sym->count;
	}
	return n;
}

static void place_vars(struct layout *l, struct ir_program *ir, uint64_t *at, enum storage storage)
{
	for (size_t i = 0; i < ir->p->vars.n; i++) {
		struct symbol *v = ir->p->vars.at[i];
		if (v->storage != storage)
			continue;
		/* Arrays of a page or more begin on a page: direct I/O and fixed buffers want that. */
		bool pages = v->type->size >= RL_PAGE || storage == VAR_BUFFERS;
		uint64_t align = pages ? RL_PAGE : v->type->align > 8 ? v->type->align : 8;
		v->offset = take(at, v->type->size, align);
		if (storage == VAR_PARAM && v->type->kind == T_FD) {
			v->stream = take(at, 4, 4);
			VEC_PUSH(ir->arena, &l->fds, v);
		}
	}
}

/* ---- lists of what waits ---- */

/* Nodes of the instances first, then the heads of the lists: of the pools, of the queues, of signals. */
static void number_lists(struct layout *l, struct ir_program *ir)
{
	uint32_t n = 0;
	for (size_t i = 0; i < ir->tasks.n; i++) {
		struct ir_fn *task = ir->tasks.at[i];
		task->node = n;
		n += task->nodes * (uint32_t)task->sym->count;
	}
	l->pools = n;
	n += (uint32_t)ir->tasks.n;
	for (size_t i = 0; i < ir->p->queues.n; i++) {
		ir->p->queues.at[i]->queue.list = n;
		n += ir->p->queues.at[i]->queue.n;
	}
	l->signals = n;
	l->heads_end = n + (ir->uses_signal ? SIGNAL_LISTS : 0);
	l->nwaits = power_of_two(l->heads_end);
}

/* Besides: what tells an instance that it is cancelled, or others that it has ended. */
static unsigned beside(const struct ir_fn *task)
{
	return task->arm ? ARM_READY : task->sym->cancellable;
}

/* How many entries the ready queue may have: when the program stops each request that was written, and each
 * instance with every list that it waits in. */
static uint32_t count_ready(const struct layout *l, const struct ir_program *ir)
{
	uint64_t n = l->sq_entries;
	for (size_t i = 0; i < ir->tasks.n; i++)
		n += (uint64_t)(ir->tasks.at[i]->nodes + beside(ir->tasks.at[i])) *
		     ir->tasks.at[i]->sym->count;
	return power_of_two(n > l->cq_entries ? n : l->cq_entries);
}

static const struct loc *place_in_ring(const struct decl *ring, const char *name)
{
	size_t i = 0;
	while (strcmp(ring->members.at[i].d.name.text, name))
		i++;
	return &ring->members.at[i].value->loc;
}

/* Which entries of the ring are large: all, where every request is of that kind or the script says so, or
 * those that need it. */
static void choose_entries(struct layout *l, const struct ir_program *ir)
{
	bool big = ir->p->big_cqe || ir->big;
	if (ir->p->ring.sqe || (ir->wide && !ir->narrow))
		l->setup |= RL_SETUP_SQE128;
	else if (ir->wide)
		l->setup |= RL_SETUP_SQE_MIXED;
	if (ir->p->ring.cqe || (big && !ir->small))
		l->setup |= RL_SETUP_CQE32;
	else if (big)
		l->setup |= RL_SETUP_CQE_MIXED;
	l->sqe_size = rl_sqe_size(l->setup);
	l->cqe_size = rl_cqe_size(l->setup);
}

/* In a mixed ring, of which an SQE of 128 bytes takes two slots: words of both that some request writes. An
 * SQE writes what the one that was there before has left. */
static void join_words(const struct layout *l, struct ir_program *ir)
{
	for (unsigned w = 0; w < SQE_WORDS / 2 && l->setup & RL_SETUP_SQE_MIXED; w++)
		ir->sqe_words[w] = ir->sqe_words[w + SQE_WORDS / 2] =
			ir->sqe_words[w] || ir->sqe_words[w + SQE_WORDS / 2];
}

/* How many slots requests take that are written at most once at a time. */
static uint64_t slots(const struct layout *l, bool wide, uint64_t n)
{
	return l->setup & RL_SETUP_SQE_MIXED && wide ? 2 * n : n;
}

/* How many requests may be written at once, and how many in flight: the submission queue has room for the
 * ones, the completion queue for the others. */
static void count_requests(struct layout *l, struct ir_program *ir)
{
	uint64_t written = 0, in_flight = 0;
	for (size_t i = 0; i < ir->tasks.n; i++) {
		const struct ir_fn *t = ir->tasks.at[i];
		written += slots(l, t->wide, t->requests * t->sym->count) + t->timed_requests * t->sym->count;
		in_flight += (t->in_flight + t->timed_requests) * t->sym->count;
	}
	for (size_t i = 0; i < ir->p->queues.n; i++) {
		const struct symbol *q = ir->p->queues.at[i];
		if (q->queue.slots) {
			written += slots(l, q->queue.wide, (uint64_t)q->queue.n * q->queue.capacity);
			in_flight += (uint64_t)q->queue.n * q->queue.capacity;
		}
		if (queue_has_doorbell(q))
			in_flight += q->queue.n; /* a doorbell each */
	}
	/* A stream's own, and what cancels it; besides, room for what comes of it at once. */
	for (size_t i = 0; i < ir->streams.n; i++) {
		written += 2 * ir->streams.at[i]->task->sym->count;
		in_flight += 2 * ir->streams.at[i]->task->sym->count;
	}
	/* Where one of 32 bytes would wrap, the kernel puts a filler of 16 before it: one at a time. */
	if (l->setup & RL_SETUP_CQE_MIXED)
		in_flight = 2 * in_flight + 1;
	if (written > MAX_SQ_ENTRIES || in_flight > 2 * MAX_SQ_ENTRIES)
		diag(ir->p->diags, &ir->p->main->loc, D_ring_too_large, (unsigned long long)written,
			(unsigned long long)in_flight);
	const struct decl *d = ir->p->ring.decl;
	uint64_t sq = ir->p->ring.sq, cq = ir->p->ring.cq;
	if (sq && sq < written)
		diag(ir->p->diags, place_in_ring(d, "sq"), D_ring_small, (unsigned long long)written,
			"submission", (unsigned long long)sq);
	if (cq && cq < in_flight)
		diag(ir->p->diags, place_in_ring(d, "cq"), D_ring_small, (unsigned long long)in_flight,
			"completion", (unsigned long long)cq);
	sq = sq > written ? sq : written;
	cq = cq > in_flight ? cq : in_flight + (ir->streams.n ? STREAM_ROOM : 0);
	l->sq_entries = power_of_two(sq < MAX_SQ_ENTRIES ? sq : MAX_SQ_ENTRIES);
	l->cq_entries = 2 * l->sq_entries;
	while (l->cq_entries < cq && l->cq_entries < 2 * MAX_SQ_ENTRIES)
		l->cq_entries *= 2;
}

/* ---- what is not zero ---- */

static void init(struct layout *l, struct ir_program *ir, uint64_t off, const void *bytes, uint32_t n)
{
	uint8_t *copy = arena_alloc(ir->arena, n + 1);
	memcpy(copy, bytes, n);
	VEC_PUSH(ir->arena, &l->inits, ((struct init_bytes){off, copy, n}));
}

static void init32(struct layout *l, struct ir_program *ir, uint64_t off, uint32_t v)
{
	init(l, ir, off, &v, 4);
}

static void init_value(
	struct layout *l, struct ir_program *ir, uint64_t off, const struct type *t, const struct expr *e)
{
	if (e->kind == E_STRING) {
		if (e->len)
			init(l, ir, off, e->str, e->len);
	} else if (e->kind == E_LIST) {
		for (size_t i = 0; i < e->args.n; i++) {
			bool is_struct = t->kind == T_STRUCT;
			init_value(l, ir, off + (is_struct ? t->fields.at[i].offset : i * t->elem->size),
				is_struct ? t->fields.at[i].type : t->elem, e->args.at[i]);
		}
	} else if (e->value) {
		uint64_t v = type_wrap(t, e->value);
		init(l, ir, off, &v, (uint32_t)t->size);
	}
}

static void init_all(struct layout *l, struct ir_program *ir)
{
	const struct symbol *main = ir->p->main;
	const struct rl_ready first = {.user_data = (uint64_t)main->index << RL_UD_TASK_SHIFT};
	/* `main` is the first to run. */
	init(l, ir, l->ready, &first, sizeof first);
	init32(l, ir, offsetof(struct rl_control, ready_tail), 1);
	init32(l, ir, offsetof(struct rl_control, live), 1);
	init32(l, ir, l->pool[main->index] + POOL(running), 1);
	init32(l, ir, l->pool[main->index] + POOL(used), 1);
	/* Lists are circular: an empty one leads from its head to its head. */
	for (uint32_t i = l->pools; i < l->heads_end; i++) {
		const uint32_t links[2] = {i, i};
		init(l, ir, l->waits + i * sizeof(struct rl_wait), links, sizeof links);
	}
	if (ir->data.n)
		init(l, ir, ir->data_offset, ir->data.at, (uint32_t)ir->data.n);
	for (size_t i = 0; i < ir->p->vars.n; i++) {
		const struct symbol *v = ir->p->vars.at[i];
		if (v->decl->init)
			init_value(l, ir, v->offset, v->type, v->decl->init);
	}
}

struct layout *image_layout(struct ir_program *ir)
{
	struct layout *l = NEW(ir->arena, struct layout);
	uint64_t at = sizeof(struct rl_control);
	size_t ntasks = ir->tasks.n;

	if (ir->uses_log) {
		l->log_slots = LOG_SLOTS;
		l->log = take(&at, LOG_SLOTS * sizeof(struct rl_log), 64);
	}
	l->pool = arena_alloc(ir->arena, (ntasks + 1) * sizeof *l->pool);
	for (size_t i = 0; i < ntasks; i++) {
		uint64_t count = ir->tasks.at[i]->sym->count;
		l->pool[i] = take(&at, POOL(freed) + count * 4, 8);
	}
	for (size_t i = 0; i < ntasks; i++)
		ir->tasks.at[i]->offset = take(&at, ir->tasks.at[i]->size * ir->tasks.at[i]->sym->count, 8);
	for (size_t i = 0; i < ir->fns.n; i++)
		ir->fns.at[i]->offset = take(&at, ir->fns.at[i]->size, 8);
	number_lists(l, ir);
	l->waits = take(&at, l->nwaits * sizeof(struct rl_wait), 64);
	choose_entries(l, ir);
	join_words(l, ir);
	count_requests(l, ir);
	l->ready_slots = count_ready(l, ir);
	l->ready = take(&at, l->ready_slots * sizeof(struct rl_ready), 16);
	if (ir->streams.n) {
		uint64_t n = count_entries(l, ir);
		l->stream_entries = power_of_two(n < RL_IMAGE_MAX ? n : RL_IMAGE_MAX);
		l->streams = take(&at, l->stream_entries * sizeof(struct rl_stream_entry), 64);
		if (has_big_streams(ir))
			l->stream_bigs = take(&at, l->stream_entries * RL_BIG_CQE, 64);
	}
	place_vars(l, ir, &at, VAR_PARAM);
	place_vars(l, ir, &at, VAR_PRIVATE);
	place_vars(l, ir, &at, VAR_QUEUE);
	ir->data_offset = take(&at, ir->data.n, 8);

	l->request_slots = 2 * l->sq_entries; /* those of a submission, while the next is written */
	l->requests = take(&at, (uint64_t)l->request_slots * ir->request_bytes, 16);

	l->ring_size = RL_RING_HEADER + l->cqe_size * (uint64_t)l->cq_entries + 4 * (uint64_t)l->sq_entries;
	l->ring_size = (l->ring_size + RL_PAGE - 1) / RL_PAGE * RL_PAGE;
	l->ring = take(&at, l->ring_size, RL_PAGE);
	l->sqes = take(&at, (uint64_t)l->sq_entries * l->sqe_size, RL_PAGE);
	/* The verifier does not know that an SQE of 128 bytes is never the last slot. */
	take(&at, l->setup & RL_SETUP_SQE_MIXED ? RL_PAGE : 0, RL_PAGE);
	place_vars(l, ir, &at, VAR_BUFFERS);
	l->trace = take(&at, RL_TRACE_BYTES, RL_PAGE); /* where it makes nothing far */
	l->shared = take(&at, 0, RL_PAGE);
	place_vars(l, ir, &at, VAR_SHARED);
	l->shared_size = at - l->shared;
	/* copy_from_user may be given a page at any byte, as far as the verifier knows. */
	take(&at, ir->uses_copy_user ? RL_PAGE : 0, RL_PAGE);
	l->size = at;
	if (l->size > RL_IMAGE_MAX) {
		/* What takes most of it: a variable, or the frames of a pool. */
		const struct symbol *blame = ir->p->main;
		uint64_t most = 0;
		for (size_t i = 0; i < ir->p->vars.n; i++)
			if (ir->p->vars.at[i]->type->size > most) {
				blame = ir->p->vars.at[i];
				most = blame->type->size;
			}
		for (size_t i = 0; i < ntasks; i++)
			if (ir->tasks.at[i]->size * ir->tasks.at[i]->sym->count > most) {
				blame = ir->tasks.at[i]->sym;
				most = ir->tasks.at[i]->size * blame->count;
			}
		diag(ir->p->diags, &blame->loc, D_image_too_large, (unsigned long long)(l->size >> 20),
			RL_IMAGE_MAX >> 20);
		return l;
	}
	init_all(l, ir);
	return l;
}
