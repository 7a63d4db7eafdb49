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

/* A field of the record that ends at p. */
static LLVMValueRef of(struct cg *g, LLVMValueRef p, size_t field)
{
	return cg_gep(g, p, cg_const(g, 64, field - sizeof(struct rl_trace)));
}

/* Few instructions, since each await has them; and all that they need is made here, so that the code has no
 * register for it while this is off. That there is room is known from cg_trace_full; the verifier is shown
 * it. Opaque: LLVM would make the image's address, and the record's, twice. */
void cg_trace(struct cg *g, uint32_t state)
{
	LLVMBasicBlockRef on = cg_switch(g), off = LLVMGetInsertBlock(g->b), room = cg_block(g, "record");
	LLVMPositionBuilderAtEnd(g->b, on);
	LLVMValueRef image = cg_opaque(g, LLVMBuildPtrToInt(g->b, g->image, g->i64, ""));
	LLVMValueRef base = LLVMBuildIntToPtr(g->b, image, g->ptr, "");
	LLVMValueRef next_at = cg_gep(g, base, cg_const(g, 64, CONTROL(trace_next)));
	LLVMValueRef next = cg_opaque(g, cg_zext(g, cg_load(g, 32, next_at), 64));
	LLVMValueRef size = cg_const(g, 64, sizeof(struct rl_trace));
	LLVMValueRef last = cg_const(g, 64, g->l->trace + RL_TRACE_BYTES - sizeof(struct rl_trace));
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntUGT, next, last, ""), off, room);

	LLVMPositionBuilderAtEnd(g->b, room);
	next = cg_opaque(g, LLVMBuildAdd(g->b, next, size, ""));
	cg_store(g, LLVMBuildTrunc(g->b, next, g->i32, ""), next_at);
	LLVMValueRef now = cg_load(g, 64, cg_gep(g, base, cg_const(g, 64, CONTROL(now))));
	/* By subtraction, since the frame is at hand: the instance's number would be kept for this. */
	LLVMValueRef frame = cg_const(g, 64, g->ir_fn->offset);
	if (g->ir_fn->sym->count > 1) {
		frame = cg_opaque(g, LLVMBuildPtrToInt(g->b, g->frame, g->i64, ""));
		frame = LLVMBuildSub(g->b, frame, image, "");
	}
	LLVMValueRef p = cg_gep(g, base, next);
	cg_store(g, LLVMBuildTrunc(g->b, frame, g->i32, ""), of(g, p, offsetof(struct rl_trace, frame)));
	cg_store(g, cg_const(g, 32, state), of(g, p, offsetof(struct rl_trace, state)));
	cg_store(g, now, of(g, p, offsetof(struct rl_trace, ns)));
	LLVMBuildBr(g->b, off);
	LLVMPositionBuilderAtEnd(g->b, off);
}

void cg_trace_full(struct cg *g, LLVMBasicBlockRef full)
{
	LLVMBasicBlockRef on = cg_switch(g), off = LLVMGetInsertBlock(g->b), stop = cg_block(g, "full");
	LLVMPositionBuilderAtEnd(g->b, on);
	LLVMValueRef most =
		cg_const(g, 32, g->l->trace + RL_TRACE_BYTES - RL_TRACE_ROOM * sizeof(struct rl_trace));
	LLVMValueRef next = cg_load(g, 32, cg_at(g, CONTROL(trace_next)));
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntUGT, next, most, ""), stop, off);
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
