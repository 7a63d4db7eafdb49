/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fields.c: what map values have inside that is not the program's, by BTF: locks, timers, objects of the
 * kernel. */
#include <string.h>
#include "../names.h"
#include "kernel.h"

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

/* What tags make a pointer one of the kernel's; and of that, what is not modelled. */
static const struct {
	const char *tag;
	int kind;
} pointer_tags[] = {
	{"kptr_untrusted", FIELD_POINTER},
	{"kptr", FIELD_OWNED},
	{"percpu_kptr", FIELD_OTHER},
	{"uptr", FIELD_OTHER},
};

/* -1: a pointer that is only a number here. */
static int kernel_pointer(const struct btf *btf, const struct btf_type *t)
{
	if (!btf_is_ptr(t))
		return -1;
	const struct btf_type *tag = btf__type_by_id(btf, t->type);
	for (int i = 0; tag && btf_is_type_tag(tag) && i < 8; i++) {
		const char *name = btf__name_by_offset(btf, tag->name_off);
		for (size_t k = 0; name && k < sizeof pointer_tags / sizeof *pointer_tags; k++)
			if (!strcmp(name, pointer_tags[k].tag))
				return pointer_tags[k].kind;
		tag = btf__type_by_id(btf, tag->type);
	}
	return -1;
}

static void fields_of(struct machine *m, struct map_fields *to, uint32_t id, uint32_t offset, unsigned depth)
{
	const struct btf *btf = m->btf;
	const struct btf_type *t = btf__type_by_id(btf, id = btf_plain(btf, id));

	if (!t || depth > 8)
		return;
	if (btf_is_ptr(t)) {
		int kind = kernel_pointer(btf, t);
		if (kind >= 0)
			VEC_PUSH(m->arena, to,
				((struct map_field){
					offset, 8, (enum map_field_kind)kind, btf_plain(btf, t->type)}));
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
					((struct map_field){offset, t->size,
						(enum map_field_kind)special_structs[i].kind, 0}));
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

/* A pointer to an object of the kernel is loaded and stored whole, by an instruction. */
static void check_pointer(struct machine *m, const struct map_field *x, const struct reg *r, int64_t off,
	unsigned size, bool by_helper)
{
	const char *map = m->o->maps.at[r->which].name;
	if (by_helper)
		reject(m, L_special_field, "Copy what is before and behind it.",
			"a helper is given bytes %u to %u of the value of map `%s`, which are a pointer to "
			"an object "
			"of the kernel",
			x->offset, x->offset + 7, map);
	if (!num_is_known(&r->v) || off + (int64_t)r->v.bits.value != x->offset || size != 8 ||
		BPF_MODE(m->p->insns[m->insn].code) != BPF_MEM)
		reject(m, L_special_field, "Load or store the pointer as a whole.",
			"a part of the pointer at %u of the value of map `%s` is accessed", x->offset, map);
}

void check_map_fields(struct machine *m, const struct reg *r, int64_t off, unsigned size, bool by_helper)
{
	const struct map_fields *f = &m->map_fields[r->which];
	for (size_t i = 0; i < f->n; i++) {
		const struct map_field *x = &f->at[i];
		if (r->v.smin + off >= (int64_t)x->offset + x->size ||
			(int64_t)x->offset >= (int64_t)r->v.umax + off + size)
			continue;
		if (x->kind == FIELD_POINTER || x->kind == FIELD_OWNED) {
			check_pointer(m, x, r, off, size, by_helper);
			continue;
		}
		if (x->kind == FIELD_OTHER)
			not_judged(m, "the value of map `%s` has kernel objects in it",
				m->o->maps.at[r->which].name);
		reject(m, L_special_field, "Leave it to the helpers that are made for it.",
			"bytes %u to %u of the value of map `%s` are a lock or timer", x->offset,
			x->offset + x->size - 1, m->o->maps.at[r->which].name);
	}
}

/* ---- pointers to objects of the kernel ---- */

int32_t struct_of_field(struct machine *m, const struct map_field *f)
{
	const struct btf_type *t = btf__type_by_id(m->btf, f->type);
	const char *name = t ? btf__name_by_offset(m->btf, t->name_off) : NULL;
	need_kernel(m);
	int id = name && btf_is_composite(t) ? btf__find_by_name_kind(m->kernel, name, BTF_KIND_STRUCT) : -1;
	if (id <= 0)
		not_judged(m, "`%s`, to which a map's value points, is no struct of the kernel",
			name ? name : "?");
	return id;
}

/* Such as are there until RCU lets them go, once they were in a map. */
static bool outlives_section(const struct machine *m, int32_t id)
{
	const struct reg r = {.kind = IN_STRUCT, .which = id};
	return is_struct(m, &r, "task_struct") || is_struct(m, &r, "cgroup") ||
	       is_struct(m, &r, "bpf_cpumask");
}

void access_pointer(struct machine *m, const struct map_field *f, enum access how, int value)
{
	int32_t id = struct_of_field(m, f);

	if (how == READ) {
		struct reg *to = reg_now(m, (unsigned)value);
		reg_point(to, IN_STRUCT, id);
		to->flags =
			MAYBE_NULL |
			(f->kind == FIELD_OWNED && outlives_section(m, id) && in_rcu(m) ? RCU : UNTRUSTED);
		to->id = ++m->ids;
		return;
	}
	if (f->kind == FIELD_OWNED)
		reject(m, L_special_field, "Exchange it by bpf_kptr_xchg().",
			"the pointer at %u of a map's value owns what it points to, and is not stored",
			f->offset);
	const struct reg *r = value < 0 ? NULL : reg_now(m, (unsigned)value);
	if (r ? is_null(r) : !m->p->insns[m->insn].imm)
		return;
	if (!r || r->kind != IN_STRUCT || r->which != id || (r->flags & ELSEWHERE) || r->off ||
		!num_is(&r->v, 0))
		reject(m, L_bad_argument, NULL,
			"what is stored at %u of a map's value is no pointer to a `%s`", f->offset,
			btf__name_by_offset(m->kernel, btf__type_by_id(m->kernel, (uint32_t)id)->name_off));
}
