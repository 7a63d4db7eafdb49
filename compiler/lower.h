/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lower.h: between the files lower*.c. */
#ifndef RINGC_LOWER_H
#define RINGC_LOWER_H

#include "ir.h"

#define LOOP_BUDGET (1u << 20) /* rounds of loops that do not await, between two suspensions of a task */

/* Where a local variable is. */
struct local {
	enum { LOCAL_SCALAR, LOCAL_SLICE, LOCAL_MEMORY } kind;
	ir_reg reg, len; /* a slice: offset and length */
	struct ir_addr addr;
};

/* One block of the source: what it deferred, where break and continue lead. */
struct block_scope {
	struct block_scope *up;
	stmt_vec defers;
	uint32_t top; /* of the frame before the block */
	struct ir_block *on_break, *on_continue;
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
	uint32_t instructions;
	bool too_complex;
	uint64_t rounds; /* of the loops of constant ranges that enclose this: their product, within
			    LOOP_BUDGET */
};

/* ---- lower.c: blocks, registers, statements ---- */

struct ir_block *new_block(struct lowering *);
ir_reg new_reg(struct lowering *, unsigned bits, const char *name);
struct ir_ins *emit(struct lowering *, enum ir_op, const struct loc *);
struct ir_ins *emit_dst(struct lowering *, enum ir_op, const struct loc *, unsigned bits);
void jump(struct lowering *, struct ir_block *);
void start(struct lowering *, struct ir_block *);
uint32_t new_site(struct lowering *, const struct loc *, const char *what);
uint32_t new_state(struct lowering *, struct ir_block *, ir_reg result, const char *op, const struct loc *);
struct ir_addr new_memory(struct lowering *, uint64_t size, uint32_t align);
void new_local(struct lowering *, struct symbol *);
void leave_to(struct lowering *, struct block_scope *);
void leave_function(struct lowering *, const struct loc *, const struct ir_val *result);
void lower_expansion(struct lowering *, struct symbol *fn, struct expr *call, ir_reg result);

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
struct ir_val lower_spawn(struct lowering *, struct expr *);
const char *expr_text(struct lowering *, const struct expr *); /* as in the source, for messages */

/* ---- lower_place.c ---- */

struct ir_addr lower_place(struct lowering *, struct expr *);
void lower_slice(struct lowering *, struct expr *, struct ir_val *off, struct ir_val *len);
void lower_init(struct lowering *, struct ir_addr, struct type *, struct expr *);
struct ir_val load(struct lowering *, const struct loc *, struct ir_addr, const struct type *);
void store(struct lowering *, const struct loc *, struct ir_addr, struct ir_val);
uint32_t intern_data(struct lowering *, const char *bytes, uint32_t len);
struct local *local_of(struct lowering *, const struct symbol *);

#endif
