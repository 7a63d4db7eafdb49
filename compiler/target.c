/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* target.c: the machines that code is generated for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <llvm-c/Target.h>
#include "codegen.h"

static const struct {
	const char *name, *triple, *cpu, *features;
} machines[MACHINE_COUNT] = {
	[MACHINE_BPF] = {"bpf", "bpfel", "v4", ""},
	[MACHINE_X86_64] = {"x86_64", "x86_64-unknown-linux-gnu", "x86-64", ""},
	/* Atomics inline, without the outline helpers of libgcc; LSE would need ARMv8.1. */
	[MACHINE_AARCH64] = {"aarch64", "aarch64-unknown-linux-gnu", "generic", ""},
};

const char *machine_name(enum machine m)
{
	return machines[m].name;
}

void targets_init(void)
{
	/* The parsers too: inline assembly is fatal without. */
	LLVMInitializeBPFTargetInfo();
	LLVMInitializeBPFTarget();
	LLVMInitializeBPFTargetMC();
	LLVMInitializeBPFAsmPrinter();
	LLVMInitializeBPFAsmParser();
	LLVMInitializeX86TargetInfo();
	LLVMInitializeX86Target();
	LLVMInitializeX86TargetMC();
	LLVMInitializeX86AsmPrinter();
	LLVMInitializeX86AsmParser();
	LLVMInitializeAArch64TargetInfo();
	LLVMInitializeAArch64Target();
	LLVMInitializeAArch64TargetMC();
	LLVMInitializeAArch64AsmPrinter();
	LLVMInitializeAArch64AsmParser();
}

LLVMTargetMachineRef target_machine(enum machine m)
{
	LLVMTargetRef t;
	char *error = NULL;
	if (LLVMGetTargetFromTriple(machines[m].triple, &t, &error)) {
		fprintf(stderr, "ringc: %s\n", error);
		LLVMDisposeMessage(error);
		exit(1);
	}
	return LLVMCreateTargetMachine(t, machines[m].triple, machines[m].cpu, machines[m].features,
		LLVMCodeGenLevelDefault, m == MACHINE_BPF ? LLVMRelocDefault : LLVMRelocPIC, LLVMCodeModelSmall);
}
