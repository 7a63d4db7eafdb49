/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ranges.c: which indices need no check, because what they are computed from is small enough: a variable of a
 * loop over a constant range, what is masked, shifted or a remainder, what an `if` has compared, what was an
 * index before.
 *
 * Of each register the most that it can be is known where it is defined, and less where control came through
 * a branch that compared it: forward dataflow over the blocks, and over awaits. What lives across those is in
 * the task's frame, in a place of its own that nobody else writes to.
 */
#include <string.h>
#include "ir.h"

struct fact {
	uint64_t most;    /* of the register's bits, as an unsigned number */
	ir_reg copy_of;   /* extended or as it is */
	uint32_t copied;  /* of which change */
	uint32_t changed; /* how often it was defined in this block */
	uint32_t visit;   /* of which visit to a block this is */
};

struct walk {
	struct arena *arena;
	struct ir_fn *fn;
	struct fact *facts; /* here, by register */
	uint32_t visit;
	VEC(ir_reg)
	kept;            /* registers that are followed from block to block: those that an index depends on */
	uint64_t **most; /* where a block begins, of each of those; NULL: it was not reached yet */
	unsigned *changes; /* to that, by the end of a loop */
	bool *unknown;     /* block: where it begins */
	bool *dirty;
};

/* A variable that grows from round to round is anything after so many: what a branch says of it remains. */
#define PATIENCE 3u

static uint64_t all_ones(unsigned bits)
{
	return UINT64_MAX >> (64 - bits);
}

static uint64_t most_signed(unsigned bits)
{
	return all_ones(bits) >> 1;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static struct fact *fact(struct walk *w, ir_reg r)
{
	struct fact *f = &w->facts[r];
	if (f->visit != w->visit)
		*f = (struct fact){.most = UINT64_MAX, .visit = w->visit};
	return f;
}

static uint64_t most_of(struct walk *w, const struct ir_val *v)
{
	if (v->reg == IR_SELF)
		return w->fn->sym->count - 1;
	return v->reg ? least(fact(w, v->reg)->most, all_ones(v->bits)) : v->c & all_ones(v->bits);
}

static void define(struct walk *w, ir_reg r, uint64_t most, ir_reg copy_of)
{
	if (!r)
		return;
	struct fact *f = fact(w, r);
	f->changed++;
	f->most = least(most, all_ones(w->fn->regs.at[r].bits));
	f->copy_of = copy_of == IR_SELF ? 0 : copy_of;
	f->copied = f->copy_of ? fact(w, f->copy_of)->changed : 0;
}

/* A register that was not changed is at most so much; so is what it was copied from. */
static void narrow(struct walk *w, ir_reg r, uint64_t most)
{
	while (r && r != IR_SELF) {
		struct fact *f = fact(w, r);
		if (most > most_signed(w->fn->regs.at[r].bits)) /* a negative one may have been extended */
			return;
		f->most = least(f->most, most);
		r = f->copy_of && fact(w, f->copy_of)->changed == f->copied ? f->copy_of : 0;
	}
}

/* ---- what an instruction gives ---- */

static uint64_t most_of_binary(struct walk *w, const struct ir_ins *i)
{
	unsigned bits = i->a.bits;
	uint64_t a = most_of(w, &i->a), b = most_of(w, &i->b), any = all_ones(bits);
	bool plain = !i->is_signed || (a <= most_signed(bits) && b <= most_signed(bits));
	if (op_is_comparison(i->bop))
		return 1;
	switch (i->bop) {
	case OP_AND:
		return least(a, b);
	case OP_OR:
	case OP_XOR:
		return mask_over(a | b);
	case OP_ADD:
		return a <= any - b ? a + b : any;
	case OP_MUL:
		return !a || b <= any / a ? a * b : any;
	case OP_MOD:
		return plain && b ? least(a, b - 1) : any;
	case OP_DIV: /* by no less than 1 */
		return !plain ? any : i->b.reg ? a : b ? a / b : any;
	case OP_SHR:
		return !plain ? any : i->b.reg ? a : a >> (b & (bits - 1));
	default:
		return any;
	}
}

static void extended(struct walk *w, const struct ir_ins *i)
{
	unsigned to = w->fn->regs.at[i->dst].bits;
	uint64_t a = most_of(w, &i->a);
	bool same = to >= i->a.bits || a <= all_ones(to);
	bool stretched = to > i->a.bits && i->is_signed && a > most_signed(i->a.bits);
	define(w, i->dst, stretched || !same ? UINT64_MAX : a, same ? i->a.reg : 0);
}

static void look(struct walk *w, struct ir_ins *i)
{
	switch (i->op) {
	case IR_MOV:
	case IR_OPAQUE:
		define(w, i->dst, most_of(w, &i->a), i->a.reg == i->dst ? 0 : i->a.reg);
		break;
	case IR_EXT:
		extended(w, i);
		break;
	case IR_BIN:
		define(w, i->dst, most_of_binary(w, i), 0);
		break;
	case IR_SELF_REG:
		define(w, i->dst, w->fn->sym->count - 1, 0);
		break;
	case IR_INDEX: {
		uint64_t most = most_of(w, &i->a);
		if (!i->limit) { /* of the region: how many there are is known at load */
			define(w, i->dst, most, i->a.reg);
			break;
		}
		i->sure = w->fn->regs.at[i->dst].sure = most < i->limit;
		narrow(w, i->a.reg, i->limit - 1);
		define(w, i->dst, least(most, i->limit - 1), i->a.reg);
		break;
	}
	default:
		define(w, i->dst, UINT64_MAX, 0);
		define(w, i->dst2, UINT64_MAX, 0);
		define(w, i->flags, UINT64_MAX, 0);
		define(w, i->user_data, UINT64_MAX, 0);
	}
}

/* ---- what a branch tells ---- */

static bool defines(const struct ir_ins *i, ir_reg r)
{
	return r && (i->dst == r || i->dst2 == r || i->flags == r || i->user_data == r);
}

/* The comparison that a block's branch looks at, of registers that have not changed since. */
static const struct ir_ins *compared(const struct ir_block *b)
{
	const struct ir_ins *branch = b->ins.at[b->ins.n - 1];
	for (size_t i = b->ins.n - 1; i-- > 0;) {
		const struct ir_ins *c = b->ins.at[i];
		if (!defines(c, branch->a.reg))
			continue;
		if (c->op != IR_BIN || !op_is_comparison(c->bop))
			return NULL;
		for (size_t k = i; k < b->ins.n - 1; k++)
			if (defines(b->ins.at[k], c->a.reg) || defines(b->ins.at[k], c->b.reg))
				return NULL;
		return c;
	}
	return NULL;
}

/* low < high, or, unless strict, low <= high */
static void below(struct walk *w, const struct ir_ins *c, const struct ir_val *low, const struct ir_val *high,
	bool strict)
{
	uint64_t most_low = most_of(w, low), most = most_of(w, high), bits = c->a.bits;
	/* Of signed numbers only what is not negative has a range here. */
	if (c->is_signed && !low->reg && most_low <= most_signed(bits))
		narrow(w, high->reg, most_signed(bits));
	if (c->is_signed && (most_low > most_signed(bits) || most > most_signed(bits)))
		return;
	if (most || !strict)
		narrow(w, low->reg, most - strict);
}

static void learn(struct walk *w, const struct ir_block *b, bool holds)
{
	const struct ir_ins *c = compared(b);
	if (!c)
		return;
	switch (c->bop) {
	case OP_LT:
	case OP_GE:
		if ((c->bop == OP_LT) == holds)
			below(w, c, &c->a, &c->b, true);
		else
			below(w, c, &c->b, &c->a, false);
		break;
	case OP_GT:
	case OP_LE:
		if ((c->bop == OP_GT) == holds)
			below(w, c, &c->b, &c->a, true);
		else
			below(w, c, &c->a, &c->b, false);
		break;
	case OP_EQ:
	case OP_NE:
		if ((c->bop == OP_EQ) == holds) {
			narrow(w, c->a.reg, most_of(w, &c->b));
			narrow(w, c->b.reg, most_of(w, &c->a));
		}
		break;
	default:
		break;
	}
}

/* ---- blocks ---- */

/* What is known here holds at the beginning of `to`, unless less is known where it can be reached from
 * elsewhere. */
static void flow(struct walk *w, const struct ir_block *from, const struct ir_block *to)
{
	uint64_t *most = w->most[to->id];
	bool changed = !most, again = to->id <= from->id; /* some edge of a loop goes back */
	if (w->unknown[to->id])
		return;
	if (!most)
		most = w->most[to->id] = arena_alloc(w->arena, (w->kept.n + 1) * sizeof *most);
	for (size_t k = 0; k < w->kept.n; k++) {
		uint64_t v = fact(w, w->kept.at[k])->most;
		if (v <= most[k])
			continue;
		most[k] = again && w->changes[to->id] >= PATIENCE ? UINT64_MAX : v;
		changed = true;
	}
	w->changes[to->id] += changed && again;
	w->dirty[to->id] |= changed;
}

struct ways {
	struct walk *w;
	const struct ir_block *from;
};

static void flow_on(void *arg, struct ir_block *to)
{
	const struct ways *ways = arg;
	flow(ways->w, ways->from, to);
}

/* Where the task goes on, some registers are new, and others were written by what resumed it. */
static void resume(struct walk *w, const struct ir_block *from, const struct ir_ins *wait)
{
	const struct ir_fn *fn = w->fn;
	const struct ir_state *s = &fn->states.at[wait->state];
	const ir_reg new[] = {s->result, s->flags, s->user_data, s->arm, s->big[0], s->big[1]};
	for (size_t k = 0; k < sizeof new / sizeof *new; k++)
		define(w, new[k], UINT64_MAX, 0);
	for (uint32_t k = 0; k < fn->ntimed; k++) {
		define(w, fn->timed[k].expired, UINT64_MAX, 0);
		define(w, fn->timed[k].left, UINT64_MAX, 0);
	}
	flow(w, from, s->block);
}

static void visit(struct walk *w, const struct ir_block *b)
{
	const struct ir_ins *last = b->ins.at[b->ins.n - 1];
	for (unsigned way = 0; way < 2; way++) {
		w->visit++;
		for (size_t k = 0; k < w->kept.n && w->most[b->id]; k++)
			fact(w, w->kept.at[k])->most = w->most[b->id][k];
		for (size_t i = 0; i < b->ins.n; i++)
			look(w, b->ins.at[i]);
		if (last->op != IR_BRANCH) {
			if (ir_suspends(last->op) || last->op == IR_AWAIT_ALL)
				resume(w, b, last);
			ir_successors(b, true, flow_on, &(struct ways){w, b});
			return;
		}
		learn(w, b, way);
		flow(w, b, way ? last->t : last->f);
	}
}

/* Registers that live from block to block and that an index is computed from, or compared with. */
static void keep(struct walk *w)
{
	struct ir_fn *fn = w->fn;
	bool *matters = arena_alloc(w->arena, fn->regs.n);
	for (bool again = true; again;) {
		again = false;
		for (size_t b = fn->blocks.n; b-- > 0;)
			for (size_t k = fn->blocks.at[b]->ins.n; k-- > 0;) {
				const struct ir_ins *i = fn->blocks.at[b]->ins.at[k];
				const ir_reg from[] = {i->a.reg, i->b.reg};
				bool here = i->op == IR_INDEX || (i->dst && matters[i->dst]);
				if (i->op == IR_BIN && op_is_comparison(i->bop))
					for (size_t n = 0; n < 2; n++)
						here |= from[n] && from[n] != IR_SELF && matters[from[n]];
				else if (i->op != IR_INDEX && i->op != IR_MOV && i->op != IR_EXT &&
					 i->op != IR_BIN && i->op != IR_OPAQUE)
					continue;
				for (size_t n = 0; here && n < 2; n++)
					if (from[n] && from[n] != IR_SELF && !matters[from[n]])
						again = matters[from[n]] = true;
			}
	}
	for (ir_reg r = 1; r < fn->regs.n; r++)
		for (size_t b = 0; matters[r] && b < fn->blocks.n; b++)
			if (fn->blocks.at[b]->live_in[r / 64] >> (r % 64) & 1) {
				VEC_PUSH(w->arena, &w->kept, r);
				break;
			}
}

static void ranges_fn(struct arena *a, struct ir_fn *fn)
{
	struct walk w = {.arena = a, .fn = fn};
	size_t n = fn->blocks.n;
	w.facts = arena_alloc(a, fn->regs.n * sizeof *w.facts);
	w.most = arena_alloc(a, n * sizeof *w.most);
	w.changes = arena_alloc(a, n * sizeof *w.changes);
	w.unknown = arena_alloc(a, n);
	w.dirty = arena_alloc(a, n);
	keep(&w);
	w.unknown[fn->blocks.at[0]->id] = true;
	memcpy(w.dirty, w.unknown, n);
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < n; i++) {
			const struct ir_block *b = fn->blocks.at[i];
			if (!w.dirty[b->id])
				continue;
			w.dirty[b->id] = false;
			visit(&w, b);
			again = true;
		}
	}
	/* Only now what was found holds. */
	for (size_t i = 0; i < n; i++)
		if (w.unknown[i] || w.most[i])
			visit(&w, fn->blocks.at[i]);
}

void ranges(struct ir_program *ir)
{
	for (size_t i = 0; i < ir->fns.n; i++)
		ranges_fn(ir->arena, ir->fns.at[i]);
	for (size_t i = 0; i < ir->tasks.n; i++)
		ranges_fn(ir->arena, ir->tasks.at[i]);
}
