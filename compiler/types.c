/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "types.h"
#include <string.h>

struct type type_error = {.kind = T_ERROR, .name = "?", .size = 8, .align = 8, .bits = 64};
struct type type_void = {.kind = T_VOID, .name = "void", .align = 1};
struct type type_bool = {.kind = T_BOOL, .name = "bool", .bits = 8, .size = 1, .align = 1};
struct type type_u8 = {.kind = T_INT, .name = "u8", .bits = 8, .size = 1, .align = 1};
struct type type_u16 = {.kind = T_INT, .name = "u16", .bits = 16, .size = 2, .align = 2};
struct type type_u32 = {.kind = T_INT, .name = "u32", .bits = 32, .size = 4, .align = 4};
struct type type_u64 = {.kind = T_INT, .name = "u64", .bits = 64, .size = 8, .align = 8};
struct type type_s8 = {.kind = T_INT, .name = "s8", .bits = 8, .is_signed = true, .size = 1, .align = 1};
struct type type_s16 = {.kind = T_INT, .name = "s16", .bits = 16, .is_signed = true, .size = 2, .align = 2};
struct type type_s32 = {.kind = T_INT, .name = "s32", .bits = 32, .is_signed = true, .size = 4, .align = 4};
struct type type_s64 = {.kind = T_INT, .name = "s64", .bits = 64, .is_signed = true, .size = 8, .align = 8};
struct type type_fd = {.kind = T_FD, .name = "fd", .bits = 32, .is_signed = true, .size = 4, .align = 4};
struct type type_string = {.kind = T_STRING, .name = "a string", .align = 1};
struct type type_slice = {.kind = T_SLICE, .name = "u8[]", .size = 8, .align = 4};
struct type type_big_cqe = {.kind = T_ARRAY, .size = 16, .align = 8, .elem = &type_u64, .n = 2};
struct type type_cqe = {.kind = T_CQE, .name = "cqe", .size = 16, .align = 8};
struct type type_cq = {.kind = T_CQ, .name = "cq", .size = 1, .align = 64};
struct type type_pool = {.kind = T_POOL, .name = "a pool of buffers", .align = 1};
struct type type_file = {.kind = T_FILE, .name = "a direct descriptor", .size = 4, .align = 4};
struct type type_list = {.kind = T_LIST, .name = "a list", .align = 1};

struct type *type_prim(enum prim p)
{
	static struct type *const table[] = {
		[PRIM_VOID] = &type_void,
		[PRIM_BOOL] = &type_bool,
		[PRIM_U8] = &type_u8,
		[PRIM_U16] = &type_u16,
		[PRIM_U32] = &type_u32,
		[PRIM_U64] = &type_u64,
		[PRIM_S8] = &type_s8,
		[PRIM_S16] = &type_s16,
		[PRIM_S32] = &type_s32,
		[PRIM_S64] = &type_s64,
		[PRIM_FD] = &type_fd,
		[PRIM_CQE] = &type_cqe,
	};
	return table[p];
}

struct type *type_array(struct arena *a, struct type *elem, uint64_t n)
{
	struct type *t = NEW(a, struct type);
	t->kind = T_ARRAY;
	t->elem = elem;
	t->n = n;
	t->size = elem->size * n;
	t->align = elem->align;
	t->levels = elem->levels + 1;
	return t;
}

bool type_same(const struct type *a, const struct type *b)
{
	if (a == b || a->kind == T_ERROR || b->kind == T_ERROR)
		return true;
	if (a->kind != b->kind)
		return false;
	if (a->kind == T_ARRAY)
		return a->n == b->n && type_same(a->elem, b->elem);
	return false; /* primitive types, structs and enums are unique */
}

bool type_is_int(const struct type *t)
{
	return t->kind == T_INT || t->kind == T_BOOL || t->kind == T_ENUM || t->kind == T_ERROR;
}

bool type_is_scalar(const struct type *t)
{
	return type_is_int(t) || t->kind == T_FD;
}

bool type_is_region(const struct type *t)
{
	return t->kind == T_ARRAY && !t->n;
}

const struct type *type_element(const struct type *t)
{
	while (t->kind == T_ARRAY)
		t = t->elem;
	return t;
}

bool type_is_bytes(const struct type *t)
{
	return t->kind == T_ARRAY && t->elem == &type_u8;
}

const char *type_text(struct arena *a, const struct type *t)
{
	switch (t->kind) {
	case T_STRUCT:
		return arena_printf(a, "struct %s", t->name);
	case T_ENUM:
		return t->name ? arena_printf(a, "enum %s", t->name) : "enum";
	case T_ARRAY: {
		const struct type *e = t;
		const char *dims = "";
		for (; e->kind == T_ARRAY; e = e->elem)
			dims = e->n ? arena_printf(a, "%s[%llu]", dims, (unsigned long long)e->n)
				    : arena_printf(a, "%s[]", dims);
		return arena_printf(a, "%s%s", type_text(a, e), dims);
	}
	default:
		return t->name;
	}
}

struct type *type_promote(struct type *t)
{
	if (t->kind == T_BOOL || t->kind == T_ENUM || (t->kind == T_INT && t->bits < 32))
		return &type_s32;
	return t;
}

struct type *type_common(struct type *a, struct type *b)
{
	a = type_promote(a);
	b = type_promote(b);
	if (a->kind == T_ERROR || b->kind == T_ERROR)
		return &type_error;
	if (a->bits != b->bits)
		return a->bits > b->bits ? a : b;
	return a->is_signed ? b : a;
}

uint64_t type_wrap(const struct type *t, uint64_t v)
{
	if (t->kind == T_BOOL)
		return v != 0;
	if (!t->bits || t->bits == 64)
		return v;
	unsigned shift = 64 - t->bits;
	bool is_signed = t->is_signed || t->kind == T_ENUM;
	return is_signed ? (uint64_t)((int64_t)(v << shift) >> shift) : v << shift >> shift;
}

bool type_fits(const struct type *to, const struct type *from, uint64_t v)
{
	if (type_wrap(to, v) != v)
		return false;
	/* The pattern is kept; the value is kept too unless the sign bit changes its meaning. */
	bool from_negative = (from->is_signed || from->kind == T_ENUM) && (int64_t)v < 0;
	bool to_signed = to->is_signed || to->kind == T_ENUM;
	if (from_negative)
		return to_signed;
	return !to_signed || (int64_t)v >= 0;
}
