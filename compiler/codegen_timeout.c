/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen_timeout.c: timers of functions that are awaited with a time-out: lower_timeout.c.
 *
 * Their completions, and those of what cancels, come to the task while it waits for something else. They are
 * told by their arm, and looked at before the state: they count, and resume the instance only where it is at
 * the end of their scope.
 */
#include "codegen.h"
#include "lower.h"
#include "../runtime/image.h"

#define NODE(field) offsetof(struct rl_wait, field)
#define UNWIND(i) ((i)->unwind ? RL_UD_UNWIND : 0)

static LLVMValueRef get(struct cg *g, ir_reg r)
{
	return cg_read(g, &(struct ir_val){.bits = 32, .reg = r});
}

static void add(struct cg *g, ir_reg r, uint64_t n)
{
	cg_write(g, r, LLVMBuildAdd(g->b, get(g, r), cg_const(g, 32, n), ""));
}

static void begin(struct cg *g, LLVMBasicBlockRef b)
{
	LLVMPositionBuilderAtEnd(g->b, b);
}

static LLVMValueRef user_data(struct cg *g, uint64_t rest)
{
	uint64_t tag = (uint64_t)g->ir_fn->sym->index << RL_UD_TASK_SHIFT;
	return LLVMBuildOr(g->b, g->self, cg_const(g, 64, tag | rest), "");
}

void codegen_timed_end(struct cg *g, const struct ir_ins *i)
{
	const struct ir_timed *t = &g->ir_fn->timed[i->limit];
	LLVMBasicBlockRef wait = cg_block(g, "wait");
	if (t->cancellable) {
		LLVMBuildCondBr(g->b, cg_bool(g, get(g, t->left)), wait, i->t->llvm);
		begin(g, wait);
		cg_suspend(g, i);
		return;
	}
	LLVMBasicBlockRef cancel = cg_block(g, "in_time"), look = cg_block(g, "look"),
			  none = cg_block(g, "none");
	LLVMBuildCondBr(g->b, cg_bool(g, get(g, t->expired)), look, cancel);
	begin(g, cancel);
	uint64_t own = (uint64_t)ARM_GIVE_UP(i->limit) << RL_UD_ARM_SHIFT | RL_UD_UNWIND;
	cg_write_cancel(g, user_data(g, i->a.c), user_data(g, own));
	add(g, t->left, 1);
	LLVMBuildBr(g->b, look);
	/* It suspends always, so that a loop around it is one that awaits. */
	begin(g, look);
	LLVMBuildCondBr(g->b, cg_bool(g, get(g, t->left)), wait, none);
	begin(g, none);
	cg_push_ready(g, user_data(g, 0), cg_const(g, 32, 0), cg_const(g, 32, 0));
	LLVMBuildBr(g->b, wait);
	begin(g, wait);
	cg_suspend(g, i);
}

/* ---- at the entry ---- */

struct waits {
	unsigned requests, nodes;
};

/* What an instance waits for in the state of this instruction. */
static struct waits waits(const struct ir_ins *i)
{
	switch (i->op) {
	case IR_AWAIT:
		return (struct waits){1, 0};
	case IR_SUSPEND:
		return (struct waits){i->gives_up, i->unparks};
	case IR_TAKE:
	case IR_WAIT:
	case IR_NEXT:
	case IR_SIGNAL:
	case IR_AWAIT_ALL:
		return (struct waits){0, 1};
	default:
		return (struct waits){0, 0};
	}
}

/* A request completes with what cancelling gives; who waits in a list is taken out of it, unless something
 * has come. */
static void give_up(struct cg *g, const struct ir_ins *i, struct waits w, unsigned depth)
{
	uint64_t own = (uint64_t)ARM_GIVE_UP(depth) << RL_UD_ARM_SHIFT | UNWIND(i);
	for (uint64_t k = 0; k < w.requests; k++) {
		cg_write_cancel(g, user_data(g, k << RL_UD_ARM_SHIFT | UNWIND(i)), user_data(g, own));
		add(g, g->ir_fn->timed[depth].left, 1);
	}
	for (unsigned k = 0; k < w.nodes; k++) {
		LLVMValueRef node = cg_own_node(g, k);
		LLVMBasicBlockRef yes = cg_block(g, "waits"), next = cg_block(g, "next");
		LLVMBuildCondBr(g->b, cg_bool(g, cg_node_get(g, node, 32, NODE(key))), yes, next);
		begin(g, yes);
		cg_unlink(g, node);
		cg_push_ready(g, cg_node_get(g, node, 64, NODE(user_data)), cg_const(g, 32, (uint64_t)-125),
			cg_const(g, 32, RL_READY_CANCELED));
		LLVMBuildBr(g->b, next);
		begin(g, next);
	}
	for (size_t k = 0; k < i->arms.n; k++)
		codegen_arm_cancel(g, i->arms.at[k]);
	cg_return(g);
}

/* States that wait for the same have one block. */
struct group {
	struct waits waits;
	bool unwind;
	LLVMBasicBlockRef block;
};
typedef VEC(struct group) group_vec;

static LLVMBasicBlockRef block_of(struct cg *g, group_vec *groups, const struct ir_ins *i, unsigned depth)
{
	struct waits w = waits(i);
	for (size_t k = 0; k < groups->n && !i->arms.n; k++) {
		const struct group *o = &groups->at[k];
		if (o->waits.requests == w.requests && o->waits.nodes == w.nodes && o->unwind == i->unwind)
			return o->block;
	}
	LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b), b = cg_block(g, "give_up");
	begin(g, b);
	give_up(g, i, w, depth);
	begin(g, here);
	if (!i->arms.n)
		VEC_PUSH(g->arena, groups, ((struct group){w, i->unwind, b}));
	return b;
}

/* On by the state: at the end of the scope the instance goes on; if the timer has fired it gives up what it
 * waits for within. */
static void by_state(
	struct cg *g, const struct ir_fn *fn, unsigned depth, bool fired, LLVMBasicBlockRef dispatch)
{
	group_vec groups = {0};
	LLVMValueRef state = cg_load(g, 32, cg_gep(g, g->frame, cg_const(g, 64, FRAME_STATE)));
	LLVMBasicBlockRef none = cg_block(g, "elsewhere");
	LLVMValueRef s = LLVMBuildSwitch(g->b, state, none, (unsigned)fn->states.n);
	for (size_t b = 0; b < fn->blocks.n; b++) {
		const struct ir_block *block = fn->blocks.at[b];
		if (!block->reached)
			continue;
		const struct ir_ins *i = block->ins.at[block->ins.n - 1];
		if (i->op == IR_TIMED_END && i->limit == depth) {
			LLVMAddCase(s, cg_const(g, 32, i->state), dispatch);
			continue;
		}
		struct waits w = waits(i);
		if (fired && (i->timed >> depth & 1) && (w.requests || w.nodes || i->arms.n))
			LLVMAddCase(s, cg_const(g, 32, i->state), block_of(g, &groups, i, depth));
	}
	begin(g, none);
	cg_return(g);
}

void codegen_timed_entry(struct cg *g, const struct ir_fn *fn, LLVMBasicBlockRef dispatch)
{
	LLVMBasicBlockRef own = cg_block(g, "timed");
	LLVMValueRef which =
		LLVMBuildSub(g->b, cg_arm_of(g, cg_arg(g, ARG_SELF)), cg_const(g, 32, ARM_TIMED), "");
	LLVMValueRef ours = LLVMBuildICmp(g->b, LLVMIntULT, which, cg_const(g, 32, 2ull * fn->ntimed), "");
	LLVMBuildCondBr(g->b, ours, own, dispatch);
	for (unsigned k = 0; k < fn->ntimed; k++) {
		LLVMBasicBlockRef timer = cg_block(g, "timer"), given_up = cg_block(g, "given_up"),
				  other = cg_block(g, "other");
		begin(g, own);
		LLVMValueRef s = LLVMBuildSwitch(g->b, which, other, 2);
		LLVMAddCase(s, cg_const(g, 32, 2ull * k), timer);
		LLVMAddCase(s, cg_const(g, 32, 2ull * k + 1), given_up);
		begin(g, timer);
		add(g, fn->timed[k].left, UINT64_MAX);
		cg_write(g, fn->timed[k].expired, cg_const(g, 32, 1));
		by_state(g, fn, k, true, dispatch);
		begin(g, given_up);
		add(g, fn->timed[k].left, UINT64_MAX);
		by_state(g, fn, k, false, dispatch);
		own = other;
	}
	begin(g, own);
	cg_return(g);
}
