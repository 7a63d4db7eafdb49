/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lower_op_timeout.c: an operation that is awaited with a time-out. */
#include "lower_arms.h"

static const struct operation link_timeout = {
	.name = "link_timeout", .opcode = OPCODE_LINK_TIMEOUT, .since = "5.5"};

/* The first of two that is there: the other one is cancelled, and what does that is waited for too. */
static void cancel_other(struct lowering *L, const struct loc *loc, ir_reg came, ir_reg left, unsigned other)
{
	struct ir_block *first = new_block(L), *second = new_block(L);
	branch(L, loc, lower_equals(L, loc, came, 8, 0), first, second);
	start(L, first);
	set(L, loc, came, constant(8, 1));
	lower_cancel_arm(L, loc, other);
	lower_change(L, loc, OP_ADD, left, constant(32, 1));
	start(L, second);
}

/* A request and the time-out: whichever comes first, the request's result is what it gave, so that nothing
 * that it did is lost. The kernel ends them together where it is linked to the request; ops_thread.def says
 * where it is not. */
struct cqe_regs lower_op_timeout(struct lowering *L, struct expr *e)
{
	const struct loc *loc = &e->loc;
	bool linked = !op_in_thread(e->a->operation);
	lower_needs_arms(L, linked ? 2 : 3, linked ? 2 : 3, 1);
	struct ir_val user_data = lower_user_data(L, e->a);
	L->keep_memory = true;
	uint32_t top = L->fn->top;
	struct ir_ins *op = lower_request(L, e->a);
	struct ir_ins *time = lower_time_request(L, linked ? &link_timeout : &own_timeout, e->b, 1);
	L->fn->top = top;
	L->keep_memory = false;
	if (lower_awaits(e->a) || lower_awaits(e->b))
		diag(L->diags, loc, D_select_await);
	if (linked)
		op->sqe_flags |= 1 << 2; /* IOSQE_IO_LINK */
	struct cqe_regs r = {new_reg(L, 32, NULL), new_reg(L, 32, NULL), new_reg(L, 64, NULL), {0}}, c = r;
	new_big(L, r.big);
	new_big(L, c.big);
	set_big(L, loc, r.big, NULL);
	struct ir_block *over = L->timed ? new_block(L) : NULL;
	if (over) {
		set(L, loc, r.flags, constant(32, 0));
		lower_unless_expired(L, loc, new_state(L, over, r.res, e->a->operation->name, loc));
	}
	lower_put(L, op);
	lower_put(L, time);
	ir_reg arm = new_reg(L, 32, NULL), timed = new_reg(L, 32, NULL), left = new_reg(L, 32, NULL),
	       one_came = new_reg(L, 8, NULL);
	c.res = new_reg(L, 32, NULL);
	c.flags = new_reg(L, 32, NULL);
	set(L, loc, r.user_data, user_data);
	set(L, loc, left, constant(32, 2));
	set(L, loc, one_came, constant(8, 0));
	struct ir_block *wait = new_block(L), *own = new_block(L), *other = new_block(L),
			*timer = new_block(L), *next = new_block(L), *done = new_block(L),
			*expired = new_block(L), *give = new_block(L), *canceled = new_block(L);
	start(L, wait);
	lower_suspend(L, loc, e->a->operation->name, &c, arm, linked ? 1 : 2, 0, NULL);
	branch(L, loc, lower_equals(L, loc, arm, 32, 0), own, other);
	start(L, own);
	set(L, loc, r.res, value(32, c.res));
	set(L, loc, r.flags, value(32, c.flags));
	set_big(L, loc, r.big, c.big);
	if (!linked)
		cancel_other(L, loc, one_came, left, 1);
	jump(L, next);
	start(L, other);
	if (!linked)
		branch(L, loc, lower_equals(L, loc, arm, 32, 1), timer, next);
	start(L, timer);
	set(L, loc, timed, value(32, c.res));
	if (!linked)
		cancel_other(L, loc, one_came, left, 0);
	start(L, next);
	lower_change(L, loc, OP_SUB, left, constant(32, 1));
	branch(L, loc, lower_equals(L, loc, left, 32, 0), done, wait);
	start(L, done);
	/* -ETIME, or what the cancelling gave; -ECANCELED where the time had not come. */
	branch(L, loc, lower_equals(L, loc, timed, 32, (uint32_t)-125), give, canceled);
	start(L, canceled);
	branch(L, loc, lower_was_canceled(L, loc, r.res), expired, give);
	start(L, expired);
	set(L, loc, r.res, constant(32, (uint32_t)-62));
	if (over) {
		jump(L, give);
		start(L, over);
	}
	start(L, give);
	return r;
}
