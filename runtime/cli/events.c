/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* events.c: ringlet run --post and --events: the host's end of a script's queues, from and to text. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* A program is held for so long at a time. */
#define HELD_MS 200

struct posting {
	struct program *program;
	const struct post *post;
	FILE *from;
	char *line; /* of getline(3) */
	size_t size;
	bool ends; /* the program has ended, or does not run */
	pthread_t thread;
};

struct events {
	struct program *program;
	struct posting *posts;
	int nposts, started;
	bool prints, printing, ends;
	pthread_t printer;
};

/* Whether it is in the queue: else the program has ended. */
static bool post(const struct posting *p, uint64_t user_data, int32_t res)
{
	const struct name *q = &p->post->queue;
	int err;

	do {
		struct ringlet *r = program_hold(p->program);

		err = ringlet_post_wait(r, q->text, q->index, user_data, res, HELD_MS);
		program_release(p->program);
	} while (err == -EAGAIN && !__atomic_load_n(&p->ends, __ATOMIC_ACQUIRE));
	return err == 0;
}

/* Only while it reads, with nothing held, it may be cancelled. */
static bool read_line(struct posting *p)
{
	ssize_t n;
	int off;

	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &off);
	n = getline(&p->line, &p->size, p->from);
	pthread_setcancelstate(off, NULL);
	return n >= 0;
}

/* Decimal or hexadecimal, with a sign where `negative`; what stands behind it, or NULL. */
static char *parse_number(char *text, bool negative, uint64_t *out)
{
	char *at = text + strspn(text, " \t"), *end;
	bool minus = *at == '-';
	const char *digits = at + minus;
	bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');

	if (*digits < '0' || *digits > '9' || (minus && !negative))
		return NULL;
	errno = 0;
	*out = strtoull(at, &end, hex ? 16 : 10);
	if (minus && (int64_t)*out > 0) /* strtoull takes more than there are negative numbers */
		return NULL;
	return errno || (*end && !strchr(" \t\r\n", *end)) ? NULL : end;
}

/* A number and, if it is not 0, a result. */
static bool parse_line(char *line, uint64_t *user_data, int32_t *res)
{
	char *rest = parse_number(line, false, user_data);
	uint64_t n = 0;

	if (rest && rest[strspn(rest, " \t\r\n")])
		rest = parse_number(rest, true, &n);
	*res = (int32_t)n;
	return rest && (int64_t)n == *res && !rest[strspn(rest, " \t\r\n")];
}

static void *post_lines(void *arg)
{
	struct posting *p = arg;
	uint64_t user_data;
	int32_t res;
	int on;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &on);
	for (unsigned n = 1; read_line(p); n++) {
		if (!parse_line(p->line, &user_data, &res))
			fprintf(stderr, "ringlet: %s:%u: not `USER_DATA [RES]`\n", p->post->path, n);
		else if (!post(p, user_data, res))
			break;
	}
	return NULL;
}

static void print_event(const struct program *p, const struct ringlet_event *event)
{
	flockfile(stdout); /* there is one of us for each program, and a line is a line */
	ticker_hold();
	printf("%s%s", p->prefix, event->queue);
	if (event->index)
		printf("[%u]", event->index);
	printf(" %" PRIu64 " %" PRId32 "\n", event->user_data, event->res);
	ticker_release();
	funlockfile(stdout);
}

/* Whoever reads has what there is, before more is waited for. */
static void *print_events(void *arg)
{
	struct events *e = arg;
	int wait_ms = 0, err;

	do {
		struct ringlet *r = program_hold(e->program);
		struct ringlet_event event;

		err = ringlet_next_event(r, NULL, &event, wait_ms);
		if (!err)
			print_event(e->program, &event);
		program_release(e->program);
		if (err == -EAGAIN && wait_ms == 0)
			output_is_written();
		wait_ms = err ? HELD_MS : 0;
	} while (!err || (err == -EAGAIN && !__atomic_load_n(&e->ends, __ATOMIC_ACQUIRE)));
	return NULL;
}

static bool has_queue(const struct program *p, const struct name *q, struct ringlet *r)
{
	/* Nothing is posted: it is not loaded yet. */
	bool has = ringlet_post(r, q->text, q->index, 0, 0) != -ENOENT;

	if (!has)
		fprintf(stderr, "ringlet: %s has no `in` queue `%s[%u]`\n", p->path, q->text, q->index);
	return has;
}

bool events_check(const struct program *p, const struct run_options *o, struct ringlet *r)
{
	bool ok = true;

	for (int i = 0; i < o->nposts; i++)
		ok = (o->posts[i].queue.program != p || has_queue(p, &o->posts[i].queue, r)) && ok;
	return ok;
}

static bool open_post(struct posting *p, struct program *program, const struct post *post)
{
	if (!has_queue(program, &post->queue, program->r))
		return false;
	p->program = program;
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
	for (int i = 0; i < e->nposts; i++) {
		free(e->posts[i].line);
		if (e->posts[i].from && e->posts[i].from != stdin)
			fclose(e->posts[i].from);
	}
	free(e->posts);
	free(e);
}

static bool no_thread(int err)
{
	fprintf(stderr, "ringlet: pthread_create: %s\n", strerror(err));
	return false;
}

struct events *events_open(struct program *p, const struct run_options *o)
{
	struct events *e = calloc(1, sizeof(*e));
	bool ok;

	if (!e) {
		fprintf(stderr, "ringlet: out of memory\n");
		return NULL;
	}
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

bool events_start(struct events *e)
{
	int err;

	for (; e->started < e->nposts; e->started++) {
		struct posting *p = &e->posts[e->started];

		err = pthread_create(&p->thread, NULL, post_lines, p);
		if (err)
			return no_thread(err);
	}
	err = e->prints ? pthread_create(&e->printer, NULL, print_events, e) : 0;
	e->printing = e->prints && !err;
	return err ? no_thread(err) : true;
}

/* Posting fails now, and waiting for events returns. One that reads a terminal or pipe is not waited for. */
void events_stop(struct events *e)
{
	for (int i = 0; i < e->started; i++) {
		__atomic_store_n(&e->posts[i].ends, true, __ATOMIC_RELEASE);
		pthread_cancel(e->posts[i].thread);
		pthread_join(e->posts[i].thread, NULL);
	}
	__atomic_store_n(&e->ends, true, __ATOMIC_RELEASE);
	if (e->printing)
		pthread_join(e->printer, NULL);
}
