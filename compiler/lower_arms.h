/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lower_arms.h: what an await with a time-out and `select` share: several requests of one instance in flight.
 */
#ifndef RINGC_LOWER_ARMS_H
#define RINGC_LOWER_ARMS_H

#include "lower.h"

/* The instance needs room for so many requests, so many of them in flight at a time, and nodes of lists. */
void lower_needs_arms(struct lowering *, uint32_t requests, uint32_t in_flight, uint32_t nodes);

/* A request that ends when the time has passed, and nothing else; lower_put() has it written. */
struct ir_ins *lower_time_request(
	struct lowering *, const struct operation *, struct expr *time, uint8_t arm);
void lower_put(struct lowering *, struct ir_ins *);
void lower_cancel_arm(struct lowering *, const struct loc *, unsigned arm); /* has its own completion */

/* Suspends until any of them completes: which goes to `arm`, what it gave to `c`. */
void lower_suspend(struct lowering *, const struct loc *, const char *what, const struct cqe_regs *c,
	ir_reg arm, unsigned requests, unsigned nodes, const symbol_vec *functions);

/* Whether a result says that a request was cancelled and did nothing: -ECANCELED, -EINTR. Threads of the
 * kernel's may say -ERESTARTSYS. */
struct ir_val lower_was_canceled(struct lowering *, const struct loc *, ir_reg res);

struct ir_val lower_equals(struct lowering *, const struct loc *, ir_reg, unsigned bits, uint64_t);

#endif
