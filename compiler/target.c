/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* target.c: LLVM's BPF back end. */
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include "codegen.h"
#include "object.h"

LLVMTargetMachineRef target_machine(void)
{
	static const char triple[] = "bpfel";
	/* Strength reduction makes the counters of loops anew, from a constant up, and the verifier then
	 * follows every round of a loop that it would have understood after two. Sinking moves arithmetic
	 * down to where its result is wanted, behind a check or a call, and scheduling for a machine's
	 * pipeline moves loads up: what was loaded then waits on the stack, of which there are 512 bytes.
	 * Sets of memory accesses that may happen in any order have up to 18 members; to simplify the large
	 * ones again and again took a minute for a block of two thousand statements. */
	static const char *const options[] = {"ringc", "-disable-lsr", "-instcombine-code-sinking=false",
		"-disable-machine-sink", "-pre-RA-sched=source", "-combiner-tokenfactor-inline-limit=16"};
	LLVMTargetRef t;
	char *error = NULL;
	static bool set;
	if (!set) /* for the process */
		LLVMParseCommandLineOptions(sizeof options / sizeof options[0], options, NULL);
	set = true;
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
