/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * step.c: one instruction: what is known after it. Loads, stores and the ways out of a function are here.
 */
#include <string.h>
#include "../names.h"
#include "kernel.h"

static const uint8_t sizes[] = {[BPF_W >> 3] = 4, [BPF_H >> 3] = 2, [BPF_B >> 3] = 1, [BPF_DW >> 3] = 8};

static unsigned size_of(const struct bpf_insn *in)
{
	return sizes[BPF_SIZE(in->code) >> 3];
}

void need_value(struct machine *m, unsigned reg)
{
	if (reg > 10)
		reject(m, L_bad_instruction, NULL, "there is no register R%u", reg);
	if (reg_now(m, reg)->kind != IN_NOTHING)
		return;
	bool argument = reg >= 1 && reg <= 5;
	reject(m, L_no_value,
		argument ? "A call leaves nothing in R1 to R5; in C, initialise the variable on every path."
			 : "Give the variable a value on every path.",
		"%s is read, but has no value on this path", reg_name(m, reg));
}

void need_writable(struct machine *m, unsigned reg)
{
	if (reg == 10)
		reject(m, L_bad_instruction, NULL, "the frame pointer cannot be written");
	if (reg > 10)
		reject(m, L_bad_instruction, NULL, "there is no register R%u", reg);
}

static void load(struct machine *m, const struct bpf_insn *in)
{
	bool sign = BPF_MODE(in->code) == NEW_BPF_MEMSX;

	if (sign && size_of(in) == 8)
		reserved(m);
	need_value(m, in->src_reg);
	need_writable(m, in->dst_reg);
	access_memory(m, in->src_reg, in->off, size_of(in), READ, in->dst_reg, false, sign);
}

static void store(struct machine *m, const struct bpf_insn *in)
{
	need_value(m, in->src_reg);
	need_value(m, in->dst_reg);
	access_memory(m, in->dst_reg, in->off, size_of(in), WRITE, in->src_reg, false, false);
}

static void store_constant(struct machine *m, const struct bpf_insn *in)
{
	need_value(m, in->dst_reg);
	access_memory(m, in->dst_reg, in->off, size_of(in), WRITE, -1, false, false);
}

/* What a program may write of a struct, it may change so too. */
static void atomic_target(struct machine *m, unsigned reg, bool changed)
{
	uint8_t kind = reg_now(m, reg)->kind;
	if (kind == IN_CONTEXT || is_packet(reg_now(m, reg)) || kind == IN_SOCKET || kind == IN_SOCK_COMMON ||
		kind == IN_TCP_SOCK || (kind == IN_STRUCT && !changed) || kind == IN_FLOW_KEYS)
		reject(m, L_bad_atomic, "Atomic instructions work on map values and the stack.",
			"an atomic instruction on %s", reg_words(m, reg_now(m, reg)));
}

static void atomic(struct machine *m, const struct bpf_insn *in)
{
	unsigned size = size_of(in);
	int loads = -1;

	switch (in->imm) {
	case NEW_BPF_LOAD_ACQ:
		need_value(m, in->src_reg);
		need_writable(m, in->dst_reg);
		atomic_target(m, in->src_reg, false);
		access_memory(m, in->src_reg, in->off, size, READ, in->dst_reg, true, false);
		return;
	case NEW_BPF_STORE_REL:
		need_value(m, in->src_reg);
		need_value(m, in->dst_reg);
		atomic_target(m, in->dst_reg, false);
		access_memory(m, in->dst_reg, in->off, size, WRITE, in->src_reg, true, false);
		return;
	case BPF_ADD:
	case BPF_ADD | BPF_FETCH:
	case BPF_AND:
	case BPF_AND | BPF_FETCH:
	case BPF_OR:
	case BPF_OR | BPF_FETCH:
	case BPF_XOR:
	case BPF_XOR | BPF_FETCH:
	case BPF_XCHG:
	case BPF_CMPXCHG:
		break;
	default:
		reject(m, L_bad_instruction, NULL, "there is no atomic instruction 0x%02x",
			(unsigned)in->imm);
	}
	if (size < 4)
		reject(m, L_bad_atomic, "Use 4 or 8 bytes.", "an atomic instruction on %u bytes", size);
	need_value(m, in->src_reg);
	need_value(m, in->dst_reg);
	if (in->imm == BPF_CMPXCHG)
		need_value(m, 0);
	atomic_target(m, in->dst_reg, true);
	if (in->imm & BPF_FETCH) {
		loads = in->imm == BPF_CMPXCHG ? 0 : in->src_reg;
		need_writable(m, (unsigned)loads);
		reg_unknown(reg_now(m, (unsigned)loads));
	}
	access_memory(m, in->dst_reg, in->off, size, READ, -1, true, false);
	if (loads >= 0)
		access_memory(m, in->dst_reg, in->off, size, READ, loads, true, false);
	access_memory(m, in->dst_reg, in->off, size, WRITE, -1, true, false);
}

static void load_wide(struct machine *m, const struct bpf_insn *in)
{
	const struct lint_ref *ref = &m->p->refs[m->insn];
	struct reg *d;

	need_writable(m, in->dst_reg);
	d = reg_now(m, in->dst_reg);
	switch (ref->kind) {
	case REF_MAP:
		if (in[1].imm)
			reserved(m);
		reg_point(d, IN_MAP, (int32_t)ref->index);
		break;
	case REF_VALUE:
		if (m->o->maps.at[ref->index].type == NEW_BPF_MAP_TYPE_ARENA) {
			reg_unknown(d);
			break;
		}
		if ((uint64_t)ref->offset >= m->o->maps.at[ref->index].value_size)
			reject(m, L_out_of_value, NULL, "the address of byte %lld of map `%s`, which has %u",
				(long long)ref->offset, m->o->maps.at[ref->index].name,
				m->o->maps.at[ref->index].value_size);
		reg_point(d, IN_VALUE, (int32_t)ref->index);
		d->off = (int32_t)ref->offset;
		break;
	case REF_FUNCTION:
		reg_point(d, IN_FUNCTION, (int32_t)ref->index);
		break;
	case REF_EXTERN:
		if (load_kfunc_address(m, d, m->o->externs.at[ref->index].name))
			break;
		not_judged(m, "it uses `%s` of the kernel", m->o->externs.at[ref->index].name);
	default:
		if (in->src_reg)
			reserved(m);
		reg_known(d, (uint64_t)(uint32_t)in[1].imm << 32 | (uint32_t)in->imm);
		break;
	}
}

#define EARLY_RETURNS_SINCE 0x0612

/* A tail call, or a load of what the packet does not have, leaves the function that it is in. What follows
 * here is that; what it does not do, later. False: the verifier does not know of that. */
bool returns_early(struct machine *m, const char *by)
{
	for (unsigned f = 1; f <= m->cur->top; f++)
		if (m->cur->frames[f]->in_callback)
			reject(m, L_helper_not_allowed, "Let the callback return what says so.",
				"%s, which may leave the function, in a callback", by);
	if (lint_kernel(m->lint) < EARLY_RETURNS_SINCE)
		return false;
	if (m->cur->top)
		follow_later(m, m->insn + 1, m->insn);
	return true;
}

/* The packet's bytes the old way: the context is in R6, and the program ends where there are none. */
static void load_packet(struct machine *m, const struct bpf_insn *in)
{
	bool may = m->p->type == BPF_PROG_TYPE_SOCKET_FILTER || m->p->type == BPF_PROG_TYPE_SCHED_CLS ||
		   m->p->type == BPF_PROG_TYPE_SCHED_ACT;
	if (!may)
		reject(m, L_bad_instruction,
			"Read the packet by its data pointer, or by bpf_skb_load_bytes().",
			"packets cannot be read this way by a program of this type");
	need_value(m, 6);
	if (m->cur->locks)
		reject(m, L_lock, "Load it before the lock, or after.",
			"the packet is loaded with a lock held, and the program may end there");
	check_held(m, "a load of the packet, which may end the program");
	if (reg_now(m, 6)->kind != IN_CONTEXT)
		reject(m, L_bad_argument, NULL, "a load of the packet needs the context in R6");
	if (BPF_MODE(in->code) == BPF_IND)
		need_value(m, in->src_reg);
	need_unchanged(m, 6, reg_now(m, 6), false);
	forget_caller_saved(m);
	reg_unknown(reg_now(m, 0));
	if (returns_early(m, "a load of the packet") && m->cur->top) {
		reg_known(reg_now(m, 0), 0);
		return_from(m);
	}
}

/* The program may end within such a function, as if that had returned 0. */
void check_packet_loads(struct machine *m)
{
	for (uint32_t f = 1; m->btf && f < m->p->functions.n; f++) {
		const struct lint_function *x = &m->p->functions.at[f];
		const struct btf_type *t = btf_prototype(m->btf, x->btf_id);
		t = t ? btf__type_by_id(m->btf, btf_plain(m->btf, t->type)) : NULL;
		if (!t || btf_is_int(t) || btf_is_any_enum(t))
			continue;
		for (uint32_t i = x->first; i < x->first + x->n; i++)
			if (BPF_CLASS(m->p->insns[i].code) == BPF_LD &&
				BPF_MODE(m->p->insns[i].code) != BPF_IMM)
				reject_at(m, i, L_bad_return, "Have the function return an int.",
					"the packet is loaded in `%s`, which returns no number", x->name);
	}
}

/* To Linux 6.18 a throw within a global function was one of that alone. */
bool throws_leave_globals(const struct machine *m)
{
	return lint_kernel(m->lint) > 0x0612;
}

/* What is held may be given back to the kernel, where that asks for it. */
static bool is_given(struct machine *m, unsigned reg)
{
	const struct reg *r = reg_now(m, reg);
	int32_t given = ops_gives(m);
	if (!given || !r->held || r->kind != IN_STRUCT || r->which != given)
		return false;
	need_unchanged(m, reg, r, false);
	return true;
}

/* What a program, or a global function, ends with. */
static void check_result(struct machine *m, unsigned reg, bool of_program)
{
	int32_t min, max;
	const struct frame *f = m->cur->frames[0];
	const struct reg *r = reg_now(m, reg);
	char said[80];

	/* Nobody looks at what a hook without a result returns. */
	bool is_hook = m->p->type == BPF_PROG_TYPE_LSM && m->p->attach == BPF_LSM_MAC;
	bool is_member = m->p->type == BPF_PROG_TYPE_STRUCT_OPS && m->target;
	if ((is_hook || is_member) && !m->target->type && (!f->function || f->function == m->p->exception))
		return;
	if (f->function && f->function != m->p->exception && !f->in_async && returns_nothing(m, f->function))
		return;
	need_value(m, reg);
	if (!f->function && is_given(m, reg))
		return;
	if (f->in_async) {
		min = f->returns_min;
		max = f->returns_max;
	} else if (f->function && f->function != m->p->exception && !of_program) {
		if (!is_number(r))
			reject(m, L_bad_return, NULL, "a global function ends with %s", reg_words(m, r));
		return;
	} else if (!returned_range(m, &min, &max)) {
		return;
	}
	if (!is_number(r))
		reject(m, L_bad_return, NULL, "the program ends with %s", reg_words(m, r));
	need_precise(m, reg);
	bool is_int = m->p->type == BPF_PROG_TYPE_LSM; /* of a hook, which is called as such */
	if (is_int ? r->v.smin32 < min || r->v.smax32 > max : r->v.smin < min || r->v.smax > max)
		reject(m, L_bad_return, "Return a constant within it on every path.",
			"the program may return %s, and has to return %d to %d",
			num_say(&r->v, said, sizeof said), min, max);
}

static bool leave(struct machine *m, bool throws)
{
	bool of_program = !m->cur->top && !throws && !m->cur->frames[0]->function;

	if (m->cur->locks && !m->cur->top)
		reject(m, L_lock, "Unlock before every return.", "the program ends with a lock held");
	if (throws || !m->cur->top)
		check_held_but(m, of_program && ops_gives(m) ? reg_now(m, 0)->held : 0, "the program ends");
	if (throws) { /* what is thrown is what the program returns, where no function takes it */
		if (!m->p->exception)
			check_result(m, 1, throws_leave_globals(m));
		return true;
	}
	if (m->cur->top) {
		return_from(m);
		return false;
	}
	check_result(m, 0, false);
	return true;
}

static bool jump(struct machine *m, const struct bpf_insn *in)
{
	bool throws = false;

	m->jumps++;
	switch (BPF_OP(in->code)) {
	case BPF_CALL:
		if (in->src_reg == BPF_PSEUDO_CALL)
			call_own(m, in);
		else if (in->src_reg == BPF_PSEUDO_KFUNC_CALL)
			call_kfunc(m, in, &throws);
		else
			call_helper(m, in);
		return throws && leave(m, true);
	case BPF_JA:
		if (BPF_SRC(in->code) != BPF_K)
			reserved(m);
		m->insn += (uint32_t)jump_offset(in);
		return false;
	case BPF_EXIT:
		return leave(m, false);
	default:
		follow_branch(m, in);
		return false;
	}
}

/* ---- where values come from ---- */

struct made_of {
	uint32_t origin;
	bool number, derived;
};

static struct made_of made_of(struct machine *m, unsigned reg)
{
	const struct reg *r = reg_now(m, reg < 10 ? reg : 10);
	return (struct made_of){r->origin, is_number(r), r->derived};
}

/* A pointer is known by what it points to: where its offset varies, that is what may be wrong. */
static void origin_of_result(struct reg *d, const struct made_of *was, const struct made_of *by)
{
	bool pointer = !is_number(d);
	const struct made_of *of = pointer ? (was->number ? was : by) : was->origin ? was : by;

	if (!of->origin || (pointer && num_is_known(&d->v)))
		return;
	d->origin = of->origin;
	d->moved = pointer;
	d->derived = !pointer || of->derived;
}

/* What was loaded, or given by a call, and was not known before. */
static void origin_here(struct machine *m, const struct bpf_insn *in, uint32_t at)
{
	uint8_t class = BPF_CLASS(in->code);
	bool packet = class == BPF_LD && BPF_MODE(in->code) != BPF_IMM;

	if (class != BPF_LDX && !packet && in->code != (BPF_JMP | BPF_CALL))
		return;
	struct reg *r = reg_now(m, class == BPF_LDX ? in->dst_reg : 0);
	if (!r->origin && r->kind != IN_NOTHING)
		r->origin = at + 1;
}

static void alu_with_origin(struct machine *m, const struct bpf_insn *in)
{
	uint8_t op = BPF_OP(in->code);
	bool by_reg = BPF_SRC(in->code) == BPF_X && op < BPF_END && op != BPF_NEG;
	struct made_of was = made_of(m, in->dst_reg), by = {0};

	if (by_reg)
		by = made_of(m, in->src_reg);
	alu(m, in);
	if (op != BPF_MOV)
		origin_of_result(reg_now(m, in->dst_reg), &was, &by);
}

bool step(struct machine *m)
{
	const struct bpf_insn *in = &m->p->insns[m->insn];
	uint32_t at = m->insn;
	bool ends = false;

	check_insn(m);
	switch (BPF_CLASS(in->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		alu_with_origin(m, in);
		break;
	case BPF_LDX:
		load(m, in);
		break;
	case BPF_STX:
		if (BPF_MODE(in->code) == BPF_ATOMIC)
			atomic(m, in);
		else
			store(m, in);
		break;
	case BPF_ST:
		store_constant(m, in);
		break;
	case BPF_LD:
		if (BPF_MODE(in->code) == BPF_IMM) {
			load_wide(m, in);
			m->insn++;
		} else {
			load_packet(m, in);
		}
		break;
	default:
		ends = jump(m, in);
		break;
	}
	origin_here(m, in, at);
	m->insn++;
	return ends;
}
