/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen_queue.c: completion queues: struct rl_queue in runtime/image.h.
 *
 * What appends to a queue hands the completion to the first that waits for one, without a way through the
 * queue; what waits for several is woken when they are there, and looks again. The state of a queue says what
 * is to be looked at: its bits are set at once and cleared where it turns out that there is nothing.
 */
#include "codegen.h"
#include "../runtime/image.h"

#define Q(field) offsetof(struct rl_queue, field)
#define ENTRY(field) offsetof(struct rl_completion, field)

/* One queue: its declaration, where it is, and which of them where they are an array. */
struct queue {
	const struct symbol *sym;
	LLVMValueRef at, which;
};

static LLVMValueRef field(struct cg *g, const struct queue *q, uint64_t off)
{
	return cg_gep(g, q->at, cg_const(g, 64, off));
}

static LLVMValueRef get(struct cg *g, const struct queue *q, uint64_t off)
{
	return cg_load(g, 32, field(g, q, off));
}

static void put(struct cg *g, const struct queue *q, uint64_t off, LLVMValueRef v)
{
	cg_store(g, v, field(g, q, off));
}

static LLVMValueRef plus(struct cg *g, LLVMValueRef v, uint64_t n)
{
	return LLVMBuildAdd(g->b, v, cg_const(g, 32, n), "");
}

static LLVMValueRef bits(struct cg *g, LLVMValueRef v, uint32_t mask)
{
	return LLVMBuildAnd(g->b, v, cg_const(g, 32, mask), "");
}

static void put_bits(struct cg *g, const struct queue *q, LLVMValueRef state, uint32_t set)
{
	put(g, q, Q(state), LLVMBuildOr(g->b, state, cg_const(g, 32, set), ""));
}

static LLVMValueRef compare(struct cg *g, LLVMIntPredicate p, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildICmp(g->b, p, a, b, "");
}

static void begin(struct cg *g, LLVMBasicBlockRef b)
{
	LLVMPositionBuilderAtEnd(g->b, b);
}

static struct queue queue_at(struct cg *g, const struct ir_ins *i)
{
	const struct symbol *sym = i->sym;
	struct queue q = {sym, cg_place(g, &i->addr, i->site), NULL};
	/* Which of an array of queues: its place is that number times their size. */
	LLVMValueRef n = cg_const(g, 64, i->addr.disp / sym->queue.size);
	for (uint32_t k = 0; k < i->addr.nterms; k++) {
		LLVMValueRef t = LLVMBuildMul(g->b, cg_index(g, &i->addr, k, i->site),
			cg_const(g, 64, i->addr.term[k].stride / sym->queue.size), "");
		n = LLVMBuildAdd(g->b, n, t, "");
	}
	q.which = LLVMBuildTrunc(g->b, n, g->i32, "");
	return q;
}

/* The list of what waits for it. Made where it is wanted, which is off the hot path. */
static LLVMValueRef list_of(struct cg *g, const struct queue *q)
{
	return plus(g, q->which, q->sym->queue.list);
}

static LLVMValueRef entry(struct cg *g, const struct queue *q, LLVMValueRef number)
{
	LLVMValueRef i = LLVMBuildAnd(g->b, number, cg_const(g, 32, q->sym->queue.entries - 1), "");
	LLVMValueRef off = LLVMBuildShl(g->b, cg_zext(g, i, 64), cg_const(g, 64, 4), "");
	return cg_gep(g, field(g, q, Q(entry)), off);
}

static LLVMValueRef tail_of(struct cg *g, const struct queue *q)
{
	LLVMValueRef p = field(g, q, Q(tail));
	return q->sym->queue.kind == QUEUE_IN ? cg_load_acquire(g, p, 32) : cg_load(g, 32, p);
}

static LLVMValueRef head_of(struct cg *g, const struct queue *q)
{
	LLVMValueRef p = field(g, q, Q(head));
	return q->sym->queue.kind == QUEUE_OUT ? cg_load_acquire(g, p, 32) : cg_load(g, 32, p);
}

static void attend(struct cg *g)
{
	cg_store(g, cg_const(g, 32, 1), cg_at(g, CONTROL(attention)));
}

/* The host may use what was taken again. Where it waits for room it has said so and then looked at the head,
 * so the head is written by an exchange, which orders it before the look at that. */
static void give_room(struct cg *g, const struct queue *q, LLVMValueRef head)
{
	LLVMValueRef old = LLVMBuildAtomicRMW(g->b, LLVMAtomicRMWBinOpXchg, field(g, q, Q(head)), head,
		LLVMAtomicOrderingSequentiallyConsistent, false);
	cg_want(g, old);
	LLVMValueRef wanted = get(g, q, Q(room));
	LLVMSetVolatile(wanted, true);
	LLVMBasicBlockRef tell = cg_block(g, "room"), end = cg_block(g, "taken");
	LLVMBuildCondBr(g->b, cg_bool(g, wanted), tell, end);
	begin(g, tell);
	put(g, q, Q(room), cg_const(g, 32, 0));
	attend(g);
	LLVMBuildBr(g->b, end);
	begin(g, end);
}

static void set_head(struct cg *g, const struct queue *q, LLVMValueRef v)
{
	if (q->sym->queue.kind == QUEUE_IN)
		give_room(g, q, v);
	else
		put(g, q, Q(head), v);
}

struct completion {
	LLVMValueRef user_data, res, flags;
};

static struct completion completion_at(struct cg *g, LLVMValueRef e)
{
	return (struct completion){cg_load(g, 64, e),
		cg_load(g, 32, cg_gep(g, e, cg_const(g, 64, ENTRY(res)))),
		cg_load(g, 32, cg_gep(g, e, cg_const(g, 64, ENTRY(flags))))};
}

/* The one at the head, which is there. */
static struct completion take(struct cg *g, const struct queue *q, LLVMValueRef head)
{
	struct completion c = completion_at(g, entry(g, q, head));
	set_head(g, q, plus(g, head, 1));
	return c;
}

/* ---- appending ---- */

static void write_entry(struct cg *g, const struct queue *q, const struct completion *c, LLVMValueRef tail)
{
	LLVMValueRef e = entry(g, q, tail);
	cg_store(g, c->user_data, e);
	cg_store(g, c->res, cg_gep(g, e, cg_const(g, 64, ENTRY(res))));
	cg_store(g, c->flags, cg_gep(g, e, cg_const(g, 64, ENTRY(flags))));
}

/* Into the queue: how many it has then. */
static LLVMValueRef store(struct cg *g, const struct queue *q, const struct completion *c)
{
	LLVMValueRef tail = get(g, q, Q(tail));
	write_entry(g, q, c, tail);
	LLVMValueRef more = plus(g, tail, 1);
	put(g, q, Q(tail), more);
	return LLVMBuildSub(g->b, more, get(g, q, Q(head)), "");
}

/* To the host: published by an atomic addition, which orders it before the look at `waiting`. */
static void append_out(struct cg *g, const struct queue *q, const struct completion *c, LLVMValueRef tail)
{
	write_entry(g, q, c, tail);
	LLVMValueRef old = LLVMBuildAtomicRMW(g->b, LLVMAtomicRMWBinOpAdd, field(g, q, Q(tail)),
		cg_const(g, 32, 1), LLVMAtomicOrderingSequentiallyConsistent, false);
	cg_want(g, old);
	LLVMValueRef waiting = get(g, q, Q(waiting));
	LLVMSetVolatile(waiting, true);
	LLVMBasicBlockRef wake = cg_block(g, "wake"), end = cg_block(g, "appended");
	LLVMBuildCondBr(g->b, cg_bool(g, waiting), wake, end);
	begin(g, wake);
	put(g, q, Q(waiting), cg_const(g, 32, 0));
	attend(g);
	LLVMBuildBr(g->b, end);
	begin(g, end);
}

/* `first` and `state` at once. */
static LLVMValueRef waiter(struct cg *g, const struct queue *q)
{
	return cg_load(g, 64, field(g, q, Q(first)));
}
_Static_assert(Q(first) % 8 == 0 && Q(state) == Q(first) + 4, "read as one");

static LLVMValueRef state_of(struct cg *g, LLVMValueRef waiter)
{
	return LLVMBuildTrunc(g->b, LLVMBuildLShr(g->b, waiter, cg_const(g, 64, 32), ""), g->i32, "");
}

static LLVMValueRef waits(struct cg *g, LLVMValueRef waiter)
{
	return compare(g, LLVMIntSLT, waiter, cg_const(g, 64, 0));
}

/* That one waits and there is nothing else about the queue: its bits are that of the waiting one alone. As a
 * signed number that is less than with any bit more. Reading it by itself costs less than cutting it off. */
static LLVMValueRef only_waits(struct cg *g, const struct queue *q)
{
	LLVMValueRef least_else = cg_const(g, 32, RL_QUEUE_WAITS | (RL_QUEUE_BITS & -RL_QUEUE_BITS));
	return compare(g, LLVMIntSLT, get(g, q, Q(state)), least_else);
}
_Static_assert(RL_QUEUE_WAITS == 1u << 31 && RL_QUEUE_BITS + (RL_QUEUE_BITS & -RL_QUEUE_BITS) == 0,
	"the uppermost, and the sign");

/* Without the bits that are the queue's and not of who waits. */
static LLVMValueRef who(struct cg *g, LLVMValueRef waiter)
{
	uint64_t other = (uint64_t)(RL_QUEUE_BITS & ~RL_QUEUE_WAITS) << 32;
	return LLVMBuildAnd(g->b, waiter, cg_const(g, 64, ~other), "");
}

/* To the one that waits. */
static void hand_over(struct cg *g, const struct queue *q, const struct completion *c, LLVMValueRef waiter)
{
	put(g, q, Q(state), bits(g, state_of(g, waiter), RL_QUEUE_BITS & ~RL_QUEUE_WAITS));
	cg_hand(g, who(g, waiter), c->res, c->flags, c->user_data);
}

static void hand_over_only(
	struct cg *g, const struct queue *q, const struct completion *c, LLVMValueRef waiter)
{
	put(g, q, Q(first), cg_const(g, 64, 0)); /* and the state */
	cg_hand(g, waiter, c->res, c->flags, c->user_data);
}

/* To the first in the queue's list, if that waits for one; else it goes into the queue, and who has what it
 * waits for then is woken. */
static void append_listed(
	struct cg *g, const struct queue *q, const struct completion *c, LLVMBasicBlockRef end)
{
	LLVMBasicBlockRef hand = cg_block(g, "hand_over"), into = cg_block(g, "into"),
			  wake = cg_block(g, "wake");
	LLVMValueRef list = list_of(g, q), first = cg_call(g, &g->support[SUP_FIRST], &list, 1);
	LLVMValueRef listed = bits(g, state_of(g, first), RL_QUEUE_LISTED);
	/* Read once more, rather than kept in a register across the call. */
	LLVMValueRef now = LLVMBuildOr(g->b, bits(g, get(g, q, Q(state)), ~RL_QUEUE_LISTED), listed, "");
	LLVMBuildCondBr(g->b, waits(g, first), hand, into);
	begin(g, hand);
	put(g, q, Q(state), now);
	cg_hand(g, who(g, first), c->res, c->flags, c->user_data);
	LLVMBuildBr(g->b, end);

	begin(g, into);
	put_bits(g, q, now, RL_QUEUE_SOME);
	LLVMValueRef len = store(g, q, c);
	LLVMBuildCondBr(g->b, cg_bool(g, listed), wake, end);
	begin(g, wake);
	list = list_of(g, q);
	LLVMValueRef args[] = {list, cg_list_key(g, list), len, cg_const(g, 32, RL_READY_AGAIN)};
	cg_call(g, &g->support[SUP_WAKE], args, 4);
	LLVMBuildBr(g->b, end);
}

/* There is room, and nobody waits in the queue itself. */
static void append(struct cg *g, const struct queue *q, const struct completion *c, LLVMValueRef state,
	LLVMBasicBlockRef end)
{
	LLVMBasicBlockRef listed = cg_block(g, "look"), plain = cg_block(g, "store");
	LLVMBuildCondBr(g->b, cg_bool(g, bits(g, state, RL_QUEUE_LISTED)), listed, plain);
	begin(g, listed);
	append_listed(g, q, c, end);
	begin(g, plain);
	put_bits(g, q, state, RL_QUEUE_SOME);
	store(g, q, c);
	LLVMBuildBr(g->b, end);
}

static void hand_over_or_append(struct cg *g, const struct queue *q, const struct completion *c,
	LLVMValueRef first, LLVMBasicBlockRef end)
{
	LLVMBasicBlockRef hand = cg_block(g, "hand_over"), look = cg_block(g, "nobody");
	LLVMBuildCondBr(g->b, waits(g, first), hand, look);
	begin(g, hand);
	hand_over(g, q, c, first);
	LLVMBuildBr(g->b, end);
	begin(g, look);
	append(g, q, c, state_of(g, first), end);
}

/* The usual case apart. What follows is in the block that it begins. */
static void hand_over_if_only(struct cg *g, const struct queue *q, const struct completion *c,
	LLVMValueRef first, LLVMBasicBlockRef end)
{
	LLVMBasicBlockRef hand = cg_block(g, "hand_over"), look = cg_block(g, "look");
	cg_expect(g, only_waits(g, q), hand, look);
	begin(g, hand);
	hand_over_only(g, q, c, first);
	LLVMBuildBr(g->b, end);
	begin(g, look);
}

/* Whether one more fits, counting the requests that are steered here. */
static LLVMValueRef has_room(struct cg *g, const struct queue *q, LLVMValueRef *tail)
{
	*tail = get(g, q, Q(tail));
	LLVMValueRef used = LLVMBuildSub(g->b, *tail, head_of(g, q), "");
	if (q->sym->queue.slots)
		used = LLVMBuildAdd(g->b, used, get(g, q, Q(reserved)), "");
	return compare(g, LLVMIntULT, used, cg_const(g, 32, q->sym->queue.capacity));
}

/* To who waits in the queue itself, which needs no room where no requests are steered here: it is empty. */
static void emit_completion(struct cg *g, const struct ir_ins *i)
{
	struct queue q = queue_at(g, i);
	struct completion c = {cg_read(g, &i->a), cg_read(g, &i->b), cg_read(g, &i->args.at[0])};
	LLVMBasicBlockRef room = cg_block(g, "room"), end = cg_block(g, "emitted");
	bool out = q.sym->queue.kind == QUEUE_OUT;
	LLVMValueRef tail, ok, first = out ? NULL : waiter(g, &q);
	if (!out && !q.sym->queue.slots) {
		cg_write(g, i->dst, cg_const(g, 8, 1));
		hand_over_if_only(g, &q, &c, first, end);
	}
	ok = has_room(g, &q, &tail);
	cg_write(g, i->dst, cg_zext(g, ok, 8));
	LLVMBuildCondBr(g->b, ok, room, end);
	begin(g, room);
	if (out) {
		append_out(g, &q, &c, tail);
		LLVMBuildBr(g->b, end);
	} else {
		hand_over_or_append(g, &q, &c, first, end);
	}
	begin(g, end);
}

/* ---- taking ---- */

static void write_completion(struct cg *g, const struct ir_ins *i, const struct completion *c)
{
	cg_write(g, i->dst, c->res);
	cg_write(g, i->flags, c->flags);
	cg_write(g, i->user_data, c->user_data);
}

static void take_into(struct cg *g, const struct ir_ins *i, const struct queue *q, LLVMValueRef head)
{
	struct completion c = take(g, q, head);
	write_completion(g, i, &c);
}

static void reap(struct cg *g, const struct ir_ins *i)
{
	struct queue q = queue_at(g, i);
	LLVMValueRef head = get(g, &q, Q(head));
	if (i->sure) {
		take_into(g, i, &q, head);
		return;
	}
	LLVMValueRef some = compare(g, LLVMIntNE, tail_of(g, &q), head);
	LLVMBasicBlockRef yes = cg_block(g, "some"), end = cg_block(g, "reaped");
	cg_write(g, i->dst2, cg_zext(g, some, 8));
	LLVMBuildCondBr(g->b, some, yes, end);
	begin(g, yes);
	take_into(g, i, &q, head);
	LLVMBuildBr(g->b, end);
	begin(g, end);
}

/* Entries one behind the other end where a multiple of the run's size does, so that a run does not wrap
 * around. Past the last is the rest of the image: what the verifier sees of a run that begins there. */
static void run(struct cg *g, const struct ir_ins *i)
{
	struct queue q = queue_at(g, i);
	uint32_t most = q.sym->queue.entries < i->limit ? q.sym->queue.entries : (uint32_t)i->limit;
	LLVMValueRef head = get(g, &q, Q(head));
	LLVMValueRef in = LLVMBuildAnd(g->b, head, cg_const(g, 32, most - 1), "");
	LLVMValueRef room = LLVMBuildSub(g->b, cg_const(g, 32, most), in, ""), left = cg_read(g, &i->a);
	LLVMValueRef n = LLVMBuildSelect(g->b, compare(g, LLVMIntULT, left, room), left, room, "");
	LLVMValueRef slot = LLVMBuildAnd(g->b, head, cg_const(g, 32, q.sym->queue.entries - 1), "");
	cg_write(g, i->dst, cg_opaque(g, cg_zext(g, n, 64)));
	LLVMValueRef off = LLVMBuildShl(g->b, cg_zext(g, slot, 64), cg_const(g, 64, 4), "");
	off = LLVMBuildPtrToInt(g->b, cg_gep(g, field(g, &q, Q(entry)), off), g->i64, "");
	cg_write(g, i->dst2, cg_opaque(g, off));
}

static void look_at_entry(struct cg *g, const struct ir_ins *i)
{
	LLVMValueRef at = LLVMBuildIntToPtr(g->b, cg_read(g, &i->a), g->ptr, "");
	struct completion c = completion_at(g, at);
	write_completion(g, i, &c);
}

static void took(struct cg *g, const struct ir_ins *i)
{
	struct queue q = queue_at(g, i);
	LLVMValueRef n = LLVMBuildTrunc(g->b, cg_read(g, &i->a), g->i32, "");
	set_head(g, &q, LLVMBuildAdd(g->b, get(g, &q, Q(head)), n, ""));
}

static void length(struct cg *g, const struct ir_ins *i)
{
	struct queue q = queue_at(g, i);
	LLVMValueRef tail = tail_of(g, &q);
	cg_write(g, i->dst, LLVMBuildSub(g->b, tail, head_of(g, &q), ""));
}

static void park_in_list(
	struct cg *g, const struct queue *q, unsigned node, LLVMValueRef want, LLVMValueRef user_data)
{
	if (q->sym->queue.kind == QUEUE_PRIVATE)
		put_bits(g, q, get(g, q, Q(state)), RL_QUEUE_LISTED);
	LLVMValueRef list = list_of(g, q);
	cg_park(g, node, list, cg_list_key(g, list), want, user_data);
}

/* Into the list of those that wait; what is said to the host comes before the last look at its tail. */
static void park(struct cg *g, const struct ir_ins *i, const struct queue *q, LLVMValueRef want)
{
	LLVMBasicBlockRef cancel = cg_block(g, "cancel"), wait = cg_block(g, "park");
	LLVMValueRef ud = cg_user_data(g, i);
	if (i->unwind) {
		LLVMBuildBr(g->b, wait);
	} else {
		LLVMValueRef stopping = cg_load(g, 32, cg_at(g, CONTROL(stopping)));
		LLVMBuildCondBr(g->b, cg_bool(g, stopping), cancel, wait);
	}
	begin(g, cancel);
	cg_suspend_canceled(g, i, ud);
	begin(g, wait);
	park_in_list(g, q, 0, want, ud);
	cg_suspend(g, i);
}

/* Nobody is at the other end any more: the host is to say so. */
static void tell_of_wait(struct cg *g, LLVMValueRef room)
{
	LLVMBasicBlockRef tell = cg_block(g, "gone"), end = cg_block(g, "there");
	cg_expect(g, compare(g, LLVMIntNE, room, cg_const(g, 32, RL_ROOM_NEVER)), end, tell);
	begin(g, tell);
	attend(g);
	LLVMBuildBr(g->b, end);
	begin(g, end);
}

/* The host is at the other end of the queue: before sleeping, say so, then look once more at what it has
 * posted, or at the room that it has made. */
static LLVMValueRef host_has_given(struct cg *g, const struct queue *q, LLVMValueRef want)
{
	bool out = q->sym->queue.kind == QUEUE_OUT;
	LLVMValueRef old =
		LLVMBuildAtomicRMW(g->b, LLVMAtomicRMWBinOpXchg, field(g, q, out ? Q(room) : Q(waiting)),
			cg_const(g, 32, 1), LLVMAtomicOrderingSequentiallyConsistent, false);
	cg_want(g, old);
	if (out)
		tell_of_wait(g, old);
	LLVMValueRef has = LLVMBuildSub(g->b, tail_of(g, q), head_of(g, q), "");
	if (out)
		has = LLVMBuildSub(g->b, cg_const(g, 32, q->sym->queue.capacity), has, "");
	return compare(g, LLVMIntUGE, has, want);
}

/* What is there by then makes the task look again. */
static void tell_host(struct cg *g, const struct ir_ins *i, const struct queue *q, LLVMValueRef want)
{
	LLVMBasicBlockRef again = cg_block(g, "again"), still = cg_block(g, "still");
	LLVMBuildCondBr(g->b, host_has_given(g, q, want), again, still);
	begin(g, again);
	cg_push_ready(g, cg_user_data(g, i), cg_const(g, 32, 0), cg_const(g, 32, RL_READY_AGAIN));
	cg_suspend(g, i);
	begin(g, still);
}

/* What is there goes by the ready queue like what is handed over later, so that a task that finds its queue
 * full each time does not keep the others from running. */
static void take_or_wait(struct cg *g, const struct ir_ins *i)
{
	struct queue q = queue_at(g, i);
	bool in_queue =
		q.sym->queue.kind == QUEUE_PRIVATE && !i->timed; /* what has a time-out needs a node */
	LLVMBasicBlockRef some = cg_block(g, "some"), none = cg_block(g, "none"), first = NULL;
	LLVMValueRef state = NULL;
	if (in_queue) {
		LLVMBasicBlockRef look = cg_block(g, "look");
		first = cg_block(g, "first");
		state = get(g, &q, Q(state));
		cg_expect(g, LLVMBuildNot(g->b, cg_bool(g, state), ""), first, look);
		begin(g, first);
		put(g, &q, Q(first), LLVMBuildTrunc(g->b, g->self, g->i32, ""));
		put(g, &q, Q(state), cg_const(g, 32, RL_QUEUE_WAITS | cg_task_tag(g, i)));
		cg_suspend(g, i);
		begin(g, look);
	}
	LLVMValueRef head = get(g, &q, Q(head));
	LLVMBuildCondBr(g->b, compare(g, LLVMIntNE, tail_of(g, &q), head), some, none);
	begin(g, some);
	struct completion c = take(g, &q, head);
	cg_hand(g, cg_waiter(g, cg_user_data(g, i)), c.res, c.flags, c.user_data);
	cg_suspend(g, i);
	begin(g, none);
	LLVMValueRef want = cg_const(g, 32, 0);
	if (q.sym->queue.kind == QUEUE_IN) {
		want = cg_const(g, 32, 1);
		tell_host(g, i, &q, want);
	} else if (in_queue) {
		LLVMBasicBlockRef list = cg_block(g, "list");
		LLVMValueRef only = compare(g, LLVMIntEQ, state, cg_const(g, 32, RL_QUEUE_SOME));
		LLVMBuildCondBr(g->b, only, first, list);
		begin(g, list);
	}
	park(g, i, &q, want);
}

/* One of several things that the task waits for: it is told that there is something, and takes it itself, so
 * that nothing is lost where another thing comes first. */
static void park_arm(struct cg *g, const struct ir_ins *i)
{
	struct queue q = queue_at(g, i);
	LLVMValueRef one = cg_const(g, 32, 1), ud = cg_user_data(g, i);
	LLVMBasicBlockRef end = cg_block(g, "parked");
	if (q.sym->queue.kind == QUEUE_IN) {
		LLVMBasicBlockRef again = cg_block(g, "again"), still = cg_block(g, "still");
		LLVMBuildCondBr(g->b, host_has_given(g, &q, one), again, still);
		begin(g, again);
		cg_push_ready(g, ud, cg_const(g, 32, 0), cg_const(g, 32, RL_READY_AGAIN));
		LLVMBuildBr(g->b, end);
		begin(g, still);
	}
	park_in_list(g, &q, (unsigned)i->limit, one, ud);
	LLVMBuildBr(g->b, end);
	begin(g, end);
}

static void wait_for(struct cg *g, const struct ir_ins *i)
{
	struct queue q = queue_at(g, i);
	LLVMValueRef want = cg_read(g, &i->a);
	if (q.sym->queue.kind != QUEUE_PRIVATE)
		tell_host(g, i, &q, want);
	park(g, i, &q, want);
}

/* ---- requests steered to a queue ---- */

static LLVMValueRef slot_user_data(struct cg *g, const struct queue *q, LLVMValueRef slot)
{
	LLVMValueRef off = LLVMBuildShl(g->b, slot, cg_const(g, 64, 3), "");
	return cg_gep(g, field(g, q, q->sym->queue.slots), off);
}

static LLVMValueRef free_slot(struct cg *g, const struct queue *q, LLVMValueRef i)
{
	LLVMValueRef off = LLVMBuildShl(g->b, i, cg_const(g, 64, 2), "");
	return cg_gep(g, field(g, q, q->sym->queue.slots + 8ull * q->sym->queue.capacity), off);
}

static LLVMValueRef below_capacity(struct cg *g, const struct queue *q, LLVMValueRef v)
{
	return compare(g, LLVMIntULT, v, cg_const(g, 64, q->sym->queue.capacity));
}

static void submit(struct cg *g, const struct ir_ins *i)
{
	struct queue q = queue_at(g, i);
	LLVMBasicBlockRef room = cg_block(g, "room"), fresh = cg_block(g, "fresh"),
			  reuse = cg_block(g, "reuse"), freed = cg_block(g, "freed"),
			  have = cg_block(g, "have"), go = cg_block(g, "request"),
			  end = cg_block(g, "submitted");
	LLVMValueRef tail, ok = has_room(g, &q, &tail), slot_at = cg_alloca(g, g->i32);
	cg_write(g, i->dst, cg_const(g, 8, 0));
	LLVMBuildCondBr(g->b, ok, room, end);
	begin(g, room);
	LLVMValueRef nfreed = get(g, &q, Q(nfreed)), used = get(g, &q, Q(used));
	LLVMBuildCondBr(g->b, cg_bool(g, nfreed), reuse, fresh);
	begin(g, fresh);
	cg_store(g, used, slot_at);
	put(g, &q, Q(used), plus(g, used, 1));
	LLVMBuildBr(g->b, have);
	begin(g, reuse);
	LLVMValueRef last = cg_opaque(g, cg_zext(g, plus(g, nfreed, UINT64_MAX), 64));
	LLVMBuildCondBr(g->b, below_capacity(g, &q, last), freed, end);
	begin(g, freed);
	cg_store(g, cg_load(g, 32, free_slot(g, &q, last)), slot_at);
	put(g, &q, Q(nfreed), plus(g, nfreed, UINT64_MAX));
	LLVMBuildBr(g->b, have);
	begin(g, have);
	LLVMValueRef slot = cg_opaque(g, cg_zext(g, cg_load(g, 32, slot_at), 64));
	LLVMBuildCondBr(g->b, below_capacity(g, &q, slot), go, end);
	begin(g, go);
	cg_write(g, i->dst, cg_const(g, 8, 1));
	cg_store(g, cg_read(g, &i->a), slot_user_data(g, &q, slot));
	put(g, &q, Q(reserved), plus(g, get(g, &q, Q(reserved)), 1));
	uint32_t tag = (uint32_t)g->ir->tasks.n + q.sym->queue.index;
	tag |= i->unwind ? RL_UD_UNWIND >> 32 : 0;
	cg_find_set(g, q.sym, q.at, slot, cg_const(g, 32, tag));
	LLVMValueRef lo = LLVMBuildOr(g->b, LLVMBuildShl(g->b, q.which, cg_const(g, 32, 16), ""),
		LLVMBuildTrunc(g->b, slot, g->i32, ""), "");
	cg_write_sqe(g, i, lo, cg_const(g, 32, tag));
	LLVMBuildBr(g->b, end);
	begin(g, end);
}

static void find(struct cg *g, const struct ir_ins *i)
{
	struct queue q = queue_at(g, i);
	cg_write(g, i->dst, cg_find(g, q.sym, q.which, cg_read(g, &i->a)));
}

/* queue_NAME(low half of user_data, res, flags): a request that was steered to one of these queues has
 * completed. */
static void completed(struct cg *g, const struct symbol *sym)
{
	static const uint8_t bits[] = {32, 32, 32};
	cg_begin(g, &g->queue_done[sym->queue.index], arena_printf(g->arena, "queue_%s", sym->name), bits, 3);
	if (g->hands)
		cg_hand_begin(g);
	LLVMBasicBlockRef out = cg_block(g, "stranger"), known = cg_block(g, "known"),
			  real = cg_block(g, "slot"), room = cg_block(g, "free");
	LLVMValueRef low = cg_arg(g, 0);
	LLVMValueRef which = cg_opaque(g, cg_zext(g, LLVMBuildLShr(g->b, low, cg_const(g, 32, 16), ""), 64));
	LLVMBuildCondBr(g->b, compare(g, LLVMIntULT, which, cg_const(g, 64, sym->queue.n)), known, out);
	begin(g, out);
	cg_return(g);
	begin(g, known);
	struct queue q = {sym, NULL, LLVMBuildTrunc(g->b, which, g->i32, "")};
	q.at = cg_gep(
		g, cg_at(g, sym->offset), LLVMBuildMul(g->b, which, cg_const(g, 64, sym->queue.size), ""));
	LLVMValueRef slot = LLVMBuildAnd(g->b, low, cg_const(g, 32, 0xffff), "");
	LLVMValueRef slot64 = cg_opaque(g, cg_zext(g, slot, 64));
	LLVMBuildCondBr(g->b, below_capacity(g, &q, slot64), real, out);
	begin(g, real);
	LLVMValueRef nfreed = get(g, &q, Q(nfreed)), nfreed64 = cg_opaque(g, cg_zext(g, nfreed, 64));
	LLVMBuildCondBr(g->b, below_capacity(g, &q, nfreed64), room, out);
	begin(g, room);
	cg_store(g, LLVMBuildTrunc(g->b, slot64, g->i32, ""), free_slot(g, &q, nfreed64));
	put(g, &q, Q(nfreed), plus(g, nfreed, 1));
	cg_find_set(g, sym, q.at, slot64, cg_const(g, 32, 0));
	put(g, &q, Q(reserved), plus(g, get(g, &q, Q(reserved)), UINT64_MAX));
	struct completion c = {cg_load(g, 64, slot_user_data(g, &q, slot64)), cg_arg(g, 1), cg_arg(g, 2)};
	LLVMValueRef first = waiter(g, &q);
	hand_over_if_only(g, &q, &c, first, out);
	hand_over_or_append(g, &q, &c, first, out);
}

/* ---- all ---- */

bool cg_queue_completes(const struct symbol *q)
{
	return q->queue.slots;
}

void codegen_queues_declare(struct cg *g)
{
	static const uint8_t bits[] = {32, 32, 32};
	const symbol_vec *queues = &g->ir->p->queues;
	g->queue_done = arena_alloc(g->arena, (queues->n + 1) * sizeof *g->queue_done);
	for (size_t i = 0; i < queues->n; i++)
		if (cg_queue_completes(queues->at[i]))
			g->queue_done[i] =
				cg_function(g, arena_printf(g->arena, "queue_%s", queues->at[i]->name), 3,
					bits, g->hands ? 64 : 32);
}

void codegen_queues(struct cg *g)
{
	for (size_t i = 0; i < g->ir->p->queues.n; i++)
		if (cg_queue_completes(g->ir->p->queues.at[i]))
			completed(g, g->ir->p->queues.at[i]);
}

void codegen_queue(struct cg *g, const struct ir_ins *i)
{
	switch (i->op) {
	case IR_EMIT:
		emit_completion(g, i);
		break;
	case IR_REAP:
		reap(g, i);
		break;
	case IR_RUN:
		run(g, i);
		break;
	case IR_ENTRY:
		look_at_entry(g, i);
		break;
	case IR_TOOK:
		took(g, i);
		break;
	case IR_LEN:
		length(g, i);
		break;
	case IR_SUBMIT:
		submit(g, i);
		break;
	case IR_FIND:
		find(g, i);
		break;
	case IR_TAKE:
		take_or_wait(g, i);
		break;
	case IR_PARK:
		park_arm(g, i);
		break;
	default: /* IR_WAIT */
		wait_for(g, i);
		break;
	}
}
