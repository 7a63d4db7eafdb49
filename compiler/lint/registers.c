/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * registers.c: registers that are read before any path has written them. What only some paths leave unwritten
 * is for the abstract interpreter, which knows what paths there are.
 */
#include "limits.h"

#define CONTEXT 0x402   /* r1 and r10 */
#define ARGUMENTS 0x43e /* r1 to r5 and r10: a caller may have set any of them */
#define ARGUMENT_REGISTERS 0x3e

struct work {
	uint32_t *at, n;
	uint16_t *set; /* of each instruction: registers that some path has written */
	bool *seen;
};

static void reach(struct work *w, uint32_t to, uint16_t set)
{
	uint16_t all = w->set[to] | set;
	if (w->seen[to] && all == w->set[to])
		return;
	w->seen[to] = true;
	w->set[to] = all;
	w->at[w->n++] = to;
}

static uint16_t after(const struct lint_program *p, uint32_t at, uint16_t set)
{
	const struct bpf_insn *in = &p->insns[at];
	if (in->code == (BPF_JMP | BPF_CALL))
		return (uint16_t)((set & ~ARGUMENT_REGISTERS) | 1);
	return set | flow_writes(p, at);
}

void register_rules(
	struct lint *l, const struct lint_object *o, const struct lint_program *p, const struct flow *flow)
{
	/* Each is put there again only with a register more. */
	struct work w = {arena_alloc(l->arena, (size_t)p->n * 12 * sizeof(uint32_t)), 0,
		arena_alloc(l->arena, p->n * sizeof(uint16_t)), arena_alloc(l->arena, p->n)};
	uint32_t next[2];

	for (size_t k = 0; k < p->functions.n; k++)
		reach(&w, p->functions.at[k].first, k ? ARGUMENTS : CONTEXT);
	while (w.n) {
		uint32_t at = w.at[--w.n];
		for (unsigned i = 0, n = flow_next(p, at, next); i < n; i++)
			reach(&w, next[i], after(p, at, w.set[at]));
	}
	for (uint32_t i = 0; i < p->n; i++) {
		uint16_t unset = flow->inside[i] || !w.seen[i] ? 0 : flow_reads(o, p, i) & ~w.set[i];
		for (unsigned r = 0; r < FLOW_REGISTERS; r++)
			if (unset >> r & 1)
				lint_find(l, L_not_set, p, i, r);
	}
}
