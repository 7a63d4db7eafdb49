/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kernel_link.c: the program as the kernel takes it: the step and all functions that it calls in one array,
 * with what each instruction refers to, the types of the functions and the lines of the script.
 *
 * The order is libbpf's, so that numbers in the verifier's log are those that `ringc disasm` and `ringc lint`
 * show: a function is appended where it is first called, and what it calls follows before its caller is
 * looked at further.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_link.h"
#include "manifest.h"

#define MAX_INSNS (1u << 20) /* BPF_COMPLEXITY_LIMIT_INSNS is 1,000,000: no kernel takes more */
#define MAX_FUNCTIONS 256    /* BPF_MAX_SUBPROGS */

enum { STEP, TEXT, SECTIONS };

struct function {
	unsigned section;
	uint32_t begin, n; /* instructions of the section */
	uint32_t first;    /* of the program's, if it is linked */
	bool linked;
};

/* Records of .BTF.ext for one section, by byte offset, with which each begins. */
struct infos {
	const unsigned char *at;
	uint32_t n, size;
};

struct linker {
	const struct rl_object *o;
	const struct rl_link_targets *to;
	struct rl_linked *out;
	struct rl_why *why;
	struct function *functions; /* sorted */
	uint32_t nfunctions, room, lines_room;
	uint32_t *symbol_of[SECTIONS]; /* by instruction; 0: it refers to none */
	struct infos types[SECTIONS], lines[SECTIONS];
};

static int corrupt(struct rl_why *why, const char *what)
{
	return rl_why(why, EBADMSG, "corrupt: %s", what);
}

static int no_memory(struct rl_why *why)
{
	return rl_why(why, ENOMEM, "out of memory");
}

/* ---- symbols ---- */

static uint32_t nsymbols(const struct rl_object *o)
{
	return (uint32_t)(o->bpf.symbols.size / sizeof(Elf64_Sym));
}

static Elf64_Sym symbol(const struct rl_object *o, uint32_t i)
{
	Elf64_Sym s;

	memcpy(&s, o->bpf.symbols.at + i * sizeof(s), sizeof(s));
	return s;
}

static const char *symbol_name(const struct rl_object *o, const Elf64_Sym *s)
{
	const struct rl_span *names = &o->bpf.names;

	if (s->st_name >= names->size || names->at[names->size - 1])
		return "";
	return (const char *)names->at + s->st_name;
}

/* SECTIONS: it is in neither. */
static unsigned section_of(const struct rl_object *o, const Elf64_Sym *s)
{
	unsigned k = STEP;

	while (k < SECTIONS && (!o->bpf.index[k] || s->st_shndx != o->bpf.index[k]))
		k++;
	return k;
}

int rl_link_kfuncs(const struct rl_object *o, struct rl_kernel_type out[RL_MAX_KFUNCS], struct rl_why *why)
{
	unsigned n = 0;

	for (uint32_t i = 1; i < nsymbols(o); i++) {
		Elf64_Sym s = symbol(o, i);

		if (s.st_shndx != SHN_UNDEF || !*symbol_name(o, &s))
			continue;
		if (n == RL_MAX_KFUNCS)
			return corrupt(why, "it calls more of the kernel's functions than there are");
		out[n++] = (struct rl_kernel_type){.name = symbol_name(o, &s), .kind = BTF_KIND_FUNC};
	}
	return (int)n;
}

static int by_place(const void *pa, const void *pb)
{
	const struct function *a = pa, *b = pb;

	if (a->section != b->section)
		return a->section < b->section ? -1 : 1;
	return a->begin < b->begin ? -1 : a->begin > b->begin;
}

static int find_functions(struct linker *L)
{
	const uint64_t insn = sizeof(struct bpf_insn);

	L->functions = calloc(nsymbols(L->o) + 1, sizeof(*L->functions));
	if (!L->functions)
		return no_memory(L->why);
	for (uint32_t i = 0; i < nsymbols(L->o); i++) {
		Elf64_Sym s = symbol(L->o, i);
		unsigned k = section_of(L->o, &s);

		if (ELF64_ST_TYPE(s.st_info) != STT_FUNC || k == SECTIONS)
			continue;
		if (!s.st_size || s.st_size % insn || s.st_value % insn ||
			s.st_value > L->o->bpf.code[k].size ||
			s.st_size > L->o->bpf.code[k].size - s.st_value)
			return corrupt(L->why, "a function is not within its section");
		L->functions[L->nfunctions++] = (struct function){.section = k,
			.begin = (uint32_t)(s.st_value / insn),
			.n = (uint32_t)(s.st_size / insn)};
	}
	qsort(L->functions, L->nfunctions, sizeof(*L->functions), by_place);
	return 0;
}

static int read_relocs(struct linker *L, unsigned k)
{
	const struct rl_span *relocs = &L->o->bpf.relocs[k];
	size_t n = L->o->bpf.code[k].size / sizeof(struct bpf_insn);

	L->symbol_of[k] = calloc(n + 1, sizeof(*L->symbol_of[k]));
	if (!L->symbol_of[k])
		return no_memory(L->why);
	for (size_t i = 0; i < relocs->size / sizeof(Elf64_Rel); i++) {
		Elf64_Rel r;

		memcpy(&r, relocs->at + i * sizeof(r), sizeof(r));
		if (r.r_offset % sizeof(struct bpf_insn) || r.r_offset / sizeof(struct bpf_insn) >= n ||
			ELF64_R_SYM(r.r_info) >= nsymbols(L->o))
			return corrupt(L->why, "a relocation of nothing, or to nothing");
		L->symbol_of[k][r.r_offset / sizeof(struct bpf_insn)] = (uint32_t)ELF64_R_SYM(r.r_info);
	}
	return 0;
}

/* ---- types and lines ---- */

/* The size of a record; then for each section its name, how many records, and those. */
static bool read_table(const struct rl_btf *btf, struct rl_span ext, uint64_t at, uint64_t size,
	uint32_t least, struct infos to[SECTIONS])
{
	uint32_t record, head[2];
	uint64_t end = at + size;

	if (end > ext.size || size < sizeof(record))
		return !size;
	memcpy(&record, ext.at + at, sizeof(record));
	if (record < least || record % 4)
		return false;
	for (at += sizeof(record); end - at >= sizeof(head); at += (uint64_t)head[1] * record) {
		const char *name;

		memcpy(head, ext.at + at, sizeof(head));
		at += sizeof(head);
		if ((uint64_t)head[1] * record > end - at)
			return false;
		name = rl_btf_name(btf, head[0]);
		if (!strcmp(name, RL_STEP_SECTION))
			to[STEP] = (struct infos){ext.at + at, head[1], record};
		else if (!strcmp(name, ".text"))
			to[TEXT] = (struct infos){ext.at + at, head[1], record};
	}
	return true;
}

static int read_infos(struct linker *L, const struct rl_btf *btf)
{
	struct rl_span ext = L->o->bpf.btf_ext;
	struct { /* struct btf_ext_header of libbpf, as far as it is read */
		uint16_t magic;
		uint8_t version, flags;
		uint32_t size, types, types_size, lines, lines_size;
	} h;
	uint64_t room;

	if (ext.size < sizeof(h))
		return corrupt(L->why, "no types of functions");
	memcpy(&h, ext.at, sizeof(h));
	if (h.magic != BTF_MAGIC || h.size < sizeof(h) ||
		!read_table(btf, ext, (uint64_t)h.size + h.types, h.types_size, sizeof(struct bpf_func_info),
			L->types) ||
		!read_table(btf, ext, (uint64_t)h.size + h.lines, h.lines_size, sizeof(struct bpf_line_info),
			L->lines))
		return corrupt(L->why, "the types of functions, or the lines, cannot be read");
	room = (uint64_t)L->lines[STEP].n + L->lines[TEXT].n;
	L->lines_room = (uint32_t)room;
	L->out->lines = calloc(room + 1, sizeof(*L->out->lines));
	L->out->functions = calloc(MAX_FUNCTIONS, sizeof(*L->out->functions));
	return L->out->lines && L->out->functions ? 0 : no_memory(L->why);
}

static uint32_t info_offset(const struct infos *t, uint32_t i)
{
	uint32_t offset;

	memcpy(&offset, t->at + (size_t)i * t->size, sizeof(offset));
	return offset / (uint32_t)sizeof(struct bpf_insn);
}

/* The first record that is not before the instruction. */
static uint32_t info_from(const struct infos *t, uint32_t insn)
{
	uint32_t lo = 0, hi = t->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (info_offset(t, mid) < insn)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int add_infos(struct linker *L, const struct function *f)
{
	const struct infos *types = &L->types[f->section], *lines = &L->lines[f->section];
	uint32_t i = info_from(types, f->begin);
	struct bpf_func_info *type = &L->out->functions[L->out->nfunctions++];

	if (i == types->n || info_offset(types, i) != f->begin)
		return corrupt(L->why, "a function has no type");
	memcpy(type, types->at + (size_t)i * types->size, sizeof(*type));
	type->insn_off = f->first;
	for (i = info_from(lines, f->begin); i < lines->n; i++) {
		uint32_t insn = info_offset(lines, i);
		struct bpf_line_info *line = &L->out->lines[L->out->nlines];

		if (insn < f->begin || insn - f->begin >= f->n)
			break;
		if (L->out->nlines++ == L->lines_room)
			return corrupt(L->why, "functions have instructions in common");
		memcpy(line, lines->at + (size_t)i * lines->size, sizeof(*line));
		line->insn_off = f->first + insn - f->begin;
	}
	return 0;
}

/*
 * What of the object's types the kernel does not take: sections of variables whose sizes nobody filled in,
 * which come last and which no type refers to; and functions of its own, whose parameters have no names. The
 * latter become other names for the types of those functions, since types are numbered.
 */
static int make_types(struct linker *L, const struct rl_btf *from)
{
	const size_t size = (size_t)(from->types_end - from->types);
	struct btf_header h = {.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(h)};
	struct rl_btf_walk walk;
	const struct btf_type *t;
	unsigned char *out = malloc(sizeof(h) + size + from->strings_size);

	if (!out)
		return no_memory(L->why);
	L->out->btf = out;
	memcpy(out + sizeof(h), from->types, size);
	walk = (struct rl_btf_walk){out + sizeof(h), out + sizeof(h) + size, 0};
	h.type_len = (uint32_t)size;
	while ((t = rl_btf_next(&walk))) {
		struct btf_type *mine = (struct btf_type *)(uintptr_t)t;

		if (rl_btf_kind(t) == BTF_KIND_DATASEC) {
			h.type_len = (uint32_t)((const unsigned char *)t - out - sizeof(h));
			break;
		}
		if (rl_btf_kind(t) == BTF_KIND_FUNC && rl_btf_vlen(t) == BTF_FUNC_EXTERN)
			mine->info = (uint32_t)BTF_KIND_TYPEDEF << 24;
	}
	h.str_off = h.type_len;
	h.str_len = from->strings_size;
	memcpy(out, &h, sizeof(h));
	memcpy(out + sizeof(h) + h.str_off, from->strings, h.str_len);
	L->out->btf_size = (uint32_t)(sizeof(h) + h.str_off + h.str_len);
	return 0;
}

/* ---- instructions ---- */

static int append(struct linker *L, struct function *f);

/* A call of the function that begins there, or its address. */
static int refer_function(struct linker *L, uint32_t at, unsigned section, int64_t begin)
{
	struct function key = {.section = section, .begin = (uint32_t)begin}, *f = NULL;
	int err;

	if (begin >= 0 && begin < UINT32_MAX)
		f = bsearch(&key, L->functions, L->nfunctions, sizeof(key), by_place);
	if (!f)
		return corrupt(L->why, "a call leads to no function");
	err = f->linked ? 0 : append(L, f);
	if (!err)
		L->out->insns[at].imm = (int32_t)(f->first - at - 1);
	return err;
}

static int refer_kfunc(struct linker *L, struct bpf_insn *in, const Elf64_Sym *s)
{
	const char *name = symbol_name(L->o, s);
	unsigned i = 0;

	while (i < L->to->nkfuncs && strcmp(L->to->kfuncs[i].name, name) != 0)
		i++;
	if (i == L->to->nkfuncs)
		return corrupt(L->why, "a call leads to no function");
	if (!L->to->kfuncs[i].id)
		return rl_why(L->why, EOPNOTSUPP, "kernel engine: the kernel has no function `%s`", name);
	in->src_reg = BPF_PSEUDO_KFUNC_CALL;
	in->imm = (int32_t)L->to->kfuncs[i].id;
	return 0;
}

/* A place in the image, or in the map that has the size of the region. */
static int refer_variable(struct linker *L, struct bpf_insn *in, const Elf64_Sym *s)
{
	const struct rl_bpf *b = &L->o->bpf;
	int map = -1;

	if (s->st_shndx && s->st_shndx == b->image)
		map = L->to->image;
	else if (s->st_shndx && s->st_shndx == b->region)
		map = L->to->region;
	if (map < 0)
		return corrupt(L->why, "an instruction refers to what is not there");
	in[0].src_reg = BPF_PSEUDO_MAP_VALUE;
	in[1].imm = (int32_t)((uint32_t)s->st_value + (uint32_t)in[0].imm);
	in[0].imm = map;
	return 0;
}

/* The instruction `at` of the program, which is `insn` of its section. */
static int refer(struct linker *L, uint32_t at, const struct function *f, uint32_t insn)
{
	struct bpf_insn *in = &L->out->insns[at];
	bool call = in->code == (BPF_JMP | BPF_CALL), wide = in->code == (BPF_LD | BPF_IMM | BPF_DW);
	uint32_t number = L->symbol_of[f->section][insn];
	unsigned section;
	Elf64_Sym s;

	if (!number) {
		if (call && in->src_reg == BPF_PSEUDO_CALL)
			return refer_function(L, at, f->section, (int64_t)insn + in->imm + 1);
		return 0;
	}
	s = symbol(L->o, number);
	section = section_of(L->o, &s);
	if (call && s.st_shndx == SHN_UNDEF)
		return refer_kfunc(L, in, &s);
	if (call && section < SECTIONS) {
		in->src_reg = BPF_PSEUDO_CALL;
		return refer_function(L, at, section, (int64_t)(s.st_value / sizeof(*in)) + in->imm + 1);
	}
	if (!wide || insn + 1 == f->begin + f->n)
		return corrupt(L->why, "a relocation of an instruction that takes none");
	if (section == SECTIONS)
		return refer_variable(L, in, &s);
	in->src_reg = BPF_PSEUDO_FUNC;
	return refer_function(
		L, at, section, (int64_t)(s.st_value / sizeof(*in)) + in->imm / (int)sizeof(*in));
}

static int make_room(struct linker *L, uint32_t n)
{
	struct bpf_insn *more;

	if (L->out->ninsns + n <= L->room)
		return 0;
	L->room = 2 * (L->out->ninsns + n);
	more = realloc(L->out->insns, L->room * sizeof(*more));
	if (!more)
		return no_memory(L->why);
	L->out->insns = more;
	return 0;
}

/* The function and all that it calls, but what is there already. */
static int append(struct linker *L, struct function *f)
{
	const unsigned char *code = L->o->bpf.code[f->section].at;
	const size_t insn = sizeof(struct bpf_insn);
	int err;

	if (L->out->nfunctions == MAX_FUNCTIONS || f->n > MAX_INSNS - L->out->ninsns)
		return corrupt(L->why, "it is larger than any kernel takes");
	err = make_room(L, f->n);
	if (err)
		return err;
	f->linked = true;
	f->first = L->out->ninsns;
	memcpy(L->out->insns + f->first, code + f->begin * insn, f->n * insn);
	L->out->ninsns += f->n;
	err = add_infos(L, f);
	for (uint32_t i = 0; !err && i < f->n; i++) {
		err = refer(L, f->first + i, f, f->begin + i);
		if (L->out->insns[f->first + i].code == (BPF_LD | BPF_IMM | BPF_DW))
			i++;
	}
	return err;
}

static int link_all(struct linker *L)
{
	struct rl_btf btf;
	int err = find_functions(L);

	for (unsigned k = STEP; !err && k < SECTIONS; k++)
		err = read_relocs(L, k);
	if (err)
		return err;
	if (!rl_btf_open(&btf, L->o->bpf.btf.at, L->o->bpf.btf.size))
		return corrupt(L->why, "no types");
	err = read_infos(L, &btf);
	if (!err)
		err = make_types(L, &btf);
	if (err)
		return err;
	/* It is alone in its section. */
	if (!L->nfunctions || L->functions[0].section != STEP || L->functions[0].begin)
		return corrupt(L->why, "no program `" RL_PROGRAM "`");
	return append(L, &L->functions[0]);
}

int rl_link(const struct rl_object *o, const struct rl_link_targets *to, struct rl_linked *out,
	struct rl_why *why)
{
	struct linker L = {.o = o, .to = to, .out = out, .why = why};
	int err;

	memset(out, 0, sizeof(*out));
	err = link_all(&L);
	free(L.functions);
	for (unsigned k = STEP; k < SECTIONS; k++)
		free(L.symbol_of[k]);
	return err;
}

void rl_linked_free(struct rl_linked *l)
{
	free(l->insns);
	free(l->functions);
	free(l->lines);
	free(l->btf);
	memset(l, 0, sizeof(*l));
}
