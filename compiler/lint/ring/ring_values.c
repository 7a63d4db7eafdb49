/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ring_values.c: what the rules ask of instructions. */
#include "ring.h"

bool ring_is_copy(const struct ir_ins *i)
{
	return i->op == IR_MOV || i->op == IR_EXT || i->op == IR_OPAQUE;
}

bool *ring_copies(struct ir_program *ir, struct ir_fn *fn, ir_reg from)
{
	bool *is = arena_alloc(ir->arena, fn->regs.n + 1), changed = true;
	is[from] = true;
	while (changed) {
		changed = false;
		EACH_INS (fn, i)
			if (ring_is_copy(i) && i->a.reg && i->a.reg != IR_SELF && is[i->a.reg] && !is[i->dst])
				is[i->dst] = changed = true;
	}
	return is;
}

struct reading {
	const bool *regs;
	bool found;
};

static void visit(void *arg, ir_reg r)
{
	struct reading *w = arg;
	w->found |= w->regs[r];
}

bool ring_reads(const struct ir_ins *i, const bool *regs)
{
	struct reading w = {regs, false};
	ir_uses(i, visit, &w);
	return w.found;
}

const struct ir_val *ring_sqe_value(const struct ir_ins *i, enum sqe_field field)
{
	for (size_t k = 0; k < i->sqe.n; k++)
		if (i->sqe.at[k].field == field)
			return &i->sqe.at[k].val;
	return NULL;
}

const struct operation *ring_operation(const struct ir_ins *i)
{
	return i->op == IR_AWAIT || i->op == IR_REQUEST || i->op == IR_SUBMIT ? i->operation : NULL;
}

int64_t ring_signed(const struct ir_val *v)
{
	unsigned shift = 64 - v->bits;
	return (int64_t)(v->c << shift) >> shift;
}

const char *ring_result(const struct operation *op)
{
	return op->result ? op->result : "";
}
