/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * lower_select.c: waiting for the first of several things.
 *
 * All are begun, then the task suspends until one is there, cancels the others, and suspends until they too
 * have ended: afterwards nothing is in flight that the arms began. A completion says by its arm which it is.
 */
#include "lower_arms.h"
#include "../runtime/image.h"

#define NO_WINNER 255
#define CANCELED 254 /* the program stops, or the time has passed: nobody won */
#define ARM_FUNCTION 160
#define ARM_QUEUE 128 /* and up: a queue has something, or had */

static struct symbol *queue_of(const struct expr *e)
{
	while (e->kind == E_INDEX)
		e = e->a;
	return e->sym;
}

struct arm {
	enum { ON_OPERATION, ON_FUNCTION, ON_QUEUE, ON_TIME } kind;
	struct expr *e;         /* the call, the queue, the time */
	struct ir_ins *request; /* or what starts the function */
	unsigned arm, node;
};

static ir_reg reap(struct lowering *L, const struct loc *loc, struct expr *q, const struct cqe_regs *c)
{
	struct ir_addr at = lower_place(L, q);
	struct ir_ins *i = emit(L, IR_REAP, loc);
	i->sym = queue_of(q);
	i->addr = at;
	i->site = new_site(L, loc, "select");
	i->dst2 = new_reg(L, 8, NULL);
	i->dst = c->res;
	i->flags = c->flags;
	i->user_data = c->user_data;
	return i->dst2;
}

static void park(struct lowering *L, const struct loc *loc, const struct arm *a)
{
	struct ir_addr at = lower_place(L, a->e);
	struct ir_ins *i = emit(L, IR_PARK, loc);
	i->sym = queue_of(a->e);
	i->addr = at;
	i->site = new_site(L, loc, "select");
	i->arm = (uint8_t)a->arm;
	i->limit = a->node;
	i->unwind = L->in_defer;
}

void lower_leave_if_stopping(struct lowering *L, const struct loc *loc)
{
	if (L->in_defer)
		return;
	struct ir_block *leaves = new_block(L), *go_on = new_block(L);
	struct ir_ins *i = emit_dst(L, IR_STOPPING, loc, 8);
	branch(L, loc, value(8, i->dst), leaves, go_on);
	start(L, leaves);
	leave_task(L, loc);
	start(L, go_on);
}

/* Of a function with a time-out: leaves it if the time had passed before anything else came. */
static void leave_if(struct lowering *L, const struct loc *loc, struct ir_val passed)
{
	struct ir_block *leaves = new_block(L), *go_on = new_block(L);
	branch(L, loc, passed, leaves, go_on);
	start(L, leaves);
	lower_leave_timed(L, loc);
	start(L, go_on);
}

/* Whether what came says that it was cancelled because the time has passed. */
static struct ir_val gave_up(struct lowering *L, const struct loc *loc, ir_reg res)
{
	struct ir_val canceled = lower_was_canceled(L, loc, res);
	return lower_binary(L, loc, OP_AND, canceled, &type_bool, lower_expired(L, loc), &type_bool);
}

/* The instance of a task of its own that belongs to this one. */
static struct ir_ins *function_arm(struct lowering *L, const struct arm *a)
{
	struct symbol *sym = NEW(L->arena, struct symbol);
	struct ir_arm *arm = NEW(L->arena, struct ir_arm);
	*sym = *a->e->sym;
	sym->kind = SYM_TASK;
	sym->count = L->fn->sym->count;
	sym->index = (uint32_t)(L->ir->p->tasks.n + L->ir->arms.n);
	*arm = (struct ir_arm){.sym = sym,
		.fn = a->e->sym,
		.waiter = L->fn,
		.arm = (uint8_t)a->arm,
		.in_defer = L->in_defer,
		.call = a->e};
	for (size_t k = 0; k < a->e->args.n; k++)
		arm->slots |= lower_is_slot(L, a->e->args.at[k]) ? 1u << k : 0;
	VEC_PUSH(L->arena, &L->ir->arms, arm);
	struct ir_ins *i = NEW(L->arena, struct ir_ins);
	i->op = IR_ARM_START;
	i->loc = a->e->loc;
	i->sym = sym;
	lower_args(L, i, sym, a->e);
	return i;
}

/* What came decides, unless something came before. */
static void decide(struct lowering *L, const struct loc *loc, const struct arm *arms, size_t n,
	ir_reg pending, ir_reg came)
{
	/* The queues are left; what one has said meanwhile is on its way, and waited for. */
	for (size_t k = 0; k < n; k++) {
		if (arms[k].kind != ON_QUEUE)
			continue;
		struct ir_ins *i = emit_dst(L, IR_UNPARK, loc, 8);
		i->limit = arms[k].node;
		struct ir_val less = convert(L, loc, value(8, i->dst), &type_bool, &type_u32);
		lower_change(L, loc, OP_SUB, pending, less);
	}
	for (size_t k = 0; k < n; k++) {
		if (arms[k].kind == ON_QUEUE)
			continue;
		struct ir_block *cancel = new_block(L), *skip = new_block(L);
		branch(L, loc, lower_equals(L, loc, came, 32, arms[k].arm), skip, cancel);
		start(L, cancel);
		if (arms[k].kind == ON_FUNCTION) {
			emit(L, IR_ARM_CANCEL, loc)->sym = arms[k].request->sym;
		} else {
			lower_cancel_arm(L, loc, arms[k].arm);
			lower_change(L, loc, OP_ADD, pending, constant(32, 1));
		}
		start(L, skip);
	}
}

/* Waits for the first of the arms: its number in the register that is returned, what it gave in c. */
static ir_reg first_of(struct lowering *L, const struct loc *loc, struct arm *arms, size_t n,
	const char *what, const struct cqe_regs *c)
{
	unsigned requests = 0, queues = 0, functions = 0;
	symbol_vec fns = {0};
	ir_reg winner = new_reg(L, 8, NULL), pending = new_reg(L, 32, NULL), arm = new_reg(L, 32, NULL);
	struct cqe_regs came = {new_reg(L, 32, NULL), new_reg(L, 32, NULL), 0, {0}};
	new_big(L, came.big);
	struct ir_block *wait = new_block(L), *found = new_block(L), *out = new_block(L),
			*look = new_block(L), *more = new_block(L);
	lower_leave_if_stopping(L, loc);
	if (L->timed)
		leave_if(L, loc, lower_expired(L, loc));
	for (size_t k = 0; k < n; k++) {
		arms[k].node = arms[k].kind == ON_QUEUE ? queues++ : 0;
		arms[k].arm = arms[k].kind == ON_QUEUE      ? ARM_QUEUE + arms[k].node
			      : arms[k].kind == ON_FUNCTION ? ARM_FUNCTION + functions++
							    : requests++;
	}
	lower_needs_arms(L, 2 * requests, 2 * requests, queues ? queues : 1);
	/* What is there needs no waiting. */
	for (size_t k = 0; k < n; k++) {
		if (arms[k].kind != ON_QUEUE)
			continue;
		struct ir_block *yes = new_block(L), *no = new_block(L);
		branch(L, loc, value(8, reap(L, loc, arms[k].e, c)), yes, no);
		start(L, yes);
		set(L, loc, winner, constant(8, k));
		jump(L, out);
		start(L, no);
	}
	/* Everything is evaluated before anything begins. */
	uint32_t top = L->fn->top;
	L->keep_memory = true;
	for (size_t k = 0; k < n; k++) {
		if (lower_awaits(arms[k].e))
			diag(L->diags, &arms[k].e->loc, D_select_await);
		if (arms[k].kind == ON_OPERATION) {
			arms[k].request = lower_request(L, arms[k].e);
			arms[k].request->arm = (uint8_t)arms[k].arm;
		} else if (arms[k].kind == ON_FUNCTION) {
			arms[k].request = function_arm(L, &arms[k]);
			VEC_PUSH(L->arena, &fns, arms[k].request->sym);
		} else if (arms[k].kind == ON_TIME) {
			arms[k].request =
				lower_time_request(L, &own_timeout, arms[k].e, (uint8_t)arms[k].arm);
		}
	}
	L->keep_memory = false;
	L->fn->top = top;
	for (size_t k = 0; k < n; k++)
		if (arms[k].request)
			lower_put(L, arms[k].request);
	set(L, loc, pending, constant(32, n));
	set(L, loc, winner, constant(8, NO_WINNER));
	for (size_t k = 0; k < n; k++)
		if (arms[k].kind == ON_QUEUE)
			park(L, loc, &arms[k]);

	start(L, wait);
	lower_suspend(L, loc, what, &came, arm, requests, queues, &fns);
	lower_change(L, loc, OP_SUB, pending, constant(32, 1));
	struct ir_block *first = new_block(L);
	branch(L, loc, lower_equals(L, loc, winner, 8, NO_WINNER), first, look);
	start(L, first);
	for (size_t k = 0; k < n; k++) {
		struct ir_block *yes = new_block(L), *no = new_block(L);
		branch(L, loc, lower_equals(L, loc, arm, 32, arms[k].arm), yes, no);
		start(L, yes);
		if (arms[k].kind != ON_QUEUE) {
			if (L->timed) {
				struct ir_block *lost = new_block(L), *won = new_block(L);
				branch(L, loc, gave_up(L, loc, came.res), lost, won);
				start(L, lost);
				set(L, loc, winner, constant(8, CANCELED));
				jump(L, found);
				start(L, won);
			}
			set(L, loc, winner, constant(8, k));
			set(L, loc, c->res, value(32, came.res));
			set(L, loc, c->flags, value(32, came.flags));
			set_big(L, loc, c->big, came.big);
			jump(L, found);
		} else {
			struct ir_block *stops = new_block(L), *goes = new_block(L), *got = new_block(L),
					*empty = new_block(L);
			struct ir_val canceled = lower_binary(L, loc, OP_GE, value(32, came.flags), &type_u32,
				constant(32, RL_READY_CANCELED), &type_u32);
			branch(L, loc, canceled, stops, goes);
			start(L, stops);
			set(L, loc, winner, constant(8, CANCELED));
			jump(L, found);
			start(L, goes);
			branch(L, loc, value(8, reap(L, loc, arms[k].e, c)), got, empty);
			start(L, empty); /* somebody else took it */
			park(L, loc, &arms[k]);
			lower_change(L, loc, OP_ADD, pending, constant(32, 1));
			jump(L, wait);
			start(L, got);
			set(L, loc, winner, constant(8, k));
			jump(L, found);
		}
		start(L, no);
	}
	jump(L, look);
	start(L, found);
	decide(L, loc, arms, n, pending, arm);
	start(L, look);
	branch(L, loc, lower_equals(L, loc, pending, 32, 0), more, wait);
	start(L, more);
	lower_leave_if_stopping(L, loc);
	if (L->timed)
		leave_if(L, loc, lower_equals(L, loc, winner, 8, CANCELED));
	start(L, out);
	return winner;
}

/* await q timeout D: a completion with res -ETIME where none came in time. */
struct cqe_regs lower_queue_timeout(struct lowering *L, struct expr *e)
{
	struct cqe_regs c = {new_reg(L, 32, NULL), new_reg(L, 32, NULL), new_reg(L, 64, NULL), {0}};
	new_big(L, c.big);
	set_big(L, &e->loc, c.big, NULL);
	struct arm arms[] = {{.kind = ON_QUEUE, .e = e->a}, {.kind = ON_TIME, .e = e->b}};
	set(L, &e->loc, c.user_data, constant(64, 0));
	first_of(L, &e->loc, arms, 2, arena_printf(L->arena, "await %s", expr_text(L, e->a)), &c);
	return c;
}

/* What a function gives comes in two halves. */
static struct ir_val whole(struct lowering *L, const struct loc *loc, const struct cqe_regs *c)
{
	struct ir_val low = convert(L, loc, value(32, c->res), &type_u32, &type_u64),
		      high = convert(L, loc, value(32, c->flags), &type_u32, &type_u64);
	high = lower_binary(L, loc, OP_SHL, high, &type_u64, constant(64, 32), &type_u64);
	return lower_binary(L, loc, OP_OR, low, &type_u64, high, &type_u64);
}

static void arm_variable(struct lowering *L, struct stmt *s, const struct cqe_regs *c)
{
	if (!s->sym)
		return;
	if (s->a->a->kind == E_CALL && !s->a->a->operation) {
		new_local(L, s->sym);
		set(L, &s->loc, local_of(L, s->sym)->reg,
			convert(L, &s->loc, whole(L, &s->loc, c), &type_u64, s->sym->type));
		return;
	}
	new_local(L, s->sym);
	const struct local *l = local_of(L, s->sym);
	set(L, &s->loc, l->reg,
		convert(L, &s->loc, value(32, c->res), &type_s32,
			s->sym->type->kind == T_CQE ? &type_s32 : s->sym->type));
	if (s->sym->type->kind != T_CQE)
		return;
	set(L, &s->loc, l->len, value(32, c->flags));
	set(L, &s->loc, l->user_data, value(64, c->user_data));
	set_big(L, &s->loc, l->big, c->big);
}

void lower_select(struct lowering *L, struct stmt *s)
{
	struct arm *arms = arena_alloc(L->arena, s->body.n * sizeof *arms);
	struct cqe_regs c = {new_reg(L, 32, NULL), new_reg(L, 32, NULL), new_reg(L, 64, NULL), {0}};
	new_big(L, c.big);
	set_big(L, &s->loc, c.big, NULL);
	for (size_t k = 0; k < s->body.n; k++) {
		const struct stmt *arm = s->body.at[k];
		arms[k].kind = !arm->a                     ? ON_TIME
			       : arm->a->a->kind != E_CALL ? ON_QUEUE
			       : arm->a->a->operation      ? ON_OPERATION
							   : ON_FUNCTION;
		arms[k].e = arm->a ? arm->a->a : arm->b;
	}
	set(L, &s->loc, c.user_data, constant(64, 0));
	ir_reg winner = first_of(L, &s->loc, arms, s->body.n, "select", &c);
	struct ir_block *end = new_block(L);
	for (size_t k = 0; k < s->body.n; k++) {
		struct ir_block *yes = new_block(L), *no = new_block(L);
		branch(L, &s->loc, lower_equals(L, &s->loc, winner, 8, k), yes, no);
		start(L, yes);
		enter(L);
		arm_variable(L, s->body.at[k], &c);
		lower_scoped(L, s->body.at[k]->s1);
		leave(L);
		jump(L, end);
		start(L, no);
	}
	start(L, end);
}
