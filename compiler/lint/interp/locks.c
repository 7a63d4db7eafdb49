/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* locks.c: spin locks, which lie in a map's value or in an object of the program's own. */
#include "local.h"

static struct held *find_lock(struct state *s, const struct reg *r)
{
	int32_t map = r->kind == IN_LOCAL ? LOCK_OF_LOCAL : r->which;
	for (unsigned i = 0; i < s->nheld; i++)
		if (s->held[i].is_lock && s->held[i].id == r->id && s->held[i].map == map)
			return &s->held[i];
	return NULL;
}

bool is_locked(const struct machine *m, const struct reg *r)
{
	return find_lock(m->cur, r);
}

static void lock(struct machine *m, const struct reg *r)
{
	struct state *s = m->cur;
	if (s->locks)
		reject(m, L_lock, "Unlock the first before.", "two locks at once");
	if (s->nheld == HELD_MAX)
		not_judged(m, "more than %d objects are held at once", HELD_MAX);
	s->held[s->nheld++] = (struct held){.id = r->id,
		.insn = m->insn,
		.is_lock = true,
		.map = r->kind == IN_LOCAL ? LOCK_OF_LOCAL : r->which};
	s->locks++;
}

/* With the lock goes what was borrowed, and since Linux 7.2 what was there by RCU, if nothing else keeps
 * that. */
static void unlock(struct machine *m, const struct reg *r)
{
	struct state *s = m->cur;
	struct held *h = find_lock(s, r);

	if (in_tree_callback(m))
		reject(m, L_lock, "The tree is being changed: unlock it after the call.",
			"an unlock in the function that compares two nodes");
	if (!h)
		reject(m, L_lock, "Unlock what was locked, in the same element.",
			"an unlock of what is not locked");
	*h = s->held[--s->nheld];
	s->locks--;
	forget_borrowed(m);
	if (!in_rcu(m) && lint_kernel(m->lint) >= 0x0702)
		forget_rcu(m);
}

void lock_or_unlock(struct machine *m, const struct reg *r, bool locks)
{
	if (locks)
		lock(m, r);
	else
		unlock(m, r);
}
