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
