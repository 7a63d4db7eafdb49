/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * link.c: a program and all that it calls, as one array of instructions. The order is libbpf's: a function is
 * appended where it is first called, and what it calls follows before its caller is looked at further.
 */
#include <stdlib.h>
#include <string.h>
#include "link.h"

#define INSNS_MAX (1u << 20) /* BPF_COMPLEXITY_LIMIT_INSNS is 1,000,000: no kernel takes more */
#define FUNCTIONS_MAX 1024   /* BPF_MAX_SUBPROGS is 256 */

struct place {
	uint32_t section;
	uint64_t offset;
};

struct linker {
	struct lint_object *o;
	const struct elf_view *v;
	const struct lint_lines *lines;
	struct lint_program *p;
	uint32_t room;
	VEC(struct place) places; /* of each function */
	const char *why;
};

static bool fail(struct linker *L, const char *format, const char *what)
{
	if (!L->why)
		L->why = arena_printf(L->o->arena, format, what);
	return false;
}

/* ---- what an instruction refers to ---- */

static const struct elf_reloc *reloc_at(const struct elf_view *v, uint32_t section, uint64_t offset)
{
	size_t lo = 0, hi = v->relocs.n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct elf_reloc *r = &v->relocs.at[mid];
		if (r->section < section || (r->section == section && r->offset < offset))
			lo = mid + 1;
		else
			hi = mid;
	}
	const struct elf_reloc *r = lo < v->relocs.n ? &v->relocs.at[lo] : NULL;
	return r && r->section == section && r->offset == offset ? r : NULL;
}

/* The map that a section of variables is: of its name, or, of the four that every program may have, of the
 * object's name and that. */
static int map_of_section(const struct lint_object *o, const char *section)
{
	for (size_t i = 0; i < o->maps.n; i++)
		if (!strcmp(o->maps.at[i].name, section))
			return (int)i;
	for (size_t i = 0; i < o->maps.n; i++)
		if (o->maps.at[i].is_variables && lint_ends_with(o->maps.at[i].name, section))
			return (int)i;
	return -1;
}

static uint32_t extern_index(struct lint_object *o, const char *name, bool is_function, bool weak)
{
	for (size_t i = 0; i < o->externs.n; i++)
		if (!strcmp(o->externs.at[i].name, name))
			return (uint32_t)i;
	struct lint_extern e = {
		.name = arena_printf(o->arena, "%s", name), .is_function = is_function, .weak = weak};
	/* The address of a function may be asked for before it is called. */
	int id = o->btf ? btf__find_by_name_kind(o->btf, name, BTF_KIND_FUNC) : -1;
	if (o->btf && !is_function && id <= 0)
		id = btf__find_by_name_kind(o->btf, name, BTF_KIND_VAR);
	e.btf_id = id > 0 ? (uint32_t)id : 0;
	VEC_PUSH(o->arena, &o->externs, e);
	return (uint32_t)o->externs.n - 1;
}

static bool append(struct linker *L, uint32_t section, uint64_t offset, uint32_t *index);

static bool refer_function(
	struct linker *L, uint32_t at, enum lint_ref_kind kind, uint32_t section, int64_t offset)
{
	uint32_t index;
	if (offset < 0 || !append(L, section, (uint64_t)offset, &index))
		return fail(L, "%s", "a call leads to no function");
	L->p->refs[at] = (struct lint_ref){kind, index, 0};
	L->p->insns[at].src_reg = kind == REF_CALL ? BPF_PSEUDO_CALL : BPF_PSEUDO_FUNC;
	L->p->insns[at].imm = (int32_t)(L->p->functions.at[index].first - at - 1);
	return true;
}

/* What libbpf finds out of the kernel when it loads the object is in a map of its own: where, its BTF says.
 */
static bool refer_config(struct linker *L, uint32_t at, const char *name)
{
	const struct btf *btf = L->o->btf;
	int id = btf ? btf__find_by_name_kind(btf, ".kconfig", BTF_KIND_DATASEC) : -1;
	int map = id > 0 ? map_of_section(L->o, ".kconfig") : -1;
	const struct btf_type *t = map >= 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	for (uint32_t i = 0; t && i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *v = &btf_var_secinfos(t)[i];
		const struct btf_type *var = btf__type_by_id(btf, v->type);
		if (!var || strcmp(btf__name_by_offset(btf, var->name_off), name) != 0)
			continue;
		L->p->refs[at] = (struct lint_ref){REF_VALUE, (uint32_t)map, v->offset};
		L->p->insns[at].src_reg = BPF_PSEUDO_MAP_VALUE;
		L->p->insns[at].imm = map;
		L->p->insns[at + 1].imm = (int32_t)v->offset;
		return true;
	}
	return false;
}

static bool refer_extern(struct linker *L, uint32_t at, bool call, uint32_t symbol)
{
	const char *name = L->v->symbol_names.at[symbol];
	bool weak = GELF_ST_BIND(L->v->symbols.at[symbol].st_info) == STB_WEAK;
	if (!call && at + 1 < L->p->n && refer_config(L, at, name))
		return true;
	uint32_t index = extern_index(L->o, name, call, weak);
	L->p->refs[at] = (struct lint_ref){call ? REF_KFUNC : REF_EXTERN, index, 0};
	L->p->insns[at].src_reg = call ? BPF_PSEUDO_KFUNC_CALL : BPF_PSEUDO_BTF_ID;
	L->p->insns[at].imm = (int32_t)index;
	return true;
}

/* A map by its symbol, or a variable: a place in the one value of the map that its section is. */
static bool refer_data(struct linker *L, uint32_t at, uint32_t symbol, int64_t offset)
{
	const GElf_Sym *sym = &L->v->symbols.at[symbol];
	const char *section = L->v->names[sym->st_shndx], *name = L->v->symbol_names.at[symbol];
	bool is_map = !strcmp(section, ".maps");
	int map = map_of_section(L->o, is_map ? name : section);

	if (map < 0)
		return fail(L, "an instruction refers to `%s`, which is neither a map nor a variable",
			*name ? name : section);
	L->p->refs[at] = (struct lint_ref){is_map ? REF_MAP : REF_VALUE, (uint32_t)map, is_map ? 0 : offset};
	L->p->insns[at].src_reg = is_map ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE;
	L->p->insns[at].imm = map;
	if (!is_map)
		L->p->insns[at + 1].imm = (int32_t)offset;
	return true;
}

static bool refer(struct linker *L, uint32_t at, const struct elf_reloc *r, uint32_t section, uint64_t offset)
{
	struct bpf_insn *in = &L->p->insns[at];
	bool call = in->code == (BPF_JMP | BPF_CALL), wide = in->code == (BPF_LD | BPF_IMM | BPF_DW);

	if (!r) {
		if (!call || in->src_reg != BPF_PSEUDO_CALL)
			return true;
		return refer_function(L, at, REF_CALL, section, (int64_t)offset + ((int64_t)in->imm + 1) * 8);
	}
	if (r->symbol >= L->v->symbols.n)
		return fail(L, "%s", "a relocation names a symbol that is not there");
	const GElf_Sym *sym = &L->v->symbols.at[r->symbol];
	if (!call && !wide)
		return fail(L, "%s", "a relocation of an instruction that takes none");
	if (sym->st_shndx == SHN_UNDEF)
		return refer_extern(L, at, call, r->symbol);
	if (sym->st_shndx >= L->v->nsections)
		return fail(L, "`%s` is in no section", L->v->symbol_names.at[r->symbol]);
	if (call)
		return refer_function(
			L, at, REF_CALL, sym->st_shndx, (int64_t)sym->st_value + ((int64_t)in->imm + 1) * 8);
	if (at + 1 >= L->p->n)
		return fail(L, "%s", "an instruction of two words is cut in half");
	if (L->v->is_code[sym->st_shndx])
		return refer_function(L, at, REF_FUNCTION, sym->st_shndx, (int64_t)sym->st_value + in->imm);
	return refer_data(L, at, r->symbol, (int64_t)sym->st_value + in->imm);
}

/* ---- functions ---- */

static const GElf_Sym *function_at(struct linker *L, uint32_t section, uint64_t offset, const char **name)
{
	for (size_t i = 0; i < L->v->symbols.n; i++) {
		const GElf_Sym *sym = &L->v->symbols.at[i];
		if (GELF_ST_TYPE(sym->st_info) == STT_FUNC && sym->st_shndx == section &&
			sym->st_value == offset) {
			*name = L->v->symbol_names.at[i];
			return sym;
		}
	}
	return NULL;
}

static const GElf_Sym *function_named(const struct elf_view *v, const char *name)
{
	for (size_t i = 0; i < v->symbols.n; i++) {
		const GElf_Sym *sym = &v->symbols.at[i];
		if (GELF_ST_TYPE(sym->st_info) == STT_FUNC && sym->st_shndx < v->nsections &&
			!strcmp(v->symbol_names.at[i], name))
			return sym;
	}
	return NULL;
}

/* The kernel goes by what BTF says of its linkage; libbpf makes it static where its symbol is hidden. */
static bool is_global(const struct lint_object *o, const GElf_Sym *sym, uint32_t btf_id)
{
	const struct btf_type *t = o->btf && btf_id ? btf__type_by_id(o->btf, btf_id) : NULL;
	return t && btf_is_func(t) && btf_vlen(t) == BTF_FUNC_GLOBAL &&
	       GELF_ST_VISIBILITY(sym->st_other) == STV_DEFAULT;
}

static void make_room(struct linker *L, uint32_t n)
{
	struct lint_program *p = L->p;
	if (p->n + n <= L->room)
		return;
	uint32_t room = 2 * (p->n + n);
	struct bpf_insn *insns = arena_alloc(L->o->arena, room * sizeof *insns);
	struct lint_ref *refs = arena_alloc(L->o->arena, room * sizeof *refs);
	const struct lint_line **lines = arena_alloc(L->o->arena, room * sizeof(void *));
	const struct bpf_core_relo **core = arena_alloc(L->o->arena, room * sizeof(void *));
	if (p->n) {
		memcpy(insns, p->insns, p->n * sizeof *insns);
		memcpy(refs, p->refs, p->n * sizeof *refs);
		memcpy(lines, p->lines, p->n * sizeof(void *));
		memcpy(core, p->core, p->n * sizeof(void *));
	}
	p->insns = insns;
	p->refs = refs;
	p->lines = lines;
	p->core = core;
	L->room = room;
}

/* The function that begins there, and all that it calls, unless it is there already. */
static bool append(struct linker *L, uint32_t section, uint64_t offset, uint32_t *index)
{
	for (size_t i = 0; i < L->places.n; i++)
		if (L->places.at[i].section == section && L->places.at[i].offset == offset) {
			*index = (uint32_t)i;
			return true;
		}
	struct lint_program *p = L->p;
	const char *name = "";
	const GElf_Sym *sym = function_at(L, section, offset, &name);
	const Elf_Data *code = L->v->contents[section];
	if (!sym || !code || sym->st_size % 8 || !sym->st_size || offset > code->d_size ||
		sym->st_size > code->d_size - offset)
		return fail(L, "%s",
			sym ? "a function is not within its section" : "a call leads to no function");
	if (L->places.n == FUNCTIONS_MAX || sym->st_size / 8 > INSNS_MAX - p->n)
		return fail(L, "%s", "it is larger than any kernel takes");

	struct lint_function f = {.name = arena_printf(L->o->arena, "%s", name),
		.first = p->n,
		.n = (uint32_t)(sym->st_size / 8)};
	f.btf_id = L->lines ? lint_lines_function(L->lines, L->v->names[section], (uint32_t)offset) : 0;
	f.is_global = is_global(L->o, sym, f.btf_id);
	make_room(L, f.n);
	memcpy(p->insns + f.first, (const uint8_t *)code->d_buf + offset, sym->st_size);
	p->n += f.n;
	*index = (uint32_t)p->functions.n;
	VEC_PUSH(L->o->arena, &p->functions, f);
	VEC_PUSH(L->o->arena, &L->places, ((struct place){section, offset}));

	for (uint32_t i = 0; i < f.n; i++) {
		uint64_t at = offset + 8 * (uint64_t)i;
		if (L->lines) {
			p->lines[f.first + i] = lint_lines_at(L->lines, L->v->names[section], (uint32_t)at);
			p->core[f.first + i] = lint_lines_core(L->lines, L->v->names[section], (uint32_t)at);
		}
		if (!refer(L, f.first + i, reloc_at(L->v, section, at), section, at))
			return false;
		if (p->insns[f.first + i].code == (BPF_LD | BPF_IMM | BPF_DW))
			i++;
	}
	return true;
}

/* The function that a throw leads to is named by a tag of the program, and comes last. */
static void append_exception(struct linker *L)
{
	static const char tag[] = "exception_callback:";
	const struct btf *btf = L->o->btf;
	uint32_t n = btf ? btf__type_cnt(btf) : 0, index;

	for (uint32_t i = 1; i < n && L->p->functions.at[0].btf_id; i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);
		if (!btf_is_decl_tag(t) || t->type != L->p->functions.at[0].btf_id ||
			btf_decl_tag(t)->component_idx != -1)
			continue;
		const char *name = btf__name_by_offset(btf, t->name_off);
		if (!name || strncmp(name, tag, sizeof tag - 1) != 0)
			continue;
		if (L->p->exception) {
			L->p->two_exceptions = true;
			return;
		}
		const GElf_Sym *sym = function_named(L->v, name + sizeof tag - 1);
		if (!sym || !append(L, sym->st_shndx, sym->st_value, &index) ||
			!L->p->functions.at[index].is_global)
			fail(L, "the exception callback `%s` is no global function", name + sizeof tag - 1);
		else
			L->p->exception = index;
	}
}

const char *link_program(struct lint_object *o, const struct elf_view *v, const struct lint_lines *lines,
	struct lint_program *p)
{
	struct linker L = {.o = o, .v = v, .lines = lines, .p = p};
	uint32_t index;

	const GElf_Sym *sym = function_named(v, p->name);
	if (!sym)
		return arena_printf(o->arena, "the program `%s` has no symbol", p->name);
	if (append(&L, sym->st_shndx, sym->st_value, &index))
		append_exception(&L);
	return L.why;
}
