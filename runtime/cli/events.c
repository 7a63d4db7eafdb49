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
	char *queue;
	const char *path;
	FILE *from;
	pthread_t thread;
};

struct events {
	struct ringlet *r;
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
			fprintf(stderr, "ringlet: %s:%u: not `USER_DATA [RES]`\n", p->path, n);
			continue;
		}
		if (ringlet_post_wait(p->r, p->queue, 0, user_data, (int32_t)res, -1))
			break;
	}
	return NULL;
}

static void *print_events(void *arg)
{
	struct events *e = arg;
	struct ringlet_event event;

	for (;;) {
		int r = ringlet_next_event(e->r, NULL, &event, 0);

		/* Whoever reads has what there is, before more is waited for. */
		if (r == -EAGAIN) {
			fflush(stdout);
			r = ringlet_next_event(e->r, NULL, &event, -1);
		}
		if (r)
			break;
		printf("%s", event.queue);
		if (event.index)
			printf("[%u]", event.index);
		printf(" %" PRIu64 " %" PRId32 "\n", event.user_data, event.res);
	}
	return NULL;
}

/* QUEUE=FILE */
static bool open_post(struct posting *p, struct ringlet *r, const char *spec)
{
	const char *equals = strchr(spec, '=');

	if (!equals || equals == spec || !equals[1]) {
		fprintf(stderr, "ringlet: --post=%s: not QUEUE=FILE\n", spec);
		return false;
	}
	p->r = r;
	p->path = equals + 1;
	p->queue = strndup(spec, (size_t)(equals - spec));
	p->from = strcmp(p->path, "-") == 0 ? stdin : fopen(p->path, "re");
	if (!p->queue || !p->from) {
		fprintf(stderr, "ringlet: %s: %s\n", p->path, strerror(errno));
		return false;
	}
	return true;
}

static void free_posts(struct events *e)
{
	for (int i = 0; i < e->nposts; i++) {
		free(e->posts[i].queue);
		if (e->posts[i].from && e->posts[i].from != stdin)
			fclose(e->posts[i].from);
	}
	free(e->posts);
	free(e);
}

struct events *events_start(struct ringlet *r, char **posts, int nposts, bool prints)
{
	struct events *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->r = r;
	e->posts = calloc((size_t)nposts + 1, sizeof(*e->posts));
	e->prints = prints;
	for (int i = 0; e->posts && i < nposts; i++) {
		e->nposts++;
		if (!open_post(&e->posts[i], r, posts[i]))
			goto failed;
	}
	if (!e->posts)
		goto failed;
	for (int i = 0; i < nposts; i++)
		if (pthread_create(&e->posts[i].thread, NULL, post_lines, &e->posts[i]))
			abort(); /* no thread, and some run already */
	if (prints && pthread_create(&e->printer, NULL, print_events, e))
		abort();
	return e;
failed:
	free_posts(e);
	return NULL;
}

/* The program has ended: posting fails now, and waiting for events returns. One that reads a terminal or pipe
 * is not waited for. */
void events_stop(struct events *e)
{
	if (!e)
		return;
	for (int i = 0; i < e->nposts; i++) {
		pthread_cancel(e->posts[i].thread);
		pthread_join(e->posts[i].thread, NULL);
	}
	if (e->prints)
		pthread_join(e->printer, NULL);
	free_posts(e);
}
