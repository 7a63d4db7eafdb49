/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* native.c: from a BPF program to a machine's code: what is the same for all machines. */
#include "native.h"
#include <elf.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../runtime/image.h"
#include "../runtime/manifest.h"

void native_bytes(struct native_code *c, const void *bytes, size_t n)
{
	while (c->n + n > c->cap)
		c->at = arena_grow(c->arena, c->at, c->n, &c->cap, 1);
	memcpy(c->at + c->n, bytes, n);
	c->n += n;
}

void native_u32(struct native_code *c, uint32_t v)
{
	uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
	native_bytes(c, b, 4);
}

void native_fixup(struct native_code *c, uint32_t to, bool call, uint8_t kind)
{
	struct native_fixup f = {(uint32_t)c->n, to, call, kind};
	VEC_PUSH(c->arena, &c->fixups, f);
}

void native_unknown(const struct bpf_insn *i)
{
	internal_error("native code", "no translation of the BPF instruction %02x %x%x %04hx %08x", i->code,
		i->dst_reg, i->src_reg, (unsigned short)i->off, (unsigned)i->imm);
}

/* ---- the program ---- */

struct reader {
	struct arena *arena;
	Elf *elf;
	struct bpf_code *code;
	size_t step_section, text_section, image_section, region_section, symtab;
	size_t symbol_names;
	uint32_t text_first; /* where .text begins in the program */
};

static void fail(const char *why)
{
	internal_error("native code", "the BPF object: %s", why);
}

static Elf_Data *section_data(struct reader *r, size_t index)
{
	return elf_getdata(elf_getscn(r->elf, index), NULL);
}

static void find_sections(struct reader *r)
{
	size_t strings = 0;
	elf_getshdrstrndx(r->elf, &strings);
	for (Elf_Scn *s = NULL; (s = elf_nextscn(r->elf, s));) {
		GElf_Shdr h;
		gelf_getshdr(s, &h);
		const char *name = elf_strptr(r->elf, strings, h.sh_name);
		if (h.sh_type == SHT_SYMTAB) {
			r->symtab = elf_ndxscn(s);
			r->symbol_names = h.sh_link;
		}
		if (name && !strcmp(name, "struct_ops.s/" RL_PROGRAM))
			r->step_section = elf_ndxscn(s);
		else if (name && !strcmp(name, ".text"))
			r->text_section = elf_ndxscn(s);
		else if (name && !strcmp(name, RL_IMAGE_SECTION))
			r->image_section = elf_ndxscn(s);
		else if (name && !strcmp(name, RL_REGION_SECTION))
			r->region_section = elf_ndxscn(s);
	}
	if (!r->step_section || !r->text_section || !r->image_section || !r->symtab)
		fail("a section is missing");
}

static void add_section(struct reader *r, size_t index)
{
	Elf_Data *d = section_data(r, index);
	if (d && d->d_size)
		memcpy(r->code->insn + r->code->n, d->d_buf, d->d_size);
	r->code->n += d ? (uint32_t)(d->d_size / sizeof(struct bpf_insn)) : 0;
}

/* Functions of .text are symbols; the step is a section of its own. */
static int by_first(const void *a, const void *b)
{
	const struct native_fn *x = a, *y = b;
	return x->first < y->first ? -1 : x->first > y->first;
}

static void find_functions(struct reader *r)
{
	Elf_Data *symbols = section_data(r, r->symtab);
	struct native_fn step = {.first = 0, .end = r->text_first};
	VEC_PUSH(r->arena, &r->code->fns, step);
	GElf_Sym s;
	for (int i = 0; gelf_getsym(symbols, i, &s); i++)
		if (GELF_ST_TYPE(s.st_info) == STT_FUNC && s.st_shndx == r->text_section) {
			uint32_t first = r->text_first + (uint32_t)(s.st_value / 8);
			struct native_fn f = {.first = first, .end = first + (uint32_t)(s.st_size / 8)};
			VEC_PUSH(r->arena, &r->code->fns, f);
		}
	qsort(r->code->fns.at, r->code->fns.n, sizeof *r->code->fns.at, by_first);
}

static void relocate(struct reader *r, uint32_t at, const GElf_Sym *s, uint32_t type)
{
	struct bpf_insn *i = &r->code->insn[at];
	if (type == R_BPF_64_64 && s->st_shndx == r->image_section) {
		i[0].src_reg = BPF_PSEUDO_MAP_VALUE;
		i[0].imm += (int32_t)s->st_value;
	} else if (type == R_BPF_64_64 && r->region_section && s->st_shndx == r->region_section) {
		i[0].src_reg = BPF_PSEUDO_MAP_VALUE; /* the control block has the same */
		i[0].imm += (int32_t)(offsetof(struct rl_control, region) + s->st_value);
	} else if (type == R_BPF_64_32 && s->st_shndx == r->text_section) {
		/* Against a symbol imm is -1; against the section it is the function's place in it, less one.
		 */
		r->code->to[at] = r->text_first + (uint32_t)(s->st_value / 8) + (uint32_t)(i->imm + 1);
	} else if (type == R_BPF_64_32 && s->st_shndx == SHN_UNDEF) {
		const char *name = elf_strptr(r->elf, r->symbol_names, s->st_name);
		i->src_reg = BPF_PSEUDO_KFUNC_CALL;
		i->imm = name && !strcmp(name, RL_GET_REGION) ? NATIVE_REGION : NATIVE_SUBMIT;
	} else {
		fail("a relocation of an unknown kind");
	}
}

static void apply_relocations(struct reader *r)
{
	Elf_Data *symbols = section_data(r, r->symtab);
	for (Elf_Scn *s = NULL; (s = elf_nextscn(r->elf, s));) {
		GElf_Shdr h;
		gelf_getshdr(s, &h);
		if (h.sh_type != SHT_REL || (h.sh_info != r->step_section && h.sh_info != r->text_section))
			continue;
		uint32_t base = h.sh_info == r->step_section ? 0 : r->text_first;
		Elf_Data *d = elf_getdata(s, NULL);
		GElf_Rel rel;
		for (int k = 0; gelf_getrel(d, k, &rel); k++) {
			GElf_Sym sym;
			uint32_t at = base + (uint32_t)(rel.r_offset / 8);
			if (!gelf_getsym(symbols, (int)GELF_R_SYM(rel.r_info), &sym) || at >= r->code->n)
				fail("a relocation that points nowhere");
			relocate(r, at, &sym, (uint32_t)GELF_R_TYPE(rel.r_info));
		}
	}
}

bool native_is_jump(const struct bpf_insn *i)
{
	unsigned class = BPF_CLASS(i->code), op = BPF_OP(i->code);
	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT &&
	       op != BPF_JCOND;
}

/* The second of `goto +0; if rN != 0 goto +1; gotol TO`: cg_switch() in codegen_trace.c. */
bool native_is_switch(const struct bpf_code *c, uint32_t n)
{
	const struct bpf_insn *i = &c->insn[n];
	return i[-1].code == (BPF_JMP | BPF_JA) && !i[-1].off && i[0].code == (BPF_JMP | BPF_JNE | BPF_K) &&
	       !i[0].imm && i[0].off == 1 && i[1].code == (BPF_JMP32 | BPF_JA);
}

static bool is_goto(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_JA) || i->code == (BPF_JMP32 | BPF_JA);
}

/* A jump to a jump goes where that one does: a switch that is off has one behind it. No further than this, as
 * jumps may go in circles. */
#define JUMPS_IN_A_ROW 4

static void find_targets(struct bpf_code *c)
{
	for (uint32_t i = 0; i < c->n; i++) {
		if (!native_is_jump(&c->insn[i]))
			continue;
		/* gotol (v4) has its distance in imm. */
		int32_t off = c->insn[i].code == (BPF_JMP32 | BPF_JA) ? c->insn[i].imm : c->insn[i].off;
		c->to[i] = i + 1 + (uint32_t)off;
		if (c->to[i] >= c->n)
			fail("a jump out of the program");
	}
	for (uint32_t i = 0; i < c->n; i++) {
		if (!native_is_jump(&c->insn[i]))
			continue;
		for (unsigned k = 0; k < JUMPS_IN_A_ROW && is_goto(&c->insn[c->to[i]]); k++)
			c->to[i] = c->to[c->to[i]];
		c->target[c->to[i]] = true;
	}
}

/* What a function's prologue has to do. */
static void measure(struct bpf_code *c, struct native_fn *f)
{
	int lowest = 0;
	for (uint32_t i = f->first; i < f->end; i++) {
		const struct bpf_insn *in = &c->insn[i];
		if (c->how[i] == NATIVE_DROPPED) {
			i += BPF_CLASS(in->code) == BPF_LD;
			continue;
		}
		unsigned class = BPF_CLASS(in->code);
		bool writes = class == BPF_ALU || class == BPF_ALU64 || class == BPF_LDX || class == BPF_LD;
		bool fetches = class == BPF_STX && BPF_MODE(in->code) == BPF_ATOMIC;
		unsigned written = writes ? in->dst_reg : fetches ? in->src_reg : 0;
		if (fetches && in->imm == BPF_LOAD_ACQ)
			written = in->dst_reg;
		if (written >= BPF_REG_6 && written <= BPF_REG_9)
			f->saved |= (uint8_t)(1u << (written - BPF_REG_6));
		bool loads = class == BPF_LDX && in->src_reg == BPF_REG_10;
		bool stores = (class == BPF_ST || class == BPF_STX) && in->dst_reg == BPF_REG_10;
		if (stores || loads)
			lowest = in->off < lowest ? in->off : lowest;
		else if (class == BPF_ALU64 && BPF_SRC(in->code) == BPF_X && in->src_reg == BPF_REG_10)
			lowest = -512; /* an address on the stack: all of it */
		f->submits |= class == BPF_JMP && BPF_OP(in->code) == BPF_CALL &&
			      in->src_reg == BPF_PSEUDO_KFUNC_CALL && in->imm == NATIVE_SUBMIT;
		if (class == BPF_LD)
			i++;
	}
	f->stack = (uint16_t)((-lowest + 15) & ~15);
}

void bpf_code_analyse(struct arena *arena, struct bpf_code *code)
{
	code->target = arena_alloc(arena, code->n * sizeof *code->target);
	find_targets(code);
	native_fold(arena, code);
	for (size_t i = 0; i < code->fns.n; i++)
		measure(code, &code->fns.at[i]);
}

struct bpf_code bpf_code_read(struct arena *arena, const void *elf, size_t n)
{
	struct bpf_code code = {0};
	struct reader r = {.arena = arena, .code = &code};
	elf_version(EV_CURRENT);
	char *copy = arena_alloc(arena, n); /* libelf wants to be able to write to it */
	memcpy(copy, elf, n);
	r.elf = elf_memory(copy, n);
	if (!r.elf)
		fail(elf_errmsg(-1));
	find_sections(&r);
	size_t bytes = section_data(&r, r.step_section)->d_size + section_data(&r, r.text_section)->d_size;
	code.insn = arena_alloc(arena, bytes);
	add_section(&r, r.step_section);
	r.text_first = code.step_n = code.n;
	add_section(&r, r.text_section);
	code.to = arena_alloc(arena, code.n * sizeof *code.to);
	find_functions(&r);
	apply_relocations(&r);
	bpf_code_analyse(arena, &code);
	elf_end(r.elf);
	return code;
}

/* ---- the code ---- */

struct native_step native_translate(
	struct arena *arena, const struct bpf_code *bpf, const struct native_machine *m)
{
	struct native_code c = {.arena = arena, .bpf = bpf};
	c.start = arena_alloc(arena, (bpf->n + 1) * sizeof *c.start);
	c.called = arena_alloc(arena, (bpf->n + 1) * sizeof *c.called);
	m->entry(&c);
	for (size_t f = 0; f < bpf->fns.n; f++) {
		const struct native_fn *fn = &bpf->fns.at[f];
		c.called[fn->first] = (uint32_t)c.n;
		m->prologue(&c, fn);
		for (uint32_t i = fn->first; i < fn->end; i++) {
			c.start[i] = (uint32_t)c.n;
			if (bpf->how[i] == NATIVE_SWITCH)
				VEC_PUSH(arena, &c.switches, (uint32_t)c.n);
			if (bpf->how[i] != NATIVE_DROPPED)
				m->insn(&c, fn, i);
			if (BPF_CLASS(bpf->insn[i].code) == BPF_LD) /* takes up two */
				i++;
		}
	}
	for (size_t i = 0; i < c.fixups.n; i++) {
		const struct native_fixup *x = &c.fixups.at[i];
		m->patch(&c, x, x->call ? c.called[x->to] : c.start[x->to]);
	}
	return (struct native_step){.arch = m->name,
		.section = arena_printf(arena, ".ringlet.%s", m->name),
		.code = c.at,
		.size = c.n,
		.switches = c.switches.at,
		.nswitches = c.switches.n};
}
