/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* verdict.c: what a kernel says of a program, in a sentence. */
#include <stdlib.h>
#include <sys/utsname.h>
#include "guest.h"
#include "../lint.h"
#include "verify.h"

static const char *kernel_name(struct arena *a, const struct guest *guest)
{
	struct utsname u;

	if (guest && guest->release)
		return arena_printf(a, "Linux %s of %s", guest->release, guest->image);
	if (guest)
		return guest->image;
	uname(&u);
	return arena_printf(a, "Linux %s", u.release);
}

static struct verifier_verdict judge(struct lint *l, const struct judged *j, uint32_t program)
{
	const struct lint_program *p = j->object->programs.at[program];
	struct kernel_answer answer = {0};
	const char *why = NULL;

	if (j->guest)
		why = guest_answer(j->guest, j->number, program, &answer);
	else
		answer = lint_ask_kernel(j->object, p, j->bytes, j->size);
	struct verifier_verdict v = why ? (struct verifier_verdict){.is = VERDICT_NONE, .why = why}
					: lint_verify(l, j->object, p, &answer);
	kernel_answer_free(&answer);
	return v;
}

static const char *sentence(struct arena *a, const struct verifier_verdict *v, const char *kernel)
{
	const char *what = v->equivalent ? "an equivalent program of type syscall" : "it";

	switch (v->is) {
	case VERDICT_ACCEPTED:
		return arena_printf(a, "the verifier of %s accepts %s: it looked at %u instructions", kernel,
			what, v->processed);
	case VERDICT_REJECTED:
		return arena_printf(a, "the verifier of %s rejects %s", kernel, what);
	default:
		return arena_printf(a, "%s gives no verdict on %s: %s", kernel, what, v->why);
	}
}

bool lint_verdicts(struct lint *l, const struct judged *j)
{
	const char *kernel = kernel_name(l->arena, j->guest);
	uint32_t program = 0;
	bool judged = true;

	for (size_t i = 0; i < l->summaries.n; i++) {
		struct summary *s = &l->summaries.at[i];
		if (s->object != j->object)
			continue;
		const struct verifier_verdict v = judge(l, j, program++);
		s->verdict = sentence(l->arena, &v, kernel);
		judged &= v.is != VERDICT_NONE;
	}
	return judged;
}
