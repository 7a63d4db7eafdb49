/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* header.h: reads runtime/ringlet.h: comments, and what each of them is about. */
#ifndef TOOLS_HEADER_H
#define TOOLS_HEADER_H

#include <stdbool.h>
#include "../compiler/arena.h"

/* A part of a text. */
struct piece {
	const char *at;
	size_t n;
};

struct declaration {
	enum { A_FUNCTION, A_TYPE, A_FORWARD } kind; /* the last: `struct ringlet;` */
	struct piece text;                           /* without the semicolon at its end */
	const char *name;                            /* of a type as it is used: `struct ringlet_opts` */
};

/* Declarations that one comment is about: those that follow it without a blank line. */
struct group {
	char *comment; /* "" if there is none; paragraphs are apart by a blank line, and lines are joined */
	VEC(struct declaration) declarations;
};

struct header {
	char *opening; /* the comment at the top, likewise */
	const char *version;
	VEC(struct group) groups;
};

void header_read(struct arena *arena, const char *path, struct header *h);

/* Ends the process: there is something about the header that it must be changed for. */
void header_broken(const char *what, const char *which) __attribute__((noreturn));

#endif
