/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * failure.c: why a program failed, in words: `file:line: what: why (task name[instance])`.
 *
 * The place is the failing site's; an operation's name is the one the task awaited last.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define MAX_TASKS_SHOWN 8

struct text {
	char *at;
	size_t left;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(t->at, t->left, format, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= t->left)
		n = t->left ? (int)t->left - 1 : 0;
	t->at += n;
	t->left -= (size_t)n;
}

static void add_task(struct text *t, const struct rl_task *task, uint32_t self)
{
	if (task->count > 1)
		add(t, "%s[%u]", task->name, self);
	else
		add(t, "%s", task->name);
}

static const struct rl_state *state_at(const struct rl_task *task, uint32_t state)
{
	return state < task->nstates ? &task->states[state] : NULL;
}

/* The number of the await that the instance is at; 0: it has not begun, or ended. */
static uint32_t state_of(const unsigned char *image, const struct rl_task *task, uint32_t self)
{
	uint32_t number = 0;

	if (task->frame_size && self < task->count)
		memcpy(&number, image + task->frame + (size_t)self * task->frame_size + task->state,
			sizeof(number));
	return number;
}

/* One of a list, of which `shown` are there. */
static void add_waiter(
	struct text *t, unsigned shown, const struct rl_task *task, uint32_t self, const struct rl_state *s)
{
	add(t, "%s", shown ? ", " : ": ");
	add_task(t, task, self);
	add(t, " in %s at %s:%u", s->op, s->file, s->line);
}

static void add_more(struct text *t, uint32_t more)
{
	if (more)
		add(t, " and %u more", more);
}

/* Tasks that wait: those whose frame names a state other than the start. */
static void add_waiters(struct text *t, const struct rl_object *o, const unsigned char *image)
{
	unsigned shown = 0, more = 0;

	for (uint32_t i = 0; i < o->ntasks; i++) {
		const struct rl_task *task = &o->tasks[i];

		for (uint32_t self = 0; task->frame_size && self < task->count; self++) {
			uint32_t number = state_of(image, task, self);
			const struct rl_state *s = number ? state_at(task, number) : NULL;

			if (!s)
				continue;
			if (shown < MAX_TASKS_SHOWN)
				add_waiter(t, shown++, task, self, s);
			else
				more++;
		}
	}
	add_more(t, more);
}

/* The task of an entry of the ready queue, and where it is; false: none is there. */
static bool ready_at(const struct rl_object *o, const unsigned char *image, uint32_t i, struct rl_failure *f)
{
	const struct rl_ready *q = (const struct rl_ready *)(image + o->image.ready);
	uint64_t user_data = q[i & (o->image.ready_slots - 1)].user_data;

	f->task = (uint32_t)(user_data >> RL_UD_TASK_SHIFT) & RL_UD_TASK_MASK;
	f->self = (uint32_t)user_data;
	if (f->task >= o->ntasks)
		return false;
	f->state = state_of(image, &o->tasks[f->task], f->self);
	return state_at(&o->tasks[f->task], f->state);
}

/* Tasks that run next, in that order. */
static void add_ready(struct text *t, const struct rl_object *o, const unsigned char *image)
{
	const struct rl_control *c = (const struct rl_control *)image;
	uint32_t n = c->ready_tail - c->ready_head;
	unsigned shown = 0;

	if (n > o->image.ready_slots)
		n = o->image.ready_slots;
	for (uint32_t i = 0; i < n && shown < MAX_TASKS_SHOWN; i++) {
		struct rl_failure f;

		if (!ready_at(o, image, c->ready_head + i, &f))
			continue;
		const struct rl_task *task = &o->tasks[f.task];

		add_waiter(t, shown++, task, f.self, state_at(task, f.state));
	}
	add_more(t, n - shown);
}

#define ERESTARTSYS 512 /* the kernel's own, of which some operations let slip (compiler/ops_notes.def) */

static const char *error_text(int err)
{
	err = err < 0 && err != INT_MIN ? -err : err; /* an image may say anything */
	return err == ERESTARTSYS ? "Interrupted by a signal" : strerror(err);
}

static void describe(const struct rl_object *o, const unsigned char *image, const struct rl_failure *f,
	struct ringlet_failure *out, char *text, size_t size)
{
	const struct rl_task *task = f->task < o->ntasks ? &o->tasks[f->task] : NULL;
	const struct rl_site *site = f->site < o->nsites ? &o->sites[f->site] : NULL;
	const struct rl_state *state = task ? state_at(task, f->state) : NULL;
	struct text t = {text, size};
	const char *what = site ? site->what : "";

	out->kind = (enum ringlet_failure_kind)f->kind;
	out->error = f->kind == RL_FAIL_TRAP ? 0 : (int)f->value;
	out->text = text;
	out->task = task ? task->name : "";
	out->self = f->self;
	out->op = state && f->state ? state->op : "";
	out->file = site ? site->file : "";
	out->line = site ? site->line : 0;
	out->column = site ? site->col : 0;
	out->value = f->kind == RL_FAIL_TRAP ? (uint64_t)f->value : 0;

	if (f->kind == RL_FAIL_STUCK) {
		out->file = state ? state->file : o->source;
		out->line = state ? state->line : 0;
		out->column = state ? state->col : 0;
		add(&t, "%s:%u: no progress for %g s: tasks keep running without a request", out->file,
			out->line, f->waited_ms / 1e3);
		add_ready(&t, o, image);
		return;
	}
	/* Stopped and deadlocked are the program as a whole, not a line of it. */
	if (f->kind == RL_FAIL_DEADLOCK) {
		add(&t, "%s: every task waits and nothing is in flight", o->source);
		add_waiters(&t, o, image);
		return;
	}
	if (f->kind == RL_FAIL_STOPPED) {
		add(&t, "%s: stopped", o->source);
		return;
	}
	if (site)
		add(&t, "%s:%u: ", site->file, site->line);
	else
		add(&t, "%s: ", o->source);
	switch (f->kind) {
	case RL_FAIL_ERROR:
		add(&t, "%s: %s", out->op[0] ? out->op : what[0] ? what : "error", error_text(out->error));
		break;
	case RL_FAIL_FAIL:
		add(&t, "fail: %s", error_text(out->error));
		break;
	case RL_FAIL_TRAP:
		add(&t, "trap: %s", what[0] ? what : "stopped itself");
		if (out->value)
			add(&t, ": %" PRIu64, out->value);
		break;
	case RL_FAIL_SUBMIT:
		add(&t, "the kernel refused a submission: %s", error_text(out->error));
		break;
	default:
		add(&t, "failed in a way unknown to this libringlet (%u): %s", f->kind,
			error_text(out->error));
		break;
	}
	if (task) {
		add(&t, " (task ");
		add_task(&t, task, f->self);
		add(&t, ")");
	}
}

static void printable(char *text)
{
	for (char *p = text; *p; p++) /* trap("...") may say anything */
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
}

void rl_failure_text(const struct rl_object *o, const unsigned char *image, const struct rl_failure *f,
	struct ringlet_failure *out, char *text, size_t size)
{
	describe(o, image, f, out, text, size);
	printable(text);
}

void rl_failure_stuck(struct ringlet *r, struct rl_failure *f)
{
	ready_at(&r->object, r->image, rl_control(r)->ready_head, f);
	f->waited_ms = r->watchdog_ms;
	rl_failure_text(&r->object, r->image, f, &r->failure, r->failure_text, sizeof(r->failure_text));
}

const struct ringlet_failure *ringlet_failure(struct ringlet *r)
{
	if (!r->engine || !r->ended || rl_control(r)->failure.kind == RL_FAIL_NONE)
		return NULL;
	if (!r->failure.text) {
		struct rl_failure f = rl_control(r)->failure;

		rl_failure_text(
			&r->object, r->image, &f, &r->failure, r->failure_text, sizeof(r->failure_text));
	}
	return &r->failure;
}

int rl_failure_result(struct ringlet *r)
{
	const struct ringlet_failure *f;

	__atomic_store_n(&r->ended, true, __ATOMIC_RELEASE); /* other threads may be waiting for events */
	f = ringlet_failure(r);
	if (!f)
		return 0;
	snprintf(r->error, sizeof(r->error), "%.*s", (int)sizeof(r->error) - 1, f->text);
	if (f->error < 0)
		return f->error;
	switch (f->kind) {
	case RINGLET_FAIL_TRAP:
		return -EFAULT;
	case RINGLET_FAIL_DEADLOCK:
		return -EDEADLK;
	case RINGLET_FAIL_STOPPED:
		return -ECANCELED;
	default:
		return -EIO;
	}
}
