/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fields.c: what map values have inside that is not the program's, by BTF: locks, timers, objects of the
 * kernel. */
#include <string.h>
#include "machine.h"

static const struct {
	const char *name;
	int kind;
} special_structs[] = {
	{"bpf_spin_lock", FIELD_LOCK},
	{"bpf_timer", FIELD_TIMER},
	{"bpf_wq", FIELD_WORK},
	{"bpf_list_head", FIELD_OTHER},
	{"bpf_list_node", FIELD_OTHER},
	{"bpf_rb_root", FIELD_OTHER},
	{"bpf_rb_node", FIELD_OTHER},
	{"bpf_refcount", FIELD_OTHER},
	{"bpf_res_spin_lock", FIELD_OTHER},
	{"bpf_task_work", FIELD_OTHER},
};

static uint32_t plain(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);
	for (int i = 0; t && (btf_is_mod(t) || btf_is_typedef(t)) && i < 64; i++) {
		id = t->type;
		t = btf__type_by_id(btf, id);
	}
	return t ? id : 0;
}

static bool is_kernel_pointer(const struct btf *btf, const struct btf_type *t)
{
	if (!btf_is_ptr(t))
		return false;
	const struct btf_type *tag = btf__type_by_id(btf, t->type);
	for (int i = 0; tag && btf_is_type_tag(tag) && i < 8; i++) {
		const char *name = btf__name_by_offset(btf, tag->name_off);
		if (name && (strstr(name, "kptr") || !strcmp(name, "uptr")))
			return true;
		tag = btf__type_by_id(btf, tag->type);
	}
	return false;
}

static void fields_of(struct machine *m, struct map_fields *to, uint32_t id, uint32_t offset, unsigned depth)
{
	const struct btf *btf = m->btf;
	const struct btf_type *t = btf__type_by_id(btf, id = plain(btf, id));

	if (!t || depth > 8)
		return;
	if (is_kernel_pointer(btf, t)) {
		VEC_PUSH(m->arena, to, ((struct map_field){offset, 8, FIELD_POINTER}));
	} else if (btf_is_array(t)) {
		const struct btf_array *a = btf_array(t);
		int64_t size = btf__resolve_size(btf, a->type);
		uint32_t n = to->n;
		for (uint32_t i = 0; size > 0 && i < a->nelems && i < 64; i++) {
			fields_of(m, to, a->type, offset + i * (uint32_t)size, depth + 1);
			if (to->n == n)
				return;
		}
	} else if (btf_is_composite(t)) {
		const char *name = btf__name_by_offset(btf, t->name_off);
		for (size_t i = 0; name && i < sizeof special_structs / sizeof *special_structs; i++)
			if (!strcmp(name, special_structs[i].name)) {
				VEC_PUSH(m->arena, to,
					((struct map_field){offset, t->size, special_structs[i].kind}));
				return;
			}
		for (uint32_t i = 0; i < btf_vlen(t); i++)
			fields_of(m, to, btf_members(t)[i].type, offset + btf_member_bit_offset(t, i) / 8,
				depth + 1);
	}
}

bool btf_is_taken(const struct btf *btf)
{
	uint32_t n = btf ? btf__type_cnt(btf) : 0;
	for (uint32_t i = 1; i < n; i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);
		if (!btf_is_func(t))
			continue;
		t = btf__type_by_id(btf, t->type);
		for (uint32_t k = 0; t && btf_is_func_proto(t) && k < btf_vlen(t); k++)
			if (btf_params(t)[k].type && !btf_params(t)[k].name_off &&
				btf_vlen(btf__type_by_id(btf, i)) != BTF_FUNC_EXTERN)
				return false; /* a parameter of a function has a name */
	}
	return btf;
}

void find_map_fields(struct machine *m)
{
	m->map_fields = machine_alloc(m, (m->o->maps.n + 1) * sizeof *m->map_fields);
	for (size_t i = 0; m->btf && i < m->o->maps.n; i++)
		if (m->o->maps.at[i].value_type && !m->o->maps.at[i].is_variables)
			fields_of(m, &m->map_fields[i], m->o->maps.at[i].value_type, 0, 0);
}

const struct map_field *map_field_at(const struct machine *m, int map, uint32_t offset)
{
	const struct map_fields *f = &m->map_fields[map];
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].offset == offset)
			return &f->at[i];
	return NULL;
}

bool has_async_field(const struct machine *m, int map)
{
	const struct map_fields *f = &m->map_fields[map];
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].kind == FIELD_TIMER || f->at[i].kind == FIELD_WORK)
			return true;
	return false;
}

void check_map_fields(struct machine *m, const struct reg *r, int64_t off, unsigned size)
{
	const struct map_fields *f = &m->map_fields[r->which];
	for (size_t i = 0; i < f->n; i++) {
		const struct map_field *x = &f->at[i];
		if (r->v.smin + off >= (int64_t)x->offset + x->size ||
			(int64_t)x->offset >= (int64_t)r->v.umax + off + size)
			continue;
		if (x->kind == FIELD_POINTER || x->kind == FIELD_OTHER)
			not_judged(m, "the value of map `%s` has kernel objects in it",
				m->o->maps.at[r->which].name);
		reject(m, L_special_field, "Leave it to the helpers that are made for it.",
			"bytes %u to %u of the value of map `%s` are a lock or timer", x->offset,
			x->offset + x->size - 1, m->o->maps.at[r->which].name);
	}
}
