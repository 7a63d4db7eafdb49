/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* limits.c: how much of a program there may be, and where control may go in it. */
#include "limits.h"
#include <stdlib.h>
#include <string.h>

static const struct {
	enum limit limit;
	uint32_t value;
	const char *since;
} table[] = {
#define LIMIT(name, value, since, source, text) {LIMIT_##name, value, since},
#define LATER(name, value, since, source) {LIMIT_##name, value, since},
#include "limits.def"
#undef LIMIT
#undef LATER
};

unsigned kernel_version(const char *s)
{
	char *end;
	unsigned long major = strtoul(s, &end, 10), minor;
	if (end == s || *end != '.' || end[1] < '0' || end[1] > '9')
		return 0;
	minor = strtoul(end + 1, &end, 10);
	if (*end || !major || major > 99 || minor > 99)
		return 0;
	return (unsigned)(major << 8 | minor);
}

uint32_t limit_of(const struct lint *l, enum limit limit)
{
	uint32_t value = 0;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (table[i].limit == limit && (!value || kernel_version(table[i].since) <= lint_kernel(l)))
			value = table[i].value;
	return value;
}

/* ---- counts ---- */

static void count(struct lint *l, const struct lint_program *p)
{
	uint32_t most = limit_of(l, LIMIT_insns), few = limit_of(l, LIMIT_insns_unprivileged);
	bool unprivileged = p->type == BPF_PROG_TYPE_SOCKET_FILTER || p->type == BPF_PROG_TYPE_CGROUP_SKB;

	if (p->n > most)
		lint_find(l, L_too_many_instructions, p, LINT_WHOLE, p->name, p->n, lint_kernel(l) >> 8,
			lint_kernel(l) & 0xff, most);
	else if (unprivileged && p->n > few)
		lint_find(l, L_unprivileged_instructions, p, LINT_WHOLE, p->name, p->n, few);
	if (p->functions.n > limit_of(l, LIMIT_subprograms))
		lint_find(l, L_too_many_functions, p, LINT_WHOLE, p->name, p->functions.n,
			limit_of(l, LIMIT_subprograms));
}

/* ---- control ---- */

static void check_jumps(struct lint *l, const struct lint_program *p, struct flow *flow)
{
	for (uint32_t i = 0, to; i < p->n; i++) {
		const struct lint_function *f = lint_function_at(p, i);
		if (flow->inside[i] || !flow_target(p, i, &to))
			continue;
		if (to >= f->first && to < f->first + f->n && !flow->inside[to])
			continue;
		lint_find(l, L_jump_out, p, i, (long long)(int32_t)to, f->name);
		flow->ok = false;
	}
}

/* Fields have room for 16 of them. */
static void check_registers(
	struct lint *l, const struct lint_object *o, const struct lint_program *p, struct flow *flow)
{
	for (uint32_t i = 0; i < p->n; i++) {
		uint16_t used = flow->inside[i] ? 0 : flow_reads(o, p, i) | flow_writes(p, i);
		for (unsigned r = FLOW_REGISTERS; r < 16; r++) {
			if (!(used >> r & 1))
				continue;
			lint_find(l, L_no_such_register, p, i, r);
			flow->ok = false;
		}
	}
}

/* Control does not go on from it to the next instruction. */
static bool is_end(const struct lint_program *p, uint32_t at)
{
	const struct bpf_insn *in = &p->insns[at];
	uint32_t to;
	return flow_is_exit(in) || flow_is_indirect(in) ||
	       (flow_target(p, at, &to) && !flow_is_conditional(in));
}

static void check_ends(struct lint *l, const struct lint_program *p, struct flow *flow)
{
	for (size_t k = 0; k < p->functions.n; k++) {
		const struct lint_function *f = &p->functions.at[k];
		uint32_t last = f->first + f->n - 1;
		if (!flow->inside[last] && is_end(p, last))
			continue;
		lint_find(l, L_falls_through, p, last, f->name);
		flow->ok = false;
	}
}

static void check_reached(struct lint *l, const struct lint_program *p, const struct flow *flow)
{
	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t n = 0;
		if (flow->reached[i] || flow->inside[i])
			continue;
		const struct lint_function *f = lint_function_at(p, i);
		uint32_t from = i;
		for (; i < f->first + f->n && (!flow->reached[i] || flow->inside[i]); i++)
			n += !flow->inside[i];
		lint_find(l, L_unreachable, p, from, n, n == 1 ? "" : "s");
	}
}

/* Those of the path on which no jump is taken, which the verifier follows first. It cannot tell those of
 * which the verifier knows the outcome: so it is for programs that the interpreter does not judge. */
void lint_jumps(struct lint *l, const struct lint_program *p)
{
	uint32_t most = limit_of(l, LIMIT_jumps);
	for (size_t k = 0; k < p->functions.n; k++) {
		const struct lint_function *f = &p->functions.at[k];
		uint32_t n = 0, steps = 0, next[2];
		for (uint32_t i = f->first; steps++ < f->n && flow_next(p, i, next); i = next[0])
			n += flow_is_conditional(&p->insns[i]);
		if (n > most)
			lint_find(l, L_many_jumps, p, f->first, n, most);
	}
}

void lint_limits(struct lint *l, const struct lint_object *o, const struct lint_program *p, struct flow *flow,
	struct summary *s)
{
	count(l, p);
	check_jumps(l, p, flow);
	check_ends(l, p, flow);
	check_registers(l, o, p, flow);
	if (!flow->ok)
		return;
	check_reached(l, p, flow);
	loop_rules(l, o, p, flow);
	register_rules(l, o, p, flow);
	stack_limits(l, o, p, flow, s);
}
