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
	SUP_FAIL,      /* (kind << FAIL_KIND_SHIFT | site, task, self, value, state) */
	SUP_WAKE,      /* (list, key, have, flags): resumes those that wait for it */
	SUP_FIRST,     /* (list of a queue): who waits for one completion, if the first in it does */
	SUP_PATH,      /* (offset, length): whether a zero byte is within or right behind it */
	SUP_STREAM_OF, /* (descriptor): the number of its parameter, if that is a stream; else UINT32_MAX */
	SUP_COPY_USER, /* (offset, length, address): 0, or -errno */
	SUP_NARROW,    /* (offset, mask | keep, value, expected): codegen_atomic.c */
	SUP_LOG,       /* (format, task, self): offset of a slot, or 0 */
	SUP_LOG_TEXT,  /* (slot, offset, length): copies a slice into the slot; the argument's value */
	SUP_COUNT
};
#define FAIL_KIND_SHIFT 24 /* a function has five arguments at most */

/* Bits of an argument that is none of the script's: the context of the step, always the last. */
#define ARG_CONTEXT 1

struct function { /* an LLVM function with its type, as calls need both */
	bool wants_context;
	LLVMValueRef fn;
	LLVMTypeRef type;
};

/* Addresses that are far from their base: cg_gep. So many are kept that they, with what relieve() leaves in
 * registers, are within 512 bytes of stack in a task, the step and MAX_CALL_HEIGHT functions. */
#define MAX_FAR_TASK 12
#define MAX_FAR_FUNCTION 4
struct far {
	LLVMValueRef base;
	int64_t offset;
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

	LLVMValueRef image;         /* the map's value */
	struct function submit;     /* the kfunc */
	LLVMValueRef region_info;   /* struct rl_region; NULL where there is no region */
	struct function get_region; /* the kfunc */
	struct function support[SUP_COUNT];
	struct function *task_fn, *task_end, *task_spawn, *task_cancel; /* by task */
	struct function *queue_done, *queue_find;                       /* by declaration of queues */
	struct function *stream_done;                                   /* by stream */
	struct function *fns;                                           /* by ir->fns */
	bool hands; /* there are functions that say who is to run next */

	/* The function being generated. */
	LLVMValueRef fn;
	LLVMValueRef context, region; /* where it has them */
	LLVMValueRef self, frame;     /* tasks: the instance, 64 bits and checked; its frame */
	struct ir_fn *ir_fn;
	LLVMBasicBlockRef trap_block, trapped_block;
	LLVMValueRef trap_site, trap_value; /* phis */
	LLVMValueRef budget;
	struct far far[MAX_FAR_TASK];
	unsigned nfar;
	LLVMValueRef next; /* whom it hands something to first: codegen_hand.c; NULL: it does not say */
	uint32_t stretch;  /* numbers the stretches of code without a loop's head or end in them */

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
/* How likely each way of a branch is: first that where the condition holds, or the default. */
enum { SELDOM = 1, MOSTLY = 64 };
void cg_weigh(struct cg *, LLVMValueRef branch, const uint32_t *weights, unsigned n);
/* Goes to `yes`, as nearly always, or to `no`. */
void cg_expect(struct cg *, LLVMValueRef condition, LLVMBasicBlockRef yes, LLVMBasicBlockRef no);
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
void cg_jump_far(LLVMModuleRef); /* lets that be far away, in large functions */
/* The context is added where the function wants one. */
LLVMValueRef cg_call(struct cg *, const struct function *, LLVMValueRef *args, unsigned n);
struct function cg_function(
	struct cg *, const char *name, unsigned nargs, const uint8_t *arg_bits, unsigned result_bits);
extern const uint8_t end_bits[2];                 /* of what ends an instance */
void cg_attributes(struct cg *, LLVMValueRef fn); /* what every function of the program has */
void cg_begin(struct cg *, struct function *, const char *name, const uint8_t *arg_bits, unsigned nargs);
void cg_begin_at(struct cg *, struct function *, const char *name, const struct loc *,
	const uint8_t *arg_bits, unsigned nargs);
LLVMValueRef cg_arg(struct cg *, unsigned i);
LLVMValueRef cg_zext(struct cg *, LLVMValueRef v, unsigned bits);

/* ---- codegen_task.c ---- */

/* The arguments of its function, as many of them as it wants; the first is its user_data where it wants the
 * arm. */
enum { ARG_SELF, ARG_RES, ARG_FLAGS, ARG_VALUE };
unsigned cg_task_args(const struct ir_fn *); /* how many arguments its function has, without the context */
LLVMValueRef cg_arm_of(struct cg *, LLVMValueRef user_data);
unsigned cg_arg_bits(const struct ir_fn *, uint8_t *bits); /* all of a task's or function's */
void codegen_fn(struct cg *, struct ir_fn *, struct function *);
/* What is left of the budget, to a function and back: a function that counts has it in a register. */
void cg_give_budget(struct cg *);
void cg_take_budget(struct cg *);

/* ---- codegen_ins.c ---- */

void codegen_ins(struct cg *, const struct ir_ins *);
void cg_write(struct cg *, ir_reg, LLVMValueRef);
LLVMValueRef cg_read(struct cg *, const struct ir_val *);
LLVMValueRef cg_bool(struct cg *, LLVMValueRef); /* whether it is not zero */
LLVMValueRef cg_place(struct cg *, const struct ir_addr *, uint32_t site);
LLVMValueRef cg_self(struct cg *);
LLVMValueRef cg_index(struct cg *, const struct ir_addr *, uint32_t term, uint32_t site);
void cg_want(struct cg *, LLVMValueRef); /* an old value, so that the instruction that gives it orders */
LLVMValueRef cg_offset(
	struct cg *, const struct ir_addr *, uint32_t site); /* a place as a number: from the image's start */

/* ---- codegen_region.c ---- */

void codegen_region_declare(struct cg *);
void cg_region_begin(struct cg *, LLVMBasicBlockRef gone);
LLVMValueRef cg_region_elements(struct cg *);
LLVMValueRef cg_region_bytes(struct cg *);
/* A pointer to the byte at an offset, which may be of the region if g->region is set, rounded down to a
 * multiple of 1 << shift; on to `outside` where there is none. */
LLVMValueRef cg_byte(struct cg *, LLVMValueRef off64, unsigned shift, LLVMBasicBlockRef outside);
LLVMValueRef cg_is_of_region(struct cg *, LLVMValueRef off64);
LLVMValueRef cg_in_region(struct cg *, LLVMValueRef off64); /* from its start */
LLVMValueRef cg_address(struct cg *, LLVMValueRef off);     /* in the process of the host */

/* ---- codegen_log.c ---- */

void codegen_log(struct cg *, const struct ir_ins *);  /* IR_LOG */
void codegen_fail(struct cg *, const struct ir_ins *); /* IR_FAIL */

/* ---- codegen_await.c ---- */

void codegen_await(struct cg *, const struct ir_ins *); /* IR_AWAIT, IR_SUSPEND, IR_AWAIT_ALL, IR_SIGNAL */
void cg_suspend(struct cg *, const struct ir_ins *);    /* in the state of the instruction */
/* From now on the instance with that frame is in this state. */
void cg_set_state(struct cg *, LLVMValueRef frame, uint32_t state);
void cg_suspend_canceled(struct cg *, const struct ir_ins *, LLVMValueRef user_data);
LLVMValueRef cg_user_data(struct cg *, const struct ir_ins *);  /* what resumes the instance there */
uint32_t cg_task_tag(const struct cg *, const struct ir_ins *); /* its upper half */
/* 8 bytes from two halves, of which NULL is zero; at once where that is one instruction. */
void cg_store_word(struct cg *, LLVMValueRef lo, LLVMValueRef hi, LLVMValueRef p);
/* Writes the request of the instruction, whose user_data has these halves. */
void cg_write_sqe(struct cg *, const struct ir_ins *, LLVMValueRef lo, LLVMValueRef hi);
/* One that cancels the request with that user_data; 64 bits both. */
void cg_write_cancel(struct cg *, LLVMValueRef target, LLVMValueRef user_data);

/* ---- codegen_timeout.c ---- */

void codegen_timed_end(struct cg *, const struct ir_ins *); /* IR_TIMED_END */
/* At a task's entry: what came may be of a scope with a time-out, and does not resume the instance then. */
void codegen_timed_entry(struct cg *, const struct ir_fn *, LLVMBasicBlockRef dispatch);

/* ---- codegen_wait.c ---- */

/* Nodes of lists, and their fields by offset in struct rl_wait. */
LLVMValueRef cg_node(struct cg *, LLVMValueRef number);
LLVMValueRef cg_own_node(struct cg *, unsigned n);
LLVMValueRef cg_own_number(struct cg *, unsigned n); /* the number of that node */
LLVMValueRef cg_node_get(struct cg *, LLVMValueRef node, unsigned bits, uint64_t field);
void cg_node_set(struct cg *, LLVMValueRef node, uint64_t field, LLVMValueRef);
void cg_park(struct cg *, unsigned n, LLVMValueRef list, LLVMValueRef key, LLVMValueRef want,
	LLVMValueRef user_data);
void cg_unlink(struct cg *, LLVMValueRef node);
LLVMValueRef cg_unlink_first(
	struct cg *, LLVMValueRef list, LLVMValueRef node); /* the number of the next one */
LLVMValueRef cg_unpark(struct cg *, unsigned n);            /* 8 bits: whether the node waited */
LLVMValueRef cg_list_key(struct cg *, LLVMValueRef list);
LLVMValueRef cg_signal_list(struct cg *, LLVMValueRef place);
LLVMValueRef cg_waiter(struct cg *, LLVMValueRef user_data); /* as a queue has that of who waits in it */
void codegen_wake(struct cg *);                              /* the body of SUP_WAKE */
void codegen_first(struct cg *);                             /* the body of SUP_FIRST */
void codegen_narrow(struct cg *);                            /* the body of SUP_NARROW */
void codegen_atomic(struct cg *, const struct ir_ins *);
/* Goes on if ok; else the trap at `site`, which shows the value. */
void cg_trap_unless(struct cg *, LLVMValueRef ok, uint32_t site, LLVMValueRef value);
/* What comes to this block, which is empty, is a trap. */
void cg_trap_at(struct cg *, LLVMBasicBlockRef, uint32_t site, LLVMValueRef value);

/* ---- codegen_queue.c ---- */

void codegen_queue(
	struct cg *, const struct ir_ins *); /* IR_EMIT, IR_REAP, IR_LEN, IR_SUBMIT, IR_TAKE, IR_WAIT */
/* codegen_arm.c */
void codegen_arm_start(struct cg *, const struct ir_ins *);
void codegen_arm_cancel(struct cg *, const struct symbol *);
void codegen_arm_end(struct cg *, const struct ir_ins *);
void cg_not_canceled(struct cg *, const struct ir_fn *, LLVMValueRef frame);
void cg_cancel(struct cg *, const struct ir_fn *, LLVMValueRef frame, LLVMValueRef user_data);
bool cg_queue_completes(const struct symbol *); /* whether CQEs of the ring belong to it */
void codegen_queues_declare(struct cg *);
void codegen_queues(struct cg *);

/* ---- codegen_hand.c ---- */

void codegen_hand_declare(struct cg *);
void cg_hand_begin(struct cg *); /* at the entry of a function that says who is next: it returns 64 bits */
void cg_return(struct cg *);     /* with that, if it says so */
/* Gives a completion to who waits: its user_data, and RL_QUEUE_WAITS in the upper half. */
void cg_hand(struct cg *, LLVMValueRef who, LLVMValueRef res, LLVMValueRef flags, LLVMValueRef value);
void cg_set_next(struct cg *, LLVMValueRef result);     /* what a function returned, to the step */
void cg_hand_keep(struct cg *, LLVMBasicBlockRef then); /* who is next goes by the ready queue */
void cg_chain(struct cg *, LLVMBasicBlockRef loop, LLVMBasicBlockRef turn);

/* ---- codegen_stream.c ---- */

void codegen_streams_declare(struct cg *);
void cg_copy_big(struct cg *, LLVMValueRef to, LLVMValueRef from); /* the second half of a CQE */
void codegen_streams(struct cg *);
void codegen_next(struct cg *, const struct ir_ins *); /* IR_NEXT */

/* A field of the ring, where the control block has at that offset what the kernel said. codegen_step.c */
LLVMValueRef cg_ring_field(struct cg *, uint64_t control, uint32_t align);

/* ---- codegen_buffers.c ---- */

/* Of kind `zcrx`: completions that came and whose pages the kernel does not have again. */
LLVMValueRef cg_pieces(struct cg *, const struct symbol *pool);

void codegen_give(struct cg *, const struct ir_ins *);           /* IR_GIVE */
LLVMValueRef codegen_refill(struct cg *, const struct ir_ins *); /* IR_REFILL */

/* ---- codegen_find.c ---- */

void codegen_find_declare(struct cg *);
void codegen_find(struct cg *);
LLVMValueRef cg_find(struct cg *, const struct symbol *queue, LLVMValueRef which, LLVMValueRef user_data);
/* Remembers the upper half of the SQE's user_data of the request in a slot; 0: the slot is free. */
void cg_find_set(
	struct cg *, const struct symbol *queue, LLVMValueRef at, LLVMValueRef slot, LLVMValueRef tag);

/* ---- codegen_trace.c ---- */

/* Where it goes on from here if the program is traced; else, and for the builder, in a new block. */
LLVMBasicBlockRef cg_switch(struct cg *);
/* The instance with g->frame is in this state from here on. */
void cg_trace(struct cg *, uint32_t state);
void cg_trace_full(struct cg *, LLVMBasicBlockRef full); /* on to `full` where the records are to be taken */
void cg_read_clock(struct cg *);                         /* into control.now */

/* ---- codegen_support.c, codegen_step.c ---- */

void codegen_support_declare(struct cg *);
void codegen_support(struct cg *);
void codegen_step(struct cg *);
const struct ir_fn **cg_larger_first(struct cg *); /* all tasks, larger pools first */
/* Appends { user_data, res, flags } to the ready queue; with the user_data of a completion of a queue. */
void cg_push_ready(struct cg *, LLVMValueRef user_data, LLVMValueRef res, LLVMValueRef flags);
void cg_push_given(
	struct cg *, LLVMValueRef user_data, LLVMValueRef res, LLVMValueRef flags, LLVMValueRef value);
#define READY(field) ((uint64_t)offsetof(struct rl_ready, field))

/* ---- debug.c ---- */

LLVMModuleRef debug_module(
	struct ir_program *, LLVMContextRef); /* a new one, which knows the sources' text */
void debug_begin(struct cg *);
void debug_function(struct cg *, struct function *, const char *name, const struct loc *,
	const uint8_t *arg_bits, unsigned nargs);
void debug_step(struct cg *, LLVMValueRef fn);
void debug_kfunc(struct cg *, LLVMValueRef fn);
void debug_get_region(struct cg *, LLVMValueRef fn);
void debug_region(struct cg *, LLVMValueRef info);
void debug_globals(struct cg *, LLVMValueRef image, LLVMValueRef ops, LLVMValueRef license);
void debug_at(struct cg *, const struct loc *); /* NULL: the start of the script */
void debug_end(struct cg *);

/* ---- target.c ---- */

LLVMTargetMachineRef target_machine(void);

#define CONTROL(field) ((uint64_t)offsetof(struct rl_control, field))

#endif
