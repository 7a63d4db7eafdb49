/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * origin.h: what a value was before it came into a register, in the words of the source. An origin is the
 * instruction that loaded or was given it, plus 1; or an argument of a function; 0: nothing is known.
 */
#ifndef RINGC_LINT_ORIGIN_H
#define RINGC_LINT_ORIGIN_H

#include "../program.h"

#define ORIGIN_ARGUMENT 0x800000u /* | function * 16 | number of the register */
#define ORIGIN_BITS 24
#define ORIGIN_NO_INSN UINT32_MAX

/* `skb->len`, `conns[0..15].fd`, `what bpf_map_lookup_elem() gave`; NULL: there is nothing to say. */
const char *origin_words(
	struct arena *, const struct lint_object *, const struct lint_program *, uint32_t origin);
/* ORIGIN_NO_INSN: it is an argument, or nothing. */
uint32_t origin_insn(uint32_t origin);

#endif
