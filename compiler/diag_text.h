/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* diag_text.h: places as people read them; for diag.c. */
#ifndef RINGC_DIAG_TEXT_H
#define RINGC_DIAG_TEXT_H

#include <stdio.h>
#include "source.h"

/* A copy that is valid UTF-8 and safe on a terminal: what is not, and what would control it, becomes `?`. */
const char *diag_clean(struct arena *, const char *s, size_t n);

void diag_print_position(const struct sources *, const struct loc *, FILE *); /* "copy.rlt:19:17: " */
void diag_print_line(
	const struct sources *, const struct loc *, FILE *); /* the line, and carets under the range */

#endif
