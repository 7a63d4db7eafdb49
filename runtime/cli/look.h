/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * look.h: what `inspect` and `top` share. They are the commands that see the library's insides: the memory of
 * other processes' programs.
 */
#ifndef RINGLET_LOOK_H
#define RINGLET_LOOK_H

#include <jansson.h>

#include "../foreign.h"
#include "../walk.h"
#include "cli.h"

/* ---- targets.c: which programs are meant ---- */

struct programs {
	struct rl_foreign *at;
	size_t n;
};

/* PID, PID:N, NAME or FILE, or NULL for all of all processes. Opens them; nothing is read yet. EXIT_OK, or
 * the exit status, and it has been said why. With `quiet` nothing is said, and no program is no error. */
int targets_find(const char *target, bool quiet, struct programs *out);
void targets_free(struct programs *p);

/* ---- sites.c: how many instances wait where ---- */

struct site {
	uint32_t task;
	struct rl_instance first; /* of them; all are at the same place */
	uint32_t n, ready;
	uint64_t earliest, latest; /* since_ns of who has waited longest, and shortest */
};

struct sites {
	struct site *at;
	size_t n;
};

bool sites_make(struct rl_walk *w, struct sites *out); /* in the order of tasks; false: out of memory */

/* What an instance is at: "recv", "start". */
const char *site_op(const struct rl_instance *i);

/* ---- words.c ---- */

/* "0.12 s", "3 min 5 s". */
const char *words_duration(uint64_t ns, char out[32]);
const char *words_engine(const struct rl_foreign *f);
const char *words_doing(enum rl_doing doing);   /* "running" */
uint64_t words_age(const struct rl_foreign *f); /* since it was loaded, in ns */
/* "4242", or "4242:2" where its process has several of these programs. */
const char *words_process(const struct programs *p, const struct rl_foreign *f, char out[32]);
/* How long ago that was when it was read, in ns. */
uint64_t words_ago(const struct rl_foreign *f, uint64_t since_ns);
/* "conn[3]", or "main" where there is but one. */
const char *words_instance(const struct rl_task *t, uint32_t self, char *out, size_t size);
/* "numbers", "mine[2]". */
const char *words_queue(const char *name, bool indexed, uint32_t index, char *out, size_t size);

/* ---- page.c: text that is made first, and then printed as it fits ---- */

struct page {
	FILE *to; /* to be written to, until page_end */
	char *text;
	size_t size;
};

bool page_begin(struct page *p); /* false: out of memory */
void page_end(struct page *p);
void page_free(struct page *p);
size_t page_lines(const struct page *p);
/* The first so many lines, and of each the first so many columns, to standard output. */
void page_print(const struct page *p, size_t lines, size_t columns);

/* ---- inspect_text.c, inspect_json.c: one program ---- */

/* Of a task with more instances than this the sites are told, not the instances. */
#define MAX_LISTED 8

void inspect_text(FILE *to, const struct rl_foreign *f, const char *process, struct rl_walk *w, bool all);
json_t *inspect_json(const struct rl_foreign *f, struct rl_walk *w, bool all); /* NULL: out of memory */

#endif
