/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* call.h: a call of a helper, between calls.c, allowed.c and arguments.c. */
#ifndef RINGC_LINT_CALL_H
#define RINGC_LINT_CALL_H

#include "dynptrs.h"

struct helper {
	const char *name, *arguments, *who, *flags;
	char result;
};

enum {
#define X(number, name, result, arguments, who, flags) H_##name = (number),
#include "prototypes.def"
#undef X
};

struct call {
	const struct helper *h;
	uint32_t id;
	const struct lint_map *map;
	int32_t map_index;
	int64_t key;        /* -1: not known */
	uint64_t size_max;  /* of the last size */
	int64_t alloc_size; /* of the record that is asked for */
	uint32_t held, release;
	const struct field *field; /* a pointer to an object */
	bool kept;                 /* what is released stays there until RCU lets it go */
	uint32_t local_type;       /* of an object of the program's own, in the object's BTF */
	uint32_t function;
	struct dynptr dynptr;
	uint32_t inner; /* which of the maps in a map `map` is */
	struct {
		unsigned reg, size;
	} fill; /* stack that is written, when all arguments are checked */
};

bool flagged(const struct helper *, char flag);
void check_allowed(struct machine *, const struct call *);
void check_map_allowed(struct machine *, const struct call *); /* its map */
void argument(struct machine *, struct call *, unsigned reg, char kind);

#endif
