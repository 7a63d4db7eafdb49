/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * calls.c: calls of helpers. What each takes and gives is in prototypes.def; what a few do besides is here.
 */
#include <inttypes.h>
#include <string.h>
#include "call.h"
#include "core.h"
#include "kernel.h"
#include "local.h"

static const struct helper helpers[] = {
#define X(number, name, result, arguments, who, flags)                                                       \
	[number] = {"bpf_" #name, arguments, who, flags, result},
#include "prototypes.def"
#undef X
};

#define HELPERS 211 /* no more are added: what is new is a kfunc */

static const struct helper *helper(uint32_t id)
{
	return id < sizeof helpers / sizeof *helpers && helpers[id].name ? &helpers[id] : NULL;
}

bool flagged(const struct helper *h, char flag)
{
	return h && strchr(h->flags, flag);
}

unsigned helper_arguments(uint32_t id)
{
	const struct helper *h = helper(id);
	return h ? (unsigned)strlen(h->arguments) : 5;
}

bool helper_calls_back(uint32_t id, bool *async)
{
	*async = flagged(helper(id), 'A');
	return *async || flagged(helper(id), 'B');
}

bool helper_changes_packet(uint32_t id)
{
	return flagged(helper(id), 'P');
}

bool helper_sleeps(uint32_t id)
{
	return flagged(helper(id), 'Z');
}

/* ---- results ---- */

void forget_caller_saved(struct machine *m)
{
	for (unsigned i = 0; i < 6; i++)
		reg_forget(reg_now(m, i));
}

void lose_packet(struct machine *m)
{
	FOR_EACH_REG(m->cur, r, {
		if (is_packet(r) || r->kind == IN_PACKET_END || (r->flags & OF_PACKET))
			reg_unknown(r);
	})
}

/* Another program was called, and its result is that of the function. */
static void lose_packet_and_return(struct machine *m)
{
	lose_packet(m);
	reg_unknown(reg_now(m, 0));
	return_from(m);
}

static void give_value(struct machine *m, const struct call *c, struct reg *r0, bool may_be_null)
{
	reg_point(r0, IN_VALUE, c->map_index);
	r0->of = c->inner;
	if (may_be_null) {
		r0->flags = MAYBE_NULL;
		r0->id = ++m->ids;
	} else {
		if (has_lock(&m->map_fields[c->map_index]))
			r0->id = ++m->ids;
	}
}

static void give_socket(struct machine *m, const struct call *c, struct reg *r0)
{
	static const uint8_t kinds[128] = {['s'] = IN_SOCKET,
		['c'] = IN_SOCK_COMMON,
		['f'] = IN_SOCKET,
		['F'] = IN_SOCKET,
		['t'] = IN_TCP_SOCK};
	reg_point(r0, kinds[(unsigned char)c->h->result], 0);
	r0->flags = MAYBE_NULL;
	if (c->h->result == 's' || c->h->result == 'c') {
		r0->id = r0->held = hold(m, m->insn);
	} else {
		r0->id = ++m->ids;
		r0->held = c->h->result == 'F' ? 0 : c->held;
	}
}

static void give_struct(
	struct machine *m, const struct call *c, struct reg *r0, const char *name, bool may_be_null)
{
	need_kernel(m);
	int id = btf__find_by_name_kind(m->kernel, name, BTF_KIND_STRUCT);
	if (id <= 0)
		not_judged(m, "the kernel whose BTF is at hand has not what %s() gives", c->h->name);
	reg_point(r0, IN_STRUCT, id);
	if (may_be_null) {
		r0->flags = MAYBE_NULL;
		r0->id = ++m->ids;
	}
}

static void give(struct machine *m, const struct call *c)
{
	struct reg *r0 = reg_now(m, 0);
	bool known_there;

	switch (c->h->result) {
	case '0':
		reg_forget(r0);
		return;
	case 'n':
		reg_unknown(r0);
		if (flagged(c->h, 'M'))
			num_at_most(
				&r0->v, -4095, c->size_max > INT32_MAX ? INT32_MAX : (int64_t)c->size_max);
		return;
	case 'v':
		/* An inner map may have fewer elements than the one that it is defined by. */
		known_there = lint_kernel(m->lint) >= 0x060e && c->id == H_map_lookup_elem && c->key >= 0 &&
			      c->key < c->map->max_entries && !c->map->is_inner;
		give_value(m, c, r0, !known_there);
		if (c->id == H_map_lookup_elem &&
			(c->map->type == BPF_MAP_TYPE_SOCKMAP || c->map->type == BPF_MAP_TYPE_SOCKHASH))
			r0->id = r0->held = hold(m, m->insn);
		return;
	case 'V':
		give_value(m, c, r0, false);
		return;
	case 'm':
		reg_point(r0, IN_MEMORY, (int32_t)(uint32_t)c->alloc_size);
		r0->flags = MAYBE_NULL | RINGBUF;
		r0->id = r0->held = hold(m, m->insn);
		return;
	case 'M':
		give_data(m, &c->dynptr, (uint32_t)c->alloc_size);
		return;
	case 'k':
		point_by_field(m, r0, c->field);
		r0->flags |= MAYBE_NULL;
		r0->id = r0->held = hold(m, m->insn);
		return;
	case 'e': /* bpf_skc_to_udp6_sock() */
		give_struct(m, c, r0, c->h->name + strlen("bpf_skc_to_"), true);
		r0->held = c->held;
		return;
	case 'g':
		give_struct(m, c, r0, "pt_regs", false);
		return;
	case 'j':
		give_struct(m, c, r0, "socket", true);
		return;
	case 'p':
		reg_point(r0, IN_LOCAL, (int32_t)c->local_type);
		r0->flags = ALLOCATED | RCU;
		return;
	case 'o': {
		if (!m->kernel && lint_kernel_btf(m->lint))
			need_kernel(m);
		int task = m->kernel ? btf__find_by_name_kind(m->kernel, "task_struct", BTF_KIND_STRUCT) : 0;
		reg_point(r0, task > 0 ? IN_STRUCT : IN_OBJECT, task > 0 ? task : 0);
		r0->flags = TRUSTED;
		return;
	}
	default:
		give_socket(m, c, r0);
		return;
	}
}

/* ---- helpers that call back ---- */

static void callback_of_map(struct frame *callee, int32_t map, uint32_t inner, const struct reg *context)
{
	reg_point(&callee->regs[1], IN_MAP, map);
	reg_point(&callee->regs[2], IN_KEY, map);
	reg_point(&callee->regs[3], IN_VALUE, map);
	for (unsigned i = 1; i <= 3; i++)
		callee->regs[i].of = inner;
	if (context)
		callee->regs[4] = *context;
}

struct frame *call_later(
	struct machine *m, uint32_t function, int32_t map, uint32_t inner_map, bool sleepable)
{
	struct state *s = follow_alone(m, m->p->functions.at[function].first, function);
	m->functions[function].is_async = true;
	s->sleepable = sleepable;
	s->frames[0]->in_async = true;
	s->frames[0]->asked_for = frame_now(m)->asked_for + 1;
	callback_of_map(s->frames[0], map, inner_map, NULL);
	return s->frames[0];
}

struct frame *call_back_later(struct machine *m, uint32_t function)
{
	struct state *s = follow_later(m, m->p->functions.at[function].first, m->insn);

	enter_callback(m, s, function);
	s->callback_unroll++;
	s->frames[s->top - 1]->callback_depth++;
	frame_now(m)->callback_depth = 0;
	s->frames[s->top]->returns_min = 0;
	s->frames[s->top]->returns_max = 1;
	return s->frames[s->top];
}

static void call_back(struct machine *m, const struct call *c)
{
	struct frame *caller = frame_now(m);
	struct reg r1 = caller->regs[1], r3 = caller->regs[3], r4 = caller->regs[4];

	if (c->id == H_loop) {
		need_precise(m, 1);
		if (is_null(&caller->regs[4]))
			need_precise(m, 4);
		if (caller->callback_depth >= r1.v.umax) {
			caller->callback_depth = 0;
			return;
		}
	}
	struct frame *callee = call_back_later(m, c->function);
	switch (c->id) {
	case H_loop:
		reg_unknown(&callee->regs[1]);
		callee->regs[2] = r3;
		return;
	case H_find_vma:
		callee->regs[1] = r1;
		give_struct(m, c, &callee->regs[2], "vm_area_struct", false);
		callee->regs[3] = r4;
		return;
	case H_user_ringbuf_drain:
		reg_point(&callee->regs[1], IN_DYNPTR, DYNPTR_LOCAL);
		callee->regs[1].of = ++m->ids;
		callee->regs[2] = r3;
		return;
	default:
		callback_of_map(callee, r1.which, r1.of, &r3);
	}
}

/* ---- the call ---- */

bool may_sleep(const struct machine *m)
{
	const struct state *s = m->cur;
	return s->sleepable && !s->rcu && !s->preempt && !s->irqs;
}

void check_held(struct machine *m, const char *what)
{
	check_held_but(m, 0, what);
}

void check_held_but(struct machine *m, uint32_t given, const char *what)
{
	for (unsigned i = 0; i < m->cur->nheld; i++) {
		if (m->cur->held[i].kind != HELD_OBJECT || (given && m->cur->held[i].id == given))
			continue;
		reject(m, L_not_released, "Release it on every path, also where something fails.",
			"%s is still held: %s", held_name(m, m->cur->held[i].insn), what);
	}
	if (m->cur->rcu)
		reject(m, L_lock, "Call bpf_rcu_read_unlock() on every path.", "RCU is still locked: %s",
			what);
	if (m->cur->preempt)
		reject(m, L_lock, "Call bpf_preempt_enable() on every path.", "preemption is still off: %s",
			what);
	if (m->cur->irqs)
		reject(m, L_lock, "Call bpf_local_irq_restore() on every path.",
			"interrupts are still off: %s", what);
}

static void check_format(struct machine *m)
{
	const struct reg *text = reg_now(m, 3), *size = reg_now(m, 5);
	const struct lint_map *map = &m->o->maps.at[text->which];
	if (!format_fits((const char *)map->bytes + text->v.bits.value + text->off, size->v.bits.value / 8))
		reject(m, L_bad_argument, NULL,
			"argument 3 of bpf_snprintf() has a place for more values than are given, or of no "
			"known "
			"kind");
}

#define RETVAL_CHECKED_SINCE 0x0702

/* What a hook of a cgroup is to return instead. */
static void check_retval(struct machine *m)
{
	const struct reg *r = reg_now(m, 1);
	int32_t min = -ERRNO_MAX, max = 0;
	char said[80];
	bool has_result = m->p->type != BPF_PROG_TYPE_LSM || hook_returns(m, &min, &max);

	if (!has_result)
		reject(m, L_bad_argument, NULL,
			"the hook returns nothing that bpf_set_retval() could change");
	if (lint_kernel(m->lint) < RETVAL_CHECKED_SINCE)
		return;
	if (!is_number(r))
		reject(m, L_bad_argument, NULL, "argument 1 of bpf_set_retval() is to be a number; it is %s",
			reg_words(m, r));
	if (m->p->type == BPF_PROG_TYPE_CGROUP_SOCKOPT && m->p->attach == BPF_CGROUP_GETSOCKOPT)
		return;
	need_precise(m, 1);
	if (r->v.smin32 < min || r->v.smax32 > max)
		reject(m, L_bad_argument, "Pass the negative of an error's number, or 0.",
			"argument 1 of bpf_set_retval() may be %s, and is to be %d to %d",
			num_say(&r->v, said, sizeof said), min, max);
}

/* Before, a timer's function might sleep where the program might. */
#define TIMERS_AWAKE_SINCE 0x0612

static void before_result(struct machine *m, struct call *c)
{
	if (c->fill.size)
		access_by_helper(m, c->fill.reg, c->fill.size, WRITE, true, true);
	if (c->release && c->kept && in_rcu(m))
		keep_by_rcu(m, c->release);
	else if (c->release)
		release(m, c->release);
	if (c->id == H_tail_call)
		check_held(m, "a tail call does not come back");
	if (c->id == H_tail_call && num_is_known(&reg_now(m, 3)->v) && is_number(reg_now(m, 3)) &&
		reg_now(m, 3)->v.bits.value < c->map->max_entries)
		need_precise(m, 3);
	if (c->id == H_get_local_storage && !is_null(reg_now(m, 2)))
		reject(m, L_bad_argument, NULL, "argument 2 of %s() has to be 0", c->h->name);
	if (c->id == H_snprintf)
		check_format(m);
	if (c->id == H_set_retval)
		check_retval(m);
	if (c->id == H_timer_set_callback)
		call_later(m, c->function, c->map_index, c->inner,
			m->p->sleepable && lint_kernel(m->lint) < TIMERS_AWAKE_SINCE);
	else if (flagged(c->h, 'B'))
		call_back(m, c);
}

/* What is written into a packet may have to be moved for it. */
static bool writes_packet(const struct call *c)
{
	return c->id == H_dynptr_write && is_of_skb(c->dynptr.kind);
}

void call_helper(struct machine *m, const struct bpf_insn *in)
{
	struct call c = {.h = helper((uint32_t)in->imm), .id = (uint32_t)in->imm, .key = -1};

	if (c.id == CORE_NO_HELPER)
		reject(m, L_bad_object, "Ask first: `if (bpf_core_field_exists(...))`.",
			"it depends on a field or type that the kernel whose BTF is at hand does not have");
	if (c.id == 0 || c.id > HELPERS)
		reject(m, L_bad_instruction, NULL, "there is no helper %d", in->imm);
	if (!c.h)
		not_judged(m, "it calls helper %d, which is not modelled", in->imm);
	if (m->cur->locks && c.id != H_spin_unlock &&
		!(c.id == H_kptr_xchg && lint_kernel(m->lint) >= 0x0701))
		reject(m, L_lock, "Call it before the lock, or after.", "%s() is called with a lock held",
			c.h->name);
	check_allowed(m, &c);
	for (unsigned i = 0; c.h->arguments[i]; i++)
		argument(m, &c, i + 1, c.h->arguments[i]);
	if (c.map && (c.map->flags & BPF_F_RDONLY_PROG) &&
		(c.id == H_map_update_elem || c.id == H_map_delete_elem || c.id == H_map_push_elem ||
			c.id == H_map_pop_elem))
		reject(m, L_read_only, NULL, "map `%s` is only to be read by programs", c.map->name);
	if (c.map && !strchr(c.h->arguments, 'i'))
		check_map_allowed(m, &c);
	before_result(m, &c);
	forget_caller_saved(m);
	give(m, &c);
	bool goes_on = c.id == H_tail_call && returns_early(m, "a tail call"); /* with all that it has */
	if (goes_on && m->cur->top)
		lose_packet_and_return(m);
	else if ((flagged(c.h, 'P') && !goes_on) || writes_packet(&c))
		lose_packet(m);
}
