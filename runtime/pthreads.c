/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* pthreads.c: threads of the library's, and waiting for them by CLOCK_MONOTONIC. */
#include <signal.h>

#include "internal.h"

void rl_cond_init(pthread_cond_t *c)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(c, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

int rl_thread_create(pthread_t *id, const pthread_attr_t *attr, void *(*body)(void *), void *arg)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	err = pthread_create(id, attr, body, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}
