/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "scope.h"
#include <string.h>
#include "check.h"
#include "near.h"
#include "ops.h"

#define MANY 16 /* names, from which on a table is faster */

/* Where the name is, or would be: FNV-1a, then the next free one. */
static struct symbol **slot(const struct scope *s, const char *name)
{
	uint64_t hash = 14695981039346656037u;
	for (const char *p = name; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211u;
	size_t i = hash & (s->slots - 1);
	while (s->table[i] && strcmp(s->table[i]->name, name))
		i = (i + 1) & (s->slots - 1);
	return &s->table[i];
}

struct symbol *scope_find_here(const struct scope *s, const char *name)
{
	if (s->slots)
		return *slot(s, name);
	for (size_t i = 0; i < s->names.n; i++)
		if (!strcmp(s->names.at[i]->name, name))
			return s->names.at[i];
	return NULL;
}

/* Of two of one name, the first is found. */
static void enter(struct scope *s, struct symbol *sym)
{
	struct symbol **at = slot(s, sym->name);
	if (!*at)
		*at = sym;
}

void scope_add(struct arena *a, struct scope *s, struct symbol *sym)
{
	VEC_PUSH(a, &s->names, sym);
	if (s->slots && s->names.n * 2 < s->slots) {
		enter(s, sym);
	} else if (s->names.n >= MANY) {
		s->slots = s->slots ? s->slots * 4 : MANY * 4;
		s->table = arena_alloc(a, s->slots * sizeof *s->table);
		for (size_t i = 0; i < s->names.n; i++)
			enter(s, s->names.at[i]);
	}
}

static struct symbol *builtin_constant(struct arena *a, const char *name)
{
	for (uint32_t i = 0; i < nconstants; i++) {
		if (strcmp(constants[i].name, name))
			continue;
		struct symbol *sym = NEW(a, struct symbol);
		sym->kind = SYM_CONST;
		sym->name = constants[i].name;
		sym->state = SYM_READY;
		sym->type = strcmp(name, "AT_FDCWD") ? &type_s32 : &type_fd;
		sym->value = (uint64_t)constants[i].value;
		return sym;
	}
	return NULL;
}

struct symbol *scope_find(struct arena *a, const struct scope *s, const char *name)
{
	struct symbol *sym;
	for (; s; s = s->up) {
		if ((sym = scope_find_here(s, name)))
			return sym;
		for (size_t i = 0; s->module && i < s->module->imports.n; i++)
			if ((sym = scope_find_here(&s->module->imports.at[i]->top, name)))
				return sym;
	}
	return builtin_constant(a, name);
}

static void consider_all(struct near *n, enum wanted want, const symbol_vec *names)
{
	static const enum wanted wanted[] = {
		[SYM_CONST] = WANT_VALUE,
		[SYM_VAR] = WANT_VALUE,
		[SYM_LOCAL] = WANT_VALUE,
		[SYM_FN] = WANT_CALL,
		[SYM_TASK] = WANT_TASK,
		[SYM_STRUCT] = WANT_STRUCT,
		[SYM_ENUM] = WANT_ENUM,
	};
	for (size_t i = 0; i < names->n; i++)
		if (wanted[names->at[i]->kind] == want && !names->at[i]->refused)
			near_consider(n, names->at[i]->name);
}

const char *scope_suggest(const struct scope *s, const char *name, enum wanted want)
{
	static const char *const values[] = {"self", "true", "false"};
	static const char *const statements[] = {"break", "continue", "return", "yield"};
	bool alone = want == WANT_STATEMENT;
	if (alone)
		want = WANT_VALUE;
	struct near n = near_to(name);
	for (; s; s = s->up) {
		consider_all(&n, want, &s->names);
		for (size_t i = 0; s->module && i < s->module->imports.n; i++)
			consider_all(&n, want, &s->module->imports.at[i]->top.names);
	}
	for (uint32_t i = 0; want == WANT_CALL && i < noperations; i++)
		near_consider(&n, operations[i].name);
	for (int b = 1; want == WANT_CALL && b < B_COUNT; b++)
		near_consider(&n, builtin_name(b));
	for (uint32_t i = 0; want == WANT_VALUE && i < nconstants; i++)
		near_consider(&n, constants[i].name);
	for (size_t i = 0; want == WANT_VALUE && i < sizeof values / sizeof values[0]; i++)
		near_consider(&n, values[i]);
	for (size_t i = 0; alone && i < sizeof statements / sizeof statements[0]; i++)
		near_consider(&n, statements[i]);
	return n.best;
}
