/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* layout.h: the image as the compiler lays it out; runtime/image.h says what each part is. */
#ifndef RINGC_LAYOUT_H
#define RINGC_LAYOUT_H

#include <stddef.h>
#include "../runtime/image.h"
#include "ir.h"

#define POOL(field) offsetof(struct rl_pool, field)

#define SIGNAL_LISTS 64

#define STREAM_FULL 64 /* completions that nobody took, past which a stream without buffers is cancelled */

struct init_bytes {
	uint64_t offset;
	const uint8_t *bytes;
	uint32_t n;
};

struct layout {
	uint64_t trace; /* RL_TRACE_BYTES of records, struct rl_trace */
	uint64_t waits, requests, log, ready, ring, ring_size, sqes, shared, shared_size, size;
	uint32_t log_slots, ready_slots, cq_entries, sq_entries;
	uint32_t setup;              /* RL_SETUP_... of rings with entries of other sizes than 64 and 16 */
	uint32_t sqe_size, cqe_size; /* of a slot */
	uint32_t nwaits;             /* nodes, and heads of lists: a power of two */
	uint32_t pools;              /* the first head of a list: of pools, by task */
	uint32_t heads_end;
	uint32_t signals; /* of what `signal` waits for: SIGNAL_LISTS of them */
	uint32_t request_slots;
	uint64_t streams; /* struct rl_stream_entry: so many, a power of two */
	uint32_t stream_entries;
	uint64_t stream_bigs; /* the second half of a CQE for each of those, where some stream has any */
	uint64_t *pool;       /* by task */
	symbol_vec fds;       /* parameters that are descriptors, in order: stream_of() counts them */
	VEC(struct init_bytes) inits;
};

struct layout *image_layout(struct ir_program *);

#endif
