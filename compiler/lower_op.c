/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lower_op.c: requests: what goes where in the SQE, and what is kept in memory for them. */
#include <string.h>
#include "lower.h"

const struct operation own_timeout = {.name = "timeout", .opcode = OPCODE_TIMEOUT, .since = "5.4"};
const struct operation own_cancel = {.name = "async_cancel", .opcode = OPCODE_ASYNC_CANCEL, .since = "5.5"};
const struct operation own_close = {.name = "close", .opcode = OPCODE_CLOSE, .since = "5.6"};

void lower_sqe_value(struct lowering *L, struct ir_ins *i, enum sqe_field f, struct ir_val v)
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

/* struct msghdr in the frame (include/linux/socket.h, struct user_msghdr): 56 bytes. */
static struct ir_addr message(struct lowering *L, struct expr *e, struct expr *peer)
{
	struct ir_addr list = iovecs(L, e), m = new_memory(L, 56, 8), at = m;
	const struct loc *loc = &e->loc;
	struct ir_val words[7] = {constant(64, 0), constant(64, 0), constant(64, 0), constant(64, e->args.n),
		constant(64, 0), constant(64, 0), constant(64, 0)};
	if (peer) {
		words[0] = address(L, loc, offset_in_image(L, loc, lower_place(L, peer)));
		words[1] = constant(64, peer->type->size);
	}
	words[2] = address(L, loc, offset_in_image(L, loc, list));
	for (unsigned k = 0; k < 7; k++, at.disp += 8)
		store(L, loc, at, words[k]);
	return m;
}

/* Where the kernel puts an address, and in a word of the frame how long it may be, then was. */
static void peer(struct lowering *L, struct ir_ins *i, const struct op_arg *arg, struct expr *e)
{
	struct ir_addr n = new_memory(L, 4, 4);
	store(L, &e->loc, n, constant(32, e->type->size));
	sqe_address(L, i, arg->field, offset_in_image(L, &e->loc, lower_place(L, e)));
	sqe_address(L, i, arg->length, offset_in_image(L, &e->loc, n));
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

void lower_time_field(struct lowering *L, struct ir_ins *i, enum sqe_field f, struct expr *time)
{
	sqe_address(L, i, f, offset_in_image(L, &time->loc, timespec(L, time)));
	lower_sqe_value(L, i, F_LEN, constant(32, 1));
}

static struct expr *peer_of(const struct expr *call)
{
	const struct operation *op = call->operation;
	for (size_t k = 0; k < call->args.n; k++)
		if (op->args[k].kind == ARG_PEER)
			return call->args.at[k];
	return NULL;
}

/* The user_data that the SQE of a request has which was steered to a queue. */
static struct ir_val target(struct lowering *L, const struct expr *call, struct expr *user_data)
{
	size_t k = 0;
	while (call->operation->args[k].kind != ARG_QUEUE)
		k++;
	return lower_find(L, call->args.at[k], lower_as(L, user_data, &type_u64));
}

/* Words of the SQE, out of a struct or bytes. */
static void command(struct lowering *L, struct ir_ins *i, const struct op_arg *arg, struct expr *e)
{
	static struct type *const types[] = {&type_u8, &type_u16, &type_u32, &type_u64};
	bool part = e->kind == E_SLICE;
	uint64_t size = part ? check_slice_size(e) : e->type->size;
	struct ir_addr at = lower_place(L, part ? e->a : e);
	at.disp += part && e->b ? e->b->value : 0;
	for (uint64_t done = 0; done < size;) {
		enum sqe_field word = (FIELD_OFFSET(arg->field) + done) << 8 | 8;
		struct ir_val v = constant(64, 0);
		/* The last one may be of less than 8 bytes: 4, 2, 1 of them. */
		for (unsigned k = 4, bytes = 8, in = 0; k-- > 0 && in < 8; bytes /= 2) {
			if (size - done < bytes)
				continue;
			struct ir_val some =
				convert(L, &e->loc, load(L, &e->loc, at, types[k]), types[k], &type_u64);
			if (in)
				some = lower_binary(
					L, &e->loc, OP_SHL, some, &type_u64, constant(64, 8 * in), &type_u64);
			v = in ? lower_binary(L, &e->loc, OP_OR, v, &type_u64, some, &type_u64) : some;
			at.disp += bytes;
			done += bytes;
			in += bytes;
		}
		lower_sqe_value(L, i, word, v);
	}
}

/* What check_many could not see. */
static void check_many(struct lowering *L, const struct operation *op, enum sqe_field field,
	const struct expr *e, struct ir_val v)
{
	uint32_t next = 0;
	const struct many *m;
	while (v.reg && (m = op_many(op, field, &next))) {
		const struct type *t = field_type(field);
		struct ir_val bits = lower_binary(L, &e->loc, OP_AND, v, t, constant(v.bits, m->mask), t);
		bits = lower_binary(L, &e->loc, OP_NE, bits, t, constant(v.bits, m->value), t);
		struct ir_ins *check = emit(L, IR_CHECK, &e->loc);
		check->a = bits;
		check->b = constant(64, 0);
		check->site = new_site(L, &e->loc,
			arena_printf(
				L->arena, "`%s` %s, and was given %s", op->name, op_completes(op), m->name));
	}
}

static void lower_op_arg(struct lowering *L, struct ir_ins *i, const struct op_arg *arg, struct expr *e,
	const struct expr *call)
{
	struct ir_val off, len = constant(32, 0);
	switch (arg->kind) {
	case ARG_PEER:
		if (arg->field)
			peer(L, i, arg, e);
		return; /* else it is in the message */
	case ARG_POOL:
		lower_sqe_value(L, i, arg->field, constant(16, e->sym->buffers.group));
		i->sqe_flags |= 1 << 5; /* IOSQE_BUFFER_SELECT */
		return;
	case ARG_ZCRX:
		lower_sqe_value(L, i, arg->field, constant(32, e->sym->buffers.group));
		return;
	case ARG_CMD:
		command(L, i, arg, e);
		return;
	case ARG_QUEUE: /* for the argument after it */
		return;
	case ARG_TARGET:
		lower_sqe_value(L, i, arg->field, target(L, call, e));
		return;
	case ARG_SLOT:
		lower_slot_arg(L, i, arg, e, call);
		return;
	case ARG_FD:
	case ARG_PLAIN:
		if (lower_is_slot(L, e)) {
			lower_slot_as_file(L, i, arg, e, call);
			return;
		}
		if (FIELD_SIZE(arg->field) == 8) { /* epoll_ctl */
			lower_sqe_value(L, i, arg->field,
				convert(L, &e->loc, lower_as(L, e, &type_fd), &type_u32, &type_u64));
			return;
		}
		/* fall through */
	case ARG_INT:
	case ARG_OPT: {
		struct ir_val v = lower_as(L, e, field_type(arg->field));
		check_many(L, call->operation, arg->field, e, v);
		lower_sqe_value(L, i, arg->field, v);
		return;
	}
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
	case ARG_MSG_R:
	case ARG_MSG_W:
		off = offset_in_image(L, &e->loc, message(L, e, peer_of(call)));
		len = constant(32, 1);
		break;
	case ARG_FDS:
	case ARG_ARR_R:
	case ARG_ARR_W:
		off = offset_in_image(L, &e->loc, lower_place(L, e));
		len = constant(32, e->type->n);
		break;
	default: /* ARG_OBJ_W, ARG_OBJ_R, ARG_PLACE */
		off = offset_in_image(L, &e->loc, lower_place(L, e));
		len = constant(32, e->type->size);
		break;
	}
	sqe_address(L, i, arg->field, off);
	enum sqe_field length = op_arg_length(arg);
	if (length != F_NONE)
		lower_sqe_value(L, i, length, convert(L, &e->loc, len, &type_u32, field_type(length)));
}

static struct expr *with(const struct expr *call, const char *name)
{
	for (size_t k = 0; k < call->with.n; k++)
		if (!strcmp(call->with.at[k].name.text, name))
			return call->with.at[k].value;
	return NULL;
}

/* What the completion says as its user_data: the request's own says whose it is. */
struct ir_val lower_user_data(struct lowering *L, struct expr *call)
{
	struct expr *e = with(call, "user_data");
	return e ? lower_as(L, e, &type_u64) : constant(64, 0);
}

static void lower_with(struct lowering *L, struct ir_ins *i, const struct expr *call)
{
	struct expr *flags = with(call, "flags"), *ioprio = with(call, "ioprio"),
		    *personality = with(call, "personality");
	i->sqe_flags |= flags ? (uint8_t)flags->value : 0;
	i->ioprio = ioprio ? (uint16_t)ioprio->value : call->operation->ioprio;
	if (call->operation->asks)
		lower_sqe_value(L, i, call->operation->asks, constant(32, call->operation->asked));
	L->ir->sqe_words[0] |= i->sqe_flags || i->ioprio;
	if (personality)
		lower_sqe_value(L, i, F_PERSONALITY, lower_as(L, personality, &type_u16));
}

struct ir_ins *own_request(struct lowering *L, const struct loc *loc, const struct operation *op, uint8_t arm)
{
	struct ir_ins *i = NEW(L->arena, struct ir_ins);
	i->op = IR_REQUEST;
	i->loc = *loc;
	i->operation = op;
	i->unwind = L->in_defer;
	i->arm = arm;
	i->timed = lower_timed_mask(L);
	L->ir->sqe_words[0] = L->ir->narrow = L->ir->small = true;
	return i;
}

/* What an operation with this row always says. */
static void always(struct lowering *L, struct ir_ins *i, const struct operation *op, size_t k)
{
	for (; k < OP_MAX_ARGS; k++)
		if ((k < op->nargs || op->args[k].kind == ARG_CONST) && op->args[k].value)
			lower_sqe_value(L, i, op->args[k].field,
				constant(FIELD_SIZE(op->args[k].field) * 8, (uint64_t)op->args[k].value));
}

/* The row of the same operation on registered memory, where its buffer is known to lie in some. */
static const struct operation *on_fixed(
	struct lowering *L, struct ir_ins *i, const struct operation *op, const struct expr *call)
{
	uint32_t buffer;
	const struct operation *fixed = operation_fixed(op, &buffer);
	const struct symbol *array = fixed ? lower_fixed(L, call->args.at[buffer]) : NULL;
	if (!array)
		return op;
	lower_sqe_value(L, i, F_BUF_INDEX, constant(16, array->fixed_index));
	always(L, i, fixed, fixed->nargs);
	return fixed;
}

struct ir_ins *lower_request(struct lowering *L, struct expr *e)
{
	const struct operation *op = e->operation;
	struct ir_ins *i = NEW(L->arena, struct ir_ins); /* put into its block when its arguments are there */
	i->op = IR_REQUEST;
	i->loc = e->loc;
	i->unwind = L->in_defer;
	i->timed = lower_timed_mask(L);
	uint32_t top = L->fn->top;
	for (size_t k = 0; k < e->args.n; k++)
		lower_op_arg(L, i, &op->args[k], e->args.at[k], e);
	always(L, i, op, e->args.n);
	lower_with(L, i, e);
	i->operation = op = on_fixed(L, i, op, e);
	if (!L->keep_memory)
		L->fn->top = top; /* what only the request needed */
	L->ir->op_used[op - operations] = true;
	L->ir->sqe_words[0] |= op->opcode != 0;
	L->fn->wide |= op->wide;
	L->ir->wide |= op->wide;
	L->ir->narrow |= !op->wide;
	L->ir->big |= op->big;
	L->ir->small |= !op->big;
	return i;
}

/* Some requests complete a second time, when their buffers are free: until then the task waits on, so that
 * the buffer can be used again after the await. */
void lower_second(struct lowering *L, const struct loc *loc, const struct operation *op, ir_reg flags)
{
	struct ir_block *wait = new_block(L), *done = new_block(L);
	L->fn->wants_flags = true;
	L->ir->many = true;
	if (L->fn->in_flight < 2)
		L->fn->in_flight = 2;
	struct ir_val more = lower_binary(L, loc, OP_AND, value(32, flags), &type_u32,
		constant(32, 2 /* IORING_CQE_F_MORE */), &type_u32);
	more = convert(L, loc, more, &type_u32, &type_bool);
	branch(L, loc, more, wait, done);
	start(L, wait);
	struct ir_ins *i = emit(L, IR_SUSPEND, loc);
	i->unwind = L->in_defer;
	i->t = done;
	i->state = new_state(L, done, 0, op->name, loc);
	start(L, done);
}

struct ir_val lower_operation(struct lowering *L, struct expr *e)
{
	struct ir_ins *i = lower_request(L, e);
	i->op = IR_AWAIT;
	i->dst = new_reg(L, 32, NULL);
	i->t = new_block(L);
	i->state = new_state(L, i->t, i->dst, e->operation->name, &e->loc);
	lower_unless_expired(L, &e->loc, i->state);
	VEC_PUSH(L->arena, &L->cur->ins, i);
	if (i->operation->two) {
		ir_reg flags = new_reg(L, 32, NULL);
		L->fn->states.at[i->state].flags = flags;
		start(L, i->t);
		lower_second(L, &e->loc, e->operation, flags);
	} else {
		start(L, i->t);
	}
	return value(32, i->dst);
}
