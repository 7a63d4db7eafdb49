/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * stack.c: the stack that each function needs, and each chain of calls. A function needs as much as its
 * lowest access through the frame pointer r10, or through what is r10 and a constant; a pointer that is
 * passed on or kept counts as an access, as what it is kept for will make one.
 */
#include <string.h>
#include "limits.h"

#define REGS FLOW_REGISTERS
#define ROUND_JIT 16         /* a JIT's frames */
#define ROUND_INTERPRETER 32 /* round_up_stack_depth(), kernel/bpf/verifier.c */
#define JIT_ROUND_SINCE 0x0609
#define PRIVATE_SINCE 0x060d
#define APART_SINCE 0x0701
#define PRIVATE_MIN 64 /* BPF_PRIV_STACK_MIN_SIZE */
#define NEAR 64        /* bytes left */

/* ---- one function ---- */

struct offset {
	bool seen, known; /* this is r10 and a constant */
	int32_t value;
};

struct frame_work {
	struct offset (*at)[REGS];
	uint32_t *todo, n;
	bool *queued;
};

static bool merge(struct offset *to, const struct offset *from)
{
	bool same = to->known == from->known && to->value == from->value;
	if (!to->seen) {
		*to = *from;
		to->seen = true;
		return true;
	}
	if (same || !to->known)
		return false;
	*to = (struct offset){.seen = true};
	return true;
}

static void spread(struct frame_work *w, uint32_t to, const struct offset *regs)
{
	bool changed = false;
	for (int r = 0; r < REGS; r++)
		changed |= merge(&w->at[to][r], &regs[r]);
	if (!changed || w->queued[to])
		return;
	w->queued[to] = true;
	w->todo[w->n++] = to;
}

static void execute(const struct lint_program *p, uint32_t at, struct offset *regs)
{
	const struct bpf_insn *in = &p->insns[at];
	const struct offset none = {.seen = true};
	struct offset *dst = &regs[in->dst_reg];

	if (in->code == (BPF_ALU64 | BPF_MOV | BPF_X) && !in->off) {
		*dst = regs[in->src_reg];
		return;
	}
	if (in->code == (BPF_ALU64 | BPF_ADD | BPF_K) && dst->known) {
		dst->value += in->imm;
		return;
	}
	for (int r = 0; r < REGS - 1; r++)
		if (flow_writes(p, at) >> r & 1)
			regs[r] = none;
}

/* The lowest byte of the frame that an instruction has to do with. */
static int32_t lowest(const struct lint_program *p, uint32_t at, const struct offset *regs)
{
	const struct bpf_insn *in = &p->insns[at];
	int32_t low = 0, through;
	uint8_t class = BPF_CLASS(in->code);

	if (class == BPF_LDX || class == BPF_ST || class == BPF_STX) {
		const struct offset *base = &regs[class == BPF_LDX ? in->src_reg : in->dst_reg];
		through = base->known ? base->value + in->off : 0;
		low = through < low ? through : low;
	}
	if (class == BPF_STX && regs[in->src_reg].known && regs[in->src_reg].value < low)
		low = regs[in->src_reg].value;
	if (in->code == (BPF_JMP | BPF_CALL))
		for (int r = 1; r <= 5; r++)
			if (regs[r].known && regs[r].value < low)
				low = regs[r].value;
	return low;
}

struct frame {
	uint32_t bytes;
	uint32_t deepest; /* the instruction that has to do with the lowest of them */
	bool tail_calls;
};

static void find_frames(struct lint *l, const struct lint_program *p, struct frame *frames)
{
	struct frame_work w = {arena_alloc(l->arena, p->n * sizeof *w.at),
		arena_alloc(l->arena, p->n * sizeof *w.todo), 0, arena_alloc(l->arena, p->n)};
	uint32_t next[2];

	for (size_t k = 0; k < p->functions.n; k++) {
		struct offset start[REGS] = {0};
		start[REGS - 1].known = true;
		spread(&w, p->functions.at[k].first, start);
	}
	while (w.n) {
		uint32_t at = w.todo[--w.n];
		struct offset regs[REGS];
		w.queued[at] = false;
		memcpy(regs, w.at[at], sizeof regs);
		execute(p, at, regs);
		for (unsigned i = 0, n = flow_next(p, at, next); i < n; i++)
			spread(&w, next[i], regs);
	}
	for (uint32_t i = 0; i < p->n; i++) {
		struct frame *f = &frames[lint_function_at(p, i) - p->functions.at];
		int32_t low = w.at[i][REGS - 1].seen ? lowest(p, i, w.at[i]) : 0;
		if (low < 0 && (uint32_t)-low > f->bytes) {
			f->bytes = (uint32_t)-low;
			f->deepest = i;
		}
		f->tail_calls |= p->insns[i].code == (BPF_JMP | BPF_CALL) && !p->insns[i].src_reg &&
				 p->insns[i].imm == BPF_FUNC_tail_call;
	}
}

/* ---- chains ---- */

struct call {
	uint32_t at, to;
	bool later; /* a timer or a workqueue calls it: with a stack of its own */
	bool apart; /* it is global: frames are counted from it on */
};

typedef VEC(struct call) call_vec;

struct chains {
	struct lint *l;
	const struct lint_object *o;
	const struct lint_program *p;
	struct frame *frames;
	call_vec *calls;               /* of each function */
	uint32_t *stack, *depth;       /* of the worst chain from each function on: bytes, functions */
	uint32_t *stack_by, *depth_by; /* its first call, plus 1 */
	uint8_t *state;                /* 1: being looked at, 2: done */
	uint32_t *path;
	uint32_t npath;
	bool has_private, recursive;
};

static uint32_t rounded_size(const struct chains *c, uint32_t f)
{
	bool jit = lint_kernel(c->l) >= JIT_ROUND_SINCE;
	uint32_t round = jit ? ROUND_JIT : ROUND_INTERPRETER, bytes = c->frames[f].bytes;
	if (!jit && !bytes)
		bytes = 1;
	return (bytes + round - 1) / round * round;
}

static bool is_private(const struct chains *c, uint32_t f)
{
	return c->has_private && rounded_size(c, f) >= PRIVATE_MIN;
}

static uint32_t frame_size(const struct chains *c, uint32_t f)
{
	return is_private(c, f) ? 0 : rounded_size(c, f);
}

/* On x86-64 and arm64: programs that never run within themselves. bpf_enable_priv_stack(),
 * kernel/bpf/verifier.c */
static bool may_have_private(const struct lint *l, const struct lint_program *p, const struct frame *frames)
{
	for (size_t i = 0; i < p->functions.n; i++)
		if (frames[i].tail_calls)
			return false;
	if (lint_kernel(l) < PRIVATE_SINCE)
		return false;
	switch (p->type) {
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
		return true;
	case BPF_PROG_TYPE_TRACING:
		return p->attach != BPF_TRACE_ITER;
	case BPF_PROG_TYPE_LSM:
		return p->attach != BPF_LSM_CGROUP;
	default:
		return false;
	}
}

static bool calls_later(const struct lint_object *o, const struct lint_program *p, uint32_t at)
{
	static const char *const functions[] = {"bpf_wq_set_callback", "bpf_task_work_schedule_"};

	if (p->refs[at].kind != REF_KFUNC)
		return !p->insns[at].src_reg && p->insns[at].imm == BPF_FUNC_timer_set_callback;
	const char *name = o->externs.at[p->refs[at].index].name;
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (!strncmp(name, functions[i], strlen(functions[i])))
			return true;
	return false;
}

/* A pointer to a function that goes to what calls it later. */
static bool is_for_later(const struct lint_object *o, const struct lint_program *p, uint32_t at)
{
	const struct lint_function *f = lint_function_at(p, at);
	for (uint32_t i = at + 2; i < f->first + f->n && !flow_is_exit(&p->insns[i]); i++)
		if (p->insns[i].code == (BPF_JMP | BPF_CALL))
			return calls_later(o, p, i);
	return false;
}

static void find_calls(struct chains *c, const struct flow *flow)
{
	const struct lint_program *p = c->p;
	for (uint32_t i = 0; i < p->n; i++) {
		const struct lint_ref *r = &p->refs[i];
		if (flow->inside[i] || (r->kind != REF_CALL && r->kind != REF_FUNCTION))
			continue;
		struct call call = {i, r->index, r->kind == REF_FUNCTION && is_for_later(c->o, p, i),
			p->functions.at[r->index].is_global && lint_kernel(c->l) >= APART_SINCE};
		VEC_PUSH(c->l->arena, &c->calls[lint_function_at(p, i) - p->functions.at], call);
	}
}

static void tell_recursion(struct chains *c, uint32_t f, uint32_t at)
{
	uint32_t from = c->npath;
	while (from && c->path[from - 1] != f)
		from--;
	uint32_t others = c->npath - from;
	c->recursive = true;
	lint_find(c->l, L_recursion, c->p, at, c->p->functions.at[f].name, others, others == 1 ? "" : "s");
}

/* Depth first; the depth of the C stack is that of the functions, at most as many as link.c allows. */
static void look(struct chains *c, uint32_t f)
{
	c->state[f] = 1;
	c->path[c->npath++] = f;
	for (size_t i = 0; i < c->calls[f].n; i++) {
		const struct call *call = &c->calls[f].at[i];
		if (c->state[call->to] == 1 && call->later) /* with a stack of its own each time */
			continue;
		if (c->state[call->to] == 1) {
			tell_recursion(c, call->to, call->at);
			continue;
		}
		if (!c->state[call->to])
			look(c, call->to);
		if (call->later)
			continue;
		if (c->stack[call->to] > c->stack[f] || !c->stack_by[f]) {
			c->stack[f] = c->stack[call->to];
			c->stack_by[f] = (uint32_t)i + 1;
		}
		if (c->depth[call->to] > c->depth[f] && !call->apart) {
			c->depth[f] = c->depth[call->to];
			c->depth_by[f] = (uint32_t)i + 1;
		}
	}
	c->stack[f] += frame_size(c, f);
	c->depth[f]++;
	c->state[f] = 2;
	c->npath--;
}

static void note_chain(struct chains *c, struct finding *found, uint32_t f, const uint32_t *by)
{
	const struct lint_program *p = c->p;
	for (; by[f]; f = c->calls[f].at[by[f] - 1].to) {
		const struct call *call = &c->calls[f].at[by[f] - 1];
		lint_note(c->l, found, p, call->at, "`%s`, with %u bytes, calls `%s`, with %u",
			p->functions.at[f].name, frame_size(c, f), p->functions.at[call->to].name,
			frame_size(c, call->to));
	}
}

static void keep_chain(struct chains *c, uint32_t f, const uint32_t *by, chain_vec *to)
{
	*to = (chain_vec){0};
	VEC_PUSH(c->l->arena, to, ((struct chain_link){f, frame_size(c, f), 0}));
	for (; by[f]; f = c->calls[f].at[by[f] - 1].to) {
		const struct call *call = &c->calls[f].at[by[f] - 1];
		VEC_PUSH(c->l->arena, to, ((struct chain_link){call->to, frame_size(c, call->to), call->at}));
	}
}

/* Where the most bytes of the chain are. */
static void hint_largest(struct chains *c, struct finding *found, uint32_t f)
{
	uint32_t largest = f;
	for (; c->stack_by[f]; f = c->calls[f].at[c->stack_by[f] - 1].to)
		if (c->frames[c->calls[f].at[c->stack_by[f] - 1].to].bytes > c->frames[largest].bytes)
			largest = c->calls[f].at[c->stack_by[f] - 1].to;
	lint_hint(c->l, found,
		"`%s` has the largest frame: what is large in it may go into a map with one element for each "
		"CPU",
		c->p->functions.at[largest].name);
}

static void judge_stack(struct chains *c, uint32_t root, struct summary *s)
{
	uint32_t most = limit_of(c->l, LIMIT_stack), needs = c->stack[root];
	struct finding *found = NULL;

	if (needs > s->stack || !s->paths.stack.n) {
		s->stack = needs;
		keep_chain(c, root, c->stack_by, &s->paths.stack);
	}
	if (needs > most && c->stack_by[root])
		found = lint_find(c->l, L_stack_chain, c->p, LINT_WHOLE, needs, needs - most, most);
	else if (needs <= most && most - needs < NEAR)
		found = lint_find(c->l, L_stack_near, c->p, LINT_WHOLE, needs, most);
	note_chain(c, found, root, c->stack_by);
	if (needs > most)
		hint_largest(c, found, root);
}

static void judge_depth(struct chains *c, uint32_t root, struct summary *s)
{
	uint32_t most = limit_of(c->l, LIMIT_frames), depth = c->depth[root];

	if (depth > s->frames) {
		s->frames = depth;
		keep_chain(c, root, c->depth_by, &s->paths.frames);
	}
	if (depth > most)
		note_chain(c,
			lint_find(c->l, L_call_depth, c->p, LINT_WHOLE, depth, lint_kernel(c->l) >> 8,
				lint_kernel(c->l) & 0xff, most),
			root, c->depth_by);
}

/* The most that those have who come to call each function: by the order of the calls, so that each comes
 * after all of its callers. */
static void judge_tail_calls(struct chains *c)
{
	uint32_t n = (uint32_t)c->p->functions.n, most = limit_of(c->l, LIMIT_tail_call_stack);
	uint32_t *above = arena_alloc(c->l->arena, n * sizeof *above);

	for (uint32_t round = 0; round < n; round++) {
		bool changed = false;
		for (uint32_t f = 0; f < n; f++)
			for (size_t i = 0; i < c->calls[f].n; i++) {
				const struct call *call = &c->calls[f].at[i];
				uint32_t bytes = call->later ? 0 : above[f] + frame_size(c, f);
				changed |= bytes > above[call->to];
				above[call->to] = bytes > above[call->to] ? bytes : above[call->to];
			}
		if (!changed)
			break;
	}
	for (uint32_t f = 1; f < n; f++)
		if (c->frames[f].tail_calls && above[f] >= most)
			lint_find(c->l, L_tail_call_stack, c->p, c->p->functions.at[f].first,
				c->p->functions.at[f].name, above[f], most);
}

void stack_limits(struct lint *l, const struct lint_object *o, const struct lint_program *p,
	const struct flow *flow, struct summary *s)
{
	size_t n = p->functions.n;
	uint32_t *numbers = arena_alloc(l->arena, 5 * n * sizeof *numbers);
	struct chains c = {.l = l, .o = o, .p = p, .frames = arena_alloc(l->arena, n * sizeof *c.frames)};
	uint32_t most = limit_of(l, LIMIT_stack);

	c.calls = arena_alloc(l->arena, n * sizeof *c.calls);
	c.stack = numbers, c.depth = numbers + n, c.stack_by = numbers + 2 * n, c.depth_by = numbers + 3 * n;
	c.path = numbers + 4 * n;
	c.state = arena_alloc(l->arena, n);
	find_frames(l, p, c.frames);
	for (size_t i = 0; i < n; i++)
		if (c.frames[i].bytes > most)
			lint_find(l, L_frame_too_large, p, c.frames[i].deepest, p->functions.at[i].name,
				c.frames[i].bytes, c.frames[i].bytes - most, most);
	c.has_private = may_have_private(l, p, c.frames);
	for (uint32_t i = 0; i < n; i++)
		if (is_private(&c, i) && rounded_size(&c, i) > s->own_stack)
			s->own_stack = rounded_size(&c, i);
	find_calls(&c, flow);
	look(&c, 0);
	if (c.recursive)
		return;
	judge_stack(&c, 0, s);
	judge_depth(&c, 0, s);
	for (size_t f = 0; f < n; f++)
		for (size_t i = 0; i < c.calls[f].n; i++) {
			const struct call *call = &c.calls[f].at[i];
			if (call->later)
				judge_stack(&c, call->to, s);
			if (call->later || call->apart)
				judge_depth(&c, call->to, s);
		}
	judge_tail_calls(&c);
}
