/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lower_arms.c: requests of one instance that are in flight together; a completion says by its arm which it
 * is. */
#include <string.h>
#include "lower_arms.h"
#include "../runtime/image.h"

#define ARM_CANCEL 255 /* the completion of a cancel request */

struct ir_val lower_equals(struct lowering *L, const struct loc *loc, ir_reg r, unsigned bits, uint64_t v)
{
	const struct type *t = bits == 8 ? &type_u8 : bits == 64 ? &type_u64 : &type_u32;
	return lower_binary(L, loc, OP_EQ, value(bits, r), t, constant(bits, v), t);
}

void lower_needs_arms(struct lowering *L, uint32_t requests, uint32_t in_flight, uint32_t nodes)
{
	struct ir_fn *fn = L->fn;
	fn->requests = requests > fn->requests ? requests : fn->requests;
	fn->in_flight = in_flight > fn->in_flight ? in_flight : fn->in_flight;
	fn->nodes = nodes > fn->nodes ? nodes : fn->nodes;
	fn->wants_flags = fn->wants_arm = true;
}

struct ir_ins *lower_time_request(
	struct lowering *L, const struct operation *op, struct expr *time, uint8_t arm)
{
	struct ir_ins *i = own_request(L, &time->loc, op, arm);
	lower_time_field(L, i, F_ADDR, time);
	return i;
}

void lower_put(struct lowering *L, struct ir_ins *i)
{
	VEC_PUSH(L->arena, &L->cur->ins, i);
}

void lower_cancel_arm(struct lowering *L, const struct loc *loc, unsigned arm)
{
	struct ir_ins *self = emit_dst(L, IR_SELF_REG, loc, 32);
	struct ir_val ud = convert(L, loc, value(32, self->dst), &type_u32, &type_u64);
	uint64_t tag = (uint64_t)L->fn->sym->index << RL_UD_TASK_SHIFT | (uint64_t)arm << RL_UD_ARM_SHIFT |
		       (L->in_defer ? RL_UD_UNWIND : 0);
	ud = lower_binary(L, loc, OP_OR, ud, &type_u64, constant(64, tag), &type_u64);
	struct ir_ins *i = own_request(L, loc, &own_cancel, ARM_CANCEL);
	lower_sqe_value(L, i, F_ADDR, ud);
	lower_put(L, i);
}

void lower_suspend(struct lowering *L, const struct loc *loc, const char *what, const struct cqe_regs *c,
	ir_reg arm, unsigned requests, unsigned nodes, const symbol_vec *fns)
{
	struct ir_ins *i = emit(L, IR_SUSPEND, loc);
	i->unwind = L->in_defer;
	i->gives_up = (uint8_t)requests;
	i->unparks = (uint8_t)nodes;
	if (fns)
		i->arms = *fns;
	i->t = new_block(L);
	i->state = new_state(L, i->t, c->res, what, loc);
	struct ir_state *s = &L->fn->states.at[i->state];
	s->flags = c->flags;
	s->arm = arm;
	memcpy(s->big, c->big, sizeof s->big);
	start(L, i->t);
}

struct ir_val lower_was_canceled(struct lowering *L, const struct loc *loc, ir_reg res)
{
	static const uint32_t errors[] = {125, 4, 512};
	struct ir_val any = constant(8, 0);
	for (size_t k = 0; k < sizeof errors / sizeof *errors; k++)
		any = lower_binary(L, loc, OP_OR, any, &type_bool, lower_equals(L, loc, res, 32, -errors[k]),
			&type_bool);
	return convert(L, loc, any, &type_s32, &type_bool);
}
