/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* link.h: between object.c and link.c. */
#ifndef RINGC_LINT_LINK_H
#define RINGC_LINT_LINK_H

#include <gelf.h>
#include "program.h"

struct elf_reloc {
	uint32_t section; /* of what is relocated */
	uint64_t offset;
	uint32_t symbol;
};

struct elf_view {
	Elf *elf;
	size_t nsections;
	const char **names;  /* of sections, by index; "" where it has none */
	Elf_Data **contents; /* NULL: none */
	bool *is_code;
	VEC(GElf_Sym) symbols;
	VEC(const char *) symbol_names;
	VEC(struct elf_reloc) relocs; /* by section and offset */
};

/* NULL, or why it is corrupt. */
const char *elf_view_open(struct arena *, struct elf_view *, const void *bytes, size_t size);
void elf_view_close(struct elf_view *);

/* Makes p's instructions, from its function on. NULL, or why it cannot. */
const char *link_program(
	struct lint_object *, const struct elf_view *, const struct lint_lines *, struct lint_program *p);

#endif
