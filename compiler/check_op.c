/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* check_op.c: calls of operations: each argument as its row in ops.def says. */
#include <string.h>
#include "check.h"

#define IOSQE_IO_DRAIN (1u << 1)
#define IOSQE_ASYNC (1u << 4)

/* What the kernel writes has to be there: in all, or, where it is told how many elements there are, in each.
 */
static void check_memory(
	struct checker *c, const struct expr *e, const struct operation *op, const struct op_arg *arg)
{
	bool each = arg->kind == ARG_ARR_W && arg->length != F_NOWHERE;
	uint64_t size = each ? e->type->elem->size : e->type->size;
	if (size < (uint64_t)arg->value)
		diag(c->diags, &e->loc, D_op_memory, check_source(c, &e->loc), (unsigned long long)size,
			each ? " an element" : "", op->name, (unsigned long long)arg->value);
}

/* A constant that makes the request complete many times, or take its buffer out of a pool. */
static void check_many(
	struct checker *c, const struct expr *e, const struct operation *op, enum sqe_field field)
{
	uint32_t next = 0;
	const struct many *m;
	while (e->is_const && (m = op_many(op, field, &next))) {
		if (((uint32_t)e->value & m->mask) != m->value)
			continue;
		struct diag *d = diag(c->diags, &e->loc, D_op_many, m->name, op->name, op_completes(op));
		if (*m->stream)
			diag_hint(c->diags, d, "write `for (cqe c in %s(...)) { ... }`", m->stream);
	}
}

/* The data of a command: a struct or bytes, as many as its SQE has room for. */
static void check_command(struct checker *c, struct expr *e, const struct operation *op,
	const struct op_arg *arg, const char *what)
{
	uint64_t size = 0;
	if (e->kind == E_SLICE && check_expr(c, e)->kind == T_SLICE)
		size = check_slice_size(e);
	else if (e->kind != E_SLICE) {
		const struct type *t = check_any_place(c, e, what);
		size = t->kind == T_STRUCT || type_is_bytes(t) ? t->size : 0;
	}
	if (e->type->kind != T_ERROR && (!size || size > FIELD_SIZE(arg->field)))
		diag(c->diags, &e->loc, D_op_command, check_source(c, &e->loc),
			size                 ? arena_printf(c->arena, "%llu bytes", (unsigned long long)size)
			: e->kind == E_SLICE ? "a slice whose length is no constant, or 0"
					     : type_text(c->arena, e->type),
			op->name, FIELD_SIZE(arg->field));
}

/* Bytes of a part of an array whose bounds are constants; 0: what it has is known at run time only. */
uint64_t check_slice_size(const struct expr *e)
{
	if (e->a->type->kind != T_ARRAY || (e->b && !e->b->is_const) || (e->c && !e->c->is_const))
		return 0;
	uint64_t from = e->b ? e->b->value : 0, to = e->c ? e->c->value : e->a->type->n;
	return from < to ? to - from : 0;
}

static void check_op_arg(struct checker *c, struct expr *call, const struct operation *op, size_t k)
{
	struct expr *e = call->args.at[k];
	const struct op_arg *arg = &op->args[k];
	const char *what = arena_printf(c->arena, "the argument `%s` of `%s`", arg->name, op->name);
	switch (arg->kind) {
	case ARG_FD:
	case ARG_PLAIN:
	case ARG_SLOT:
		if (arg->kind == ARG_SLOT || check_is_slot(c, e))
			check_slot(c, call, k);
		else
			check_value(c, e, &type_fd, what);
		break;
	case ARG_FDS: {
		struct type *t = check_place(c, e, what);
		if (!check_not_region(c, e))
			break;
		if (t->kind != T_ERROR && (t->kind != T_ARRAY || t->elem->kind != T_FD))
			diag(c->diags, &e->loc, D_wrong_type, what, "an array of descriptors",
				type_text(c->arena, t));
		break;
	}
	case ARG_INT:
	case ARG_OPT:
		check_value(c, e,
			FIELD_SIZE(arg->field) == 8   ? &type_u64
			: FIELD_SIZE(arg->field) == 2 ? &type_u16
						      : &type_u32,
			what);
		check_many(c, e, op, arg->field);
		break;
	case ARG_TIME:
		check_time(c, e, what);
		break;
	case ARG_BUF_W:
		check_value(c, e, &type_slice, what);
		if (e->type->kind == T_STRING)
			diag(c->diags, &e->loc, D_not_place, what);
		else
			check_writable(c, e);
		break;
	case ARG_BUF_R:
	case ARG_PATH:
		check_value(c, e, &type_slice, what);
		break;
	case ARG_IOV:
	case ARG_MSG_R:
	case ARG_MSG_W:
		if (e->kind != E_LIST || !e->args.n || e->args.n > 64) {
			diag(c->diags, &e->loc, D_buffer_list, op->name);
			check_loose(c, e);
			break;
		}
		e->type = &type_list;
		for (size_t i = 0; i < e->args.n; i++) {
			struct expr *buf = e->args.at[i];
			check_value(c, buf, &type_slice, "a buffer");
			bool written = arg->kind == ARG_MSG_W || !strncmp(op->name, "readv", 5);
			if (written && buf->type->kind == T_STRING)
				diag(c->diags, &buf->loc, D_not_place, "a buffer to read into");
			else if (written)
				check_writable(c, buf);
		}
		break;
	case ARG_PLACE: {
		struct type *t = check_place(c, e, what);
		if (t->kind != T_ERROR && (t->kind != T_INT || t->bits != 32 || check_is_local(e)))
			diag(c->diags, &e->loc, D_wrong_type, what, "a top-level variable of 32 bits",
				arena_printf(c->arena, "%s%s", check_is_local(e) ? "a local " : "",
					type_text(c->arena, t)));
		break;
	}
	case ARG_ARR_W:
	case ARG_ARR_R: {
		struct type *t = check_place(c, e, what);
		if (!check_not_region(c, e))
			break;
		if (t->kind != T_ARRAY && t->kind != T_ERROR)
			diag(c->diags, &e->loc, D_wrong_type, what, "an array", type_text(c->arena, t));
		else if (t->kind == T_ARRAY)
			check_memory(c, e, op, arg);
		break;
	}
	case ARG_POOL:
	case ARG_ZCRX:
		check_pool(c, e, what, op);
		break;
	case ARG_CMD:
		check_command(c, e, op, arg, what);
		break;
	case ARG_PEER:
	case ARG_OBJ_W:
	case ARG_OBJ_R: {
		struct type *t = check_place(c, e, what);
		if (t->kind != T_STRUCT && t->kind != T_ERROR)
			diag(c->diags, &e->loc, D_wrong_type, what, "a struct", type_text(c->arena, t));
		else if (t->kind == T_STRUCT)
			check_memory(c, e, op, arg);
		break;
	}
	case ARG_QUEUE:
		check_target_queue(c, e, what);
		break;
	case ARG_TARGET:
		check_value(c, e, &type_u64, what);
		break;
	case ARG_CONST:
		break;
	}
}

/* What stands after `with`: fields of the SQE besides those of the arguments. Flags that change how many
 * completions there are, or when, would leave a task waiting for one that never comes. */
static void check_with(struct checker *c, struct expr *e, const struct operation *op)
{
	static const char *const names[] = {"flags", "ioprio", "personality", "user_data"};
	static const struct {
		struct type *type;
		bool constant;
	} fields[] = {{&type_u8, true}, {&type_u16, true}, {&type_u16, false}, {&type_u64, false}};
	enum { FLAGS, IOPRIO };
	for (size_t i = 0; i < e->with.n; i++) {
		const struct with *w = &e->with.at[i];
		size_t k = 0;
		while (k < sizeof fields / sizeof fields[0] && strcmp(names[k], w->name.text))
			k++;
		for (size_t j = 0; j < i; j++)
			if (!strcmp(e->with.at[j].name.text, w->name.text))
				diag(c->diags, &w->name.loc, D_redeclared, w->name.text);
		if (k == sizeof fields / sizeof fields[0]) {
			struct diag *d = diag(c->diags, &w->name.loc, D_with_field, w->name.text);
			check_suggest_of(
				c, d, w->name.text, "there are", names, sizeof names / sizeof names[0]);
			check_loose(c, w->value);
			continue;
		}
		check_value(c, w->value, fields[k].type, arena_printf(c->arena, "`%s`", w->name.text));
		if (w->value->type->kind == T_ERROR)
			continue;
		if (fields[k].constant && !w->value->is_const)
			diag(c->diags, &w->value->loc, D_not_constant,
				arena_printf(c->arena, "`%s`", w->name.text));
		else if (k == IOPRIO)
			check_many(c, w->value, op, F_IOPRIO);
		else if (k == FLAGS && w->value->value & ~(uint64_t)(IOSQE_ASYNC | IOSQE_IO_DRAIN))
			diag(c->diags, &w->value->loc, D_with_flags);
	}
}

bool check_made(struct checker *c, const struct name *name)
{
	for (uint32_t i = 0; i < nmade_operations; i++) {
		if (strcmp(made_operations[i].name, name->text))
			continue;
		struct diag *d = diag(c->diags, &name->loc, D_op_made, name->text);
		diag_hint(c->diags, d, "%s", made_operations[i].instead);
		return true;
	}
	return false;
}

struct type *check_operation(struct checker *c, struct expr *e, const struct operation *op, bool awaited)
{
	e->operation = op;
	if (op->multi && !c->in_stream) {
		struct diag *d = diag(c->diags, &e->loc, D_stream_alone, op->name);
		diag_hint(c->diags, d, "write `for (cqe c in %s(...)) { ... }`", op->name);
	} else if (!op->multi && !awaited) {
		struct diag *d = diag(c->diags, &e->loc, D_await_missing, op->name, "submits a request");
		diag_hint(c->diags, d, "write `await %s(...)`", op->name);
	}
	if (!check_count(c, e, op->required, op->nargs)) {
		check_arguments(c, e);
		return &type_s32;
	}
	for (size_t i = 0; i < e->args.n; i++)
		check_op_arg(c, e, op, i);
	if (op->multi && e->with.n)
		diag(c->diags, &e->with.at[0].name.loc, D_stream_with, op->name);
	check_with(c, e, op);
	return &type_s32;
}
