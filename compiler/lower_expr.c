/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lower_expr.c: expressions to three-address code. */
#include <string.h>
#include "lower.h"

const char *expr_text(struct lowering *L, const struct expr *e)
{
	const struct source *s = L->ir->p->sources->list.at[e->loc.file];
	uint32_t n = e->loc.end - e->loc.begin;
	const char *text = s->text + e->loc.begin;
	for (uint32_t i = 0; i < n; i += utf8_length(text + i, n - i))
		if (text[i] == '\n' || i >= 60)
			return arena_printf(L->arena, "%.*s...", (int)i, text);
	return arena_strndup(L->arena, text, n);
}

static bool is_signed(const struct type *t)
{
	return t->is_signed || t->kind == T_ENUM;
}

struct ir_val convert(struct lowering *L, const struct loc *loc, struct ir_val v, const struct type *from,
	const struct type *to)
{
	if (!v.reg)
		return constant(to->bits, type_wrap(to, type_wrap(from, v.c)));
	if (to->kind == T_BOOL && from->kind != T_BOOL) {
		struct ir_ins *i = emit_dst(L, IR_BIN, loc, 8);
		i->bop = OP_NE;
		i->a = v;
		i->b = constant(v.bits, 0);
		return value(8, i->dst);
	}
	if (v.bits == to->bits)
		return v;
	struct ir_ins *i = emit_dst(L, IR_EXT, loc, to->bits);
	i->a = v;
	i->is_signed = is_signed(from);
	return value(to->bits, i->dst);
}

struct ir_val lower_as(struct lowering *L, struct expr *e, const struct type *to)
{
	struct ir_val v = lower_scalar(L, e);
	return convert(L, &e->loc, v, e->type, to);
}

/* a op b, both brought to `common` first where it is arithmetic; a comparison gives a bool. */
struct ir_val lower_binary(struct lowering *L, const struct loc *loc, enum op op, struct ir_val a,
	const struct type *ta, struct ir_val b, const struct type *tb)
{
	bool shift = op == OP_SHL || op == OP_SHR;
	const struct type *t =
		shift ? type_promote((struct type *)ta) : type_common((struct type *)ta, (struct type *)tb);
	a = convert(L, loc, a, ta, t);
	b = convert(L, loc, b, tb, t);
	if (!a.reg && !b.reg) {
		uint64_t v;
		if (fold_binary(op, t, type_wrap(t, a.c), type_wrap(t, b.c), &v))
			return constant(op_is_comparison(op) ? 8 : t->bits, v);
	}
	if (!op_is_comparison(op) && ((op == OP_ADD && !a.reg && !a.c)))
		return b;
	if ((op == OP_ADD || op == OP_SUB) && !b.reg && !b.c)
		return a;
	/* A constant zero that check.c could not see is the length of a slice, `s[1:1].len`. */
	if ((op == OP_DIV || op == OP_MOD) && (b.reg || !b.c)) {
		struct ir_ins *nonzero = emit_dst(L, IR_BIN, loc, 8);
		nonzero->bop = OP_NE;
		nonzero->a = b;
		nonzero->b = constant(b.bits, 0);
		struct ir_ins *check = emit(L, IR_CHECK, loc);
		check->a = value(8, nonzero->dst);
		check->b = constant(64, 0);
		check->site = new_site(L, loc, "division by zero");
	}
	struct ir_ins *i = emit_dst(L, IR_BIN, loc, op_is_comparison(op) ? 8 : t->bits);
	i->bop = op;
	i->is_signed = is_signed(t);
	i->a = a;
	i->b = b;
	return value(op_is_comparison(op) ? 8 : t->bits, i->dst);
}

/* ---- conditions ---- */

void lower_branch(struct lowering *L, struct expr *e, struct ir_block *yes, struct ir_block *no)
{
	if (e->is_const) {
		jump(L, e->value ? yes : no);
		return;
	}
	if (e->kind == E_BINARY && (e->op == OP_LAND || e->op == OP_LOR)) {
		struct ir_block *second = new_block(L);
		if (e->op == OP_LAND)
			lower_branch(L, e->a, second, no);
		else
			lower_branch(L, e->a, yes, second);
		start(L, second);
		lower_branch(L, e->b, yes, no);
		return;
	}
	if (e->kind == E_UNARY && e->op == OP_NOT) {
		lower_branch(L, e->a, no, yes);
		return;
	}
	struct ir_val v = lower_as(L, e, &type_bool);
	struct ir_ins *i = emit(L, IR_BRANCH, &e->loc);
	i->a = v;
	i->t = yes;
	i->f = no;
}

/* A bool out of a condition with more than one way through it. */
static struct ir_val condition_value(struct lowering *L, struct expr *e)
{
	ir_reg r = new_reg(L, 8, NULL);
	struct ir_block *yes = new_block(L), *no = new_block(L), *end = new_block(L);
	lower_branch(L, e, yes, no);
	start(L, yes);
	set(L, &e->loc, r, constant(8, 1));
	jump(L, end);
	start(L, no);
	set(L, &e->loc, r, constant(8, 0));
	jump(L, end);
	start(L, end);
	return value(8, r);
}

static struct ir_val choose(struct lowering *L, struct expr *e)
{
	ir_reg r = new_reg(L, e->type->bits, NULL);
	struct ir_block *yes = new_block(L), *no = new_block(L), *end = new_block(L);
	lower_branch(L, e->a, yes, no);
	start(L, yes);
	set(L, &e->b->loc, r, lower_as(L, e->b, e->type));
	jump(L, end);
	start(L, no);
	set(L, &e->c->loc, r, lower_as(L, e->c, e->type));
	jump(L, end);
	start(L, end);
	return value(e->type->bits, r);
}

static struct ir_val lower_unary(struct lowering *L, struct expr *e)
{
	if (e->op == OP_NOT)
		return condition_value(L, e);
	struct ir_val v = lower_as(L, e->a, e->type);
	if (e->op == OP_PLUS)
		return v;
	struct ir_ins *i = emit_dst(L, e->op == OP_NEG ? IR_NEG : IR_COM, &e->loc, e->type->bits);
	i->a = v;
	return value(e->type->bits, i->dst);
}

/* ---- try ---- */

/* What a failing `try` says it was doing: the call that gave the error. */
static const char *called(struct lowering *L, const struct expr *e)
{
	if (e->kind == E_AWAIT)
		e = e->a;
	if (e->kind == E_ALL)
		return arena_printf(L->arena, "await all %s", e->name.text);
	return e->kind == E_CALL ? e->name.text : "try";
}

void lower_leave_if_negative(struct lowering *L, struct expr *e, struct ir_val v, const struct type *t)
{
	struct ir_block *bad = new_block(L), *good = new_block(L);
	struct ir_val negative = lower_binary(L, &e->loc, OP_LT, v, t, constant(t->bits, 0), t);
	struct ir_ins *i = emit(L, IR_BRANCH, &e->loc);
	i->a = negative;
	i->t = bad;
	i->f = good;
	start(L, bad);
	if (L->expansion || L->fn->sym->kind == SYM_FN) {
		const struct type *result = L->expansion ? L->expansion->fn->type : L->fn->sym->type;
		struct ir_val r = convert(L, &e->loc, v, t, result);
		leave_function(L, &e->loc, &r);
	} else {
		/* One that was cancelled has been given up: nobody asks what it ends with. */
		struct ir_block *leaves = new_block(L);
		if (L->fn->sym->cancellable) {
			struct ir_block *told = new_block(L);
			branch(L, &e->loc, lower_expired(L, &e->loc), leaves, told);
			start(L, told);
		}
		struct ir_ins *f = emit(L, IR_FAIL, &e->loc);
		f->a = convert(L, &e->loc, v, t, &type_s32);
		f->site = new_site(L, &e->loc, called(L, e->a));
		L->ir->uses_log |= L->fn->sym->isolated;
		start(L, leaves);
		leave_function(L, &e->loc, NULL);
	}
	start(L, good);
}

static struct ir_val lower_try(struct lowering *L, struct expr *e)
{
	struct ir_val v = lower_scalar(L, e->a);
	lower_leave_if_negative(L, e, v, e->a->type);
	return v;
}

/* ---- expressions ---- */

static struct ir_val lower_name(struct lowering *L, struct expr *e)
{
	if (in_register(L, e))
		return value(e->type->bits, local_of(L, e->sym)->reg);
	return load(L, &e->loc, lower_place(L, e), e->type);
}

/* c.res, c.flags, c.user_data */
static struct ir_val cqe_field(struct lowering *L, struct expr *e)
{
	struct cqe_regs c = lower_cqe(L, e->a);
	if (!strcmp(e->name.text, "user_data"))
		return c.user_data ? value(64, c.user_data) : constant(64, 0);
	return value(32, !strcmp(e->name.text, "res") ? c.res : c.flags);
}

struct ir_val lower_scalar(struct lowering *L, struct expr *e)
{
	if (e->is_const)
		return constant(e->type->bits, e->value);
	if (e->type->kind == T_CQE)
		return value(32, lower_cqe(L, e).res);
	switch (e->kind) {
	case E_NAME: {
		struct ir_val v = lower_name(L, e);
		if (!in_register(L, e))
			return v;
		/* A copy: what is evaluated later may change the variable. */
		struct ir_ins *i = emit_dst(L, IR_MOV, &e->loc, v.bits);
		i->a = v;
		return value(v.bits, i->dst);
	}
	case E_SELF: {
		struct ir_ins *i = emit_dst(L, IR_SELF_REG, &e->loc, 32);
		return value(32, i->dst);
	}
	case E_UNARY:
		return lower_unary(L, e);
	case E_BINARY:
		if (e->op == OP_LAND || e->op == OP_LOR)
			return condition_value(L, e);
		{
			struct ir_val a = lower_scalar(L, e->a);
			struct ir_val b = lower_scalar(L, e->b);
			return lower_binary(L, &e->loc, e->op, a, e->a->type, b, e->b->type);
		}
	case E_COND:
		return choose(L, e);
	case E_CAST:
		return lower_as(L, e->a, e->type);
	case E_CALL:
		return lower_call(L, e);
	case E_INDEX:
		if (e->a->type == &type_big_cqe)
			return value(64, local_of(L, e->a->a->sym)->big[e->b->value]);
		return load(L, &e->loc, lower_place(L, e), e->type);
	case E_FIELD:
		if (e->a->type->kind == T_CQE)
			return cqe_field(L, e);
		if (e->a->type->kind == T_CQ)
			return lower_len(L, e->a);
		if (e->a->type->kind == T_TABLE)
			return lower_table_len(L, e->a);
		if (type_is_region(e->a->type))
			return lower_region_len(L, &e->loc);
		if (e->a->type->kind == T_SLICE) { /* .len */
			struct ir_val off, len;
			lower_slice(L, e->a, &off, &len);
			return len;
		}
		return load(L, &e->loc, lower_place(L, e), e->type);
	case E_AWAIT:
		return lower_await(L, e);
	case E_TRY:
		return lower_try(L, e);
	case E_SUBMIT:
		return lower_submit(L, e);
	case E_SPAWN:
		return lower_spawn(L, e);
	case E_DELETE:
		return lower_delete(L, e);
	default:
		return constant(64, 0); /* check.c let nothing else be a scalar */
	}
}

void lower_effect(struct lowering *L, struct expr *e)
{
	if (e->is_const)
		return;
	lower_scalar(L, e);
}
