/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* source.h: the text of a script and of what it imports; places in it. */
#ifndef RINGC_SOURCE_H
#define RINGC_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include "arena.h"

/* A range of bytes of one source: [begin, end). `file` indexes sources.at; a range never spans two files. */
struct loc {
	uint32_t file;
	uint32_t begin, end;
};

struct source {
	const char *name; /* as shown: "copy.rlt", "std/io.rlt"; independent of the working directory where
			     possible */
	const char *path; /* as opened */
	const char *text; /* NUL-terminated behind size bytes; has neither a NUL nor invalid UTF-8 within */
	uint32_t size;
	uint32_t *line; /* offset of each line's first byte */
	uint32_t nlines;
	uint32_t *chars; /* how many characters begin before each SOURCE_STRIDE-th byte */
};

struct diags;
struct sources {
	struct arena *arena;
	VEC(struct source *) list;
	VEC(const char *) c_args; /* -I and -D of C headers, each followed by its argument */
};

/* Reads a file. On failure (unreadable, empty, too large (16 MiB), NUL byte, not UTF-8) queues a diagnostic
 * that points at `from` (the import; NULL for the file on the command line) and returns NULL. Reading the
 * same file twice gives the same source. `index` receives its position in the list. */
struct source *source_open(struct sources *, struct diags *, const char *path, const char *name,
	const struct loc *from, uint32_t *index);

/* The same for a C header, whose text need not be UTF-8 (what is not, is replaced in what is shown); nothing
 * is reported. */
struct source *source_header(struct sources *, const char *path, const char *name, uint32_t *index);

/* The same for a text in memory, which is copied. */
struct source *source_memory(
	struct sources *, struct diags *, const char *name, const char *text, size_t size, uint32_t *index);

unsigned utf8_length(const char *s, size_t n); /* of the character at s, in bytes; 0 if it is none */

/* Whether a string's bytes are text that can be shown; what is not is reported, `what` being its name. */
bool source_check_literal(struct diags *, const struct loc *, const char *text, size_t n, const char *what);

void source_position(const struct sources *, uint32_t file, uint32_t offset, uint32_t *line,
	uint32_t *col); /* from 1; col in characters */

#endif
