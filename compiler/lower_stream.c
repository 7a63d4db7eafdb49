/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * lower_stream.c: loops over operations that complete many times.
 *
 * The request's completions go to a struct rl_stream of the instance's, whatever the body waits for
 * meanwhile; the loop takes them from there. The state of the stream says when the kernel has ended it: then
 * the request is made again. Whichever way the loop is left, the request is cancelled, its last completion
 * waited for, and what came and was not looked at is given back: afterwards nothing is in flight.
 */
#include "lower_stream.h"
#include <errno.h>
#include <string.h>
#include "../runtime/image.h"

#define SCARCITY_NS 10000000ull /* how long that waits for descriptors or memory to be free again */

/* What accept(2) says of one connection, or of the network; the listener goes on. */
static const int of_connection[] = {ECONNABORTED, EPROTO, EPERM, EINTR, ETIMEDOUT, ENETDOWN, ENOPROTOOPT,
	EHOSTDOWN, ENONET, EHOSTUNREACH, ENETUNREACH};
static const int of_scarcity[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM, EAGAIN};

/* ---- the stream's own fields ---- */

/* Of the instance's element of an array, the part at `off`. */
struct ir_addr stream_own(const struct stream *s, struct symbol *array, uint64_t size, uint64_t off)
{
	uint64_t count = s->ir->task->sym->count;
	struct ir_addr a = {.base = BASE_VAR, .var = array, .disp = off};
	if (count > 1) {
		a.term[0].index = IR_SELF;
		a.term[0].stride = size;
		a.term[0].limit = count;
		a.nterms = 1;
	}
	return a;
}

static struct ir_addr field(const struct stream *s, uint64_t off)
{
	return stream_own(s, s->ir->state, sizeof(struct rl_stream), off);
}

static struct ir_val get_state(struct lowering *L, const struct stream *s, const struct loc *loc)
{
	return load(L, loc, field(s, offsetof(struct rl_stream, state)), &type_u32);
}

static void set_state(struct lowering *L, const struct stream *s, const struct loc *loc, struct ir_val v)
{
	store(L, loc, field(s, offsetof(struct rl_stream, state)), v);
}

/* Whether there is something to take, or will be. */
static struct ir_val is_open(struct lowering *L, const struct stream *s, const struct loc *loc)
{
	struct ir_val head = load(L, loc, field(s, offsetof(struct rl_stream, head)), &type_u32);
	struct ir_val on =
		u32_op(L, loc, OP_AND, get_state(L, s, loc), RL_STREAM_ARMED | RL_STREAM_CANCELING);
	return nonzero(L, loc, lower_binary(L, loc, OP_OR, on, &type_u32, head, &type_u32));
}

/* Suspends until there is a completion, or a reason to look again. */
static void next(struct lowering *L, const struct stream *s, const struct loc *loc)
{
	struct ir_block *then = new_block(L);
	uint32_t state = new_state(L, then, s->res, s->ir->op->name, loc);
	L->fn->states.at[state].flags = s->flags;
	lower_unless_expired(L, loc, state);
	struct ir_ins *i = emit(L, IR_NEXT, loc);
	i->stream = s->ir;
	i->unwind = L->in_defer;
	i->t = then;
	i->state = state;
	start(L, then);
}

/* ---- leaving ---- */

static bool into_slots(const struct operation *op)
{
	return op->args[op->nargs - 1].kind == ARG_SLOT;
}

/* A descriptor, or slot, that was accepted and that nobody has seen. */
static void close_accepted(struct lowering *L, const struct stream *s, const struct loc *loc)
{
	struct ir_block *yes = new_block(L), *no = new_block(L);
	branch(L, loc, lower_binary(L, loc, OP_GE, value(32, s->res), &type_s32, constant(32, 0), &type_s32),
		yes, no);
	start(L, yes);
	struct ir_ins *i = own_request(L, loc, &own_close, 0);
	if (into_slots(s->ir->op))
		lower_sqe_value(L, i, F_FILE_INDEX, u32_op(L, loc, OP_ADD, value(32, s->res), 1));
	else
		lower_sqe_value(L, i, F_FD, value(32, s->res));
	i->op = IR_AWAIT;
	i->dst = new_reg(L, 32, NULL);
	i->t = no;
	i->state = new_state(L, no, i->dst, "close", loc);
	VEC_PUSH(L->arena, &L->cur->ins, i);
	start(L, no);
}

static void close_stream(struct lowering *L, const struct stream *s)
{
	const struct loc *loc = &L->fn->sym->loc;
	struct ir_block *look = new_block(L), *more = new_block(L), *cancel = new_block(L),
			*wait = new_block(L), *came = new_block(L), *done = new_block(L);
	start(L, look);
	branch(L, loc, is_open(L, s, loc), more, done);
	start(L, more);
	struct ir_val state = get_state(L, s, loc);
	struct ir_val on =
		u32_op(L, loc, OP_AND, state, RL_STREAM_ARMED | RL_STREAM_CANCELING | RL_STREAM_CANCELED);
	branch(L, loc, u32_op(L, loc, OP_EQ, on, RL_STREAM_ARMED), cancel, wait);
	start(L, cancel);
	struct ir_ins *self = emit_dst(L, IR_SELF_REG, loc, 32);
	struct ir_val ud = convert(L, loc, value(32, self->dst), &type_u32, &type_u64);
	ud = lower_binary(L, loc, OP_OR, ud, &type_u64, constant(64, ir_stream_user_data(s->ir)), &type_u64);
	struct ir_ins *i = own_request(L, loc, &own_cancel, 1);
	i->stream = s->ir;
	lower_sqe_value(L, i, F_ADDR, ud);
	VEC_PUSH(L->arena, &L->cur->ins, i);
	set_state(L, s, loc, u32_op(L, loc, OP_OR, state, RL_STREAM_CANCELING | RL_STREAM_CANCELED));
	start(L, wait);
	next(L, s, loc);
	branch(L, loc, u32_op(L, loc, OP_GE, value(32, s->flags), RL_READY_AGAIN), look, came);
	start(L, came);
	if (s->ir->pool) {
		stream_take_place(L, s, loc);
		stream_give_back(L, s, loc);
	}
	if (s->ir->op->opcode == OPCODE_ACCEPT)
		close_accepted(L, s, loc);
	jump(L, look);
	start(L, done);
}

void lower_stream_leave(struct lowering *L, const struct block_scope *scope)
{
	if (scope->turn && scope->turn->ir->pool)
		stream_give_back(L, scope->turn, &L->fn->sym->loc);
	if (scope->loop)
		close_stream(L, scope->loop);
}

/* ---- the loop ---- */

static struct stream *new_stream(struct lowering *L, const struct stmt *st)
{
	struct stream *s = NEW(L->arena, struct stream);
	struct ir_stream *ir = s->ir = NEW(L->arena, struct ir_stream);
	const struct symbol name = {.name = "ringlet_stream", .loc = st->loc};
	ir->op = st->a->operation;
	ir->pool = st->sym->pool;
	ir->task = L->fn;
	ir->index = (uint32_t)L->ir->streams.n;
	ir->state = check_hidden(L->ir->p, VAR_PRIVATE, &name, arena_printf(L->arena, "%u", ir->index),
		L->fn->sym->count * sizeof(struct rl_stream));
	if (ir->op->big && L->ir->p->big_cqe)
		ir->big = check_hidden(L->ir->p, VAR_PRIVATE, &name,
			arena_printf(L->arena, "%u_big", ir->index), L->fn->sym->count * RL_BIG_CQE);
	VEC_PUSH(L->arena, &L->ir->streams, ir);
	ir->unwind = L->in_defer;
	s->res = new_reg(L, 32, NULL);
	s->flags = new_reg(L, 32, NULL);
	if (ir_stream_is_zcrx(ir)) {
		s->at = new_reg(L, 32, NULL);
		ir->site = new_site(L, &st->loc,
			arena_printf(L->arena,
				"the buffers `%s` are too few: they came in more than %u pieces",
				ir->pool->name, ir->pool->buffers.pieces));
	}
	if (ir_stream_is_zcrx(ir) || ir->op->opcode == OPCODE_ACCEPT)
		s->pause = new_reg(L, 32, NULL);
	L->fn->wants_flags = L->ir->many = true;
	/* What the step writes by itself to cancel a stream. */
	L->ir->sqe_words[0] = L->ir->sqe_words[FIELD_OFFSET(F_ADDR) / 8] = true;
	L->ir->narrow = L->ir->small = true;
	return s;
}

/* A timeout that ends after so many: what is left when it is made again. */
static void count_down(struct lowering *L, struct stream *s, struct ir_ins *r, const struct loc *loc)
{
	for (size_t k = 0; k < r->sqe.n; k++) {
		struct ir_sqe_arg *a = &r->sqe.at[k];
		if (s->ir->op->opcode != OPCODE_TIMEOUT || a->field != F_OFF || (!a->val.reg && !a->val.c))
			continue;
		s->left = new_reg(L, 64, NULL);
		set(L, loc, s->left, a->val);
		a->val = value(64, s->left);
	}
}

/* Before the request is made again after there was no descriptor or memory. */
static void pause_if(struct lowering *L, const struct stream *s, const struct loc *loc)
{
	struct ir_block *yes = new_block(L), *no = new_block(L);
	struct expr *time = NEW(L->arena, struct expr);
	*time = (struct expr){
		.kind = E_INT, .loc = *loc, .type = &type_u64, .is_const = true, .value = SCARCITY_NS};
	branch(L, loc, nonzero(L, loc, value(32, s->pause)), yes, no);
	start(L, yes);
	set(L, loc, s->pause, constant(32, 0));
	struct ir_ins *i = own_request(L, loc, &own_timeout, 0);
	lower_time_field(L, i, F_ADDR, time);
	i->op = IR_AWAIT;
	i->dst = new_reg(L, 32, NULL);
	i->t = no;
	i->state = new_state(L, no, i->dst, s->ir->op->name, loc);
	lower_unless_expired(L, loc, i->state);
	VEC_PUSH(L->arena, &L->cur->ins, i);
	start(L, no);
}

/* After a turn: whether it was the last. */
static void go_on(struct lowering *L, const struct stream *s, const struct loc *loc, struct ir_block *again,
	struct ir_block *end)
{
	const struct type *t = &type_s32;
	struct ir_block *failed = new_block(L), *counted = new_block(L), *one_less = new_block(L),
			*scarce = new_block(L);
	struct ir_val res = value(32, s->res);
	if (s->ir->pool) { /* bytes: 0 is the end */
		branch(L, loc, lower_binary(L, loc, OP_LE, res, t, constant(32, 0), t), end, again);
		return;
	}
	switch (s->ir->op->opcode) {
	case OPCODE_ACCEPT: {
		branch(L, loc, lower_binary(L, loc, OP_LT, res, t, constant(32, 0), t), failed, again);
		start(L, failed);
		struct ir_ins *i = emit(L, IR_SWITCH, loc);
		i->a = res;
		i->t = end;
		for (size_t k = 0; k < sizeof of_connection / sizeof *of_connection; k++)
			VEC_PUSH(L->arena, &i->cases, ((struct ir_case){(uint32_t)-of_connection[k], again}));
		for (size_t k = 0; k < sizeof of_scarcity / sizeof *of_scarcity; k++)
			VEC_PUSH(L->arena, &i->cases, ((struct ir_case){(uint32_t)-of_scarcity[k], scarce}));
		start(L, scarce);
		set(L, loc, s->pause, constant(32, 1));
		jump(L, again);
		break;
	}
	case OPCODE_TIMEOUT:
		if (!s->left) {
			branch(L, loc, is_error(L, loc, s->res, ETIME), again, end);
			break;
		}
		branch(L, loc, is_error(L, loc, s->res, ETIME), counted, end);
		start(L, counted);
		branch(L, loc,
			lower_binary(
				L, loc, OP_NE, value(64, s->left), &type_u64, constant(64, 0), &type_u64),
			one_less, again);
		start(L, one_less);
		lower_change(L, loc, OP_SUB, s->left, constant(64, 1));
		branch(L, loc,
			lower_binary(
				L, loc, OP_NE, value(64, s->left), &type_u64, constant(64, 0), &type_u64),
			again, end);
		break;
	case OPCODE_POLL_ADD:
		branch(L, loc, lower_binary(L, loc, OP_LT, res, t, constant(32, 0), t), end, again);
		break;
	case OPCODE_URING_CMD: /* `res` may be any number */
		branch(L, loc, nonzero(L, loc, u32_op(L, loc, OP_AND, value(32, s->flags), CQE_F_MORE)),
			again, end);
		break;
	}
}

/* What the body sees. */
static void turn_variable(struct lowering *L, const struct stream *s, struct stmt *st)
{
	const struct loc *loc = &st->loc;
	new_local(L, st->sym);
	struct local *l = local_of(L, st->sym);
	set(L, loc, l->user_data, constant(64, 0));
	l->reg = s->res;
	l->len = s->flags;
	for (unsigned k = 0; k < 2 && s->ir->big; k++)
		set(L, loc, l->big[k], load(L, loc, stream_own(s, s->ir->big, RL_BIG_CQE, 8 * k), &type_u64));
	if (s->ir->pool)
		stream_buffer(L, s, loc, l);
}

void lower_for_stream(struct lowering *L, struct stmt *st)
{
	const struct loc *loc = &st->loc;
	struct stream *s = new_stream(L, st);
	struct ir_block *again = new_block(L), *arm = new_block(L), *wait = new_block(L),
			*turn = new_block(L), *body = new_block(L), *done = new_block(L), *end = new_block(L);
	struct block_scope *scope = enter(L);
	/* What the request is made of is evaluated once, and kept. */
	L->keep_memory = true;
	struct ir_ins *r = lower_request(L, st->a);
	L->keep_memory = false;
	r->stream = s->ir;
	count_down(L, s, r, loc);
	if (s->pause)
		set(L, loc, s->pause, constant(32, 0));
	scope->loop = s;
	scope->on_break = end;
	scope->on_continue = done;

	start(L, again);
	branch(L, loc, is_open(L, s, loc), wait, arm);
	start(L, arm);
	if (s->pause)
		pause_if(L, s, loc);
	if (ir_stream_is_zcrx(s->ir))
		stream_refill(L, s, loc);
	VEC_PUSH(L->arena, &L->cur->ins, r);
	set_state(L, s, loc, constant(32, RL_STREAM_ARMED));
	start(L, wait);
	next(L, s, loc);
	lower_look_at_flags(L, loc, s->flags, again);
	if (s->ir->pool)
		stream_look_for_want(L, s, loc, again, turn);
	start(L, turn);
	struct block_scope *inner = enter(L);
	inner->turn = s;
	turn_variable(L, s, st);
	start(L, body);
	lower_scoped(L, st->s1);
	leave(L);
	start(L, done);
	go_on(L, s, loc, again, end);
	start(L, end);
	scope->on_break = scope->on_continue = NULL;
	leave(L);
}
