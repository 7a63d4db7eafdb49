/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* names.c: from an offset to the members and elements that lie there, type by type; and names of helpers. */
#include "names.h"
#include <inttypes.h>
#include <string.h>

#define DEEPEST 16

static const struct {
	int32_t number;
	const char *name;
} helpers[] = {
#define HELPER(number, name, since, gpl, capability, config, instead, commit) {number, "bpf_" #name},
#include "helpers.def"
#undef HELPER
};

const char *helper_name(int32_t number)
{
	for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++)
		if (helpers[i].number == number)
			return helpers[i].name;
	return NULL;
}

uint32_t btf_plain(const struct btf *btf, uint32_t id)
{
	int plain = btf__resolve_type(btf, id);
	return plain < 0 ? 0 : (uint32_t)plain;
}

const struct btf_type *btf_prototype(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = id ? btf__type_by_id(btf, id) : NULL;
	t = t ? btf__type_by_id(btf, t->type) : NULL;
	return t && btf_is_func_proto(t) ? t : NULL;
}

/* As bpf_core_types_are_compat() in libbpf's relo_core.c has it. */
#define COMPATIBLE_DEPTH 32

static bool compatible(const struct btf *a, uint32_t x, const struct btf *b, uint32_t y, unsigned depth);

static bool parameters_compatible(const struct btf *a, const struct btf_type *t, const struct btf *b,
	const struct btf_type *u, unsigned depth)
{
	if (btf_vlen(t) != btf_vlen(u))
		return false;
	for (unsigned i = 0; i < btf_vlen(t); i++)
		if (!compatible(a, btf_params(t)[i].type, b, btf_params(u)[i].type, depth))
			return false;
	return compatible(a, t->type, b, u->type, depth);
}

static bool compatible(const struct btf *a, uint32_t x, const struct btf *b, uint32_t y, unsigned depth)
{
	const struct btf_type *t = btf__type_by_id(a, x ? btf_plain(a, x) : 0);
	const struct btf_type *u = btf__type_by_id(b, y ? btf_plain(b, y) : 0);

	if (!t || !u || !depth)
		return false;
	if (btf_is_any_enum(t) || btf_is_any_enum(u))
		return btf_is_any_enum(t) && btf_is_any_enum(u);
	if (btf_kind(t) != btf_kind(u))
		return false;
	switch (btf_kind(t)) {
	case BTF_KIND_UNKN:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_FWD:
		return true;
	case BTF_KIND_INT:
		return !btf_int_offset(t) && !btf_int_offset(u);
	case BTF_KIND_PTR:
		return compatible(a, t->type, b, u->type, depth - 1);
	case BTF_KIND_ARRAY:
		return compatible(a, btf_array(t)->type, b, btf_array(u)->type, depth - 1);
	case BTF_KIND_FUNC_PROTO:
		return parameters_compatible(a, t, b, u, depth - 1);
	default:
		return false;
	}
}

bool btf_compatible(const struct btf *btf, uint32_t id, const struct btf *other, uint32_t other_id)
{
	return compatible(btf, id, other, other_id, COMPATIBLE_DEPTH);
}

const char *btf_name(const struct btf *btf, uint32_t offset)
{
	const char *s = btf__name_by_offset(btf, offset);
	return s ? s : "";
}

/* The member that has all of it; of a union the first. A member without a name stands for its own. */
static const struct btf_member *member_at(
	const struct btf *btf, const struct btf_type *t, struct bytes_at *b, const char **name)
{
	const struct btf_member *m = btf_members(t);
	for (unsigned i = 0; i < btf_vlen(t); i++, m++) {
		int64_t begin = btf_member_bit_offset(t, i) / 8, size = btf__resolve_size(btf, m->type);
		if (b->low < begin || b->high + (b->size ? b->size : 1) > begin + size)
			continue;
		b->low -= begin;
		b->high -= begin;
		*name = btf__name_by_offset(btf, m->name_off);
		return m;
	}
	return NULL;
}

/* Takes what is before the element away. False: it is not at the same place of each. */
static bool into_element(struct bytes_at *b, int64_t size)
{
	int64_t first = b->low / size, last = b->high / size;
	uint64_t whole = (uint64_t)size, even = whole & -whole;

	b->low -= first * size;
	b->high -= last * size;
	if (first == last)
		return true;
	return b->low == b->high && b->step >= even;
}

bool name_element(struct arena *a, const char **name, struct bytes_at *b, int64_t size)
{
	int64_t first = b->low / size, last = b->high / size;
	*name = first == last ? arena_printf(a, "%s[%" PRId64 "]", *name, first)
			      : arena_printf(a, "%s[%" PRId64 "..%" PRId64 "]", *name, first, last);
	return into_element(b, size);
}

/* A name that ends with -> goes on without a dot. */
static const char *joined(struct arena *a, const char *name, const char *inner)
{
	bool dot = *name && !lint_ends_with(name, "->");
	return arena_printf(a, "%s%s%s", name, dot ? "." : "", inner);
}

const char *name_in_type(
	struct arena *a, const struct btf *btf, uint32_t id, const char *name, struct bytes_at b)
{
	int64_t whole = btf ? btf__resolve_size(btf, id) : -1;

	if (whole <= 0 || b.low < 0 || b.high < b.low || b.high + b.size > whole)
		return NULL;
	for (int depth = 0; depth < DEEPEST; depth++) {
		const struct btf_type *t = btf__type_by_id(btf, btf_plain(btf, id));
		if (!b.size && !b.low && !b.high)
			return name; /* the address of the whole */
		if (t && btf_is_array(t)) {
			int64_t size = btf__resolve_size(btf, id = btf_array(t)->type);
			if (size <= 0 || b.size > size)
				return name;
			if (!name_element(a, &name, &b, size))
				return name;
			continue;
		}
		if (!t || !btf_is_composite(t) || (b.size == t->size && !b.low))
			return name;
		const char *inner;
		const struct btf_member *m = member_at(btf, t, &b, &inner);
		if (!m)
			return b.low || b.high ? NULL : name;
		if (*inner)
			name = joined(a, name, inner);
		id = m->type;
	}
	return name;
}

/* ---- maps ---- */

const struct btf_type *variable_at(
	const struct lint_object *o, uint32_t map, int64_t offset, struct btf_var_secinfo *found)
{
	const char *section = o->maps.at[map].name;
	for (uint32_t id = 1; o->btf && id < btf__type_cnt(o->btf); id++) {
		const struct btf_type *t = btf__type_by_id(o->btf, id);
		if (!btf_is_datasec(t) || !lint_ends_with(section, btf__name_by_offset(o->btf, t->name_off)))
			continue;
		const struct btf_var_secinfo *v = btf_var_secinfos(t);
		for (unsigned i = 0; i < btf_vlen(t); i++, v++) {
			const struct btf_type *var = btf__type_by_id(o->btf, v->type);
			if (!var || !btf_is_var(var) || offset < v->offset ||
				offset - v->offset >= (int64_t)v->size)
				continue;
			*found = *v;
			return var;
		}
	}
	return NULL;
}

const char *name_in_map(
	struct arena *a, const struct lint_object *o, uint32_t map, const char *whole, struct bytes_at b)
{
	const struct lint_map *m = &o->maps.at[map];
	struct btf_var_secinfo at;

	if (!m->is_variables)
		return m->value_type ? name_in_type(a, o->btf, m->value_type, whole, b) : NULL;
	const struct btf_type *var = variable_at(o, map, b.low, &at);
	if (!var)
		return NULL;
	whole = btf__name_by_offset(o->btf, var->name_off);
	struct bytes_at inside = {b.low - at.offset, b.high - at.offset, b.step, b.size};
	bool all = !b.size && !inside.low && !inside.high;
	if (all || !o->image.n || strcmp(whole, "image") != 0)
		return name_in_type(a, o->btf, var->type, whole, inside);
	const char *name = name_in_type(a, o->btf, var->type, "", inside);
	return name && *name ? name : name_in_image(a, o, inside);
}
