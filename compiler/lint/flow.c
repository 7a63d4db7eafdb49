/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * flow.c: where control goes. Loops are the strongly connected parts of a function (Tarjan's algorithm, with
 * a stack of its own: a program may have a million instructions).
 */
#include "flow.h"
#include <stdlib.h>
#include <string.h>

bool flow_is_wide(const struct bpf_insn *in)
{
	return in->code == (BPF_LD | BPF_IMM | BPF_DW);
}

bool flow_is_exit(const struct bpf_insn *in)
{
	return in->code == (BPF_JMP | BPF_EXIT);
}

bool flow_is_may_goto(const struct bpf_insn *in)
{
	return in->code == (BPF_JMP | BPF_JCOND);
}

bool flow_is_indirect(const struct bpf_insn *in)
{
	return in->code == (BPF_JMP | BPF_JA | BPF_X);
}

static bool is_jump(const struct bpf_insn *in)
{
	uint8_t class = BPF_CLASS(in->code), op = BPF_OP(in->code);
	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT &&
	       !flow_is_indirect(in);
}

static bool is_goto(const struct bpf_insn *in)
{
	return is_jump(in) && BPF_OP(in->code) == BPF_JA;
}

bool flow_is_conditional(const struct bpf_insn *in)
{
	return is_jump(in) && !is_goto(in);
}

bool flow_target(const struct lint_program *p, uint32_t at, uint32_t *to)
{
	const struct bpf_insn *in = &p->insns[at];
	bool far = in->code == (BPF_JMP32 | BPF_JA);
	if (!is_jump(in))
		return false;
	*to = at + 1 + (uint32_t)(far ? in->imm : in->off);
	return true;
}

unsigned flow_next(const struct lint_program *p, uint32_t at, uint32_t next[2])
{
	const struct bpf_insn *in = &p->insns[at];
	const struct lint_function *f = lint_function_at(p, at);
	uint32_t last = f->first + f->n, after = at + 1 + flow_is_wide(in), to;
	unsigned n = 0;

	if (flow_is_exit(in) || flow_is_indirect(in))
		return 0;
	if (!is_goto(in) && after < last)
		next[n++] = after;
	if (flow_target(p, at, &to) && to >= f->first && to < last && !(n && next[0] == to))
		next[n++] = to;
	return n;
}

/* ---- registers ---- */

#define REG(n) ((uint16_t)(1u << (n)))
#define CALLER_SAVED (REG(0) | REG(1) | REG(2) | REG(3) | REG(4) | REG(5))

static bool is_atomic(const struct bpf_insn *in)
{
	return BPF_CLASS(in->code) == BPF_STX && BPF_MODE(in->code) == BPF_ATOMIC;
}

/* A static function gives back what is in r0, if anything; what a function that the kernel calls has there is
 * its result, where it has one. */
static bool exit_reads(const struct lint_program *p, uint32_t at)
{
	return lint_function_at(p, at) == p->functions.at && p->type != BPF_PROG_TYPE_STRUCT_OPS &&
	       p->type != BPF_PROG_TYPE_EXT;
}

/* How many arguments a function has, by its type in BTF; -1: not known. */
static int arguments(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf && id ? btf__type_by_id(btf, id) : NULL;
	if (t && btf_is_func(t))
		t = btf__type_by_id(btf, t->type);
	return t && btf_is_func_proto(t) ? btf_vlen(t) : -1;
}

/* Arguments that the kernel fills in itself, whatever is passed. */
static uint16_t ignored_by_kfunc(const char *name)
{
	static const struct {
		const char *name, *takes;
	} rows[] = {
#define X(name, takes, gives, traits) {#name, takes},
#include "interp/local_kfuncs.def"
#undef X
	};
	uint16_t ignored = 0;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (unsigned k = 0; !strcmp(rows[i].name, name) && rows[i].takes[k]; k++)
			ignored |= rows[i].takes[k] == '-' ? REG(k + 1) : 0;
	return ignored;
}

static uint16_t call_reads(const struct lint_object *o, const struct lint_program *p, uint32_t at)
{
	const struct lint_ref *r = &p->refs[at];
	int n = r->kind == REF_CALL    ? arguments(o->btf, p->functions.at[r->index].btf_id)
		: r->kind == REF_KFUNC ? arguments(o->btf, o->externs.at[r->index].btf_id)
				       : -1;
	/* Of a helper, and where a static function ignores an argument, it is not known: none, to be sure. */
	if (n < 0 || n > 5 || (r->kind == REF_CALL && !p->functions.at[r->index].is_global))
		return 0;
	uint16_t ignored = r->kind == REF_KFUNC ? ignored_by_kfunc(o->externs.at[r->index].name) : 0;
	return (uint16_t)(((1u << n) - 1) << 1) & (uint16_t)~ignored;
}

uint16_t flow_reads(const struct lint_object *o, const struct lint_program *p, uint32_t at)
{
	const struct bpf_insn *in = &p->insns[at];
	uint16_t dst = REG(in->dst_reg), src = BPF_SRC(in->code) == BPF_X ? REG(in->src_reg) : 0;

	switch (BPF_CLASS(in->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		if (BPF_OP(in->code) == BPF_END || BPF_OP(in->code) == BPF_NEG)
			return dst;
		return BPF_OP(in->code) == BPF_MOV ? src : dst | src;
	case BPF_LDX:
		return REG(in->src_reg);
	case BPF_ST:
		return dst;
	case BPF_STX:
		if (is_atomic(in) && in->imm == BPF_CMPXCHG)
			return dst | REG(in->src_reg) | REG(0);
		if (is_atomic(in) && in->imm == BPF_LOAD_ACQ)
			return REG(in->src_reg);
		return dst | REG(in->src_reg);
	case BPF_LD:
		return BPF_MODE(in->code) == BPF_ABS || BPF_MODE(in->code) == BPF_IND ? REG(6) : 0;
	default:
		if (BPF_OP(in->code) == BPF_CALL)
			return call_reads(o, p, at);
		if (flow_is_exit(in))
			return exit_reads(p, at) ? REG(0) : 0;
		return is_goto(in) || flow_is_may_goto(in) ? 0 : dst | src;
	}
}

uint16_t flow_writes(const struct lint_program *p, uint32_t at)
{
	const struct bpf_insn *in = &p->insns[at];

	switch (BPF_CLASS(in->code)) {
	case BPF_ALU:
	case BPF_ALU64:
	case BPF_LDX:
		return REG(in->dst_reg);
	case BPF_LD:
		return flow_is_wide(in) ? REG(in->dst_reg) : CALLER_SAVED;
	case BPF_STX:
		if (is_atomic(in) && in->imm == BPF_LOAD_ACQ)
			return REG(in->dst_reg);
		if (!is_atomic(in) || !(in->imm & BPF_FETCH))
			return 0;
		return in->imm == BPF_CMPXCHG ? REG(0) : REG(in->src_reg);
	case BPF_JMP:
		return BPF_OP(in->code) == BPF_CALL ? CALLER_SAVED : 0;
	default:
		return 0;
	}
}

/* ---- loops ---- */

struct tarjan {
	const struct lint_program *p;
	struct flow *flow;
	uint32_t *order, *low, *stack, *path, *step; /* order 0: not seen */
	uint32_t clock, nstack, npath;
	bool *on_stack;
};

static void close_part(struct tarjan *t, uint32_t at)
{
	uint32_t next[2], n = 0, member;
	bool itself = false;
	for (unsigned i = 0, m = flow_next(t->p, at, next); i < m; i++)
		itself |= next[i] == at;
	uint32_t begin = t->nstack;
	do {
		member = t->stack[--begin];
		n++;
	} while (member != at);
	if (n > 1 || itself)
		t->flow->nloops++;
	while (t->nstack > begin) {
		member = t->stack[--t->nstack];
		t->on_stack[member] = false;
		if (n > 1 || itself)
			t->flow->loop[member] = t->flow->nloops;
	}
}

static void enter(struct tarjan *t, uint32_t at)
{
	t->order[at] = t->low[at] = ++t->clock;
	t->on_stack[at] = true;
	t->stack[t->nstack++] = at;
	t->path[t->npath++] = at;
	t->flow->reached[at] = true;
}

static void walk(struct tarjan *t, uint32_t from)
{
	uint32_t next[2];

	if (t->order[from])
		return;
	enter(t, from);
	while (t->npath) {
		uint32_t at = t->path[t->npath - 1];
		if (t->step[at] < flow_next(t->p, at, next)) {
			uint32_t to = next[t->step[at]++];
			if (!t->order[to])
				enter(t, to);
			else if (t->on_stack[to] && t->order[to] < t->low[at])
				t->low[at] = t->order[to];
			continue;
		}
		t->npath--;
		if (t->low[at] == t->order[at])
			close_part(t, at);
		if (t->npath && t->low[at] < t->low[t->path[t->npath - 1]])
			t->low[t->path[t->npath - 1]] = t->low[at];
	}
}

void flow_make(struct arena *a, const struct lint_program *p, struct flow *flow)
{
	struct tarjan t = {.p = p, .flow = flow};
	uint32_t n = p->n + 1;

	*flow = (struct flow){
		arena_alloc(a, n), arena_alloc(a, n), arena_alloc(a, n * sizeof(uint32_t)), 0, true};
	t.order = arena_alloc(a, n * sizeof(uint32_t));
	t.low = arena_alloc(a, n * sizeof(uint32_t));
	t.stack = arena_alloc(a, n * sizeof(uint32_t));
	t.path = arena_alloc(a, n * sizeof(uint32_t));
	t.step = arena_alloc(a, n * sizeof(uint32_t));
	t.on_stack = arena_alloc(a, n);
	for (uint32_t i = 0; i + 1 < p->n; i++)
		if (flow_is_wide(&p->insns[i])) {
			flow->inside[i + 1] = true;
			i++;
		} else if (flow_is_indirect(&p->insns[i])) {
			flow->ok = false;
		}
	for (size_t i = 0; i < p->functions.n; i++)
		walk(&t, p->functions.at[i].first);
}
