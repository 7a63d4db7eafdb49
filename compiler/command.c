/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* command.c: what the commands of ringc share. */
#include "command.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "cli/help.h"

int wrong(const char *what, const char *arg)
{
	fprintf(stderr, "ringc: %s%s%s%s\n", what, arg ? " `" : "", arg ? arg : "", arg ? "`" : "");
	help_usage(&ringc_help, stderr);
	return 2;
}

int show_help(void)
{
	help_print(&ringc_help, stdout);
	return printed(0);
}

bool is_help(const char *arg)
{
	return !strcmp(arg, "--help") || !strcmp(arg, "-h");
}

int printed(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	fprintf(stderr, "ringc: cannot write to standard output: %s\n", strerror(errno));
	return 1;
}

bool c_args_is(const char *option)
{
	return option[1] == 'I' || option[1] == 'D';
}

int c_args_take(struct c_args *c, int argc, char **argv, int *i)
{
	const char *a = argv[*i];
	const char *value = a[2] ? a + 2 : ++*i < argc ? argv[*i] : NULL;
	if (!value || !*value)
		return wrong(
			a[1] == 'I' ? "-I needs the name of a directory" : "-D needs the name of a macro",
			NULL);
	if (c->n == 2 * C_ARGS_MAX)
		return wrong("there are too many -I and -D, at", value);
	c->at[c->n++] = a[1] == 'I' ? "-I" : "-D";
	c->at[c->n++] = value;
	return 0;
}

void c_args_add(const struct c_args *c, struct compilation *to)
{
	for (unsigned i = 0; i < c->n; i++)
		VEC_PUSH(to->arena, &to->sources->c_args, c->at[i]);
}
