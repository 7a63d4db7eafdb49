/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* needs.h: what a program needs of a kernel: by helpers.def and the other tables. */
#ifndef RINGC_LINT_NEEDS_H
#define RINGC_LINT_NEEDS_H

#include "flow.h"
#include "lint.h"

void lint_needs(struct lint *, const struct lint_object *, const struct lint_program *, const struct flow *,
	struct summary *);

/* 0: it is in no table. */
unsigned lint_kfunc_since(const char *name);

/* needs_script.c: of the operations of a ring script, which the object does not tell. */
struct ir_program;
void lint_script_needs(struct lint *, const struct ir_program *, struct summary *);

#endif
