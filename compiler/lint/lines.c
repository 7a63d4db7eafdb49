/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * lines.c: .BTF.ext, which says for instructions of a section what line they come from and what type a
 * function has (Documentation/bpf/btf.rst). Every length in it is checked: it may be damaged.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "program.h"

#define BTF_MAGIC 0xeB9F
#define LINE_OF(col_line) ((col_line) >> 10)
#define COL_OF(col_line) ((col_line)&0x3ff)

struct header { /* struct btf_ext_header, as far as it is read */
	uint16_t magic;
	uint8_t version, flags;
	uint32_t hdr_len;
	uint32_t func_off, func_len;
	uint32_t line_off, line_len;
	uint32_t core_off, core_len; /* not in the oldest */
};

struct entry { /* all kinds of records begin with an offset in bytes */
	const char *section;
	uint32_t offset;
	uint32_t type_id;
	struct lint_line line;
	struct bpf_core_relo core;
};

typedef VEC(struct entry) entry_vec;

struct lint_lines {
	entry_vec functions, lines, core;
};

struct table {
	const uint8_t *at;
	size_t left;
};

static bool take(struct table *t, void *to, size_t n, size_t whole)
{
	if (t->left < whole)
		return false;
	memcpy(to, t->at, n);
	t->at += whole;
	t->left -= whole;
	return true;
}

static const char *name(const struct btf *btf, uint32_t offset)
{
	const char *s = btf__name_by_offset(btf, offset);
	return s ? s : "";
}

static struct entry function_entry(const struct btf *btf, const char *section, const uint32_t *record)
{
	(void)btf;
	return (struct entry){.section = section, .offset = record[0], .type_id = record[1]};
}

static struct entry line_entry(const struct btf *btf, const char *section, const uint32_t *record)
{
	struct lint_line line = {
		name(btf, record[1]), name(btf, record[2]), LINE_OF(record[3]), COL_OF(record[3])};
	return (struct entry){.section = section, .offset = record[0], .line = line};
}

static struct entry core_entry(const struct btf *btf, const char *section, const uint32_t *record)
{
	struct bpf_core_relo core = {record[0], record[1], record[2], record[3]};
	(void)btf;
	return (struct entry){.section = section, .offset = record[0], .core = core};
}

/* The size of a record; then for each section its name, how many records, and those. */
static void read_table(struct arena *arena, const struct btf *btf, struct table t, uint32_t words,
	struct entry make(const struct btf *, const char *section, const uint32_t *record), entry_vec *to)
{
	uint32_t size, section[2], record[4];

	if (!take(&t, &size, sizeof size, sizeof size) || size < words * 4)
		return;
	while (take(&t, section, sizeof section, sizeof section))
		for (uint32_t i = 0; i < section[1] && take(&t, record, words * 4, size); i++)
			VEC_PUSH(arena, to, make(btf, name(btf, section[0]), record));
}

static int by_place(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	int section = strcmp(a->section, b->section);
	return section ? section : a->offset < b->offset ? -1 : a->offset > b->offset;
}

static struct table part(const uint8_t *ext, size_t size, uint32_t start, uint32_t off, uint32_t len)
{
	uint64_t begin = (uint64_t)start + off;
	if (begin > size || len > size - begin)
		return (struct table){0};
	return (struct table){ext + begin, len};
}

struct lint_lines *lint_lines_read(struct arena *arena, const struct btf *btf, const void *ext, size_t size)
{
	struct lint_lines *l = NEW(arena, struct lint_lines);
	struct header h;

	if (size < sizeof h)
		return l;
	memcpy(&h, ext, sizeof h);
	if (h.magic != BTF_MAGIC || h.hdr_len < offsetof(struct header, core_off))
		return l;
	if (h.hdr_len >= sizeof h)
		read_table(arena, btf, part(ext, size, h.hdr_len, h.core_off, h.core_len), 4, core_entry,
			&l->core);
	read_table(arena, btf, part(ext, size, h.hdr_len, h.func_off, h.func_len), 2, function_entry,
		&l->functions);
	read_table(arena, btf, part(ext, size, h.hdr_len, h.line_off, h.line_len), 4, line_entry, &l->lines);
	if (l->functions.n)
		qsort(l->functions.at, l->functions.n, sizeof *l->functions.at, by_place);
	if (l->core.n)
		qsort(l->core.at, l->core.n, sizeof *l->core.at, by_place);
	if (l->lines.n)
		qsort(l->lines.at, l->lines.n, sizeof *l->lines.at, by_place);
	return l;
}

/* The last entry of the section that is not behind the offset. */
static const struct entry *find(const entry_vec *v, const char *section, uint32_t offset)
{
	const struct entry key = {.section = section, .offset = offset};
	size_t lo = 0, hi = v->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (by_place(&v->at[mid], &key) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && !strcmp(v->at[lo - 1].section, section) ? &v->at[lo - 1] : NULL;
}

const struct lint_line *lint_lines_at(const struct lint_lines *l, const char *section, uint32_t offset)
{
	const struct entry *e = find(&l->lines, section, offset);
	return e ? &e->line : NULL;
}

const struct bpf_core_relo *lint_lines_core(const struct lint_lines *l, const char *section, uint32_t offset)
{
	const struct entry *e = find(&l->core, section, offset);
	return e && e->offset == offset ? &e->core : NULL;
}

uint32_t lint_lines_function(const struct lint_lines *l, const char *section, uint32_t offset)
{
	const struct entry *e = find(&l->functions, section, offset);
	return e && e->offset == offset ? e->type_id : 0;
}
