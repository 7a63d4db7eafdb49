/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* verdict.c: what the running kernel says of a program, in a sentence. */
#include <sys/utsname.h>
#include "lint.h"
#include "verify.h"

static bool verdict(struct lint *l, const struct lint_object *o, const struct lint_program *p,
	const void *bytes, size_t size, struct summary *s)
{
	const struct verifier_verdict v = lint_verify(l, o, p, bytes, size);
	const char *what = v.equivalent ? "an equivalent program of type syscall" : "it";
	struct utsname u;

	uname(&u);
	switch (v.is) {
	case VERDICT_ACCEPTED:
		s->verdict = arena_printf(l->arena,
			"the verifier of Linux %s accepts %s: it looked at %u instructions", u.release, what,
			v.processed);
		return true;
	case VERDICT_REJECTED:
		s->verdict = arena_printf(l->arena, "the verifier of Linux %s rejects %s", u.release, what);
		return true;
	default:
		s->verdict =
			arena_printf(l->arena, "Linux %s gives no verdict on %s: %s", u.release, what, v.why);
		return false;
	}
}

bool lint_verdicts(struct lint *l, const struct lint_object *o, const void *bytes, size_t size)
{
	bool judged = true;
	for (size_t i = 0; i < l->summaries.n; i++) {
		struct summary *s = &l->summaries.at[i];
		if (s->object == o)
			judged &= verdict(l, o, s->program, bytes, size, s);
	}
	return judged;
}
