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

/* Has libbpf load that program of the object alone; NULL: there is none of the name. */
struct bpf_program;
struct bpf_object;
struct bpf_program *lint_load_only(struct bpf_object *, const struct lint_program *);
/* It is a ring's step, and this kernel has none: another program is judged in its place. */
bool lint_needs_equivalent(const struct lint_object *, const struct lint_program *);

/* "6.12.117-cloud" as 0x060c; 0: it is no release. */
unsigned lint_kernel_of(const char *release);
unsigned lint_running_kernel(void);

/* equivalent.c: -errno, or 0 where it was accepted. The log is written as bpf(2) writes it. */
int lint_verify_equivalent(const struct lint_object *, const struct lint_program *, struct arena *, char *log,
	uint32_t log_size, uint32_t level);

#endif
