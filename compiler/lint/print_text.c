/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* print_text.c: findings as people read them, in the form of compiler/diag.h, then the numbers of each
 * program. */
#include <ctype.h>
#include <string.h>
#include "diag_text.h"
#include "insn_text.h"
#include "lint.h"
#include "limits.h"

static void print_position(const struct place *p, FILE *out)
{
	if (p->line) {
		diag_print_name(p->line->file, out);
		fprintf(out, p->line->col ? ":%u:%u: " : ":%u: ", p->line->line, p->line->col);
		return;
	}
	diag_print_name(p->object, out);
	fputs(": ", out);
	if (p->program) {
		diag_print_name(p->program->name, out);
		fputs(": ", out);
	}
}

/* BTF has where a range begins; it goes to the end of the word that is there. */
static void print_line(const struct place *p, FILE *out)
{
	if (!p->line || !*p->line->text)
		return;
	const char *text = p->line->text;
	size_t n = strcspn(text, "\n"), begin, end;
	begin = p->line->col ? p->line->col - 1 : strspn(text, " \t");
	if (begin > n)
		begin = n;
	for (end = begin; end < n && (isalnum((unsigned char)text[end]) || text[end] == '_'); end++)
		;
	diag_print_text(p->line->line, text, n, begin, end, out);
}

static void print_insn(const struct lint *l, const struct lint_object *o, const struct place *p, FILE *out)
{
	if (!p->program || p->insn >= p->program->n)
		return;
	const struct lint_function *f = lint_function_at(p->program, p->insn);
	fprintf(out, "instruction %u, in `", p->insn);
	diag_print_name(f->name, out);
	fputs("`: ", out);
	diag_print_name(insn_text(l->arena, o, p->program, p->insn), out);
	fputc('\n', out);
}

static const struct lint_object *object_of(const struct lint *l, const struct place *p)
{
	for (size_t i = 0; i < l->objects.n; i++)
		for (size_t j = 0; j < l->objects.at[i]->programs.n; j++)
			if (l->objects.at[i]->programs.at[j] == p->program)
				return l->objects.at[i];
	return NULL;
}

static void print_finding(const struct lint *l, const struct finding *f, FILE *out)
{
	print_position(&f->place, out);
	fprintf(out, "%s: ", lint_level_name(f->level));
	diag_print_name(f->text, out);
	fprintf(out, " [" LINT_CODE "]\n", lint_rules[f->rule].number);
	print_line(&f->place, out);
	print_insn(l, object_of(l, &f->place), &f->place, out);
	for (size_t i = 0; i < f->notes.n; i++) {
		print_position(&f->notes.at[i].place, out);
		fputs("note: ", out);
		diag_print_name(f->notes.at[i].text, out);
		fputc('\n', out);
		print_line(&f->notes.at[i].place, out);
	}
	if (f->hint) {
		fputs("HINT: ", out);
		diag_print_name(f->hint, out);
		fputc('\n', out);
	}
}

static void print_summary(const struct lint *l, const struct summary *s, FILE *out)
{
	const struct lint_program *p = s->program;

	diag_print_name(s->object->path, out);
	fputs(": ", out);
	diag_print_name(p->name, out);
	fprintf(out, ": %u of %u instructions, %zu of %u functions, %u of %u frames, %u of %u bytes of stack",
		p->n, limit_of(l, LIMIT_insns), p->functions.n, limit_of(l, LIMIT_subprograms), s->frames,
		limit_of(l, LIMIT_frames), s->stack, limit_of(l, LIMIT_stack));
	if (s->own_stack)
		fprintf(out, ", and frames of up to %u in memory of their own", s->own_stack);
	if (s->processed)
		fprintf(out, "; the verifier looks at about %llu of %u", (unsigned long long)s->processed,
			limit_of(l, LIMIT_processed));
	fputc('\n', out);
	paths_print(l, s, out);
	if (s->verdict) {
		fputs("  ", out);
		diag_print_name(s->verdict, out);
		fputc('\n', out);
	}
	if (s->needs)
		fprintf(out, "  needs %s\n", s->needs);
	if (s->user_needs)
		fprintf(out, "  on the engine `user` it needs %s\n", s->user_needs);
	if (s->privileges && *s->privileges)
		fprintf(out, "  privileges: %s\n", s->privileges);
	if (s->configs && *s->configs)
		fprintf(out, "  kernel configuration: %s\n", s->configs);
}

void lint_print_text(struct lint *l, FILE *out)
{
	unsigned errors = lint_count(l, LEVEL_ERROR), warnings = lint_count(l, LEVEL_WARNING);
	for (size_t i = 0; i < l->findings.n; i++)
		print_finding(l, l->findings.at[i], out);
	for (size_t i = 0; i < l->summaries.n; i++)
		print_summary(l, &l->summaries.at[i], out);
	if (errors + warnings)
		fprintf(out, "%u error%s, %u warning%s\n", errors, errors == 1 ? "" : "s", warnings,
			warnings == 1 ? "" : "s");
}
