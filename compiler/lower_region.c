/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * lower_region.c: the host's memory: its length, and which tasks and functions touch it. Those get the
 * context of the step as one argument more, by which the kernel gives the region's address
 * (codegen_region.c).
 */
#include "lower.h"

static struct ir_val length(struct lowering *L, const struct loc *loc, uint64_t bytes)
{
	struct ir_ins *i = emit_dst(L, IR_REGION_LEN, loc, 32);
	i->limit = bytes;
	return value(32, i->dst);
}

struct ir_val lower_region_len(struct lowering *L, const struct loc *loc)
{
	return length(L, loc, 0);
}

struct ir_val lower_region_bytes(struct lowering *L, const struct loc *loc)
{
	return length(L, loc, 1);
}

/* ---- what touches it ---- */

static bool is_there(const struct ir_program *ir, const struct ir_addr *a)
{
	return ir_is_region(a) || (a->base == BASE_AT && ir->region_sliced);
}

/* A place as a number does not need the address. */
static bool is_number(enum ir_op op)
{
	return op == IR_OFFSET || op == IR_WAKE || op == IR_SIGNAL;
}

/* Support that is given slices, which may be of the region. */
static bool is_support(const struct ir_ins *i)
{
	return i->op == IR_PATH || i->op == IR_COPY_USER || (i->op == IR_LOG && i->args.n);
}

static bool look(const struct ir_program *ir, struct ir_fn *fn)
{
	bool before = fn->wants_context;
	for (size_t b = 0; b < fn->blocks.n; b++)
		for (size_t k = 0; k < fn->blocks.at[b]->ins.n; k++) {
			const struct ir_ins *i = fn->blocks.at[b]->ins.at[k];
			if (!is_number(i->op) && (is_there(ir, &i->addr) || is_there(ir, &i->addr2)))
				fn->in_region = fn->wants_context = true;
			if (is_support(i) && ir->region_sliced)
				fn->wants_context = true;
			if (i->op == IR_CALL && i->sym->ir->wants_context)
				fn->wants_context = true;
		}
	return fn->wants_context != before;
}

void regions(struct ir_program *ir)
{
	if (!ir->p->region)
		return;
	VEC_PUSH(ir->arena, &ir->sites,
		((struct ir_site){ir->p->region->loc,
			arena_printf(ir->arena, "the memory of the region `%s` is not there",
				ir->p->region->name)}));
	ir->region_site = (uint32_t)ir->sites.n - 1;
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < ir->fns.n; i++)
			again |= look(ir, ir->fns.at[i]);
	}
	for (size_t i = 0; i < ir->tasks.n; i++)
		look(ir, ir->tasks.at[i]);
}
