/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* graph_ways.h: the ways from one place where a task waits to the next. */
#ifndef RINGC_GRAPH_WAYS_H
#define RINGC_GRAPH_WAYS_H

#include "ir.h"

typedef VEC(struct ir_block *) block_vec;

/* A place in the source may be many states: what a defer does is done on each way out, and a function that
 * awaits is expanded where it is called. The first of them stands for all. */
size_t graph_site(const struct ir_fn *task, size_t state);

#define WAY_NOWHERE SIZE_MAX
#define WAY_END (SIZE_MAX - 1) /* of the task */

/* The blocks in which control is after `first`, with it, until the task waits or ends. `from` is the state
 * that was left. */
void graph_ways(struct arena *, const struct ir_fn *task, size_t from, struct ir_block *first, block_vec *);
/* The state in which the task waits behind such a block; WAY_NOWHERE: it does not. */
size_t graph_way_leads(const struct ir_fn *task, size_t from, const struct ir_block *);

#endif
