/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* diag.c: the queue of diagnostics and its text form; diag_text.c shows places, diag.h shows the format. */
#include "diag.h"
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "diag_text.h"

#define SHOWN_MAX 20     /* errors; the rest is only counted */
#define MESSAGE_MAX 1000 /* bytes: a name may be as long as its file */

static const struct row {
	unsigned number;
	enum severity severity;
	const char *format, *explain;
} rows[] = {
#define X(number, name, severity, format, explain) {number, severity, format, explain},
#include "diags.def"
#undef X
};

struct note {
	bool has_loc;
	struct loc loc;
	const char *text;
};

struct diag {
	enum diag_code code;
	bool has_loc;
	struct loc loc;
	const char *text, *hint;
	VEC(struct note) notes;
	size_t order;
};

struct diags {
	struct arena *arena;
	struct sources *sources;
	VEC(struct diag *) list;
	unsigned errors, warnings; /* counted, shown or not */
};

struct diags *diags_new(struct arena *a, struct sources *sources)
{
	struct diags *ds = NEW(a, struct diags);
	ds->arena = a;
	ds->sources = sources;
	return ds;
}

static const char *format(struct diags *ds, const char *fmt, va_list ap)
{
	char buf[MESSAGE_MAX];
	int n = vsnprintf(buf, sizeof buf, fmt, ap);
	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof buf) {
		n = sizeof buf - 4;
		while (n && ((unsigned char)buf[n] & 0xc0) == 0x80)
			n--;
		memcpy(buf + n, "...", 3);
		n += 3;
	}
	return diag_clean(ds->arena, buf, (size_t)n);
}

/* One cause, one message: what follows from an error is usually found at the place of that error. */
static bool repeats(const struct diags *ds, const struct loc *at, enum diag_code code, const char *text)
{
	for (size_t i = 0; i < ds->list.n; i++) {
		const struct diag *d = ds->list.at[i];
		if (!at && !d->has_loc && d->code == code && !strcmp(d->text, text))
			return true;
		if (at && d->has_loc && d->loc.file == at->file && d->loc.begin == at->begin &&
			(d->code == code || rows[d->code].severity == SEV_ERROR))
			return true;
	}
	return false;
}

struct diag *diag(struct diags *ds, const struct loc *at, enum diag_code code, ...)
{
	va_list ap;
	va_start(ap, code);
	const char *text = format(ds, rows[code].format, ap);
	va_end(ap);
	if (repeats(ds, at, code, text))
		return NULL;
	unsigned *count = rows[code].severity == SEV_ERROR ? &ds->errors : &ds->warnings;
	if (++*count > SHOWN_MAX)
		return NULL;
	struct diag *d = NEW(ds->arena, struct diag);
	d->code = code;
	d->text = text;
	d->order = ds->list.n;
	if (at) {
		d->has_loc = true;
		d->loc = *at;
	}
	VEC_PUSH(ds->arena, &ds->list, d);
	return d;
}

void diag_note(struct diags *ds, struct diag *d, const struct loc *at, const char *fmt, ...)
{
	if (!d)
		return;
	va_list ap;
	va_start(ap, fmt);
	struct note n = {.text = format(ds, fmt, ap)};
	va_end(ap);
	if (at) {
		n.has_loc = true;
		n.loc = *at;
	}
	VEC_PUSH(ds->arena, &d->notes, n);
}

void diag_hint(struct diags *ds, struct diag *d, const char *fmt, ...)
{
	if (!d || d->hint)
		return;
	va_list ap;
	va_start(ap, fmt);
	d->hint = format(ds, fmt, ap);
	va_end(ap);
}

unsigned diags_errors(const struct diags *ds)
{
	return ds->errors;
}

/* By place; what has none comes last, as it speaks of the whole. */
static int by_place(const void *pa, const void *pb)
{
	const struct diag *a = *(struct diag *const *)pa, *b = *(struct diag *const *)pb;
	if (a->has_loc != b->has_loc)
		return a->has_loc ? -1 : 1;
	if (a->loc.file != b->loc.file)
		return a->loc.file < b->loc.file ? -1 : 1;
	if (a->loc.begin != b->loc.begin)
		return a->loc.begin < b->loc.begin ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static const char *severity_text(enum severity s)
{
	return s == SEV_ERROR ? "error" : "warning";
}

static void print_text(struct diags *ds, FILE *out)
{
	unsigned shown = 0;
	for (size_t i = 0; i < ds->list.n; i++) {
		const struct diag *d = ds->list.at[i];
		const struct row *r = &rows[d->code];
		shown += r->severity == SEV_ERROR;
		if (d->has_loc)
			diag_print_position(ds->sources, &d->loc, out);
		fprintf(out, "%s: %s [R%04u]\n", severity_text(r->severity), d->text, r->number);
		if (d->has_loc)
			diag_print_line(ds->sources, &d->loc, out);
		for (size_t j = 0; j < d->notes.n; j++) {
			const struct note *n = &d->notes.at[j];
			if (n->has_loc)
				diag_print_position(ds->sources, &n->loc, out);
			fprintf(out, "note: %s\n", n->text);
			if (n->has_loc)
				diag_print_line(ds->sources, &n->loc, out);
		}
		if (d->hint)
			fprintf(out, "HINT: %s\n", d->hint);
	}
	if (ds->errors > shown)
		fprintf(out, "%u errors; the first %u are shown\n", ds->errors, shown);
	else if (ds->errors > 1)
		fprintf(out, "%u errors\n", ds->errors);
}

/* ---- JSON ---- */

static json_t *json_place(struct diags *ds, bool has_loc, const struct loc *l, const char *message)
{
	json_t *o = json_object();
	if (has_loc) {
		const char *name = ds->sources->list.at[l->file]->name;
		uint32_t line, col, end_line, end_col;
		source_position(ds->sources, l->file, l->begin, &line, &col);
		source_position(ds->sources, l->file, l->end, &end_line, &end_col);
		json_object_set_new(o, "file", json_string(diag_clean(ds->arena, name, strlen(name))));
		json_object_set_new(o, "line", json_integer(line));
		json_object_set_new(o, "column", json_integer(col));
		json_object_set_new(o, "end_line", json_integer(end_line));
		json_object_set_new(o, "end_column", json_integer(end_col));
	} else {
		static const char *const keys[] = {"file", "line", "column", "end_line", "end_column"};
		for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
			json_object_set_new(o, keys[i], json_null());
	}
	json_object_set_new(o, "message", json_string(message));
	return o;
}

static void print_json(struct diags *ds, FILE *out)
{
	json_t *list = json_array();
	for (size_t i = 0; i < ds->list.n; i++) {
		const struct diag *d = ds->list.at[i];
		json_t *o = json_object(), *notes = json_array();
		char code[16];
		snprintf(code, sizeof code, "R%04u", rows[d->code].number);
		json_object_set_new(o, "code", json_string(code));
		json_object_set_new(o, "severity", json_string(severity_text(rows[d->code].severity)));
		json_t *place = json_place(ds, d->has_loc, &d->loc, d->text);
		json_object_update(o, place);
		json_decref(place);
		for (size_t j = 0; j < d->notes.n; j++) {
			const struct note *n = &d->notes.at[j];
			json_array_append_new(notes, json_place(ds, n->has_loc, &n->loc, n->text));
		}
		json_object_set_new(o, "notes", notes);
		json_object_set_new(o, "hint", d->hint ? json_string(d->hint) : json_null());
		json_array_append_new(list, o);
	}
	json_dumpf(list, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(list);
}

void diags_print(struct diags *ds, FILE *out, bool json)
{
	if (ds->list.n)
		qsort(ds->list.at, ds->list.n, sizeof *ds->list.at, by_place);
	if (json)
		print_json(ds, out);
	else
		print_text(ds, out);
}

/* ---- explain ---- */

int diag_explain(const char *code, FILE *out)
{
	const char *digits = code + (*code == 'R' || *code == 'r');
	char *end;
	unsigned long number = strtoul(digits, &end, 10);
	if (*digits < '0' || *digits > '9' || *end)
		return -1;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].number == number) {
			fprintf(out, "R%04u, %s: ", rows[i].number, severity_text(rows[i].severity));
			diag_print_pattern(rows[i].format, out);
			fprintf(out, "\n\n%s", rows[i].explain);
			return 0;
		}
	return -1;
}
