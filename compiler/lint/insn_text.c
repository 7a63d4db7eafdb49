/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* insn_text.c: LLVM's disassembler, with names and the numbers of instructions in the place of its numbers.
 */
#include "insn_text.h"
#include <llvm-c/Disassembler.h>
#include <llvm-c/Target.h>
#include <stdlib.h>
#include <string.h>
#include "flow.h"
#include "names.h"

static LLVMDisasmContextRef disassembler(void)
{
	static LLVMDisasmContextRef d;
	if (!d) {
		LLVMInitializeBPFTargetInfo();
		LLVMInitializeBPFTarget();
		LLVMInitializeBPFTargetMC();
		LLVMInitializeBPFDisassembler();
		d = LLVMCreateDisasmCPU("bpfel", "v4", NULL, 0, NULL, NULL);
	}
	return d;
}

static const char *llvm_text(struct arena *a, const struct lint_program *p, uint32_t at)
{
	uint8_t bytes[16] = {0};
	char text[128];
	size_t n = at + 1 < p->n ? 16 : 8;
	struct bpf_insn insns[2] = {p->insns[at]};

	if (n == 16)
		insns[1] = p->insns[at + 1];
	if (insns[0].code == (BPF_LD | BPF_IMM | BPF_DW) || insns[0].code == (BPF_JMP | BPF_CALL))
		insns[0].src_reg = 0; /* what it refers to is written by name */
	memcpy(bytes, insns, n);
	if (!LLVMDisasmInstruction(disassembler(), bytes, n, 0, text, sizeof text))
		return arena_printf(
			a, ".8byte %#llx", (unsigned long long)*(uint64_t *)(void *)&p->insns[at]);
	for (char *c = text; *c; c++)
		if (*c == '\t')
			*c = ' ';
	return arena_printf(a, "%s", text + strspn(text, " "));
}

/* The variable at a place of a section of them: `counter`, `conns + 8`. */
static const char *variable(struct arena *a, const struct lint_object *o, const struct lint_ref *r)
{
	struct btf_var_secinfo at;
	const struct btf_type *var = variable_at(o, r->index, r->offset, &at);
	const char *name = var ? btf__name_by_offset(o->btf, var->name_off) : o->maps.at[r->index].name;
	int64_t inside = var ? r->offset - at.offset : r->offset;
	return inside || !var ? arena_printf(a, "%s + %lld", name, (long long)inside) : name;
}

static const char *referred(
	struct arena *a, const struct lint_object *o, const struct lint_program *p, const struct lint_ref *r)
{
	switch (r->kind) {
	case REF_MAP:
		return o ? arena_printf(a, "map %s", o->maps.at[r->index].name) : NULL;
	case REF_VALUE:
		return o ? variable(a, o, r) : NULL;
	case REF_KFUNC:
	case REF_EXTERN:
		return o ? o->externs.at[r->index].name : NULL;
	case REF_CALL:
	case REF_FUNCTION:
		return p->functions.at[r->index].name;
	default:
		return NULL;
	}
}

const char *insn_text(struct arena *a, const struct lint_object *o, const struct lint_program *p, uint32_t at)
{
	const struct bpf_insn *in = &p->insns[at];
	const char *name = referred(a, o, p, &p->refs[at]);
	const char *text = llvm_text(a, p, at), *jump;
	uint32_t to;

	if (in->code == (BPF_JMP | BPF_CALL)) {
		if (!name && !in->src_reg)
			name = helper_name(in->imm);
		return arena_printf(a, "call %s", name ? name : arena_printf(a, "%d", in->imm));
	}
	if (in->code == (BPF_LD | BPF_IMM | BPF_DW) && name)
		return arena_printf(a, "r%d = %s", in->dst_reg, name);
	jump = strstr(text, "goto ");
	if (!jump)
		jump = strstr(text, "gotol ");
	if (jump && flow_target(p, at, &to))
		return arena_printf(a, "%.*sgoto %u", (int)(jump - text), text, to);
	return text;
}
