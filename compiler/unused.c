/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * unused.c: functions that no task reaches are checked like all, and leave before there is code of them. A
 * script that uses little of a library is no larger for the rest.
 */
#include "ir.h"

/* Appends to `found` what the function calls and is not there yet. */
static void calls(struct ir_program *ir, const struct ir_fn *fn, ir_fn_vec *found)
{
	for (size_t b = 0; b < fn->blocks.n; b++) {
		const struct ir_block *block = fn->blocks.at[b];
		for (size_t i = 0; i < block->ins.n; i++) {
			struct ir_fn *callee =
				block->ins.at[i]->op == IR_CALL ? block->ins.at[i]->sym->ir : NULL;
			if (!callee || callee->used)
				continue;
			callee->used = true;
			VEC_PUSH(ir->arena, found, callee);
		}
	}
}

void unused(struct ir_program *ir)
{
	ir_fn_vec found = {0};
	for (size_t i = 0; i < ir->tasks.n; i++)
		calls(ir, ir->tasks.at[i], &found);
	for (size_t i = 0; i < found.n; i++)
		calls(ir, found.at[i], &found);
	size_t n = 0;
	for (size_t i = 0; i < ir->fns.n; i++)
		if (ir->fns.at[i]->used)
			ir->fns.at[n++] = ir->fns.at[i];
	ir->fns.n = n;
}
