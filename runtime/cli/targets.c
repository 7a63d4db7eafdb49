/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* targets.c: which programs `inspect` and `top` are asked for. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "look.h"

struct search {
	struct programs *out;
	const char *name;   /* NULL: any */
	unsigned long only; /* of a process the one of that number, from 1; 0: all */
	pid_t pid;          /* the process that is looked at, */
	unsigned seen;      /* and how many there were of it */
	bool quiet;
	bool failed; /* and it was said why */
};

static int say(const char *what, const char *why)
{
	fprintf(stderr, "ringlet: %s%s\n", what, why);
	return EXIT_FAILED;
}

static bool add(struct programs *p, const struct rl_foreign *f)
{
	struct rl_foreign *more = realloc(p->at, (p->n + 1) * sizeof(*more));

	if (!more)
		return false;
	p->at = more;
	p->at[p->n++] = *f;
	return true;
}

static void found(void *arg, pid_t pid, int fd)
{
	struct search *s = arg;
	char text[512] = "";
	struct rl_why why = {text, sizeof(text)};
	struct rl_foreign f;
	int err;

	s->seen = pid == s->pid ? s->seen + 1 : 1;
	s->pid = pid;
	if (s->only && s->seen != s->only) {
		close(fd);
		return;
	}
	err = rl_foreign_open(&f, fd, pid, &why);
	if (err && !s->quiet)
		fprintf(stderr, "ringlet: a program of process %d: %s\n", (int)pid, text);
	s->failed |= err != 0;
	if (err)
		return;
	f.number = s->seen;
	if ((s->name && strcmp(s->name, f.name) != 0) || !add(s->out, &f))
		rl_foreign_close(&f);
}

/* PID or PID:N. */
static bool parse_pid(const char *text, unsigned long *pid, unsigned long *number)
{
	size_t digits = strspn(text, "0123456789"), more;
	const char *rest = text + digits;

	*number = 0;
	if (!digits || digits > 10)
		return false;
	*pid = strtoul(text, NULL, 10);
	if (*rest == ':') {
		more = strspn(rest + 1, "0123456789");
		*number = strtoul(rest + 1, NULL, 10);
		if (!more || more > 9 || !*number)
			return false;
		rest += 1 + more;
	}
	return !*rest && *pid && *pid <= INT_MAX;
}

static int find_process(struct search *s, const char *target, unsigned long pid)
{
	int n = rl_foreign_find((pid_t)pid, found, s);
	char who[64];

	if (s->quiet)
		return EXIT_OK;
	snprintf(who, sizeof(who), "process %lu", pid);
	if (n == -ESRCH)
		return say("there is no ", who);
	if (n == -EACCES || n == -EPERM)
		return say(who, " may not be looked at: that takes the same user, or CAP_SYS_PTRACE");
	if (n < 0)
		return say(who, strerror(-n));
	if (!n)
		return say(who, " runs no ring script, or keeps it to itself");
	if (s->failed)
		return EXIT_FAILED;
	if (!s->out->n)
		return say("there are not so many programs: ", target);
	return EXIT_OK;
}

static int open_file(struct search *s, const char *path)
{
	char text[512] = "";
	struct rl_why why = {text, sizeof(text)};
	struct rl_foreign f;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		if (errno == ENOENT && !strchr(path, '/'))
			return say("there is no program and no file of that name: ", path);
		fprintf(stderr, "ringlet: %s: %s\n", path, strerror(errno));
		return EXIT_FAILED;
	}
	if (rl_foreign_open(&f, fd, 0, &why) != 0) {
		fprintf(stderr, "ringlet: %s: %s\n", path, text);
		return EXIT_FAILED;
	}
	if (!add(s->out, &f)) {
		rl_foreign_close(&f);
		return say("out of memory", "");
	}
	return EXIT_OK;
}

static int find_all(struct search *s, bool quiet)
{
	unsigned hidden;
	int n;

	/* That other programs are of another version is of no interest here. */
	s->quiet = true;
	n = rl_foreign_find_all(found, s, &hidden);
	if (n < 0)
		return say("/proc: ", strerror(-n));
	if (!quiet && !s->out->n && hidden)
		fprintf(stderr, "ringlet: %u processes of others may not be looked at\n", hidden);
	return EXIT_OK;
}

int targets_find(const char *target, bool quiet, struct programs *out)
{
	struct search s = {.out = out, .quiet = quiet};
	unsigned long pid;
	int status;

	*out = (struct programs){0};
	if (!target)
		return find_all(&s, quiet);
	if (parse_pid(target, &pid, &s.only))
		return find_process(&s, target, pid);
	if (!strchr(target, '/')) {
		s.name = target;
		status = find_all(&s, true);
		if (status || out->n || quiet)
			return status;
	}
	return open_file(&s, target);
}

void targets_free(struct programs *p)
{
	for (size_t i = 0; i < p->n; i++)
		rl_foreign_close(&p->at[i]);
	free(p->at);
	*p = (struct programs){0};
}
