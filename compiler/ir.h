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

#include "../runtime/image.h"
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
		BASE_VAR,   /* a variable of the script's, or the region */
		BASE_FRAME, /* the task's frame */
		BASE_AREA, /* a function's own arrays and structs (no recursion, no await: they are static) */
		BASE_DATA, /* string literals */
		BASE_REQUEST, /* what the next request needs until it is submitted */
		BASE_AT,      /* `at`: an offset from the start of the image, known only at run time */
	} base;
	struct symbol *var;
	uint64_t disp;
	uint32_t nterms;
	struct {
		ir_reg index;           /* 64 bits; IR_SELF for the instance's number */
		uint64_t stride, limit; /* limit: the number of elements; 0: of the region */
	} term[IR_MAX_TERMS];
	struct ir_val at;
};
#define IR_SELF 0xffffffffu

/* ---- instructions ---- */

enum ir_op {
	IR_MOV,        /* dst = a */
	IR_BIN,        /* dst = a bop b; comparisons give 8 bits */
	IR_NEG,        /* dst = -a */
	IR_COM,        /* dst = ~a */
	IR_EXT,        /* dst = a, truncated or extended (is_signed) to dst's width */
	IR_BSWAP,      /* dst = a with its bytes swapped */
	IR_OPAQUE,     /* dst = a, and the verifier forgets what it knew of a */
	IR_SELF_REG,   /* dst (32 bits) = the instance's number */
	IR_INDEX,      /* dst (64 bits) = a if a < limit, else trap; limit 0: elements of the region */
	IR_CHECK,      /* trap unless a; b is the value shown */
	IR_LOAD,       /* dst = *addr */
	IR_STORE,      /* *addr = a */
	IR_OFFSET,     /* dst (32 bits) = offset of addr from the start of the image */
	IR_REGION_LEN, /* dst (32 bits) = how many elements the region has; if `limit`, bytes */
	IR_ADDRESS,    /* dst (64 bits) = address, in the process that owns the ring, of the offset a */
	IR_DATA,       /* `limit` bytes of literal data at data offset b, to addr */
	IR_COPY,       /* size bytes from addr2 to addr */
	IR_ZERO,       /* size bytes at addr */
	IR_ATOMIC,     /* dst = *addr, then *addr = builtin(a, b) in `order` */
	IR_CALL,       /* dst = fn(args) */
	IR_SPAWN,      /* dst (8 bits) = whether an instance of task was there */
	IR_ARM_START,  /* starts the instance of an arm of `select` that belongs to this one, with args */
	IR_ARM_CANCEL, /* cancels it, unless it is being cancelled or has ended */
	IR_CANCEL_ALL, /* dst (8 bits) = whether any instance of task runs; those are cancelled, once */
	IR_WAKE,       /* resumes those that wait for addr in IR_SIGNAL */
	IR_LOG,        /* log message `limit` with args */
	IR_PROGRESS,   /* a of b */
	IR_STREAM,     /* dst (32 bits) = stream_of(a) */
	IR_COPY_USER,  /* dst (32 bits) = 0 or -errno: b bytes to offset a, from args[0], an address of the
			  host */
	IR_PATH,    /* dst (8 bits) = a zero byte ends the b bytes at offset a, within or right behind them */
	IR_FAIL,    /* records the failure a (`try` of an error, or fail()); the task leaves next */
	IR_REQUEST, /* submit op; its completion resumes the task, in an IR_SUSPEND, with `arm` */
	IR_SUBMIT,  /* dst (8 bits) = whether the queue at addr has room; if so submit op, steered there, with
		     * a as its user_data */
	IR_EMIT,    /* dst (8 bits) = whether the queue has room; if so { a, b, args[0] } goes there */
	IR_REAP,    /* dst2 (8 bits) = whether the queue has one; if so it is taken */
	IR_RUN,     /* dst (64 bits) = of a completions that the queue has, as many as lie one behind the
		     * other, `limit` at most; dst2 (64 bits) = where */
	IR_ENTRY,   /* dst, flags, user_data = of the completion at a, which stays where it is */
	IR_TOOK,    /* a completions at the head are taken */
	IR_LEN,     /* dst (32 bits) = how many the queue has */
	IR_FIND,   /* dst (64 bits) = what the SQE has as user_data of a request in flight to the queue with a
		    */
	IR_PARK,   /* node `limit` waits for the queue, and resumes the task in an IR_SUSPEND with `arm` */
	IR_UNPARK, /* dst (8 bits) = whether node `limit` still waits; it does no longer */
	IR_STOPPING, /* dst (8 bits) = whether the program stops */
	IR_GIVE,     /* gives buffer a of the pool back to the kernel; of kind `zcrx` what lies at a in it */
	IR_REFILL,   /* dst (8 bits) = whether the kernel is yet to take some; if so the host sees to that */
	IR_LOOP,     /* the back edge of a loop */

	/* Each block ends with one of these. */
	IR_JUMP,      /* to t */
	IR_BRANCH,    /* to t if a, else f */
	IR_SWITCH,    /* to the case that a equals, else t */
	IR_AWAIT,     /* submit op; when completed, dst = result, go on at t */
	IR_SUSPEND,   /* until a completion; dst, flags, arm */
	IR_CANCELED,  /* suspend, and be resumed with -ECANCELED: the time of a scope has passed */
	IR_TIMED_END, /* cancel the timer of scope `limit` unless it has fired, and suspend until it has ended
		       */
	IR_TAKE,      /* suspend until the queue has one, and take it: dst, flags, user_data */
	IR_WAIT,      /* suspend until the queue has a, an `out` one room for a; flags */
	IR_NEXT,      /* suspend until the stream gives something; dst, flags */
	IR_AWAIT_ALL, /* go on at t when no instance of task runs */
	IR_SIGNAL,    /* suspend until IR_WAKE of addr; dst = 0 or -ECANCELED; go on at t */
	IR_YIELD,     /* control to the host; go on at t */
	IR_END,       /* the instance ends */
	IR_RETURN,    /* from a function, with a */
	IR_TRAP,
	IR_OPS, /* how many */
};

/* A loop over a stream, in one task: struct rl_stream for each instance. */
struct ir_stream {
	const struct operation *op;
	struct symbol *pool;  /* of its buffers, or NULL */
	struct symbol *state; /* where they are */
	struct symbol
		*big; /* where the second half is of the CQE that each instance has taken last, or NULL */
	struct ir_fn *task;
	uint32_t index;
	bool unwind;   /* it is in a defer: not cancelled when the program stops */
	uint32_t site; /* where its buffers are cut into too many pieces */
};

static inline bool ir_stream_is_zcrx(const struct ir_stream *s)
{
	return s->pool && s->pool->buffers.zcrx;
}

/* No two completions are alike, so each has an entry of its own, however many come. */
static inline bool ir_stream_keeps_all(const struct ir_stream *s)
{
	return s->op->opcode == OPCODE_ACCEPT || (s->op->big && !s->pool);
}

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
	bool sure;       /* IR_REAP: it is known that there is one; IR_INDEX: that it is in bounds */
	bool unlikely;   /* IR_BRANCH: that it goes to t */
	bool unwind;     /* IR_AWAIT within a defer */
	bool on_purpose; /* IR_FAIL: fail(), not a result that `try` looked at */
	int builtin, order;
	struct loc loc;
	ir_reg dst;
	ir_reg flags, user_data, arm_reg; /* of the completion, where dst is its result */
	ir_reg dst2;
	uint8_t arm, sqe_flags;
	uint16_t ioprio;
	/* What suspends: bits of the scopes with a time-out that give up what it waits for; of an IR_SUSPEND,
	 * how many requests and nodes that may be. */
	uint8_t timed, gives_up, unparks;
	struct ir_val a, b;
	struct ir_addr addr, addr2;
	uint64_t limit; /* IR_INDEX: the number of elements; IR_LOG: the message; IR_COPY, IR_ZERO: bytes */
	uint32_t site;  /* what can trap or fail: its place, for messages */
	uint32_t state; /* IR_AWAIT, IR_AWAIT_ALL, IR_SIGNAL */
	struct symbol *sym;
	struct ir_loop *loop; /* IR_LOOP; IR_CALL: the innermost one around it */
	const struct operation *operation;
	struct ir_stream *stream; /* IR_NEXT; IR_REQUEST: it completes there, not in the task */
	VEC(struct ir_val) args;
	VEC(struct ir_sqe_arg) sqe;
	VEC(struct ir_case) cases;
	symbol_vec arms; /* IR_SUSPEND: functions that it waits for */
	struct ir_block *t, *f;
};

/* Rounds of loops that do not await, between two suspensions of a task. */
#define LOOP_BUDGET (1u << 20)

struct ir_loop {
	struct ir_loop *up; /* around it */
	uint64_t n;         /* rounds at most; 0: data say */
	bool goes_round;    /* loops.c: some round of it does not await */
	/* budget.c */
	uint64_t times; /* rounds for each call of its function, together with those around it */
	bool counted;   /* each round takes one off the budget */
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
	struct ir_block *block;               /* where the task goes on */
	ir_reg big[2];                        /* the second half of a CQE of 32 bytes */
	ir_reg result, flags, user_data, arm; /* where those of the completion go; 0: not wanted */
	const char *op;                       /* what it waits for, as shown */
	struct loc loc;
};

struct ir_register {
	uint8_t bits;
	bool framed;
	bool unset;          /* may be read before it is set: begins as zero */
	bool relieved;       /* read and written in memory each time */
	bool sure;           /* an index that is always in bounds: ranges.c */
	bool counted;        /* the verifier is to know it: it follows a few rounds one by one */
	uint32_t slot;       /* offset in the frame */
	uint32_t checked_in; /* codegen_ins.c: where IR_INDEX checked it */
	const char *name;
	struct symbol *entry_of; /* the number of an entry of this table */
	void *llvm;
};

/* Functions that are awaited with a time-out, one in another: lower_timeout.c. */
#define MAX_TIMED 8
struct ir_timed {
	ir_reg expired;   /* its timer has fired */
	ir_reg left;      /* requests of its own that are in flight: the timer, and what cancels */
	bool cancellable; /* no timer, the whole task: others say when, by IR_ARM_CANCEL or IR_CANCEL_ALL */
};

/* A function that an arm of `select` awaits: a task of its own, as many instances as the task has that waits,
 * each for the one with its number. Cancelling one is as if the time of an await with a time-out had passed.
 */
struct ir_arm {
	struct symbol *sym, *fn; /* the task, and the function that it is made of */
	struct ir_fn *waiter;
	uint8_t arm;
	bool in_defer;
	const struct expr *call;
	uint32_t slots; /* bits: arguments of it that are slots of tables of direct descriptors */
};

struct ir_fn {
	struct symbol *sym; /* task or function */
	VEC(struct ir_block *) blocks;
	VEC(struct ir_register) regs;
	VEC(struct ir_state) states; /* 0 is the start */
	VEC(ir_reg) params;          /* a slice has two: offset, length */
	bool can_trap;
	bool used;                                /* unused.c: some task comes to call it */
	bool wants_flags, wants_value, wants_arm; /* of completions, in some state */
	bool takes, hands;       /* codegen_hand.c: it waits for queues; it says who is next */
	bool wide;               /* some of its requests have SQEs of 128 bytes */
	uint32_t requests;       /* that an instance may have written at once */
	uint32_t in_flight;      /* and in flight */
	uint32_t nodes;          /* lists that it waits in at once; the first is in use by all but requests */
	uint32_t timed_requests; /* besides: those of scopes with a time-out */
	struct ir_timed timed[MAX_TIMED];
	uint32_t ntimed;
	bool in_region;           /* lower_region.c: reads or writes the region, */
	bool wants_context;       /* or calls what does */
	const struct ir_arm *arm; /* it is one of a `select` */
	ir_reg canceled;          /* awaits that the scopes have cancelled */
	uint32_t node;            /* image.c: the number of its first instance's first node */
	bool winding;             /* loops.c: many branches */
	uint32_t top;             /* bytes of the frame or area in use while lowering */
	uint32_t size;            /* of the frame or area */
	uint64_t offset;          /* in the image, by image.c */
	VEC(struct ir_loop *) loops;
	uint32_t nloops; /* loops left without an await */
	/* budget.c */
	uint64_t rounds;         /* of those that do not take from the budget, and of what it calls */
	bool weighed, often;     /* `rounds` is known; it may be called too often for them */
	bool counted;            /* some loop of it takes from the budget */
	bool calls_counted;      /* or one of a function that it calls, and so on */
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

typedef VEC(struct ir_fn *) ir_fn_vec;

struct ir_program {
	struct program *p;
	struct arena *arena;
	ir_fn_vec tasks, fns; /* tasks: those of the script, then arms */
	VEC(struct ir_arm *) arms;
	VEC(struct ir_site) sites;
	VEC(struct ir_log) logs;
	VEC(uint8_t) data; /* string literals */
	uint64_t data_offset;
	bool op_used[OPS_MAX];     /* by row of ops.def */
	bool sqe_words[SQE_WORDS]; /* in some request bytes 8n..8n+7 of its SQE are not zero */
	bool wide, narrow;         /* there are requests with SQEs of 128 bytes, and of 64 */
	bool big, small;           /* the same of CQEs, 32 and 16 */
	VEC(struct ir_stream *) streams;
	bool many; /* some request completes more than once */
	bool yields;
	bool uses_signal, uses_log, uses_path, uses_copy_user, uses_stream_of, uses_narrow;
	bool region_sliced;     /* some slice may be of the region */
	uint32_t region_site;   /* it is not there */
	uint32_t request_bytes; /* BASE_REQUEST */
	bool fail_in_defer;     /* has been reported */
};

struct ir_program *lower(struct program *);
void regions(struct ir_program *); /* lower_region.c: what of the program touches the region */
void ranges(struct ir_program *);  /* which indices need no check */
void gone(struct ir_program *);    /* entries of tables that are used after they may have been deleted */
void unused(struct ir_program *);  /* functions that nothing calls leave */
void live(struct ir_program *);    /* which registers live in the frame */
void budget(struct ir_program *);  /* which of those take from the budget */
void loops(struct ir_program *); /* which loops need a bound, and what the verifier must forget before them */
void ir_dump(const struct ir_program *, FILE *);

/* The least number of ones, from the lowest bit on, that is no less. */
static inline uint64_t mask_over(uint64_t v)
{
	for (unsigned k = 1; k < 64; k *= 2)
		v |= v >> k;
	return v;
}

bool ir_terminates(enum ir_op);
bool ir_suspends(enum ir_op);
/* Calls fn for each block that control can go to from the end of this one; `suspending`: also past an await.
 */
void ir_successors(const struct ir_block *, bool suspending, void (*fn)(void *, struct ir_block *), void *);

/* Calls fn for each register that the instruction reads. */
typedef void ir_visit(void *, ir_reg);
void ir_uses(const struct ir_ins *, ir_visit *, void *arg);

/* What user_data has in the place of a task's number: streams count down from the end, which is nobody's. */
#define STREAM_TAG(index) (0xfffeu - (index))

/* That of a stream's request, without the instance. */
static inline uint64_t ir_stream_user_data(const struct ir_stream *s)
{
	return (uint64_t)STREAM_TAG(s->index) << RL_UD_TASK_SHIFT | (s->unwind ? RL_UD_UNWIND : 0);
}

#define MAX_REGISTER_ARGS 5 /* of a BPF call; what is more goes through the function's area */

/* How many of a function's own arguments go in registers. */
static inline unsigned ir_register_args(const struct ir_fn *fn)
{
	unsigned most = fn->wants_context ? MAX_REGISTER_ARGS - 1 : MAX_REGISTER_ARGS;
	return fn->params.n < most ? (unsigned)fn->params.n : most;
}

static inline bool ir_is_region(const struct ir_addr *a)
{
	return a->base == BASE_VAR && a->var && a->var->storage == VAR_REGION;
}

#define FRAME_STATE 0 /* u32: where the instance goes on */
#define FRAME_SINCE 8 /* u64: since when it waits there: control.now of then */
#define FRAME_HEADER 16

#endif
