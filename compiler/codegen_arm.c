/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen_arm.c: functions as arms of a `select`: instances that start, are cancelled and end with those that
 * wait for them; and what of that is the same for the instances of a pool that `await all` cancels.
 *
 * All of it goes through the ready queue, in order: an instance that was cancelled has taken notice before it
 * ends, and when the one that waits hears of the end, nothing is on its way to the instance. So it can start
 * anew at once.
 */
#include "codegen.h"
#include "lower.h"
#include "../runtime/image.h"

struct instance {
	const struct ir_fn *fn;
	LLVMValueRef frame;
};

static struct instance of_arm(struct cg *g, const struct symbol *sym)
{
	struct instance a = {.fn = sym->ir};
	LLVMValueRef off = LLVMBuildMul(g->b, cg_self(g), cg_const(g, 64, a.fn->size), "");
	a.frame = cg_gep(g, cg_at(g, a.fn->offset), off);
	return a;
}

static LLVMValueRef place(struct cg *g, const struct instance *a, ir_reg r)
{
	return cg_gep(g, a->frame, cg_const(g, 64, a->fn->regs.at[r].slot));
}

static LLVMValueRef user_data(struct cg *g, const struct symbol *task, uint64_t arm)
{
	uint64_t tag = (uint64_t)task->index << RL_UD_TASK_SHIFT | arm << RL_UD_ARM_SHIFT;
	return LLVMBuildOr(g->b, g->self, cg_const(g, 64, tag), "");
}

static void add(struct cg *g, uint64_t off, uint64_t n)
{
	LLVMValueRef at = cg_at(g, off);
	cg_store(g, LLVMBuildAdd(g->b, cg_load(g, 32, at), cg_const(g, 32, n), ""), at);
}

/* As an instance starts. */
void cg_not_canceled(struct cg *g, const struct ir_fn *fn, LLVMValueRef frame)
{
	struct instance a = {fn, frame};
	cg_store(g, cg_const(g, 32, 0), place(g, &a, fn->timed[0].expired));
	cg_store(g, cg_const(g, 32, 0), place(g, &a, fn->timed[0].left));
}

void codegen_arm_start(struct cg *g, const struct ir_ins *i)
{
	struct instance a = of_arm(g, i->sym);
	uint64_t pool = g->l->pool[i->sym->index];
	for (size_t k = 0; k < i->args.n; k++)
		cg_store(g, cg_read(g, &i->args.at[k]), place(g, &a, a.fn->params.at[k]));
	cg_set_state(g, a.frame, 0);
	cg_not_canceled(g, a.fn, a.frame);
	/* The host cancels instances below `used` when the program stops. */
	cg_store(g, cg_const(g, 32, i->sym->count), cg_at(g, pool + POOL(used)));
	add(g, pool + POOL(running), 1);
	add(g, CONTROL(live), 1);
	cg_push_ready(g, user_data(g, i->sym, 0), cg_const(g, 32, 0), cg_const(g, 32, 0));
}

/* What tells an instance of a task that can be cancelled so. One that has ended counts as cancelled. */
void cg_cancel(struct cg *g, const struct ir_fn *fn, LLVMValueRef frame, LLVMValueRef user_data)
{
	struct instance a = {fn, frame};
	LLVMValueRef left = place(g, &a, fn->timed[0].left);
	LLVMValueRef done = LLVMBuildOr(
		g->b, cg_load(g, 32, place(g, &a, fn->timed[0].expired)), cg_load(g, 32, left), "");
	LLVMBasicBlockRef cancel = cg_block(g, "cancel"), end = cg_block(g, "canceled");
	LLVMBuildCondBr(g->b, cg_bool(g, done), end, cancel);
	LLVMPositionBuilderAtEnd(g->b, cancel);
	cg_store(g, cg_const(g, 32, 1), left);
	cg_push_ready(g, user_data, cg_const(g, 32, 0), cg_const(g, 32, 0));
	LLVMBuildBr(g->b, end);
	LLVMPositionBuilderAtEnd(g->b, end);
}

void codegen_arm_cancel(struct cg *g, const struct symbol *sym)
{
	struct instance a = of_arm(g, sym);
	cg_cancel(g, a.fn, a.frame, user_data(g, sym, ARM_TIMER(0)));
}

/* The result, of 64 bits, goes to the one that waits, in two halves. */
void codegen_arm_end(struct cg *g, const struct ir_ins *i)
{
	const struct ir_fn *fn = g->ir_fn;
	LLVMValueRef result = i->a.bits ? cg_read(g, &i->a) : cg_const(g, 64, 0);
	LLVMValueRef high = LLVMBuildLShr(g->b, result, cg_const(g, 64, 32), "");
	cg_push_ready(g, user_data(g, fn->arm->waiter->sym, fn->arm->arm),
		LLVMBuildTrunc(g->b, result, g->i32, ""), LLVMBuildTrunc(g->b, high, g->i32, ""));
	cg_store(g, cg_const(g, 32, 0), cg_gep(g, g->frame, cg_const(g, 64, FRAME_STATE)));
	cg_write(g, fn->timed[0].expired, cg_const(g, 32, 1));
	add(g, g->l->pool[fn->sym->index] + POOL(running), UINT64_MAX);
	add(g, CONTROL(live), UINT64_MAX);
	cg_trace(g, 0);
	cg_return(g);
}
