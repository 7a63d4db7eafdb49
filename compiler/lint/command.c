/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* command.c: `ringc lint`: its options, and what is looked at in each file. */
#include "../command.h"
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "compile.h"
#include "verify/guest.h"
#include "lint.h"
#include "open.h"
#include "options.h"
#include "verify/verify.h"

struct lint_options {
	void (*print)(struct lint *, FILE *);
	bool json;         /* for what is wrong with a script itself */
	bool verify;       /* a kernel's verifier is asked, too: */
	const char *image; /* of this one, in a virtual machine; NULL: the one that runs */
	unsigned timeout;  /* seconds that it has */
	struct c_args c_args;
};

struct opened {
	struct compilation c;
	struct lint_object *o;
};
typedef VEC(struct opened) opened_vec;

/* False: of some there is no verdict. */
static bool look_at(struct lint *l, const struct opened *f, const struct guest *guest, uint32_t number,
	const struct lint_options *options)
{
	const struct judged j = {.object = f->o,
		.bytes = f->c.object.at,
		.size = f->c.object.n,
		.guest = guest,
		.number = number};

	l->object = f->o->path;
	if (f->c.ir)
		suppress_read(l, f->c.sources);
	lint_look(l, f->o, f->c.ir);
	bool judged = !options->verify || lint_verdicts(l, &j);
	suppress_unused(l);
	return judged;
}

/* All in one virtual machine, whose kernel the linter judges for then, too. */
static struct guest *ask_image(struct lint *l, const opened_vec *files, const struct lint_options *options)
{
	struct guest *g = NEW(l->arena, struct guest);

	*g = (struct guest){.arena = l->arena, .image = options->image, .timeout = options->timeout};
	for (size_t i = 0; i < files->n; i++) {
		const struct opened *f = &files->at[i];
		VEC_PUSH(l->arena, &g->objects,
			((struct guest_object){
				f->c.object.at, f->c.object.n, (uint32_t)f->o->programs.n, NULL}));
	}
	guest_ask(g);
	if (!l->kernel_is_said && g->release && lint_kernel_of(g->release))
		l->kernel = lint_kernel_of(g->release);
	return g;
}

/* False: some could not be looked at, and why has been said, or there is no verdict. */
static bool look_at_all(struct lint *l, const char **paths, int n, const struct lint_options *options)
{
	opened_vec files = {0};
	bool ok = true;

	for (int i = 0; i < n; i++) {
		struct opened f = {.c = compilation_new(l->arena)};
		c_args_add(&options->c_args, &f.c);
		f.o = lint_open(&f.c, paths[i], options->json);
		if (f.o)
			VEC_PUSH(l->arena, &files, f);
		ok &= f.o != NULL;
	}
	const struct guest *g = options->image && files.n ? ask_image(l, &files, options) : NULL;
	for (size_t i = 0; i < files.n; i++)
		ok &= look_at(l, &files.at[i], g, (uint32_t)i, options);
	return ok;
}

/* ---- options ---- */

static int verify_option(struct lint_options *o, const char *image)
{
	o->verify = true;
	o->image = image;
	return *image ? 0 : wrong("--verify= needs the file of a kernel", NULL);
}

static int timeout_option(struct lint_options *o, const char *seconds)
{
	char *end;
	unsigned long n = strtoul(seconds, &end, 10);
	if (*seconds < '0' || *seconds > '9' || *end || !n || n > 1000000)
		return wrong("--timeout takes seconds, and this is", seconds);
	o->timeout = (unsigned)n;
	return 0;
}

static int btf_option(struct lint *l, const char *path)
{
	l->btf_path = path;
	return lint_kernel_btf(l) ? 0
				  : wrong("--btf takes a file with a kernel's BTF, and this is none", path);
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
	struct lint_options options = {.print = lint_print_text, .timeout = GUEST_TIMEOUT};
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
		else if (option && lint_option_is(a))
			status = lint_option_take(l, argc, argv, &i);
		else if (option && !strncmp(a, "--btf=", 6))
			status = btf_option(l, a + 6);
		else if (option && !strncmp(a, "--format=", 9))
			status = format_option(&options, a + 9);
		else if (option && c_args_is(a))
			status = c_args_take(&options.c_args, argc, argv, &i);
		else if (option && !strcmp(a, "--paths"))
			l->all_paths = true;
		else if (option && !strcmp(a, "--verify"))
			options.verify = true;
		else if (option && !strncmp(a, "--verify=", 9))
			status = verify_option(&options, a + 9);
		else if (option && !strncmp(a, "--timeout=", 10))
			status = timeout_option(&options, a + 10);
		else if (option)
			status = wrong("unknown option", a);
		else
			files[nfiles++] = a;
	}
	if (!status && !nfiles)
		status = wrong("no script or object given", NULL);
	if (status)
		return status;
	status = !look_at_all(l, files, nfiles, &options);
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
	btf__free(l->btf);
	arena_free(l->arena);
	return status;
}
