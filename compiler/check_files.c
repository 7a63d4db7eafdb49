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

bool check_is_slot(struct checker *c, const struct expr *e)
{
	return table_of(c, e) != NULL;
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
	const struct type *row = slot->a->type;
	uint64_t n = check_slots(call, arg);
	if (n == 1)
		return; /* then the index is wrong by itself */
	if (n > row->n || (slot->b->is_const && slot->b->value > row->n - n))
		diag(c->diags, &slot->loc, D_files_few, (unsigned long long)n, check_source(c, &slot->loc),
			check_source(c, &slot->a->loc), (unsigned long long)row->n);
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
	} else if (table && e->kind == E_INDEX && arg->kind == ARG_SLOT && op->multi) {
		struct diag *d = diag(c->diags, &e->loc, D_slot_many, op->name);
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
