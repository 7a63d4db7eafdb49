/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lower_stream.h: what loops over streams (lower_stream.c) and their buffers (lower_buffers.c) share. */
#ifndef RINGC_LOWER_STREAM_H
#define RINGC_LOWER_STREAM_H

#include "lower.h"

#define CQE_F_BUFFER 1u     /* IORING_CQE_F_BUFFER */
#define CQE_F_MORE 2u       /* IORING_CQE_F_MORE */
#define CQE_BUFFER_SHIFT 16 /* IORING_CQE_BUFFER_SHIFT */

struct stream {
	struct ir_stream *ir;
	ir_reg res, flags; /* of the completion of this turn */
	ir_reg at;         /* where in a pool of kind `zcrx` its bytes are */
	ir_reg left;       /* of a timeout: how many, or 0 */
	ir_reg pause;      /* before the request is made again: there is no descriptor or page now */
};

static inline struct ir_val u32_op(
	struct lowering *L, const struct loc *loc, enum op op, struct ir_val a, uint64_t b)
{
	return lower_binary(L, loc, op, a, &type_u32, constant(32, b), &type_u32);
}

static inline struct ir_val nonzero(struct lowering *L, const struct loc *loc, struct ir_val v)
{
	return u32_op(L, loc, OP_NE, v, 0);
}

static inline struct ir_val is_error(struct lowering *L, const struct loc *loc, ir_reg res, int err)
{
	return u32_op(L, loc, OP_EQ, value(32, res), (uint32_t)-err);
}

/* Of the instance's element of an array, the part at `off`. */
struct ir_addr stream_own(const struct stream *, struct symbol *array, uint64_t size, uint64_t off);

/* ---- lower_buffers.c: of a stream with a pool ---- */

/* Of the completion that was taken: where in a pool of kind `zcrx` it is. */
void stream_take_place(struct lowering *, const struct stream *, const struct loc *);
void stream_give_back(struct lowering *, const struct stream *, const struct loc *);
/* Whether the kernel is yet to look for pages that were given back (8 bits). The host has it look before the
 * request is submitted, if one is written next. */
struct ir_val stream_refill(struct lowering *, const struct stream *, const struct loc *);
/* What the kernel says where it has no buffer is for the loop itself. */
void stream_look_for_want(struct lowering *, const struct stream *, const struct loc *,
	struct ir_block *again, struct ir_block *turn);
void stream_buffer(struct lowering *, const struct stream *, const struct loc *, struct local *); /* c.buf */

#endif
