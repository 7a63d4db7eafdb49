/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * object.c: from a file's bytes to a checked program object.
 *
 * The checksum comes first, so that damage is called damage and not whatever it happens to break.
 * A right checksum is no proof of good intentions, so all else is checked as well.
 */
#include <elf.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "image.h"
#include "manifest.h"
#include "manifest_read.h"
#include "object.h"
#include "trace.h"

#ifndef EM_BPF
#define EM_BPF 247
#endif

static int check_trailer(const unsigned char *data, size_t size, size_t *elf_size, struct rl_why *why)
{
	struct rl_trailer t;
	uLong crc;

	if (size < sizeof(t) || memcmp(data + size - sizeof(t), RL_TRAILER_MAGIC, sizeof(t.magic)) != 0) {
		if (size >= SELFMAG && memcmp(data, ELFMAG, SELFMAG) == 0)
			return rl_why(why, ENOEXEC,
				"an ELF file, but not a whole program object: truncated, or not made by "
				"ringc");
		return rl_why(why, ENOEXEC, "not a program object (ringc build makes them)");
	}
	memcpy(&t, data + size - sizeof(t), sizeof(t));
	crc = crc32_z(0, data, size - sizeof(t));
	crc = crc32_z(crc, (const unsigned char *)&t, offsetof(struct rl_trailer, crc));
	if ((uint32_t)crc != t.crc)
		return rl_why(why, EBADMSG, "corrupt: its checksum is %08x, its contents give %08x", t.crc,
			(uint32_t)crc);
	if (t.format != RL_FORMAT)
		return rl_why(why, EPROTONOSUPPORT,
			"its format is %u, this libringlet reads %u: build it again with a matching ringc",
			t.format, RL_FORMAT);
	*elf_size = size - sizeof(t);
	return 0;
}

struct section {
	const char *bytes;
	size_t size;
	size_t index; /* 0: not there */
};

/* The section's header is checked here against the file; libelf checks its own reads. */
static int find_section(Elf *elf, const struct rl_object *o, const char *name, uint32_t type,
	struct section *out, struct rl_why *why)
{
	Elf_Scn *scn = NULL;
	size_t names;

	memset(out, 0, sizeof(*out));
	if (elf_getshdrstrndx(elf, &names) != 0)
		return rl_why(why, EBADMSG, "corrupt: no section names");
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		GElf_Shdr sh;
		const char *s;

		if (!gelf_getshdr(scn, &sh))
			return rl_why(why, EBADMSG, "corrupt: section header");
		s = elf_strptr(elf, names, sh.sh_name);
		if (!s || strcmp(s, name) != 0)
			continue;
		if (sh.sh_type != type || (sh.sh_flags & SHF_COMPRESSED))
			return rl_why(why, EBADMSG, "corrupt: section %s is of a wrong type", name);
		if (type != SHT_NOBITS) {
			if (sh.sh_offset > o->elf_size || sh.sh_size > o->elf_size - sh.sh_offset)
				return rl_why(
					why, EBADMSG, "corrupt: section %s lies outside the file", name);
			out->bytes = (const char *)o->data + sh.sh_offset;
		}
		out->size = sh.sh_size;
		out->index = elf_ndxscn(scn);
		return 0;
	}
	return 0;
}

/* Native code is run where it is copied to, so it must need no relocation. */
static int check_unrelocated(Elf *elf, const struct section *code, struct rl_why *why)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		GElf_Shdr sh;

		if (gelf_getshdr(scn, &sh) && (sh.sh_type == SHT_REL || sh.sh_type == SHT_RELA) &&
			sh.sh_info == code->index)
			return rl_why(why, EBADMSG, "corrupt: its native step needs relocation");
	}
	return 0;
}

/* Each is where the manifest says. */
static int find_switches(Elf *elf, const struct rl_object *o, struct rl_switches *w,
	bool (*is)(const unsigned char *at, size_t left), struct rl_why *why)
{
	struct section s = {0};
	int err = w->n ? find_section(elf, o, w->section, SHT_PROGBITS, &s, why) : 0;

	for (uint32_t i = 0; !err && i < w->n; i++)
		if (w->at[i] >= s.size || !is((const unsigned char *)s.bytes + w->at[i], s.size - w->at[i]))
			err = rl_why(
				why, EBADMSG, "corrupt: no switch at %u in section %s", w->at[i], w->section);
	w->bytes = s.bytes;
	return err;
}

static int find_bpf(Elf *elf, struct rl_object *o, struct rl_why *why)
{
	struct rl_bpf *b = &o->bpf;
	const struct {
		const char *name;
		uint32_t type;
		struct rl_span *to;
		uint32_t *index;
	} sections[] = {
		{RL_STEP_SECTION, SHT_PROGBITS, &b->code[0], &b->index[0]},
		{".text", SHT_PROGBITS, &b->code[1], &b->index[1]},
		{".rel" RL_STEP_SECTION, SHT_REL, &b->relocs[0], NULL},
		{".rel.text", SHT_REL, &b->relocs[1], NULL},
		{RL_IMAGE_SECTION, SHT_NOBITS, NULL, &b->image},
		{RL_REGION_SECTION, SHT_PROGBITS, NULL, &b->region},
		{".symtab", SHT_SYMTAB, &b->symbols, NULL},
		{".strtab", SHT_STRTAB, &b->names, NULL},
		{"license", SHT_PROGBITS, &b->license, NULL},
		{".BTF", SHT_PROGBITS, &b->btf, NULL},
		{".BTF.ext", SHT_PROGBITS, &b->btf_ext, NULL},
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(sections) / sizeof(sections[0]); i++) {
		struct section s;

		err = find_section(elf, o, sections[i].name, sections[i].type, &s, why);
		if (!err && sections[i].to)
			*sections[i].to = (struct rl_span){(const unsigned char *)s.bytes, s.size};
		if (!err && sections[i].index)
			*sections[i].index = (uint32_t)s.index;
	}
	return err;
}

static int read_elf(Elf *elf, struct rl_object *o, struct rl_why *why)
{
	struct rl_native native;
	struct section s;
	GElf_Ehdr eh;
	int err;

	if (!elf || elf_kind(elf) != ELF_K_ELF || gelf_getclass(elf) != ELFCLASS64 || !gelf_getehdr(elf, &eh))
		return rl_why(why, EBADMSG, "corrupt: not a 64-bit ELF file");
	if (eh.e_machine != EM_BPF || eh.e_type != ET_REL || eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return rl_why(why, ENOEXEC, "an ELF file, but not a little-endian BPF object");

	err = find_section(elf, o, RL_MANIFEST_SECTION, SHT_PROGBITS, &s, why);
	if (err)
		return err;
	if (!s.index)
		return rl_why(why, EBADMSG, "corrupt: no section " RL_MANIFEST_SECTION);
	err = rl_manifest_read(o, s.bytes, s.size, &native, why);
	if (err)
		return err;

	err = find_section(elf, o, RL_IMAGE_SECTION, SHT_NOBITS, &s, why);
	if (err)
		return err;
	if (!s.index || s.size != o->image.size)
		return rl_why(
			why, EBADMSG, "corrupt: section " RL_IMAGE_SECTION " is not of the image's size");

	err = find_bpf(elf, o, why);
	if (err)
		return err;
	o->step_switches.section = RL_STEP_SECTION;
	o->text_switches.section = ".text";
	err = find_switches(elf, o, &o->step_switches, rl_switch_is_bpf, why);
	if (!err)
		err = find_switches(elf, o, &o->text_switches, rl_switch_is_bpf, why);
	if (err || !native.section)
		return err;
	o->native_switches.section = native.section;
	err = find_switches(elf, o, &o->native_switches, rl_switch_is_native, why);
	if (!err)
		err = find_section(elf, o, native.section, SHT_PROGBITS, &s, why);
	if (err)
		return err;
	if (!s.index || native.entry >= s.size)
		return rl_why(why, EBADMSG, "corrupt: no native step in section %s", native.section);
	o->code = s.bytes;
	o->code_size = s.size;
	o->code_entry = native.entry;
	return check_unrelocated(elf, &s, why);
}

int rl_object_parse(struct rl_object *o, void *data, size_t size, char *text, size_t text_size)
{
	struct rl_why why = {text, text_size};
	Elf *elf;
	int err;

	memset(o, 0, sizeof(*o));
	o->data = data;
	o->size = size;
	if (size == 0)
		err = rl_why(&why, ENOEXEC, "the file is empty");
	else
		err = check_trailer(data, size, &o->elf_size, &why);
	if (!err) {
		elf_version(EV_CURRENT);
		errno = 0;
		elf = elf_memory(data, o->elf_size);
		err = read_elf(elf, o, &why);
		/* Neither libelf nor jansson says so itself: what they could not read looks damaged. */
		if (err && errno == ENOMEM)
			err = rl_why(&why, ENOMEM, "out of memory");
		elf_end(elf);
	}
	if (err)
		rl_object_free(o);
	return err;
}

static void free_places(struct rl_place *places, uint32_t n)
{
	for (uint32_t i = 0; places && i < n; i++)
		free(places[i].dims);
	free(places);
}

void rl_object_free(struct rl_object *o)
{
	for (uint32_t i = 0; i < o->ntasks; i++)
		free(o->tasks[i].states);
	for (uint32_t i = 0; i < o->nstructs; i++)
		free_places(o->structs[i].fields, o->structs[i].nfields);
	free_places(o->places, o->nplaces);
	free(o->region.dims);
	free(o->structs);
	free(o->init);
	free(o->tasks);
	free(o->queues);
	free(o->pools);
	free(o->zcrx);
	free(o->sites);
	free(o->logs);
	free(o->ops);
	free(o->step_switches.at);
	free(o->text_switches.at);
	free(o->native_switches.at);
	json_decref(o->manifest);
	free(o->data);
	memset(o, 0, sizeof(*o));
}
