/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ring.h: what a script does with io_uring that is probably not what was meant. The rules look at the states
 * of its tasks, into which functions that await are expanded, and not at its text: a result may go through
 * variables, a request may be in a function of another file.
 *
 * None of them is about what the language makes impossible: a stream is armed again by the loop over it, a
 * buffer on a task's frame is that instance's own, and lives until the request has completed.
 */
#ifndef RINGC_LINT_RING_H
#define RINGC_LINT_RING_H

#include "../findings.h"
#include "../script.h"

/* All of them. After lower(), unused() and ranges(). */
void lint_script(struct lint *, struct ir_program *);

/* ring_results.c: results that nobody looks at; short transfers that are taken for whole ones. */
void ring_results(struct lint *, struct ir_program *, struct ir_fn *);
/* ring_descriptors.c: descriptors that are still open where the task ends. */
void ring_descriptors(struct lint *, struct ir_program *, struct ir_fn *);
/* ring_buffers.c: memory that two requests in flight may both write. */
void ring_buffers(struct lint *, struct ir_program *, struct ir_fn *);
/* ring_loops.c: loops that wait for something which nothing in them can change. */
void ring_loops(struct lint *, struct ir_program *, struct ir_fn *);
/* ring_queues.c: queues of which one side is missing. */
void ring_queues(struct lint *, struct ir_program *);

#define EACH_INS(fn, i)                                                                                      \
	for (size_t b_ = 0; b_ < (fn)->blocks.n; b_++)                                                       \
		for (size_t k_ = 0; k_ < (fn)->blocks.at[b_]->ins.n; k_++)                                   \
			for (const struct ir_ins *i = (fn)->blocks.at[b_]->ins.at[k_]; i; i = NULL)

/* ---- ring_values.c ---- */

bool ring_is_copy(const struct ir_ins *); /* of the register a, widened or not */
/* The registers, by number, in which the value that `from` has may be too, without regard to what else they
 * hold at other times. */
bool *ring_copies(struct ir_program *, struct ir_fn *, ir_reg from);
bool ring_reads(const struct ir_ins *, const bool *regs);                   /* whether it reads one of them */
const struct ir_val *ring_sqe_value(const struct ir_ins *, enum sqe_field); /* NULL: it sets no such field */
int64_t ring_signed(const struct ir_val *);                                 /* a constant */
/* The operation that an instruction submits, and waits for or not; or NULL. */
const struct operation *ring_operation(const struct ir_ins *);
/* What the table says of its result; "" of a request that the compiler makes itself. */
const char *ring_result(const struct operation *);

#endif
