/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * lower_buffers.c: the buffers of a stream: what a turn sees of one, giving it back, and waiting where the
 * kernel finds none.
 *
 * The number of a provided buffer is in the flags of its completion. Of kind `zcrx` the second half of the
 * CQE says where in the pool the bytes are.
 */
#include <errno.h>
#include "lower_stream.h"
#include "../runtime/image.h"

static struct ir_addr control(const struct symbol *pool, uint64_t off)
{
	return (struct ir_addr){.base = BASE_VAR, .var = pool->buffers.control, .disp = off};
}

/* The bit of `flags` which says that the completion has a buffer. Of kind `zcrx` all have but the last. */
static uint32_t buffer_bit(const struct stream *s)
{
	return ir_stream_is_zcrx(s->ir) ? CQE_F_MORE : CQE_F_BUFFER;
}

/* The offset has fewer than 32 bits: the pool lies in the image. */
void stream_take_place(struct lowering *L, const struct stream *s, const struct loc *loc)
{
	if (!ir_stream_is_zcrx(s->ir))
		return;
	struct ir_val off = load(L, loc, stream_own(s, s->ir->big, RL_BIG_CQE, 0), &type_u64);
	set(L, loc, s->at, convert(L, loc, off, &type_u64, &type_u32));
}

void stream_give_back(struct lowering *L, const struct stream *s, const struct loc *loc)
{
	struct ir_block *give = new_block(L), *tell = new_block(L), *end = new_block(L);
	const struct symbol *pool = s->ir->pool;
	branch(L, loc, nonzero(L, loc, u32_op(L, loc, OP_AND, value(32, s->flags), buffer_bit(s))), give,
		end);
	start(L, give);
	struct ir_val which = ir_stream_is_zcrx(s->ir)
				      ? value(32, s->at)
				      : u32_op(L, loc, OP_SHR, value(32, s->flags), CQE_BUFFER_SHIFT);
	struct ir_ins *i = emit(L, IR_GIVE, loc);
	i->a = which;
	i->sym = s->ir->pool;
	struct ir_addr waiting = control(pool, offsetof(struct rl_buffers, waiting));
	branch(L, loc, nonzero(L, loc, load(L, loc, waiting, &type_u32)), tell, end);
	start(L, tell);
	store(L, loc, waiting, constant(32, 0));
	emit(L, IR_WAKE, loc)->addr = control(pool, 0);
	start(L, end);
}

struct ir_val stream_refill(struct lowering *L, const struct stream *s, const struct loc *loc)
{
	struct ir_ins *i = emit_dst(L, IR_REFILL, loc, 8);
	i->sym = s->ir->pool;
	return value(8, i->dst);
}

static struct ir_val taken(struct lowering *L, const struct stream *s, const struct loc *loc)
{
	return load(L, loc, control(s->ir->pool, offsetof(struct rl_buffers, out)), &type_u32);
}

/* Waits until a buffer is given back. */
static void wait_for_buffers(
	struct lowering *L, const struct stream *s, const struct loc *loc, struct ir_block *again)
{
	const struct symbol *pool = s->ir->pool;
	struct ir_block *stops = new_block(L);
	store(L, loc, control(pool, offsetof(struct rl_buffers, waiting)), constant(32, 1));
	struct ir_val res = lower_signal_at(
		L, loc, control(pool, 0), arena_printf(L->arena, "%s (buffers)", s->ir->op->name));
	branch(L, loc, nonzero(L, loc, res), stops, again);
	start(L, stops);
	if (L->in_defer && !L->timed)
		jump(L, again);
	else
		lower_leave_canceled(L, loc);
}

/* The kernel found no buffer. All that it took have been seen: if some was given back since, go on. */
static void no_buffer(
	struct lowering *L, const struct stream *s, const struct loc *loc, struct ir_block *again)
{
	struct ir_block *none = new_block(L);
	branch(L, loc, u32_op(L, loc, OP_LT, taken(L, s, loc), s->ir->pool->buffers.n), again, none);
	start(L, none);
	wait_for_buffers(L, s, loc, again);
}

/* The same of pages. Where there are none out of which some could be given back, the device has them all, or
 * another stream was faster: later there may be some. */
static void no_page(struct lowering *L, const struct stream *s, const struct loc *loc, struct ir_block *again)
{
	struct ir_block *none = new_block(L), *out = new_block(L), *later = new_block(L);
	branch(L, loc, stream_refill(L, s, loc), again, none);
	start(L, none);
	branch(L, loc, nonzero(L, loc, taken(L, s, loc)), out, later);
	start(L, later);
	set(L, loc, s->pause, constant(32, 1));
	jump(L, again);
	start(L, out);
	wait_for_buffers(L, s, loc, again);
}

/* Besides, recv_zc ends where the completion queue is full. */
void stream_look_for_want(struct lowering *L, const struct stream *s, const struct loc *loc,
	struct ir_block *again, struct ir_block *turn)
{
	bool zcrx = ir_stream_is_zcrx(s->ir);
	struct ir_block *none = new_block(L), *some = new_block(L);
	branch(L, loc, is_error(L, loc, s->res, zcrx ? ENOMEM : ENOBUFS), none, some);
	start(L, none);
	if (zcrx)
		no_page(L, s, loc, again);
	else
		no_buffer(L, s, loc, again);
	start(L, some);
	if (zcrx)
		branch(L, loc, is_error(L, loc, s->res, ENOSPC), again, turn);
	else
		jump(L, turn);
}

void stream_buffer(struct lowering *L, const struct stream *s, const struct loc *loc, struct local *l)
{
	const struct symbol *pool = s->ir->pool;
	stream_take_place(L, s, loc);
	l->buf = new_reg(L, 32, NULL);
	l->buf_len = new_reg(L, 32, NULL);
	ir_reg buf = l->buf, len = l->buf_len;
	struct ir_block *some = new_block(L), *end = new_block(L);
	struct ir_ins *off = emit_dst(L, IR_OFFSET, loc, 32);
	off->addr = (struct ir_addr){.base = BASE_VAR, .var = pool->buffers.memory};
	set(L, loc, len, constant(32, 0));
	struct ir_val at = value(32, s->at);
	if (!s->at) {
		at = u32_op(L, loc, OP_SHR, value(32, s->flags), CQE_BUFFER_SHIFT);
		at = u32_op(L, loc, OP_MUL, at, pool->buffers.size);
	}
	set(L, loc, buf, lower_binary(L, loc, OP_ADD, value(32, off->dst), &type_u32, at, &type_u32));
	branch(L, loc, lower_binary(L, loc, OP_GT, value(32, s->res), &type_s32, constant(32, 0), &type_s32),
		some, end);
	start(L, some);
	set(L, loc, len, value(32, s->res));
	start(L, end);
}
