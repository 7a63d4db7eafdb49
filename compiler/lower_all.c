/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * lower_all.c: waiting until none of a pool runs.
 *
 * With a time-out the wait is a scope of lower_timeout.c, and so is the whole of each task of the pool,
 * without a timer: where the time passes first, the instances are cancelled like functions that lose in a
 * `select`, and waited for.
 */
#include "lower.h"
#include <errno.h>

void lower_until_none(struct lowering *L, const struct loc *loc, struct symbol *task)
{
	struct ir_block *wait = new_block(L), *woken = L->timed ? new_block(L) : wait;
	/* Woken, it looks again: another instance may have been started meanwhile. */
	uint32_t state = new_state(L, woken, 0, arena_printf(L->arena, "await all %s", task->name), loc);
	start(L, wait);
	lower_unless_expired(L, loc, state);
	struct ir_ins *i = emit(L, IR_AWAIT_ALL, loc);
	i->sym = task;
	i->unwind = L->in_defer;
	i->state = state;
	i->t = new_block(L);
	if (L->timed) {
		struct ir_block *end = i->t;
		ir_reg flags = new_reg(L, 32, NULL);
		i->f = woken;
		L->fn->states.at[state].flags = flags;
		start(L, woken);
		lower_look_at_flags(L, loc, flags, wait);
		jump(L, wait);
		start(L, end);
		return;
	}
	start(L, i->t);
}

/* As in a defer: no time-out around it is looked at, since what was cancelled ends soon. */
static void until_given_up(struct lowering *L, const struct loc *loc, struct symbol *task)
{
	struct timed *timed = L->timed;
	bool in_defer = L->in_defer;
	L->timed = NULL;
	L->in_defer = true;
	lower_until_none(L, loc, task);
	L->timed = timed;
	L->in_defer = in_defer;
}

/* 0; with a time-out -ETIME where it has passed and some still ran. */
struct ir_val lower_await_all(struct lowering *L, struct expr *e)
{
	const struct loc *loc = &e->loc;
	struct symbol *task = e->a->sym;
	if (!e->b) {
		lower_until_none(L, loc, task);
		return constant(32, 0);
	}
	struct ir_val result = lower_timed(L, e);
	struct ir_block *passed = new_block(L), *some = new_block(L), *none = new_block(L),
			*end = new_block(L);
	branch(L, loc,
		lower_binary(L, loc, OP_EQ, result, &type_s32, constant(32, (uint32_t)-ETIME), &type_s32),
		passed, end);
	start(L, passed);
	struct ir_ins *i = emit_dst(L, IR_CANCEL_ALL, loc, 8);
	i->sym = task;
	branch(L, loc, value(8, i->dst), some, none);
	start(L, some);
	until_given_up(L, loc, task);
	jump(L, end);
	start(L, none); /* the last has ended just now */
	set(L, loc, result.reg, constant(32, 0));
	start(L, end);
	return result;
}
