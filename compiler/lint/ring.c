/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ring.c: the rules of ring.h, one after the other. */
#include "ring.h"

const struct lint_line *ring_place(struct ir_program *ir, const struct loc *loc)
{
	const struct source *source = ir->p->sources->list.at[loc->file];
	struct lint_line *line = NEW(ir->arena, struct lint_line);
	line->file = source->name;
	source_position(ir->p->sources, loc->file, loc->begin, &line->line, &line->col);
	line->text = source->text + source->line[line->line - 1];
	return line;
}

void lint_script(struct lint *l, struct ir_program *ir)
{
	for (size_t i = 0; i < ir->tasks.n; i++) {
		struct ir_fn *task = ir->tasks.at[i];
		ring_results(l, ir, task);
		ring_descriptors(l, ir, task);
		ring_buffers(l, ir, task);
		ring_loops(l, ir, task);
	}
	for (size_t i = 0; i < ir->fns.n; i++)
		if (ir->fns.at[i]->used)
			ring_loops(l, ir, ir->fns.at[i]);
	ring_queues(l, ir);
}
