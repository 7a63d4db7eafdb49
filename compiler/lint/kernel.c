/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kernel.c: the kernel's types. A program that is attached to a function, a tracepoint, a hook or an iterator
 * is called with what that has as arguments; btf_ctx_access() in the kernel's kernel/bpf/btf.c says how. A
 * pointer that is loaded through such a one leads to a struct again, and the kernel keeps account of how far
 * it is to be trusted.
 */
#include "kernel.h"
#include <stdio.h>
#include <string.h>
#include "core.h"

static const char *name_at(const struct btf *btf, uint32_t offset)
{
	const char *s = btf__name_by_offset(btf, offset);
	return s ? s : "";
}

/* ---- what a program is attached to ---- */

/* By attach type: what is before the name in the kernel's BTF, and how many arguments are not the program's.
 */
static const struct target_kind {
	int type, attach;
	const char *prefix;
	uint32_t kind; /* BTF_KIND_* of what has that name */
	unsigned skipped;
} target_kinds[] = {
	{BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "", BTF_KIND_FUNC, 0},
	{BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, "", BTF_KIND_FUNC, 0},
	{BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, "", BTF_KIND_FUNC, 0},
	{BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "btf_trace_", BTF_KIND_TYPEDEF, 1},
	{BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "bpf_iter_", BTF_KIND_FUNC, 0},
	{BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_", BTF_KIND_FUNC, 0},
	{BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP, "bpf_lsm_", BTF_KIND_FUNC, 0},
};

static const struct target_kind *target_kind(const struct lint_program *p)
{
	for (size_t i = 0; i < sizeof target_kinds / sizeof *target_kinds; i++)
		if (target_kinds[i].type == (int)p->type && target_kinds[i].attach == (int)p->attach)
			return &target_kinds[i];
	return NULL;
}

bool is_of_kernel(const struct machine *m)
{
	return target_kind(m->p);
}

void need_kernel(struct machine *m)
{
	if (m->kernel)
		return;
	m->kernel = lint_kernel_btf(m->lint);
	if (!m->kernel)
		not_judged(m, "it depends on the kernel's own types, which are not at hand: `--btf=FILE` "
			      "names an image of "
			      "a kernel that has them, or its BTF alone");
	const char *why = core_relocate(m->o->arena, m->o, m->kernel, m->program);
	if (why)
		not_judged(m, "%s", why);
}

static const char *target_name(const struct machine *m)
{
	const char *slash = strchr(m->p->section, '/');
	return slash ? slash + 1 : "";
}

void find_target(struct machine *m)
{
	const struct target_kind *k = target_kind(m->p);
	char name[256];

	if (!*target_name(m))
		not_judged(m, "section `%s` does not say what the program is attached to", m->p->section);
	need_kernel(m);
	snprintf(name, sizeof name, "%s%s", k->prefix, target_name(m));
	int id = btf__find_by_name_kind(m->kernel, name, k->kind);
	const struct btf_type *t = id > 0 ? btf__type_by_id(m->kernel, (uint32_t)id) : NULL;
	for (int i = 0; t && !btf_is_func_proto(t) && i < 8; i++)
		t = btf__type_by_id(m->kernel, t->type);
	if (!t || !btf_is_func_proto(t) || btf_vlen(t) < k->skipped)
		not_judged(m, "the kernel whose BTF is at hand has no `%s` that `%s` could be attached to",
			name, m->p->section);
	m->target = t;
}

/* ---- the arguments ---- */

/* Hooks that are called where an object is being made or freed. */
static const char *const untrusted_hooks[] = {"bpf_map_free", "bpf_map_free_security", "bpf_prog_free",
	"bpf_prog_free_security", "file_alloc_security", "file_free_security", "sk_alloc_security",
	"sk_free_security", "task_free"};

static bool is_listed(const char *const list[], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}

static bool arguments_trusted(const struct machine *m)
{
	if (m->p->type == BPF_PROG_TYPE_LSM)
		return !is_listed(
			untrusted_hooks, sizeof untrusted_hooks / sizeof *untrusted_hooks, target_name(m));
	return m->p->attach == BPF_TRACE_RAW_TP || m->p->attach == BPF_TRACE_ITER;
}

/* An iterator's last round has none of these; what is not here is not judged. */
static const struct {
	const char *iterator;
	uint8_t argument, flags;
} iterators[] = {
	{"bpf_map", 1, MAYBE_NULL | TRUSTED},
	{"bpf_prog", 1, MAYBE_NULL},
	{"bpf_link", 1, MAYBE_NULL},
	{"task", 1, MAYBE_NULL | TRUSTED},
	{"task_file", 1, MAYBE_NULL},
	{"task_file", 3, MAYBE_NULL},
	{"task_vma", 1, MAYBE_NULL},
	{"task_vma", 2, MAYBE_NULL},
	{"cgroup", 1, MAYBE_NULL | TRUSTED},
};

static const struct {
	const char *tracepoint;
	unsigned null, error;
} null_arguments[] = {
#define X(name, null, error) {#name, null, error},
#include "null_arguments.def"
#undef X
};

static unsigned words_of(const struct btf *btf, uint32_t type)
{
	int64_t size = btf__resolve_size(btf, type);
	return size <= 8 ? 1 : (unsigned)((size + 7) / 8);
}

/* The argument that a word of the context is of; their number: the result; more: none. */
static unsigned argument_at(const struct machine *m, int off)
{
	const struct btf_type *t = m->target;
	unsigned skipped = target_kind(m->p)->skipped, n = btf_vlen(t) - skipped, word = (unsigned)off / 8, i,
		 end = 0;
	for (i = 0; i < n; i++) {
		end += words_of(m->kernel, btf_params(t)[i + skipped].type);
		if (word < end)
			return i;
	}
	return word == end ? n : n + 1;
}

static uint8_t flags_of_argument(struct machine *m, unsigned argument, bool *number)
{
	uint8_t flags = arguments_trusted(m) ? TRUSTED : 0;
	const char *name = target_name(m);
	bool found = false;

	*number = false;
	for (size_t i = 0; i < sizeof null_arguments / sizeof *null_arguments; i++) {
		if (m->p->attach != BPF_TRACE_RAW_TP || strcmp(null_arguments[i].tracepoint, name) != 0)
			continue;
		if (null_arguments[i].null >> argument & 1)
			flags |= MAYBE_NULL;
		*number = null_arguments[i].error >> argument & 1;
	}
	for (size_t i = 0; i < sizeof iterators / sizeof *iterators; i++) {
		if (m->p->attach != BPF_TRACE_ITER || strcmp(iterators[i].iterator, name) != 0)
			continue;
		found = true;
		if (iterators[i].argument == argument)
			flags = iterators[i].flags;
	}
	if (m->p->attach == BPF_TRACE_ITER && !found)
		not_judged(m, "the iterator `%s` is not modelled", name);
	return flags;
}

/* What is at that address is not the kernel's own memory here: of users, or of each processor. */
static uint8_t flags_of_tags(const struct btf *btf, uint32_t pointee, bool *rcu)
{
	uint8_t flags = 0;
	const struct btf_type *t = btf__type_by_id(btf, pointee);
	for (; t && btf_is_type_tag(t); t = btf__type_by_id(btf, t->type)) {
		const char *tag = name_at(btf, t->name_off);
		if (!strcmp(tag, "user") || !strcmp(tag, "percpu"))
			flags |= ELSEWHERE;
		if (!strcmp(tag, "rcu"))
			*rcu = true;
	}
	return flags;
}

static bool has_result(const struct machine *m)
{
	return m->p->attach == BPF_TRACE_FEXIT || m->p->attach == BPF_MODIFY_RETURN ||
	       m->p->attach == BPF_LSM_MAC || m->p->attach == BPF_LSM_CGROUP;
}

#define WORDS_MAX 12

bool target_argument(struct machine *m, int off, unsigned size, enum access how, struct context_value *v)
{
	const struct btf *btf = m->kernel;
	unsigned skipped = target_kind(m->p)->skipped, n = btf_vlen(m->target) - skipped;

	if (how == WRITE || off < 0 || off >= WORDS_MAX * 8 || off % 8)
		return false;
	unsigned argument = argument_at(m, off);
	if (argument > n || (argument == n && !has_result(m)))
		return false;
	uint32_t id = argument < n ? btf_params(m->target)[argument + skipped].type : m->target->type;
	bool number, rcu = false;
	const struct btf_type *t = btf__type_by_id(btf, btf_plain(btf, id));
	if (argument == n && m->p->attach == BPF_LSM_MAC) {
		int32_t min, max;
		v->is_result = target_returns(m, &min, &max);
	}
	if (!t || btf_is_int(t) || btf_is_any_enum(t) || btf_is_composite(t))
		return t;
	if (!btf_is_ptr(t) || size != 8)
		return false;
	uint8_t flags = flags_of_argument(m, argument, &number);
	flags |= flags_of_tags(btf, t->type, &rcu);
	id = btf_plain(btf, t->type);
	t = id ? btf__type_by_id(btf, id) : NULL;
	/* Nothing can be done with them but to compare them, and to give them to helpers. */
	if (number || !t || btf_is_int(t))
		return true;
	if (!btf_is_composite(t)) {
		not_judged(m, "argument %u of `%s` points to what is neither a number nor a struct",
			argument + 1, target_name(m));
	}
	if (argument < n &&
		strstr(name_at(btf, btf_params(m->target)[argument + skipped].name_off), "__nullable"))
		flags |= MAYBE_NULL;
	*v = (struct context_value){.kind = IN_STRUCT, .flags = flags, .which = (int32_t)id};
	return true;
}

bool target_returns(const struct machine *m, int32_t *min, int32_t *max)
{
	static const char *const yes_or_no[] = {
		"xfrm_state_pol_flow_match", "audit_rule_known", "inode_xattr_skipcap"};
	bool nothing = !m->target->type;

	if (m->p->type != BPF_PROG_TYPE_LSM)
		return false;
	if (m->p->attach == BPF_LSM_CGROUP) {
		*min = nothing;
		*max = 1;
		return true;
	}
	bool is_bool = is_listed(yes_or_no, sizeof yes_or_no / sizeof *yes_or_no, target_name(m));
	*min = is_bool ? 0 : -4095;
	*max = is_bool;
	return !nothing;
}

/* ---- fields ---- */

const char *struct_name(const struct machine *m, const struct reg *r)
{
	const struct btf_type *t = m->kernel ? btf__type_by_id(m->kernel, (uint32_t)r->which) : NULL;
	return t ? name_at(m->kernel, t->name_off) : "?";
}

bool is_struct(const struct machine *m, const struct reg *r, const char *name)
{
	return r->kind == IN_STRUCT && !strcmp(struct_name(m, r), name);
}

struct walk {
	const char *field;
	uint32_t to;     /* the struct that it points to; 0: a number */
	bool to_bytes;   /* it points to numbers, or to what has no type */
	bool in_a_union; /* which of its members is there is not known */
	bool rcu;
	uint8_t flags;
	const char *why; /* it cannot be read so */
};

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

	w->field = name_at(btf, member->name_off);
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

/* What is at the bytes off.. of a struct, as btf_struct_walk() has it. */
static struct walk walk(const struct btf *btf, uint32_t id, int64_t off, unsigned size)
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
} trusted_fields[] = {
	{"task_struct", "cpus_ptr", BY_RCU},
	{"task_struct", "cgroups", BY_RCU},
	{"task_struct", "real_parent", BY_RCU},
	{"task_struct", "group_leader", BY_RCU},
	{"cgroup", "kn", BY_RCU},
	{"css_set", "dfl_cgrp", BY_RCU},
	{"mm_struct", "exe_file", BY_RCU | OR_NULL},
	{"sk_buff", "sk", BY_RCU | OR_NULL},
	{"request_sock", "sk", BY_RCU | OR_NULL},
	{"bpf_iter_meta", "seq", KEEPS},
	{"bpf_iter__task", "meta", KEEPS},
	{"bpf_iter__task", "task", KEEPS},
	{"linux_binprm", "file", KEEPS},
	{"file", "f_inode", KEEPS},
	{"dentry", "d_inode", KEEPS | OR_NULL},
	{"socket", "sk", KEEPS | OR_NULL},
	{"vm_area_struct", "vm_mm", KEEPS},
	{"vm_area_struct", "vm_file", KEEPS | OR_NULL},
};

static uint8_t trust_of(const struct machine *m, const struct reg *r, const char *field)
{
	const char *in = struct_name(m, r);
	for (size_t i = 0; i < sizeof trusted_fields / sizeof *trusted_fields; i++)
		if (!strcmp(trusted_fields[i].in, in) && !strcmp(trusted_fields[i].field, field))
			return trusted_fields[i].trust;
	return 0;
}

bool in_rcu(const struct machine *m)
{
	return m->cur->rcu || m->cur->locks || !m->p->sleepable;
}

void forget_rcu(struct machine *m)
{
	FOR_EACH_REG(m->cur, r, {
		if (r->flags & RCU)
			r->flags = (uint8_t)((r->flags & ~(RCU | MAYBE_NULL)) | UNTRUSTED);
	})
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
	if (how == WRITE)
		reject(m, L_read_only, "Only the kernel's own functions change it.",
			"a `struct %s` of the kernel is written (by %s)", name, reg_name(m, reg));
	struct walk w = walk(m->kernel, (uint32_t)r.which, off, size);
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
