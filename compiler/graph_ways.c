/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* graph_ways.c: the ways from one place where a task waits to the next. */
#include "graph_ways.h"
#include <string.h>

size_t graph_site(const struct ir_fn *task, size_t i)
{
	const struct ir_state *s = &task->states.at[i];
	for (size_t k = 1; k < i; k++) {
		const struct ir_state *o = &task->states.at[k];
		if (o->loc.file == s->loc.file && o->loc.begin == s->loc.begin && !strcmp(o->op, s->op))
			return k;
	}
	return i;
}

static const struct ir_ins *last_of(const struct ir_block *b)
{
	return b->ins.at[b->ins.n - 1];
}

struct walk {
	struct arena *arena;
	bool *seen; /* blocks of the task */
	block_vec todo;
};

static void enter(void *arg, struct ir_block *b)
{
	struct walk *w = arg;
	if (w->seen[b->id])
		return;
	w->seen[b->id] = true;
	VEC_PUSH(w->arena, &w->todo, b);
}

/* Where all of a pool have ended, the task goes on at once; it comes back to the same place otherwise. */
static bool goes_on(const struct ir_ins *last, size_t from)
{
	if (ir_suspends(last->op) || last->op == IR_END)
		return false;
	return last->op != IR_AWAIT_ALL || from == last->state;
}

void graph_ways(
	struct arena *a, const struct ir_fn *task, size_t from, struct ir_block *first, block_vec *ways)
{
	struct walk w = {.arena = a, .seen = arena_alloc(a, task->blocks.n + 1)};

	ways->n = 0;
	enter(&w, first);
	while (w.todo.n) {
		struct ir_block *b = w.todo.at[--w.todo.n];
		VEC_PUSH(a, ways, b);
		if (goes_on(last_of(b), from))
			ir_successors(b, false, enter, &w);
	}
}

/* The state in which control is when the block is begun. */
static size_t state_at(const struct ir_fn *task, const struct ir_block *b)
{
	for (size_t i = 0; i < task->states.n; i++)
		if (task->states.at[i].block == b)
			return i;
	return 0;
}

size_t graph_way_leads(const struct ir_fn *task, size_t from, const struct ir_block *b)
{
	const struct ir_ins *last = last_of(b);

	if (last->op == IR_END)
		return WAY_END;
	if (last->op == IR_AWAIT_ALL)
		return from != last->state ? graph_site(task, last->state) : WAY_NOWHERE;
	if (!ir_suspends(last->op) || !last->t)
		return WAY_NOWHERE;
	return graph_site(task, state_at(task, last->t));
}
