/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * iterators.c: iterators of a program, which are on its stack: begun, asked for the next, ended. The first
 * slot has what is known of one, the others are only taken.
 */
#include <string.h>
#include "kfunc.h"
#include "../names.h"

#define ITER_REST 2 /* of a slot that is not the first: beside enum iter_state */

/* What an iterator is of, and how large it is. Those over numbers are the same in every kernel. */
struct iterator_kind {
	int32_t type;
	unsigned slots;
};

static struct iterator_kind kind_of(struct machine *m, const struct kfunc *k, unsigned reg)
{
	if (!strncmp(k->name, "bpf_iter_num_", 13))
		return (struct iterator_kind){0, 1};
	const struct btf_type *f = kfunc_type(m, k->name), *t;
	uint32_t id = reg <= btf_vlen(f) ? btf_plain(m->kernel, btf_params(f)[reg - 1].type) : 0;
	t = id ? btf__type_by_id(m->kernel, id) : NULL;
	id = t && btf_is_ptr(t) ? btf_plain(m->kernel, t->type) : 0;
	t = id ? btf__type_by_id(m->kernel, id) : NULL;
	if (!t || !btf_is_struct(t) || !t->size || t->size % 8)
		not_judged(m, "the kernel whose BTF is at hand has no iterator that %s() is for", k->name);
	return (struct iterator_kind){(int32_t)id, t->size / 8};
}

static struct slot *slots_of(
	struct machine *m, const struct kfunc *k, unsigned reg, const struct iterator_kind *kind, bool fresh)
{
	const struct reg *r = reg_now(m, reg);
	unsigned at = need_slots(m, k->name, reg, kind->slots, "an iterator"), taken = 0;
	struct frame *f = frame_of(m, r);
	for (unsigned i = 0; i < kind->slots; i++)
		taken += at - i < f->n && f->slots[at - i].bytes[0] == BYTE_ITER;
	bool is_it = taken == kind->slots && f->slots[at].reg.which == kind->type &&
		     f->slots[at].reg.off != ITER_REST;
	if (fresh ? taken : !is_it)
		reject(m, L_bad_argument,
			fresh ? "Destroy it first."
			      : "Make it first, with the function of that name and `_new`.",
			"argument %u of %s() is %s iterator on this path", reg, k->name,
			fresh ? "already an" : "no such");
	if (!fresh && (f->slots[at].reg.flags & UNTRUSTED))
		reject(m, L_lock, "Keep RCU locked from its beginning to its end.",
			"the iterator of %s() was made with RCU not locked, or it was unlocked since",
			k->name);
	for (unsigned i = 0; i < kind->slots; i++) {
		if (fresh)
			access_memory(m, reg, (int)i * 8, 8, WRITE, -1, false, false);
		else
			stack_read(m, (unsigned)r->which, 1ULL << (at - i));
	}
	return &frame_of(m, r)->slots[at];
}

void need_iterator(struct machine *m, const struct kfunc *k, unsigned reg)
{
	struct iterator_kind kind = kind_of(m, k, reg);
	slots_of(m, k, reg, &kind, false);
}

static void begin(struct machine *m, const struct kfunc *k, struct slot *s, const struct iterator_kind *kind)
{
	for (unsigned i = 0; i < kind->slots; i++) {
		struct slot *x = s - i;
		reg_point(&x->reg, IN_STACK, kind->type);
		x->reg.off = i ? ITER_REST : ITER_ACTIVE;
		memset(x->bytes, BYTE_ITER, 8);
	}
	s->reg.held = hold(m, m->insn);
	if (kfunc_does(k, 'p'))
		s->reg.flags = in_rcu(m) ? RCU : UNTRUSTED;
}

static void end(struct machine *m, struct slot *s, const struct iterator_kind *kind)
{
	uint32_t held = s->reg.held;

	for (unsigned i = 0; i < kind->slots; i++) {
		memset((s - i)->bytes, BYTE_UNSET, 8);
		reg_forget(&(s - i)->reg);
	}
	release(m, held);
}

/* What is found: a struct, or a number, which is there as long as the iterator. */
static void give_element(struct machine *m, const struct kfunc *k, const struct slot *s)
{
	struct reg *r0 = reg_now(m, 0);
	uint32_t id = 0;
	unsigned size = 4;

	if (s->reg.which) {
		const struct btf_type *t =
			btf__type_by_id(m->kernel, btf_plain(m->kernel, kfunc_type(m, k->name)->type));
		id = t && btf_is_ptr(t) ? btf_plain(m->kernel, t->type) : 0;
		t = id ? btf__type_by_id(m->kernel, id) : NULL;
		if (!t)
			not_judged(m, "what %s() gives is not modelled", k->name);
		size = (unsigned)btf__resolve_size(m->kernel, id);
		id = btf_is_composite(t) ? id : 0;
	}
	if (id) {
		reg_point(r0, IN_STRUCT, (int32_t)id);
		r0->flags = s->reg.flags & RCU ? RCU : TRUSTED;
	} else {
		reg_point(r0, IN_MEMORY, (int32_t)size);
		r0->flags = READ_ONLY;
		r0->held = s->reg.held;
	}
	r0->origin = m->insn + 1;
}

/* There is no more, which is followed now; or there is one more, later. */
static void next(struct machine *m, const struct kfunc *k, struct slot *s)
{
	const struct reg r1 = *reg_now(m, 1);
	unsigned at = slot_pointed(&r1);

	forget_caller_saved(m);
	give_element(m, k, s);
	if (s->reg.off == ITER_ACTIVE) {
		struct state *before = m->cur->parent ? found_before(m, m->cur->parent, m->insn) : NULL;
		struct state *on = follow_later(m, m->insn + 1, m->insn);
		on->frames[r1.which]->slots[at].reg.id++;
		if (before)
			widen(m, before, on);
	}
	s->reg.off = ITER_DRAINED;
	reg_known(reg_now(m, 0), 0);
}

void call_iterator(struct machine *m, const struct kfunc *k)
{
	struct iterator_kind kind = kind_of(m, k, 1);

	/* Going through the tasks of a group takes a lock that interrupts take too. */
	bool looks_anywhere = m->cur->sleepable || m->p->type == BPF_PROG_TYPE_LSM ||
			      (m->p->type == BPF_PROG_TYPE_TRACING && m->p->attach == BPF_TRACE_ITER);
	if (!strcmp(k->name, "bpf_iter_css_task_new") && !looks_anywhere)
		reject(m, L_helper_not_allowed, "Make the program sleepable by its section's name, `.s`.",
			"%s() is only for programs that may sleep, iterators and security hooks", k->name);
	if (kfunc_does(k, 'N')) {
		struct slot *s = slots_of(m, k, 1, &kind, true);
		if (kind.type)
			kfunc_by_types(m, k);
		begin(m, k, s, &kind);
		forget_caller_saved(m);
		reg_unknown(reg_now(m, 0));
	} else if (kfunc_does(k, 'X')) {
		next(m, k, slots_of(m, k, 1, &kind, false));
	} else {
		end(m, slots_of(m, k, 1, &kind, false), &kind);
		forget_caller_saved(m);
	}
}
