/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* compile.h: a script to an object, in memory. */
#ifndef RINGC_COMPILE_H
#define RINGC_COMPILE_H

#include "diag.h"
#include "ir.h"
#include "layout.h"
#include "object.h"

struct compilation {
	struct arena *arena;
	struct sources *sources;
	struct diags *diags;
	struct ir_program *ir; /* as far as it came */
	struct layout *layout;
	struct bytes object;
};

/* Of nothing yet. What C headers are read with may be added to its sources. */
struct compilation compilation_new(struct arena *);

/* Runs the passes. True where there is an object: not where there are errors, which the diagnostics have, and
 * not where `dump` names a pass: what that made is printed then, and the ones behind it are left out. */
bool compile(struct compilation *, const char *input, const char *dump);

#endif
