/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * state.c: states: made, copied and freed without going back to the arena; when one is within another, so
 * that what was found safe for the other holds for it; and what is held.
 */
#include <string.h>
#include "dynptrs.h"

void *machine_alloc(struct machine *m, size_t n)
{
	return arena_alloc(m->arena, n);
}

/* ---- registers ---- */

void reg_unknown(struct reg *r)
{
	*r = (struct reg){.v = num_unknown(), .kind = IN_NUMBER};
}

void reg_lose(struct reg *r)
{
	uint32_t origin = r->origin;
	reg_unknown(r);
	r->origin = origin;
}

void reg_forget(struct reg *r)
{
	reg_unknown(r);
	r->kind = IN_NOTHING;
}

void reg_known(struct reg *r, uint64_t v)
{
	*r = (struct reg){.v = num_known(v), .kind = IN_NUMBER};
}

void reg_point(struct reg *r, enum reg_kind kind, int32_t which)
{
	*r = (struct reg){.v = num_known(0), .kind = kind, .which = which};
}

/* So that a copy and what it was copied from are known to be the same. A sum with a constant is not linked
 * twice. */
void reg_give_id(struct machine *m, struct reg *r)
{
	if (!is_number(r))
		return;
	if (r->id & ID_PLUS) {
		r->id = 0;
		r->off = 0;
	}
	if (!r->id && !num_is_known(&r->v))
		r->id = ++m->ids;
}

/* How often a number's id was seen; counted in what compares ids otherwise. */
static uint32_t *times_seen(struct id_pairs *p, const struct reg *r)
{
	uint32_t i = 0, id = r->id & ~ID_PLUS;
	if (!is_number(r) || !id)
		return NULL;
	while (i < p->n && p->at[i].old != id)
		i++;
	if (i == sizeof p->at / sizeof *p->at)
		return NULL;
	if (i == p->n) {
		p->n++;
		p->at[i].old = id;
		p->at[i].cur = 0;
	}
	return &p->at[i].cur;
}

void forget_single_ids(struct machine *m, struct state *s)
{
	uint32_t *seen;

	m->pairs.n = 0;
	FOR_EACH_REG(s, r, {
		seen = times_seen(&m->pairs, r);
		if (seen)
			++*seen;
	})
	FOR_EACH_REG(s, r, {
		seen = times_seen(&m->pairs, r);
		if (seen && *seen == 1) {
			r->id = 0;
			r->off = 0;
		}
	})
}

/* ---- frames and states: freed ones are used again ---- */

void frame_grow(struct machine *m, struct frame *f, unsigned n)
{
	if (n <= f->n)
		return;
	if (n > f->cap) {
		unsigned cap = n <= 8 ? 8 : n <= 24 ? 24 : SLOTS_MAX;
		struct slot *slots = machine_alloc(m, cap * sizeof *slots);
		if (f->n)
			memcpy(slots, f->slots, f->n * sizeof *slots);
		f->slots = slots;
		f->cap = (uint16_t)cap;
	}
	for (unsigned i = f->n; i < n; i++) {
		reg_forget(&f->slots[i].reg);
		memset(f->slots[i].bytes, BYTE_UNSET, 8);
	}
	f->n = (uint16_t)n;
}

static struct frame *frame_blank(struct machine *m)
{
	struct frame *f = m->free_frames;
	if (!f)
		return machine_alloc(m, sizeof *f);
	memcpy(&m->free_frames, &f->regs[0], sizeof(void *));
	return f;
}

void frame_free(struct machine *m, struct frame *f)
{
	memcpy(&f->regs[0], &m->free_frames, sizeof(void *));
	m->free_frames = f;
}

struct frame *frame_new(struct machine *m, uint32_t function, uint32_t callsite, unsigned number)
{
	struct frame *f = frame_blank(m);
	struct slot *slots = f->slots;
	uint16_t cap = f->cap;

	*f = (struct frame){.slots = slots, .cap = cap, .function = function, .callsite = callsite};
	for (unsigned i = 0; i < 10; i++)
		reg_forget(&f->regs[i]);
	reg_point(&f->regs[10], IN_STACK, (int32_t)number);
	return f;
}

static void frame_copy(struct machine *m, struct frame *to, const struct frame *from)
{
	struct slot *slots = to->slots;
	uint16_t cap = to->cap;

	*to = *from;
	to->slots = slots;
	to->cap = cap;
	to->n = 0;
	if (from->n > cap) {
		to->n = 0;
		frame_grow(m, to, from->n);
	}
	to->n = from->n;
	if (from->n)
		memcpy(to->slots, from->slots, from->n * sizeof *to->slots);
}

struct state *state_new(struct machine *m)
{
	struct state *s = m->free_states;
	struct past *past = NULL;
	uint32_t cap = 0;

	if (s) {
		m->free_states = s->next;
		past = s->past;
		cap = s->past_cap;
	} else {
		s = machine_alloc(m, sizeof *s);
	}
	*s = (struct state){.past = past, .past_cap = cap, .branches = 1};
	return s;
}

void state_copy(struct machine *m, struct state *to, const struct state *from)
{
	struct frame *frames[FRAMES_MAX];
	struct past *past = to->past;
	uint32_t cap = to->past_cap;
	bool has_frames = to->frames[0];

	memcpy(frames, to->frames, sizeof frames);
	for (unsigned i = from->top + 1u; has_frames && i <= to->top; i++) {
		frame_free(m, frames[i]);
		frames[i] = NULL;
	}
	*to = *from;
	to->past = past;
	to->past_cap = cap;
	memcpy(to->frames, frames, sizeof frames);
	if (cap < from->npast) {
		to->past_cap = from->npast + 8;
		to->past = machine_alloc(m, to->past_cap * sizeof *to->past);
	}
	if (from->npast)
		memcpy(to->past, from->past, from->npast * sizeof *to->past);
	for (unsigned i = 0; i <= from->top; i++) {
		if (!to->frames[i])
			to->frames[i] = frame_blank(m);
		frame_copy(m, to->frames[i], from->frames[i]);
	}
	to->next = NULL;
	to->hits = to->misses = 0;
	to->remembered = to->in_free_list = false;
}

void state_free(struct machine *m, struct state *s)
{
	for (unsigned i = 0; i <= s->top; i++)
		if (s->frames[i])
			frame_free(m, s->frames[i]);
	memset(s->frames, 0, sizeof s->frames);
	s->next = m->free_states;
	m->free_states = s;
}

/* ---- when one state is within another ---- */

/* Ids mean nothing but that they are the same: those of the old state have to be those of the new one,
 * renamed. */
static bool same_id(struct machine *m, uint32_t old, uint32_t cur)
{
	struct id_pairs *p = &m->pairs;
	if (!old != !cur)
		return false;
	if (!old)
		return true;
	for (uint32_t i = 0; i < p->n; i++) {
		if (p->at[i].old == old)
			return p->at[i].cur == cur;
		if (p->at[i].cur == cur)
			return false;
	}
	if (p->n == sizeof p->at / sizeof *p->at)
		return false;
	p->at[p->n].old = old;
	p->at[p->n++].cur = cur;
	return true;
}

/* Whether what is learnt of another number has to be learnt of it too. One that depended on no other may
 * depend on some now: that was not so before Linux 7.0, but in what its makers did to 6.12 later. */
static bool same_link(struct machine *m, const struct reg *old, const struct reg *cur)
{
	unsigned kernel = lint_kernel(m->lint);
	if (!old->id && (kernel >= 0x0700 || kernel == 0x060c))
		return true;
	if ((old->id & ID_PLUS) != (cur->id & ID_PLUS) || ((old->id & ID_PLUS) && old->off != cur->off))
		return false;
	uint32_t a = old->id ? old->id : ++m->pairs.made, b = cur->id ? cur->id : ++m->pairs.made;
	return same_id(m, a, b);
}

static bool same_place(const struct reg *a, const struct reg *b)
{
	return a->kind == b->kind && a->flags == b->flags && a->off == b->off && a->which == b->which &&
	       ((a->flags & FROM_DYNPTR) || a->of == b->of);
}

static bool same_ids(struct machine *m, const struct reg *old, const struct reg *cur)
{
	return same_id(m, old->id, cur->id) && same_id(m, old->held, cur->held) &&
	       (!(old->flags & FROM_DYNPTR) || same_id(m, old->of, cur->of));
}

static bool exactly(struct machine *m, const struct reg *old, const struct reg *cur)
{
	return same_place(old, cur) && num_eq(&old->v, &cur->v) && same_ids(m, old, cur);
}

static bool reg_within(struct machine *m, const struct reg *old, const struct reg *cur, enum exactness how)
{
	if (how == EXACT)
		return exactly(m, old, cur);
	if (old->kind == IN_NOTHING && (how == BY_NEED || cur->kind == IN_NOTHING))
		return true;
	if (old->kind != cur->kind || old->flags != cur->flags)
		return false;
	switch (old->kind) {
	case IN_NUMBER:
		if (!old->precise && how == BY_NEED)
			return true;
		return num_within(&old->v, &cur->v) && same_link(m, old, cur);
	case IN_KEY:
	case IN_VALUE:
	case IN_MEMORY:
	case IN_BUFFER:
		return same_place(old, cur) && num_within(&old->v, &cur->v) && same_ids(m, old, cur);
	case IN_PACKET:
	case IN_PACKET_META:
		return old->which <= cur->which && old->off == cur->off && same_id(m, old->id, cur->id) &&
		       num_within(&old->v, &cur->v);
	case IN_ARENA:
		return true;
	default:
		return exactly(m, old, cur);
	}
}

static bool all_any(const struct slot *s)
{
	for (int i = 0; i < 8; i++)
		if (s->bytes[i] != BYTE_ANY && s->bytes[i] != BYTE_UNSET)
			return false;
	return true;
}

/* Eight bytes that are read as one number. */
static const struct reg *as_number(const struct slot *s, const struct reg *unknown)
{
	if (is_spilled_number(s) && s->bytes[0] == BYTE_SPILL)
		return &s->reg;
	return all_any(s) ? unknown : NULL;
}

static bool special_within(struct machine *m, const struct slot *old, const struct slot *cur)
{
	const struct reg *a = &old->reg, *b = &cur->reg;
	return a->which == b->which && a->off == b->off && same_id(m, a->of, b->of) &&
	       same_id(m, a->held, b->held);
}

static bool slot_within(struct machine *m, const struct slot *old, const struct slot *cur, enum exactness how)
{
	static const struct reg unknown = {.kind = IN_NUMBER};
	struct reg fake = unknown;

	fake.v = num_unknown();
	if (how != BY_NEED && (!cur || memcmp(old->bytes, cur->bytes, 8) != 0))
		return false;
	bool needed = false; /* Whoever loads the program may read what was never written. */
	for (int i = 0; i < 8; i++)
		needed |= old->bytes[i] != BYTE_UNSET && old->bytes[i] != BYTE_ANY;
	if (!needed)
		return true;
	if (!cur)
		return false;
	const struct reg *a = as_number(old, &fake), *b = as_number(cur, &fake);
	if (a && b)
		return reg_within(m, a, b, how);
	for (int i = 0; i < 8; i++) {
		uint8_t x = old->bytes[i], y = cur->bytes[i];
		if (x != BYTE_UNSET && x != BYTE_ANY && x != y)
			return false;
	}
	if (old->bytes[7] == BYTE_SPILL)
		return reg_within(m, &old->reg, &cur->reg, how);
	if (is_opaque(old->bytes[7]))
		return special_within(m, old, cur);
	return true;
}

static bool frame_within(struct machine *m, const struct frame *old, const struct frame *cur, uint32_t insn,
	enum exactness how)
{
	/* Which registers are read from there on is known beforehand since Linux 6.15; before, only of a
	 * state from which all paths were followed. */
	bool known = lint_kernel(m->lint) >= 0x060f || how == BY_NEED;
	uint16_t live = known ? m->at[insn].live : 0x7ff;

	if (old->callback_depth > cur->callback_depth)
		return false;
	for (unsigned i = 0; i < 11; i++)
		if ((live & (1u << i)) && !reg_within(m, &old->regs[i], &cur->regs[i], how))
			return false;
	for (unsigned i = 0; i < old->n; i++)
		if (!slot_within(m, &old->slots[i], i < cur->n ? &cur->slots[i] : NULL, how))
			return false;
	return true;
}

static bool held_within(struct machine *m, const struct state *old, const struct state *cur)
{
	if (old->sleepable != cur->sleepable || old->nheld != cur->nheld || old->locks != cur->locks ||
		old->rcu != cur->rcu || old->preempt != cur->preempt || old->irqs != cur->irqs)
		return false;
	for (unsigned i = 0; i < old->nheld; i++)
		if (!same_id(m, old->held[i].id, cur->held[i].id) ||
			!same_id(m, old->held[i].within, cur->held[i].within) ||
			old->held[i].kind != cur->held[i].kind || old->held[i].map != cur->held[i].map)
			return false;
	return true;
}

bool same_callsites(const struct state *a, const struct state *b)
{
	if (a->top != b->top)
		return false;
	for (unsigned i = 0; i <= a->top; i++)
		if (a->frames[i]->callsite != b->frames[i]->callsite)
			return false;
	return true;
}

bool state_within(struct machine *m, struct state *old, struct state *cur, enum exactness how)
{
	if (!same_callsites(old, cur))
		return false;
	m->pairs.n = 0;
	m->pairs.made = m->ids;
	if (!held_within(m, old, cur))
		return false;
	for (unsigned i = 0; i <= old->top; i++) {
		uint32_t insn = i == old->top ? old->insn : old->frames[i + 1]->callsite;
		if (!frame_within(m, old->frames[i], cur->frames[i], insn, how))
			return false;
	}
	return true;
}

/* A cheap look first: the registers as they are, ids left out. */
bool may_loop(const struct state *old, const struct state *cur)
{
	if (old->top != cur->top)
		return false;
	const struct frame *a = old->frames[old->top], *b = cur->frames[cur->top];
	for (unsigned i = 0; i < 11; i++)
		if (!same_place(&a->regs[i], &b->regs[i]) || !num_eq(&a->regs[i].v, &b->regs[i].v))
			return false;
	return true;
}

bool iterators_differ(const struct state *old, const struct state *cur)
{
	for (unsigned f = 0; f <= old->top; f++)
		for (unsigned i = 0; i < old->frames[f]->n; i++) {
			const struct slot *a = &old->frames[f]->slots[i];
			if (a->bytes[0] != BYTE_ITER || a->reg.off != ITER_ACTIVE || i >= cur->frames[f]->n)
				continue;
			if (a->reg.id != cur->frames[f]->slots[i].reg.id)
				return true;
		}
	return false;
}

/* ---- loops that have no bound: what changes from round to round may be anything ---- */

static void widen_reg(struct machine *m, const struct reg *old, struct reg *cur)
{
	if (is_number(old) && is_number(cur) && !old->precise && !cur->precise && !exactly(m, old, cur))
		reg_unknown(cur);
}

void widen(struct machine *m, struct state *old, struct state *cur)
{
	m->pairs.n = 0;
	m->pairs.made = m->ids;
	for (int f = old->top; f >= 0; f--) {
		struct frame *a = old->frames[f], *b = cur->frames[f];
		for (unsigned i = 0; i < 10; i++)
			widen_reg(m, &a->regs[i], &b->regs[i]);
		for (unsigned i = 0; i < a->n && i < b->n; i++)
			if (is_spill(&a->slots[i]) && is_spill(&b->slots[i]))
				widen_reg(m, &a->slots[i].reg, &b->slots[i].reg);
	}
}

/* ---- what is held ---- */

void hold_also(struct machine *m, const struct held *h)
{
	struct state *s = m->cur;
	if (s->nheld == HELD_MAX)
		not_judged(m, "more than %d objects are held at once", HELD_MAX);
	s->held[s->nheld++] = *h;
}

uint32_t hold(struct machine *m, uint32_t insn)
{
	hold_also(m, &(struct held){.id = ++m->ids, .insn = insn, .map = -1});
	return m->ids;
}

uint32_t hold_within(struct machine *m, uint32_t within)
{
	hold_also(m, &(struct held){.id = ++m->ids, .insn = m->insn, .within = within, .map = -1});
	return m->ids;
}

void held_remove(struct state *s, unsigned at)
{
	s->nheld--;
	memmove(&s->held[at], &s->held[at + 1], (s->nheld - at) * sizeof *s->held);
}

bool is_held(const struct state *s, uint32_t id)
{
	for (unsigned i = 0; i < s->nheld; i++)
		if (s->held[i].kind == HELD_OBJECT && s->held[i].id == id)
			return true;
	return false;
}

bool drop(struct state *s, uint32_t id)
{
	for (unsigned i = 0; i < s->nheld; i++)
		if (s->held[i].kind == HELD_OBJECT && s->held[i].id == id) {
			held_remove(s, i);
			return true;
		}
	return false;
}

void release(struct machine *m, uint32_t id)
{
	drop(m->cur, id);
	for (unsigned i = 0; id && i < m->cur->nheld; i++)
		if (m->cur->held[i].within == id)
			reject(m, L_not_released, "Give it back first.",
				"%s is still held, and of what is released",
				held_name(m, m->cur->held[i].insn));
	lose_dynptrs(m, id);
	FOR_EACH_REG(m->cur, r, {
		if (r->held == id)
			reg_lose(r);
	})
}
