/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lower_call.c: calls, awaits, spawns and builtins. */
#include <string.h>
#include "lower.h"

/* ---- operations ---- */

static void sqe_value(struct lowering *L, struct ir_ins *i, enum sqe_field f, struct ir_val v)
{
	VEC_PUSH(L->arena, &i->sqe, ((struct ir_sqe_arg){.field = f, .val = v}));
	L->ir->sqe_words[FIELD_OFFSET(f) / 8] |= v.reg || v.c;
}

static void sqe_address(struct lowering *L, struct ir_ins *i, enum sqe_field f, struct ir_val off)
{
	VEC_PUSH(L->arena, &i->sqe, ((struct ir_sqe_arg){.field = f, .val = off, .address = true}));
	L->ir->sqe_words[FIELD_OFFSET(f) / 8] = true;
}

static struct ir_val offset_in_image(struct lowering *L, const struct loc *loc, struct ir_addr a)
{
	struct ir_ins *i = emit_dst(L, IR_OFFSET, loc, 32);
	i->addr = a;
	return value(32, i->dst);
}

static struct ir_val address(struct lowering *L, const struct loc *loc, struct ir_val off)
{
	struct ir_ins *i = emit_dst(L, IR_ADDRESS, loc, 64);
	i->a = off;
	return value(64, i->dst);
}

/* struct __kernel_timespec in the frame: two 64-bit words. */
static struct ir_addr timespec(struct lowering *L, struct expr *e)
{
	const uint64_t second = 1000000000;
	struct ir_val ns = lower_as(L, e, &type_u64);
	struct ir_addr a = new_memory(L, 16, 8), b = a;
	b.disp += 8;
	store(L, &e->loc, a,
		lower_binary(L, &e->loc, OP_DIV, ns, &type_u64, constant(64, second), &type_u64));
	store(L, &e->loc, b,
		lower_binary(L, &e->loc, OP_MOD, ns, &type_u64, constant(64, second), &type_u64));
	return a;
}

/* struct iovec[n] in the frame. */
static struct ir_addr iovecs(struct lowering *L, struct expr *e)
{
	struct ir_addr list = new_memory(L, 16 * e->args.n, 8);
	for (size_t i = 0; i < e->args.n; i++) {
		struct expr *buf = e->args.at[i];
		struct ir_val off, len;
		lower_slice(L, buf, &off, &len);
		struct ir_addr a = list;
		a.disp += 16 * i;
		store(L, &buf->loc, a, address(L, &buf->loc, off));
		a.disp += 8;
		store(L, &buf->loc, a, convert(L, &buf->loc, len, &type_u32, &type_u64));
	}
	return list;
}

static const struct type *field_type(enum sqe_field f)
{
	return FIELD_SIZE(f) == 8 ? &type_u64 : FIELD_SIZE(f) == 2 ? &type_u16 : &type_u32;
}

/* The kernel reads a path up to its zero byte, whatever the slice's length is. Behind a literal there is one.
 */
static void check_path(struct lowering *L, struct expr *e, struct ir_val off, struct ir_val len)
{
	struct ir_ins *ends = emit_dst(L, IR_PATH, &e->loc, 8);
	ends->a = off;
	ends->b = len;
	struct ir_ins *check = emit(L, IR_CHECK, &e->loc);
	check->a = value(8, ends->dst);
	check->b = constant(64, 0);
	check->site = new_site(
		L, &e->loc, arena_printf(L->arena, "no zero byte ends the path: `%s`", expr_text(L, e)));
	L->ir->uses_path = true;
}

static void lower_op_arg(struct lowering *L, struct ir_ins *i, const struct op_arg *arg, struct expr *e)
{
	struct ir_val off, len = constant(32, 0);
	switch (arg->kind) {
	case ARG_FD:
	case ARG_INT:
	case ARG_OPT:
		sqe_value(L, i, arg->field, lower_as(L, e, field_type(arg->field)));
		return;
	case ARG_BUF_W:
	case ARG_BUF_R:
		lower_slice(L, e, &off, &len);
		break;
	case ARG_PATH:
		lower_slice(L, e, &off, &len);
		if (e->kind != E_STRING)
			check_path(L, e, off, len);
		break;
	case ARG_IOV:
		off = offset_in_image(L, &e->loc, iovecs(L, e));
		len = constant(32, e->args.n);
		break;
	case ARG_TIME:
		off = offset_in_image(L, &e->loc, timespec(L, e));
		len = constant(32, 1);
		break;
	default: /* ARG_OBJ_W, ARG_OBJ_R */
		off = offset_in_image(L, &e->loc, lower_place(L, e));
		len = constant(32, e->type->size);
		break;
	}
	sqe_address(L, i, arg->field, off);
	enum sqe_field length = op_arg_length(arg->kind);
	if (length != F_NONE)
		sqe_value(L, i, length, len);
}

static struct ir_val lower_operation(struct lowering *L, struct expr *e)
{
	const struct operation *op = e->operation;
	struct ir_ins *i = NEW(L->arena, struct ir_ins); /* put into its block when its arguments are there */
	i->op = IR_AWAIT;
	i->loc = e->loc;
	i->operation = op;
	i->unwind = L->in_defer;
	uint32_t top = L->fn->top;
	for (size_t k = 0; k < e->args.n; k++)
		lower_op_arg(L, i, &op->args[k], e->args.at[k]);
	L->fn->top = top; /* what only the request needed */
	L->ir->op_used[op->opcode] = true;
	L->ir->sqe_words[0] |= op->opcode != 0;
	i->dst = new_reg(L, 32, NULL);
	i->t = new_block(L);
	i->state = new_state(L, i->t, i->dst, op->name, &e->loc);
	VEC_PUSH(L->arena, &L->cur->ins, i);
	start(L, i->t);
	return value(32, i->dst);
}

static struct ir_val lower_signal(struct lowering *L, struct expr *e)
{
	struct ir_addr a = lower_place(L, e->args.at[0]);
	struct ir_ins *i = emit_dst(L, IR_SIGNAL, &e->loc, 32);
	i->addr = a;
	i->unwind = L->in_defer;
	i->t = new_block(L);
	i->state = new_state(L, i->t, i->dst, "signal", &e->loc);
	L->ir->uses_signal = true;
	start(L, i->t);
	return value(32, i->dst);
}

struct ir_val lower_await(struct lowering *L, struct expr *e)
{
	struct expr *call = e->a;
	if (call->operation)
		return lower_operation(L, call);
	if (call->builtin)
		return lower_signal(L, call);
	return lower_call(L, call);
}

/* ---- functions, tasks ---- */

static void push_args(struct lowering *L, struct ir_ins *i, const struct symbol *callee, struct expr *call)
{
	for (size_t k = 0; k < call->args.n; k++) {
		const struct type *t = callee->params.at[k]->type;
		if (t->kind == T_SLICE) {
			struct ir_val off, len;
			lower_slice(L, call->args.at[k], &off, &len);
			VEC_PUSH(L->arena, &i->args, off);
			VEC_PUSH(L->arena, &i->args, len);
		} else {
			struct ir_val v = lower_as(L, call->args.at[k], t);
			VEC_PUSH(L->arena, &i->args, v);
		}
	}
}

static struct ir_val lower_function(struct lowering *L, struct expr *e)
{
	struct symbol *fn = e->sym;
	unsigned bits = fn->type->kind == T_VOID ? 0 : fn->type->bits;
	if (fn->in_place) {
		ir_reg r = bits ? new_reg(L, bits, NULL) : 0;
		lower_expansion(L, fn, e, r);
		return bits ? value(bits, r) : constant(64, 0);
	}
	struct ir_ins *i = NEW(L->arena, struct ir_ins);
	i->op = IR_CALL;
	i->loc = e->loc;
	i->sym = fn;
	push_args(L, i, fn, e);
	i->dst = bits ? new_reg(L, bits, NULL) : 0;
	VEC_PUSH(L->arena, &L->cur->ins, i);
	return bits ? value(bits, i->dst) : constant(64, 0);
}

struct ir_val lower_spawn(struct lowering *L, struct expr *e)
{
	struct ir_ins *i = NEW(L->arena, struct ir_ins);
	i->op = IR_SPAWN;
	i->loc = e->loc;
	i->sym = e->a->sym;
	push_args(L, i, i->sym, e->a);
	i->dst = new_reg(L, 8, NULL);
	VEC_PUSH(L->arena, &L->cur->ins, i);
	return value(8, i->dst);
}

/* ---- builtins ---- */

static void lower_log(struct lowering *L, struct expr *e)
{
	struct ir_ins *i = NEW(L->arena, struct ir_ins);
	struct ir_log log = {.loc = e->loc, .format = e->args.at[0]->str, .len = e->args.at[0]->len};
	i->op = IR_LOG;
	i->loc = e->loc;
	for (size_t k = 1; k < e->args.n; k++) {
		struct expr *a = e->args.at[k];
		if (type_is_scalar(a->type)) {
			bool sign = a->type->is_signed || a->type->kind == T_ENUM;
			struct ir_val v = lower_as(L, a, sign ? &type_s64 : &type_u64);
			VEC_PUSH(L->arena, &i->args, v);
			VEC_PUSH(L->arena, &log.args, a->type->kind == T_ENUM ? "s32" : a->type->name);
		} else {
			struct ir_val off, len;
			lower_slice(L, a, &off, &len);
			VEC_PUSH(L->arena, &i->args, off);
			VEC_PUSH(L->arena, &i->args, len);
			/* A whole array holds a text of some length, and zeros. */
			VEC_PUSH(L->arena, &log.args,
				a->type->kind == T_ARRAY && a->kind != E_STRING ? "text" : "slice");
		}
	}
	i->limit = L->ir->logs.n; /* not before: what the arguments call may log too */
	VEC_PUSH(L->arena, &L->ir->logs, log);
	VEC_PUSH(L->arena, &L->cur->ins, i);
	L->ir->uses_log = true;
}

static void lower_stop(struct lowering *L, struct expr *e)
{
	struct expr *a = e->args.at[0];
	if (e->builtin == B_trap) {
		struct ir_ins *i = emit(L, IR_TRAP, &e->loc);
		i->a = constant(64, 0);
		i->site = new_site(L, &e->loc, arena_strndup(L->arena, a->str, a->len));
		L->fn->can_trap = true;
	} else if (L->in_defer) { /* check.c sees it in the defer itself, not in a function that is awaited
				     there */
		if (!L->ir->fail_in_defer)
			diag(L->diags, &e->loc, D_defer_leaves, "fail");
		L->ir->fail_in_defer = true; /* a defer is lowered once for each way out of its block */
	} else {
		struct ir_val v = lower_as(L, a, &type_s32);
		struct ir_ins *i = emit(L, IR_FAIL, &e->loc);
		i->a = v;
		i->on_purpose = true;
		i->site = new_site(L, &e->loc, "fail");
		/* The whole task ends, through the functions expanded into it. */
		leave_to(L, NULL);
		emit(L, IR_END, &e->loc);
	}
	start(L, new_block(L)); /* nothing comes here */
}

static int memory_order(const struct expr *e)
{
	if (e->kind != E_NAME)
		return 3;
	return !strcmp(e->name.text, "relaxed")   ? 0
	       : !strcmp(e->name.text, "acquire") ? 1
	       : !strcmp(e->name.text, "release") ? 2
						  : 3;
}

static struct ir_val lower_atomic(struct lowering *L, struct expr *e)
{
	struct expr *place = e->args.at[0];
	const struct type *t = place->type;
	size_t values = e->builtin == B_atomic_load ? 0 : e->builtin == B_atomic_cas ? 2 : 1;
	struct ir_val v[2] = {{0}, {0}};
	for (size_t k = 0; k < values; k++)
		v[k] = lower_as(L, e->args.at[1 + k], t);
	struct ir_addr at = lower_place(L, place);
	struct ir_ins *i = emit(L, IR_ATOMIC, &e->loc);
	i->builtin = e->builtin;
	i->order = e->args.n > values + 1 ? memory_order(e->args.at[values + 1]) : 3;
	i->addr = at;
	i->a = v[0];
	i->b = v[1];
	if (e->builtin == B_atomic_store)
		return constant(64, 0);
	i->dst = new_reg(L, t->bits, NULL);
	return value(t->bits, i->dst);
}

static struct ir_val lower_builtin(struct lowering *L, struct expr *e)
{
	struct expr *a = e->args.at[0];
	switch (e->builtin) {
	case B_log:
		lower_log(L, e);
		break;
	case B_progress: {
		struct ir_val done = lower_as(L, a, &type_u64), total = lower_as(L, e->args.at[1], &type_u64);
		struct ir_ins *i = emit(L, IR_PROGRESS, &e->loc);
		i->a = done;
		i->b = total;
		break;
	}
	case B_assert: {
		struct ir_val ok = lower_as(L, a, &type_bool);
		struct ir_ins *i = emit(L, IR_CHECK, &e->loc);
		i->a = ok;
		i->b = constant(64, 0);
		i->site =
			new_site(L, &e->loc, arena_printf(L->arena, "assertion failed: %s", expr_text(L, a)));
		break;
	}
	case B_trap:
	case B_fail:
		lower_stop(L, e);
		break;
	case B_wake: {
		struct ir_addr at = lower_place(L, a);
		struct ir_ins *i = emit(L, IR_WAKE, &e->loc);
		i->addr = at;
		break;
	}
	case B_stream_of: {
		struct ir_val f = lower_scalar(L, a);
		struct ir_ins *i = emit_dst(L, IR_STREAM, &e->loc, 32);
		i->a = f;
		return value(32, i->dst);
	}
	case B_ns:
	case B_us:
	case B_ms:
	case B_s: {
		uint64_t unit = e->builtin == B_ns   ? 1
				: e->builtin == B_us ? 1000
				: e->builtin == B_ms ? 1000000
						     : 1000000000;
		return lower_binary(L, &e->loc, OP_MUL, lower_as(L, a, &type_u64), &type_u64,
			constant(64, unit), &type_u64);
	}
	case B_be16:
	case B_be32:
	case B_be64: {
		struct ir_val v = lower_as(L, a, e->type);
		struct ir_ins *i = emit_dst(L, IR_BSWAP, &e->loc, v.bits);
		i->a = v;
		return value(v.bits, i->dst);
	}
	case B_le16:
	case B_le32:
	case B_le64:
		return lower_as(L, a, e->type); /* every machine here is little-endian */
	default:
		return lower_atomic(L, e);
	}
	return constant(64, 0);
}

struct ir_val lower_call(struct lowering *L, struct expr *e)
{
	return e->builtin ? lower_builtin(L, e) : lower_function(L, e);
}
