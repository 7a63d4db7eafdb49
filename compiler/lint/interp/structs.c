/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * structs.c: fields of the kernel's structs. A pointer that is loaded through one leads to a struct again,
 * and the kernel keeps account of how far it is to be trusted.
 */
#include "kernel.h"
#include <string.h>
#include "../names.h"

uint8_t flags_of_tags(const struct btf *btf, uint32_t pointee, bool *rcu)
{
	uint8_t flags = 0;
	const struct btf_type *t = btf__type_by_id(btf, pointee);
	for (; t && btf_is_type_tag(t); t = btf__type_by_id(btf, t->type)) {
		const char *tag = btf_name(btf, t->name_off);
		if (!strcmp(tag, "user") || !strcmp(tag, "percpu"))
			flags |= ELSEWHERE;
		if (!strcmp(tag, "rcu"))
			*rcu = true;
	}
	return flags;
}

/* ---- fields ---- */

const char *struct_name(const struct machine *m, const struct reg *r)
{
	const struct btf_type *t = m->kernel ? btf__type_by_id(m->kernel, (uint32_t)r->which) : NULL;
	return t ? btf_name(m->kernel, t->name_off) : "?";
}

bool is_struct(const struct machine *m, const struct reg *r, const char *name)
{
	return r->kind == IN_STRUCT && !strcmp(struct_name(m, r), name);
}

bool begins_with_struct(const struct btf *btf, uint32_t id, int64_t off, uint32_t other, bool exactly)
{
	for (int depth = 0; depth < 16; depth++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		if (!off && id == other)
			return true;
		if (exactly || !t || !btf_is_composite(t))
			return false;
		uint32_t inner = 0;
		for (uint32_t i = 0; i < btf_vlen(t); i++) {
			const struct btf_member *x = &btf_members(t)[i];
			int64_t begin = btf_member_bit_offset(t, i) / 8;
			uint32_t type = btf_plain(btf, x->type);
			const struct btf_type *xt = btf__type_by_id(btf, type);
			if (!xt || !btf_is_composite(xt) || off < begin || off >= begin + xt->size)
				continue;
			inner = type;
			off -= begin;
			break;
		}
		if (!inner)
			return false;
		id = inner;
	}
	return false;
}

bool is_number_type(const struct btf_type *t)
{
	return t && (btf_is_int(t) || btf_is_any_enum(t));
}

static bool numbers_within(const struct btf *btf, const struct btf_type *t, unsigned depth)
{
	if (!t || !btf_is_struct(t) || depth > 3)
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_type *x = btf__type_by_id(btf, btf_plain(btf, btf_members(t)[i].type));
		if (x && btf_is_struct(x)) {
			if (!numbers_within(btf, x, depth + 1))
				return false;
			continue;
		}
		if (x && btf_is_array(x)) {
			if (!btf_array(x)->nelems)
				return false;
			x = btf__type_by_id(btf, btf_plain(btf, btf_array(x)->type));
		}
		if (!is_number_type(x))
			return false;
	}
	return true;
}

bool has_only_numbers(const struct btf *btf, const struct btf_type *t)
{
	return numbers_within(btf, t, 0);
}

/* The array at the end of a struct, which goes on behind it. */
static uint32_t open_array(const struct btf *btf, const struct btf_type *t, int64_t *off, bool *number)
{
	if (!btf_vlen(t))
		return 0;
	const struct btf_member *last = &btf_members(t)[btf_vlen(t) - 1];
	const struct btf_type *a = btf__type_by_id(btf, btf_plain(btf, last->type));
	int64_t begin = btf_member_bit_offset(t, btf_vlen(t) - 1) / 8;
	if (!a || !btf_is_array(a) || btf_array(a)->nelems || *off < begin)
		return 0;
	uint32_t id = btf_plain(btf, btf_array(a)->type);
	const struct btf_type *e = btf__type_by_id(btf, id);
	*number = e && btf_is_int(e);
	if (!e || !btf_is_composite(e) || !e->size)
		return 0;
	*off = (*off - begin) % e->size;
	return id;
}

static void read_pointer(const struct btf *btf, const struct btf_type *t, struct walk *w)
{
	uint32_t id = btf_plain(btf, t->type);
	const struct btf_type *to = id ? btf__type_by_id(btf, id) : NULL;
	w->to_bytes = !to || btf_is_int(to) || btf_is_any_enum(to);
	if (!to || !btf_is_composite(to))
		return;
	w->to = id;
	w->flags |= flags_of_tags(btf, t->type, &w->rcu);
}

/* One member that bytes off.. are in. True: the walk is at its end; else it goes on in a struct, *id. */
static bool read_member(const struct btf *btf, const struct btf_type *t, uint32_t i, int64_t *off,
	unsigned size, uint32_t *id, struct walk *w)
{
	const struct btf_member *member = &btf_members(t)[i];
	int64_t begin = btf_member_bit_offset(t, i) / 8, whole = btf__resolve_size(btf, member->type);
	int64_t end = begin + whole, element = whole;
	uint32_t type = btf_plain(btf, member->type);
	const struct btf_type *x = btf__type_by_id(btf, type);

	w->field = btf_name(btf, member->name_off);
	for (int depth = 0; x && btf_is_array(x) && depth < 8; depth++) {
		element = btf__resolve_size(btf, btf_array(x)->type);
		type = btf_plain(btf, btf_array(x)->type);
		x = btf__type_by_id(btf, type);
		if (element > 0)
			begin += (*off - begin) / element * element;
	}
	if (x && btf_is_composite(x)) {
		*off -= begin;
		*id = type;
		return false;
	}
	if (x && btf_is_ptr(x)) {
		if (element != size || *off != begin)
			w->why = "a part of a pointer";
		else
			read_pointer(btf, x, w);
		if (w->why || w->to || w->to_bytes)
			return true;
	}
	if (*off + size > end && !w->in_a_union)
		w->why = "more than the field has";
	return true;
}

struct walk struct_walk(const struct btf *btf, uint32_t id, int64_t off, unsigned size)
{
	struct walk w = {.to = 0};
	bool number = false;

	for (int depth = 0; depth < 64; depth++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		bool deeper = false;
		if (!t || !btf_is_composite(t))
			break;
		if (btf_is_union(t) && btf_vlen(t) != 1)
			w.in_a_union = true;
		if (off + size > t->size) {
			id = open_array(btf, t, &off, &number);
			if (number)
				return w;
			if (id)
				continue;
			w.why = "beyond its end";
			return w;
		}
		for (uint32_t i = 0; i < btf_vlen(t) && !deeper; i++) {
			int64_t begin = btf_member_bit_offset(t, i) / 8;
			uint32_t bits = btf_member_bitfield_size(t, i);
			int64_t last = ((int64_t)btf_member_bit_offset(t, i) + bits + 7) / 8;
			if (off + size <= begin)
				break;
			if (bits) {
				if (off <= begin && last <= off + size)
					return w;
				continue;
			}
			if (off < begin)
				break;
			if (off >= begin + btf__resolve_size(btf, btf_members(t)[i].type))
				continue;
			if (read_member(btf, t, i, &off, size, &id, &w))
				return w;
			deeper = true;
		}
		if (!deeper)
			break;
	}
	w.why = "no field is there";
	return w;
}

/* ---- how far a pointer is to be trusted ---- */

enum trust {
	KEEPS = 1,  /* as what it was loaded through */
	BY_RCU = 2, /* within a section of RCU */
	OR_NULL = 4,
};

/* The kernel's lists, of all versions; what some version says may be NULL is taken to be so. */
static const struct {
	const char *in, *field;
	uint8_t trust;
	unsigned since; /* 0: it is as old as what it is asked for */
} trusted_fields[] = {
	{"task_struct", "cpus_ptr", BY_RCU, 0},
	{"task_struct", "cgroups", BY_RCU, 0},
	{"task_struct", "real_parent", BY_RCU, 0},
	{"task_struct", "group_leader", BY_RCU, 0},
	{"cgroup", "kn", BY_RCU, 0},
	{"css_set", "dfl_cgrp", BY_RCU, 0},
	{"cgroup_subsys_state", "cgroup", BY_RCU, 0x0611},
	{"mm_struct", "exe_file", BY_RCU | OR_NULL, 0},
	{"sk_buff", "sk", BY_RCU | OR_NULL, 0},
	{"request_sock", "sk", BY_RCU | OR_NULL, 0},
	{"bpf_iter_meta", "seq", KEEPS, 0},
	{"bpf_iter__task", "meta", KEEPS, 0},
	{"bpf_iter__task", "task", KEEPS, 0},
	{"linux_binprm", "file", KEEPS, 0},
	{"file", "f_inode", KEEPS, 0},
	{"dentry", "d_inode", KEEPS | OR_NULL, 0},
	{"socket", "sk", KEEPS | OR_NULL, 0},
	{"vm_area_struct", "vm_mm", KEEPS, 0},
	{"vm_area_struct", "vm_file", KEEPS | OR_NULL, 0},
};

static uint8_t trust_of(const struct machine *m, const struct reg *r, const char *field)
{
	const char *in = struct_name(m, r);
	for (size_t i = 0; i < sizeof trusted_fields / sizeof *trusted_fields; i++)
		if (!strcmp(trusted_fields[i].in, in) && !strcmp(trusted_fields[i].field, field) &&
			lint_kernel(m->lint) >= trusted_fields[i].since)
			return trusted_fields[i].trust;
	return 0;
}

#define RCU_BY_OTHERS_SINCE 0x0703

bool in_rcu(const struct machine *m)
{
	const struct state *s = m->cur;
	return s->rcu || s->locks || !s->sleepable ||
	       ((s->preempt || s->irqs) && lint_kernel(m->lint) >= RCU_BY_OTHERS_SINCE);
}

void forget_rcu(struct machine *m)
{
	FOR_EACH_REG(m->cur, r, {
		if (r->flags & RCU)
			r->flags = (uint16_t)((r->flags & ~(RCU | MAYBE_NULL | BORROWED)) | UNTRUSTED);
	})
	for (unsigned f = 0; f <= m->cur->top; f++)
		for (unsigned i = 0; i < m->cur->frames[f]->n; i++) {
			struct slot *s = &m->cur->frames[f]->slots[i];
			if (s->bytes[0] == BYTE_ITER && (s->reg.flags & RCU))
				s->reg.flags = UNTRUSTED;
		}
}

void rcu_ends(struct machine *m, bool section)
{
	bool ends = lint_kernel(m->lint) >= RCU_BY_OTHERS_SINCE ? !in_rcu(m) : section && !m->cur->rcu;
	if (ends)
		forget_rcu(m);
}

static uint8_t flags_of_field(const struct machine *m, const struct reg *r, const struct walk *w)
{
	uint8_t trust = trust_of(m, r, w->field), null = trust & OR_NULL ? MAYBE_NULL : 0;
	uint8_t flags = w->flags | (w->in_a_union ? UNTRUSTED : 0);
	bool trusted = (r->flags & TRUSTED) || r->held, rcu = r->flags & RCU;

	if (r->flags & UNTRUSTED)
		return UNTRUSTED;
	if (!trusted && !rcu)
		return flags;
	if (trust & KEEPS)
		return flags | TRUSTED | null;
	if (!in_rcu(m))
		return UNTRUSTED;
	if (trust == (BY_RCU | OR_NULL))
		return w->flags | RCU | MAYBE_NULL;
	if ((trust & BY_RCU) || w->rcu)
		return flags | RCU | (trust & BY_RCU ? 0 : MAYBE_NULL);
	return flags; /* as before the kernel kept account of it */
}

/* What a field points to that is no struct may be read since, wherever it leads. */
#define READS_BYTES_SINCE 0x0611

/* Before, also what unknown pointers lead to might be written. */
#define ONLY_KNOWN_WRITTEN_SINCE 0x0703

static bool surely_there(const struct machine *m, const struct reg *r)
{
	bool known = (r->flags & (TRUSTED | RCU)) || r->held;
	return !(r->flags & UNTRUSTED) && (known || lint_kernel(m->lint) < ONLY_KNOWN_WRITTEN_SINCE);
}

void access_struct(struct machine *m, unsigned reg, int off, unsigned size, enum access how, struct reg *to)
{
	const struct reg r = *reg_now(m, reg);
	const char *name = struct_name(m, &r);

	if (!m->o->gpl)
		reject(m, L_helper_not_allowed,
			"Declare the licence: char _license[] SEC(\"license\") = \"GPL\";",
			"structs of the kernel are only read by programs under the GPL");
	if (off < 0 || !num_is(&r.v, 0))
		reject(m, L_bad_object, "Read it by bpf_probe_read_kernel().",
			"%s points to a `struct %s` at an offset that is not a constant, or is negative",
			reg_name(m, reg), name);
	if (r.flags & ELSEWHERE)
		reject(m, L_no_pointer, "Read it by bpf_probe_read_user(), or by bpf_per_cpu_ptr().",
			"the `struct %s` that %s points to is in memory of a user, or of each processor",
			name, reg_name(m, reg));
	if (how == WRITE && surely_there(m, &r) && ops_may_write(m, &r, off, size))
		return;
	if (how == WRITE)
		reject(m, L_read_only, "Only the kernel's own functions change it.",
			"%u bytes at %d of a `struct %s` of the kernel are written (by %s)", size, off, name,
			reg_name(m, reg));
	struct walk w = struct_walk(m->kernel, (uint32_t)r.which, off, size);
	if (w.why)
		reject(m, L_bad_object, "Let the compiler access the field as the kernel's headers have it.",
			"%u bytes at %d of a `struct %s`: %s", size, off, name, w.why);
	if (!to)
		return;
	if (!w.to && w.to_bytes && lint_kernel(m->lint) >= READS_BYTES_SINCE) {
		reg_point(to, IN_MEMORY, INT32_MAX);
		to->flags = READ_ONLY | UNTRUSTED;
		return;
	}
	if (!w.to) {
		reg_unknown(to);
		return;
	}
	reg_point(to, IN_STRUCT, (int32_t)w.to);
	to->flags = flags_of_field(m, &r, &w);
	if (to->flags & MAYBE_NULL)
		to->id = ++m->ids;
}
