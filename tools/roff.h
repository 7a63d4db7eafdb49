/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* roff.h: writes man pages, in the language of man(7). */
#ifndef TOOLS_ROFF_H
#define TOOLS_ROFF_H

#include <stdbool.h>
#include <stdio.h>
#include "../compiler/arena.h"

struct reference {
	const char *name;
	int section;
};

struct page {
	struct arena *arena;
	FILE *out;
	const char *name;
	VEC(const char *) functions; /* names that have a page in section 3, wherever text has them */
	VEC(struct reference) see;   /* what the text refers to */
};

/* Of `libringlet 0.1.0`, say. */
void roff_begin(struct page *p, int section, const char *version);
void roff_heading(struct page *p, const char *title);

/* Running text, filled: `x` is bold, and so are name(2) and the functions, which are then referred to. */
void roff_prose(struct page *p, const char *text, size_t n);
/* In bold, as it is. */
void roff_literal(struct page *p, const char *text, size_t n);

/* Refers to it too, if that is another page. */
void roff_refer(struct page *p, const char *name, size_t n, int section);
/* The last section of a page: all that was referred to. */
void roff_see_also(struct page *p);

#endif
