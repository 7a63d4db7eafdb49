/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* passes.h: what compiler/compile.c does with a script, for tests: the object, or nothing where there are
 * errors. */
#ifndef TESTS_UNIT_PASSES_H
#define TESTS_UNIT_PASSES_H

#include "check.h"
#include "ir.h"
#include "layout.h"
#include "object.h"

static struct bytes passes(struct program *p, struct diags *diags)
{
	struct bytes none = {0};
	if (!diags_errors(diags))
		check(p);
	if (diags_errors(diags))
		return none;
	struct ir_program *ir = lower(p);
	if (diags_errors(diags))
		return none;
	regions(ir);
	live(ir);
	gone(ir);
	if (diags_errors(diags))
		return none;
	unused(ir);
	ranges(ir);
	loops(ir);
	struct layout *l = image_layout(ir);
	return diags_errors(diags) ? none : object_make(ir, l, &(struct object_options){0});
}

#endif
