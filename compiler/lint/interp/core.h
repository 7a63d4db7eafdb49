/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * core.h: "compile once, run everywhere". An instruction that depends on the layout of a struct of the
 * kernel's names the field, and whoever loads the program writes in what the kernel at hand has.
 */
#ifndef RINGC_LINT_CORE_H
#define RINGC_LINT_CORE_H

#include "../program.h"

#define CORE_NO_HELPER 0xbad2310 /* what libbpf has called where nothing was found */

/* As libbpf does for a kernel with that BTF: what names nothing there becomes a call of a helper that does
 * not exist. NULL, or what could not be done. */
const char *core_relocate(
	struct arena *, const struct lint_object *, const struct btf *kernel, struct lint_program *);

#endif
