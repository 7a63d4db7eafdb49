/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* run.c: ringlet run: parameters from the command line, a program to its end. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* How much of the verifier's log is shown: its end says what it refused. */
#define LOG_LINES 40

static struct ringlet *volatile running; /* for the signal handler; NULL: not loaded yet */
static volatile sig_atomic_t interrupted;

struct options {
	struct ringlet_opts lib;
	bool stats, quiet, help;
	const char *program;
	char **args; /* NAME=VALUE */
	int nargs;
	char **shows; /* of --show, in their order */
	int nshows;
	char **posts; /* of --post: QUEUE=FILE */
	int nposts;
	bool events;
};

static int usage(const char *what, const char *which)
{
	fprintf(stderr, "ringlet run: %s%s (see ringlet --help)\n", what, which);
	return EXIT_USAGE;
}

static int parse_options(int argc, char **argv, struct options *o)
{
	int i;

	*o = (struct options){.lib = {.size = sizeof(o->lib)}};
	o->shows = calloc((size_t)argc, sizeof(*o->shows));
	o->posts = calloc((size_t)argc, sizeof(*o->posts));
	if (!o->shows || !o->posts) {
		fprintf(stderr, "ringlet: out of memory\n");
		return EXIT_FAILED;
	}
	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		const char *a = argv[i];

		if (strcmp(a, "--") == 0) {
			i++;
			break;
		}
		if (strcmp(a, "--engine=auto") == 0)
			o->lib.engine = RINGLET_AUTO;
		else if (strcmp(a, "--engine=kernel") == 0)
			o->lib.engine = RINGLET_KERNEL;
		else if (strcmp(a, "--engine=user") == 0)
			o->lib.engine = RINGLET_USER;
		else if (strcmp(a, "--stats") == 0)
			o->stats = true;
		else if (strncmp(a, "--show=", 7) == 0)
			o->shows[o->nshows++] = argv[i] + 7;
		else if (strncmp(a, "--post=", 7) == 0)
			o->posts[o->nposts++] = argv[i] + 7;
		else if (strcmp(a, "--events") == 0)
			o->events = true;
		else if (strcmp(a, "--quiet") == 0 || strcmp(a, "-q") == 0)
			o->quiet = true;
		else if (strcmp(a, "--help") == 0 || strcmp(a, "-h") == 0)
			o->help = true;
		else
			return usage("unknown option ", a);
	}
	if (i == argc)
		return usage("no program given", "");
	o->program = argv[i];
	o->args = argv + i + 1;
	o->nargs = argc - i - 1;
	return 0;
}

static void list_parameters(struct ringlet *r, const char *program, FILE *to)
{
	struct ringlet_param p;
	int width = 0;

	for (unsigned i = 0; ringlet_param(r, i, &p) == 0; i++)
		if ((int)strlen(p.name) > width)
			width = (int)strlen(p.name);
	for (unsigned i = 0; ringlet_param(r, i, &p) == 0; i++) {
		if (i == 0)
			fprintf(to, "parameters of %s:\n", program);
		fprintf(to, "  %-*s  %s%s%s", width, p.name,
			p.shared   ? "shared "
			: p.region ? "region "
				   : "",
			p.ndims && strcmp(p.type, "string") == 0 ? "u8" : p.type, p.region ? "[]" : "");
		for (unsigned d = 0; d < p.ndims; d++)
			fprintf(to, "[%u]", p.dims[d]);
		fprintf(to, "%s%s%s", *p.kind ? " " : "", p.kind, *p.help || p.required ? "  " : "");
		if (p.required)
			fprintf(to, "(required) ");
		fprintf(to, "%s", p.help);
		if (*p.initial)
			fprintf(to, " [%s]", p.initial);
		fputc('\n', to);
	}
}

/* The library's name for a parameter, which lives as long as r does, or NULL. */
static const char *known_name(struct ringlet *r, const char *name)
{
	struct ringlet_param p;

	for (unsigned i = 0; ringlet_param(r, i, &p) == 0; i++)
		if (strcmp(p.name, name) == 0)
			return p.name;
	return NULL;
}

/* One NAME=VALUE; what is wrong goes to standard error. */
static bool set_parameter(struct ringlet *r, char **args, int i)
{
	char *equals = strchr(args[i], '=');
	size_t n;
	bool ok;

	if (!equals) {
		fprintf(stderr, "ringlet: `%s` is not NAME=VALUE\n", args[i]);
		return false;
	}
	n = (size_t)(equals - args[i]) + 1;
	for (int k = 0; k < i; k++) {
		if (strncmp(args[k], args[i], n) == 0) {
			fprintf(stderr, "ringlet: parameter `%.*s` is given twice\n", (int)n - 1, args[i]);
			return false;
		}
	}
	*equals = '\0';
	ok = known_name(r, args[i]) != NULL;
	if (!ok)
		fprintf(stderr, "ringlet: there is no parameter `%s`\n", args[i]);
	else if (ringlet_set_arg(r, args[i], equals + 1) != 0) {
		fprintf(stderr, "ringlet: %s\n", ringlet_error(r));
		ok = false;
	}
	*equals = '=';
	return ok;
}

/* All that is wrong with them is said at once. */
static bool set_parameters(struct ringlet *r, const struct options *o)
{
	struct ringlet_param p;
	bool ok = true;

	for (int i = 0; i < o->nargs; i++)
		ok = set_parameter(r, o->args, i) && ok;
	for (int i = 0; i < o->nshows; i++)
		ok = show_check(r, o->shows[i]) && ok;
	for (unsigned i = 0; ringlet_param(r, i, &p) == 0; i++) {
		size_t n = strlen(p.name);
		bool given = p.set;

		for (int k = 0; k < o->nargs; k++) /* given, but wrong: said already */
			given = given || (strncmp(o->args[k], p.name, n) == 0 && o->args[k][n] == '=');
		if (p.required && !given) {
			fprintf(stderr, "ringlet: %s `%s` is missing%s\n", p.region ? "region" : "parameter",
				p.name, p.region ? ": give its size" : "");
			ok = false;
		}
	}
	return ok;
}

static void on_signal(int sig)
{
	/* The first lets the program unwind, the second ends it at once; a third finds it stuck. */
	static volatile sig_atomic_t count;

	interrupted = sig;
	if (++count > 2 || !running) /* nothing runs yet that could unwind */
		_exit(EXIT_SIGNAL + sig);
	ringlet_stop(running);
}

/* Also where they are ignored, as a shell does for what it runs in the background. */
static void catch_signals(void)
{
	struct sigaction a = {.sa_handler = on_signal};

	sigemptyset(&a.sa_mask);
	sigaction(SIGINT, &a, NULL);
	sigaction(SIGTERM, &a, NULL);
	/* A reader that went away is an error of the write, with file and line. */
	a.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &a, NULL);
}

static void show_load_log(struct ringlet *r, bool failed)
{
	const char *log = ringlet_load_log(r), *all = getenv("RINGLET_LIBBPF_LOG");
	const char *from = log;
	int lines = 0;

	if (!*log || (!failed && !all))
		return;
	if (!all) {
		for (from = log + strlen(log); from > log && (from[-1] != '\n' || lines++ < LOG_LINES);
			from--)
			;
	}
	fprintf(stderr, "%s%s", from == log ? "" : "(RINGLET_LIBBPF_LOG=1 shows all of this)\n", from);
}

static void show_stats(struct ringlet *r)
{
	struct ringlet_stats st = {.size = sizeof(st)};
	const char *why, *engine = ringlet_engine(r, &why);

	if (ringlet_stats(r, &st) != 0)
		return;
	fprintf(stderr, "engine: %s\n", engine);
	if (*why)
		fprintf(stderr, "why: %s\n", why);
	fprintf(stderr, "run: %" PRIu64 " ns\n", st.run_ns);
	fprintf(stderr, "submitted: %" PRIu64 "\ncompleted: %" PRIu64 "\nenters: %" PRIu64 "\n", st.submitted,
		st.completed, st.enters);
	if (st.logs || st.log_lost)
		fprintf(stderr, "messages: %" PRIu64 "\nmessages lost: %" PRIu64 "\n", st.logs, st.log_lost);
}

/* Who reads messages should know that some are not there. */
static void show_lost(struct ringlet *r)
{
	struct ringlet_stats st = {.size = sizeof(st)};

	if (ringlet_stats(r, &st) == 0 && st.log_lost)
		fprintf(stderr, "ringlet: %" PRIu64 " messages lost: more at once than there is room for\n",
			st.log_lost);
}

static int run(struct ringlet *r, const struct options *o)
{
	struct events *events = NULL;
	struct ticker *ticker;
	int err;

	catch_signals();
	err = ringlet_load(r);
	show_load_log(r, err != 0);
	if (err) {
		fprintf(stderr, "ringlet: %s\n", ringlet_error(r));
		return EXIT_FAILED;
	}
	running = r;
	if (o->nposts || o->events) {
		events = events_start(r, o->posts, o->nposts, o->events);
		if (!events)
			return EXIT_USAGE;
	}
	ticker = o->quiet ? NULL : ticker_start(r, true);
	do
		err = ringlet_run(r);
	while (err == 1); /* `yield`: there is nothing to do here meanwhile */
	ticker_stop(ticker);
	events_stop(events);
	if (!o->quiet)
		show_lost(r);
	if (o->stats)
		show_stats(r);
	if (err && !(interrupted && err == -ECANCELED))
		fprintf(stderr, "%s%s\n", ringlet_failure(r) ? "" : "ringlet: ", ringlet_error(r));
	for (int i = 0; i < o->nshows; i++)
		show_value(r, o->shows[i]);
	if (fflush(stdout) != 0) {
		fprintf(stderr, "ringlet: standard output: %s\n", strerror(errno));
		err = -EIO;
	}
	if (interrupted)
		return EXIT_SIGNAL + interrupted;
	return err ? EXIT_FAILED : EXIT_OK;
}

static int run_program(struct options *o)
{
	struct ringlet *r;
	int status;

	if (!o->quiet)
		o->lib.log = ticker_log;
	r = ringlet_open(o->program, &o->lib);
	if (!r) {
		fprintf(stderr, "ringlet: %s\n", ringlet_error(NULL));
		return EXIT_FAILED;
	}
	if (o->help) {
		list_parameters(r, o->program, stdout);
		status = EXIT_OK;
	} else if (!set_parameters(r, o)) {
		list_parameters(r, o->program, stderr);
		status = EXIT_USAGE;
	} else {
		status = run(r, o);
	}
	/* The program may be closing with requests in flight: a signal now has its default effect. */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	ringlet_close(r);
	return status;
}

int cmd_run(int argc, char **argv)
{
	struct options o;
	int status = parse_options(argc, argv, &o);

	if (!status)
		status = run_program(&o);
	free(o.posts);
	free(o.shows);
	return status;
}
