/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* needs.c: what a program uses that not every kernel has, and who may load it. */
#include "needs.h"
#include <stdlib.h>
#include <string.h>
#include "limits.h"

#define BEFORE_CAPABILITIES 0x0508 /* until then CAP_SYS_ADMIN is what counts */

#ifndef BPF_MEMSX
#define BPF_MEMSX 0x80
#endif

/* ---- tables ---- */

enum insn_kind {
#define INSN(name, since, text, instead, commit) INSN_##name,
#include "insns.def"
#undef INSN
	INSN_COUNT
};

static const struct {
	const char *since, *text, *instead;
} insns[] = {
#define INSN(name, since, text, instead, commit) {since, text, instead},
#include "insns.def"
#undef INSN
};

static const struct {
	int32_t number;
	const char *name, *since;
	bool gpl;
	const char *capability, *config, *instead;
} helpers[] = {
#define HELPER(number, name, since, gpl, capability, config, instead, commit)                                \
	{number, "bpf_" #name, since, gpl, capability, config, instead},
#include "helpers.def"
#undef HELPER
};

static const struct row {
	uint32_t number; /* of types */
	const char *name, *since, *capability, *config, *instead;
} kfuncs[] =
	{
#define KFUNC(name, since, config, commit) {0, #name, since, "", config, ""},
#include "kfuncs.def"
#undef KFUNC
},
  struct_ops[] =
	  {
#define STRUCT_OPS(name, since, capability, config, instead, source)                                         \
	{0, #name, since, capability, config, instead},
#include "struct_ops.def"
#undef STRUCT_OPS
},
  program_types[] =
	  {
#define PROGRAM_TYPE(number, name, since, capability, config, instead, commit)                               \
	{number, #name, since, capability, config, instead},
#include "program_types.def"
#undef PROGRAM_TYPE
},
  map_types[] = {
#define MAP_TYPE(number, name, since, capability, config, instead, commit)                                   \
	{number, #name, since, capability, config, instead},
#include "map_types.def"
#undef MAP_TYPE
};
#define ROWS(table) (sizeof(table) / sizeof(table)[0])

static const struct {
	unsigned bit;
	const char *name, *since;
} map_flags[] = {
#define MAP_FLAG(name, bit, since, commit) {bit, "BPF_F_" #name, since},
#include "map_flags.def"
#undef MAP_FLAG
};

static const struct row *find(const struct row *rows, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static const struct row *numbered(const struct row *rows, size_t n, uint32_t number)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].number == number)
			return &rows[i];
	return NULL;
}

/* ---- what is needed ---- */

struct needs {
	struct lint *l;
	const struct lint_object *o;
	const struct lint_program *p;
	const struct flow *flow;
	struct summary *s;
	const char *first_line; /* of what makes it the newest */
};

/* "a, b" and "b, c": "a, b, c" */
static const char *join(struct arena *a, const char *list, const char *more)
{
	while (more && *more) {
		size_t n = strcspn(more, ",");
		const char *word = arena_strndup(a, more, n), *at = list ? strstr(list, word) : NULL;
		bool there = at && (at[n] == ',' || !at[n]) && (at == list || at[-1] == ' ');
		if (!there)
			list = list && *list ? arena_printf(a, "%s, %s", list, word) : word;
		more += n + strspn(more + n, ", ");
	}
	return list;
}

static const char *where(struct needs *n, uint32_t insn)
{
	const struct lint_line *line = insn < n->p->n ? n->p->lines[insn] : NULL;
	if (line && line->line)
		return arena_printf(n->l->arena, " (%s:%u)", line->file, line->line);
	return insn < n->p->n ? arena_printf(n->l->arena, " (instruction %u)", insn) : "";
}

/* Takes down that the program needs it; and where the kernel that is judged for is older, that it lacks it.
 */
static void need(struct needs *n, const char *what, const char *since, uint32_t insn, const char *instead)
{
	unsigned version = kernel_version(since);

	if (version > n->s->since) {
		n->s->since = version;
		n->s->needs = arena_printf(
			n->l->arena, "Linux %s or later, because of %s%s", since, what, where(n, insn));
	}
	if (version <= lint_kernel(n->l))
		return;
	struct finding *f = lint_find(
		n->l, L_too_new, n->p, insn, what, since, lint_kernel(n->l) >> 8, lint_kernel(n->l) & 0xff);
	if (instead && *instead)
		lint_hint(n->l, f, "on an older kernel: %s", instead);
}

static void need_row(struct needs *n, const struct row *row, const char *what, uint32_t insn)
{
	n->s->privileges = join(n->l->arena, n->s->privileges, row->capability);
	n->s->configs = join(n->l->arena, n->s->configs, row->config);
	need(n, what, row->since, insn, row->instead);
}

static void need_insn(struct needs *n, enum insn_kind kind, uint32_t insn)
{
	need(n, insns[kind].text, insns[kind].since, insn, insns[kind].instead);
}

/* ---- instructions ---- */

static void need_jump(struct needs *n, const struct bpf_insn *in, uint32_t at)
{
	uint8_t op = BPF_OP(in->code);
	uint32_t to;

	if (flow_is_may_goto(in))
		need_insn(n, INSN_may_goto, at);
	else if (in->code == (BPF_JMP32 | BPF_JA))
		need_insn(n, INSN_far_jump, at);
	else if (flow_is_indirect(in))
		need_insn(n, INSN_indirect_jump, at);
	else if (BPF_CLASS(in->code) == BPF_JMP32)
		need_insn(n, INSN_jump32, at);
	else if (op == BPF_JLT || op == BPF_JLE || op == BPF_JSLT || op == BPF_JSLE)
		need_insn(n, INSN_less_than, at);
	/* A jump backwards in a loop; it may also lead to a block that clang has put before. */
	if (flow_target(n->p, at, &to) && to <= at &&
		(!n->flow->ok || (n->flow->loop[at] && n->flow->loop[to])))
		need_insn(n, INSN_loop, at);
}

static void need_alu(struct needs *n, const struct bpf_insn *in, uint32_t at)
{
	uint8_t op = BPF_OP(in->code);
	bool wide = BPF_CLASS(in->code) == BPF_ALU64;

	if (op == BPF_END && wide)
		need_insn(n, INSN_byte_swap, at);
	else if ((op == BPF_DIV || op == BPF_MOD) && in->off)
		need_insn(n, INSN_signed_division, at);
	else if (op == BPF_MOV && in->off && wide && in->off == 1)
		need_insn(n, INSN_address_space, at);
	else if (op == BPF_MOV && in->off)
		need_insn(n, INSN_sign_extend, at);
}

static void need_memory(struct needs *n, const struct bpf_insn *in, uint32_t at)
{
	bool atomic = BPF_CLASS(in->code) == BPF_STX && BPF_MODE(in->code) == BPF_ATOMIC;

	if (BPF_CLASS(in->code) == BPF_LDX && BPF_MODE(in->code) == BPF_MEMSX)
		need_insn(n, INSN_sign_extend, at);
	else if (atomic && in->imm >= 0x100)
		need_insn(n, INSN_acquire, at);
	else if (atomic && in->imm != BPF_ADD)
		need_insn(n, INSN_fetch, at);
}

static void need_helper(struct needs *n, int32_t number, uint32_t at)
{
	for (size_t i = 0; i < ROWS(helpers); i++) {
		if (helpers[i].number != number)
			continue;
		const char *what = arena_printf(n->l->arena, "`%s`", helpers[i].name);
		if (helpers[i].gpl && !n->o->gpl)
			lint_find(n->l, L_not_gpl, n->p, at, what);
		struct row row = {0, NULL, helpers[i].since, helpers[i].capability, helpers[i].config,
			helpers[i].instead};
		need_row(n, &row, what, at);
		return;
	}
	lint_find(n->l, L_unknown_helper, n->p, at, number);
}

/* Of `name___flavour`, which libbpf takes for `name`. */
static const char *plain(struct arena *a, const char *name)
{
	const char *flavour = strstr(name, "___");
	return flavour && flavour > name ? arena_strndup(a, name, (size_t)(flavour - name)) : name;
}

unsigned lint_kfunc_since(const char *name)
{
	const struct row *row = find(kfuncs, ROWS(kfuncs), name);
	return row ? kernel_version(row->since) : 0;
}

static void need_kfunc(struct needs *n, const struct lint_extern *e, uint32_t at)
{
	const char *name = plain(n->l->arena, e->name), *what = arena_printf(n->l->arena, "`%s`", name);
	const struct row *row = find(kfuncs, ROWS(kfuncs), name);

	if (!n->o->gpl)
		lint_find(n->l, L_not_gpl, n->p, at, what);
	if (e->weak) /* the program asks whether it is there */
		return;
	need_insn(n, INSN_kfunc, at);
	if (row)
		need_row(n, row, what, at);
	else
		lint_find(n->l, L_unknown_kfunc, n->p, at, name);
}

static void need_ref(struct needs *n, const struct lint_ref *r, uint32_t at)
{
	switch (r->kind) {
	case REF_VALUE:
		need_insn(n, INSN_value, at);
		break;
	case REF_CALL:
		need_insn(n, n->p->functions.at[r->index].is_global ? INSN_global_function : INSN_call, at);
		break;
	case REF_FUNCTION:
		need_insn(n, INSN_callback, at);
		break;
	case REF_KFUNC:
		need_kfunc(n, &n->o->externs.at[r->index], at);
		break;
	case REF_EXTERN:
		if (!n->o->externs.at[r->index].weak)
			need_insn(n, INSN_extern_variable, at);
		break;
	default:
		break;
	}
}

static void need_instructions(struct needs *n)
{
	bool tail_call = false;
	uint32_t tail_call_at = 0;

	for (uint32_t i = 0; i < n->p->n; i++) {
		const struct bpf_insn *in = &n->p->insns[i];
		uint8_t class = BPF_CLASS(in->code);

		need_ref(n, &n->p->refs[i], i);
		if (in->code == (BPF_JMP | BPF_CALL)) {
			if (!in->src_reg)
				need_helper(n, in->imm, i);
			if (!in->src_reg && in->imm == BPF_FUNC_tail_call) {
				tail_call = true;
				tail_call_at = i;
			}
		} else if (class == BPF_JMP || class == BPF_JMP32) {
			need_jump(n, in, i);
		} else if (class == BPF_ALU || class == BPF_ALU64) {
			need_alu(n, in, i);
		} else if (class != BPF_LD) {
			need_memory(n, in, i);
		}
		i += flow_is_wide(in);
	}
	if (tail_call && n->p->functions.n > 1)
		need_insn(n, INSN_tail_call, tail_call_at);
	if (n->p->n > 4096)
		need_insn(n, INSN_large, LINT_WHOLE);
}

/* ---- maps and types ---- */

/* libbpf makes the maps of variables so that the kernel at hand takes them. */
static void need_map(struct needs *n, const struct lint_map *m)
{
	const struct row *row = numbered(map_types, ROWS(map_types), m->type);

	if (m->is_variables || !row || m->type == BPF_MAP_TYPE_STRUCT_OPS)
		return;
	need_row(n, row,
		arena_printf(n->l->arena, "the map `%s` of type BPF_MAP_TYPE_%s", m->name, row->name),
		LINT_WHOLE);
	for (size_t i = 0; i < ROWS(map_flags); i++)
		if (m->flags >> map_flags[i].bit & 1)
			need(n,
				arena_printf(n->l->arena, "the flag %s of the map `%s`", map_flags[i].name,
					m->name),
				map_flags[i].since, LINT_WHOLE, NULL);
}

static void need_maps(struct needs *n)
{
	bool *used = arena_alloc(n->l->arena, n->o->maps.n + 1);
	for (uint32_t i = 0; i < n->p->n; i++)
		if (n->p->refs[i].kind == REF_MAP)
			used[n->p->refs[i].index] = true;
	for (size_t i = 0; i < n->o->maps.n; i++) { /* an inner map comes after the one that it is in */
		const struct lint_map *map = &n->o->maps.at[i];
		if (!used[i])
			continue;
		need_map(n, map);
		if (map->inner)
			used[map->inner] = true;
	}
}

/* The struct that the program is a function of. */
static void need_struct_ops(struct needs *n)
{
	const struct row *row = n->p->ops ? find(struct_ops, ROWS(struct_ops), n->p->ops) : NULL;
	if (row)
		need_row(n, row, arena_printf(n->l->arena, "`struct %s`", row->name), LINT_WHOLE);
}

static void need_type(struct needs *n)
{
	const struct row *row = numbered(program_types, ROWS(program_types), n->p->type);

	n->s->configs = join(n->l->arena, n->s->configs, "CONFIG_BPF_SYSCALL");
	if (row)
		need_row(n, row, arena_printf(n->l->arena, "the program type BPF_PROG_TYPE_%s", row->name),
			LINT_WHOLE);
	if (n->p->sleepable && n->p->type != BPF_PROG_TYPE_STRUCT_OPS)
		need_insn(n, INSN_sleepable, LINT_WHOLE);
	need_struct_ops(n);
}

void lint_needs(struct lint *l, const struct lint_object *o, const struct lint_program *p,
	const struct flow *flow, struct summary *s)
{
	struct needs n = {.l = l, .o = o, .p = p, .flow = flow, .s = s};

	need_type(&n);
	need_maps(&n);
	need_instructions(&n);
	if (s->since && s->since < BEFORE_CAPABILITIES && s->privileges)
		s->privileges = arena_printf(l->arena, "%s; CAP_SYS_ADMIN before Linux 5.8", s->privileges);
}
