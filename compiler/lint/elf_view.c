/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* elf_view.c: sections, symbols and relocations of an ELF file, checked as they are read. */
#include <elf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include "link.h"

#ifndef EM_BPF
#define EM_BPF 247
#endif

static const char *read_symbols(struct arena *a, struct elf_view *v, const GElf_Shdr *sh, Elf_Data *data)
{
	size_t n = sh->sh_entsize ? data->d_size / sh->sh_entsize : 0;
	if (v->symbols.n)
		return "it has two tables of symbols";
	for (size_t i = 0; i < n; i++) {
		GElf_Sym sym;
		if (!gelf_getsym(data, (int)i, &sym))
			return "a symbol cannot be read";
		const char *name = elf_strptr(v->elf, sh->sh_link, sym.st_name);
		VEC_PUSH(a, &v->symbols, sym);
		VEC_PUSH(a, &v->symbol_names, name ? name : "");
	}
	return NULL;
}

static const char *read_relocs(struct arena *a, struct elf_view *v, const GElf_Shdr *sh, Elf_Data *data)
{
	size_t n = sh->sh_entsize ? data->d_size / sh->sh_entsize : 0;
	if (sh->sh_info >= v->nsections)
		return "relocations of a section that is not there";
	for (size_t i = 0; i < n; i++) {
		GElf_Rel rel;
		if (!gelf_getrel(data, (int)i, &rel))
			return "a relocation cannot be read";
		struct elf_reloc r = {sh->sh_info, rel.r_offset, (uint32_t)GELF_R_SYM(rel.r_info)};
		VEC_PUSH(a, &v->relocs, r);
	}
	return NULL;
}

static int by_place(const void *pa, const void *pb)
{
	const struct elf_reloc *a = pa, *b = pb;
	if (a->section != b->section)
		return a->section < b->section ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static const char *read_sections(struct arena *a, struct elf_view *v)
{
	size_t names;
	Elf_Scn *scn = NULL;

	if (elf_getshdrnum(v->elf, &v->nsections) || elf_getshdrstrndx(v->elf, &names))
		return "it has no sections";
	v->names = arena_alloc(a, (v->nsections + 1) * sizeof *v->names);
	v->contents = arena_alloc(a, (v->nsections + 1) * sizeof *v->contents);
	v->is_code = arena_alloc(a, v->nsections + 1);
	for (size_t i = 0; i <= v->nsections; i++)
		v->names[i] = "";
	while ((scn = elf_nextscn(v->elf, scn))) {
		size_t i = elf_ndxscn(scn);
		GElf_Shdr sh;
		const char *why = NULL;

		if (i >= v->nsections || !gelf_getshdr(scn, &sh))
			return "a section's header cannot be read";
		const char *name = elf_strptr(v->elf, names, sh.sh_name);
		if (name)
			v->names[i] = name;
		v->is_code[i] = sh.sh_flags & SHF_EXECINSTR;
		if (sh.sh_type == SHT_NOBITS)
			continue;
		v->contents[i] = elf_getdata(scn, NULL);
		if (!v->contents[i])
			return "a section's contents are not in the file";
		if (sh.sh_type == SHT_SYMTAB)
			why = read_symbols(a, v, &sh, v->contents[i]);
		else if (sh.sh_type == SHT_REL)
			why = read_relocs(a, v, &sh, v->contents[i]);
		if (why)
			return why;
	}
	if (v->relocs.n)
		qsort(v->relocs.at, v->relocs.n, sizeof *v->relocs.at, by_place);
	return NULL;
}

const char *elf_view_open(struct arena *a, struct elf_view *v, const void *bytes, size_t size)
{
	GElf_Ehdr eh;

	*v = (struct elf_view){0};
	elf_version(EV_CURRENT);
	v->elf = elf_memory((char *)(uintptr_t)bytes, size);
	if (!v->elf || elf_kind(v->elf) != ELF_K_ELF || !gelf_getehdr(v->elf, &eh))
		return "it is not an ELF file";
	if (gelf_getclass(v->elf) != ELFCLASS64 || (eh.e_machine != EM_BPF && eh.e_machine != EM_NONE) ||
		eh.e_type != ET_REL)
		return "it is an ELF file, but not a BPF object (clang -target bpf -c makes them)";
	if (eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return "it is a big-endian object";
	return read_sections(a, v);
}

void elf_view_close(struct elf_view *v)
{
	elf_end(v->elf);
	v->elf = NULL;
}
