/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fields.c: accesses to the fields of fields.h, and the pointers that some of them are. */
#include <string.h>
#include "fields.h"
#include "local.h"

bool has_async_field(const struct machine *m, int map)
{
	return has_field(&m->map_fields[map], FIELD_TIMER) || has_field(&m->map_fields[map], FIELD_WORK);
}

bool is_pointer_field(enum field_kind kind)
{
	return kind == FIELD_POINTER || kind == FIELD_OWNED || kind == FIELD_PERCPU || kind == FIELD_USER;
}

static const char *whole_words(const struct machine *m, const struct reg *r)
{
	return r->kind == IN_VALUE
		       ? arena_printf(m->arena, "the value of map `%s`", m->o->maps.at[r->which].name)
		       : arena_printf(m->arena, "a `struct %s`", local_name(m, (uint32_t)r->which));
}

/* A pointer to an object is loaded and stored whole, by an instruction. */
static void check_pointer(struct machine *m, const struct field *x, const struct reg *r, int64_t off,
	unsigned size, bool by_helper)
{
	if (by_helper)
		reject(m, L_special_field, "Copy what is before and behind it.",
			"a helper is given bytes %u to %u of %s, which are %s", x->offset, x->offset + 7,
			whole_words(m, r), field_words(x->kind));
	if (!num_is_known(&r->v) || off + (int64_t)r->v.bits.value != x->offset || size != 8 ||
		BPF_MODE(m->p->insns[m->insn].code) != BPF_MEM)
		reject(m, L_special_field, "Load or store the pointer as a whole.",
			"a part of the pointer at %u of %s is accessed", x->offset, whole_words(m, r));
}

void check_fields(struct machine *m, const struct reg *r, int64_t off, unsigned size, bool by_helper)
{
	const struct fields *f = fields_of(m, r);
	for (size_t i = 0; f && i < f->n; i++) {
		const struct field *x = &f->at[i];
		if (r->v.smin + off >= (int64_t)x->offset + x->size ||
			(int64_t)x->offset >= (int64_t)r->v.umax + off + size)
			continue;
		if (is_pointer_field(x->kind) && r->kind == IN_VALUE) {
			check_pointer(m, x, r, off, size, by_helper);
			continue;
		}
		reject(m, L_special_field,
			is_pointer_field(x->kind) ? "Exchange it by bpf_kptr_xchg()."
						  : "Leave it to the functions that are made for it.",
			"bytes %u to %u of %s are %s", x->offset, x->offset + x->size - 1, whole_words(m, r),
			field_words(x->kind));
	}
}

/* ---- pointers to objects ---- */

/* The kernel's type of that name, or, where it has none, the program's own. */
static uint32_t pointee(struct machine *m, const struct field *f, enum reg_kind *kind)
{
	const struct btf_type *t = btf__type_by_id(m->btf, f->type);
	const char *name = t ? btf__name_by_offset(m->btf, t->name_off) : NULL;

	need_kernel(m);
	if (!name || !btf_is_composite(t))
		not_judged(m, "a map's value has a pointer to what is no struct");
	int id = btf__find_by_name_kind(m->kernel, name, BTF_KIND_STRUCT);
	*kind = id > 0 ? IN_STRUCT : IN_LOCAL;
	return id > 0 ? (uint32_t)id : f->type;
}

void point_by_field(struct machine *m, struct reg *to, const struct field *f)
{
	enum reg_kind kind;
	int32_t id = (int32_t)pointee(m, f, &kind);
	reg_point(to, kind, id);
	if (kind == IN_LOCAL)
		to->flags = ALLOCATED;
	if (f->kind == FIELD_PERCPU)
		to->flags |= ELSEWHERE;
}

bool points_by_field(struct machine *m, const struct field *f, const struct reg *r)
{
	enum reg_kind kind;
	uint32_t id = pointee(m, f, &kind);
	return r->kind == kind && (uint32_t)r->which == id;
}

/* Such as are there until RCU lets them go, once they were in a map. */
static bool outlives_section(const struct machine *m, const struct reg *r)
{
	return r->kind == IN_LOCAL || is_struct(m, r, "task_struct") || is_struct(m, r, "cgroup") ||
	       is_struct(m, r, "bpf_cpumask") || is_struct(m, r, "bpf_crypto_ctx");
}

static void load_pointer(struct machine *m, const struct field *f, struct reg *to)
{
	point_by_field(m, to, f);
	to->id = ++m->ids;
	if (f->kind == FIELD_POINTER || !outlives_section(m, to) || !in_rcu(m)) {
		to->flags = MAYBE_NULL | UNTRUSTED;
		return;
	}
	if (f->kind == FIELD_PERCPU)
		to->flags = ELSEWHERE;
	const struct fields *inner = fields_of(m, to);
	if (has_field(inner, FIELD_LIST_NODE) || has_field(inner, FIELD_TREE_NODE))
		to->flags |= BORROWED;
	to->flags |= MAYBE_NULL | RCU;
}

static void load_user_memory(struct machine *m, const struct field *f, struct reg *to)
{
	reg_point(to, IN_MEMORY, (int32_t)btf__resolve_size(m->btf, f->type));
	to->flags = MAYBE_NULL;
	to->id = ++m->ids;
}

/* What may be stored: as it came, untrusted or not, or, of the program's own, as it was allocated. */
static bool may_be_stored(struct machine *m, const struct field *f, const struct reg *r)
{
	unsigned refused = r->kind == IN_LOCAL ? ~(unsigned)(MAYBE_NULL | ALLOCATED) : ELSEWHERE;
	return points_by_field(m, f, r) && !(r->flags & refused) && !r->off && num_is(&r->v, 0);
}

void access_pointer(struct machine *m, const struct field *f, enum access how, int value)
{
	if (how == READ) {
		struct reg *to = reg_now(m, (unsigned)value);
		if (f->kind == FIELD_USER)
			load_user_memory(m, f, to);
		else
			load_pointer(m, f, to);
		return;
	}
	if (f->kind == FIELD_USER)
		reject(m, L_special_field, "The process that owns the memory stores it, by a map update.",
			"the pointer at %u of a map's value is a user's, and is not stored by programs",
			f->offset);
	if (f->kind != FIELD_POINTER)
		reject(m, L_special_field, "Exchange it by bpf_kptr_xchg().",
			"the pointer at %u of a map's value owns what it points to, and is not stored",
			f->offset);
	const struct reg *r = value < 0 ? NULL : reg_now(m, (unsigned)value);
	if (r ? is_null(r) : !m->p->insns[m->insn].imm)
		return;
	if (!r || !may_be_stored(m, f, r))
		reject(m, L_bad_argument, NULL,
			"what is stored at %u of a map's value is no pointer to a `struct %s`", f->offset,
			local_name(m, f->type));
}

/* ---- what a program of some type must not use ---- */

#define SLEEPERS_USE_TRIES_SINCE 0x0702
#define SLEEPERS_CALL_SINCE 0x0703
#define PROBES_LOCK_SINCE 0x0703

bool is_tracing(const struct machine *m)
{
	enum bpf_prog_type type = m->p->type;
	return type == BPF_PROG_TYPE_KPROBE || type == BPF_PROG_TYPE_TRACEPOINT ||
	       type == BPF_PROG_TYPE_PERF_EVENT || type == BPF_PROG_TYPE_RAW_TRACEPOINT ||
	       type == BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE;
}

static bool fits(const struct machine *m, enum field_kind kind)
{
	switch (kind) {
	case FIELD_LOCK:
		return !is_tracing(m) && m->p->type != BPF_PROG_TYPE_SOCKET_FILTER;
	case FIELD_RES_LOCK:
		return m->p->type != BPF_PROG_TYPE_SOCKET_FILTER &&
		       (!is_tracing(m) || lint_kernel(m->lint) >= PROBES_LOCK_SINCE);
	case FIELD_TIMER:
		return !is_tracing(m) || lint_kernel(m->lint) >= 0x0700;
	case FIELD_LIST:
	case FIELD_TREE:
		return !is_tracing(m);
	default:
		return true;
	}
}

/* Those whose elements are freed only when no program that sleeps can have them any more. */
static bool sleepers_may_use(const struct machine *m, uint32_t type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case NEW_BPF_MAP_TYPE_CGRP_STORAGE:
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case NEW_BPF_MAP_TYPE_ARENA:
		return true;
	case BPF_MAP_TYPE_LPM_TRIE:
		return lint_kernel(m->lint) >= SLEEPERS_USE_TRIES_SINCE;
	case BPF_MAP_TYPE_PROG_ARRAY:
		return lint_kernel(m->lint) >= SLEEPERS_CALL_SINCE;
	default:
		return type > NEW_BPF_MAP_TYPE_ARENA;
	}
}

/* Other maps libbpf makes without BTF, where the kernel does not take what is in their values. */
static bool needs_btf(uint32_t map)
{
	return map == BPF_MAP_TYPE_SK_STORAGE || map == BPF_MAP_TYPE_INODE_STORAGE ||
	       map == BPF_MAP_TYPE_TASK_STORAGE;
}

void check_maps_fit(struct machine *m)
{
	for (uint32_t i = 0; i < m->p->n; i++) {
		const struct lint_ref *r = &m->p->refs[i];
		if (r->kind != REF_MAP && r->kind != REF_VALUE)
			continue;
		if (m->p->sleepable && !sleepers_may_use(m, m->o->maps.at[r->index].type))
			reject_at(m, i, L_wrong_map,
				"Use an array or a hash, or a program that does not sleep.",
				"a program that may sleep cannot use map `%s`, by its type",
				m->o->maps.at[r->index].name);
		const struct fields *f = &m->map_fields[r->index];
		if (f->why && needs_btf(m->o->maps.at[r->index].type))
			reject_at(m, i, L_wrong_map, NULL, "map `%s` cannot be made: its value has %s",
				m->o->maps.at[r->index].name, f->why);
		for (size_t k = 0; k < f->n; k++)
			if (!fits(m, f->at[k].kind))
				reject_at(m, i, L_wrong_map, NULL,
					"a program of this type cannot use map `%s`, which has %s in its "
					"value",
					m->o->maps.at[r->index].name, field_words(f->at[k].kind));
	}
}
