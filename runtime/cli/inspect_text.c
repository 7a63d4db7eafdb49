/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* inspect_text.c: what a program does, for people. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "look.h"

enum { NAME = 320 }; /* of an instance or a queue */

static void print_head(FILE *to, const struct rl_foreign *f, const char *process, const struct rl_sight *s)
{
	time_t at = (time_t)f->core.saved_at;
	char age[32], when[64] = "";
	struct tm tm;

	words_duration(words_age(f), age);
	if (f->pid) {
		fprintf(to, "%s: process %s, %s engine, loaded %s ago: %s\n", f->name, process,
			words_engine(f), age, words_doing(s->doing));
	} else {
		if (localtime_r(&at, &tm))
			strftime(when, sizeof(when), " on %F at %T", &tm);
		fprintf(to, "%s: core of process %u, %s engine, saved%s, %s after it was loaded: %s\n",
			f->name, f->core.pid, words_engine(f), when, age, words_doing(s->doing));
	}
	if (s->failure[0])
		fprintf(to, "why: %s\n", s->failure);
	if (f->moved)
		fprintf(to, "(it ran on while it was read: parts are of different moments)\n");
}

static void print_counts(FILE *to, const struct rl_sight *s)
{
	fprintf(to, "requests: %" PRIu32 " in flight", s->in_flight);
	if (s->written)
		fprintf(to, " (%" PRIu32 " just written)", s->written);
	fprintf(to, ", %" PRIu32 " submitted so far\n", s->submitted);
	if (s->ready)
		fprintf(to, "ready queue: %" PRIu32 "\n", s->ready);
	if (s->progress_done || s->progress_total)
		fprintf(to, "progress: %" PRIu64 " of %" PRIu64 "\n", s->progress_done, s->progress_total);
	if (s->log_waits || s->log_lost)
		fprintf(to, "log: %" PRIu32 " messages wait, %" PRIu32 " lost\n", s->log_waits, s->log_lost);
	if (s->isolated)
		fprintf(to, "errors of isolated tasks: %" PRIu32 "\n", s->isolated);
}

/* ---- tasks ---- */

static void print_place(FILE *to, const struct rl_instance *i)
{
	fprintf(to, "%s", site_op(i));
	if (i->at && i->at->line)
		fprintf(to, " at %s:%u:%u", i->at->file, i->at->line, i->at->col);
}

static void print_waited(FILE *to, const struct rl_waited *what, unsigned n)
{
	char name[NAME];

	fprintf(to, "%s", n ? " or " : "; waits for ");
	switch (what->kind) {
	case RL_WAITED_QUEUE:
		if (what->want > 1)
			fprintf(to, "%" PRIu32 " in ", what->want);
		fprintf(to, "%s", words_queue(what->name, what->indexed, what->index, name, sizeof(name)));
		break;
	case RL_WAITED_POOL:
		fprintf(to, "all %s", what->name);
		break;
	case RL_WAITED_SIGNAL:
		fprintf(to, "a signal%s%s", *what->name ? " of " : "", what->name);
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

static void print_instance(
	FILE *to, const struct rl_foreign *f, const struct rl_walk *w, const struct rl_instance *i)
{
	struct rl_waited what;
	unsigned shown = 0;
	uint32_t n = 0;
	char name[NAME], time[32];

	fprintf(to, "    %-10s  ", words_instance(&w->o->tasks[i->task], i->self, name, sizeof(name)));
	print_place(to, i);
	fprintf(to, " for %s", words_duration(words_ago(f, i->since_ns), time));
	while (!i->ready && rl_walk_waited(w, i, &n, &what))
		if (!is_said(i, &what))
			print_waited(to, &what, shown++);
	fprintf(to, "%s\n", i->ready ? "; goes on next" : "");
}

static void print_instances(FILE *to, const struct rl_foreign *f, struct rl_walk *w, uint32_t task)
{
	struct rl_instance i;

	rl_walk_rewind(w);
	w->task = task;
	while (rl_walk_next(w, &i) && i.task == task)
		print_instance(to, f, w, &i);
}

static void print_site(FILE *to, const struct rl_foreign *f, const struct site *s)
{
	char shortest[32], longest[32];

	fprintf(to, "    %-10" PRIu32 "  ", s->n);
	print_place(to, &s->first);
	words_duration(words_ago(f, s->latest), shortest);
	words_duration(words_ago(f, s->earliest), longest);
	if (s->n > 1)
		fprintf(to, " for %s to %s", shortest, longest);
	else
		fprintf(to, " for %s", longest);
	if (s->ready)
		fprintf(to, "; %" PRIu32 " go on next", s->ready);
	fputc('\n', to);
}

static void print_tasks(FILE *to, const struct rl_foreign *f, struct rl_walk *w, bool all)
{
	struct sites sites;

	if (!sites_make(w, &sites)) {
		fprintf(to, "tasks: out of memory\n");
		return;
	}
	fprintf(to, "tasks:\n");
	for (uint32_t t = 0; t < w->o->ntasks; t++) {
		uint32_t running = rl_walk_running(w, t);

		fprintf(to, "  %s: %" PRIu32 " of %" PRIu32, w->o->tasks[t].name, running,
			w->o->tasks[t].count);
		if (w->o->tasks[t].count > 1)
			fprintf(to, ", at most %" PRIu32 " so far", rl_walk_used(w, t));
		fputc('\n', to);
		if (all || running <= MAX_LISTED) {
			print_instances(to, f, w, t);
			continue;
		}
		for (size_t k = 0; k < sites.n; k++) {
			if (sites.at[k].task != t)
				continue;
			print_site(to, f, &sites.at[k]);
		}
	}
	free(sites.at);
}

/* ---- queues and buffers ---- */

static void print_waiters(FILE *to, const struct rl_walk *w, const struct rl_queue_sight *q)
{
	char name[NAME];

	for (uint32_t i = 0; i < q->shown; i++)
		fprintf(to, "%s%s", i ? ", " : "; waited for by ",
			words_instance(
				&w->o->tasks[q->waiter[i].task], q->waiter[i].self, name, sizeof(name)));
	if (q->waiters > q->shown)
		fprintf(to, " and %" PRIu32 " more", q->waiters - q->shown);
}

/* Of an array of queues those with something in them, or about them. */
static void print_queues(FILE *to, const struct rl_walk *w)
{
	static const char *const kinds[] = {"", " (in)", " (out)"};

	if (w->o->nqueues)
		fprintf(to, "queues:\n");
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
			fprintf(to, "  %s%s: %" PRIu32 " of %" PRIu32,
				words_queue(d->name, d->n > 1, k, name, sizeof(name)), kinds[d->kind],
				q.length, d->capacity);
			if (q.reserved)
				fprintf(to, ", and %" PRIu32 " requests", q.reserved);
			print_waiters(to, w, &q);
			fputc('\n', to);
		}
		if (idle)
			fprintf(to, "  %s%s: %" PRIu32 " of %" PRIu32 " are empty\n", d->name, kinds[d->kind],
				idle, d->n);
	}
}

static void print_pool(FILE *to, const struct rl_walk *w, const struct rl_buffer_pool *p)
{
	fprintf(to, "  %s: %" PRIu32 " of %" PRIu32 " out\n", p->name,
		rl_walk_buffers_out(w, p->control, p->n), p->n);
}

static void print_buffers(FILE *to, const struct rl_walk *w)
{
	const struct rl_object *o = w->o;

	if (o->npools || o->nzcrx)
		fprintf(to, "buffers:\n");
	for (uint32_t i = 0; i < o->npools; i++)
		print_pool(to, w, &o->pools[i]);
	for (uint32_t i = 0; i < o->nzcrx; i++)
		print_pool(to, w, &o->zcrx[i].b);
}

void inspect_text(FILE *to, const struct rl_foreign *f, const char *process, struct rl_walk *w, bool all)
{
	struct rl_sight s;

	rl_walk_look(w, &s);
	print_head(to, f, process, &s);
	print_counts(to, &s);
	print_tasks(to, f, w, all);
	print_queues(to, w);
	print_buffers(to, w);
}
