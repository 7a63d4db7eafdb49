/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * live.c: which registers live across an await. Those, and the parameters of a task, get a place in its
 * frame; all others stay in machine registers. Plain backward dataflow over the blocks.
 */
#include <string.h>
#include "ir.h"

/* ---- sets of registers ---- */

static bool has(const uint64_t *set, ir_reg r)
{
	return set[r / 64] >> (r % 64) & 1;
}

static void add(uint64_t *set, ir_reg r)
{
	set[r / 64] |= 1ull << (r % 64);
}

static void use_here(void *arg, ir_reg r)
{
	struct ir_block *b = arg;
	if (!has(b->def, r))
		add(b->use, r);
}

struct merge {
	uint64_t *out;
	size_t words;
};

static void merge_in(void *arg, struct ir_block *b)
{
	struct merge *m = arg;
	for (size_t w = 0; w < m->words; w++)
		m->out[w] |= b->live_in[w];
}

static void live_fn(struct arena *a, struct ir_fn *fn)
{
	size_t words = fn->regs.n / 64 + 1;
	for (size_t i = 0; i < fn->blocks.n; i++) {
		struct ir_block *b = fn->blocks.at[i];
		b->live_in = arena_alloc(a, words * 8);
		b->def = arena_alloc(a, words * 8);
		b->use = arena_alloc(a, words * 8);
		for (size_t j = 0; j < b->ins.n; j++) {
			const struct ir_ins *ins = b->ins.at[j];
			ir_uses(ins, use_here, b);
			if (ir_suspends(ins->op))
				continue;
			const ir_reg defs[] = {ins->dst, ins->dst2, ins->flags, ins->user_data};
			for (size_t k = 0; k < sizeof defs / sizeof *defs; k++)
				if (defs[k])
					add(b->def, defs[k]);
		}
	}
	/* The result of an await is defined at the head of the block where the task goes on: a use in that
	 * block is of this definition. */
	for (size_t i = 0; i < fn->states.n; i++) {
		const struct ir_state *s = &fn->states.at[i];
		const ir_reg defs[] = {s->result, s->flags, s->user_data, s->arm, s->big[0], s->big[1]};
		for (size_t k = 0; k < sizeof defs / sizeof *defs; k++) {
			ir_reg r = defs[k];
			if (!r)
				continue;
			add(s->block->def, r);
			s->block->use[r / 64] &= ~(1ull << (r % 64));
		}
	}
	uint64_t *out = arena_alloc(a, words * 8);
	for (bool again = true; again;) {
		again = false;
		for (size_t i = fn->blocks.n; i-- > 0;) {
			struct ir_block *b = fn->blocks.at[i];
			memset(out, 0, words * 8);
			ir_successors(b, true, merge_in, &(struct merge){out, words});
			for (size_t w = 0; w < words; w++) {
				uint64_t in = b->use[w] | (out[w] & ~b->def[w]);
				again |= in != b->live_in[w];
				b->live_in[w] = in;
			}
		}
	}
}

static void led_to(void *arg, struct ir_block *b)
{
	bool *led = arg;
	led[b->id] = true;
}

/* Registers that some way through the code reads before it sets them, or that are set where nobody sees it
 * here: by what resumes the task, where the block can be come to in another way, too. */
static void find_unset(struct arena *a, struct ir_fn *fn)
{
	bool *led = arena_alloc(a, fn->blocks.n);
	for (size_t i = 0; i < fn->blocks.n; i++) {
		ir_successors(fn->blocks.at[i], false, led_to, led);
		for (size_t j = 0; j < fn->blocks.at[i]->ins.n; j++) {
			const struct ir_ins *ins = fn->blocks.at[i]->ins.at[j];
			if (ins->op == IR_REAP) /* sets them if there is a completion */
				fn->regs.at[ins->dst].unset = fn->regs.at[ins->flags].unset =
					fn->regs.at[ins->user_data].unset = true;
		}
	}
	for (size_t i = 0; i < fn->states.n; i++) {
		const struct ir_state *s = &fn->states.at[i];
		const ir_reg regs[] = {s->result, s->flags, s->user_data, s->arm, s->big[0], s->big[1]};
		for (size_t k = 0; led[s->block->id] && k < sizeof regs / sizeof *regs; k++)
			fn->regs.at[regs[k]].unset = true;
	}
	fn->regs.at[fn->canceled].unset = true;
	for (ir_reg r = 1; r < fn->regs.n; r++)
		fn->regs.at[r].unset |= has(fn->blocks.at[0]->live_in, r);
}

static void place(struct ir_fn *fn, ir_reg r)
{
	struct ir_register *reg = &fn->regs.at[r];
	if (reg->framed)
		return;
	uint32_t size = reg->bits / 8;
	fn->size = (fn->size + size - 1) / size * size;
	reg->framed = true;
	reg->slot = fn->size;
	fn->size += size;
}

/* ---- relief ---- */

/* BPF has 512 bytes of stack for a whole chain of calls. Where more registers are live at once than there is
 * room for, the rest lives in the image too: of two, the one that is wanted later. What has its place in the
 * frame already counts like any other, since its value is in a register while a block uses it. */
struct pressure {
	struct ir_fn *fn;
	uint64_t *set;
	uint32_t *wanted; /* where a live register is used next, counted from the block's end */
	uint32_t here;
	unsigned n, most;
};

static void now_live(void *arg, ir_reg r)
{
	struct pressure *p = arg;
	if (!has(p->set, r) && !p->fn->regs.at[r].relieved)
		p->n++;
	add(p->set, r);
	p->wanted[r] = p->here;
}

static void now_dead(struct pressure *p, ir_reg r)
{
	if (has(p->set, r) && !p->fn->regs.at[r].relieved)
		p->n--;
	p->set[r / 64] &= ~(1ull << (r % 64));
}

static void place_last_wanted(struct pressure *p)
{
	ir_reg last = 0;
	for (ir_reg r = 1; r < p->fn->regs.n; r++)
		if (has(p->set, r) && !p->fn->regs.at[r].relieved && !p->fn->regs.at[r].counted &&
			(!last || p->wanted[r] < p->wanted[last]))
			last = r;
	place(p->fn, last);
	p->fn->regs.at[last].relieved = true;
	p->n--;
}

static void relieve(struct arena *a, struct ir_fn *fn, unsigned most)
{
	size_t words = fn->regs.n / 64 + 1;
	struct pressure p = {.fn = fn, .most = most, .set = arena_alloc(a, words * 8)};
	p.wanted = arena_alloc(a, (fn->regs.n + 1) * sizeof *p.wanted);
	for (size_t i = 0; i < fn->blocks.n; i++) {
		const struct ir_block *b = fn->blocks.at[i];
		memset(p.set, 0, words * 8);
		ir_successors(b, true, merge_in, &(struct merge){p.set, words});
		p.n = p.here = 0;
		for (ir_reg r = 1; r < fn->regs.n; r++) {
			p.wanted[r] = 0;
			p.n += has(p.set, r) && !fn->regs.at[r].relieved;
		}
		for (size_t k = b->ins.n; k-- > 0;) {
			const struct ir_ins *ins = b->ins.at[k];
			p.here++;
			if (ins->dst)
				now_dead(&p, ins->dst);
			ir_uses(ins, now_live, &p);
			while (p.n > most)
				place_last_wanted(&p);
		}
	}
}

/* The context and the region's address are in registers of their own. */
static unsigned room_of_region(const struct ir_fn *fn)
{
	return fn->wants_context + fn->in_region;
}

void live(struct ir_program *ir)
{
	for (size_t i = 0; i < ir->fns.n; i++) {
		struct ir_fn *fn = ir->fns.at[i];
		live_fn(ir->arena, fn);
		find_unset(ir->arena, fn);
		relieve(ir->arena, fn, 8 - room_of_region(fn));
		fn->spilled_params = fn->size = (fn->size + 7) / 8 * 8;
		fn->size += (uint32_t)(fn->params.n - ir_register_args(fn)) * 8;
	}
	for (size_t i = 0; i < ir->tasks.n; i++) {
		struct ir_fn *fn = ir->tasks.at[i];
		live_fn(ir->arena, fn);
		find_unset(ir->arena, fn);
		for (size_t k = 0; k < fn->params.n; k++)
			place(fn, fn->params.at[k]);
		for (size_t k = 0; k < fn->ntimed; k++) {
			place(fn, fn->timed[k].expired);
			place(fn, fn->timed[k].left);
		}
		for (size_t s = 1; s < fn->states.n; s++)
			for (ir_reg r = 1; r < fn->regs.n; r++)
				if (has(fn->states.at[s].block->live_in, r))
					place(fn, r);
		relieve(ir->arena, fn, 16 - room_of_region(fn));
		fn->size = (fn->size + 7) / 8 * 8;
	}
}
