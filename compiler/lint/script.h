/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* script.h: a place of a script, as findings have it. */
#ifndef RINGC_LINT_SCRIPT_H
#define RINGC_LINT_SCRIPT_H

#include "../ir.h"
#include "program.h"

const struct lint_line *script_line(const struct ir_program *, const struct loc *);

#endif
