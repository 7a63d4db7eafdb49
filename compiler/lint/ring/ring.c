/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ring.c: the rules of ring.h, one after the other. */
#include "ring.h"

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
