/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ring_buffers.c: one piece of memory that the kernel may write for two requests at once: of two instances of
 * a task, or of two that a loop submits without taking the completion of the first.
 *
 * Only what surely is the same place is reported: a variable without an index that could tell them apart.
 */
#include "ring.h"

/* The variable that the kernel writes to, at a place that is the same each time; or NULL. */
static struct symbol *written(const struct ir_block *b, const struct ir_ins *i)
{
	const struct operation *op = ring_operation(i);
	for (uint32_t k = 0; op && k < op->nargs; k++) {
		const struct op_arg *arg = &op->args[k];
		if (arg->kind != ARG_BUF_W && arg->kind != ARG_OBJ_W && arg->kind != ARG_ARR_W)
			continue;
		const struct ir_val *at = ring_sqe_value(i, arg->field);
		const struct ir_ins *made = NULL;
		for (size_t n = 0; at && at->reg && n < b->ins.n; n++)
			if (b->ins.at[n]->dst == at->reg)
				made = b->ins.at[n];
		if (made && made->op == IR_OFFSET && made->addr.base == BASE_VAR && !made->addr.nterms &&
			!ir_is_region(&made->addr))
			return made->addr.var;
	}
	return NULL;
}

/* ---- submitted again and again ---- */

struct walk {
	struct ir_program *ir;
	const struct ir_ins *again;
	bool *seen, found;
	VEC(struct ir_block *) open;
};

static void go(void *arg, struct ir_block *b)
{
	struct walk *w = arg;
	if (w->seen[b->id])
		return;
	w->seen[b->id] = true;
	VEC_PUSH(w->ir->arena, &w->open, b);
}

/* Whether there is a way from behind the submission back to it on which nothing suspends or takes a
 * completion. */
static bool comes_again(
	struct ir_program *ir, struct ir_fn *fn, struct ir_block *from, const struct ir_ins *i)
{
	struct walk w = {.ir = ir, .again = i, .seen = arena_alloc(ir->arena, fn->blocks.n)};
	ir_successors(from, false, go, &w);
	while (w.open.n) {
		const struct ir_block *b = w.open.at[--w.open.n];
		bool stops = false;
		for (size_t k = 0; k < b->ins.n && !stops; k++) {
			const struct ir_ins *at = b->ins.at[k];
			if (at == i)
				return true;
			stops = at->op == IR_REAP || at->op == IR_RUN || at->op == IR_CALL;
		}
		if (!stops)
			ir_successors(b, false, go, &w);
	}
	return false;
}

void ring_buffers(struct lint *l, struct ir_program *ir, struct ir_fn *fn)
{
	for (size_t n = 0; n < fn->blocks.n; n++) {
		struct ir_block *b = fn->blocks.at[n];
		for (size_t k = 0; k < b->ins.n; k++) {
			const struct ir_ins *i = b->ins.at[k];
			struct symbol *var = written(b, i);
			if (!var)
				continue;
			if (i->op != IR_SUBMIT && fn->sym->count > 1) {
				struct finding *f = lint_find_line(l, L_buffer_of_all,
					script_line(ir, &i->loc), i->operation->name, var->name,
					fn->sym->name, (uint32_t)fn->sym->count);
				lint_hint(l, f,
					"`%s` with a first dimension of %u, and `[self]`, gives each its own",
					var->name, (uint32_t)fn->sym->count);
			} else if (i->op == IR_SUBMIT && comes_again(ir, fn, b, i)) {
				lint_find_line(l, L_buffer_again, script_line(ir, &i->loc),
					i->operation->name, var->name);
			}
		}
	}
}
