/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* check_import.c: names that come from other files. */
#include <string.h>
#include "check.h"

#define ANY (-1)

/* Two headers may define the same macro, or include what defines it. */
static bool same_meaning(const struct symbol *a, const struct symbol *b)
{
	if (a == b)
		return true;
	if (a->decl || b->decl || a->kind != b->kind || a->refused || b->refused)
		return false;
	if (a->kind != SYM_CONST)
		return a->type == b->type;
	return type_same(a->type, b->type) && a->value == b->value && a->length == b->length &&
	       (!a->length || !memcmp(a->text, b->text, a->length));
}

/* kind: SYM_STRUCT or SYM_ENUM where only one of these can be meant, or ANY */
static struct symbol *find_imported(
	struct checker *c, const struct module *m, const struct name *name, int kind, bool *wrong)
{
	struct symbol *first = NULL;
	for (size_t i = 0; i < m->imports.n; i++) {
		struct symbol *sym = scope_find_here(&m->imports.at[i]->top, name->text);
		if (!sym || (kind != ANY && (int)sym->kind != kind) || (first && same_meaning(first, sym)))
			continue;
		if (!first) {
			first = sym;
			continue;
		}
		struct diag *d = diag(c->diags, &name->loc, D_ambiguous, name->text);
		diag_note(c->diags, d, &first->loc, "one `%s` is here", name->text);
		diag_note(c->diags, d, &sym->loc, "the other `%s` is here", name->text);
		diag_hint(c->diags, d, "give one of them another name, or do not import both files here");
		*wrong = true;
		return NULL;
	}
	return first;
}

static struct symbol *find(struct checker *c, const struct name *name, int kind)
{
	struct symbol *sym = NULL;
	bool wrong = false;
	for (const struct scope *s = c->scope; s && !sym && !wrong; s = s->up) {
		sym = scope_find_here(s, name->text);
		if (sym && kind != ANY && (int)sym->kind != kind)
			sym = NULL;
		if (!sym && s->module)
			sym = find_imported(c, s->module, name, kind, &wrong);
	}
	if (wrong)
		return NULL;
	if (sym && sym->refused) {
		struct diag *d = diag(c->diags, &name->loc, D_header_name, name->text, sym->refused);
		diag_note(c->diags, d, &sym->loc, "`%s` is declared here", name->text);
		return NULL;
	}
	return sym || kind != ANY ? sym : scope_find(c->arena, NULL, name->text);
}

/* What is reported here is not reported again: its place has its error. */
struct symbol *check_find(struct checker *c, const struct name *name)
{
	return find(c, name, ANY);
}

/* `shared struct message message;` with a struct of an import: after `struct` only that can be meant. */
struct symbol *check_find_tag(struct checker *c, const struct name *name, enum symbol_kind kind)
{
	unsigned before = diags_errors(c->diags);
	struct symbol *sym = find(c, name, kind);
	return sym || diags_errors(c->diags) > before ? sym : find(c, name, ANY);
}

bool check_refused_field(struct checker *c, const struct type *t, const struct name *name)
{
	for (size_t i = 0; t->kind == T_STRUCT && i < t->refused.n; i++) {
		const struct refused_field *r = &t->refused.at[i];
		if (strcmp(r->name, name->text))
			continue;
		struct diag *d = diag(c->diags, &name->loc, D_header_field, r->name, r->why);
		diag_note(c->diags, d, &r->loc, "`%s` is declared here", r->name);
		return true;
	}
	return false;
}
