/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen_hand.c: who is handed a completion runs next.
 *
 * What resumes goes through the ready queue, in order. Where the queue is empty the order is known: the first
 * that a task hands something to is the one that runs after it. So the task's function returns that one's
 * user_data, what it is given lies in the control block, and the step calls it without a way through the
 * queue: in a chain of calls, one behind the other, as a loop would cost more than the call. At the chain's
 * end it goes into the ready queue after all, and CQEs and requests have their turn.
 */
#include "codegen.h"
#include "../runtime/image.h"

/* Calls in the step, of all tasks together, and links of the chain. */
#define CHAIN_CALLS 64
#define CHAIN_LONGEST 32
#define CHAIN_SHORTEST 2

/* How many times tasks that keep each other running come to the chain's end before the ring has its turn. A
 * power of two. */
#define CHAIN_SPAN 4096

/* The upper half of what a function returns: the task, and a bit that no task's number has. */
static uint32_t next_tag(const struct ir_fn *task)
{
	return RL_QUEUE_WAITS | task->sym->index;
}

static bool has(const struct ir_fn *fn, enum ir_op op)
{
	for (size_t b = 0; b < fn->blocks.n; b++)
		for (size_t i = 0; i < fn->blocks.at[b]->ins.n; i++)
			if (fn->blocks.at[b]->ins.at[i]->op == op)
				return true;
	return false;
}

/* Not where the ring has its turn as soon as so many requests are written, nor where the second half of a CQE
 * is kept for who is called next. */
void codegen_hand_declare(struct cg *g)
{
	const struct ir_program *ir = g->ir;
	for (size_t i = 0; i < ir->tasks.n; i++) {
		struct ir_fn *task = ir->tasks.at[i];
		task->takes = has(task, IR_TAKE);
		g->hands |= task->takes;
	}
	if (ir->p->ring.batch || ir->p->big_cqe)
		g->hands = false;
	for (size_t i = 0; i < ir->tasks.n; i++) {
		struct ir_fn *task = ir->tasks.at[i];
		task->hands = g->hands && (task->takes || has(task, IR_EMIT));
	}
}

void cg_hand_begin(struct cg *g)
{
	g->next = cg_alloca(g, g->i64);
	cg_store(g, cg_const(g, 64, 0), g->next);
}

void cg_return(struct cg *g)
{
	LLVMTypeRef t = LLVMGetReturnType(LLVMGlobalGetValueType(g->fn));
	LLVMBuildRet(g->b, g->next ? cg_load(g, 64, g->next) : LLVMConstNull(t));
}

static LLVMValueRef is_zero(struct cg *g, LLVMValueRef v)
{
	return LLVMBuildICmp(g->b, LLVMIntEQ, v, LLVMConstNull(LLVMTypeOf(v)), "");
}

static LLVMValueRef given(struct cg *g, unsigned bits, uint64_t field)
{
	return cg_load(g, bits, cg_at(g, CONTROL(given) + field));
}

/* Into the ready queue, without the bits that are the queue's. */
static void push(struct cg *g, LLVMValueRef who, LLVMValueRef res, LLVMValueRef flags, LLVMValueRef value)
{
	LLVMValueRef n = cg_const(g, 64, (uint64_t)__builtin_popcount(RL_QUEUE_BITS));
	LLVMValueRef ud = LLVMBuildLShr(g->b, LLVMBuildShl(g->b, who, n, ""), n, "");
	cg_push_given(g, ud, res, flags, value);
}
_Static_assert(RL_QUEUE_BITS == 0xfu << 28, "the uppermost of a user_data");

void cg_hand(struct cg *g, LLVMValueRef who, LLVMValueRef res, LLVMValueRef flags, LLVMValueRef value)
{
	if (!g->next) {
		push(g, who, res, flags, value);
		return;
	}
	LLVMBasicBlockRef first = cg_block(g, "first"), next = cg_block(g, "next"),
			  other = cg_block(g, "other"), end = cg_block(g, "handed");
	cg_expect(g, is_zero(g, cg_load(g, 64, g->next)), first, other);
	LLVMPositionBuilderAtEnd(g->b, first);
	LLVMValueRef head = cg_load(g, 32, cg_at(g, CONTROL(ready_head)));
	LLVMValueRef tail = cg_load(g, 32, cg_at(g, CONTROL(ready_tail)));
	cg_expect(g, LLVMBuildICmp(g->b, LLVMIntEQ, head, tail, ""), next, other);

	LLVMPositionBuilderAtEnd(g->b, next);
	cg_store(g, value, cg_at(g, CONTROL(given.user_data)));
	cg_store_word(g, res, flags, cg_at(g, CONTROL(given.res)));
	cg_store(g, who, g->next);
	LLVMBuildBr(g->b, end);

	LLVMPositionBuilderAtEnd(g->b, other);
	push(g, who, res, flags, value);
	LLVMBuildBr(g->b, end);
	LLVMPositionBuilderAtEnd(g->b, end);
}

/* ---- the step's part ---- */

/* What was called has returned it, if it says who is next. */
void cg_set_next(struct cg *g, LLVMValueRef result)
{
	if (g->next)
		cg_store(g, LLVMGetIntTypeWidth(LLVMTypeOf(result)) == 64 ? result : cg_const(g, 64, 0),
			g->next);
}

/* The only instance of a task does not look at its number: it is given what is in that register already. */
static void call(struct cg *g, const struct ir_fn *task, LLVMValueRef who, LLVMValueRef tag)
{
	LLVMValueRef self = task->sym->count == 1 ? tag : LLVMBuildTrunc(g->b, who, g->i32, "");
	if (task->wants_arm)
		self = LLVMBuildOr(g->b, cg_zext(g, self, 64),
			cg_const(g, 64, (uint64_t)task->sym->index << RL_UD_TASK_SHIFT), "");
	LLVMValueRef args[] = {self, given(g, 32, offsetof(struct rl_completion, res)), NULL, NULL};
	unsigned n = cg_task_args(task);
	if (n > ARG_FLAGS)
		args[ARG_FLAGS] = given(g, 32, offsetof(struct rl_completion, flags));
	if (n > ARG_VALUE)
		args[ARG_VALUE] = given(g, 64, offsetof(struct rl_completion, user_data));
	cg_set_next(g, cg_call(g, &g->task_fn[task->sym->index], args, n));
}

/* Who is next, if anyone, is resumed by the ready queue. Goes on in a new block if somebody was. */
static void keep(struct cg *g, LLVMBasicBlockRef none)
{
	LLVMBasicBlockRef left = cg_block(g, "left");
	LLVMValueRef who = cg_load(g, 64, g->next);
	LLVMBuildCondBr(g->b, is_zero(g, who), none, left);
	LLVMPositionBuilderAtEnd(g->b, left);
	push(g, who, given(g, 32, offsetof(struct rl_completion, res)),
		given(g, 32, offsetof(struct rl_completion, flags)),
		given(g, 64, offsetof(struct rl_completion, user_data)));
}

void cg_hand_keep(struct cg *g, LLVMBasicBlockRef then)
{
	keep(g, then);
	LLVMBuildBr(g->b, then);
}

/* From what g->next says on to the step's loop, or to where the ring has its turn. */
void cg_chain(struct cg *g, LLVMBasicBlockRef loop, LLVMBasicBlockRef turn)
{
	const struct ir_fn **takers = cg_larger_first(g);
	size_t n = 0;
	for (size_t i = 0; i < g->ir->tasks.n; i++)
		if (takers[i]->takes)
			takers[n++] = takers[i];
	size_t links = CHAIN_CALLS / n;
	links = links > CHAIN_LONGEST ? CHAIN_LONGEST : links < CHAIN_SHORTEST ? CHAIN_SHORTEST : links;
	LLVMBasicBlockRef end = cg_block(g, "chain_end");
	for (size_t k = 0; k < links; k++) {
		LLVMBasicBlockRef then = k + 1 < links ? cg_block(g, "link") : end;
		LLVMValueRef who = cg_load(g, 64, g->next);
		/* Opaque, or LLVM compares 64 bits with a constant, which takes a register to hold it. */
		LLVMValueRef high = cg_opaque(g, LLVMBuildLShr(g->b, who, cg_const(g, 64, 32), ""));
		LLVMValueRef tag = LLVMBuildTrunc(g->b, high, g->i32, "");
		for (size_t t = 0; t < n; t++) {
			LLVMBasicBlockRef yes = cg_block(g, "is_next"),
					  no = t + 1 < n ? cg_block(g, "other") : end;
			LLVMValueRef own = cg_const(g, 32, next_tag(takers[t]));
			LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntEQ, tag, own, ""), yes, no);
			LLVMPositionBuilderAtEnd(g->b, yes);
			call(g, takers[t], who, tag);
			LLVMBuildBr(g->b, then);
			LLVMPositionBuilderAtEnd(g->b, no);
		}
		LLVMPositionBuilderAtEnd(g->b, then);
	}
	keep(g, loop);
	LLVMValueRef low = LLVMBuildAnd(
		g->b, cg_load(g, 32, cg_at(g, CONTROL(ready_tail))), cg_const(g, 32, CHAIN_SPAN - 1), "");
	LLVMBuildCondBr(g->b, is_zero(g, low), turn, loop);
}
