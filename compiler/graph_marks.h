/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* graph_marks.h: which part of a script's graph each of the linter's findings is of. */
#ifndef RINGC_GRAPH_MARKS_H
#define RINGC_GRAPH_MARKS_H

#include "graph_ways.h"

struct lint;
struct graph_marks;

struct graph_place {
	enum { GRAPH_NOWHERE, GRAPH_SITE, GRAPH_WAY, GRAPH_TASK, GRAPH_QUEUE } kind;
	const struct ir_fn *task; /* but of a queue */
	size_t from, to;          /* of a way; a site has `from` only */
	const struct symbol *queue;
};

/* What is written there, in Graphviz's language; "" where nothing was found. */
struct graph_mark {
	const char *codes;      /* "L0502 L0503" */
	const char *attributes; /* ", color=..., tooltip=..." */
	const char *lines;      /* the findings with their places, one a line */
};

struct graph_marks *graph_marks_of(const struct ir_program *, const struct lint *);
struct graph_mark graph_mark_at(
	const struct graph_marks *, const struct graph_place *); /* of NULL: nothing */

/* Text as it is within quotation marks. */
const char *graph_escape(struct arena *, const char *);

#endif
