/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* build.c: `ringc build`: its options, and the files that it makes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "command.h"

struct options {
	const char *input, *output, *header, *dump;
	struct c_args c_args;
	bool json;
};

/* Whether a file is part of what the object is made of, and so must stay. */
static bool is_source(const struct sources *sources, const char *path)
{
	struct stat out, in;
	if (stat(path, &out) || !S_ISREG(out.st_mode))
		return false;
	for (size_t i = 0; i < sources->list.n; i++)
		if (!stat(sources->list.at[i]->path, &in) && in.st_dev == out.st_dev &&
			in.st_ino == out.st_ino)
			return true;
	return false;
}

static bool may_write(const struct sources *sources, struct diags *diags, const char *path)
{
	bool kept = path && is_source(sources, path);
	if (kept)
		diag(diags, NULL, D_cannot_write, path, "the program is made of it");
	return !kept;
}

static void write_out(struct diags *diags, const char *path, struct bytes b)
{
	int ret = object_write(path, b);
	if (ret)
		diag(diags, NULL, D_cannot_write, path, strerror(-ret));
}

static int build(const struct options *o)
{
	struct compilation c = compilation_new(arena_new());
	struct diags *diags = c.diags;

	c_args_add(&o->c_args, &c);
	if (compile(&c, o->input, o->dump) && may_write(c.sources, diags, o->output) &&
		may_write(c.sources, diags, o->header)) {
		if (o->header)
			write_out(diags, o->header, typed_header(c.ir, c.layout));
		if (!diags_errors(diags))
			write_out(diags, o->output, c.object);
	}
	diags_print(diags, stderr, o->json);
	int status = diags_errors(diags) ? 1 : 0;
	arena_free(c.arena);
	return printed(status);
}

static bool known_dump(const char *s)
{
	static const char *const names[] = {"ast", "states", "image", "ir", "asm"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!strcmp(s, names[i]))
			return true;
	return false;
}

/* copy.rlt -> copy.bpf.o, in the directory one is in. */
static char *default_output(const char *input)
{
	const char *name = strrchr(input, '/');
	name = name ? name + 1 : input;
	size_t n = strlen(name);
	if (n > 4 && !strcmp(name + n - 4, ".rlt"))
		n -= 4;
	char *out = malloc(n + 8);
	if (!out) {
		fprintf(stderr, "ringc: out of memory\n");
		exit(1);
	}
	snprintf(out, n + 8, "%.*s.bpf.o", (int)n, name);
	return out;
}

/* What goes to a place of its own; 0, or the exit status. */
static int check_outputs(const struct options *o)
{
	if (!*o->output)
		return wrong("-o needs the name of a file", NULL);
	if (!strcmp(o->output, o->input))
		return wrong("the object would take the place of the script", o->output);
	if (o->header && !strcmp(o->header, o->input))
		return wrong("the header would take the place of the script", o->header);
	if (o->header && !strcmp(o->header, o->output))
		return wrong("the object would take the place of the header", o->header);
	return 0;
}

int build_command(int argc, char **argv)
{
	struct options o = {0};
	bool names_only = false; /* after `--` */
	for (int i = 0; i < argc; i++) {
		const char *a = argv[i];
		bool option = *a == '-' && a[1] && !names_only;
		if (option && is_help(a))
			return show_help();
		if (option && !strcmp(a, "--")) {
			names_only = true;
		} else if (option && a[1] == 'o') {
			const char *file = a[2] ? a + 2 : ++i < argc ? argv[i] : NULL;
			if (!file)
				return wrong("-o needs the name of a file", NULL);
			if (o.output)
				return wrong("-o is given twice, the second time with", file);
			o.output = file;
		} else if (option && (!strcmp(a, "--header") || !strncmp(a, "--header=", 9))) {
			const char *file = a[8] ? a + 9 : ++i < argc ? argv[i] : NULL;
			if (!file || !*file)
				return wrong("--header needs the name of a file", NULL);
			if (o.header)
				return wrong("--header is given twice, the second time with", file);
			o.header = file;
		} else if (option && c_args_is(a)) {
			int status = c_args_take(&o.c_args, argc, argv, &i);
			if (status)
				return status;
		} else if (option && !strncmp(a, "--dump=", 7)) {
			o.dump = a + 7;
			if (!known_dump(o.dump))
				return wrong(
					"--dump takes ast, states, image, ir or asm, and this is", o.dump);
		} else if (option && !strncmp(a, "--format=", 9)) {
			o.json = !strcmp(a + 9, "json");
			if (!o.json && strcmp(a + 9, "text"))
				return wrong("--format takes text or json, and this is", a + 9);
		} else if (option) {
			return wrong("unknown option", a);
		} else if (o.input) {
			return wrong(
				"one script at a time, which imports what else it needs; the second is", a);
		} else {
			o.input = a;
		}
	}
	if (!o.input)
		return wrong("no script given", NULL);
	char *output = o.output ? NULL : default_output(o.input);
	if (output)
		o.output = output;
	int status = check_outputs(&o);
	if (!status)
		status = build(&o);
	free(output);
	return status;
}
