/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* header.h: C headers that scripts import. A program of its own reads them (header/reader.h); its answer
 * becomes names of a module that has no text of the language. */
#ifndef RINGC_HEADER_H
#define RINGC_HEADER_H

#include "check.h"

struct header {
	struct module *module;
	const char *dir, *name; /* where the script is that imports it; "x.h" or <x.h> */
	const char *prefix; /* what is left out of names of files: the script's directory, with its slash */
	struct loc from;    /* the import */
};
typedef VEC(struct header *) header_vec;

bool header_is_one(const char *import); /* of the text after `import` */
struct header *header_new(struct program *, const struct source *from, const struct decl *);
/* Once all scripts are parsed: their words say what is asked of the headers. */
void headers_read(struct program *, const header_vec *);

/* header_answer.c: what the reader says, line by line. */
struct answer {
	struct program *p;
	const header_vec *headers;
	struct header *now;
	bool complete;
	VEC(struct type *) structs, enums;
	struct type *last; /* the struct whose fields come */
	bool overlaps;     /* a field of it begins before the end of another */
	uint64_t end;
	symbol_vec all; /* of all headers: what two of them include is one */
};
void answer_line(struct answer *, char *line);

#endif
