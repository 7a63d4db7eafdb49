/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kfuncs.c: calls of the kernel's own functions: which they are, who may call them, and those that are not
 * told by types alone: io_uring's, and sections in which something is off.
 */
#include <string.h>
#include "../names.h"
#include "../needs.h"
#include "kfunc.h"
#include "local.h"

enum {
#define X(name, who, does) K_##name,
#include "kfuncs.def"
#undef X
};

enum caller {
#define X(name, types, ops, members) CALLER_##name,
#include "callers.def"
#undef X
};

static const struct kfunc kfuncs[] = {
#define X(name, who, does) {#name, CALLER_##who, does, NULL, 0},
#include "kfuncs.def"
#undef X
#define X(name, takes, gives, does) {#name, CALLER_GENERIC, does, takes, gives},
#include "local_kfuncs.def"
#undef X
};

static const struct {
	const char *types, *ops, *members;
} callers[] = {
#define X(name, types, ops, members) {types, ops, members},
#include "callers.def"
#undef X
};

static const struct lint_extern *extern_at(const struct machine *m, uint32_t insn)
{
	const struct lint_ref *r = &m->p->refs[insn];
	return r->kind == REF_KFUNC && r->index < m->o->externs.n ? &m->o->externs.at[r->index] : NULL;
}

/* `name___flavour` is `name`: libbpf takes what is behind the last three underlines for that. */
static size_t essential(const char *name)
{
	size_t n = strlen(name);
	for (size_t at = n > 4 ? n - 4 : 0; at; at--)
		if (!strncmp(name + at, "___", 3) && name[at - 1] != '_' && name[at + 3] != '_')
			return at;
	return n;
}

static const char *without_flavour(const struct machine *m, const char *name)
{
	return arena_strndup(m->arena, name, essential(name));
}

static const struct kfunc *kfunc_named(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof kfuncs / sizeof *kfuncs; i++)
		if (strlen(kfuncs[i].name) == n && !strncmp(kfuncs[i].name, name, n))
			return &kfuncs[i];
	return NULL;
}

/* Some have such underlines in the name that the kernel calls them by. */
static const struct kfunc *kfunc_of(const struct lint_extern *e)
{
	const struct kfunc *k = kfunc_named(e->name, strlen(e->name));
	return k ? k : kfunc_named(e->name, essential(e->name));
}

static unsigned arguments_of(const struct machine *m, const struct lint_extern *e)
{
	const struct kfunc *k = kfunc_of(e);
	if (k && k->takes)
		return (unsigned)strlen(k->takes);
	const struct btf_type *t = btf_prototype(m->o->btf, e->btf_id);
	return t && btf_vlen(t) < 5 ? btf_vlen(t) : 5;
}

unsigned kfunc_traits(const struct machine *m, const struct bpf_insn *in, unsigned *arguments)
{
	static const struct {
		char letter;
		enum kfunc_trait trait;
	} traits[] = {{'X', KFUNC_NEXT}, {'z', KFUNC_SLEEPS}, {'e', KFUNC_THROWS}, {'b', KFUNC_CALLS_BACK},
		{'f', KFUNC_CALLS_LATER}};
	const struct lint_extern *e = extern_at(m, (uint32_t)(in - m->p->insns));
	const struct kfunc *k = e ? kfunc_of(e) : NULL;
	unsigned all = k ? 0 : KFUNC_UNKNOWN;

	*arguments = e ? arguments_of(m, e) : 5;
	for (size_t i = 0; k && i < sizeof traits / sizeof *traits; i++)
		all |= kfunc_does(k, traits[i].letter) ? traits[i].trait : 0;
	return all;
}

/* ---- io_uring ---- */

static void need_ring(struct machine *m, const struct kfunc *k)
{
	const struct reg *r = reg_now(m, 1);
	if (r->kind != IN_OBJECT || !(r->flags & TRUSTED) || r->which != 1)
		reject(m, L_bad_argument, "Pass the step's first argument.",
			"argument 1 of %s() is to be the ring", k->name);
	need_unchanged(m, 1, r, false);
}

static void get_region(struct machine *m, const struct kfunc *k)
{
	const struct reg *size = reg_now(m, 3);
	need_ring(m, k);
	if (!is_number(size) || !num_is_known(&size->v))
		reject(m, L_bad_size, "Pass a constant.", "argument 3 of %s() is to be a constant size",
			k->name);
	need_precise(m, 3);
	int32_t bytes = (int32_t)size->v.bits.value;
	forget_caller_saved(m);
	struct reg *r0 = reg_now(m, 0);
	reg_point(r0, IN_MEMORY, bytes);
	r0->flags = MAYBE_NULL;
	r0->id = ++m->ids;
}

static void section(struct machine *m, const struct kfunc *k, uint16_t *depth, bool begin)
{
	if (begin && *depth && depth == &m->cur->rcu && lint_kernel(m->lint) <= 0x0612)
		reject(m, L_lock, "Lock RCU once.", "RCU is locked already");
	if (!begin && !*depth)
		reject(m, L_lock, NULL, "%s() without what it ends", k->name);
	*depth = (uint16_t)(begin ? *depth + 1 : *depth - 1);
	if (!begin)
		rcu_ends(m, depth == &m->cur->rcu);
	forget_caller_saved(m);
}

static void interrupts(struct machine *m, const struct kfunc *k, bool save)
{
	if (save)
		save_interrupts(m, k, 1, IRQ_ALONE);
	else
		restore_interrupts(m, k, 1, IRQ_ALONE);
	forget_caller_saved(m);
}

/* ---- who may call what ---- */

static const struct {
	int type;            /* enum bpf_prog_type */
	const char *letters; /* of callers.def */
	unsigned since;
} type_letters[] = {
	{BPF_PROG_TYPE_TRACING, "GT", 0},
	{BPF_PROG_TYPE_TRACEPOINT, "GT", 0},
	{BPF_PROG_TYPE_PERF_EVENT, "GT", 0},
	{BPF_PROG_TYPE_RAW_TRACEPOINT, "GT", 0x0701},
	{BPF_PROG_TYPE_LSM, "GTL", 0},
	{BPF_PROG_TYPE_SYSCALL, "GY", 0},
	{BPF_PROG_TYPE_SCHED_CLS, "GSC", 0},
	{BPF_PROG_TYPE_SCHED_ACT, "SC", 0},
	{BPF_PROG_TYPE_XDP, "GX", 0},
	{BPF_PROG_TYPE_SOCKET_FILTER, "S", 0},
	{BPF_PROG_TYPE_SK_SKB, "S", 0},
	{BPF_PROG_TYPE_LWT_IN, "S", 0},
	{BPF_PROG_TYPE_LWT_OUT, "S", 0},
	{BPF_PROG_TYPE_LWT_XMIT, "S", 0},
	{BPF_PROG_TYPE_LWT_SEG6LOCAL, "S", 0},
	{NEW_BPF_PROG_TYPE_NETFILTER, "S", 0},
	{BPF_PROG_TYPE_CGROUP_SKB, "GS", 0},
	{BPF_PROG_TYPE_CGROUP_SOCK, "GS", 0},
	{BPF_PROG_TYPE_CGROUP_DEVICE, "GS", 0},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "GSa", 0},
	{BPF_PROG_TYPE_CGROUP_SOCKOPT, "GS", 0},
	{BPF_PROG_TYPE_CGROUP_SYSCTL, "GS", 0},
	{BPF_PROG_TYPE_SOCK_OPS, "GSO", 0x060f},
};

#define MEMBERS_CHECKED_SINCE 0x0701

static bool ops_may_call(const struct machine *m, uint8_t caller)
{
	const char *ops = callers[caller].ops, *members = callers[caller].members;
	bool qdisc = !strcmp(ops, "Qdisc_ops"); /* which has looked at it from the beginning */

	if (!strcmp(ops, "*"))
		return true;
	if (!m->p->ops || strcmp(ops, m->p->ops) != 0)
		return *ops && !qdisc && lint_kernel(m->lint) < MEMBERS_CHECKED_SINCE;
	return !*members || (!qdisc && lint_kernel(m->lint) < MEMBERS_CHECKED_SINCE) ||
	       has_word(members, m->p->member);
}

static bool may_call(const struct machine *m, uint8_t caller)
{
	const char *types = callers[caller].types;

	if (!strcmp(types, "A"))
		return true;
	if (m->p->type == BPF_PROG_TYPE_STRUCT_OPS)
		return ops_may_call(m, caller);
	if (m->p->type == BPF_PROG_TYPE_TRACING && m->p->attach == BPF_TRACE_ITER && strchr(types, 'I'))
		return true;
	for (size_t i = 0; i < sizeof type_letters / sizeof *type_letters; i++)
		if (type_letters[i].type == (int)m->p->type && lint_kernel(m->lint) >= type_letters[i].since)
			return strpbrk(types, type_letters[i].letters);
	return false;
}

#define LOCKED_ITERATORS_SINCE 0x060e

static void check_allowed(struct machine *m, const struct kfunc *k)
{
	bool of_scheduler = !strcmp(callers[k->caller].ops, "sched_ext_ops");

	if ((k->caller != CALLER_ALL || kfunc_does(k, 'W')) && m->p->type == BPF_PROG_TYPE_EXT)
		not_judged(m,
			"whether %s() may be called depends on the program in which a function is replaced",
			k->name);
	if (of_scheduler && m->p->type != BPF_PROG_TYPE_STRUCT_OPS &&
		lint_kernel(m->lint) < MEMBERS_CHECKED_SINCE)
		not_judged(m, "which programs besides a scheduler's may call %s() is not known", k->name);
	if (!may_call(m, k->caller))
		reject(m, L_helper_not_allowed, NULL, "a program of this type cannot call %s()%s%s", k->name,
			m->p->member ? ", as " : "", m->p->member ? m->p->member : "");
	bool locked =
		kfunc_does(k, 'l') || (kfunc_does(k, 'i') && lint_kernel(m->lint) >= LOCKED_ITERATORS_SINCE);
	if (m->cur->locks && !locked)
		reject(m, L_lock, "Call it before the lock, or after.", "%s() is called with a lock held",
			k->name);
	if (kfunc_does(k, 'z') && !may_sleep(m))
		reject(m, L_sleeps, "Make the program sleepable by its section's name, `.s`.",
			"%s() may sleep, and must not here", k->name);
	if (kfunc_does(k, 'p') && !kfunc_does(k, 'N') && !in_rcu(m))
		reject(m, L_lock, "Call bpf_rcu_read_lock() before.", "%s() is called with RCU not locked",
			k->name);
}

/* The function that a name stands for: `bpf_x___old` is bpf_x as some kernels had it, and which they had is
 * told by its type. */
enum presence {
	IS_ABSENT,
	IS_ANOTHER,
	IS_THERE,
};

static enum presence presence(struct machine *m, const char *name, uint32_t id)
{
	const char *names[] = {name, without_flavour(m, name)};
	enum presence found = IS_ABSENT;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int is = btf__find_by_name_kind(m->kernel, names[i], BTF_KIND_FUNC);
		if (is <= 0)
			continue;
		found = IS_ANOTHER;
		if (btf_compatible(m->o->btf, btf__type_by_id(m->o->btf, id)->type, m->kernel,
			    btf__type_by_id(m->kernel, (uint32_t)is)->type))
			return IS_THERE;
	}
	return found;
}

/* libbpf does not let a call go to a function that takes or gives something else. */
static void check_type(struct machine *m, const struct lint_extern *e)
{
	if (!e->btf_id || is_uring_step(m) || !lint_kernel_btf(m->lint))
		return;
	need_kernel(m);
	if (presence(m, e->name, e->btf_id) == IS_ANOTHER)
		reject(m, L_helper_not_allowed, "Declare it as the kernel's headers do.",
			"%s() takes or gives something else in the kernel whose BTF is at hand", e->name);
}

/* A program asks whether a function is there by its address, which is 0 where it is not. Those of modules
 * are not looked for. */
bool load_kfunc_address(struct machine *m, struct reg *to, const char *name)
{
	int id = m->o->btf ? btf__find_by_name_kind(m->o->btf, name, BTF_KIND_FUNC) : 0;
	if (id <= 0)
		return false;
	need_kernel(m);
	if (presence(m, name, (uint32_t)id) == IS_THERE) {
		reg_point(to, IN_MEMORY, 0);
		to->flags = READ_ONLY;
	} else {
		reg_known(to, 0);
	}
	return true;
}

void call_kfunc(struct machine *m, const struct bpf_insn *in, bool *throws)
{
	const struct lint_extern *e = extern_at(m, m->insn);
	const struct kfunc *k = e ? kfunc_of(e) : NULL;

	(void)in;
	if (!k)
		not_judged(m, "it calls %s() of the kernel, which is not modelled", e ? e->name : "?");
	/* Of others, needs.c has said it. */
	if (e->weak && lint_kernel(m->lint) < lint_kfunc_since(k->name))
		reject(m, L_helper_not_allowed,
			"Ask first, of a `__weak` kfunc: `if (bpf_ksym_exists(...))`.",
			"Linux %u.%u has no %s()", lint_kernel(m->lint) >> 8, lint_kernel(m->lint) & 255,
			k->name);
	check_allowed(m, k);
	check_type(m, e);
	if (k->takes) {
		call_local_kfunc(m, k);
		return;
	}
	for (unsigned i = 1; i <= arguments_of(m, e); i++)
		need_value(m, i);
	switch (k - kfuncs) {
	case K_bpf_io_uring_submit_sqes:
		need_ring(m, k);
		forget_caller_saved(m);
		reg_unknown(reg_now(m, 0));
		return;
	case K_bpf_io_uring_get_region:
		get_region(m, k);
		return;
	case K_bpf_rcu_read_lock:
	case K_bpf_rcu_read_unlock:
		section(m, k, &m->cur->rcu, k - kfuncs == K_bpf_rcu_read_lock);
		return;
	case K_bpf_preempt_disable:
	case K_bpf_preempt_enable:
		section(m, k, &m->cur->preempt, k - kfuncs == K_bpf_preempt_disable);
		return;
	case K_bpf_local_irq_save:
	case K_bpf_local_irq_restore:
		interrupts(m, k, k - kfuncs == K_bpf_local_irq_save);
		return;
	case K_bpf_res_spin_lock:
	case K_bpf_res_spin_lock_irqsave:
		call_res_lock(m, k, true, k - kfuncs == K_bpf_res_spin_lock_irqsave);
		return;
	case K_bpf_res_spin_unlock:
	case K_bpf_res_spin_unlock_irqrestore:
		call_res_lock(m, k, false, k - kfuncs == K_bpf_res_spin_unlock_irqrestore);
		return;
	case K_bpf_cast_to_kern_ctx:
		cast_context(m, k);
		return;
	case K_bpf_rdonly_cast:
		cast_read_only(m, k);
		return;
	case K_bpf_throw:
		*throws = true;
		return;
	case K___bpf_trap:
		reject(m, L_no_value, "Give every variable a value on every path.",
			"a path leads to where a variable has no value: the compiler has put %s() there",
			k->name);
	default:
		break;
	}
	if (kfunc_does(k, 'N') || kfunc_does(k, 'X') || kfunc_does(k, 'D'))
		call_iterator(m, k);
	else
		kfunc_by_types(m, k);
}
