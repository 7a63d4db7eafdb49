/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * run.c: ringlet run: parameters from the command line, programs to their end.
 *
 * They go in step: all are loaded, or none runs; all have ended before what came of them is said; and that is
 * said before any is closed. The command's own thread gets the signals, and has new versions take over.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const struct run_options *volatile running; /* for the signal handler; NULL: not loaded yet */
static volatile sig_atomic_t interrupted, hung_up;
static sem_t told; /* that there is something to look at: a program has ended, or a SIGHUP came */

/* ---- signals ---- */

static void stop_all(const struct run_options *o)
{
	for (int i = 0; i < o->nprograms; i++)
		ringlet_stop(o->programs[i].r);
}

static void on_signal(int sig)
{
	/* The first lets the programs unwind, the second ends them at once; a third finds them stuck. */
	static volatile sig_atomic_t count;

	interrupted = sig;
	if (++count > 2 || !running) /* nothing runs yet that could unwind */
		_exit(EXIT_SIGNAL + sig);
	stop_all(running);
}

static void on_hangup(int sig)
{
	hung_up = sig;
	sem_post(&told);
}

static bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void catch_signals(const struct run_options *o)
{
	struct sigaction a = {.sa_handler = on_signal}, was;

	/* Also where they are ignored, as a shell does for what it runs in the background. */
	sigemptyset(&a.sa_mask);
	sigaction(SIGINT, &a, NULL);
	sigaction(SIGTERM, &a, NULL);
	/* A reader that went away is an error of the write, with file and line. */
	a.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &a, NULL);
	/* Not where it is ignored, as by nohup(1). What is traced is of one version. */
	a.sa_handler = on_hangup;
	if (!o->trace && sigaction(SIGHUP, NULL, &was) == 0 && was.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &a, NULL);
}

static void release_signals(void)
{
	struct sigaction hup;

	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	if (sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler == on_hangup)
		signal(SIGHUP, SIG_DFL);
}

/* ---- running ---- */

static bool prepare_all(const struct run_options *o)
{
	for (int i = 0; i < o->nprograms; i++) {
		struct program *p = &o->programs[i];
		int err = program_prepare(p);

		program_show_log(p->r, err != 0);
		if (err) {
			fprintf(stderr, "ringlet: %s\n", ringlet_error(p->r));
			return false;
		}
	}
	return true;
}

/* The terminal that the command had is gone, and the shell says so: then it ends. Else new versions are there
 * to be run. Where one is refused the others stay too, as far as they are the old ones. */
static void hang_up(const struct run_options *o, bool had_terminal)
{
	if (had_terminal && !has_terminal()) {
		interrupted = SIGHUP;
		stop_all(o);
		return;
	}
	for (int i = 0; !interrupted && i < o->nprograms; i++)
		if (!program_renew(&o->programs[i], o))
			break;
}

/* Until all have ended. */
static void attend(const struct run_options *o, bool had_terminal)
{
	bool stopped = false;

	for (;;) {
		bool failed = false, all = true;

		for (int i = 0; i < o->nprograms; i++) {
			bool ended = __atomic_load_n(&o->programs[i].ended, __ATOMIC_ACQUIRE);

			failed = failed || (ended && o->programs[i].result);
			all = all && ended;
		}
		if (all)
			return;
		/* The others may wait for it. */
		if (failed && !stopped)
			stop_all(o);
		stopped = stopped || failed;
		while (sem_wait(&told) != 0)
			;
		if (hung_up) {
			hung_up = 0;
			hang_up(o, had_terminal);
		}
	}
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

static int report(const struct run_options *o)
{
	bool stopped = interrupted, failed = false;

	for (int i = 0; i < o->nprograms; i++)
		failed = failed || o->programs[i].result;
	stopped = stopped || (failed && o->nprograms > 1);

	for (int i = 0; i < o->nprograms; i++) {
		const struct program *p = &o->programs[i];

		if (!o->quiet)
			program_show_lost(p->r);
		if (o->stats)
			show_stats(p);
		if (p->result && !(stopped && p->result == -ECANCELED))
			fprintf(stderr, "%s%s\n",
				ringlet_failure(p->r) ? "" : "ringlet: ", ringlet_error(p->r));
		failed = failed || !events_were_right(p->events);
	}
	for (int i = 0; i < o->nshows; i++)
		show_value(&o->shows[i]);
	if (o->tracer)
		tracer_report(o->tracer);
	failed = !output_is_written() || failed;
	if (interrupted)
		return EXIT_SIGNAL + interrupted;
	return failed ? EXIT_FAILED : EXIT_OK;
}

static int run_all(const struct run_options *o)
{
	bool had_terminal = has_terminal();
	int status = EXIT_FAILED;

	catch_signals(o);
	if (prepare_all(o)) {
		running = o;
		if (program_start(o->programs, o->nprograms)) {
			attend(o, had_terminal);
			for (int i = 0; i < o->nprograms; i++)
				program_join(&o->programs[i]);
			status = report(o);
		}
	}
	/* Programs may be closing with requests in flight: a signal now has its default effect. */
	release_signals();
	return status;
}

/* ---- before it ---- */

static int open_all(struct run_options *o)
{
	int status = EXIT_OK;

	sem_init(&told, 0, 0);
	if (!o->quiet)
		o->lib.log = ticker_log;
	for (int i = 0; i < o->nprograms; i++) {
		program_init(&o->programs[i], o, &told);
		o->programs[i].r = program_open(&o->programs[i], o);
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
			right = (o->shows[k].program != p || show_check(&o->shows[k], p->r)) && right;
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
	bool opened;

	if (!status && o.trace && !o.help) {
		o.tracer = tracer_open(&o);
		status = o.tracer ? EXIT_OK : EXIT_FAILED;
	}
	opened = !status;
	if (opened)
		status = open_all(&o);
	if (!status && o.help) {
		for (int i = 0; i < o.nprograms; i++)
			parameters_list(&o.programs[i], stdout);
	} else if (!status) {
		status = set_all(&o);
		if (!status)
			status = run_all(&o);
	}
	for (int i = 0; opened && i < o.nprograms; i++) {
		events_free(o.programs[i].events);
		program_destroy(&o.programs[i]);
	}
	if (!tracer_close(o.tracer) && !status)
		status = EXIT_FAILED;
	options_free(&o);
	return status;
}
