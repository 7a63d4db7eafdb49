/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * global.c: the program's global functions. One is judged apart, with arguments of which is known what BTF
 * and their tags say; a call of it has to pass such. btf_prepare_func_args() in the kernel's kernel/bpf/btf.c
 * says which there are.
 */
#include <string.h>
#include "../names.h"
#include "dynptrs.h"
#include "kernel.h"

struct argument {
	enum {
		ARGUMENT_NUMBER,
		ARGUMENT_CONTEXT,
		ARGUMENT_MEMORY,
		ARGUMENT_STRUCT,    /* of the kernel's */
		ARGUMENT_UNTRUSTED, /* memory that is read with care, wherever it is */
		ARGUMENT_ARENA,
		ARGUMENT_DYNPTR,
	} kind;
	uint32_t size;
	bool nonnull;
	int32_t which; /* struct */
	uint8_t flags;
};

static const struct {
	enum bpf_prog_type type;
	const char *name;
} context_names[] = {
	{BPF_PROG_TYPE_SOCKET_FILTER, "__sk_buff"},
	{BPF_PROG_TYPE_SCHED_CLS, "__sk_buff"},
	{BPF_PROG_TYPE_SCHED_ACT, "__sk_buff"},
	{BPF_PROG_TYPE_CGROUP_SKB, "__sk_buff"},
	{BPF_PROG_TYPE_LWT_IN, "__sk_buff"},
	{BPF_PROG_TYPE_LWT_OUT, "__sk_buff"},
	{BPF_PROG_TYPE_LWT_XMIT, "__sk_buff"},
	{BPF_PROG_TYPE_SK_SKB, "__sk_buff"},
	{BPF_PROG_TYPE_XDP, "xdp_md"},
	{BPF_PROG_TYPE_CGROUP_SOCK, "bpf_sock"},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "bpf_sock_addr"},
	{BPF_PROG_TYPE_CGROUP_DEVICE, "bpf_cgroup_dev_ctx"},
	{BPF_PROG_TYPE_CGROUP_SYSCTL, "bpf_sysctl"},
	{BPF_PROG_TYPE_CGROUP_SOCKOPT, "bpf_sockopt"},
	{BPF_PROG_TYPE_PERF_EVENT, "bpf_perf_event_data"},
	{BPF_PROG_TYPE_KPROBE, "pt_regs"},
	{BPF_PROG_TYPE_KPROBE, "bpf_user_pt_regs_t"},
	{BPF_PROG_TYPE_RAW_TRACEPOINT, "bpf_raw_tracepoint_args"},
};

bool is_context_name(const struct machine *m, const char *name)
{
	for (size_t i = 0; name && i < sizeof context_names / sizeof *context_names; i++)
		if ((context_names[i].type == m->p->type || m->p->type == BPF_PROG_TYPE_EXT) &&
			!strcmp(context_names[i].name, name))
			return true;
	return false;
}

/* ---- what its tags say of an argument: "arg:..." ---- */

enum tag {
	TAG_CTX = 1,
	TAG_TRUSTED = 2,
	TAG_UNTRUSTED = 4,
	TAG_NONNULL = 8,
	TAG_NULLABLE = 16,
	TAG_ARENA = 32,
};

static const struct {
	const char *name;
	enum tag tag;
	unsigned since;
} tag_names[] = {
	{"ctx", TAG_CTX, 0},
	{"trusted", TAG_TRUSTED, 0x0609},
	{"untrusted", TAG_UNTRUSTED, 0x0611},
	{"nonnull", TAG_NONNULL, 0},
	{"nullable", TAG_NULLABLE, 0x0609},
	{"arena", TAG_ARENA, 0x0609},
};

static unsigned tags_of(struct machine *m, uint32_t func, int argument)
{
	uint32_t n = btf__type_cnt(m->btf);
	unsigned tags = 0;

	for (uint32_t i = func + 1; i < n; i++) {
		const struct btf_type *t = btf__type_by_id(m->btf, i);
		if (!btf_is_decl_tag(t) || t->type != func || btf_decl_tag(t)->component_idx != argument)
			continue;
		const char *name = btf__name_by_offset(m->btf, t->name_off);
		if (strncmp(name, "arg:", 4) != 0)
			continue;
		unsigned before = tags;
		for (size_t k = 0; k < sizeof tag_names / sizeof *tag_names; k++)
			if (!strcmp(tag_names[k].name, name + 4) &&
				lint_kernel(m->lint) >= tag_names[k].since)
				tags |= tag_names[k].tag;
		if (tags == before)
			reject(m, L_bad_argument, NULL,
				"argument %d of a global function has the tag `%s`, which "
				"is none, or of a newer kernel",
				argument + 1, name);
	}
	return tags;
}

/* One of the names by which the type is called there is a context's. */
static bool is_called_context(const struct machine *m, const struct btf_type *t)
{
	for (int i = 0; t && (btf_is_mod(t) || btf_is_typedef(t)) && i < 64; i++) {
		if (btf_is_typedef(t) && is_context_name(m, btf__name_by_offset(m->btf, t->name_off)))
			return true;
		t = btf__type_by_id(m->btf, t->type);
	}
	return false;
}

/* The struct of the kernel that has the name; 0: it has none. */
static int32_t struct_of_kernel(struct machine *m, const struct btf_type *t)
{
	const char *name = t ? btf__name_by_offset(m->btf, t->name_off) : "", *flavour = strstr(name, "___");
	need_kernel(m);
	if (!t || !(btf_is_struct(t) || (btf_is_fwd(t) && !btf_kflag(t))) || !*name)
		return 0;
	if (flavour)
		name = arena_strndup(m->arena, name, (size_t)(flavour - name));
	int id = btf__find_by_name_kind(m->kernel, name, BTF_KIND_STRUCT);
	return id > 0 ? id : 0;
}

static struct argument of_struct(struct machine *m, int i, const struct btf_type *t, uint8_t flags)
{
	int32_t id = struct_of_kernel(m, t);
	if (!id)
		reject(m, L_bad_argument, "Name the struct as the kernel does.",
			"argument %d of a global function is to be an object of the kernel, and is of no "
			"struct of "
			"its",
			i + 1);
	return (struct argument){.kind = ARGUMENT_STRUCT, .which = id, .flags = flags};
}

static _Noreturn void wrong_tags(struct machine *m, int i)
{
	reject(m, L_bad_argument, NULL, "the tags of argument %d of a global function do not go together",
		i + 1);
}

/* What is in memory that it points to, whoever passes it. */
static struct argument pointer_of(struct machine *m, int i, uint32_t pointee, unsigned tags)
{
	const struct btf *btf = m->btf;
	const struct btf_type *t = btf__type_by_id(btf, btf_plain(btf, pointee));
	bool number = !t || btf_is_int(t) || btf_is_any_enum(t);

	if ((tags & TAG_CTX) || is_called_context(m, btf__type_by_id(btf, pointee)) ||
		(t && btf_is_composite(t) && is_context_name(m, btf__name_by_offset(btf, t->name_off)))) {
		if (tags & ~(unsigned)TAG_CTX)
			wrong_tags(m, i);
		return (struct argument){.kind = ARGUMENT_CONTEXT, .nonnull = true};
	}
	if (t && (btf_is_composite(t) || btf_is_fwd(t)) &&
		!strcmp(btf__name_by_offset(btf, t->name_off), "bpf_dynptr")) {
		if (tags)
			wrong_tags(m, i);
		return (struct argument){.kind = ARGUMENT_DYNPTR};
	}
	if (tags & TAG_TRUSTED) {
		if (tags & ~(unsigned)(TAG_TRUSTED | TAG_NULLABLE))
			wrong_tags(m, i);
		return of_struct(m, i, t, TRUSTED | (tags & TAG_NULLABLE ? MAYBE_NULL : 0));
	}
	if (tags & TAG_UNTRUSTED) {
		if (tags != TAG_UNTRUSTED)
			wrong_tags(m, i);
		return number ? (struct argument){.kind = ARGUMENT_UNTRUSTED} : of_struct(m, i, t, UNTRUSTED);
	}
	if (tags & TAG_ARENA) {
		if (tags != TAG_ARENA)
			wrong_tags(m, i);
		return (struct argument){.kind = ARGUMENT_ARENA};
	}
	if (tags & TAG_NULLABLE)
		wrong_tags(m, i);
	int64_t size = t ? btf__resolve_size(btf, pointee) : 0;
	if (size <= 0)
		reject(m, L_bad_argument, "Have it point to something of a size.",
			"how large what argument %d of a global function points to is, is not known", i + 1);
	return (struct argument){
		.kind = ARGUMENT_MEMORY, .size = (uint32_t)size, .nonnull = tags & TAG_NONNULL};
}

static struct argument argument_of(struct machine *m, uint32_t func, int i, uint32_t type)
{
	const struct btf_type *t = btf__type_by_id(m->btf, btf_plain(m->btf, type));
	unsigned tags = tags_of(m, func, i);

	if (t && btf_is_ptr(t))
		return pointer_of(m, i, t->type, tags);
	if (tags)
		reject(m, L_bad_argument, NULL,
			"argument %d of a global function has a tag, and is no pointer", i + 1);
	if (!t || !(btf_is_int(t) || btf_is_any_enum(t)))
		reject(m, L_bad_argument, "Pass numbers and pointers.",
			"argument %d of a global function is neither a number nor a pointer", i + 1);
	return (struct argument){.kind = ARGUMENT_NUMBER};
}

/* Since Linux 7.1 it may be nothing. */
#define RETURNS_NOTHING_SINCE 0x0701

static const struct btf_type *type_of(const struct machine *m, uint32_t function)
{
	return m->btf ? btf_prototype(m->btf, m->p->functions.at[function].btf_id) : NULL;
}

bool returns_nothing(const struct machine *m, uint32_t function)
{
	const struct btf_type *t = type_of(m, function);
	return t && !t->type && lint_kernel(m->lint) >= RETURNS_NOTHING_SINCE;
}

static void check_returned(struct machine *m, const struct lint_function *f, uint32_t type)
{
	const struct btf_type *t = type ? btf__type_by_id(m->btf, btf_plain(m->btf, type)) : NULL;
	if (type ? t && (btf_is_int(t) || btf_is_any_enum(t)) : lint_kernel(m->lint) >= RETURNS_NOTHING_SINCE)
		return;
	reject(m, L_bad_return, "Have it return an int, or make it static.",
		"the global function `%s` is to return a number%s", f->name,
		type ? "" : ", and may return nothing since Linux 7.1");
}

static unsigned arguments_of(struct machine *m, uint32_t function, struct argument to[5])
{
	const struct lint_function *f = &m->p->functions.at[function];
	const struct btf_type *t = type_of(m, function);

	if (!t)
		not_judged(m, "BTF says nothing of the global function `%s`", f->name);
	unsigned n = btf_vlen(t);
	if (function)
		check_returned(m, f, t->type);
	if (n > 5)
		reject(m, L_bad_argument, "A function has at most five arguments.",
			"the global function `%s` has %u arguments", f->name, n);
	for (unsigned i = 0; i < n; i++)
		to[i] = argument_of(m, f->btf_id, (int)i, btf_params(t)[i].type);
	return n;
}

/* Before, memory of a packet that the function may change was as any other. */
#define PACKETS_KEPT_SINCE 0x0702

/* Memory of that size, whatever is done to it there. */
static void pass_memory(
	struct machine *m, const struct lint_function *f, unsigned reg, const struct argument *a)
{
	struct reg *r = reg_now(m, reg), was = *r;
	bool null = is_null(r);

	if ((is_packet(r) || (r->flags & OF_PACKET)) && lint_kernel(m->lint) >= PACKETS_KEPT_SINCE &&
		m->functions[f - m->p->functions.at].changes_packet)
		reject(m, L_bad_argument, "Have it change the packet, or read it, but not both.",
			"argument %u of `%s` points into the packet, which that function may change", reg,
			f->name);
	/* A NULL that is known to be one was let through before. */
	bool null_refused = lint_kernel(m->lint) >= 0x0702;
	if (((r->flags & MAYBE_NULL) || (null && null_refused)) && a->nonnull)
		reject(m, L_maybe_null, "Check it before the call.", "argument %u of `%s` must not be NULL",
			reg, f->name);
	if (null)
		return;
	r->flags &= (uint16_t)~MAYBE_NULL;
	access_by_helper(m, reg, a->size, READ, true, false);
	access_by_helper(m, reg, a->size, WRITE, true, false);
	*reg_now(m, reg) = was;
}

static bool fits(struct machine *m, const struct reg *r, const struct argument *a)
{
	switch (a->kind) {
	case ARGUMENT_NUMBER:
		return is_number(r);
	case ARGUMENT_CONTEXT:
		return r->kind == IN_CONTEXT;
	case ARGUMENT_ARENA:
		return is_number(r) || r->kind == IN_ARENA;
	case ARGUMENT_DYNPTR:
		return is_dynptr(m, r);
	case ARGUMENT_STRUCT:
		return (a->flags & UNTRUSTED) || (is_null(r) && (a->flags & MAYBE_NULL)) ||
		       (r->kind == IN_STRUCT && !(r->flags & (UNTRUSTED | ELSEWHERE)) &&
			       begins_with_struct(
				       m->kernel, (uint32_t)r->which, r->off, (uint32_t)a->which, false));
	default:
		return true;
	}
}

static void pass(struct machine *m, const struct lint_function *f, unsigned reg, const struct argument *a)
{
	const struct reg *r = reg_now(m, reg);

	if (!fits(m, r, a))
		reject(m, L_bad_argument, NULL, "argument %u of the global function `%s` is %s", reg, f->name,
			reg_words(m, r));
	if (a->kind == ARGUMENT_STRUCT && r->kind == IN_STRUCT && !(a->flags & UNTRUSTED)) {
		if ((r->flags & MAYBE_NULL) && !(a->flags & MAYBE_NULL))
			reject(m, L_maybe_null, "Check it before the call.",
				"argument %u of `%s` must not be NULL", reg, f->name);
		need_unchanged(m, reg, r, true);
	} else if (a->kind == ARGUMENT_CONTEXT) {
		need_unchanged(m, reg, r, false);
	} else if (a->kind == ARGUMENT_MEMORY) {
		pass_memory(m, f, reg, a);
	}
}

void call_global(struct machine *m, uint32_t function)
{
	const struct lint_function *f = &m->p->functions.at[function];
	struct argument arguments[5];
	unsigned n = arguments_of(m, function, arguments);

	if (m->cur->locks)
		reject(m, L_lock, "Make it static.", "the global function `%s` is called with a lock held",
			f->name);
	if (m->functions[function].sleeps && !may_sleep(m))
		reject(m, L_sleeps, NULL, "the global function `%s` may sleep, and must not here", f->name);
	for (unsigned i = 0; i < n; i++) {
		need_value(m, i + 1);
		pass(m, f, i + 1, &arguments[i]);
	}
	if (m->functions[function].throws && throws_leave_globals(m))
		check_held(m, "the global function that is called may throw");
	m->functions[function].called = true;
	if (m->functions[function].changes_packet)
		lose_packet(m);
	forget_caller_saved(m);
	if (!returns_nothing(m, function))
		reg_unknown(reg_now(m, 0));
}

static void receive(struct machine *m, struct reg *r, const struct argument *a)
{
	switch (a->kind) {
	case ARGUMENT_NUMBER:
	case ARGUMENT_ARENA:
		reg_unknown(r);
		break;
	case ARGUMENT_CONTEXT:
		reg_point(r, IN_CONTEXT, 0);
		break;
	case ARGUMENT_MEMORY:
		reg_point(r, IN_MEMORY, (int32_t)a->size);
		r->flags = a->nonnull ? 0 : MAYBE_NULL;
		r->id = a->nonnull ? 0 : ++m->ids;
		break;
	case ARGUMENT_STRUCT:
		reg_point(r, IN_STRUCT, a->which);
		r->flags = a->flags;
		r->id = ++m->ids;
		break;
	case ARGUMENT_UNTRUSTED:
		reg_point(r, IN_MEMORY, INT32_MAX);
		r->flags = READ_ONLY | UNTRUSTED;
		break;
	case ARGUMENT_DYNPTR:
		reg_point(r, IN_DYNPTR, DYNPTR_LOCAL);
		r->of = ++m->ids;
		break;
	}
}

void enter_global(struct machine *m, uint32_t function)
{
	struct argument arguments[5];
	unsigned n = arguments_of(m, function, arguments);

	if (function && function == m->p->exception && (n != 1 || arguments[0].kind != ARGUMENT_NUMBER))
		reject(m, L_bad_argument, "What was thrown is a number.",
			"the exception callback `%s` is to have one argument, a number",
			m->p->functions.at[function].name);
	for (unsigned i = 0; i < n; i++) {
		struct reg *r = reg_now(m, i + 1);
		receive(m, r, &arguments[i]);
	}
}
