/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* check_stream.c: pools of buffers, and loops over operations that complete many times. */
#include "check.h"
#include <string.h>
#include "../runtime/image.h"

#define MAX_BUFFERS 32768 /* io_register_pbuf_ring, io_uring/kbuf.c; and IO_RQ_MAX_ENTRIES, zcrx.c */

/* A device puts parts of several packets into one buffer, and each is a completion. */
#define PIECES 8

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

/* A parameter that says which device, or queue of it. */
static struct symbol *device_param(struct checker *c, struct expr *e)
{
	struct type *t = check_expr(c, e);
	if (t == &type_u32 && e->kind == E_NAME && e->sym->kind == SYM_VAR && e->sym->storage == VAR_PARAM)
		return e->sym;
	if (t->kind != T_ERROR)
		diag(c->diags, &e->loc, D_zcrx_param, check_source(c, &e->loc));
	return NULL;
}

/* zcrx, or zcrx(device, queue) */
static bool check_pool_kind(struct checker *c, struct symbol *sym, struct expr *kind)
{
	bool named = kind->kind == E_NAME || kind->kind == E_CALL;
	if (!named || strcmp(kind->name.text, "zcrx") || (kind->kind == E_CALL && kind->args.n != 2)) {
		diag(c->diags, &kind->loc, D_buffers_kind, check_source(c, &kind->loc));
		return false;
	}
	sym->buffers.zcrx = true;
	if (kind->kind == E_NAME)
		return true;
	sym->buffers.device = device_param(c, kind->args.at[0]);
	sym->buffers.queue = device_param(c, kind->args.at[1]);
	return sym->buffers.device && sym->buffers.queue;
}

/* What the kernel copies goes into pages. A device may be told to fill larger buffers. */
static bool check_zcrx_size(struct checker *c, const struct symbol *sym, const struct expr *e, uint64_t size)
{
	bool device = sym->buffers.device;
	if (size == RL_PAGE || (device && size > RL_PAGE && !(size & (size - 1))))
		return true;
	diag(c->diags, &e->loc, D_zcrx_size, check_number(c, e), RL_PAGE,
		device ? ", or twice that, and so on" : " where no device is named");
	return false;
}

/* A ring of buffers, or for zcrx its header and entries, up to the end of a page. */
static uint64_t ring_size(const struct symbol *sym)
{
	if (!sym->buffers.zcrx)
		return (uint64_t)sym->buffers.n * RL_BUFFER_ENTRY;
	return (RL_REFILL_HEADER + (uint64_t)sym->buffers.pieces * RL_BUFFER_ENTRY + RL_PAGE - 1) / RL_PAGE *
	       RL_PAGE;
}

static uint32_t count_kind(const struct program *p, bool zcrx)
{
	uint32_t n = 0;
	for (size_t i = 0; i < p->pools.n; i++)
		n += p->pools.at[i]->buffers.zcrx == zcrx;
	return n;
}

/* buffers name[N] of SIZE; or with a kind */
void check_buffers(struct checker *c, struct decl *d)
{
	struct symbol *sym = d->sym;
	uint64_t n, size;
	sym->type = &type_pool;
	sym->storage = VAR_BUFFERS;
	sym->state = SYM_READY;
	bool ok = check_const(c, d->init, &n, "the number of buffers");
	ok &= check_const(c, d->size, &size, "the size of a buffer");
	ok &= !d->pool_kind || check_pool_kind(c, sym, d->pool_kind);
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
	if (sym->buffers.zcrx && !check_zcrx_size(c, sym, d->size, size))
		return;
	uint64_t pieces = sym->buffers.device ? n * PIECES : n;
	sym->buffers.group = count_kind(c->p, sym->buffers.zcrx);
	sym->buffers.n = (uint32_t)n;
	sym->buffers.size = size;
	sym->buffers.pieces = (uint32_t)(pieces < MAX_BUFFERS ? pieces : MAX_BUFFERS);
	sym->buffers.control = check_hidden(c->p, VAR_PRIVATE, sym, "control", sizeof(struct rl_buffers));
	sym->buffers.ring = check_hidden(c->p, VAR_BUFFERS, sym, "ring", ring_size(sym));
	sym->buffers.memory = check_hidden(c->p, VAR_BUFFERS, sym, "memory", n * size);
	if (n * size > RL_IMAGE_MAX)
		diag(c->diags, &sym->loc, D_too_large, sym->name, (unsigned)(RL_IMAGE_MAX >> 20));
	VEC_PUSH(c->arena, &c->p->pools, sym);
}

void check_pool(struct checker *c, struct expr *e, const char *what, const struct operation *op)
{
	struct type *t = check_expr(c, e);
	bool zcrx = op_takes_zcrx(op);
	if (t->kind != T_POOL && t->kind != T_ERROR)
		diag(c->diags, &e->loc, D_stream_pool, what, type_text(c->arena, t));
	if (t->kind != T_POOL || e->sym->buffers.zcrx == zcrx)
		return;
	struct diag *d =
		diag(c->diags, &e->loc, D_zcrx_pool, op->name, zcrx ? "of the kind" : "not of the kind");
	diag_note(c->diags, d, &e->sym->loc, "`%s` is declared here", e->sym->name);
	if (zcrx)
		diag_hint(c->diags, d, "write `buffers %s[...] of 4K : zcrx;`", e->sym->name);
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
