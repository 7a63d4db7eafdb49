/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* kfunc.h: a call of one of the kernel's functions, between kfuncs.c, kfunc_arguments.c and iterators.c. */
#ifndef RINGC_LINT_KFUNC_H
#define RINGC_LINT_KFUNC_H

#include "kernel.h"

struct kfunc {
	const char *name;
	uint8_t caller; /* row of callers.def */
	const char *does;
	const char *takes; /* of local_kfuncs.def, which has what it gives too; else NULL: the kernel's BTF
			      says it */
	char gives;
};

static inline bool kfunc_does(const struct kfunc *k, char letter)
{
	for (const char *s = k->does; *s; s++)
		if (*s == letter)
			return true;
	return false;
}

/* Checks what is passed and gives what comes back, both by the kernel's BTF. */
void kfunc_by_types(struct machine *, const struct kfunc *);
/* The type of that function in the kernel's BTF, or not_judged. */
const struct btf_type *kfunc_type(struct machine *, const char *name);

void cast_context(struct machine *, const struct kfunc *);
void cast_read_only(struct machine *, const struct kfunc *);

void call_iterator(struct machine *, const struct kfunc *);
void need_iterator(struct machine *, const struct kfunc *, unsigned reg); /* one that was begun */

#endif
