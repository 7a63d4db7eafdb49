/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * thread.c: a thread of the library's that loads a program, runs it to its end and unloads it. It stays until
 * the program is closed, because only it may cancel what is in flight in its ring, and wait for that.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

enum stage { LOADING, RUNNING, ENDED };

struct rl_thread {
	pthread_t id;
	pthread_mutex_t lock;
	pthread_cond_t change;
	enum stage stage;
	bool closes; /* by ringlet_close */
	int result;  /* of ringlet_load, then of ringlet_run */
};

static void enter(struct rl_thread *t, enum stage stage, int result)
{
	pthread_mutex_lock(&t->lock);
	t->stage = stage;
	t->result = result;
	pthread_cond_broadcast(&t->change);
	pthread_mutex_unlock(&t->lock);
}

static void *live(void *arg)
{
	struct ringlet *r = arg;
	struct rl_thread *t = r->started;
	int err = ringlet_load(r);

	if (err) {
		enter(t, ENDED, err);
		return NULL;
	}
	enter(t, RUNNING, 0);
	do
		err = ringlet_run(r);
	while (err == 1); /* `yield`: nobody else has this thread */
	enter(t, ENDED, err);
	pthread_mutex_lock(&t->lock);
	while (!t->closes)
		pthread_cond_wait(&t->change, &t->lock);
	pthread_mutex_unlock(&t->lock);
	rl_unload(r);
	return NULL;
}

static void drop(struct ringlet *r)
{
	pthread_mutex_destroy(&r->started->lock);
	pthread_cond_destroy(&r->started->change);
	free(r->started);
	r->started = NULL;
}

/* Signals are for the application's threads. */
static int create(struct ringlet *r)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	err = pthread_create(&r->started->id, NULL, live, r);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

int ringlet_start(struct ringlet *r)
{
	pthread_condattr_t monotonic;
	struct rl_thread *t;
	int err;

	if (r->engine || r->started)
		return rl_error(r, EALREADY, "the program is loaded already");
	t = r->started = calloc(1, sizeof(*t));
	if (!t)
		return rl_error(r, ENOMEM, "out of memory");
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&t->change, &monotonic);
	pthread_condattr_destroy(&monotonic);
	err = create(r);
	if (err) {
		drop(r);
		return rl_error(r, err, "pthread_create: %s", strerror(err));
	}
	pthread_mutex_lock(&t->lock);
	while (t->stage == LOADING)
		pthread_cond_wait(&t->change, &t->lock);
	err = r->engine ? 0 : t->result;
	pthread_mutex_unlock(&t->lock);
	if (err) {
		pthread_join(t->id, NULL);
		drop(r);
	}
	return err;
}

static void unlock(void *lock)
{
	pthread_mutex_unlock(lock);
}

int ringlet_join(struct ringlet *r, int timeout_ms)
{
	struct rl_thread *t = r->started;
	struct timespec end = rl_deadline(timeout_ms);
	volatile int ret = 1; /* pthread_cleanup_push is a setjmp */
	int err = 0;

	if (!t)
		return -EINVAL;
	if (rl_forked(r))
		return -EEXIST;
	pthread_mutex_lock(&t->lock);
	pthread_cleanup_push(unlock, &t->lock);
	while (t->stage != ENDED && err != ETIMEDOUT)
		err = timeout_ms < 0 ? pthread_cond_wait(&t->change, &t->lock)
				     : pthread_cond_timedwait(&t->change, &t->lock, &end);
	if (t->stage == ENDED)
		ret = t->result;
	pthread_cleanup_pop(1);
	return ret;
}

void rl_thread_end(struct ringlet *r)
{
	ringlet_stop(r);
	ringlet_stop(r);
	ringlet_join(r, -1);
}

void rl_thread_unload(struct ringlet *r)
{
	struct rl_thread *t = r->started;

	pthread_mutex_lock(&t->lock);
	t->closes = true;
	pthread_cond_broadcast(&t->change);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->id, NULL);
	drop(r);
}
