/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* check_files.c: tables of direct descriptors, and where their slots may stand. */
#include <string.h>
#include "check.h"

/* fixed fd files[N]; All tables of a program lie one behind the other in the one that its ring has. */
void check_files(struct checker *c, struct decl *d)
{
	struct symbol *sym = d->sym;
	sym->storage = VAR_FILES;
	sym->files_from = c->p->nfiles;
	c->p->ntables++;
	if (sym->type->n > MAX_FILES - c->p->nfiles)
		diag(c->diags, &d->loc, D_files_size, MAX_FILES);
	else
		c->p->nfiles += (uint32_t)sym->type->n;
	if (d->init)
		diag(c->diags, &d->init->loc, D_files_init, sym->name);
}

static const struct symbol *table_of(struct checker *c, const struct expr *e)
{
	const struct symbol *sym = e->kind == E_NAME ? scope_find(c->arena, c->scope, e->name.text) : NULL;
	return sym && sym->kind == SYM_VAR && sym->storage == VAR_FILES ? sym : NULL;
}

bool check_is_slot(struct checker *c, const struct expr *e)
{
	return table_of(c, e) || (e->kind == E_INDEX && table_of(c, e->a));
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
	const struct type *table = slot->a->type;
	uint64_t n = check_slots(call, arg);
	if (n > table->n || (slot->b->is_const && slot->b->value > table->n - n))
		diag(c->diags, &slot->loc, D_files_few, (unsigned long long)n, check_source(c, &slot->loc),
			slot->a->name.text, (unsigned long long)table->n);
}

void check_slot(struct checker *c, struct expr *call, size_t k)
{
	struct expr *e = call->args.at[k];
	const struct operation *op = call->operation;
	const struct op_arg *arg = &op->args[k];
	bool slot = e->kind == E_INDEX && check_is_slot(c, e), table = !slot && check_is_slot(c, e);
	bool picks = arg->kind == ARG_SLOT && arg->field == F_FILE_INDEX && arg->value == 1 &&
		     strcmp(op->name, "close_direct") != 0;
	struct type *t = check_expr(c, e);
	if (t->kind == T_ERROR)
		return;
	if (slot && arg->kind == ARG_PLAIN) {
		struct diag *d = diag(c->diags, &e->loc, D_files_plain, arg->name, op->name);
		if (operation_find(arena_printf(c->arena, "%s_direct", op->name)) && op->nargs == 1)
			diag_hint(c->diags, d, "`%s_direct` takes one", op->name);
	} else if (slot && arg->kind == ARG_SLOT && op->multi) {
		struct diag *d = diag(c->diags, &e->loc, D_slot_many, op->name);
		diag_hint(c->diags, d, "write `%s`", e->a->name.text);
	} else if (slot && arg->kind == ARG_SLOT) {
		check_reach(c, call, arg, e);
	} else if (table && picks) {
		if (c->p->ntables > 1)
			diag(c->diags, &e->loc, D_files_which, e->name.text);
	} else if (!slot) {
		struct diag *d = diag(c->diags, &e->loc, D_files_slot, arg->name, op->name);
		if (table)
			diag_hint(c->diags, d, "say which: `%s[i]`", e->name.text);
		else if (t->kind == T_FD)
			diag_hint(c->diags, d,
				"a slot is declared: `fixed fd files[16];`, and named: `files[0]`");
	}
}
