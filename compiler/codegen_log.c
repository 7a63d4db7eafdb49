/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* codegen_log.c: what is told to the host: messages, failures, errors of isolated tasks. */
#include <string.h>
#include "codegen.h"
#include "../runtime/image.h"

/* Where a slot of the log lies from its start, checked; or on to `none`. */
static LLVMValueRef log_slot(struct cg *g, LLVMValueRef *args, LLVMBasicBlockRef none)
{
	LLVMBasicBlockRef got = cg_block(g, "log");
	LLVMValueRef slot = cg_opaque(g, cg_zext(g, cg_call(g, &g->support[SUP_LOG], args, 3), 64));
	/* 0, for no slot, becomes a large number */
	LLVMValueRef at = cg_opaque(g, LLVMBuildSub(g->b, slot, cg_const(g, 64, g->l->log), ""));
	uint64_t last = (uint64_t)(g->l->log_slots - 1) * sizeof(struct rl_log);
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntULE, at, cg_const(g, 64, last), ""), got, none);
	LLVMPositionBuilderAtEnd(g->b, got);
	return at;
}

static void set_arg(struct cg *g, LLVMValueRef message, unsigned k, LLVMValueRef v)
{
	cg_store(g, v, cg_gep(g, message, cg_const(g, 64, offsetof(struct rl_log, arg) + 8 * k)));
}

/* Published when it is whole: another thread of the host may be reading. */
static void publish(struct cg *g)
{
	LLVMValueRef tail_at = cg_at(g, CONTROL(log_tail)), tail = cg_load(g, 32, tail_at);
	cg_store_release(g, tail_at, LLVMBuildAdd(g->b, tail, cg_const(g, 32, 1), ""), 32);
}

void codegen_log(struct cg *g, const struct ir_ins *i)
{
	const struct ir_log *log = &g->ir->logs.at[i->limit];
	bool task = g->ir_fn->sym->kind == SYM_TASK;
	LLVMValueRef args[] = {cg_const(g, 32, i->limit),
		cg_const(g, 32, task ? g->ir_fn->sym->index : UINT32_MAX),
		task ? LLVMBuildTrunc(g->b, g->self, g->i32, "") : cg_const(g, 32, 0)};
	LLVMBasicBlockRef end = cg_block(g, "logged");
	LLVMValueRef at = log_slot(g, args, end), p = cg_gep(g, cg_at(g, g->l->log), at);
	size_t from = 0;
	for (size_t k = 0; k < log->args.n; k++) {
		LLVMValueRef v = cg_read(g, &i->args.at[from++]);
		if (!strcmp(log->args.at[k], "slice") || !strcmp(log->args.at[k], "text")) {
			LLVMValueRef text[] = {
				LLVMBuildTrunc(g->b, at, g->i32, ""), v, cg_read(g, &i->args.at[from++])};
			v = cg_call(g, &g->support[SUP_LOG_TEXT], text, 3);
		}
		set_arg(g, p, (unsigned)k, v);
	}
	publish(g);
	LLVMBuildBr(g->b, end);
	LLVMPositionBuilderAtEnd(g->b, end);
}

/* What an isolated task ended with: told to the host like a message of the log, and counted. */
static void isolated_error(struct cg *g, const struct ir_ins *i, LLVMValueRef self, LLVMValueRef state)
{
	LLVMBasicBlockRef tell = cg_block(g, "tell"), end = cg_block(g, "told");
	LLVMValueRef stopping = cg_load(g, 32, cg_at(g, CONTROL(stopping)));
	LLVMBuildCondBr(g->b, cg_bool(g, stopping), end, tell);
	LLVMPositionBuilderAtEnd(g->b, tell);
	LLVMValueRef count = cg_at(g, CONTROL(isolated));
	cg_store(g, LLVMBuildAdd(g->b, cg_load(g, 32, count), cg_const(g, 32, 1), ""), count);
	LLVMValueRef args[] = {cg_const(g, 32, RL_LOG_FAILURE), cg_const(g, 32, g->ir_fn->sym->index), self};
	LLVMValueRef p = cg_gep(g, cg_at(g, g->l->log), log_slot(g, args, end));
	const LLVMValueRef values[] = {cg_const(g, 64, i->site),
		LLVMBuildSExt(g->b, cg_read(g, &i->a), g->i64, ""), cg_zext(g, state, 64)};
	for (unsigned k = 0; k < 3; k++)
		set_arg(g, p, k, values[k]);
	publish(g);
	LLVMBuildBr(g->b, end);
	LLVMPositionBuilderAtEnd(g->b, end);
}

void codegen_fail(struct cg *g, const struct ir_ins *i)
{
	LLVMValueRef state = cg_load(g, 32, cg_gep(g, g->frame, cg_const(g, 64, FRAME_STATE)));
	LLVMValueRef self = LLVMBuildTrunc(g->b, g->self, g->i32, "");
	uint32_t kind = i->on_purpose ? RL_FAIL_FAIL : RL_FAIL_ERROR;
	if (g->ir_fn->sym->isolated && !i->on_purpose) {
		isolated_error(g, i, self, state);
		return;
	}
	LLVMValueRef args[] = {cg_const(g, 32, kind << FAIL_KIND_SHIFT | i->site),
		cg_const(g, 32, g->ir_fn->sym->index), self,
		LLVMBuildSExt(g->b, cg_read(g, &i->a), g->i64, ""), state};
	cg_call(g, &g->support[SUP_FAIL], args, 5);
}
