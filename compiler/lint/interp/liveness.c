/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * liveness.c: what is still read after a place. What is not does not have to be the same for two states to
 * be.
 *
 * Of registers it follows from the instructions alone. Of stack slots it is found as paths are followed: an
 * instruction, in one chain of calls, may read some and surely overwrites some; from these two what is read
 * after each instruction follows backwards.
 */
#include <string.h>
#include "machine.h"

int jump_offset(const struct bpf_insn *in)
{
	return in->code == (BPF_JMP32 | BPF_JA) ? in->imm : in->off;
}

static bool is_jump(const struct bpf_insn *in)
{
	return BPF_CLASS(in->code) == BPF_JMP || BPF_CLASS(in->code) == BPF_JMP32;
}

unsigned successors(const struct machine *m, uint32_t i, uint32_t to[2])
{
	const struct bpf_insn *in = &m->p->insns[i];
	unsigned n = 0;

	if (!is_jump(in) || BPF_OP(in->code) == BPF_CALL) {
		to[n++] = i + 1 + (in->code == (BPF_LD | BPF_IMM | BPF_DW));
	} else if (BPF_OP(in->code) == BPF_JA) {
		to[n++] = (uint32_t)((int)i + 1 + jump_offset(in));
	} else if (BPF_OP(in->code) != BPF_EXIT) {
		to[n++] = i + 1;
		to[n++] = (uint32_t)((int)i + 1 + in->off);
	}
	return n;
}

/* ---- registers ---- */

#define CALLER_SAVED 0x3f /* R0 to R5 */

static uint16_t arguments_mask(unsigned n)
{
	return (uint16_t)(((1u << n) - 1) << 1);
}

static void use_of_call(const struct machine *m, const struct bpf_insn *in, uint16_t *uses)
{
	unsigned n = 5;
	if (in->src_reg == 0)
		n = helper_arguments((uint32_t)in->imm);
	else if (in->src_reg == BPF_PSEUDO_KFUNC_CALL)
		kfunc_traits(m, in, &n);
	*uses = arguments_mask(n);
}

static void use_of_store(const struct bpf_insn *in, uint16_t *uses, uint16_t *sets)
{
	uint16_t dst = (uint16_t)(1u << in->dst_reg), src = (uint16_t)(1u << in->src_reg);

	*uses = dst | src;
	if (BPF_MODE(in->code) != BPF_ATOMIC)
		return;
	if (in->imm == BPF_CMPXCHG) {
		*uses |= 1;
		*sets = 1;
	} else if (in->imm == NEW_BPF_LOAD_ACQ) { /* load-acquire */
		*uses = src;
		*sets = dst;
	} else if (in->imm & BPF_FETCH) {
		*sets = src;
	}
}

static void use_of(const struct machine *m, const struct bpf_insn *in, uint16_t *uses, uint16_t *sets)
{
	uint16_t dst = (uint16_t)(1u << in->dst_reg), src = (uint16_t)(1u << in->src_reg);
	bool by_reg = BPF_SRC(in->code) == BPF_X;

	*uses = *sets = 0;
	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
		if (BPF_MODE(in->code) == BPF_IMM) {
			*sets = dst;
		} else {
			*uses = 1u << 6 | (BPF_MODE(in->code) == BPF_IND ? src : 0);
			*sets = CALLER_SAVED;
		}
		break;
	case BPF_LDX:
		*uses = src;
		*sets = dst;
		break;
	case BPF_ST:
		*uses = dst;
		break;
	case BPF_STX:
		use_of_store(in, uses, sets);
		break;
	case BPF_ALU:
	case BPF_ALU64:
		*sets = dst;
		if (BPF_OP(in->code) == BPF_MOV)
			*uses = by_reg ? src : 0;
		else if (BPF_OP(in->code) == BPF_END || BPF_OP(in->code) == BPF_NEG)
			*uses = dst;
		else
			*uses = dst | (by_reg ? src : 0);
		break;
	default:
		if (BPF_OP(in->code) == BPF_EXIT) {
			*uses = 1;
		} else if (BPF_OP(in->code) == BPF_CALL) {
			use_of_call(m, in, uses);
			*sets = CALLER_SAVED;
		} else if (BPF_OP(in->code) != BPF_JA && BPF_OP(in->code) != NEW_BPF_JCOND) {
			*uses = dst | (by_reg ? src : 0);
		}
		break;
	}
}

void find_live_registers(struct machine *m)
{
	bool changed = true;
	while (changed) {
		changed = false;
		for (uint32_t k = 0; k < m->postorder_begin[m->p->functions.n]; k++) {
			uint32_t i = m->postorder[k], to[2];
			uint16_t uses, sets, after = 0;
			unsigned n = successors(m, i, to);
			for (unsigned s = 0; s < n; s++)
				after |= m->at[to[s]].live;
			use_of(m, &m->p->insns[i], &uses, &sets);
			uint16_t live = (uint16_t)((after & ~sets) | uses);
			changed |= live != m->at[i].live;
			m->at[i].live = live;
		}
	}
}

/* ---- stack slots ---- */

struct marks {
	uint64_t may_read, must_write, writes_on, live;
};

/* A function, called by one chain of calls. */
struct instance {
	uint32_t calls[FRAMES_MAX]; /* the last: the function's first instruction */
	uint32_t top, function, first, n;
	bool updated, write_lost;
	struct marks *frames[FRAMES_MAX]; /* of each frame's stack, for each instruction */
	bool *seen;
	struct instance *next;
};

/* Where functions call one another at many places there are as many chains as instructions are processed. */
static struct instance **bucket_of(struct machine *m, const uint32_t *calls, uint32_t top)
{
	uint32_t hash = 0;
	for (uint32_t i = 0; i <= top; i++)
		hash = (hash ^ calls[i]) * 0x9e3779b1u;
	return &m->instances[hash >> (32 - INSTANCE_BITS)];
}

static struct instance *instance_by(struct machine *m, const uint32_t *calls, uint32_t top, uint32_t function)
{
	struct instance *i, **bucket = bucket_of(m, calls, top);
	for (i = *bucket; i; i = i->next)
		if (i->top == top && !memcmp(i->calls, calls, (top + 1) * sizeof *calls))
			return i;
	i = machine_alloc(m, sizeof *i);
	memcpy(i->calls, calls, (top + 1) * sizeof *calls);
	i->top = top;
	i->function = function;
	i->first = m->p->functions.at[function].first;
	i->n = m->p->functions.at[function].n;
	i->seen = machine_alloc(m, i->n);
	i->next = *bucket;
	*bucket = i;
	return i;
}

static struct instance *instance_at(struct machine *m, const struct state *s, uint32_t frame)
{
	uint32_t calls[FRAMES_MAX];
	for (uint32_t i = 0; i < frame; i++)
		calls[i] = s->frames[i + 1]->callsite;
	calls[frame] = m->p->functions.at[s->frames[frame]->function].first;
	return instance_by(m, calls, frame, s->frames[frame]->function);
}

static struct marks *marks_of(struct machine *m, struct instance *in, uint32_t frame, uint32_t insn)
{
	if (!in->frames[frame])
		in->frames[frame] = machine_alloc(m, (in->n + 1) * sizeof(struct marks));
	return &in->frames[frame][insn - in->first];
}

void stack_marks_forget_place(struct machine *m)
{
	m->instance = NULL;
}

static struct instance *here(struct machine *m)
{
	if (!m->instance)
		m->instance = instance_at(m, m->cur, m->cur->top);
	return m->instance;
}

static void add_read(struct machine *m, struct instance *in, uint32_t frame, uint32_t insn, uint64_t slots)
{
	struct marks *k = marks_of(m, in, frame, insn);
	if ((slots & ~k->may_read) && ((k->may_read | slots) & ~k->live))
		in->updated = true;
	k->may_read |= slots;
}

void stack_read(struct machine *m, unsigned frame, uint64_t slots)
{
	add_read(m, here(m), frame, m->insn, slots);
}

void stack_written(struct machine *m, unsigned frame, uint64_t slots)
{
	m->writes[frame] |= slots;
}

void stack_marks_begin(struct machine *m)
{
	here(m);
	memset(m->writes, 0, sizeof m->writes);
}

static void add_writes(struct machine *m, struct instance *in, uint32_t insn)
{
	bool *seen = &in->seen[insn - in->first];
	for (uint32_t f = 0; f <= in->top; f++) {
		uint64_t now = m->writes[f];
		if (!now && !*seen)
			continue;
		struct marks *k = marks_of(m, in, f, insn);
		if (*seen)
			now &= k->must_write;
		if (k->must_write & ~now)
			in->write_lost = true;
		if (k->must_write != now) {
			k->must_write = now;
			in->updated = true;
		}
	}
	*seen = true;
}

void stack_marks_end(struct machine *m)
{
	if (m->instance)
		add_writes(m, m->instance, m->prev);
}

static bool settle_insn(struct machine *m, struct instance *in, uint32_t frame, uint32_t insn)
{
	uint32_t to[2];
	unsigned n = successors(m, insn, to);
	uint64_t after = 0, writes = UINT64_MAX;

	if (!n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		const struct marks *k = marks_of(m, in, frame, to[i]);
		after |= k->live;
		writes &= k->writes_on;
	}
	struct marks *k = marks_of(m, in, frame, insn);
	uint64_t live = (after & ~k->must_write) | k->may_read;
	writes |= k->must_write;
	bool changed = live != k->live || writes != k->writes_on;
	k->live = live;
	k->writes_on = writes;
	return changed;
}

/* What a function reads and writes of its callers' stacks, its call does. */
static void tell_caller(struct machine *m, const struct instance *in)
{
	uint32_t calls[FRAMES_MAX], call = in->calls[in->top - 1];
	uint32_t function = m->at[call].function;

	memcpy(calls, in->calls, sizeof calls);
	calls[in->top - 1] = m->p->functions.at[function].first;
	struct instance *outer = instance_by(m, calls, in->top - 1, function);
	memset(m->writes, 0, sizeof m->writes);
	for (uint32_t f = 0; f < in->top; f++) {
		if (!in->frames[f])
			continue;
		const struct marks *k = &in->frames[f][0];
		m->writes[f] = k->writes_on;
		add_read(m, outer, f, call, k->live);
	}
	add_writes(m, outer, call);
}

static void settle_instance(struct machine *m, struct instance *in)
{
	bool changed = true;
	for (uint32_t f = 0; in->write_lost && f <= in->top; f++)
		for (uint32_t i = 0; in->frames[f] && i < in->n; i++)
			in->frames[f][i].writes_on = 0;
	while (changed) {
		changed = false;
		for (uint32_t f = 0; f <= in->top; f++)
			for (uint32_t k = m->postorder_begin[in->function];
				in->frames[f] && k < m->postorder_begin[in->function + 1]; k++)
				changed |= settle_insn(m, in, f, m->postorder[k]);
	}
	if (in->top)
		tell_caller(m, in);
	in->updated = in->write_lost = false;
}

void stack_marks_settle(struct machine *m)
{
	m->instance = NULL;
	for (int f = m->cur->top; f >= 0; f--) {
		struct instance *in = instance_at(m, m->cur, (uint32_t)f);
		if (in->updated)
			settle_instance(m, in);
	}
}

static uint64_t live_at(const struct instance *in, uint32_t frame, uint32_t insn)
{
	return in->frames[frame] ? in->frames[frame][insn - in->first].live : 0;
}

/* Of a caller's stack, what the current function reads, and each after it when its callee has returned. */
static uint64_t live_slots(struct machine *m, const struct state *s, struct instance **chain, uint32_t frame)
{
	uint64_t live = live_at(chain[s->top], frame, s->insn);
	for (uint32_t i = frame; i < s->top; i++) {
		uint32_t call = s->frames[i + 1]->callsite;
		live |= live_at(chain[i], frame, m->at[call].calls_callback ? call : call + 1);
	}
	return live;
}

void forget_dead(struct machine *m, struct state *s)
{
	struct instance *chain[FRAMES_MAX];

	s->cleaned = true;
	for (uint32_t f = 0; f <= s->top; f++)
		chain[f] = instance_at(m, s, f);
	for (uint32_t f = 0; f <= s->top; f++) {
		struct frame *frame = s->frames[f];
		uint16_t live = m->at[f == s->top ? s->insn : s->frames[f + 1]->callsite].live;
		uint64_t slots = live_slots(m, s, chain, f);
		for (unsigned i = 0; i < 10; i++)
			if (!(live & (1u << i)))
				reg_forget(&frame->regs[i]);
		/* Whatever overwrites a dynptr has to know that there is one. */
		for (unsigned i = 0; i < frame->n; i++)
			if (!(slots & (1ULL << i)) && frame->slots[i].bytes[7] != BYTE_DYNPTR) {
				reg_forget(&frame->slots[i].reg);
				memset(frame->slots[i].bytes, BYTE_UNSET, 8);
			}
	}
}
