/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* options.h: -W RULE, -WRULE, --kernel=VERSION, as command.h has -I and -D. */
#ifndef RINGC_LINT_OPTIONS_H
#define RINGC_LINT_OPTIONS_H

#include "lint.h"

bool lint_option_is(const char *option);
int lint_option_take(struct lint *, int argc, char **argv, int *i); /* 0, or the exit status */

#endif
