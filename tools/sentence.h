/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sentence.h: the sentences of a comment: where they and their parts end, and what they tell. */
#ifndef TOOLS_SENTENCE_H
#define TOOLS_SENTENCE_H

#include "header.h"

/* Without the space around it. */
struct piece trimmed(const char *from, const char *to);

/* To the first place that is in no parentheses and is one of these, or to the end. */
const char *find(const char *p, const char *end, bool (*here)(const char *, const char *));
bool sentence_ends(const char *p, const char *end);
bool clause_ends(const char *p, const char *end);
bool error_follows(const char *p, const char *end); /* after a colon */

/* How long the name of an error is there: ENOENT, -EINVAL. */
size_t error_name(const char *p, const char *end);

/* What stands before the next semicolon; takes it off the rest. */
struct piece next_segment(struct piece *rest);

/* A sentence does one of the three. */
bool tells_errors(struct piece sentence);
bool tells_result(struct piece sentence);
bool describes(struct piece sentence);

#endif
