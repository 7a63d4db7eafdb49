/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * program.c: a program of `ringlet run` while it runs, which it does in a thread of the library's. A thread
 * here waits for its end, and shows what it says meanwhile.
 *
 * The command's own thread may have a new version take over. Others hold the program while they use it, so
 * that the old version is closed when none does.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* How much of the verifier's log is shown: its end says what it refused. */
#define LOG_LINES 40

/* For tasks of a version to leave when another takes over. */
#define PATIENCE_MS 5000

/* ---- holding ---- */

void program_init(struct program *p, const struct run_options *o, sem_t *told)
{
	pthread_rwlockattr_t attr;

	p->core = o->core;
	p->ticks = !o->quiet;
	p->progress = o->nprograms == 1; /* one line has room for one bar */
	p->told = told;
	pthread_rwlockattr_init(&attr);
	/* Or who changes it would wait for as long as there are always some who use it. */
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&p->lock, &attr);
	pthread_rwlockattr_destroy(&attr);
	pthread_mutex_init(&p->change, NULL);
}

void program_destroy(struct program *p)
{
	ringlet_close(p->r);
	pthread_rwlock_destroy(&p->lock);
	pthread_mutex_destroy(&p->change);
}

struct ringlet *program_hold(struct program *p)
{
	pthread_rwlock_rdlock(&p->lock);
	return p->r;
}

void program_release(struct program *p)
{
	pthread_rwlock_unlock(&p->lock);
}

/* ---- what is said ---- */

void program_show_log(struct ringlet *r, bool failed)
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

/* Who reads messages should know that some are not there. */
void program_show_lost(struct ringlet *r)
{
	struct ringlet_stats st = {.size = sizeof(st)};

	if (ringlet_stats(r, &st) == 0 && st.log_lost)
		fprintf(stderr, "ringlet: %" PRIu64 " messages lost: more at once than there is room for\n",
			st.log_lost);
}

/* ---- cores ---- */

/* Of several programs each has its own: FILE.2. */
static void core_path(const struct program *p, char *path, size_t size)
{
	if (*p->prefix)
		snprintf(path, size, "%s.%d", p->core, atoi(p->prefix));
	else
		snprintf(path, size, "%s", p->core);
}

static void save_core(void *arg, struct ringlet *r)
{
	struct program *p = arg;
	bool leaves = program_hold(p) == r && __atomic_load_n(&p->leaves, __ATOMIC_ACQUIRE);
	char path[PATH_MAX];
	int fd, err;

	program_release(p);
	if (leaves) /* which is no failure */
		return;
	core_path(p, path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	err = fd < 0 ? -errno : ringlet_save(r, fd);
	if (fd >= 0 && close(fd) != 0 && !err)
		err = -errno;
	if (err)
		fprintf(stderr, "ringlet: %s: %s\n", path, strerror(-err));
	else
		fprintf(stderr, "ringlet: it is saved in %s\n", path);
}

/* ---- its versions ---- */

struct ringlet *program_open(struct program *p, const struct run_options *o)
{
	struct ringlet_opts lib = o->lib;

	if (p->core) {
		lib.failed = save_core;
		lib.failed_arg = p;
	}
	return ringlet_open(p->path, &lib);
}

/* The library's thread is made where this one may run. Where that is forbidden it runs anywhere. */
static int on_its_processor(const struct program *p, int (*make)(void *), void *arg)
{
	cpu_set_t all, one;
	bool moved = p->cpu >= 0 && sched_getaffinity(0, sizeof(all), &all) == 0;
	int err;

	if (moved) {
		CPU_ZERO(&one);
		CPU_SET((size_t)p->cpu, &one);
		moved = sched_setaffinity(0, sizeof(one), &one) == 0;
	}
	err = make(arg);
	if (moved)
		sched_setaffinity(0, sizeof(all), &all);
	return err;
}

static int prepare(void *r)
{
	return ringlet_prepare(r);
}

int program_prepare(struct program *p)
{
	return on_its_processor(p, prepare, p->r);
}

struct renewal {
	struct ringlet *old, *r;
};

static int replace(void *arg)
{
	struct renewal *n = arg;

	return ringlet_replace(n->old, n->r, PATIENCE_MS);
}

/* What the command line asks for beside parameters has to be there still. */
static bool has_names(const struct program *p, const struct run_options *o, struct ringlet *r)
{
	bool ok = events_check(p, o, r);

	for (int i = 0; i < o->nshows; i++)
		ok = (o->shows[i].program != p || show_check(&o->shows[i], r)) && ok;
	return ok;
}

static bool renew(struct program *p, const struct run_options *o)
{
	struct renewal n = {p->r, program_open(p, o)};
	const char *why = n.r ? "" : ringlet_error(NULL);
	bool ok = n.r && has_names(p, o, n.r);

	if (ok) {
		__atomic_store_n(&p->leaves, true, __ATOMIC_RELEASE);
		ok = on_its_processor(p, replace, &n) == 0;
		why = ok ? "" : ringlet_error(n.r);
		program_show_log(n.r, !ok);
	}
	if (ok) {
		pthread_rwlock_wrlock(&p->lock);
		p->r = n.r;
		pthread_rwlock_unlock(&p->lock);
		if (p->ticks)
			program_show_lost(n.old);
	}
	__atomic_store_n(&p->leaves, false, __ATOMIC_RELEASE);
	ticker_hold();
	fprintf(stderr, "ringlet: %s%s%s: %s%s%s\n", p->prefix, *p->prefix ? " " : "", p->path,
		ok ? "a new version has taken over" : "the old version goes on", *why ? ": " : "", why);
	ticker_release();
	ringlet_close(ok ? n.old : n.r);
	return ok;
}

bool program_renew(struct program *p, const struct run_options *o)
{
	bool ok;

	pthread_mutex_lock(&p->change);
	ok = p->ended || renew(p, o);
	pthread_mutex_unlock(&p->change);
	return ok;
}

/* ---- its end ---- */

/* Unless that was the end of a version only. */
static bool has_ended(struct program *p, const struct ringlet *r, int result)
{
	bool ended;

	pthread_mutex_lock(&p->change);
	ended = p->r == r;
	p->result = result;
	__atomic_store_n(&p->ended, ended, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&p->change);
	return ended;
}

static void *follow(void *arg)
{
	struct program *p = arg;
	struct ticker ticker;
	struct ringlet *r;
	int result;

	ticker_begin(&ticker, p->progress);
	do {
		r = program_hold(p);
		result = ringlet_join(r, p->ticks ? TICK_MS : -1);
		if (result == 1)
			ticker_tick(&ticker, r);
		program_release(p);
	} while (result == 1 || !has_ended(p, r, result));
	if (p->ticks)
		ticker_end(&ticker, r);
	if (p->events)
		events_stop(p->events);
	sem_post(p->told);
	return NULL;
}

static bool create(struct program *p)
{
	int err = pthread_create(&p->thread, NULL, follow, p);

	if (err)
		fprintf(stderr, "ringlet: pthread_create: %s\n", strerror(err));
	return err == 0;
}

static bool start(struct program *all, int n)
{
	int made = 0;
	bool ok = true;

	for (int i = 0; ok && i < n; i++)
		ok = !all[i].events || events_start(all[i].events);
	/* What follows a program waits until it is known whether it runs. */
	for (int i = 0; ok && i < n; i++) {
		pthread_rwlock_wrlock(&all[i].lock);
		ok = create(&all[i]);
		made += ok;
		if (!ok)
			pthread_rwlock_unlock(&all[i].lock);
	}
	for (int i = 0; i < made; i++) {
		if (ok)
			ringlet_start(all[i].r); /* cannot fail: it is prepared */
		pthread_rwlock_unlock(&all[i].lock);
	}
	for (int i = 0; !ok && i < n; i++) {
		if (i < made)
			program_join(&all[i]);
		else if (all[i].events)
			events_stop(all[i].events);
	}
	return ok;
}

bool program_start(struct program *all, int n)
{
	sigset_t every, old;
	bool ok;

	/* Signals are for the command's own thread. */
	sigfillset(&every);
	pthread_sigmask(SIG_BLOCK, &every, &old);
	ok = start(all, n);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ok;
}

void program_join(struct program *p)
{
	pthread_join(p->thread, NULL);
}
