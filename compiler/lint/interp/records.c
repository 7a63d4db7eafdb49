/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * records.c: finds the fields of fields.h, by names and tags of types; btf_parse_fields() in the kernel's
 * kernel/bpf/btf.c says how. Of what breaks its rules the kernel takes no BTF, and libbpf goes on without.
 */
#include <string.h>
#include "../names.h"
#include "fields.h"

#define FIELDS_MAX 11   /* in one value or struct */
#define OWNERS_MAX 8    /* of structs that own one another, one after the other */
#define ELEMENTS_MAX 64 /* of an array that are looked at: with fields in them there are fewer */

static const char *const kind_words[] = {
#define X(name, words) words,
	FIELD_KINDS
#undef X
};

const char *field_words(enum field_kind kind)
{
	return kind_words[kind];
}

static const struct {
	const char *name;
	enum field_kind kind;
	bool once;            /* in a value or struct */
	uint8_t size, before; /* of others it is none; the size before Linux 6.6; 0: the same */
	uint16_t since;       /* kernel; before, it is none; 0: all */
} special_structs[] = {
	{"bpf_spin_lock", FIELD_LOCK, true, 4, 0, 0},
	{"bpf_res_spin_lock", FIELD_RES_LOCK, true, 4, 0, 0x060f},
	{"bpf_timer", FIELD_TIMER, true, 16, 0, 0},
	{"bpf_wq", FIELD_WORK, true, 16, 0, 0x060a},
	{"bpf_task_work", FIELD_TASK_WORK, true, 8, 0, 0x0612},
	{"bpf_list_head", FIELD_LIST, false, 16, 0, 0},
	{"bpf_list_node", FIELD_LIST_NODE, false, 24, 16, 0},
	{"bpf_rb_root", FIELD_TREE, false, 16, 0, 0},
	{"bpf_rb_node", FIELD_TREE_NODE, false, 32, 24, 0},
	{"bpf_refcount", FIELD_REFCOUNT, true, 4, 0, 0},
};

/* What tags make a pointer one of the kernel's. */
static const struct {
	const char *tag;
	enum field_kind kind;
} pointer_tags[] = {
	{"kptr_untrusted", FIELD_POINTER},
	{"kptr", FIELD_OWNED},
	{"percpu_kptr", FIELD_PERCPU},
	{"uptr", FIELD_USER},
};

/* Kinds that a map's value has none of, and those that a struct has none of. */
#define BIT(kind) (1u << FIELD_##kind)
#define NOT_IN_MAPS (BIT(LIST_NODE) | BIT(TREE_NODE))
#define NOT_IN_STRUCTS (BIT(TIMER) | BIT(WORK) | BIT(TASK_WORK) | BIT(USER))

struct search {
	struct machine *m;
	struct fields *to;
	uint32_t without; /* bits of kinds */
};

/* Of a struct, or of a variable, that has the field: tags of declarations are by those. */
struct place {
	uint32_t owner;
	int member; /* -1: the variable itself */
	uint32_t offset;
};

static void refuse(const struct search *s, const char *why)
{
	if (!s->to->why)
		s->to->why = why;
}

/* -1: a pointer that is only a number here. */
static int tagged_pointer(const struct btf *btf, const struct btf_type *t)
{
	if (!btf_is_ptr(t))
		return -1;
	const struct btf_type *tag = btf__type_by_id(btf, t->type);
	for (int i = 0; tag && btf_is_type_tag(tag) && i < 8; i++) {
		for (size_t k = 0; k < sizeof pointer_tags / sizeof *pointer_tags; k++)
			if (!strcmp(btf_name(btf, tag->name_off), pointer_tags[k].tag))
				return (int)pointer_tags[k].kind;
		tag = btf__type_by_id(btf, tag->type);
	}
	return -1;
}

static int special_struct(const struct btf *btf, const struct btf_type *t)
{
	for (size_t i = 0; btf_is_struct(t) && i < sizeof special_structs / sizeof *special_structs; i++)
		if (!strcmp(btf_name(btf, t->name_off), special_structs[i].name))
			return (int)i;
	return -1;
}

/* ---- lists and trees: what is in them is said by a tag, "contains:STRUCT:NODE" ---- */

#define CONTAINS "contains:"

static const char *contents(const struct machine *m, const struct place *at, unsigned *n)
{
	const char *found = NULL;
	uint32_t types = btf__type_cnt(m->btf);
	*n = 0;
	for (uint32_t i = 1; i < types; i++) {
		const struct btf_type *t = btf__type_by_id(m->btf, i);
		if (!btf_is_decl_tag(t) || t->type != at->owner ||
			btf_decl_tag(t)->component_idx != at->member)
			continue;
		const char *tag = btf_name(m->btf, t->name_off);
		if (strncmp(tag, CONTAINS, sizeof CONTAINS - 1) != 0)
			continue;
		found = tag + sizeof CONTAINS - 1;
		++*n;
	}
	return found;
}

static const struct btf_member *node_member(
	const struct btf *btf, const struct btf_type *t, const char *name, unsigned *index)
{
	for (unsigned i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf_name(btf, btf_members(t)[i].name_off), name)) {
			*index = i;
			return &btf_members(t)[i];
		}
	return NULL;
}

static void find_contents(const struct search *s, const struct place *at, struct field *f)
{
	const struct machine *m = s->m;
	const char *node_type = f->kind == FIELD_LIST ? "bpf_list_node" : "bpf_rb_node", *words;
	unsigned n, index;
	const char *tag = contents(m, at, &n), *colon = tag ? strchr(tag, ':') : NULL;

	words = arena_printf(m->arena, "%s of which `__contains(STRUCT, NODE)` does not say what is in it",
		field_words(f->kind));
	if (n != 1 || !colon) {
		refuse(s, words);
		return;
	}
	const char *name = arena_strndup(m->arena, tag, (size_t)(colon - tag));
	int id = btf__find_by_name_kind(m->btf, name, BTF_KIND_STRUCT);
	const struct btf_type *t = id > 0 ? btf__type_by_id(m->btf, (uint32_t)id) : NULL;
	const struct btf_member *node = t ? node_member(m->btf, t, colon + 1, &index) : NULL;
	const struct btf_type *is = node ? btf__type_by_id(m->btf, node->type) : NULL;
	if (!is || !btf_is_struct(is) || strcmp(btf_name(m->btf, is->name_off), node_type) != 0) {
		refuse(s, arena_printf(m->arena, "%s with `%s` in it, in which no `struct %s` is called `%s`",
				  field_words(f->kind), name, node_type, colon + 1));
		return;
	}
	f->type = (uint32_t)id;
	f->node = btf_member_bit_offset(t, index) / 8;
}

/* ---- the fields of a type ---- */

/* The memory is a page of a process at most. */
static void check_user(const struct search *s, const struct field *f)
{
	int64_t size = btf__resolve_size(s->m->btf, f->type);
	if (size <= 0 || size > 4096)
		refuse(s, "a pointer to memory of a user that is empty, or larger than a page");
}

static uint32_t size_of(const struct machine *m, int special)
{
	uint8_t before = special_structs[special].before;
	return before && lint_kernel(m->lint) < 0x0606 ? before : special_structs[special].size;
}

static void add(const struct search *s, const struct place *at, struct field f)
{
	bool later = f.kind == FIELD_USER && lint_kernel(s->m->lint) < 0x060d; /* until then, a number */
	if (later || s->without & (1u << f.kind) || at->offset % (f.size >= 8 ? 8u : 4u))
		return;
	if (f.kind == FIELD_LIST || f.kind == FIELD_TREE)
		find_contents(s, at, &f);
	if (f.kind == FIELD_USER)
		check_user(s, &f);
	VEC_PUSH(s->m->arena, s->to, f);
}

static void look_into(const struct search *s, const struct place *at, uint32_t id, unsigned depth);

static void look_into_array(
	const struct search *s, const struct place *at, const struct btf_array *a, unsigned depth)
{
	int64_t size = btf__resolve_size(s->m->btf, a->type);
	size_t n = s->to->n;
	struct place place = *at;

	for (uint32_t i = 0; size > 0 && i < a->nelems && i < ELEMENTS_MAX; i++) {
		place.offset = at->offset + i * (uint32_t)size;
		look_into(s, &place, a->type, depth + 1);
		if (s->to->n == n)
			return;
	}
}

static void look_into_section(const struct search *s, const struct btf_type *t)
{
	for (unsigned i = 0; i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *v = btf_var_secinfos(t) + i;
		const struct btf_type *var = btf__type_by_id(s->m->btf, v->type);
		struct place place = {v->type, -1, v->offset};
		if (var && btf_is_var(var))
			look_into(s, &place, var->type, 1);
	}
}

static void look_into(const struct search *s, const struct place *at, uint32_t id, unsigned depth)
{
	const struct btf *btf = s->m->btf;
	const struct btf_type *t = btf__type_by_id(btf, id = btf_plain(btf, id));
	struct place place = {.owner = id};
	int special;

	if (!t || depth > 8)
		return;
	if (btf_is_ptr(t)) {
		int kind = tagged_pointer(btf, t);
		if (kind >= 0)
			add(s, at,
				(struct field){.offset = at->offset,
					.size = 8,
					.kind = (enum field_kind)kind,
					.type = btf_plain(btf, t->type)});
	} else if (btf_is_array(t)) {
		look_into_array(s, at, btf_array(t), depth);
	} else if (btf_is_datasec(t)) {
		look_into_section(s, t);
	} else if ((special = special_struct(btf, t)) >= 0) {
		if (t->size == size_of(s->m, special) &&
			lint_kernel(s->m->lint) >= special_structs[special].since)
			add(s, at,
				(struct field){.offset = at->offset,
					.size = t->size,
					.kind = special_structs[special].kind});
	} else if (btf_is_composite(t)) {
		for (unsigned i = 0; i < btf_vlen(t); i++) {
			place.member = (int)i;
			place.offset = at->offset + btf_member_bit_offset(t, i) / 8;
			look_into(s, &place, btf_members(t)[i].type, depth + 1);
		}
	}
}

static void check_together(const struct search *s)
{
	const struct fields *f = s->to;
	unsigned seen[sizeof kind_words / sizeof *kind_words] = {0};

	for (size_t i = 0; i < f->n; i++)
		seen[f->at[i].kind]++;
	for (size_t i = 0; i < sizeof special_structs / sizeof *special_structs; i++)
		if (special_structs[i].once && seen[special_structs[i].kind] > 1)
			refuse(s, arena_printf(
					  s->m->arena, "more than one `struct %s`", special_structs[i].name));
	if (seen[FIELD_LOCK] && seen[FIELD_RES_LOCK])
		refuse(s, "a `struct bpf_spin_lock` beside a `struct bpf_res_spin_lock`");
	if ((seen[FIELD_LIST] || seen[FIELD_TREE]) && !seen[FIELD_LOCK] && !seen[FIELD_RES_LOCK])
		refuse(s, "a list or tree, and no `struct bpf_spin_lock` that guards it");
	if (seen[FIELD_LIST_NODE] && seen[FIELD_TREE_NODE] && !seen[FIELD_REFCOUNT])
		refuse(s, "nodes of a list and of a tree, and no `struct bpf_refcount`");
	if (f->n > FIELDS_MAX)
		refuse(s, arena_printf(
				  s->m->arena, "more than %d locks, pointers, lists and nodes", FIELDS_MAX));
}

static void find_in(const struct search *s, uint32_t type)
{
	struct place place = {.owner = type, .member = -1};
	look_into(s, &place, type, 0);
	check_together(s);
}

/* ---- of structs ---- */

/* Those count that have such a field themselves, not in a struct within. */
static bool has_own_field(const struct btf *btf, const struct btf_type *t)
{
	for (unsigned i = 0; i < btf_vlen(t); i++) {
		const struct btf_type *x = btf__type_by_id(btf, btf_members(t)[i].type);
		int special = x ? special_struct(btf, x) : -1, pointer = x ? tagged_pointer(btf, x) : -1;
		enum field_kind kind = special >= 0   ? special_structs[special].kind
				       : pointer >= 0 ? (enum field_kind)pointer
						      : FIELD_RES_LOCK;
		if (kind != FIELD_RES_LOCK && !(NOT_IN_STRUCTS & (1u << kind)))
			return true;
	}
	return false;
}

/* What it owns, when it is dropped, is dropped with it, one after the other. */
static bool owns_too_deep(const struct machine *m, uint32_t type, unsigned left)
{
	const struct fields *f = m->struct_fields[type];

	if (!left)
		return true;
	for (size_t i = 0; i < f->n; i++) {
		enum field_kind k = f->at[i].kind;
		bool owns = k == FIELD_LIST || k == FIELD_TREE || k == FIELD_OWNED || k == FIELD_PERCPU;
		uint32_t owned = f->at[i].type;
		if (owns && m->struct_fields[owned] && owns_too_deep(m, owned, left - 1))
			return true;
	}
	return false;
}

static void find_struct_fields(struct machine *m)
{
	uint32_t n = btf__type_cnt(m->btf);

	m->struct_fields = machine_alloc(m, n * sizeof *m->struct_fields);
	for (uint32_t i = 1; i < n && !m->btf_refused; i++) {
		const struct btf_type *t = btf__type_by_id(m->btf, i);
		if (!btf_is_struct(t) || !has_own_field(m->btf, t))
			continue;
		struct fields *f = machine_alloc(m, sizeof *f);
		const struct search s = {m, f, NOT_IN_STRUCTS};
		find_in(&s, i);
		m->struct_fields[i] = f;
		if (f->why)
			m->btf_refused = arena_printf(
				m->arena, "`struct %s` has %s", btf_name(m->btf, t->name_off), f->why);
	}
	for (uint32_t i = 1; i < n && !m->btf_refused; i++)
		if (m->struct_fields[i] && owns_too_deep(m, i, OWNERS_MAX))
			m->btf_refused = arena_printf(m->arena,
				"`struct %s` owns what owns more, more than %d times or without end",
				btf_name(m->btf, btf__type_by_id(m->btf, i)->name_off), OWNERS_MAX);
}

/* ---- of maps ---- */

static bool holds_graphs(uint32_t type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_ARRAY;
}

static void find_map_fields(struct machine *m)
{
	for (size_t i = 0; i < m->o->maps.n; i++) {
		const struct lint_map *map = &m->o->maps.at[i];
		struct fields *f = &m->map_fields[i];
		const struct search s = {m, f, NOT_IN_MAPS};
		if (!map->value_type)
			continue;
		find_in(&s, map->value_type);
		if ((has_field(f, FIELD_LIST) || has_field(f, FIELD_TREE)) && !holds_graphs(map->type))
			refuse(&s, "a list or tree, which maps of its type cannot have");
		if (has_field(f, FIELD_USER) && map->type != BPF_MAP_TYPE_TASK_STORAGE)
			refuse(&s, "a pointer to memory of a user, which only task storage can have");
		if (f->n && map->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
			refuse(&s, "fields of the kernel's, and is not for reading and writing");
		if (f->why)
			f->n = 0;
	}
}

static bool parameters_have_names(const struct btf *btf)
{
	uint32_t n = btf__type_cnt(btf);
	for (uint32_t i = 1; i < n; i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);
		bool defined = btf_is_func(t) && btf_vlen(t) != BTF_FUNC_EXTERN;
		t = defined ? btf__type_by_id(btf, t->type) : NULL;
		for (uint32_t k = 0; t && btf_is_func_proto(t) && k < btf_vlen(t); k++)
			if (btf_params(t)[k].type && !btf_params(t)[k].name_off)
				return false;
	}
	return true;
}

void find_fields(struct machine *m)
{
	m->map_fields = machine_alloc(m, (m->o->maps.n + 1) * sizeof *m->map_fields);
	m->btf = m->o->btf;
	if (m->btf && !parameters_have_names(m->btf))
		m->btf_refused = "a parameter of a function has no name";
	if (m->btf && !m->btf_refused)
		find_struct_fields(m);
	if (m->btf_refused)
		m->btf = NULL;
	if (m->btf)
		find_map_fields(m);
}

/* ---- asked for ---- */

const struct fields *fields_of(const struct machine *m, const struct reg *r)
{
	if (r->kind == IN_VALUE)
		return &m->map_fields[r->which];
	return r->kind == IN_LOCAL ? m->struct_fields[r->which] : NULL;
}

const struct field *field_at(const struct fields *f, uint32_t offset)
{
	for (size_t i = 0; f && i < f->n; i++)
		if (f->at[i].offset == offset)
			return &f->at[i];
	return NULL;
}

bool has_field(const struct fields *f, enum field_kind kind)
{
	for (size_t i = 0; f && i < f->n; i++)
		if (f->at[i].kind == kind)
			return true;
	return false;
}

bool has_lock(const struct fields *f)
{
	return has_field(f, FIELD_LOCK) || has_field(f, FIELD_RES_LOCK);
}
