/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* check_files.c: tables of direct descriptors, and where their slots may stand. */
#include <string.h>
#include "check.h"

/* fixed fd files[N]; A table may have several dimensions, whose slots lie as the elements of an array do. All
 * tables of a program lie one behind the other in the one that its ring has. */
void check_files(struct checker *c, struct decl *d)
{
	struct symbol *sym = d->sym;
	sym->storage = VAR_FILES;
	sym->files_from = c->p->nfiles;
	c->p->ntables++;
	uint64_t n = check_count_slots(sym->type);
	if (n > MAX_FILES - c->p->nfiles)
		diag(c->diags, &d->loc, D_files_size, MAX_FILES);
	else
		c->p->nfiles += (uint32_t)n;
	if (d->init)
		diag(c->diags, &d->init->loc, D_files_init, sym->name);
}

uint64_t check_count_slots(const struct type *t)
{
	return t->kind == T_ARRAY ? t->n * check_count_slots(t->elem) : 1;
}

/* Of an element, or of a part of a table. */
static const struct symbol *table_of(struct checker *c, const struct expr *e)
{
	while (e->kind == E_INDEX)
		e = e->a;
	const struct symbol *sym = e->kind == E_NAME ? scope_find(c->arena, c->scope, e->name.text) : NULL;
	return sym && sym->kind == SYM_VAR && sym->storage == VAR_FILES ? sym : NULL;
}

/* A slot of a table, or of the part of one, that stands where a slot is wanted. */
static const char *element_text(struct checker *c, const struct expr *part)
{
	const char *text = check_source(c, &part->loc);
	char index = 'i';
	for (const struct type *t = part->type; t->kind == T_ARRAY; t = t->elem, index += index != 'z')
		text = arena_printf(c->arena, "%s[%c]", text, index);
	return text;
}

/* fn f(fixed fd s): a parameter that always is a slot. */
struct type *check_fixed_param(struct checker *c, const struct declarator *p, struct type *t)
{
	if (t->kind == T_FD || t->kind == T_ERROR)
		return t->kind == T_FD ? &type_file : t;
	diag(c->diags, &p->loc, D_fixed_param, p->name.text, type_text(c->arena, t));
	return &type_error;
}

static bool is_fixed_param(struct checker *c, const struct expr *e)
{
	const struct symbol *sym = e->kind == E_NAME ? scope_find(c->arena, c->scope, e->name.text) : NULL;
	return sym && sym->kind == SYM_LOCAL && sym->type->kind == T_FILE;
}

bool check_is_slot(struct checker *c, const struct expr *e)
{
	return table_of(c, e) || is_fixed_param(c, e);
}

/* Where a function is expanded, or is an arm of a `select`, a slot may be its descriptor: lower_files.c. */
bool check_slot_given(struct checker *c, struct expr *e, const struct symbol *fn, const struct symbol *param)
{
	bool always = param->type->kind == T_FILE, may = fn->in_place && param->type->kind == T_FD;
	bool slot = check_is_slot(c, e) && check_expr(c, e)->kind == T_FILE;
	if (slot && (always || may))
		return true;
	if (!always && !(slot && param->type->kind == T_FD))
		return false;
	struct type *t = check_expr(c, e);
	if (t->kind == T_ERROR)
		return true;
	struct diag *d = diag(c->diags, &e->loc, D_wrong_type,
		arena_printf(c->arena, "the argument `%s` of `%s`", param->name, fn->name),
		type_text(c->arena, param->type), type_text(c->arena, t));
	diag_note(c->diags, d, &param->loc, "`%s` is declared here", param->name);
	if (slot)
		diag_hint(c->diags, d, "declare it as `fixed fd %s`, which always is a slot", param->name);
	else if (table_of(c, e))
		diag_hint(c->diags, d, "say which: `%s`", element_text(c, e));
	else if (t->kind == T_FD)
		diag_hint(c->diags, d, "a slot is declared: `fixed fd files[16];`, and named: `files[0]`");
	return true;
}

uint64_t check_slots(const struct expr *call, const struct op_arg *arg)
{
	uint64_t n = (uint64_t)arg->value;
	for (size_t k = 0; !n && k < call->args.n; k++)
		if (call->operation->args[k].kind == ARG_FDS && call->args.at[k]->type->kind == T_ARRAY)
			n = call->args.at[k]->type->n;
	return n;
}

/* That the slots are the table's own is checked here if their number is constant, else when they are used. */
static void check_reach(
	struct checker *c, const struct expr *call, const struct op_arg *arg, const struct expr *slot)
{
	uint64_t n = check_slots(call, arg);
	if (n == 1)
		return; /* an index is wrong by itself */
	if (slot->kind == E_NAME) {
		diag(c->diags, &slot->loc, D_files_few, (unsigned long long)n, slot->name.text,
			slot->name.text, 1ull);
		return;
	}
	const struct type *row = slot->a->type;
	if (n > row->n || (slot->b->is_const && slot->b->value > row->n - n))
		diag(c->diags, &slot->loc, D_files_few, (unsigned long long)n, check_source(c, &slot->loc),
			check_source(c, &slot->a->loc), (unsigned long long)row->n);
}

void check_slot(struct checker *c, struct expr *call, size_t k)
{
	struct expr *e = call->args.at[k];
	const struct operation *op = call->operation;
	const struct op_arg *arg = &op->args[k];
	const struct symbol *table = table_of(c, e);
	bool picks = arg->kind == ARG_SLOT && arg->field == F_FILE_INDEX && arg->value == 1 &&
		     strcmp(op->name, "close_direct") != 0;
	struct type *t = check_expr(c, e);
	bool slot = t->kind == T_FILE;
	if (t->kind == T_ERROR)
		return;
	if (slot && arg->kind == ARG_PLAIN) {
		struct diag *d = diag(c->diags, &e->loc, D_files_plain, arg->name, op->name);
		if (operation_find(arena_printf(c->arena, "%s_direct", op->name)) && op->nargs == 1)
			diag_hint(c->diags, d, "`%s_direct` takes one", op->name);
	} else if ((slot || (table && e->kind == E_INDEX)) && arg->kind == ARG_SLOT && op->multi) {
		struct diag *d = diag(c->diags, &e->loc, D_slot_many, op->name);
		if (table)
			diag_hint(c->diags, d, "write `%s`", table->name);
	} else if (slot && arg->kind == ARG_SLOT) {
		check_reach(c, call, arg, e);
	} else if (table && e->kind == E_NAME && picks) {
		if (c->p->ntables > 1)
			diag(c->diags, &e->loc, D_files_which, e->name.text);
	} else if (!slot) {
		struct diag *d = diag(c->diags, &e->loc, D_files_slot, arg->name, op->name);
		if (table)
			diag_hint(c->diags, d, "say which: `%s`", element_text(c, e));
		else if (t->kind == T_FD)
			diag_hint(c->diags, d,
				"a slot is declared: `fixed fd files[16];`, and named: `files[0]`");
	}
}
