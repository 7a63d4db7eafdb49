/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* graph_command.c: `ringc graph`: its options; Graphviz makes pictures. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "command.h"
#include "graph.h"
#include "lint/options.h"

extern char **environ;

struct options {
	const char *input;
	bool svg, no_lint;
	struct c_args c_args;
};

static int failed(const char *why, int error)
{
	fprintf(stderr, "ringc: %s%s%s\n", why, error ? ": " : "", error ? strerror(error) : "");
	return 1;
}

/* The text goes to `dot -Tsvg`, whose output is this process's. */
static int draw(const char *text, size_t n)
{
	char *argv[] = {"dot", "-Tsvg", NULL};
	posix_spawn_file_actions_t actions;
	FILE *to;
	int ends[2], status;
	pid_t pid;

	if (pipe(ends))
		return failed("no pipe", errno);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
	posix_spawn_file_actions_addclose(&actions, ends[1]);
	int error = posix_spawnp(&pid, "dot", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[0]);
	if (error) {
		close(ends[1]);
		return failed("`dot`, of Graphviz, draws the picture, and cannot be started", error);
	}
	signal(SIGPIPE, SIG_IGN);
	to = fdopen(ends[1], "w");
	bool written = to && fwrite(text, 1, n, to) == n;
	if (to)
		written &= !fclose(to);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) || !written)
		return failed("`dot`, of Graphviz, has failed", 0);
	return 0;
}

/* What the linter finds in the script, as long as the object is open. */
static struct graph_marks *find(
	struct lint *l, const char *input, struct compilation *c, struct lint_object *o)
{
	l->object = input;
	suppress_read(l, c->sources);
	lint_look(l, o, c->ir);
	suppress_unused(l);
	lint_sort(l);
	return graph_marks_of(c->ir, l);
}

static int print(const struct options *o, const struct ir_program *ir, const struct graph_marks *marks)
{
	char *text = NULL;
	size_t n = 0;

	if (!o->svg) {
		graph_print(ir, marks, stdout);
		return 0;
	}
	FILE *f = open_memstream(&text, &n);
	if (f)
		graph_print(ir, marks, f);
	int status = !f || fclose(f) ? failed("no memory", 0) : draw(text, n);
	free(text);
	return status;
}

static int graph(const struct options *o, struct lint *l)
{
	struct compilation c = compilation_new(l->arena);
	struct lint_object *object = NULL;
	const char *why = NULL;

	c_args_add(&o->c_args, &c);
	bool ok = compile(&c, o->input, NULL);
	diags_print(c.diags, stderr, false);
	if (ok && !o->no_lint) {
		object = lint_object_read(l->arena, o->input, c.object.at, c.object.n, &why);
		if (!object)
			return failed(why, 0);
	}
	int status = ok ? print(o, c.ir, object ? find(l, o->input, &c, object) : NULL) : 1;
	lint_object_close(object);
	return printed(status);
}

static int with_options(struct lint *l, int argc, char **argv)
{
	struct options o = {0};
	int status = 0;

	for (int i = 0; i < argc && !status; i++) {
		const char *a = argv[i];
		bool option = *a == '-' && a[1];
		if (option && is_help(a))
			return show_help();
		if (option && c_args_is(a)) {
			status = c_args_take(&o.c_args, argc, argv, &i);
		} else if (option && lint_option_is(a)) {
			status = lint_option_take(l, argc, argv, &i);
		} else if (option && !strcmp(a, "--no-lint")) {
			o.no_lint = true;
		} else if (option && !strncmp(a, "--format=", 9)) {
			o.svg = !strcmp(a + 9, "svg");
			if (!o.svg && strcmp(a + 9, "dot"))
				status = wrong("--format takes dot or svg, and this is", a + 9);
		} else if (option) {
			status = wrong("unknown option", a);
		} else if (o.input) {
			status = wrong("one script at a time; the second is", a);
		} else {
			o.input = a;
		}
	}
	if (status)
		return status;
	return o.input ? graph(&o, l) : wrong("no script given", NULL);
}

int graph_command(int argc, char **argv)
{
	struct lint *l = lint_new(arena_new());
	int status = with_options(l, argc, argv);
	arena_free(l->arena);
	return status;
}
