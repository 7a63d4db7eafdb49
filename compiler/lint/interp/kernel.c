/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kernel.c: the kernel's types. A program that is attached to a function, a tracepoint, a hook or an iterator
 * is called with what that has as arguments; btf_ctx_access() in the kernel's kernel/bpf/btf.c says how.
 */
#include "kernel.h"
#include <stdio.h>
#include <string.h>
#include "core.h"
#include "../names.h"

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
	static const struct target_kind member = {BPF_PROG_TYPE_STRUCT_OPS, 0, "", BTF_KIND_STRUCT, 0};
	if (p->type == BPF_PROG_TYPE_STRUCT_OPS) /* whose attach type is the number of the member */
		return &member;
	for (size_t i = 0; i < sizeof target_kinds / sizeof *target_kinds; i++)
		if (target_kinds[i].type == (int)p->type && target_kinds[i].attach == (int)p->attach)
			return &target_kinds[i];
	return NULL;
}

bool is_of_kernel(const struct machine *m)
{
	return target_kind(m->p) && !is_uring_step(m);
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

void settle_kernel_types(struct machine *m)
{
	for (uint32_t i = 0; i < m->p->n && !m->kernel; i++) {
		const struct bpf_core_relo *r = m->p->core[i];
		if (r && r->kind != BPF_CORE_TYPE_ID_LOCAL && lint_kernel_btf(m->lint))
			need_kernel(m);
	}
}

static const char *target_name(const struct machine *m)
{
	if (m->p->type == BPF_PROG_TYPE_STRUCT_OPS)
		return m->p->member;
	const char *slash = strchr(m->p->section, '/');
	return slash ? slash + 1 : "";
}

void find_target(struct machine *m)
{
	const struct target_kind *k = target_kind(m->p);
	char name[256];

	if (m->p->type == BPF_PROG_TYPE_STRUCT_OPS) {
		find_ops(m);
		return;
	}
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
	return m->p->type == BPF_PROG_TYPE_STRUCT_OPS || m->p->attach == BPF_TRACE_RAW_TP ||
	       m->p->attach == BPF_TRACE_ITER;
}

/* An iterator's last round has none of these; what is not here is not judged. BUFFER: bytes, of which is only
 * found out when the iterator is attached to a map how many there are. */
#define BUFFER 0xff
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
	{"bpf_map_elem", 2, BUFFER},
	{"bpf_map_elem", 3, BUFFER},
	{"bpf_sk_storage_map", 2, MAYBE_NULL},
	{"bpf_sk_storage_map", 3, BUFFER},
	{"sockmap", 2, BUFFER},
	{"sockmap", 3, MAYBE_NULL},
	{"tcp", 1, MAYBE_NULL | TRUSTED},
	{"udp", 1, MAYBE_NULL | TRUSTED},
	{"unix", 1, MAYBE_NULL},
	{"netlink", 1, MAYBE_NULL},
	{"ipv6_route", 1, MAYBE_NULL},
	{"ksym", 1, MAYBE_NULL},
	{"kmem_cache", 1, MAYBE_NULL | UNTRUSTED},
	{"dmabuf", 1, MAYBE_NULL},
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

static bool has_result(const struct machine *m)
{
	return m->p->attach == BPF_TRACE_FEXIT || m->p->attach == BPF_MODIFY_RETURN ||
	       m->p->attach == BPF_LSM_MAC || m->p->attach == BPF_LSM_CGROUP;
}

bool target_argument(struct machine *m, int off, unsigned size, enum access how, struct context_value *v)
{
	const struct btf *btf = m->kernel;
	unsigned skipped = target_kind(m->p)->skipped, n = btf_vlen(m->target) - skipped;

	if (how == WRITE || off < 0 || off >= ARGUMENTS_MAX * 8 || off % 8)
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
	if (flags == BUFFER)
		not_judged(m, "argument %u of the iterator `%s` points to bytes of a map", argument + 1,
			target_name(m));
	flags |= flags_of_tags(btf, t->type, &rcu);
	id = btf_plain(btf, t->type);
	if (m->p->type == BPF_PROG_TYPE_STRUCT_OPS) {
		uint32_t other = (uint32_t)ops_taken_for(m, argument, id);
		id = other ? other : id;
	}
	t = id ? btf__type_by_id(btf, id) : NULL;
	/* Nothing can be done with them but to compare them, and to give them to helpers. */
	if (number || !t || btf_is_int(t))
		return true;
	if (!btf_is_composite(t)) {
		not_judged(m, "argument %u of `%s` points to what is neither a number nor a struct",
			argument + 1, target_name(m));
	}
	if (argument < n &&
		strstr(btf_name(btf, btf_params(m->target)[argument + skipped].name_off), "__nullable"))
		flags |= MAYBE_NULL;
	*v = (struct context_value){.kind = IN_STRUCT, .flags = flags, .which = (int32_t)id};
	if (m->p->type == BPF_PROG_TYPE_STRUCT_OPS)
		ops_argument(m, argument, v);
	return true;
}

bool hook_returns(const struct machine *m, int32_t *min, int32_t *max)
{
	static const char *const yes_or_no[] = {
		"xfrm_state_pol_flow_match", "audit_rule_known", "inode_xattr_skipcap"};
	bool is_bool = is_listed(yes_or_no, sizeof yes_or_no / sizeof *yes_or_no, target_name(m));

	*min = is_bool ? 0 : -ERRNO_MAX;
	*max = is_bool;
	return m->target->type;
}

bool target_returns(const struct machine *m, int32_t *min, int32_t *max)
{
	if (m->p->type != BPF_PROG_TYPE_LSM)
		return false;
	if (m->p->attach != BPF_LSM_CGROUP)
		return hook_returns(m, min, max);
	*min = !m->target->type;
	*max = 1;
	return true;
}
