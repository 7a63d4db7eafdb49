/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * local.h: objects of the program's own types: bpf_obj_new() gives one, which is owned until it is dropped,
 * stored in a map, or put into a list or tree. From then on it is borrowed, until the lock is given back.
 */
#ifndef RINGC_LINT_LOCAL_H
#define RINGC_LINT_LOCAL_H

#include "fields.h"
#include "kfunc.h"

/* ---- local.c ---- */

const char *local_name(const struct machine *, uint32_t type);
void access_local(struct machine *, unsigned reg, int off, unsigned size, enum access, struct reg *to);
/* It is one, and the program's to give away: nothing else is known of it. */
bool is_owned(const struct reg *);
bool is_borrowed(const struct reg *);
void borrow(struct machine *, uint32_t held);      /* what was owned */
void forget_borrowed(struct machine *);            /* the lock is given back */
void keep_by_rcu(struct machine *, uint32_t held); /* what was owned, of each processor */

/* ---- locks.c ---- */

void lock_or_unlock(struct machine *, const struct reg *, enum held_kind, bool locks);
bool is_locked(const struct machine *, const struct reg *); /* by the lock in the same value or object */
void call_res_lock(struct machine *, const struct kfunc *, bool locks, bool irq);

/* ---- irq.c ---- */

/* Which functions turn them off and on: those of one do not take what the others saved. */
enum irq_keeper {
	IRQ_ALONE,
	IRQ_OF_LOCK,
};
void save_interrupts(struct machine *, const struct kfunc *, unsigned reg, enum irq_keeper);
void restore_interrupts(struct machine *, const struct kfunc *, unsigned reg, enum irq_keeper);

/* ---- graphs.c ---- */

/* Those kfuncs that are about such objects, by their row. */
void call_local_kfunc(struct machine *, const struct kfunc *);
bool in_tree_callback(const struct machine *);                        /* which compares two nodes */
const struct field *field_here(struct machine *, const struct reg *); /* that it points to; NULL: none */
const char *missing_hint(struct machine *, const struct reg *, const char *otherwise);

#endif
