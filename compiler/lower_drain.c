/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * lower_drain.c: for (cqe c in q): as many as are there when it begins.
 *
 * In general they are taken one by one, each under a bound for the verifier. Where the body is short and does
 * nothing that could look at the queue, they are taken a run at a time: the bound, the queue's head and where
 * its entries wrap around are then the run's, and the verifier follows a run's rounds one by one.
 *
 *	header:  while some are left
 *	some:        n, at = the next run; k = 0
 *	one:         do c = the entry at `at`
 *	body:            ...
 *	next:            at += an entry
 *	                 k += 1 while k < n
 *	run:         head += n; left -= n
 */
#include "lower.h"
#include "../runtime/image.h"

#define RUN 16u        /* completions; a power of two */
#define RUN_BODY 24u   /* instructions of the body */
#define RUN_CHOICES 2u /* and branches: the verifier sees each way through each round */

struct body {
	bool takes; /* may take completions: itself, or because others run */
	bool plain; /* a run may be taken */
};

/* Of the blocks from the n-th on. */
static struct body look_at(const struct ir_fn *fn, size_t n)
{
	struct body body = {.plain = true};
	unsigned instructions = 0, choices = 0;
	for (; n < fn->blocks.n; n++)
		for (size_t k = 0; k < fn->blocks.at[n]->ins.n; k++) {
			const struct ir_ins *i = fn->blocks.at[n]->ins.at[k];
			instructions++;
			switch (i->op) {
			case IR_REAP:
			case IR_CALL:
			case IR_AWAIT_ALL:
				body.takes = true;
				break;
			case IR_BRANCH:
				choices++;
				break;
			case IR_COPY:
			case IR_ZERO:
			case IR_DATA:
				body.plain &= i->limit <= 64;
				break;
			case IR_MOV:
			case IR_BIN:
			case IR_NEG:
			case IR_COM:
			case IR_EXT:
			case IR_BSWAP:
			case IR_OPAQUE:
			case IR_SELF_REG:
			case IR_INDEX:
			case IR_CHECK:
			case IR_LOAD:
			case IR_STORE:
			case IR_OFFSET:
			case IR_ADDRESS:
			case IR_ATOMIC:
			case IR_JUMP:
			case IR_TRAP:
				break;
			default:
				body.takes |= ir_suspends(i->op);
				body.plain = false;
			}
		}
	body.plain &= !body.takes && instructions <= RUN_BODY && choices <= RUN_CHOICES;
	return body;
}

struct drain {
	const struct loc *loc;
	struct symbol *q;
	struct ir_addr at;
	struct local into; /* the variable */
	ir_reg left;
	struct ir_block *header, *some, *body, *next, *broke, *end;
};

/* Both begin in `next`, and end in `end`. */
static void one_by_one(struct lowering *L, const struct drain *d, bool takes)
{
	lower_change(L, d->loc, OP_SUB, d->left, constant(32, 1));
	back_edge(L, d->loc, d->header);
	start(L, d->some);
	struct ir_ins *one = lower_reap_into(L, d->loc, d->q, &d->at, &d->into);
	one->sure = !takes;
	if (takes)
		branch(L, d->loc, value(8, one->dst2), d->body, d->end);
	else
		jump(L, d->body);
	start(L, d->broke);
	start(L, d->end);
}

static void took(struct lowering *L, const struct drain *d, ir_reg n)
{
	lower_on_queue(L, IR_TOOK, d->loc, d->q, &d->at)->a = value(64, n);
}

static void in_runs(struct lowering *L, const struct drain *d)
{
	ir_reg n = new_reg(L, 64, NULL), k = new_reg(L, 64, NULL), at = new_reg(L, 64, NULL);
	struct ir_block *one = new_block(L), *run = new_block(L);
	L->fn->regs.at[n].counted = L->fn->regs.at[k].counted = L->fn->regs.at[at].counted = true;
	lower_change(L, d->loc, OP_ADD, at, constant(64, sizeof(struct rl_completion)));
	lower_change(L, d->loc, OP_ADD, k, constant(64, 1));
	struct ir_val more = lower_binary(L, d->loc, OP_LT, value(64, k), &type_u64, value(64, n), &type_u64);
	branch(L, d->loc, more, one, run);

	start(L, d->some);
	struct ir_ins *i = lower_on_queue(L, IR_RUN, d->loc, d->q, &d->at);
	i->dst = n;
	i->dst2 = at;
	i->a = value(32, d->left);
	i->limit = RUN;
	set(L, d->loc, k, constant(64, 0));
	start(L, one);
	i = lower_on_queue(L, IR_ENTRY, d->loc, d->q, &d->at);
	i->dst = d->into.reg;
	i->flags = d->into.len;
	i->user_data = d->into.user_data;
	i->a = value(64, at);
	jump(L, d->body);

	start(L, run);
	took(L, d, n);
	lower_change(L, d->loc, OP_SUB, d->left, convert(L, d->loc, value(64, n), &type_u64, &type_u32));
	back_edge(L, d->loc, d->header);
	start(L, d->broke);
	lower_change(L, d->loc, OP_ADD, k, constant(64, 1));
	took(L, d, k);
	start(L, d->end);
}

void lower_for_each(struct lowering *L, struct stmt *s)
{
	if (s->a->kind == E_CALL) {
		lower_for_stream(L, s);
		return;
	}
	struct drain d = {.loc = &s->loc, .q = lower_queue_of(s->a), .left = new_reg(L, 32, NULL)};
	struct ir_block *before = new_block(L);
	d.header = new_block(L), d.some = new_block(L), d.body = new_block(L);
	d.next = new_block(L), d.broke = new_block(L), d.end = new_block(L);
	struct block_scope *scope = enter(L);
	d.at = lower_place(L, s->a);
	struct ir_ins *len = lower_on_queue(L, IR_LEN, d.loc, d.q, &d.at);
	len->dst = d.left;
	len->site = new_site(L, d.loc, "for");
	new_local(L, s->sym);
	d.into = *local_of(L, s->sym);
	lower_round(L, d.q->queue.capacity);
	start(L, before);
	d.header->entry_of_loop = before;
	start(L, d.header);
	struct ir_val more =
		lower_binary(L, d.loc, OP_NE, value(32, d.left), &type_u32, constant(32, 0), &type_u32);
	branch(L, d.loc, more, d.some, d.end);

	/* How completions are taken depends on what the body does with them: so that comes first. */
	size_t first = L->fn->blocks.n;
	start(L, d.body);
	scope->on_break = d.broke;
	scope->on_continue = d.next;
	lower_scoped(L, s->s1);
	struct body body = look_at(L->fn, first);
	start(L, d.next);
	if (body.plain && d.at.nterms == 0)
		in_runs(L, &d);
	else
		one_by_one(L, &d, body.takes);
	scope->on_break = scope->on_continue = NULL;
	leave(L);
}
