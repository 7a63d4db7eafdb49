/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * disasm.c: `ringc disasm`: programs as the kernel is given them, with the lines of their source between, and
 * before each instruction what the interpreter knows of registers and stack there.
 */
#include <stdio.h>
#include <string.h>
#include "../command.h"
#include "diag_text.h"
#include "flow.h"
#include "insn_text.h"
#include "interp/joined.h"
#include "lint.h"
#include "open.h"

/* A line's text, without the blanks around it. */
static void print_line(const struct lint_line *line)
{
	const char *text = line->text + strspn(line->text, " \t");
	fputs("; ", stdout);
	diag_print_name(line->file, stdout);
	printf(":%u: ", line->line);
	diag_print_name(text, stdout);
	fputc('\n', stdout);
}

static bool same(const struct lint_line *a, const struct lint_line *b)
{
	return a == b || (a && b && a->line == b->line && !strcmp(a->file, b->file));
}

/* ---- states ---- */

#define WIDTH 100
#define MARGIN "         | "

struct states {
	struct joined *joined;
	const struct finding *end; /* what ends interpretation; NULL: nothing does */
	const char *shown[JOINED_PLACES];
	uint32_t n; /* in how many states, of the instruction that was shown last; 0: none comes there */
};

static struct states find_states(struct lint *l, const struct lint_object *o, struct lint_program *p)
{
	struct states s = {.joined = joined_new(l->arena, o, p), .n = 1};
	struct interp_watch watch = joined_watch(s.joined);
	struct interp_result r;
	size_t before = l->findings.n;

	lint_interpret_watched(l, o, p, &r, &watch);
	s.end = r.accepted || l->findings.n == before ? NULL : l->findings.at[l->findings.n - 1];
	return s;
}

/* One of several, in lines that are not too long. */
static void print_item(const char *item, size_t *column)
{
	size_t n = strlen(item) + 2;
	if (*column && *column + n > WIDTH) {
		fputs(",\n", stdout);
		*column = 0;
	}
	fputs(*column ? ", " : MARGIN, stdout);
	*column += *column ? n : strlen(MARGIN) + n - 2;
	diag_print_name(item, stdout);
}

/* What is not as it was before the instruction that was shown last; at the beginning of a block all. */
static void print_known(struct arena *a, struct states *s, uint32_t at, bool all)
{
	uint32_t n = joined_states(s->joined, at);
	size_t column = 0;

	for (unsigned i = 0; i < JOINED_PLACES; i++) {
		const char *now = joined_text(s->joined, at, i), *was = all ? NULL : s->shown[i];
		s->shown[i] = now;
		if (!now || (was && !strcmp(was, now)))
			continue;
		if (!column && n > 1 && (all || n != s->n))
			now = arena_printf(a, "in %u states: %s", n, now);
		print_item(now, &column);
	}
	if (column)
		putchar('\n');
}

static void print_states(struct arena *a, struct states *s, uint32_t at, bool all)
{
	uint32_t n = joined_states(s->joined, at);
	bool ends = s->end && s->end->place.insn == at;

	if (n)
		print_known(a, s, at, all || !s->n);
	else if (s->n && !ends)
		puts(MARGIN "no path comes here");
	s->n = n;
	if (!ends)
		return;
	fputs(MARGIN "it ends here: ", stdout);
	diag_print_name(s->end->text, stdout);
	printf(" [" LINT_CODE "]\n", lint_rules[s->end->rule].number);
}

/* ---- programs ---- */

static void print_function(struct arena *a, const struct lint_object *o, const struct lint_program *p,
	const bool *led_to, struct states *states, size_t k)
{
	const struct lint_function *f = &p->functions.at[k];
	const struct lint_line *line = NULL;

	putchar('\n');
	diag_print_name(f->name, stdout);
	printf(":%s\n", f->is_global ? " (global)" : "");
	for (uint32_t i = f->first; i < f->first + f->n; i++) {
		const struct lint_line *here = p->lines[i] && p->lines[i]->line ? p->lines[i] : line;
		if (!same(here, line))
			print_line(here);
		line = here;
		if (states)
			print_states(a, states, i, i == f->first || led_to[i]);
		printf("%c%6u  ", led_to[i] ? '>' : ' ', i);
		diag_print_name(insn_text(a, o, p, i), stdout);
		putchar('\n');
		i += flow_is_wide(&p->insns[i]);
	}
}

static void print_program(
	struct arena *a, struct lint *l, const struct lint_object *o, struct lint_program *p)
{
	bool *led_to = arena_alloc(a, p->n + 1); /* by a jump */
	struct states states;

	for (uint32_t i = 0, to; i < p->n; i++) {
		if (flow_target(p, i, &to) && to < p->n)
			led_to[to] = true;
		i += flow_is_wide(&p->insns[i]);
	}
	if (l)
		states = find_states(l, o, p);
	fputs("program ", stdout);
	diag_print_name(p->name, stdout);
	fputs(", section ", stdout);
	diag_print_name(p->section, stdout);
	printf(", %u instructions\n", p->n);
	for (size_t k = 0; k < p->functions.n; k++)
		print_function(a, o, p, led_to, l ? &states : NULL, k);
}

static int disasm(const char *path, const struct c_args *c_args, bool with_states)
{
	struct compilation c = compilation_new(arena_new());
	c_args_add(c_args, &c);
	struct lint_object *o = lint_open(&c, path, false);

	struct lint *l = with_states ? lint_new(c.arena) : NULL; /* one: it reads the kernel's types once */

	if (l)
		l->object = path;
	for (size_t i = 0; o && i < o->programs.n; i++) {
		if (i)
			putchar('\n');
		print_program(c.arena, l, o, o->programs.at[i]);
	}
	if (l)
		btf__free(l->btf);
	lint_object_close(o);
	arena_free(c.arena);
	return printed(!o);
}

int disasm_command(int argc, char **argv)
{
	struct c_args c_args = {0};
	const char *path = NULL;
	bool with_states = true;
	int status = 0;

	for (int i = 0; i < argc && !status; i++) {
		const char *a = argv[i];
		bool option = *a == '-' && a[1];
		if (option && is_help(a))
			return show_help();
		if (option && c_args_is(a))
			status = c_args_take(&c_args, argc, argv, &i);
		else if (option && !strcmp(a, "--no-states"))
			with_states = false;
		else if (option)
			status = wrong("unknown option", a);
		else if (path)
			status = wrong("one file at a time; the second is", a);
		else
			path = a;
	}
	if (status)
		return status;
	return path ? disasm(path, &c_args, with_states) : wrong("no script or object given", NULL);
}
