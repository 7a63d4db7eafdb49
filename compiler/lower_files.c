/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * lower_files.c: slots of tables of direct descriptors: as arguments of operations, and of functions.
 *
 * A function that is expanded may be given a slot for a parameter that is a descriptor: the parameter is the
 * slot's number then, known to be one, and its operations are made accordingly. The same function works on
 * both. So does one that is an arm of a `select`: each arm is a task of its own. A task, which is one for all
 * who start it, says what it takes, by `fixed`; so may any function.
 */
#include "lower.h"

#define IOSQE_FIXED_FILE (1u << 0)
#define SPLICE_F_FD_IN_FIXED (1u << 31)
#define FILE_INDEX_ALLOC UINT32_MAX /* IORING_FILE_INDEX_ALLOC: the kernel takes a free slot */

static const struct local *given(struct lowering *L, const struct expr *e)
{
	if (e->kind != E_NAME || e->sym->kind != SYM_LOCAL)
		return NULL;
	const struct local *l = local_of(L, e->sym);
	return l->kind == LOCAL_SLOT ? l : NULL;
}

bool lower_is_slot(struct lowering *L, const struct expr *e)
{
	return e->type->kind == T_FILE || given(L, e);
}

static struct ir_val u32_op(
	struct lowering *L, const struct loc *loc, enum op op, struct ir_val a, struct ir_val b)
{
	return lower_binary(L, loc, op, a, &type_u32, b, &type_u32);
}

static struct ir_val sum(struct lowering *L, const struct loc *loc, struct ir_val a, struct ir_val b)
{
	if (!a.reg && !b.reg)
		return constant(32, a.c + b.c);
	return !a.reg && !a.c ? b : !b.reg && !b.c ? a : u32_op(L, loc, OP_ADD, a, b);
}

void lower_given_slot(struct lowering *L, const struct symbol *param, const struct loc *argument)
{
	struct local *l = local_of(L, param);
	l->kind = LOCAL_SLOT;
	l->given = argument;
}

/* The number in the ring's table of the slot, or the first one of a part of a table: of files[i][j], which is
 * E_INDEX of files[i]. Of the last dimension n are used from there on. */
static struct ir_val number(struct lowering *L, struct expr *e, uint64_t n)
{
	const struct local *l = given(L, e);
	if (l)
		return value(32, l->reg);
	if (e->kind == E_NAME)
		return constant(32, e->sym->files_from);
	struct ir_val from = number(L, e->a, 1);
	uint64_t each = check_count_slots(e->type);
	if (e->b->is_const)
		return sum(L, &e->loc, from, constant(32, e->b->value * each));
	ir_reg r = lower_index(L, e, e->b, e->a->type->n - (n - 1),
		n == 1 ? "index out of bounds: `%s` of %llu elements"
		       : "slots out of bounds: from `%s` on, of %llu elements");
	struct ir_val v = convert(L, &e->loc, value(64, r), &type_u64, &type_u32);
	if (each > 1)
		v = u32_op(L, &e->loc, OP_MUL, v, constant(32, each));
	return sum(L, &e->loc, from, v);
}

struct ir_val lower_slot(struct lowering *L, struct expr *e)
{
	return number(L, e, 1);
}

static void slot_as_file(struct lowering *L, struct ir_ins *i, enum sqe_field f, struct expr *e)
{
	lower_sqe_value(L, i, f, number(L, e, 1));
	if (f == F_SPLICE_FD_IN)
		lower_sqe_value(L, i, F_RW_FLAGS, constant(32, SPLICE_F_FD_IN_FIXED));
	else
		i->sqe_flags |= IOSQE_FIXED_FILE;
}

/* As the file that the operation works on. What the function was given is seen only here. */
void lower_slot_as_file(struct lowering *L, struct ir_ins *i, const struct op_arg *arg, struct expr *e,
	const struct expr *call)
{
	const struct local *l = given(L, e);
	if (l && arg->kind == ARG_PLAIN && !e->sym->told) {
		struct diag *d = diag(L->diags, &e->loc, D_files_plain, arg->name, call->operation->name);
		diag_note(L->diags, d, l->given, "`%s` is one here", e->sym->name);
		e->sym->told = true;
	}
	slot_as_file(L, i, arg->field, e);
}

/* One that the operation puts a file into, or takes it out of. */
void lower_slot_arg(struct lowering *L, struct ir_ins *i, const struct op_arg *arg, struct expr *e,
	const struct expr *call)
{
	uint64_t n = check_slots(call, arg);
	if (arg->field == F_FD) {
		slot_as_file(L, i, arg->field, e);
	} else if (arg->field == F_OFF) {
		lower_sqe_value(L, i, F_OFF, convert(L, &e->loc, number(L, e, n), &type_u32, &type_u64));
	} else if (e->type->kind == T_ARRAY) {
		lower_sqe_value(L, i, arg->field, constant(32, FILE_INDEX_ALLOC));
	} else {
		lower_sqe_value(L, i, arg->field, sum(L, &e->loc, number(L, e, n), constant(32, 1)));
	}
}

void lower_slot_is_no_value(struct lowering *L, struct expr *e)
{
	const struct local *l = given(L, e);
	if (l && e->sym->told)
		return; /* a function is expanded for each of its calls */
	struct diag *d = diag(L->diags, &e->loc, D_slot_value, expr_text(L, e));
	if (!l)
		return;
	diag_note(L->diags, d, l->given, "`%s` is one here", e->sym->name);
	e->sym->told = true;
}
