/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lower_queue.c: completion queues and completions. */
#include <errno.h>
#include <string.h>
#include "lower.h"
#include "../runtime/image.h"

struct symbol *lower_queue_of(const struct expr *e)
{
	while (e->kind == E_INDEX)
		e = e->a;
	return e->sym;
}

struct ir_ins *lower_on_queue(
	struct lowering *L, enum ir_op op, const struct loc *loc, struct symbol *q, const struct ir_addr *at)
{
	struct ir_ins *i = emit(L, op, loc);
	i->sym = q;
	i->addr = *at;
	return i;
}

static const char *queue_text(struct lowering *L, const struct expr *q)
{
	return arena_printf(L->arena, "await %s", expr_text(L, q));
}

/* ---- suspending ---- */

/* What a task that waited for a queue is resumed with besides completions: the program stops, then it leaves,
 * because a completion that nobody posted must not be taken for one; or it is to look again. Goes on in a new
 * block if it is neither. */
void lower_look_at_flags(struct lowering *L, const struct loc *loc, ir_reg flags, struct ir_block *again)
{
	struct ir_block *other = new_block(L), *leaves = new_block(L), *go_on = new_block(L);
	struct ir_val special = lower_binary(
		L, loc, OP_GE, value(32, flags), &type_u32, constant(32, RL_READY_AGAIN), &type_u32);
	branch(L, loc, special, other, go_on)->unlikely = true;
	start(L, other);
	struct ir_val canceled = lower_binary(
		L, loc, OP_GE, value(32, flags), &type_u32, constant(32, RL_READY_CANCELED), &type_u32);
	branch(L, loc, canceled, leaves, again);
	start(L, leaves);
	if (L->in_defer && !L->timed)
		jump(L, again); /* nothing cancels what a defer waits for */
	else
		lower_leave_canceled(L, loc);
	start(L, go_on);
}

static struct cqe_regs take(struct lowering *L, struct expr *q, const struct loc *loc)
{
	struct cqe_regs c = {new_reg(L, 32, NULL), new_reg(L, 32, NULL), new_reg(L, 64, NULL), {0}};
	struct ir_block *wait = new_block(L), *then = new_block(L);
	uint32_t state = new_state(L, then, c.res, queue_text(L, q), loc);
	struct ir_state *s = &L->fn->states.at[state];
	s->flags = c.flags;
	s->user_data = c.user_data;
	L->fn->wants_flags = L->fn->wants_value = true;
	start(L, wait);
	lower_unless_expired(L, loc, state);
	struct ir_addr at = lower_place(L, q);
	struct ir_ins *i = lower_on_queue(L, IR_TAKE, loc, lower_queue_of(q), &at);
	i->unwind = L->in_defer;
	i->t = then;
	i->site = new_site(L, loc, queue_text(L, q));
	i->state = state;
	start(L, then);
	lower_look_at_flags(L, loc, c.flags, wait);
	return c;
}

/* What waited for room goes on at `again`, or, where nobody takes anything any more, at `end` with that
 * error. */
static void look_at_end(struct lowering *L, const struct loc *loc, ir_reg result, struct ir_block *again,
	struct ir_block *end)
{
	struct ir_val gone = lower_binary(
		L, loc, OP_EQ, value(32, result), &type_s32, constant(32, (uint32_t)-EPIPE), &type_s32);
	branch(L, loc, gone, end, again)->unlikely = true;
}

/* await wait(q, n), or await room(q) */
static struct ir_val wait_for(struct lowering *L, struct expr *e)
{
	struct expr *q = e->args.at[0];
	ir_reg n = new_reg(L, 32, NULL), flags = new_reg(L, 32, NULL), result = new_reg(L, 32, NULL);
	bool room = e->builtin == B_room;
	set(L, &e->loc, n, room ? constant(32, 1) : lower_as(L, e->args.at[1], &type_u32));
	struct ir_block *wait = new_block(L), *enough = new_block(L), *few = new_block(L),
			*end = new_block(L), *resumed = room ? new_block(L) : wait;
	start(L, wait);
	struct ir_addr at = lower_place(L, q);
	struct ir_ins *len = lower_on_queue(L, IR_LEN, &e->loc, lower_queue_of(q), &at);
	len->dst = new_reg(L, 32, NULL);
	struct ir_val has = value(32, len->dst);
	if (room)
		has = lower_binary(L, &e->loc, OP_SUB, constant(32, lower_queue_of(q)->queue.capacity),
			&type_u32, has, &type_u32);
	struct ir_val less = lower_binary(L, &e->loc, OP_LT, has, &type_u32, value(32, n), &type_u32);
	branch(L, &e->loc, less, few, enough);
	struct ir_block *then = new_block(L);
	uint32_t state = new_state(L, then, 0,
		arena_printf(L->arena, "%s(%s)", room ? "room" : "wait", expr_text(L, q)), &e->loc);
	L->fn->states.at[state].flags = flags;
	if (room)
		L->fn->states.at[state].result = result;
	L->fn->wants_flags = true;
	start(L, few);
	lower_unless_expired(L, &e->loc, state);
	at = lower_place(L, q);
	struct ir_ins *i = lower_on_queue(L, IR_WAIT, &e->loc, lower_queue_of(q), &at);
	i->a = value(32, n);
	i->unwind = L->in_defer;
	i->t = then;
	i->site = new_site(L, &e->loc, queue_text(L, q));
	i->state = state;
	start(L, then);
	lower_look_at_flags(L, &e->loc, flags, resumed);
	jump(L, resumed);
	if (room) {
		start(L, resumed);
		look_at_end(L, &e->loc, result, wait, end);
	}
	start(L, enough);
	set(L, &e->loc, result, constant(32, 0));
	jump(L, end);
	start(L, end);
	return value(32, result);
}

/* ---- completions ---- */

void new_big(struct lowering *L, ir_reg big[2])
{
	for (unsigned k = 0; k < 2 && L->ir->p->big_cqe; k++)
		big[k] = new_reg(L, 64, NULL);
}

void set_big(struct lowering *L, const struct loc *loc, const ir_reg big[2], const ir_reg from[2])
{
	for (unsigned k = 0; k < 2 && L->ir->p->big_cqe; k++)
		set(L, loc, big[k], from && from[k] ? value(64, from[k]) : constant(64, 0));
}

struct cqe_regs lower_cqe(struct lowering *L, struct expr *e)
{
	if (e->kind == E_NAME) {
		const struct local *l = local_of(L, e->sym);
		return (struct cqe_regs){l->reg, l->len, l->user_data, {l->big[0], l->big[1]}};
	}
	if (e->kind == E_TRY) {
		struct cqe_regs c = lower_cqe(L, e->a);
		lower_leave_if_negative(L, e, value(32, c.res), &type_s32);
		return c;
	}
	struct expr *a = e->a; /* of an E_AWAIT */
	if (e->b)
		return a->kind == E_CALL ? lower_op_timeout(L, e) : lower_queue_timeout(L, e);
	if (a->kind != E_CALL)
		return take(L, a, &e->loc);
	struct cqe_regs c = {new_reg(L, 32, NULL), new_reg(L, 32, NULL), new_reg(L, 64, NULL), {0}};
	new_big(L, c.big);
	set(L, &a->loc, c.user_data, lower_user_data(L, a));
	struct ir_ins *i = lower_request(L, a);
	i->op = IR_AWAIT;
	i->t = new_block(L);
	i->state = new_state(L, i->t, c.res, a->operation->name, &a->loc);
	struct ir_state *s = &L->fn->states.at[i->state];
	s->flags = c.flags;
	memcpy(s->big, c.big, sizeof s->big);
	L->fn->wants_flags = true;
	lower_unless_expired(L, &a->loc, i->state);
	VEC_PUSH(L->arena, &L->cur->ins, i);
	start(L, i->t);
	if (i->operation->two)
		lower_second(L, &a->loc, a->operation, c.flags);
	return c;
}

/* ---- what does not suspend ---- */

static struct ir_val lower_emit(struct lowering *L, struct expr *e)
{
	struct ir_val ud = lower_as(L, e->args.at[1], &type_u64), res = lower_as(L, e->args.at[2], &type_s32);
	struct ir_val flags = constant(32, 0);
	if (e->args.n > 3)
		flags = lower_as(L, e->args.at[3], &type_u32);
	struct ir_addr at = lower_place(L, e->args.at[0]);
	struct ir_ins *i = lower_on_queue(L, IR_EMIT, &e->loc, lower_queue_of(e->args.at[0]), &at);
	i->a = ud;
	i->b = res;
	VEC_PUSH(L->arena, &i->args, flags);
	i->site = new_site(L, &e->loc, "emit");
	i->dst = new_reg(L, 8, NULL);
	return value(8, i->dst);
}

struct ir_ins *lower_reap_into(struct lowering *L, const struct loc *loc, struct symbol *q,
	const struct ir_addr *at, const struct local *into)
{
	struct ir_ins *i = lower_on_queue(L, IR_REAP, loc, q, at);
	i->dst2 = new_reg(L, 8, NULL);
	i->dst = into->reg;
	i->flags = into->len;
	i->user_data = into->user_data;
	i->site = new_site(L, loc, "reap");
	return i;
}

static struct ir_val lower_reap(struct lowering *L, struct expr *e)
{
	struct ir_addr at = lower_place(L, e->args.at[0]);
	const struct local *l = local_of(L, e->args.at[1]->sym);
	return value(8, lower_reap_into(L, &e->loc, lower_queue_of(e->args.at[0]), &at, l)->dst2);
}

struct ir_val lower_len(struct lowering *L, struct expr *q)
{
	struct ir_addr at = lower_place(L, q);
	struct ir_ins *i = lower_on_queue(L, IR_LEN, &q->loc, lower_queue_of(q), &at);
	i->dst = new_reg(L, 32, NULL);
	i->site = new_site(L, &q->loc, "len");
	return value(32, i->dst);
}

struct ir_val lower_find(struct lowering *L, struct expr *q, struct ir_val user_data)
{
	struct ir_addr at = lower_place(L, q);
	struct ir_ins *i = lower_on_queue(L, IR_FIND, &q->loc, lower_queue_of(q), &at);
	i->a = user_data;
	i->site = new_site(L, &q->loc, "find");
	i->dst = new_reg(L, 64, NULL);
	return value(64, i->dst);
}

struct ir_val lower_queue_builtin(struct lowering *L, struct expr *e)
{
	return e->builtin == B_emit   ? lower_emit(L, e)
	       : e->builtin == B_reap ? lower_reap(L, e)
				      : wait_for(L, e);
}

bool lower_awaits(const struct expr *e)
{
	if (!e)
		return false;
	bool found = e->kind == E_AWAIT || lower_awaits(e->a) || lower_awaits(e->b) || lower_awaits(e->c);
	for (size_t i = 0; i < e->args.n && !found; i++)
		found = lower_awaits(e->args.at[i]);
	for (size_t i = 0; i < e->with.n && !found; i++)
		found = lower_awaits(e->with.at[i].value);
	return found;
}

/* What the request is made of lies beside its SQE until it is submitted; the statement may be long over by
 * then. */
struct ir_val lower_submit(struct lowering *L, struct expr *e)
{
	if (lower_awaits(e->a) || lower_awaits(e->b))
		diag(L->diags, &e->a->loc, D_submit_await);
	struct ir_addr at = lower_place(L, e->b);
	L->in_request = true;
	L->request_top = 0;
	struct ir_ins *i = lower_request(L, e->a);
	L->in_request = false;
	i->op = IR_SUBMIT;
	i->unwind = L->in_defer;
	i->sym = lower_queue_of(e->b);
	i->sym->queue.wide |= i->operation->wide;
	i->addr = at;
	i->a = lower_user_data(L, e->a);
	i->site = new_site(L, &e->loc, "submit");
	i->dst = new_reg(L, 8, NULL);
	VEC_PUSH(L->arena, &L->cur->ins, i);
	return value(8, i->dst);
}
