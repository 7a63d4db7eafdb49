/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* encoding.c: fields of instructions that have to be 0. check_insn_fields() in kernel/bpf/verifier.c. */
#include "machine.h"

static bool alu_is_right(const struct bpf_insn *in)
{
	uint8_t op = BPF_OP(in->code);
	bool by_reg = BPF_SRC(in->code) == BPF_X, is64 = BPF_CLASS(in->code) == BPF_ALU64;
	bool divides = op == BPF_DIV || op == BPF_MOD;

	if (op == BPF_NEG)
		return !in->src_reg && !in->off && !by_reg && !in->imm;
	if (op == BPF_END)
		return !in->src_reg && !in->off && !(is64 && by_reg) &&
		       (in->imm == 16 || in->imm == 32 || in->imm == 64);
	if (op == BPF_MOV && by_reg) {
		bool width = in->off == 0 || in->off == 8 || in->off == 16 || (is64 && in->off == 32);
		bool cast = is64 && in->off == 1;
		return cast || (!in->imm && width);
	}
	return !(by_reg ? in->imm : in->src_reg) && (!in->off || (in->off == 1 && divides));
}

static bool jump_is_right(const struct bpf_insn *in)
{
	bool by_reg = BPF_SRC(in->code) == BPF_X, is32 = BPF_CLASS(in->code) == BPF_JMP32;

	switch (BPF_OP(in->code)) {
	case BPF_CALL:
		return !by_reg && !in->dst_reg && !is32 && in->src_reg <= BPF_PSEUDO_KFUNC_CALL &&
		       (!in->off || in->src_reg == BPF_PSEUDO_KFUNC_CALL);
	case BPF_JA:
		if (by_reg) /* which Linux 6.19 brought, by a table of instructions */
			return !in->src_reg && !in->imm && !in->off;
		return !in->src_reg && !in->dst_reg && !(is32 ? in->off : in->imm);
	case BPF_EXIT:
		return !by_reg && !in->imm && !in->src_reg && !in->dst_reg && !is32;
	case NEW_BPF_JCOND:
		return in->code == (BPF_JMP | NEW_BPF_JCOND) && !in->src_reg && !in->dst_reg && !in->imm;
	default:
		return BPF_OP(in->code) < NEW_BPF_JCOND && !(by_reg ? in->imm : in->src_reg);
	}
}

static bool load_is_right(const struct bpf_insn *in)
{
	switch (BPF_MODE(in->code)) {
	case BPF_IMM:
		return in->code == (BPF_LD | BPF_IMM | BPF_DW) && !in->off;
	case BPF_ABS:
	case BPF_IND:
		return !in->dst_reg && !in->off && BPF_SIZE(in->code) != BPF_DW &&
		       (BPF_MODE(in->code) == BPF_IND || !in->src_reg);
	default:
		return false;
	}
}

static bool is_right(const struct bpf_insn *in)
{
	uint8_t mode = BPF_MODE(in->code);

	switch (BPF_CLASS(in->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return alu_is_right(in);
	case BPF_LDX:
		return !in->imm && (mode == BPF_MEM || mode == NEW_BPF_MEMSX);
	case BPF_STX:
		return mode == BPF_ATOMIC || (mode == BPF_MEM && !in->imm);
	case BPF_ST:
		return mode == BPF_MEM && !in->src_reg;
	case BPF_LD:
		return load_is_right(in);
	default:
		return jump_is_right(in);
	}
}

_Noreturn void reserved(struct machine *m)
{
	reject(m, L_bad_instruction, NULL, "a field that has to be 0 is not");
}

void check_insn(struct machine *m)
{
	if (!is_right(&m->p->insns[m->insn]))
		reserved(m);
}

/* Before, of what no path leads to it was only asked of loads. */
#define ALL_CHECKED_SINCE 0x0701

void check_insns(struct machine *m)
{
	for (m->insn = 0; m->insn < m->p->n; m->insn++) {
		const struct bpf_insn *in = &m->p->insns[m->insn];
		if (BPF_CLASS(in->code) == BPF_LDX || lint_kernel(m->lint) >= ALL_CHECKED_SINCE)
			check_insn(m);
		if (in->code == (BPF_LD | BPF_IMM | BPF_DW))
			m->insn++;
	}
}
