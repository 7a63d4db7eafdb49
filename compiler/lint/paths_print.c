/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* paths_print.c: the ways that lead near to limits, for people and as JSON. */
#include <inttypes.h>
#include <string.h>
#include "diag_text.h"
#include "limits.h"
#include "lint.h"
#include "paths.h"

#define TOLD 4 /* of a list, in text */
#define TOLD_JSON 20

static const struct {
	const char *key, *words;
} memories[] = {
#define X(name, key, words) {key, words},
	LINT_MEMORIES
#undef X
};

static const struct lint_line *line_at(const struct lint_program *p, uint32_t insn)
{
	return insn < p->n && p->lines[insn] && p->lines[insn]->line ? p->lines[insn] : NULL;
}

/* ---- for people ---- */

struct out {
	const struct lint *l;
	const struct summary *s;
	FILE *to;
	const char *file; /* that was named last */
};

/* The file is named where it is not the same as before. */
static void print_place(struct out *o, uint32_t insn)
{
	const struct lint_line *line = line_at(o->s->program, insn);

	if (!line) {
		fprintf(o->to, "instruction %u", insn);
		return;
	}
	if (o->file && !strcmp(o->file, line->file)) {
		fprintf(o->to, "line %u", line->line);
		return;
	}
	diag_print_name(line->file, o->to);
	fprintf(o->to, ":%u", line->line);
	o->file = line->file;
}

static void print_text_of(struct out *o, uint32_t insn)
{
	const struct lint_line *line = line_at(o->s->program, insn);
	const char *text = line ? line->text + strspn(line->text, " \t") : "";
	if (!*text)
		return;
	fputs("  ", o->to);
	diag_print_name(arena_strndup(o->l->arena, text, strcspn(text, "\n")), o->to);
}

static void print_function(struct out *o, uint32_t insn)
{
	fputc('`', o->to);
	diag_print_name(lint_function_at(o->s->program, insn)->name, o->to);
	fputc('`', o->to);
}

/* False: it is not near enough to be told; or it is too near, and an error tells it. */
static bool begin(struct out *o, const char *what, uint64_t value, uint64_t limit)
{
	if (!o->l->all_paths && (value * 2 <= limit || value > limit))
		return false;
	fprintf(o->to, "  %s, %" PRIu64 " of %" PRIu64 ":", what, value, limit);
	return true;
}

static void print_chain(struct out *o, const chain_vec *chain, bool with_bytes)
{
	const struct lint_program *p = o->s->program;
	for (size_t i = 0; i < chain->n; i++) {
		const struct chain_link *k = &chain->at[i];
		fputs(i ? " > " : " ", o->to);
		print_function(o, p->functions.at[k->function].first);
		if (with_bytes)
			fprintf(o->to, " %u", k->bytes);
		if (!i)
			continue;
		fputs(" (", o->to);
		print_place(o, k->call);
		fputc(')', o->to);
	}
	fputc('\n', o->to);
}

static void print_functions(struct out *o)
{
	const share_vec *v = &o->s->paths.functions;
	for (size_t i = 0; i < v->n && i < TOLD; i++) {
		fprintf(o->to, "%s %" PRIu64 " in ", i ? "," : "", v->at[i].n);
		print_function(o, v->at[i].insn);
	}
	if (v->n > TOLD)
		fprintf(o->to, ", and %zu more", v->n - TOLD);
	fputc('\n', o->to);
}

static void print_lines(struct out *o)
{
	const share_vec *v = &o->s->paths.lines;
	fputc('\n', o->to);
	for (size_t i = 0; i < v->n && i < TOLD; i++) {
		unsigned share = (unsigned)((v->at[i].n * 100 + o->s->processed / 2) / o->s->processed);
		if (i && share < 5)
			break;
		fprintf(o->to, "    %2u%% at ", share);
		print_place(o, v->at[i].insn);
		print_text_of(o, v->at[i].insn);
		fputc('\n', o->to);
	}
}

static bool same_line(const struct lint_line *a, const struct lint_line *b)
{
	return a && b && a->line == b->line && !strcmp(a->file, b->file);
}

/* Lines in which the path branches, with how often it comes to the branch that it comes to the most. */
static share_vec branching_lines(struct out *o)
{
	const struct lint_program *p = o->s->program;
	const struct interp_result *r = &o->s->paths.r;
	share_vec lines = {0};

	for (size_t i = 0; i < r->branches.n; i++) {
		const struct lint_branch *b = &r->branches.at[i];
		struct share now = {b->insn, b->times};
		if (i + 1 < r->branches.n && b[1].insn == b->insn)
			now.n += r->branches.at[++i].times;
		struct share *last = lines.n ? &lines.at[lines.n - 1] : NULL;
		if (last && same_line(line_at(p, last->insn), line_at(p, now.insn)))
			last->n = now.n > last->n ? now.n : last->n;
		else
			VEC_PUSH(o->l->arena, &lines, now);
	}
	return lines;
}

static void print_longest(struct out *o)
{
	if (!o->l->all_paths)
		return;
	const share_vec lines = branching_lines(o);
	fprintf(o->to, "  longest path, %u instructions:", o->s->paths.r.longest);
	for (size_t i = 0; i < lines.n && i < 2 * TOLD; i++) {
		fputs(i ? ", " : " ", o->to);
		print_place(o, lines.at[i].insn);
		if (lines.at[i].n > 1)
			fprintf(o->to, " (%" PRIu64 " times)", lines.at[i].n);
	}
	if (lines.n > 2 * TOLD)
		fprintf(o->to, ", %zu more", lines.n - 2 * TOLD);
	fputs(lines.n ? ", to " : " to ", o->to);
	print_place(o, o->s->paths.r.longest_end);
	fputc('\n', o->to);
}

/* `4 bytes at 8..68 of the 72 of map x`. */
static const char *near_words(const struct out *o, const struct lint_near *n, enum lint_memory memory)
{
	struct arena *a = o->l->arena;
	const char *of = memory == NEAR_VALUE
				 ? arena_printf(a, "map `%s`", o->s->object->maps.at[n->which].name)
				 : memories[memory].words;
	const char *range = n->low == n->high ? arena_printf(a, "%" PRId64, n->low)
					      : arena_printf(a, "%" PRId64 "..%" PRId64, n->low, n->high);
	return arena_printf(a, "%u byte%s at %s of the %" PRId64 " of %s", n->size, n->size == 1 ? "" : "s",
		range, n->whole, of);
}

static int64_t left(const struct lint_near *n)
{
	return n->whole - n->high - n->size;
}

static void print_near(struct out *o)
{
	for (int i = 0; o->l->all_paths && i < NEAR_COUNT; i++) {
		const struct lint_near *n = &o->s->paths.r.near[i];
		if (!n->seen)
			continue;
		fprintf(o->to, "  nearest to the end of %s, %" PRId64 " byte%s left: ", memories[i].words,
			left(n), left(n) == 1 ? "" : "s");
		diag_print_name(near_words(o, n, (enum lint_memory)i), o->to);
		fputs(", at ", o->to);
		print_place(o, n->insn);
		print_text_of(o, n->insn);
		fputc('\n', o->to);
	}
}

static void print_map(struct out *o)
{
	const struct paths *p = &o->s->paths;
	if (!o->l->all_paths || p->map < 0)
		return;
	const struct lint_map *m = &o->s->object->maps.at[p->map];
	fputs("  largest map: `", o->to);
	diag_print_name(m->name, o->to);
	fprintf(o->to, "`, %" PRIu64 " bytes\n", p->map_bytes);
}

void paths_print(const struct lint *l, const struct summary *s, FILE *to)
{
	struct out o = {l, s, to, NULL};
	const struct paths *p = &s->paths;

	if (p->stack.n && begin(&o, "stack", s->stack, limit_of(l, LIMIT_stack)))
		print_chain(&o, &p->stack, true);
	if (p->frames.n && begin(&o, "frames", s->frames, limit_of(l, LIMIT_frames)))
		print_chain(&o, &p->frames, false);
	if (begin(&o, "instructions", s->program->n, limit_of(l, LIMIT_insns)))
		print_functions(&o);
	if (!p->followed)
		return;
	if (s->processed &&
		begin(&o, "looked at by the verifier", s->processed, limit_of(l, LIMIT_processed)))
		print_lines(&o);
	print_longest(&o);
	if (p->r.peak_pending &&
		begin(&o, "branches open at once", p->r.peak_pending, limit_of(l, LIMIT_jumps))) {
		fputs(" the last is at ", to);
		print_place(&o, p->r.pending_at);
		print_text_of(&o, p->r.pending_at);
		fputc('\n', to);
	}
	print_near(&o);
	print_map(&o);
}

/* ---- JSON ---- */

static void set(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value);
}

static json_t *text(const struct lint *l, const char *s)
{
	return s ? json_string(diag_clean(l->arena, s, strlen(s))) : json_null();
}

static json_t *place(const struct lint *l, const struct lint_program *p, uint32_t insn)
{
	const struct lint_line *line = line_at(p, insn);
	json_t *o = json_object();
	set(o, "instruction", json_integer(insn));
	set(o, "function", text(l, lint_function_at(p, insn)->name));
	set(o, "file", text(l, line ? line->file : NULL));
	set(o, "line", line ? json_integer(line->line) : json_null());
	return o;
}

static json_t *chain(const struct lint *l, const struct lint_program *p, const chain_vec *v)
{
	json_t *list = json_array();
	for (size_t i = 0; i < v->n; i++) {
		const struct chain_link *k = &v->at[i];
		json_t *o = json_object();
		set(o, "function", text(l, p->functions.at[k->function].name));
		set(o, "stack", json_integer(k->bytes));
		set(o, "called_at", i ? place(l, p, k->call) : json_null());
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *shares(const struct lint *l, const struct lint_program *p, const share_vec *v, const char *key)
{
	json_t *list = json_array();
	for (size_t i = 0; i < v->n && i < TOLD_JSON; i++) {
		json_t *o = place(l, p, v->at[i].insn);
		set(o, key, json_integer((json_int_t)v->at[i].n));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *longest(const struct lint *l, const struct lint_program *p, const struct interp_result *r)
{
	json_t *o = json_object(), *list = json_array();
	for (size_t i = 0; i < r->branches.n && i < TOLD_JSON; i++) {
		json_t *b = place(l, p, r->branches.at[i].insn);
		set(b, "jumps", json_boolean(r->branches.at[i].jumped));
		set(b, "times", json_integer(r->branches.at[i].times));
		json_array_append_new(list, b);
	}
	set(o, "instructions", json_integer(r->longest));
	set(o, "branches", list);
	set(o, "ends_at", place(l, p, r->longest_end));
	return o;
}

static json_t *nearest(const struct lint *l, const struct summary *s)
{
	json_t *list = json_array();
	for (int i = 0; i < NEAR_COUNT; i++) {
		const struct lint_near *n = &s->paths.r.near[i];
		if (!n->seen)
			continue;
		json_t *o = place(l, s->program, n->insn);
		set(o, "memory", json_string(memories[i].key));
		set(o, "map", i == NEAR_VALUE ? text(l, s->object->maps.at[n->which].name) : json_null());
		set(o, "size", json_integer(n->size));
		set(o, "from", json_integer(n->low));
		set(o, "to", json_integer(n->high));
		set(o, "of", json_integer(n->whole));
		set(o, "left", json_integer(left(n)));
		json_array_append_new(list, o);
	}
	return list;
}

json_t *paths_json(const struct lint *l, const struct summary *s)
{
	const struct paths *p = &s->paths;
	json_t *o = json_object();

	set(o, "stack", chain(l, s->program, &p->stack));
	set(o, "frames", chain(l, s->program, &p->frames));
	set(o, "instructions", shares(l, s->program, &p->functions, "instructions"));
	set(o, "largest_map", p->map < 0 ? json_null() : text(l, s->object->maps.at[p->map].name));
	set(o, "largest_map_bytes", p->map < 0 ? json_null() : json_integer((json_int_t)p->map_bytes));
	if (!p->followed)
		return o;
	set(o, "processed", shares(l, s->program, &p->lines, "processed"));
	set(o, "longest", longest(l, s->program, &p->r));
	json_t *open = p->r.peak_pending ? place(l, s->program, p->r.pending_at) : json_object();
	set(open, "value", json_integer(p->r.peak_pending));
	set(open, "limit", json_integer(limit_of(l, LIMIT_jumps)));
	set(o, "branches_open", open);
	set(o, "nearest", nearest(l, s));
	return o;
}
