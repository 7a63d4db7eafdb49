/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runner.h: a program in a thread of the test's. */
#ifndef RUNNER_H
#define RUNNER_H

#include <pthread.h>
#include <sched.h>

#include "runtime_test.h"

struct runner {
	struct ringlet *r;
	int loaded, result;
	pthread_t thread;
};

static inline void *load_and_run(void *arg)
{
	struct runner *u = arg;

	ck_assert_msg(ringlet_load(u->r) == 0, "%s\n%s", ringlet_error(u->r), ringlet_load_log(u->r));
	__atomic_store_n(&u->loaded, 1, __ATOMIC_RELEASE);
	u->result = ringlet_run(u->r);
	return NULL;
}

static inline void begin(struct runner *u)
{
	ck_assert_int_eq(pthread_create(&u->thread, NULL, load_and_run, u), 0);
	while (!__atomic_load_n(&u->loaded, __ATOMIC_ACQUIRE))
		sched_yield();
}

static inline void joined(struct runner *u, int result)
{
	pthread_join(u->thread, NULL);
	ck_assert_msg(u->result == result, "%d, not %d: %s", u->result, result, ringlet_error(u->r));
}

#endif
