/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * struct_ops.c: programs that stand in a struct of functions of the kernel's. Their arguments are those of
 * the member, by BTF; a function of the kernel's that is called `STRUCT__MEMBER` says by the names of its
 * arguments which may be NULL, and which the program has to release (kernel/bpf/bpf_struct_ops.c). The rest
 * is in struct_ops.def.
 */
#include <stdio.h>
#include <string.h>
#include "kernel.h"
#include "../names.h"

struct struct_ops {
	const char *name, *who, *sleepable, *without;
};

static const struct struct_ops rows[] = {
#define OPS(name, who, sleepable, without, source) {#name, who, sleepable, without},
#include "struct_ops.def"
};

static const struct {
	const char *ops, *member;
	int argument;
	const char *from, *to;
} taken_for[] = {
#define TAKEN_FOR(name, member, argument, from, to) {#name, member, argument, from, to},
#include "struct_ops.def"
};

static const struct {
	const char *ops, *of, *field;
	char how;
} writes[] = {
#define WRITES(name, of, field, how) {#name, of, field, how},
#include "struct_ops.def"
};

static const struct {
	const char *ops, *member, *helpers;
} lacks[] = {
#define LACKS(name, member, helpers) {#name, member, helpers},
#include "struct_ops.def"
};
#define ROWS(table) (sizeof(table) / sizeof(table)[0])

bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	for (const char *at = list; n && (at = strstr(at, word)); at += n)
		if ((at == list || at[-1] == ' ') && (!at[n] || at[n] == ' '))
			return true;
	return false;
}

bool is_uring_step(const struct machine *m)
{
	return m->p->type == BPF_PROG_TYPE_STRUCT_OPS && m->p->ops && !strcmp(m->p->ops, "io_uring_bpf_ops");
}

static const struct struct_ops *row_of(const struct machine *m)
{
	for (size_t i = 0; m->p->ops && i < ROWS(rows); i++)
		if (!strcmp(rows[i].name, m->p->ops))
			return &rows[i];
	return NULL;
}

const char *ops_letters(const struct machine *m)
{
	const struct struct_ops *row = row_of(m);
	return row ? row->who : is_uring_step(m) ? "" : NULL;
}

bool ops_lacks(const struct machine *m, const char *helper)
{
	const struct struct_ops *row = row_of(m);
	for (size_t i = 0; i < ROWS(lacks); i++)
		if (row && !strcmp(lacks[i].ops, row->name) && !strcmp(lacks[i].member, m->p->member) &&
			has_word(lacks[i].helpers, helper))
			return true;
	return row && !strcmp(row->who, "-");
}

/* ---- the member ---- */

static const struct btf_type *function_of(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, btf_plain(btf, id));
	t = t && btf_is_ptr(t) ? btf__type_by_id(btf, btf_plain(btf, t->type)) : NULL;
	return t && btf_is_func_proto(t) ? t : NULL;
}

static const struct btf_type *member_of(const struct btf *btf, const struct btf_type *t, const char *name)
{
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf_name(btf, btf_members(t)[i].name_off), name))
			return function_of(btf, btf_members(t)[i].type);
	return NULL;
}

static const struct btf_type *stub_of(const struct machine *m)
{
	char name[256];
	snprintf(name, sizeof name, "%s__%s", m->p->ops, m->p->member);
	int id = btf__find_by_name_kind(m->kernel, name, BTF_KIND_FUNC);
	return id > 0 ? btf__type_by_id(m->kernel, btf__type_by_id(m->kernel, (uint32_t)id)->type) : NULL;
}

/* Every member that is no function is set by whoever loads the object; functions are the programs. */
void find_ops(struct machine *m)
{
	const struct struct_ops *row = row_of(m);

	if (!m->p->ops)
		not_judged(m, "no variable in section `.struct_ops` has `%s` as a function", m->p->name);
	if (!m->o->gpl)
		reject(m, L_helper_not_allowed,
			"Declare the licence: char _license[] SEC(\"license\") = \"GPL\";",
			"programs that stand in a struct of functions have to be under the GPL");
	need_kernel(m);
	int id = btf__find_by_name_kind(m->kernel, m->p->ops, BTF_KIND_STRUCT);
	if (id <= 0)
		not_judged(m, "the kernel whose BTF is at hand has no `struct %s`", m->p->ops);
	m->target = member_of(m->kernel, btf__type_by_id(m->kernel, (uint32_t)id), m->p->member);
	if (!m->target || (row && has_word(row->without, m->p->member)))
		reject(m, L_bad_object, NULL, "`%s` of `struct %s` cannot be a program", m->p->member,
			m->p->ops);
	m->stub = stub_of(m);
	if (!m->p->sleepable)
		return;
	if (!row)
		not_judged(m, "whether `%s` of `struct %s` may sleep is not known", m->p->member, m->p->ops);
	if (strcmp(row->sleepable, "*") != 0 && !has_word(row->sleepable, m->p->member))
		reject(m, L_sleeps, "Take the `.s` out of the section's name.",
			"`%s` of `struct %s` must not sleep", m->p->member, m->p->ops);
}

/* ---- its arguments and its result ---- */

static bool stub_says(const struct machine *m, unsigned argument, const char *suffix)
{
	return m->stub && btf_is_func_proto(m->stub) && argument < btf_vlen(m->stub) &&
	       lint_ends_with(btf_name(m->kernel, btf_params(m->stub)[argument].name_off), suffix);
}

/* What it is given to release, it holds from its first instruction on. */
void hold_arguments(struct machine *m)
{
	for (unsigned i = 0; m->stub && i < ARGUMENTS_MAX; i++)
		if (stub_says(m, i, "__ref"))
			m->given[i] = hold(m, 0);
}

void ops_argument(struct machine *m, unsigned argument, struct context_value *v)
{
	if (stub_says(m, argument, "__nullable"))
		v->flags |= MAYBE_NULL;
	v->held = m->given[argument];
	if (v->held && !is_held(m->cur, v->held))
		reject(m, L_bad_context, "Load it before, into a variable.",
			"argument %u of `%s` is loaded after it was released", argument + 1, m->p->name);
}

int32_t ops_taken_for(const struct machine *m, unsigned argument, uint32_t id)
{
	const struct btf_type *t = id ? btf__type_by_id(m->kernel, id) : NULL;
	const char *name = t ? btf_name(m->kernel, t->name_off) : "";

	for (size_t i = 0; i < ROWS(taken_for); i++) {
		if (strcmp(taken_for[i].ops, m->p->ops) != 0 ||
			(taken_for[i].argument >= 0 ? taken_for[i].argument != (int)argument ||
							      strcmp(taken_for[i].member, m->p->member) != 0
						    : strcmp(taken_for[i].from, name) != 0))
			continue;
		int to = btf__find_by_name_kind(m->kernel, taken_for[i].to, BTF_KIND_STRUCT);
		return to > 0 ? to : 0;
	}
	return 0;
}

/* A struct that it returns a pointer to, since Linux 6.15; 0: none. */
int32_t ops_gives(const struct machine *m)
{
	if (m->p->type != BPF_PROG_TYPE_STRUCT_OPS || !m->target || lint_kernel(m->lint) < 0x060f)
		return 0;
	const struct btf_type *t = btf__type_by_id(m->kernel, btf_plain(m->kernel, m->target->type));
	uint32_t id = t && btf_is_ptr(t) ? btf_plain(m->kernel, t->type) : 0;
	t = id ? btf__type_by_id(m->kernel, id) : NULL;
	return t && btf_is_composite(t) ? (int32_t)id : 0;
}

/* ---- what it may write ---- */

/* Where a field is, by its name and those of what it is in; a member without a name stands for its own. */
static uint32_t step_into(const struct btf *btf, uint32_t id, const char *name, size_t n, int64_t *off)
{
	const struct btf_type *t = btf__type_by_id(btf, id);
	for (uint32_t i = 0; t && btf_is_composite(t) && i < btf_vlen(t); i++) {
		const char *s = btf_name(btf, btf_members(t)[i].name_off);
		uint32_t inner = btf_plain(btf, btf_members(t)[i].type);
		int64_t begin = *off + btf_member_bit_offset(t, i) / 8;
		uint32_t found = *s ? (strlen(s) == n && !strncmp(s, name, n) ? inner : 0)
				    : step_into(btf, inner, name, n, &begin);
		if (!found)
			continue;
		*off = begin;
		return found;
	}
	return 0;
}

/* Its bytes; false: that kernel has none. */
static bool place_of(const struct btf *btf, uint32_t id, const char *field, int64_t *begin, int64_t *end)
{
	char name[64];

	*begin = 0;
	while (id && *field) {
		size_t n = strcspn(field, ".:");
		id = step_into(btf, id, field, n, begin);
		field += n;
		if (*field == ':') {
			n = strcspn(++field, ".");
			snprintf(name, sizeof name, "%.*s", (int)n, field);
			int other = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);
			id = other > 0 ? (uint32_t)other : 0;
			field += n;
		}
		field += *field == '.';
	}
	*end = id ? *begin + btf__resolve_size(btf, id) : 0;
	return id;
}

bool ops_may_write(struct machine *m, const struct reg *r, int64_t off, unsigned size)
{
	const char *name = struct_name(m, r);
	int64_t begin, end;

	if (m->p->type != BPF_PROG_TYPE_STRUCT_OPS || is_uring_step(m))
		return false;
	if (!row_of(m))
		not_judged(m, "what programs of a `struct %s` may write is not known", m->p->ops);
	for (size_t i = 0; i < ROWS(writes); i++) {
		if (strcmp(writes[i].ops, m->p->ops) != 0 || strcmp(writes[i].of, name) != 0 ||
			!place_of(m->kernel, (uint32_t)r->which, writes[i].field, &begin, &end))
			continue;
		end -= writes[i].how == 's';
		if (off >= begin && (off == begin || writes[i].how != 'f') && off + size <= end)
			return true;
	}
	return false;
}
