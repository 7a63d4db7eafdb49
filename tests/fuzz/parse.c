/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parse.c: the front end on any bytes: no crash, no leak, no endless loop, and what it promises holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "ast.h"
#include "diag.h"

const unsigned long fuzz_rounds = 3000;
const char *const fuzz_seeds[] = {"tests/syntax", "examples", NULL};
static FILE *null;

/* ---- what holds of every tree ---- */

static void demand(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static void check_loc(const struct source *s, const struct loc *l)
{
	demand(l->begin <= l->end && l->end <= s->size, "a place lies within its file");
}

static void check_expr(const struct source *s, const struct expr *e, unsigned height)
{
	if (!e)
		return;
	demand(e->height <= PARSE_HEIGHT_MAX && e->height < height, "a node is higher than those below it");
	check_loc(s, &e->loc);
	demand(e->kind != E_CALL || e->name.text, "a call has a name");
	demand(e->kind != E_STRING || e->str, "a string has its bytes");
	check_expr(s, e->a, e->height);
	check_expr(s, e->b, e->height);
	check_expr(s, e->c, e->height);
	for (size_t i = 0; i < e->args.n; i++)
		check_expr(s, e->args.at[i], e->height);
	for (size_t i = 0; i < e->with.n; i++)
		check_expr(s, e->with.at[i].value, e->height);
}

static void check_declarator(const struct source *s, const struct declarator *d)
{
	check_loc(s, &d->loc);
	demand(d->name.text, "a declared thing has a name");
	demand(!d->slice || !d->dims.n, "a slice has no sizes");
	for (size_t i = 0; i < d->dims.n; i++)
		check_expr(s, d->dims.at[i], PARSE_HEIGHT_MAX + 1);
}

static void check_stmt(const struct source *s, const struct stmt *t, unsigned height)
{
	if (!t)
		return;
	demand(t->height <= PARSE_HEIGHT_MAX && t->height < height, "a statement is higher than those in it");
	check_loc(s, &t->loc);
	if (t->kind == S_DECL || t->kind == S_FOR_IN || t->kind == S_FOR_EACH)
		check_declarator(s, &t->decl);
	check_expr(s, t->a, t->height);
	check_expr(s, t->b, t->height);
	check_stmt(s, t->s1, t->height);
	check_stmt(s, t->s2, t->height);
	check_stmt(s, t->init, t->height);
	check_stmt(s, t->step, t->height);
	for (size_t i = 0; i < t->body.n; i++)
		check_stmt(s, t->body.at[i], t->height);
}

static void check_unit(const struct source *s, const struct unit *u)
{
	for (size_t i = 0; i < u->decls.n; i++) {
		const struct decl *d = u->decls.at[i];
		check_loc(s, &d->loc);
		demand(d->name.text, "a declaration has a name");
		bool code = d->kind == DECL_FN || d->kind == DECL_TASK;
		demand(!code || d->body, "a function or task has a body");
		demand(d->kind != DECL_CONST || d->init, "a constant has a value");
		check_expr(s, d->init, PARSE_HEIGHT_MAX + 1);
		check_stmt(s, d->body, PARSE_HEIGHT_MAX + 1);
		for (size_t j = 0; j < d->params.n; j++)
			check_declarator(s, &d->params.at[j]);
		for (size_t j = 0; j < d->members.n; j++)
			check_expr(s, d->members.at[j].value, PARSE_HEIGHT_MAX + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!null)
		null = fopen("/dev/null", "w");
	struct arena *a = arena_new();
	struct sources sources = {.arena = a};
	struct diags *diags = diags_new(a, &sources);
	uint32_t file;
	struct source *s = source_memory(&sources, diags, "fuzz.rlt", (const char *)data, size, &file);
	if (s) {
		struct unit *u = parse(a, &sources, diags, file);
		check_unit(s, u);
		ast_dump(u, null);
	} else {
		demand(diags_errors(diags), "a text that is refused is reported");
	}
	diags_print(diags, null, false);
	diags_print(diags, null, true);
	arena_free(a);
	return 0;
}

void fuzz_report(void)
{
	if (null)
		fclose(null);
}
