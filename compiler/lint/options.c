/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* options.c: options that say how the linter judges, whichever command it is that asks it: -W, --kernel. */
#include "../command.h"
#include <string.h>
#include "limits.h"
#include "options.h"

#define KERNEL "--kernel="

bool lint_option_is(const char *option)
{
	return option[1] == 'W' || !strncmp(option, KERNEL, strlen(KERNEL));
}

static int kernel_option(struct lint *l, const char *version)
{
	l->kernel = kernel_version(version);
	l->kernel_is_said = true;
	return l->kernel ? 0 : wrong("--kernel takes a version such as 7.1, and this is", version);
}

int lint_option_take(struct lint *l, int argc, char **argv, int *i)
{
	const char *a = argv[*i];

	if (a[1] != 'W')
		return kernel_option(l, a + strlen(KERNEL));
	const char *name = a[2] ? a + 2 : ++*i < argc ? argv[*i] : NULL;
	const char *why = name ? lint_level_option(l, name) : "-W needs the name of a rule";
	return why ? wrong(why, NULL) : 0;
}
