/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* node.c: nodes of the tree, for the grammar's actions. */
#include "parse.h"

struct loc span(struct loc first, struct loc last)
{
	return (struct loc){first.file, first.begin, last.end > first.begin ? last.end : first.begin};
}

/* The height of a node over one of height `below`. Past the limit the caller drops the children, so that no
 * tree is ever higher than every pass may recurse. */
static bool rise(struct parser *p, uint16_t *height, unsigned below, const struct loc *loc)
{
	if (below >= *height)
		*height = (uint16_t)(below + 1);
	if (*height <= PARSE_HEIGHT_MAX)
		return true;
	parse_too_deep(p, loc);
	*height = 1;
	return false;
}

static unsigned height(const struct expr *e)
{
	return e ? e->height : 0;
}

struct expr *node_expr(
	struct parser *p, enum expr_kind kind, struct loc loc, struct expr *a, struct expr *b, struct expr *c)
{
	struct expr *e = NEW(p->arena, struct expr);
	e->kind = kind;
	e->op = OP_NONE;
	e->loc = loc;
	if (rise(p, &e->height, height(a), &loc) && rise(p, &e->height, height(b), &loc) &&
		rise(p, &e->height, height(c), &loc)) {
		e->a = a;
		e->b = b;
		e->c = c;
	} else {
		e->kind = E_INT;
	}
	return e;
}

struct expr *node_op(
	struct parser *p, enum expr_kind kind, struct loc loc, enum op op, struct expr *a, struct expr *b)
{
	struct expr *e = node_expr(p, kind, loc, a, b, NULL);
	e->op = op;
	return e;
}

struct expr *node_int(struct parser *p, struct loc loc, uint64_t value, bool is_duration)
{
	struct expr *e = node_expr(p, E_INT, loc, NULL, NULL, NULL);
	e->value = value;
	e->is_duration = is_duration;
	return e;
}

struct expr *node_args(struct parser *p, enum expr_kind kind, struct loc loc, const expr_vec *args)
{
	struct expr *e = node_expr(p, kind, loc, NULL, NULL, NULL);
	e->args = *args;
	for (size_t i = 0; i < args->n; i++)
		if (!rise(p, &e->height, args->at[i]->height, &loc))
			e->args.n = i;
	return e;
}

void node_add(struct parser *p, struct stmt *s, const struct stmt *child, const struct expr *e)
{
	if (rise(p, &s->height, child ? child->height : 0, &s->loc) &&
		rise(p, &s->height, height(e), &s->loc))
		return;
	s->kind = S_EMPTY;
	s->a = s->b = NULL;
	s->s1 = s->s2 = s->init = s->step = NULL;
	s->body.n = 0;
}

void node_above(struct parser *p, struct expr *e, const struct expr *child)
{
	if (!rise(p, &e->height, height(child), &e->loc)) {
		e->kind = E_INT;
		e->a = e->b = NULL;
	}
}

struct stmt *node_stmt(struct parser *p, enum stmt_kind kind, struct loc loc, struct expr *a, struct stmt *s1,
	struct stmt *s2)
{
	struct stmt *s = NEW(p->arena, struct stmt);
	s->kind = kind;
	s->op = OP_NONE;
	s->loc = loc;
	s->a = a;
	s->s1 = s1;
	s->s2 = s2;
	node_add(p, s, s1, a);
	node_add(p, s, s->s2, NULL);
	return s;
}

struct stmt *node_block(
	struct parser *p, enum stmt_kind kind, struct loc loc, const stmt_vec *body, struct loc end)
{
	struct stmt *s = node_stmt(p, kind, loc, NULL, NULL, NULL);
	s->end = end;
	s->body = *body;
	for (size_t i = 0; i < s->body.n; i++)
		node_add(p, s, s->body.at[i], NULL);
	return s;
}

struct stmt *node_assign(struct parser *p, struct loc loc, struct expr *a, enum op op, struct expr *b)
{
	struct stmt *s = node_stmt(p, S_ASSIGN, loc, a, NULL, NULL);
	s->op = op;
	s->b = b;
	node_add(p, s, NULL, b);
	return s;
}

struct decl *node_decl(struct parser *p, enum decl_kind kind, struct loc loc, const struct declarator *d)
{
	struct decl *decl = NEW(p->arena, struct decl);
	decl->kind = kind;
	decl->loc = loc;
	decl->file = p->file;
	if (d) {
		decl->d = *d;
		decl->name = d->name;
	}
	return decl;
}

/* `region TYPE name[]`, which may have dimensions behind its first. Where that first is none, `slice` is
 * false, and the checker says so. */
struct decl *node_region(
	struct parser *p, struct loc loc, struct type_name type, struct name name, const expr_vec *dims)
{
	bool first = dims->n && !dims->at[0];
	expr_vec rest = {0};
	for (size_t i = first; i < dims->n; i++)
		VEC_PUSH(p->arena, &rest, dims->at[i]);
	struct declarator *d = node_declarator(p, loc, type, name, &rest);
	if (d->slice)
		diag(p->diags, &loc, D_slice_brackets);
	d->slice = first;
	struct decl *decl = node_decl(p, DECL_VAR, loc, d);
	decl->region = true;
	return decl;
}

/* A pair of brackets with nothing in it, which is a NULL in dims, makes a slice. */
struct declarator *node_declarator(
	struct parser *p, struct loc loc, struct type_name type, struct name name, const expr_vec *dims)
{
	struct declarator *d = NEW(p->arena, struct declarator);
	d->type = type;
	d->name = name;
	d->loc = loc;
	for (size_t i = 0; dims && i < dims->n; i++) {
		if (dims->at[i])
			VEC_PUSH(p->arena, &d->dims, dims->at[i]);
		else
			d->slice = true;
	}
	if (d->slice && dims->n > 1) {
		diag(p->diags, &loc, D_slice_brackets);
		d->dims.n = 0;
	}
	return d;
}
