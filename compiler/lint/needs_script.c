/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* needs_script.c: what the operations of a ring script need: ops.def says since when each is there. */
#include "check.h"
#include "ir.h"
#include "limits.h"
#include "needs.h"
#include "script.h"

struct newest {
	const struct operation *op;
	struct loc loc;
	unsigned since;
};

static void look(struct lint *l, const struct ir_program *ir, const struct ir_ins *ins, struct newest *newest)
{
	const struct operation *op = ins->operation;
	unsigned since = op ? kernel_version(op->since) : 0;

	if (since > newest->since)
		*newest = (struct newest){op, ins->loc, since};
	if (since > lint_kernel(l))
		lint_find_line(l, L_too_new, script_line(ir, &ins->loc),
			arena_printf(l->arena, "`%s`", op->name), op->since, lint_kernel(l) >> 8,
			lint_kernel(l) & 0xff);
}

void lint_script_needs(struct lint *l, const struct ir_program *ir, struct summary *s)
{
	struct newest newest = {0};
	const ir_fn_vec *lists[] = {&ir->tasks, &ir->fns};

	for (size_t k = 0; k < 2; k++)
		for (size_t f = 0; f < lists[k]->n; f++)
			for (size_t b = 0; b < lists[k]->at[f]->blocks.n; b++)
				for (size_t i = 0; i < lists[k]->at[f]->blocks.at[b]->ins.n; i++)
					look(l, ir, lists[k]->at[f]->blocks.at[b]->ins.at[i], &newest);
	if (!newest.op)
		return;
	const struct lint_line *line = script_line(ir, &newest.loc);
	s->user_needs = arena_printf(l->arena, "Linux %s or later, because of `%s` (%s:%u)", newest.op->since,
		newest.op->name, line->file, line->line);
}
