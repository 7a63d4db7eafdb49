/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * replace.c: one program takes over from another while the application goes on.
 *
 * All that can fail comes first: the new one is checked against the old and loaded, while that still runs.
 * Then the old one is stopped, and from there on nothing can fail: what it has is copied and moved when it
 * has ended and nothing of it is in flight, and the new one starts. A program that the caller's thread runs
 * is run to its end here, and the new one is that thread's to run.
 *
 * Threads of the application that know the old one only are never told that it has ended: while it is
 * `leaving` its end is not one for queues, and then `heir` says where they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"
#include "ring.h"

/* ---- queues ---- */

static const struct rl_queues *same_queues(const struct ringlet *r, const struct rl_queues *d)
{
	return d->kind == RL_QUEUE_PRIVATE ? NULL : rl_queue_find(r, d->name, d->kind);
}

static int check_queues(struct ringlet *old, struct ringlet *r)
{
	for (uint32_t i = 0; i < old->object.nqueues; i++) {
		const struct rl_queues *was = &old->object.queues[i], *is = same_queues(r, was);

		if (is && (is->n < was->n || is->capacity < was->capacity))
			return rl_error(r, EINVAL,
				"queue `%s`: %u of %u, and %u of %u before: what is in them may not fit",
				is->name, is->n, is->capacity, was->n, was->capacity);
	}
	return 0;
}

/* `to` is empty: nobody could append to it. */
static void move_entries(struct rl_queue *from, const struct rl_queues *of_from, struct rl_queue *to,
	const struct rl_queues *of_to)
{
	uint32_t head = from->head, n = from->tail - head;

	for (uint32_t i = 0; i < n; i++)
		*rl_queue_entry(to, of_to, to->tail + i) = *rl_queue_entry(from, of_from, head + i);
	rl_store_release(&to->tail, to->tail + n);
	rl_store_release(&from->head, head + n);
}

/* What the host polls stays what it is: both have the one eventfd, and the heir its number. */
static void share_event_fd(struct ringlet *old, struct ringlet *r)
{
	int number = old->event_fd;

	if (number < 0 || r->event_fd < 0 || dup3(number, r->event_fd, O_CLOEXEC) < 0)
		return;
	__atomic_store_n(&old->event_fd, r->event_fd, __ATOMIC_RELAXED);
	__atomic_store_n(&r->event_fd, number, __ATOMIC_RELAXED);
	r->event_fd_watched = old->event_fd_watched;
	r->event_fd_readable = old->event_fd_readable;
	old->event_fd_watched = false;
}

static void pass_queues(struct ringlet *old, struct ringlet *r)
{
	pthread_mutex_lock(&old->event_lock);
	pthread_mutex_lock(&r->event_lock);
	pthread_mutex_lock(&old->post_lock);
	pthread_mutex_lock(&r->post_lock);
	for (uint32_t i = 0; i < old->object.nqueues; i++) {
		const struct rl_queues *was = &old->object.queues[i], *is = same_queues(r, was);

		for (uint32_t k = 0; is && k < was->n; k++)
			move_entries(rl_queue_at(old, was, k), was, rl_queue_at(r, is, k), is);
	}
	share_event_fd(old, r);
	r->forebear = old;
	__atomic_store_n(&old->heir, r, __ATOMIC_SEQ_CST);
	__atomic_store_n(&old->leaving, false, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&old->room);
	pthread_mutex_unlock(&r->post_lock);
	pthread_mutex_unlock(&old->post_lock);
	rl_connections_pass(old, r);
	pthread_mutex_unlock(&r->event_lock);
	pthread_mutex_unlock(&old->event_lock);
	/* Who waits at the old one goes on to the heir; who polls looks what there is. */
	rl_events_tell(old);
	if (r->event_fd >= 0) {
		rl_event_rings_announce(r);
		rl_events_tell(r);
	}
}

/* ---- all ---- */

/* It has ended, and the caller knows it: it may have been stopped for that. */
static bool is_over(const struct ringlet *old)
{
	return !old->started && old->ended;
}

static int check(struct ringlet *old, struct ringlet *r, const struct ringlet_group *group)
{
	int err;

	if (old == r || r->engine || r->started || r->heir)
		return rl_error(r, EALREADY, "the program that is to take over is loaded already");
	if (!old->engine)
		return rl_error(r, EINVAL, "the program that is to be replaced is not loaded");
	if (rl_forked(old))
		return rl_error(r, EEXIST, "the program that is to be replaced is another process's");
	if (!old->started && rl_ring_owner(old) != RL_OWNER_ME)
		return rl_error(r, EINVAL,
			"the program that is to be replaced belongs to the thread that called ringlet_load");
	if (rl_thread_waits(old))
		return rl_error(r, EINVAL, "the program that is to be replaced is not started");
	if (old->started && rl_thread_is_of_group(old) && !group)
		return rl_error(r, EINVAL, "a program of a group is replaced with the others of it");
	if (old->heir)
		return rl_error(r, EALREADY, "the program has been replaced already");
	if (!is_over(old) && __atomic_load_n(&old->stops, __ATOMIC_SEQ_CST))
		return rl_error(r, ECANCELED, "the program that is to be replaced was stopped");
	err = rl_inherit_check_shared(r, old);
	if (!err)
		err = check_queues(old, r);
	return err ? err : rl_connections_check_heir(old, r);
}

int rl_replace_load(struct ringlet *old, struct ringlet *r, int cpu, struct ringlet_group *group)
{
	bool has_rings = r->event_rings;
	int err = check(old, r, group);

	if (err)
		return err;
	err = rl_event_rings_copy(r, old);
	if (err)
		rl_error(r, -err, "the io_uring that events are announced in: %s", strerror(-err));
	if (!err)
		err = rl_inherit(r, old);
	if (!err)
		err = old->started ? rl_thread_load(r, cpu, group) : ringlet_load(r);
	if (!err)
		return 0;
	rl_disinherit(r);
	if (!has_rings)
		rl_event_rings_free(r);
	return err;
}

void rl_replace_unload(struct ringlet *r)
{
	rl_thread_unload(r);
	rl_disinherit(r);
}

/* ---- the end of the old one: its tasks leave through their defers, but for no longer than that ---- */

static void end_started(struct ringlet *old, int timeout_ms)
{
	struct timespec until = rl_deadline(timeout_ms);

	rl_stop(old);
	if (rl_thread_join(old, timeout_ms < 0 ? NULL : &until) == 1) {
		rl_stop(old);
		rl_thread_join(old, NULL);
	}
	rl_thread_settle(old);
}

struct alarm {
	struct ringlet *r;
	struct timespec until;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool over;
};

static void *ring_alarm(void *arg)
{
	struct alarm *a = arg;
	int err = 0;

	pthread_mutex_lock(&a->lock);
	while (!a->over && !err)
		err = pthread_cond_timedwait(&a->change, &a->lock, &a->until);
	pthread_mutex_unlock(&a->lock);
	if (err)
		rl_stop(a->r);
	return NULL;
}

static void run_to_its_end(struct ringlet *old)
{
	while (ringlet_run(old) == 1)
		;
}

/* This thread runs it, so another one looks at the clock. */
static void end_within(struct ringlet *old, int timeout_ms)
{
	struct alarm a = {
		old, rl_deadline(timeout_ms), PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
	pthread_t id;

	rl_cond_init(&a.change);
	if (timeout_ms == 0 || rl_thread_create(&id, NULL, ring_alarm, &a)) { /* at once, rather than never */
		rl_stop(old);
		run_to_its_end(old);
	} else {
		run_to_its_end(old);
		pthread_mutex_lock(&a.lock);
		a.over = true;
		pthread_cond_signal(&a.change);
		pthread_mutex_unlock(&a.lock);
		pthread_join(id, NULL);
	}
	pthread_cond_destroy(&a.change);
}

static void end_own(struct ringlet *old, int timeout_ms)
{
	if (old->ended) {
		__atomic_store_n(&old->stops, 0, __ATOMIC_SEQ_CST);
	} else {
		rl_stop(old);
		if (timeout_ms < 0)
			run_to_its_end(old);
		else
			end_within(old, timeout_ms);
	}
	old->region.in_use |= old->engine->settle(old) != 0;
}

static void end(struct ringlet *old, int timeout_ms)
{
	__atomic_store_n(&old->leaving, true, __ATOMIC_SEQ_CST);
	if (old->started)
		end_started(old, timeout_ms);
	else
		end_own(old, timeout_ms);
	rl_connections_end(old); /* again, where it had ended before */
}

void rl_replace_go(struct ringlet *old, struct ringlet *r, int timeout_ms)
{
	end(old, timeout_ms);
	rl_inherit_shared(r, old);
	pass_queues(old, r);
	/* Whoever stops from here on stops the heir. */
	if (__atomic_exchange_n(&old->stops, 0, __ATOMIC_SEQ_CST))
		ringlet_stop(r);
	if (r->started)
		rl_thread_go(r);
}

void rl_replace_leave(struct ringlet *r)
{
	if (r->forebear)
		__atomic_store_n(&r->forebear->heir, r->heir, __ATOMIC_SEQ_CST);
	if (r->heir)
		r->heir->forebear = r->forebear;
}

int ringlet_replace(struct ringlet *old, struct ringlet *r, int timeout_ms)
{
	int cancel, err;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	err = rl_replace_load(old, r, -1, NULL);
	if (!err)
		rl_replace_go(old, r, timeout_ms);
	pthread_setcancelstate(cancel, NULL);
	return err;
}
