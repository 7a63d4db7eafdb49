/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* dynptrs.h: dynptrs, between dynptrs.c and those that make, take and overwrite them. */
#ifndef RINGC_LINT_DYNPTRS_H
#define RINGC_LINT_DYNPTRS_H

#include "machine.h"

/* What its memory is. */
enum dynptr_kind {
	DYNPTR_LOCAL,
	DYNPTR_RINGBUF,
	DYNPTR_FILE,
	DYNPTR_SKB,
	DYNPTR_SKB_META,
	DYNPTR_XDP,
};

struct dynptr {
	enum dynptr_kind kind;
	uint32_t id;   /* what is given of its memory has it as `of` */
	uint32_t held; /* what is acquired as long as its memory is there: for it and its clones, or the
			  packet */
};

bool is_of_skb(enum dynptr_kind);
bool is_dynptr(struct machine *, const struct reg *); /* it points to one */

/* As an argument of a function of that name: one that is made, one that it makes, one that it gives back. */
struct dynptr need_dynptr(struct machine *, const char *by, unsigned reg);
void make_dynptr(struct machine *, const char *by, unsigned reg, enum dynptr_kind, uint32_t held);
void end_dynptr(struct machine *, const char *by, unsigned reg, enum dynptr_kind);
/* A part of its memory, or NULL, by bpf_dynptr_data(). */
void give_data(struct machine *, const struct dynptr *, uint32_t size);

/* The same of the kernel's functions. `d` is what the argument before was, of which a clone is made; `parent`
 * is what is held of the object that it is made of, or 0. */
struct kfunc;
void kfunc_dynptr(
	struct machine *, const struct kfunc *, unsigned reg, bool makes, struct dynptr *d, uint32_t parent);
void give_slice(struct machine *, const struct kfunc *, const struct dynptr *, uint32_t size);

void destroy_dynptr(struct machine *, struct frame *, unsigned slot); /* it is overwritten */
void lose_dynptrs(struct machine *, uint32_t held);                   /* that is held no more */

#endif
