/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kfuncs.c: calls of the kernel's own functions. Only some are modelled: io_uring's, iterators over numbers,
 * and sections in which something is off.
 */
#include <string.h>
#include "kernel.h"

enum kfunc {
	SUBMIT_SQES,
	GET_REGION,
	ITER_NUM_NEW,
	ITER_NUM_NEXT,
	ITER_NUM_DESTROY,
	RCU_LOCK,
	RCU_UNLOCK,
	PREEMPT_DISABLE,
	PREEMPT_ENABLE,
	THROW,
	BY_ROW,
};

/* Those that acquire, use and release objects of the kernel need only what is in their row. An argument: H
 * that is held; R that is held, trusted, or there by RCU; . a number. A result: a is held, or NULL; n a
 * number. */
static const struct kfunc_row {
	const char *name;
	uint8_t arguments, traits;
	const char *of, *takes;
	char gives;
} kfuncs[] = {
	[SUBMIT_SQES] = {"bpf_io_uring_submit_sqes", 2, KFUNC_SLEEPS, NULL, NULL, 0},
	[GET_REGION] = {"bpf_io_uring_get_region", 3, 0, NULL, NULL, 0},
	[ITER_NUM_NEW] = {"bpf_iter_num_new", 3, 0, NULL, NULL, 0},
	[ITER_NUM_NEXT] = {"bpf_iter_num_next", 1, KFUNC_NEXT, NULL, NULL, 0},
	[ITER_NUM_DESTROY] = {"bpf_iter_num_destroy", 1, 0, NULL, NULL, 0},
	[RCU_LOCK] = {"bpf_rcu_read_lock", 0, 0, NULL, NULL, 0},
	[RCU_UNLOCK] = {"bpf_rcu_read_unlock", 0, 0, NULL, NULL, 0},
	[PREEMPT_DISABLE] = {"bpf_preempt_disable", 0, 0, NULL, NULL, 0},
	[PREEMPT_ENABLE] = {"bpf_preempt_enable", 0, 0, NULL, NULL, 0},
	[THROW] = {"bpf_throw", 1, KFUNC_THROWS | KFUNC_GENERIC, NULL, NULL, 0},
	[BY_ROW] = {"bpf_task_acquire", 1, KFUNC_GENERIC, "task_struct", "R", 'a'},
	{"bpf_task_from_pid", 1, KFUNC_GENERIC, "task_struct", ".", 'a'},
	{"bpf_task_release", 1, KFUNC_GENERIC, "task_struct", "H", '0'},
	{"bpf_cgroup_acquire", 1, KFUNC_GENERIC, "cgroup", "R", 'a'},
	{"bpf_cgroup_ancestor", 2, KFUNC_GENERIC, "cgroup", "R.", 'a'},
	{"bpf_cgroup_from_id", 1, KFUNC_GENERIC, "cgroup", ".", 'a'},
	{"bpf_cgroup_release", 1, KFUNC_GENERIC, "cgroup", "H", '0'},
};

static const char *name_of(const struct machine *m, uint32_t insn)
{
	const struct lint_ref *r = &m->p->refs[insn];
	return r->kind == REF_KFUNC && r->index < m->o->externs.n ? m->o->externs.at[r->index].name : "?";
}

static int kfunc_of(const struct machine *m, uint32_t insn)
{
	const char *name = name_of(m, insn);
	for (size_t i = 0; i < sizeof kfuncs / sizeof *kfuncs; i++)
		if (!strcmp(kfuncs[i].name, name))
			return (int)i;
	return -1;
}

unsigned kfunc_traits(const struct machine *m, const struct bpf_insn *in, unsigned *arguments)
{
	int k = kfunc_of(m, (uint32_t)(in - m->p->insns));
	*arguments = k < 0 ? 5 : kfuncs[k].arguments;
	return k < 0 ? KFUNC_UNKNOWN : kfuncs[k].traits;
}

/* ---- iterators: a slot of the stack ---- */

static struct slot *iterator(struct machine *m, bool fresh)
{
	struct reg *r = reg_now(m, 1);
	if (r->kind != IN_STACK || !num_is_known(&r->v))
		reject(m, L_bad_argument, NULL, "argument 1 of %s() is to be an iterator on the stack",
			name_of(m, m->insn));
	int off = r->off + (int)r->v.bits.value;
	if (off % 8 || off > -8 || off < -STACK_MAX)
		reject(m, L_bad_argument, NULL, "argument 1 of %s() is to be on the stack, aligned to 8",
			name_of(m, m->insn));
	struct frame *f = frame_of(m, r);
	unsigned at = (unsigned)slot_of(off);
	bool there = at < f->n && f->slots[at].bytes[0] == BYTE_ITER;
	if (there == fresh)
		reject(m, L_bad_argument,
			fresh ? "Destroy it first." : "Make it first, with bpf_iter_num_new().",
			"argument 1 of %s() is %s iterator on this path", name_of(m, m->insn),
			fresh ? "already an" : "no");
	if (fresh)
		access_memory(m, 1, 0, 8, WRITE, -1, false, false);
	else
		stack_read(m, (unsigned)r->which, 1ULL << at);
	return &f->slots[at];
}

static void iterator_new(struct machine *m)
{
	struct slot *s = iterator(m, true);
	reg_point(&s->reg, IN_STACK, 0);
	s->reg.held = hold(m, m->insn);
	s->reg.off = ITER_ACTIVE;
	memset(s->bytes, BYTE_ITER, 8);
}

static void iterator_destroy(struct machine *m)
{
	struct slot *s = iterator(m, false);
	uint32_t held = s->reg.held;
	memset(s->bytes, BYTE_UNSET, 8);
	reg_forget(&s->reg);
	release(m, held);
}

/* There is no more, which is followed now; or there is one more, later. */
static void iterator_next(struct machine *m)
{
	const struct reg r1 = *reg_now(m, 1);
	struct slot *s = iterator(m, false);
	unsigned at = (unsigned)slot_of(r1.off + (int)r1.v.bits.value);

	forget_caller_saved(m);
	struct reg *r0 = reg_now(m, 0);
	reg_point(r0, IN_MEMORY, 4);
	r0->flags = READ_ONLY;
	r0->origin = m->insn + 1;
	if (s->reg.off == ITER_ACTIVE) {
		struct state *before = m->cur->parent ? found_before(m, m->cur->parent, m->insn) : NULL;
		struct state *on = follow_later(m, m->insn + 1, m->insn);
		on->frames[r1.which]->slots[at].reg.id++;
		if (before)
			widen(m, before, on);
	}
	s->reg.off = ITER_DRAINED;
	reg_known(r0, 0);
}

/* ---- io_uring ---- */

static void need_ring(struct machine *m)
{
	const struct reg *r = reg_now(m, 1);
	if (r->kind != IN_OBJECT || !(r->flags & TRUSTED) || r->which != 1)
		reject(m, L_bad_argument, "Pass the step's first argument.",
			"argument 1 of %s() is to be the ring", name_of(m, m->insn));
	need_unchanged(m, 1, r, false);
}

static void get_region(struct machine *m)
{
	const struct reg *size = reg_now(m, 3);
	need_ring(m);
	if (!is_number(size) || !num_is_known(&size->v))
		reject(m, L_bad_size, "Pass a constant.", "argument 3 of %s() is to be a constant size",
			name_of(m, m->insn));
	need_precise(m, 3);
	int32_t bytes = (int32_t)size->v.bits.value;
	forget_caller_saved(m);
	struct reg *r0 = reg_now(m, 0);
	reg_point(r0, IN_MEMORY, bytes);
	r0->flags = MAYBE_NULL;
	r0->id = ++m->ids;
}

static void section(struct machine *m, uint16_t *depth, bool begin)
{
	if (begin && *depth && depth == &m->cur->rcu && lint_kernel(m->lint) <= 0x0612)
		reject(m, L_lock, "Lock RCU once.", "RCU is locked already");
	if (!begin && !*depth)
		reject(m, L_lock, NULL, "%s() without what it ends", name_of(m, m->insn));
	*depth = (uint16_t)(begin ? *depth + 1 : *depth - 1);
	if (depth == &m->cur->rcu && !*depth)
		forget_rcu(m);
	forget_caller_saved(m);
}

/* ---- objects of the kernel ---- */

static void by_row(struct machine *m, const struct kfunc_row *k)
{
	need_kernel(m);
	int id = btf__find_by_name_kind(m->kernel, k->of, BTF_KIND_STRUCT);
	uint32_t held = 0;

	if (id <= 0)
		not_judged(m, "the kernel whose BTF is at hand has no `struct %s`", k->of);
	for (unsigned i = 0; k->takes[i]; i++) {
		const struct reg *r = reg_now(m, i + 1);
		bool object = k->takes[i] != '.', given = r->kind == IN_STRUCT && r->which == id;
		if (object && (r->flags & MAYBE_NULL))
			reject(m, L_maybe_null, "Check it first: `if (!p) return 0;`.",
				"argument %u of %s() may be NULL", i + 1, k->name);
		if (object ? !given : !is_number(r))
			reject(m, L_bad_argument, NULL, "argument %u of %s() is to be %s%s; it is %s", i + 1,
				k->name, object ? "a struct " : "a number", object ? k->of : "",
				reg_words(m, r));
		if (!object)
			continue;
		need_unchanged(m, i + 1, r, false);
		bool safe =
			r->held || ((r->flags & (TRUSTED | RCU)) && !(r->flags & (UNTRUSTED | ELSEWHERE)));
		if (k->takes[i] == 'H' ? !r->held : !safe)
			reject(m, L_bad_argument, "Acquire it, or load it while RCU is locked.",
				"argument %u of %s() is not %s", i + 1, k->name,
				k->takes[i] == 'H' ? "held" : "sure to be there");
		if (k->takes[i] == 'H')
			held = r->held;
	}
	if (held)
		release(m, held);
	forget_caller_saved(m);
	struct reg *r0 = reg_now(m, 0);
	if (k->gives == 'a') {
		reg_point(r0, IN_STRUCT, id);
		r0->flags = MAYBE_NULL;
		r0->id = r0->held = hold(m, m->insn);
	}
}

/* Those that the kernel registers its generic kfuncs for, and what shares a list with them. */
static bool may_call_generic(enum bpf_prog_type type)
{
	static const uint8_t types[] = {BPF_PROG_TYPE_TRACING, BPF_PROG_TYPE_TRACEPOINT,
		BPF_PROG_TYPE_PERF_EVENT, BPF_PROG_TYPE_LSM, BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_XDP,
		BPF_PROG_TYPE_STRUCT_OPS, BPF_PROG_TYPE_SYSCALL, BPF_PROG_TYPE_CGROUP_SKB,
		BPF_PROG_TYPE_CGROUP_SOCK, BPF_PROG_TYPE_CGROUP_DEVICE, BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
		BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_PROG_TYPE_CGROUP_SYSCTL};
	return memchr(types, (int)type, sizeof types);
}

void call_kfunc(struct machine *m, const struct bpf_insn *in, bool *throws)
{
	int k = kfunc_of(m, m->insn);

	(void)in;
	if (k < 0)
		not_judged(m, "it calls %s() of the kernel, which is not modelled", name_of(m, m->insn));
	if ((kfuncs[k].traits & KFUNC_GENERIC) && m->p->type == BPF_PROG_TYPE_EXT)
		not_judged(m,
			"whether %s() may be called depends on the program in which a function is replaced",
			kfuncs[k].name);
	if ((kfuncs[k].traits & KFUNC_GENERIC) && !may_call_generic(m->p->type))
		reject(m, L_helper_not_allowed, NULL, "a program of this type cannot call %s()",
			kfuncs[k].name);
	if (m->cur->locks)
		reject(m, L_lock, NULL, "%s() is called with a lock held", name_of(m, m->insn));
	if ((kfuncs[k].traits & KFUNC_SLEEPS) && (!m->p->sleepable || m->cur->rcu || m->cur->preempt))
		reject(m, L_sleeps, "Make the program sleepable by its section's name, `.s`.",
			"%s() may sleep, and must not here", kfuncs[k].name);
	for (unsigned i = 1; i <= kfuncs[k].arguments; i++)
		need_value(m, i);
	if (k >= BY_ROW) {
		by_row(m, &kfuncs[k]);
		return;
	}
	switch ((enum kfunc)k) {
	case SUBMIT_SQES:
		need_ring(m);
		forget_caller_saved(m);
		reg_unknown(reg_now(m, 0));
		break;
	case GET_REGION:
		get_region(m);
		break;
	case ITER_NUM_NEW:
		iterator_new(m);
		forget_caller_saved(m);
		reg_unknown(reg_now(m, 0));
		break;
	case ITER_NUM_NEXT:
		iterator_next(m);
		break;
	case ITER_NUM_DESTROY:
		iterator_destroy(m);
		forget_caller_saved(m);
		break;
	case RCU_LOCK:
	case RCU_UNLOCK:
		section(m, &m->cur->rcu, k == RCU_LOCK);
		break;
	case PREEMPT_DISABLE:
	case PREEMPT_ENABLE:
		section(m, &m->cur->preempt, k == PREEMPT_DISABLE);
		break;
	case THROW:
		*throws = true;
		break;
	case BY_ROW:
		break;
	}
}
