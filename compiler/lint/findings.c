/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* findings.c: the rules, and the queue of what they have found. */
#include <bpf/btf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "diag_text.h"
#include "lint.h"

#define MESSAGE_MAX 1000 /* bytes: a name may be as long as its file */
#define PREFIX "no-"

const struct rule_row lint_rules[] = {
#define X(number, name, level, format, explain) {number, #name, level, format, explain},
#include "rules.def"
#undef X
};

struct lint *lint_new(struct arena *a)
{
	struct lint *l = NEW(a, struct lint);
	l->arena = a;
	l->kernel = LINT_NEWEST;
	for (int i = 0; i < L_COUNT; i++)
		l->levels[i] = lint_rules[i].level;
	return l;
}

unsigned lint_kernel(const struct lint *l)
{
	return l->kernel;
}

const struct btf *lint_kernel_btf(struct lint *l)
{
	if (!l->btf_read)
		l->btf = l->btf_path ? btf__parse(l->btf_path, NULL) : btf__load_vmlinux_btf();
	l->btf_read = true;
	return l->btf;
}

const char *lint_level_name(enum lint_level level)
{
	static const char *const names[] = {"error", "warning", "note"};
	return names[level];
}

/* ---- names ---- */

static bool same_name(const char *name, const char *given)
{
	for (; *name && *given; name++, given++)
		if (*name != *given && (*name != '_' || *given != '-'))
			return false;
	return !*name && !*given;
}

int lint_rule_of(const char *name)
{
	char *end;
	unsigned long number = *name == 'L' || *name == 'l' ? strtoul(name + 1, &end, 10) : 0;
	for (int i = 0; i < L_COUNT; i++)
		if (same_name(lint_rules[i].name, name) ||
			(number && !*end && lint_rules[i].number == number))
			return i;
	return -1;
}

const char *lint_rule_name(struct arena *a, enum lint_rule rule)
{
	char *name = arena_printf(a, "%s", lint_rules[rule].name);
	for (char *c = name; *c; c++)
		if (*c == '_')
			*c = '-';
	return name;
}

const char *lint_level_option(struct lint *l, const char *arg)
{
	bool is_error = !strncmp(arg, "error=", 6), is_off = !strncmp(arg, PREFIX, strlen(PREFIX));
	const char *name = arg + (is_error ? 6 : is_off ? strlen(PREFIX) : 0);
	int rule = lint_rule_of(name);
	if (rule < 0)
		return arena_printf(l->arena, "no rule is called `%s`", name);
	l->off[rule] = is_off;
	if (is_error)
		l->levels[rule] = LEVEL_ERROR;
	else if (!is_off && l->levels[rule] == LEVEL_NOTE)
		l->levels[rule] = LEVEL_WARNING;
	return NULL;
}

/* ---- the queue ---- */

static const char *format(struct lint *l, const char *fmt, va_list ap)
{
	char buf[MESSAGE_MAX];
	int n = vsnprintf(buf, sizeof buf, fmt, ap);
	if (n >= (int)sizeof buf)
		memcpy(buf + sizeof buf - 4, "...", 4);
	return arena_printf(l->arena, "%s", n < 0 ? fmt : buf);
}

static struct place place_of(const struct lint *l, const struct lint_program *p, uint32_t insn)
{
	struct place at = {.object = l->object, .program = p, .insn = insn};
	if (p && insn == LINT_WHOLE)
		at.line = p->n ? p->lines[0] : NULL;
	else if (p && insn < p->n)
		at.line = p->lines[insn];
	if (at.line && !at.line->line)
		at.line = NULL;
	return at;
}

static bool same_line(const struct lint_line *a, const struct lint_line *b)
{
	return a && b && a->line == b->line && !strcmp(a->file, b->file);
}

/* One line makes many instructions, and one function is in many programs: each says it once. */
static bool repeats(const struct lint *l, enum lint_rule rule, const struct place *at, const char *text)
{
	for (size_t i = 0; i < l->findings.n; i++) {
		const struct finding *f = l->findings.at[i];
		if (f->rule != rule || strcmp(f->text, text) != 0 || f->place.object != at->object)
			continue;
		if (same_line(f->place.line, at->line) ||
			(f->place.program == at->program && f->place.insn == at->insn && !at->line))
			return true;
	}
	return false;
}

static struct finding *find(struct lint *l, enum lint_rule rule, struct place at, va_list ap)
{
	const char *text = format(l, lint_rules[rule].format, ap);
	l->errors += l->levels[rule] == LEVEL_ERROR;
	l->tentative += l->levels[rule] == LEVEL_ERROR && lint_is_tentative(rule);
	if (l->off[rule] || repeats(l, rule, &at, text) || suppress_covers(l, rule, at.line))
		return NULL;
	struct finding *f = NEW(l->arena, struct finding);
	*f = (struct finding){
		.rule = rule, .level = l->levels[rule], .place = at, .text = text, .order = l->findings.n};
	VEC_PUSH(l->arena, &l->findings, f);
	return f;
}

struct finding *lint_find(
	struct lint *l, enum lint_rule rule, const struct lint_program *p, uint32_t insn, ...)
{
	va_list ap;
	va_start(ap, insn);
	struct finding *f = find(l, rule, place_of(l, p, insn), ap);
	va_end(ap);
	return f;
}

struct finding *lint_find_line(struct lint *l, enum lint_rule rule, const struct lint_line *line, ...)
{
	va_list ap;
	va_start(ap, line);
	struct place at = {.object = l->object, .insn = LINT_WHOLE, .line = line};
	struct finding *f = find(l, rule, at, ap);
	va_end(ap);
	return f;
}

void lint_note(
	struct lint *l, struct finding *f, const struct lint_program *p, uint32_t insn, const char *fmt, ...)
{
	if (!f)
		return;
	va_list ap;
	va_start(ap, fmt);
	struct finding_note n = {.place = place_of(l, p, insn), .text = format(l, fmt, ap)};
	va_end(ap);
	VEC_PUSH(l->arena, &f->notes, n);
}

void lint_note_branch(
	struct lint *l, struct finding *f, const struct lint_program *p, uint32_t insn, bool taken)
{
	if (taken)
		lint_note(l, f, p, insn, "this branch is taken on the way (instruction %u, to %u)", insn,
			(uint32_t)((int)insn + 1 + p->insns[insn].off));
	else
		lint_note(l, f, p, insn, "this branch is not taken on the way (instruction %u)", insn);
}

void lint_note_line(struct lint *l, struct finding *f, const struct lint_line *line, const char *fmt, ...)
{
	if (!f)
		return;
	va_list ap;
	va_start(ap, fmt);
	struct place at = {.object = l->object, .insn = LINT_WHOLE, .line = line};
	struct finding_note n = {.place = at, .text = format(l, fmt, ap)};
	va_end(ap);
	VEC_PUSH(l->arena, &f->notes, n);
}

void lint_hint(struct lint *l, struct finding *f, const char *fmt, ...)
{
	if (!f || f->hint)
		return;
	va_list ap;
	va_start(ap, fmt);
	f->hint = format(l, fmt, ap);
	va_end(ap);
}

unsigned lint_count(const struct lint *l, enum lint_level level)
{
	unsigned n = 0;
	for (size_t i = 0; i < l->findings.n; i++)
		n += l->findings.at[i]->level == level;
	return n;
}

/* By object as they were given, then by line, then by instruction; what speaks of the whole comes last. */
static int by_place(const void *pa, const void *pb)
{
	const struct finding *a = *(struct finding *const *)pa, *b = *(struct finding *const *)pb;
	const struct lint_line *la = a->place.line, *lb = b->place.line;
	int file;

	if (a->place.object != b->place.object)
		return a->order < b->order ? -1 : 1;
	if (!la != !lb)
		return la ? -1 : 1;
	if (la && (file = strcmp(la->file, lb->file)))
		return file;
	if (la && la->line != lb->line)
		return la->line < lb->line ? -1 : 1;
	if (!la && a->place.insn != b->place.insn)
		return a->place.insn < b->place.insn ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

void lint_sort(struct lint *l)
{
	if (l->findings.n)
		qsort(l->findings.at, l->findings.n, sizeof *l->findings.at, by_place);
}

/* ---- explain ---- */

int lint_explain(const char *code, FILE *out)
{
	int rule = lint_rule_of(code);
	if (rule < 0)
		return -1;
	const struct rule_row *r = &lint_rules[rule];
	fprintf(out, LINT_CODE ", %s, `", r->number, lint_level_name(r->level));
	for (const char *c = r->name; *c; c++)
		fputc(*c == '_' ? '-' : *c, out);
	fputs("`: ", out);
	diag_print_pattern(r->format, out);
	fprintf(out, "\n\n%s", r->explain);
	return 0;
}
