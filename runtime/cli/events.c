/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* events.c: ringlet run --post and --events: the host's end of a script's queues, from and to text. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cli.h"

/* A program is held for so long at a time. */
#define HELD_MS 200

/* Read at least so much at a time. */
#define PIECE ((size_t)4 << 10)

struct posting {
	struct events *of;
	const struct post *post;
	int fd;
	char *text; /* `length` bytes of it were read, `done` of which are lines that were posted */
	size_t size, length, done;
	bool wrong; /* not all of it could be read, or says what to post */
	pthread_t thread;
};

struct events {
	struct program *program;
	struct posting *posts;
	int nposts, started;
	bool prints, printing;
	bool ends; /* the program has ended, or does not run, */
	int ended; /* which can be read of this eventfd */
	pthread_t printer;
};

/* Whether it is in the queue: else the program has ended. */
static bool post(const struct posting *p, uint64_t user_data, int32_t res)
{
	const struct name *q = &p->post->queue;
	int err;

	do {
		struct ringlet *r = program_hold(p->of->program);

		err = ringlet_post_wait(r, q->text, q->index, user_data, res, HELD_MS);
		program_release(p->of->program);
	} while (err == -EAGAIN && !__atomic_load_n(&p->of->ends, __ATOMIC_ACQUIRE));
	return err == 0;
}

static bool unreadable(struct posting *p, int err)
{
	fprintf(stderr, "ringlet: %s: %s\n", p->post->path, strerror(err));
	p->wrong = true;
	p->length = p->done; /* what may be a part of a line is not posted */
	return false;
}

/* There is more text, and a NUL behind it. False: no more, which is said where it should not be so, or the
 * program has ended. */
static bool read_more(struct posting *p)
{
	struct pollfd fds[] = {{.fd = p->fd, .events = POLLIN}, {.fd = p->of->ended, .events = POLLIN}};
	ssize_t n = 0;

	if (p->done) {
		p->length -= p->done;
		memmove(p->text, p->text + p->done, p->length + 1); /* with the NUL */
		p->done = 0;
	}
	if (p->size - p->length < PIECE) {
		char *more = realloc(p->text, p->size + PIECE);

		if (!more)
			return unreadable(p, ENOMEM);
		p->text = more;
		p->size += PIECE;
	}
	if (poll(fds, 2, -1) > 0 && !fds[1].revents)
		n = read(p->fd, p->text + p->length, p->size - p->length - 1);
	if (n < 0)
		return unreadable(p, errno);
	p->length += (size_t)n;
	p->text[p->length] = '\0';
	return n > 0;
}

/* The next line, or NULL. The last one may have no newline. */
static char *next_line(struct posting *p)
{
	char *line, *end = NULL;
	bool more = true;

	while (!end && more) {
		if (p->done < p->length)
			end = memchr(p->text + p->done, '\n', p->length - p->done);
		if (!end)
			more = read_more(p);
	}
	if (p->done == p->length)
		return NULL;
	line = p->text + p->done;
	if (end)
		*end = '\0';
	p->done = end ? (size_t)(end + 1 - p->text) : p->length;
	return line;
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
	char *line;

	for (unsigned n = 1; (line = next_line(p)); n++) {
		if (!parse_line(line, &user_data, &res)) {
			fprintf(stderr, "ringlet: %s:%u: not `USER_DATA [RES]`\n", p->post->path, n);
			p->wrong = true;
		} else if (!post(p, user_data, res)) {
			break;
		}
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
	bool ends;

	do {
		struct ringlet *r = program_hold(e->program);
		struct ringlet_event event;

		/* Before the look, which may be the last. */
		ends = __atomic_load_n(&e->ends, __ATOMIC_ACQUIRE);
		err = ringlet_next_event(r, NULL, &event, wait_ms);
		if (!err)
			print_event(e->program, &event);
		program_release(e->program);
		if (err == -EAGAIN && wait_ms == 0)
			output_is_written();
		wait_ms = err ? HELD_MS : 0;
	} while (!err || (err == -EAGAIN && !ends));
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

static bool open_post(struct events *e, const struct post *post)
{
	struct posting *p = &e->posts[e->nposts++];

	*p = (struct posting){.of = e, .fd = -1};
	if (!has_queue(e->program, &post->queue, e->program->r))
		return false;
	p->post = post;
	p->fd = strcmp(post->path, "-") == 0 ? STDIN_FILENO : open(post->path, O_RDONLY | O_CLOEXEC);
	if (p->fd < 0)
		fprintf(stderr, "ringlet: %s: %s\n", post->path, strerror(errno));
	return p->fd >= 0;
}

void events_free(struct events *e)
{
	if (!e)
		return;
	for (int i = 0; i < e->nposts; i++) {
		free(e->posts[i].text);
		if (e->posts[i].fd > STDIN_FILENO)
			close(e->posts[i].fd);
	}
	if (e->ended >= 0)
		close(e->ended);
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
	e->ended = eventfd(0, EFD_CLOEXEC);
	ok = e->posts && e->ended >= 0;
	if (!ok)
		fprintf(stderr, "ringlet: what posts and events need: %s\n", strerror(errno));
	for (int i = 0; ok && i < o->nposts; i++)
		if (o->posts[i].queue.program == p)
			ok = open_post(e, &o->posts[i]);
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

/* Posting fails now, and waiting for events returns. One that reads a terminal or pipe is told. */
void events_stop(struct events *e)
{
	__atomic_store_n(&e->ends, true, __ATOMIC_RELEASE);
	eventfd_write(e->ended, 1);
	for (int i = 0; i < e->started; i++)
		pthread_join(e->posts[i].thread, NULL);
	if (e->printing)
		pthread_join(e->printer, NULL);
}

bool events_were_right(const struct events *e)
{
	bool right = true;

	for (int i = 0; e && i < e->started; i++)
		right = right && !e->posts[i].wrong;
	return right;
}
