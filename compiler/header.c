/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* header.c: asks ringc-header for what scripts need of C headers. */
#include "header.h"
#include "beside.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

bool header_is_one(const char *import)
{
	size_t n = strlen(import);
	return *import == '<' || (n > 2 && !strcmp(import + n - 2, ".h"));
}

struct header *header_new(struct program *p, const struct source *from, const struct decl *d)
{
	struct arena *a = p->arena;
	const char *text = d->name.text, *slash = strrchr(from->path, '/'),
		   *name_slash = strrchr(from->name, '/');
	for (const char *c = text; *c; c++)
		if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ') {
			diag(p->diags, &d->loc, D_header_missing, text);
			return NULL;
		}
	struct header *h = NEW(a, struct header);
	h->from = d->loc;
	h->dir = slash ? arena_strndup(a, from->path, (size_t)(slash - from->path)) : ".";
	h->name = *text == '<' ? text : arena_printf(a, "\"%s\"", text);
	/* A script in a folder of its own is named with it, and so is what lies there. */
	size_t shown = name_slash ? (size_t)(name_slash - from->name) + 1 : 0, whole = strlen(h->dir) + 1;
	h->prefix = arena_strndup(a, arena_printf(a, "%s/", h->dir), whole > shown ? whole - shown : 0);
	h->module = NEW(a, struct module);
	h->module->unit = NEW(a, struct unit);
	h->module->unit->file = UINT32_MAX; /* until the reader has said which */
	h->module->top.module = h->module;
	return h;
}

/* ---- asking ---- */

/* All words of the scripts, a line each, as a file. What is no name costs a look-up that finds nothing. */
static int words(struct program *p)
{
	int fd = memfd_create("words", MFD_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(dup(fd), "w");
	if (!f)
		return -1;
	for (size_t i = 0; i < p->sources->list.n; i++) {
		const char *s = p->sources->list.at[i]->text;
		while (*s) {
			size_t n = 0;
			while (isascii((unsigned char)s[n]) && (isalnum((unsigned char)s[n]) || s[n] == '_'))
				n++;
			if (n && !isdigit((unsigned char)*s))
				fprintf(f, "%.*s\n", (int)n, s);
			s += n ? n : 1;
		}
	}
	bool bad = fclose(f);
	if (bad || lseek(fd, 0, SEEK_SET)) {
		close(fd);
		return -1;
	}
	return fd;
}

static pid_t start(struct program *p, const header_vec *headers, const char *reader, int *answer)
{
	VEC(char *) argv = {0};
	struct arena *a = p->arena;
	VEC_PUSH(a, &argv, (char *)reader);
	for (size_t i = 0; i < p->sources->c_args.n; i++)
		VEC_PUSH(a, &argv, (char *)p->sources->c_args.at[i]);
	for (size_t i = 0; i < headers->n; i++) {
		VEC_PUSH(a, &argv, (char *)headers->at[i]->dir);
		VEC_PUSH(a, &argv, (char *)headers->at[i]->name);
	}
	VEC_PUSH(a, &argv, NULL);
	int ends[2], in = words(p);
	if (in < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC)) {
		close(in);
		return -1;
	}
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	pid_t pid;
	int error = posix_spawn(&pid, reader, &actions, NULL, argv.at, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(in);
	close(ends[1]);
	if (error) {
		close(ends[0]);
		errno = error;
		return -1;
	}
	*answer = ends[0];
	return pid;
}

static const char *how_it_ended(struct arena *a, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return "libclang 19 is not installed (Debian: libclang1-19)";
	if (WIFSIGNALED(status) &&
		(WTERMSIG(status) == SIGALRM || WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGXCPU))
		return "C's parser takes too long";
	if (WIFSIGNALED(status))
		return arena_printf(a, "C's parser ended with signal %d", WTERMSIG(status));
	return arena_printf(a, "C's parser ended with status %d", WEXITSTATUS(status));
}

void headers_read(struct program *p, const header_vec *headers)
{
	if (!headers->n)
		return;
	const struct loc *from = &headers->at[0]->from;
	const char *reader = program_beside(p->arena, "ringc-header");
	if (!reader) {
		diag(p->diags, from, D_header_reader, "the program `ringc-header` is not beside `ringc`");
		return;
	}
	int fd, status;
	pid_t pid = start(p, headers, reader, &fd);
	FILE *f = pid < 0 ? NULL : fdopen(fd, "r");
	if (!f) {
		diag(p->diags, from, D_header_reader, strerror(errno));
		return;
	}
	struct answer answer = {.p = p, .headers = headers};
	char *line = NULL;
	size_t cap = 0;
	for (ssize_t n; (n = getline(&line, &cap, f)) > 0;) {
		line[n - 1] = 0;
		answer_line(&answer, line);
	}
	free(line);
	fclose(f);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!answer.complete || status)
		diag(p->diags, answer.now ? &answer.now->from : from, D_header_reader,
			how_it_ended(p->arena, status));
	for (size_t i = 0; i < headers->n; i++)
		if (headers->at[i]->module->unit->file == UINT32_MAX && !diags_errors(p->diags))
			diag(p->diags, &headers->at[i]->from, D_header_missing, headers->at[i]->name);
}
