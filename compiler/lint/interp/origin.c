/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * origin.c: names of values. Objects have no debug information about variables, but BTF names what lies in
 * memory, helpers have names, and of C the text of the line is there: where it says `hdr->len` in the column
 * that a load comes from, that is what is loaded.
 */
#include "origin.h"
#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include "machine.h"
#include "../names.h"

#define WORD_MAX 60 /* of an expression: a longer one is no name */

uint32_t origin_insn(uint32_t origin)
{
	return origin && !(origin & ORIGIN_ARGUMENT) ? origin - 1 : ORIGIN_NO_INSN;
}

/* ---- the text of a line ---- */

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Where a chain of members begins of which `at` is the last: `a->b[i].c`. */
static const char *chain_begin(const char *line, const char *at)
{
	const char *s = at;
	while (s > line) {
		if (s - line >= 2 && s[-1] == '>' && s[-2] == '-')
			s -= 2;
		else if (s[-1] == '.')
			s--;
		else
			break;
		int depth = 0;
		while (s > line && (depth || s[-1] == ']' || in_word(s[-1]))) {
			s--;
			depth += (*s == ']') - (*s == '[');
		}
	}
	return s;
}

static const char *chain_end(const char *at)
{
	while (in_word(*at))
		at++;
	while (*at == '[') {
		int depth = 0;
		do {
			depth += (*at == '[') - (*at == ']');
			at++;
		} while (*at && depth);
	}
	return at;
}

/* Macros stand for other text, and scripts are not C. */
static const char *expression(struct arena *a, const struct lint_line *line)
{
	if (!line || !line->col || line->col > strlen(line->text) || lint_ends_with(line->file, ".rlt"))
		return NULL;
	const char *at = line->text + line->col - 1, *begin = chain_begin(line->text, at);
	const char *end = chain_end(at);
	bool member = begin<at, element = end> at && end[-1] == ']';
	if (!in_word(*at) || !in_word(*begin) || end - begin > WORD_MAX || *end == '(' ||
		(!member && !element))
		return NULL;
	return arena_strndup(a, begin, (size_t)(end - begin));
}

/* The variable that is given what a call gives, and nothing else: `p` of `p = f(x);`. What is called by a
 * macro of nearly its name, bpf_obj_new(), has more at its end. */
static const char *assigned(struct arena *a, const struct lint_line *line, const char *callee)
{
	size_t n = 0;
	int depth = 0;

	if (!line || !line->col || line->col > strlen(line->text) || lint_ends_with(line->file, ".rlt"))
		return NULL;
	const char *at = line->text + line->col - 1, *end = at;
	while (in_word(*end))
		end++;
	n = (size_t)(end - at);
	if (!n || strncmp(at, callee, n) != 0 || *end != '(')
		return NULL;
	do
		depth += (*end == '(') - (*end == ')');
	while (*++end && depth);
	while (at > line->text && at[-1] == ' ')
		at--;
	if ((*end != ';' && *end != ',') || depth || at == line->text || at[-1] != '=')
		return NULL;
	do
		at--;
	while (at > line->text && at[-1] == ' ');
	for (n = 0; at - n > line->text && in_word(at[-1 - (long)n]); n++)
		;
	return n ? arena_strndup(a, at - n, n) : NULL;
}

/* The name of what is the last in a chain: `len` of `hdr->len`, `cell` of `p->cell[i]`. */
static const char *last_member(struct arena *a, const char *chain)
{
	const char *begin = chain, *end;
	int depth = 0;
	for (const char *c = chain; *c; c++) {
		depth += (*c == '[') - (*c == ']');
		if (!depth && (*c == '.' || *c == '>'))
			begin = c + 1;
	}
	end = begin + strcspn(begin, "[");
	return arena_strndup(a, begin, (size_t)(end - begin));
}

/* The source's own words, if they name the same member as the type does. */
static const char *better_of(struct arena *a, const char *by_type, const char *by_text)
{
	if (!by_type || !by_text)
		return by_type ? by_type : by_text;
	return strcmp(last_member(a, by_type), last_member(a, by_text)) ? by_type : by_text;
}

/* ---- by what was loaded ---- */

static const struct btf_type *parameter(
	const struct lint_object *o, const struct lint_function *f, unsigned i, const char **name)
{
	const struct btf_type *t = o->btf && f->btf_id ? btf__type_by_id(o->btf, f->btf_id) : NULL;
	t = t && btf_is_func(t) ? btf__type_by_id(o->btf, t->type) : NULL;
	if (!t || !btf_is_func_proto(t) || i >= btf_vlen(t))
		return NULL;
	*name = btf__name_by_offset(o->btf, btf_params(t)[i].name_off);
	return btf__type_by_id(o->btf, btf_params(t)[i].type);
}

static const char *of_context(struct arena *a, const struct lint_object *o, const struct lint_program *p,
	struct bytes_at b, const char *text)
{
	const char *name = "";
	const struct btf_type *t = parameter(o, &p->functions.at[0], 0, &name);
	bool pointer = t && btf_is_ptr(t);
	const struct btf_type *to = pointer ? btf__type_by_id(o->btf, btf_plain(o->btf, t->type)) : NULL;
	int64_t size = to ? btf__resolve_size(o->btf, t->type) : 0;
	/* An array of words, as what is attached to the kernel's own functions is called with. */
	if (*name && to && !btf_is_composite(to) && size == b.size && name_element(a, &name, &b, size))
		return arena_printf(a, "`%s`", better_of(a, name, text));
	const char *whole = *name ? arena_printf(a, "%s->", name) : "";
	const char *by_type = pointer ? name_in_type(a, o->btf, t->type, whole, b) : NULL;
	if (by_type && !*name && !text)
		return arena_printf(a, "`%s` of the context", by_type);
	return by_type ? arena_printf(a, "`%s`", better_of(a, by_type, text)) : NULL;
}

static const char *of_value(struct arena *a, const struct lint_object *o, const struct lint_load *l,
	struct bytes_at b, const char *text)
{
	const struct lint_map *map = &o->maps.at[l->which];
	const char *name = name_in_map(a, o, (uint32_t)l->which, "", b), *better = better_of(a, name, text);
	if (better && *better)
		return map->is_variables || better == text
			       ? arena_printf(a, "`%s`", better)
			       : arena_printf(a, "`%s` of a value of map `%s`", better, map->name);
	return arena_printf(a, "a value of map `%s`", map->name);
}

static const char *bytes(struct arena *a, const struct bytes_at *b)
{
	if (b->low != b->high)
		return arena_printf(a, "%u bytes at %" PRId64 "..%" PRId64, b->size, b->low, b->high);
	return arena_printf(a, "%u byte%s at %" PRId64, b->size, b->size == 1 ? "" : "s", b->low);
}

static const char *of_load(
	struct arena *a, const struct lint_object *o, const struct lint_program *p, uint32_t at)
{
	static const uint8_t sizes[] = {
		[BPF_W >> 3] = 4, [BPF_H >> 3] = 2, [BPF_B >> 3] = 1, [BPF_DW >> 3] = 8};
	const struct lint_load *l = &p->loads[at];
	const char *text = expression(a, p->lines[at]), *said = NULL;

	if (l->kind && !l->mixed) {
		struct bytes_at b = {l->low, l->high, l->step, sizes[BPF_SIZE(p->insns[at].code) >> 3]};
		if (l->kind == IN_VALUE)
			return of_value(a, o, l, b, text);
		if (l->kind == IN_CONTEXT)
			said = of_context(a, o, p, b, text);
		if (!said && !text && l->kind == IN_PACKET)
			said = arena_printf(a, "%s of the packet", bytes(a, &b));
		if (!said && !text && l->kind == IN_CONTEXT)
			said = arena_printf(a, "%s of the context", bytes(a, &b));
	}
	return said || !text ? said : arena_printf(a, "`%s`", text);
}

/* ---- all kinds ---- */

static const char *of_call(
	struct arena *a, const struct lint_object *o, const struct lint_program *p, uint32_t at)
{
	const struct lint_ref *r = &p->refs[at];
	const char *name = r->kind == REF_CALL    ? p->functions.at[r->index].name
			   : r->kind == REF_KFUNC ? o->externs.at[r->index].name
						  : helper_name(p->insns[at].imm);
	const char *variable = name ? assigned(a, p->lines[at], name) : NULL;
	if (variable)
		return arena_printf(a, "`%s`", variable);
	return name ? arena_printf(a, "what %s() gave", name) : NULL;
}

static const char *of_argument(
	struct arena *a, const struct lint_object *o, const struct lint_program *p, uint32_t origin)
{
	uint32_t function = (origin & ~ORIGIN_ARGUMENT) >> 4;
	const char *name = "";
	if (function >= p->functions.n ||
		!parameter(o, &p->functions.at[function], (origin & 15) - 1, &name) || !*name)
		return NULL;
	return arena_printf(a, "the argument `%s`", name);
}

const char *origin_words(
	struct arena *a, const struct lint_object *o, const struct lint_program *p, uint32_t origin)
{
	uint32_t at = origin_insn(origin);

	if (origin & ORIGIN_ARGUMENT)
		return of_argument(a, o, p, origin);
	if (at >= p->n)
		return NULL;
	if (p->insns[at].code == (BPF_JMP | BPF_CALL))
		return of_call(a, o, p, at);
	return BPF_CLASS(p->insns[at].code) == BPF_LDX ? of_load(a, o, p, at) : NULL;
}
