/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libbpf.c: what libbpf sees in an object: its programs and maps, the types in its BTF, and for its
 * instructions the lines of the script, with their text.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *object_path;
static int failures;

#define CHECK(ok, ...)                                                                                       \
	do {                                                                                                 \
		if (!(ok)) {                                                                                 \
			printf("%s: ", object_path);                                                         \
			printf(__VA_ARGS__);                                                                 \
			putchar('\n');                                                                       \
			failures++;                                                                          \
		}                                                                                            \
	} while (0)

/* ---- programs and maps ---- */

static void check_programs(const struct bpf_object *obj)
{
	struct bpf_program *p;
	unsigned n = 0;

	bpf_object__for_each_program(p, obj)
	{
		n++;
		CHECK(!strcmp(bpf_program__name(p), "loop_step"), "program %s", bpf_program__name(p));
		CHECK(!strcmp(bpf_program__section_name(p), "struct_ops.s/loop_step"), "section %s",
			bpf_program__section_name(p));
		CHECK(bpf_program__type(p) == BPF_PROG_TYPE_STRUCT_OPS, "type %d", bpf_program__type(p));
		CHECK(bpf_program__insn_cnt(p) > 20, "%zu instructions", bpf_program__insn_cnt(p));
	}
	CHECK(n == 1, "%u programs", n);
}

static void check_maps(const struct bpf_object *obj)
{
	struct bpf_map *m;
	bool ops = false, image = false;

	bpf_object__for_each_map(m, obj)
	{
		if (bpf_map__type(m) == BPF_MAP_TYPE_STRUCT_OPS) {
			ops = true;
			continue;
		}
		CHECK(!image, "another map: %s", bpf_map__name(m));
		image = true;
		CHECK(bpf_map__type(m) == BPF_MAP_TYPE_ARRAY, "the image is a map of type %d",
			bpf_map__type(m));
		CHECK(bpf_map__value_size(m) % 4096 == 0, "the image has %u bytes", bpf_map__value_size(m));
		CHECK(bpf_map__map_flags(m) & BPF_F_MMAPABLE, "the image cannot be mapped");
	}
	CHECK(ops && image, "a map is missing");
}

/* ---- types ---- */

static void check_struct_ops(const struct btf *btf)
{
	static const char *const names[] = {"loop_step", "ring_fd", "priv"};
	int id = btf__find_by_name_kind(btf, "io_uring_bpf_ops", BTF_KIND_STRUCT);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	CHECK(t && btf_vlen(t) == 3, "struct io_uring_bpf_ops is not there, or not as the kernel's");
	for (unsigned i = 0; t && i < 3 && i < btf_vlen(t); i++)
		CHECK(!strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), names[i]), "member %u",
			i);
}

static void check_function(const struct btf *btf, const char *name, unsigned params)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	CHECK(t, "no function %s", name);
	if (!t)
		return;
	t = btf__type_by_id(btf, t->type);
	CHECK(btf_vlen(t) == params, "%s has %u parameters", name, btf_vlen(t));
	for (unsigned i = 0; i < btf_vlen(t); i++)
		CHECK(*btf__name_by_offset(btf, btf_params(t)[i].name_off), "parameter %u of %s has no name",
			i, name);
}

/* ---- lines ---- */

struct text {
	char name[64];
	char *line[4096];
	unsigned n;
};

/* Names in objects do not depend on where files are: the library's begin with std/. */
static const struct text *text_of(const char *name, const char *dir)
{
	static struct text texts[8];
	static unsigned n;
	char path[512], line[1024];
	struct text *t = &texts[n];

	for (unsigned i = 0; i < n; i++)
		if (!strcmp(texts[i].name, name))
			return &texts[i];
	if (!strncmp(name, "std/", 4))
		snprintf(path, sizeof(path), "%s/stdlib/%s", getenv("SRCDIR"), name + 4);
	else
		snprintf(path, sizeof(path), "%s/%s/%s", getenv("SRCDIR"), dir, name);
	FILE *f = n < 8 ? fopen(path, "r") : NULL;
	if (!f)
		return NULL;
	n++;
	snprintf(t->name, sizeof(t->name), "%s", name);
	while (t->n < 4096 && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		t->line[t->n++] = strdup(line);
	}
	fclose(f);
	return t;
}

struct ext_header { /* struct btf_ext_header of libbpf's */
	uint16_t magic;
	uint8_t version, flags;
	uint32_t size, func_off, func_len, line_off, line_len;
};

struct line_info { /* struct bpf_line_info of <linux/bpf.h> */
	uint32_t insn_off, file_name_off, line_off, line_col;
};

static void check_line(const struct btf *btf, const struct line_info *l, const char *dir)
{
	const char *file = btf__name_by_offset(btf, l->file_name_off);
	const char *line = btf__name_by_offset(btf, l->line_off);
	unsigned number = l->line_col >> 10;
	const struct text *t = text_of(file, dir);

	CHECK(t, "the instruction at %u is of %s, which is not there", l->insn_off, file);
	CHECK(!t || (number >= 1 && number <= t->n), "%s has no line %u", file, number);
	if (t && number >= 1 && number <= t->n)
		CHECK(!strcmp(t->line[number - 1], line), "%s:%u is `%s`, not `%s`", file, number,
			t->line[number - 1], line);
}

/* Returns how many lines of the library there are. */
static unsigned check_lines(const struct btf *btf, const struct btf_ext *ext, const char *dir)
{
	uint32_t size;
	const char *raw = btf_ext__raw_data(ext, &size);
	const struct ext_header *h = (const void *)raw;
	const char *at = raw + h->size + h->line_off, *end = at + h->line_len;
	uint32_t record = *(const uint32_t *)(const void *)at;
	unsigned sections = 0, lines = 0, library = 0;

	for (at += 4; at < end; sections++) {
		uint32_t n = ((const uint32_t *)(const void *)at)[1];
		const struct line_info *first = (const void *)(at + 8);

		CHECK(n && first->insn_off == 0, "the first instruction of a section has no line");
		for (uint32_t i = 0; i < n; i++) {
			const struct line_info *l = (const void *)(at + 8 + (size_t)i * record);

			check_line(btf, l, dir);
			lines++;
			library += !strncmp(btf__name_by_offset(btf, l->file_name_off), "std/", 4);
		}
		at += 8 + (size_t)n * record;
	}
	CHECK(sections == 2, "%u sections have lines", sections);
	CHECK(lines > 20, "%u lines", lines);
	return library;
}

static void check_object(const char *dir, const char *name, bool imports)
{
	char path[512];
	struct btf_ext *ext = NULL;

	snprintf(path, sizeof(path), "%s/%s/%s.bpf.o", getenv("OBJDIR"), dir, name);
	object_path = path;
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	CHECK(obj, "libbpf does not open it");
	if (obj) {
		check_programs(obj);
		check_maps(obj);
		bpf_object__close(obj);
	}
	struct btf *btf = btf__parse_elf(path, &ext);
	CHECK(btf && ext, "there is no BTF");
	if (btf && ext) {
		check_struct_ops(btf);
		check_function(btf, "loop_step", 1);
		check_function(btf, "task_main", 2);
		CHECK((check_lines(btf, ext, dir) > 0) == imports, "lines of the library");
	}
	btf_ext__free(ext);
	btf__free(btf);
}

static int no_print(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)args;
	return level == LIBBPF_WARN ? puts(format) : 0;
}

int main(void)
{
	libbpf_set_print(no_print);
	if (!getenv("SRCDIR") || !getenv("OBJDIR")) {
		printf("tests/run sets SRCDIR and OBJDIR\n");
		return 1;
	}
	check_object("examples", "copy", true);
	check_object("examples", "nop", false);
	check_object("examples", "slurp", true);
	check_object("tests/object", "calls", true);
	check_object("tests/object", "atomics", false);
	return failures ? 1 : 0;
}
