/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* man.h: what the parts of tools/man.c share. */
#ifndef TOOLS_MAN_H
#define TOOLS_MAN_H

#include "header.h"
#include "roff.h"

/* The page NAME.SECTION in the directory of its section. */
FILE *man_open(const char *directory, const char *name, int section);
void man_close(FILE *page);

/* ---- man_types.c ---- */

/* Types that the declaration needs, and those that these need, but those that have been told: one for each
 * declaration of the header. */
void man_types(struct page *p, const struct header *h, const struct declaration *of, bool *told);

/* ---- man_header.c: section 3 ---- */

void man_library(struct arena *arena, const struct header *h, const char *directory);

#endif
