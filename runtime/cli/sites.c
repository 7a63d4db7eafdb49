/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sites.c: instances by the place in the script that they wait at. */
#include <stdlib.h>
#include <string.h>

#include "look.h"

const char *site_op(const struct rl_instance *i)
{
	return i->at ? i->at->op : "an unknown state";
}

/* A loop over a stream, say, has several states at one place. */
static bool is_same(const struct rl_instance *a, const struct rl_instance *b)
{
	if (a->state == b->state || !a->at || !b->at)
		return a->at == b->at;
	return a->at->line == b->at->line && a->at->col == b->at->col && strcmp(a->at->op, b->at->op) == 0 &&
	       strcmp(a->at->file, b->at->file) == 0;
}

static struct site *site_of(struct sites *s, size_t from, const struct rl_instance *i)
{
	struct site *more;

	for (size_t k = from; k < s->n; k++)
		if (is_same(&s->at[k].first, i))
			return &s->at[k];
	if ((s->n & (s->n - 1)) == 0) { /* room for a power of two */
		more = realloc(s->at, (s->n ? 2 * s->n : 1) * sizeof(*more));
		if (!more)
			return NULL;
		s->at = more;
	}
	s->at[s->n] =
		(struct site){.task = i->task, .first = *i, .earliest = i->since_ns, .latest = i->since_ns};
	return &s->at[s->n++];
}

bool sites_make(struct rl_walk *w, struct sites *out)
{
	struct rl_instance i;
	size_t from = 0;

	*out = (struct sites){0};
	rl_walk_rewind(w);
	while (rl_walk_next(w, &i)) {
		struct site *s;

		if (out->n && out->at[out->n - 1].task != i.task)
			from = out->n;
		s = site_of(out, from, &i);
		if (!s) {
			free(out->at);
			return false;
		}
		s->n++;
		s->ready += i.ready;
		s->earliest = i.since_ns < s->earliest ? i.since_ns : s->earliest;
		s->latest = i.since_ns > s->latest ? i.since_ns : s->latest;
	}
	return true;
}
