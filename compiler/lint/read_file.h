/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* read_file.h: a whole file. */
#ifndef RINGC_LINT_READ_FILE_H
#define RINGC_LINT_READ_FILE_H

#include "arena.h"
#include "object.h"

/* NULL, or why it cannot be read. */
const char *read_file(struct arena *, const char *path, struct bytes *);

#endif
