/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * step.c: one instruction: what is known after it. A conditional jump may go both ways; what it says of its
 * operands is known on each.
 */
#include <string.h>
#include "machine.h"

static const uint8_t sizes[] = {[BPF_W >> 3] = 4, [BPF_H >> 3] = 2, [BPF_B >> 3] = 1, [BPF_DW >> 3] = 8};

static unsigned size_of(const struct bpf_insn *in)
{
	return sizes[BPF_SIZE(in->code) >> 3];
}

void need_value(struct machine *m, unsigned reg)
{
	if (reg > 10)
		reject(m, L_bad_instruction, NULL, "there is no register R%u", reg);
	if (reg_now(m, reg)->kind != IN_NOTHING)
		return;
	bool argument = reg >= 1 && reg <= 5;
	reject(m, L_no_value,
		argument ? "A call leaves nothing in R1 to R5; in C, initialise the variable on every path."
			 : "Give the variable a value on every path.",
		"%s is read, but has no value on this path", reg_name(m, reg));
}

static void need_writable(struct machine *m, unsigned reg)
{
	if (reg == 10)
		reject(m, L_bad_instruction, NULL, "the frame pointer cannot be written");
	if (reg > 10)
		reject(m, L_bad_instruction, NULL, "there is no register R%u", reg);
}

static _Noreturn void reserved(struct machine *m)
{
	reject(m, L_bad_instruction, NULL, "a field that has to be 0 is not");
}

/* ---- arithmetic on pointers ---- */

static const char *const op_words[16] = {"adding", "subtracting", "multiplying", "dividing", "or", "and",
	"shifting", "shifting", "negating", "dividing", "xor", "", "shifting", "", "", ""};

/* Offsets are of 30 bits at most. */
static void sane_offset(struct machine *m, const struct reg *r)
{
	if ((num_is_known(&r->v) &&
		    ((int64_t)r->v.bits.value >= OFFSET_MAX || (int64_t)r->v.bits.value <= -OFFSET_MAX)) ||
		r->off >= OFFSET_MAX || r->off <= -OFFSET_MAX || r->v.smin == INT64_MIN ||
		r->v.smin >= OFFSET_MAX || r->v.smin <= -OFFSET_MAX)
		reject(m, L_bad_arithmetic, "Compare the offset with a bound first, below and above.",
			"an offset without a lower bound, or of more than 29 bits, is added to a pointer");
}

static void sane_number(struct machine *m, const struct reg *r)
{
	struct reg x = *r;
	x.off = 0;
	sane_offset(m, &x);
}

static bool may_be_moved(const struct reg *p, bool known, int64_t by, uint8_t op)
{
	switch (p->kind) {
	case IN_CONTEXT:
	case IN_VALUE:
	case IN_KEY:
	case IN_STACK:
	case IN_PACKET:
	case IN_PACKET_META:
	case IN_OBJECT:
	case IN_MEMORY:
	case IN_FUNCTION:
	case IN_DYNPTR:
		return true;
	case IN_MAP:
		return known && !by && op == BPF_ADD;
	default:
		return false;
	}
}

/* A constant goes into the fixed part of the offset, anything else into the one that varies. */
static void move_pointer(
	struct machine *m, const struct bpf_insn *in, const struct reg *pp, const struct reg *on)
{
	const struct reg p = *pp, by = *on;
	struct reg *d = reg_now(m, in->dst_reg);
	uint8_t op = BPF_OP(in->code);
	bool known = num_is_known(&by.v), add = op == BPF_ADD;

	if (by.v.smin > by.v.smax || by.v.umin > by.v.umax) {
		reg_unknown(d);
		return;
	}
	if (BPF_CLASS(in->code) != BPF_ALU64) {
		if (op == BPF_SUB) {
			reg_unknown(d);
			return;
		}
		reject(m, L_bad_arithmetic, "Compute with pointers in 64 bits.",
			"32 bits of the pointer in %s are computed with", reg_name(m, in->dst_reg));
	}
	if (p.flags & MAYBE_NULL)
		reject(m, L_maybe_null, "Check it first: `if (!p) return 0;`.",
			"%s may be NULL, and something is added to it", reg_name(m, in->dst_reg));
	if (!may_be_moved(&p, known, by.v.smin, op))
		reject(m, L_bad_arithmetic, NULL, "nothing can be added to %s, which %s has",
			reg_words(m, &p), reg_name(m, in->dst_reg));
	if (op != BPF_ADD && op != BPF_SUB)
		reject(m, L_bad_arithmetic, "Compute the offset as a number, and add it.", "%s: %s a pointer",
			reg_name(m, in->dst_reg), op_words[op >> 4]);
	sane_number(m, &by);
	sane_offset(m, &p);
	if (op == BPF_SUB && on == d)
		reject(m, L_bad_arithmetic, NULL, "a pointer is subtracted from the number in %s",
			reg_name(m, in->dst_reg));
	if (op == BPF_SUB && p.kind == IN_STACK)
		reject(m, L_bad_arithmetic, "Add the negative number.",
			"something is subtracted from a pointer to the stack");

	*d = p;
	int64_t fixed = add ? p.off + by.v.smin : p.off - by.v.smin;
	if (known && fixed == (int32_t)fixed) {
		d->off = (int32_t)fixed;
		d->v.smin32 = INT32_MIN;
		d->v.smax32 = INT32_MAX;
		d->v.umin32 = 0;
		d->v.umax32 = UINT32_MAX;
	} else {
		if (add)
			num_add_pointer(&d->v, &p.v, &by.v);
		else
			num_sub_pointer(&d->v, &p.v, &by.v);
		if (is_packet(&p)) {
			d->id = ++m->ids;
			if (add || by.v.smin < 0)
				d->which = 0;
		}
	}
	sane_offset(m, d);
	num_settle(&d->v);
}

/* ---- arithmetic on numbers ---- */

/* What is learnt of the one is learnt of the other where they differ by a constant. */
static void link_sum(struct reg *d, const struct bpf_insn *in, const struct num *by)
{
	bool sum =
		BPF_OP(in->code) == BPF_ADD && BPF_CLASS(in->code) == BPF_ALU64 && d->id && num_is_known(by);
	if (sum && !(d->id & ID_PLUS) && by->bits.value <= INT32_MAX) {
		d->id |= ID_PLUS;
		d->off = (int32_t)by->bits.value;
	} else {
		d->off = 0;
		d->id = 0;
	}
}

/* -1 or 0, as a comparison without a branch makes them, is a mask: each is followed for itself. */
static void fork_mask(struct machine *m, const struct bpf_insn *in, struct reg *d)
{
	bool wide = d->v.smin == -1 && d->v.smax == 0, low = d->v.smin32 == -1 && d->v.smax32 == 0;

	if (lint_kernel(m->lint) < 0x0612 || (!wide && !low))
		return;
	struct state *zero = follow_later(m, m->insn, m->insn);
	struct reg *z = &zero->frames[zero->top]->regs[in->dst_reg];
	if (wide) {
		reg_known(z, 0);
		reg_known(d, UINT64_MAX);
	} else {
		num_know_low(&z->v, 0);
		num_know_low(&d->v, UINT32_MAX);
	}
}

static void compute(struct machine *m, const struct bpf_insn *in)
{
	struct reg *d = reg_now(m, in->dst_reg), constant, *s = &constant;
	bool by_reg = BPF_SRC(in->code) == BPF_X, is32 = BPF_CLASS(in->code) == BPF_ALU;
	uint8_t op = BPF_OP(in->code);

	if (d->kind == IN_ARENA)
		return;
	if (by_reg) {
		s = reg_now(m, in->src_reg);
		if (!is_number(s) && !is_number(d)) {
			if (op != BPF_SUB)
				reject(m, L_bad_arithmetic, NULL, "two pointers are combined, in %s and %s",
					reg_name(m, in->dst_reg), reg_name(m, in->src_reg));
			reg_unknown(d);
			return;
		}
		if (!is_number(s)) {
			need_precise(m, in->dst_reg);
			move_pointer(m, in, s, d);
			return;
		}
		if (!is_number(d)) {
			need_precise(m, in->src_reg);
			move_pointer(m, in, d, s);
			return;
		}
		if (d->precise)
			need_precise(m, in->src_reg);
	} else {
		reg_known(&constant, (uint64_t)(int64_t)in->imm);
		if (!is_number(d)) {
			move_pointer(m, in, d, s);
			return;
		}
	}
	struct num by = s->v;
	if ((op == BPF_AND || op == BPF_OR) && num_is_known(&by))
		fork_mask(m, in, d);
	if (!num_alu(&d->v, &by, op, is32))
		reg_unknown(d);
	link_sum(d, in, &by);
}

static void move(struct machine *m, const struct bpf_insn *in)
{
	struct reg *d = reg_now(m, in->dst_reg), *s = reg_now(m, in->src_reg);
	bool is32 = BPF_CLASS(in->code) == BPF_ALU;

	if (BPF_SRC(in->code) == BPF_K) {
		reg_known(d, is32 ? (uint32_t)in->imm : (uint64_t)(int64_t)in->imm);
		return;
	}
	if (!is32 && in->off == 1) { /* from one address space to another */
		bool to_arena = in->imm == 1;
		reg_unknown(d);
		if (to_arena)
			d->kind = IN_ARENA;
		return;
	}
	if (!is32 && !in->off) {
		reg_give_id(m, s);
		*d = *s;
		return;
	}
	if (!is_number(s)) { /* whoever loads the program may see a part of an address */
		reg_unknown(d);
		if (is32)
			num_zero_extend(&d->v);
		num_settle(&d->v);
		return;
	}
	bool same = in->off ? s->v.umax < 1ULL << (in->off - 1) : num_width(&s->v) <= 32;
	if (same)
		reg_give_id(m, s);
	*d = *s;
	if (!same)
		d->id = 0;
	if (in->off)
		num_cut_signed(&d->v, (unsigned)in->off / 8, is32);
	if (is32)
		num_zero_extend(&d->v);
	num_settle(&d->v);
}

static void check_alu(struct machine *m, const struct bpf_insn *in)
{
	uint8_t op = BPF_OP(in->code);
	bool by_reg = BPF_SRC(in->code) == BPF_X, is64 = BPF_CLASS(in->code) == BPF_ALU64;
	bool divides = op == BPF_DIV || op == BPF_MOD,
	     shifts = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;

	if (op == BPF_NEG || op == BPF_END) {
		if (in->src_reg || in->off || (op == BPF_NEG && (by_reg || in->imm)))
			reserved(m);
		if (op == BPF_END && ((is64 && by_reg) || (in->imm != 16 && in->imm != 32 && in->imm != 64)))
			reserved(m);
	} else if (op == BPF_MOV) {
		bool width = in->off == 0 || in->off == 8 || in->off == 16 || (is64 && in->off == 32);
		bool cast = by_reg && is64 && in->off == 1;
		if (by_reg ? (!cast && (in->imm || !width)) : (in->src_reg || in->off))
			reserved(m);
	} else if (op > BPF_END) {
		reject(m, L_bad_instruction, NULL, "there is no arithmetic instruction 0x%02x", in->code);
	} else {
		if ((by_reg ? in->imm : in->src_reg) || (in->off && !(in->off == 1 && divides)))
			reserved(m);
	}
	if (by_reg && op != BPF_NEG && op != BPF_END)
		need_value(m, in->src_reg);
	if (op != BPF_MOV)
		need_value(m, in->dst_reg);
	need_writable(m, in->dst_reg);
	if (divides && !by_reg && !in->imm)
		reject(m, L_bad_instruction, NULL, "a division by the constant 0");
	if (shifts && !by_reg && (in->imm < 0 || in->imm >= (is64 ? 64 : 32)))
		reject(m, L_bad_instruction, NULL, "a shift by %d bits of %d", in->imm, is64 ? 64 : 32);
}

static void alu(struct machine *m, const struct bpf_insn *in)
{
	uint8_t op = BPF_OP(in->code);
	struct reg *d;

	check_alu(m, in);
	d = reg_now(m, in->dst_reg);
	if (op == BPF_MOV) {
		move(m, in);
	} else if (op == BPF_END || (op == BPF_NEG && !is_number(d))) {
		reg_unknown(d);
	} else if (op == BPF_NEG) {
		num_alu(&d->v, &d->v, op, BPF_CLASS(in->code) == BPF_ALU);
	} else {
		compute(m, in);
	}
}

/* ---- branches ---- */

static bool reg_not_null(const struct reg *r)
{
	if (r->flags & MAYBE_NULL)
		return false;
	return r->kind != IN_NUMBER && r->kind != IN_NOTHING && r->kind != IN_OBJECT && r->kind != IN_ARENA;
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
	const struct reg *p = is_number(b) ? a : b, *n = is_number(b) ? b : a;
	if (!is_number(n) || !(is32 ? num_is_known32(&n->v) : num_is_known(&n->v)) || !reg_not_null(p))
		return -1;
	if (is32 ? (uint32_t)n->v.bits.value : n->v.bits.value)
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
		if ((!(r->id & ID_PLUS) && !(known->id & ID_PLUS)) || r->off == known->off) {
			*r = *known;
			continue;
		}
		struct num by = num_known((uint64_t)((int64_t)r->off - known->off));
		int32_t off = r->off;
		*r = *known;
		r->off = off;
		num_add(&r->v, &by);
	}
}

static void not_null(struct machine *m, struct reg *r)
{
	if (r->kind == IN_VALUE) {
		uint32_t type = m->o->maps.at[r->which].type;
		if (type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS)
			not_judged(m, "map `%s` has maps in it", m->o->maps.at[r->which].name);
		if (type == BPF_MAP_TYPE_SOCKMAP || type == BPF_MAP_TYPE_SOCKHASH)
			r->kind = IN_SOCKET;
		if (type == BPF_MAP_TYPE_XSKMAP)
			not_judged(m, "a socket of map `%s` is used", m->o->maps.at[r->which].name);
	}
	r->flags &= (uint8_t)~MAYBE_NULL;
}

static bool has_lock(struct machine *m, const struct reg *r)
{
	const struct map_fields *f = &m->map_fields[r->which];
	for (size_t i = 0; r->kind == IN_VALUE && i < f->n; i++)
		if (f->at[i].kind == FIELD_LOCK)
			return true;
	return false;
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
				r->which = 0;
			} else {
				not_null(m, r);
				if (!has_lock(m, r))
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

static void went(struct state *s, uint32_t insn, bool jumped)
{
	memmove(&s->trail[1], &s->trail[0], (TRAIL - 1) * sizeof s->trail[0]);
	s->trail[0] = insn * 2 + jumped + 1;
}

static void may_goto(struct machine *m, const struct bpf_insn *in)
{
	if (in->code != (BPF_JMP | NEW_BPF_JCOND) || in->src_reg || in->dst_reg || in->imm)
		reserved(m);
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
		d->kind == IN_OBJECT || !((s->flags ^ d->flags) & MAYBE_NULL) ||
		(op != BPF_JEQ && op != BPF_JNE))
		return;
	struct frame *equal = op == BPF_JEQ ? there->frames[there->top] : frame_now(m);
	not_null(m, &equal->regs[s->flags & MAYBE_NULL ? in->src_reg : in->dst_reg]);
}

static void branch(struct machine *m, const struct bpf_insn *in)
{
	uint8_t op = BPF_OP(in->code);
	bool by_reg = BPF_SRC(in->code) == BPF_X, is32 = BPF_CLASS(in->code) == BPF_JMP32;
	struct reg constant = {0}, *s = &constant, *d;
	struct past linked = {0};

	if (op == NEW_BPF_JCOND) {
		may_goto(m, in);
		return;
	}
	if (op > NEW_BPF_JCOND || (by_reg ? in->imm : in->src_reg))
		reserved(m);
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
	went(m->cur, m->insn, false);
	went(there, m->insn, true);
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
	if (!is32 && !by_reg && !in->imm && (op == BPF_JEQ || op == BPF_JNE) && (d->flags & MAYBE_NULL)) {
		unsigned reg = in->dst_reg;
		settle_null(m, m->cur, reg, op == BPF_JNE);
		settle_null(m, there, reg, op == BPF_JEQ);
	} else {
		learn_packet(m, in, m->cur, there);
	}
}

/* ---- loads, stores and the rest ---- */

static void load(struct machine *m, const struct bpf_insn *in)
{
	bool sign = BPF_MODE(in->code) == NEW_BPF_MEMSX;

	if (in->imm || (BPF_MODE(in->code) != BPF_MEM && !sign) || (sign && size_of(in) == 8))
		reserved(m);
	need_value(m, in->src_reg);
	need_writable(m, in->dst_reg);
	access_memory(m, in->src_reg, in->off, size_of(in), READ, in->dst_reg, false, sign);
}

static void store(struct machine *m, const struct bpf_insn *in)
{
	if (BPF_MODE(in->code) != BPF_MEM || in->imm)
		reserved(m);
	need_value(m, in->src_reg);
	need_value(m, in->dst_reg);
	access_memory(m, in->dst_reg, in->off, size_of(in), WRITE, in->src_reg, false, false);
}

static void store_constant(struct machine *m, const struct bpf_insn *in)
{
	if (BPF_MODE(in->code) != BPF_MEM || in->src_reg)
		reserved(m);
	need_value(m, in->dst_reg);
	access_memory(m, in->dst_reg, in->off, size_of(in), WRITE, -1, false, false);
}

static void atomic_target(struct machine *m, unsigned reg)
{
	uint8_t kind = reg_now(m, reg)->kind;
	if (kind == IN_CONTEXT || is_packet(reg_now(m, reg)) || kind == IN_SOCKET || kind == IN_SOCK_COMMON ||
		kind == IN_TCP_SOCK)
		reject(m, L_bad_atomic, "Atomic instructions work on map values and the stack.",
			"an atomic instruction on %s", reg_words(m, reg_now(m, reg)));
}

static void atomic(struct machine *m, const struct bpf_insn *in)
{
	unsigned size = size_of(in);
	int loads = -1;

	switch (in->imm) {
	case NEW_BPF_LOAD_ACQ:
		need_value(m, in->src_reg);
		need_writable(m, in->dst_reg);
		atomic_target(m, in->src_reg);
		access_memory(m, in->src_reg, in->off, size, READ, in->dst_reg, true, false);
		return;
	case NEW_BPF_STORE_REL:
		need_value(m, in->src_reg);
		need_value(m, in->dst_reg);
		atomic_target(m, in->dst_reg);
		access_memory(m, in->dst_reg, in->off, size, WRITE, in->src_reg, true, false);
		return;
	case BPF_ADD:
	case BPF_ADD | BPF_FETCH:
	case BPF_AND:
	case BPF_AND | BPF_FETCH:
	case BPF_OR:
	case BPF_OR | BPF_FETCH:
	case BPF_XOR:
	case BPF_XOR | BPF_FETCH:
	case BPF_XCHG:
	case BPF_CMPXCHG:
		break;
	default:
		reject(m, L_bad_instruction, NULL, "there is no atomic instruction 0x%02x",
			(unsigned)in->imm);
	}
	if (size < 4)
		reject(m, L_bad_atomic, "Use 4 or 8 bytes.", "an atomic instruction on %u bytes", size);
	need_value(m, in->src_reg);
	need_value(m, in->dst_reg);
	if (in->imm == BPF_CMPXCHG)
		need_value(m, 0);
	atomic_target(m, in->dst_reg);
	if (in->imm & BPF_FETCH) {
		loads = in->imm == BPF_CMPXCHG ? 0 : in->src_reg;
		need_writable(m, (unsigned)loads);
		reg_unknown(reg_now(m, (unsigned)loads));
	}
	access_memory(m, in->dst_reg, in->off, size, READ, -1, true, false);
	if (loads >= 0)
		access_memory(m, in->dst_reg, in->off, size, READ, loads, true, false);
	access_memory(m, in->dst_reg, in->off, size, WRITE, -1, true, false);
}

static void load_wide(struct machine *m, const struct bpf_insn *in)
{
	const struct lint_ref *ref = &m->p->refs[m->insn];
	struct reg *d;

	if (in->code != (BPF_LD | BPF_IMM | BPF_DW) || in->off)
		reserved(m);
	need_writable(m, in->dst_reg);
	d = reg_now(m, in->dst_reg);
	switch (ref->kind) {
	case REF_MAP:
		if (in[1].imm)
			reserved(m);
		reg_point(d, IN_MAP, (int32_t)ref->index);
		break;
	case REF_VALUE:
		if (m->o->maps.at[ref->index].type == NEW_BPF_MAP_TYPE_ARENA) {
			reg_unknown(d);
			break;
		}
		if ((uint64_t)ref->offset >= m->o->maps.at[ref->index].value_size)
			reject(m, L_out_of_value, NULL, "the address of byte %lld of map `%s`, which has %u",
				(long long)ref->offset, m->o->maps.at[ref->index].name,
				m->o->maps.at[ref->index].value_size);
		reg_point(d, IN_VALUE, (int32_t)ref->index);
		d->off = (int32_t)ref->offset;
		break;
	case REF_FUNCTION:
		reg_point(d, IN_FUNCTION, (int32_t)ref->index);
		break;
	case REF_EXTERN:
		not_judged(m, "it uses `%s` of the kernel", m->o->externs.at[ref->index].name);
	default:
		if (in->src_reg)
			reserved(m);
		reg_known(d, (uint64_t)(uint32_t)in[1].imm << 32 | (uint32_t)in->imm);
		break;
	}
}

/* The packet's bytes the old way: the context is in R6, and the program ends where there are none. */
static void load_packet(struct machine *m, const struct bpf_insn *in)
{
	bool may = m->p->type == BPF_PROG_TYPE_SOCKET_FILTER || m->p->type == BPF_PROG_TYPE_SCHED_CLS ||
		   m->p->type == BPF_PROG_TYPE_SCHED_ACT;
	if (!may)
		reject(m, L_bad_instruction,
			"Read the packet by its data pointer, or by bpf_skb_load_bytes().",
			"packets cannot be read this way by a program of this type");
	if (in->dst_reg || in->off || size_of(in) == 8 || (BPF_MODE(in->code) == BPF_ABS && in->src_reg))
		reserved(m);
	need_value(m, 6);
	check_held(m, "a load of the packet, which may end the program");
	if (reg_now(m, 6)->kind != IN_CONTEXT)
		reject(m, L_bad_argument, NULL, "a load of the packet needs the context in R6");
	if (BPF_MODE(in->code) == BPF_IND)
		need_value(m, in->src_reg);
	need_unchanged(m, 6, reg_now(m, 6), false);
	forget_caller_saved(m);
	reg_unknown(reg_now(m, 0));
}

static bool leave(struct machine *m, bool throws)
{
	int32_t min, max;
	struct frame *f = frame_now(m);
	const struct reg *r0 = reg_now(m, 0);
	char said[80];

	if (m->cur->locks && !m->cur->top)
		reject(m, L_lock, "Unlock before every return.", "the program ends with a lock held");
	if (throws || !m->cur->top)
		check_held(m, "the program ends");
	if (throws)
		return true;
	if (m->cur->top) {
		stack_marks_settle(m);
		return_from(m);
		return false;
	}
	need_value(m, 0);
	if (f->in_async) {
		min = f->returns_min;
		max = f->returns_max;
	} else if (f->function) {
		if (!is_number(r0))
			reject(m, L_bad_return, NULL, "a global function returns %s", reg_words(m, r0));
		return true;
	} else if (!returned_range(m, &min, &max)) {
		return true;
	}
	if (!is_number(r0))
		reject(m, L_bad_return, NULL, "the program returns %s", reg_words(m, r0));
	need_precise(m, 0);
	if (r0->v.smin < min || r0->v.smax > max)
		reject(m, L_bad_return, "Return a constant within it on every path.",
			"the program may return %s, and has to return %d to %d",
			num_say(&r0->v, said, sizeof said), min, max);
	return true;
}

static bool jump(struct machine *m, const struct bpf_insn *in)
{
	bool is32 = BPF_CLASS(in->code) == BPF_JMP32, throws = false;

	m->jumps++;
	switch (BPF_OP(in->code)) {
	case BPF_CALL:
		if (BPF_SRC(in->code) != BPF_K || in->dst_reg || is32 ||
			(in->off && in->src_reg != BPF_PSEUDO_KFUNC_CALL))
			reserved(m);
		if (in->src_reg == BPF_PSEUDO_CALL)
			call_own(m, in);
		else if (in->src_reg == BPF_PSEUDO_KFUNC_CALL)
			call_kfunc(m, in, &throws);
		else if (in->src_reg == 0)
			call_helper(m, in);
		else
			reserved(m);
		return throws && leave(m, true);
	case BPF_JA:
		if (BPF_SRC(in->code) != BPF_K || in->src_reg || in->dst_reg || (is32 ? in->off : in->imm))
			reserved(m);
		m->insn += (uint32_t)jump_offset(in);
		return false;
	case BPF_EXIT:
		if (BPF_SRC(in->code) != BPF_K || in->imm || in->src_reg || in->dst_reg || is32)
			reserved(m);
		return leave(m, false);
	default:
		branch(m, in);
		return false;
	}
}

bool step(struct machine *m)
{
	const struct bpf_insn *in = &m->p->insns[m->insn];
	bool ends = false;

	switch (BPF_CLASS(in->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		alu(m, in);
		break;
	case BPF_LDX:
		load(m, in);
		break;
	case BPF_STX:
		if (BPF_MODE(in->code) == BPF_ATOMIC)
			atomic(m, in);
		else
			store(m, in);
		break;
	case BPF_ST:
		store_constant(m, in);
		break;
	case BPF_LD:
		if (BPF_MODE(in->code) == BPF_IMM) {
			load_wide(m, in);
			m->insn++;
		} else if (BPF_MODE(in->code) == BPF_ABS || BPF_MODE(in->code) == BPF_IND) {
			load_packet(m, in);
		} else {
			reserved(m);
		}
		break;
	default:
		ends = jump(m, in);
		break;
	}
	m->insn++;
	return ends;
}
