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
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

#define TICK_MS 100
#define BAR 30      /* at most */
#define LEAST_BAR 5 /* a narrow terminal has numbers only */

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

void ticker_hold(void)
{
	flockfile(stderr);
	wipe_bar();
	fflush(stderr);
}

void ticker_release(void)
{
	funlockfile(stderr);
}

void ticker_log(void *arg, const struct ringlet_log *message)
{
	(void)arg;
	ticker_hold();
	fwrite(message->text, 1, message->length, stderr);
	if (message->length == 0 || message->text[message->length - 1] != '\n')
		fputc('\n', stderr);
	ticker_release();
}

/* Of the terminal, as it is now: its user may have changed it. */
static int columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

/* A line that is as wide as the terminal would be two, of which the next one would wipe the second only. */
static void draw_bar(const char *numbers, double part, bool known)
{
	static const char full[BAR + 1] = "##############################", empty[BAR + 1] = "";
	int room = columns() - 1, bar = room - (int)strlen(numbers) - 3, done;

	if (bar > BAR)
		bar = BAR;
	done = (int)(part * bar);
	fputc('\r', stderr);
	if (known && bar >= LEAST_BAR) {
		fprintf(stderr, "[%.*s%*s] ", done, full, bar - done, empty);
		room -= bar + 3;
	}
	fprintf(stderr, "%.*s\033[K", room, numbers);
	bar_drawn = true;
}

static void draw(struct ticker *t, uint64_t done, uint64_t total)
{
	double part = total ? (double)done / (double)total : 0;
	char numbers[64];

	if (part > 1)
		part = 1;
	flockfile(stderr);
	if (t->terminal) {
		if (total)
			snprintf(numbers, sizeof(numbers), "%3d%% %" PRIu64 "/%" PRIu64, (int)(part * 100),
				done, total);
		else
			snprintf(numbers, sizeof(numbers), "%" PRIu64, done);
		draw_bar(numbers, part, total);
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
	const char *term = getenv("TERM");
	sigset_t all, old;
	int err;

	if (!t)
		return NULL;
	t->r = r;
	t->progress = progress;
	t->terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
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
