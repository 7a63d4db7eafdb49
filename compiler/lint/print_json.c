/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* print_json.c: findings and numbers for programs: as one object of JSON, or as SARIF 2.1.0 (OASIS). */
#include <jansson.h>
#include <string.h>
#include "diag_text.h"
#include "lint.h"
#include "limits.h"
#include "object.h"

static json_t *text(const struct lint *l, const char *s)
{
	return s ? json_string(diag_clean(l->arena, s, strlen(s))) : json_null();
}

static void set(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value);
}

static json_t *code(enum lint_rule rule)
{
	return json_sprintf(LINT_CODE, lint_rules[rule].number);
}

static void set_place(const struct lint *l, json_t *o, const struct place *p)
{
	bool insn = p->program && p->insn < p->program->n;
	set(o, "object", text(l, p->object));
	set(o, "program", text(l, p->program ? p->program->name : NULL));
	set(o, "function", insn ? text(l, lint_function_at(p->program, p->insn)->name) : json_null());
	set(o, "instruction", insn ? json_integer(p->insn) : json_null());
	set(o, "file", text(l, p->line ? p->line->file : NULL));
	set(o, "line", p->line ? json_integer(p->line->line) : json_null());
	set(o, "column", p->line ? json_integer(p->line->col) : json_null());
}

/* ---- our own ---- */

static json_t *finding(struct lint *l, const struct finding *f)
{
	json_t *o = json_object(), *notes = json_array();
	set(o, "code", code(f->rule));
	set(o, "rule", json_string(lint_rule_name(l->arena, f->rule)));
	set(o, "level", json_string(lint_level_name(f->level)));
	set(o, "message", text(l, f->text));
	set_place(l, o, &f->place);
	for (size_t i = 0; i < f->notes.n; i++) {
		json_t *note = json_object();
		set(note, "message", text(l, f->notes.at[i].text));
		set_place(l, note, &f->notes.at[i].place);
		json_array_append_new(notes, note);
	}
	set(o, "notes", notes);
	set(o, "hint", text(l, f->hint));
	return o;
}

static json_t *number(const char *key, uint64_t value, uint32_t limit)
{
	json_t *o = json_object();
	set(o, key, json_integer((json_int_t)value));
	set(o, "limit", json_integer(limit));
	return o;
}

static json_t *words(const struct lint *l, const char *list)
{
	json_t *a = json_array();
	while (list && *list) {
		size_t n = strcspn(list, ",");
		json_array_append_new(a, text(l, arena_strndup(l->arena, list, n)));
		list += n + strspn(list + n, ", ");
	}
	return a;
}

static json_t *summary(struct lint *l, const struct summary *s)
{
	json_t *o = json_object();
	set(o, "object", text(l, s->object->path));
	set(o, "program", text(l, s->program->name));
	set(o, "section", text(l, s->program->section));
	set(o, "instructions", number("value", s->program->n, limit_of(l, LIMIT_insns)));
	set(o, "functions", number("value", s->program->functions.n, limit_of(l, LIMIT_subprograms)));
	set(o, "frames", number("value", s->frames, limit_of(l, LIMIT_frames)));
	set(o, "stack", number("value", s->stack, limit_of(l, LIMIT_stack)));
	if (s->own_stack)
		set(o, "own_stack", json_integer(s->own_stack));
	if (s->verdict)
		set(o, "verdict", text(l, s->verdict));
	set(o, "processed",
		s->processed ? number("value", s->processed, limit_of(l, LIMIT_processed)) : json_null());
	set(o, "paths", paths_json(l, s));
	set(o, "oldest_kernel",
		s->since ? json_sprintf("%u.%u", s->since >> 8, s->since & 0xff) : json_null());
	set(o, "because", text(l, s->needs));
	set(o, "on_engine_user", text(l, s->user_needs));
	set(o, "privileges", words(l, s->privileges));
	set(o, "configuration", words(l, s->configs));
	return o;
}

static void dump(json_t *o, FILE *out)
{
	json_dumpf(o, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(o);
}

void lint_print_json(struct lint *l, FILE *out)
{
	json_t *o = json_object(), *findings = json_array(), *programs = json_array();
	for (size_t i = 0; i < l->findings.n; i++)
		json_array_append_new(findings, finding(l, l->findings.at[i]));
	for (size_t i = 0; i < l->summaries.n; i++)
		json_array_append_new(programs, summary(l, &l->summaries.at[i]));
	set(o, "kernel", json_sprintf("%u.%u", l->kernel >> 8, l->kernel & 0xff));
	set(o, "findings", findings);
	set(o, "programs", programs);
	dump(o, out);
}

/* ---- SARIF ---- */

static json_t *message(const struct lint *l, const char *s)
{
	json_t *o = json_object();
	set(o, "text", text(l, s));
	return o;
}

static json_t *location(const struct lint *l, const struct place *p)
{
	json_t *o = json_object(), *physical = json_object(), *artifact = json_object();
	set(artifact, "uri", text(l, p->line ? p->line->file : p->object));
	set(physical, "artifactLocation", artifact);
	if (p->line) {
		json_t *region = json_object();
		set(region, "startLine", json_integer(p->line->line));
		if (p->line->col)
			set(region, "startColumn", json_integer(p->line->col));
		set(physical, "region", region);
	}
	set(o, "physicalLocation", physical);
	if (p->program) {
		json_t *logical = json_object(), *list = json_array();
		bool insn = p->insn < p->program->n;
		set(logical, "name",
			text(l, insn ? lint_function_at(p->program, p->insn)->name : p->program->name));
		set(logical, "kind", json_string("function"));
		json_array_append_new(list, logical);
		set(o, "logicalLocations", list);
	}
	return o;
}

static json_t *rules(struct lint *l)
{
	json_t *list = json_array();
	for (int i = 0; i < L_COUNT; i++) {
		json_t *o = json_object(), *level = json_object();
		set(level, "level", json_string(lint_level_name(l->levels[i])));
		set(level, "enabled", json_boolean(!l->off[i]));
		set(o, "id", code((enum lint_rule)i));
		set(o, "name", json_string(lint_rule_name(l->arena, (enum lint_rule)i)));
		set(o, "shortDescription", message(l, lint_rules[i].format));
		set(o, "fullDescription", message(l, lint_rules[i].explain));
		set(o, "defaultConfiguration", level);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *result(struct lint *l, const struct finding *f)
{
	json_t *o = json_object(), *at = json_array(), *related = json_array();
	set(o, "ruleId", code(f->rule));
	set(o, "ruleIndex", json_integer(f->rule));
	set(o, "level", json_string(lint_level_name(f->level)));
	set(o, "message", message(l, f->hint ? arena_printf(l->arena, "%s. %s", f->text, f->hint) : f->text));
	json_array_append_new(at, location(l, &f->place));
	set(o, "locations", at);
	for (size_t i = 0; i < f->notes.n; i++) {
		json_t *note = location(l, &f->notes.at[i].place);
		set(note, "id", json_integer((json_int_t)i + 1));
		set(note, "message", message(l, f->notes.at[i].text));
		json_array_append_new(related, note);
	}
	set(o, "relatedLocations", related);
	return o;
}

void lint_print_sarif(struct lint *l, FILE *out)
{
	json_t *o = json_object(), *runs = json_array(), *run = json_object(), *tool = json_object(),
	       *driver = json_object(), *results = json_array();
	set(driver, "name", json_string("ringc"));
	set(driver, "version", json_string(RINGC_VERSION));
	set(driver, "rules", rules(l));
	set(tool, "driver", driver);
	for (size_t i = 0; i < l->findings.n; i++)
		json_array_append_new(results, result(l, l->findings.at[i]));
	set(run, "tool", tool);
	set(run, "results", results);
	json_array_append_new(runs, run);
	set(o, "$schema", json_string("https://json.schemastore.org/sarif-2.1.0.json"));
	set(o, "version", json_string("2.1.0"));
	set(o, "runs", runs);
	dump(o, out);
}
