/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * thread.c: a thread of the library's that loads a program, runs it to its end and unloads it. It stays until
 * the program is closed, because only it may cancel what is in flight in its ring, and wait for that.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine.h"

enum stage { LOADING, LOADED, RUNNING, ENDED };

struct rl_thread {
	pthread_t id;
	pthread_mutex_t lock;
	pthread_cond_t change;
	enum stage stage;
	bool goes;                   /* what is loaded is to run */
	bool settles, settled;       /* what it has in flight is to be taken back; it is */
	bool closes;                 /* it is to be unloaded, and the thread ends */
	int result;                  /* of ringlet_load, then of ringlet_run */
	struct ringlet_group *group; /* that it belongs to, or NULL */
};

static void enter(struct rl_thread *t, enum stage stage, int result)
{
	pthread_mutex_lock(&t->lock);
	t->stage = stage;
	t->result = result;
	pthread_cond_broadcast(&t->change);
	pthread_mutex_unlock(&t->lock);
}

/* One of the two; it is said once. */
static void wait_for(struct rl_thread *t, const bool *one, const bool *other)
{
	pthread_mutex_lock(&t->lock);
	while (!*one && !*other)
		pthread_cond_wait(&t->change, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

static void say(struct rl_thread *t, bool *what)
{
	pthread_mutex_lock(&t->lock);
	*what = true;
	pthread_cond_broadcast(&t->change);
	pthread_mutex_unlock(&t->lock);
}

static void run(struct ringlet *r)
{
	struct rl_thread *t = r->started;
	int err;

	enter(t, RUNNING, 0);
	do
		err = ringlet_run(r);
	while (err == 1); /* `yield`: nobody else has this thread */
	if (err && t->group && !rl_is_leaving(r))
		rl_group_failed(t->group, r);
	enter(t, ENDED, err);
	wait_for(t, &t->settles, &t->closes);
	if (!t->settles)
		return;
	r->region.in_use |= r->engine->settle(r) != 0;
	say(t, &t->settled);
	wait_for(t, &t->closes, &t->closes);
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
	enter(t, LOADED, 0);
	wait_for(t, &t->goes, &t->closes);
	if (t->goes)
		run(r);
	else
		rl_params_unmake(r); /* another could not be loaded */
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

static int create(struct ringlet *r, int cpu)
{
	pthread_attr_t attr;
	cpu_set_t one;
	int err = 0;

	pthread_attr_init(&attr);
	if (cpu >= 0) {
		CPU_ZERO(&one);
		CPU_SET((size_t)cpu, &one);
		err = pthread_attr_setaffinity_np(&attr, sizeof(one), &one);
	}
	if (!err)
		err = rl_thread_create(&r->started->id, &attr, live, r);
	pthread_attr_destroy(&attr);
	return err;
}

int rl_thread_load(struct ringlet *r, int cpu, struct ringlet_group *group)
{
	struct rl_thread *t;
	int err;

	if (r->engine || r->started)
		return rl_error(r, EALREADY, "the program is loaded already");
	t = r->started = calloc(1, sizeof(*t));
	if (!t)
		return rl_error(r, ENOMEM, "out of memory");
	pthread_mutex_init(&t->lock, NULL);
	rl_cond_init(&t->change);
	t->group = group;
	err = create(r, cpu);
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

void rl_thread_go(struct ringlet *r)
{
	say(r->started, &r->started->goes);
}

bool rl_thread_waits(const struct ringlet *r)
{
	struct rl_thread *t = r->started;
	bool goes;

	if (!t || rl_forked(r))
		return false;
	pthread_mutex_lock(&t->lock);
	goes = t->goes;
	pthread_mutex_unlock(&t->lock);
	return !goes;
}

int ringlet_prepare(struct ringlet *r)
{
	return rl_thread_load(r, -1, NULL);
}

int ringlet_start(struct ringlet *r)
{
	int err = rl_thread_waits(r) ? 0 : ringlet_prepare(r);

	if (!err)
		rl_thread_go(r);
	return err;
}

static void unlock(void *lock)
{
	pthread_mutex_unlock(lock);
}

int rl_thread_join(struct ringlet *r, const struct timespec *end)
{
	struct rl_thread *t = r->started;
	volatile int ret = 1; /* pthread_cleanup_push is a setjmp */
	int err = 0;

	if (!t || rl_thread_waits(r))
		return -EINVAL;
	if (rl_forked(r))
		return -EEXIST;
	pthread_mutex_lock(&t->lock);
	pthread_cleanup_push(unlock, &t->lock);
	while (t->stage != ENDED && err != ETIMEDOUT)
		err = end ? pthread_cond_timedwait(&t->change, &t->lock, end)
			  : pthread_cond_wait(&t->change, &t->lock);
	if (t->stage == ENDED)
		ret = t->result;
	pthread_cleanup_pop(1);
	return ret;
}

int ringlet_join(struct ringlet *r, int timeout_ms)
{
	struct timespec end = rl_deadline(timeout_ms);

	return rl_thread_join(r, timeout_ms < 0 ? NULL : &end);
}

bool rl_thread_is_of_group(const struct ringlet *r)
{
	return r->started->group;
}

void rl_thread_settle(struct ringlet *r)
{
	struct rl_thread *t = r->started;

	say(t, &t->settles);
	wait_for(t, &t->settled, &t->settled);
}

void rl_thread_end(struct ringlet *r)
{
	rl_stop(r);
	rl_stop(r);
	rl_thread_join(r, NULL);
}

void rl_thread_unload(struct ringlet *r)
{
	struct rl_thread *t = r->started;

	say(t, &t->closes);
	pthread_join(t->id, NULL);
	drop(r);
}
