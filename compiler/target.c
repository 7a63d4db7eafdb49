/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* target.c: LLVM's BPF back end. */
#include <llvm-c/Target.h>
#include "codegen.h"
#include "object.h"

LLVMTargetMachineRef target_machine(void)
{
	static const char triple[] = "bpfel";
	LLVMTargetRef t;
	char *error = NULL;
	LLVMInitializeBPFTargetInfo();
	LLVMInitializeBPFTarget();
	LLVMInitializeBPFTargetMC();
	LLVMInitializeBPFAsmPrinter();
	LLVMInitializeBPFAsmParser(); /* inline assembly is fatal without */
	if (LLVMGetTargetFromTriple(triple, &t, &error))
		internal_error("LLVM", "%s", error);
	return LLVMCreateTargetMachine(
		t, triple, "v4", "", LLVMCodeGenLevelDefault, LLVMRelocDefault, LLVMCodeModelDefault);
}
