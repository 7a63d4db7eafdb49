/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ring_loops.c: loops that wait for what cannot come. While a step runs nothing else of the script does, and
 * the kernel puts no completion where the script could see it: a loop that awaits nothing ends only by what
 * it computes itself.
 *
 * A register varies in a loop if it is set there from what varies, from memory that the loop writes, or from
 * its own value of the round before. A loop that every branch leaves, or stays in, for values that do not
 * vary is the same in each round.
 */
#include "ring.h"

struct loop {
	struct arena *arena;
	struct ir_fn *fn;
	bool *in;       /* by block */
	bool *constant; /* by register: of the same value in each round */
};

struct edge {
	const struct ir_block *to;
	bool is;
};

static void is_edge(void *arg, struct ir_block *b)
{
	struct edge *e = arg;
	e->is |= b == e->to;
}

static bool leads(const struct ir_block *from, const struct ir_block *to)
{
	struct edge e = {to, false};
	ir_successors(from, true, is_edge, &e);
	return e.is;
}

/* What reaches the back edge without going through the head. */
static void mark(struct loop *loop, struct ir_block *b)
{
	VEC(struct ir_block *) open = {0};
	VEC_PUSH(loop->arena, &open, b);
	while (open.n) {
		b = open.at[--open.n];
		if (loop->in[b->id])
			continue;
		loop->in[b->id] = true;
		for (size_t k = 0; k < loop->fn->blocks.n; k++)
			if (leads(loop->fn->blocks.at[k], b))
				VEC_PUSH(loop->arena, &open, loop->fn->blocks.at[k]);
	}
}

static bool is_pure(enum ir_op op)
{
	switch (op) {
	case IR_MOV:
	case IR_BIN:
	case IR_NEG:
	case IR_COM:
	case IR_EXT:
	case IR_BSWAP:
	case IR_SELF_REG:
	case IR_INDEX:
	case IR_OFFSET:
	case IR_REGION_LEN:
	case IR_ADDRESS:
	case IR_STREAM:
	case IR_LOAD:
		return true;
	default:
		return false;
	}
}

/* What has no effect besides on registers, and none on anything that a round could look at. */
static bool is_harmless(enum ir_op op)
{
	return is_pure(op) || op == IR_OPAQUE || op == IR_CHECK || op == IR_LOOP || op == IR_JUMP ||
	       op == IR_BRANCH || op == IR_SWITCH;
}

#define EACH_LOOP_INS(loop, i)                                                                               \
	for (size_t b_ = 0; b_ < (loop)->fn->blocks.n; b_++)                                                 \
		for (size_t k_ = 0; (loop)->in[b_] && k_ < (loop)->fn->blocks.at[b_]->ins.n; k_++)           \
			for (const struct ir_ins *i = (loop)->fn->blocks.at[b_]->ins.at[k_]; i; i = NULL)

struct all {
	const bool *regs;
	bool are;
};

static void check_one(void *arg, ir_reg r)
{
	struct all *a = arg;
	a->are &= a->regs[r];
}

static bool is_constant(const struct loop *loop, const struct ir_ins *i)
{
	struct all a = {loop->constant, true};
	ir_uses(i, check_one, &a);
	return a.are && (is_pure(i->op) || i->op == IR_OPAQUE);
}

static void find_constants(struct loop *loop)
{
	size_t n = loop->fn->regs.n;
	uint32_t *sets = arena_alloc(loop->arena, n * sizeof *sets);
	bool changed = true;
	EACH_LOOP_INS (loop, i)
		sets[i->dst]++;
	for (size_t r = 1; r < n; r++)
		loop->constant[r] = !sets[r];
	while (changed) {
		changed = false;
		EACH_LOOP_INS (loop, i)
			if (i->dst && sets[i->dst] == 1 && !loop->constant[i->dst] && is_constant(loop, i))
				loop->constant[i->dst] = changed = true;
	}
}

static void look(struct lint *l, struct ir_program *ir, struct ir_fn *fn, struct ir_block *back)
{
	struct ir_block *head = back->ins.at[back->ins.n - 1]->t;
	struct loop loop = {.arena = ir->arena,
		.fn = fn,
		.in = arena_alloc(ir->arena, fn->blocks.n),
		.constant = arena_alloc(ir->arena, fn->regs.n)};

	if (!head)
		return;
	loop.in[head->id] = true;
	mark(&loop, back);
	EACH_LOOP_INS (&loop, i)
		if (!is_harmless(i->op))
			return;
	find_constants(&loop);
	EACH_LOOP_INS (&loop, i) {
		if ((i->op == IR_BRANCH || i->op == IR_SWITCH) && i->a.reg && !loop.constant[i->a.reg])
			return;
	}
	for (size_t k = 0; k < back->ins.n; k++)
		if (back->ins.at[k]->op == IR_LOOP) {
			struct finding *f =
				lint_find_line(l, L_loop_stuck, script_line(ir, &back->ins.at[k]->loc));
			lint_hint(l, f, "await something in it: `await nop()` at least lets the others run");
		}
}

void ring_loops(struct lint *l, struct ir_program *ir, struct ir_fn *fn)
{
	for (size_t b = 0; b < fn->blocks.n; b++) {
		struct ir_block *block = fn->blocks.at[b];
		for (size_t k = 0; k < block->ins.n; k++)
			if (block->ins.at[k]->op == IR_LOOP)
				look(l, ir, fn, block);
	}
}
