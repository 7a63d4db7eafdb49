/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * object.c: code for each machine, put together in one file. The native steps are made first, since the BPF object
 * carries their bytes; so does it the manifest. Both are in sections that libbpf does not know and passes over.
 */
#include "object.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>
#include <llvm-c/Analysis.h>
#include <llvm-c/Object.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include "codegen.h"
#include "../runtime/manifest.h"

/* No loop is unrolled and nothing is turned into calls or tables: what the front end wrote for the verifier stays. */
static const char passes[] = "function(sroa,early-cse,simplifycfg,instcombine,simplifycfg)";

static void __attribute__((noreturn)) internal_error(const char *what, const char *detail)
{
	fprintf(stderr, "ringc: internal error: %s: %s\n"
			"ringc: this is an error of the compiler's, not of the script; please report it with the script\n",
		what, detail);
	exit(1);
}

static void on_diagnostic(LLVMDiagnosticInfoRef d, void *arg)
{
	(void)arg;
	if (LLVMGetDiagInfoSeverity(d) != LLVMDSError)
		return;
	char *text = LLVMGetDiagInfoDescription(d);
	internal_error("code generation", text);
}

static LLVMModuleRef generate(struct ir_program *ir, struct layout *l, enum machine m, LLVMContextRef ctx,
	LLVMTargetMachineRef tm)
{
	LLVMModuleRef module = codegen(ir, l, m, ctx, tm);
	char *error = NULL;
	if (LLVMVerifyModule(module, LLVMReturnStatusAction, &error))
		internal_error("invalid intermediate code", error);
	LLVMDisposeMessage(error);
	LLVMPassBuilderOptionsRef o = LLVMCreatePassBuilderOptions();
	LLVMPassBuilderOptionsSetLoopUnrolling(o, false);
	LLVMPassBuilderOptionsSetLoopVectorization(o, false);
	LLVMPassBuilderOptionsSetSLPVectorization(o, false);
	LLVMErrorRef failed = LLVMRunPasses(module, passes, tm, o);
	if (failed)
		internal_error("optimisation", LLVMGetErrorMessage(failed));
	LLVMDisposePassBuilderOptions(o);
	return module;
}

static LLVMMemoryBufferRef emit(LLVMModuleRef module, LLVMTargetMachineRef tm, LLVMCodeGenFileType type)
{
	LLVMMemoryBufferRef b;
	char *error = NULL;
	if (LLVMTargetMachineEmitToMemoryBuffer(tm, module, type, &error, &b))
		internal_error("emission", error);
	return b;
}

/* ---- native steps ---- */

static void take_text(struct arena *a, LLVMBinaryRef bin, struct native_step *out)
{
	LLVMSectionIteratorRef s = LLVMObjectFileCopySectionIterator(bin);
	for (; !LLVMObjectFileIsSectionIteratorAtEnd(bin, s); LLVMMoveToNextSection(s)) {
		const char *name = LLVMGetSectionName(s);
		LLVMRelocationIteratorRef r = LLVMGetRelocations(s);
		bool text = name && !strcmp(name, ".text");
		if (text && !LLVMIsRelocationIteratorAtEnd(s, r))
			internal_error("native step", "it has relocations");
		LLVMDisposeRelocationIterator(r);
		if (text) {
			out->size = LLVMGetSectionSize(s);
			void *copy = arena_alloc(a, out->size);
			memcpy(copy, LLVMGetSectionContents(s), out->size);
			out->code = copy;
		} else if (name && !strncmp(name, ".rodata", 7)) {
			internal_error("native step", "it has constants outside its code");
		}
	}
	LLVMDisposeSectionIterator(s);
}

static void find_entry(LLVMBinaryRef bin, struct native_step *out)
{
	LLVMSymbolIteratorRef s = LLVMObjectFileCopySymbolIterator(bin);
	for (; !LLVMObjectFileIsSymbolIteratorAtEnd(bin, s); LLVMMoveToNextSymbol(s)) {
		const char *name = LLVMGetSymbolName(s);
		if (name && !strcmp(name, RL_PROGRAM))
			out->entry = LLVMGetSymbolAddress(s);
	}
	LLVMDisposeSymbolIterator(s);
}

static struct native_step native_step(struct ir_program *ir, struct layout *l, enum machine m,
	const struct object_options *o)
{
	struct native_step out = {.arch = machine_name(m),
		.section = arena_printf(ir->arena, ".ringlet.%s", machine_name(m))};
	LLVMContextRef ctx = LLVMContextCreate();
	LLVMContextSetDiagnosticHandler(ctx, on_diagnostic, NULL);
	LLVMTargetMachineRef tm = target_machine(m);
	LLVMModuleRef module = generate(ir, l, m, ctx, tm);
	if (o->dump_asm) {
		LLVMMemoryBufferRef text = emit(module, tm, LLVMAssemblyFile);
		printf("\n# %s\n%s", machine_name(m), LLVMGetBufferStart(text));
		LLVMDisposeMemoryBuffer(text);
	} else {
		LLVMMemoryBufferRef elf = emit(module, tm, LLVMObjectFile);
		char *error = NULL;
		LLVMBinaryRef bin = LLVMCreateBinary(elf, NULL, &error);
		if (!bin)
			internal_error("native step", error);
		take_text(ir->arena, bin, &out);
		find_entry(bin, &out);
		LLVMDisposeBinary(bin);
		LLVMDisposeMemoryBuffer(elf);
	}
	LLVMDisposeModule(module);
	LLVMDisposeTargetMachine(tm);
	LLVMContextDispose(ctx);
	return out;
}

/* ---- the object ---- */

static void add_section(LLVMModuleRef module, LLVMContextRef ctx, const char *name, const char *section, const void *bytes,
	size_t n)
{
	LLVMValueRef s = LLVMConstStringInContext2(ctx, bytes, n, true);
	LLVMValueRef v = LLVMAddGlobal(module, LLVMTypeOf(s), name);
	LLVMSetInitializer(v, s);
	LLVMSetSection(v, section);
	LLVMSetGlobalConstant(v, true);
	LLVMSetLinkage(v, LLVMInternalLinkage);
	LLVMSetAlignment(v, 16);
}

static struct bytes with_trailer(struct arena *a, const void *elf, size_t n)
{
	struct rl_trailer t = {.magic = RL_TRAILER_MAGIC, .format = RL_FORMAT};
	uint8_t *all = arena_alloc(a, n + sizeof t);
	memcpy(all, elf, n);
	uLong crc = crc32_z(0, elf, n);
	crc = crc32_z(crc, (const void *)&t, offsetof(struct rl_trailer, crc));
	t.crc = (uint32_t)crc;
	memcpy(all + n, &t, sizeof t);
	return (struct bytes){all, n + sizeof t};
}

struct bytes object_make(struct ir_program *ir, struct layout *l, const struct object_options *o)
{
	struct native_step native[MACHINE_COUNT];
	unsigned n = 0;
	targets_init();
	if (!o->dump_ir)
		for (enum machine m = MACHINE_X86_64; m < MACHINE_COUNT; m++)
			native[n++] = native_step(ir, l, m, o);
	LLVMContextRef ctx = LLVMContextCreate();
	LLVMContextSetDiagnosticHandler(ctx, on_diagnostic, NULL);
	LLVMTargetMachineRef tm = target_machine(MACHINE_BPF);
	LLVMModuleRef module = generate(ir, l, MACHINE_BPF, ctx, tm);
	struct bytes result = {0};
	if (o->dump_ir) {
		char *text = LLVMPrintModuleToString(module);
		fputs(text, stdout);
		LLVMDisposeMessage(text);
	} else if (o->dump_asm) {
		LLVMMemoryBufferRef text = emit(module, tm, LLVMAssemblyFile);
		printf("\n# bpf\n%s", LLVMGetBufferStart(text));
		LLVMDisposeMemoryBuffer(text);
	} else {
		for (unsigned i = 0; i < n; i++)
			add_section(module, ctx, native[i].arch, native[i].section, native[i].code, native[i].size);
		struct bytes manifest = manifest_make(ir, l, native, n);
		add_section(module, ctx, "manifest", RL_MANIFEST_SECTION, manifest.at, manifest.n);
		LLVMMemoryBufferRef elf = emit(module, tm, LLVMObjectFile);
		result = with_trailer(ir->arena, LLVMGetBufferStart(elf), LLVMGetBufferSize(elf));
		LLVMDisposeMemoryBuffer(elf);
	}
	LLVMDisposeModule(module);
	LLVMDisposeTargetMachine(tm);
	LLVMContextDispose(ctx);
	return result;
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -errno;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

int object_write(const char *path, struct bytes b)
{
	size_t n = strlen(path);
	char *tmp = malloc(n + 8);
	if (!tmp)
		return -ENOMEM;
	memcpy(tmp, path, n);
	memcpy(tmp + n, ".XXXXXX", 8);
	int fd = mkostemp(tmp, O_CLOEXEC), ret = 0;
	if (fd < 0) {
		ret = -errno;
		free(tmp);
		return ret;
	}
	mode_t mask = umask(0);
	umask(mask);
	ret = write_all(fd, b.at, b.n);
	if (!ret && fchmod(fd, 0666 & ~mask))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(tmp, path))
		ret = -errno;
	if (ret)
		unlink(tmp);
	free(tmp);
	return ret;
}
