/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * loops.c: a loop every round of which awaits is no loop for the verifier, because each round is another
 * activation of the task. This pass finds the others. Each keeps its IR_LOOP (a bound, may_goto on BPF), and
 * before it, and in each round where that may learn something, the verifier is made to forget the values of
 * what the loop changes: else it would follow every round with the known values of a counter, instead of
 * seeing after one or two that nothing new comes.
 */
#include <string.h>
#include "ir.h"

struct walk {
	struct arena *arena;
	VEC(struct ir_block *) open;
	bool *seen;
};

static void push(void *arg, struct ir_block *b)
{
	struct walk *w = arg;
	if (w->seen[b->id])
		return;
	w->seen[b->id] = true;
	VEC_PUSH(w->arena, &w->open, b);
}

/* Marks what can be reached from a block without awaiting. */
static bool *reach(struct arena *a, const struct ir_fn *fn, struct ir_block *from)
{
	struct walk w = {.arena = a, .seen = arena_alloc(a, fn->blocks.n)};
	push(&w, from);
	while (w.open.n)
		ir_successors(w.open.at[--w.open.n], false, push, &w);
	return w.seen;
}

static void drop(struct ir_block *b, size_t at)
{
	memmove(b->ins.at + at, b->ins.at + at + 1, (b->ins.n - at - 1) * sizeof *b->ins.at);
	b->ins.n--;
}

/* Of the blocks that can be reached from the header, those that lead to the latch. */
struct enters {
	const bool *body;
	bool it_does;
};

static void enters(void *arg, struct ir_block *to)
{
	struct enters *e = arg;
	e->it_does |= e->body[to->id];
}

static bool *body_of(struct arena *a, const struct ir_fn *fn, struct ir_block *header, struct ir_block *latch)
{
	bool *reached = reach(a, fn, header), *body = arena_alloc(a, fn->blocks.n);
	if (!reached[latch->id])
		return NULL;
	body[header->id] = body[latch->id] = true;
	for (bool again = true; again;) {
		again = false;
		for (size_t i = fn->blocks.n; i-- > 0;) {
			struct ir_block *b = fn->blocks.at[i];
			struct enters e = {.body = body};
			if (body[b->id] || !reached[b->id])
				continue;
			ir_successors(b, false, enters, &e);
			again |= body[b->id] = e.it_does;
		}
	}
	return body;
}

static void forget(struct arena *a, struct ir_block *b, size_t at, const struct loc *loc,
	const struct ir_fn *fn, ir_reg r)
{
	struct ir_ins *i = NEW(a, struct ir_ins);
	i->op = IR_OPAQUE;
	i->loc = *loc;
	i->dst = r;
	i->a = (struct ir_val){.bits = fn->regs.at[r].bits, .reg = r};
	VEC_PUSH(a, &b->ins, i);
	memmove(b->ins.at + at + 1, b->ins.at + at, (b->ins.n - 1 - at) * sizeof *b->ins.at);
	b->ins.at[at] = i;
}

/* A comparison in the body, which is a branch on BPF, tells one way of what the other does not. Then a sum
 * that the loop compares and adds to is known again in the next round, and another number in each: it is
 * forgotten in every round. Where there is nothing but the loop's own condition, the verifier widens what
 * changes by itself. */
static bool compares(const struct ir_fn *fn, const bool *body)
{
	unsigned branches = 0, comparisons = 0;
	for (size_t b = 0; b < fn->blocks.n; b++)
		for (size_t i = 0; body[b] && i < fn->blocks.at[b]->ins.n; i++) {
			const struct ir_ins *ins = fn->blocks.at[b]->ins.at[i];
			branches += ins->op == IR_BRANCH || ins->op == IR_SWITCH;
			comparisons += ins->op == IR_BIN && op_is_comparison(ins->bop);
		}
	return branches > 1 || comparisons > 1;
}

static void loop(struct ir_program *ir, struct ir_fn *fn, struct ir_block *latch, size_t at)
{
	struct loc loc = latch->ins.at[at]->loc;
	struct ir_block *header = latch->ins.at[latch->ins.n - 1]->t, *before = header->entry_of_loop;
	bool *body = body_of(ir->arena, fn, header, latch);
	if (!body) {
		drop(latch, at);
		return;
	}
	fn->nloops++;
	bool every_round = compares(fn, body);
	for (ir_reg r = 1; r < fn->regs.n; r++) {
		bool changed = false;
		for (size_t b = 0; b < fn->blocks.n && !changed; b++)
			changed = body[b] && fn->blocks.at[b]->def[r / 64] >> (r % 64) & 1;
		if (!changed || !(header->live_in[r / 64] >> (r % 64) & 1) || fn->regs.at[r].framed)
			continue;
		forget(ir->arena, before, before->ins.n - 1, &loc, fn, r);
		if (every_round)
			forget(ir->arena, latch, at, &loc, fn, r);
	}
}

/* ---- paths ---- */

/* The verifier follows each way through a function, unless it comes to a place in a state that it has seen. A
 * variable that is set to one constant here and to another there makes two states of one, and a dozen of them
 * four thousand; so does whatever an index was computed from. What a function of a few branches costs is no
 * matter; past that the constants are made unknown, and indices go through memory, where their history ends.
 */
#define FEW_CHOICES 6
#define FEW_CHANGES 12
#define FEW_BRANCHES 48

static bool is_choice(const struct ir_register *r, unsigned definitions)
{
	return definitions > 1 && !r->framed && !r->counted;
}

static void join_paths(struct arena *a, struct ir_fn *fn)
{
	unsigned *definitions = arena_alloc(a, fn->regs.n * sizeof *definitions), choices = 0, changes = 0,
		 branches = 0;
	bool *constant = arena_alloc(a, fn->regs.n);
	for (size_t b = 0; b < fn->blocks.n; b++)
		for (size_t i = 0; i < fn->blocks.at[b]->ins.n; i++) {
			const struct ir_ins *ins = fn->blocks.at[b]->ins.at[i];
			branches += ins->op == IR_BRANCH ? 1 : (unsigned)ins->cases.n;
			definitions[ins->dst]++;
			constant[ins->dst] |= ins->op == IR_MOV && !ins->a.reg;
		}
	fn->winding = branches > FEW_BRANCHES;
	for (ir_reg r = 1; r < fn->regs.n; r++)
		if (constant[r] && is_choice(&fn->regs.at[r], definitions[r])) {
			choices++;
			changes += definitions[r] - 1; /* a sum of flags is one variable */
		}
	if (choices <= FEW_CHOICES && changes <= FEW_CHANGES)
		return;
	for (size_t b = 0; b < fn->blocks.n; b++)
		for (size_t i = 0; i < fn->blocks.at[b]->ins.n; i++) {
			struct ir_ins *ins = fn->blocks.at[b]->ins.at[i];
			if (ins->op == IR_MOV && !ins->a.reg &&
				is_choice(&fn->regs.at[ins->dst], definitions[ins->dst]))
				ins->op = IR_OPAQUE;
		}
}

static void loops_fn(struct ir_program *ir, struct ir_fn *fn)
{
	join_paths(ir->arena, fn);
	for (size_t b = 0; b < fn->blocks.n; b++) {
		struct ir_block *block = fn->blocks.at[b];
		for (size_t i = block->ins.n; i-- > 0;)
			if (block->ins.at[i]->op == IR_LOOP)
				loop(ir, fn, block, i);
	}
}

void loops(struct ir_program *ir)
{
	for (size_t i = 0; i < ir->fns.n; i++)
		loops_fn(ir, ir->fns.at[i]);
	for (size_t i = 0; i < ir->tasks.n; i++)
		loops_fn(ir, ir->tasks.at[i]);
}
