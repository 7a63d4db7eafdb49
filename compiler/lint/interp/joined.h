/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* joined.h: what the interpreter knows before each instruction, of all states in which it comes there. */
#ifndef RINGC_LINT_JOINED_H
#define RINGC_LINT_JOINED_H

#include "interp.h"

#define JOINED_PLACES                                                                                        \
	(11 + 64) /* registers; then the stack, eight bytes at a time, from the frame pointer                \
		   */

struct joined;

struct joined *joined_new(struct arena *, const struct lint_object *, const struct lint_program *);
/* To be given to lint_interpret_watched(). */
struct interp_watch joined_watch(struct joined *);

/* How many states: 0: no path comes there. */
uint32_t joined_states(const struct joined *, uint32_t insn);
/* `R1=0..15`, `fp-8=the context`; NULL: nothing is known, or nothing reads it any more. */
const char *joined_text(const struct joined *, uint32_t insn, unsigned place);

#endif
