/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* inspect.c: ringlet inspect: what a running program does, or one that was saved. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "look.h"

struct asked {
	const char *target, *save;
	bool json, all;
};

static int usage(const char *what, const char *which)
{
	fprintf(stderr, "ringlet inspect: %s%s (see ringlet --help)\n", what, which);
	return EXIT_USAGE;
}

static int parse(int argc, char **argv, struct asked *a)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--format=json") == 0)
			a->json = true;
		else if (strcmp(argv[i], "--format=text") == 0)
			a->json = false;
		else if (strcmp(argv[i], "--all") == 0)
			a->all = true;
		else if (strncmp(argv[i], "--save=", 7) == 0 && argv[i][7])
			a->save = argv[i] + 7;
		else if (argv[i][0] == '-' || !argv[i][0])
			return usage("unknown option ", argv[i]);
		else if (a->target)
			return usage("one program at a time: ", argv[i]);
		else
			a->target = argv[i];
	}
	if (a->save && !a->target)
		return usage("--save=", "FILE is for one program: say which");
	return EXIT_OK;
}

/* False: it has been said why not, unless quiet. */
static bool read_program(struct rl_foreign *f, bool whole, bool quiet)
{
	char text[512] = "", who[64] = "";
	struct rl_why why = {text, sizeof(text)};

	if (rl_foreign_read(f, whole, &why) == 0)
		return true;
	if (quiet)
		return false;
	if (f->pid)
		snprintf(who, sizeof(who), " of process %d", (int)f->pid);
	fprintf(stderr, "ringlet: %s%s: %s\n", f->name, who, text);
	return false;
}

/* ---- all, a line each ---- */

static void print_line(FILE *to, const struct rl_foreign *f, const char *process, const struct rl_walk *w)
{
	struct rl_sight s;
	char age[32];

	rl_walk_look(w, &s);
	fprintf(to, "%9s  %-16s  %-6s  %-8s  %12s  %7" PRIu32 "  %9" PRIu32 "\n", process, f->name,
		words_engine(f), words_doing(s.doing), words_duration(words_age(f), age), s.live,
		s.in_flight);
}

/* ---- one ---- */

static int save(const struct programs *p, const char *path)
{
	struct rl_foreign *f = &p->at[0];
	struct rl_core c;
	int fd, err;

	if (p->n > 1) {
		fprintf(stderr, "ringlet: there are %zu such programs: say PID, or PID:N\n", p->n);
		return EXIT_FAILED;
	}
	if (!read_program(f, true, false))
		return EXIT_FAILED;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	c = f->core;
	err = fd < 0 ? -errno : rl_core_write(fd, &c, f->object.data, f->image);
	if (fd >= 0 && close(fd) != 0 && !err)
		err = -errno;
	if (!err)
		return EXIT_OK;
	fprintf(stderr, "ringlet: %s: %s\n", path, strerror(-err));
	return EXIT_FAILED;
}

static int out_of_memory(void)
{
	fprintf(stderr, "ringlet: out of memory\n");
	return EXIT_FAILED;
}

static int look_at_one(
	const struct programs *p, struct rl_foreign *f, const struct asked *a, FILE *to, json_t *list)
{
	int status = EXIT_OK;
	char process[32];
	struct rl_walk w;

	words_process(p, f, process);
	/* Where all are looked at, one may have ended meanwhile. */
	if (!read_program(f, false, !a->target))
		return a->target ? EXIT_FAILED : EXIT_OK;
	if (rl_walk_begin(&w, &f->object, f->image) != 0)
		return out_of_memory();
	if (a->json)
		status = json_array_append_new(list, inspect_json(f, &w, a->all)) ? out_of_memory() : EXIT_OK;
	else if (!a->target)
		print_line(to, f, process, &w);
	else
		inspect_text(to, f, process, &w, a->all);
	rl_walk_end(&w);
	return status;
}

static int look_at(const struct programs *p, const struct asked *a)
{
	json_t *list = json_array();
	int status = EXIT_OK;
	struct page page;

	if (!list || !page_begin(&page)) {
		json_decref(list);
		return out_of_memory();
	}
	if (!a->json && !a->target && p->n)
		fprintf(page.to, "%9s  %-16s  %-6s  %-8s  %12s  %7s  %9s\n", "PID", "PROGRAM", "ENGINE",
			"STATE", "LOADED", "TASKS", "IN FLIGHT");
	for (size_t i = 0; i < p->n; i++) {
		int one = look_at_one(p, &p->at[i], a, page.to, list);

		status = one ? one : status;
		if (!a->json && a->target && i + 1 < p->n)
			fputc('\n', page.to);
	}
	page_end(&page);
	page_print(&page, SIZE_MAX, SIZE_MAX);
	page_free(&page);
	if (a->json) {
		json_dumpf(list, stdout, JSON_INDENT(1));
		putchar('\n');
	}
	json_decref(list);
	return status;
}

int cmd_inspect(int argc, char **argv)
{
	struct asked a = {0};
	struct programs p;
	int status = parse(argc, argv, &a);

	if (status)
		return status;
	status = targets_find(a.target, false, &p);
	if (!status)
		status = a.save ? save(&p, a.save) : look_at(&p, &a);
	targets_free(&p);
	return status;
}
