/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen_trace.c: what is done while a program is traced, and the clock.
 *
 * Each place that does more then has a switch (runtime/image.h), which the runtime writes over before it
 * loads the program. The verifier knows that an address in a map is not 0, so it drops what is behind a
 * switch that is off, and the switch: native.c has its own.
 */
#include <linux/bpf.h>
#include <string.h>
#include "codegen.h"
#include "../runtime/image.h"

static LLVMValueRef helper(struct cg *g, int which)
{
	LLVMTypeRef t = LLVMFunctionType(g->i64, NULL, 0, false);
	LLVMValueRef fn = LLVMConstIntToPtr(cg_const(g, 64, (uint64_t)which), g->ptr);
	return LLVMBuildCall2(g->b, t, fn, NULL, 0, "");
}

LLVMBasicBlockRef cg_switch(struct cg *g)
{
	static const char text[] = "goto +0\nif $0 != 0 goto +1\ngotol ${1:l}", how[] = "r,!i";
	LLVMTypeRef t = LLVMFunctionType(g->voidt, &g->ptr, 1, false);
	LLVMValueRef a = LLVMGetInlineAsm(
		t, text, sizeof text - 1, how, sizeof how - 1, true, false, LLVMInlineAsmDialectATT, false);
	LLVMBasicBlockRef on = cg_block(g, "traced"), off = cg_block(g, "untraced");
	LLVMBuildCallBr(g->b, t, a, off, &on, 1, &g->image, 1, NULL, 0, "");
	LLVMPositionBuilderAtEnd(g->b, off);
	return on;
}

void cg_trace(struct cg *g, uint32_t state)
{
	LLVMBasicBlockRef on = cg_switch(g), off = LLVMGetInsertBlock(g->b);
	LLVMPositionBuilderAtEnd(g->b, on);
	/* By subtraction, since the frame is at hand: the instance's number would be kept for this. */
	LLVMValueRef frame = cg_opaque(g, LLVMBuildPtrToInt(g->b, g->frame, g->i64, ""));
	LLVMValueRef image = cg_opaque(g, LLVMBuildPtrToInt(g->b, g->image, g->i64, ""));
	LLVMValueRef offset = LLVMBuildTrunc(g->b, LLVMBuildSub(g->b, frame, image, ""), g->i32, "");
	LLVMValueRef next = g->next ? cg_load(g, 64, g->next) : cg_const(g, 64, 0);
	LLVMValueRef args[] = {offset, cg_const(g, 32, state), next};
	LLVMValueRef v = cg_call(g, &g->support[SUP_TRACE], args, 3);
	if (g->next)
		cg_store(g, v, g->next);
	LLVMBuildBr(g->b, off);
	LLVMPositionBuilderAtEnd(g->b, off);
}

void codegen_trace(struct cg *g)
{
	static const size_t words[] = {offsetof(struct rl_trace, frame), offsetof(struct rl_trace, state)};
	LLVMValueRef tail_at = cg_at(g, CONTROL(trace_tail)), now_at = cg_at(g, CONTROL(now));
	LLVMValueRef tail = cg_load(g, 32, tail_at);
	cg_store(g, LLVMBuildAdd(g->b, tail, cg_const(g, 32, 1), ""), tail_at);
	LLVMValueRef slot = LLVMBuildAnd(g->b, tail, cg_const(g, 32, RL_TRACE_SLOTS - 1), "");
	LLVMValueRef off =
		LLVMBuildMul(g->b, cg_zext(g, slot, 64), cg_const(g, 64, sizeof(struct rl_trace)), "");
	LLVMValueRef p = cg_gep(g, cg_at(g, g->l->trace), off);
	for (unsigned i = 0; i < 2; i++)
		cg_store(g, cg_arg(g, i), cg_gep(g, p, cg_const(g, 64, words[i])));
	cg_store(
		g, cg_load(g, 64, now_at), cg_gep(g, p, cg_const(g, 64, offsetof(struct rl_trace, resumed))));
	LLVMValueRef now = helper(g, BPF_FUNC_ktime_get_ns);
	cg_store(g, now, cg_gep(g, p, cg_const(g, 64, offsetof(struct rl_trace, suspended))));
	cg_store(g, now, now_at);
	LLVMBuildRet(g->b, cg_arg(g, 2));
}

void cg_trace_full(struct cg *g, LLVMBasicBlockRef full)
{
	LLVMBasicBlockRef on = cg_switch(g), off = LLVMGetInsertBlock(g->b), stop = cg_block(g, "full");
	LLVMPositionBuilderAtEnd(g->b, on);
	LLVMValueRef n = LLVMBuildSub(g->b, cg_load(g, 32, cg_at(g, CONTROL(trace_tail))),
		cg_load(g, 32, cg_at(g, CONTROL(trace_head))), "");
	LLVMValueRef most = cg_const(g, 32, RL_TRACE_SLOTS - RL_TRACE_ROOM);
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntUGT, n, most, ""), stop, off);
	LLVMPositionBuilderAtEnd(g->b, stop);
	cg_store(g, cg_const(g, 32, 1), cg_at(g, CONTROL(attention)));
	LLVMBuildBr(g->b, full);
	LLVMPositionBuilderAtEnd(g->b, off);
}

/* Jiffies, of which the verifier makes a load; or nanoseconds while the program is traced. */
void cg_read_clock(struct cg *g)
{
	LLVMBasicBlockRef on = cg_switch(g), off = LLVMGetInsertBlock(g->b), end = cg_block(g, "clock");
	LLVMPositionBuilderAtEnd(g->b, on);
	cg_store(g, helper(g, BPF_FUNC_ktime_get_ns), cg_at(g, CONTROL(now)));
	LLVMBuildBr(g->b, end);
	LLVMPositionBuilderAtEnd(g->b, off);
	cg_store(g, helper(g, BPF_FUNC_jiffies64), cg_at(g, CONTROL(now)));
	LLVMBuildBr(g->b, end);
	LLVMPositionBuilderAtEnd(g->b, end);
}
