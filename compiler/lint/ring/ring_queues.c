/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ring_queues.c: queues that are filled and never looked at, or waited for and never filled. */
#include <string.h>
#include "ring.h"

struct sides {
	const struct ir_ins *fills,
		*takes; /* of a declaration of queues: the first that does; NULL: nothing */
};

static void count(struct sides *sides, const struct ir_ins *i)
{
	struct sides *s;
	switch (i->op) {
	case IR_EMIT:
	case IR_SUBMIT:
		s = &sides[i->sym->queue.index];
		s->fills = s->fills ? s->fills : i;
		break;
	case IR_TAKE:
	case IR_WAIT:
	case IR_REAP:
	case IR_RUN:
	case IR_PARK:
		s = &sides[i->sym->queue.index];
		s->takes = s->takes ? s->takes : i;
		break;
	default:
		break;
	}
}

static void count_in(struct sides *sides, const struct ir_fn *fn)
{
	EACH_INS (fn, i)
		count(sides, i);
}

/* A module of the standard library has queues for all that it can do. */
static bool is_of_library(const struct ir_program *ir, const struct symbol *sym)
{
	return !strncmp(ir->p->sources->list.at[sym->loc.file]->name, "std/", 4);
}

void ring_queues(struct lint *l, struct ir_program *ir)
{
	struct sides *sides = arena_alloc(ir->arena, (ir->p->queues.n + 1) * sizeof *sides);
	for (size_t i = 0; i < ir->tasks.n; i++)
		count_in(sides, ir->tasks.at[i]);
	for (size_t i = 0; i < ir->fns.n; i++)
		if (ir->fns.at[i]->used)
			count_in(sides, ir->fns.at[i]);
	for (size_t q = 0; q < ir->p->queues.n; q++) {
		const struct symbol *sym = ir->p->queues.at[q];
		if (is_of_library(ir, sym))
			continue;
		bool host_fills = sym->queue.kind == QUEUE_IN, host_takes = sym->queue.kind == QUEUE_OUT;
		const struct sides *s = &sides[q];
		if (!s->fills && !s->takes) {
			lint_find_line(l, L_queue_unused, script_line(ir, &sym->loc), sym->name);
		} else if (!s->takes && !host_takes) {
			struct finding *f =
				lint_find_line(l, L_queue_unread, script_line(ir, &sym->loc), sym->name);
			lint_note_line(l, f, script_line(ir, &s->fills->loc), "it is filled here");
		} else if (!s->fills && !host_fills) {
			struct finding *f =
				lint_find_line(l, L_queue_unfilled, script_line(ir, &sym->loc), sym->name);
			lint_note_line(l, f, script_line(ir, &s->takes->loc), "it is waited for here");
		} else if (host_fills && !s->takes) {
			lint_find_line(l, L_queue_unread, script_line(ir, &sym->loc), sym->name);
		}
	}
}
