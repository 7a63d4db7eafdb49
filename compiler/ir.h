/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ir.h: what lies between the checked tree and LLVM: per task and function, blocks of
 * three-address code over virtual registers, in which awaiting is an instruction.
 *
 * Functions that await are expanded in place by lower.c, so that a task is one flow
 * graph. An await ends its block; where the task goes on is a *state*. live.c finds the
 * registers that live across an await and gives each a place in the task's frame; all
 * others stay registers. loops.c finds the loops that go round without awaiting.
 */
#ifndef RINGC_IR_H
#define RINGC_IR_H

#include "check.h"

/* ---- operands ---- */

typedef uint32_t ir_reg; /* from 1; 0 is none */

struct ir_val {
	uint8_t bits; /* 8 (bool too), 16, 32, 64 */
	ir_reg reg;   /* 0: a constant */
	uint64_t c;
};

/* A place in the image: base + disp + sum of index * stride, or, for bytes of a slice, `at`. The index
 * registers have passed an IR_INDEX, so that the verifier knows their range where they are used. */
#define IR_MAX_TERMS 6
struct ir_addr {
	enum {
		BASE_VAR,   /* a variable of the script's */
		BASE_FRAME, /* the task's frame */
		BASE_AREA, /* a function's own arrays and structs (no recursion, no await: they are static) */
		BASE_DATA, /* string literals */
		BASE_AT,   /* `at`: an offset from the start of the image, known only at run time */
	} base;
	struct symbol *var;
	uint64_t disp;
	uint32_t nterms;
	struct {
		ir_reg index;           /* 64 bits; IR_SELF for the instance's number */
		uint64_t stride, limit; /* limit: the number of elements */
	} term[IR_MAX_TERMS];
	struct ir_val at;
};
#define IR_SELF 0xffffffffu

/* ---- instructions ---- */

enum ir_op {
	IR_MOV,      /* dst = a */
	IR_BIN,      /* dst = a bop b; comparisons give 8 bits */
	IR_NEG,      /* dst = -a */
	IR_COM,      /* dst = ~a */
	IR_EXT,      /* dst = a, truncated or extended (is_signed) to dst's width */
	IR_BSWAP,    /* dst = a with its bytes swapped */
	IR_OPAQUE,   /* dst = a, and the verifier forgets what it knew of a */
	IR_SELF_REG, /* dst (32 bits) = the instance's number */
	IR_INDEX,    /* dst (64 bits) = a if a < limit, else trap */
	IR_CHECK,    /* trap unless a; b is the value shown */
	IR_LOAD,     /* dst = *addr */
	IR_STORE,    /* *addr = a */
	IR_OFFSET,   /* dst (32 bits) = offset of addr from the start of the image */
	IR_ADDRESS,  /* dst (64 bits) = address, in the process that owns the ring, of the offset a */
	IR_DATA,     /* `limit` bytes of literal data at data offset b, to addr */
	IR_COPY,     /* size bytes from addr2 to addr */
	IR_ZERO,     /* size bytes at addr */
	IR_ATOMIC,   /* dst = *addr, then *addr = builtin(a, b) in `order` */
	IR_CALL,     /* dst = fn(args) */
	IR_SPAWN,    /* dst (8 bits) = whether an instance of task was there */
	IR_WAKE,     /* resumes those that wait for addr in IR_SIGNAL */
	IR_LOG,      /* log message `limit` with args */
	IR_PROGRESS, /* a of b */
	IR_STREAM,   /* dst (32 bits) = stream_of(a) */
	IR_PATH, /* dst (8 bits) = a zero byte ends the b bytes at offset a, within or right behind them */
	IR_FAIL, /* records the failure a (`try` of an error, or fail()); the task leaves next */
	IR_LOOP, /* the back edge of a loop: bounded, or it takes one off the budget */

	/* Each block ends with one of these. */
	IR_JUMP,      /* to t */
	IR_BRANCH,    /* to t if a, else f */
	IR_SWITCH,    /* to the case that a equals, else t */
	IR_AWAIT,     /* submit op; when completed, dst = result, go on at t */
	IR_AWAIT_ALL, /* go on at t when no instance of task runs */
	IR_SIGNAL,    /* suspend until IR_WAKE of addr; dst = 0 or -ECANCELED; go on at t */
	IR_END,       /* the instance ends */
	IR_RETURN,    /* from a function, with a */
	IR_TRAP,
};

struct ir_sqe_arg {
	enum sqe_field field;
	struct ir_val val;
	bool address; /* val is an offset from the start of the image; the request gets the address */
};

struct ir_case {
	uint64_t value;
	struct ir_block *to;
};

struct ir_ins {
	enum ir_op op;
	enum op bop;
	bool is_signed;
	bool bounded;    /* IR_LOOP: by its own range */
	bool unwind;     /* IR_AWAIT within a defer */
	bool on_purpose; /* IR_FAIL: fail(), not a result that `try` looked at */
	int builtin, order;
	struct loc loc;
	ir_reg dst;
	struct ir_val a, b;
	struct ir_addr addr, addr2;
	uint64_t limit; /* IR_INDEX: the number of elements; IR_LOG: the message; IR_COPY, IR_ZERO: bytes */
	uint32_t site;  /* what can trap or fail: its place, for messages */
	uint32_t state; /* IR_AWAIT, IR_AWAIT_ALL, IR_SIGNAL */
	struct symbol *sym;
	const struct operation *operation;
	VEC(struct ir_val) args;
	VEC(struct ir_sqe_arg) sqe;
	VEC(struct ir_case) cases;
	struct ir_block *t, *f;
};

struct ir_block {
	uint32_t id;
	struct ir_block *entry_of_loop; /* the header of a loop: the block before it */
	VEC(struct ir_ins *) ins;
	/* live.c */
	uint64_t *live_in, *def, *use;
	void *llvm; /* codegen.c */
	bool reached;
};

struct ir_state {
	struct ir_block *block; /* where the task goes on */
	ir_reg result;
	const char *op; /* what it waits for, as shown */
	struct loc loc;
};

struct ir_register {
	uint8_t bits;
	bool framed;
	bool relieved; /* read and written in memory each time */
	uint32_t slot; /* offset in the frame */
	const char *name;
	void *llvm;
};

struct ir_fn {
	struct symbol *sym; /* task or function */
	VEC(struct ir_block *) blocks;
	VEC(struct ir_register) regs;
	VEC(struct ir_state) states; /* 0 is the start */
	VEC(ir_reg) params;          /* a slice has two: offset, length */
	bool can_trap;
	bool winding;            /* loops.c: many branches */
	uint32_t top;            /* bytes of the frame or area in use while lowering */
	uint32_t size;           /* of the frame or area */
	uint64_t offset;         /* in the image, by image.c */
	uint32_t nloops;         /* loops left without an await */
	uint32_t index;          /* functions: among ir_program.fns */
	uint32_t spilled_params; /* offset in the area of the parameters that no register holds */
};

struct ir_site {
	struct loc loc;
	const char *what;
};

struct ir_log {
	struct loc loc;
	const char *format;
	uint32_t len;
	VEC(const char *) args; /* types as shown in the manifest */
};

struct ir_program {
	struct program *p;
	struct arena *arena;
	VEC(struct ir_fn *) tasks, fns;
	VEC(struct ir_site) sites;
	VEC(struct ir_log) logs;
	VEC(uint8_t) data; /* string literals */
	uint64_t data_offset;
	bool op_used[64];  /* by opcode */
	bool sqe_words[8]; /* in some request bytes 8n..8n+7 of its SQE are not zero */
	bool uses_signal, uses_log, uses_path;
	bool fail_in_defer; /* has been reported */
};

struct ir_program *lower(struct program *);
void live(struct ir_program *);  /* which registers live in the frame */
void loops(struct ir_program *); /* which loops need a bound, and what the verifier must forget before them */
void ir_dump(const struct ir_program *, FILE *);

bool ir_terminates(enum ir_op);
bool ir_suspends(enum ir_op);
/* Calls fn for each block that control can go to from the end of this one; `suspending`: also past an await.
 */
void ir_successors(const struct ir_block *, bool suspending, void (*fn)(void *, struct ir_block *), void *);

#define MAX_REGISTER_ARGS 5 /* of a BPF call; what is more goes through the function's area */

#define FRAME_STATE 0 /* u32: where the instance goes on */
#define FRAME_KEY 4   /* u32: what IR_SIGNAL waits for */
#define FRAME_HEADER 8

#endif
