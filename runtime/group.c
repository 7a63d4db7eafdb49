/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* group.c: one script on several rings, each with a thread on a processor of its own. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

struct ringlet_group {
	unsigned n;
	bool started;
	struct ringlet *failed; /* the first to fail: to be loaded, or to run */
	struct ringlet *of[];
};

/* The i-th of the processors that this thread may run on, in turn; -1: they are not known. */
static int processor(unsigned i)
{
	cpu_set_t may;
	int n;

	if (sched_getaffinity(0, sizeof(may), &may) != 0 || (n = CPU_COUNT(&may)) == 0)
		return -1;
	i %= (unsigned)n;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET((size_t)cpu, &may) && i-- == 0)
			return cpu;
	return -1;
}

static unsigned processors(void)
{
	cpu_set_t may;

	return sched_getaffinity(0, sizeof(may), &may) == 0 ? (unsigned)CPU_COUNT(&may) : 1;
}

struct ringlet_group *ringlet_group_open(const char *path, unsigned n, const struct ringlet_opts *opts)
{
	struct ringlet_opts o = {.size = sizeof(o)};
	struct ringlet_group *g;

	if (opts)
		memcpy(&o, opts, opts->size < sizeof(o) ? opts->size : sizeof(o));
	o.reuse_port = true;
	n = n ? n : processors();
	if (n > RINGLET_GROUP_MAX) {
		errno = EINVAL;
		return NULL;
	}
	g = calloc(1, sizeof(*g) + n * sizeof(g->of[0]));
	if (!g)
		return NULL; /* errno is ENOMEM */
	for (; g->n < n; g->n++) {
		g->of[g->n] = ringlet_open(path, opts && opts->size < sizeof(size_t) ? opts : &o);
		if (!g->of[g->n]) {
			int err = errno;

			ringlet_group_close(g);
			errno = err;
			return NULL;
		}
	}
	return g;
}

unsigned ringlet_group_size(const struct ringlet_group *g)
{
	return g->n;
}

struct ringlet *ringlet_group_at(struct ringlet_group *g, unsigned i)
{
	return i < g->n ? g->of[i] : NULL;
}

int ringlet_group_start(struct ringlet_group *g)
{
	int err = 0;
	unsigned i;

	if (g->started)
		return -EALREADY;
	g->failed = NULL;
	for (i = 0; !err && i < g->n; i++)
		err = rl_thread_load(g->of[i], processor(i), g);
	if (err) {
		g->failed = g->of[--i];
		while (i-- > 0)
			rl_thread_unload(g->of[i]);
		return err;
	}
	g->started = true;
	for (i = 0; i < g->n; i++)
		rl_thread_go(g->of[i]);
	return 0;
}

void rl_group_failed(struct ringlet_group *g, struct ringlet *r)
{
	struct ringlet *none = NULL;

	if (!__atomic_compare_exchange_n(&g->failed, &none, r, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return;
	for (unsigned i = 0; i < g->n; i++)
		if (g->of[i] != r)
			rl_stop(g->of[i]);
}

/* All are loaded before the first takes over. */
static int load_heirs(struct ringlet_group *old, struct ringlet_group *g)
{
	int err = 0;
	unsigned i;

	g->failed = NULL;
	for (i = 0; !err && i < g->n; i++)
		err = rl_replace_load(old->of[i], g->of[i], processor(i), g);
	if (!err)
		return 0;
	g->failed = g->of[--i];
	while (i-- > 0)
		rl_replace_unload(g->of[i]);
	return err;
}

int ringlet_group_replace(struct ringlet_group *old, struct ringlet_group *g, int timeout_ms)
{
	int cancel, err;

	if (g->started || old == g)
		return -EALREADY;
	if (!old->started || old->n != g->n)
		return -EINVAL;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	err = load_heirs(old, g);
	for (unsigned i = 0; !err && i < g->n; i++)
		rl_replace_go(old->of[i], g->of[i], timeout_ms);
	g->started = !err;
	pthread_setcancelstate(cancel, NULL);
	return err;
}

int ringlet_group_join(struct ringlet_group *g, int timeout_ms)
{
	struct timespec end = rl_deadline(timeout_ms);
	int ret;

	if (!g->started)
		return -EINVAL;
	for (unsigned i = 0; i < g->n; i++) {
		ret = rl_thread_join(g->of[i], timeout_ms < 0 ? NULL : &end);
		if (ret == 1 || ret == -EEXIST)
			return ret;
	}
	return g->failed ? rl_thread_join(g->failed, NULL) : 0;
}

int ringlet_group_stop(struct ringlet_group *g)
{
	int ret = 0;

	for (unsigned i = 0; i < g->n; i++)
		ret = ringlet_stop(g->of[i]);
	return ret;
}

int ringlet_group_stats(struct ringlet_group *g, struct ringlet_stats *st)
{
	struct ringlet_stats sum = {.size = sizeof(sum)}, one = sum;

	if (st->size < sizeof(size_t))
		return -EINVAL;
	for (unsigned i = 0; i < g->n; i++) {
		int err = ringlet_stats(g->of[i], &one);

		if (err)
			return err;
		sum.run_ns += one.run_ns;
		sum.submitted += one.submitted;
		sum.completed += one.completed;
		sum.enters += one.enters;
		sum.logs += one.logs;
		sum.log_lost += one.log_lost;
	}
	sum.size = st->size < sizeof(sum) ? st->size : sizeof(sum);
	memcpy(st, &sum, sum.size);
	return 0;
}

const char *ringlet_group_error(struct ringlet_group *g)
{
	struct ringlet *failed = __atomic_load_n(&g->failed, __ATOMIC_ACQUIRE);

	return failed ? ringlet_error(failed) : "";
}

/* All have ended before the first is closed: one that fails stops the others. */
void ringlet_group_close(struct ringlet_group *g)
{
	if (!g)
		return;
	for (unsigned i = 0; i < g->n; i++)
		if (g->of[i]->started && !rl_forked(g->of[i]))
			rl_thread_end(g->of[i]);
	for (unsigned i = 0; i < g->n; i++)
		ringlet_close(g->of[i]);
	free(g);
}
