/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* inspect_json.c: what a program does, for other programs. */
#include <stdlib.h>

#include "look.h"

static void set(json_t *o, const char *key, json_t *v)
{
	json_object_set_new(o, key, v);
}

static void set_number(json_t *o, const char *key, uint64_t v)
{
	set(o, key, json_integer((json_int_t)v));
}

/* Text that was cut may end in half a character. */
static void set_text(json_t *o, const char *key, const char *v)
{
	json_t *s = json_string(v);

	set(o, key, s ? s : json_null());
}

static void set_place(json_t *o, const struct rl_instance *i)
{
	set_text(o, "op", site_op(i));
	if (!i->at)
		return;
	set_text(o, "file", i->at->file);
	set_number(o, "line", i->at->line);
	set_number(o, "column", i->at->col);
}

static json_t *waits(const struct rl_walk *w, const struct rl_instance *i)
{
	static const char *const kinds[] = {"queue", "task", "signal", "stream"};
	json_t *list = json_array();
	struct rl_waited what;
	uint32_t n = 0;

	while (rl_walk_waited(w, i, &n, &what)) {
		json_t *o = json_object();

		set_text(o, "for", kinds[what.kind]);
		set_text(o, "name", what.name);
		if (what.kind == RL_WAITED_QUEUE) {
			set_number(o, "index", what.index);
			set_number(o, "want", what.want ? what.want : 1);
		}
		json_array_append_new(list, o);
	}
	return list;
}

static void set_seconds(json_t *o, const char *key, uint64_t ns)
{
	set(o, key, json_real((double)ns / 1e9));
}

static json_t *instances(const struct rl_foreign *f, struct rl_walk *w, uint32_t task)
{
	json_t *list = json_array();
	struct rl_instance i;

	rl_walk_rewind(w);
	w->task = task;
	while (rl_walk_next(w, &i) && i.task == task) {
		json_t *o = json_object();

		set_number(o, "self", i.self);
		set_place(o, &i);
		set_seconds(o, "seconds", words_ago(f, i.since_ns));
		set(o, "ready", json_boolean(i.ready));
		set(o, "waits", waits(w, &i));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *tasks(const struct rl_foreign *f, struct rl_walk *w, bool all)
{
	json_t *list = json_array();
	struct sites s;

	if (!sites_make(w, &s))
		return list;
	for (uint32_t t = 0; t < w->o->ntasks; t++) {
		json_t *o = json_object(), *at = json_array();

		set_text(o, "name", w->o->tasks[t].name);
		set_number(o, "count", w->o->tasks[t].count);
		set_number(o, "running", rl_walk_running(w, t));
		set_number(o, "used", rl_walk_used(w, t));
		for (size_t k = 0; k < s.n; k++) {
			json_t *site = json_object();

			if (s.at[k].task == t) {
				set_place(site, &s.at[k].first);
				set_number(site, "instances", s.at[k].n);
				set_number(site, "ready", s.at[k].ready);
				set_seconds(site, "shortest", words_ago(f, s.at[k].latest));
				set_seconds(site, "longest", words_ago(f, s.at[k].earliest));
				json_array_append(at, site);
			}
			json_decref(site);
		}
		set(o, "sites", at);
		if (all || rl_walk_running(w, t) <= MAX_LISTED)
			set(o, "instances", instances(f, w, t));
		json_array_append_new(list, o);
	}
	free(s.at);
	return list;
}

static json_t *queues(const struct rl_walk *w)
{
	static const char *const kinds[] = {"", "in", "out"};
	json_t *list = json_array();

	for (uint32_t i = 0; i < w->o->nqueues; i++) {
		const struct rl_queues *d = &w->o->queues[i];

		for (uint32_t k = 0; k < d->n; k++) {
			json_t *o = json_object();
			struct rl_queue_sight q;

			rl_walk_queue(w, d, k, &q);
			set_text(o, "name", d->name);
			set_number(o, "index", k);
			set_text(o, "kind", kinds[d->kind]);
			set_number(o, "length", q.length);
			set_number(o, "capacity", d->capacity);
			set_number(o, "requests", q.reserved);
			set_number(o, "waiters", q.waiters);
			json_array_append_new(list, o);
		}
	}
	return list;
}

static json_t *pool(const struct rl_walk *w, const struct rl_buffer_pool *p)
{
	json_t *o = json_object();

	set_text(o, "name", p->name);
	set_number(o, "count", p->n);
	set_number(o, "out", rl_walk_buffers_out(w, p->control, p->n));
	return o;
}

static json_t *buffers(const struct rl_walk *w)
{
	const struct rl_object *o = w->o;
	json_t *list = json_array();

	for (uint32_t i = 0; i < o->npools; i++)
		json_array_append_new(list, pool(w, &o->pools[i]));
	for (uint32_t i = 0; i < o->nzcrx; i++)
		json_array_append_new(list, pool(w, &o->zcrx[i].b));
	return list;
}

json_t *inspect_json(const struct rl_foreign *f, struct rl_walk *w, bool all)
{
	json_t *o = json_object(), *progress = json_object();
	struct rl_sight s;

	rl_walk_look(w, &s);
	set_text(o, "name", f->name);
	set_text(o, "source", f->object.source);
	set_number(o, "pid", f->pid ? (uint64_t)f->pid : f->core.pid);
	set_number(o, "number", f->number);
	set(o, "core", json_boolean(!f->pid));
	set_text(o, "engine", words_engine(f));
	set_text(o, "state", words_doing(s.doing));
	set_text(o, "why", s.failure);
	set_seconds(o, "seconds", words_age(f));
	set(o, "still", json_boolean(!f->moved));
	set_number(o, "in_flight", s.in_flight);
	set_number(o, "written", s.written);
	set_number(o, "submitted", s.submitted);
	set_number(o, "ready", s.ready);
	set_number(o, "live", s.live);
	set_number(o, "isolated_errors", s.isolated);
	set_number(o, "messages", s.log_waits);
	set_number(o, "messages_lost", s.log_lost);
	set_number(progress, "done", s.progress_done);
	set_number(progress, "total", s.progress_total);
	set(o, "progress", progress);
	set(o, "tasks", tasks(f, w, all));
	set(o, "queues", queues(w));
	set(o, "buffers", buffers(w));
	return o;
}
