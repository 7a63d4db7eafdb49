/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fields.h: what values of maps, variables, and structs that a program allocates have inside that is not the
 * program's: locks, timers, pointers to objects, lists, trees and their nodes. The kernel finds them by BTF.
 */
#ifndef RINGC_LINT_FIELDS_H
#define RINGC_LINT_FIELDS_H

#include "kernel.h"

/* What is in such a field, and the words for it. */
#define FIELD_KINDS                                                                                          \
	X(LOCK, "a lock")                                                                                    \
	X(RES_LOCK, "a lock that may fail")                                                                  \
	X(TIMER, "a timer")                                                                                  \
	X(WORK, "work for later")                                                                            \
	X(TASK_WORK, "work for a task")                                                                      \
	X(POINTER, "a pointer to an object that may be gone")                                                \
	X(OWNED, "a pointer to an object that is held")                                                      \
	X(PERCPU, "a pointer to an object of each processor")                                                \
	X(USER, "a pointer to memory of a user")                                                             \
	X(LIST, "a list")                                                                                    \
	X(LIST_NODE, "a node of a list")                                                                     \
	X(TREE, "a tree")                                                                                    \
	X(TREE_NODE, "a node of a tree")                                                                     \
	X(REFCOUNT, "a count of references")

enum field_kind {
#define X(name, words) FIELD_##name,
	FIELD_KINDS
#undef X
};

struct field {
	uint32_t offset, size;
	enum field_kind kind;
	uint32_t type; /* of what it points to, or of what is in the list or tree: in the object's BTF */
	uint32_t node; /* of a list or tree: where in that its node lies */
};

struct fields {
	struct field *at;
	size_t n, cap;
	const char *why; /* the kernel leaves them all out; NULL: it does not */
};

/* ---- records.c ---- */

/* Of all maps and structs; also whether the kernel takes the object's BTF: libbpf loads it without, if not.
 */
void find_fields(struct machine *);
/* Of what a pointer to a map's value, or to an object of the program's own, points to; NULL: none. */
const struct fields *fields_of(const struct machine *, const struct reg *);
const struct field *field_at(const struct fields *, uint32_t offset); /* NULL: none begins there */
bool has_field(const struct fields *, enum field_kind);
bool has_lock(const struct fields *); /* of either kind */
const char *field_words(enum field_kind);

/* ---- fields.c ---- */

/* By its type, a program may not use every map; it may be called while anything is interrupted. */
bool is_tracing(const struct machine *);
void check_maps_fit(struct machine *);
bool is_pointer_field(enum field_kind);
bool has_async_field(const struct machine *, int map); /* something that runs later */
/* Some bytes of a map's value, or of an object of the program's own, are accessed. */
void check_fields(struct machine *, const struct reg *, int64_t off, unsigned size, bool by_helper);
void access_pointer(struct machine *, const struct field *, enum access, int value);
/* A pointer to what such a field points to, and whether a register has one. */
void point_by_field(struct machine *, struct reg *to, const struct field *);
bool points_by_field(struct machine *, const struct field *, const struct reg *);

#endif
