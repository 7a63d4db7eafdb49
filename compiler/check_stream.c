/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* check_stream.c: pools of buffers, and loops over operations that complete many times. */
#include "check.h"
#include <string.h>
#include "../runtime/image.h"

#define MAX_BUFFERS 32768 /* io_register_pbuf_ring, io_uring/kbuf.c */

/* A variable that the script does not see: a part of something that it declared. */
struct symbol *check_hidden(
	struct program *p, enum storage storage, const struct symbol *of, const char *part, uint64_t size)
{
	struct symbol *sym = NEW(p->arena, struct symbol);
	*sym = (struct symbol){.kind = SYM_VAR, .state = SYM_READY, .storage = storage, .loc = of->loc};
	sym->name = arena_printf(p->arena, "%s_%s", of->name, part);
	sym->type = type_array(p->arena, &type_u8, size);
	sym->decl = NEW(p->arena, struct decl);
	VEC_PUSH(p->arena, &p->vars, sym);
	return sym;
}

/* buffers name[N] of SIZE; */
void check_buffers(struct checker *c, struct decl *d)
{
	struct symbol *sym = d->sym;
	uint64_t n, size;
	sym->type = &type_pool;
	sym->storage = VAR_BUFFERS;
	sym->state = SYM_READY;
	bool ok = check_const(c, d->init, &n, "the number of buffers");
	ok &= check_const(c, d->size, &size, "the size of a buffer");
	if (!ok)
		return;
	if (!n || n > MAX_BUFFERS || (n & (n - 1))) {
		diag(c->diags, &d->init->loc, D_buffers_count, check_number(c, d->init));
		return;
	}
	if (!size || size > RL_IMAGE_MAX) {
		diag(c->diags, &d->size->loc, D_buffers_size, check_number(c, d->size), RL_IMAGE_MAX);
		return;
	}
	sym->buffers.group = (uint32_t)c->p->pools.n;
	sym->buffers.n = (uint32_t)n;
	sym->buffers.size = size;
	sym->buffers.control = check_hidden(c->p, VAR_PRIVATE, sym, "control", sizeof(struct rl_buffers));
	sym->buffers.ring = check_hidden(c->p, VAR_BUFFERS, sym, "ring", n * RL_BUFFER_ENTRY);
	sym->buffers.memory = check_hidden(c->p, VAR_BUFFERS, sym, "memory", n * size);
	if (n * size > RL_IMAGE_MAX)
		diag(c->diags, &sym->loc, D_too_large, sym->name, (unsigned)(RL_IMAGE_MAX >> 20));
	VEC_PUSH(c->arena, &c->p->pools, sym);
}

void check_pool(struct checker *c, struct expr *e, const char *what)
{
	struct type *t = check_expr(c, e);
	if (t->kind != T_POOL && t->kind != T_ERROR)
		diag(c->diags, &e->loc, D_stream_pool, what, type_text(c->arena, t));
}

bool check_stream(struct checker *c, struct expr *e)
{
	if (e->kind != E_CALL)
		return false;
	const struct symbol *fn = check_find(c, &e->name);
	const struct operation *op = fn && fn->kind == SYM_FN ? NULL : operation_find(e->name.text);
	if (!op)
		return false;
	if (!op->multi) {
		struct diag *d = diag(c->diags, &e->loc, D_stream_what, op->name);
		const char *many = arena_printf(c->arena, "%s_multishot", op->name);
		if (operation_find(many))
			diag_hint(c->diags, d, "`%s` gives many", many);
		check_arguments(c, e);
		e->type = &type_error;
		return true;
	}
	c->in_stream = true;
	e->type = check_call(c, e, true);
	c->in_stream = false;
	return true;
}

struct type *check_stream_buf(struct checker *c, const struct expr *e)
{
	if (e->a->kind == E_NAME && e->a->sym->pool)
		return &type_slice;
	if (e->a->type->kind != T_ERROR)
		diag(c->diags, &e->name.loc, D_stream_buf, check_source(c, &e->a->loc));
	return &type_error;
}
