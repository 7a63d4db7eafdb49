/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * reasons.c: has the kernel judge each program of some objects, and prints which rule its words are found to
 * be, with the line of the program's source, and how many branches and origins of values were shown with it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lint/verify/verify.h"

#define FILE_MAX (1u << 20)

struct lint {
	const char *rule;
	uint32_t line;
	unsigned notes;
};

struct finding {
	int unused;
};

static const char *const names[] = {
#define X(number, name, level, format, explain) #name,
#include "lint/rules.def"
#undef X
};

struct finding *lint_find(
	struct lint *l, enum lint_rule rule, const struct lint_program *p, uint32_t insn, ...)
{
	static struct finding some;
	l->rule = names[rule];
	l->line = p->lines[insn] ? p->lines[insn]->line : 0;
	if (rule == L_verifier_other) { /* it should not be: say what it was */
		va_list ap;
		va_start(ap, insn);
		vprintf("%s\n", ap);
		va_end(ap);
	}
	return &some;
}

void lint_note(struct lint *l, struct finding *f, const struct lint_program *p, uint32_t insn,
	const char *format, ...)
{
	(void)f, (void)p, (void)insn, (void)format;
	l->notes++;
}

void lint_note_branch(
	struct lint *l, struct finding *f, const struct lint_program *p, uint32_t insn, bool taken)
{
	(void)f, (void)p, (void)insn, (void)taken;
	l->notes++;
}

void lint_hint(struct lint *l, struct finding *f, const char *format, ...)
{
	(void)l, (void)f, (void)format;
}

static void judge(const struct lint_object *o, const struct lint_program *p, const void *bytes, size_t n)
{
	struct lint l = {.rule = ""};
	struct kernel_answer answer = lint_ask_kernel(o, p, bytes, n);
	const struct verifier_verdict v = lint_verify(&l, o, p, &answer);

	switch (v.is) {
	case VERDICT_ACCEPTED:
		printf("%s: accepted\n", p->name);
		break;
	case VERDICT_REJECTED:
		printf("%s: line %u, %u notes: %s\n", p->name, l.line, l.notes, l.rule);
		break;
	default:
		printf("%s: no verdict: %s\n", p->name, v.why);
	}
	kernel_answer_free(&answer);
}

static bool judge_all(const char *path)
{
	struct arena *arena = arena_new();
	uint8_t *bytes = arena_alloc(arena, FILE_MAX);
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(bytes, 1, FILE_MAX, f) : 0;
	const char *why = NULL;
	struct lint_object *o = lint_object_read(arena, path, bytes, n, &why);

	if (f)
		fclose(f);
	for (size_t i = 0; o && i < o->programs.n; i++)
		judge(o, o->programs.at[i], bytes, n);
	if (!o)
		printf("%s: %s\n", path, why);
	lint_object_close(o);
	arena_free(arena);
	return o;
}

int main(int argc, char **argv)
{
	bool ok = true;
	for (int i = 1; i < argc; i++)
		ok &= judge_all(argv[i]);
	return !ok;
}
