/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * object.c: a BPF object, opened. libbpf reads its maps and programs, without asking the kernel for anything;
 * libelf gives the symbols and relocations, of which link.c makes whole programs.
 */
#include <bpf/libbpf.h>
#include <elf.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include "libbpf_log.h"
#include "link.h"

static uint32_t read_map(struct lint_object *o, struct bpf_map *m)
{
	struct bpf_map *inner = bpf_map__inner_map(m);
	struct lint_map map = {
		.name = arena_printf(o->arena, "%s", bpf_map__name(m)),
		.type = bpf_map__type(m),
		.key_size = bpf_map__key_size(m),
		.value_size = bpf_map__value_size(m),
		.max_entries = bpf_map__max_entries(m),
		.flags = bpf_map__map_flags(m),
		.value_type = bpf_map__btf_value_type_id(m),
	};
	map.is_variables = bpf_map__is_internal(m);
	map.readonly = map.is_variables && map.flags & BPF_F_RDONLY_PROG;
	/* What is not read only changes, and may be as large as an address space; what is in .kconfig is
	 * known when it is loaded. */
	if (map.readonly && !lint_ends_with(map.name, ".kconfig")) {
		size_t n = 0;
		const void *bytes = bpf_map__initial_value(m, &n);
		map.bytes = bytes ? memcpy(arena_alloc(o->arena, n), bytes, n) : NULL;
		map.nbytes = bytes ? n : 0;
	}
	VEC_PUSH(o->arena, &o->maps, map);
	uint32_t index = (uint32_t)o->maps.n - 1;
	if (inner) {
		uint32_t at = read_map(o, inner);
		o->maps.at[at].is_inner = true;
		o->maps.at[index].inner = at;
	}
	return index;
}

static bool is_sleepable(const char *section)
{
	const char *slash = strchr(section, '/');
	size_t n = slash ? (size_t)(slash - section) : strlen(section);
	return (n > 2 && !strncmp(section + n - 2, ".s", 2)) || !strcmp(section, "syscall");
}

/* ---- struct_ops: a variable whose type is the struct of functions; relocations put programs into it ---- */

static const struct btf_type *variable_in(
	const struct btf *btf, const char *section, uint64_t offset, uint32_t *begin)
{
	int id = btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	for (uint32_t i = 0; t && i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *var = &btf_var_secinfos(t)[i];
		if (offset < var->offset || offset - var->offset >= var->size)
			continue;
		*begin = var->offset;
		return btf__type_by_id(btf, var->type);
	}
	return NULL;
}

static bool stands_in(
	struct lint_object *o, struct lint_program *p, const struct btf_type *var, uint64_t offset)
{
	int type = btf__resolve_type(o->btf, var->type);
	const struct btf_type *t = type > 0 ? btf__type_by_id(o->btf, (uint32_t)type) : NULL;
	if (!t || !btf_is_struct(t))
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		if (btf_member_bit_offset(t, i) != offset * 8)
			continue;
		const char *name = btf__name_by_offset(o->btf, t->name_off), *flavour = strstr(name, "___");
		p->ops = arena_strndup(o->arena, name, flavour ? (size_t)(flavour - name) : strlen(name));
		p->member = btf__name_by_offset(o->btf, btf_members(t)[i].name_off);
		return true;
	}
	return false;
}

static void find_ops(struct lint_object *o, const struct elf_view *v, struct lint_program *p)
{
	for (size_t i = 0; o->btf && i < v->relocs.n; i++) {
		const struct elf_reloc *r = &v->relocs.at[i];
		const char *section = r->section < v->nsections ? v->names[r->section] : "";
		uint32_t begin = 0;
		/* Those that a question mark is before are not loaded by themselves. */
		if (strncmp(section + (*section == '?'), ".struct_ops", 11) != 0 ||
			strcmp(v->symbol_names.at[r->symbol], p->name) != 0)
			continue;
		const struct btf_type *var = variable_in(o->btf, section, r->offset, &begin);
		if (var && stands_in(o, p, var, r->offset - begin))
			return;
	}
}

static const char *read_program(struct lint_object *o, const struct elf_view *v,
	const struct lint_lines *lines, const struct bpf_program *prog)
{
	struct lint_program *p = NEW(o->arena, struct lint_program);

	p->name = arena_printf(o->arena, "%s", bpf_program__name(prog));
	p->section = arena_printf(o->arena, "%s", bpf_program__section_name(prog));
	p->type = bpf_program__type(prog);
	/* Of struct_ops it is the number of the member, which is known by its name. */
	p->attach = p->type == BPF_PROG_TYPE_STRUCT_OPS ? (enum bpf_attach_type)0
							: bpf_program__expected_attach_type(prog);
	p->sleepable = is_sleepable(p->section);
	if (p->type == BPF_PROG_TYPE_STRUCT_OPS)
		find_ops(o, v, p);
	VEC_PUSH(o->arena, &o->programs, p);
	const char *why = link_program(o, v, lines, p);
	p->loads = arena_alloc(o->arena, (p->n + 1) * sizeof *p->loads);
	return why;
}

static const char *read_all(struct lint_object *o, const struct elf_view *v, struct bpf_object *obj)
{
	const struct lint_lines *lines = NULL;
	struct bpf_program *prog;
	struct bpf_map *map;
	const char *why = NULL;

	bpf_object__for_each_map(map, obj) read_map(o, map);
	for (size_t i = 0; i < v->nsections; i++) {
		const Elf_Data *d = v->contents[i];
		if (o->btf && d && !strcmp(v->names[i], ".BTF.ext"))
			lines = lint_lines_read(o->arena, o->btf, d->d_buf, d->d_size);
		if (d && !strcmp(v->names[i], ".ringlet.manifest"))
			o->manifest = arena_strndup(o->arena, d->d_buf, d->d_size);
		if (d && !strcmp(v->names[i], "license"))
			o->gpl = d->d_size >= 3 && memmem(d->d_buf, d->d_size, "GPL", 3);
	}
	bpf_object__for_each_program(prog, obj)
	{
		why = read_program(o, v, lines, prog);
		if (why)
			break;
	}
	return why;
}

bool lint_ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);
	return n >= m && !strcmp(s + n - m, end);
}

const char *lint_libbpf_said(struct arena *a, const struct rl_libbpf_log *log)
{
	if (!log->text)
		return NULL;
	const char *text = log->text + (strncmp(log->text, "libbpf: ", 8) ? 0 : 8);
	return arena_strndup(a, text, strcspn(text, "\n"));
}

struct lint_object *lint_object_read(
	struct arena *arena, const char *path, const void *bytes, size_t size, const char **why)
{
	struct lint_object *o = NEW(arena, struct lint_object);
	struct rl_libbpf_log log = {0};
	struct elf_view v;

	o->arena = arena;
	o->path = path;
	*why = elf_view_open(arena, &v, bytes, size);
	if (!*why) {
		rl_libbpf_log_begin(&log);
		/* libbpf names sections of variables after the object, or after its address in memory. */
		const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
		LIBBPF_OPTS(bpf_object_open_opts, opts,
			.object_name = arena_strndup(arena, name, strcspn(name, ".")));
		struct bpf_object *obj = bpf_object__open_mem(bytes, size, &opts);
		rl_libbpf_log_end();
		if (obj) {
			const struct btf *btf = bpf_object__btf(obj);
			uint32_t n = 0;
			const void *raw = btf ? btf__raw_data(btf, &n) : NULL;
			o->btf = raw ? btf__new(raw, n) : NULL;
			*why = read_all(o, &v, obj);
		} else {
			*why = lint_libbpf_said(arena, &log);
			*why = *why ? *why : "libbpf cannot open it";
		}
		rl_libbpf_log_free(&log);
		bpf_object__close(obj);
	}
	elf_view_close(&v);
	if (!*why && !o->programs.n)
		*why = "there is no program in it";
	return *why ? (lint_object_close(o), NULL) : o;
}

const struct lint_function *lint_function_at(const struct lint_program *p, uint32_t insn)
{
	size_t lo = 0, hi = p->functions.n;
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (p->functions.at[mid].first <= insn)
			lo = mid;
		else
			hi = mid;
	}
	return &p->functions.at[lo];
}

void lint_object_close(struct lint_object *o)
{
	if (o)
		btf__free(o->btf);
}
