/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* random.c: a change that no programmer would make. */
#include <stdlib.h>
#include <string.h>
#include "agree.h"

static unsigned below(unsigned n)
{
	return (unsigned)random() % n;
}

static void change(struct bpf_insn *in)
{
	static const uint8_t ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH, BPF_XOR, BPF_MOV, BPF_ARSH};
	static const uint8_t tests[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT, BPF_JSGE,
		BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE};
	uint8_t class = BPF_CLASS(in->code);
	bool jump = class == BPF_JMP || class == BPF_JMP32, alu = class == BPF_ALU || class == BPF_ALU64;

	switch (below(8)) {
	case 0:
		in->imm += (int)below(3) - 1 + (below(4) ? 0 : (int)below(64) - 32);
		break;
	case 1:
		in->off = (int16_t)(in->off + (int)(below(5) - 2) * (jump ? 1 : 4));
		break;
	case 2:
		in->dst_reg = below(11) & 15;
		break;
	case 3:
		in->src_reg = below(11) & 15;
		break;
	case 4:
		if (alu)
			in->code = (in->code & 0x0f) | ops[below(sizeof ops)];
		else if (jump && BPF_OP(in->code) != BPF_CALL && BPF_OP(in->code) != BPF_EXIT)
			in->code = (in->code & 0x0f) | tests[below(sizeof tests)];
		else if (!jump)
			in->code ^= below(2) ? 0x08 : 0x10; /* another size */
		break;
	case 5: /* another width */
		in->code ^= alu                                        ? BPF_ALU ^ BPF_ALU64
			    : jump && in->code != (BPF_JMP | BPF_CALL) ? BPF_JMP ^ BPF_JMP32
								       : 0;
		break;
	case 6: /* nothing at all */
		*in = (struct bpf_insn){.code = BPF_JMP | BPF_JA};
		break;
	default:
		in->imm = below(2) ? (int)below(600) : -(int)below(600);
		break;
	}
}

bool change_randomly(struct lint_program *p, uint32_t at)
{
	const struct bpf_insn was = p->insns[at];
	if (p->refs[at].kind != REF_NONE || !was.code)
		return false;
	change(&p->insns[at]);
	/* A call of what is no function any more, or of another, would not be the same reference. */
	if (p->insns[at].code == (BPF_JMP | BPF_CALL) && p->insns[at].src_reg) {
		p->insns[at] = was;
		return false;
	}
	return memcmp(&was, &p->insns[at], sizeof was);
}
