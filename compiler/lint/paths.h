/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* paths.h: what the numbers of a program come from: which functions, lines and accesses come nearest to
 * limits. */
#ifndef RINGC_LINT_PATHS_H
#define RINGC_LINT_PATHS_H

#include <jansson.h>
#include <stdio.h>
#include "interp/interp.h"

/* One of a chain of calls; the first is not called. */
struct chain_link {
	uint32_t function, bytes; /* of stack */
	uint32_t call;            /* the instruction that calls it */
};
typedef VEC(struct chain_link) chain_vec;

/* A function, or a line of the source, and its part of a sum. */
struct share {
	uint32_t insn; /* the first of it */
	uint64_t n;
};
typedef VEC(struct share) share_vec;

struct paths {
	chain_vec stack, frames;
	share_vec functions; /* by instructions */
	share_vec lines;     /* by how often the verifier looks at their instructions */
	int32_t map;         /* the largest; -1: it uses none */
	uint64_t map_bytes;
	bool followed; /* the rest is known */
	struct interp_result r;
};

struct lint;
struct summary;

void paths_find(struct lint *, struct summary *, const struct interp_result *);

/* paths_print.c: lines under those of the summary; as JSON. */
void paths_print(const struct lint *, const struct summary *, FILE *);
json_t *paths_json(const struct lint *, const struct summary *);

#endif
