/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * debug.c: debug information, from which LLVM makes BTF: the types of the program, of struct_ops and of the
 * kfunc, and the line of the script that each instruction comes from.
 */
#include <string.h>
#include <llvm-c/IRReader.h>
#include "codegen.h"
#include "object.h"

#define DWARF_UNSIGNED 7 /* DW_ATE_unsigned */
#define DWARF_SIGNED 5
#define DWARF_SIGNED_CHAR 6

static LLVMMetadataRef basic(struct cg *g, const char *name, unsigned bits, unsigned encoding)
{
	return LLVMDIBuilderCreateBasicType(g->dib, name, strlen(name), bits, encoding, LLVMDIFlagZero);
}

static LLVMMetadataRef file_of(struct cg *g, uint32_t i)
{
	return g->di_file[i];
}

static uint32_t main_file(const struct cg *g)
{
	return g->ir->p->main->loc.file;
}

static void module_flag(struct cg *g, const char *name, unsigned v)
{
	LLVMAddModuleFlag(g->module, LLVMModuleFlagBehaviorWarning, name, strlen(name),
		LLVMValueAsMetadata(cg_const(g, 32, v)));
}

/* ---- files ---- */

static char *quote(char *to, const char *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	*to++ = '"';
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)bytes[i];
		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			*to++ = (char)c;
		} else {
			*to++ = '\\';
			*to++ = digits[c >> 4];
			*to++ = digits[c & 15];
		}
	}
	*to++ = '"';
	return to;
}

/* A module with a file for each source, and its text: BTF has the lines of the script, and where a file
 * brings no text LLVM reads what has that name in the working directory. Only the reader of IR makes such
 * files. */
LLVMModuleRef debug_module(struct ir_program *ir, LLVMContextRef ctx)
{
	const struct sources *sources = ir->p->sources;
	size_t room = 1;
	for (size_t i = 0; i < sources->list.n; i++)
		room += 3 * (strlen(sources->list.at[i]->name) + sources->list.at[i]->size) + 128;
	char *text = arena_alloc(ir->arena, room), *at = text;
	for (size_t i = 0; i < sources->list.n; i++) {
		const struct source *s = sources->list.at[i];
		at += sprintf(at, "!%zu = !DIFile(filename: ", i);
		at = quote(at, s->name, strlen(s->name));
		at = stpcpy(at, ", directory: \"\", source: ");
		at = quote(at, s->text, s->size);
		at = stpcpy(at, ")\n");
	}
	at = stpcpy(at, "!files = !{");
	for (size_t i = 0; i < sources->list.n; i++)
		at += sprintf(at, "%s!%zu", i ? ", " : "", i);
	at = stpcpy(at, "}\n");
	LLVMMemoryBufferRef b = LLVMCreateMemoryBufferWithMemoryRangeCopy(text, (size_t)(at - text), "files");
	LLVMModuleRef module;
	char *error = NULL;
	if (LLVMParseIRInContext(ctx, b, &module, &error))
		internal_error("debug information", "%s", error);
	return module;
}

void debug_begin(struct cg *g)
{
	static const char producer[] = "ringc";
	g->dib = LLVMCreateDIBuilder(g->module);
	size_t n = g->ir->p->sources->list.n;
	g->di_file = arena_alloc(g->arena, n * sizeof *g->di_file);
	LLVMValueRef *files = arena_alloc(g->arena, n * sizeof *files);
	LLVMGetNamedMetadataOperands(g->module, "files", files);
	for (size_t i = 0; i < n; i++)
		g->di_file[i] = LLVMValueAsMetadata(files[i]);
	g->di_unit = LLVMDIBuilderCreateCompileUnit(g->dib, LLVMDWARFSourceLanguageC11,
		file_of(g, main_file(g)), producer, sizeof producer - 1, true, "", 0, 0, "", 0,
		LLVMDWARFEmissionFull, 0, false, false, "", 0, "", 0);
	module_flag(g, "Debug Info Version", LLVMDebugMetadataVersion());
	module_flag(g, "Dwarf Version", 5);
	g->di_u32 = basic(g, "unsigned int", 32, DWARF_UNSIGNED);
	g->di_u64 = basic(g, "unsigned long", 64, DWARF_UNSIGNED);
}

void debug_end(struct cg *g)
{
	LLVMDIBuilderFinalize(g->dib);
	LLVMDisposeDIBuilder(g->dib);
}

static LLVMMetadataRef number(struct cg *g, unsigned bits)
{
	if (bits == 8)
		return basic(g, "unsigned char", 8, DWARF_UNSIGNED);
	if (bits == 16)
		return basic(g, "unsigned short", 16, DWARF_UNSIGNED);
	return bits == 32 ? g->di_u32 : g->di_u64;
}

static LLVMMetadataRef pointer(struct cg *g, LLVMMetadataRef to)
{
	return LLVMDIBuilderCreatePointerType(g->dib, to, 64, 0, 0, "", 0);
}

/* The verifier takes an argument of a global function for the context where a BTF tag says so (Linux 6.8, and
 * the type is a pointer to u64: btf_validate_prog_ctx_type() in kernel/bpf/btf.c). The builder has no call
 * for tags: they are the last operand of a variable. */
#define VARIABLE_ANNOTATIONS 4
static void tag_context(struct cg *g, LLVMMetadataRef variable)
{
	static const char kind[] = "btf_decl_tag", tag[] = "arg:ctx";
	LLVMMetadataRef words[] = {LLVMMDStringInContext2(g->ctx, kind, sizeof kind - 1),
		LLVMMDStringInContext2(g->ctx, tag, sizeof tag - 1)};
	LLVMMetadataRef one = LLVMMDNodeInContext2(g->ctx, words, 2);
	LLVMReplaceMDNodeOperandWith(LLVMMetadataAsValue(g->ctx, variable), VARIABLE_ANNOTATIONS,
		LLVMMDNodeInContext2(g->ctx, &one, 1));
}

static void subprogram(struct cg *g, LLVMValueRef fn, const char *name, const struct loc *loc,
	LLVMMetadataRef *types, unsigned n, bool local, bool context)
{
	unsigned line = 1;
	uint32_t file = loc ? loc->file : main_file(g), l = 1, c = 1;
	if (loc)
		source_position(g->ir->p->sources, loc->file, loc->begin, &l, &c);
	line = l;
	LLVMMetadataRef type =
		LLVMDIBuilderCreateSubroutineType(g->dib, file_of(g, file), types, n, LLVMDIFlagZero);
	LLVMMetadataRef sp = LLVMDIBuilderCreateFunction(g->dib, file_of(g, file), name, strlen(name), name,
		strlen(name), file_of(g, file), line, type, local, true, line, LLVMDIFlagPrototyped, true);
	LLVMSetSubprogram(fn, sp);
	/* The kernel refuses a function whose BTF names no parameters ("Invalid arg#1"). */
	for (unsigned i = 1; i < n; i++) {
		const char *arg = arena_printf(g->arena, "a%u", i);
		LLVMMetadataRef v = LLVMDIBuilderCreateParameterVariable(g->dib, sp, arg, strlen(arg), i,
			file_of(g, file), line, types[i], true, LLVMDIFlagZero);
		if (context && i == n - 1)
			tag_context(g, v);
	}
	g->di_scope = sp;
	g->di_blocks.n = 0;
	for (size_t i = 0; i < g->ir->p->sources->list.n; i++)
		VEC_PUSH(g->arena, &g->di_blocks, i == file ? sp : NULL);
}

void debug_function(struct cg *g, struct function *f, const char *name, const struct loc *loc,
	const uint8_t *bits, unsigned n)
{
	LLVMMetadataRef types[8];
	LLVMTypeRef result = LLVMGetReturnType(f->type);
	types[0] = number(g, LLVMGetIntTypeWidth(result));
	for (unsigned i = 0; i < n; i++)
		types[i + 1] = bits[i] == ARG_CONTEXT ? pointer(g, g->di_u64) : number(g, bits[i]);
	subprogram(g, f->fn, name, loc, types, n + 1, LLVMGetLinkage(f->fn) == LLVMInternalLinkage,
		f->wants_context);
}

/* ---- the kernel's types ---- */

static LLVMMetadataRef structure(
	struct cg *g, const char *name, uint64_t bits, uint32_t align, LLVMMetadataRef *members, unsigned n)
{
	LLVMMetadataRef file = file_of(g, main_file(g));
	return LLVMDIBuilderCreateStructType(g->dib, file, name, strlen(name), file, 1, bits, align,
		LLVMDIFlagZero, NULL, members, n, 0, NULL, "", 0);
}

static LLVMMetadataRef member(
	struct cg *g, const char *name, LLVMMetadataRef type, uint64_t bits, uint64_t offset)
{
	LLVMMetadataRef file = file_of(g, main_file(g));
	return LLVMDIBuilderCreateMemberType(
		g->dib, file, name, strlen(name), file, 1, bits, 0, offset, LLVMDIFlagZero, type);
}

/* Opaque since 7.2; libbpf does not compare names behind pointers, so that 7.1, which calls it otherwise,
 * agrees. */
static LLVMMetadataRef context_pointer(struct cg *g)
{
	return pointer(g, structure(g, "iou_ctx", 0, 8, NULL, 0));
}

static LLVMMetadataRef params_pointer(struct cg *g)
{
	LLVMMetadataRef m = member(g, "cq_wait_idx", g->di_u32, 32, 0);
	return pointer(g, structure(g, "iou_loop_params", 32, 32, &m, 1));
}

void debug_step(struct cg *g, LLVMValueRef fn)
{
	LLVMMetadataRef types[] = {basic(g, "int", 32, DWARF_SIGNED), pointer(g, g->di_u64)};
	subprogram(g, fn, LLVMGetValueName2(fn, &(size_t){0}), &g->ir->p->main->loc, types, 2, false, false);
}

static void kfunc(struct cg *g, LLVMValueRef fn, LLVMMetadataRef *types, unsigned ntypes)
{
	LLVMMetadataRef file = file_of(g, main_file(g));
	LLVMMetadataRef type = LLVMDIBuilderCreateSubroutineType(g->dib, file, types, ntypes, LLVMDIFlagZero);
	size_t n;
	const char *name = LLVMGetValueName2(fn, &n);
	LLVMMetadataRef sp = LLVMDIBuilderCreateFunction(
		g->dib, file, name, n, name, n, file, 1, type, false, false, 1, LLVMDIFlagPrototyped, true);
	LLVMSetSubprogram(fn, sp);
}

void debug_kfunc(struct cg *g, LLVMValueRef fn)
{
	LLVMMetadataRef types[] = {basic(g, "int", 32, DWARF_SIGNED), context_pointer(g), g->di_u32};
	kfunc(g, fn, types, 3);
}

void debug_get_region(struct cg *g, LLVMValueRef fn)
{
	LLVMMetadataRef types[] = {pointer(g, number(g, 8)), context_pointer(g), g->di_u32, g->di_u64};
	kfunc(g, fn, types, 4);
}

/* ---- variables ---- */

static void global(struct cg *g, LLVMValueRef v, const char *name, LLVMMetadataRef type)
{
	LLVMMetadataRef file = file_of(g, main_file(g));
	LLVMMetadataRef e = LLVMDIBuilderCreateGlobalVariableExpression(g->dib, g->di_unit, name,
		strlen(name), name, strlen(name), file, 1, type, false,
		LLVMDIBuilderCreateExpression(g->dib, NULL, 0), NULL, 0);
	LLVMGlobalSetMetadata(v, LLVMGetMDKindIDInContext(g->ctx, "dbg", 3), e);
}

static LLVMMetadataRef script_type(struct cg *g, const struct type *t)
{
	switch (t->kind) {
	case T_ARRAY:
	case T_TABLE: {
		LLVMMetadataRef range = LLVMDIBuilderGetOrCreateSubrange(g->dib, 0, (int64_t)t->n);
		return LLVMDIBuilderCreateArrayType(
			g->dib, t->size * 8, t->align * 8, script_type(g, t->elem), &range, 1);
	}
	case T_STRUCT: {
		LLVMMetadataRef *members = arena_alloc(g->arena, (t->fields.n + 1) * sizeof *members);
		for (size_t i = 0; i < t->fields.n; i++) {
			const struct field *f = &t->fields.at[i];
			members[i] =
				member(g, f->name, script_type(g, f->type), f->type->size * 8, f->offset * 8);
		}
		return structure(g, t->name, t->size * 8, t->align * 8, members, (unsigned)t->fields.n);
	}
	default:
		if (!t->is_signed)
			return number(g, t->bits);
		return basic(g,
			t->bits == 8    ? "signed char"
			: t->bits == 16 ? "short"
			: t->bits == 32 ? "int"
					: "long",
			t->bits, t->bits == 8 ? DWARF_SIGNED_CHAR : DWARF_SIGNED);
	}
}

/* The image as a struct whose members are the script's variables: what `bpftool map dump` then shows by name.
 */
static LLVMMetadataRef image_type(struct cg *g)
{
	const symbol_vec *vars = &g->ir->p->vars;
	LLVMMetadataRef *members = arena_alloc(g->arena, (vars->n + 1) * sizeof *members);
	unsigned n = 0;
	struct symbol **sorted = arena_alloc(g->arena, (vars->n + 1) * sizeof *sorted);
	for (size_t i = 0; i < vars->n; i++) { /* by offset, as BTF wants them */
		size_t k = n;
		if (vars->at[i]->storage == VAR_REGION)
			continue;
		for (; k > 0 && sorted[k - 1]->offset > vars->at[i]->offset; k--)
			sorted[k] = sorted[k - 1];
		sorted[k] = vars->at[i];
		n++;
	}
	for (size_t i = 0; i < n; i++)
		members[i] = member(g, sorted[i]->name, script_type(g, sorted[i]->type),
			sorted[i]->type->size * 8, sorted[i]->offset * 8);
	return structure(g, "ringlet_image", g->l->size * 8, 64, members, n);
}

static LLVMMetadataRef ops_type(struct cg *g)
{
	LLVMMetadataRef file = file_of(g, main_file(g));
	LLVMMetadataRef step[] = {basic(g, "int", 32, DWARF_SIGNED), context_pointer(g), params_pointer(g)};
	LLVMMetadataRef step_type = LLVMDIBuilderCreateSubroutineType(g->dib, file, step, 3, LLVMDIFlagZero);
	LLVMMetadataRef members[] = {
		member(g, "loop_step", pointer(g, step_type), 64, 0),
		member(g, "ring_fd", g->di_u32, 32, 64),
		member(g, "priv", pointer(g, NULL), 64, 128),
	};
	return structure(g, "io_uring_bpf_ops", 192, 64, members, 3);
}

void debug_region(struct cg *g, LLVMValueRef info)
{
	LLVMMetadataRef members[] = {
		member(g, "bytes", g->di_u64, 64, 0), member(g, "elements", g->di_u64, 64, 64)};
	global(g, info, "region", structure(g, "rl_region", 128, 64, members, 2));
}

void debug_globals(struct cg *g, LLVMValueRef image, LLVMValueRef ops, LLVMValueRef license)
{
	LLVMMetadataRef range = LLVMDIBuilderGetOrCreateSubrange(g->dib, 0, 13);
	LLVMMetadataRef chars = LLVMDIBuilderCreateArrayType(
		g->dib, 13 * 8, 8, basic(g, "char", 8, DWARF_SIGNED_CHAR), &range, 1);
	global(g, image, "image", image_type(g));
	global(g, ops, "ops", ops_type(g));
	global(g, license, "LICENSE", chars);
}

/* ---- lines ---- */

/* Code of another file that was expanded here keeps its own lines. */
static LLVMMetadataRef scope_of(struct cg *g, uint32_t file)
{
	if (!g->di_blocks.at[file])
		g->di_blocks.at[file] =
			LLVMDIBuilderCreateLexicalBlockFile(g->dib, g->di_scope, file_of(g, file), 0);
	return g->di_blocks.at[file];
}

void debug_at(struct cg *g, const struct loc *loc)
{
	uint32_t line = 1, col = 1, file = loc ? loc->file : main_file(g);
	if (loc)
		source_position(g->ir->p->sources, loc->file, loc->begin, &line, &col);
	LLVMSetCurrentDebugLocation2(
		g->b, LLVMDIBuilderCreateDebugLocation(g->ctx, line, col, scope_of(g, file), NULL));
}
