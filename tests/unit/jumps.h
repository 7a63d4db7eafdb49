/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* jumps.h: what BPF's jumps compare (Documentation/bpf/standardization/instruction-set.rst). */
#ifndef JUMPS_H
#define JUMPS_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

static inline bool jump_holds(uint8_t op, uint64_t a, uint64_t b, bool is32)
{
	int64_t sa = is32 ? (int32_t)a : (int64_t)a, sb = is32 ? (int32_t)b : (int64_t)b;

	if (is32)
		a = (uint32_t)a, b = (uint32_t)b;
	switch (op) {
	case BPF_JA:
		return true;
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JSET:
		return a & b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return sa > sb;
	case BPF_JSGE:
		return sa >= sb;
	case BPF_JSLT:
		return sa < sb;
	case BPF_JSLE:
		return sa <= sb;
	default:
		return false; /* may_goto */
	}
}

#endif
