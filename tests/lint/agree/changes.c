/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * changes.c: ways in which a program is broken, as a programmer breaks it. Each is done to the instructions,
 * so that no compiler puts it right or leaves out what has become of no use. What refers to a map or a
 * function stays as it is.
 */
#include <string.h>
#include "agree.h"
#include "../../../compiler/lint/flow.h"

#define NOTHING ((struct bpf_insn){.code = BPF_JMP | BPF_JA})

static uint8_t class_of(const struct bpf_insn *in)
{
	return BPF_CLASS(in->code);
}

static bool is_alu(const struct bpf_insn *in)
{
	return class_of(in) == BPF_ALU || class_of(in) == BPF_ALU64;
}

static bool is_jump(const struct bpf_insn *in)
{
	return class_of(in) == BPF_JMP || class_of(in) == BPF_JMP32;
}

static bool is_test(const struct bpf_insn *in)
{
	uint8_t op = BPF_OP(in->code);
	return is_jump(in) && op != BPF_JA && op != BPF_CALL && op != BPF_EXIT && op != BPF_JCOND;
}

static bool is_load(const struct bpf_insn *in)
{
	return class_of(in) == BPF_LDX;
}

static bool is_store(const struct bpf_insn *in)
{
	return class_of(in) == BPF_STX || class_of(in) == BPF_ST;
}

static unsigned base_of(const struct bpf_insn *in)
{
	return is_load(in) ? in->src_reg : in->dst_reg;
}

static int size_of(const struct bpf_insn *in)
{
	static const int sizes[] = {4, 2, 1, 8};
	return sizes[BPF_SIZE(in->code) >> 3];
}

/* ---- what may become of a jump ---- */

/* A change of where control goes is refused for what it leaves unreached: that says nothing of paths. */
static bool all_reached(const struct lint_program *p)
{
	struct arena *arena = arena_new();
	struct flow flow;
	bool all = true;

	flow_make(arena, p, &flow);
	for (uint32_t i = 0; i < p->n && all; i++)
		all = flow.reached[i] || flow.inside[i];
	arena_free(arena);
	return all;
}

static bool goes_as(struct lint_program *p, uint32_t at, struct bpf_insn to)
{
	struct bpf_insn was = p->insns[at];
	if (!is_test(&was))
		return false;
	p->insns[at] = to;
	if (all_reached(p))
		return true;
	p->insns[at] = was;
	return false;
}

static bool jump_never(struct lint_program *p, uint32_t at)
{
	return goes_as(p, at, NOTHING);
}

static bool jump_always(struct lint_program *p, uint32_t at)
{
	return goes_as(p, at, (struct bpf_insn){.code = BPF_JMP | BPF_JA, .off = p->insns[at].off});
}

/* Both ways stay open, and nothing is learnt of the register. */
static void test_something_else(struct bpf_insn *in)
{
	in->code = (uint8_t)(BPF_JMP | BPF_JEQ | BPF_K);
	in->dst_reg = 10;
	in->src_reg = 0;
	in->imm = 0;
}

static bool null_test_gone(struct lint_program *p, uint32_t at)
{
	struct bpf_insn *in = &p->insns[at];
	uint8_t op = BPF_OP(in->code);
	if (!is_test(in) || BPF_SRC(in->code) != BPF_K || in->imm || (op != BPF_JEQ && op != BPF_JNE))
		return false;
	test_something_else(in);
	return true;
}

static bool test_gone(struct lint_program *p, uint32_t at)
{
	struct bpf_insn *in = &p->insns[at];
	if (!is_test(in) || (BPF_SRC(in->code) == BPF_K && !in->imm))
		return false;
	test_something_else(in);
	return true;
}

/* Whether control comes from one instruction to another, of the same function. */
static bool comes_to(const struct lint_program *p, const struct lint_function *f, uint32_t from, uint32_t to)
{
	struct arena *arena = arena_new();
	uint8_t *seen = arena_alloc(arena, f->n);
	uint32_t *open = arena_alloc(arena, (2 * f->n + 2) * sizeof *open), n = 0, next[2];
	bool found = false;

	open[n++] = from;
	while (n && !found) {
		uint32_t i = open[--n];
		if (i < f->first || i >= f->first + f->n || seen[i - f->first])
			continue;
		seen[i - f->first] = 1;
		found = i == to;
		for (unsigned k = flow_next(p, i, next); k; k--)
			open[n++] = next[k - 1];
	}
	arena_free(arena);
	return found;
}

static bool within_backward_jump(const struct lint_program *p, const struct lint_function *f, uint32_t at)
{
	uint32_t to;
	for (uint32_t i = at; i < f->first + f->n; i++)
		if (flow_target(p, i, &to) && to <= at)
			return true;
	return false;
}

static bool loop_not_bounded(struct lint_program *p, uint32_t at)
{
	const struct lint_function *f = lint_function_at(p, at);
	uint32_t to;
	if (!is_test(&p->insns[at]) || !within_backward_jump(p, f, at) || !flow_target(p, at, &to))
		return false;
	if (comes_to(p, f, at + 1, at) == comes_to(p, f, to, at))
		return false;
	test_something_else(&p->insns[at]);
	return true;
}

static bool is_target(const struct lint_program *p, uint32_t at)
{
	const struct lint_function *f = lint_function_at(p, at);
	uint32_t to;
	for (uint32_t i = f->first; i < f->first + f->n; i++)
		if (flow_target(p, i, &to) && to == at)
			return true;
	return false;
}

#define MOVED_MOST 10

/* The test comes to lie behind the next access to memory, and that before it. */
static bool test_after_use(struct lint_program *p, uint32_t at)
{
	struct bpf_insn test = p->insns[at];
	uint32_t to = at + 1;

	if (!is_test(&test))
		return false;
	for (;; to++) {
		if (to >= p->n || to - at > MOVED_MOST || p->refs[to].kind != REF_NONE ||
			is_jump(&p->insns[to]) || class_of(&p->insns[to]) == BPF_LD || is_target(p, to))
			return false;
		if ((is_load(&p->insns[to]) || is_store(&p->insns[to])) && base_of(&p->insns[to]) != 10)
			break;
	}
	int off = test.off - (int)(to - at);
	if (off != (int16_t)off)
		return false;
	memmove(&p->insns[at], &p->insns[at + 1], (to - at) * sizeof test);
	test.off = (int16_t)off;
	p->insns[to] = test;
	return true;
}

/* ---- bounds ---- */

static bool bound_by(struct lint_program *p, uint32_t at, int by)
{
	struct bpf_insn *in = &p->insns[at];
	uint8_t op = BPF_OP(in->code);
	bool ordered = op != BPF_JEQ && op != BPF_JNE && op != BPF_JSET;
	if (!is_test(in) || BPF_SRC(in->code) != BPF_K || (!ordered && !in->imm))
		return false;
	in->imm += by;
	return true;
}

static bool bound_more(struct lint_program *p, uint32_t at)
{
	return bound_by(p, at, 1);
}

static bool bound_less(struct lint_program *p, uint32_t at)
{
	return bound_by(p, at, -1);
}

/* Pairs of a comparison and what it becomes, either way. */
static bool swap(struct lint_program *p, uint32_t at, const uint8_t (*pairs)[2], unsigned n)
{
	struct bpf_insn *in = &p->insns[at];
	for (unsigned i = 0; i < 2 * n && is_test(in); i++)
		if (BPF_OP(in->code) == pairs[i / 2][i % 2]) {
			in->code = (uint8_t)((in->code & 0x0f) | pairs[i / 2][1 - i % 2]);
			return true;
		}
	return false;
}

static bool test_signed(struct lint_program *p, uint32_t at)
{
	static const uint8_t pairs[][2] = {
		{BPF_JGT, BPF_JSGT}, {BPF_JGE, BPF_JSGE}, {BPF_JLT, BPF_JSLT}, {BPF_JLE, BPF_JSLE}};
	return swap(p, at, pairs, 4);
}

static bool test_reversed(struct lint_program *p, uint32_t at)
{
	static const uint8_t pairs[][2] = {{BPF_JEQ, BPF_JNE}, {BPF_JGT, BPF_JLE}, {BPF_JGE, BPF_JLT},
		{BPF_JSGT, BPF_JSLE}, {BPF_JSGE, BPF_JSLT}};
	return swap(p, at, pairs, 5);
}

static bool test_of_half(struct lint_program *p, uint32_t at)
{
	if (!is_test(&p->insns[at]))
		return false;
	p->insns[at].code ^= BPF_JMP ^ BPF_JMP32;
	return true;
}

static bool mask_gone(struct lint_program *p, uint32_t at)
{
	struct bpf_insn *in = &p->insns[at];
	if (!is_alu(in) || BPF_OP(in->code) != BPF_AND)
		return false;
	*in = (struct bpf_insn){.code = (uint8_t)(class_of(in) | BPF_MOV | BPF_X),
		.dst_reg = in->dst_reg,
		.src_reg = in->dst_reg};
	return true;
}

static bool mask_wider(struct lint_program *p, uint32_t at)
{
	struct bpf_insn *in = &p->insns[at];
	if (!is_alu(in) || BPF_OP(in->code) != BPF_AND || BPF_SRC(in->code) != BPF_K)
		return false;
	in->imm = (int32_t)((uint32_t)in->imm << 1 | 1);
	return true;
}

static bool shift_more(struct lint_program *p, uint32_t at)
{
	struct bpf_insn *in = &p->insns[at];
	uint8_t op = BPF_OP(in->code);
	if (!is_alu(in) || (op != BPF_LSH && op != BPF_RSH) || BPF_SRC(in->code) != BPF_K)
		return false;
	in->imm += op == BPF_LSH ? 1 : -1;
	return true;
}

/* ---- memory ---- */

static bool is_plain(const struct bpf_insn *in)
{
	return (is_load(in) || is_store(in)) && BPF_MODE(in->code) == BPF_MEM;
}

#define STACK 512

static bool stack_grown(struct lint_program *p, uint32_t at)
{
	struct bpf_insn *in = &p->insns[at];
	if (is_plain(in) && base_of(in) == 10) {
		in->off = (int16_t)(in->off - STACK);
		return true;
	}
	const struct bpf_insn *before = at ? in - 1 : in;
	if (in->code != (BPF_ALU64 | BPF_ADD | BPF_K) || in->imm >= 0 || before->src_reg != 10 ||
		before->code != (BPF_ALU64 | BPF_MOV | BPF_X) || before->dst_reg != in->dst_reg)
		return false;
	in->imm -= STACK;
	return true;
}

static bool access_further(struct lint_program *p, uint32_t at)
{
	struct bpf_insn *in = &p->insns[at];
	if ((!is_load(in) && !is_store(in)) || base_of(in) == 10)
		return false;
	in->off = (int16_t)(in->off + size_of(in));
	return true;
}

static bool access_wider(struct lint_program *p, uint32_t at)
{
	struct bpf_insn *in = &p->insns[at];
	if (!is_plain(in) || BPF_SIZE(in->code) == BPF_DW)
		return false;
	in->code = (uint8_t)((in->code & ~0x18) | BPF_DW);
	return true;
}

static bool store_gone(struct lint_program *p, uint32_t at)
{
	if (!is_store(&p->insns[at]) || base_of(&p->insns[at]) != 10)
		return false;
	p->insns[at] = NOTHING;
	return true;
}

/* ---- values and calls ---- */

static bool value_gone(struct lint_program *p, uint32_t at)
{
	const struct bpf_insn *in = &p->insns[at];
	if (!is_alu(in) || BPF_OP(in->code) != BPF_MOV)
		return false;
	p->insns[at] = NOTHING;
	return true;
}

static bool call_gone(struct lint_program *p, uint32_t at)
{
	const struct bpf_insn *in = &p->insns[at];
	if (in->code != (BPF_JMP | BPF_CALL) || in->src_reg)
		return false;
	p->insns[at] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K};
	return true;
}

static bool operands_swapped(struct lint_program *p, uint32_t at)
{
	struct bpf_insn *in = &p->insns[at];
	if ((!is_alu(in) && !is_test(in)) || BPF_SRC(in->code) != BPF_X || in->dst_reg == in->src_reg)
		return false;
	uint8_t was = in->dst_reg;
	in->dst_reg = in->src_reg & 15;
	in->src_reg = was & 15;
	return true;
}

const struct change changes[] = {
	{"a mask gone", mask_gone},
	{"a mask wider by a bit", mask_wider},
	{"a shift by one more", shift_more},
	{"a check of null gone", null_test_gone},
	{"a check gone", test_gone},
	{"a check after the use", test_after_use},
	{"a check that never jumps", jump_never},
	{"a check that always jumps", jump_always},
	{"a check the other way", test_reversed},
	{"a check as of signed", test_signed},
	{"a check of other bits", test_of_half},
	{"a bound higher by one", bound_more},
	{"a bound lower by one", bound_less},
	{"a loop not bounded", loop_not_bounded},
	{"the stack grown", stack_grown},
	{"an access further on", access_further},
	{"an access wider", access_wider},
	{"a store gone", store_gone},
	{"a value not set", value_gone},
	{"a call gone", call_gone},
	{"operands swapped", operands_swapped},
};
const unsigned nchanges = sizeof changes / sizeof *changes;
