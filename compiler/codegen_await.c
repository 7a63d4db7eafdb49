/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* codegen_await.c: how a task suspends: with a request that it has written, or until others wake it. */
#include "codegen.h"
#include "../runtime/image.h"

/* Half h (4 bytes) of the SQE's words, from the operation's fields; what no field covers is zero. */
static LLVMValueRef sqe_half(struct cg *g, const struct ir_ins *i, unsigned h, LLVMValueRef *wide)
{
	*wide = NULL;
	for (size_t k = 0; k < i->sqe.n; k++) {
		const struct ir_sqe_arg *a = &i->sqe.at[k];
		if (FIELD_OFFSET(a->field) / 4 != h)
			continue;
		LLVMValueRef v = cg_read(g, &a->val);
		if (a->address)
			v = LLVMBuildAdd(
				g->b, cg_load(g, 64, cg_at(g, CONTROL(base))), cg_zext(g, v, 64), "");
		if (FIELD_SIZE(a->field) == 8) {
			*wide = LLVMGetIntTypeWidth(LLVMTypeOf(v)) < 64 ? cg_zext(g, v, 64) : v;
			return NULL;
		}
		return FIELD_SIZE(a->field) == 4 ? v : cg_zext(g, v, 32);
	}
	return NULL;
}

static void suspend(struct cg *g, const struct ir_ins *i)
{
	cg_store(g, cg_const(g, 32, i->state), cg_gep(g, g->frame, cg_const(g, 64, FRAME_STATE)));
	LLVMBuildRet(g->b, cg_const(g, 32, 0));
}

static uint32_t task_tag(const struct cg *g, const struct ir_ins *i)
{
	return g->ir_fn->sym->index | (i->unwind ? (uint32_t)(RL_UD_UNWIND >> 32) : 0);
}

/* 8 bytes from two halves, of which NULL is zero; at once where that is one instruction. */
static void store_word(struct cg *g, LLVMValueRef lo, LLVMValueRef hi, LLVMValueRef p)
{
	if ((!lo || LLVMIsConstant(lo)) && (!hi || LLVMIsConstant(hi))) {
		uint64_t v = (lo ? LLVMConstIntGetZExtValue(lo) : 0) |
			     (hi ? LLVMConstIntGetZExtValue(hi) << 32 : 0);
		if ((int64_t)v == (int32_t)v) { /* the immediate that a store takes */
			cg_store(g, cg_const(g, 64, v), p);
			return;
		}
	}
	cg_store(g, lo ? lo : cg_const(g, 32, 0), p);
	cg_store(g, hi ? hi : cg_const(g, 32, 0), cg_gep(g, p, cg_const(g, 64, 4)));
}

/* An SQE is written at the next slot. There are as many slots as instances, each with one request at most, so
 * there always is one; the mask is for the verifier. Words of an SQE that are zero in all requests of the
 * program are never written: they are zero from the start. */
static void await(struct cg *g, const struct ir_ins *i)
{
	LLVMValueRef n_at = cg_at(g, CONTROL(sq_n)), n = cg_load(g, 32, n_at);
	LLVMValueRef slot = LLVMBuildAnd(g->b, n, cg_const(g, 32, g->l->sq_entries - 1), "");
	LLVMValueRef off = LLVMBuildShl(g->b, cg_zext(g, slot, 64), cg_const(g, 64, 6), "");
	LLVMValueRef p = cg_gep(g, cg_at(g, g->l->sqes), off);
	LLVMValueRef self = LLVMBuildTrunc(g->b, g->self, g->i32, "");
	for (unsigned w = 0; w < 8; w++) {
		LLVMValueRef at = cg_gep(g, p, cg_const(g, 64, w * 8));
		LLVMValueRef wide, unused, lo = sqe_half(g, i, 2 * w, &wide),
					   hi = sqe_half(g, i, 2 * w + 1, &unused);
		if (w == FIELD_OFFSET(F_USER_DATA) / 8) {
			lo = self;
			hi = cg_const(g, 32, task_tag(g, i));
			wide = task_tag(g, i) ? NULL : g->self;
		}
		if (w == 0)
			lo = cg_const(g, 32, i->operation->opcode);
		if (!g->ir->sqe_words[w])
			continue;
		if (wide)
			cg_store(g, wide, at);
		else
			store_word(g, lo, hi, at);
	}
	cg_store(g, LLVMBuildAdd(g->b, n, cg_const(g, 32, 1), ""), n_at);
	suspend(g, i);
}

static void wait_for(struct cg *g, const struct ir_ins *i, LLVMValueRef key)
{
	cg_store(g, key, cg_gep(g, g->frame, cg_const(g, 64, FRAME_KEY)));
	suspend(g, i);
}

static void await_all(struct cg *g, const struct ir_ins *i)
{
	uint64_t pool = g->l->pool[i->sym->index];
	LLVMValueRef running = cg_load(g, 32, cg_at(g, pool + POOL(running)));
	LLVMBasicBlockRef park = cg_block(g, "park");
	LLVMBuildCondBr(g->b, cg_bool(g, running), park, i->t->llvm);
	LLVMPositionBuilderAtEnd(g->b, park);
	wait_for(g, i, cg_const(g, 32, pool));
}

static void signal_wait(struct cg *g, const struct ir_ins *i)
{
	LLVMBasicBlockRef park = cg_block(g, "park"), cancel = cg_block(g, "cancel");
	LLVMValueRef key = LLVMBuildTrunc(g->b, cg_offset(g, &i->addr, i->site), g->i32, "");
	if (i->unwind)
		LLVMBuildBr(g->b, park);
	else
		LLVMBuildCondBr(g->b, cg_bool(g, cg_load(g, 32, cg_at(g, CONTROL(stopping)))), cancel, park);
	LLVMPositionBuilderAtEnd(g->b, cancel);
	LLVMValueRef ud = LLVMBuildOr(g->b, g->self, cg_const(g, 64, (uint64_t)task_tag(g, i) << 32), "");
	cg_push_ready(g, ud, cg_const(g, 32, (uint64_t)-125)); /* -ECANCELED */
	suspend(g, i);
	LLVMPositionBuilderAtEnd(g->b, park);
	wait_for(g, i, key);
}

void codegen_await(struct cg *g, const struct ir_ins *i)
{
	if (i->op == IR_AWAIT)
		await(g, i);
	else if (i->op == IR_AWAIT_ALL)
		await_all(g, i);
	else
		signal_wait(g, i);
}
