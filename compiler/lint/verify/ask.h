/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ask.h: what the kernel that runs says of a program.
 *
 * Who asks needs no linter: ringc does, and ringc-judge in a virtual machine (guest.h).
 */
#ifndef RINGC_LINT_ASK_H
#define RINGC_LINT_ASK_H

#include "../program.h"

#define VERIFIER_LOG_SIZE (16u << 20)

struct kernel_answer {
	int error;       /* 0: accepted; -errno */
	bool equivalent; /* another program was judged in its place */
	char *log;       /* the verifier's own words; "" or NULL: it has not judged */
	char *said;      /* what libbpf said first; "" or NULL: nothing */
};

/* Of an object whose file has these bytes. What was loaded for it is dropped again. */
struct kernel_answer lint_ask_kernel(
	const struct lint_object *, const struct lint_program *, const void *bytes, size_t size);
void kernel_answer_free(struct kernel_answer *);

/* equivalent.c: -errno, or 0 where it was accepted. The log is written as bpf(2) writes it. */
int lint_verify_equivalent(const struct lint_object *, const struct lint_program *, struct arena *, char *log,
	uint32_t log_size, uint32_t level);

#endif
