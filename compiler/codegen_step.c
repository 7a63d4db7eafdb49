/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen_step.c: the step itself, one loop:
 *
 *   while there are rounds left:
 *       a CQE is there           -> take it, resume its task
 *       the ready queue has one  -> take it, start or resume its task
 *       the host is to look      -> stop
 *       SQEs were written        -> give back the CQEs taken, submit; one round less
 *       requests are in flight   -> wait for a CQE
 *       nothing of all that      -> stop
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

struct step {
	LLVMValueRef ctx, params;
	LLVMValueRef cq_head, cq_tail, cqes; /* pointers */
	LLVMValueRef head, tail, rounds;     /* allocas */
	LLVMBasicBlockRef loop, leave, stop;
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

/* A field of the ring, where the kernel said it is. The mask tells the verifier how far that can be. */
static LLVMValueRef ring_field(struct cg *g, uint64_t control, uint32_t align)
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

static bool unwinds(const struct ir_program *ir)
{
	for (size_t t = 0; t < ir->tasks.n; t++)
		for (size_t b = 0; b < ir->tasks.at[t]->blocks.n; b++) {
			const struct ir_block *block = ir->tasks.at[t]->blocks.at[b];
			if (block->ins.n && block->ins.at[block->ins.n - 1]->unwind)
				return true;
		}
	return false;
}

/* Calls the task that a completion belongs to, which `at` points at: a CQE, or an entry of the ready queue,
 * which has the same fields. Larger pools are asked first. */
static void dispatch(struct cg *g, LLVMValueRef at, bool from_ring, LLVMBasicBlockRef then)
{
	size_t n = g->ir->tasks.n, *order = arena_alloc(g->arena, (n + 1) * sizeof *order);
	for (size_t i = 0; i < n; i++) {
		size_t k = i;
		for (; k > 0 && g->ir->tasks.at[order[k - 1]]->sym->count < g->ir->tasks.at[i]->sym->count;
			k--)
			order[k] = order[k - 1];
		order[k] = i;
	}
	LLVMValueRef self = cg_load(g, 32, at), tag = cg_load(g, 32, cg_gep(g, at, cg_const(g, 64, 4)));
	LLVMValueRef res = cg_load(g, 32, cg_gep(g, at, cg_const(g, 64, 8)));
	/* The bit that marks what belongs to the engine stays in, so that no task's number equals it. */
	if (unwinds(g->ir))
		tag = LLVMBuildAnd(g->b, tag, cg_const(g, 32, RL_UD_TASK_MASK | RL_UD_INTERNAL >> 32), "");
	for (size_t k = 0; k < n; k++) {
		LLVMBasicBlockRef yes = cg_block(g, "is_task"), no = cg_block(g, "other");
		LLVMBuildCondBr(
			g->b, LLVMBuildICmp(g->b, LLVMIntEQ, tag, cg_const(g, 32, order[k]), ""), yes, no);
		begin_block(g, yes);
		LLVMValueRef args[] = {self, res};
		cg_call(g, &g->task_fn[order[k]], args, 2);
		LLVMBuildBr(g->b, then);
		begin_block(g, no);
	}
	if (from_ring) /* what another ring or the engine posted was never submitted here */
		put(g, CONTROL(unasked),
			LLVMBuildAdd(g->b, get(g, CONTROL(unasked)), cg_const(g, 32, 1), ""));
	LLVMBuildBr(g->b, then);
}

static LLVMValueRef entry_offset(struct cg *g, LLVMValueRef i, uint32_t entries)
{
	LLVMValueRef slot = LLVMBuildAnd(g->b, i, cg_const(g, 32, entries - 1), "");
	return LLVMBuildShl(g->b, cg_zext(g, slot, 64), cg_const(g, 64, 4), "");
}

static void take_cqe(struct cg *g, struct step *s)
{
	LLVMValueRef head = cg_load(g, 32, s->head);
	LLVMValueRef cqe = cg_gep(g, s->cqes, entry_offset(g, head, g->l->cq_entries));
	cg_store(g, LLVMBuildAdd(g->b, head, cg_const(g, 32, 1), ""), s->head);
	dispatch(g, cqe, true, s->loop);
}

static void take_ready(struct cg *g, struct step *s, LLVMValueRef head)
{
	LLVMValueRef p = cg_gep(g, cg_at(g, g->l->ready), entry_offset(g, head, g->l->ready_slots));
	put(g, CONTROL(ready_head), LLVMBuildAdd(g->b, head, cg_const(g, 32, 1), ""));
	dispatch(g, p, false, s->loop);
}

_Static_assert(offsetof(struct rl_ready, user_data) == 0 && offsetof(struct rl_ready, res) == 8 &&
		       RL_UD_TASK_SHIFT == 32,
	"as a CQE, and the task's number in the upper half");

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
	cg_store(g, load_tail(g, s), s->tail);
	LLVMValueRef rounds = LLVMBuildSub(g->b, cg_load(g, 32, s->rounds), cg_const(g, 32, 1), "");
	cg_store(g, rounds, s->rounds);
	LLVMBuildCondBr(g->b, nonzero(g, rounds), s->loop, s->leave);
}

/* Nothing to resume, nothing to submit. */
static void idle(struct cg *g, struct step *s)
{
	LLVMValueRef tail = load_tail(g, s), head = cg_load(g, 32, s->head);
	cg_store(g, tail, s->tail);
	branch(g, LLVMBuildICmp(g->b, LLVMIntNE, tail, head, ""), s->loop, "idle");
	LLVMValueRef asked = LLVMBuildAdd(g->b, get(g, CONTROL(submitted)), get(g, CONTROL(unasked)), "");
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntNE, asked, head, ""), s->leave, s->stop);
}

/* The host is to look: at once, or, while tasks unwind, at the requests that were written, before they are
 * submitted. */
static void look(struct cg *g, struct step *s, LLVMValueRef why, LLVMValueRef n, LLVMBasicBlockRef some,
	LLVMBasicBlockRef none)
{
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
	cg_attributes(g, g->fn);
	LLVMSetSection(g->fn, "struct_ops.s/" RL_PROGRAM);
	LLVMPositionBuilderAtEnd(g->b, cg_block(g, "entry"));
	debug_step(g, g->fn);
	debug_at(g, &g->ir->p->main->loc);
	/* A struct_ops program gets one pointer, to its arguments as 64-bit words (BPF_PROG in
	 * bpf_tracing.h). */
	LLVMValueRef args = LLVMGetParam(g->fn, 0);
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
	s.cq_head = ring_field(g, CONTROL(cq_head), 4);
	s.cq_tail = ring_field(g, CONTROL(cq_tail), 4);
	s.cqes = ring_field(g, CONTROL(cqes), 16);
	cg_store(g, cg_load(g, 32, s.cq_head), s.head);
	cg_store(g, load_tail(g, &s), s.tail);
	cg_store(g, get(g, CONTROL(rounds)), s.rounds);

	s.loop = cg_block(g, "loop");
	s.leave = cg_block(g, "leave");
	s.stop = cg_block(g, "stop");
	LLVMBasicBlockRef cqe = cg_block(g, "cqe"), ready = cg_block(g, "ready"),
			  some = cg_block(g, "submit"), none = cg_block(g, "none"),
			  asked = cg_block(g, "look");
	LLVMBuildBr(g->b, s.loop);

	begin_block(g, s.loop);
	cg_may_goto(g, s.leave); /* the kernel wants it to end sometime; then the next step goes on */
	LLVMValueRef more =
		LLVMBuildICmp(g->b, LLVMIntNE, cg_load(g, 32, s.head), cg_load(g, 32, s.tail), "");
	branch(g, more, cqe, "no_cqe");
	LLVMValueRef ready_head = get(g, CONTROL(ready_head));
	more = LLVMBuildICmp(g->b, LLVMIntNE, ready_head, get(g, CONTROL(ready_tail)), "");
	branch(g, more, ready, "no_ready");
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
	begin_block(g, cqe);
	take_cqe(g, &s);
	begin_block(g, ready);
	take_ready(g, &s, ready_head);
	begin_block(g, asked);
	look(g, &s, why, n, some, none);

	begin_block(g, s.leave);
	publish_head(g, &s);
	/* The index of the CQE to wait for: one more than was taken. */
	cg_store(g, LLVMBuildAdd(g->b, cg_load(g, 32, s.head), cg_const(g, 32, 1), ""), s.params);
	LLVMBuildRet(g->b, cg_const(g, 32, RL_STEP_CONTINUE));
	begin_block(g, s.stop);
	LLVMBuildRet(g->b, cg_const(g, 32, RL_STEP_STOP));
}
