/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* events.c: ringlet run --post and --events: the host's end of a script's queues, from and to text. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

struct posting {
	struct ringlet *r;
	const struct post *post;
	FILE *from;
	pthread_t thread;
};

struct events {
	const struct program *program;
	struct posting *posts;
	int nposts;
	bool prints;
	pthread_t printer;
};

/* A line is a number and, if it is not 0, a result. */
static void *post_lines(void *arg)
{
	struct posting *p = arg;
	char line[256];

	for (unsigned n = 1; fgets(line, sizeof(line), p->from); n++) {
		char *end, *rest;
		uint64_t user_data = strtoull(line, &end, 0);
		long res = strtol(end, &rest, 0);

		if (end == line || rest[strspn(rest, " \t\r\n")]) {
			fprintf(stderr, "ringlet: %s:%u: not `USER_DATA [RES]`\n", p->post->path, n);
			continue;
		}
		if (ringlet_post_wait(
			    p->r, p->post->queue.text, p->post->queue.index, user_data, (int32_t)res, -1))
			break;
	}
	return NULL;
}

static void *print_events(void *arg)
{
	struct events *e = arg;
	struct ringlet_event event;

	for (;;) {
		int r = ringlet_next_event(e->program->r, NULL, &event, 0);

		/* Whoever reads has what there is, before more is waited for. */
		if (r == -EAGAIN) {
			fflush(stdout);
			r = ringlet_next_event(e->program->r, NULL, &event, -1);
		}
		if (r)
			break;
		flockfile(stdout); /* there is one of us for each program, and a line is a line */
		ticker_hold();
		printf("%s%s", e->program->prefix, event.queue);
		if (event.index)
			printf("[%u]", event.index);
		printf(" %" PRIu64 " %" PRId32 "\n", event.user_data, event.res);
		ticker_release();
		funlockfile(stdout);
	}
	return NULL;
}

static bool open_post(struct posting *p, const struct program *program, const struct post *post)
{
	const struct name *q = &post->queue;

	/* Nothing is posted: it is not loaded yet. */
	if (ringlet_post(program->r, q->text, q->index, 0, 0) == -ENOENT) {
		fprintf(stderr, "ringlet: %s has no `in` queue `%s[%u]`\n", program->path, q->text, q->index);
		return false;
	}
	p->r = program->r;
	p->post = post;
	p->from = strcmp(post->path, "-") == 0 ? stdin : fopen(post->path, "re");
	if (!p->from)
		fprintf(stderr, "ringlet: %s: %s\n", post->path, strerror(errno));
	return p->from;
}

void events_free(struct events *e)
{
	if (!e)
		return;
	for (int i = 0; i < e->nposts; i++)
		if (e->posts[i].from && e->posts[i].from != stdin)
			fclose(e->posts[i].from);
	free(e->posts);
	free(e);
}

struct events *events_open(const struct program *p, const struct run_options *o)
{
	struct events *e = calloc(1, sizeof(*e));
	bool ok;

	if (!e)
		return NULL;
	e->program = p;
	e->prints = o->events;
	e->posts = calloc((size_t)o->nposts + 1, sizeof(*e->posts));
	ok = e->posts;
	for (int i = 0; ok && i < o->nposts; i++)
		if (o->posts[i].queue.program == p)
			ok = open_post(&e->posts[e->nposts++], p, &o->posts[i]);
	if (ok)
		return e;
	events_free(e);
	return NULL;
}

void events_start(struct events *e)
{
	for (int i = 0; i < e->nposts; i++)
		if (pthread_create(&e->posts[i].thread, NULL, post_lines, &e->posts[i]))
			abort(); /* no thread, and some run already */
	if (e->prints && pthread_create(&e->printer, NULL, print_events, e))
		abort();
}

/* Posting fails now, and waiting for events returns. One that reads a terminal or pipe is not waited for. */
void events_stop(struct events *e)
{
	for (int i = 0; i < e->nposts; i++) {
		pthread_cancel(e->posts[i].thread);
		pthread_join(e->posts[i].thread, NULL);
	}
	if (e->prints)
		pthread_join(e->printer, NULL);
}
