/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* main.c: the commands. */
#include <stdio.h>
#include <string.h>
#include "command.h"
#include "diag.h"
#include "lint/lint.h"
#include "object.h"

int explain_command(int argc, char **argv)
{
	if (argc != 1)
		return wrong("explain takes one code, such as R0320", NULL);
	bool of_linter = *argv[0] == 'L' || *argv[0] == 'l';
	if (of_linter ? lint_explain(argv[0], stdout) : diag_explain(argv[0], stdout))
		return wrong(of_linter ? "no rule has the code" : "no diagnostic has the code", argv[0]);
	return printed(0);
}

static int help_command(int argc, char **argv)
{
	(void)argc, (void)argv;
	return show_help();
}

static int version_command(int argc, char **argv)
{
	if (argc)
		return wrong("--version stands alone, without", argv[0]);
	printf("ringc %s\n", RINGC_VERSION);
	return printed(0);
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"build", build_command},
	{"lint", lint_command},
	{"disasm", disasm_command},
	{"graph", graph_command},
	{"explain", explain_command},
	{"help", help_command},
	{"--help", help_command},
	{"-h", help_command},
	{"--version", version_command},
};

int main(int argc, char **argv)
{
	if (argc < 2)
		return wrong("nothing to do", NULL);
	const char *name = argv[1];
	if (argc == 3 && is_help(argv[2]))
		return show_help();
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (!strcmp(commands[i].name, name))
			return commands[i].run(argc - 2, argv + 2);
	size_t n = strlen(name);
	if (n > 4 && !strcmp(name + n - 4, ".rlt"))
		return wrong("to compile a script, write `build` before", name);
	return wrong(*name == '-' ? "unknown option" : "unknown command", name);
}
