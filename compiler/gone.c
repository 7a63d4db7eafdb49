/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * gone.c: entries of tables that are used after they may have been deleted. A ref to one is its number, in a
 * register: from where that is set, each way through the function is followed until the register is dead. A
 * `delete` from the same table on the way, whatever its key, a call of a function that does so, or an await,
 * where anything in the program does so, may have deleted the entry; a use behind it is an error.
 *
 * A slice is an offset, in a register too: what is computed from the entry's number is followed as that is,
 * into variables and what is called with them. What was loaded from the entry is a copy.
 *
 * An entry keeps its place, so inserting is no matter, and what is wrong here is never out of bounds.
 */
#include "ir.h"

/* What is still to be followed: a block, and what may have deleted the entry before it, or NULL. */
struct way {
	struct ir_block *block;
	const struct ir_ins *by;
};

/* A register that says where the entry, or a part of it, is: from the instruction `at` of a block on. */
struct ref {
	struct ir_fn *fn;
	struct ir_block *block;
	size_t at;
	ir_reg r;
	const struct ir_ins *by;
};

struct walk {
	struct ir_program *ir;
	struct symbol *table;
	const struct ir_ins *set; /* where the entry was looked up */
	VEC(struct ref) refs;     /* each once, in the order in which they are followed */
	struct ir_fn *fn;         /* of the one that is followed now */
	ir_reg r;
	VEC(struct way) open;
	const struct ir_ins *by; /* on the way that is followed now */
	bool *seen[2];           /* by block: that it was entered before and after the entry may have gone */
};

static bool deletes(struct walk *w, const struct symbol *fn, bool *seen)
{
	if (fn == w->table->table.remove)
		return true;
	if (seen[fn->index])
		return false;
	seen[fn->index] = true;
	for (size_t i = 0; i < fn->callees.n; i++)
		if (deletes(w, fn->callees.at[i], seen))
			return true;
	return false;
}

/* What is called with arguments that it looks at later. */
static bool starts(const struct ir_ins *i)
{
	return i->op == IR_SPAWN || i->op == IR_ARM_START;
}

static bool may_delete(struct walk *w, const struct ir_ins *i)
{
	if (i->op == IR_CALL)
		return deletes(w, i->sym, arena_alloc(w->ir->arena, w->ir->p->fns.n));
	return (ir_suspends(i->op) || i->op == IR_AWAIT_ALL) && w->table->table.remove->reached;
}

struct use {
	ir_reg r;
	bool it_is;
};

static void is_used(void *arg, ir_reg r)
{
	struct use *u = arg;
	u->it_is |= r == u->r;
}

static void report(struct walk *w, const struct ir_ins *use, const struct ir_ins *by)
{
	struct diags *diags = w->ir->p->diags;
	const struct symbol *table = w->table;
	struct diag *d = diag(diags, &use->loc, D_table_gone, table->name);
	diag_note(diags, d, &w->set->loc, "it was looked up here");
	if (by->op != IR_CALL) {
		diag_note(diags, d, &by->loc,
			starts(by) ? "this starts later, when others have run"
				   : "here the task waits, and others run");
		diag_note(diags, d, &table->table.deletes, "which may come here");
	} else if (by->sym == table->table.remove) {
		diag_note(diags, d, &by->loc, "this deletes from `%s`", table->name);
	} else {
		diag_note(diags, d, &by->loc, "`%s` deletes from `%s`", by->sym->name, table->name);
	}
	diag_hint(diags, d, "look the key up again: `if (ref ... = %s[key])`", table->name);
}

static void follow_on(void *arg, struct ir_block *to)
{
	struct walk *w = arg;
	bool *seen = &w->seen[w->by != NULL][to->id];
	if (!(to->live_in[w->r / 64] >> (w->r % 64) & 1) || *seen)
		return;
	*seen = true;
	VEC_PUSH(w->ir->arena, &w->open, ((struct way){to, w->by}));
}

static void add_ref(struct walk *w, const struct ref *new)
{
	for (size_t i = 0; i < w->refs.n; i++) {
		const struct ref *ref = &w->refs.at[i];
		if (ref->block == new->block && ref->at == new->at && ref->r == new->r)
			return;
	}
	VEC_PUSH(w->ir->arena, &w->refs, *new);
}

/* The instruction computes with the register: what it gives, or calls, refers to the entry too. */
static void spread(struct walk *w, struct ir_block *b, size_t at)
{
	const struct ir_ins *i = b->ins.at[at];
	bool same = i->op == IR_MOV || i->op == IR_EXT || i->op == IR_OFFSET;
	if (same || (i->op == IR_BIN && i->bop == OP_ADD))
		add_ref(w, &(struct ref){w->fn, b, at + 1, i->dst, NULL});
	if (i->op != IR_CALL && !starts(i))
		return;
	struct ir_fn *fn = i->sym->ir;
	const struct ir_ins *by = starts(i) && w->table->table.remove->reached ? i : NULL;
	for (size_t k = 0; k < i->args.n; k++)
		if (i->args.at[k].reg == w->r)
			add_ref(w, &(struct ref){fn, fn->blocks.at[0], 0, fn->params.at[k], by});
}

/* From the instruction `at` of a block on. False: there was an error. */
static bool follow(struct walk *w, struct ir_block *b, size_t at)
{
	for (; at < b->ins.n; at++) {
		const struct ir_ins *i = b->ins.at[at];
		struct use u = {.r = w->r};
		ir_uses(i, is_used, &u);
		if (u.it_is && w->by) {
			report(w, i, w->by);
			return false;
		}
		if (u.it_is)
			spread(w, b, at);
		if (i->dst == w->r)
			return true;
		if (!w->by && may_delete(w, i))
			w->by = i;
	}
	ir_successors(b, true, follow_on, w);
	return true;
}

static bool follow_ref(struct walk *w, const struct ref *ref)
{
	w->fn = ref->fn;
	w->r = ref->r;
	w->by = ref->by;
	for (int s = 0; s < 2; s++)
		w->seen[s] = arena_alloc(w->ir->arena, ref->fn->blocks.n);
	bool ok = follow(w, ref->block, ref->at);
	while (ok && w->open.n) {
		struct way way = w->open.at[--w->open.n];
		w->by = way.by;
		ok = follow(w, way.block, 0);
	}
	return ok;
}

static void gone_fn(struct ir_program *ir, struct ir_fn *fn)
{
	for (size_t b = 0; b < fn->blocks.n; b++)
		for (size_t k = 0; k < fn->blocks.at[b]->ins.n; k++) {
			const struct ir_ins *i = fn->blocks.at[b]->ins.at[k];
			struct symbol *table = i->op == IR_INDEX ? fn->regs.at[i->dst].entry_of : NULL;
			if (!table)
				continue;
			struct walk w = {.ir = ir, .table = table, .set = i};
			add_ref(&w, &(struct ref){fn, fn->blocks.at[b], k + 1, i->dst, NULL});
			for (size_t n = 0; n < w.refs.n; n++) {
				struct ref ref = w.refs.at[n]; /* the list moves as it grows */
				if (!follow_ref(&w, &ref))
					break;
			}
		}
}

void gone(struct ir_program *ir)
{
	for (size_t i = 0; i < ir->fns.n; i++)
		gone_fn(ir, ir->fns.at[i]);
	for (size_t i = 0; i < ir->tasks.n; i++)
		gone_fn(ir, ir->tasks.at[i]);
}
