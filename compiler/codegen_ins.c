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

void cg_trap_unless(struct cg *g, LLVMValueRef ok, uint32_t site, LLVMValueRef value)
{
	LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b), next = cg_block(g, "ok");
	LLVMValueRef s = cg_const(g, 32, site);
	cg_expect(g, ok, next, g->trap_block);
	LLVMAddIncoming(g->trap_site, &s, &here, 1);
	LLVMAddIncoming(g->trap_value, &value, &here, 1);
	LLVMPositionBuilderAtEnd(g->b, next);
}

void cg_trap_at(struct cg *g, LLVMBasicBlockRef block, uint32_t site, LLVMValueRef value)
{
	LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b);
	LLVMValueRef s = cg_const(g, 32, site);
	LLVMPositionBuilderAtEnd(g->b, block);
	LLVMBuildBr(g->b, g->trap_block);
	LLVMAddIncoming(g->trap_site, &s, &block, 1);
	LLVMAddIncoming(g->trap_value, &value, &block, 1);
	LLVMPositionBuilderAtEnd(g->b, here);
}

/* Of 64 bits; the verifier knows it of what this gives. A limit of 0 is that of the region. */
static LLVMValueRef below_or_trap(struct cg *g, LLVMValueRef v, uint64_t limit, uint32_t site)
{
	LLVMValueRef most = limit ? cg_const(g, 64, limit) : cg_region_elements(g);
	v = cg_opaque(g, v);
	cg_trap_unless(g, LLVMBuildICmp(g->b, LLVMIntULT, v, most, ""), site, v);
	return v;
}

static LLVMValueRef masked(struct cg *g, LLVMValueRef v, uint64_t limit)
{
	v = LLVMBuildAnd(g->b, cg_opaque(g, v), cg_const(g, 64, mask_over(limit - 1)), "");
	return cg_opaque(g, v);
}

/* What IR_INDEX told the verifier of an index, by a check or a mask, it has not forgotten since. Where the
 * index was kept in memory, because the task awaited or registers ran out, it has; so where a loop may have
 * come in between: once a branch has told one round more of a value than another, the verifier takes it for
 * anything in the third (widen_imprecise_scalars, Linux 6.9). */
static bool verifier_knows(const struct cg *g, ir_reg r)
{
	const struct ir_register *reg = &g->ir_fn->regs.at[r];
	return !reg->framed && (!g->ir_fn->nloops || reg->checked_in == g->stretch);
}

/* Whether all that an address could be to the verifier is in the image, if indices that were not checked just
 * now are masked: that is all that it wants to know. */
static bool masks_suffice(struct cg *g, const struct ir_addr *a)
{
	const struct ir_fn *fn = g->ir_fn;
	uint64_t end = base_offset(g, a), largest = 0;
	if (ir_is_region(a))
		return false; /* who knows how large it is */
	if (a->base == BASE_FRAME)
		end += fn->offset + (uint64_t)fn->size * fn->sym->count;
	if (a->base == BASE_REQUEST)
		end += g->l->requests + (uint64_t)g->l->request_slots * g->ir->request_bytes;
	for (uint32_t i = 0; i < a->nterms; i++) {
		ir_reg r = a->term[i].index;
		uint64_t most = a->term[i].limit - 1;
		bool exact = r == IR_SELF || (verifier_knows(g, r) && !fn->regs.at[r].sure);
		end += (exact ? most : mask_over(most)) * a->term[i].stride;
		largest = a->term[i].stride > largest ? a->term[i].stride : largest;
	}
	return end + largest <= g->l->size;
}

/* An index that has passed its IR_INDEX, or the instance's number, in a form that the verifier knows. */
LLVMValueRef cg_index(struct cg *g, const struct ir_addr *a, uint32_t term, uint32_t site)
{
	ir_reg r = a->term[term].index;
	LLVMValueRef v = read_reg(g, r);
	if (r == IR_SELF) {
		if (!g->ir_fn->nloops || LLVMIsConstant(v))
			return v;
	} else {
		bool knows = verifier_knows(g, r), suffice = masks_suffice(g, a);
		if (knows && (suffice || !g->ir_fn->regs.at[r].sure))
			return v;
		if (suffice)
			return masked(g, v, a->term[term].limit);
	}
	return below_or_trap(g, v, a->term[term].limit, site);
}

/* The indices' part of an address, or NULL. */
static LLVMValueRef terms(struct cg *g, const struct ir_addr *a, uint32_t site)
{
	LLVMValueRef sum = NULL;
	for (uint32_t i = 0; i < a->nterms; i++) {
		LLVMValueRef t =
			LLVMBuildMul(g->b, cg_index(g, a, i, site), cg_const(g, 64, a->term[i].stride), "");
		/* Or LLVM adds what has no bits in common by `or`, whose range the verifier rounds up. */
		if (a->nterms > 1)
			t = cg_opaque(g, t);
		sum = sum ? LLVMBuildAdd(g->b, sum, t, "") : t;
	}
	return sum;
}

/* What the SQE that is written next keeps outside of it: by the number of its submission, so that it is not
 * used again before that is over. */
static LLVMValueRef request_part(struct cg *g)
{
	LLVMValueRef n = LLVMBuildAdd(g->b, cg_load(g, 32, cg_at(g, CONTROL(submitted))),
		cg_load(g, 32, cg_at(g, CONTROL(sq_n))), "");
	n = LLVMBuildAnd(g->b, n, cg_const(g, 32, g->l->request_slots - 1), "");
	return LLVMBuildMul(g->b, cg_zext(g, n, 64), cg_const(g, 64, g->ir->request_bytes), "");
}

LLVMValueRef cg_place(struct cg *g, const struct ir_addr *a, uint32_t site)
{
	if (a->base == BASE_AT) {
		/* Bytes of a slice: the slice was cut and the index checked against it; the verifier knows
		 * neither, so the offset is held against the whole image, or region, once more. */
		LLVMBasicBlockRef outside = cg_block(g, "outside");
		LLVMValueRef at = cg_read(g, &a->at), p = cg_byte(g, at, 0, outside);
		cg_trap_at(g, outside, site, at);
		return p;
	}
	LLVMValueRef t = terms(g, a, site);
	LLVMValueRef p = ir_is_region(a)         ? cg_gep(g, g->region, cg_const(g, 64, a->disp))
			 : a->base == BASE_FRAME ? cg_gep(g, g->frame, cg_const(g, 64, a->disp))
			 : a->base == BASE_REQUEST
				 ? cg_gep(g, cg_at(g, g->l->requests + a->disp), request_part(g))
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
	if (a->base == BASE_REQUEST)
		sum = LLVMBuildAdd(g->b, cg_const(g, 64, g->l->requests + a->disp), request_part(g), "");
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
	if (done)
		g->stretch++;
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
	struct fill f = {.to = cg_place(g, &i->addr, i->site)};
	if (i->op == IR_COPY)
		f.from = cg_place(g, &i->addr2, i->site);
	move_bytes(g, &f, i->limit, unit_of(&i->addr, i->op == IR_COPY ? &i->addr2 : NULL));
}

static void literal(struct cg *g, const struct ir_ins *i)
{
	struct fill f = {.to = cg_place(g, &i->addr, i->site), .from = cg_at(g, g->ir->data_offset + i->b.c)};
	move_bytes(g, &f, i->limit, 1);
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
	unsigned n = 0, in_registers = ir_register_args(callee);
	for (size_t k = 0; k < i->args.n; k++) {
		LLVMValueRef v = cg_read(g, &i->args.at[k]);
		if (k < in_registers)
			args[n++] = v;
		else
			cg_store(g, v,
				cg_at(g, callee->offset + callee->spilled_params + (k - in_registers) * 8));
	}
	bool spends = callee->counted || callee->calls_counted;
	if (spends)
		cg_give_budget(g);
	LLVMValueRef v = cg_call(g, &g->fns[callee->index], args, n);
	if (spends)
		cg_take_budget(g);
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

static void loop_edge(struct cg *g, const struct ir_ins *i)
{
	LLVMBasicBlockRef over = cg_block(g, "over");
	if (i->loop->counted) {
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
	cg_trap_unless(g, LLVMConstInt(g->i1, 0, false), i->site, cg_const(g, 64, 0));
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
		if (i->unlikely)
			cg_expect(g, LLVMBuildNot(g->b, cg_bool(g, cg_read(g, &i->a)), ""), i->f->llvm,
				i->t->llvm);
		else
			LLVMBuildCondBr(g->b, cg_bool(g, cg_read(g, &i->a)), i->t->llvm, i->f->llvm);
		break;
	case IR_SWITCH: {
		LLVMValueRef s = LLVMBuildSwitch(g->b, cg_read(g, &i->a), i->t->llvm, (unsigned)i->cases.n);
		for (size_t k = 0; k < i->cases.n; k++)
			LLVMAddCase(s, cg_const(g, i->a.bits, i->cases.at[k].value), i->cases.at[k].to->llvm);
		break;
	}
	case IR_TAKE:
	case IR_WAIT:
		codegen_queue(g, i);
		break;
	case IR_NEXT:
		codegen_next(g, i);
		break;
	case IR_AWAIT:
	case IR_SUSPEND:
	case IR_CANCELED:
	case IR_TIMED_END:
	case IR_YIELD:
	case IR_AWAIT_ALL:
	case IR_SIGNAL:
		codegen_await(g, i);
		break;
	case IR_END: {
		if (g->ir_fn->arm) {
			codegen_arm_end(g, i);
			break;
		}
		cg_trace(g, 0);
		LLVMValueRef args[] = {LLVMBuildTrunc(g->b, g->self, g->i32, ""), NULL};
		/* So that whoever looks at the frame sees that nothing runs in it. */
		cg_store(g, cg_const(g, 32, 0), cg_gep(g, g->frame, cg_const(g, 64, FRAME_STATE)));
		if (g->ir_fn->sym->cancellable)
			cg_write(g, g->ir_fn->timed[0].expired, cg_const(g, 32, 1));
		if (g->next)
			args[1] = cg_load(g, 64, g->next);
		LLVMBuildRet(g->b, cg_call(g, &g->task_end[g->ir_fn->sym->index], args, g->next ? 2 : 1));
		break;
	}
	case IR_RETURN:
		cg_give_budget(g);
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
		/* In all 64 bits: a byte that is kept in a register of 64 would count up past its range
		 * there. */
		v = LLVMBuildTrunc(g->b, cg_unknown_zero(g, 64), cg_int(g, i->a.bits), "");
		v = LLVMBuildAdd(g->b, cg_read(g, &i->a), v, "");
		break;
	case IR_SELF_REG:
		v = LLVMBuildTrunc(g->b, g->self, g->i32, "");
		break;
	case IR_INDEX:
		v = cg_read(g, &i->a);
		if (i->sure && g->ir_fn->regs.at[i->dst].framed)
			break; /* the verifier would not know it where it is used */
		if (g->ir_fn->winding && !i->sure)
			v = through_memory(g, v);
		v = i->sure ? masked(g, v, i->limit) : below_or_trap(g, v, i->limit, i->site);
		g->ir_fn->regs.at[i->dst].checked_in = g->stretch;
		break;
	case IR_CHECK: {
		LLVMValueRef shown = cg_read(g, &i->b);
		cg_trap_unless(g, cg_bool(g, cg_read(g, &i->a)), i->site, shown);
		break;
	}
	case IR_LOAD:
		v = cg_load(g, g->ir_fn->regs.at[i->dst].bits, cg_place(g, &i->addr, i->site));
		break;
	case IR_STORE:
		cg_store(g, cg_read(g, &i->a), cg_place(g, &i->addr, i->site));
		break;
	case IR_OFFSET:
		v = LLVMBuildTrunc(g->b, cg_offset(g, &i->addr, i->site), g->i32, "");
		break;
	case IR_REGION_LEN:
		v = i->limit ? cg_region_bytes(g) : cg_region_elements(g);
		v = LLVMBuildTrunc(g->b, v, g->i32, "");
		break;
	case IR_ADDRESS:
		v = cg_address(g, cg_read(g, &i->a));
		break;
	case IR_DATA:
		literal(g, i);
		break;
	case IR_COPY:
	case IR_ZERO:
		fill(g, i);
		break;
	case IR_ATOMIC:
		codegen_atomic(g, i);
		break;
	case IR_CALL:
		call(g, i);
		break;
	case IR_SPAWN:
		spawn(g, i);
		break;
	case IR_ARM_START:
		codegen_arm_start(g, i);
		break;
	case IR_ARM_CANCEL:
		codegen_arm_cancel(g, i->sym);
		break;
	case IR_CANCEL_ALL:
		v = LLVMBuildTrunc(g->b, cg_call(g, &g->task_cancel[i->sym->index], NULL, 0), g->i8, "");
		break;
	case IR_WAKE: {
		if (!g->ir->uses_signal)
			break; /* there are no lists, as nothing in the program waits */
		LLVMValueRef key = LLVMBuildTrunc(g->b, cg_offset(g, &i->addr, i->site), g->i32, "");
		LLVMValueRef args[] = {cg_signal_list(g, key), key, cg_const(g, 32, 0), cg_const(g, 32, 0)};
		cg_call(g, &g->support[SUP_WAKE], args, 4);
		break;
	}
	case IR_LOG:
		codegen_log(g, i);
		break;
	case IR_PROGRESS:
		cg_store(g, cg_read(g, &i->a), cg_at(g, CONTROL(progress_done)));
		cg_store(g, cg_read(g, &i->b), cg_at(g, CONTROL(progress_total)));
		break;
	case IR_STREAM: {
		LLVMValueRef f = cg_read(g, &i->a);
		v = cg_call(g, &g->support[SUP_STREAM_OF], &f, 1);
		break;
	}
	case IR_COPY_USER: {
		LLVMValueRef args[] = {cg_read(g, &i->a), cg_read(g, &i->b), cg_read(g, &i->args.at[0])};
		v = cg_call(g, &g->support[SUP_COPY_USER], args, 3);
		break;
	}
	case IR_PATH: {
		LLVMValueRef args[] = {cg_read(g, &i->a), cg_read(g, &i->b)};
		v = LLVMBuildTrunc(g->b, cg_call(g, &g->support[SUP_PATH], args, 2), g->i8, "");
		break;
	}
	case IR_REQUEST:
		codegen_await(g, i);
		break;
	case IR_GIVE:
		codegen_give(g, i);
		break;
	case IR_REFILL:
		v = codegen_refill(g, i);
		break;
	case IR_SUBMIT:
	case IR_EMIT:
	case IR_REAP:
	case IR_RUN:
	case IR_ENTRY:
	case IR_TOOK:
	case IR_LEN:
	case IR_FIND:
	case IR_PARK:
		codegen_queue(g, i);
		break;
	case IR_UNPARK:
		v = cg_unpark(g, (unsigned)i->limit);
		break;
	case IR_STOPPING:
		v = cg_zext(g, cg_bool(g, cg_load(g, 32, cg_at(g, CONTROL(stopping)))), 8);
		break;
	case IR_FAIL:
		codegen_fail(g, i);
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
