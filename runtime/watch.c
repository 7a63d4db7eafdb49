/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * watch.c: a thread that looks whether a program still makes progress. Tasks can keep each other running for
 * ever without a request, and then the step neither sleeps nor ends.
 *
 * The step has no part in it: the thread reads the control block. Time is the processor time of the thread
 * that runs the program, without what the host has had of it: so a program that sleeps, or is stopped or
 * traced, is not late, and the step's time in the kernel counts. Where too much has gone by, the thread asks,
 * by `attention`; the step stops as soon as it is the ring's turn, and there is certainty, since by then the
 * step has said which completions it has taken.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"
#include "uring.h"

#define MS 1000000u

/* Any change of these is progress. */
struct marks {
	uint32_t submitted, unasked, taken;
	uint32_t written; /* requests that are not submitted yet */
	uint32_t host;    /* what was taken of queues that the host has a part in */
};

struct rl_watch {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool runs; /* the program does, not the host */
	bool ends;
	clockid_t clock;    /* of the thread that runs it; by that: */
	uint64_t left;      /* when it went to the host, */
	uint64_t elsewhere; /* how long it has been there in all, */
	uint64_t since;     /* and when progress was seen, without that */
	struct marks seen;
	bool fresh; /* what was seen no longer matters */
	bool asked;
};

static struct marks marks(struct ringlet *r)
{
	const struct rl_control *c = rl_control(r);
	struct marks m = {
		.submitted = __atomic_load_n(&c->submitted, __ATOMIC_RELAXED),
		.unasked = __atomic_load_n(&c->unasked, __ATOMIC_RELAXED),
		.taken = rl_load_acquire((uint32_t *)(r->image + r->object.image.ring + c->cq_head)),
		.written = __atomic_load_n(&c->sq_n, __ATOMIC_RELAXED),
	};

	for (uint32_t i = 0; i < r->object.nqueues; i++) {
		const struct rl_queues *d = &r->object.queues[i];

		for (uint32_t k = 0; d->kind != RL_QUEUE_PRIVATE && k < d->n; k++)
			m.host += rl_load_acquire(&rl_queue_at(r, d, k)->head);
	}
	return m;
}

static uint64_t clock_ns(const struct rl_watch *w)
{
	struct timespec t = {0};

	clock_gettime(w->clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* How long to wait until the next look, in ms. */
static int look(struct ringlet *r)
{
	struct rl_watch *w = r->watch;
	uint64_t limit = (uint64_t)r->watchdog_ms * MS, now = clock_ns(w) - w->elsewhere, next = limit / 2;
	struct marks m = marks(r);

	if (w->fresh || memcmp(&m, &w->seen, sizeof(m)) != 0) {
		w->fresh = false;
		w->seen = m;
		w->since = now;
	} else if (now - w->since >= limit) {
		w->since = now;
		/* In this order: rl_attend clears `attention` before it looks whether it was asked. */
		__atomic_store_n(&w->asked, true, __ATOMIC_SEQ_CST);
		__atomic_store_n(&rl_control(r)->attention, 1, __ATOMIC_SEQ_CST);
	} else if (limit - (now - w->since) < next) {
		next = limit - (now - w->since);
	}
	return (int)(next / MS) + 1;
}

static void *watch(void *arg)
{
	struct ringlet *r = arg;
	struct rl_watch *w = r->watch;
	struct timespec until;

	pthread_mutex_lock(&w->lock);
	while (!w->ends)
		if (w->runs) {
			until = rl_deadline(look(r));
			pthread_cond_timedwait(&w->change, &w->lock, &until);
		} else {
			pthread_cond_wait(&w->change, &w->lock);
		}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void drop(struct ringlet *r)
{
	free(r->watch);
	r->watch = NULL;
}

int rl_watch_open(struct ringlet *r)
{
	struct rl_watch *w;
	int err;

	if (!r->watchdog_ms)
		return 0;
	w = r->watch = calloc(1, sizeof(*w));
	if (!w)
		return rl_error(r, ENOMEM, "out of memory");
	pthread_mutex_init(&w->lock, NULL);
	rl_cond_init(&w->change);
	err = rl_thread_create(&w->thread, NULL, watch, r);
	if (err) {
		drop(r);
		return rl_error(r, err, "the watchdog's thread: %s", strerror(err));
	}
	return 0;
}

void rl_watch_close(struct ringlet *r)
{
	struct rl_watch *w = r->watch;

	if (!w)
		return;
	if (!rl_forked(r)) { /* else the thread is the parent's */
		pthread_mutex_lock(&w->lock);
		w->ends = true;
		pthread_cond_signal(&w->change);
		pthread_mutex_unlock(&w->lock);
		pthread_join(w->thread, NULL);
		pthread_mutex_destroy(&w->lock);
		pthread_cond_destroy(&w->change);
	}
	drop(r);
}

void rl_watch_enter(struct ringlet *r, bool fresh)
{
	struct rl_watch *w = r->watch;

	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	pthread_getcpuclockid(pthread_self(), &w->clock);
	w->elsewhere += clock_ns(w) - w->left;
	if (fresh) {
		w->fresh = true;
		__atomic_store_n(&w->asked, false, __ATOMIC_SEQ_CST); /* of what was before */
	}
	w->runs = true;
	pthread_cond_signal(&w->change);
	pthread_mutex_unlock(&w->lock);
}

void rl_watch_leave(struct ringlet *r)
{
	struct rl_watch *w = r->watch;

	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->left = clock_ns(w);
	w->runs = false;
	pthread_mutex_unlock(&w->lock);
}

bool rl_watch_stuck(struct ringlet *r)
{
	const struct rl_control *c = rl_control(r);
	struct rl_watch *w = r->watch;
	struct marks m;
	bool same;

	if (!w || !__atomic_exchange_n(&w->asked, false, __ATOMIC_SEQ_CST))
		return false;
	if (r->yielded && !r->started) /* the host is about to have control */
		return false;
	m = marks(r);
	pthread_mutex_lock(&w->lock);
	same = memcmp(&m, &w->seen, sizeof(m)) == 0;
	pthread_mutex_unlock(&w->lock);
	return same && c->ready_head != c->ready_tail;
}
