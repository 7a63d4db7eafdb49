/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* diag_text.h: places as people read them; for diag.c, and for the linter, whose lines may be of any file. */
#ifndef RINGC_DIAG_TEXT_H
#define RINGC_DIAG_TEXT_H

#include <stdio.h>
#include "source.h"

/* A copy that is valid UTF-8 and safe on a terminal: what is not, and what would control it, becomes `?`. */
const char *diag_clean(struct arena *, const char *s, size_t n);

void diag_print_name(const char *, FILE *); /* of a file */
/* Of line number `line`, which has n bytes, carets under [begin, end); end may be past the line. */
void diag_print_text(uint32_t line, const char *text, size_t n, size_t begin, size_t end, FILE *);
/* A message's format with "..." for what it names. */
void diag_print_pattern(const char *format, FILE *);
void diag_print_position(const struct sources *, const struct loc *, FILE *); /* "copy.rlt:19:17: " */
void diag_print_line(
	const struct sources *, const struct loc *, FILE *); /* the line, and carets under the range */

#endif
