/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * log.c: the program's log messages, from the ring in the image to the host's callback.
 *
 * A message is a format's number and its arguments; the text is made here, by the manifest's
 * format. What the image holds is the program's word: it is bounded before use.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "uring.h"

struct out {
	char text[1024];
	size_t n;
};

static void put(struct out *o, const char *s, size_t n)
{
	if (n > sizeof(o->text) - 1 - o->n)
		n = sizeof(o->text) - 1 - o->n;
	memcpy(o->text + o->n, s, n);
	o->n += n;
	o->text[o->n] = '\0';
}

static void put_number(struct out *o, char conversion, uint64_t v, const char *type)
{
	unsigned bits = 64;
	char s[32];

	/* Arguments are widened; %u and %x show what the type holds. */
	if (strcmp(type, "u8") == 0 || strcmp(type, "s8") == 0)
		bits = 8;
	else if (strcmp(type, "u16") == 0 || strcmp(type, "s16") == 0)
		bits = 16;
	else if (strcmp(type, "u32") == 0 || strcmp(type, "s32") == 0 || strcmp(type, "fd") == 0)
		bits = 32;
	if (conversion == 'd' && type[0] != 'u')
		snprintf(s, sizeof(s), "%" PRId64, (int64_t)(v << (64 - bits)) >> (64 - bits));
	else
		snprintf(s, sizeof(s), conversion == 'x' ? "%" PRIx64 : "%" PRIu64,
			v << (64 - bits) >> (64 - bits));
	put(o, s, strlen(s));
}

static void put_slice(struct out *o, const struct rl_log *m, uint64_t v, bool whole_array)
{
	uint64_t at = (v & ~RL_LOG_CUT) >> 32;
	uint64_t n = v & UINT32_MAX;

	if (at > sizeof(m->text))
		at = sizeof(m->text);
	if (n > sizeof(m->text) - at)
		n = sizeof(m->text) - at;
	if (whole_array && memchr(m->text + at, 0, n)) {
		put(o, (const char *)m->text + at, strnlen((const char *)m->text + at, n));
		return;
	}
	put(o, (const char *)m->text + at, n);
	if (v & RL_LOG_CUT)
		put(o, "...", 3);
}

static void format(struct out *o, const struct rl_log_format *f, const struct rl_log *m)
{
	uint32_t arg = 0;

	o->n = 0;
	o->text[0] = '\0';
	for (const char *p = f->format; *p; p++) {
		const char *percent = strchr(p, '%');
		char byte;

		if (!percent || !percent[1]) {
			put(o, p, strlen(p));
			return;
		}
		put(o, p, (size_t)(percent - p));
		p = percent + 1;
		if (*p == '%') {
			put(o, "%", 1);
			continue;
		}
		if (arg >= f->nargs) {
			put(o, percent, 2);
			continue;
		}
		if (*p == 's') {
			put_slice(o, m, m->arg[arg], strcmp(f->args[arg], "text") == 0);
		} else if (*p == 'c') {
			byte = (char)m->arg[arg];
			put(o, &byte, 1);
		} else {
			put_number(o, *p, m->arg[arg], f->args[arg]);
		}
		arg++;
	}
}

static void deliver(struct ringlet *r, const struct rl_log *m)
{
	const struct rl_object *obj = &r->object;
	const struct rl_log_format *f = &obj->logs[m->format];
	struct out o;
	struct ringlet_log message;

	format(&o, f, m);
	message = (struct ringlet_log){
		.text = o.text,
		.length = o.n,
		.file = f->file,
		.line = f->line,
		.task = m->task < obj->ntasks ? obj->tasks[m->task].name : "",
		.self = m->self,
	};
	r->log(r->log_arg, &message);
}

/* The error that an isolated task ended with. */
static void deliver_failure(struct ringlet *r, const struct rl_log *m)
{
	const struct rl_failure f = {.kind = RL_FAIL_ERROR,
		.task = m->task,
		.self = m->self,
		.site = (uint32_t)m->arg[0],
		.value = (int64_t)m->arg[1],
		.state = (uint32_t)m->arg[2]};
	struct ringlet_failure told;
	char text[512];
	struct ringlet_log message;

	rl_failure_text(&r->object, r->image, &f, &told, text, sizeof(text));
	message = (struct ringlet_log){
		.text = text,
		.length = strlen(text),
		.file = told.file,
		.line = told.line,
		.task = told.task,
		.self = m->self,
	};
	r->log(r->log_arg, &message);
}

int rl_log_drain(struct ringlet *r, bool wait)
{
	struct rl_control *c = rl_control(r);
	uint32_t slots = r->object.image.log_slots;
	const struct rl_log *ring;
	uint32_t head, tail;
	int n = 0;

	if (!slots || rl_load_acquire(&c->log_tail) == rl_load_acquire(&c->log_head))
		return 0;
	if (wait) { /* what its callback takes is the host's */
		rl_watch_leave(r);
		pthread_mutex_lock(&r->log_lock);
	} else if (pthread_mutex_trylock(&r->log_lock) != 0) {
		return 0;
	}
	ring = (const struct rl_log *)(r->image + r->object.image.log);
	head = c->log_head;
	tail = rl_load_acquire(&c->log_tail);
	if (tail - head > slots) /* the program's counters are beyond its own ring */
		head = tail - slots;
	for (; head != tail; head++, n++) {
		struct rl_log m;

		memcpy(&m, &ring[head & (slots - 1)], sizeof(m));
		rl_store_release(&c->log_head, head + 1);
		if (r->log && m.format == RL_LOG_FAILURE)
			deliver_failure(r, &m);
		else if (r->log && m.format < r->object.nlogs)
			deliver(r, &m);
	}
	rl_count(&r->logs, r->logs + (uint64_t)n);
	pthread_mutex_unlock(&r->log_lock);
	if (wait)
		rl_watch_enter(r, false);
	return n;
}
