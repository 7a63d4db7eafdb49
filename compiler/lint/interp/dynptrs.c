/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * dynptrs.c: dynptrs, which are in two slots of the stack each: made, cloned, given back, overwritten; and
 * the slices of their memory, which are there as long as they are. process_dynptr_func() in
 * kernel/bpf/verifier.c.
 */
#include "dynptrs.h"
#include <string.h>
#include "kfunc.h"

#define SLOTS 2
#define SIZE (SLOTS * 8)

bool is_of_skb(enum dynptr_kind kind)
{
	return kind == DYNPTR_SKB || kind == DYNPTR_SKB_META;
}

/* Of these something is acquired, which one of them has to give back. */
static bool is_acquired(enum dynptr_kind kind)
{
	return kind == DYNPTR_RINGBUF || kind == DYNPTR_FILE;
}

/* ---- where they are ---- */

static bool is_first(const struct slot *s)
{
	return s->bytes[7] == BYTE_DYNPTR && s->reg.off;
}

static struct dynptr of_reg(const struct reg *r)
{
	return (struct dynptr){(enum dynptr_kind)r->which, r->of, r->held};
}

/* The first slot of the one that is there, or NULL. */
static struct slot *slots_at(struct machine *m, const struct reg *r)
{
	struct frame *f = frame_of(m, r);
	unsigned at = slot_pointed(r);

	if (at >= f->n || !is_first(&f->slots[at]))
		return NULL;
	stack_read(m, (unsigned)r->which, 3ULL << (at - 1));
	return &f->slots[at];
}

bool is_dynptr(struct machine *m, const struct reg *r)
{
	if (r->kind == IN_DYNPTR)
		return r->off == 0 && num_is(&r->v, 0);
	return r->kind == IN_STACK && num_is_known(&r->v) && fits_slots(r, SLOTS) && slots_at(m, r);
}

static struct slot *need_made(struct machine *m, const char *by, unsigned reg)
{
	need_slots(m, by, reg, SLOTS, "a dynptr");
	struct slot *s = slots_at(m, reg_now(m, reg));
	if (!s)
		reject(m, L_bad_argument,
			"Make it first, with bpf_dynptr_from_mem(), bpf_ringbuf_reserve_dynptr() or the "
			"like.",
			"argument %u of %s() is not a dynptr on this path", reg, by);
	return s;
}

struct dynptr need_dynptr(struct machine *m, const char *by, unsigned reg)
{
	const struct reg *r = reg_now(m, reg);

	if (r->kind == IN_DYNPTR) /* that a global function was given */
		need_unchanged(m, reg, r, false);
	else
		r = &need_made(m, by, reg)->reg;
	return of_reg(r);
}

/* ---- made, given back, overwritten ---- */

void make_dynptr(struct machine *m, const char *by, unsigned reg, enum dynptr_kind kind, uint32_t held)
{
	unsigned at = need_slots(m, by, reg, SLOTS, "a dynptr");
	for (int i = 0; i < SIZE; i += 8)
		access_memory(m, reg, i, 8, WRITE, -1, false, false);
	struct slot *s = &frame_of(m, reg_now(m, reg))->slots[at];
	uint32_t id = ++m->ids;
	for (int i = 0; i < SLOTS; i++) {
		struct slot *x = s - i;
		reg_point(&x->reg, IN_DYNPTR, (int32_t)kind);
		x->reg.off = i == 0;
		x->reg.held = held;
		x->reg.of = id;
		memset(x->bytes, BYTE_DYNPTR, 8);
	}
}

static void forget_dynptr(struct machine *m, struct slot *first)
{
	uint32_t id = first->reg.of;

	for (int i = 0; i < SLOTS; i++) {
		memset((first - i)->bytes, BYTE_UNSET, 8);
		reg_forget(&(first - i)->reg);
	}
	FOR_EACH_REG(m->cur, r, {
		if ((r->flags & FROM_DYNPTR) && r->of == id)
			reg_unknown(r);
	})
}

void end_dynptr(struct machine *m, const char *by, unsigned reg, enum dynptr_kind kind)
{
	const struct slot *s = need_made(m, by, reg);

	if (s->reg.which != (int32_t)kind)
		reject(m, L_bad_argument, NULL, "argument %u of %s() is a dynptr that %s", reg, by,
			is_acquired((enum dynptr_kind)s->reg.which) ? "is given back by another function"
								    : "holds nothing");
	release(m, s->reg.held);
}

/* Those that hold the same: clones of one another. */
static unsigned count_clones(const struct machine *m, uint32_t held)
{
	unsigned n = 0;
	for (unsigned f = 0; f <= m->cur->top; f++)
		for (unsigned i = 0; i < m->cur->frames[f]->n; i++) {
			const struct slot *s = &m->cur->frames[f]->slots[i];
			n += is_first(s) && s->reg.held == held;
		}
	return n;
}

/* As long as another one of them is left. */
#define CLONES_OVERWRITTEN_SINCE 0x0701

void destroy_dynptr(struct machine *m, struct frame *f, unsigned slot)
{
	struct slot *s = &f->slots[slot];

	if (s->bytes[7] != BYTE_DYNPTR)
		return;
	s += !s->reg.off;
	if (is_acquired((enum dynptr_kind)s->reg.which) &&
		(lint_kernel(m->lint) < CLONES_OVERWRITTEN_SINCE || count_clones(m, s->reg.held) < 2))
		reject(m, L_not_released, "Submit or discard it first.",
			"a dynptr that holds something is overwritten");
	forget_dynptr(m, s);
}

void lose_dynptrs(struct machine *m, uint32_t held)
{
	for (unsigned f = 0; f <= m->cur->top; f++)
		for (unsigned i = 0; i < m->cur->frames[f]->n; i++) {
			struct slot *s = &m->cur->frames[f]->slots[i];
			if (is_first(s) && s->reg.held == held)
				forget_dynptr(m, s);
		}
}

/* ---- the kernel's functions ---- */

/* Before, slices outlived their dynptr, and dynptrs what they were made of. */
#define PARENTS_FOLLOWED_SINCE 0x0702

/* Those that make or take one of that kind only. */
static const struct {
	const char *name;
	enum dynptr_kind kind;
} of_one_kind[] = {
	{"bpf_dynptr_from_skb", DYNPTR_SKB},
	{"bpf_dynptr_from_skb_meta", DYNPTR_SKB_META},
	{"bpf_dynptr_from_xdp", DYNPTR_XDP},
	{"bpf_dynptr_from_file", DYNPTR_FILE},
	{"bpf_dynptr_file_discard", DYNPTR_FILE},
};

static const enum dynptr_kind *kind_for(const struct kfunc *k)
{
	for (size_t i = 0; i < sizeof of_one_kind / sizeof *of_one_kind; i++)
		if (!strcmp(of_one_kind[i].name, k->name))
			return &of_one_kind[i].kind;
	return NULL;
}

void kfunc_dynptr(
	struct machine *m, const struct kfunc *k, unsigned reg, bool makes, struct dynptr *d, uint32_t parent)
{
	const enum dynptr_kind *kind = kind_for(k);

	if (lint_kernel(m->lint) < PARENTS_FOLLOWED_SINCE)
		parent = 0;
	if (makes && kind)
		make_dynptr(m, k->name, reg, *kind, is_acquired(*kind) ? hold_within(m, parent) : parent);
	else if (makes && !strcmp(k->name, "bpf_dynptr_clone"))
		make_dynptr(m, k->name, reg, d->kind, d->held);
	else if (makes)
		not_judged(m, "which dynptr %s() makes is not modelled", k->name);
	else if (kind)
		end_dynptr(m, k->name, reg, *kind);
	else
		*d = need_dynptr(m, k->name, reg);
}

void give_data(struct machine *m, const struct dynptr *d, uint32_t size)
{
	struct reg *r0 = reg_now(m, 0);

	reg_point(r0, IN_MEMORY, (int32_t)size);
	r0->flags = MAYBE_NULL | FROM_DYNPTR;
	r0->id = ++m->ids;
	r0->of = d->id;
	r0->held = d->held;
}

void give_slice(struct machine *m, const struct kfunc *k, const struct dynptr *d, uint32_t size)
{
	bool read_only = kfunc_does(k, 'S');
	struct reg *r0 = reg_now(m, 0);

	if (!read_only && !packet_writable(m))
		reject(m, L_read_only, "Ask for one that is only read, by bpf_dynptr_slice().",
			"a program of this type may not write into packets, and so cannot call %s()",
			k->name);
	give_data(m, d, size);
	if (read_only)
		r0->flags |= READ_ONLY;
	if (d->kind == DYNPTR_XDP || is_of_skb(d->kind))
		r0->flags |= OF_PACKET;
	if (lint_kernel(m->lint) < PARENTS_FOLLOWED_SINCE) {
		r0->flags &= (uint16_t)~FROM_DYNPTR;
		r0->held = 0;
	}
}
