/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen.h: between the files codegen*.c, debug.c and target.c, which alone know LLVM.
 *
 * All code is for BPF; native.h makes a real machine's out of that.
 */
#ifndef RINGC_CODEGEN_H
#define RINGC_CODEGEN_H

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/TargetMachine.h>
#include "ir.h"
#include "layout.h"

/* Parts of the step that are called rather than repeated: codegen_support.c. */
enum support {
	SUP_FAIL,     /* (kind << FAIL_KIND_SHIFT | site, task, self, value, state) */
	SUP_WAKE,     /* (key): resumes those that wait for it */
	SUP_PATH,     /* (offset, length): whether a zero byte is within or right behind it */
	SUP_LOG,      /* (format, task, self): offset of a slot, or 0 */
	SUP_LOG_TEXT, /* (slot, offset, length): copies a slice into the slot; the argument's value */
	SUP_COUNT
};
#define FAIL_KIND_SHIFT 24 /* a function has five arguments at most */

struct function { /* an LLVM function with its type, as calls need both */
	LLVMValueRef fn;
	LLVMTypeRef type;
};

struct cg {
	struct ir_program *ir;
	struct layout *l;
	struct arena *arena;
	LLVMContextRef ctx;
	LLVMModuleRef module;
	LLVMBuilderRef b;
	LLVMTargetMachineRef tm;
	LLVMTypeRef i1, i8, i16, i32, i64, ptr, voidt;

	LLVMValueRef image;     /* the map's value */
	struct function submit; /* the kfunc */
	struct function support[SUP_COUNT];
	struct function *task_fn, *task_end, *task_spawn; /* by task */
	struct function *fns;                             /* by ir->fns */

	/* The function being generated. */
	LLVMValueRef fn;
	LLVMValueRef self, frame; /* tasks: the instance, 64 bits and checked; its frame */
	struct ir_fn *ir_fn;
	LLVMBasicBlockRef trap_block, trapped_block;
	LLVMValueRef trap_site, trap_value; /* phis */
	LLVMValueRef budget;

	/* debug.c */
	LLVMDIBuilderRef dib;
	LLVMMetadataRef di_unit, di_scope, *di_file, di_u32, di_u64;
	VEC(LLVMMetadataRef) di_blocks; /* by file, of the current function */
};

/* ---- codegen.c ---- */

LLVMModuleRef codegen(struct ir_program *, struct layout *, LLVMContextRef, LLVMTargetMachineRef);

LLVMValueRef cg_const(struct cg *, unsigned bits, uint64_t);
LLVMTypeRef cg_int(struct cg *, unsigned bits);
LLVMBasicBlockRef cg_block(struct cg *, const char *name);
LLVMValueRef cg_alloca(
	struct cg *, LLVMTypeRef); /* in the entry block, so that sroa makes a register of it */
/* A pointer into the image: at a known offset, or base + a 64-bit value. */
LLVMValueRef cg_at(struct cg *, uint64_t offset);
LLVMValueRef cg_gep(struct cg *, LLVMValueRef base, LLVMValueRef offset);
LLVMValueRef cg_load(struct cg *, unsigned bits, LLVMValueRef p);
LLVMValueRef cg_store(struct cg *, LLVMValueRef v, LLVMValueRef p);
/* The same register, of which LLVM forgets what it knew: a check of it survives, and the verifier sees that
 * check. */
LLVMValueRef cg_opaque(struct cg *, LLVMValueRef v64);
/* Zero as far as anyone knows at run time; unknown to LLVM and the verifier. */
LLVMValueRef cg_unknown_zero(struct cg *, unsigned bits);
/* 32 or 64 bits. Instructions of the instruction set since Linux 6.15, which LLVM 19 has no names for. */
LLVMValueRef cg_load_acquire(struct cg *, LLVMValueRef p, unsigned bits);
void cg_store_release(struct cg *, LLVMValueRef p, LLVMValueRef v, unsigned bits);
/* Ends up at `out` when a loop has gone round too often, so that the verifier accepts the back edge. */
void cg_may_goto(struct cg *, LLVMBasicBlockRef out);
LLVMValueRef cg_call(struct cg *, const struct function *, LLVMValueRef *args, unsigned n);
struct function cg_function(
	struct cg *, const char *name, unsigned nargs, const uint8_t *arg_bits, unsigned result_bits);
void cg_attributes(struct cg *, LLVMValueRef fn); /* what every function of the program has */
void cg_begin(struct cg *, struct function *, const char *name, const uint8_t *arg_bits, unsigned nargs);
LLVMValueRef cg_arg(struct cg *, unsigned i);
LLVMValueRef cg_zext(struct cg *, LLVMValueRef v, unsigned bits);

/* ---- codegen_task.c ---- */

void codegen_fn(struct cg *, struct ir_fn *, struct function *);

/* ---- codegen_ins.c ---- */

void codegen_ins(struct cg *, const struct ir_ins *);
void cg_write(struct cg *, ir_reg, LLVMValueRef);
LLVMValueRef cg_read(struct cg *, const struct ir_val *);
LLVMValueRef cg_bool(struct cg *, LLVMValueRef); /* whether it is not zero */
LLVMValueRef cg_offset(
	struct cg *, const struct ir_addr *, uint32_t site); /* a place as a number: from the image's start */

/* ---- codegen_await.c ---- */

void codegen_await(struct cg *, const struct ir_ins *); /* IR_AWAIT, IR_AWAIT_ALL, IR_SIGNAL */

/* ---- codegen_support.c, codegen_step.c ---- */

void codegen_support_declare(struct cg *);
void codegen_support(struct cg *);
void codegen_step(struct cg *);
/* Appends { user_data, res } to the ready queue. */
void cg_push_ready(struct cg *, LLVMValueRef user_data, LLVMValueRef res);

/* ---- debug.c ---- */

LLVMModuleRef debug_module(
	struct ir_program *, LLVMContextRef); /* a new one, which knows the sources' text */
void debug_begin(struct cg *);
void debug_function(struct cg *, struct function *, const char *name, const struct loc *,
	const uint8_t *arg_bits, unsigned nargs);
void debug_step(struct cg *, LLVMValueRef fn);
void debug_kfunc(struct cg *, LLVMValueRef fn);
void debug_globals(struct cg *, LLVMValueRef image, LLVMValueRef ops, LLVMValueRef license);
void debug_at(struct cg *, const struct loc *); /* NULL: the start of the script */
void debug_end(struct cg *);

/* ---- target.c ---- */

LLVMTargetMachineRef target_machine(void);

#define CONTROL(field) ((uint64_t)offsetof(struct rl_control, field))

#endif
