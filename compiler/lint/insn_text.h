/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* insn_text.h: instructions as text, with the names of what they refer to. */
#ifndef RINGC_LINT_INSN_TEXT_H
#define RINGC_LINT_INSN_TEXT_H

#include "program.h"

/* `r1 = conns + 8`, `call bpf_map_lookup_elem`, `if r1 > 5 goto 17`. `o` may be NULL: no names then. */
const char *insn_text(
	struct arena *, const struct lint_object *o, const struct lint_program *, uint32_t insn);

#endif
