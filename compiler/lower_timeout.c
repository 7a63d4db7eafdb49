/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * lower_timeout.c: functions that are awaited with a time-out.
 *
 * The function is expanded as ever, in a scope that has a timer. When the time has passed first,
 * codegen_timeout.c notes it and cancels what the instance waits for, wherever in the function that is; it
 * comes back with -ECANCELED, and so does every await from then on, until the function has left through its
 * tries and defers. What stands in a defer is none of it: that runs as ever. At its end the scope waits until
 * the timer has ended and nothing that cancels is in flight, so that none of that ever reaches whoever has
 * the frame next.
 */
#include "lower.h"
#include <errno.h>
#include "../runtime/image.h"

uint8_t lower_timed_mask(const struct lowering *L)
{
	uint8_t mask = 0;
	for (const struct timed *t = L->timed; t; t = t->up)
		mask |= (uint8_t)(1u << t->depth);
	return mask;
}

static struct ir_val is_not_zero(struct lowering *L, const struct loc *loc, ir_reg r)
{
	return lower_binary(L, loc, OP_NE, value(32, r), &type_u32, constant(32, 0), &type_u32);
}

struct ir_val lower_expired(struct lowering *L, const struct loc *loc)
{
	struct ir_val any = value(32, L->fn->timed[L->timed->depth].expired);
	for (const struct timed *t = L->timed->up; t; t = t->up)
		any = lower_binary(
			L, loc, OP_OR, any, &type_u32, value(32, L->fn->timed[t->depth].expired), &type_u32);
	return lower_binary(L, loc, OP_NE, any, &type_u32, constant(32, 0), &type_u32);
}

/* ---- once the time has passed ---- */

void lower_unless_expired(struct lowering *L, const struct loc *loc, uint32_t state)
{
	if (!L->timed)
		return;
	struct ir_block *gone = new_block(L), *go = new_block(L);
	branch(L, loc, lower_expired(L, loc), gone, go);
	start(L, gone);
	lower_change(L, loc, OP_ADD, L->fn->canceled, constant(32, 1));
	/* An await that does not wait: a loop that takes no notice is one without an await. */
	struct ir_val few = lower_binary(
		L, loc, OP_LT, value(32, L->fn->canceled), &type_u32, constant(32, LOOP_BUDGET), &type_u32);
	struct ir_ins *i = emit(L, IR_CHECK, loc);
	i->a = few;
	i->b = constant(64, 0);
	i->site = new_site(L, loc, "a loop goes on awaiting after its time-out: it has 1048576 rounds");
	i = emit(L, IR_CANCELED, loc);
	i->state = state;
	i->t = L->fn->states.at[state].block;
	start(L, go);
}

void lower_leave_timed(struct lowering *L, const struct loc *loc)
{
	const struct timed *t = L->timed;
	set(L, loc, t->result, constant(t->type->bits, (uint64_t)-ECANCELED));
	leave_to(L, t->scope);
	jump(L, t->exit);
}

void lower_leave_canceled(struct lowering *L, const struct loc *loc)
{
	struct ir_block *leaves = new_block(L), *passed = new_block(L);
	if (!L->timed) {
		leave_task(L, loc);
		return;
	}
	if (!L->in_defer) {
		struct ir_ins *i = emit_dst(L, IR_STOPPING, loc, 8);
		branch(L, loc, value(8, i->dst), leaves, passed);
		start(L, leaves);
		leave_task(L, loc);
		start(L, passed);
	}
	lower_leave_timed(L, loc);
}

/* ---- the scope ---- */

static void begin_scope(struct lowering *L, struct timed *t)
{
	struct ir_fn *fn = L->fn;
	for (; fn->ntimed <= t->depth; fn->ntimed++) {
		fn->timed[fn->ntimed].expired = new_reg(L, 32, "expired");
		fn->timed[fn->ntimed].left = new_reg(L, 32, "left");
	}
	if (!fn->canceled)
		fn->canceled = new_reg(L, 32, "canceled");
	if (!t->depth)
		set(L, t->loc, fn->canceled, constant(32, 0));
	L->timed_depth++;
	t->up = L->timed;
	t->in_defer = L->in_defer;
	t->scope->timed = L->timed = t;
}

/* The whole of a task that others cancel. Who starts it has set its registers. */
void lower_cancellable(struct lowering *L, struct timed *t, const struct loc *loc)
{
	t->loc = loc;
	t->result = new_reg(L, t->type->bits, NULL);
	set(L, loc, t->result, constant(t->type->bits, 0));
	begin_scope(L, t);
	L->fn->timed[t->depth].cancellable = true;
}

void lower_timed_begin(struct lowering *L, struct timed *t)
{
	const struct loc *loc = t->loc;
	struct ir_ins *i = own_request(L, loc, &own_timeout, (uint8_t)ARM_TIMER(t->depth));
	lower_time_field(L, i, F_ADDR, t->time); /* kept until the scope ends */
	begin_scope(L, t);
	set(L, loc, L->fn->timed[t->depth].expired, constant(32, 0));
	set(L, loc, L->fn->timed[t->depth].left, constant(32, 1));
	VEC_PUSH(L->arena, &L->cur->ins, i);
}

void lower_timed_end(struct lowering *L, const struct timed *t)
{
	const struct loc *loc = t->loc;
	struct ir_block *look = new_block(L), *more = new_block(L), *done = new_block(L);
	uint32_t state = new_state(L, look, 0, "timeout", loc);
	struct ir_ins *i = emit(L, IR_TIMED_END, loc);
	i->limit = t->depth;
	i->a = constant(64, (uint64_t)L->fn->sym->index << RL_UD_TASK_SHIFT |
				    (uint64_t)ARM_TIMER(t->depth) << RL_UD_ARM_SHIFT |
				    (t->in_defer ? RL_UD_UNWIND : 0));
	i->unwind = true;
	i->state = state;
	i->t = look;
	start(L, look);
	branch(L, loc, is_not_zero(L, loc, L->fn->timed[t->depth].left), more, done);
	start(L, more);
	i = emit(L, IR_SUSPEND, loc);
	i->unwind = true;
	i->state = state;
	i->t = look;
	start(L, done);
}

/* Its value is what was awaited gives; if the time had passed before, and that is an error or nothing,
 * -ETIME. */
struct ir_val lower_timed(struct lowering *L, struct expr *e)
{
	struct expr *call = e->a;
	struct timed t = {.loc = &e->b->loc,
		.time = e->b,
		.exit = new_block(L),
		.type = e->type,
		.depth = L->timed_depth};
	unsigned bits = e->type->bits;
	bool has_value = call->type->kind != T_VOID && call->kind != E_ALL;
	if (t.depth == MAX_TIMED) {
		diag(L->diags, &e->loc, D_timed_too_deep, MAX_TIMED);
		return constant(bits, 0);
	}
	struct timed *outer = L->timed;
	t.scope = enter(L);
	t.result = new_reg(L, bits, NULL);
	set(L, &e->loc, t.result, constant(bits, 0));
	if (call->kind == E_ALL) {
		lower_timed_begin(L, &t);
		lower_until_none(L, &call->loc, call->sym);
	} else if (call->builtin) {
		lower_timed_begin(L, &t);
		set(L, &call->loc, t.result,
			call->builtin == B_signal ? lower_signal(L, call) : lower_queue_builtin(L, call));
	} else {
		lower_expansion(L, call->sym, call, has_value ? t.result : 0, &t);
	}
	start(L, t.exit);
	struct ir_block *passed = new_block(L), *late = new_block(L), *end = new_block(L);
	branch(L, &e->loc, is_not_zero(L, &e->loc, L->fn->timed[t.depth].expired), passed, end);
	start(L, passed);
	if (has_value)
		branch(L, &e->loc,
			lower_binary(L, &e->loc, OP_LT, value(bits, t.result), e->type, constant(bits, 0),
				e->type),
			late, end);
	start(L, late);
	set(L, &e->loc, t.result, constant(bits, (uint64_t)-ETIME));
	start(L, end);
	L->timed = outer;
	leave(L);
	L->timed_depth--;
	return value(bits, t.result);
}
