/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* arena.h: one lifetime. Everything the compiler allocates lives until the process ends its work. */
#ifndef RINGC_ARENA_H
#define RINGC_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *);

/* Zeroed, aligned for any type. Never NULL: out of memory ends the process with a message and exit 1. */
void *arena_alloc(struct arena *, size_t size);
char *arena_strndup(struct arena *, const char *s, size_t n);
char *arena_printf(struct arena *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

/* A growing array in the arena: `struct vec_x { struct x *at; size_t n, cap; }`. */
#define VEC(type)                                                                                            \
	struct {                                                                                             \
		type *at;                                                                                    \
		size_t n, cap;                                                                               \
	}
void *arena_grow(struct arena *, void *at, size_t n, size_t *cap, size_t elem);
#define VEC_PUSH(a, v, x)                                                                                    \
	((v)->at = (v)->n < (v)->cap ? (v)->at                                                               \
				     : arena_grow((a), (v)->at, (v)->n, &(v)->cap, sizeof *(v)->at),         \
		(v)->at[(v)->n++] = (x))

#endif
