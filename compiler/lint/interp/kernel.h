/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kernel.h: what a program is given of the kernel's own objects: the arguments of what it is attached to, and
 * what their fields lead to, by the kernel's BTF.
 */
#ifndef RINGC_LINT_KERNEL_H
#define RINGC_LINT_KERNEL_H

#include "machine.h"

void need_kernel(struct machine *); /* its BTF, or not_judged */
/* What instructions ask of the kernel's types is put into them, where those are at hand. */
void settle_kernel_types(struct machine *);
bool is_of_kernel(const struct machine *); /* its arguments are the kernel's types */
void find_target(struct machine *);        /* or not_judged */
bool target_argument(struct machine *, int off, unsigned size, enum access, struct context_value *);
/* What the result has to be within; false: anything. */
bool target_returns(const struct machine *, int32_t *min, int32_t *max);
#define ERRNO_MAX 4095
bool hook_returns(const struct machine *, int32_t *min, int32_t *max); /* the security hook that it is at */

/* ---- struct_ops.c ---- */

bool is_uring_step(const struct machine *);      /* which is judged without the kernel's types */
void find_ops(struct machine *);                 /* or not_judged */
const char *ops_letters(const struct machine *); /* of prototypes.def; NULL: not known */
bool ops_lacks(const struct machine *, const char *helper);
void hold_arguments(struct machine *);
void ops_argument(struct machine *, unsigned argument, struct context_value *);
int32_t ops_taken_for(const struct machine *, unsigned argument, uint32_t type); /* 0: as it is */
int32_t ops_gives(const struct machine *);
bool ops_may_write(struct machine *, const struct reg *, int64_t off, unsigned size);
bool has_word(const char *list, const char *word);

/* ---- structs.c ---- */

/* ELSEWHERE, where what is at that address is of a user, or of each processor. */
uint8_t flags_of_tags(const struct btf *, uint32_t pointee, bool *rcu);
/* What is at the bytes off.. of a struct, as btf_struct_walk() has it. */
struct walk {
	const char *field;
	uint32_t to;     /* the struct that it points to; 0: a number */
	bool to_bytes;   /* it points to numbers, or to what has no type */
	bool in_a_union; /* which of its members is there is not known */
	bool rcu;
	uint8_t flags;
	const char *why; /* it cannot be read so */
};
struct walk struct_walk(const struct btf *, uint32_t id, int64_t off, unsigned size);
/* A load of a field, into `to`, which may be NULL. */
void access_struct(struct machine *, unsigned reg, int off, unsigned size, enum access, struct reg *to);
const char *struct_name(const struct machine *, const struct reg *);
bool is_struct(const struct machine *, const struct reg *, const char *name);
/* What is at that offset of a struct begins with the other, or is it. */
bool begins_with_struct(const struct btf *, uint32_t id, int64_t off, uint32_t other, bool exactly);
bool is_number_type(const struct btf_type *);
/* A struct, and nothing in it but numbers, as __btf_type_is_scalar_struct() has it. */
bool has_only_numbers(const struct btf *, const struct btf_type *);
/* What is protected by RCU is so within its section, and in programs that cannot sleep. */
bool in_rcu(const struct machine *);
void forget_rcu(struct machine *);             /* it was locked for the last time */
void rcu_ends(struct machine *, bool section); /* a section, or else what keeps it since Linux 7.3 */

#endif
