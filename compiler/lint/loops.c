/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* loops.c: loops that nothing ends, where that is sure. */
#include <string.h>
#include "limits.h"

struct loop {
	uint32_t first;              /* the lowest instruction of it, plus 1; 0: none has been seen */
	uint32_t exits;              /* how many of its instructions lead out of it */
	uint16_t written, looked_at; /* registers: by any of it; by those that lead out */
	bool bounded;                /* by may_goto, or something that only running it tells */
};

static void look(struct loop *loop, const struct lint_object *o, const struct lint_program *p,
	const struct flow *flow, uint32_t i)
{
	uint32_t next[2];
	unsigned n = flow_next(p, i, next);
	bool leaves = false;

	if (!loop->first)
		loop->first = i + 1;
	loop->written |= flow_writes(p, i);
	loop->bounded |= flow_is_may_goto(&p->insns[i]);
	for (unsigned k = 0; k < n; k++)
		leaves |= flow->loop[next[k]] != flow->loop[i];
	if (!leaves)
		return;
	loop->exits++;
	loop->looked_at |= flow_reads(o, p, i);
}

/* A program that a loop calls may end by itself: bpf_throw does not come back. */
static bool may_throw(const struct lint_object *o, const struct lint_program *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (p->refs[i].kind == REF_KFUNC &&
			!strcmp(o->externs.at[p->refs[i].index].name, "bpf_throw"))
			return true;
	return false;
}

void loop_rules(
	struct lint *l, const struct lint_object *o, const struct lint_program *p, const struct flow *flow)
{
	if (!flow->nloops || may_throw(o, p))
		return;
	struct loop *loops = arena_alloc(l->arena, (flow->nloops + 1) * sizeof *loops);
	for (uint32_t i = 0; i < p->n; i++)
		if (flow->loop[i])
			look(&loops[flow->loop[i]], o, p, flow, i);
	for (uint32_t k = 1; k <= flow->nloops; k++) {
		const struct loop *loop = &loops[k];
		uint32_t at = loop->first - 1;
		if (loop->bounded)
			continue;
		if (!loop->exits)
			lint_find(l, L_endless_loop, p, at);
		else if (!(loop->looked_at & loop->written))
			lint_find(l, L_loop_without_progress, p, at);
	}
}
