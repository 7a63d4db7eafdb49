/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lower_call.c: calls, awaits, spawns and builtins. */
#include <string.h>
#include "lower.h"

struct ir_val lower_signal_at(
	struct lowering *L, const struct loc *loc, struct ir_addr place, const char *shown)
{
	struct ir_block *then = new_block(L);
	ir_reg res = new_reg(L, 32, NULL);
	uint32_t state = new_state(L, then, res, shown, loc);
	lower_unless_expired(L, loc, state);
	struct ir_ins *i = emit(L, IR_SIGNAL, loc);
	i->addr = place;
	i->unwind = L->in_defer;
	i->dst = res;
	i->t = then;
	i->state = state;
	L->ir->uses_signal = true;
	start(L, then);
	return value(32, res);
}

struct ir_val lower_signal(struct lowering *L, struct expr *e)
{
	struct ir_addr place = lower_place(L, e->args.at[0]);
	return lower_signal_at(L, &e->loc, place, "signal");
}

struct ir_val lower_await(struct lowering *L, struct expr *e)
{
	struct expr *call = e->a;
	if (call->kind == E_ALL)
		return lower_await_all(L, e);
	if (call->operation && e->b)
		return value(32, lower_op_timeout(L, e).res);
	if (call->operation)
		return lower_operation(L, call);
	if (e->b)
		return lower_timed(L, e);
	if (call->builtin == B_wait || call->builtin == B_room)
		return lower_queue_builtin(L, call);
	if (call->builtin)
		return lower_signal(L, call);
	return lower_call(L, call);
}

/* ---- functions, tasks ---- */

void lower_args(struct lowering *L, struct ir_ins *i, const struct symbol *callee, struct expr *call)
{
	for (size_t k = 0; k < call->args.n; k++) {
		const struct type *t = callee->params.at[k]->type;
		if (t->kind == T_SLICE) {
			struct ir_val off, len;
			lower_slice(L, call->args.at[k], &off, &len);
			VEC_PUSH(L->arena, &i->args, off);
			VEC_PUSH(L->arena, &i->args, len);
		} else {
			bool slot = lower_is_slot(L, call->args.at[k]) &&
				    (t->kind == T_FILE || i->op == IR_ARM_START);
			struct ir_val v =
				slot ? lower_slot(L, call->args.at[k]) : lower_as(L, call->args.at[k], t);
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
		lower_expansion(L, fn, e, r, NULL);
		return bits ? value(bits, r) : constant(64, 0);
	}
	struct ir_ins *i = NEW(L->arena, struct ir_ins);
	i->op = IR_CALL;
	i->loop = L->loop;
	i->loc = e->loc;
	i->sym = fn;
	lower_args(L, i, fn, e);
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
	lower_args(L, i, i->sym, e->a);
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
		leave_task(L, &e->loc);
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
	if (t->bits < 32 && e->builtin != B_atomic_load) {
		i->site = new_site(L, &e->loc, "an atomic operation never had its turn");
		L->fn->can_trap = true;
		L->ir->uses_narrow = true;
	}
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
	case B_emit:
	case B_reap:
		return lower_queue_builtin(L, e);
	case B_has:
	case B_insert:
		return lower_table_builtin(L, e);
	case B_address: {
		struct ir_addr at = lower_place(L, a);
		struct ir_ins *off = emit_dst(L, IR_OFFSET, &e->loc, 32);
		off->addr = at;
		struct ir_ins *i = emit_dst(L, IR_ADDRESS, &e->loc, 64);
		i->a = value(32, off->dst);
		return value(64, i->dst);
	}
	case B_copy_from_user: {
		struct ir_val off, len;
		lower_slice(L, a, &off, &len);
		struct ir_val from = lower_as(L, e->args.at[1], &type_u64);
		struct ir_ins *i = emit_dst(L, IR_COPY_USER, &e->loc, 32);
		i->a = off;
		i->b = len;
		VEC_PUSH(L->arena, &i->args, from);
		L->ir->uses_copy_user = true;
		return value(32, i->dst);
	}
	case B_stream_of: {
		if (lower_is_slot(L, a))
			return constant(32, (uint32_t)-1);
		struct ir_val f = lower_scalar(L, a);
		L->ir->uses_stream_of = true;
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
