/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* guest.c: what a kernel in a virtual machine says of programs. The image is anybody's: what comes from it is
 * looked at before it is used, and the machine has no more time than was given. */
#include "guest.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#include "guest_machine.h"

#define LINE_ROOM 300
#define STEP 65536

/* KVM takes a second or two to start a kernel. Where it hangs instead, emulation has its turn after these. */
#define KVM_SECONDS 20

struct reader {
	struct guest *guest;
	int fd;
	int64_t until;   /* milliseconds */
	const char *how; /* it failed; NULL: the machine ended */
	uint8_t *bytes;  /* read, and not yet taken: */
	size_t begin, end, room;
	char panic[LINE_ROOM], last[LINE_ROOM]; /* lines of the kernel's own; "": none */
};

/* ---- bytes and lines ---- */

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static bool read_more(struct reader *r)
{
	struct pollfd p = {.fd = r->fd, .events = POLLIN};

	if (r->begin && r->room - r->end < STEP) {
		memmove(r->bytes, r->bytes + r->begin, r->end - r->begin);
		r->end -= r->begin;
		r->begin = 0;
	}
	if (r->room - r->end < STEP) {
		uint8_t *more = realloc(r->bytes, 2 * r->room + STEP);
		if (!more)
			return false;
		r->bytes = more;
		r->room = 2 * r->room + STEP;
	}
	for (;;) {
		int64_t left = r->until - now();
		if (left <= 0) {
			r->how = "the virtual machine gave no answer in the time that it has (--timeout)";
			return false;
		}
		if (poll(&p, 1, left < INT32_MAX ? (int)left : INT32_MAX) <= 0)
			continue;
		ssize_t n = read(r->fd, r->bytes + r->end, STEP);
		if (n < 0 && errno == EINTR)
			continue;
		r->end += n > 0 ? (size_t)n : 0;
		return n > 0;
	}
}

static const uint8_t *take(struct reader *r, size_t n)
{
	while (r->end - r->begin < n)
		if (!read_more(r))
			return NULL;
	r->begin += n;
	return r->bytes + r->begin - n;
}

/* Without its end; one that is too long is taken for many. Only what can be printed is kept. */
static bool take_line(struct reader *r, char line[LINE_ROOM])
{
	size_t n = 0;
	for (; n < LINE_ROOM - 1; n++) {
		const uint8_t *c = take(r, 1);
		if (!c)
			return false;
		if (*c == '\n')
			break;
		line[n] = *c >= ' ' && *c < 0x7f ? (char)*c : ' ';
	}
	while (n && line[n - 1] == ' ') /* a carriage return */
		n--;
	line[n] = 0;
	return true;
}

/* ---- what the machine says ---- */

static void keep_words(struct reader *r, const char *line)
{
	if (strstr(line, "Kernel panic") && !*r->panic)
		strcpy(r->panic, line);
	else if (*line)
		strcpy(r->last, line);
}

/* Time begins anew for the next program. */
static void came_further(struct reader *r)
{
	r->until = now() + r->guest->timeout * 1000LL;
}

static bool take_answer(struct reader *r, const char *line)
{
	struct guest *g = r->guest;
	struct guest_answer a = {.is_there = true};
	unsigned object, program;
	int equivalent;

	if (sscanf(line, GUEST_ANSWER_FORMAT, &object, &program, &a.error, &equivalent, &a.packed, &a.size) !=
			6 ||
		object >= g->objects.n || program >= g->objects.at[object].nprograms || a.error > 0 ||
		a.error < -4095 || a.size > GUEST_ANSWER_SIZE ||
		a.packed > compressBound(GUEST_ANSWER_SIZE)) {
		r->how = "the virtual machine gave an answer that makes no sense";
		return false;
	}
	const uint8_t *packed = take(r, a.packed);
	if (!packed)
		return false;
	a.equivalent = equivalent;
	a.bytes = memcpy(arena_alloc(g->arena, a.packed + 1), packed, a.packed);
	g->objects.at[object].answers[program] = a;
	came_further(r);
	return true;
}

/* Until the machine has said that there is no more. */
static bool listen(struct reader *r)
{
	struct guest *g = r->guest;
	char line[LINE_ROOM];

	while (take_line(r, line))
		if (!g->release && !strncmp(line, GUEST_HELLO, strlen(GUEST_HELLO))) {
			g->release = arena_printf(g->arena, "%s", line + strlen(GUEST_HELLO));
			came_further(r);
		} else if (g->release && !strncmp(line, GUEST_ANSWER, strlen(GUEST_ANSWER))) {
			if (!take_answer(r, line))
				return false;
		} else if (g->release && !strcmp(line, GUEST_END)) {
			return true;
		} else {
			keep_words(r, line);
		}
	return false;
}

static const char *why_not(struct arena *a, const struct reader *r, const struct guest_machine *m)
{
	const char *complaint = guest_complaint(a, m);
	const char *words = *r->panic ? r->panic : complaint ? complaint : r->last;
	const char *how = r->how ? r->how : "the virtual machine ended without an answer";
	return arena_printf(a, *words ? "%s: %s" : "%s", how, words);
}

/* ---- all of it ---- */

static void ask(struct guest *g, const struct guest_kind *kind, bool kvm, int image, int initramfs)
{
	struct guest_machine m;
	unsigned seconds = kvm && g->timeout > KVM_SECONDS ? KVM_SECONDS : g->timeout;

	g->why = NULL;
	if (!guest_start(g, kind, kvm, image, initramfs, &m))
		return;
	struct reader r = {.guest = g, .fd = m.out, .until = now() + seconds * 1000LL};
	if (!listen(&r))
		g->why = why_not(g->arena, &r, &m);
	guest_end(&m);
	free(r.bytes);
}

/* KVM may be there and not work. */
static void ask_somehow(struct guest *g, const struct guest_kind *kind, int image, int initramfs)
{
	if (!access("/dev/kvm", R_OK | W_OK))
		ask(g, kind, true, image, initramfs);
	if (!g->release)
		ask(g, kind, false, image, initramfs);
}

void guest_ask(struct guest *g)
{
	int image = open(g->image, O_RDONLY | O_CLOEXEC | O_NONBLOCK), initramfs = -1;
	const struct guest_kind *kind = NULL;

	for (size_t i = 0; i < g->objects.n; i++) {
		struct guest_object *o = &g->objects.at[i];
		o->answers = arena_alloc(g->arena, o->nprograms * sizeof *o->answers + 1);
	}
	if (image < 0)
		g->why = arena_printf(g->arena, "%s", strerror(errno));
	else
		kind = guest_kind_of(g, image);
	if (kind)
		initramfs = guest_initramfs(g);
	if (initramfs >= 0)
		ask_somehow(g, kind, image, initramfs);
	if (image >= 0)
		close(image);
	if (initramfs >= 0)
		close(initramfs);
}

const char *guest_answer(
	const struct guest *g, uint32_t object, uint32_t program, struct kernel_answer *answer)
{
	static const char broken[] = "the virtual machine gave an answer that is not whole";
	const struct guest_answer *a = &g->objects.at[object].answers[program];
	uLongf size = a->size;

	if (!a->is_there)
		return g->why ? g->why : "the virtual machine gave no answer";
	char *text = malloc(a->size + 1);
	if (!text)
		return "out of memory";
	bool whole = uncompress((Bytef *)text, &size, a->bytes, a->packed) == Z_OK && size == a->size;
	text[whole ? size : 0] = 0;
	size_t log = strlen(text);
	*answer = (struct kernel_answer){.error = a->error, .equivalent = a->equivalent, .log = text};
	if (!whole || log == size)
		return broken;
	answer->said = strdup(text + log + 1);
	return NULL;
}
