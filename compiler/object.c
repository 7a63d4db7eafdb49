/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * object.c: one file out of the BPF program that LLVM makes of the script, its translations for real
 * machines, and the manifest. The last two are in sections that libbpf does not know and passes over.
 */
#include "object.h"
#include <errno.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <llvm-c/Analysis.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include "codegen.h"
#include "native.h"
#include "../runtime/manifest.h"

/* No loop is unrolled and nothing is turned into calls or tables: what the front end wrote for the verifier
 * stays. */
static const char passes[] =
	"function(sroa,early-cse,simplifycfg,instcombine<no-verify-fixpoint>,simplifycfg)";

static const struct native_machine *const machines[] = {&native_x86_64, &native_aarch64};
#define MACHINES (sizeof machines / sizeof machines[0])

void internal_error(const char *what, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	fprintf(stderr, "ringc: internal error: %s: ", what);
	vfprintf(stderr, format, ap);
	fprintf(stderr, "\nringc: this is an error of the compiler's, not of the script; please report it "
			"with the script\n");
	va_end(ap);
	exit(1);
}

static void on_diagnostic(LLVMDiagnosticInfoRef d, void *arg)
{
	(void)arg;
	if (LLVMGetDiagInfoSeverity(d) == LLVMDSError)
		internal_error("code generation", "%s", LLVMGetDiagInfoDescription(d));
}

/* ---- the BPF program ---- */

static void optimise(LLVMModuleRef module, LLVMTargetMachineRef tm)
{
	char *error = NULL;
	if (LLVMVerifyModule(module, LLVMReturnStatusAction, &error))
		internal_error("invalid intermediate code", "%s", error);
	LLVMDisposeMessage(error);
	LLVMPassBuilderOptionsRef o = LLVMCreatePassBuilderOptions();
	LLVMErrorRef failed = LLVMRunPasses(module, passes, tm, o);
	if (failed)
		internal_error("optimisation", "%s", LLVMGetErrorMessage(failed));
	LLVMDisposePassBuilderOptions(o);
	cg_jump_far(module);
}

static LLVMMemoryBufferRef emit(LLVMModuleRef module, LLVMTargetMachineRef tm, LLVMCodeGenFileType type)
{
	LLVMMemoryBufferRef b;
	char *error = NULL;
	if (LLVMTargetMachineEmitToMemoryBuffer(tm, module, type, &error, &b))
		internal_error("emission", "%s", error);
	return b;
}

/* ---- functions ---- */

/* What libbpf makes one program of: the step, and what is called from there. */
struct functions {
	LLVMValueRef at[MAX_SUBPROGRAMS + 1];
	unsigned n;
};

static void add_function(struct functions *f, LLVMValueRef fn)
{
	if (f->n > MAX_SUBPROGRAMS || !LLVMIsAFunction(fn) || LLVMIsDeclaration(fn))
		return;
	for (unsigned i = 0; i < f->n; i++)
		if (f->at[i] == fn)
			return;
	f->at[f->n++] = fn;
}

/* Counted in the code itself: what the checker knows of is what the script names, and queues, streams and
 * arms of a `select` have functions too. The kernel refuses a program of more (too many subprograms,
 * add_subprog() in kernel/bpf/verifier.c). */
static void check_functions(struct ir_program *ir, LLVMModuleRef module)
{
	struct functions f = {.n = 0};
	add_function(&f, LLVMGetNamedFunction(module, RL_PROGRAM));
	for (unsigned i = 0; i < f.n && f.n <= MAX_SUBPROGRAMS; i++)
		for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f.at[i]); b; b = LLVMGetNextBasicBlock(b))
			for (LLVMValueRef v = LLVMGetFirstInstruction(b); v; v = LLVMGetNextInstruction(v))
				if (LLVMIsACallInst(v))
					add_function(&f, LLVMGetCalledValue(v));
	if (f.n > MAX_SUBPROGRAMS)
		diag(ir->p->diags, &ir->p->main->loc, D_too_many_functions, MAX_SUBPROGRAMS);
}

/* An ELF object, in the arena; empty where a dump was asked for, or after an error. */
static struct bytes bpf_object(struct ir_program *ir, struct layout *l, const struct object_options *o)
{
	LLVMContextRef ctx = LLVMContextCreate();
	LLVMContextSetDiagnosticHandler(ctx, on_diagnostic, NULL);
	LLVMTargetMachineRef tm = target_machine();
	LLVMModuleRef module = codegen(ir, l, ctx, tm);
	struct bytes out = {0};
	optimise(module, tm);
	check_functions(ir, module);
	if (diags_errors(ir->p->diags)) {
		/* nothing that could be loaded */
	} else if (o->dump_ir) {
		char *text = LLVMPrintModuleToString(module);
		fputs(text, stdout);
		LLVMDisposeMessage(text);
	} else {
		LLVMMemoryBufferRef b = emit(module, tm, o->dump_asm ? LLVMAssemblyFile : LLVMObjectFile);
		size_t n = LLVMGetBufferSize(b);
		if (o->dump_asm) {
			fwrite(LLVMGetBufferStart(b), 1, n, stdout);
		} else {
			void *copy = arena_alloc(ir->arena, n);
			memcpy(copy, LLVMGetBufferStart(b), n);
			out = (struct bytes){copy, n};
		}
		LLVMDisposeMemoryBuffer(b);
	}
	LLVMDisposeModule(module);
	LLVMDisposeTargetMachine(tm);
	LLVMContextDispose(ctx);
	return out;
}

/* ---- sections of our own ---- */

struct section {
	const char *name;
	struct bytes bytes;
};

static void elf_failed(const char *what)
{
	internal_error(what, "%s", elf_errmsg(-1));
}

/* Appends names to the section that has all names; gives where the first begins. */
static size_t add_names(Elf *elf, const struct section *s, unsigned n, struct arena *a)
{
	size_t index = 0, size = 0, at = 0;
	elf_getshdrstrndx(elf, &index);
	Elf_Scn *names = elf_getscn(elf, index);
	Elf_Data *old = elf_getdata(names, NULL), *more = elf_newdata(names);
	if (!old || !more)
		elf_failed("section names");
	for (unsigned i = 0; i < n; i++)
		size += strlen(s[i].name) + 1;
	char *text = arena_alloc(a, size);
	for (unsigned i = 0; i < n; i++) {
		strcpy(text + at, s[i].name);
		at += strlen(s[i].name) + 1;
	}
	more->d_buf = text;
	more->d_size = size;
	more->d_align = 1;
	more->d_type = ELF_T_BYTE;
	more->d_off = (int64_t)old->d_size;
	return old->d_size;
}

static void add_sections(Elf *elf, const struct section *s, unsigned n, struct arena *a)
{
	size_t name = add_names(elf, s, n, a);
	for (unsigned i = 0; i < n; i++) {
		Elf_Scn *scn = elf_newscn(elf);
		Elf_Data *d = scn ? elf_newdata(scn) : NULL;
		GElf_Shdr h;
		if (!d || !gelf_getshdr(scn, &h))
			elf_failed("adding a section");
		d->d_buf = (void *)(uintptr_t)s[i].bytes.at; /* only read */
		d->d_size = s[i].bytes.n;
		d->d_align = 16;
		d->d_type = ELF_T_BYTE;
		h.sh_name = (Elf64_Word)name;
		h.sh_type = SHT_PROGBITS;
		h.sh_addralign = 16;
		if (!gelf_update_shdr(scn, &h))
			elf_failed("adding a section");
		name += strlen(s[i].name) + 1;
	}
}

/* The object with sections added and the trailer. libelf writes to a file: one that has no name. */
static struct bytes put_together(struct bytes elf, const struct section *s, unsigned n, struct arena *a)
{
	struct rl_trailer t = {.magic = RL_TRAILER_MAGIC, .format = RL_FORMAT};
	int fd = memfd_create("ringc", MFD_CLOEXEC);
	if (fd < 0 || pwrite(fd, elf.at, elf.n, 0) != (ssize_t)elf.n)
		internal_error("memory for the object", "%s", strerror(errno));
	Elf *e = elf_begin(fd, ELF_C_RDWR, NULL);
	if (!e)
		elf_failed("the BPF object");
	add_sections(e, s, n, a);
	int64_t size = elf_update(e, ELF_C_WRITE);
	if (size < 0)
		elf_failed("writing the object");
	elf_end(e);
	size_t whole = (size_t)size;
	uint8_t *all = arena_alloc(a, whole + sizeof t);
	if (pread(fd, all, whole, 0) != size)
		internal_error("memory for the object", "%s", strerror(errno));
	close(fd);
	uLong crc = crc32_z(0, all, whole);
	t.crc = (uint32_t)crc32_z(crc, (const void *)&t, offsetof(struct rl_trailer, crc));
	memcpy(all + whole, &t, sizeof t);
	return (struct bytes){all, whole + sizeof t};
}

struct bytes object_make(struct ir_program *ir, struct layout *l, const struct object_options *o)
{
	struct bytes elf = bpf_object(ir, l, o);
	if (!elf.n)
		return elf;
	struct native_step native[MACHINES];
	struct section sections[MACHINES + 1];
	struct bpf_code program = bpf_code_read(ir->arena, elf.at, elf.n);
	for (unsigned i = 0; i < MACHINES; i++) {
		native[i] = native_translate(ir->arena, &program, machines[i]);
		sections[i] = (struct section){native[i].section, {native[i].code, native[i].size}};
	}
	sections[MACHINES] =
		(struct section){RL_MANIFEST_SECTION, manifest_make(ir, l, &program, native, MACHINES)};
	return put_together(elf, sections, MACHINES + 1, ir->arena);
}

/* ---- the file ---- */
