/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* codegen_task.c: one task or function: its entry, its states, its blocks. */
#include <string.h>
#include "codegen.h"
#include "lower.h"
#include "../runtime/image.h"

static void mark(void *arg, struct ir_block *b)
{
	bool *again = arg;
	*again |= !b->reached;
	b->reached = true;
}

/* Blocks that nothing leads to are not generated. */
static void find_reached(struct ir_fn *fn)
{
	fn->blocks.at[0]->reached = true;
	for (size_t i = 1; i < fn->states.n; i++)
		fn->states.at[i].block->reached = false;
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < fn->blocks.n; i++)
			if (fn->blocks.at[i]->reached)
				ir_successors(fn->blocks.at[i], true, mark, &again);
	}
}

/* Registers that do not live in the frame are stack slots at first, which sroa makes registers. Those that
 * may be read before they are set start as zero. The others do not: sroa would follow the zero through every
 * block of the function, and has taken half a minute for a thousand registers. */
static void make_registers(struct cg *g, struct ir_fn *fn)
{
	for (ir_reg r = 1; r < fn->regs.n; r++) {
		struct ir_register *reg = &fn->regs.at[r];
		reg->llvm = NULL;
		if (!reg->framed) {
			reg->llvm = LLVMBuildAlloca(g->b, cg_int(g, reg->bits), reg->name ? reg->name : "");
			if (reg->unset)
				cg_store(g, cg_const(g, reg->bits, 0), reg->llvm);
		}
	}
}

void cg_give_budget(struct cg *g)
{
	if (g->budget)
		cg_store(g, cg_load(g, 32, g->budget), cg_at(g, CONTROL(budget)));
}

void cg_take_budget(struct cg *g)
{
	if (g->budget)
		cg_store(g, cg_load(g, 32, cg_at(g, CONTROL(budget))), g->budget);
}

/* A task begins with a whole one each time that it is resumed, a function with what its caller has left. The
 * verifier is not to know how much that is. */
static void make_budget(struct cg *g, const struct ir_fn *fn)
{
	LLVMValueRef whole = cg_const(g, 32, LOOP_BUDGET);
	g->budget = fn->counted ? LLVMBuildAlloca(g->b, g->i32, "budget") : NULL;
	if (fn->sym->kind != SYM_TASK)
		cg_take_budget(g);
	else if (g->budget)
		cg_store(g, LLVMBuildAdd(g->b, cg_unknown_zero(g, 32), whole, ""), g->budget);
	else if (fn->calls_counted)
		cg_store(g, whole, cg_at(g, CONTROL(budget)));
}

/* Where every check that fails comes to: records what and where, once a function. */
static void make_trap_blocks(struct cg *g, struct ir_fn *fn)
{
	g->trap_block = cg_block(g, "trap");
	LLVMPositionBuilderAtEnd(g->b, g->trap_block);
	g->trap_site = LLVMBuildPhi(g->b, g->i32, "");
	g->trap_value = LLVMBuildPhi(g->b, g->i64, "");
	bool task = fn->sym->kind == SYM_TASK;
	LLVMValueRef self = task ? LLVMBuildTrunc(g->b, g->self, g->i32, "") : cg_const(g, 32, 0);
	LLVMValueRef state =
		task ? cg_load(g, 32, cg_gep(g, g->frame, cg_const(g, 64, FRAME_STATE))) : cg_const(g, 32, 0);
	LLVMValueRef what =
		LLVMBuildOr(g->b, g->trap_site, cg_const(g, 32, RL_FAIL_TRAP << FAIL_KIND_SHIFT), "");
	LLVMValueRef args[] = {
		what, cg_const(g, 32, task ? fn->sym->index : UINT32_MAX), self, g->trap_value, state};
	cg_call(g, &g->support[SUP_FAIL], args, 5);
	cg_return(g);

	/* A function that was called trapped: the task takes no further step; its own name goes into the
	 * record. */
	g->trapped_block = cg_block(g, "trapped");
	LLVMPositionBuilderAtEnd(g->b, g->trapped_block);
	if (task) {
		cg_store(g, cg_const(g, 32, fn->sym->index), cg_at(g, CONTROL(failure.task)));
		cg_store(g, LLVMBuildTrunc(g->b, g->self, g->i32, ""), cg_at(g, CONTROL(failure.self)));
		cg_store(g, cg_load(g, 32, cg_gep(g, g->frame, cg_const(g, 64, FRAME_STATE))),
			cg_at(g, CONTROL(failure.state)));
	}
	cg_return(g);
}

static void drop_if_unused(LLVMBasicBlockRef b)
{
	if (!LLVMGetFirstUse(LLVMBasicBlockAsValue(b)))
		LLVMDeleteBasicBlock(b);
}

static void check_self(struct cg *g, LLVMValueRef self)
{
	LLVMBasicBlockRef ok = cg_block(g, "instance"), out = cg_block(g, "stranger");
	LLVMValueRef count = cg_const(g, 64, g->ir_fn->sym->count);
	cg_expect(g, LLVMBuildICmp(g->b, LLVMIntULT, self, count, ""), ok, out);
	LLVMPositionBuilderAtEnd(g->b, out);
	cg_return(g);
	LLVMPositionBuilderAtEnd(g->b, ok);
}

/* The number, to compute an address of. A loop may have come in between: once a branch in a loop has told one
 * round more of it than another, the verifier takes it for anything in the third (widen_imprecise_scalars,
 * Linux 6.9), and is told again. */
LLVMValueRef cg_self(struct cg *g)
{
	if (!g->ir_fn->nloops || LLVMIsConstant(g->self))
		return g->self;
	LLVMValueRef self = cg_opaque(g, g->self);
	check_self(g, self);
	return self;
}

/* The instance's number comes out of a CQE: checked once here, it needs no check elsewhere but after a loop.
 * A pool of one has no number to check. */
static void task_entry(struct cg *g, struct ir_fn *fn)
{
	const struct symbol *task = fn->sym;
	if (task->count == 1) {
		g->self = cg_const(g, 64, 0);
		g->frame = cg_at(g, fn->offset);
		return;
	}
	LLVMValueRef self = cg_arg(g, ARG_SELF);
	if (fn->wants_arm)
		self = LLVMBuildTrunc(g->b, self, g->i32, "");
	g->self = cg_opaque(g, cg_zext(g, self, 64));
	check_self(g, g->self);
	LLVMValueRef off = LLVMBuildMul(g->b, g->self, cg_const(g, 64, fn->size), "");
	g->frame = cg_gep(g, cg_at(g, fn->offset), off);
}

/* On to where the instance was suspended, with the result of what it waited for. */
static void dispatch_state(struct cg *g, struct ir_fn *fn, LLVMBasicBlockRef *resume)
{
	LLVMValueRef state = cg_load(g, 32, cg_gep(g, g->frame, cg_const(g, 64, FRAME_STATE)));
	LLVMBasicBlockRef none = cg_block(g, "no_state");
	LLVMValueRef s = LLVMBuildSwitch(g->b, state, none, (unsigned)fn->states.n);
	/* Instances start once and are resumed often: what is likely is asked for first. */
	uint32_t *weights = arena_alloc(g->arena, (fn->states.n + 1) * sizeof *weights);
	weights[0] = SELDOM;
	for (size_t i = 0; i < fn->states.n; i++) {
		LLVMAddCase(s, cg_const(g, 32, i), resume[i]);
		weights[i + 1] = i ? MOSTLY : SELDOM;
	}
	cg_weigh(g, s, weights, (unsigned)fn->states.n + 1);
	LLVMPositionBuilderAtEnd(g->b, none);
	/* Opaque, or every call has a zero ready for it. */
	if (g->next)
		cg_store(g, cg_opaque(g, cg_const(g, 64, 0)), g->next);
	cg_return(g);
}

static void function_args(struct cg *g, struct ir_fn *fn)
{
	for (size_t i = 0; i < fn->params.n; i++) {
		ir_reg r = fn->params.at[i];
		unsigned bits = fn->regs.at[r].bits;
		unsigned in_registers = ir_register_args(fn);
		LLVMValueRef v =
			i < in_registers
				? cg_arg(g, (unsigned)i)
				: cg_load(g, bits,
					  cg_at(g, fn->offset + fn->spilled_params + (i - in_registers) * 8));
		cg_write(g, r, v);
	}
}

static void find_region(struct cg *g, const struct ir_fn *fn)
{
	if (!fn->in_region)
		return;
	LLVMBasicBlockRef gone = cg_block(g, "no_region");
	cg_region_begin(g, gone);
	cg_trap_at(g, gone, g->ir->region_site, cg_const(g, 64, 0));
}

void codegen_fn(struct cg *g, struct ir_fn *fn, struct function *f)
{
	uint8_t bits[MAX_REGISTER_ARGS];
	bool task = fn->sym->kind == SYM_TASK;
	unsigned n = cg_arg_bits(fn, bits);
	cg_begin_at(g, f, LLVMGetValueName2(f->fn, &(size_t){0}), &fn->sym->loc, bits, n);
	g->ir_fn = fn;
	find_reached(fn);
	make_registers(g, fn);
	make_budget(g, fn);

	LLVMBasicBlockRef *resume = arena_alloc(g->arena, (fn->states.n + 1) * sizeof *resume);
	for (size_t i = 0; i < fn->blocks.n; i++)
		fn->blocks.at[i]->llvm =
			fn->blocks.at[i]->reached ? cg_block(g, arena_printf(g->arena, "b%zu", i)) : NULL;
	if (task) {
		if (fn->hands)
			cg_hand_begin(g);
		task_entry(g, fn);
		LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b);
		/* A state whose await nothing reaches has no block; then nothing resumes there either. */
		for (size_t i = 0; i < fn->states.n; i++) {
			struct ir_state *s = &fn->states.at[i];
			resume[i] = cg_block(g, "resume");
			LLVMPositionBuilderAtEnd(g->b, resume[i]);
			if (!s->block->llvm) {
				cg_return(g);
				continue;
			}
			if (s->result)
				cg_write(g, s->result, cg_arg(g, ARG_RES));
			if (s->flags)
				cg_write(g, s->flags, cg_arg(g, ARG_FLAGS));
			if (s->arm)
				cg_write(g, s->arm, cg_arm_of(g, cg_arg(g, ARG_SELF)));
			for (unsigned k = 0; k < 2; k++)
				if (s->big[k])
					cg_write(g, s->big[k],
						cg_load(g, 64, cg_at(g, CONTROL(big_cqe) + 8 * k)));
			if (s->user_data)
				cg_write(g, s->user_data, cg_arg(g, ARG_VALUE));
			LLVMBuildBr(g->b, s->block->llvm);
		}
		make_trap_blocks(g, fn);
		LLVMPositionBuilderAtEnd(g->b, here);
		find_region(g, fn);
		if (fn->ntimed) {
			LLVMBasicBlockRef dispatch = cg_block(g, "dispatch");
			codegen_timed_entry(g, fn, dispatch);
			LLVMPositionBuilderAtEnd(g->b, dispatch);
		}
		dispatch_state(g, fn, resume);
	} else {
		LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b);
		make_trap_blocks(g, fn);
		LLVMPositionBuilderAtEnd(g->b, here);
		find_region(g, fn);
		function_args(g, fn);
		LLVMBuildBr(g->b, fn->blocks.at[0]->llvm);
	}
	for (size_t i = 0; i < fn->blocks.n; i++) {
		struct ir_block *b = fn->blocks.at[i];
		if (!b->llvm)
			continue;
		LLVMPositionBuilderAtEnd(g->b, b->llvm);
		g->stretch++;
		for (size_t j = 0; j < b->ins.n; j++) {
			debug_at(g, &b->ins.at[j]->loc);
			codegen_ins(g, b->ins.at[j]);
		}
	}
	drop_if_unused(g->trap_block);
	drop_if_unused(g->trapped_block);
}
