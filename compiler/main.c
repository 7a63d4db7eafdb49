/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* main.c: options, and the list of passes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "check.h"
#include "cli/help.h"
#include "ir.h"
#include "layout.h"
#include "object.h"

#define C_ARGS_MAX 100 /* -I and -D */

struct options {
	const char *input, *output, *header, *dump;
	const char *c_args[2 * C_ARGS_MAX]; /* -I and -D, each followed by its argument */
	unsigned nc_args;
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

/* What was printed is worth nothing if it went nowhere. */
static int printed(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	fprintf(stderr, "ringc: cannot write to standard output: %s\n", strerror(errno));
	return 1;
}

static int build(const struct options *o)
{
	struct arena *arena = arena_new();
	struct sources sources = {.arena = arena};
	struct diags *diags = diags_new(arena, &sources);
	struct bytes object = {0};
	int status = 1;
	const char *dump = o->dump ? o->dump : "";

	for (unsigned i = 0; i < o->nc_args; i++)
		VEC_PUSH(arena, &sources.c_args, o->c_args[i]);
	struct program *program = import_all(arena, &sources, diags, o->input);
	if (!strcmp(dump, "ast") && program && !diags_errors(diags)) {
		ast_dump(program->modules.at[program->modules.n - 1]->unit, stdout);
		goto done;
	}
	if (diags_errors(diags))
		goto done;
	check(program);
	if (diags_errors(diags))
		goto done;
	struct ir_program *ir = lower(program);
	if (diags_errors(diags))
		goto done;
	regions(ir);
	live(ir);
	gone(ir);
	if (diags_errors(diags))
		goto done;
	unused(ir);
	ranges(ir);
	loops(ir);
	budget(ir);
	if (!strcmp(dump, "states")) {
		ir_dump(ir, stdout);
		goto done;
	}
	struct layout *layout = image_layout(ir);
	if (diags_errors(diags))
		goto done;
	if (!strcmp(dump, "image")) {
		struct bytes manifest = manifest_make(ir, layout, NULL, NULL, 0);
		printf("%.*s\n", (int)manifest.n, (const char *)manifest.at);
		goto done;
	}
	object = object_make(ir, layout, &(struct object_options){!strcmp(dump, "ir"), !strcmp(dump, "asm")});
	if (!object.n || !may_write(&sources, diags, o->output) || !may_write(&sources, diags, o->header))
		goto done;
	if (o->header)
		write_out(diags, o->header, typed_header(ir, layout));
	if (!diags_errors(diags))
		write_out(diags, o->output, object);
done:
	diags_print(diags, stderr, o->json);
	status = diags_errors(diags) ? 1 : 0;
	arena_free(arena);
	return printed(status);
}

static int wrong(const char *what, const char *arg)
{
	fprintf(stderr, "ringc: %s%s%s%s\n", what, arg ? " `" : "", arg ? arg : "", arg ? "`" : "");
	help_usage(&ringc_help, stderr);
	return 2;
}

static int show_help(void)
{
	help_print(&ringc_help, stdout);
	return printed(0);
}

static bool is_help(const char *arg)
{
	return !strcmp(arg, "--help") || !strcmp(arg, "-h");
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

static int build_command(int argc, char **argv)
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
		} else if (option && (a[1] == 'I' || a[1] == 'D')) {
			const char *value = a[2] ? a + 2 : ++i < argc ? argv[i] : NULL;
			if (!value || !*value)
				return wrong(a[1] == 'I' ? "-I needs the name of a directory"
							 : "-D needs the name of a macro",
					NULL);
			if (o.nc_args == 2 * C_ARGS_MAX)
				return wrong("there are too many -I and -D, at", value);
			o.c_args[o.nc_args++] = a[1] == 'I' ? "-I" : "-D";
			o.c_args[o.nc_args++] = value;
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

int main(int argc, char **argv)
{
	if (argc < 2)
		return wrong("nothing to do", NULL);
	const char *command = argv[1];
	if (!strcmp(command, "build"))
		return build_command(argc - 2, argv + 2);
	if (is_help(command) || !strcmp(command, "help") || (argc == 3 && is_help(argv[2])))
		return show_help();
	if (!strcmp(command, "--version")) {
		if (argc > 2)
			return wrong("--version stands alone, without", argv[2]);
		printf("ringc %s\n", RINGC_VERSION);
		return printed(0);
	}
	if (!strcmp(command, "explain")) {
		if (argc != 3)
			return wrong("explain takes one code, such as R0320", NULL);
		return diag_explain(argv[2], stdout) ? wrong("no diagnostic has the code", argv[2])
						     : printed(0);
	}
	size_t n = strlen(command);
	if (n > 4 && !strcmp(command + n - 4, ".rlt"))
		return wrong("to compile a script, write `build` before", command);
	return wrong(*command == '-' ? "unknown option" : "unknown command", command);
}
