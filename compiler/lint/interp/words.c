/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* words.c: registers in words, and the end of a run in which something is found: what, and by which way. */
#include <stdarg.h>
#include <stdio.h>
#include "local.h"

/* Around what is put in behind a name, until it is known whether the sentence goes on after it. */
#define ASIDE "\001"
#define ASIDE_END "\002"

static const char *line_words(struct machine *m, uint32_t origin, const char *words)
{
	uint32_t at = origin_insn(origin);
	const struct lint_line *line = at < m->p->n ? m->p->lines[at] : NULL;
	const struct lint_line *here = m->insn < m->p->n ? m->p->lines[m->insn] : NULL;
	if (!line || !line->line || (here && here->line == line->line))
		return "";
	return arena_printf(m->arena, " %s line %u", *words == '`' ? "of" : "in", line->line);
}

const char *value_name(struct machine *m, const struct reg *r, const char *name)
{
	const char *words = origin_words(m->arena, m->o, m->p, r->origin);
	if (!words)
		return name;
	m->named = r->origin;
	return arena_printf(m->arena, "%s" ASIDE "%s is %s%s%s" ASIDE_END, name,
		r->moved ? "whose offset" : "which", r->derived ? "computed of " : "", words,
		line_words(m, r->origin, words));
}

const char *reg_name(struct machine *m, unsigned r)
{
	static const char *const names[] = {
		"R0", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10"};
	const char *name = r <= 10 ? names[r] : "R?";
	return m->cur && r < 10 ? value_name(m, reg_now(m, r), name) : name;
}

/* A comma before it, and one behind it where a word comes. */
static void close_asides(const char *from, char *to, size_t n)
{
	size_t k = 0;
	for (; *from && k + 3 < n; from++) {
		bool end = *from == *ASIDE_END;
		if (!end && *from != *ASIDE) {
			to[k++] = *from;
			continue;
		}
		if (!end || from[1] == ' ')
			to[k++] = ',';
		if (!end)
			to[k++] = ' ';
	}
	to[k] = '\0';
}

const char *reg_words(const struct machine *m, const struct reg *r)
{
	static const char *const words[] = {
#define X(name, text) text,
		REG_KINDS
#undef X
	};
	if ((r->kind == IN_VALUE || r->kind == IN_KEY || r->kind == IN_MAP) &&
		(size_t)r->which < m->o->maps.n)
		return arena_printf(m->arena, "%s%s%s `%s`", r->flags & MAYBE_NULL ? "NULL or " : "",
			r->kind == IN_VALUE ? "a value of "
			: r->kind == IN_KEY ? "a key of "
					    : "",
			r->kind == IN_MAP ? "the map" : "map", m->o->maps.at[r->which].name);
	if (r->kind == IN_LOCAL)
		return arena_printf(m->arena, "%sa `struct %s`%s", r->flags & MAYBE_NULL ? "NULL or " : "",
			local_name(m, (uint32_t)r->which),
			r->flags & UNTRUSTED   ? " that may be gone"
			: r->flags & ELSEWHERE ? " of each processor"
			: is_borrowed(r)       ? " that is borrowed"
					       : "");
	if (r->kind == IN_STRUCT)
		return arena_printf(m->arena, "%sa `struct %s`%s", r->flags & MAYBE_NULL ? "NULL or " : "",
			struct_name(m, r), r->flags & UNTRUSTED ? " that may be gone" : "");
	return r->flags & MAYBE_NULL ? arena_printf(m->arena, "NULL or %s", words[r->kind]) : words[r->kind];
}

const char *held_name(struct machine *m, uint32_t insn)
{
	const char *words = origin_words(m->arena, m->o, m->p, insn + 1);
	if (!words)
		return arena_printf(m->arena, "what instruction %u acquired", insn);
	m->named = insn + 1;
	return arena_printf(m->arena, "%s%s", words, line_words(m, insn + 1, words));
}

static void tell_origin(struct machine *m, struct finding *f, uint32_t insn)
{
	uint32_t at = m->named ? origin_insn(m->named) : ORIGIN_NO_INSN;
	const struct lint_line *here = m->p->lines[insn], *line = at < m->p->n ? m->p->lines[at] : NULL;
	if (line && (!here || here->line != line->line))
		lint_note(m->lint, f, m->p, at, "this is where that comes from");
}

#define BRANCHES_TOLD 4

static void tell_path(struct machine *m, struct finding *f)
{
	uint32_t told[BRANCHES_TOLD];
	unsigned n = 0;

	for (const struct way *w = m->cur ? m->cur->way : NULL; w && n < BRANCHES_TOLD; w = w->before) {
		bool again = false;
		for (unsigned k = 0; k < n; k++)
			again |= told[k] == w->insn;
		if (again) /* of a loop */
			continue;
		told[n++] = w->insn;
		lint_note_branch(m->lint, f, m->p, w->insn, w->jumped);
	}
}

static _Noreturn void end_with(struct machine *m, uint32_t insn, enum lint_rule rule, const char *hint,
	const char *format, va_list args)
{
	char raw[800], said[800];

	vsnprintf(raw, sizeof raw, format, args);
	close_asides(raw, said, sizeof said);
	m->r->accepted = false;
	m->r->rule = rule;
	m->r->insn = insn;
	struct finding *f = lint_find(m->lint, rule, m->p, insn, said);
	tell_origin(m, f, insn);
	tell_path(m, f);
	if (hint)
		lint_hint(m->lint, f, "%s", hint);
	longjmp(m->out, 1);
}

void reject_at(
	struct machine *m, uint32_t insn, enum lint_rule rule, const char *hint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	end_with(m, insn, rule, hint, format, args);
}

void reject(struct machine *m, enum lint_rule rule, const char *hint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	end_with(m, m->insn < m->p->n ? m->insn : 0, rule, hint, format, args);
}

void not_judged(struct machine *m, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	m->r->judged = false;
	end_with(m, m->insn < m->p->n ? m->insn : 0, L_not_judged, NULL, format, args);
}
