/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen_step.c: the step itself, one loop:
 *
 *   while there are rounds left:
 *       a CQE is there           -> take it, resume its task
 *       the ready queue has one  -> take it, start or resume its task, but for one that has given control
 *                                   to the host and waits until that has had it
 *       the host is to look      -> stop
 *       SQEs were written        -> give back the CQEs taken, submit; one round less
 *       a task gave control away -> stop
 *       requests are in flight   -> wait for a CQE
 *       nothing of all that      -> stop
 *
 * Whom a task hands something to is called after it, without a way through that loop: codegen_hand.c.
 *
 * Tasks that keep each other running without a request take turns with the rest: after so many entries of the
 * ready queue what was written is submitted, and the host has its look.
 *
 * Requests that complete while they are submitted have their CQEs posted before the submission returns, so
 * that a whole round goes by without leaving the step; how many is bounded, because the ring's lock is held
 * meanwhile.
 */
#include "codegen.h"
#include "../runtime/image.h"
#include "../runtime/manifest.h"

_Static_assert(offsetof(struct rl_control, stopping) == offsetof(struct rl_control, attention) + 4 &&
		       offsetof(struct rl_control, attention) % 8 == 0,
	"read as one");

/* How many entries of the ready queue go by before the ring has its turn: as many as can be ready at once, so
 * that what they write is still submitted together. A power of two. */
#define READY_SPAN 65536

struct step {
	LLVMValueRef ctx, params;
	LLVMValueRef cq_head, cq_tail, cqes; /* pointers */
	LLVMValueRef head, tail, rounds;     /* allocas */
	LLVMBasicBlockRef loop, turn, leave, stop;
	LLVMBasicBlockRef called; /* where it goes on after a task has run: to the loop, maybe by a chain */
};

static LLVMValueRef get(struct cg *g, uint64_t off)
{
	return cg_load(g, 32, cg_at(g, off));
}

static void put(struct cg *g, uint64_t off, LLVMValueRef v)
{
	cg_store(g, v, cg_at(g, off));
}

static LLVMValueRef nonzero(struct cg *g, LLVMValueRef v)
{
	return LLVMBuildICmp(g->b, LLVMIntNE, v, LLVMConstNull(LLVMTypeOf(v)), "");
}

static LLVMBasicBlockRef branch(struct cg *g, LLVMValueRef c, LLVMBasicBlockRef yes, const char *no)
{
	LLVMBasicBlockRef b = cg_block(g, no);
	LLVMBuildCondBr(g->b, c, yes, b);
	LLVMPositionBuilderAtEnd(g->b, b);
	return b;
}

static void begin_block(struct cg *g, LLVMBasicBlockRef b)
{
	LLVMPositionBuilderAtEnd(g->b, b);
}

/* The mask tells the verifier how far that can be. */
LLVMValueRef cg_ring_field(struct cg *g, uint64_t control, uint32_t align)
{
	LLVMValueRef off =
		LLVMBuildAnd(g->b, get(g, control), cg_const(g, 32, RL_RING_OFFSET_MASK & ~(align - 1)), "");
	return cg_gep(g, cg_at(g, g->l->ring), cg_zext(g, off, 64));
}

/* CQEs are posted by the task that runs the step: in the kernel, and in user space too, where the ring is one
 * with IORING_SETUP_DEFER_TASKRUN or a copy that the engine keeps. So plain accesses are ordered enough. */
static LLVMValueRef load_tail(struct cg *g, const struct step *s)
{
	LLVMValueRef v = cg_load(g, 32, s->cq_tail);
	LLVMSetVolatile(v, true);
	return v;
}

static void publish_head(struct cg *g, const struct step *s)
{
	LLVMSetVolatile(cg_store(g, cg_load(g, 32, s->head), s->cq_head), true);
}

/* Whether the tag of a completion may be more than the number of a task. */
static bool tag_has_bits(const struct ir_program *ir)
{
	if (ir->streams.n)
		return true;
	for (size_t t = 0; t < ir->tasks.n; t++) {
		if (ir->tasks.at[t]->wants_arm)
			return true;
		for (size_t b = 0; b < ir->tasks.at[t]->blocks.n; b++) {
			const struct ir_block *block = ir->tasks.at[t]->blocks.at[b];
			for (size_t i = 0; i < block->ins.n; i++)
				if (block->ins.at[i]->unwind)
					return true;
		}
	}
	return false;
}

/* Of a user_data, in 32 bits. */
LLVMValueRef cg_arm_of(struct cg *g, LLVMValueRef user_data)
{
	LLVMValueRef arm = LLVMBuildLShr(g->b, user_data, cg_const(g, 64, RL_UD_ARM_SHIFT), "");
	return LLVMBuildAnd(g->b, LLVMBuildTrunc(g->b, arm, g->i32, ""), cg_const(g, 32, RL_UD_ARM_MASK), "");
}

/* All tasks, larger pools before smaller ones. */
const struct ir_fn **cg_larger_first(struct cg *g)
{
	size_t n = g->ir->tasks.n;
	const struct ir_fn **order = arena_alloc(g->arena, (n + 1) * sizeof *order);
	for (size_t i = 0; i < n; i++) {
		const struct ir_fn *task = g->ir->tasks.at[i];
		size_t k = i;
		for (; k > 0 && order[k - 1]->sym->count < task->sym->count; k--)
			order[k] = order[k - 1];
		order[k] = task;
	}
	return order;
}

/* Calls the task that a completion belongs to, which `at` points at: a CQE, or an entry of the ready queue,
 * which has the same fields. Larger pools are asked first. */
static void dispatch(struct cg *g, LLVMValueRef at, bool from_ring, LLVMValueRef more, LLVMBasicBlockRef then)
{
	size_t n = g->ir->tasks.n;
	const struct ir_fn **tasks = cg_larger_first(g);
	LLVMValueRef self = cg_load(g, 32, at), tag = cg_load(g, 32, cg_gep(g, at, cg_const(g, 64, 4)));
	LLVMValueRef res = cg_load(g, 32, cg_gep(g, at, cg_const(g, 64, 8)));
	LLVMValueRef flags_at = cg_gep(g, at, cg_const(g, 64, 12));
	/* Every other bit stays in, that of what belongs to the engine too, so that a user_data that is not
	 * one of the step's own equals nobody's. */
	if (tag_has_bits(g->ir)) {
		uint64_t bits = RL_UD_UNWIND | (uint64_t)RL_UD_ARM_MASK << RL_UD_ARM_SHIFT;
		tag = LLVMBuildAnd(g->b, tag, cg_const(g, 32, (uint32_t) ~(bits >> 32)), "");
	}
	if (g->next)
		cg_store(g, cg_const(g, 64, 0), g->next);
	for (size_t k = 0; k < n; k++) {
		LLVMBasicBlockRef yes = cg_block(g, "is_task"), no = cg_block(g, "other");
		LLVMBuildCondBr(g->b,
			LLVMBuildICmp(g->b, LLVMIntEQ, tag, cg_const(g, 32, tasks[k]->sym->index), ""), yes,
			no);
		begin_block(g, yes);
		const struct ir_fn *task = tasks[k];
		unsigned nargs = cg_task_args(task);
		LLVMValueRef args[] = {
			task->wants_arm ? cg_load(g, 64, at) : self, res, NULL, cg_const(g, 64, 0)};
		if (nargs > ARG_FLAGS)
			args[ARG_FLAGS] = cg_load(g, 32, flags_at);
		if (task->wants_value && !from_ring)
			args[ARG_VALUE] = cg_load(g, 64, cg_gep(g, at, cg_const(g, 64, READY(value))));
		cg_set_next(g, cg_call(g, &g->task_fn[task->sym->index], args, nargs));
		LLVMBuildBr(g->b, then);
		begin_block(g, no);
	}
	for (size_t k = 0; k < g->ir->p->queues.n; k++) {
		if (!cg_queue_completes(g->ir->p->queues.at[k]))
			continue;
		LLVMBasicBlockRef yes = cg_block(g, "is_queue"), no = cg_block(g, "other");
		LLVMBuildCondBr(
			g->b, LLVMBuildICmp(g->b, LLVMIntEQ, tag, cg_const(g, 32, n + k), ""), yes, no);
		begin_block(g, yes);
		LLVMValueRef args[] = {self, res, cg_load(g, 32, flags_at)};
		cg_set_next(g, cg_call(g, &g->queue_done[k], args, 3));
		LLVMBuildBr(g->b, then);
		begin_block(g, no);
	}
	for (size_t k = 0; k < g->ir->streams.n; k++) {
		LLVMBasicBlockRef yes = cg_block(g, "is_stream"), no = cg_block(g, "other");
		LLVMValueRef own = cg_const(g, 32, STREAM_TAG(g->ir->streams.at[k]->index));
		LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntEQ, tag, own, ""), yes, no);
		begin_block(g, yes);
		LLVMValueRef args[] = {self, res, cg_load(g, 32, flags_at), cg_arm_of(g, cg_load(g, 64, at))};
		cg_call(g, &g->stream_done[k], args, 4);
		LLVMBuildBr(g->b, then);
		begin_block(g, no);
	}
	/* What another ring or the engine posted was never submitted here; whatever its flags say, it counts
	 * once. */
	if (from_ring)
		put(g, CONTROL(unasked),
			LLVMBuildAdd(g->b, get(g, CONTROL(unasked)),
				more ? LLVMBuildSub(g->b, cg_const(g, 32, 1), more, "") : cg_const(g, 32, 1),
				""));
	LLVMBuildBr(g->b, then);
}

static LLVMValueRef entry_offset(struct cg *g, LLVMValueRef i, uint32_t entries, uint32_t size)
{
	LLVMValueRef slot = LLVMBuildAnd(g->b, i, cg_const(g, 32, entries - 1), "");
	return LLVMBuildShl(g->b, cg_zext(g, slot, 64), cg_const(g, 64, size == 16 ? 4 : 5), "");
}

static void count_unasked(struct cg *g, LLVMValueRef n)
{
	put(g, CONTROL(unasked), LLVMBuildAdd(g->b, get(g, CONTROL(unasked)), n, ""));
}

static LLVMValueRef bit_of(struct cg *g, LLVMValueRef flags, uint32_t bit)
{
	LLVMValueRef shift = cg_const(g, 32, (unsigned)__builtin_ctz(bit));
	return LLVMBuildAnd(g->b, LLVMBuildLShr(g->b, flags, shift, ""), cg_const(g, 32, 1), "");
}

/* In a mixed CQ a filler is passed by, and the second slot of a CQE of 32 bytes is taken with the first:
 * neither is a completion that somebody has asked for. Whether it has 32 bytes. */
static LLVMValueRef take_slots(struct cg *g, struct step *s, LLVMValueRef cqe)
{
	LLVMValueRef flags = cg_load(g, 32, cg_gep(g, cqe, cg_const(g, 64, 12)));
	LLVMBasicBlockRef filler = cg_block(g, "filler");
	branch(g, nonzero(g, bit_of(g, flags, RL_CQE_F_SKIP)), filler, "entry");
	LLVMBasicBlockRef entry = LLVMGetInsertBlock(g->b);
	begin_block(g, filler);
	count_unasked(g, cg_const(g, 32, 1));
	LLVMBuildBr(g->b, s->loop);
	begin_block(g, entry);
	LLVMValueRef second = bit_of(g, flags, RL_CQE_F_32);
	cg_store(g, LLVMBuildAdd(g->b, cg_load(g, 32, s->head), second, ""), s->head);
	count_unasked(g, second);
	return second;
}

static void no_big(struct cg *g)
{
	for (unsigned k = 0; k < 2; k++)
		cg_store(g, cg_const(g, 64, 0), cg_at(g, CONTROL(big_cqe) + 8 * k));
}

/* The second half of a CQE, for the task that is called next. `is` NULL: it surely is there. */
static void keep_big(struct cg *g, LLVMValueRef cqe, LLVMValueRef is)
{
	LLVMBasicBlockRef has = NULL, then = NULL;
	if (is) {
		no_big(g);
		has = cg_block(g, "big"), then = cg_block(g, "small");
		LLVMBuildCondBr(g->b, nonzero(g, is), has, then);
		begin_block(g, has);
	}
	cg_copy_big(g, cg_at(g, CONTROL(big_cqe)), cg_gep(g, cqe, cg_const(g, 64, 16)));
	if (is) {
		LLVMBuildBr(g->b, then);
		begin_block(g, then);
	}
}

static void take_cqe(struct cg *g, struct step *s)
{
	LLVMValueRef head = cg_load(g, 32, s->head);
	LLVMValueRef cqe = cg_gep(g, s->cqes, entry_offset(g, head, g->l->cq_entries, g->l->cqe_size));
	cg_store(g, LLVMBuildAdd(g->b, head, cg_const(g, 32, 1), ""), s->head);
	LLVMValueRef more = NULL, second = NULL;
	if (g->l->setup & RL_SETUP_CQE_MIXED)
		second = take_slots(g, s, cqe);
	if (g->ir->p->big_cqe)
		keep_big(g, cqe, second);
	if (g->ir->many) { /* one that is not its request's last: one more than submissions account for */
		more = cg_load(g, 32, cg_gep(g, cqe, cg_const(g, 64, 12)));
		more = LLVMBuildAnd(
			g->b, LLVMBuildLShr(g->b, more, cg_const(g, 32, 1), ""), cg_const(g, 32, 1), "");
		put(g, CONTROL(unasked), LLVMBuildAdd(g->b, get(g, CONTROL(unasked)), more, ""));
	}
	dispatch(g, cqe, true, more, s->called);
}

static LLVMValueRef is_yielded(struct cg *g)
{
	return nonzero(g, get(g, CONTROL(yielded)));
}

static void take_ready(struct cg *g, struct step *s, LLVMValueRef head)
{
	LLVMValueRef p = cg_gep(
		g, cg_at(g, g->l->ready), entry_offset(g, head, g->l->ready_slots, sizeof(struct rl_ready)));
	if (g->ir->yields) {
		LLVMValueRef flags = cg_load(g, 32, cg_gep(g, p, cg_const(g, 64, READY(flags))));
		LLVMValueRef own =
			LLVMBuildICmp(g->b, LLVMIntEQ, flags, cg_const(g, 32, RL_READY_YIELDED), "");
		branch(g, LLVMBuildAnd(g->b, own, is_yielded(g), ""), s->turn, "may");
	}
	if (g->ir->p->big_cqe)
		no_big(g); /* what is answered here has none */
	put(g, CONTROL(ready_head), LLVMBuildAdd(g->b, head, cg_const(g, 32, 1), ""));
	LLVMBasicBlockRef taken = cg_block(g, "taken");
	dispatch(g, p, false, NULL, taken);
	begin_block(g, taken);
	LLVMValueRef low =
		LLVMBuildAnd(g->b, get(g, CONTROL(ready_head)), cg_const(g, 32, READY_SPAN - 1), "");
	branch(g, nonzero(g, low), s->called, "span");
	if (g->next)
		cg_hand_keep(g, s->turn);
	else
		LLVMBuildBr(g->b, s->turn);
}

_Static_assert(offsetof(struct rl_ready, user_data) == 0 && offsetof(struct rl_ready, res) == 8 &&
		       RL_UD_TASK_SHIFT == 32,
	"as a CQE, and the task's number in the upper half");

static bool closes(const struct ir_program *ir)
{
	for (uint32_t i = 0; i < noperations; i++)
		if (ir->op_used[i] && operations[i].opcode == OPCODE_CLOSE)
			return true;
	return ir->streams.n > 0;
}

static void one_round(struct cg *g, struct step *s, LLVMValueRef n)
{
	LLVMValueRef args[] = {s->ctx, n},
		     ret = LLVMBuildCall2(g->b, g->submit.type, g->submit.fn, args, 2, "");
	LLVMBasicBlockRef whole = cg_block(g, "whole"), partly = cg_block(g, "partly");
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntEQ, ret, n, ""), whole, partly);

	begin_block(g, partly);
	put(g, CONTROL(tried), n);
	put(g, CONTROL(taken), ret);
	LLVMBuildBr(g->b, s->stop);

	begin_block(g, whole);
	put(g, CONTROL(sq_n), cg_const(g, 32, 0));
	put(g, CONTROL(submitted), LLVMBuildAdd(g->b, get(g, CONTROL(submitted)), n, ""));
	if (g->l->setup & RL_SETUP_SQE_MIXED) { /* the second slots complete nothing */
		LLVMValueRef halves = get(g, CONTROL(halves));
		count_unasked(g, LLVMBuildNeg(g->b, halves, ""));
		put(g, CONTROL(seconds), LLVMBuildAdd(g->b, get(g, CONTROL(seconds)), halves, ""));
		put(g, CONTROL(halves), cg_const(g, 32, 0));
	}
	cg_read_clock(g);
	cg_store(g, load_tail(g, s), s->tail);
	if (g->ir->yields)
		branch(g, is_yielded(g), s->stop, "kept");
	if (closes(g->ir))
		branch(g, nonzero(g, get(g, CONTROL(closed))), s->leave, "open");
	LLVMValueRef rounds = LLVMBuildSub(g->b, cg_load(g, 32, s->rounds), cg_const(g, 32, 1), "");
	cg_store(g, rounds, s->rounds);
	LLVMBuildCondBr(g->b, nonzero(g, rounds), s->loop, s->leave);
}

static LLVMValueRef ready_left(struct cg *g)
{
	return LLVMBuildICmp(g->b, LLVMIntNE, get(g, CONTROL(ready_head)), get(g, CONTROL(ready_tail)), "");
}

/* Nothing to submit, and nothing to resume but where it is the ring's turn. */
static void idle(struct cg *g, struct step *s)
{
	if (g->ir->yields)
		branch(g, is_yielded(g), s->stop, "kept");
	LLVMValueRef tail = load_tail(g, s), head = cg_load(g, 32, s->head);
	cg_store(g, tail, s->tail);
	branch(g, LLVMBuildICmp(g->b, LLVMIntNE, tail, head, ""), s->loop, "idle");
	branch(g, ready_left(g), s->leave, "no_turn");
	for (size_t k = 0; k < g->ir->p->queues.n; k++)
		if (queue_has_doorbell(g->ir->p->queues.at[k])) {
			LLVMBuildBr(g->b, s->leave); /* the host may ring at any time */
			return;
		}
	LLVMValueRef asked = LLVMBuildAdd(g->b, get(g, CONTROL(submitted)), get(g, CONTROL(unasked)), "");
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntNE, asked, head, ""), s->leave, s->stop);
}

/* The host is to look: at once, or, while tasks unwind, at the requests that were written, before they are
 * submitted. Where a task has given control away they are submitted before, as ever: one that does so again
 * and again, and a host that has something to say each time, would keep them back for ever. */
static void look(struct cg *g, struct step *s, LLVMValueRef why, LLVMValueRef n, LLVMBasicBlockRef some,
	LLVMBasicBlockRef none)
{
	if (g->ir->yields) {
		LLVMValueRef kept = LLVMBuildAnd(g->b, is_yielded(g),
			LLVMBuildICmp(g->b, LLVMIntULE, why, cg_const(g, 64, UINT32_MAX), ""), "");
		kept = LLVMBuildAnd(g->b, kept, nonzero(g, n), "");
		branch(g, kept, some, "none_kept");
	}
	branch(g, nonzero(g, LLVMBuildTrunc(g->b, why, g->i32, "")), s->stop, "unwinding");
	branch(g, LLVMBuildICmp(g->b, LLVMIntEQ, n, cg_const(g, 32, 0), ""), none, "written");
	LLVMValueRef granted = get(g, CONTROL(granted));
	put(g, CONTROL(granted), cg_const(g, 32, 0));
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntEQ, granted, n, ""), some, s->stop);
}

static void step_function(struct cg *g, struct step *s)
{
	LLVMTypeRef t = LLVMFunctionType(g->i32, &g->ptr, 1, false);
	g->fn = LLVMAddFunction(g->module, RL_PROGRAM, t);
	g->ir_fn = NULL;
	g->next = NULL;
	cg_attributes(g, g->fn);
	LLVMSetSection(g->fn, "struct_ops.s/" RL_PROGRAM);
	LLVMPositionBuilderAtEnd(g->b, cg_block(g, "entry"));
	debug_step(g, g->fn);
	debug_at(g, &g->ir->p->main->loc);
	/* A struct_ops program gets one pointer, to its arguments as 64-bit words (BPF_PROG in
	 * bpf_tracing.h). */
	LLVMValueRef args = LLVMGetParam(g->fn, 0);
	g->context = args;
	s->ctx = LLVMBuildLoad2(g->b, g->ptr, args, "ctx");
	s->params = LLVMBuildLoad2(g->b, g->ptr, cg_gep(g, args, cg_const(g, 64, 8)), "params");
}

void codegen_step(struct cg *g)
{
	struct step s = {0};
	step_function(g, &s);
	s.head = LLVMBuildAlloca(g->b, g->i32, "head");
	s.tail = LLVMBuildAlloca(g->b, g->i32, "tail");
	s.rounds = LLVMBuildAlloca(g->b, g->i32, "rounds");
	s.cq_head = cg_ring_field(g, CONTROL(cq_head), 4);
	s.cq_tail = cg_ring_field(g, CONTROL(cq_tail), 4);
	s.cqes = cg_ring_field(
		g, CONTROL(cqes), 16); /* which are aligned to no more, also where they have 32 bytes */
	cg_store(g, cg_load(g, 32, s.cq_head), s.head);
	cg_store(g, load_tail(g, &s), s.tail);
	cg_store(g, get(g, CONTROL(rounds)), s.rounds);

	s.loop = s.called = cg_block(g, "loop");
	s.turn = cg_block(g, "turn");
	if (g->hands) {
		s.called = cg_block(g, "called");
		g->next = LLVMBuildAlloca(g->b, g->i64, "next");
	}
	s.leave = cg_block(g, "leave");
	s.stop = cg_block(g, "stop");
	LLVMBasicBlockRef cqe = cg_block(g, "cqe"), ready = cg_block(g, "ready"),
			  some = cg_block(g, "submit"), none = cg_block(g, "none"),
			  asked = cg_block(g, "look");
	cg_read_clock(g);
	LLVMBuildBr(g->b, s.loop);

	begin_block(g, s.loop);
	cg_may_goto(g, s.leave); /* the kernel wants it to end sometime; then the next step goes on */
	if (g->ir->p->ring.batch) {
		LLVMValueRef batch = cg_const(g, 32, g->ir->p->ring.batch);
		LLVMValueRef full = LLVMBuildICmp(g->b, LLVMIntUGE, get(g, CONTROL(sq_n)), batch, "");
		branch(g, full, s.turn, "room");
	}
	LLVMValueRef more =
		LLVMBuildICmp(g->b, LLVMIntNE, cg_load(g, 32, s.head), cg_load(g, 32, s.tail), "");
	branch(g, more, cqe, "no_cqe");
	LLVMValueRef ready_head = get(g, CONTROL(ready_head));
	more = LLVMBuildICmp(g->b, LLVMIntNE, ready_head, get(g, CONTROL(ready_tail)), "");
	LLVMBuildCondBr(g->b, more, ready, s.turn);
	begin_block(g, s.turn);
	publish_head(g, &s);
	LLVMValueRef n = get(g, CONTROL(sq_n));
	LLVMValueRef why = cg_load(g, 64, cg_at(g, CONTROL(attention))); /* and `stopping` */
	LLVMSetVolatile(why, true);
	branch(g, nonzero(g, why), asked, "calm");
	LLVMBuildCondBr(g->b, nonzero(g, n), some, none);

	begin_block(g, some);
	one_round(g, &s, n);
	begin_block(g, none);
	idle(g, &s);
	if (g->next) {
		begin_block(g, s.called);
		cg_chain(g, s.loop, s.turn);
	}
	begin_block(g, cqe);
	cg_trace_full(g, s.turn);
	take_cqe(g, &s);
	begin_block(g, ready);
	cg_trace_full(g, s.turn);
	take_ready(g, &s, ready_head);
	begin_block(g, asked);
	look(g, &s, why, n, some, none);

	begin_block(g, s.leave);
	publish_head(g, &s);
	/* The index of the CQE to wait for: one more than was taken, or none where tasks are ready to run.
	 * Nor after a close: what that drops (fput) is done by task work, which the kernel's loop runs
	 * between two steps, after it has waited (__io_run_loop, io_uring/loop.c). Until then the other end
	 * of a socket sees no end, and its port is taken: so the step leaves before the task goes on. */
	LLVMValueRef go_on = ready_left(g);
	if (closes(g->ir)) {
		go_on = LLVMBuildOr(g->b, go_on, nonzero(g, get(g, CONTROL(closed))), "");
		put(g, CONTROL(closed), cg_const(g, 32, 0));
	}
	LLVMValueRef wait = LLVMBuildSelect(g->b, go_on, cg_const(g, 32, 0), cg_const(g, 32, 1), "");
	cg_store(g, LLVMBuildAdd(g->b, cg_load(g, 32, s.head), wait, ""), s.params);
	LLVMBuildRet(g->b, cg_const(g, 32, RL_STEP_CONTINUE));
	begin_block(g, s.stop);
	LLVMBuildRet(g->b, cg_const(g, 32, RL_STEP_STOP));
}
