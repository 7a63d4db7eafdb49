/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ticker.c: what is seen of a running program: messages at once, progress as a bar on a
 * terminal, as a line a second elsewhere.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"

#define BAR 30      /* at most */
#define LEAST_BAR 5 /* a narrow terminal has numbers only */

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

static void tick(struct ticker *t, struct ringlet *r, bool last)
{
	uint64_t done, total;

	ringlet_poll(r);
	if (!t->progress || ringlet_progress(r, &done, &total) != 0)
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

void ticker_begin(struct ticker *t, bool progress)
{
	const char *term = getenv("TERM");

	*t = (struct ticker){
		.progress = progress,
		.terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0),
	};
}

void ticker_tick(struct ticker *t, struct ringlet *r)
{
	t->ticks++;
	tick(t, r, false);
}

void ticker_end(struct ticker *t, struct ringlet *r)
{
	tick(t, r, true);
	flockfile(stderr);
	if (bar_drawn)
		fputc('\n', stderr);
	bar_drawn = false;
	funlockfile(stderr);
}
