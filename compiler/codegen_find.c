/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen_find.c: finding a request that was steered to a queue, by the user_data that its completion will
 * have.
 *
 * The kernel knows it by another, which names its slot. Queues in which requests are found have for each
 * slot, behind the free slots, the upper half of that while the request is in flight, which is not 0: the
 * number of a queue is counted after those of the tasks. It is a walk over the slots that have been used, as
 * cancelling is rare.
 */
#include "codegen.h"
#include "../runtime/image.h"

#define NONE (RL_UD_INTERNAL | 1) /* no request has this user_data */

static bool is_used(const struct symbol *q)
{
	return q->queue.finds && q->queue.slots;
}

static LLVMValueRef slot_field(struct cg *g, const struct symbol *q, LLVMValueRef at, LLVMValueRef slot,
	uint64_t before, unsigned shift)
{
	LLVMValueRef off = LLVMBuildShl(g->b, slot, cg_const(g, 64, shift), "");
	return cg_gep(g, cg_gep(g, at, cg_const(g, 64, q->queue.slots + before * q->queue.capacity)), off);
}

void cg_find_set(struct cg *g, const struct symbol *q, LLVMValueRef at, LLVMValueRef slot, LLVMValueRef tag)
{
	if (is_used(q))
		cg_store(g, tag, slot_field(g, q, at, slot, 12, 2));
}

LLVMValueRef cg_find(struct cg *g, const struct symbol *q, LLVMValueRef which, LLVMValueRef user_data)
{
	LLVMValueRef args[] = {which, user_data};
	return is_used(q) ? cg_call(g, &g->queue_find[q->queue.index], args, 2) : cg_const(g, 64, NONE);
}

static LLVMValueRef compare(struct cg *g, LLVMIntPredicate p, LLVMValueRef a, uint64_t b)
{
	return LLVMBuildICmp(g->b, p, a, LLVMConstInt(LLVMTypeOf(a), b, false), "");
}

static LLVMBasicBlockRef go_on_if(struct cg *g, LLVMValueRef c, LLVMBasicBlockRef otherwise)
{
	LLVMBasicBlockRef b = cg_block(g, "go_on");
	LLVMBuildCondBr(g->b, c, b, otherwise);
	LLVMPositionBuilderAtEnd(g->b, b);
	return b;
}

static const uint8_t bits[] = {32, 64};

/* find_NAME(which, user_data) */
static void find(struct cg *g, const struct symbol *q)
{
	cg_begin(g, &g->queue_find[q->queue.index], arena_printf(g->arena, "find_%s", q->name), bits, 2);
	LLVMBasicBlockRef none = cg_block(g, "none"), head = cg_block(g, "head"), next = cg_block(g, "next");
	LLVMValueRef slot_at = cg_alloca(g, g->i64);
	LLVMValueRef which = cg_opaque(g, cg_zext(g, cg_arg(g, 0), 64));
	go_on_if(g, compare(g, LLVMIntULT, which, q->queue.n), none);
	LLVMValueRef at =
		cg_gep(g, cg_at(g, q->offset), LLVMBuildMul(g->b, which, cg_const(g, 64, q->queue.size), ""));
	LLVMValueRef used_at = cg_gep(g, at, cg_const(g, 64, offsetof(struct rl_queue, used)));
	LLVMValueRef used = cg_zext(g, cg_load(g, 32, used_at), 64);
	cg_store(g, cg_unknown_zero(g, 64), slot_at);
	LLVMBuildBr(g->b, head);

	LLVMPositionBuilderAtEnd(g->b, head);
	LLVMValueRef slot = cg_opaque(g, cg_load(g, 64, slot_at));
	go_on_if(g, compare(g, LLVMIntULT, slot, q->queue.capacity), none);
	go_on_if(g, LLVMBuildICmp(g->b, LLVMIntULT, slot, used, ""), none);
	LLVMValueRef tag = cg_load(g, 32, slot_field(g, q, at, slot, 12, 2));
	go_on_if(g, compare(g, LLVMIntNE, tag, 0), next);
	LLVMValueRef user_data = cg_load(g, 64, slot_field(g, q, at, slot, 0, 3));
	go_on_if(g, LLVMBuildICmp(g->b, LLVMIntEQ, user_data, cg_arg(g, 1), ""), next);
	LLVMValueRef low = LLVMBuildOr(g->b, LLVMBuildShl(g->b, which, cg_const(g, 64, 16), ""), slot, "");
	LLVMValueRef high = LLVMBuildShl(g->b, cg_zext(g, tag, 64), cg_const(g, 64, 32), "");
	LLVMBuildRet(g->b, LLVMBuildOr(g->b, high, low, ""));

	LLVMPositionBuilderAtEnd(g->b, next);
	cg_store(g, LLVMBuildAdd(g->b, slot, cg_const(g, 64, 1), ""), slot_at);
	cg_may_goto(g, none);
	LLVMBuildBr(g->b, head);
	LLVMPositionBuilderAtEnd(g->b, none);
	LLVMBuildRet(g->b, cg_const(g, 64, NONE));
}

void codegen_find_declare(struct cg *g)
{
	const symbol_vec *queues = &g->ir->p->queues;
	g->queue_find = arena_alloc(g->arena, (queues->n + 1) * sizeof *g->queue_find);
	for (size_t i = 0; i < queues->n; i++)
		if (is_used(queues->at[i]))
			g->queue_find[i] = cg_function(
				g, arena_printf(g->arena, "find_%s", queues->at[i]->name), 2, bits, 64);
}

void codegen_find(struct cg *g)
{
	for (size_t i = 0; i < g->ir->p->queues.n; i++)
		if (is_used(g->ir->p->queues.at[i]))
			find(g, g->ir->p->queues.at[i]);
}
