/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* top.c: ringlet top: what the programs here do, again and again. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "look.h"

#define MAX_SITES 10 /* the busiest, of all programs */

struct asked {
	char **targets; /* none: all programs */
	int ntargets;
	unsigned long count; /* of blocks; 0: for ever */
	unsigned long interval_ms;
};

/* What is seen of them at one time. */
struct block {
	struct page programs, sites;
};

/* What was seen of a program the last time. */
struct past {
	pid_t pid;
	ino_t id;
	uint32_t submitted;
	uint64_t at_ns;
};

struct pasts {
	struct past *at;
	size_t n;
};

/* A place where instances of a program wait. */
struct busy {
	char program[240]; /* "echo (4242)" */
	char place[400];
	uint32_t n;
};

static int usage(const char *what, const char *which)
{
	fprintf(stderr, "ringlet top: %s%s (see ringlet --help)\n", what, which);
	return EXIT_USAGE;
}

static bool parse_number(const char *text, unsigned long most, unsigned long *out)
{
	size_t digits = strspn(text, "0123456789");

	*out = strtoul(text, NULL, 10);
	return digits && digits < 10 && !text[digits] && *out && *out <= most;
}

static int parse(int argc, char **argv, struct asked *a)
{
	*a = (struct asked){.targets = argv + 1, .interval_ms = 1000};
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--count=", 8) == 0) {
			if (!parse_number(argv[i] + 8, UINT32_MAX, &a->count))
				return usage("not a number: ", argv[i]);
		} else if (strncmp(argv[i], "--interval=", 11) == 0) {
			if (!parse_number(argv[i] + 11, 86400000, &a->interval_ms))
				return usage("not a number of milliseconds: ", argv[i]);
		} else if (argv[i][0] == '-' || !argv[i][0]) {
			return usage("unknown option ", argv[i]);
		} else {
			a->targets[a->ntargets++] = argv[i];
		}
	}
	return EXIT_OK;
}

/* ---- one block ---- */

/* Requests a second since the last block; -1: it was not there then. */
static double rate(const struct pasts *before, const struct past *now)
{
	for (size_t i = 0; i < before->n; i++) {
		const struct past *b = &before->at[i];

		if (b->pid == now->pid && b->id == now->id && now->at_ns > b->at_ns)
			return (now->submitted - b->submitted) * 1e9 / (double)(now->at_ns - b->at_ns);
	}
	return -1;
}

static void print_program(FILE *to, const struct rl_foreign *f, const char *process, const struct rl_sight *s,
	double per_second)
{
	char requests[32] = "-", progress[64] = "";

	if (per_second >= 0)
		snprintf(requests, sizeof(requests), "%.0f", per_second);
	if (s->progress_total)
		snprintf(progress, sizeof(progress), "  %" PRIu64 "/%" PRIu64, s->progress_done,
			s->progress_total);
	else if (s->progress_done)
		snprintf(progress, sizeof(progress), "  %" PRIu64, s->progress_done);
	fprintf(to, "%9s  %-16s  %-6s  %-8s  %7" PRIu32 "  %9" PRIu32 "  %10s  %6" PRIu32 "%s\n", process,
		f->name, words_engine(f), words_doing(s->doing), s->live, s->in_flight, requests, s->queued,
		progress);
}

/* Keeps the busiest, the first on top. */
static void note_busy(struct busy *all, size_t *n, const struct busy *b)
{
	size_t at = *n;

	while (at && all[at - 1].n < b->n)
		at--;
	if (at == MAX_SITES)
		return;
	*n += *n < MAX_SITES;
	memmove(&all[at + 1], &all[at], (*n - at - 1) * sizeof(*all));
	all[at] = *b;
}

static void note_sites(
	const struct rl_foreign *f, const char *process, struct rl_walk *w, struct busy *all, size_t *n)
{
	struct sites s;

	if (!sites_make(w, &s))
		return;
	for (size_t i = 0; i < s.n; i++) {
		const struct rl_instance *in = &s.at[i].first;
		struct busy b = {.n = s.at[i].n};

		snprintf(b.program, sizeof(b.program), "%s (%s)", f->name, process);
		snprintf(b.place, sizeof(b.place), "%s: %s at %s:%u:%u", w->o->tasks[in->task].name,
			site_op(in), in->at ? in->at->file : "?", in->at ? in->at->line : 0,
			in->at ? in->at->col : 0);
		note_busy(all, n, &b);
	}
	free(s.at);
}

static void print_sites(FILE *to, const struct busy *busy, size_t n)
{
	if (n)
		fprintf(to, "\nINSTANCES  WHERE\n");
	for (size_t i = 0; i < n; i++)
		fprintf(to, "%9" PRIu32 "  %s, %s\n", busy[i].n, busy[i].program, busy[i].place);
}

static void print_programs(struct block *b, struct programs *p, const struct pasts *before, struct pasts *now)
{
	struct busy busy[MAX_SITES + 1];
	size_t nbusy = 0;

	fprintf(b->programs.to, "%9s  %-16s  %-6s  %-8s  %7s  %9s  %10s  %6s  %s\n", "PID", "PROGRAM",
		"ENGINE", "STATE", "TASKS", "IN FLIGHT", "REQUESTS/S", "QUEUED", "PROGRESS");
	for (size_t i = 0; i < p->n; i++) {
		struct rl_foreign *f = &p->at[i];
		char text[512], process[32];
		struct rl_why why = {text, sizeof(text)};
		struct rl_sight s;
		struct rl_walk w;

		words_process(p, f, process);
		/* It may have ended since it was found. */
		if (rl_foreign_read(f, false, &why) != 0 || rl_walk_begin(&w, &f->object, f->image) != 0)
			continue;
		rl_walk_look(&w, &s);
		now->at[now->n] = (struct past){f->pid, f->id, s.submitted, f->read_ns};
		print_program(b->programs.to, f, process, &s, rate(before, &now->at[now->n++]));
		note_sites(f, process, &w, busy, &nbusy);
		rl_walk_end(&w);
	}
	print_sites(b->sites.to, busy, nbusy);
}

/* ---- the terminal ---- */

static bool begin_block(struct block *b)
{
	bool ok = page_begin(&b->programs);

	return page_begin(&b->sites) && ok;
}

static void end_block(struct block *b)
{
	page_end(&b->programs);
	page_end(&b->sites);
}

static void free_block(struct block *b)
{
	page_free(&b->programs);
	page_free(&b->sites);
}

/* Lines for programs: where there are too few for all, the places below have half of them at most. */
static size_t lines_for_programs(size_t programs, size_t sites, size_t lines)
{
	size_t left = lines > sites ? lines - sites : 0, half = lines - lines / 2,
	       most = left > half ? left : half;

	return programs < most ? programs : most;
}

/* The last line is the cursor's. */
static void show_on_terminal(const struct block *b)
{
	size_t programs = page_lines(&b->programs), shown;
	struct winsize w = {0};
	size_t lines, columns;
	char more[32];
	bool cut;

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &w);
	lines = w.ws_row > 1 ? w.ws_row - 1u : 23;
	columns = w.ws_col ? w.ws_col : 80;
	shown = lines_for_programs(programs, page_lines(&b->sites), lines);
	printf("\033[H\033[J");
	cut = shown < programs && shown > 1; /* below the heading */
	page_print(&b->programs, shown - cut, columns);
	snprintf(more, sizeof(more), "%9s %zu more", "...", programs - shown + 1);
	if (cut)
		printf("%.*s\n", (int)columns, more);
	page_print(&b->sites, lines - shown, columns);
}

static int show(const struct block *b, bool terminal, bool first)
{
	if (terminal) {
		show_on_terminal(b);
	} else {
		printf("%s", first ? "" : "\n");
		page_print(&b->programs, SIZE_MAX, SIZE_MAX);
		page_print(&b->sites, SIZE_MAX, SIZE_MAX);
	}
	return output_is_written() ? EXIT_OK : EXIT_FAILED;
}

/* ---- all of it ---- */

static bool append(struct programs *to, struct programs *from)
{
	struct rl_foreign *more = realloc(to->at, (to->n + from->n + 1) * sizeof(*more));

	if (!more)
		return false;
	to->at = more;
	if (from->n)
		memcpy(to->at + to->n, from->at, from->n * sizeof(*more));
	to->n += from->n;
	free(from->at);
	return true;
}

/* What was asked for first has to be there; later it may have ended, and new ones may have come. */
static int find(const struct asked *a, bool first, struct programs *out)
{
	int status = EXIT_OK;

	*out = (struct programs){0};
	if (!a->ntargets)
		return targets_find(NULL, !first, out);
	for (int i = 0; !status && i < a->ntargets; i++) {
		struct programs some;

		status = targets_find(a->targets[i], !first, &some);
		if (!status && some.n && !some.at[0].pid) {
			fprintf(stderr, "ringlet: %s: a core does not run: see `ringlet inspect`\n",
				a->targets[i]);
			status = EXIT_FAILED;
		}
		if (!append(out, &some)) {
			targets_free(&some);
			status = EXIT_FAILED;
		}
	}
	return status;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* A terminal that has another size meanwhile shows the same block. */
static int wait_until(uint64_t end, const sigset_t *resize, const struct block *b, bool terminal)
{
	int status = EXIT_OK;

	for (uint64_t now = now_ns(); !status && now < end; now = now_ns()) {
		const struct timespec left = {
			(time_t)((end - now) / 1000000000u), (long)((end - now) % 1000000000u)};

		if (sigtimedwait(resize, NULL, &left) == SIGWINCH && terminal)
			status = show(b, true, false);
	}
	return status;
}

static int look_again(const struct asked *a, struct block *b, bool first, struct pasts *before)
{
	struct pasts now = {0};
	struct programs p;
	int status = find(a, first, &p);

	now.at = calloc(p.n + 1, sizeof(*now.at));
	if (!status && (!begin_block(b) || !now.at)) {
		fprintf(stderr, "ringlet: out of memory\n");
		status = EXIT_FAILED;
	}
	if (!status)
		print_programs(b, &p, before, &now);
	end_block(b);
	targets_free(&p);
	free(before->at);
	*before = now;
	return status;
}

static int run(const struct asked *a)
{
	bool terminal = isatty(STDOUT_FILENO);
	struct pasts before = {0};
	struct block block = {0};
	uint64_t next = 0;
	sigset_t resize;
	int status = EXIT_OK;

	sigemptyset(&resize);
	sigaddset(&resize, SIGWINCH);
	sigprocmask(SIG_BLOCK, &resize, NULL);
	for (unsigned long i = 0; !status && (!a->count || i < a->count); i++) {
		if (i)
			status = wait_until(next, &resize, &block, terminal);
		free_block(&block);
		if (!status)
			status = look_again(a, &block, i == 0, &before);
		if (!status)
			status = show(&block, terminal, i == 0);
		next = now_ns() + a->interval_ms * 1000000u;
	}
	free_block(&block);
	free(before.at);
	return status;
}

int cmd_top(int argc, char **argv)
{
	struct asked a;
	int status = parse(argc, argv, &a);

	return status ? status : run(&a);
}
