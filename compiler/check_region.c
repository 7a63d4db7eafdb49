/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * check_region.c: memory that the host hands in. A region is an array whose length is known at load; in
 * struct type its n is 0. What wants a size that is known now does not take one.
 */
#include "check.h"
#include "../runtime/image.h"

struct type *check_region_type(struct checker *c, struct decl *d)
{
	struct declarator element = d->d;
	element.slice = false; /* that is the region's own pair of brackets */
	struct type *t = check_type(c, &element, false);
	if (t->kind != T_ERROR && !d->d.slice) {
		struct diag *g = diag(c->diags, &d->loc, D_region_length, d->d.name.text);
		diag_hint(c->diags, g, "write `region %s %s[];`",
			type_text(c->arena, check_base_type(c, &d->d.type)), d->d.name.text);
		return &type_error;
	}
	return t->kind == T_ERROR ? t : type_array(c->arena, t, 0);
}

void check_region(struct checker *c, struct decl *d)
{
	struct symbol *sym = d->sym, *other = c->p->region;
	sym->storage = VAR_REGION;
	sym->offset = RL_REGION_AT;
	sym->fixed = d->fixed;
	if (d->fixed)
		sym->fixed_index = c->p->nfixed++;
	if (d->init)
		diag(c->diags, &d->init->loc, D_region_value, sym->name);
	if (other) {
		struct diag *g = diag(c->diags, &d->loc, D_region_second, sym->name);
		diag_note(c->diags, g, &other->loc, "the other region is here");
		diag_hint(c->diags, g,
			"the fields of a struct, or ranges of indices, make parts of one region");
		return;
	}
	c->p->region = sym;
	VEC_PUSH(c->arena, &c->p->vars, sym);
}

/* A constant that is an index into no region, however large. */
void check_region_index(struct checker *c, const struct expr *index, const struct type *t)
{
	if (index->is_const && index->value >= RL_REGION_MAX / t->elem->size)
		diag(c->diags, &index->loc, D_region_index, check_number(c, index), RL_REGION_MAX >> 20);
}

bool check_not_region(struct checker *c, const struct expr *e)
{
	if (!type_is_region(e->type))
		return true;
	struct diag *g = diag(c->diags, &e->loc, D_region_whole, check_source(c, &e->loc));
	if (type_is_bytes(e->type))
		diag_hint(c->diags, g, "loop over it, or let an operation fill `%s[i:j]`",
			check_source(c, &e->loc));
	return false;
}
