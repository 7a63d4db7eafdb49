/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ring_descriptors.c: descriptors that nobody closes.
 *
 * From where an operation has given one, each way through the task is followed until it is closed, or handed
 * to somebody else: stored, given to a task or a function, emitted, returned. A way that ends the task before
 * that leaves it open, in the host's process, and so does one that comes to open the next. What main leaves
 * open at its end is open as long as the program is.
 */
#include <string.h>
#include "ring.h"

struct way {
	struct ir_block *block;
	const struct ir_ins *by; /* the await that it last went on from, or NULL */
};

struct walk {
	struct ir_program *ir;
	struct ir_fn *fn;
	const bool *copies; /* registers that hold the descriptor */
	bool *seen;         /* by block */
	VEC(struct way) open;
	const struct ir_ins *opens;
	const struct ir_ins *leak; /* what ends the task, or opens again; NULL: nothing does */
	const struct ir_ins *by;
};

static bool is_held(const struct walk *w, const struct ir_val *v)
{
	return v && v->reg && v->reg != IR_SELF && w->copies[v->reg];
}

/* Whether it is somebody else's from here on. */
static bool hands_on(const struct walk *w, const struct ir_ins *i)
{
	if (!ring_reads(i, w->copies))
		return false;
	const struct operation *op = ring_operation(i);
	if (op) {
		const struct ir_val *fd = ring_sqe_value(i, F_FD);
		if (op->opcode == OPCODE_CLOSE)
			return is_held(w, fd);
		for (size_t k = 0; k < i->sqe.n; k++)
			if (i->sqe.at[k].field != F_FD && i->sqe.at[k].field != F_SPLICE_FD_IN &&
				is_held(w, &i->sqe.at[k].val))
				return true;
		return false;
	}
	switch (i->op) {
	case IR_MOV:
	case IR_EXT:
	case IR_OPAQUE:
	case IR_BIN:
	case IR_BRANCH:
	case IR_SWITCH:
	case IR_CHECK:
	case IR_LOG:
	case IR_FAIL:
	case IR_STREAM:
		return false;
	default:
		return true;
	}
}

/* Of a comparison of the descriptor with 0, or with an error: on which side there is one; NULL: on both. */
static struct ir_block *side_with_one(const struct walk *w, const struct ir_block *b)
{
	const struct ir_ins *last = b->ins.at[b->ins.n - 1], *c = NULL;
	if (last->op != IR_BRANCH)
		return NULL;
	for (size_t k = 0; k + 1 < b->ins.n; k++)
		if (b->ins.at[k]->dst == last->a.reg)
			c = b->ins.at[k];
	if (!c || c->op != IR_BIN || !is_held(w, &c->a) || c->b.reg)
		return NULL;
	int64_t than = ring_signed(&c->b);
	if (c->is_signed && ((c->bop == OP_LT && than == 0) || (c->bop == OP_LE && than == -1)))
		return last->f;
	if (c->is_signed && ((c->bop == OP_GE && than == 0) || (c->bop == OP_GT && than == -1)))
		return last->t;
	if (c->bop == OP_EQ && than < 0)
		return last->f;
	return c->bop == OP_NE && than < 0 ? last->t : NULL;
}

static void go(void *arg, struct ir_block *b)
{
	struct walk *w = arg;
	if (w->seen[b->id])
		return;
	w->seen[b->id] = true;
	VEC_PUSH(w->ir->arena, &w->open, ((struct way){b, w->by}));
}

static void follow(struct walk *w, const struct way *way)
{
	const struct ir_block *b = way->block;
	const struct ir_ins *last = b->ins.at[b->ins.n - 1];

	w->by = way->by;
	for (size_t k = 0; k < b->ins.n; k++)
		if (hands_on(w, b->ins.at[k]))
			return;
	if (last == w->opens || (last->op == IR_END && w->fn->sym != w->ir->p->main))
		w->leak = last;
	if (ir_suspends(last->op))
		w->by = last;
	struct ir_block *only = side_with_one(w, b);
	if (only)
		go(w, only);
	else
		ir_successors(b, true, go, w);
}

static void look(struct lint *l, struct ir_program *ir, struct ir_fn *fn, const struct ir_ins *i)
{
	const struct ir_state *s = &fn->states.at[i->state];
	struct walk w = {.ir = ir, .fn = fn, .opens = i};

	if (!s->result)
		return; /* that is result_unseen */
	w.copies = ring_copies(ir, fn, s->result);
	w.seen = arena_alloc(ir->arena, fn->blocks.n);
	go(&w, s->block);
	while (w.open.n && !w.leak)
		follow(&w, &(struct way){w.open.at[w.open.n - 1].block, w.open.at[--w.open.n].by});
	if (!w.leak)
		return;
	struct finding *f = lint_find_line(
		l, L_descriptor_open, script_line(ir, &i->loc), i->operation->name, fn->sym->name);
	if (w.by && w.by != i)
		lint_note_line(l, f, script_line(ir, &w.by->loc), "this is the last that it awaits there");
	lint_hint(l, f, "`defer await close(...)` behind it closes it on every way out");
}

void ring_descriptors(struct lint *l, struct ir_program *ir, struct ir_fn *fn)
{
	for (size_t b = 0; b < fn->blocks.n; b++) {
		const struct ir_block *block = fn->blocks.at[b];
		const struct ir_ins *i = block->ins.at[block->ins.n - 1];
		if (i->op == IR_AWAIT && !strcmp(ring_result(i->operation), "a descriptor"))
			look(l, ir, fn, i);
	}
}
