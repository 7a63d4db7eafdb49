/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lint.c: what is looked at in an object. */
#include "lint.h"
#include "flow.h"
#include "interp/interp.h"
#include "limits.h"
#include "needs.h"
#include "ring/ring.h"

void lint_look(struct lint *l, struct lint_object *o, struct ir_program *ir)
{
	VEC_PUSH(l->arena, &l->objects, o);
	map_limits(l, o);
	if (ir)
		lint_script(l, ir);
	for (size_t i = 0; i < o->programs.n; i++) {
		struct lint_program *p = o->programs.at[i];
		struct summary s = {.object = o, .program = p};
		struct lint_mark before = lint_mark(l);
		struct flow flow;
		flow_make(l->arena, p, &flow);
		lint_limits(l, o, p, &flow, &s);
		lint_needs(l, o, p, &flow, &s);
		if (ir)
			lint_script_needs(l, ir, &s);
		struct interp_result r = {.judged = false};
		/* What these refuse it would only refuse again, and in other words. */
		bool followed = lint_follow(l, o, p, before, &r);
		if (!r.judged)
			lint_jumps(l, p);
		s.processed = r.accepted ? r.insns_processed : 0;
		paths_find(l, &s, followed ? &r : NULL);
		VEC_PUSH(l->arena, &l->summaries, s);
	}
}
