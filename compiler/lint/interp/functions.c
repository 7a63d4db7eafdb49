/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * functions.c: calls of the program's own functions. A static one is followed, with a frame of its own. A
 * global one is judged apart, with arguments of which is known what BTF says; a call of it has to pass such.
 */
#include <string.h>
#include "../names.h"
#include "machine.h"

struct argument {
	enum { ARGUMENT_NUMBER, ARGUMENT_CONTEXT, ARGUMENT_MEMORY, ARGUMENT_OTHER } kind;
	uint32_t size;
	bool nonnull;
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

static bool is_context_name(const struct machine *m, const char *name)
{
	for (size_t i = 0; name && i < sizeof context_names / sizeof *context_names; i++)
		if ((context_names[i].type == m->p->type || m->p->type == BPF_PROG_TYPE_EXT) &&
			!strcmp(context_names[i].name, name))
			return true;
	return false;
}

static bool has_tag(const struct btf *btf, uint32_t func, int argument, const char *tag)
{
	uint32_t n = btf__type_cnt(btf);
	for (uint32_t i = func + 1; i < n; i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);
		if (!btf_is_decl_tag(t) || t->type != func || btf_decl_tag(t)->component_idx != argument)
			continue;
		if (!strcmp(btf__name_by_offset(btf, t->name_off), tag))
			return true;
	}
	return false;
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

static struct argument argument_of(const struct machine *m, uint32_t func, int i, uint32_t type)
{
	const struct btf *btf = m->btf;
	const struct btf_type *t = btf__type_by_id(btf, btf_plain(btf, type));

	if (t && (btf_is_int(t) || btf_is_any_enum(t)))
		return (struct argument){ARGUMENT_NUMBER, 0, false};
	if (!t || !btf_is_ptr(t))
		return (struct argument){ARGUMENT_OTHER, 0, false};
	uint32_t pointee = t->type;
	t = btf__type_by_id(btf, btf_plain(btf, pointee));
	if (has_tag(btf, func, i, "arg:ctx") || is_called_context(m, btf__type_by_id(btf, pointee)) ||
		(t && btf_is_composite(t) && i == 0 &&
			is_context_name(m, btf__name_by_offset(btf, t->name_off))))
		return (struct argument){ARGUMENT_CONTEXT, 0, true};
	if (has_tag(btf, func, i, "arg:trusted") || has_tag(btf, func, i, "arg:arena") || !t || btf_is_fwd(t))
		return (struct argument){ARGUMENT_OTHER, 0, false};
	if (btf_is_composite(t) && !strcmp(btf__name_by_offset(btf, t->name_off), "bpf_dynptr"))
		return (struct argument){ARGUMENT_OTHER, 0, false};
	int64_t size = btf__resolve_size(btf, pointee);
	if (size <= 0)
		return (struct argument){ARGUMENT_OTHER, 0, false};
	return (struct argument){ARGUMENT_MEMORY, (uint32_t)size, has_tag(btf, func, i, "arg:nonnull")};
}

static unsigned arguments_of(struct machine *m, uint32_t function, struct argument to[5])
{
	const struct lint_function *f = &m->p->functions.at[function];
	const struct btf_type *t = m->btf && f->btf_id ? btf__type_by_id(m->btf, f->btf_id) : NULL;

	t = t ? btf__type_by_id(m->btf, t->type) : NULL;
	if (!t || !btf_is_func_proto(t))
		not_judged(m, "BTF says nothing of the global function `%s`", f->name);
	unsigned n = btf_vlen(t);
	if (n > 5)
		reject(m, L_bad_argument, "A function has at most five arguments.",
			"the global function `%s` has %u arguments", f->name, n);
	for (unsigned i = 0; i < n; i++) {
		to[i] = argument_of(m, f->btf_id, (int)i, btf_params(t)[i].type);
		if (to[i].kind == ARGUMENT_OTHER)
			not_judged(m,
				"argument %u of the global function `%s` is of a type that is not modelled",
				i + 1, f->name);
	}
	return n;
}

/* Memory of that size, whatever is done to it there. */
static void pass_memory(
	struct machine *m, const struct lint_function *f, unsigned reg, const struct argument *a)
{
	struct reg *r = reg_now(m, reg), was = *r;
	bool null = is_null(r);

	/* A NULL that is known to be one was let through before. */
	bool null_refused = lint_kernel(m->lint) >= 0x0702;
	if (((r->flags & MAYBE_NULL) || (null && null_refused)) && a->nonnull)
		reject(m, L_maybe_null, "Check it before the call.", "argument %u of `%s` must not be NULL",
			reg, f->name);
	if (null)
		return;
	r->flags &= (uint8_t)~MAYBE_NULL;
	access_by_helper(m, reg, a->size, READ, true, false);
	access_by_helper(m, reg, a->size, WRITE, true, false);
	*reg_now(m, reg) = was;
}

static void call_global(struct machine *m, uint32_t function)
{
	const struct lint_function *f = &m->p->functions.at[function];
	struct argument arguments[5];
	unsigned n = arguments_of(m, function, arguments);

	if (m->cur->locks)
		reject(m, L_lock, "Make it static.", "the global function `%s` is called with a lock held",
			f->name);
	if (m->functions[function].sleeps && (!m->p->sleepable || m->cur->rcu || m->cur->preempt))
		reject(m, L_sleeps, NULL, "the global function `%s` may sleep, and must not here", f->name);
	for (unsigned i = 0; i < n; i++) {
		need_value(m, i + 1);
		const struct reg *r = reg_now(m, i + 1);
		if (arguments[i].kind == ARGUMENT_NUMBER
				? !is_number(r)
				: arguments[i].kind == ARGUMENT_CONTEXT && r->kind != IN_CONTEXT)
			reject(m, L_bad_argument, NULL, "argument %u of the global function `%s` is %s",
				i + 1, f->name, reg_words(m, r));
		if (arguments[i].kind == ARGUMENT_CONTEXT)
			need_unchanged(m, i + 1, r, false);
		else if (arguments[i].kind == ARGUMENT_MEMORY)
			pass_memory(m, f, i + 1, &arguments[i]);
	}
	if (m->functions[function].throws && throws_leave_globals(m))
		check_held(m, "the global function that is called may throw");
	m->functions[function].called = true;
	if (m->functions[function].changes_packet)
		FOR_EACH_REG(m->cur, r, {
			if (is_packet(r) || r->kind == IN_PACKET_END)
				reg_unknown(r);
		})
	forget_caller_saved(m);
	reg_unknown(reg_now(m, 0));
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
		if (arguments[i].kind == ARGUMENT_NUMBER) {
			reg_unknown(r);
		} else if (arguments[i].kind == ARGUMENT_CONTEXT) {
			reg_point(r, IN_CONTEXT, 0);
		} else {
			reg_point(r, IN_MEMORY, (int32_t)arguments[i].size);
			r->flags = arguments[i].nonnull ? 0 : MAYBE_NULL;
			r->id = arguments[i].nonnull ? 0 : ++m->ids;
		}
	}
}

bool is_judged_apart(const struct machine *m, uint32_t function)
{
	return m->btf && m->p->functions.at[function].is_global;
}

static struct frame *new_frame(struct machine *m, struct state *s, uint32_t function)
{
	if (s->top + 1u >= frames_max(m))
		reject(m, L_not_judged, "Make the chain of calls shorter, or functions inline.",
			"calls are nested more than %u deep", frames_max(m));
	s->top++;
	s->frames[s->top] = frame_new(m, function, m->insn, s->top);
	return s->frames[s->top];
}

void enter_callback(struct machine *m, struct state *s, uint32_t function)
{
	struct frame *f = new_frame(m, s, function);
	f->in_callback = true;
	m->functions[function].is_callback = true;
}

void call_own(struct machine *m, const struct bpf_insn *in)
{
	uint32_t function = m->p->refs[m->insn].index;

	(void)in;
	if (is_judged_apart(m, function)) {
		call_global(m, function);
		return;
	}
	struct frame *caller = frame_now(m), *callee = new_frame(m, m->cur, function);
	for (unsigned i = 1; i <= 5; i++)
		callee->regs[i] = caller->regs[i];
	for (unsigned i = 0; i < 6; i++)
		reg_forget(&caller->regs[i]);
	m->insn = m->p->functions.at[function].first - 1;
	stack_marks_forget_place(m);
}

void return_from(struct machine *m)
{
	struct state *s = m->cur;
	struct frame *callee = s->frames[s->top], *caller = s->frames[s->top - 1];
	const struct reg *r0 = &callee->regs[0];
	bool callback = callee->in_callback;
	uint32_t callsite = callee->callsite;

	if (r0->kind == IN_STACK)
		reject(m, L_escaping_stack, "Let the caller pass what is to be filled.",
			"a function returns a pointer to its stack");
	if (callback) {
		need_value(m, 0);
		if (!is_number(r0))
			reject(m, L_bad_return, NULL, "a callback returns %s", reg_words(m, r0));
		need_precise(m, 0);
		if (r0->v.smin < callee->returns_min || r0->v.smax > callee->returns_max)
			reject(m, L_bad_return, "Return 0 to go on and 1 to stop.",
				"a callback returns neither 0 nor 1");
	} else {
		caller->regs[0] = *r0;
	}
	frame_free(m, callee);
	s->frames[s->top--] = NULL;
	m->insn = callback ? callsite - 1 : callsite;
	if (callback) {
		struct state *before = found_before(m, s, callsite);
		if (before)
			widen(m, before, s);
	}
}
