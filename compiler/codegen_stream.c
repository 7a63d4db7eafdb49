/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen_stream.c: requests that complete many times: struct rl_stream in runtime/image.h.
 *
 * A completion goes to the instance if it waits for it, else to the stream's list. How long that gets is
 * bounded, so that nothing is ever lost for want of room (layout.h, STREAM_...):
 *
 * - With buffers: a completion that has one keeps it until it is taken, and a pool has so many; besides,
 * there is the last one, and the request is made again only when that was taken.
 * - Of a timeout all are the same: entries count how often.
 * - Of a poll: past STREAM_FULL the request is cancelled; past twice that, events are added to the last
 * entry.
 * - Of an accept: past STREAM_FULL the request is cancelled by a request written in the same step. Until that
 * is submitted no task work runs (IORING_SETUP_DEFER_TASKRUN; io_submit_sqes runs none), and when it was, the
 *   request posts nothing more (io_poll_check_events, io_uring/poll.c, looks for IO_POLL_CANCEL_FLAG first).
 * So what may still come lies in the completion queue then, and in the copy of it that shadow.c keeps.
 * - Of commands with CQEs of 32 bytes: the same. Their second halves lie in an array beside the store.
 * - With pages of kind `zcrx`: as with buffers, but each piece of a page counts. recv_zc waits for the socket
 * where it has posted some bytes and finds no page, or no room in the queue, for the rest (io_recvzc,
 * io_uring/net.c, after io_zcrx_tcp_recvmsg in zcrx.c): but they have come already, and nothing may follow.
 * The last page, or the last room, went to that request then, so it is cancelled, and made again when what it
 * gave has been looked at.
 *
 * The completion queue itself may overflow, because the kernel posts as much as it has room for. That is
 * harmless: io_req_post_cqe fails then, and the request ends with its last completion, which is kept in the
 * kernel's list like those of other requests until there is room: io_cqring_wait and __io_run_loop (loop.c)
 * move them from there, and do not sleep while there are any.
 */
#include "codegen.h"
#include "../runtime/image.h"

#define S(field) offsetof(struct rl_stream, field)
#define ENTRY(field) offsetof(struct rl_stream_entry, field)
#define NODE(field) offsetof(struct rl_wait, field)
#define POOL_(field) offsetof(struct rl_buffers, field)

#define CQE_F_BUFFER 1u
#define CQE_F_MORE 2u

/* ---- a little notation ---- */

static LLVMValueRef get(struct cg *g, LLVMValueRef p, uint64_t off)
{
	return cg_load(g, 32, cg_gep(g, p, cg_const(g, 64, off)));
}

static void put(struct cg *g, LLVMValueRef p, uint64_t off, LLVMValueRef v)
{
	cg_store(g, v, cg_gep(g, p, cg_const(g, 64, off)));
}

static LLVMValueRef c32(struct cg *g, uint64_t v)
{
	return cg_const(g, 32, v);
}

static LLVMValueRef plus(struct cg *g, LLVMValueRef v, uint64_t n)
{
	return LLVMBuildAdd(g->b, v, c32(g, n), "");
}

static LLVMValueRef bits(struct cg *g, LLVMValueRef v, uint32_t mask)
{
	return LLVMBuildAnd(g->b, v, c32(g, mask), "");
}

static LLVMValueRef is(struct cg *g, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildICmp(g->b, LLVMIntEQ, a, b, "");
}

static void begin(struct cg *g, LLVMBasicBlockRef b)
{
	LLVMPositionBuilderAtEnd(g->b, b);
}

/* if (c) { ... } : begins the block; the caller writes its end and goes on at the block returned. */
static LLVMBasicBlockRef when(struct cg *g, LLVMValueRef c)
{
	LLVMBasicBlockRef yes = cg_block(g, "then"), no = cg_block(g, "else");
	LLVMBuildCondBr(g->b, c, yes, no);
	begin(g, yes);
	return no;
}

static void next(struct cg *g, LLVMBasicBlockRef b)
{
	LLVMBuildBr(g->b, b);
	begin(g, b);
}

static void ret(struct cg *g)
{
	LLVMBuildRet(g->b, c32(g, 0));
}

static uint32_t key_of(const struct ir_stream *s)
{
	return RL_WAIT_LIST | RL_WAIT_STREAM | s->index;
}

static LLVMValueRef stream_at(struct cg *g, const struct ir_stream *s, LLVMValueRef self)
{
	LLVMValueRef off = LLVMBuildMul(g->b, self, cg_const(g, 64, sizeof(struct rl_stream)), "");
	return cg_gep(g, cg_at(g, s->state->offset), off);
}

/* The mask is for the verifier: the store has room for more than there can be. */
static LLVMValueRef entry_at(struct cg *g, LLVMValueRef number)
{
	LLVMValueRef i = bits(g, number, g->l->stream_entries - 1);
	LLVMValueRef off = LLVMBuildShl(g->b, cg_zext(g, i, 64), cg_const(g, 64, 4), "");
	return cg_gep(g, cg_at(g, g->l->streams), off);
}

static LLVMValueRef big_of_entry(struct cg *g, LLVMValueRef number)
{
	LLVMValueRef i = bits(g, number, g->l->stream_entries - 1);
	return cg_gep(g, cg_at(g, g->l->stream_bigs),
		LLVMBuildShl(g->b, cg_zext(g, i, 64), cg_const(g, 64, 4), ""));
}

static LLVMValueRef big_of_instance(struct cg *g, const struct ir_stream *s, LLVMValueRef self)
{
	LLVMValueRef off = LLVMBuildMul(g->b, self, cg_const(g, 64, RL_BIG_CQE), "");
	return cg_gep(g, cg_at(g, s->big->offset), off);
}

static LLVMValueRef big_of_cqe(struct cg *g)
{
	return cg_at(g, CONTROL(big_cqe));
}

void cg_copy_big(struct cg *g, LLVMValueRef to, LLVMValueRef from)
{
	for (unsigned at = 0; at < RL_BIG_CQE; at += 8)
		cg_store(g, cg_load(g, 64, cg_gep(g, from, cg_const(g, 64, at))),
			cg_gep(g, to, cg_const(g, 64, at)));
}

/* ---- taking ---- */

/* The first entry is gone, unless it stands for several. */
static void drop_first(struct cg *g, LLVMValueRef s, LLVMValueRef first, LLVMValueRef e)
{
	LLVMBasicBlockRef last = cg_block(g, "last"), end = cg_block(g, "dropped");
	LLVMValueRef more = get(g, e, ENTRY(more));
	LLVMBasicBlockRef one = when(g, cg_bool(g, more));
	put(g, e, ENTRY(more), plus(g, more, UINT64_MAX));
	LLVMBuildBr(g->b, end);
	begin(g, one);
	LLVMValueRef free = cg_at(g, g->l->streams), after = get(g, e, ENTRY(next));
	put(g, e, ENTRY(next), get(g, free, ENTRY(next)));
	put(g, free, ENTRY(next), first);
	put(g, s, S(head), after);
	put(g, s, S(len), plus(g, get(g, s, S(len)), UINT64_MAX));
	LLVMBuildCondBr(g->b, cg_bool(g, after), end, last);
	begin(g, last);
	put(g, s, S(tail), c32(g, 0));
	next(g, end);
}

/* The node leads to itself, so that whoever takes it out of its list, as the host does, changes nothing. */
static void park(struct cg *g, const struct ir_ins *i, LLVMValueRef ud)
{
	LLVMValueRef node = cg_own_node(g, 0), number = cg_own_number(g, 0);
	cg_node_set(g, node, NODE(next), number);
	cg_node_set(g, node, NODE(prev), number);
	cg_node_set(g, node, NODE(want), c32(g, 0));
	cg_node_set(g, node, NODE(key), c32(g, key_of(i->stream)));
	cg_node_set(g, node, NODE(user_data), ud);
}

/* What is there goes by the ready queue, so that a stream that never ends does not keep others from running.
 */
void codegen_next(struct cg *g, const struct ir_ins *i)
{
	LLVMValueRef s = stream_at(g, i->stream, cg_self(g)), ud = cg_user_data(g, i);
	if (!i->unwind) {
		LLVMBasicBlockRef on = when(g, cg_bool(g, cg_load(g, 32, cg_at(g, CONTROL(stopping)))));
		cg_suspend_canceled(g, i, ud);
		begin(g, on);
	}
	LLVMValueRef first = get(g, s, S(head));
	LLVMBasicBlockRef none = when(g, cg_bool(g, first));
	LLVMValueRef e = entry_at(g, first);
	LLVMValueRef res = get(g, e, ENTRY(res)), flags = get(g, e, ENTRY(flags));
	if (i->stream->big)
		cg_copy_big(g, big_of_instance(g, i->stream, cg_self(g)), big_of_entry(g, first));
	drop_first(g, s, first, e);
	cg_push_ready(g, ud, res, flags);
	cg_suspend(g, i);
	begin(g, none);
	park(g, i, ud);
	cg_suspend(g, i);
}

/* ---- completions ---- */

/* stream_N(instance, res, flags, arm): arm is 1 for what cancels the request. */
struct arrival {
	const struct ir_stream *ir;
	LLVMValueRef self, s, node, res, flags;
};

/* If the instance waits here, it is resumed, and this returns. */
static void hand_over(struct cg *g, const struct arrival *a, LLVMValueRef res, LLVMValueRef flags)
{
	LLVMValueRef key = cg_node_get(g, a->node, 32, NODE(key));
	LLVMBasicBlockRef elsewhere = when(g, is(g, key, c32(g, key_of(a->ir))));
	cg_node_set(g, a->node, NODE(key), c32(g, 0));
	if (a->ir->big)
		cg_copy_big(g, big_of_instance(g, a->ir, a->self), big_of_cqe(g));
	cg_push_ready(g, cg_node_get(g, a->node, 64, NODE(user_data)), res, flags);
	ret(g);
	begin(g, elsewhere);
}

static void look_again(struct cg *g, const struct arrival *a)
{
	hand_over(g, a, c32(g, 0), c32(g, RL_READY_AGAIN));
	ret(g);
}

/* A request that cancels the stream's. */
static void write_cancel(struct cg *g, const struct arrival *a)
{
	uint64_t tag = ir_stream_user_data(a->ir);
	cg_write_cancel(g, LLVMBuildOr(g->b, a->self, cg_const(g, 64, tag), ""),
		LLVMBuildOr(g->b, a->self, cg_const(g, 64, tag | 1ull << RL_UD_ARM_SHIFT), ""));
	LLVMValueRef state = get(g, a->s, S(state));
	state = LLVMBuildOr(g->b, state, c32(g, RL_STREAM_CANCELING | RL_STREAM_CANCELED), "");
	put(g, a->s, S(state), state);
}

static void cancel_if(struct cg *g, const struct arrival *a, LLVMValueRef wanted)
{
	LLVMValueRef state =
		bits(g, get(g, a->s, S(state)), RL_STREAM_ARMED | RL_STREAM_CANCELING | RL_STREAM_CANCELED);
	wanted = LLVMBuildAnd(g->b, wanted, is(g, state, c32(g, RL_STREAM_ARMED)), "");
	LLVMBasicBlockRef on = when(g, wanted);
	write_cancel(g, a);
	next(g, on);
}

static LLVMValueRef at_least(struct cg *g, LLVMValueRef v, LLVMValueRef n)
{
	return LLVMBuildICmp(g->b, LLVMIntUGE, v, n, "");
}

/* Like the one before it: counted there. */
static void join(struct cg *g, const struct arrival *a)
{
	LLVMValueRef tail = get(g, a->s, S(tail)), e = entry_at(g, tail);
	LLVMValueRef same = LLVMBuildAnd(
		g->b, is(g, get(g, e, ENTRY(res)), a->res), is(g, get(g, e, ENTRY(flags)), a->flags), "");
	LLVMBasicBlockRef other = when(g, LLVMBuildAnd(g->b, same, cg_bool(g, tail), ""));
	put(g, e, ENTRY(more), plus(g, get(g, e, ENTRY(more)), 1));
	ret(g);
	begin(g, other);
	if (a->ir->op->opcode == OPCODE_TIMEOUT)
		return;
	LLVMValueRef full =
		LLVMBuildICmp(g->b, LLVMIntUGE, get(g, a->s, S(len)), c32(g, 2 * STREAM_FULL), "");
	full = LLVMBuildAnd(g->b, full, cg_bool(g, bits(g, a->flags, CQE_F_MORE)), "");
	LLVMBasicBlockRef room = when(g, full);
	put(g, e, ENTRY(res), LLVMBuildOr(g->b, get(g, e, ENTRY(res)), a->res, ""));
	ret(g);
	begin(g, room);
}

static void append(struct cg *g, const struct arrival *a)
{
	LLVMValueRef all = cg_at(g, g->l->streams), number_at = cg_alloca(g, g->i32);
	LLVMBasicBlockRef have = cg_block(g, "have"), only = cg_block(g, "only"),
			  behind = cg_block(g, "behind"), linked = cg_block(g, "linked");
	LLVMValueRef free = get(g, all, ENTRY(next));
	LLVMBasicBlockRef fresh = when(g, cg_bool(g, free));
	cg_store(g, free, number_at);
	put(g, all, ENTRY(next), get(g, entry_at(g, free), ENTRY(next)));
	LLVMBuildBr(g->b, have);
	begin(g, fresh);
	LLVMValueRef used = plus(g, get(g, all, ENTRY(more)), 1);
	put(g, all, ENTRY(more), used);
	cg_store(g, used, number_at);
	next(g, have);
	LLVMValueRef number = cg_load(g, 32, number_at), e = entry_at(g, number),
		     tail = get(g, a->s, S(tail));
	put(g, e, ENTRY(next), c32(g, 0));
	put(g, e, ENTRY(more), c32(g, 0));
	put(g, e, ENTRY(res), a->res);
	put(g, e, ENTRY(flags), a->flags);
	if (a->ir->big)
		cg_copy_big(g, big_of_entry(g, number), big_of_cqe(g));
	LLVMBuildCondBr(g->b, cg_bool(g, tail), behind, only);
	begin(g, behind);
	put(g, entry_at(g, tail), ENTRY(next), number);
	LLVMBuildBr(g->b, linked);
	begin(g, only);
	put(g, a->s, S(head), number);
	next(g, linked);
	put(g, a->s, S(tail), number);
	put(g, a->s, S(len), plus(g, get(g, a->s, S(len)), 1));
}

/* Whether the completion queue may have had no room for one more of 32 bytes, and a filler. */
static LLVMValueRef was_full(struct cg *g)
{
	LLVMValueRef head = cg_load(g, 32, cg_ring_field(g, CONTROL(cq_head), 4));
	LLVMValueRef n = cg_load(g, 32, cg_ring_field(g, CONTROL(cq_tail), 4));
	LLVMSetVolatile(head, true);
	LLVMSetVolatile(n, true);
	return at_least(g, plus(g, LLVMBuildSub(g->b, n, head, ""), 2), c32(g, g->l->cq_entries));
}

/* A piece of a page. More than the ring has room for are a trap: how many fit into a page only a device says.
 */
static void count_piece(struct cg *g, const struct arrival *a, LLVMValueRef control)
{
	const struct symbol *pool = a->ir->pool;
	LLVMValueRef used = cg_pieces(g, pool);
	if (pool->buffers.device) {
		LLVMBasicBlockRef room = when(g, at_least(g, used, c32(g, pool->buffers.pieces)));
		LLVMValueRef args[] = {c32(g, a->ir->site | RL_FAIL_TRAP << FAIL_KIND_SHIFT),
			c32(g, a->ir->task->sym->index), LLVMBuildTrunc(g->b, a->self, g->i32, ""),
			cg_zext(g, used, 64), c32(g, 0)};
		cg_call(g, &g->support[SUP_FAIL], args, 5);
		ret(g);
		begin(g, room);
	}
	LLVMValueRef last = at_least(g, plus(g, used, 1), get(g, control, POOL_(most)));
	cancel_if(g, a, LLVMBuildOr(g->b, last, was_full(g), ""));
}

/* One that has a buffer; of kind `zcrx` all have but the last. */
static void count_out(struct cg *g, const struct arrival *a)
{
	const struct symbol *pool = a->ir->pool;
	LLVMValueRef c = cg_at(g, pool->buffers.control->offset);
	uint32_t bit = pool->buffers.zcrx ? CQE_F_MORE : CQE_F_BUFFER;
	LLVMBasicBlockRef none = when(g, cg_bool(g, bits(g, a->flags, bit)));
	if (pool->buffers.zcrx)
		count_piece(g, a, c);
	put(g, c, POOL_(out), plus(g, get(g, c, POOL_(out)), 1));
	next(g, none);
}

static void arrived(struct cg *g, const struct ir_stream *ir)
{
	static const uint8_t arg_bits[] = {32, 32, 32, 32};
	cg_begin(g, &g->stream_done[ir->index], arena_printf(g->arena, "stream_%u", ir->index), arg_bits, 4);
	struct arrival a = {.ir = ir, .self = cg_opaque(g, cg_zext(g, cg_arg(g, 0), 64))};
	LLVMValueRef count = cg_const(g, 64, ir->task->sym->count);
	LLVMBasicBlockRef known = when(g, LLVMBuildICmp(g->b, LLVMIntUGE, a.self, count, ""));
	ret(g);
	begin(g, known);
	uint64_t node = sizeof(struct rl_wait);
	a.s = stream_at(g, ir, a.self);
	a.node = cg_gep(g, cg_at(g, g->l->waits + ir->task->node * node),
		LLVMBuildMul(g->b, a.self, cg_const(g, 64, node * ir->task->nodes), ""));
	a.res = cg_arg(g, 1);
	a.flags = cg_arg(g, 2);

	LLVMValueRef state = get(g, a.s, S(state));
	LLVMBasicBlockRef own = when(g, cg_bool(g, cg_arg(g, 3)));
	/* Where it found none, a completion is on its way: that of a timeout that has fired. Until then there
	 * is nothing to do, and a program that unwinds must not try again at once: no task work would ever
	 * run. */
	put(g, a.s, S(state), bits(g, state, ~RL_STREAM_CANCELING));
	LLVMBasicBlockRef over = when(g, cg_bool(g, bits(g, state, RL_STREAM_ARMED)));
	ret(g);
	begin(g, over);
	look_again(g, &a);
	begin(g, own);

	LLVMBasicBlockRef more = when(g, is(g, bits(g, a.flags, CQE_F_MORE), c32(g, 0)));
	put(g, a.s, S(state), bits(g, state, RL_STREAM_CANCELING));
	LLVMValueRef wanted = cg_bool(g, bits(g, state, RL_STREAM_CANCELED));
	LLVMBasicBlockRef last =
		when(g, LLVMBuildAnd(g->b, wanted, is(g, a.res, c32(g, (uint64_t)-125)), ""));
	look_again(g, &a);
	begin(g, last);
	next(g, more);
	/* It goes on, and what should have cancelled it is over: it can be tried again. */
	LLVMValueRef tried = bits(g, get(g, a.s, S(state)), RL_STREAM_CANCELING | RL_STREAM_CANCELED);
	LLVMBasicBlockRef on = when(g, is(g, tried, c32(g, RL_STREAM_CANCELED)));
	put(g, a.s, S(state), c32(g, RL_STREAM_ARMED));
	next(g, on);

	if (ir->pool)
		count_out(g, &a);
	hand_over(g, &a, a.res, a.flags);
	if (!ir->pool && !ir_stream_keeps_all(ir))
		join(g, &a);
	append(g, &a);
	if (!ir->pool)
		cancel_if(g, &a, at_least(g, get(g, a.s, S(len)), c32(g, STREAM_FULL)));
	ret(g);
}

void codegen_streams_declare(struct cg *g)
{
	static const uint8_t arg_bits[] = {32, 32, 32, 32};
	g->stream_done = arena_alloc(g->arena, (g->ir->streams.n + 1) * sizeof *g->stream_done);
	for (uint32_t i = 0; i < g->ir->streams.n; i++)
		g->stream_done[i] = cg_function(g, arena_printf(g->arena, "stream_%u", i), 4, arg_bits, 32);
}

void codegen_streams(struct cg *g)
{
	for (size_t i = 0; i < g->ir->streams.n; i++)
		arrived(g, g->ir->streams.at[i]);
}
