/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * commit OBJECT LOG THREADS EACH: threads that append records to a log by examples/commit.rlt. Each writes
 * its record to the memory that it shares with the script, posts the record's number, and sleeps until it is
 * on the disk. The script writes what has come, and one fsync is for all of that.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ringlet.h>

#define RECORD 256
#define SLOTS 1024 /* as in commit.rlt */

static struct ringlet *r;
static char (*record)[RECORD];
static struct slot {
	sem_t done;
	int res;
} slots[SLOTS];
static unsigned each;

/* A thread has one slot: it has one record on its way at a time. */
static void *writer(void *arg)
{
	unsigned slot = (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < each; i++) {
		snprintf(record[slot], RECORD, "record %u of thread %u", i, slot);
		if (ringlet_post_wait(r, "requests", 0, slot, 0, -1))
			return "the log was closed";
		while (sem_wait(&slots[slot].done))
			;
		if (slots[slot].res)
			return strerror(-slots[slot].res);
	}
	return NULL;
}

static void wake(uint64_t slot, int res)
{
	slots[slot].res = res;
	sem_post(&slots[slot].done);
}

/* Wakes whose record it is. When the program has ended, nobody is to wait any more: it may have failed. */
static void *answer(void *arg)
{
	struct ringlet_event e;

	while (ringlet_next_event(r, "done", &e, -1) == 0)
		wake(e.user_data, e.res);
	for (unsigned i = 0; i < SLOTS; i++)
		wake(i, -ESHUTDOWN);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t answerer, threads[SLOTS];
	unsigned n, failed = 0;
	void *why;
	int err;

	n = argc == 5 ? (unsigned)atoi(argv[3]) : 0;
	if (n < 1 || n > SLOTS) {
		fprintf(stderr, "usage: commit OBJECT LOG THREADS EACH, at most %u threads\n", SLOTS);
		return 2;
	}
	each = (unsigned)atoi(argv[4]);
	r = ringlet_open(argv[1], NULL);
	if (!r || ringlet_set_arg(r, "log_file", argv[2]) || ringlet_start(r)) {
		fprintf(stderr, "commit: %s\n", ringlet_error(r));
		return 1;
	}
	record = ringlet_shared(r, "record", NULL);
	for (unsigned i = 0; i < SLOTS; i++)
		sem_init(&slots[i].done, 0, 0);
	pthread_create(&answerer, NULL, answer, NULL);
	for (unsigned i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, writer, (void *)(uintptr_t)i);
	for (unsigned i = 0; i < n; i++) {
		pthread_join(threads[i], &why);
		if (why)
			fprintf(stderr, "commit: thread %u: %s\n", i, (const char *)why);
		failed += why != NULL;
	}
	ringlet_stop(r);
	err = ringlet_join(r, -1);
	if (err != -ECANCELED)
		fprintf(stderr, "commit: %s\n", ringlet_error(r));
	pthread_join(answerer, NULL);
	ringlet_close(r);
	if (!failed)
		printf("%u records\n", n * each);
	return failed || err != -ECANCELED;
}
