/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * locks.c: spin locks, which lie in a map's value or in an object of the program's own. There are those of
 * which a program holds one, and those that may fail, of which it holds some. process_spin_lock() in the
 * kernel's kernel/bpf/verifier.c.
 */
#include "local.h"

static int32_t place_of(const struct reg *r)
{
	return r->kind == IN_LOCAL ? LOCK_OF_LOCAL : r->which;
}

static bool is_lock(const struct held *h)
{
	return h->kind == HELD_LOCK || h->kind == HELD_RES_LOCK || h->kind == HELD_RES_LOCK_IRQ;
}

static bool is_lock_of(const struct held *h, const struct reg *r)
{
	return is_lock(h) && h->id == r->id && h->map == place_of(r);
}

bool is_locked(const struct machine *m, const struct reg *r)
{
	for (unsigned i = 0; i < m->cur->nheld; i++)
		if (is_lock_of(&m->cur->held[i], r))
			return true;
	return false;
}

static void lock(struct machine *m, const struct reg *r, enum held_kind kind)
{
	if (kind == HELD_LOCK && m->cur->locks)
		reject(m, L_lock, "Unlock the first before.", "two locks at once");
	if (is_locked(m, r))
		reject(m, L_lock, "Lock it once.",
			"what is locked is locked again, and would wait for itself");
	hold_also(m, &(struct held){.id = r->id, .insn = m->insn, .kind = kind, .map = place_of(r)});
	m->cur->locks++;
}

/* With the lock goes what was borrowed, and since Linux 7.2 what was there by RCU, if nothing else keeps
 * that. */
static void unlock(struct machine *m, const struct reg *r, enum held_kind kind)
{
	struct state *s = m->cur;
	unsigned last = s->nheld;

	while (last && !is_lock(&s->held[last - 1]))
		last--;
	if (!is_locked(m, r))
		reject(m, L_lock, "Unlock what was locked, in the same element.",
			"an unlock of what is not locked");
	if (!is_lock_of(&s->held[last - 1], r))
		reject(m, L_lock, "Unlock what was locked last before the others.",
			"an unlock of what was not locked last");
	if (s->held[last - 1].kind != kind)
		reject(m, L_lock, "Unlock by the function that belongs to the one that locked.",
			"an unlock by another function than belongs to the lock");
	held_remove(s, last - 1);
	s->locks--;
	forget_borrowed(m);
	if (!in_rcu(m) && lint_kernel(m->lint) >= 0x0702)
		forget_rcu(m);
}

void lock_or_unlock(struct machine *m, const struct reg *r, enum held_kind kind, bool locks)
{
	if (in_tree_callback(m))
		reject(m, L_lock, "The tree is being changed: do it after the call.",
			"%s in the function that compares two nodes", locks ? "a lock" : "an unlock");
	if (locks)
		lock(m, r, kind);
	else
		unlock(m, r, kind);
}

/* ---- locks that may fail ---- */

static void follow_failure(struct machine *m)
{
	struct state *failed = follow_later(m, m->insn + 1, m->insn);
	struct reg *regs = failed->frames[failed->top]->regs;

	for (unsigned i = 0; i < 6; i++)
		reg_forget(&regs[i]);
	reg_unknown(&regs[0]);
	num_at_most(&regs[0].v, -ERRNO_MAX, -1);
}

static void need_lock(struct machine *m, const struct kfunc *k, unsigned reg)
{
	const struct reg *r = reg_now(m, reg);
	const char *words = "a struct bpf_res_spin_lock in a map's value, or in an object that is owned";

	if (r->flags & MAYBE_NULL)
		reject(m, L_maybe_null, "Check it first: `if (!p) return 0;`.",
			"%s, argument %u of %s(), may be NULL", reg_name(m, reg), reg, k->name);
	if (r->kind != IN_VALUE && !(r->kind == IN_LOCAL && r->flags == ALLOCATED))
		reject(m, L_bad_argument, NULL, "argument %u of %s() is to be %s; %s has %s", reg, k->name,
			words, reg_name(m, reg), reg_words(m, r));
	const struct field *f = field_here(m, r);
	if (!f || f->kind != FIELD_RES_LOCK)
		reject(m, L_bad_argument, missing_hint(m, r, "It needs such a field, and BTF that says so."),
			"argument %u of %s() is to be %s, and there is none", reg, k->name, words);
}

void call_res_lock(struct machine *m, const struct kfunc *k, bool locks, bool irq)
{
	if (locks)
		follow_failure(m);
	need_lock(m, k, 1);
	lock_or_unlock(m, reg_now(m, 1), irq ? HELD_RES_LOCK_IRQ : HELD_RES_LOCK, locks);
	if (irq && locks)
		save_interrupts(m, k, 2, IRQ_OF_LOCK);
	else if (irq)
		restore_interrupts(m, k, 2, IRQ_OF_LOCK);
	forget_caller_saved(m);
	if (locks)
		reg_known(reg_now(m, 0), 0);
}
