/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen_step.c: the step itself, one loop:
 *
 *   while there are rounds left:
 *       a CQE is there           -> take it, resume its task
 *       the ready queue has one  -> take it, start or resume its task
 *       SQEs were written        -> give back the CQEs taken, submit; one round less
 *       nothing of all that      -> wait for a CQE
 *
 * Requests that complete while they are submitted have their CQEs posted before the submission returns, so that a
 * whole round goes by without leaving the step; how many is bounded, because the ring's lock is held meanwhile.
 */
#include "codegen.h"
#include "../runtime/image.h"
#include "../runtime/manifest.h"

struct step {
	LLVMValueRef ctx, params;            /* BPF */
	LLVMValueRef engine, submit;         /* native */
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
	LLVMValueRef off = LLVMBuildAnd(g->b, get(g, control), cg_const(g, 32, RL_RING_OFFSET_MASK & ~(align - 1)), "");
	return cg_gep(g, cg_at(g, g->l->ring), cg_zext(g, off, 64));
}

/* In the kernel CQEs are posted by the task that runs the step; a real machine may see them come from elsewhere. */
static LLVMValueRef load_tail(struct cg *g, const struct step *s)
{
	LLVMValueRef v = cg_load(g, 32, s->cq_tail);
	if (g->machine == MACHINE_BPF)
		LLVMSetVolatile(v, true);
	else
		LLVMSetOrdering(v, LLVMAtomicOrderingAcquire);
	return v;
}

static void publish_head(struct cg *g, const struct step *s)
{
	LLVMValueRef v = cg_store(g, cg_load(g, 32, s->head), s->cq_head);
	if (g->machine == MACHINE_BPF)
		LLVMSetVolatile(v, true);
	else
		LLVMSetOrdering(v, LLVMAtomicOrderingRelease);
}

/* Calls the task that a completion belongs to. Larger pools are asked first. */
static void dispatch(struct cg *g, LLVMValueRef ud, LLVMValueRef res, bool from_ring, LLVMBasicBlockRef then)
{
	size_t n = g->ir->tasks.n, *order = arena_alloc(g->arena, (n + 1) * sizeof *order);
	for (size_t i = 0; i < n; i++) {
		size_t k = i;
		for (; k > 0 && g->ir->tasks.at[order[k - 1]]->sym->count < g->ir->tasks.at[i]->sym->count; k--)
			order[k] = order[k - 1];
		order[k] = i;
	}
	LLVMValueRef tag = LLVMBuildTrunc(g->b, LLVMBuildLShr(g->b, ud, cg_const(g, 64, 32), ""), g->i32, "");
	/* The bit that marks what belongs to the engine stays in, so that no task's number equals it. */
	tag = LLVMBuildAnd(g->b, tag, cg_const(g, 32, RL_UD_TASK_MASK | RL_UD_INTERNAL >> 32), "");
	LLVMValueRef self = LLVMBuildTrunc(g->b, ud, g->i32, "");
	for (size_t k = 0; k < n; k++) {
		LLVMBasicBlockRef yes = cg_block(g, "is_task");
		LLVMBasicBlockRef no = cg_block(g, "other");
		LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntEQ, tag, cg_const(g, 32, order[k]), ""), yes, no);
		begin_block(g, yes);
		LLVMValueRef args[] = {self, res};
		cg_call(g, &g->task_fn[order[k]], args, 2);
		LLVMBuildBr(g->b, then);
		begin_block(g, no);
	}
	if (from_ring) { /* what another ring or the engine posted was never submitted here */
		LLVMBasicBlockRef posted = cg_block(g, "posted");
		LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntEQ, ud, cg_const(g, 64, RL_UD_INTERNAL | 1), ""), then, posted);
		begin_block(g, posted);
		put(g, CONTROL(unasked), LLVMBuildAdd(g->b, get(g, CONTROL(unasked)), cg_const(g, 32, 1), ""));
	}
	LLVMBuildBr(g->b, then);
}

static void take_cqe(struct cg *g, struct step *s)
{
	LLVMValueRef head = cg_load(g, 32, s->head);
	LLVMValueRef slot = LLVMBuildAnd(g->b, head, cg_const(g, 32, g->l->cq_entries - 1), "");
	LLVMValueRef cqe = cg_gep(g, s->cqes, LLVMBuildShl(g->b, cg_zext(g, slot, 64), cg_const(g, 64, 4), ""));
	LLVMValueRef ud = cg_load(g, 64, cqe), res = cg_load(g, 32, cg_gep(g, cqe, cg_const(g, 64, 8)));
	cg_store(g, LLVMBuildAdd(g->b, head, cg_const(g, 32, 1), ""), s->head);
	dispatch(g, ud, res, true, s->loop);
}

static void take_ready(struct cg *g, struct step *s, LLVMValueRef head)
{
	LLVMValueRef slot = LLVMBuildAnd(g->b, head, cg_const(g, 32, g->l->ready_slots - 1), "");
	LLVMValueRef off = LLVMBuildShl(g->b, cg_zext(g, slot, 64), cg_const(g, 64, 4), "");
	LLVMValueRef p = cg_gep(g, cg_at(g, g->l->ready), off);
	LLVMValueRef ud = cg_load(g, 64, p), res = cg_load(g, 32, cg_gep(g, p, cg_const(g, 64, 8)));
	put(g, CONTROL(ready_head), LLVMBuildAdd(g->b, head, cg_const(g, 32, 1), ""));
	dispatch(g, ud, res, false, s->loop);
}

static LLVMValueRef submit(struct cg *g, struct step *s, LLVMValueRef n)
{
	if (g->machine == MACHINE_BPF) {
		LLVMValueRef args[] = {s->ctx, n};
		return LLVMBuildCall2(g->b, g->submit.type, g->submit.fn, args, 2, "");
	}
	LLVMTypeRef params[] = {g->ptr, g->i32, g->i32};
	LLVMTypeRef t = LLVMFunctionType(g->i64, params, 3, false);
	/* A round in user space is one system call: submit, and wait for the first to complete. */
	LLVMValueRef args[] = {s->engine, n, cg_const(g, 32, 1)};
	return LLVMBuildTrunc(g->b, LLVMBuildCall2(g->b, t, s->submit, args, 3, ""), g->i32, "");
}

/* Something is to be looked at: a stop, a finished program, a full log. */
static void attend(struct cg *g, struct step *s, LLVMBasicBlockRef resume)
{
	LLVMValueRef what = cg_call(g, &g->support[SUP_ATTEND], NULL, 0);
	branch(g, LLVMBuildICmp(g->b, LLVMIntEQ, what, cg_const(g, 32, ATTEND_STOP), ""), s->stop, "attended");
	LLVMBasicBlockRef cancel = cg_block(g, "cancel");
	/* While unwinding, what was answered with -ECANCELED stands in the ready queue: take that first. */
	LLVMBasicBlockRef again = cg_block(g, "again");
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntEQ, what, cg_const(g, 32, ATTEND_CANCEL), ""), cancel, again);

	begin_block(g, cancel);
	/* Requests of a defer may stand at the front; they go first, in a submission of their own. */
	LLVMBasicBlockRef alone = cg_block(g, "alone"), before = cg_block(g, "before");
	LLVMValueRef n = get(g, CONTROL(sq_n));
	LLVMBuildCondBr(g->b, nonzero(g, n), before, alone);
	begin_block(g, before);
	submit(g, s, n);
	put(g, CONTROL(submitted), LLVMBuildAdd(g->b, get(g, CONTROL(submitted)), n, ""));
	put(g, CONTROL(sq_n), cg_const(g, 32, 0));
	LLVMBuildBr(g->b, alone);
	begin_block(g, alone);
	cg_call(g, &g->support[SUP_CANCEL], NULL, 0);
	LLVMValueRef taken = submit(g, s, cg_const(g, 32, 1));
	cg_call(g, &g->support[SUP_CLEAR], NULL, 0);
	LLVMBasicBlockRef sent = cg_block(g, "sent");
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntEQ, taken, cg_const(g, 32, 1), ""), sent, again);
	begin_block(g, sent);
	put(g, CONTROL(submitted), LLVMBuildAdd(g->b, get(g, CONTROL(submitted)), cg_const(g, 32, 1), ""));
	LLVMBuildBr(g->b, again);

	begin_block(g, again);
	cg_store(g, load_tail(g, s), s->tail);
	LLVMValueRef ready = LLVMBuildICmp(g->b, LLVMIntNE, get(g, CONTROL(ready_head)), get(g, CONTROL(ready_tail)), "");
	LLVMBuildCondBr(g->b, ready, s->loop, resume);
}

static void one_round(struct cg *g, struct step *s, LLVMValueRef n)
{
	LLVMValueRef ret = submit(g, s, n);
	LLVMBasicBlockRef whole = cg_block(g, "whole"), partly = cg_block(g, "partly"), after = cg_block(g, "after");
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntEQ, ret, n, ""), whole, partly);

	begin_block(g, partly);
	LLVMValueRef args[] = {n, ret};
	LLVMValueRef over = cg_call(g, &g->support[SUP_REFUSED], args, 2);
	LLVMBuildCondBr(g->b, nonzero(g, over), s->stop, s->leave);

	begin_block(g, whole);
	put(g, CONTROL(sq_n), cg_const(g, 32, 0));
	put(g, CONTROL(submitted), LLVMBuildAdd(g->b, get(g, CONTROL(submitted)), n, ""));
	LLVMBuildBr(g->b, after);

	begin_block(g, after);
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
	branch(g, LLVMBuildICmp(g->b, LLVMIntNE, asked, head, ""), s->leave, "deadlock");
	cg_call(g, &g->support[SUP_DEADLOCK], NULL, 0);
	LLVMBuildBr(g->b, s->stop);
}

static void step_function(struct cg *g, struct step *s)
{
	LLVMTypeRef params[3] = {g->ptr, g->ptr, g->ptr};
	LLVMTypeRef t = LLVMFunctionType(g->i32, params, g->machine == MACHINE_BPF ? 1 : 3, false);
	g->fn = LLVMAddFunction(g->module, RL_PROGRAM, t);
	g->ir_fn = NULL;
	cg_attributes(g, g->fn);
	if (g->machine == MACHINE_BPF)
		LLVMSetSection(g->fn, "struct_ops.s/" RL_PROGRAM);
	LLVMPositionBuilderAtEnd(g->b, cg_block(g, "entry"));
	debug_step(g, g->fn);
	debug_at(g, &g->ir->p->main->loc);
	if (g->machine == MACHINE_BPF) {
		/* A struct_ops program gets one pointer, to its arguments as 64-bit words (BPF_PROG in bpf_tracing.h). */
		LLVMValueRef args = LLVMGetParam(g->fn, 0);
		g->image = g->image_global;
		s->ctx = LLVMBuildLoad2(g->b, g->ptr, args, "ctx");
		s->params = LLVMBuildLoad2(g->b, g->ptr, cg_gep(g, args, cg_const(g, 64, 8)), "params");
	} else {
		g->image = LLVMGetParam(g->fn, 0);
		s->engine = LLVMGetParam(g->fn, 1);
		s->submit = LLVMGetParam(g->fn, 2);
	}
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
	LLVMBasicBlockRef cqe = cg_block(g, "cqe"), ready = cg_block(g, "ready"), round = cg_block(g, "submit"),
			  look = cg_block(g, "look");
	LLVMBuildBr(g->b, s.loop);

	begin_block(g, s.loop);
	cg_may_goto(g, s.leave); /* the kernel wants it to end sometime; then the next step goes on */
	LLVMValueRef more = LLVMBuildICmp(g->b, LLVMIntNE, cg_load(g, 32, s.head), cg_load(g, 32, s.tail), "");
	branch(g, more, cqe, "no_cqe");
	LLVMValueRef ready_head = get(g, CONTROL(ready_head));
	more = LLVMBuildICmp(g->b, LLVMIntNE, ready_head, get(g, CONTROL(ready_tail)), "");
	branch(g, more, ready, "no_ready");
	publish_head(g, &s);
	branch(g, nonzero(g, get(g, CONTROL(attention))), look, "calm");
	LLVMBuildBr(g->b, round);

	begin_block(g, round);
	LLVMValueRef n = get(g, CONTROL(sq_n));
	LLVMBasicBlockRef some = cg_block(g, "some"), none = cg_block(g, "none");
	LLVMBuildCondBr(g->b, nonzero(g, n), some, none);
	begin_block(g, some);
	one_round(g, &s, n);
	begin_block(g, none);
	idle(g, &s);
	begin_block(g, cqe);
	take_cqe(g, &s);
	begin_block(g, ready);
	take_ready(g, &s, ready_head);
	begin_block(g, look);
	attend(g, &s, round);

	begin_block(g, s.leave);
	publish_head(g, &s);
	if (g->machine == MACHINE_BPF) /* the index of the CQE to wait for: one more than was taken */
		cg_store(g, LLVMBuildAdd(g->b, cg_load(g, 32, s.head), cg_const(g, 32, 1), ""), s.params);
	LLVMBuildRet(g->b, cg_const(g, 32, RL_STEP_CONTINUE));
	begin_block(g, s.stop);
	publish_head(g, &s);
	LLVMBuildRet(g->b, cg_const(g, 32, RL_STEP_STOP));
}
