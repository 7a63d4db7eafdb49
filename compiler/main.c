/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* main.c: options, and the list of passes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "ir.h"
#include "layout.h"
#include "object.h"

static const char usage[] =
	"usage: ringc build FILE.rlt [-o FILE.bpf.o] [--dump=ast|states|image|ir|asm] [--format=text|json]\n"
	"       ringc explain CODE\n"
	"       ringc --version | --help\n";

static const char help[] =
	"\n"
	"  build    compiles a ring script to a program object: BPF, the same step as native code\n"
	"           for x86_64 and aarch64, and a manifest. `ringlet run` runs it.\n"
	"  explain  says more about the code of a diagnostic, as in `ringc explain R0320`\n"
	"\n"
	"  -o FILE          where the object goes; by default the script's name with .bpf.o\n"
	"  --dump=PASS      prints what a pass made, and makes no object\n"
	"  --format=json    diagnostics as JSON, for editors\n"
	"\n"
	"Exit status: 0 done, 1 errors in the script, 2 wrong usage.\n"
	"RINGLET_STDLIB names another directory for `import std.NAME`.\n";

struct options {
	const char *input, *output, *dump;
	bool json;
};

static int build(const struct options *o)
{
	struct arena *arena = arena_new();
	struct sources sources = {.arena = arena};
	struct diags *diags = diags_new(arena, &sources);
	struct bytes object = {0};
	int status = 1;
	const char *dump = o->dump ? o->dump : "";

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
	live(ir);
	loops(ir);
	if (!strcmp(dump, "states")) {
		ir_dump(ir, stdout);
		goto done;
	}
	struct layout *layout = image_layout(ir);
	if (diags_errors(diags))
		goto done;
	if (!strcmp(dump, "image")) {
		struct bytes manifest = manifest_make(ir, layout, NULL, 0);
		printf("%.*s\n", (int)manifest.n, (const char *)manifest.at);
		goto done;
	}
	object = object_make(ir, layout, &(struct object_options){!strcmp(dump, "ir"), !strcmp(dump, "asm")});
	if (object.n) {
		int ret = object_write(o->output, object);
		if (ret)
			diag(diags, NULL, D_cannot_write, o->output, strerror(-ret));
	}
done:
	diags_print(diags, stderr, o->json);
	status = diags_errors(diags) ? 1 : 0;
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "ringc: cannot write to standard output\n");
		status = 1;
	}
	arena_free(arena);
	return status;
}

static int wrong(const char *what, const char *arg)
{
	fprintf(stderr, "ringc: %s%s%s%s\n%s", what, arg ? " `" : "", arg ? arg : "", arg ? "`" : "", usage);
	return 2;
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

static int build_command(int argc, char **argv)
{
	struct options o = {0};
	for (int i = 0; i < argc; i++) {
		const char *a = argv[i];
		if (!strcmp(a, "-o")) {
			if (++i == argc)
				return wrong("-o needs the name of a file", NULL);
			if (o.output)
				return wrong("-o is given twice", NULL);
			o.output = argv[i];
		} else if (!strncmp(a, "--dump=", 7)) {
			o.dump = a + 7;
			if (!known_dump(o.dump))
				return wrong("there is no pass", o.dump);
		} else if (!strcmp(a, "--format=json")) {
			o.json = true;
		} else if (!strcmp(a, "--format=text")) {
			o.json = false;
		} else if (*a == '-' && a[1]) {
			return wrong("unknown option", a);
		} else if (o.input) {
			return wrong("one script at a time: unexpected", a);
		} else {
			o.input = a;
		}
	}
	if (!o.input)
		return wrong("no script given", NULL);
	char *output = o.output ? NULL : default_output(o.input);
	if (output)
		o.output = output;
	if (!*o.output || !strcmp(o.output, o.input)) {
		free(output);
		return wrong("the object cannot go to", o.output);
	}
	int status = build(&o);
	free(output);
	return status;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return wrong("nothing to do", NULL);
	if (!strcmp(argv[1], "--version")) {
		printf("ringc %s\n", RINGC_VERSION);
		return 0;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		printf("%s%s", usage, help);
		return 0;
	}
	if (!strcmp(argv[1], "build"))
		return build_command(argc - 2, argv + 2);
	if (!strcmp(argv[1], "explain")) {
		if (argc != 3)
			return wrong("explain takes one code", NULL);
		return diag_explain(argv[2], stdout) ? wrong("no diagnostic has the code", argv[2]) : 0;
	}
	return wrong("unknown command", argv[1]);
}
