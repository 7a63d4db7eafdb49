/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lint.c: what is looked at in an object. */
#include "lint.h"
#include "limits.h"
#include "needs.h"

void lint_look(struct lint *l, struct lint_object *o, const struct ir_program *ir)
{
	VEC_PUSH(l->arena, &l->objects, o);
	map_limits(l, o);
	for (size_t i = 0; i < o->programs.n; i++) {
		const struct lint_program *p = o->programs.at[i];
		struct summary s = {.object = o, .program = p};
		lint_limits(l, o, p, &s);
		lint_needs(l, o, p, &s);
		if (ir)
			lint_script_needs(l, ir, &s);
		VEC_PUSH(l->arena, &l->summaries, s);
	}
}
