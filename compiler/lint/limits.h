/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* limits.h: the table limits.def, and the parts of the rules about limits. */
#ifndef RINGC_LINT_LIMITS_H
#define RINGC_LINT_LIMITS_H

#include "flow.h"
#include "lint.h"

enum limit {
#define LIMIT(name, value, since, source, text) LIMIT_##name,
#define LATER(name, value, since, source)
#include "limits.def"
#undef LIMIT
#undef LATER
	LIMIT_COUNT
};

/* limits.c: branches that follow one another. */
void lint_jumps(struct lint *, const struct lint_program *);

/* In the kernel that is judged for. */
uint32_t limit_of(const struct lint *, enum limit);

/* "7.3" as 0x0703; 0: it is no version. */
unsigned kernel_version(const char *);

void lint_limits(struct lint *, const struct lint_object *, const struct lint_program *, struct flow *,
	struct summary *);

/* stack.c: frames, chains of calls, tail calls. */
void stack_limits(struct lint *, const struct lint_object *, const struct lint_program *, const struct flow *,
	struct summary *);
/* registers.c: what is read before it is written, whatever the path. */
void register_rules(
	struct lint *, const struct lint_object *, const struct lint_program *, const struct flow *);
/* loops.c: those that nothing ends. */
void loop_rules(struct lint *, const struct lint_object *, const struct lint_program *, const struct flow *);
/* maps.c */
void map_limits(struct lint *, const struct lint_object *);

#endif
