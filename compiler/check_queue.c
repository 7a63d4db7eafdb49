/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* check_queue.c: completion queues: their declarations, what is steered to them, what is taken from them. */
#include "check.h"
#include <string.h>
#include "../runtime/image.h"

/* ---- declarations ---- */

static uint32_t power_of_two(uint64_t n)
{
	uint32_t p = 1;
	while (p < n)
		p *= 2;
	return p;
}

/* `cq name[N];` is a queue of N, `cq name[M][N];` are M of them. Each declaration has a type of its own,
 * because its queues have their own size. */
void check_cq(struct checker *c, struct decl *d)
{
	static const char *const kinds[] = {"", "in", "out"};
	struct symbol *sym = d->sym;
	uint64_t dims[8] = {0}, n = 1;
	size_t ndims = d->d.dims.n;
	sym->storage = VAR_QUEUE;
	sym->state = SYM_READY;
	if (!ndims || d->d.slice || ndims > 8) {
		struct diag *g = diag(c->diags, &d->loc, D_cq_capacity, sym->name);
		diag_hint(c->diags, g, "write `cq %s[64];`", sym->name);
		return;
	}
	for (size_t i = 0; i < ndims; i++) {
		struct expr *dim = d->d.dims.at[i];
		bool last = i + 1 == ndims;
		uint64_t most = last ? MAX_CAPACITY : MAX_QUEUES;
		if (!check_const(c, dim, &dims[i], last ? "the capacity of a queue" : "the size of an array"))
			return;
		n = last ? n : n * dims[i];
		if (!dims[i] || dims[i] > most || n > MAX_QUEUES) {
			diag(c->diags, &dim->loc, D_cq_size, check_number(c, dim), MAX_CAPACITY, MAX_QUEUES);
			return;
		}
	}
	sym->queue.kind = QUEUE_PRIVATE;
	for (int k = 1; d->kind_name.text && k < 3; k++)
		if (!strcmp(d->kind_name.text, kinds[k]))
			sym->queue.kind = k;
	if (d->kind_name.text && sym->queue.kind == QUEUE_PRIVATE) {
		struct diag *g = diag(c->diags, &d->kind_name.loc, D_cq_kind, d->kind_name.text);
		diag_hint(c->diags, g, "`in` takes completions from the host, `out` gives them to it");
	}
	sym->queue.n = (uint32_t)n;
	sym->queue.capacity = (uint32_t)dims[ndims - 1];
	sym->queue.entries = power_of_two(dims[ndims - 1]);
	struct type *t = NEW(c->arena, struct type);
	*t = type_cq;
	for (size_t i = ndims - 1; i-- > 0;)
		t = type_array(c->arena, t, dims[i]);
	sym->type = t;
	sym->queue.index = (uint32_t)c->p->queues.n;
	VEC_PUSH(c->arena, &c->p->queues, sym);
	VEC_PUSH(c->arena, &c->p->vars, sym);
}

static void set_size(struct type *t, uint64_t size)
{
	if (t->kind == T_ARRAY) {
		set_size(t->elem, size);
		t->align = t->elem->align;
		t->size = t->n * t->elem->size;
	} else {
		t->size = size;
	}
}

void check_queue_sizes(struct program *p)
{
	for (size_t i = 0; i < p->queues.n; i++) {
		struct symbol *q = p->queues.at[i];
		uint64_t size =
			sizeof(struct rl_queue) + (uint64_t)q->queue.entries * sizeof(struct rl_completion);
		if (q->queue.slots) {
			q->queue.slots = (uint32_t)size;
			size += (uint64_t)q->queue.capacity * (q->queue.finds ? 16 : 12);
		}
		q->queue.size = (uint32_t)((size + 63) / 64 * 64);
		set_size(q->type, q->queue.size);
		if (q->type->size > RL_IMAGE_MAX)
			diag(p->diags, &q->loc, D_too_large, q->name, (unsigned)(RL_IMAGE_MAX >> 20));
	}
}

/* ---- uses ---- */

/* Where there is an array of queues and one of them is wanted. */
void check_queue_hint(struct checker *c, struct diag *d, const struct expr *e)
{
	const struct type *elem = e->type;
	while (elem->kind == T_ARRAY)
		elem = elem->elem;
	if (elem->kind == T_CQ && elem != e->type)
		diag_hint(c->diags, d, "say which of them: `%s[i]`", check_source(c, &e->loc));
}

struct type *check_queue(struct checker *c, struct expr *e, const char *what)
{
	struct type *t = check_expr(c, e);
	if (t->kind == T_CQ || t->kind == T_ERROR)
		return t;
	struct diag *d = diag(c->diags, &e->loc, D_wrong_type, what, "a queue", type_text(c->arena, t));
	check_queue_hint(c, d, e);
	return &type_error;
}

static struct symbol *queue_of(const struct expr *e)
{
	while (e->kind == E_INDEX)
		e = e->a;
	return e->sym;
}

/* What a queue is for decides who puts completions in and who takes them out. */
static void check_direction(struct checker *c, const struct expr *e, bool taken)
{
	const struct symbol *q = queue_of(e);
	if (e->type->kind == T_ERROR || q->queue.kind != (taken ? QUEUE_OUT : QUEUE_IN))
		return;
	struct diag *d = diag(c->diags, &e->loc, D_cq_direction, q->name,
		taken ? "out: the host alone takes from it" : "in: the host alone posts to it");
	diag_note(c->diags, d, &q->loc, "`%s` is declared here", q->name);
}

/* Only the host makes room at its own time; in another queue tasks do, and nobody says when. */
static void check_room(struct checker *c, const struct expr *e)
{
	struct symbol *q = queue_of(e);
	q->queue.room = q->queue.kind == QUEUE_OUT;
	if (q->queue.room)
		return;
	struct diag *d = diag(c->diags, &e->loc, D_cq_room, q->name);
	diag_note(c->diags, d, &q->loc, "`%s` is declared here", q->name);
	diag_hint(c->diags, d, "`: out` declares a queue that the host takes from");
}

struct type *check_queue_builtin(struct checker *c, struct expr *e, int b)
{
	struct expr *q = e->args.at[0];
	struct type *t = check_queue(c, q, arena_printf(c->arena, "the queue of `%s`", builtin_name(b)));
	if (b == B_room) {
		if (t->kind != T_ERROR)
			check_room(c, q);
		return &type_s32;
	}
	if (t->kind != T_ERROR)
		check_direction(c, q, b != B_emit);
	if (b == B_emit) {
		check_value(c, e->args.at[1], &type_u64, "the argument `user_data` of `emit`");
		check_value(c, e->args.at[2], &type_s32, "the argument `res` of `emit`");
		if (e->args.n > 3)
			check_value(c, e->args.at[3], &type_u32, "the argument `flags` of `emit`");
		return &type_bool;
	}
	if (b == B_wait) {
		struct expr *n = e->args.at[1];
		check_value(c, n, &type_u32, "the argument `n` of `wait`");
		if (t->kind != T_ERROR && n->is_const && n->value > queue_of(q)->queue.capacity)
			diag(c->diags, &n->loc, D_cq_wait, check_number(c, n), queue_of(q)->name,
				queue_of(q)->queue.capacity);
		return &type_s32;
	}
	struct expr *into = e->args.at[1];
	struct type *i = check_expr(c, into);
	if (i->kind != T_ERROR && (i->kind != T_CQE || into->kind != E_NAME))
		diag(c->diags, &into->loc, D_wrong_type, "what `reap` fills", "a local variable of type cqe",
			type_text(c->arena, i));
	else if (i->kind != T_ERROR && check_writable(c, into))
		check_cqe_from(c, into->sym, NULL, &into->loc);
	return &type_bool;
}

void check_target_queue(struct checker *c, struct expr *e, const char *what)
{
	if (check_queue(c, e, what)->kind == T_ERROR)
		return;
	struct symbol *q = queue_of(e);
	q->queue.finds = true;
	if (q->queue.kind == QUEUE_PRIVATE)
		return;
	struct diag *d = diag(c->diags, &e->loc, D_cq_submit, q->name);
	diag_note(c->diags, d, &q->loc, "`%s` is declared here", q->name);
}

/* await q */
struct type *check_queue_await(struct checker *c, struct expr *e)
{
	struct type *t = check_expr(c, e->a);
	if (t->kind == T_ERROR)
		return t;
	if (t->kind != T_CQ) {
		struct diag *d = diag(c->diags, &e->a->loc, D_await_what);
		check_queue_hint(c, d, e->a);
		return &type_error;
	}
	check_direction(c, e->a, true);
	return &type_cqe;
}

/* submit op(...) -> q */
struct type *check_submit(struct checker *c, struct expr *e)
{
	if (!c->owner) {
		diag(c->diags, &e->loc, D_await_outside, "submit");
		return &type_error;
	}
	struct expr *call = e->a;
	struct type *t = check_queue(c, e->b, "what a request is steered to");
	if (t->kind != T_ERROR) {
		struct symbol *q = queue_of(e->b);
		if (q->queue.kind == QUEUE_PRIVATE) {
			q->queue.slots = 1;
			c->p->submits = true;
		} else {
			struct diag *d = diag(c->diags, &e->b->loc, D_cq_submit, q->name);
			diag_note(c->diags, d, &q->loc, "`%s` is declared here", q->name);
		}
	}
	struct symbol *fn = call->kind == E_CALL ? check_find(c, &call->name) : NULL;
	if (call->kind != E_CALL) {
		diag(c->diags, &call->loc, D_submit_what);
		check_loose(c, call);
	} else if ((fn && fn->kind == SYM_FN) ||
		   (!operation_find(call->name.text) && builtin_find(call->name.text))) {
		struct diag *d = diag(c->diags, &call->loc, D_submit_what);
		if (fn)
			diag_note(c->diags, d, &fn->loc, "`%s` is a function", fn->name);
		for (size_t i = 0; i < call->args.n; i++)
			check_loose(c, call->args.at[i]);
	} else {
		call->type = check_call(c, call, true);
		check_alone(c, call, "`submit`", true);
	}
	return &type_bool;
}
