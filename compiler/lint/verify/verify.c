/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* verify.c: what a kernel's answer means. */
#include "verify.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Why there is no verdict: not the program's fault. */
static const char *why_not(const struct kernel_answer *answer, struct arena *a)
{
	if (answer->error == -EPERM)
		return geteuid() ? "loading programs needs root, or CAP_BPF with what the type asks for "
				   "(CAP_PERFMON, CAP_NET_ADMIN)"
				 : "it is not allowed to this root: of a container without CAP_BPF, by "
				   "lockdown or a security module, or because what such programs attach to "
				   "is not there";
	return arena_printf(a, "%s", answer->said && *answer->said ? answer->said : strerror(-answer->error));
}

struct verifier_verdict lint_verify(struct lint *l, const struct lint_object *o, const struct lint_program *p,
	const struct kernel_answer *answer)
{
	const char *log = answer->log ? answer->log : "";
	struct verifier_verdict v = {
		.processed = lint_log_processed(log),
		.equivalent = answer->equivalent,
	};

	if (!answer->error) {
		v.is = VERDICT_ACCEPTED;
	} else if (*log) {
		v.is = VERDICT_REJECTED;
		lint_verifier_log(l, o, p, log);
	} else {
		v.is = VERDICT_NONE;
		v.why = why_not(answer, o->arena);
	}
	return v;
}
