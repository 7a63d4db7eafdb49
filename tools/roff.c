/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* roff.c: writes man pages. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "roff.h"

enum { LINE = 72 }; /* columns after which a line of the source may end */

void roff_begin(struct page *p, int section, const char *version)
{
	fputs(".TH ", p->out);
	for (const char *c = p->name; *c; c++)
		fputc(toupper((unsigned char)*c), p->out);
	fprintf(p->out, " %d \"\" \"%s\" Ringlet\n.ad l\n.nh\n", section, version);
}

void roff_heading(struct page *p, const char *title)
{
	fputs(".SH \"", p->out);
	for (const char *c = title; *c; c++)
		fputc(toupper((unsigned char)*c), p->out);
	fputs("\"\n", p->out);
}

/* ---- text ---- */

static bool is_name(int c)
{
	return isalnum(c) || c == '_';
}

/* One character, so that it prints as itself. `literal`: what can be copied from the page and typed. */
static void put(struct page *p, const char *text, size_t i, size_t n, bool literal)
{
	char c = text[i];
	bool hyphen =
		i && isalnum((unsigned char)text[i - 1]) && i + 1 < n && isalpha((unsigned char)text[i + 1]);
	if (c == '-')
		fputs(literal || !hyphen ? "\\-" : "-", p->out);
	else if (c == '\\')
		fputs("\\e", p->out);
	else if (c == '^')
		fputs("\\(ha", p->out);
	else if (c == '~')
		fputs("\\(ti", p->out);
	else if (c == '\'' && literal)
		fputs("\\(aq", p->out);
	else
		fputc(c, p->out);
}

void roff_literal(struct page *p, const char *text, size_t n)
{
	fputs("\\fB", p->out);
	for (size_t i = 0; i < n; i++)
		put(p, text, i, n, true);
	fputs("\\fP", p->out);
}

/* roff takes a line that ends in one of these for the end of a sentence. */
static bool ends_sentence(const char *text, size_t n)
{
	while (n && strchr(")]\"'", text[n - 1]))
		n--;
	return n && strchr(".?!", text[n - 1]);
}

/* What stands between two words: sentences end lines, and lines are not long. */
static void put_space(struct page *p, const char *text, size_t before, size_t after, size_t n, size_t *column)
{
	bool sentence = ends_sentence(text, before);
	bool next = after < n && !islower((unsigned char)text[after]);
	bool line = sentence ? next : *column > LINE;
	fputc(line ? '\n' : ' ', p->out);
	*column = line ? 0 : *column + 1;
	if (line && (text[after] == '.' || text[after] == '\''))
		fputs("\\&", p->out);
}

static bool is_function(const struct page *p, const char *name, size_t n)
{
	for (size_t i = 0; i < p->functions.n; i++)
		if (strlen(p->functions.at[i]) == n && !strncmp(p->functions.at[i], name, n))
			return true;
	return false;
}

/* A name, as far as it goes: how long it is in the text. A type may be called as a function is. */
static size_t put_name(struct page *p, const char *name, size_t n, bool type)
{
	size_t length = 0;
	while (length < n && is_name((unsigned char)name[length]))
		length++;
	bool page = length + 3 <= n && name[length] == '(' && isdigit((unsigned char)name[length + 1]) &&
		    name[length + 2] == ')' && isalpha((unsigned char)*name);
	if (page) {
		roff_literal(p, name, length);
		roff_refer(p, name, length, name[length + 1] - '0');
	} else if (!type && is_function(p, name, length)) {
		bool call = length < n && name[length] == '(';
		bool empty = call && length + 1 < n && name[length + 1] == ')';
		roff_literal(p, name, length);
		roff_refer(p, name, length, 3);
		if (!call || empty)
			fputs("(3)", p->out);
		length += empty ? 2 : 0;
	} else {
		fwrite(name, 1, length, p->out);
	}
	return length;
}

void roff_prose(struct page *p, const char *text, size_t n)
{
	size_t i = 0, column = 0;
	while (n && isspace((unsigned char)text[n - 1]))
		n--;
	while (i < n) {
		size_t from = i;
		const char *close = text[i] == '`' ? memchr(text + i + 1, '`', n - i - 1) : NULL;
		if (isspace((unsigned char)text[i])) {
			while (i < n && isspace((unsigned char)text[i]))
				i++;
			if (from)
				put_space(p, text, from, i, n, &column);
			continue;
		}
		if (close) {
			roff_literal(p, text + i + 1, (size_t)(close - text) - i - 1);
			i = (size_t)(close - text) + 1;
		} else if (is_name((unsigned char)text[i])) {
			bool type = i >= 7 && !strncmp(text + i - 7, "struct ", 7);
			i += put_name(p, text + i, n - i, type);
		} else {
			put(p, text, i, n, false);
			i++;
		}
		column += i - from;
	}
	fputc('\n', p->out);
}

/* ---- see also ---- */

void roff_refer(struct page *p, const char *name, size_t n, int section)
{
	if (section == 3 && strlen(p->name) == n && !strncmp(p->name, name, n))
		return;
	for (size_t i = 0; i < p->see.n; i++)
		if (p->see.at[i].section == section && strlen(p->see.at[i].name) == n &&
			!strncmp(p->see.at[i].name, name, n))
			return;
	struct reference r = {arena_strndup(p->arena, name, n), section};
	VEC_PUSH(p->arena, &p->see, r);
}

static int by_section(const void *a, const void *b)
{
	const struct reference *x = a, *y = b;
	return x->section != y->section ? x->section - y->section : strcmp(x->name, y->name);
}

void roff_see_also(struct page *p)
{
	if (!p->see.n)
		return;
	qsort(p->see.at, p->see.n, sizeof *p->see.at, by_section);
	roff_heading(p, "See also");
	for (size_t i = 0; i < p->see.n; i++)
		fprintf(p->out, ".BR %s (%d)%s\n", p->see.at[i].name, p->see.at[i].section,
			i + 1 < p->see.n ? "," : "");
}
