/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * agree.h: what the linter says of a program beside what this machine's kernel says of it.
 *
 * main.c goes through objects and counts; linter.c and kernel.c ask the two; changes.c has the ways in which
 * a program is broken, by rule, and random.c one at random.
 */
#ifndef AGREE_H
#define AGREE_H

#include "../../../compiler/lint/lint.h"

struct verdict {
	bool judged, accepted;
	uint64_t insns; /* that were processed; 0: not known */
	char why[256];  /* of what is not accepted, or not judged */
};

/* ---- linter.c ---- */

struct linter {
	unsigned kernel;
	bool no_needs; /* what its type and its instructions need of a kernel is not asked */
};
void ask_linter(const struct linter *, struct lint_object *, struct lint_program *, struct verdict *);

/* ---- kernel.c ---- */

/* A program that the kernel was given once, with its maps, so that changed ones can be given fast. */
struct loaded;
struct loaded *kernel_load(struct arena *, const struct lint_object *, struct lint_program *,
	const void *bytes, size_t size, struct verdict *);
/* The program as it is now. */
void kernel_judge(struct loaded *, struct verdict *);
/* In the place of a ring's step, where the kernel has none, an equivalent program is judged. */
bool is_equivalent(const struct loaded *);
void kernel_unload(struct loaded *);

/* ---- changes.c ---- */

struct change {
	const char *name;
	/* True: it has been done, at that instruction. */
	bool (*apply)(struct lint_program *, uint32_t at);
};
extern const struct change changes[];
extern const unsigned nchanges;

/* ---- random.c ---- */

/* Of one instruction, that refers to nothing. */
bool change_randomly(struct lint_program *, uint32_t at);

#endif
