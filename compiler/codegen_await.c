/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* codegen_await.c: how a task suspends: with a request that it has written, or until others wake it. */
#include "codegen.h"
#include "../runtime/image.h"

/* Half h (4 bytes) of the SQE's words, from the operation's fields, of which two may share it; what no field
 * covers is zero. */
static LLVMValueRef sqe_half(struct cg *g, const struct ir_ins *i, unsigned h, LLVMValueRef *wide)
{
	LLVMValueRef half = NULL;
	*wide = NULL;
	for (size_t k = 0; k < i->sqe.n; k++) {
		const struct ir_sqe_arg *a = &i->sqe.at[k];
		if (FIELD_OFFSET(a->field) / 4 != h)
			continue;
		LLVMValueRef v = cg_read(g, &a->val);
		if (a->address)
			v = cg_address(g, v);
		if (FIELD_SIZE(a->field) == 8) {
			*wide = LLVMGetIntTypeWidth(LLVMTypeOf(v)) < 64 ? cg_zext(g, v, 64) : v;
			return NULL;
		}
		if (FIELD_SIZE(a->field) < 4)
			v = cg_zext(g, v, 32);
		if (FIELD_OFFSET(a->field) % 4)
			v = LLVMBuildShl(g->b, v, cg_const(g, 32, FIELD_OFFSET(a->field) % 4 * 8), "");
		half = half ? LLVMBuildOr(g->b, half, v, "") : v;
	}
	return half;
}

void cg_set_state(struct cg *g, LLVMValueRef frame, uint32_t state)
{
	cg_store(g, cg_const(g, 32, state), cg_gep(g, frame, cg_const(g, 64, FRAME_STATE)));
	cg_store(g, cg_load(g, 64, cg_at(g, CONTROL(now))), cg_gep(g, frame, cg_const(g, 64, FRAME_SINCE)));
}

void cg_suspend(struct cg *g, const struct ir_ins *i)
{
	cg_set_state(g, g->frame, i->state);
	cg_trace(g, i->state);
	cg_return(g);
}

/* In that state, and resumed with -ECANCELED: the program stops, or the time of a scope has passed. */
void cg_suspend_canceled(struct cg *g, const struct ir_ins *i, LLVMValueRef user_data)
{
	cg_push_ready(g, user_data, cg_const(g, 32, (uint64_t)-125), cg_const(g, 32, RL_READY_CANCELED));
	cg_suspend(g, i);
}

uint32_t cg_task_tag(const struct cg *g, const struct ir_ins *i)
{
	uint32_t whose =
		i->op == IR_REQUEST && i->stream ? STREAM_TAG(i->stream->index) : g->ir_fn->sym->index;
	return whose | (i->unwind ? (uint32_t)(RL_UD_UNWIND >> 32) : 0) |
	       (uint32_t)i->arm << (RL_UD_ARM_SHIFT - 32);
}

LLVMValueRef cg_user_data(struct cg *g, const struct ir_ins *i)
{
	return LLVMBuildOr(g->b, g->self, cg_const(g, 64, (uint64_t)cg_task_tag(g, i) << 32), "");
}

void cg_store_word(struct cg *g, LLVMValueRef lo, LLVMValueRef hi, LLVMValueRef p)
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

/* An SQE is written at the next slot. There are as many slots as requests can be written before they are
 * submitted, so there always is one; the mask is for the verifier. Words of an SQE that are zero in all
 * requests of the program are never written: they are zero from the start. */
struct sqe {
	LLVMValueRef n_at, n; /* how many are written */
	LLVMValueRef at;
};

static struct sqe begin_sqe(struct cg *g)
{
	struct sqe e = {.n_at = cg_at(g, CONTROL(sq_n))};
	e.n = cg_load(g, 32, e.n_at);
	LLVMValueRef slot = LLVMBuildAnd(g->b, e.n, cg_const(g, 32, g->l->sq_entries - 1), "");
	LLVMValueRef off =
		LLVMBuildShl(g->b, cg_zext(g, slot, 64), cg_const(g, 64, g->l->sqe_size == 64 ? 6 : 7), "");
	e.at = cg_gep(g, cg_at(g, g->l->sqes), off);
	return e;
}

/* In a mixed ring one of 128 bytes takes two slots. The step begins at slot 0 each time and there are enough,
 * so it never wraps. */
static void end_sqe(struct cg *g, const struct sqe *e, bool wide)
{
	bool two = wide && g->l->setup & RL_SETUP_SQE_MIXED;
	cg_store(g, LLVMBuildAdd(g->b, e->n, cg_const(g, 32, two ? 2 : 1), ""), e->n_at);
	if (two) {
		LLVMValueRef halves = cg_at(g, CONTROL(halves));
		cg_store(g, LLVMBuildAdd(g->b, cg_load(g, 32, halves), cg_const(g, 32, 1), ""), halves);
	}
}

/* Which opcode an operation has on this ring, and how many words of its SQE the kernel may look at. */
static uint32_t opcode_of(const struct cg *g, const struct operation *op)
{
	return op->wide && g->l->setup & RL_SETUP_SQE128 ? op->opcode128 : op->opcode;
}

static unsigned words_of(const struct cg *g, const struct operation *op)
{
	bool command = g->l->setup & RL_SETUP_SQE128 && op->opcode == OPCODE_URING_CMD;
	return op->wide || command ? SQE_WORDS : SQE_WORDS / 2;
}

void cg_write_sqe(struct cg *g, const struct ir_ins *i, LLVMValueRef ud_lo, LLVMValueRef ud_hi)
{
	struct sqe e = begin_sqe(g);
	for (unsigned w = 0; w < words_of(g, i->operation); w++) {
		LLVMValueRef at = cg_gep(g, e.at, cg_const(g, 64, w * 8));
		LLVMValueRef wide, unused, lo = sqe_half(g, i, 2 * w, &wide),
					   hi = sqe_half(g, i, 2 * w + 1, &unused);
		if (w == FIELD_OFFSET(F_USER_DATA) / 8) {
			lo = ud_lo;
			hi = ud_hi;
			wide = ud_hi ? NULL : ud_lo;
		}
		if (w == 0) {
			LLVMValueRef head = cg_const(g, 32,
				opcode_of(g, i->operation) | (uint32_t)i->sqe_flags << 8 |
					(uint32_t)i->ioprio << 16);
			lo = lo ? LLVMBuildOr(g->b, lo, head, "") : head;
		}
		if (!g->ir->sqe_words[w])
			continue;
		if (wide)
			cg_store(g, wide, at);
		else
			cg_store_word(g, lo, hi, at);
	}
	end_sqe(g, &e, i->operation->wide);
	if (i->operation->opcode == OPCODE_CLOSE)
		cg_store(g, cg_const(g, 32, 1), cg_at(g, CONTROL(closed)));
}

/* One that cancels another. */
void cg_write_cancel(struct cg *g, LLVMValueRef target, LLVMValueRef user_data)
{
	struct sqe e = begin_sqe(g);
	for (unsigned w = 0; w < 8; w++) {
		LLVMValueRef v = cg_const(g, 64, w ? 0 : OPCODE_ASYNC_CANCEL);
		if (w == FIELD_OFFSET(F_ADDR) / 8)
			v = target;
		if (w == FIELD_OFFSET(F_USER_DATA) / 8)
			v = user_data;
		if (g->ir->sqe_words[w])
			cg_store(g, v, cg_gep(g, e.at, cg_const(g, 64, w * 8)));
	}
	end_sqe(g, &e, false);
}

/* One whose completion resumes the instance. */
static void request(struct cg *g, const struct ir_ins *i)
{
	uint32_t tag = cg_task_tag(g, i);
	if (tag)
		cg_write_sqe(g, i, LLVMBuildTrunc(g->b, g->self, g->i32, ""), cg_const(g, 32, tag));
	else
		cg_write_sqe(g, i, g->self, NULL);
}

/* Woken, it looks again: another instance may have been started meanwhile. */
static void await_all(struct cg *g, const struct ir_ins *i)
{
	uint64_t pool = g->l->pool[i->sym->index];
	LLVMValueRef running = cg_load(g, 32, cg_at(g, pool + POOL(running)));
	LLVMValueRef list = cg_const(g, 32, g->l->pools + i->sym->index);
	LLVMBasicBlockRef park = cg_block(g, "park");
	LLVMBuildCondBr(g->b, cg_bool(g, running), park, i->t->llvm);
	LLVMPositionBuilderAtEnd(g->b, park);
	cg_park(g, 0, list, cg_list_key(g, list), cg_const(g, 32, 0), cg_user_data(g, i));
	cg_suspend(g, i);
}

static void signal_wait(struct cg *g, const struct ir_ins *i)
{
	LLVMBasicBlockRef park = cg_block(g, "park"), cancel = cg_block(g, "cancel");
	LLVMValueRef key = LLVMBuildTrunc(g->b, cg_offset(g, &i->addr, i->site), g->i32, "");
	LLVMValueRef ud = cg_user_data(g, i);
	if (i->unwind)
		LLVMBuildBr(g->b, park);
	else
		LLVMBuildCondBr(g->b, cg_bool(g, cg_load(g, 32, cg_at(g, CONTROL(stopping)))), cancel, park);
	LLVMPositionBuilderAtEnd(g->b, cancel);
	cg_suspend_canceled(g, i, ud);
	LLVMPositionBuilderAtEnd(g->b, park);
	cg_park(g, 0, cg_signal_list(g, key), key, cg_const(g, 32, 0), ud);
	cg_suspend(g, i);
}

void codegen_await(struct cg *g, const struct ir_ins *i)
{
	switch (i->op) {
	case IR_REQUEST:
		request(g, i);
		break;
	case IR_AWAIT:
		request(g, i);
		cg_suspend(g, i);
		break;
	case IR_SUSPEND:
		cg_suspend(g, i);
		break;
	case IR_CANCELED:
		cg_suspend_canceled(g, i, cg_user_data(g, i));
		break;
	case IR_TIMED_END:
		codegen_timed_end(g, i);
		break;
	case IR_AWAIT_ALL:
		await_all(g, i);
		break;
	case IR_YIELD:
		cg_push_ready(g, cg_user_data(g, i), cg_const(g, 32, 0), cg_const(g, 32, RL_READY_YIELDED));
		cg_store(g, cg_const(g, 32, 1), cg_at(g, CONTROL(yielded)));
		cg_suspend(g, i);
		break;
	default: /* IR_SIGNAL */
		signal_wait(g, i);
		break;
	}
}
