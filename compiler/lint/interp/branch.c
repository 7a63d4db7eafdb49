/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * branch.c: a conditional jump may go both ways. What it says of its operands is known on each.
 */
#include <string.h>
#include "fields.h"

/* ---- branches ---- */

/* Of these the verifier takes for granted that they are not NULL; of the stack, say, it does not. */
static bool reg_not_null(const struct reg *r)
{
	if ((r->flags & MAYBE_NULL) || r->v.smin <= -OFFSET_MAX || r->v.smax >= OFFSET_MAX)
		return false;
	switch (r->kind) {
	case IN_OBJECT:
		return r->flags & TRUSTED;
	case IN_MEMORY:
		return !(r->flags & UNTRUSTED);
	case IN_STRUCT:
		return ((r->flags & TRUSTED) && !(r->flags & UNTRUSTED)) || r->held;
	case IN_LOCAL:
		return r->held || ((r->flags & ALLOCATED) && !(r->flags & ~(ALLOCATED | BORROWED)));
	case IN_MAP:
	case IN_KEY:
	case IN_VALUE:
	case IN_SOCKET:
	case IN_SOCK_COMMON:
	case IN_TCP_SOCK:
		return true;
	default:
		return false;
	}
}

static int packet_way(const struct reg *a, const struct reg *b, uint8_t op)
{
	const struct reg *p = a;
	if (b->kind != IN_PACKET_END) {
		if (a->kind != IN_PACKET_END)
			return -1;
		p = b;
		op = jump_flipped(op);
	}
	if (p->which >= 0)
		return -1;
	if ((op == BPF_JLE || op == BPF_JGT) && p->which == RANGE_BEYOND)
		return op == BPF_JGT;
	if (op == BPF_JLT || op == BPF_JGE)
		return op == BPF_JGE;
	return -1;
}

static bool is_packet_any(const struct reg *r)
{
	return is_packet(r) || r->kind == IN_PACKET_END;
}

static int which_way(const struct reg *a, const struct reg *b, uint8_t op, bool is32)
{
	if (is_packet_any(a) && is_packet_any(b) && !is32)
		return packet_way(a, b, op);
	if (is_number(a) && is_number(b))
		return num_compare(&a->v, &b->v, op, is32);
	/* The lower half of a pointer may well be 0. */
	if (is32)
		return -1;
	const struct reg *p = is_number(b) ? a : b, *n = is_number(b) ? b : a;
	if (!is_number(n) || !num_is(&n->v, 0) || !reg_not_null(p))
		return -1;
	return op == BPF_JEQ ? 0 : op == BPF_JNE ? 1 : -1;
}

/* The registers that have an id, so that what one learns the others learn. */
static void collect(struct state *s, uint32_t id, struct past *to)
{
	id &= ~ID_PLUS;
	for (int f = s->top; f >= 0; f--) {
		struct frame *frame = s->frames[f];
		for (unsigned i = 0; i < 10u + frame->n; i++) {
			struct reg *r = i < 10 ? &frame->regs[i] : &frame->slots[i - 10].reg;
			if (!is_number(r) || (r->id & ~ID_PLUS) != id ||
				(i >= 10 && !is_spill(&frame->slots[i - 10])))
				continue;
			if (to->nlinked == 6) {
				r->id = 0;
				continue;
			}
			to->linked[to->nlinked].frame = (uint8_t)f;
			to->linked[to->nlinked].at = (uint8_t)(i < 10 ? i : i - 10);
			to->linked[to->nlinked++].is_reg = i < 10;
		}
	}
}

static void sync(struct state *s, const struct reg *known, const struct past *linked)
{
	for (unsigned i = 0; i < linked->nlinked; i++) {
		struct frame *f = s->frames[linked->linked[i].frame];
		unsigned at = linked->linked[i].at;
		struct reg *r = linked->linked[i].is_reg ? &f->regs[at] : &f->slots[at].reg;
		if (!is_number(r) || r == known || (r->id & ~ID_PLUS) != (known->id & ~ID_PLUS))
			continue;
		if (((r->id ^ known->id) & ID_PLUS) == ID_PLUS) /* a sum of halves and one of wholes */
			continue;
		if ((!(r->id & ID_PLUS) && !(known->id & ID_PLUS)) || r->off == known->off) {
			*r = *known;
			continue;
		}
		struct num by = num_known((uint64_t)((int64_t)r->off - known->off));
		int32_t off = r->off;
		uint32_t id = r->id;
		*r = *known;
		r->off = off;
		r->id = id;
		num_alu(&r->v, &by, BPF_ADD, (id | known->id) & ID_PLUS_32);
	}
}

/* The value of a map of maps is a map. Which of them it is matters where a timer belongs to one. */
static void inner_map(struct machine *m, struct reg *r)
{
	const struct lint_map *outer = &m->o->maps.at[r->which];
	if (!outer->inner)
		not_judged(m, "what maps are in map `%s` is not said by `__array(values, ...)`", outer->name);
	uint32_t id = has_async_field(m, (int)outer->inner) ? r->id : 0;
	reg_point(r, IN_MAP, (int32_t)outer->inner);
	r->of = id;
}

static void not_null(struct machine *m, struct reg *r)
{
	if (r->kind == IN_VALUE) {
		uint32_t type = m->o->maps.at[r->which].type;
		if (type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS)
			inner_map(m, r);
		if (type == BPF_MAP_TYPE_SOCKMAP || type == BPF_MAP_TYPE_SOCKHASH)
			r->kind = IN_SOCKET;
		if (type == BPF_MAP_TYPE_XSKMAP)
			not_judged(m, "a socket of map `%s` is used", m->o->maps.at[r->which].name);
	}
	r->flags &= (uint16_t)~MAYBE_NULL;
}

/* All copies of a pointer that may be NULL learn that it is, or that it is not. */
static void settle_null(struct machine *m, struct state *s, unsigned reg, bool null)
{
	struct reg *p = &s->frames[s->top]->regs[reg];
	uint32_t id = p->id, held = p->held;

	if (held && held == id && null)
		drop(s, id);
	FOR_EACH_REG(s, r, {
		if ((r->flags & MAYBE_NULL) && r->id == id && r->kind != IN_NUMBER) {
			if (null) {
				r->kind = IN_NUMBER;
				r->flags = 0;
				r->id = r->held = 0;
				r->which = r->off = 0;
			} else {
				not_null(m, r);
				if (!has_lock(fields_of(m, r)))
					r->id = 0;
			}
		}
	})
}

/* ---- comparisons with the packet's end ---- */

static void packet_reaches(struct state *s, const struct reg *p, enum reg_kind kind, bool open)
{
	if (p->off < 0 || (p->off == 0 && open))
		return;
	if (p->v.umax > PACKET_MAX || p->v.umax + (uint64_t)p->off > PACKET_MAX)
		return;
	int32_t range = p->off + open;
	uint32_t id = p->id;
	FOR_EACH_REG(s, r, {
		if (r->kind == kind && r->id == id && r->which < range)
			r->which = range;
	})
}

static void packet_ends(struct state *s, unsigned reg, bool open)
{
	struct reg *r = &s->frames[s->top]->regs[reg];
	if (r->kind == IN_PACKET)
		r->which = open ? RANGE_BEYOND : RANGE_AT_END;
}

static bool is_start(const struct reg *r)
{
	return r->kind == IN_PACKET && !r->id && !r->off && num_is(&r->v, 0);
}

/* Which of the two ways the pointer is within the packet on, for pointer OP end. */
static bool learn_packet(
	struct machine *m, const struct bpf_insn *in, struct state *here, struct state *there)
{
	const struct reg *d = &here->frames[here->top]->regs[in->dst_reg];
	const struct reg *s = &here->frames[here->top]->regs[in->src_reg];
	uint8_t op = BPF_OP(in->code);
	bool straight = (d->kind == IN_PACKET && s->kind == IN_PACKET_END) ||
			(d->kind == IN_PACKET_META && is_start(s));
	bool flipped = (d->kind == IN_PACKET_END && s->kind == IN_PACKET) ||
		       (is_start(d) && s->kind == IN_PACKET_META);

	(void)m;
	if (BPF_SRC(in->code) != BPF_X || BPF_CLASS(in->code) == BPF_JMP32 || (!straight && !flipped))
		return false;
	if (op != BPF_JGT && op != BPF_JLT && op != BPF_JGE && op != BPF_JLE)
		return false;
	unsigned reg = straight ? in->dst_reg : in->src_reg;
	if (flipped)
		op = jump_flipped(op);
	const struct reg p = here->frames[here->top]->regs[reg];
	bool inside_jumps = op == BPF_JLT || op == BPF_JLE, open = op == BPF_JLT || op == BPF_JGE;
	packet_reaches(inside_jumps ? there : here, &p, p.kind, open);
	/* Where it is not inside: p >= end, or p > end. */
	packet_ends(inside_jumps ? here : there, reg, !open);
	return true;
}

static void went(struct machine *m, struct state *s, bool jumped)
{
	struct way *w = machine_alloc(m, sizeof *w);
	*w = (struct way){s->way, m->insn, jumped};
	s->way = w;
}

static void may_goto(struct machine *m, const struct bpf_insn *in)
{
	struct state *before = found_before(m, m->cur->parent, m->insn);
	struct state *on = follow_later(m, m->insn + 1, m->insn);
	on->goto_depth++;
	if (before)
		widen(m, before, on);
	m->insn += (uint32_t)in->off;
}

static void learn_pointers(struct machine *m, const struct bpf_insn *in, struct state *there, bool is32)
{
	struct reg *d = reg_now(m, in->dst_reg), *s = reg_now(m, in->src_reg);
	uint8_t op = BPF_OP(in->code);

	if (is32 || BPF_SRC(in->code) != BPF_X || is_number(s) || is_number(d) || s->kind == IN_OBJECT ||
		d->kind == IN_OBJECT || s->kind == IN_STRUCT || d->kind == IN_STRUCT || s->kind == IN_LOCAL ||
		d->kind == IN_LOCAL || !((s->flags ^ d->flags) & MAYBE_NULL) ||
		(op != BPF_JEQ && op != BPF_JNE))
		return;
	struct frame *equal = op == BPF_JEQ ? there->frames[there->top] : frame_now(m);
	if (reg_not_null(s->flags & MAYBE_NULL ? d : s))
		not_null(m, &equal->regs[s->flags & MAYBE_NULL ? in->src_reg : in->dst_reg]);
}

/* Whether it compares a pointer with NULL: with 0, or, since Linux 7.0, with a register that has 0. */
static bool is_null_test(
	const struct machine *m, const struct bpf_insn *in, const struct reg *d, const struct reg *s)
{
	uint8_t op = BPF_OP(in->code);
	bool zero = BPF_SRC(in->code) == BPF_K ? !in->imm : is_null(s) && lint_kernel(m->lint) >= 0x0700;
	return zero && BPF_CLASS(in->code) == BPF_JMP && (op == BPF_JEQ || op == BPF_JNE) &&
	       (d->flags & MAYBE_NULL);
}

void follow_branch(struct machine *m, const struct bpf_insn *in)
{
	uint8_t op = BPF_OP(in->code);
	bool by_reg = BPF_SRC(in->code) == BPF_X, is32 = BPF_CLASS(in->code) == BPF_JMP32;
	struct reg constant = {0}, *s = &constant, *d;
	struct past linked = {0};

	if (op == NEW_BPF_JCOND) {
		may_goto(m, in);
		return;
	}
	need_value(m, in->dst_reg);
	if (by_reg) {
		need_value(m, in->src_reg);
		s = reg_now(m, in->src_reg);
	} else {
		reg_known(&constant, (uint64_t)(int64_t)in->imm);
	}
	d = reg_now(m, in->dst_reg);
	unsigned flags =
		(s->kind == IN_STACK ? PAST_SRC_STACK : 0u) | (d->kind == IN_STACK ? PAST_DST_STACK : 0u);
	if (flags)
		remember_past(m, flags, 0, 0);
	int way = which_way(d, s, op, is32);
	if (way >= 0) {
		need_precise(m, in->dst_reg);
		if (by_reg)
			need_precise(m, in->src_reg);
		if (way)
			m->insn += (uint32_t)(int32_t)in->off;
		return;
	}
	if (by_reg && is_number(s) && s->id)
		collect(m->cur, s->id, &linked);
	if (is_number(d) && d->id)
		collect(m->cur, d->id, &linked);
	if (linked.nlinked > 1)
		remember_linked(m, &linked);

	struct state *there = follow_later(m, (uint32_t)((int)m->insn + in->off + 1), m->insn);
	struct reg *td = &there->frames[there->top]->regs[in->dst_reg], also = constant;
	struct reg *ts = by_reg ? &there->frames[there->top]->regs[in->src_reg] : &also;
	went(m, m->cur, false);
	went(m, there, true);
	if (is_number(d) && is_number(s)) {
		/* Compared with itself, one register is both. */
		num_learn(&d->v, &s->v, op, is32, false);
		num_learn(&td->v, &ts->v, op, is32, true);
	}
	if (by_reg && is_number(s) && s->id) {
		sync(m->cur, s, &linked);
		sync(there, ts, &linked);
	}
	if (is_number(d) && d->id) {
		sync(m->cur, d, &linked);
		sync(there, td, &linked);
	}
	learn_pointers(m, in, there, is32);
	if (is_null_test(m, in, d, s)) {
		unsigned reg = in->dst_reg;
		if (by_reg)
			need_precise(m, in->src_reg);
		settle_null(m, m->cur, reg, op == BPF_JNE);
		settle_null(m, there, reg, op == BPF_JEQ);
	} else {
		learn_packet(m, in, m->cur, there);
	}
}
