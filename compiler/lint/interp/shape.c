/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * shape.c: what is found of a program before any path is followed, and after all were: where jumps lead, at
 * which instructions states are remembered, loops, and how much stack a chain of calls takes.
 */
#include <string.h>
#include "machine.h"
#include "shape.h"

#define FUNCTIONS_MAX 256

static bool is_wide(const struct bpf_insn *in)
{
	return in->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static bool is_jump(const struct bpf_insn *in)
{
	return BPF_CLASS(in->code) == BPF_JMP || BPF_CLASS(in->code) == BPF_JMP32;
}

/* ---- every jump stays within its function, and functions end; what the rules about limits say better ----
 */

static void check_function(struct machine *m, uint32_t index)
{
	const struct lint_function *f = &m->p->functions.at[index];
	uint32_t end = f->first + f->n, last = f->first;

	for (uint32_t i = f->first; i < end; i++) {
		const struct bpf_insn *in = &m->p->insns[i];
		m->at[i].function = (uint16_t)index;
		last = i;
		/* This the verifier looks at before it follows any path. */
		if (BPF_CLASS(in->code) == BPF_LDX &&
			((BPF_MODE(in->code) != BPF_MEM && BPF_MODE(in->code) != NEW_BPF_MEMSX) || in->imm))
			reject_at(m, i, L_bad_instruction, NULL, "a field that has to be 0 is not");
		if (is_wide(in)) {
			if (i + 1 >= end || in[1].code || in[1].dst_reg || in[1].src_reg || in[1].off)
				reject_at(m, i, L_bad_instruction, NULL,
					"an instruction of two words is cut in half");
			m->at[++i].function = (uint16_t)index;
			continue;
		}
		if (!is_jump(in) || BPF_OP(in->code) == BPF_CALL || BPF_OP(in->code) == BPF_EXIT)
			continue;
		int64_t to = (int64_t)i + 1 + jump_offset(in);
		if (to < f->first || to >= end)
			reject_at(m, i, L_not_judged, NULL, "a jump leads out of its function");
	}
	const struct bpf_insn *in = &m->p->insns[last];
	bool ends = is_jump(in) && (BPF_OP(in->code) == BPF_EXIT || BPF_OP(in->code) == BPF_JA);
	if (!ends)
		reject_at(m, last, L_not_judged, "Return from the function.",
			"the function `%s` ends without a return", f->name);
}

/* ---- what is reached, in the order in which everything that follows comes first ---- */

static bool leads_to_function(const struct machine *m, uint32_t i)
{
	return m->p->refs[i].kind == REF_CALL || m->p->refs[i].kind == REF_FUNCTION;
}

/* Depth first, of one function. */
static void order_function(struct machine *m, uint32_t index, uint32_t *n, uint32_t *stack, uint8_t *seen)
{
	uint32_t top = 0, to[2];

	m->postorder_begin[index] = *n;
	stack[top++] = m->p->functions.at[index].first;
	while (top) {
		uint32_t i = stack[top - 1];
		if (seen[i]) {
			top--;
			if (seen[i] == 1)
				m->postorder[(*n)++] = i;
			seen[i] = 2;
			continue;
		}
		seen[i] = 1;
		m->at[i].reached = true;
		unsigned k = successors(m, i, to);
		for (unsigned s = 0; s < k; s++) {
			if (to[s] && !m->p->insns[to[s]].code && is_wide(&m->p->insns[to[s] - 1]))
				reject_at(m, i, L_not_judged, NULL,
					"a jump leads into the middle of an instruction");
			if (!seen[to[s]])
				stack[top++] = to[s];
		}
	}
}

static void check_reached(struct machine *m)
{
	for (uint32_t i = 0; i < m->p->n; i++) {
		if (!m->at[i].reached)
			reject_at(m, i, L_not_judged, "Remove it, or let the compiler do so.",
				"no path leads to this instruction");
		i += is_wide(&m->p->insns[i]);
	}
}

/* ---- where states are remembered ---- */

static void prune_at(struct machine *m, uint32_t i, bool jump_target)
{
	m->at[i].prune = true;
	m->at[i].jump_target |= jump_target;
}

static void mark_call(struct machine *m, uint32_t i)
{
	const struct bpf_insn *in = &m->p->insns[i];
	struct function_info *f = &m->functions[m->at[i].function];
	bool async = false;

	if (in->src_reg == 0 && helper_calls_back((uint32_t)in->imm, &async)) {
		prune_at(m, i, !async);
		m->at[i].calls_callback = m->at[i].force = !async;
	}
	if (in->src_reg == 0) {
		f->changes_packet |= helper_changes_packet((uint32_t)in->imm);
		f->sleeps |= helper_sleeps((uint32_t)in->imm);
	}
	if (in->src_reg == BPF_PSEUDO_KFUNC_CALL) {
		unsigned n, traits = kfunc_traits(m, in, &n);
		f->sleeps |= traits & KFUNC_SLEEPS;
		f->throws |= traits & KFUNC_THROWS;
		if (traits & KFUNC_CALLS_BACK) {
			prune_at(m, i, true);
			m->at[i].calls_callback = m->at[i].force = true;
		}
		if (traits & KFUNC_CALLS_LATER)
			prune_at(m, i, false);
		if (traits & KFUNC_NEXT) {
			prune_at(m, i, false);
			m->at[i].force = m->at[i].iter_next = true;
		}
	}
	prune_at(m, i + 1, true);
}

static void mark_places(struct machine *m)
{
	for (uint32_t i = 0; i < m->p->n; i++) {
		const struct bpf_insn *in = &m->p->insns[i];
		if (leads_to_function(m, i)) {
			prune_at(m, i, false);
			prune_at(m, m->p->functions.at[m->p->refs[i].index].first, true);
		}
		if (is_wide(in)) {
			if (leads_to_function(m, i))
				prune_at(m, i + 2, true);
			i++;
		} else if (is_jump(in) && BPF_OP(in->code) == BPF_CALL) {
			mark_call(m, i);
		} else if (is_jump(in) && BPF_OP(in->code) == BPF_JA) {
			prune_at(m, (uint32_t)((int)i + 1 + jump_offset(in)), true);
		} else if (is_jump(in) && BPF_OP(in->code) != BPF_EXIT) {
			prune_at(m, i, false);
			m->at[i].force |= BPF_OP(in->code) == NEW_BPF_JCOND;
			prune_at(m, (uint32_t)((int)i + 1 + in->off), true);
		}
	}
}

/* What a function does, those that call it do. */
static void pass_effects_on(struct machine *m)
{
	bool changed = true;
	while (changed) {
		changed = false;
		for (uint32_t i = 0; i < m->p->n; i++) {
			if (!leads_to_function(m, i))
				continue;
			struct function_info *f = &m->functions[m->at[i].function];
			const struct function_info *g = &m->functions[m->p->refs[i].index];
			if ((g->sleeps && !f->sleeps) || (g->changes_packet && !f->changes_packet) ||
				(g->throws && !f->throws)) {
				f->sleeps |= g->sleeps;
				f->changes_packet |= g->changes_packet;
				f->throws |= g->throws;
				changed = true;
			}
		}
	}
}

/* ---- loops: strongly connected components, after Tarjan, without recursion ---- */

struct tarjan {
	uint32_t *low, *number, *stack, *walk;
	uint8_t *edge, *on;
	uint32_t n, top, count, loops;
};

static void close_component(struct machine *m, struct tarjan *t, uint32_t v)
{
	uint32_t to[2], size = 0, w;
	bool loop = false;
	unsigned k = successors(m, v, to);

	for (unsigned i = 0; i < k; i++)
		loop |= to[i] == v;
	for (uint32_t i = t->top; i && t->stack[i - 1] != v; i--)
		size++;
	loop |= size > 0;
	if (loop)
		t->loops++;
	do {
		w = t->stack[--t->top];
		t->on[w] = 0;
		m->at[w].loop = loop ? t->loops : 0;
	} while (w != v);
}

static void visit(struct machine *m, struct tarjan *t, uint32_t root)
{
	uint32_t depth = 0, to[2];

	t->walk[depth++] = root;
	while (depth) {
		uint32_t v = t->walk[depth - 1];
		if (!t->number[v]) {
			t->number[v] = t->low[v] = ++t->count;
			t->stack[t->top++] = v;
			t->on[v] = 1;
		}
		unsigned k = successors(m, v, to);
		if (t->edge[v] < k) {
			uint32_t w = to[t->edge[v]++];
			if (!t->number[w])
				t->walk[depth++] = w;
			else if (t->on[w] && t->number[w] < t->low[v])
				t->low[v] = t->number[w];
			continue;
		}
		if (t->low[v] == t->number[v])
			close_component(m, t, v);
		depth--;
		if (depth && t->low[v] < t->low[t->walk[depth - 1]])
			t->low[t->walk[depth - 1]] = t->low[v];
	}
}

static void find_loops(struct machine *m)
{
	uint32_t n = m->p->n;
	struct tarjan t = {.low = machine_alloc(m, n * 4),
		.number = machine_alloc(m, n * 4),
		.stack = machine_alloc(m, n * 4),
		.walk = machine_alloc(m, n * 4),
		.edge = machine_alloc(m, n),
		.on = machine_alloc(m, n)};

	for (size_t f = 0; f < m->p->functions.n; f++)
		if (!t.number[m->p->functions.at[f].first])
			visit(m, &t, m->p->functions.at[f].first);
}

void find_shape(struct machine *m)
{
	uint32_t n = 0, *stack = machine_alloc(m, (2 * m->p->n + 2) * sizeof *stack);
	uint8_t *seen = machine_alloc(m, m->p->n + 1);

	if (m->p->functions.n > FUNCTIONS_MAX)
		reject_at(m, 0, L_not_judged, NULL, "the program has more than %d functions", FUNCTIONS_MAX);
	for (uint32_t f = 0; f < m->p->functions.n; f++)
		check_function(m, f);
	m->postorder = machine_alloc(m, (m->p->n + 1) * sizeof *m->postorder);
	m->postorder_begin = machine_alloc(m, (m->p->functions.n + 1) * sizeof *m->postorder_begin);
	for (uint32_t f = 0; f < m->p->functions.n; f++)
		order_function(m, f, &n, stack, seen);
	m->postorder_begin[m->p->functions.n] = n;
	check_reached(m);
	mark_places(m);
	pass_effects_on(m);
	find_loops(m);
	find_live_registers(m);
}

/* ---- stack of chains of calls ---- */

#define JIT_ALIGN 16
#define PRIVATE_MIN 64
#define TAIL_CALL_MAX 256 /* of stack above a function that makes one */

unsigned frames_max(const struct machine *m)
{
	return lint_kernel(m->lint) < 0x0702 ? 8 : FRAMES_MAX;
}

static uint32_t own_stack(const struct machine *m, size_t f, bool private)
{
	uint32_t bytes = (m->functions[f].stack + JIT_ALIGN - 1u) / JIT_ALIGN * JIT_ALIGN;
	return private && bytes >= PRIVATE_MIN ? 0 : bytes;
}

/* What is above a function is at least what is above whoever calls it, and that one. */
struct chain {
	uint32_t bytes, frames; /* frames: 0 where nobody calls it */
	bool by_kernel;         /* a callback is in the chain, or is this */
};

static bool is_call_edge(const struct machine *m, const struct lint_ref *r)
{
	return r->kind == REF_CALL || (r->kind == REF_FUNCTION && !m->functions[r->index].is_async);
}

/* Frames are counted from a global function on since Linux 7.1. */
static bool counts_anew(const struct machine *m, uint32_t function)
{
	return lint_kernel(m->lint) >= 0x0701 && is_judged_apart(m, function);
}

static bool relax(struct machine *m, struct chain *above, bool private)
{
	bool changed = false;
	for (uint32_t i = 0; i < m->p->n; i++) {
		const struct lint_ref *r = &m->p->refs[i];
		const struct chain *f = &above[m->at[i].function];
		if (!is_call_edge(m, r) || !f->frames)
			continue;
		if (r->kind == REF_CALL && r->index == m->p->exception)
			reject_at(m, i, L_bad_argument, "Throw, or call another function of both.",
				"the exception callback `%s` is called directly",
				m->p->functions.at[r->index].name);
		struct chain *g = &above[r->index],
			     here = {f->bytes + own_stack(m, m->at[i].function, private), f->frames + 1,
				     f->by_kernel};
		if (counts_anew(m, r->index))
			here.frames = 1;
		if (here.frames > frames_max(m))
			reject_at(m, i, L_not_judged,
				"Make the chain of calls shorter; recursion is not possible.",
				"calls are nested more than %u deep", frames_max(m));
		changed |=
			here.bytes > g->bytes || here.frames > g->frames || (here.by_kernel && !g->by_kernel);
		g->by_kernel |= here.by_kernel;
		g->bytes = here.bytes > g->bytes ? here.bytes : g->bytes;
		g->frames = here.frames > g->frames ? here.frames : g->frames;
	}
	return changed;
}

static bool has_tail_call(const struct machine *m, uint32_t function)
{
	const struct lint_function *f = &m->p->functions.at[function];
	for (uint32_t i = f->first; i < f->first + f->n; i++)
		if (m->p->insns[i].code == (BPF_JMP | BPF_CALL) && !m->p->insns[i].src_reg &&
			m->p->insns[i].imm == BPF_FUNC_tail_call)
			return true;
	return false;
}

static bool has_private_stacks(const struct machine *m)
{
	if (lint_kernel(m->lint) < 0x060d)
		return false;
	for (uint32_t f = 0; f < m->p->functions.n; f++)
		if (has_tail_call(m, f))
			return false;
	return m->p->type == BPF_PROG_TYPE_KPROBE || m->p->type == BPF_PROG_TYPE_TRACEPOINT ||
	       m->p->type == BPF_PROG_TYPE_PERF_EVENT || m->p->type == BPF_PROG_TYPE_RAW_TRACEPOINT;
}

/* Between a callback and the program are frames of the kernel's, which a throw would leave. */
static void check_throws(struct machine *m, const struct chain *above)
{
	for (uint32_t i = 0; i < m->p->n; i++) {
		const struct bpf_insn *in = &m->p->insns[i];
		unsigned n;
		if (m->p->refs[i].kind == REF_KFUNC && (kfunc_traits(m, in, &n) & KFUNC_THROWS) &&
			above[m->at[i].function].by_kernel)
			reject_at(m, i, L_helper_not_allowed,
				"Return something that says so, and throw outside.",
				"bpf_throw() is called in a callback, or by a function that one calls");
	}
}

void check_stack(struct machine *m)
{
	size_t n = m->p->functions.n;
	struct chain *above = machine_alloc(m, n * sizeof *above);
	bool private = has_private_stacks(m);

	for (size_t f = 0; f < n; f++) {
		above[f].frames = !f || m->functions[f].is_async || f == m->p->exception;
		above[f].by_kernel = m->functions[f].is_callback || m->functions[f].is_async ||
				     (f && f == m->p->exception);
	}
	while (relax(m, above, private))
		;
	check_throws(m, above);
	for (uint32_t f = 0; f < n; f++) {
		uint32_t before = above[f].bytes, whole = before + own_stack(m, f, private);
		m->r->stack_depth[f] = m->functions[f].stack;
		if (whole > m->r->chain_depth)
			m->r->chain_depth = (uint16_t)whole;
		if (whole > STACK_MAX)
			reject_at(m, m->p->functions.at[f].first, L_not_judged,
				"Put what is large into a map; each frame counts, rounded up to 16 bytes.",
				"`%s` and what calls it take %u bytes of stack, and may take %d",
				m->p->functions.at[f].name, whole, STACK_MAX);
		if (f && f == m->p->exception && has_tail_call(m, f))
			reject_at(m, m->p->functions.at[f].first, L_not_judged,
				"Make the tail call elsewhere.",
				"the exception callback `%s` makes a tail call", m->p->functions.at[f].name);
		if (f && before >= TAIL_CALL_MAX && has_tail_call(m, f))
			reject_at(m, m->p->functions.at[f].first, L_not_judged,
				"Make the tail call in the program itself.",
				"`%s` makes a tail call, with %u bytes of stack above it",
				m->p->functions.at[f].name, before);
	}
}
