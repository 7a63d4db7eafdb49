/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lower.h: between the files lower*.c. */
#ifndef RINGC_LOWER_H
#define RINGC_LOWER_H

#include "ir.h"

/* Where a local variable is. */
struct local {
	enum { LOCAL_SCALAR, LOCAL_SLICE, LOCAL_MEMORY, LOCAL_CQE, LOCAL_SLOT } kind;
	ir_reg reg, len; /* a slice: offset and length; a cqe: res and flags */
	ir_reg user_data, big[2];
	ir_reg buf, buf_len;        /* of a cqe: the bytes that came with it */
	const struct loc *given;    /* a slot: the argument that it is */
	const struct symbol *fixed; /* a slice: the `fixed` array that it is a part of, if that is known */
	struct ir_addr addr;
};

/* One block of the source: what it deferred, where break and continue lead. */
struct block_scope {
	struct block_scope *up;
	stmt_vec defers;
	uint32_t top; /* of the frame before the block */
	struct ir_block *on_break, *on_continue;
	struct stream *turn,
		*loop;       /* lower_stream.c: what it ends: a turn of a loop over a stream, the loop */
	struct timed *timed; /* lower_timeout.c: its timer */
};

/* What is awaited with a time-out, from when its timer is begun: lower_timeout.c. */
struct timed {
	struct timed *up;          /* the one around it, but not from a defer to what it stands in */
	struct block_scope *scope; /* whose end waits for the timer */
	const struct loc *loc;
	struct expr *time; /* NULL: no timer */
	struct ir_block *exit;
	ir_reg result;
	const struct type *type; /* of the result */
	unsigned depth;
	bool in_defer;
};

/* A function being expanded into a task. */
struct expansion {
	struct expansion *up;
	struct symbol *fn;
	struct ir_block *exit;
	ir_reg result;
	struct block_scope *base;
};

struct lowering {
	struct ir_program *ir;
	struct arena *arena;
	struct diags *diags;
	struct ir_fn *fn;
	struct ir_block *cur;
	VEC(struct local) locals;
	struct block_scope *scope;
	struct expansion *expansion;
	bool in_defer;
	struct timed *timed;  /* that an await here is within */
	unsigned timed_depth; /* how many are open */
	bool keep_memory;     /* of a request, after it is lowered: several are written together */
	bool in_request;      /* what is given to a request that outlives the statement */
	uint32_t request_top;
	uint32_t instructions;
	bool too_complex;
	struct ir_loop *loop; /* the innermost one around this */
};

/* ---- lower.c: blocks, registers, statements ---- */

struct ir_block *new_block(struct lowering *);
ir_reg new_reg(struct lowering *, unsigned bits, const char *name);
struct ir_ins *emit(struct lowering *, enum ir_op, const struct loc *);
struct ir_ins *emit_dst(struct lowering *, enum ir_op, const struct loc *, unsigned bits);
void jump(struct lowering *, struct ir_block *);
struct ir_ins *branch(
	struct lowering *, const struct loc *, struct ir_val, struct ir_block *yes, struct ir_block *no);
void start(struct lowering *, struct ir_block *);
uint32_t new_site(struct lowering *, const struct loc *, const char *what);
uint32_t new_state(struct lowering *, struct ir_block *, ir_reg result, const char *op, const struct loc *);
struct ir_addr new_memory(struct lowering *, uint64_t size, uint32_t align);
bool in_register(struct lowering *, const struct expr *);
void new_local(struct lowering *, struct symbol *);
void new_ref(struct lowering *, struct symbol *, const struct local *);
void leave_to(struct lowering *, struct block_scope *);
void leave_task(struct lowering *, const struct loc *);
void set(struct lowering *, const struct loc *, ir_reg, struct ir_val);
void lower_change(struct lowering *, const struct loc *, enum op, ir_reg, struct ir_val); /* r = r op v */
void lower_scoped(struct lowering *, struct stmt *);
void lower_sides(
	struct lowering *, struct stmt *, struct ir_block *no, struct ir_block *end); /* of an `if` */
struct block_scope *enter(struct lowering *);
void leave(struct lowering *);
/* Begins a loop of `n` rounds at most, or of as many as data say: 0. Its body is lowered next, then its back
 * edge; that ends it. */
void lower_round(struct lowering *, uint64_t n);
void back_edge(struct lowering *, const struct loc *, struct ir_block *header);
void leave_function(struct lowering *, const struct loc *, const struct ir_val *result);
/* `timed`: begun when the arguments are there; or NULL. */
void lower_expansion(
	struct lowering *, struct symbol *fn, struct expr *call, ir_reg result, struct timed *timed);

static inline struct ir_val constant(unsigned bits, uint64_t c)
{
	return (struct ir_val){.bits = (uint8_t)bits, .c = c};
}

static inline struct ir_val value(unsigned bits, ir_reg r)
{
	return (struct ir_val){.bits = (uint8_t)bits, .reg = r};
}

/* ---- lower_expr.c ---- */

struct ir_val lower_scalar(struct lowering *, struct expr *);
struct ir_val lower_as(struct lowering *, struct expr *, const struct type *to);
struct ir_val convert(
	struct lowering *, const struct loc *, struct ir_val, const struct type *from, const struct type *to);
struct ir_val lower_binary(struct lowering *, const struct loc *, enum op, struct ir_val, const struct type *,
	struct ir_val, const struct type *);
void lower_branch(struct lowering *, struct expr *, struct ir_block *yes, struct ir_block *no);
void lower_effect(struct lowering *, struct expr *);         /* for what it does, not what it gives */
struct ir_val lower_call(struct lowering *, struct expr *);  /* functions and builtins: lower_call.c */
struct ir_val lower_await(struct lowering *, struct expr *); /* lower_call.c */
struct ir_val lower_signal(struct lowering *, struct expr *);
/* `shown`: what the instance is said to wait for */
struct ir_val lower_signal_at(struct lowering *, const struct loc *, struct ir_addr place, const char *shown);
void lower_args(struct lowering *, struct ir_ins *, const struct symbol *callee, struct expr *call);
struct ir_val lower_spawn(struct lowering *, struct expr *);
const char *expr_text(struct lowering *, const struct expr *); /* as in the source, for messages */

/* A negative value leaves the function, or the task with it as its error. */
void lower_leave_if_negative(struct lowering *, struct expr *try, struct ir_val, const struct type *);

/* ---- lower_queue.c ---- */

struct cqe_regs {
	ir_reg res, flags, user_data;
	ir_reg big[2]; /* where the script names `big_cqe` */
};
void new_big(struct lowering *, ir_reg big[2]);
/* Sets them to others, or to 0 where those are NULL. */
void set_big(struct lowering *, const struct loc *, const ir_reg big[2], const ir_reg from[2]);
struct cqe_regs lower_cqe(struct lowering *, struct expr *); /* of type cqe */
struct ir_val lower_queue_builtin(struct lowering *, struct expr *);
/* user_data of the SQE of a request in flight to the queue, or what no SQE has */
struct ir_val lower_find(struct lowering *, struct expr *queue, struct ir_val user_data);
struct ir_val lower_submit(struct lowering *, struct expr *);
struct ir_val lower_len(struct lowering *, struct expr *queue);
struct symbol *lower_queue_of(const struct expr *queue);
struct ir_ins *lower_on_queue(
	struct lowering *, enum ir_op, const struct loc *, struct symbol *queue, const struct ir_addr *);
struct ir_ins *lower_reap_into(struct lowering *, const struct loc *, struct symbol *queue,
	const struct ir_addr *, const struct local *);
void lower_for_each(struct lowering *, struct stmt *); /* lower_drain.c */

/* Of what was taken or waited for; see there. */
void lower_look_at_flags(struct lowering *, const struct loc *, ir_reg flags, struct ir_block *again);

/* ---- lower_stream.c ---- */

void lower_for_stream(struct lowering *, struct stmt *);
void lower_stream_leave(
	struct lowering *, const struct block_scope *); /* what has to happen on the way out */

/* ---- lower_timeout.c ---- */

/* user_data of what belongs to a scope with a time-out: its timer, and what cancels, by its depth. */
#define ARM_TIMED 192
#define ARM_TIMER(depth) (ARM_TIMED + 2 * (depth))
#define ARM_GIVE_UP(depth) (ARM_TIMED + 2 * (depth) + 1)

struct ir_val lower_timed(struct lowering *, struct expr *await);
void lower_timed_begin(struct lowering *, struct timed *);
/* The same without a timer, for the whole of a task: an arm of `select`, or of a pool with `await all ...
 * timeout`. */
void lower_cancellable(struct lowering *, struct timed *, const struct loc *);
void lower_timed_end(struct lowering *, const struct timed *); /* on the way out of its block */
uint8_t lower_timed_mask(const struct lowering *);
struct ir_val lower_expired(struct lowering *, const struct loc *); /* whether the time of one has passed */
void lower_leave_timed(
	struct lowering *, const struct loc *); /* what cannot say -ECANCELED leaves the scope */
/* Before what suspends in this state: once the time has passed it is not begun, and gives -ECANCELED. */
void lower_unless_expired(struct lowering *, const struct loc *, uint32_t state);
/* An await that has no value says that the program stops, or the time has passed. */
void lower_leave_canceled(struct lowering *, const struct loc *);
/* Ends the task if the program stops; in a defer it goes on. lower_select.c */
void lower_leave_if_stopping(struct lowering *, const struct loc *);

/* ---- lower_all.c ---- */

struct ir_val lower_await_all(struct lowering *, struct expr *await);
void lower_until_none(struct lowering *, const struct loc *, struct symbol *task);

/* ---- lower_op_timeout.c ---- */

struct cqe_regs lower_op_timeout(struct lowering *, struct expr *await);

/* ---- lower_select.c ---- */

struct cqe_regs lower_queue_timeout(struct lowering *, struct expr *await);
void lower_select(struct lowering *, struct stmt *);
bool lower_awaits(const struct expr *); /* whether an await is in it: lower_queue.c */

/* ---- lower_op.c ---- */

struct ir_val lower_operation(struct lowering *, struct expr *call);
struct ir_val lower_user_data(struct lowering *, struct expr *call);
void lower_second(struct lowering *, const struct loc *, const struct operation *, ir_reg flags);
void lower_sqe_value(struct lowering *, struct ir_ins *, enum sqe_field, struct ir_val);
void lower_time_field(struct lowering *, struct ir_ins *, enum sqe_field, struct expr *time); /* a timespec */
/* The instruction that writes the request, not yet in a block. */
struct ir_ins *lower_request(struct lowering *, struct expr *call);
/* One that the language makes itself. */
struct ir_ins *own_request(struct lowering *, const struct loc *, const struct operation *, uint8_t arm);
extern const struct operation own_timeout, own_cancel, own_close;

/* ---- lower_table.c ---- */

struct ir_addr lower_entry(struct lowering *, struct expr *); /* of a key that has to be there */
void lower_set_entry(struct lowering *, struct stmt *assign);
struct ir_val lower_delete(struct lowering *, struct expr *);
struct ir_val lower_table_builtin(struct lowering *, struct expr *);
struct ir_val lower_table_len(struct lowering *, struct expr *table);
void lower_if_ref(struct lowering *, struct stmt *);
void lower_for_table(struct lowering *, struct stmt *);

/* ---- lower_files.c ---- */

bool lower_is_slot(struct lowering *, const struct expr *);
/* The parameter is one here. */
void lower_given_slot(struct lowering *, const struct symbol *param, const struct loc *argument);
struct ir_val lower_slot(struct lowering *, struct expr *); /* its number in the ring's table */
void lower_slot_as_file(
	struct lowering *, struct ir_ins *, const struct op_arg *, struct expr *, const struct expr *call);
void lower_slot_arg(
	struct lowering *, struct ir_ins *, const struct op_arg *, struct expr *, const struct expr *call);
void lower_slot_is_no_value(struct lowering *, struct expr *);

/* ---- lower_region.c ---- */

struct ir_val lower_region_len(struct lowering *, const struct loc *);   /* in elements */
struct ir_val lower_region_bytes(struct lowering *, const struct loc *); /* both of 32 bits */

/* ---- lower_place.c ---- */

struct ir_addr lower_place(struct lowering *, struct expr *);
/* `index`, checked, of `e`, an element; `trap` says of it, and how many elements there are, what is wrong
 * otherwise. A limit of 0 is that of the region. */
ir_reg lower_index(struct lowering *, struct expr *e, struct expr *index, uint64_t limit, const char *trap);
void lower_slice(struct lowering *, struct expr *, struct ir_val *off, struct ir_val *len);
void lower_init(struct lowering *, struct ir_addr, struct type *, struct expr *);
/* What is assigned. It is worked out before its place is: it may await, or look at what is there. */
struct content {
	struct ir_val scalar;
	struct ir_addr from;   /* of a struct or array */
	struct expr *constant; /* a string or list, which is written in place */
};
struct content lower_content(struct lowering *, struct type *, struct expr *);
void lower_fill(struct lowering *, const struct loc *, struct ir_addr, struct type *, const struct content *);
struct ir_val load(struct lowering *, const struct loc *, struct ir_addr, const struct type *);
void store(struct lowering *, const struct loc *, struct ir_addr, struct ir_val);
uint32_t intern_data(struct lowering *, const char *bytes, uint32_t len);
struct local *local_of(struct lowering *, const struct symbol *);
/* The `fixed` array that the bytes lie in, as far as that is known; or NULL. */
const struct symbol *lower_fixed(struct lowering *, const struct expr *);

#endif
