/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen_wait.c: lists of what waits for something other than a request: struct rl_wait in runtime/image.h.
 *
 * Links are numbers, taken modulo the number of nodes, a power of two: so the verifier knows where they can
 * lead without a branch.
 */
#include "codegen.h"
#include "../runtime/image.h"

#define NODE(field) offsetof(struct rl_wait, field)

LLVMValueRef cg_node(struct cg *g, LLVMValueRef number)
{
	LLVMValueRef i = LLVMBuildAnd(g->b, number, cg_const(g, 32, g->l->nwaits - 1), "");
	LLVMValueRef off = LLVMBuildShl(g->b, cg_zext(g, i, 64), cg_const(g, 64, 5), "");
	return cg_gep(g, cg_at(g, g->l->waits), off);
}

LLVMValueRef cg_node_get(struct cg *g, LLVMValueRef node, unsigned bits, uint64_t field)
{
	return cg_load(g, bits, cg_gep(g, node, cg_const(g, 64, field)));
}

void cg_node_set(struct cg *g, LLVMValueRef node, uint64_t field, LLVMValueRef v)
{
	cg_store(g, v, cg_gep(g, node, cg_const(g, 64, field)));
}

/* The n-th node of the instance that runs. */
LLVMValueRef cg_own_node(struct cg *g, unsigned n)
{
	uint64_t size = sizeof(struct rl_wait);
	LLVMValueRef p = cg_at(g, g->l->waits + (g->ir_fn->node + n) * size);
	if (g->ir_fn->sym->count == 1)
		return p;
	return cg_gep(g, p, LLVMBuildMul(g->b, cg_self(g), cg_const(g, 64, size * g->ir_fn->nodes), ""));
}

LLVMValueRef cg_own_number(struct cg *g, unsigned n)
{
	LLVMValueRef self = LLVMBuildTrunc(g->b, g->self, g->i32, "");
	self = LLVMBuildMul(g->b, self, cg_const(g, 32, g->ir_fn->nodes), "");
	return LLVMBuildAdd(g->b, self, cg_const(g, 32, g->ir_fn->node + n), "");
}

/* The instance that runs waits, at the end of a list, with its n-th node. */
void cg_park(struct cg *g, unsigned n, LLVMValueRef list, LLVMValueRef key, LLVMValueRef want,
	LLVMValueRef user_data)
{
	LLVMValueRef own = cg_own_node(g, n), number = cg_own_number(g, n), head = cg_node(g, list);
	LLVMValueRef last = cg_node_get(g, head, 32, NODE(prev));
	cg_node_set(g, own, NODE(next), list);
	cg_node_set(g, own, NODE(prev), last);
	cg_node_set(g, own, NODE(want), want);
	cg_node_set(g, own, NODE(key), key);
	cg_node_set(g, own, NODE(user_data), user_data);
	cg_node_set(g, cg_node(g, last), NODE(next), number);
	cg_node_set(g, head, NODE(prev), number);
}

void cg_unlink(struct cg *g, LLVMValueRef node)
{
	LLVMValueRef next = cg_node_get(g, node, 32, NODE(next)), prev = cg_node_get(g, node, 32, NODE(prev));
	cg_node_set(g, cg_node(g, prev), NODE(next), next);
	cg_node_set(g, cg_node(g, next), NODE(prev), prev);
	cg_node_set(g, node, NODE(key), cg_const(g, 32, 0));
}

/* The same of the first in a list. */
LLVMValueRef cg_unlink_first(struct cg *g, LLVMValueRef list, LLVMValueRef node)
{
	LLVMValueRef next = cg_node_get(g, node, 32, NODE(next));
	cg_node_set(g, cg_node(g, list), NODE(next), next);
	cg_node_set(g, cg_node(g, next), NODE(prev), list);
	cg_node_set(g, node, NODE(key), cg_const(g, 32, 0));
	return next;
}

LLVMValueRef cg_list_key(struct cg *g, LLVMValueRef list)
{
	return LLVMBuildOr(g->b, list, cg_const(g, 32, RL_WAIT_LIST), "");
}

/* The list of those that wait for a place by `signal`. */
LLVMValueRef cg_signal_list(struct cg *g, LLVMValueRef place)
{
	LLVMValueRef hash = LLVMBuildLShr(g->b, place, cg_const(g, 32, 3), "");
	hash = LLVMBuildAnd(g->b, hash, cg_const(g, 32, SIGNAL_LISTS - 1), "");
	return LLVMBuildAdd(g->b, hash, cg_const(g, 32, g->l->signals), "");
}

/* ringlet_wake(list, key, have, flags): resumes those that wait for the key and want no more than `have`. */
void codegen_wake(struct cg *g)
{
	LLVMValueRef list = cg_arg(g, 0), at = cg_alloca(g, g->i32);
	LLVMBasicBlockRef head = cg_block(g, "head"), some = cg_block(g, "some"), ours = cg_block(g, "ours"),
			  wake = cg_block(g, "wake"), next = cg_block(g, "next"), end = cg_block(g, "end");
	LLVMValueRef first = cg_node_get(g, cg_node(g, list), 32, NODE(next));
	cg_store(g, first, at);
	LLVMBuildBr(g->b, head);

	LLVMPositionBuilderAtEnd(g->b, head);
	LLVMValueRef i = cg_load(g, 32, at);
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntEQ, i, list, ""), end, some);
	LLVMPositionBuilderAtEnd(g->b, some);
	LLVMValueRef node = cg_node(g, i);
	cg_store(g, cg_node_get(g, node, 32, NODE(next)), at);
	LLVMValueRef key = cg_node_get(g, node, 32, NODE(key));
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntEQ, key, cg_arg(g, 1), ""), ours, next);
	LLVMPositionBuilderAtEnd(g->b, ours);
	LLVMValueRef want = cg_node_get(g, node, 32, NODE(want));
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntULE, want, cg_arg(g, 2), ""), wake, next);
	LLVMPositionBuilderAtEnd(g->b, wake);
	cg_unlink(g, node);
	cg_push_ready(g, cg_node_get(g, node, 64, NODE(user_data)), cg_const(g, 32, 0), cg_arg(g, 3));
	LLVMBuildBr(g->b, next);
	LLVMPositionBuilderAtEnd(g->b, next);
	cg_may_goto(g, end);
	LLVMBuildBr(g->b, head);
	LLVMPositionBuilderAtEnd(g->b, end);
	LLVMBuildRet(g->b, cg_const(g, 32, 0));
}

LLVMValueRef cg_waiter(struct cg *g, LLVMValueRef user_data)
{
	return LLVMBuildOr(g->b, user_data, cg_const(g, 64, (uint64_t)RL_QUEUE_WAITS << 32), "");
}

/* ringlet_first(list): takes the first out of a queue's list if it waits for one completion, and gives its
 * user_data with RL_QUEUE_WAITS in the upper half; else 0 there. RL_QUEUE_LISTED: there are others, or it
 * waits for several. */
void codegen_first(struct cg *g)
{
	LLVMValueRef list = cg_arg(g, 0), listed = cg_const(g, 64, (uint64_t)RL_QUEUE_LISTED << 32);
	LLVMBasicBlockRef some = cg_block(g, "some"), none = cg_block(g, "none"), one = cg_block(g, "one"),
			  several = cg_block(g, "several");
	LLVMValueRef first = cg_node_get(g, cg_node(g, list), 32, NODE(next));
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntNE, first, list, ""), some, none);
	LLVMPositionBuilderAtEnd(g->b, none);
	LLVMBuildRet(g->b, cg_const(g, 64, 0));
	LLVMPositionBuilderAtEnd(g->b, some);
	LLVMValueRef node = cg_node(g, first);
	LLVMBuildCondBr(g->b, cg_bool(g, cg_node_get(g, node, 32, NODE(want))), several, one);
	LLVMPositionBuilderAtEnd(g->b, several);
	LLVMBuildRet(g->b, listed);
	LLVMPositionBuilderAtEnd(g->b, one);
	LLVMValueRef next = cg_unlink_first(g, list, node);
	LLVMValueRef more = LLVMBuildICmp(g->b, LLVMIntNE, next, list, "");
	LLVMValueRef ud = cg_waiter(g, cg_node_get(g, node, 64, NODE(user_data)));
	ud = LLVMBuildOr(g->b, ud, LLVMBuildSelect(g->b, more, listed, cg_const(g, 64, 0), ""), "");
	LLVMBuildRet(g->b, ud);
}

LLVMValueRef cg_unpark(struct cg *g, unsigned n)
{
	LLVMValueRef node = cg_own_node(g, n);
	LLVMValueRef waits = cg_bool(g, cg_node_get(g, node, 32, NODE(key)));
	LLVMBasicBlockRef yes = cg_block(g, "waits"), end = cg_block(g, "left");
	LLVMBuildCondBr(g->b, waits, yes, end);
	LLVMPositionBuilderAtEnd(g->b, yes);
	cg_unlink(g, node);
	LLVMBuildBr(g->b, end);
	LLVMPositionBuilderAtEnd(g->b, end);
	return cg_zext(g, waits, 8);
}
