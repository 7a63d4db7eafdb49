/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * explore.c: all paths, depth first. States are remembered at the places that the kernel uses, and a path
 * ends where it comes to a state within a remembered one. Where and how often the kernel remembers decides
 * how many instructions it processes, and so what is too complex: it is done here as there.
 */
#include <string.h>
#include "fields.h"
#include "shape.h"

/* ---- paths that are still to be followed ---- */

static struct state *push(struct machine *m, struct state *s, uint32_t insn, uint32_t prev)
{
	struct pending *p = m->free_pending;
	if (p)
		m->free_pending = p->next;
	else
		p = machine_alloc(m, sizeof *p);
	*p = (struct pending){s, insn, prev, m->pending};
	m->pending = p;
	if (++m->npending > m->r->peak_pending) {
		m->r->peak_pending = m->npending;
		m->r->pending_at = m->insn;
	}
	if (m->npending > PENDING_MAX)
		reject(m, L_too_complex,
			"Make the function smaller, or call a global function for a part of it.",
			"more than %d branches are open at once", PENDING_MAX);
	return s;
}

struct state *follow_later(struct machine *m, uint32_t insn, uint32_t prev)
{
	struct state *s = state_new(m);
	state_copy(m, s, m->cur);
	if (s->parent)
		s->parent->branches++;
	return push(m, s, insn, prev);
}

/* With a stack of its own, and none of what is known here. */
struct state *follow_alone(struct machine *m, uint32_t insn, uint32_t function)
{
	struct state *s = state_new(m);
	s->frames[0] = frame_new(m, function, NO_CALLSITE, 0);
	s->last = UINT32_MAX;
	s->first = insn;
	return push(m, s, insn, UINT32_MAX);
}

struct state *found_before(struct machine *m, struct state *cur, uint32_t insn)
{
	for (struct state *s = cur ? m->at[insn].states : NULL; s; s = s->next)
		if (s->branches && s->depth < cur->depth && same_callsites(s, cur))
			return s;
	return NULL;
}

/* ---- loops that are being followed ---- */

/* A loop, as it is entered by one chain of calls. Until all paths from its entry are at their end, what a
 * state within it needs is not known; back edges wait for that. */
struct loop_visit {
	uint32_t calls[FRAMES_MAX], loop;
	struct state *entry, *back_edges;
	struct loop_visit *next;
};

static uint32_t insn_of_frame(const struct state *s, unsigned f)
{
	return f == s->top ? s->insn : s->frames[f + 1]->callsite;
}

static struct loop_visit *visit_of(struct machine *m, const struct state *s, bool make)
{
	struct loop_visit key = {0};
	for (unsigned f = 0; f <= s->top && !key.loop; f++) {
		uint32_t insn = insn_of_frame(s, f);
		key.loop = m->at[insn].loop;
		if (!key.loop)
			key.calls[f] = insn + 1;
	}
	if (!key.loop)
		return NULL;
	for (struct loop_visit *v = m->visits; v; v = v->next)
		if (v->loop == key.loop && !memcmp(v->calls, key.calls, sizeof key.calls))
			return v;
	if (!make)
		return NULL;
	struct loop_visit *v = machine_alloc(m, sizeof *v);
	*v = key;
	v->next = m->visits;
	m->visits = v;
	return v;
}

static bool is_unfinished(struct machine *m, const struct state *s)
{
	const struct loop_visit *v = visit_of(m, s, false);
	return v && v->back_edges;
}

#define BACK_EDGE_ROUNDS 64

static void leave_loop(struct machine *m, struct state *s)
{
	struct loop_visit *v = visit_of(m, s, false);
	bool changed = true;

	if (!v || v->entry != s)
		return;
	v->entry = NULL;
	for (int i = 0; changed; i++) {
		changed = false;
		for (struct state *e = v->back_edges; e; e = e->next) {
			if (i < BACK_EDGE_ROUNDS)
				pass_precision_on(m, e->same, e, &changed);
			else
				all_precise(e);
		}
	}
	while (v->back_edges) {
		struct state *e = v->back_edges;
		v->back_edges = e->next;
		state_free(m, e);
	}
}

static void may_free(struct machine *m, struct state *s)
{
	if (!s->in_free_list || s->branches || is_unfinished(m, s))
		return;
	s->in_free_list = false;
	state_free(m, s);
}

/* A path is at its end: whoever has no other is, too. */
static void end_path(struct machine *m, struct state *s)
{
	struct state *done = NULL;
	while (s) {
		if (--s->branches)
			break;
		leave_loop(m, s);
		struct state *parent = s->parent;
		if (done)
			may_free(m, done);
		done = s == m->cur ? NULL : s;
		s = parent;
	}
}

/* ---- remembered states ---- */

static bool is_hit(struct machine *m, struct state *old, bool *loop, bool *skip, bool *looping)
{
	struct state *cur = m->cur;
	const struct insn_info *at = &m->at[m->insn];

	*looping = false;
	if (!old->branches) {
		*loop = is_unfinished(m, old);
		return state_within(m, old, cur, *loop ? WITHIN : BY_NEED);
	}
	*skip = true;
	const struct frame *before = old->frames[old->top];
	if (before->in_async && before->asked_for != cur->frames[cur->top]->asked_for)
		return false;
	if (at->iter_next) {
		if (!state_within(m, old, cur, WITHIN))
			return false;
		const struct reg *r = reg_now(m, 1);
		const struct slot *s = &frame_of(m, r)->slots[slot_pointed(r)];
		*loop = s->reg.off == ITER_ACTIVE;
		return *loop;
	}
	bool is_goto = m->p->insns[m->insn].code == (BPF_JMP | NEW_BPF_JCOND);
	if (is_goto && old->goto_depth != cur->goto_depth && state_within(m, old, cur, WITHIN)) {
		*loop = true;
		return true;
	}
	if (at->calls_callback)
		return state_within(m, old, cur, WITHIN);
	*looping = may_loop(old, cur) && state_within(m, old, cur, EXACT) && !iterators_differ(old, cur) &&
		   old->goto_depth == cur->goto_depth && old->callback_unroll == cur->callback_unroll;
	return false;
}

static void add_back_edge(struct machine *m, struct state *old)
{
	struct loop_visit *v = visit_of(m, old, true);
	struct state *e = state_new(m);

	state_copy(m, e, m->cur);
	e->same = old;
	e->insn = m->insn;
	if (v) {
		e->next = v->back_edges;
		v->back_edges = e;
	}
}

static void remember(struct machine *m)
{
	struct state *cur = m->cur, *s = state_new(m);

	m->r->total_states++;
	if (++m->nstates > m->r->peak_states)
		m->r->peak_states = m->nstates;
	m->jumps_before = m->jumps;
	m->processed_before = m->r->insns_processed;
	forget_precise(cur);
	if (lint_kernel(m->lint) >= 0x0700)
		forget_single_ids(m, cur);
	state_copy(m, s, cur);
	s->remembered = true;
	s->insn = m->insn;
	struct loop_visit *v = visit_of(m, s, true);
	if (v && !v->entry)
		v->entry = s;
	cur->parent = s;
	cur->first = m->insn;
	cur->depth = s->depth + 1;
	cur->npast = 0;
	s->next = m->at[m->insn].states;
	m->at[m->insn].states = s;
}

/* True: the path comes to a state within one that is remembered. */
static bool is_known_state(struct machine *m)
{
	struct state *cur = m->cur;
	struct insn_info *at = &m->at[m->insn];
	bool force = at->force || cur->npast > 40;
	bool add = force ||
		   (m->jumps - m->jumps_before >= 2 && m->r->insns_processed - m->processed_before >= 8);
	uint32_t n = 0;

	for (struct state *s = at->states; s; s = s->next)
		if (!s->branches && !s->cleaned && same_callsites(s, cur) && !is_unfinished(m, s))
			forget_dead(m, s);
	for (struct state **link = &at->states, *s; (s = *link);) {
		bool loop = false, skip = false, looping;
		if (s->frames[s->top]->callsite != cur->frames[cur->top]->callsite) {
			link = &s->next;
			continue;
		}
		n++;
		if (is_hit(m, s, &loop, &skip, &looping)) {
			s->hits++;
			if (at->jump_target)
				remember_past(m, 0, 0, 0);
			pass_precision_on(m, s, cur, NULL);
			if (loop)
				add_back_edge(m, s);
			return true;
		}
		if (looping)
			reject(m, L_endless, "Let something change in every round that ends the loop.",
				"this loop comes back to the same state: it may never end");
		if (skip && !force && m->jumps - m->jumps_before < 20 &&
			m->r->insns_processed - m->processed_before < 100)
			add = false;
		if (add)
			s->misses++;
		uint32_t patience = at->force && s->branches ? 64 : 3;
		if (s->misses > s->hits * patience + patience) {
			*link = s->next;
			s->in_free_list = true;
			m->nstates--;
			may_free(m, s);
		} else {
			link = &s->next;
		}
	}
	if (n > m->r->max_states)
		m->r->max_states = n;
	if (add)
		remember(m);
	return false;
}

/* ---- the walk ---- */

static bool next_path(struct machine *m)
{
	struct pending *p = m->pending;

	end_path(m, m->cur);
	stack_marks_settle(m);
	if (!p)
		return false;
	m->pending = p->next;
	m->npending--;
	state_free(m, m->cur);
	m->cur = p->state;
	m->insn = p->insn;
	m->prev = p->prev;
	p->next = m->free_pending;
	m->free_pending = p;
	return true;
}

static void note_end(struct machine *m)
{
	if (m->cur->length <= m->r->longest)
		return;
	m->r->longest = m->cur->length;
	m->r->longest_end = m->prev;
	m->longest = m->cur->way;
}

/* Each branch once for each way that it went, in the order of the program. */
static void keep_longest(struct machine *m)
{
	struct lint_branch *of[2] = {machine_alloc(m, (m->p->n + 1) * sizeof *of[0]),
		machine_alloc(m, (m->p->n + 1) * sizeof *of[0])};

	for (const struct way *w = m->longest; w; w = w->before)
		of[w->jumped][w->insn].times++;
	for (uint32_t i = 0; i < m->p->n; i++)
		for (unsigned jumped = 0; jumped < 2; jumped++)
			if (of[jumped][i].times)
				VEC_PUSH(m->o->arena, &m->r->branches,
					((struct lint_branch){i, of[jumped][i].times, jumped}));
}

static void walk(struct machine *m)
{
	for (;;) {
		m->past_now = NULL;
		if (m->insn >= m->p->n)
			reject(m, L_not_judged, NULL, "the program goes on after its last instruction");
		if (++m->r->insns_processed > PROCESSED_MAX)
			reject(m, L_too_complex,
				"Bound loops by may_goto or bpf_for(), and make parts of the program global "
				"functions.",
				"the verifier gives up after %d instructions, on all paths together",
				PROCESSED_MAX);
		m->r->counts[m->insn]++;
		m->cur->length++;
		m->cur->last = m->prev;
		m->cur->insn = m->insn;
		if (m->watch)
			m->watch->before(m->watch->to, m);
		bool ends = m->at[m->insn].prune && is_known_state(m);
		if (!ends) {
			if (m->at[m->insn].jump_target)
				remember_past(m, 0, 0, 0);
			m->prev = m->insn;
			stack_marks_begin(m);
			ends = step(m);
			stack_marks_end(m);
		}
		if (ends)
			note_end(m);
		if (ends && !next_path(m))
			return;
	}
}

static void forget_states(struct machine *m)
{
	for (uint32_t i = 0; i < m->p->n; i++) {
		m->at[i].states = NULL; /* the arena has them */
		m->at[i].pointer_kind = 0;
	}
	m->nstates = 0;
	m->visits = NULL;
	memset(m->instances, 0, sizeof m->instances);
	m->instance = NULL;
	m->jumps_before = m->jumps;
	m->processed_before = m->r->insns_processed;
}

static void judge_function(struct machine *m, uint32_t function)
{
	forget_states(m);
	m->cur = state_new(m);
	m->insn = m->p->functions.at[function].first;
	m->prev = UINT32_MAX;
	m->cur->first = m->insn;
	m->cur->frames[0] = frame_new(m, function, NO_CALLSITE, 0);
	m->cur->sleepable = m->p->sleepable;
	if (function || m->p->type == BPF_PROG_TYPE_EXT) /* that replaces a global function */
		enter_global(m, function);
	else
		reg_point(reg_now(m, 1), IN_CONTEXT, 0);
	if (!function)
		hold_arguments(m);
	for (unsigned i = 1; i <= 5; i++)
		reg_now(m, i)->origin = ORIGIN_ARGUMENT | (function << 4 | i);
	walk(m);
}

static void judge(struct machine *m)
{
	bool more = true;

	find_fields(m);
	context_judged(m);
	settle_kernel_types(m);
	if (m->p->two_exceptions)
		reject_at(m, 0, L_bad_argument, "Keep one.", "the program has two exception callbacks");
	find_shape(m);
	check_maps_fit(m);
	check_insns(m);
	check_packet_loads(m);
	judge_function(m, 0);
	if (m->p->exception)
		m->functions[m->p->exception].called = true;
	while (more) {
		more = false;
		for (uint32_t f = 1; f < m->p->functions.n; f++)
			if (m->functions[f].called) {
				m->functions[f].called = false;
				if (m->functions[f].judged)
					continue;
				m->functions[f].judged = more = true;
				judge_function(m, f);
			}
	}
	check_stack(m);
}

void lint_interpret_watched(struct lint *lint, const struct lint_object *o, struct lint_program *p,
	struct interp_result *r, const struct interp_watch *watch)
{
	struct arena *arena = arena_new();
	struct machine *m = NEW(arena, struct machine);

	*r = (struct interp_result){.accepted = true, .judged = true};
	r->stack_depth = arena_alloc(o->arena, (p->functions.n + 1) * sizeof *r->stack_depth);
	*m = (struct machine){
		.lint = lint, .o = o, .p = p, .program = p, .r = r, .watch = watch, .arena = arena};
	m->at = machine_alloc(m, (p->n + 2) * sizeof *m->at);
	m->functions = machine_alloc(m, (p->functions.n + 1) * sizeof *m->functions);
	r->counts = arena_alloc(o->arena, (p->n + 1) * sizeof *r->counts);
	if (!setjmp(m->out))
		judge(m);
	keep_longest(m);
	arena_free(arena);
}

void lint_interpret(
	struct lint *lint, const struct lint_object *o, struct lint_program *p, struct interp_result *r)
{
	lint_interpret_watched(lint, o, p, r, NULL);
}
