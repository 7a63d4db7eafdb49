/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* open.h: an object of a file: what it has, or, of a script, what it is compiled to. */
#ifndef RINGC_LINT_OPEN_H
#define RINGC_LINT_OPEN_H

#include "../compile.h"
#include "program.h"

/* NULL, or why it cannot be read. */
const char *read_file(struct arena *, const char *path, struct bytes *);

/* NULL: it cannot be, and standard error has why; what is wrong with a script as JSON if so wanted. c->ir is
 * of the script, NULL where it is none. To be closed with lint_object_close(). */
struct lint_object *lint_open(struct compilation *c, const char *path, bool json);

#endif
