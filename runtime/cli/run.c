/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * run.c: ringlet run: parameters from the command line, programs to their end.
 *
 * Each program has a thread, since its ring belongs to one; the first has the command's own, which gets the
 * signals. They go in step: all are loaded, or none runs; all have ended before what came of them is said;
 * and that is said before any is closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* How much of the verifier's log is shown: its end says what it refused. */
#define LOG_LINES 40

static const struct run_options *volatile running; /* for the signal handler; NULL: not loaded yet */
static volatile sig_atomic_t interrupted;

/* ---- signals ---- */

static void stop_all(const struct run_options *o, const struct program *but)
{
	for (int i = 0; i < o->nprograms; i++)
		if (&o->programs[i] != but)
			ringlet_stop(o->programs[i].r);
}

static void on_signal(int sig)
{
	/* The first lets the programs unwind, the second ends them at once; a third finds them stuck. */
	static volatile sig_atomic_t count;

	interrupted = sig;
	if (++count > 2 || !running) /* nothing runs yet that could unwind */
		_exit(EXIT_SIGNAL + sig);
	stop_all(running, NULL);
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

/* ---- what is said ---- */

static void show_load_log(struct ringlet *r, bool failed)
{
	const char *log = ringlet_load_log(r), *all = getenv("RINGLET_LOAD_LOG");
	const char *from = log;
	int lines = 0;

	if (!*log || (!failed && !all))
		return;
	if (!all) {
		for (from = log + strlen(log); from > log && (from[-1] != '\n' || lines++ < LOG_LINES);
			from--)
			;
	}
	fprintf(stderr, "%s%s", from == log ? "" : "(RINGLET_LOAD_LOG=1 shows all of this)\n", from);
}

static void show_stats(const struct program *p)
{
	struct ringlet_stats st = {.size = sizeof(st)};
	const char *why, *engine = ringlet_engine(p->r, &why);

	if (ringlet_stats(p->r, &st) != 0)
		return;
	if (*p->prefix)
		fprintf(stderr, "%s %s\n", p->prefix, p->path);
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

/* ---- cores ---- */

/* Of several programs each has its own: FILE.2. */
static void core_path(const struct run_options *o, const struct ringlet *r, char *path, size_t size)
{
	int i = 0;

	while (o->programs[i].r != r)
		i++;
	if (o->nprograms > 1)
		snprintf(path, size, "%s.%d", o->core, i + 1);
	else
		snprintf(path, size, "%s", o->core);
}

static void save_core(void *arg, struct ringlet *r)
{
	char path[PATH_MAX];
	int fd, err;

	core_path(arg, r, path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	err = fd < 0 ? -errno : ringlet_save(r, fd);
	if (fd >= 0 && close(fd) != 0 && !err)
		err = -errno;
	if (err)
		fprintf(stderr, "ringlet: %s: %s\n", path, strerror(-err));
	else
		fprintf(stderr, "ringlet: it is saved in %s\n", path);
}

/* ---- running ---- */

struct run {
	const struct run_options *o;
	pthread_barrier_t step;
	bool not_loaded; /* one of them could not be */
	bool failed;     /* one of them ended with an error, and the others were stopped */
	int status;
};

struct runner {
	struct run *run;
	struct program *program;
	pthread_t thread;
};

static void load(struct run *u, struct program *p)
{
	p->result = ringlet_load(p->r);
	show_load_log(p->r, p->result != 0);
	if (!p->result)
		return;
	fprintf(stderr, "ringlet: %s\n", ringlet_error(p->r));
	__atomic_store_n(&u->not_loaded, true, __ATOMIC_RELEASE);
}

static void go(struct run *u, struct program *p)
{
	struct ticker *ticker = NULL;

	if (p->events)
		events_start(p->events);
	if (!u->o->quiet)
		ticker = ticker_start(p->r, u->o->nprograms == 1); /* one line has room for one bar */
	do
		p->result = ringlet_run(p->r);
	while (p->result == 1); /* `yield`: there is nothing to do here meanwhile */
	/* The others may wait for it. */
	if (p->result && !__atomic_exchange_n(&u->failed, true, __ATOMIC_ACQ_REL))
		stop_all(u->o, p);
	ticker_stop(ticker);
	if (p->events)
		events_stop(p->events);
}

static int report(const struct run *u)
{
	const struct run_options *o = u->o;
	bool stopped = interrupted || (u->failed && o->nprograms > 1), failed = u->failed;

	for (int i = 0; i < o->nprograms; i++) {
		const struct program *p = &o->programs[i];

		if (!o->quiet)
			show_lost(p->r);
		if (o->stats)
			show_stats(p);
		if (p->result && !(stopped && p->result == -ECANCELED))
			fprintf(stderr, "%s%s\n",
				ringlet_failure(p->r) ? "" : "ringlet: ", ringlet_error(p->r));
	}
	for (int i = 0; i < o->nshows; i++)
		show_value(&o->shows[i]);
	if (o->tracer)
		tracer_report(o->tracer);
	if (fflush(stdout) != 0) {
		fprintf(stderr, "ringlet: standard output: %s\n", strerror(errno));
		failed = true;
	}
	if (interrupted)
		return EXIT_SIGNAL + interrupted;
	return failed ? EXIT_FAILED : EXIT_OK;
}

/* Where that is forbidden it runs anywhere. */
static void stay_on(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void *run_one(void *arg)
{
	struct runner *me = arg;
	struct run *u = me->run;
	bool first = me->program == u->o->programs;

	if (me->program->cpu >= 0)
		stay_on(me->program->cpu);
	load(u, me->program);
	pthread_barrier_wait(&u->step);
	if (!__atomic_load_n(&u->not_loaded, __ATOMIC_ACQUIRE)) {
		if (first)
			running = u->o;
		go(u, me->program);
		pthread_barrier_wait(&u->step);
		if (first)
			u->status = report(u);
	}
	/* Programs may be closing with requests in flight: a signal now has its default effect. */
	if (first) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
	}
	pthread_barrier_wait(&u->step);
	ringlet_close(me->program->r);
	me->program->r = NULL;
	return NULL;
}

static int run_all(const struct run_options *o)
{
	struct run u = {.o = o, .status = EXIT_FAILED};
	struct runner *runners = calloc((size_t)o->nprograms, sizeof(*runners));
	sigset_t all, old;

	if (!runners) {
		fprintf(stderr, "ringlet: out of memory\n");
		return EXIT_FAILED;
	}
	pthread_barrier_init(&u.step, NULL, (unsigned)o->nprograms);
	catch_signals();
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	for (int i = 0; i < o->nprograms; i++) {
		runners[i] = (struct runner){.run = &u, .program = &o->programs[i]};
		if (i && pthread_create(&runners[i].thread, NULL, run_one, &runners[i]))
			abort(); /* no thread, and some run already */
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	run_one(&runners[0]);
	for (int i = 1; i < o->nprograms; i++)
		pthread_join(runners[i].thread, NULL);
	pthread_barrier_destroy(&u.step);
	free(runners);
	return u.status;
}

/* ---- before it ---- */

static int open_all(struct run_options *o)
{
	int status = EXIT_OK;

	if (!o->quiet)
		o->lib.log = ticker_log;
	if (o->core) {
		o->lib.failed = save_core;
		o->lib.failed_arg = o;
	}
	for (int i = 0; i < o->nprograms; i++) {
		o->programs[i].r = ringlet_open(o->programs[i].path, &o->lib);
		if (!o->programs[i].r) {
			fprintf(stderr, "ringlet: %s\n", ringlet_error(NULL));
			status = EXIT_FAILED;
		}
	}
	return status;
}

/* All that is wrong is said at once. */
static int set_all(struct run_options *o)
{
	bool ok = true;

	for (int i = 0; i < o->nprograms; i++) {
		struct program *p = &o->programs[i];
		bool right = parameters_set(p);

		for (int k = 0; k < o->nshows; k++)
			right = (o->shows[k].program != p || show_check(&o->shows[k])) && right;
		if (!right)
			parameters_list(p, stderr);
		ok = ok && right;
		if (!right && o->rings)
			break; /* the others are the same */
	}
	for (int i = 0; i < o->nconnections; i++) {
		const struct connection *c = &o->connections[i];
		struct ringlet *from = c->from.program->r;

		if (ringlet_connect(from, c->from.text, c->from.index, c->to.program->r, c->to.text,
			    c->to.index) != 0) {
			fprintf(stderr, "ringlet: %s\n", ringlet_error(from));
			ok = false;
		}
	}
	for (int i = 0; ok && i < o->nprograms; i++) {
		bool any = o->events;

		for (int k = 0; k < o->nposts; k++)
			any = any || o->posts[k].queue.program == &o->programs[i];
		if (any)
			o->programs[i].events = events_open(&o->programs[i], o);
		ok = !any || o->programs[i].events;
	}
	return ok ? EXIT_OK : EXIT_USAGE;
}

int cmd_run(int argc, char **argv)
{
	struct run_options o;
	int status = options_parse(argc, argv, &o);

	if (!status && o.trace && !o.help) {
		o.tracer = tracer_open(&o);
		status = o.tracer ? EXIT_OK : EXIT_FAILED;
	}
	if (!status)
		status = open_all(&o);
	if (!status && o.help) {
		for (int i = 0; i < o.nprograms; i++)
			parameters_list(&o.programs[i], stdout);
	} else if (!status) {
		status = set_all(&o);
		if (!status)
			status = run_all(&o);
	}
	for (int i = 0; i < o.nprograms; i++) {
		events_free(o.programs[i].events);
		ringlet_close(o.programs[i].r);
	}
	if (!tracer_close(o.tracer) && !status)
		status = EXIT_FAILED;
	options_free(&o);
	return status;
}
