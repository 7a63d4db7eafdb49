/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* linter.c: what `ringc lint` says of a program: it is called clean where no rule finds an error in it. */
#include <stdio.h>
#include "agree.h"
#include "../../../compiler/lint/interp/interp.h"
#include "../../../compiler/lint/limits.h"
#include "../../../compiler/lint/needs.h"

/* As `ringc lint -W error=...`: what no kernel takes, or what is not known to be there, is an error here. */
static const enum lint_rule also_errors[] = {L_many_jumps, L_unknown_kfunc};

static void first_error(const struct lint *l, struct verdict *v)
{
	for (size_t i = 0; i < l->findings.n; i++) {
		const struct finding *f = l->findings.at[i];
		if (f->level != LEVEL_ERROR && f->rule != L_not_judged)
			continue;
		snprintf(v->why, sizeof v->why, "L%04u at %d (%u): %s", lint_rules[f->rule].number,
			(int)f->place.insn, f->place.line ? f->place.line->line : 0, f->text);
		return;
	}
}

void ask_linter(const struct linter *how, struct lint_object *o, struct lint_program *p, struct verdict *v)
{
	struct arena *arena = arena_new(), *of_object = o->arena;
	struct lint *l = lint_new(arena);
	struct interp_result r = {.judged = true};
	struct summary s = {.object = o, .program = p};
	struct flow flow;
	static struct btf *btf; /* the kernel's, read once */
	static bool btf_read;

	o->arena = arena;
	l->kernel = how->kernel;
	l->btf = btf;
	l->btf_read = btf_read;
	for (size_t i = 0; i < sizeof also_errors / sizeof *also_errors; i++)
		l->levels[also_errors[i]] = LEVEL_ERROR;
	flow_make(arena, p, &flow);
	lint_limits(l, o, p, &flow, &s);
	if (!how->no_needs)
		lint_needs(l, o, p, &flow, &s);
	if (!lint_follow(l, o, p, (struct lint_mark){0}, &r))
		r = (struct interp_result){.judged = true};
	*v = (struct verdict){.judged = r.judged, .accepted = r.accepted, .insns = r.insns_processed};
	if (!v->accepted)
		first_error(l, v);
	btf = l->btf;
	btf_read = l->btf_read;
	o->arena = of_object;
	arena_free(arena);
}
