/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* layout.h: the image as the compiler lays it out; runtime/image.h says what each part is. */
#ifndef RINGC_LAYOUT_H
#define RINGC_LAYOUT_H

#include <stddef.h>
#include "../runtime/image.h"
#include "ir.h"

#define POOL(field) offsetof(struct rl_pool, field)

struct init_bytes {
	uint64_t offset;
	const uint8_t *bytes;
	uint32_t n;
};

struct layout {
	uint64_t log, ready, ring, ring_size, sqes, shared, shared_size, size;
	uint32_t log_slots, ready_slots, cq_entries, sq_entries;
	uint64_t *pool; /* by task */
	symbol_vec fds; /* parameters that are descriptors, in order: stream_of() counts them */
	VEC(struct init_bytes) inits;
};

struct layout *image_layout(struct ir_program *);

#endif
