/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * loops.c: a loop every round of which awaits is no loop for the verifier, because each round is another
 * activation of the task. This pass finds the others. Each keeps its IR_LOOP (a bound, may_goto on BPF), and
 * before it, and in each round where that may learn something, the verifier is made to forget the values of
 * what the loop changes: else it would follow every round with the known values of a counter, instead of
 * seeing after one or two that nothing new comes.
 */
#include <string.h>
#include "ir.h"

/* ---- what goes round ---- */

/* Blocks that lead to each other without awaiting: a loop, what is in it, and the loops that it is in. */
struct ring {
	struct ir_block **at;
	size_t n;
	uint64_t *changes; /* registers that its blocks define; NULL: nobody asked yet */
	bool compares;
};

struct step {
	uint32_t block, edge; /* the next to be followed */
};

/* Tarjan's strongly connected components. A task may be of any length, so the path is kept here and not on
 * the stack. */
struct rings {
	struct arena *arena;
	struct ir_fn *fn;
	VEC(uint32_t) edges; /* blocks that one leads to, one block's behind the other's; */
	uint32_t *first;     /* where those of a block begin */
	uint32_t *seen;      /* when a block was come to, from 1 */
	uint32_t *low;       /* of what it leads to, the block that was come to first */
	uint32_t nseen;
	VEC(struct step) path;
	VEC(struct ir_block *) open; /* come to, and not known yet to which ring they belong */
	struct ring **of;            /* block: its ring */
};

static void add_edge(void *arg, struct ir_block *to)
{
	struct rings *w = arg;
	VEC_PUSH(w->arena, &w->edges, to->id);
}

static void come_to(struct rings *w, uint32_t block)
{
	w->seen[block] = w->low[block] = ++w->nseen;
	VEC_PUSH(w->arena, &w->path, ((struct step){block, w->first[block]}));
	VEC_PUSH(w->arena, &w->open, w->fn->blocks.at[block]);
}

static void lead_to(struct rings *w, uint32_t from, uint32_t when)
{
	if (when < w->low[from])
		w->low[from] = when;
}

/* All that is open since a block, which leads to nothing older. */
static void close_ring(struct rings *w, uint32_t block)
{
	struct ring *r = NEW(w->arena, struct ring);
	size_t n = w->open.n;
	while (w->open.at[--w->open.n]->id != block)
		;
	r->n = n - w->open.n;
	r->at = arena_alloc(w->arena, r->n * sizeof(struct ir_block *));
	memcpy(r->at, w->open.at + w->open.n, r->n * sizeof *r->at);
	for (size_t i = 0; i < r->n; i++)
		w->of[r->at[i]->id] = r;
}

static void follow(struct rings *w, uint32_t from)
{
	come_to(w, from);
	while (w->path.n) {
		struct step *s = &w->path.at[w->path.n - 1];
		uint32_t block = s->block;
		if (s->edge < w->first[block + 1]) {
			uint32_t to = w->edges.at[s->edge++];
			if (!w->seen[to])
				come_to(w, to);
			else if (!w->of[to])
				lead_to(w, block, w->seen[to]);
			continue;
		}
		if (--w->path.n)
			lead_to(w, w->path.at[w->path.n - 1].block, w->low[block]);
		if (w->low[block] == w->seen[block])
			close_ring(w, block);
	}
}

static struct rings find_rings(struct arena *a, struct ir_fn *fn)
{
	uint32_t n = (uint32_t)fn->blocks.n;
	struct rings w = {.arena = a, .fn = fn};
	w.first = arena_alloc(a, (n + 1) * sizeof *w.first);
	w.seen = arena_alloc(a, n * sizeof *w.seen);
	w.low = arena_alloc(a, n * sizeof *w.low);
	w.of = arena_alloc(a, n * sizeof(struct ring *));
	for (uint32_t i = 0; i < n; i++) {
		ir_successors(fn->blocks.at[i], false, add_edge, &w);
		w.first[i + 1] = (uint32_t)w.edges.n;
	}
	for (uint32_t i = 0; i < n; i++)
		if (!w.seen[i])
			follow(&w, i);
	return w;
}

/* A comparison in the body, which is a branch on BPF, tells one way of what the other does not. Then a sum
 * that the loop compares and adds to is known again in the next round, and another number in each: it is
 * forgotten in every round. Where there is nothing but the loop's own condition, the verifier widens what
 * changes by itself. */
static void look_at(struct rings *w, struct ring *r)
{
	unsigned branches = 0, comparisons = 0;
	size_t words = w->fn->regs.n / 64 + 1;
	r->changes = arena_alloc(w->arena, words * 8);
	for (size_t b = 0; b < r->n; b++) {
		for (size_t i = 0; i < r->at[b]->ins.n; i++) {
			const struct ir_ins *ins = r->at[b]->ins.at[i];
			branches += ins->op == IR_BRANCH || ins->op == IR_SWITCH;
			comparisons += ins->op == IR_BIN && op_is_comparison(ins->bop);
		}
		for (size_t i = 0; i < words; i++)
			r->changes[i] |= r->at[b]->def[i];
	}
	r->compares = branches > 1 || comparisons > 1;
}

/* ---- loops ---- */

static void drop(struct ir_block *b, size_t at)
{
	memmove(b->ins.at + at, b->ins.at + at + 1, (b->ins.n - at - 1) * sizeof *b->ins.at);
	b->ins.n--;
}

static void forget(struct arena *a, struct ir_block *b, size_t at, const struct loc *loc,
	const struct ir_fn *fn, ir_reg r)
{
	struct ir_ins *i = NEW(a, struct ir_ins);
	i->op = IR_OPAQUE;
	i->loc = *loc;
	i->dst = r;
	i->a = (struct ir_val){.bits = fn->regs.at[r].bits, .reg = r};
	VEC_PUSH(a, &b->ins, i);
	memmove(b->ins.at + at + 1, b->ins.at + at, (b->ins.n - 1 - at) * sizeof *b->ins.at);
	b->ins.at[at] = i;
}

static void loop(struct rings *w, struct ir_block *latch, size_t at)
{
	struct arena *a = w->arena;
	struct ir_fn *fn = w->fn;
	struct loc loc = latch->ins.at[at]->loc;
	struct ir_block *header = latch->ins.at[latch->ins.n - 1]->t, *before = header->entry_of_loop;
	struct ring *ring = w->of[header->id];
	if (w->of[latch->id] != ring) {
		drop(latch, at);
		return;
	}
	if (!ring->changes)
		look_at(w, ring);
	fn->nloops++;
	latch->ins.at[at]->loop->goes_round = true;
	for (size_t i = 0; i < fn->regs.n / 64 + 1; i++)
		for (uint64_t both = ring->changes[i] & header->live_in[i]; both; both &= both - 1) {
			ir_reg r = (ir_reg)(i * 64) + (ir_reg)__builtin_ctzll(both);
			if (fn->regs.at[r].framed)
				continue;
			forget(a, before, before->ins.n - 1, &loc, fn, r);
			if (ring->compares)
				forget(a, latch, at, &loc, fn, r);
		}
}

/* ---- paths ---- */

/* The verifier follows each way through a function, unless it comes to a place in a state that it has seen. A
 * variable that is set to one constant here and to another there makes two states of one, and a dozen of them
 * four thousand; so does whatever an index was computed from. What a function of a few branches costs is no
 * matter; past that the constants are made unknown, and indices go through memory, where their history ends.
 */
#define FEW_CHOICES 6
#define FEW_CHANGES 12
#define FEW_BRANCHES 48

static bool is_choice(const struct ir_register *r, unsigned definitions)
{
	return definitions > 1 && !r->framed && !r->counted;
}

static void join_paths(struct arena *a, struct ir_fn *fn)
{
	unsigned *definitions = arena_alloc(a, fn->regs.n * sizeof *definitions), choices = 0, changes = 0,
		 branches = 0;
	bool *constant = arena_alloc(a, fn->regs.n);
	for (size_t b = 0; b < fn->blocks.n; b++)
		for (size_t i = 0; i < fn->blocks.at[b]->ins.n; i++) {
			const struct ir_ins *ins = fn->blocks.at[b]->ins.at[i];
			branches += ins->op == IR_BRANCH ? 1 : (unsigned)ins->cases.n;
			definitions[ins->dst]++;
			constant[ins->dst] |= ins->op == IR_MOV && !ins->a.reg;
		}
	fn->winding = branches > FEW_BRANCHES;
	for (ir_reg r = 1; r < fn->regs.n; r++)
		if (constant[r] && is_choice(&fn->regs.at[r], definitions[r])) {
			choices++;
			changes += definitions[r] - 1; /* a sum of flags is one variable */
		}
	if (choices <= FEW_CHOICES && changes <= FEW_CHANGES)
		return;
	for (size_t b = 0; b < fn->blocks.n; b++)
		for (size_t i = 0; i < fn->blocks.at[b]->ins.n; i++) {
			struct ir_ins *ins = fn->blocks.at[b]->ins.at[i];
			if (ins->op == IR_MOV && !ins->a.reg &&
				is_choice(&fn->regs.at[ins->dst], definitions[ins->dst]))
				ins->op = IR_OPAQUE;
		}
}

static void loops_fn(struct ir_program *ir, struct ir_fn *fn)
{
	join_paths(ir->arena, fn);
	struct rings rings = find_rings(ir->arena, fn);
	for (size_t b = 0; b < fn->blocks.n; b++) {
		struct ir_block *block = fn->blocks.at[b];
		for (size_t i = block->ins.n; i-- > 0;)
			if (block->ins.at[i]->op == IR_LOOP)
				loop(&rings, block, i);
	}
}

void loops(struct ir_program *ir)
{
	for (size_t i = 0; i < ir->fns.n; i++)
		loops_fn(ir, ir->fns.at[i]);
	for (size_t i = 0; i < ir->tasks.n; i++)
		loops_fn(ir, ir->tasks.at[i]);
}
