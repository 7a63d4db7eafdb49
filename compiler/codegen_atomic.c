/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen_atomic.c: atomic operations.
 *
 * BPF has instructions for 32 and 64 bits, and loads that acquire and stores that release for 8 and 16 too.
 * What else is done to 8 or 16 bits is done to the aligned word that they lie in: and, or and xor leave the
 * other bits alone as they are; the rest compares and exchanges until nobody has come in between.
 */
#include "codegen.h"
#include "../runtime/image.h"

#define ANY UINT32_MAX      /* as the value that is expected */
#define BROKEN UINT32_MAX   /* as the old value: others were faster for as long as a step may take */
#define KEEP_NONE 0u        /* with the mask: of the old value nothing is kept, an exchange */
#define KEEP_ALL (1u << 16) /* all: an addition */

/* ---- loads and stores ---- */

static LLVMValueRef load(struct cg *g, LLVMValueRef p, unsigned bits, int order)
{
	if (order)
		return cg_load_acquire(g, p, bits);
	LLVMValueRef v = cg_load(g, bits, p);
	LLVMSetVolatile(v, true);
	return v;
}

/* The instructions that give no old value order nothing (as in the kernel: Documentation/atomic_t.txt, and on
 * arm64 in fact). LLVM takes them where the value is not used; so where an order is asked for it is, by
 * nothing. */
void cg_want(struct cg *g, LLVMValueRef v)
{
	LLVMTypeRef of = LLVMTypeOf(v), t = LLVMFunctionType(g->voidt, &of, 1, false);
	LLVMValueRef nothing =
		LLVMGetInlineAsm(t, "", 0, "r", 1, true, false, LLVMInlineAsmDialectATT, false);
	LLVMBuildCall2(g->b, t, nothing, &v, 1, "");
}

/* ---- what BPF has an instruction for ---- */

static const LLVMAtomicOrdering orders[] = {LLVMAtomicOrderingMonotonic, LLVMAtomicOrderingAcquire,
	LLVMAtomicOrderingRelease, LLVMAtomicOrderingSequentiallyConsistent};

static LLVMValueRef modify(struct cg *g, int builtin, LLVMValueRef p, LLVMValueRef v, int order)
{
	static const LLVMAtomicRMWBinOp ops[] = {
		[B_atomic_add] = LLVMAtomicRMWBinOpAdd,
		[B_atomic_sub] = LLVMAtomicRMWBinOpSub,
		[B_atomic_and] = LLVMAtomicRMWBinOpAnd,
		[B_atomic_or] = LLVMAtomicRMWBinOpOr,
		[B_atomic_xor] = LLVMAtomicRMWBinOpXor,
		[B_atomic_xchg] = LLVMAtomicRMWBinOpXchg,
	};
	LLVMValueRef old = LLVMBuildAtomicRMW(g->b, ops[builtin], p, v, orders[order], false);
	if (order)
		cg_want(g, old);
	return old;
}

static LLVMValueRef compare_exchange(
	struct cg *g, LLVMValueRef p, LLVMValueRef expected, LLVMValueRef v, int order)
{
	LLVMAtomicOrdering fail = order == 2 ? LLVMAtomicOrderingMonotonic : orders[order];
	LLVMValueRef both = LLVMBuildAtomicCmpXchg(g->b, p, expected, v, orders[order], fail, false);
	return LLVMBuildExtractValue(g->b, both, 0, "");
}

/* ---- 8 and 16 bits ---- */

/* Where they lie: the word, from the start of the image, and the bit in it. */
struct part {
	LLVMValueRef word, shift;
};

static LLVMValueRef shift_of(struct cg *g, LLVMValueRef offset)
{
	LLVMValueRef byte =
		LLVMBuildTrunc(g->b, LLVMBuildAnd(g->b, offset, cg_const(g, 64, 3), ""), g->i32, "");
	return LLVMBuildShl(g->b, byte, cg_const(g, 32, 3), "");
}

/* The word's number, whose most the verifier knows: of an offset that is rounded down by a mask it keeps the
 * most of the offset, where four bytes may end outside of the image. */
static struct part part_of(struct cg *g, const struct ir_ins *i)
{
	LLVMValueRef offset = cg_offset(g, &i->addr, i->site), base = g->image;
	if (ir_is_region(&i->addr)) {
		offset = cg_in_region(g, offset);
		base = g->region;
	}
	LLVMValueRef number = cg_opaque(g, LLVMBuildLShr(g->b, offset, cg_const(g, 64, 2), ""));
	return (struct part){
		cg_gep(g, base, LLVMBuildShl(g->b, number, cg_const(g, 64, 2), "")), shift_of(g, offset)};
}

static LLVMValueRef shifted(struct cg *g, LLVMValueRef v, const struct part *p)
{
	return LLVMBuildShl(g->b, v, p->shift, "");
}

/* ringlet_narrow(offset, mask | keep, value, expected): the old value v; where it is what is expected it
 * becomes (keep ? v : 0) + value. */
void codegen_narrow(struct cg *g)
{
	LLVMValueRef at = cg_zext(g, cg_arg(g, 0), 64), value = cg_arg(g, 2), expected = cg_arg(g, 3);
	LLVMValueRef mask = LLVMBuildAnd(g->b, cg_arg(g, 1), cg_const(g, 32, KEEP_ALL - 1), "");
	LLVMValueRef keep = LLVMBuildLShr(g->b, cg_arg(g, 1), cg_const(g, 32, 16), "");
	keep = LLVMBuildNeg(g->b, keep, "");
	LLVMBasicBlockRef round = cg_block(g, "attempt"), change = cg_block(g, "change"),
			  again = cg_block(g, "again"), done = cg_block(g, "done"),
			  broken = cg_block(g, "broken");
	struct part p = {cg_byte(g, at, 2, broken), shift_of(g, at)};
	LLVMBuildBr(g->b, round);

	LLVMPositionBuilderAtEnd(g->b, round);
	LLVMValueRef word = cg_load_acquire(g, p.word, 32);
	LLVMValueRef old = LLVMBuildAnd(g->b, LLVMBuildLShr(g->b, word, p.shift, ""), mask, "");
	LLVMValueRef right = LLVMBuildOr(g->b, LLVMBuildICmp(g->b, LLVMIntEQ, old, expected, ""),
		LLVMBuildICmp(g->b, LLVMIntEQ, expected, cg_const(g, 32, ANY), ""), "");
	LLVMBuildCondBr(g->b, right, change, done);

	LLVMPositionBuilderAtEnd(g->b, change);
	LLVMValueRef new = LLVMBuildAdd(g->b, LLVMBuildAnd(g->b, old, keep, ""), value, "");
	LLVMValueRef rest = LLVMBuildAnd(g->b, word, LLVMBuildNot(g->b, shifted(g, mask, &p), ""), "");
	new = LLVMBuildOr(g->b, rest, shifted(g, LLVMBuildAnd(g->b, new, mask, ""), &p), "");
	LLVMValueRef met = compare_exchange(g, p.word, word, new, 3);
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntEQ, met, word, ""), done, again);

	LLVMPositionBuilderAtEnd(g->b, again);
	cg_may_goto(g, broken);
	LLVMBuildBr(g->b, round);

	LLVMPositionBuilderAtEnd(g->b, done);
	LLVMBuildRet(g->b, old);
	LLVMPositionBuilderAtEnd(g->b, broken);
	LLVMBuildRet(g->b, cg_const(g, 32, BROKEN));
}

static LLVMValueRef narrow_call(struct cg *g, const struct ir_ins *i, unsigned bits, uint32_t keep,
	LLVMValueRef value, LLVMValueRef expected)
{
	LLVMValueRef args[] = {LLVMBuildTrunc(g->b, cg_offset(g, &i->addr, i->site), g->i32, ""),
		cg_const(g, 32, ((1u << bits) - 1) | keep), value, expected};
	LLVMValueRef old = cg_call(g, &g->support[SUP_NARROW], args, 4);
	cg_trap_unless(g, LLVMBuildICmp(g->b, LLVMIntNE, old, cg_const(g, 32, BROKEN), ""), i->site,
		cg_const(g, 64, 0));
	return old;
}

static LLVMValueRef narrow(struct cg *g, const struct ir_ins *i, unsigned bits, LLVMValueRef v)
{
	LLVMValueRef any = cg_const(g, 32, ANY);
	switch (i->builtin) {
	case B_atomic_add:
		return narrow_call(g, i, bits, KEEP_ALL, v, any);
	case B_atomic_sub:
		return narrow_call(g, i, bits, KEEP_ALL, LLVMBuildNeg(g->b, v, ""), any);
	case B_atomic_cas: /* the value that is expected comes first */
		return narrow_call(g, i, bits, KEEP_NONE, cg_zext(g, cg_read(g, &i->b), 32), v);
	case B_atomic_and:
	case B_atomic_or:
	case B_atomic_xor:
		break;
	default: /* an exchange, or a store that is one */
		return narrow_call(g, i, bits, KEEP_NONE, v, any);
	}
	struct part p = part_of(g, i);
	LLVMValueRef mask = cg_const(g, 32, (1u << bits) - 1), operand = shifted(g, v, &p);
	if (i->builtin == B_atomic_and)
		operand = LLVMBuildOr(g->b, operand, LLVMBuildNot(g->b, shifted(g, mask, &p), ""), "");
	return LLVMBuildLShr(g->b, modify(g, i->builtin, p.word, operand, i->order), p.shift, "");
}

/* ---- all ---- */

void codegen_atomic(struct cg *g, const struct ir_ins *i)
{
	unsigned bits = i->dst ? g->ir_fn->regs.at[i->dst].bits : i->a.bits;
	LLVMValueRef a = i->a.bits ? cg_read(g, &i->a) : NULL, old;
	if (i->builtin == B_atomic_load) {
		old = load(g, cg_place(g, &i->addr, i->site), bits, i->order);
	} else if (i->builtin == B_atomic_store && i->order == 0) {
		LLVMSetVolatile(cg_store(g, a, cg_place(g, &i->addr, i->site)), true);
		return;
	} else if (i->builtin == B_atomic_store && i->order == 2) {
		cg_store_release(g, cg_place(g, &i->addr, i->site), a, bits);
		return;
	} else if (bits < 32) {
		old = LLVMBuildTrunc(g->b, narrow(g, i, bits, cg_zext(g, a, 32)), cg_int(g, bits), "");
	} else if (i->builtin == B_atomic_cas) {
		old = compare_exchange(g, cg_place(g, &i->addr, i->site), a, cg_read(g, &i->b), i->order);
	} else {
		/* A sequentially consistent store is an exchange whose old value is not wanted. */
		int builtin = i->builtin == B_atomic_store ? B_atomic_xchg : i->builtin;
		old = modify(g, builtin, cg_place(g, &i->addr, i->site), a, i->order);
	}
	if (i->dst)
		cg_write(g, i->dst, old);
}
