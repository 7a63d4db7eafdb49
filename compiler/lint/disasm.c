/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* disasm.c: `ringc disasm`: programs as the kernel is given them, with the lines of their source between. */
#include <stdio.h>
#include <string.h>
#include "../command.h"
#include "diag_text.h"
#include "flow.h"
#include "insn_text.h"
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

static void print_function(struct arena *a, const struct lint_object *o, const struct lint_program *p,
	const bool *led_to, size_t k)
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
		printf("%c%6u  ", led_to[i] ? '>' : ' ', i);
		diag_print_name(insn_text(a, o, p, i), stdout);
		putchar('\n');
		i += flow_is_wide(&p->insns[i]);
	}
}

static void print_program(struct arena *a, const struct lint_object *o, const struct lint_program *p)
{
	bool *led_to = arena_alloc(a, p->n + 1); /* by a jump */

	for (uint32_t i = 0, to; i < p->n; i++) {
		if (flow_target(p, i, &to) && to < p->n)
			led_to[to] = true;
		i += flow_is_wide(&p->insns[i]);
	}
	fputs("program ", stdout);
	diag_print_name(p->name, stdout);
	fputs(", section ", stdout);
	diag_print_name(p->section, stdout);
	printf(", %u instructions\n", p->n);
	for (size_t k = 0; k < p->functions.n; k++)
		print_function(a, o, p, led_to, k);
}

static int disasm(const char *path, const struct c_args *c_args)
{
	struct compilation c = compilation_new(arena_new());
	c_args_add(c_args, &c);
	struct lint_object *o = lint_open(&c, path, false);

	for (size_t i = 0; o && i < o->programs.n; i++) {
		if (i)
			putchar('\n');
		print_program(c.arena, o, o->programs.at[i]);
	}
	lint_object_close(o);
	arena_free(c.arena);
	return printed(!o);
}

int disasm_command(int argc, char **argv)
{
	struct c_args c_args = {0};
	const char *path = NULL;
	int status = 0;

	for (int i = 0; i < argc && !status; i++) {
		const char *a = argv[i];
		bool option = *a == '-' && a[1];
		if (option && is_help(a))
			return show_help();
		if (option && c_args_is(a))
			status = c_args_take(&c_args, argc, argv, &i);
		else if (option)
			status = wrong("unknown option", a);
		else if (path)
			status = wrong("one file at a time; the second is", a);
		else
			path = a;
	}
	if (status)
		return status;
	return path ? disasm(path, &c_args) : wrong("no script or object given", NULL);
}
