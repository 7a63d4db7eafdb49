/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* near.h: which of several words a misspelt one was meant to be. */
#ifndef RINGC_NEAR_H
#define RINGC_NEAR_H

#include <stddef.h>

struct near {
	const char *text, *best; /* the misspelt one; the nearest so far, or NULL */
	unsigned distance;       /* of that one, or what none may have */
};

struct near near_to(const char *text);
void near_consider(struct near *, const char *word);
const char *near_of(const char *text, const char *const *words, size_t n); /* or NULL: none is near */
/* How many letters are changed, added, left out or swapped with the next, cut off above `most`. */
unsigned near_distance(const char *a, const char *b, unsigned most);

#endif
