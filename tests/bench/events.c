/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * events ENGINE OBJECT EACH [THREADS]: THREADS threads (else 8) post EACH numbers each to answer.rlt, as fast
 * as it takes them, and one takes the answers. Fails where one is lost, doubled, or before its turn: those of
 * a thread come in the order in which it posted them. With BENCH=1 says how long it took.
 */
#include <pthread.h>

#include "ringlet.h"

#include "bench.h"

#define THREADS 64

struct poster {
	struct ringlet *r;
	uint64_t id;
	int32_t each;
	int32_t answered; /* the last one's number */
	pthread_t thread;
};

static void *post_all(void *arg)
{
	struct poster *p = arg;

	for (int32_t i = 1; i <= p->each; i++) {
		int err = ringlet_post_wait(p->r, "posts", 0, p->id, i, -1);

		if (err)
			die(err, "post %d of thread %llu", i, (unsigned long long)p->id);
	}
	return NULL;
}

static void take_all(struct ringlet *r, struct poster *posters, unsigned threads, uint64_t n, uint64_t *sum)
{
	for (uint64_t got = 0; got < n; got++) {
		struct ringlet_event e;
		struct poster *p;
		int err = ringlet_next_event(r, "answers", &e, -1);

		if (err)
			die(err, "answer %llu: %s", (unsigned long long)got, ringlet_error(r));
		if (e.user_data < 1 || e.user_data > threads)
			die(0, "an answer to thread %llu", (unsigned long long)e.user_data);
		p = &posters[e.user_data - 1];
		if (-e.res != p->answered + 1)
			die(0, "thread %llu: answer %d after %d", (unsigned long long)p->id, -e.res,
				p->answered);
		p->answered = -e.res;
		*sum += (uint64_t)-e.res;
	}
}

static uint64_t counted(struct ringlet *r, const char *name)
{
	return __atomic_load_n((uint64_t *)ringlet_shared(r, name, NULL), __ATOMIC_ACQUIRE);
}

int main(int argc, char **argv)
{
	struct ringlet_opts opts = {.size = sizeof(opts)};
	struct poster posters[THREADS];
	struct ringlet *r;
	struct ringlet_event e;
	uint64_t n, sum = 0, expected, start, end;
	unsigned each, threads = 8;

	if (argc != 4 && argc != 5)
		die(0, "usage: events ENGINE OBJECT EACH [THREADS]");
	opts.engine = strcmp(argv[1], "kernel") ? RINGLET_USER : RINGLET_KERNEL;
	each = bench_number(argv[3], 1, 100000000);
	if (argc == 5)
		threads = bench_number(argv[4], 1, THREADS);
	n = (uint64_t)threads * each;
	expected = (uint64_t)threads * each * (each + 1ull) / 2;
	r = ringlet_open(argv[2], &opts);
	if (!r || ringlet_start(r))
		die(0, "%s", ringlet_error(r));

	start = bench_now();
	for (unsigned i = 0; i < threads; i++) {
		posters[i] = (struct poster){.r = r, .id = i + 1, .each = (int32_t)each};
		if (pthread_create(&posters[i].thread, NULL, post_all, &posters[i]))
			die(0, "no thread");
	}
	take_all(r, posters, threads, n, &sum);
	end = bench_now();
	for (unsigned i = 0; i < threads; i++)
		pthread_join(posters[i].thread, NULL);

	if (ringlet_post_wait(r, "posts", 0, 0, 0, -1) || ringlet_join(r, -1))
		die(0, "the end: %s", ringlet_error(r));
	if (ringlet_next_event(r, NULL, &e, -1) != -ESHUTDOWN)
		die(0, "one answer too many");
	if (sum != expected || counted(r, "sum") != expected || counted(r, "answered") != n)
		die(0, "%llu answers of %llu, sums %llu and %llu, not %llu",
			(unsigned long long)counted(r, "answered"), (unsigned long long)n,
			(unsigned long long)counted(r, "sum"), (unsigned long long)sum,
			(unsigned long long)expected);
	ringlet_close(r);
	bench_report(start, end, n);
	return 0;
}
