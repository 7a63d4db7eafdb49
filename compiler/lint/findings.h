/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * findings.h: what the linter has found, queued as diagnostics are, and printed at the end by place.
 *
 * A finding is at an instruction of a program, and so at a line of its source where the object says which; or
 * at a place of a script; or of the object as a whole.
 */
#ifndef RINGC_LINT_FINDINGS_H
#define RINGC_LINT_FINDINGS_H

#include "program.h"

/* X(number, name, level, "message format", "what `ringc explain` says") rows of rules.def, codes L0100 and
 * up. */
enum lint_rule {
#define X(number, name, level, format, explain) L_##name,
#include "rules.def"
#undef X
	L_COUNT
};

enum lint_level {
	LEVEL_ERROR,   /* the kernel rejects it */
	LEVEL_WARNING, /* it is accepted, and probably wrong, or near a limit */
	LEVEL_NOTE,    /* worth knowing; no reason for exit status 1 */
};

#define LINT_WHOLE UINT32_MAX /* in the place of an instruction: the program as a whole */

struct lint;
struct finding;

/* The rule's format takes what follows. NULL where the finding repeats one, or is suppressed. */
struct finding *lint_find(struct lint *, enum lint_rule, const struct lint_program *, uint32_t insn, ...);
/* At a line of a source; `line` may be NULL: of the object as a whole. */
struct finding *lint_find_line(struct lint *, enum lint_rule, const struct lint_line *line, ...);
/* Nothing happens where the finding is NULL. */
void lint_note(struct lint *, struct finding *, const struct lint_program *, uint32_t insn,
	const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Of a conditional jump that led to the place of the finding. */
void lint_note_branch(
	struct lint *, struct finding *, const struct lint_program *, uint32_t insn, bool taken);
void lint_note_line(struct lint *, struct finding *, const struct lint_line *, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void lint_hint(struct lint *, struct finding *, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The paths may show that it is no error. */
bool lint_is_tentative(enum lint_rule);

/* The version that programs are judged for: 7.3 is 0x0703. */
unsigned lint_kernel(const struct lint *);
/* The kernel's own types; NULL: they are not at hand. */
struct btf;
const struct btf *lint_kernel_btf(struct lint *);

#endif
