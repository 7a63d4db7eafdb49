/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* flow.h: where control goes in a program, function by function. */
#ifndef RINGC_LINT_FLOW_H
#define RINGC_LINT_FLOW_H

#include "program.h"

/* What older headers do not have. */
#ifndef BPF_JCOND
#define BPF_JCOND 0xe0 /* may_goto */
#endif
#ifndef BPF_LOAD_ACQ
#define BPF_LOAD_ACQ 0x100
#define BPF_STORE_REL 0x110
#endif

/* Where a jump leads; false: it is none. The number may be of no instruction. */
bool flow_target(const struct lint_program *, uint32_t insn, uint32_t *to);
bool flow_is_wide(const struct bpf_insn *); /* it takes two */
bool flow_is_exit(const struct bpf_insn *);
bool flow_is_indirect(const struct bpf_insn *); /* a jump that leads where a register says */
bool flow_is_may_goto(const struct bpf_insn *);
bool flow_is_conditional(const struct bpf_insn *);

/* The instructions that may be next, in the same function: how many. Only those that are there. */
unsigned flow_next(const struct lint_program *, uint32_t insn, uint32_t next[2]);

#define FLOW_REGISTERS 11 /* r0 to r10 */

/* The registers that an instruction reads, and those that it writes, as bits. A call reads as many arguments
 * as are known of what it calls. */
uint16_t flow_reads(const struct lint_object *, const struct lint_program *, uint32_t insn);
uint16_t flow_writes(const struct lint_program *, uint32_t insn);

/* What is known of a whole program. */
struct flow {
	bool *reached;  /* each instruction: control comes there */
	bool *inside;   /* the second half of one that takes two */
	uint32_t *loop; /* of which loop it is a part, the innermost that has no other in it; 0: of none */
	uint32_t nloops;
	bool ok; /* each jump leads to a known place that it may lead to, registers are those there are: the
		    rest may be relied on */
};
void flow_make(struct arena *, const struct lint_program *, struct flow *);

#endif
