/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * graph_marks.c: which part of a script's graph each of the linter's findings is of. A finding has a line.
 * Where a queue or a task is declared there, it is of that, and where tasks wait, of those places; what a
 * task does between two places is of the way from one to the other, or of the task, where more than one way
 * leads past it.
 */
#include "graph_marks.h"
#include <string.h>
#include "diag_text.h"
#include "lint/lint.h"

struct placed {
	struct graph_place place;
	const struct finding *finding;
};

struct graph_marks {
	const struct ir_program *ir;
	struct arena *arena;
	VEC(struct placed) placed;
};

static const char *const colors[] = {
	[LEVEL_ERROR] = "#c00000", [LEVEL_WARNING] = "#c06000", [LEVEL_NOTE] = "#0060c0"};

/* ---- where ---- */

static void put(struct graph_marks *m, const struct finding *f, const struct graph_place *place)
{
	VEC_PUSH(m->arena, &m->placed, ((struct placed){*place, f}));
}

/* The column, where it is on that line; 0: it is on another. */
static uint32_t column(const struct graph_marks *m, const struct loc *loc, const struct lint_line *line)
{
	const struct sources *sources = m->ir->p->sources;
	uint32_t n, col;

	if (strcmp(sources->list.at[loc->file]->name, line->file) != 0)
		return 0;
	source_position(sources, loc->file, loc->begin, &n, &col);
	return n == line->line ? col : 0;
}

/* What is found of a queue, or of a task as a whole, is where its name is declared. */
static bool put_at_names(struct graph_marks *m, const struct finding *f)
{
	const struct lint_line *line = f->place.line;
	bool found = false;
	for (size_t i = 0; i < m->ir->p->vars.n; i++) {
		const struct symbol *s = m->ir->p->vars.at[i];
		if (s->kind != SYM_VAR || s->storage != VAR_QUEUE || !line->col ||
			column(m, &s->loc, line) != line->col)
			continue;
		put(m, f, &(struct graph_place){.kind = GRAPH_QUEUE, .queue = s});
		found = true;
	}
	for (size_t i = 0; i < m->ir->tasks.n; i++) {
		const struct ir_fn *task = m->ir->tasks.at[i];
		if (!line->col || column(m, &task->sym->loc, line) != line->col)
			continue;
		put(m, f, &(struct graph_place){.kind = GRAPH_TASK, .task = task});
		found = true;
	}
	return found;
}

/* Of a line on which tasks wait more than once, the nearest of these places is meant. */
static bool put_at_sites(struct graph_marks *m, const struct finding *f)
{
	uint32_t least = UINT32_MAX, wanted = f->place.line->col;
	for (int pass = 0; pass < 2; pass++)
		for (size_t t = 0; t < m->ir->tasks.n; t++) {
			const struct ir_fn *task = m->ir->tasks.at[t];
			for (size_t i = 1; i < task->states.n; i++) {
				uint32_t col = column(m, &task->states.at[i].loc, f->place.line);
				uint32_t far = col < wanted ? wanted - col : col - wanted;
				if (!col || graph_site(task, i) != i)
					continue;
				if (!pass && far < least)
					least = far;
				else if (pass && far == least)
					put(m, f,
						&(struct graph_place){
							.kind = GRAPH_SITE, .task = task, .from = i});
			}
		}
	return least != UINT32_MAX;
}

static bool is_on_line(const struct graph_marks *m, const struct ir_block *b, const struct lint_line *line)
{
	for (size_t i = 0; i < b->ins.n; i++)
		if (column(m, &b->ins.at[i]->loc, line))
			return true;
	return false;
}

/* Adds the ways past the line that begin at a state. */
static void find_ways(const struct graph_marks *m, const struct lint_line *line, const struct ir_fn *task,
	size_t from, struct graph_place *way, bool *only)
{
	block_vec blocks = {0}, on = {0};

	graph_ways(m->arena, task, from, task->states.at[from].block, &blocks);
	for (size_t i = 0; i < blocks.n; i++) {
		if (!is_on_line(m, blocks.at[i], line))
			continue;
		graph_ways(m->arena, task, from, blocks.at[i], &on);
		for (size_t k = 0; k < on.n; k++) {
			size_t to = graph_way_leads(task, from, on.at[k]), site = graph_site(task, from);
			if (to == WAY_NOWHERE)
				continue;
			*only = way->kind == GRAPH_NOWHERE || (*only && way->from == site && way->to == to);
			*way = (struct graph_place){GRAPH_WAY, task, site, to, NULL};
		}
	}
}

static bool put_on_ways(struct graph_marks *m, const struct finding *f)
{
	bool found = false;
	for (size_t t = 0; t < m->ir->tasks.n; t++) {
		const struct ir_fn *task = m->ir->tasks.at[t];
		struct graph_place way = {.kind = GRAPH_NOWHERE};
		bool only = false;
		for (size_t from = 0; from < task->states.n; from++)
			find_ways(m, f->place.line, task, from, &way, &only);
		if (way.kind == GRAPH_NOWHERE)
			continue;
		put(m, f, only ? &way : &(struct graph_place){.kind = GRAPH_TASK, .task = task});
		found = true;
	}
	return found;
}

struct graph_marks *graph_marks_of(const struct ir_program *ir, const struct lint *l)
{
	struct graph_marks *m = NEW(l->arena, struct graph_marks);

	*m = (struct graph_marks){.ir = ir, .arena = l->arena};
	for (size_t i = 0; i < l->findings.n; i++) {
		const struct finding *f = l->findings.at[i];
		bool found = f->place.line && (put_at_names(m, f) || put_at_sites(m, f) || put_on_ways(m, f));
		if (!found)
			put(m, f, &(struct graph_place){.kind = GRAPH_NOWHERE});
	}
	return m;
}

/* ---- what is written ---- */

const char *graph_escape(struct arena *a, const char *s)
{
	const char *clean = diag_clean(a, s, strlen(s));
	char *escaped = arena_alloc(a, 2 * strlen(clean) + 1), *to = escaped;

	for (; *clean; clean++) {
		if (*clean == '"' || *clean == '\\')
			*to++ = '\\';
		*to++ = *clean;
	}
	return escaped;
}

static bool same(const struct graph_place *a, const struct graph_place *b)
{
	return a->kind == b->kind && a->task == b->task && a->from == b->from && a->to == b->to &&
	       a->queue == b->queue;
}

static const char *line_of(struct arena *a, const struct finding *f)
{
	const struct lint_line *line = f->place.line;
	const char *where = line ? arena_printf(a, "%s:%u", line->file, line->line) : f->place.object;
	return graph_escape(a, arena_printf(a, "%s: %s: %s [" LINT_CODE "]", where, lint_level_name(f->level),
				       f->text, lint_rules[f->rule].number));
}

struct graph_mark graph_mark_at(const struct graph_marks *m, const struct graph_place *place)
{
	struct graph_mark mark = {"", "", ""};
	enum lint_level worst = LEVEL_NOTE;

	for (size_t i = 0; m && i < m->placed.n; i++) {
		const struct finding *f = m->placed.at[i].finding;
		const char *code = arena_printf(m->arena, LINT_CODE, lint_rules[f->rule].number);
		if (!same(&m->placed.at[i].place, place))
			continue;
		if (!strstr(mark.codes, code))
			mark.codes =
				arena_printf(m->arena, "%s%s%s", mark.codes, *mark.codes ? " " : "", code);
		mark.lines = arena_printf(m->arena, "%s%s\\l", mark.lines, line_of(m->arena, f));
		worst = f->level < worst ? f->level : worst;
	}
	if (*mark.codes)
		mark.attributes =
			arena_printf(m->arena, ", color=\"%s\", fontcolor=\"%s\", penwidth=2, tooltip=\"%s\"",
				colors[worst], colors[worst], mark.lines);
	return mark;
}
