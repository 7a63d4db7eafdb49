/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * interp.h: a program judged as the kernel's verifier would, without the kernel: every path is followed with
 * what is known of each register, and a path ends where it reaches a state within one that was found safe.
 */
#ifndef RINGC_LINT_INTERP_H
#define RINGC_LINT_INTERP_H

#include "../findings.h"

/* A branch of a path, in the order of the path. */
struct lint_branch {
	uint32_t insn, times;
	bool jumped;
};

/* The access that came nearest to the end of its memory, of those that no constant decides: of each kind of
 * memory. For a packet: of all. */
#define LINT_MEMORIES                                                                                        \
	X(VALUE, "map_value", "a map's value")                                                               \
	X(MEMORY, "memory", "memory")                                                                        \
	X(STACK, "stack", "the stack")                                                                       \
	X(PACKET, "packet", "the packet")
enum lint_memory {
#define X(name, key, words) NEAR_##name,
	LINT_MEMORIES
#undef X
		NEAR_COUNT
};
struct lint_near {
	bool seen;
	uint32_t insn, size; /* bytes, at low..high of `whole` */
	int64_t low, high, whole;
	int32_t which; /* map */
};

struct interp_result {
	bool accepted;
	bool judged; /* false: it uses what is not modelled here; why is a finding, and accepted is false */
	uint64_t insns_processed;
	uint32_t max_states; /* remembered at one instruction */
	uint32_t peak_states, total_states;
	uint16_t *stack_depth; /* bytes, of each of the program's functions */
	uint16_t chain_depth;  /* of the deepest chain of calls, as they are counted: rounded up each */
	enum lint_rule rule;   /* of what rejects it, and where */
	uint32_t insn;
	uint32_t *counts; /* of each instruction: how often it was processed */
	uint32_t peak_pending, pending_at;
	uint32_t longest; /* instructions of a path, to its end or to where it is as another was */
	uint32_t longest_end;
	VEC(struct lint_branch) branches; /* of that path */
	struct lint_near near[NEAR_COUNT];
};

/* Whatever it finds it says by lint_find; `r` is filled either way. What depends on the kernel's types is
 * written into the program, where it is judged by these. */
void lint_interpret(
	struct lint *, const struct lint_object *, struct lint_program *, struct interp_result *r);

/* Is called with the machine as it is before each instruction that is processed: machine.h. */
struct machine;
struct interp_watch {
	void (*before)(void *to, const struct machine *);
	void *to;
};
void lint_interpret_watched(struct lint *, const struct lint_object *, struct lint_program *,
	struct interp_result *, const struct interp_watch *);

#endif
