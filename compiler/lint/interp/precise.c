/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * precise.c: numbers whose value decided something. Most do not: whatever they are, the path is as safe.
 * Where one does (an offset, a size, a branch that is taken for sure), the path is walked backwards, and all
 * numbers that it was made of are marked in the states that are remembered on the way.
 */
#include <string.h>
#include "machine.h"

/* ---- the past of a path ---- */

static struct past *past_entry(struct machine *m)
{
	struct state *s = m->cur;
	if (m->past_now)
		return m->past_now;
	if (s->npast == s->past_cap) {
		uint32_t cap = s->past_cap ? 2 * s->past_cap : 16;
		struct past *past = machine_alloc(m, cap * sizeof *past);
		if (s->npast)
			memcpy(past, s->past, s->npast * sizeof *past);
		s->past = past;
		s->past_cap = cap;
	}
	struct past *p = &s->past[s->npast++];
	*p = (struct past){.insn = m->insn, .prev = m->prev};
	return m->past_now = p;
}

void remember_past(struct machine *m, unsigned flags, unsigned frame, unsigned slot)
{
	struct past *p = past_entry(m);
	if (flags & PAST_STACK) {
		p->frame = (uint8_t)frame;
		p->slot = (uint8_t)slot;
	}
	p->flags |= (uint8_t)flags;
}

void remember_linked(struct machine *m, const struct past *with)
{
	struct past *p = past_entry(m);
	p->nlinked = with->nlinked;
	memcpy(p->linked, with->linked, sizeof p->linked);
}

/* ---- backwards by one instruction ---- */

static bool is_empty(const struct backtrack *bt)
{
	for (uint32_t f = 0; f <= bt->frame; f++)
		if (bt->regs[f] || bt->slots[f])
			return false;
	return true;
}

static bool has(const struct backtrack *bt, unsigned reg)
{
	return bt->regs[bt->frame] & (1u << reg);
}

static void add(struct backtrack *bt, unsigned reg)
{
	bt->regs[bt->frame] |= (uint16_t)(1u << reg);
}

static void away(struct backtrack *bt, unsigned reg)
{
	bt->regs[bt->frame] &= (uint16_t) ~(1u << reg);
}

/* Where one of several linked registers was learnt of, all were. */
static void sync_linked(struct backtrack *bt, const struct past *past)
{
	bool any = false;
	if (!past)
		return;
	for (unsigned i = 0; i < past->nlinked; i++) {
		unsigned f = past->linked[i].frame, at = past->linked[i].at;
		any |= past->linked[i].is_reg ? (bt->regs[f] >> at) & 1 : (bt->slots[f] >> at) & 1;
	}
	for (unsigned i = 0; any && i < past->nlinked; i++) {
		unsigned f = past->linked[i].frame, at = past->linked[i].at;
		if (past->linked[i].is_reg)
			bt->regs[f] |= (uint16_t)(1u << at);
		else
			bt->slots[f] |= 1ULL << at;
	}
}

static bool back_alu(struct backtrack *bt, const struct bpf_insn *in)
{
	uint8_t op = BPF_OP(in->code);
	if (!has(bt, in->dst_reg) || op == BPF_END || op == BPF_NEG)
		return true;
	if (op == BPF_MOV) {
		away(bt, in->dst_reg);
		if (BPF_SRC(in->code) == BPF_X && in->src_reg != 10)
			add(bt, in->src_reg);
	} else if (BPF_SRC(in->code) == BPF_X && in->src_reg != 10) {
		add(bt, in->src_reg);
	}
	return true;
}

static bool back_load(struct backtrack *bt, const struct bpf_insn *in, const struct past *past)
{
	if (!has(bt, in->dst_reg))
		return true;
	away(bt, in->dst_reg);
	if (past && (past->flags & PAST_STACK))
		bt->slots[past->frame] |= 1ULL << past->slot;
	return true;
}

static bool back_store(struct backtrack *bt, const struct bpf_insn *in, const struct past *past)
{
	if (has(bt, in->dst_reg))
		return false;
	if (!past || !(past->flags & PAST_STACK) || !(bt->slots[past->frame] & (1ULL << past->slot)))
		return true;
	bt->slots[past->frame] &= ~(1ULL << past->slot);
	if (BPF_CLASS(in->code) == BPF_STX)
		add(bt, in->src_reg);
	return true;
}

#define ARGUMENTS 0x3e

static bool leave_to_caller(struct backtrack *bt, bool pass_arguments)
{
	uint16_t regs = bt->regs[bt->frame];
	if ((regs & ~ARGUMENTS) || bt->slots[bt->frame] || !bt->frame)
		return false;
	bt->regs[bt->frame] = 0;
	bt->frame--;
	if (pass_arguments)
		bt->regs[bt->frame] |= regs & ARGUMENTS;
	return true;
}

static bool back_call(struct machine *m, struct backtrack *bt, uint32_t i, int64_t next)
{
	const struct bpf_insn *in = &m->p->insns[i];

	if (in->src_reg == BPF_PSEUDO_CALL) {
		if (is_judged_apart(m, m->p->refs[i].index)) {
			away(bt, 0);
			return !(bt->regs[bt->frame] & ARGUMENTS);
		}
		return leave_to_caller(bt, true);
	}
	if (m->at[i].calls_callback && next != (int64_t)i + 1)
		return leave_to_caller(bt, false);
	away(bt, 0);
	return !(bt->regs[bt->frame] & ARGUMENTS);
}

static bool back_exit(struct machine *m, struct backtrack *bt, int64_t next)
{
	if (next >= 0 && m->at[next].calls_callback)
		bt->regs[bt->frame] &= (uint16_t)~ARGUMENTS;
	if ((bt->regs[bt->frame] & ARGUMENTS) || bt->frame + 1 >= FRAMES_MAX)
		return false;
	bool of_call = next >= 1 && m->p->refs[next - 1].kind == REF_CALL;
	bool r0 = of_call && has(bt, 0);
	away(bt, 0);
	bt->frame++;
	if (r0)
		add(bt, 0);
	return true;
}

static void back_jump(struct backtrack *bt, const struct bpf_insn *in, const struct past *past)
{
	if (BPF_SRC(in->code) != BPF_X || (!has(bt, in->dst_reg) && !has(bt, in->src_reg)))
		return;
	if (!past || !(past->flags & PAST_SRC_STACK))
		add(bt, in->src_reg);
	if (!past || !(past->flags & PAST_DST_STACK))
		add(bt, in->dst_reg);
}

/* False: what is looked for cannot be followed further back. */
static bool back(struct machine *m, uint32_t i, int64_t next, const struct past *past)
{
	const struct bpf_insn *in = &m->p->insns[i];
	struct backtrack *bt = &m->bt;
	bool ok = true, atomic = BPF_CLASS(in->code) == BPF_STX && BPF_MODE(in->code) == BPF_ATOMIC;

	if (!in->code) /* the second half of an instruction of two words */
		return true;
	sync_linked(bt, past);
	switch (BPF_CLASS(in->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		ok = back_alu(bt, in);
		break;
	case BPF_LDX:
		ok = back_load(bt, in, past);
		break;
	case BPF_ST:
	case BPF_STX:
		ok = atomic && in->imm == NEW_BPF_LOAD_ACQ ? back_load(bt, in, past)
							   : back_store(bt, in, past);
		break;
	case BPF_LD:
		if (has(bt, in->dst_reg)) {
			ok = BPF_MODE(in->code) == BPF_IMM;
			away(bt, in->dst_reg);
		}
		break;
	default:
		if (BPF_OP(in->code) == BPF_CALL)
			ok = back_call(m, bt, i, next);
		else if (BPF_OP(in->code) == BPF_EXIT)
			ok = back_exit(m, bt, next);
		else
			back_jump(bt, in, past);
		break;
	}
	if (ok)
		sync_linked(bt, past);
	return ok;
}

/* ---- along the path ---- */

static const struct past *past_of(const struct state *s, uint32_t history, uint32_t i)
{
	return history && s->past[history - 1].insn == i ? &s->past[history - 1] : NULL;
}

/* The instruction before i; -1: it is the state's first. */
static int64_t before(const struct state *s, uint32_t i, uint32_t *history)
{
	uint32_t n = *history;
	if (i == s->first) {
		if (!n)
			return -1;
		if (n == 1 && s->past[0].insn == i)
			return -1;
	}
	if (n && s->past[n - 1].insn == i) {
		(*history)--;
		return s->past[n - 1].prev;
	}
	return (int64_t)i - 1;
}

static void mark_number(struct reg *r, bool *changed)
{
	if (is_number(r) && !r->precise) {
		r->precise = true;
		*changed = true;
	}
}

void all_precise(struct state *s)
{
	bool changed = false;
	for (s = s->parent; s; s = s->parent)
		FOR_EACH_REG(s, r, { mark_number(r, &changed); })
}

void forget_precise(struct state *s)
{
	FOR_EACH_REG(s, r, { r->precise = false; })
}

/* What is looked for, as it is in a remembered state; what is marked there already was followed from there.
 */
static void mark_state(struct backtrack *bt, struct state *s, bool *changed)
{
	for (uint32_t f = 0; f <= bt->frame && f <= s->top; f++) {
		struct frame *frame = s->frames[f];
		for (unsigned i = 0; i < 10; i++) {
			struct reg *r = &frame->regs[i];
			if (!((bt->regs[f] >> i) & 1))
				continue;
			if (!is_number(r) || r->precise)
				bt->regs[f] &= (uint16_t) ~(1u << i);
			else
				mark_number(r, changed);
		}
		for (uint64_t left = bt->slots[f]; left; left &= left - 1) {
			unsigned i = (unsigned)__builtin_ctzll(left);
			if (i >= frame->n || !is_spilled_number(&frame->slots[i]) ||
				frame->slots[i].reg.precise)
				bt->slots[f] &= ~(1ULL << i);
			else
				mark_number(&frame->slots[i].reg, changed);
		}
	}
}

/* From where the state is: m->bt says what is looked for. */
static void walk_back(struct machine *m, struct state *from, bool *changed)
{
	struct state *s = from;
	struct backtrack *bt = &m->bt;
	bool skip = true, unused = false;
	int64_t next = -1, last = from->insn;

	if (!changed)
		changed = &unused;
	while (!is_empty(bt)) {
		uint32_t history = s->npast;
		int64_t i = last;
		if (last < 0) { /* of a global function: what it was called with */
			if (bt->frame == 0)
				for (unsigned r = 1; r <= 5; r++)
					if (has(bt, r))
						mark_number(&s->frames[0]->regs[r], changed);
			return;
		}
		for (;;) {
			if (!skip && !back(m, (uint32_t)i, next, past_of(s, history, (uint32_t)i))) {
				all_precise(from);
				return;
			}
			skip = false;
			if (is_empty(bt))
				return;
			next = i;
			i = before(s, (uint32_t)i, &history);
			if (i < 0 || i >= (int64_t)m->p->n)
				break;
		}
		uint32_t first = s->first;
		s = s->parent;
		if (!s)
			break;
		mark_state(bt, s, changed);
		next = first;
		last = s->last == UINT32_MAX ? -1 : (int64_t)s->last;
	}
	if (!is_empty(bt))
		all_precise(from);
}

static void look_for_nothing(struct machine *m, const struct state *s)
{
	memset(&m->bt, 0, sizeof m->bt);
	m->bt.frame = s->top;
}

void need_precise(struct machine *m, unsigned reg)
{
	if (!is_number(reg_now(m, reg)))
		return;
	look_for_nothing(m, m->cur);
	add(&m->bt, reg);
	walk_back(m, m->cur, NULL);
}

void need_precise_slot(struct machine *m, unsigned frame, unsigned slot)
{
	look_for_nothing(m, m->cur);
	m->bt.slots[frame] |= 1ULL << slot;
	walk_back(m, m->cur, NULL);
}

void pass_precision_on(struct machine *m, const struct state *old, struct state *cur, bool *changed)
{
	look_for_nothing(m, cur);
	for (uint32_t f = 0; f <= old->top; f++) {
		const struct frame *frame = old->frames[f];
		for (unsigned i = 0; i < 10; i++)
			if (is_number(&frame->regs[i]) && frame->regs[i].precise)
				m->bt.regs[f] |= (uint16_t)(1u << i);
		for (unsigned i = 0; i < frame->n; i++)
			if (is_spilled_number(&frame->slots[i]) && frame->slots[i].reg.precise)
				m->bt.slots[f] |= 1ULL << i;
	}
	walk_back(m, cur, changed);
}
