/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* codegen.c: the module, and the few shapes of code that all of it is made of. */
#include "codegen.h"
#include <string.h>
#include "../runtime/image.h"
#include "../runtime/manifest.h"

LLVMTypeRef cg_int(struct cg *g, unsigned bits)
{
	return bits == 8 ? g->i8 : bits == 16 ? g->i16 : bits == 32 ? g->i32 : g->i64;
}

LLVMValueRef cg_const(struct cg *g, unsigned bits, uint64_t v)
{
	return LLVMConstInt(cg_int(g, bits), v, false);
}

LLVMBasicBlockRef cg_block(struct cg *g, const char *name)
{
	return LLVMAppendBasicBlockInContext(g->ctx, g->fn, name);
}

LLVMValueRef cg_alloca(struct cg *g, LLVMTypeRef t)
{
	LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b), entry = LLVMGetEntryBasicBlock(g->fn);
	LLVMValueRef first = LLVMGetFirstInstruction(entry);
	if (first)
		LLVMPositionBuilderBefore(g->b, first);
	else
		LLVMPositionBuilderAtEnd(g->b, entry);
	LLVMValueRef v = LLVMBuildAlloca(g->b, t, "");
	LLVMPositionBuilderAtEnd(g->b, here);
	return v;
}

/* The same value, of which LLVM knows nothing; if `each_time`, as if it were another wherever it is asked
 * for. */
static LLVMValueRef unknown(struct cg *g, LLVMValueRef v, bool each_time)
{
	LLVMTypeRef of = LLVMTypeOf(v), t = LLVMFunctionType(of, &of, 1, false);
	LLVMValueRef a =
		LLVMGetInlineAsm(t, "", 0, "=r,0", 4, each_time, false, LLVMInlineAsmDialectATT, false);
	return LLVMBuildCall2(g->b, t, a, &v, 1, "");
}

LLVMValueRef cg_opaque(struct cg *g, LLVMValueRef v)
{
	return unknown(g, v, false);
}

/* An instruction reaches 32 KiB from a pointer; what is farther has an address that is computed first. LLVM
 * computes each once and keeps it as long as it is used, on the stack when there are many, of which there are
 * 512 bytes. So it may do with a few in each function; all others are computed where they are used. */
static bool is_kept(struct cg *g, LLVMValueRef base, int64_t offset)
{
	for (unsigned i = 0; i < g->nfar; i++)
		if (g->far[i].base == base && g->far[i].offset == offset)
			return true;
	if (g->nfar == (g->ir_fn->sym->kind == SYM_TASK ? MAX_FAR_TASK : MAX_FAR_FUNCTION))
		return false;
	g->far[g->nfar++] = (struct far){base, offset};
	return true;
}

LLVMValueRef cg_gep(struct cg *g, LLVMValueRef base, LLVMValueRef offset)
{
	if (LLVMIsConstant(offset)) {
		int64_t off = LLVMConstIntGetSExtValue(offset);
		if (LLVMIsAConstantExpr(base)) { /* image + constant */
			off += LLVMConstIntGetSExtValue(LLVMGetOperand(base, 1));
			base = LLVMGetOperand(base, 0);
			offset = cg_const(g, 64, (uint64_t)off);
		}
		if (g->ir_fn && off > INT16_MAX && !is_kept(g, base, off))
			base = unknown(g, base, true);
	}
	return LLVMBuildGEP2(g->b, g->i8, base, &offset, 1, "");
}

LLVMValueRef cg_at(struct cg *g, uint64_t offset)
{
	return cg_gep(g, g->image, cg_const(g, 64, offset));
}

LLVMValueRef cg_load(struct cg *g, unsigned bits, LLVMValueRef p)
{
	LLVMValueRef v = LLVMBuildLoad2(g->b, cg_int(g, bits), p, "");
	LLVMSetAlignment(v, bits / 8);
	return v;
}

LLVMValueRef cg_store(struct cg *g, LLVMValueRef v, LLVMValueRef p)
{
	LLVMValueRef s = LLVMBuildStore(g->b, v, p);
	LLVMSetAlignment(s, LLVMGetIntTypeWidth(LLVMTypeOf(v)) / 8);
	return s;
}

LLVMValueRef cg_zext(struct cg *g, LLVMValueRef v, unsigned bits)
{
	return LLVMBuildZExt(g->b, v, cg_int(g, bits), "");
}

LLVMValueRef cg_unknown_zero(struct cg *g, unsigned bits)
{
	LLVMValueRef z = cg_load(g, bits, cg_at(g, CONTROL(zero)));
	LLVMSetVolatile(z, true);
	return z;
}

static LLVMValueRef assembly(LLVMTypeRef t, const char *text, const char *how)
{
	return LLVMGetInlineAsm(t, (char *)text, strlen(text), (char *)how, strlen(how), true, false,
		LLVMInlineAsmDialectATT, false);
}

/* may_goto jumps when the kernel's loop budget is used up (include/linux/bpf: BPF_JMP | BPF_JCOND,
 * Linux 6.9). It reaches 32767 instructions; gotol reaches all, and LLVM sees to all other jumps. */
static LLVMValueRef may_goto(LLVMContextRef ctx, bool far)
{
	LLVMTypeRef t = LLVMFunctionType(LLVMVoidTypeInContext(ctx), NULL, 0, false);
	return assembly(t, far ? "may_goto +1\ngoto +1\ngotol ${0:l}" : "may_goto ${0:l}", "!i");
}

void cg_may_goto(struct cg *g, LLVMBasicBlockRef out)
{
	LLVMTypeRef t = LLVMFunctionType(g->voidt, NULL, 0, false);
	LLVMBasicBlockRef next = cg_block(g, "round");
	LLVMBuildCallBr(g->b, t, may_goto(g->ctx, false), next, &out, 1, NULL, 0, NULL, 0, "");
	LLVMPositionBuilderAtEnd(g->b, next);
}

/* Of LLVM's instructions, which become one or two of BPF's, seldom more. */
#define SHORT_FUNCTION 10000

void cg_jump_far(LLVMModuleRef module)
{
	LLVMContextRef ctx = LLVMGetModuleContext(module);
	LLVMValueRef near = may_goto(ctx, false), far = may_goto(ctx, true);
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		unsigned n = 0;
		for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b; b = LLVMGetNextBasicBlock(b))
			for (LLVMValueRef v = LLVMGetFirstInstruction(b); v; v = LLVMGetNextInstruction(v))
				n++;
		LLVMBasicBlockRef b = n > SHORT_FUNCTION ? LLVMGetFirstBasicBlock(f) : NULL;
		for (; b; b = LLVMGetNextBasicBlock(b)) {
			LLVMValueRef last = LLVMGetBasicBlockTerminator(b);
			unsigned called = (unsigned)LLVMGetNumOperands(last) - 1;
			if (LLVMGetInstructionOpcode(last) == LLVMCallBr &&
				LLVMGetOperand(last, called) == near)
				LLVMSetOperand(last, called, far);
		}
	}
}

/* BPF_STX | BPF_ATOMIC with BPF_LOAD_ACQ and BPF_STORE_REL (Linux 6.15), which LLVM 19 does not know:
 * registers are therefore fixed. Of 8 and 16 bits it has none: the register's other bits are zero. */
static const char *size_of(unsigned bits)
{
	return bits == 8 ? "d3" : bits == 16 ? "cb" : bits == 32 ? "c3" : "db";
}

LLVMValueRef cg_load_acquire(struct cg *g, LLVMValueRef p, unsigned bits)
{
	LLVMTypeRef t = LLVMFunctionType(cg_int(g, bits < 32 ? 32 : bits), &g->ptr, 1, false);
	const char *text = arena_printf(g->arena, ".8byte 0x00000100000010%s", size_of(bits));
	const char *how = bits == 64 ? "={r0},{r1},~{memory}" : "={w0},{r1},~{memory}";
	LLVMValueRef v = LLVMBuildCall2(g->b, t, assembly(t, text, how), &p, 1, "");
	return bits < 32 ? LLVMBuildTrunc(g->b, v, cg_int(g, bits), "") : v;
}

void cg_store_release(struct cg *g, LLVMValueRef p, LLVMValueRef v, unsigned bits)
{
	LLVMTypeRef args[] = {g->ptr, cg_int(g, bits < 32 ? 32 : bits)};
	LLVMTypeRef t = LLVMFunctionType(g->voidt, args, 2, false);
	const char *text = arena_printf(g->arena, ".8byte 0x00000110000021%s", size_of(bits));
	const char *how = bits == 64 ? "{r1},{r2},~{memory}" : "{r1},{w2},~{memory}";
	if (bits < 32)
		v = cg_zext(g, v, 32);
	LLVMBuildCall2(g->b, t, assembly(t, text, how), (LLVMValueRef[]){p, v}, 2, "");
}

/* ---- functions ---- */

static void attribute(struct cg *g, LLVMValueRef fn, const char *name, const char *value)
{
	LLVMAttributeRef a = LLVMCreateStringAttribute(
		g->ctx, name, (unsigned)strlen(name), value, (unsigned)strlen(value));
	LLVMAddAttributeAtIndex(fn, LLVMAttributeFunctionIndex, a);
}

static void enum_attribute(struct cg *g, LLVMValueRef fn, const char *name)
{
	unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
	LLVMAddAttributeAtIndex(fn, LLVMAttributeFunctionIndex, LLVMCreateEnumAttribute(g->ctx, kind, 0));
}

void cg_attributes(struct cg *g, LLVMValueRef fn)
{
	/* Nothing outside this code: no memset, no jump tables. */
	enum_attribute(g, fn, "nounwind");
	enum_attribute(g, fn, "noinline");
	attribute(g, fn, "no-builtins", "true");
	attribute(g, fn, "no-jump-tables", "true");
}

const uint8_t end_bits[] = {32, 64};

/* All functions but the step take numbers only, and the context, so that each is verified once, by itself:
 * cost adds up and does not multiply. */
struct function cg_function(
	struct cg *g, const char *name, unsigned nargs, const uint8_t *arg_bits, unsigned result_bits)
{
	LLVMTypeRef args[MAX_REGISTER_ARGS];
	struct function f = {.wants_context = nargs && arg_bits[nargs - 1] == ARG_CONTEXT};
	for (unsigned i = 0; i < nargs; i++)
		args[i] = arg_bits[i] == ARG_CONTEXT ? g->ptr : cg_int(g, arg_bits[i]);
	f.type = LLVMFunctionType(cg_int(g, result_bits), args, nargs, false);
	f.fn = LLVMAddFunction(g->module, name, f.type);
	cg_attributes(g, f.fn);
	return f;
}

void cg_begin_at(struct cg *g, struct function *f, const char *name, const struct loc *loc,
	const uint8_t *arg_bits, unsigned nargs)
{
	g->fn = f->fn;
	g->ir_fn = NULL;
	g->self = g->frame = g->region = g->next = NULL;
	g->nfar = 0;
	g->context = f->wants_context ? LLVMGetLastParam(f->fn) : NULL;
	LLVMPositionBuilderAtEnd(g->b, cg_block(g, "entry"));
	debug_function(g, f, name, loc, arg_bits, nargs);
	debug_at(g, loc);
}

void cg_begin(struct cg *g, struct function *f, const char *name, const uint8_t *arg_bits, unsigned nargs)
{
	cg_begin_at(g, f, name, NULL, arg_bits, nargs);
}

LLVMValueRef cg_arg(struct cg *g, unsigned i)
{
	return LLVMGetParam(g->fn, i);
}

LLVMValueRef cg_call(struct cg *g, const struct function *f, LLVMValueRef *args, unsigned n)
{
	LLVMValueRef all[MAX_REGISTER_ARGS];
	for (unsigned i = 0; i < n; i++)
		all[i] = args[i];
	if (f->wants_context)
		all[n++] = g->context;
	return LLVMBuildCall2(g->b, f->type, f->fn, all, n, "");
}

void cg_push_ready(struct cg *g, LLVMValueRef user_data, LLVMValueRef res, LLVMValueRef flags)
{
	cg_push_given(g, user_data, res, flags, NULL);
}

void cg_push_given(
	struct cg *g, LLVMValueRef user_data, LLVMValueRef res, LLVMValueRef flags, LLVMValueRef value)
{
	LLVMValueRef tail_at = cg_at(g, CONTROL(ready_tail)), tail = cg_load(g, 32, tail_at);
	/* First, so that no register is wanted for it later: then a task needs none that it has to save. */
	cg_store(g, LLVMBuildAdd(g->b, tail, cg_const(g, 32, 1), ""), tail_at);
	LLVMValueRef slot = LLVMBuildAnd(g->b, tail, cg_const(g, 32, g->l->ready_slots - 1), "");
	LLVMValueRef off = LLVMBuildShl(g->b, cg_zext(g, slot, 64), cg_const(g, 64, 5), "");
	LLVMValueRef p = cg_gep(g, cg_at(g, g->l->ready), off);
	cg_store(g, user_data, p);
	cg_store(g, res, cg_gep(g, p, cg_const(g, 64, READY(res))));
	cg_store(g, flags, cg_gep(g, p, cg_const(g, 64, READY(flags))));
	if (value)
		cg_store(g, value, cg_gep(g, p, cg_const(g, 64, READY(value))));
}

/* LLVM keeps together what is likely, without a jump. */
void cg_weigh(struct cg *g, LLVMValueRef branch, const uint32_t *weights, unsigned n)
{
	LLVMMetadataRef *all = arena_alloc(g->arena, (n + 1) * sizeof *all);
	all[0] = LLVMMDStringInContext2(g->ctx, "branch_weights", 14);
	for (unsigned i = 0; i < n; i++)
		all[i + 1] = LLVMValueAsMetadata(cg_const(g, 32, weights[i]));
	LLVMMetadataRef prof = LLVMMDNodeInContext2(g->ctx, all, n + 1);
	LLVMSetMetadata(
		branch, LLVMGetMDKindIDInContext(g->ctx, "prof", 4), LLVMMetadataAsValue(g->ctx, prof));
}

void cg_expect(struct cg *g, LLVMValueRef condition, LLVMBasicBlockRef yes, LLVMBasicBlockRef no)
{
	static const uint32_t weights[] = {MOSTLY, SELDOM};
	cg_weigh(g, LLVMBuildCondBr(g->b, condition, yes, no), weights, 2);
}

/* ---- the module ---- */

static LLVMValueRef global_string(
	struct cg *g, const char *name, const char *section, const char *bytes, unsigned n)
{
	LLVMValueRef s = LLVMConstStringInContext(g->ctx, bytes, n, true);
	LLVMValueRef v = LLVMAddGlobal(g->module, LLVMTypeOf(s), name);
	LLVMSetInitializer(v, s);
	LLVMSetSection(v, section);
	LLVMSetGlobalConstant(v, true);
	LLVMSetAlignment(v, 1);
	return v;
}

/* struct io_uring_bpf_ops ops = { .loop_step = loop_step }: the runtime fills in ring_fd before it loads. */
static LLVMValueRef ops_global(struct cg *g, LLVMValueRef step)
{
	LLVMTypeRef members[] = {g->ptr, g->i32, g->ptr};
	LLVMTypeRef t = LLVMStructTypeInContext(g->ctx, members, 3, false);
	LLVMValueRef values[] = {step, cg_const(g, 32, 0), LLVMConstNull(g->ptr)};
	LLVMValueRef v = LLVMAddGlobal(g->module, t, RL_OPS_MAP);
	LLVMSetInitializer(v, LLVMConstStructInContext(g->ctx, values, 3, false));
	LLVMSetSection(v, ".struct_ops.link");
	LLVMSetAlignment(v, 8);
	return v;
}

static void declare_image_and_kfunc(struct cg *g)
{
	LLVMTypeRef t = LLVMArrayType2(g->i8, g->l->size);
	g->image = LLVMAddGlobal(g->module, t, "image");
	LLVMSetInitializer(g->image, LLVMConstNull(t));
	LLVMSetSection(g->image, RL_IMAGE_SECTION);
	LLVMSetAlignment(g->image, RL_PAGE);

	LLVMTypeRef args[] = {g->ptr, g->i32};
	g->submit.type = LLVMFunctionType(g->i32, args, 2, false);
	g->submit.fn = LLVMAddFunction(g->module, "bpf_io_uring_submit_sqes", g->submit.type);
	LLVMSetSection(g->submit.fn, ".ksyms");
	debug_kfunc(g, g->submit.fn);
}

/* What a task is called with. The first is all of its user_data where it is to know which arm. */
unsigned cg_arg_bits(const struct ir_fn *fn, uint8_t *bits)
{
	static const uint8_t of_task[] = {32, 32, 32, 64};
	bool task = fn->sym->kind == SYM_TASK;
	unsigned n = task ? cg_task_args(fn) : ir_register_args(fn);
	for (unsigned i = 0; i < n; i++)
		bits[i] = task ? of_task[i] : fn->regs.at[fn->params.at[i]].bits;
	if (fn->wants_arm)
		bits[ARG_SELF] = 64;
	if (fn->wants_context)
		bits[n++] = ARG_CONTEXT;
	return n;
}

unsigned cg_task_args(const struct ir_fn *task)
{
	return task->wants_value ? ARG_VALUE + 1 : task->wants_flags ? ARG_FLAGS + 1 : ARG_RES + 1;
}

static void declare_functions(struct cg *g)
{
	struct ir_program *ir = g->ir;
	uint8_t bits[MAX_REGISTER_ARGS];
	g->task_fn = arena_alloc(g->arena, (ir->tasks.n + 1) * sizeof *g->task_fn);
	g->task_end = arena_alloc(g->arena, (ir->tasks.n + 1) * sizeof *g->task_end);
	g->task_spawn = arena_alloc(g->arena, (ir->tasks.n + 1) * sizeof *g->task_spawn);
	g->task_cancel = arena_alloc(g->arena, (ir->tasks.n + 1) * sizeof *g->task_cancel);
	g->fns = arena_alloc(g->arena, (ir->fns.n + 1) * sizeof *g->fns);
	for (size_t i = 0; i < ir->tasks.n; i++) {
		const char *name = ir->tasks.at[i]->sym->name;
		unsigned n = cg_arg_bits(ir->tasks.at[i], bits);
		unsigned result = ir->tasks.at[i]->hands ? 64 : 32;
		if (ir->tasks.at[i]->arm) {
			g->task_fn[i] =
				cg_function(g, arena_printf(g->arena, "arm%zu_%s", i, name), n, bits, result);
			continue;
		}
		g->task_fn[i] = cg_function(g, arena_printf(g->arena, "task_%s", name), n, bits, result);
		g->task_end[i] = cg_function(
			g, arena_printf(g->arena, "end_%s", name), result == 64 ? 2 : 1, end_bits, result);
		if (ir->tasks.at[i]->sym != ir->p->main)
			g->task_spawn[i] =
				cg_function(g, arena_printf(g->arena, "spawn_%s", name), 0, NULL, 32);
		if (ir->tasks.at[i]->sym->cancellable)
			g->task_cancel[i] =
				cg_function(g, arena_printf(g->arena, "cancel_%s", name), 0, NULL, 32);
	}
	for (size_t i = 0; i < ir->fns.n; i++) {
		struct ir_fn *fn = ir->fns.at[i];
		unsigned n = cg_arg_bits(fn, bits);
		unsigned result = type_is_scalar(fn->sym->type) ? fn->sym->type->bits : 32;
		/* Two files may have functions of one name. */
		g->fns[i] =
			cg_function(g, arena_printf(g->arena, "fn%zu_%s", i, fn->sym->name), n, bits, result);
		fn->index = (uint32_t)i;
	}
}

LLVMModuleRef codegen(struct ir_program *ir, struct layout *l, LLVMContextRef ctx, LLVMTargetMachineRef tm)
{
	const char *name = ir->p->sources->list.at[ir->p->main->loc.file]->name;
	struct cg g = {.ir = ir, .l = l, .arena = ir->arena, .ctx = ctx, .tm = tm};
	g.module = debug_module(ir, ctx);
	LLVMSetModuleIdentifier(g.module, name, strlen(name));
	LLVMSetSourceFileName(g.module, name, strlen(name));
	g.b = LLVMCreateBuilderInContext(ctx);
	g.i1 = LLVMInt1TypeInContext(ctx);
	g.i8 = LLVMInt8TypeInContext(ctx);
	g.i16 = LLVMInt16TypeInContext(ctx);
	g.i32 = LLVMInt32TypeInContext(ctx);
	g.i64 = LLVMInt64TypeInContext(ctx);
	g.ptr = LLVMPointerTypeInContext(ctx, 0);
	g.voidt = LLVMVoidTypeInContext(ctx);
	LLVMTargetDataRef data = LLVMCreateTargetDataLayout(tm);
	char *triple = LLVMGetTargetMachineTriple(tm);
	LLVMSetModuleDataLayout(g.module, data);
	LLVMSetTarget(g.module, triple);
	LLVMDisposeTargetData(data);
	LLVMDisposeMessage(triple);

	debug_begin(&g);
	declare_image_and_kfunc(&g);
	codegen_region_declare(&g);
	codegen_hand_declare(&g);
	declare_functions(&g);
	codegen_support_declare(&g);
	codegen_queues_declare(&g);
	codegen_streams_declare(&g);
	codegen_find_declare(&g);
	codegen_support(&g);
	codegen_queues(&g);
	codegen_streams(&g);
	codegen_find(&g);
	for (size_t i = 0; i < ir->fns.n; i++)
		codegen_fn(&g, ir->fns.at[i], &g.fns[i]);
	for (size_t i = 0; i < ir->tasks.n; i++)
		codegen_fn(&g, ir->tasks.at[i], &g.task_fn[i]);
	codegen_step(&g);
	static const char license[] = "Dual BSD/GPL"; /* kfuncs need a licence that is GPL-compatible */
	LLVMValueRef step = LLVMGetNamedFunction(g.module, RL_PROGRAM);
	LLVMValueRef lic = global_string(&g, "LICENSE", "license", license, sizeof license);
	debug_globals(&g, g.image, ops_global(&g, step), lic);
	debug_end(&g);
	LLVMDisposeBuilder(g.b);
	return g.module;
}
