/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ticker.c: what is seen of a running program: messages at once, progress as a bar on a
 * terminal, as a line a second elsewhere.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

#define TICK_MS 100
#define BAR 30

struct ticker {
	struct ringlet *r;
	bool progress, terminal;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool end;
	unsigned ticks;
	uint64_t shown_done, shown_total;
};

/* Whether a bar stands on the terminal's current line. Guarded by stderr's own lock. */
static bool bar_drawn;

static void wipe_bar(void)
{
	if (bar_drawn)
		fputs("\r\033[K", stderr);
	bar_drawn = false;
}

void ticker_log(void *arg, const struct ringlet_log *message)
{
	(void)arg;
	flockfile(stderr);
	wipe_bar();
	fwrite(message->text, 1, message->length, stderr);
	if (message->length == 0 || message->text[message->length - 1] != '\n')
		fputc('\n', stderr);
	funlockfile(stderr);
}

static void draw(struct ticker *t, uint64_t done, uint64_t total)
{
	double part = total ? (double)done / (double)total : 0;
	char bar[BAR + 1];
	int full;

	if (part > 1)
		part = 1;
	full = (int)(part * BAR);
	memset(bar, ' ', BAR);
	memset(bar, '#', (size_t)full);
	bar[BAR] = '\0';
	flockfile(stderr);
	if (t->terminal) {
		if (total)
			fprintf(stderr, "\r[%s] %3d%% %" PRIu64 "/%" PRIu64 "\033[K", bar, (int)(part * 100),
				done, total);
		else
			fprintf(stderr, "\r%" PRIu64 "\033[K", done);
		bar_drawn = true;
	} else if (total) {
		fprintf(stderr, "progress: %" PRIu64 "/%" PRIu64 " (%d%%)\n", done, total, (int)(part * 100));
	} else {
		fprintf(stderr, "progress: %" PRIu64 "\n", done);
	}
	fflush(stderr);
	funlockfile(stderr);
}

static void tick(struct ticker *t, bool last)
{
	uint64_t done, total;

	ringlet_poll(t->r);
	if (!t->progress || ringlet_progress(t->r, &done, &total) != 0)
		return;
	if (done == t->shown_done && total == t->shown_total)
		return;
	if (!t->terminal && !last && t->ticks % (1000 / TICK_MS) != 0)
		return;
	/* A run too short for one tick needs no bar. */
	if (last && t->ticks == 0)
		return;
	t->shown_done = done;
	t->shown_total = total;
	draw(t, done, total);
}

static void *ticker_thread(void *arg)
{
	struct ticker *t = arg;
	struct timespec when;

	clock_gettime(CLOCK_MONOTONIC, &when);
	pthread_mutex_lock(&t->lock);
	for (;;) {
		when.tv_nsec += TICK_MS * 1000000;
		if (when.tv_nsec >= 1000000000) {
			when.tv_nsec -= 1000000000;
			when.tv_sec++;
		}
		while (!t->end && pthread_cond_timedwait(&t->wake, &t->lock, &when) != ETIMEDOUT)
			;
		if (t->end)
			break;
		t->ticks++;
		pthread_mutex_unlock(&t->lock);
		tick(t, false);
		pthread_mutex_lock(&t->lock);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

struct ticker *ticker_start(struct ringlet *r, bool progress)
{
	struct ticker *t = calloc(1, sizeof(*t));
	pthread_condattr_t attr;
	sigset_t all, old;
	int err;

	if (!t)
		return NULL;
	t->r = r;
	t->progress = progress;
	t->terminal = isatty(STDERR_FILENO);
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->wake, &attr);
	pthread_condattr_destroy(&attr);
	/* Signals are for the thread that runs the program. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	err = pthread_create(&t->thread, NULL, ticker_thread, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err) {
		free(t);
		return NULL;
	}
	return t;
}

void ticker_stop(struct ticker *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->end = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	tick(t, true);
	if (bar_drawn)
		fputc('\n', stderr);
	bar_drawn = false;
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->wake);
	free(t);
}
