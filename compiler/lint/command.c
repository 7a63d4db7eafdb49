/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* command.c: `ringc lint`: its options, and what is looked at in each file. */
#include "../command.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "compile.h"
#include "limits.h"
#include "lint.h"
#include "open.h"
#include "verify.h"

struct lint_options {
	void (*print)(struct lint *, FILE *);
	bool json;   /* for what is wrong with a script itself */
	bool verify; /* the verifier of the running kernel is asked */
	struct c_args c_args;
};

/* False: it could not be looked at, and why has been said. */
static bool look_at_file(struct lint *l, const char *path, const struct lint_options *options)
{
	struct compilation c = compilation_new(l->arena);
	c_args_add(&options->c_args, &c);
	struct lint_object *o = lint_open(&c, path, options->json);

	l->object = path;
	if (!o)
		return false;
	if (c.ir)
		suppress_read(l, c.sources);
	lint_look(l, o, c.ir);
	bool judged = !options->verify || lint_verdicts(l, o, c.object.at, c.object.n);
	suppress_unused(l);
	return judged;
}

/* ---- options ---- */

/* -W NAME, -WNAME */
static int warning_option(struct lint *l, const char *name)
{
	const char *why = name ? lint_level_option(l, name) : "-W needs the name of a rule";
	return why ? wrong(why, NULL) : 0;
}

static int kernel_option(struct lint *l, const char *version)
{
	l->kernel = kernel_version(version);
	if (!l->kernel)
		return wrong("--kernel takes a version such as 7.1, and this is", version);
	return 0;
}

static int format_option(struct lint_options *o, const char *format)
{
	o->json = strcmp(format, "text") != 0;
	o->print = !strcmp(format, "text")   ? lint_print_text
		   : !strcmp(format, "json") ? lint_print_json
					     : lint_print_sarif;
	if (o->print == lint_print_sarif && strcmp(format, "sarif") != 0)
		return wrong("--format takes text, json or sarif, and this is", format);
	return 0;
}

static int lint(struct lint *l, int argc, char **argv)
{
	struct lint_options options = {.print = lint_print_text};
	const char **files = arena_alloc(l->arena, (size_t)argc * sizeof *files + 1);
	bool names_only = false; /* after `--` */
	int nfiles = 0, status = 0;

	for (int i = 0; i < argc && !status; i++) {
		const char *a = argv[i];
		bool option = *a == '-' && a[1] && !names_only;
		if (option && is_help(a))
			return show_help();
		if (option && !strcmp(a, "--"))
			names_only = true;
		else if (option && a[1] == 'W')
			status = warning_option(l, a[2] ? a + 2 : ++i < argc ? argv[i] : NULL);
		else if (option && !strncmp(a, "--kernel=", 9))
			status = kernel_option(l, a + 9);
		else if (option && !strncmp(a, "--format=", 9))
			status = format_option(&options, a + 9);
		else if (option && c_args_is(a))
			status = c_args_take(&options.c_args, argc, argv, &i);
		else if (option && !strcmp(a, "--verify"))
			options.verify = true;
		else if (option)
			status = wrong("unknown option", a);
		else
			files[nfiles++] = a;
	}
	if (!status && !nfiles)
		status = wrong("no script or object given", NULL);
	if (status)
		return status;
	for (int i = 0; i < nfiles; i++)
		status |= !look_at_file(l, files[i], &options);
	lint_sort(l);
	options.print(l, stdout);
	return printed(status || lint_count(l, LEVEL_ERROR) || lint_count(l, LEVEL_WARNING));
}

int lint_command(int argc, char **argv)
{
	struct lint *l = lint_new(arena_new());
	int status = lint(l, argc, argv);
	for (size_t i = 0; i < l->objects.n; i++)
		lint_object_close(l->objects.at[i]);
	arena_free(l->arena);
	return status;
}
