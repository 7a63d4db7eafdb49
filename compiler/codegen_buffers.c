/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen_buffers.c: giving buffers back to the kernel.
 *
 * A provided buffer is an entry of a ring that the kernel takes from. What a completion had of a pool of kind
 * `zcrx` is an entry of another, at whose head the kernel looks when its device wants a page. Where there is
 * no device it does not look by itself, and the host has to say so (IORING_REGISTER_ZCRX_CTRL): it is asked
 * to before a request is made for which there may be nothing else, and when the ring is half full.
 */
#include "codegen.h"
#include "../runtime/image.h"

#define CONTROL_(field) offsetof(struct rl_buffers, field)

static LLVMValueRef c32(struct cg *g, uint64_t v)
{
	return cg_const(g, 32, v);
}

static LLVMValueRef at(struct cg *g, LLVMValueRef p, uint64_t off)
{
	return cg_gep(g, p, cg_const(g, 64, off));
}

static LLVMValueRef bits(struct cg *g, LLVMValueRef v, uint32_t mask)
{
	return LLVMBuildAnd(g->b, v, c32(g, mask), "");
}

static LLVMValueRef control(struct cg *g, const struct symbol *pool)
{
	return cg_at(g, pool->buffers.control->offset);
}

static LLVMValueRef ring_of(struct cg *g, const struct symbol *pool)
{
	return cg_at(g, pool->buffers.ring->offset);
}

static LLVMValueRef entry(struct cg *g, const struct symbol *pool, LLVMValueRef entries, LLVMValueRef tail)
{
	LLVMValueRef i = cg_zext(g, bits(g, tail, pool->buffers.pieces - 1), 64);
	return cg_gep(g, entries, LLVMBuildShl(g->b, i, cg_const(g, 64, 4), ""));
}

/* The entry first, then the ring's tail, with release: that lies in the first entry, behind its number
 * (struct io_uring_buf_ring), and is written together with that. */
static void give_provided(struct cg *g, const struct symbol *pool, LLVMValueRef which)
{
	LLVMValueRef ring = ring_of(g, pool), word_at = at(g, ring, 12);
	LLVMValueRef bid = bits(g, which, pool->buffers.n - 1);
	LLVMValueRef tail = LLVMBuildLShr(g->b, cg_load(g, 32, word_at), c32(g, 16), "");
	LLVMValueRef e = entry(g, pool, ring, tail);
	LLVMValueRef memory =
		LLVMBuildMul(g->b, cg_zext(g, bid, 64), cg_const(g, 64, pool->buffers.size), "");
	memory = LLVMBuildAdd(g->b, memory, cg_const(g, 64, pool->buffers.memory->offset), "");
	cg_store(g, LLVMBuildAdd(g->b, cg_load(g, 64, cg_at(g, CONTROL(base))), memory, ""), e);
	cg_store(g, c32(g, pool->buffers.size), at(g, e, 8));
	LLVMSetVolatile(cg_store(g, LLVMBuildTrunc(g->b, bid, g->i16, ""), at(g, e, 12)), true);
	LLVMValueRef word = cg_load(g, 32, word_at);
	LLVMSetVolatile(word, true);
	tail = LLVMBuildShl(g->b, LLVMBuildAdd(g->b, tail, c32(g, 1), ""), c32(g, 16), "");
	cg_store_release(g, word_at, LLVMBuildOr(g->b, bits(g, word, 0xffff), tail, ""), 32);
}

/* ---- of kind `zcrx` ---- */

/* A part of the ring, whose offset in it the kernel has told. */
static LLVMValueRef part(struct cg *g, const struct symbol *pool, uint64_t field, uint32_t mask)
{
	LLVMValueRef off = bits(g, cg_opaque(g, cg_load(g, 32, at(g, control(g, pool), field))), mask);
	return cg_gep(g, ring_of(g, pool), cg_zext(g, off, 64));
}

static LLVMValueRef load_head(struct cg *g, const struct symbol *pool)
{
	LLVMValueRef head = cg_load(g, 32, part(g, pool, CONTROL_(head), RL_REFILL_WORDS));
	LLVMSetVolatile(head, true);
	return head;
}

static void ask_if(struct cg *g, const struct symbol *pool, LLVMValueRef wanted)
{
	LLVMBasicBlockRef ask = cg_block(g, "ask"), end = cg_block(g, "asked");
	LLVMBuildCondBr(g->b, wanted, ask, end);
	LLVMPositionBuilderAtEnd(g->b, ask);
	cg_store(g, c32(g, 1), at(g, control(g, pool), CONTROL_(flush)));
	LLVMSetVolatile(cg_store(g, c32(g, 1), cg_at(g, CONTROL(attention))), true);
	LLVMBuildBr(g->b, end);
	LLVMPositionBuilderAtEnd(g->b, end);
}

/* Which page it is the kernel sees by the offset. There is room, since the ring has an entry for each piece.
 */
static void give_piece(struct cg *g, const struct symbol *pool, LLVMValueRef offset)
{
	LLVMValueRef tail_at = part(g, pool, CONTROL_(tail), RL_REFILL_WORDS), tail = cg_load(g, 32, tail_at);
	LLVMValueRef e = entry(g, pool, part(g, pool, CONTROL_(rqes), RL_REFILL_ENTRIES), tail);
	uint64_t mask = pool->buffers.n * pool->buffers.size - 1;
	cg_store(g, cg_zext(g, bits(g, offset, (uint32_t)mask), 64), e);
	cg_store(g, cg_const(g, 64, 0), at(g, e, 8));
	cg_store_release(g, tail_at, LLVMBuildAdd(g->b, tail, c32(g, 1), ""), 32);
	if (!pool->buffers.device)
		return;
	LLVMValueRef used = LLVMBuildSub(g->b, tail, load_head(g, pool), "");
	ask_if(g, pool, LLVMBuildICmp(g->b, LLVMIntUGE, used, c32(g, pool->buffers.pieces / 2), ""));
}

LLVMValueRef cg_pieces(struct cg *g, const struct symbol *pool)
{
	LLVMValueRef tail = cg_load(g, 32, part(g, pool, CONTROL_(tail), RL_REFILL_WORDS));
	LLVMValueRef out = cg_load(g, 32, at(g, control(g, pool), CONTROL_(out)));
	return LLVMBuildAdd(g->b, out, LLVMBuildSub(g->b, tail, load_head(g, pool), ""), "");
}

LLVMValueRef codegen_refill(struct cg *g, const struct ir_ins *i)
{
	LLVMValueRef tail = cg_load(g, 32, part(g, i->sym, CONTROL_(tail), RL_REFILL_WORDS));
	LLVMValueRef some = LLVMBuildICmp(g->b, LLVMIntNE, tail, load_head(g, i->sym), "");
	ask_if(g, i->sym, some);
	return cg_zext(g, some, 8);
}

void codegen_give(struct cg *g, const struct ir_ins *i)
{
	if (i->sym->buffers.zcrx)
		give_piece(g, i->sym, cg_read(g, &i->a));
	else
		give_provided(g, i->sym, cg_read(g, &i->a));
	LLVMValueRef out = at(g, control(g, i->sym), CONTROL_(out));
	cg_store(g, LLVMBuildSub(g->b, cg_load(g, 32, out), c32(g, 1), ""), out);
}
