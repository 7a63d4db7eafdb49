/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* image.c: what lies where in the image, and what of it is not zero at the start. */
#include "layout.h"
#include <string.h>
#include "../runtime/image.h"

#define LOG_SLOTS 64

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

static void place_vars(struct layout *l, struct ir_program *ir, uint64_t *at, enum storage storage)
{
	for (size_t i = 0; i < ir->p->vars.n; i++) {
		struct symbol *v = ir->p->vars.at[i];
		if (v->storage != storage)
			continue;
		/* Arrays of a page or more begin on a page: direct I/O and fixed buffers want that. */
		uint64_t align = v->type->size >= RL_PAGE ? RL_PAGE : v->type->align > 8 ? v->type->align : 8;
		v->offset = take(at, v->type->size, align);
		if (storage == VAR_PARAM && v->type->kind == T_FD) {
			v->stream = take(at, 4, 4);
			VEC_PUSH(ir->arena, &l->fds, v);
		}
	}
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
	uint64_t at = sizeof(struct rl_control), instances = 0;
	size_t ntasks = ir->tasks.n;

	if (ir->uses_log) {
		l->log_slots = LOG_SLOTS;
		l->log = take(&at, LOG_SLOTS * sizeof(struct rl_log), 64);
	}
	l->pool = arena_alloc(ir->arena, (ntasks + 1) * sizeof *l->pool);
	for (size_t i = 0; i < ntasks; i++) {
		uint64_t count = ir->tasks.at[i]->sym->count;
		instances += count;
		l->pool[i] = take(&at, POOL(freed) + count * 4, 8);
	}
	for (size_t i = 0; i < ntasks; i++)
		ir->tasks.at[i]->offset = take(&at, ir->tasks.at[i]->size * ir->tasks.at[i]->sym->count, 8);
	for (size_t i = 0; i < ir->fns.n; i++)
		ir->fns.at[i]->offset = take(&at, ir->fns.at[i]->size, 8);
	l->ready_slots = power_of_two(instances);
	l->ready = take(&at, l->ready_slots * sizeof(struct rl_ready), 16);
	place_vars(l, ir, &at, VAR_PARAM);
	place_vars(l, ir, &at, VAR_PRIVATE);
	ir->data_offset = take(&at, ir->data.n, 8);

	/* Every instance has at most one request in flight, so neither queue can overflow. */
	l->sq_entries = power_of_two(instances);
	l->cq_entries = 2 * l->sq_entries;
	l->ring_size = RL_RING_HEADER + 16 * (uint64_t)l->cq_entries + 4 * (uint64_t)l->sq_entries;
	l->ring_size = (l->ring_size + RL_PAGE - 1) / RL_PAGE * RL_PAGE;
	l->ring = take(&at, l->ring_size, RL_PAGE);
	l->sqes = take(&at, (uint64_t)l->sq_entries * SQE_SIZE, RL_PAGE);
	l->shared = take(&at, 0, RL_PAGE);
	place_vars(l, ir, &at, VAR_SHARED);
	l->shared_size = at - l->shared;
	l->size = take(&at, 0, RL_PAGE);
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
