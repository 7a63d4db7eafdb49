/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * verify.h: the verifier of the running kernel as the judge, and its words translated.
 *
 * verify.c loads each program by itself and keeps the log; equivalent.c makes, of a ring's step, a program of
 * another type, for kernels that have no io_uring_bpf_ops; verifier_log.c finds in the log at which
 * instruction the verifier stopped, why, and by which way it came there; verifier.def is what it says and
 * what that means.
 */
#ifndef RINGC_LINT_VERIFY_H
#define RINGC_LINT_VERIFY_H

#include "findings.h"

struct verifier_verdict {
	enum { VERDICT_ACCEPTED, VERDICT_REJECTED, VERDICT_NONE } is;
	const char *why;    /* VERDICT_NONE: why the kernel did not judge */
	const char *log;    /* the verifier's own words */
	uint32_t processed; /* instructions; 0: not known */
	bool equivalent;    /* another program was judged in its place */
};

/* Judges one program of an object, whose file has these bytes. What the verifier found becomes a finding. */
struct verifier_verdict lint_verify(struct lint *, const struct lint_object *, const struct lint_program *,
	const void *bytes, size_t size);

/* All programs of an object that has been looked at, with a sentence each for its summary. False: of some the
 * kernel did not judge. */
bool lint_verdicts(struct lint *, const struct lint_object *, const void *bytes, size_t size);

/* verifier_log.c: makes a finding of the log of a rejected program. */
void lint_verifier_log(struct lint *, const struct lint_program *, const char *log, struct arena *);
/* What is said at the end of every log; 0: it is cut. */
uint32_t lint_log_processed(const char *log);

/* equivalent.c: -errno, or 0 where it was accepted. The log is written as bpf(2) writes it. */
int lint_verify_equivalent(const struct lint_object *, const struct lint_program *, struct arena *, char *log,
	uint32_t log_size, uint32_t level);

#endif
