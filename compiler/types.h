/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* types.h: the language's types. Primitive ones are unique; arrays and structs are compared by same_type().
 */
#ifndef RINGC_TYPES_H
#define RINGC_TYPES_H

#include <stdbool.h>
#include <stdint.h>
#include "ast.h"

enum type_kind {
	T_ERROR, /* something was wrong and has been reported; compatible with everything */
	T_VOID,
	T_BOOL,
	T_INT,
	T_FD,
	T_STRING, /* a literal: its bytes; becomes u8[N+1], a slice, or a format */
	T_ENUM,   /* stored as s32 */
	T_ARRAY,
	T_SLICE, /* of bytes: offset and length */
	T_STRUCT,
	T_LIST,  /* { ... }: takes the type that its place asks for */
	T_CQE,   /* a completion: three registers, and two more where the script names `big_cqe` */
	T_CQ,    /* a queue: not a value */
	T_POOL,  /* a pool of buffers: not a value */
	T_FILE,  /* a slot of a table of direct descriptors: not a value */
	T_TABLE, /* a hash table, n entries of elem: not a value */
};

struct field {
	const char *name;
	struct type *type;
	uint64_t offset;
	struct loc loc;
};

/* Of a C header: a field that scripts cannot name, and why. */
struct refused_field {
	const char *name, *why;
	struct loc loc;
};

struct type {
	enum type_kind kind;
	uint8_t bits; /* T_INT: 8, 16, 32, 64; T_BOOL 8; T_FD, T_ENUM 32 */
	bool is_signed;
	uint64_t size;
	uint32_t align;
	uint32_t levels;   /* of arrays and structs */
	const char *name;  /* T_STRUCT, T_ENUM: tag; primitive: keyword */
	struct type *elem; /* T_ARRAY, T_TABLE */
	uint64_t n;        /* T_ARRAY, T_TABLE; 0: a region, whose length is known at load only */
	struct type *key;  /* T_TABLE */
	VEC(struct field) fields;
	VEC(struct refused_field) refused;
	bool no_list; /* fields share their place: a union of C */
};

extern struct type type_error, type_void, type_bool, type_u8, type_u16, type_u32, type_u64, type_s8, type_s16,
	type_s32, type_s64, type_fd, type_string, type_slice, type_list, type_cqe, type_big_cqe, type_cq,
	type_pool, type_file;

struct type *type_prim(enum prim);
struct type *type_array(struct arena *, struct type *elem, uint64_t n);
bool type_same(const struct type *, const struct type *);
bool type_is_int(const struct type *);    /* T_INT, T_ENUM, T_BOOL: what arithmetic takes */
bool type_is_scalar(const struct type *); /* fits a register: int, bool, enum, fd */
bool type_is_region(const struct type *);
const struct type *type_element(const struct type *); /* of an array of any dimensions, else itself */
bool type_is_bytes(const struct type *);              /* an array of u8, of one dimension */
const char *type_text(struct arena *, const struct type *);

/* C's integer promotion, and its usual arithmetic conversions. */
struct type *type_promote(struct type *);
struct type *type_common(struct type *, struct type *);

/* Brings a 64-bit pattern to the form that a value of the type has: truncated, then extended by its sign. */
uint64_t type_wrap(const struct type *, uint64_t v);
/* Whether a constant of type `from` keeps its value in `to`. */
bool type_fits(const struct type *to, const struct type *from, uint64_t v);

#endif
