/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* paths.c: sums by function and by line, and the largest map. The chains of calls are found by stack.c. */
#include "paths.h"
#include <stdlib.h>
#include <string.h>
#include "lint.h"

static int by_share(const void *pa, const void *pb)
{
	const struct share *a = pa, *b = pb;
	return a->n != b->n ? (a->n > b->n ? -1 : 1) : a->insn < b->insn ? -1 : a->insn > b->insn;
}

static int by_line(const void *pa, const void *pb)
{
	const struct lint_line *const *a = pa, *const *b = pb;
	int file = strcmp((*a)->file, (*b)->file);
	return file ? file : (*a)->line < (*b)->line ? -1 : (*a)->line > (*b)->line;
}

static void sort(share_vec *v)
{
	if (v->n)
		qsort(v->at, v->n, sizeof *v->at, by_share);
}

static void sum_functions(struct lint *l, const struct lint_program *p, share_vec *to)
{
	for (size_t i = 0; i < p->functions.n; i++)
		VEC_PUSH(l->arena, to, ((struct share){p->functions.at[i].first, p->functions.at[i].n}));
	sort(to);
}

/* What is known of one line only: its number among the lines of the program, sorted. */
static size_t number_of(const struct lint_line *const *lines, size_t n, const struct lint_line *line)
{
	const struct lint_line *const *at = bsearch(&line, lines, n, sizeof *lines, by_line);
	return (size_t)(at - lines);
}

static void sum_lines(struct lint *l, const struct lint_program *p, const uint32_t *counts, share_vec *to)
{
	const struct lint_line **lines = arena_alloc(l->arena, (p->n + 1) * sizeof *lines);
	size_t n = 0, kept = 0;

	for (uint32_t i = 0; i < p->n; i++)
		if (counts[i] && p->lines[i] && p->lines[i]->line)
			lines[n++] = p->lines[i];
	if (!n)
		return;
	qsort(lines, n, sizeof *lines, by_line);
	for (size_t i = 0; i < n; i++)
		if (!kept || by_line(&lines[kept - 1], &lines[i]))
			lines[kept++] = lines[i];
	struct share *shares = arena_alloc(l->arena, kept * sizeof *shares);
	for (uint32_t i = 0; i < p->n; i++) {
		if (!counts[i] || !p->lines[i] || !p->lines[i]->line)
			continue;
		struct share *s = &shares[number_of(lines, kept, p->lines[i])];
		s->insn = s->n ? s->insn : i;
		s->n += counts[i];
	}
	for (size_t i = 0; i < kept; i++)
		VEC_PUSH(l->arena, to, shares[i]);
	sort(to);
}

/* Elements of arrays have no keys that are kept; a ring buffer's size is its number of entries. */
static uint64_t map_bytes(const struct lint_map *m)
{
	bool array = m->type == BPF_MAP_TYPE_ARRAY || m->type == BPF_MAP_TYPE_PERCPU_ARRAY;
	uint64_t element = (array ? 0 : (uint64_t)m->key_size) + m->value_size;
	return (m->type == BPF_MAP_TYPE_RINGBUF ? 1 : element) * m->max_entries;
}

static void find_map(const struct lint_object *o, const struct lint_program *p, struct paths *to)
{
	to->map = -1;
	for (uint32_t i = 0; i < p->n; i++) {
		const struct lint_ref *r = &p->refs[i];
		if (r->kind != REF_MAP && r->kind != REF_VALUE)
			continue;
		const struct lint_map *m = &o->maps.at[r->index];
		uint64_t bytes = map_bytes(m);
		if (to->map >= 0 && bytes <= to->map_bytes)
			continue;
		to->map = (int32_t)r->index;
		to->map_bytes = bytes;
	}
}

void paths_find(struct lint *l, struct summary *s, const struct interp_result *r)
{
	struct paths *to = &s->paths;

	sum_functions(l, s->program, &to->functions);
	find_map(s->object, s->program, to);
	if (!r || !r->accepted)
		return;
	to->followed = true;
	to->r = *r;
	sum_lines(l, s->program, r->counts, &to->lines);
}
