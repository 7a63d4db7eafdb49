/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * functions.c: calls of the program's own functions. A static one is followed, with a frame of its own; a
 * global one is judged apart: global.c.
 */
#include "machine.h"

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

	stack_marks_settle(m);
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
