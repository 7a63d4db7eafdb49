/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * budget.c: which loops take from the budget. Of those that loops.c has left, a loop of a constant range need
 * not, if its rounds, times those of all around it, are within the budget: then they end soon whatever the
 * data are. What is around a loop goes on in the functions that call its own: so a function that may be
 * called too often for its loops counts them all.
 */
#include "ir.h"

#define MANY (LOOP_BUDGET + 1) /* or more */

static uint64_t product(uint64_t a, uint64_t b)
{
	return a && b > MANY / a ? MANY : a * b;
}

/* How often what is in a loop may run for each time that its function is called. */
static uint64_t times(const struct ir_loop *loop)
{
	return loop ? loop->times : 1;
}

/* From the outside in, as they were made. Where one takes from the budget, so does all that is in it. */
static void look_at_loops(struct ir_fn *fn)
{
	for (size_t i = 0; i < fn->loops.n; i++) {
		struct ir_loop *loop = fn->loops.at[i];
		loop->times = times(loop->up);
		if (!loop->goes_round)
			continue;
		loop->times = product(loop->times, loop->n ? loop->n : MANY);
		loop->counted = loop->times >= MANY;
	}
}

/* ---- from function to function ---- */

/* Calls `visit` for each call in it. */
static void calls(
	struct ir_fn *fn, void (*visit)(struct ir_fn *fn, const struct ir_ins *call, void *), void *arg)
{
	for (size_t b = 0; b < fn->blocks.n; b++) {
		const struct ir_block *block = fn->blocks.at[b];
		for (size_t i = 0; i < block->ins.n; i++)
			if (block->ins.at[i]->op == IR_CALL)
				visit(fn, block->ins.at[i], arg);
	}
}

static void weigh(struct ir_fn *fn);

static void add_call(struct ir_fn *fn, const struct ir_ins *call, void *arg)
{
	struct ir_fn *callee = call->sym->ir;
	(void)arg;
	weigh(callee);
	fn->rounds += product(times(call->loop), callee->rounds);
}

/* The rounds of its loops that are not counted, and of those that it calls. Functions do not call themselves.
 */
static void weigh(struct ir_fn *fn)
{
	if (fn->weighed)
		return;
	fn->weighed = true;
	look_at_loops(fn);
	for (size_t i = 0; i < fn->loops.n; i++)
		if (fn->loops.at[i]->goes_round && !fn->loops.at[i]->counted)
			fn->rounds += fn->loops.at[i]->times;
	calls(fn, add_call, NULL);
}

static void count_callee(struct ir_fn *fn, const struct ir_ins *call, void *arg)
{
	struct ir_fn *callee = call->sym->ir;
	bool often = fn->often || product(times(call->loop), callee->rounds) >= MANY;
	if (often && callee->rounds && !callee->often) {
		callee->often = true;
		*(bool *)arg = true;
	}
}

static void count_spender(struct ir_fn *fn, const struct ir_ins *call, void *arg)
{
	const struct ir_fn *callee = call->sym->ir;
	if ((callee->counted || callee->calls_counted) && !fn->calls_counted) {
		fn->calls_counted = true;
		*(bool *)arg = true;
	}
}

/* Until nothing changes: as often as calls are stacked. */
static void spread(struct ir_program *ir, void (*visit)(struct ir_fn *, const struct ir_ins *, void *))
{
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < ir->fns.n; i++)
			calls(ir->fns.at[i], visit, &again);
		for (size_t i = 0; i < ir->tasks.n; i++)
			calls(ir->tasks.at[i], visit, &again);
	}
}

static void settle(struct ir_fn *fn)
{
	for (size_t i = 0; i < fn->loops.n; i++) {
		struct ir_loop *loop = fn->loops.at[i];
		loop->counted |= loop->goes_round && fn->often;
		fn->counted |= loop->counted;
	}
}

void budget(struct ir_program *ir)
{
	for (size_t i = 0; i < ir->fns.n; i++)
		weigh(ir->fns.at[i]);
	for (size_t i = 0; i < ir->tasks.n; i++)
		weigh(ir->tasks.at[i]);
	spread(ir, count_callee);
	for (size_t i = 0; i < ir->fns.n; i++)
		settle(ir->fns.at[i]);
	for (size_t i = 0; i < ir->tasks.n; i++)
		settle(ir->tasks.at[i]);
	spread(ir, count_spender);
}
