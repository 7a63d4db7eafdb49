/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * verify.h: a kernel's verifier as the judge, and its words translated.
 *
 * ask.c has the running kernel look at one program, and guest.c has another do so in a virtual machine;
 * equivalent.c makes, of a ring's step, a program of another type, for kernels that have no io_uring_bpf_ops.
 * verify.c reads the answer; verifier_log.c finds in the log at which instruction the verifier stopped, why,
 * and by which way it came there; verifier.def is what it says and what that means; verdict.c says it in a
 * sentence.
 */
#ifndef RINGC_LINT_VERIFY_H
#define RINGC_LINT_VERIFY_H

#include "ask.h"
#include "../findings.h"

struct verifier_verdict {
	enum { VERDICT_ACCEPTED, VERDICT_REJECTED, VERDICT_NONE } is;
	const char *why;    /* VERDICT_NONE: why the kernel did not judge */
	uint32_t processed; /* instructions; 0: not known */
	bool equivalent;    /* another program was judged in its place */
};

/* What a kernel answered of a program. What its verifier found becomes a finding. */
struct verifier_verdict lint_verify(
	struct lint *, const struct lint_object *, const struct lint_program *, const struct kernel_answer *);

/* An object that has been looked at, its file's bytes, and, where a virtual machine was asked, which of those
 * that it was given it is. */
struct guest;
struct judged {
	const struct lint_object *object;
	const void *bytes;
	size_t size;
	const struct guest *guest; /* NULL: the kernel that runs is asked */
	uint32_t number;
};

/* All its programs, with a sentence each for its summary. False: of some there is no verdict. */
bool lint_verdicts(struct lint *, const struct judged *);

/* verifier_log.c: makes a finding of the log of a rejected program. */
void lint_verifier_log(
	struct lint *, const struct lint_object *, const struct lint_program *, const char *log);
/* What is said at the end of every log; 0: it is cut. */
uint32_t lint_log_processed(const char *log);

#endif
