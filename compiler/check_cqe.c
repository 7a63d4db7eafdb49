/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * check_cqe.c: `c.big_cqe`, the second half of a CQE of 32 bytes. Who awaits the request itself has it, and
 * so has a loop over a stream whose CQEs have 32 bytes. Queues keep the first half of a completion, as other
 * streams do.
 */
#include <string.h>
#include "check.h"

static void refuse(struct checker *c, const struct symbol *sym, const struct loc *loc)
{
	struct diag *d = diag(c->diags, loc, D_big_cqe_queue, sym->name);
	if (sym->loc.begin != loc->begin || sym->loc.file != loc->file)
		diag_note(c->diags, d, &sym->loc, "`%s` is declared here", sym->name);
	diag_hint(c->diags, d, "write `cqe c = await ...` of the operation itself");
}

struct type *check_big_cqe(struct checker *c, struct expr *e)
{
	struct expr *field = e->a;
	if (field->kind != E_FIELD || strcmp(field->name.text, "big_cqe") || field->a->kind != E_NAME)
		return NULL;
	struct type *of = check_expr(c, field->a);
	if (of->kind != T_CQE)
		return NULL;
	struct symbol *sym = field->a->sym;
	check_value(c, e->b, &type_u32, "an index");
	if (e->b->type->kind != T_ERROR && !e->b->is_const)
		diag(c->diags, &e->b->loc, D_not_constant, "which half of `big_cqe`");
	else if (e->b->is_const && e->b->value > 1)
		diag(c->diags, &e->b->loc, D_index_range, check_number(c, e->b), 2ull);
	field->type = &type_big_cqe;
	c->p->big_cqe = sym->big = true;
	if (sym->from_queue)
		refuse(c, sym, &field->name.loc);
	return &type_u64;
}

/* Of an operation that is awaited, or of a variable: whether a queue gave it. */
static bool is_from_queue(const struct expr *e)
{
	if (e->kind == E_NAME)
		return e->sym->from_queue;
	if (e->kind == E_TRY)
		return is_from_queue(e->a);
	return e->kind != E_AWAIT || e->a->kind != E_CALL || !e->a->operation;
}

void check_cqe_from(struct checker *c, struct symbol *sym, const struct expr *from, const struct loc *loc)
{
	if (from && !is_from_queue(from))
		return;
	sym->from_queue = true;
	if (sym->big)
		refuse(c, sym, loc);
}
