/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tentative.c: what is found without following paths, and is taken back where these know better. */
#include "interp/interp.h"
#include "lint.h"

bool lint_is_tentative(enum lint_rule rule)
{
	return rule == L_endless_loop || rule == L_loop_without_progress || rule == L_not_set ||
	       rule == L_unknown_helper;
}

struct lint_mark lint_mark(const struct lint *l)
{
	return (struct lint_mark){l->findings.n, l->errors, l->tentative};
}

/* Only what `tentative` says, or all, since then. */
static void take_back(struct lint *l, struct lint_mark to, bool tentative)
{
	size_t n = to.findings;
	for (size_t i = n; i < l->findings.n; i++)
		if (tentative && !lint_is_tentative(l->findings.at[i]->rule))
			l->findings.at[n++] = l->findings.at[i];
	l->findings.n = n;
	l->errors = to.errors;
	l->tentative = to.tentative;
}

/* Some rules look at instructions to which no path may lead. Where a path does, they say it better. */
bool lint_follow(struct lint *l, struct lint_object *o, struct lint_program *p, struct lint_mark before,
	struct interp_result *r)
{
	struct lint_mark found = lint_mark(l);
	bool tentative = found.tentative > before.tentative;

	if (found.errors - found.tentative > before.errors - before.tentative)
		return false;
	lint_interpret(l, o, p, r);
	if (!tentative)
		return true;
	if (r->judged && r->accepted) {
		take_back(l, before, true);
		return true;
	}
	take_back(l, found, false);
	*r = (struct interp_result){.judged = false};
	return false;
}
