/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* codegen_ins.c: each instruction of ir.h in LLVM's terms. */
#include <string.h>
#include "codegen.h"
#include "lower.h"
#include "../runtime/image.h"

/* ---- registers and places ---- */

static LLVMValueRef framed(struct cg *g, const struct ir_register *r)
{
	if (!g->frame) /* a function's: its area is static */
		return cg_at(g, g->ir_fn->offset + r->slot);
	return cg_gep(g, g->frame, cg_const(g, 64, r->slot));
}

static LLVMValueRef read_reg(struct cg *g, ir_reg r)
{
	if (r == IR_SELF)
		return g->self;
	struct ir_register *reg = &g->ir_fn->regs.at[r];
	LLVMValueRef v = cg_load(g, reg->bits, reg->framed ? framed(g, reg) : reg->llvm);
	LLVMSetVolatile(
		v, reg->relieved); /* or LLVM would keep it in a register, or on the stack, after all */
	return v;
}

void cg_write(struct cg *g, ir_reg r, LLVMValueRef v)
{
	struct ir_register *reg = &g->ir_fn->regs.at[r];
	LLVMSetVolatile(cg_store(g, v, reg->framed ? framed(g, reg) : reg->llvm), reg->relieved);
}

LLVMValueRef cg_read(struct cg *g, const struct ir_val *v)
{
	return v->reg ? read_reg(g, v->reg) : cg_const(g, v->bits, v->c);
}

static uint64_t base_offset(struct cg *g, const struct ir_addr *a)
{
	switch (a->base) {
	case BASE_VAR:
		return a->var->offset + a->disp;
	case BASE_AREA:
		return g->ir_fn->offset + a->disp;
	case BASE_DATA:
		return g->ir->data_offset + a->disp;
	default:
		return a->disp;
	}
}

static void trap_unless(struct cg *g, LLVMValueRef ok, uint32_t site, LLVMValueRef value)
{
	LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b), next = cg_block(g, "ok");
	LLVMValueRef s = cg_const(g, 32, site);
	LLVMBuildCondBr(g->b, ok, next, g->trap_block);
	LLVMAddIncoming(g->trap_site, &s, &here, 1);
	LLVMAddIncoming(g->trap_value, &value, &here, 1);
	LLVMPositionBuilderAtEnd(g->b, next);
}

/* An index that an IR_INDEX has checked. Where it was kept in memory since, because the task awaited or
 * registers ran out, the verifier has forgotten its range and is told again. */
static LLVMValueRef index_of(struct cg *g, const struct ir_addr *a, uint32_t term, uint32_t site)
{
	ir_reg r = a->term[term].index;
	LLVMValueRef v = read_reg(g, r);
	if (r == IR_SELF || !g->ir_fn->regs.at[r].framed)
		return v;
	v = cg_opaque(g, v);
	trap_unless(g, LLVMBuildICmp(g->b, LLVMIntULT, v, cg_const(g, 64, a->term[term].limit), ""), site, v);
	return v;
}

/* The indices' part of an address, or NULL. */
static LLVMValueRef terms(struct cg *g, const struct ir_addr *a, uint32_t site)
{
	LLVMValueRef sum = NULL;
	for (uint32_t i = 0; i < a->nterms; i++) {
		LLVMValueRef t =
			LLVMBuildMul(g->b, index_of(g, a, i, site), cg_const(g, 64, a->term[i].stride), "");
		sum = sum ? LLVMBuildAdd(g->b, sum, t, "") : t;
	}
	return sum;
}

static LLVMValueRef place(struct cg *g, const struct ir_addr *a, uint32_t site)
{
	if (a->base == BASE_AT) {
		/* Bytes of a slice: the slice was cut from the image and the index checked against it; the
		 * verifier knows neither, so the offset is held against the whole image once more. */
		LLVMValueRef at = cg_opaque(g, cg_read(g, &a->at));
		LLVMValueRef ok = LLVMBuildICmp(g->b, LLVMIntULT, at, cg_const(g, 64, g->l->size), "");
		trap_unless(g, ok, site, at);
		return cg_gep(g, g->image, at);
	}
	LLVMValueRef t = terms(g, a, site);
	LLVMValueRef p = a->base == BASE_FRAME ? cg_gep(g, g->frame, cg_const(g, 64, a->disp))
					       : cg_at(g, base_offset(g, a));
	return t ? cg_gep(g, p, t) : p;
}

/* The place as a number: an offset from the start of the image. */
LLVMValueRef cg_offset(struct cg *g, const struct ir_addr *a, uint32_t site)
{
	if (a->base == BASE_AT)
		return cg_read(g, &a->at);
	LLVMValueRef sum = cg_const(g, 64, base_offset(g, a)), t = terms(g, a, site);
	if (a->base == BASE_FRAME) {
		sum = cg_const(g, 64, g->ir_fn->offset + a->disp);
		LLVMValueRef f = LLVMBuildMul(g->b, g->self, cg_const(g, 64, g->ir_fn->size), "");
		sum = LLVMBuildAdd(g->b, sum, f, "");
	}
	return t ? LLVMBuildAdd(g->b, sum, t, "") : sum;
}

/* ---- arithmetic ---- */

static LLVMValueRef divide(
	struct cg *g, const struct ir_ins *i, LLVMValueRef a, LLVMValueRef b, unsigned bits)
{
	bool div = i->bop == OP_DIV;
	if (!i->is_signed)
		return div ? LLVMBuildUDiv(g->b, a, b, "") : LLVMBuildURem(g->b, a, b, "");
	/* MIN / -1 wraps; machines trap on it. Dividing by 1 in its place has the remainder right and the
	 * quotient is negated after. */
	LLVMValueRef minus = LLVMBuildICmp(g->b, LLVMIntEQ, b, cg_const(g, bits, UINT64_MAX), "");
	LLVMValueRef by = LLVMBuildSelect(g->b, minus, cg_const(g, bits, 1), b, "");
	if (!div)
		return LLVMBuildSRem(g->b, a, by, "");
	LLVMValueRef q = LLVMBuildSDiv(g->b, a, by, "");
	return LLVMBuildSelect(g->b, minus, LLVMBuildNeg(g->b, a, ""), q, "");
}

static LLVMValueRef binary(struct cg *g, const struct ir_ins *i)
{
	LLVMValueRef a = cg_read(g, &i->a), b = cg_read(g, &i->b);
	unsigned bits = i->a.bits;
	LLVMIntPredicate p;
	switch (i->bop) {
	case OP_ADD:
		return LLVMBuildAdd(g->b, a, b, "");
	case OP_SUB:
		return LLVMBuildSub(g->b, a, b, "");
	case OP_MUL:
		return LLVMBuildMul(g->b, a, b, "");
	case OP_DIV:
	case OP_MOD:
		return divide(g, i, a, b, bits);
	case OP_SHL:
		return LLVMBuildShl(g->b, a, LLVMBuildAnd(g->b, b, cg_const(g, bits, bits - 1), ""), "");
	case OP_SHR:
		b = LLVMBuildAnd(g->b, b, cg_const(g, bits, bits - 1), "");
		return i->is_signed ? LLVMBuildAShr(g->b, a, b, "") : LLVMBuildLShr(g->b, a, b, "");
	case OP_AND:
		return LLVMBuildAnd(g->b, a, b, "");
	case OP_OR:
		return LLVMBuildOr(g->b, a, b, "");
	case OP_XOR:
		return LLVMBuildXor(g->b, a, b, "");
	case OP_EQ:
		p = LLVMIntEQ;
		break;
	case OP_NE:
		p = LLVMIntNE;
		break;
	case OP_LT:
		p = i->is_signed ? LLVMIntSLT : LLVMIntULT;
		break;
	case OP_LE:
		p = i->is_signed ? LLVMIntSLE : LLVMIntULE;
		break;
	case OP_GT:
		p = i->is_signed ? LLVMIntSGT : LLVMIntUGT;
		break;
	default:
		p = i->is_signed ? LLVMIntSGE : LLVMIntUGE;
		break;
	}
	return cg_zext(g, LLVMBuildICmp(g->b, p, a, b, ""), 8);
}

static LLVMValueRef extend(struct cg *g, const struct ir_ins *i)
{
	unsigned to = g->ir_fn->regs.at[i->dst].bits;
	LLVMValueRef a = cg_read(g, &i->a);
	if (to < i->a.bits)
		return LLVMBuildTrunc(g->b, a, cg_int(g, to), "");
	if (to == i->a.bits)
		return a;
	return i->is_signed ? LLVMBuildSExt(g->b, a, cg_int(g, to), "") : cg_zext(g, a, to);
}

static LLVMValueRef byte_swap(struct cg *g, LLVMValueRef v)
{
	LLVMTypeRef t = LLVMTypeOf(v);
	unsigned id = LLVMLookupIntrinsicID("llvm.bswap", 10);
	LLVMValueRef fn = LLVMGetIntrinsicDeclaration(g->module, id, &t, 1);
	return LLVMBuildCall2(g->b, LLVMIntrinsicGetType(g->ctx, id, &t, 1), fn, &v, 1, "");
}

LLVMValueRef cg_bool(struct cg *g, LLVMValueRef v)
{
	return LLVMBuildICmp(g->b, LLVMIntNE, v, LLVMConstNull(LLVMTypeOf(v)), "");
}

/* ---- memory ---- */

/* Straight-line up to a size, a loop past it: LLVM's own memset would be a call to a function that is not
 * there. */
#define INLINE_BYTES 256

struct fill {
	LLVMValueRef to, from; /* from: NULL for zeroes */
};

static void move_unit(struct cg *g, const struct fill *f, LLVMValueRef off, unsigned bits)
{
	LLVMValueRef v = f->from ? cg_load(g, bits, cg_gep(g, f->from, off)) : cg_const(g, bits, 0);
	/* What is copied may lie at any alignment that its type allows: bytes are always right. */
	cg_store(g, v, cg_gep(g, f->to, off));
}

static void move_bytes(struct cg *g, const struct fill *f, uint64_t size, unsigned unit)
{
	uint64_t done = 0;
	if (size > INLINE_BYTES) {
		/* The counter starts at what the verifier does not know and is checked by its own bound. */
		LLVMValueRef n = cg_alloca(g, g->i64);
		uint64_t whole = size / unit * unit;
		cg_store(g, cg_unknown_zero(g, 64), n);
		LLVMBasicBlockRef head = cg_block(g, "fill"), body = cg_block(g, "filling"),
				  end = cg_block(g, "filled");
		LLVMBuildBr(g->b, head);
		LLVMPositionBuilderAtEnd(g->b, head);
		LLVMValueRef at = cg_opaque(g, cg_load(g, 64, n));
		LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntULE, at, cg_const(g, 64, whole - unit), ""),
			body, end);
		LLVMPositionBuilderAtEnd(g->b, body);
		move_unit(g, f, at, unit * 8);
		cg_store(g, LLVMBuildAdd(g->b, at, cg_const(g, 64, unit), ""), n);
		cg_may_goto(g, end);
		LLVMBuildBr(g->b, head);
		LLVMPositionBuilderAtEnd(g->b, end);
		done = whole;
	}
	for (; done < size; done += unit) {
		while (unit > size - done)
			unit /= 2;
		move_unit(g, f, cg_const(g, 64, done), unit * 8);
	}
}

static unsigned unit_of(const struct ir_addr *a, const struct ir_addr *b)
{
	/* Frames, areas and variables of 8 bytes or more are aligned to 8; an element or field may not be. */
	uint64_t all = a->disp | (b ? b->disp : 0);
	for (uint32_t i = 0; i < a->nterms; i++)
		all |= a->term[i].stride;
	for (uint32_t i = 0; b && i < b->nterms; i++)
		all |= b->term[i].stride;
	unsigned unit = 8;
	while (all % unit)
		unit /= 2;
	return unit;
}

static void fill(struct cg *g, const struct ir_ins *i)
{
	struct fill f = {.to = place(g, &i->addr, i->site)};
	if (i->op == IR_COPY)
		f.from = place(g, &i->addr2, i->site);
	move_bytes(g, &f, i->limit, unit_of(&i->addr, i->op == IR_COPY ? &i->addr2 : NULL));
}

static void literal(struct cg *g, const struct ir_ins *i)
{
	struct fill f = {.to = place(g, &i->addr, i->site), .from = cg_at(g, g->ir->data_offset + i->b.c)};
	move_bytes(g, &f, i->limit, 1);
}

/* ---- atomics ---- */

static LLVMValueRef atomic_load(struct cg *g, LLVMValueRef p, unsigned bits, int order)
{
	if (order)
		return cg_load_acquire(g, p, bits);
	LLVMValueRef v = cg_load(g, bits, p);
	LLVMSetVolatile(v, true);
	return v;
}

static void atomic_store(struct cg *g, LLVMValueRef p, LLVMValueRef v, unsigned bits, int order)
{
	if (order == 0)
		LLVMSetVolatile(cg_store(g, v, p), true);
	else if (order == 2)
		cg_store_release(g, p, v, bits);
	else /* a sequentially consistent store is an exchange whose old value is not wanted */
		LLVMBuildAtomicRMW(
			g->b, LLVMAtomicRMWBinOpXchg, p, v, LLVMAtomicOrderingSequentiallyConsistent, false);
}

/* The instructions that give no old value order nothing (as in the kernel: Documentation/atomic_t.txt, and on
 * arm64 in fact). LLVM takes them where the value is not used; so where an order is asked for it is, by
 * nothing. */
static void want(struct cg *g, LLVMValueRef v)
{
	LLVMTypeRef of = LLVMTypeOf(v), t = LLVMFunctionType(g->voidt, &of, 1, false);
	LLVMValueRef nothing =
		LLVMGetInlineAsm(t, "", 0, "r", 1, true, false, LLVMInlineAsmDialectATT, false);
	LLVMBuildCall2(g->b, t, nothing, &v, 1, "");
}

static void atomic(struct cg *g, const struct ir_ins *i)
{
	static const LLVMAtomicRMWBinOp ops[] = {
		[B_atomic_add] = LLVMAtomicRMWBinOpAdd,
		[B_atomic_sub] = LLVMAtomicRMWBinOpSub,
		[B_atomic_and] = LLVMAtomicRMWBinOpAnd,
		[B_atomic_or] = LLVMAtomicRMWBinOpOr,
		[B_atomic_xor] = LLVMAtomicRMWBinOpXor,
		[B_atomic_xchg] = LLVMAtomicRMWBinOpXchg,
	};
	static const LLVMAtomicOrdering orders[] = {LLVMAtomicOrderingMonotonic, LLVMAtomicOrderingAcquire,
		LLVMAtomicOrderingRelease, LLVMAtomicOrderingSequentiallyConsistent};
	LLVMValueRef p = place(g, &i->addr, i->site), a = i->a.bits ? cg_read(g, &i->a) : NULL, v;
	unsigned bits = i->dst ? g->ir_fn->regs.at[i->dst].bits : i->a.bits;
	if (i->builtin == B_atomic_store) {
		atomic_store(g, p, a, bits, i->order);
		return;
	}
	if (i->builtin == B_atomic_load) {
		v = atomic_load(g, p, bits, i->order);
	} else if (i->builtin == B_atomic_cas) {
		LLVMAtomicOrdering fail = i->order == 2 ? LLVMAtomicOrderingMonotonic : orders[i->order];
		v = LLVMBuildAtomicCmpXchg(g->b, p, a, cg_read(g, &i->b), orders[i->order], fail, false);
		v = LLVMBuildExtractValue(g->b, v, 0, "");
	} else {
		v = LLVMBuildAtomicRMW(g->b, ops[i->builtin], p, a, orders[i->order], false);
		if (i->order)
			want(g, v);
	}
	cg_write(g, i->dst, v);
}

/* ---- calls ---- */

static void after_call(struct cg *g, const struct ir_fn *callee)
{
	if (!callee->can_trap)
		return;
	LLVMBasicBlockRef next = cg_block(g, "returned");
	LLVMValueRef status = cg_load(g, 32, cg_at(g, CONTROL(status)));
	LLVMBuildCondBr(g->b, cg_bool(g, status), g->trapped_block, next);
	LLVMPositionBuilderAtEnd(g->b, next);
}

static void call(struct cg *g, const struct ir_ins *i)
{
	struct ir_fn *callee = i->sym->ir;
	LLVMValueRef args[MAX_REGISTER_ARGS];
	unsigned n = 0;
	for (size_t k = 0; k < i->args.n; k++) {
		LLVMValueRef v = cg_read(g, &i->args.at[k]);
		if (k < MAX_REGISTER_ARGS)
			args[n++] = v;
		else
			cg_store(g, v,
				cg_at(g, callee->offset + callee->spilled_params +
						 (k - MAX_REGISTER_ARGS) * 8));
	}
	LLVMValueRef v = cg_call(g, &g->fns[callee->index], args, n);
	after_call(g, callee);
	if (i->dst)
		cg_write(g, i->dst, v);
}

static void spawn(struct cg *g, const struct ir_ins *i)
{
	struct ir_fn *task = i->sym->ir;
	LLVMValueRef self = cg_opaque(g, cg_zext(g, cg_call(g, &g->task_spawn[i->sym->index], NULL, 0), 64));
	LLVMValueRef ok = LLVMBuildICmp(g->b, LLVMIntULT, self, cg_const(g, 64, i->sym->count), "");
	LLVMBasicBlockRef got = cg_block(g, "spawned"), end = cg_block(g, "tried");
	cg_write(g, i->dst, cg_zext(g, ok, 8));
	LLVMBuildCondBr(g->b, ok, got, end);
	LLVMPositionBuilderAtEnd(g->b, got);
	/* Its arguments go straight into the new instance's frame. */
	LLVMValueRef frame =
		cg_gep(g, cg_at(g, task->offset), LLVMBuildMul(g->b, self, cg_const(g, 64, task->size), ""));
	for (size_t k = 0; k < i->args.n; k++)
		cg_store(g, cg_read(g, &i->args.at[k]),
			cg_gep(g, frame, cg_const(g, 64, task->regs.at[task->params.at[k]].slot)));
	LLVMBuildBr(g->b, end);
	LLVMPositionBuilderAtEnd(g->b, end);
}

static void fail(struct cg *g, const struct ir_ins *i)
{
	LLVMValueRef state = cg_load(g, 32, cg_gep(g, g->frame, cg_const(g, 64, FRAME_STATE)));
	uint32_t kind = i->on_purpose ? RL_FAIL_FAIL : RL_FAIL_ERROR;
	LLVMValueRef args[] = {cg_const(g, 32, kind << FAIL_KIND_SHIFT | i->site),
		cg_const(g, 32, g->ir_fn->sym->index), LLVMBuildTrunc(g->b, g->self, g->i32, ""),
		LLVMBuildSExt(g->b, cg_read(g, &i->a), g->i64, ""), state};
	cg_call(g, &g->support[SUP_FAIL], args, 5);
}

static void log_message(struct cg *g, const struct ir_ins *i)
{
	const struct ir_log *log = &g->ir->logs.at[i->limit];
	bool task = g->ir_fn->sym->kind == SYM_TASK;
	LLVMValueRef args[] = {cg_const(g, 32, i->limit),
		cg_const(g, 32, task ? g->ir_fn->sym->index : UINT32_MAX),
		task ? LLVMBuildTrunc(g->b, g->self, g->i32, "") : cg_const(g, 32, 0)};
	LLVMValueRef slot = cg_opaque(g, cg_zext(g, cg_call(g, &g->support[SUP_LOG], args, 3), 64));
	LLVMBasicBlockRef got = cg_block(g, "log"), end = cg_block(g, "logged");
	/* 0, for no slot, becomes a large number */
	LLVMValueRef at = cg_opaque(g, LLVMBuildSub(g->b, slot, cg_const(g, 64, g->l->log), ""));
	uint64_t last = (uint64_t)(g->l->log_slots - 1) * sizeof(struct rl_log);
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntULE, at, cg_const(g, 64, last), ""), got, end);
	LLVMPositionBuilderAtEnd(g->b, got);
	LLVMValueRef p = cg_gep(g, cg_at(g, g->l->log), at);
	size_t from = 0;
	for (size_t k = 0; k < log->args.n; k++) {
		LLVMValueRef v = cg_read(g, &i->args.at[from++]);
		if (!strcmp(log->args.at[k], "slice") || !strcmp(log->args.at[k], "text")) {
			LLVMValueRef text[] = {
				LLVMBuildTrunc(g->b, at, g->i32, ""), v, cg_read(g, &i->args.at[from++])};
			v = cg_call(g, &g->support[SUP_LOG_TEXT], text, 3);
		}
		cg_store(g, v, cg_gep(g, p, cg_const(g, 64, offsetof(struct rl_log, arg) + 8 * k)));
	}
	/* Published when it is whole: another thread of the host may be reading. */
	LLVMValueRef tail_at = cg_at(g, CONTROL(log_tail)), tail = cg_load(g, 32, tail_at);
	cg_store_release(g, tail_at, LLVMBuildAdd(g->b, tail, cg_const(g, 32, 1), ""), 32);
	LLVMBuildBr(g->b, end);
	LLVMPositionBuilderAtEnd(g->b, end);
}

/* Which of the descriptors' parameters this is, if it is one that is a stream. */
static LLVMValueRef stream_of(struct cg *g, LLVMValueRef f)
{
	LLVMValueRef r = cg_const(g, 32, UINT64_MAX);
	for (size_t i = g->l->fds.n; i-- > 0;) {
		const struct symbol *v = g->l->fds.at[i];
		LLVMValueRef same =
			LLVMBuildICmp(g->b, LLVMIntEQ, f, cg_load(g, 32, cg_at(g, v->offset)), "");
		LLVMValueRef stream = cg_bool(g, cg_load(g, 32, cg_at(g, v->stream)));
		r = LLVMBuildSelect(g->b, LLVMBuildAnd(g->b, same, stream, ""), cg_const(g, 32, i), r, "");
	}
	return r;
}

static void loop_edge(struct cg *g, const struct ir_ins *i)
{
	LLVMBasicBlockRef over = cg_block(g, "over");
	if (!i->bounded) {
		LLVMValueRef left = LLVMBuildSub(g->b, cg_load(g, 32, g->budget), cg_const(g, 32, 1), "");
		LLVMBasicBlockRef next = cg_block(g, "round");
		cg_store(g, left, g->budget);
		LLVMBuildCondBr(g->b, cg_bool(g, left), next, over);
		LLVMPositionBuilderAtEnd(g->b, next);
	}
	cg_may_goto(g, over);
	LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b);
	if (!LLVMGetFirstUse(LLVMBasicBlockAsValue(over))) {
		LLVMDeleteBasicBlock(over);
		return;
	}
	LLVMPositionBuilderAtEnd(g->b, over);
	trap_unless(g, LLVMConstInt(g->i1, 0, false), i->site, cg_const(g, 64, 0));
	LLVMBuildUnreachable(g->b);
	LLVMPositionBuilderAtEnd(g->b, here);
}

static LLVMValueRef through_memory(struct cg *g, LLVMValueRef v)
{
	LLVMValueRef at = cg_at(g, CONTROL(scratch));
	LLVMSetVolatile(cg_store(g, v, at), true);
	v = cg_load(g, 64, at);
	LLVMSetVolatile(v, true);
	return v;
}

/* ---- all ---- */

static void terminator(struct cg *g, const struct ir_ins *i)
{
	switch (i->op) {
	case IR_JUMP:
		LLVMBuildBr(g->b, i->t->llvm);
		break;
	case IR_BRANCH:
		LLVMBuildCondBr(g->b, cg_bool(g, cg_read(g, &i->a)), i->t->llvm, i->f->llvm);
		break;
	case IR_SWITCH: {
		LLVMValueRef s = LLVMBuildSwitch(g->b, cg_read(g, &i->a), i->t->llvm, (unsigned)i->cases.n);
		for (size_t k = 0; k < i->cases.n; k++)
			LLVMAddCase(s, cg_const(g, i->a.bits, i->cases.at[k].value), i->cases.at[k].to->llvm);
		break;
	}
	case IR_AWAIT:
	case IR_AWAIT_ALL:
	case IR_SIGNAL:
		codegen_await(g, i);
		break;
	case IR_END: {
		LLVMValueRef self = LLVMBuildTrunc(g->b, g->self, g->i32, "");
		/* So that whoever looks at the frame sees that nothing runs in it. */
		cg_store(g, cg_const(g, 32, 0), cg_gep(g, g->frame, cg_const(g, 64, FRAME_STATE)));
		cg_call(g, &g->task_end[g->ir_fn->sym->index], &self, 1);
		LLVMBuildRet(g->b, cg_const(g, 32, 0));
		break;
	}
	case IR_RETURN:
		LLVMBuildRet(g->b, i->a.bits
					   ? cg_read(g, &i->a)
					   : LLVMConstNull(LLVMGetReturnType(LLVMGlobalGetValueType(g->fn))));
		break;
	default: { /* IR_TRAP */
		LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b);
		LLVMValueRef site = cg_const(g, 32, i->site), value = cg_const(g, 64, 0);
		LLVMBuildBr(g->b, g->trap_block);
		LLVMAddIncoming(g->trap_site, &site, &here, 1);
		LLVMAddIncoming(g->trap_value, &value, &here, 1);
		break;
	}
	}
}

void codegen_ins(struct cg *g, const struct ir_ins *i)
{
	LLVMValueRef v = NULL;
	switch (i->op) {
	case IR_MOV:
		v = cg_read(g, &i->a);
		break;
	case IR_BIN:
		v = binary(g, i);
		break;
	case IR_NEG:
		v = LLVMBuildNeg(g->b, cg_read(g, &i->a), "");
		break;
	case IR_COM:
		v = LLVMBuildNot(g->b, cg_read(g, &i->a), "");
		break;
	case IR_EXT:
		v = extend(g, i);
		break;
	case IR_BSWAP:
		v = byte_swap(g, cg_read(g, &i->a));
		break;
	case IR_OPAQUE:
		v = LLVMBuildAdd(g->b, cg_read(g, &i->a), cg_unknown_zero(g, i->a.bits), "");
		break;
	case IR_SELF_REG:
		v = LLVMBuildTrunc(g->b, g->self, g->i32, "");
		break;
	case IR_INDEX:
		v = cg_read(g, &i->a);
		if (g->ir_fn->winding)
			v = through_memory(g, v);
		v = cg_opaque(g, v);
		trap_unless(g, LLVMBuildICmp(g->b, LLVMIntULT, v, cg_const(g, 64, i->limit), ""), i->site, v);
		break;
	case IR_CHECK: {
		LLVMValueRef shown = cg_read(g, &i->b);
		trap_unless(g, cg_bool(g, cg_read(g, &i->a)), i->site, shown);
		break;
	}
	case IR_LOAD:
		v = cg_load(g, g->ir_fn->regs.at[i->dst].bits, place(g, &i->addr, i->site));
		break;
	case IR_STORE:
		cg_store(g, cg_read(g, &i->a), place(g, &i->addr, i->site));
		break;
	case IR_OFFSET:
		v = LLVMBuildTrunc(g->b, cg_offset(g, &i->addr, i->site), g->i32, "");
		break;
	case IR_ADDRESS:
		v = LLVMBuildAdd(
			g->b, cg_load(g, 64, cg_at(g, CONTROL(base))), cg_zext(g, cg_read(g, &i->a), 64), "");
		break;
	case IR_DATA:
		literal(g, i);
		break;
	case IR_COPY:
	case IR_ZERO:
		fill(g, i);
		break;
	case IR_ATOMIC:
		atomic(g, i);
		break;
	case IR_CALL:
		call(g, i);
		break;
	case IR_SPAWN:
		spawn(g, i);
		break;
	case IR_WAKE: {
		LLVMValueRef key = LLVMBuildTrunc(g->b, cg_offset(g, &i->addr, i->site), g->i32, "");
		cg_call(g, &g->support[SUP_WAKE], &key, 1);
		break;
	}
	case IR_LOG:
		log_message(g, i);
		break;
	case IR_PROGRESS:
		cg_store(g, cg_read(g, &i->a), cg_at(g, CONTROL(progress_done)));
		cg_store(g, cg_read(g, &i->b), cg_at(g, CONTROL(progress_total)));
		break;
	case IR_STREAM:
		v = stream_of(g, cg_read(g, &i->a));
		break;
	case IR_PATH: {
		LLVMValueRef args[] = {cg_read(g, &i->a), cg_read(g, &i->b)};
		v = LLVMBuildTrunc(g->b, cg_call(g, &g->support[SUP_PATH], args, 2), g->i8, "");
		break;
	}
	case IR_FAIL:
		fail(g, i);
		break;
	case IR_LOOP:
		loop_edge(g, i);
		break;
	default:
		terminator(g, i);
		break;
	}
	if (v)
		cg_write(g, i->dst, v);
}
