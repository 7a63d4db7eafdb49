/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen_region.c: memory of the host's. On the kernel engine the ring has it as its parameter region; the
 * kfunc bpf_io_uring_get_region(ctx, IOU_REGION_MEM, size) gives its address, which is good for one
 * activation (Linux 7.1, io_uring/bpf-ops.c). Only who has the context can ask, so tasks and functions that
 * touch the region are given it: a global function may take one whose BTF says so ("arg:ctx").
 *
 * The verifier knows of that memory as many bytes as the call asks for, which has to be a number that it
 * knows: the runtime writes it into a map that is frozen before the program is loaded. A native step finds
 * the same numbers, and the address, in the control block: native.c.
 */
#include "codegen.h"
#include "../runtime/image.h"
#include "../runtime/manifest.h"

#define IOU_REGION_MEM 0

_Static_assert(sizeof(struct rl_region) == 16, "two words");

void codegen_region_declare(struct cg *g)
{
	if (!g->ir->p->region)
		return;
	LLVMTypeRef words = LLVMArrayType2(g->i64, 2);
	g->region_info = LLVMAddGlobal(g->module, words, "region");
	LLVMSetInitializer(g->region_info, LLVMConstNull(words));
	LLVMSetSection(g->region_info, RL_REGION_SECTION);
	LLVMSetGlobalConstant(g->region_info, true);
	LLVMSetAlignment(g->region_info, 8);
	debug_region(g, g->region_info);

	LLVMTypeRef args[] = {g->ptr, g->i32, g->i64};
	g->get_region.type = LLVMFunctionType(g->ptr, args, 3, false);
	g->get_region.fn = LLVMAddFunction(g->module, RL_GET_REGION, g->get_region.type);
	LLVMSetSection(g->get_region.fn, ".ksyms");
	debug_get_region(g, g->get_region.fn);
}

static LLVMValueRef info(struct cg *g, uint64_t field)
{
	LLVMValueRef v = cg_load(g, 64, cg_gep(g, g->region_info, cg_const(g, 64, field)));
	LLVMSetVolatile(v, true); /* or LLVM takes the 0 that is written here */
	return v;
}

LLVMValueRef cg_region_elements(struct cg *g)
{
	return info(g, offsetof(struct rl_region, elements));
}

LLVMValueRef cg_region_bytes(struct cg *g)
{
	return info(g, offsetof(struct rl_region, bytes));
}

/* Asks for the region's address, for the function that begins here; on to `gone` where there is none. */
void cg_region_begin(struct cg *g, LLVMBasicBlockRef gone)
{
	LLVMBasicBlockRef there = cg_block(g, "region");
	LLVMValueRef ctx = LLVMBuildLoad2(g->b, g->ptr, g->context, "");
	LLVMValueRef args[] = {ctx, cg_const(g, 32, IOU_REGION_MEM), cg_region_bytes(g)};
	g->region = cg_call(g, &g->get_region, args, 3);
	LLVMBuildCondBr(g->b, LLVMBuildIsNull(g->b, g->region, ""), gone, there);
	LLVMPositionBuilderAtEnd(g->b, there);
}

/* ---- offsets that may be of the image or of the region ---- */

/* What `off` is relative to `base`, rounded down; the verifier knows the most of it after the comparison, and
 * of what is only masked it would not. */
static LLVMValueRef within(struct cg *g, LLVMValueRef base, LLVMValueRef off, LLVMValueRef limit,
	unsigned shift, LLVMBasicBlockRef outside)
{
	LLVMBasicBlockRef inside = cg_block(g, "inside");
	off = cg_opaque(g, off);
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntULT, off, limit, ""), inside, outside);
	LLVMPositionBuilderAtEnd(g->b, inside);
	if (shift) {
		off = cg_opaque(g, LLVMBuildLShr(g->b, off, cg_const(g, 64, shift), ""));
		off = LLVMBuildShl(g->b, off, cg_const(g, 64, shift), "");
	}
	return cg_gep(g, base, off);
}

LLVMValueRef cg_byte(struct cg *g, LLVMValueRef off, unsigned shift, LLVMBasicBlockRef outside)
{
	LLVMValueRef size = cg_const(g, 64, g->l->size), at[2];
	if (!g->region)
		return within(g, g->image, off, size, shift, outside);
	LLVMBasicBlockRef region = cg_block(g, "of_region"), image = cg_block(g, "of_image"),
			  end = cg_block(g, "byte"), from[2];
	LLVMBuildCondBr(g->b, cg_is_of_region(g, off), region, image);
	LLVMPositionBuilderAtEnd(g->b, region);
	at[0] = within(g, g->region, cg_in_region(g, off), cg_region_bytes(g), shift, outside);
	from[0] = LLVMGetInsertBlock(g->b);
	LLVMBuildBr(g->b, end);
	LLVMPositionBuilderAtEnd(g->b, image);
	at[1] = within(g, g->image, off, size, shift, outside);
	from[1] = LLVMGetInsertBlock(g->b);
	LLVMBuildBr(g->b, end);
	LLVMPositionBuilderAtEnd(g->b, end);
	LLVMValueRef p = LLVMBuildPhi(g->b, g->ptr, "");
	LLVMAddIncoming(p, at, from, 2);
	return p;
}

LLVMValueRef cg_is_of_region(struct cg *g, LLVMValueRef off)
{
	return LLVMBuildICmp(g->b, LLVMIntUGE, off, cg_const(g, 64, RL_REGION_AT), "");
}

LLVMValueRef cg_in_region(struct cg *g, LLVMValueRef off)
{
	return LLVMBuildSub(g->b, off, cg_const(g, 64, RL_REGION_AT), "");
}

/* The address in the process of the host. A table says what to add, so that there is no branch. */
LLVMValueRef cg_address(struct cg *g, LLVMValueRef off)
{
	LLVMValueRef from = cg_at(g, CONTROL(base));
	off = cg_zext(g, off, 64);
	if (g->ir->p->region) {
		LLVMValueRef which = LLVMBuildLShr(g->b, off, cg_const(g, 64, RL_REGION_SHIFT), "");
		which = LLVMBuildAnd(g->b, which, cg_const(g, 64, 1), "");
		which = LLVMBuildShl(g->b, which, cg_const(g, 64, 3), "");
		from = cg_gep(g, cg_at(g, CONTROL(origin)), which);
	}
	return LLVMBuildAdd(g->b, cg_load(g, 64, from), off, "");
}
