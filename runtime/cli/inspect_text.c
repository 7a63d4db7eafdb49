/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* inspect_text.c: what a program does, for people. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "look.h"

enum { NAME = 320 }; /* of an instance or a queue */

static void print_head(const struct rl_foreign *f, const char *process, const struct rl_sight *s)
{
	time_t at = (time_t)f->core.saved_at;
	char age[32], when[64] = "";
	struct tm tm;

	words_duration(words_age(f), age);
	if (f->pid) {
		printf("%s: process %s, %s engine, loaded %s ago: %s\n", f->name, process, words_engine(f),
			age, words_doing(s->doing));
	} else {
		if (localtime_r(&at, &tm))
			strftime(when, sizeof(when), " on %F at %T", &tm);
		printf("%s: core of process %u, %s engine, saved%s, %s after it was loaded: %s\n", f->name,
			f->core.pid, words_engine(f), when, age, words_doing(s->doing));
	}
	if (s->failure[0])
		printf("why: %s\n", s->failure);
	if (f->moved)
		printf("(it ran on while it was read: parts are of different moments)\n");
}

static void print_counts(const struct rl_sight *s)
{
	printf("requests: %" PRIu32 " in flight", s->in_flight);
	if (s->written)
		printf(" (%" PRIu32 " just written)", s->written);
	printf(", %" PRIu32 " submitted so far\n", s->submitted);
	if (s->ready)
		printf("ready queue: %" PRIu32 "\n", s->ready);
	if (s->progress_done || s->progress_total)
		printf("progress: %" PRIu64 " of %" PRIu64 "\n", s->progress_done, s->progress_total);
	if (s->log_waits || s->log_lost)
		printf("log: %" PRIu32 " messages wait, %" PRIu32 " lost\n", s->log_waits, s->log_lost);
	if (s->isolated)
		printf("errors of isolated tasks: %" PRIu32 "\n", s->isolated);
}

/* ---- tasks ---- */

static void print_place(const struct rl_instance *i)
{
	printf("%s", site_op(i));
	if (i->at && i->at->line)
		printf(" at %s:%u:%u", i->at->file, i->at->line, i->at->col);
}

static void print_waited(const struct rl_waited *what, unsigned n)
{
	char name[NAME];

	printf("%s", n ? " or " : "; waits for ");
	switch (what->kind) {
	case RL_WAITED_QUEUE:
		if (what->want > 1)
			printf("%" PRIu32 " in ", what->want);
		printf("%s", words_queue(what->name, what->indexed, what->index, name, sizeof(name)));
		break;
	case RL_WAITED_POOL:
		printf("all %s", what->name);
		break;
	case RL_WAITED_SIGNAL:
		printf("a signal%s%s", *what->name ? " of " : "", what->name);
		break;
	case RL_WAITED_STREAM:
		break;
	}
}

/* Whether the place says it already. */
static bool is_said(const struct rl_instance *i, const struct rl_waited *what)
{
	return what->kind == RL_WAITED_STREAM ||
	       (what->kind == RL_WAITED_POOL && strncmp(site_op(i), "await all ", 10) == 0);
}

static void print_instance(const struct rl_foreign *f, const struct rl_walk *w, const struct rl_instance *i)
{
	struct rl_waited what;
	unsigned shown = 0;
	uint32_t n = 0;
	char name[NAME], time[32];

	printf("    %-10s  ", words_instance(&w->o->tasks[i->task], i->self, name, sizeof(name)));
	print_place(i);
	printf(" for %s", words_duration(words_ago(f, i->since_ns), time));
	while (!i->ready && rl_walk_waited(w, i, &n, &what))
		if (!is_said(i, &what))
			print_waited(&what, shown++);
	printf("%s\n", i->ready ? "; goes on next" : "");
}

static void print_instances(const struct rl_foreign *f, struct rl_walk *w, uint32_t task)
{
	struct rl_instance i;

	rl_walk_rewind(w);
	w->task = task;
	while (rl_walk_next(w, &i) && i.task == task)
		print_instance(f, w, &i);
}

static void print_site(const struct rl_foreign *f, const struct site *s)
{
	char shortest[32], longest[32];

	printf("    %-10" PRIu32 "  ", s->n);
	print_place(&s->first);
	words_duration(words_ago(f, s->latest), shortest);
	words_duration(words_ago(f, s->earliest), longest);
	if (s->n > 1)
		printf(" for %s to %s", shortest, longest);
	else
		printf(" for %s", longest);
	if (s->ready)
		printf("; %" PRIu32 " go on next", s->ready);
	putchar('\n');
}

static void print_tasks(const struct rl_foreign *f, struct rl_walk *w, bool all)
{
	struct sites sites;

	if (!sites_make(w, &sites)) {
		printf("tasks: out of memory\n");
		return;
	}
	printf("tasks:\n");
	for (uint32_t t = 0; t < w->o->ntasks; t++) {
		uint32_t running = rl_walk_running(w, t);

		printf("  %s: %" PRIu32 " of %" PRIu32, w->o->tasks[t].name, running, w->o->tasks[t].count);
		if (w->o->tasks[t].count > 1)
			printf(", at most %" PRIu32 " so far", rl_walk_used(w, t));
		putchar('\n');
		if (all || running <= MAX_LISTED) {
			print_instances(f, w, t);
			continue;
		}
		for (size_t k = 0; k < sites.n; k++) {
			if (sites.at[k].task != t)
				continue;
			print_site(f, &sites.at[k]);
		}
	}
	free(sites.at);
}

/* ---- queues and buffers ---- */

static void print_waiters(const struct rl_walk *w, const struct rl_queue_sight *q)
{
	char name[NAME];

	for (uint32_t i = 0; i < q->shown; i++)
		printf("%s%s", i ? ", " : "; waited for by ",
			words_instance(
				&w->o->tasks[q->waiter[i].task], q->waiter[i].self, name, sizeof(name)));
	if (q->waiters > q->shown)
		printf(" and %" PRIu32 " more", q->waiters - q->shown);
}

/* Of an array of queues those with something in them, or about them. */
static void print_queues(const struct rl_walk *w)
{
	static const char *const kinds[] = {"", " (in)", " (out)"};

	if (w->o->nqueues)
		printf("queues:\n");
	for (uint32_t i = 0; i < w->o->nqueues; i++) {
		const struct rl_queues *d = &w->o->queues[i];
		uint32_t idle = 0;

		for (uint32_t k = 0; k < d->n; k++) {
			struct rl_queue_sight q;
			char name[NAME];

			rl_walk_queue(w, d, k, &q);
			if (d->n > 1 && !q.length && !q.reserved && !q.waiters) {
				idle++;
				continue;
			}
			printf("  %s%s: %" PRIu32 " of %" PRIu32,
				words_queue(d->name, d->n > 1, k, name, sizeof(name)), kinds[d->kind],
				q.length, d->capacity);
			if (q.reserved)
				printf(", and %" PRIu32 " requests", q.reserved);
			print_waiters(w, &q);
			putchar('\n');
		}
		if (idle)
			printf("  %s%s: %" PRIu32 " of %" PRIu32 " are empty\n", d->name, kinds[d->kind],
				idle, d->n);
	}
}

static void print_pool(const struct rl_walk *w, const struct rl_buffer_pool *p)
{
	printf("  %s: %" PRIu32 " of %" PRIu32 " out\n", p->name, rl_walk_buffers_out(w, p->control, p->n),
		p->n);
}

static void print_buffers(const struct rl_walk *w)
{
	const struct rl_object *o = w->o;

	if (o->npools || o->nzcrx)
		printf("buffers:\n");
	for (uint32_t i = 0; i < o->npools; i++)
		print_pool(w, &o->pools[i]);
	for (uint32_t i = 0; i < o->nzcrx; i++)
		print_pool(w, &o->zcrx[i].b);
}

void inspect_text(const struct rl_foreign *f, const char *process, struct rl_walk *w, bool all)
{
	struct rl_sight s;

	rl_walk_look(w, &s);
	print_head(f, process, &s);
	print_counts(&s);
	print_tasks(f, w, all);
	print_queues(w);
	print_buffers(w);
}
