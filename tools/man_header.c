/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * man_header.c: section 3, of the comments in runtime/ringlet.h. A comment becomes a page, and what its
 * sentences are says where they go:
 *
 *   the first clause of all       NAME
 *   "0: done.", "Returns ..."     RETURN VALUE
 *   "-ENOENT none; -EINVAL ..."   ERRORS, an entry each; "Otherwise ...: -EIO ..." too
 *   the others                    DESCRIPTION
 *
 * with the types that the functions take and give, and their members. At the top of the header "Title: text"
 * begins a section of libringlet(3).
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "man.h"
#include "sentence.h"

enum { SUMMARY_MAX = 76, SYNOPSIS_WIDTH = 70 };

/* ---- sections ---- */

static void plain(struct page *p, struct piece sentence)
{
	roff_prose(p, sentence.at, sentence.n);
}

/* How long it is without the full stop: entries are no sentences. */
static size_t unstopped(struct piece s)
{
	return s.n - (s.n && s.at[s.n - 1] == '.');
}

/* "0: finished." as an entry; another sentence as it is. */
static void result(struct page *p, struct piece sentence)
{
	size_t number = strspn(sentence.at, "0123456789");
	if (number && sentence.at[number] == ':') {
		fprintf(p->out, ".TP\n%.*s\n", (int)number, sentence.at);
		sentence = trimmed(sentence.at + number + 1, sentence.at + sentence.n);
		sentence.n = unstopped(sentence);
	}
	plain(p, sentence);
}

/* "-EAGAIN and -ENOENT as for ..." as an entry. */
static void error_entry(struct page *p, const char *at, const char *end)
{
	fputs(".TP\n", p->out);
	for (bool first = true;; first = false) {
		size_t n = error_name(at, end);
		if (!first)
			fputs(", ", p->out);
		roff_literal(p, at, n);
		at += n;
		size_t between = !strncmp(at, ", ", 2) ? 2 : !strncmp(at, " and ", 5) ? 5 : 0;
		if (!between || !error_name(at + between, end))
			break;
		at += between;
	}
	fputc('\n', p->out);
	struct piece text = trimmed(at, end);
	if (!text.n || *text.at == '.')
		header_broken("an error has no text in the comment for", p->name);
	roff_prose(p, text.at, unstopped(text));
}

/* What stands before the first error, an entry for each, and what stands behind the last. */
static void errors(struct page *p, struct piece sentence)
{
	const char *sentence_end = sentence.at + sentence.n;
	bool any = false;
	while (sentence.n) {
		struct piece segment = next_segment(&sentence);
		const char *at = segment.at, *end = at + segment.n;
		const char *colon = find(at, end, error_follows);
		if (error_name(at, end)) {
			error_entry(p, at, end);
			any = true;
			continue;
		}
		bool last = any && !(sentence.n && tells_errors(sentence));
		fputs(any ? ".PP\nAnd " : ".PP\n", p->out);
		if (last)
			end = sentence_end;
		else if (colon < end)
			end = colon + 1;
		roff_prose(p, at, (size_t)(end - at));
		if (last)
			break;
		if (colon < segment.at + segment.n) {
			error_entry(p, colon + 2, segment.at + segment.n);
			any = true;
		}
	}
}

/* The sentences of a comment that belong there; the heading if there are any, or if there is none. */
static bool section(struct page *p, const char *heading, const char *comment, bool (*belongs)(struct piece),
	void (*write)(struct page *, struct piece))
{
	bool any = false;
	for (const char *at = comment; *at; at += strspn(at, "\n")) {
		bool begun = false; /* the paragraph */
		for (const char *end = at + strcspn(at, "\n"); at < end;) {
			const char *to = find(at, end, sentence_ends);
			struct piece sentence = trimmed(at, to < end ? to + 1 : to);
			at = to < end ? to + 1 : to;
			if (!sentence.n || !belongs(sentence))
				continue;
			if (!any && heading)
				roff_heading(p, heading);
			if (!begun && write == plain && any)
				fputs(".PP\n", p->out);
			any = begun = true;
			write(p, sentence);
		}
	}
	return any;
}

/* ---- the synopsis ---- */

static bool argument_ends(const char *p, const char *end)
{
	(void)end;
	return *p == ',';
}

/* In bold, with the argument's name, the last word, in italics. */
static void argument(struct page *p, struct piece a)
{
	const char *name = a.at + a.n;
	while (name > a.at && (isalnum((unsigned char)name[-1]) || name[-1] == '_'))
		name--;
	roff_literal(p, a.at, (size_t)(name - a.at));
	fprintf(p->out, "\\fI%.*s\\fP", (int)(a.at + a.n - name), name);
}

static void prototype(struct page *p, const struct declaration *d)
{
	const char *end = d->text.at + d->text.n - 1; /* the parenthesis */
	const char *at = memchr(d->text.at, '(', d->text.n);
	size_t column = (size_t)(++at - d->text.at);
	roff_literal(p, d->text.at, column);
	while (at < end) {
		const char *to = find(at, end, argument_ends);
		struct piece a = trimmed(at, to);
		bool line = column + a.n > SYNOPSIS_WIDTH;
		if (line)
			column = 4;
		fputs(line ? "\n    " : isspace((unsigned char)*at) ? " " : "", p->out);
		if (to == end && !strncmp(a.at, "void", a.n))
			roff_literal(p, a.at, a.n);
		else
			argument(p, a);
		fputs(to < end ? "," : "", p->out);
		column += a.n + 2;
		at = to + 1;
	}
	fputs("\\fB);\\fP\n", p->out);
}

/* ---- pages ---- */

/* The first clause, in small letters. */
static char *summary(struct arena *a, const struct group *g, const char *name)
{
	const char *end = g->comment + strlen(g->comment);
	struct piece s = trimmed(g->comment, find(g->comment, end, clause_ends));
	char *text = arena_alloc(a, s.n + 1), *to = text;
	for (size_t i = 0; i < s.n; i++) /* plain: other programs read it too */
		if (s.at[i] != '`')
			*to++ = s.at[i];
	if (s.n < 8 || s.n > SUMMARY_MAX)
		header_broken("the comment begins with no clause that could stand in a list:", name);
	if (isupper((unsigned char)text[0]) && !isupper((unsigned char)text[1]))
		text[0] = (char)tolower((unsigned char)text[0]);
	return text;
}

static bool is_int(const struct declaration *d)
{
	return !strncmp(d->text.at, "int ", 4);
}

static size_t functions_of(const struct group *g)
{
	size_t n = 0;
	for (size_t i = 0; i < g->declarations.n; i++)
		n += g->declarations.at[i].kind == A_FUNCTION;
	return n;
}

/* The functions of a group stand together: in the header types have a comment of their own. */
static const struct declaration *first_function(const struct group *g)
{
	for (size_t i = 0; i < g->declarations.n; i++)
		if (g->declarations.at[i].kind == A_FUNCTION)
			return &g->declarations.at[i];
	return NULL;
}

static void synopsis(struct page *p, const struct group *g)
{
	roff_heading(p, "Synopsis");
	fputs(".nf\n\\fB#include <ringlet.h>\\fP\n", p->out);
	for (size_t i = 0; g && i < g->declarations.n; i++)
		if (g->declarations.at[i].kind == A_FUNCTION) {
			fputc('\n', p->out);
			prototype(p, &g->declarations.at[i]);
		}
	fputs(".fi\n.PP\n\\fBcc\\fP \\fIhost.c\\fP \\fB$(pkg\\-config \\-\\-cflags \\-\\-libs "
	      "libringlet)\\fP\n",
		p->out);
}

/* References to other pages than the group's, in place; their number. */
static size_t others(struct reference *see, size_t n, const struct group *g)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		bool own = false;
		for (size_t k = 0; k < g->declarations.n; k++)
			own |= see[i].section == 3 && !strcmp(see[i].name, g->declarations.at[k].name);
		if (!own)
			see[kept++] = see[i];
	}
	return kept;
}

static void function_page(struct page *p, const struct header *h, const struct group *g, const char *version)
{
	const struct declaration *first = first_function(g);
	size_t ndeclarations = 0;
	for (size_t i = 0; i < h->groups.n; i++)
		ndeclarations += h->groups.at[i].declarations.n;
	bool *told = arena_alloc(p->arena, ndeclarations * sizeof *told);
	char *name = summary(p->arena, g, first->name);
	roff_begin(p, 3, version);
	roff_heading(p, "Name");
	for (size_t i = 0; i < g->declarations.n; i++)
		fprintf(p->out, "%s%s", i ? ", " : "", g->declarations.at[i].name);
	fprintf(p->out, " \\- %s\n", name);
	synopsis(p, g);
	section(p, "Description", g->comment, describes, plain);
	for (size_t i = 0; i < g->declarations.n; i++)
		man_types(p, h, &g->declarations.at[i], told);
	if (!section(p, "Return value", g->comment, tells_result, result) && is_int(first)) {
		static const char text[] =
			"0, or a negative error number; ringlet_error() then has the text.";
		roff_heading(p, "Return value");
		roff_prose(p, text, strlen(text));
	}
	section(p, "Errors", g->comment, tells_errors, errors);
	p->see.n = others(p->see.at, p->see.n, g);
	roff_refer(p, "libringlet", strlen("libringlet"), 3);
	roff_see_also(p);
}

/* "Threads: ringlet_load belongs to ..." begins a section; the first paragraph is the summary. */
static void library_page(struct page *p, const struct header *h, const char *version)
{
	const char *at = strchr(h->opening, ':'), *end = h->opening + strcspn(h->opening, "\n");
	if (!at || at > end)
		header_broken("the first comment does not begin with `name: summary`:", h->opening);
	roff_begin(p, 3, version);
	roff_heading(p, "Name");
	fputs("libringlet \\- ", p->out);
	struct piece about = trimmed(at + 1, end);
	roff_prose(p, about.at, unstopped(about));
	synopsis(p, NULL);
	for (at = end + strspn(end, "\n"); *at; at = end + strspn(end, "\n")) {
		end = at + strcspn(at, "\n");
		const char *colon = memchr(at, ':', (size_t)(end - at));
		if (!colon || colon - at > 20)
			header_broken("a paragraph at the top has no title:", at);
		roff_heading(p, arena_strndup(p->arena, at, (size_t)(colon - at)));
		struct piece text = trimmed(colon + 1, end);
		char *first = arena_strndup(p->arena, text.at, text.n);
		if (*first != 'r') /* the name of a function stays as it is */
			*first = (char)toupper((unsigned char)*first);
		roff_prose(p, first, text.n);
	}
	roff_heading(p, "Functions");
	for (size_t i = 0; i < h->groups.n; i++) {
		const struct group *g = &h->groups.at[i];
		if (!functions_of(g))
			continue;
		fputs(".TP\n", p->out);
		for (size_t k = 0; k < g->declarations.n; k++)
			fprintf(p->out, "%s\\fB%s\\fP(3)", k ? ", " : "", g->declarations.at[k].name);
		char *name = summary(p->arena, g, g->declarations.at[0].name);
		fprintf(p->out, "\n%s\n", name);
	}
	roff_refer(p, "ringc", 5, 1);
	roff_refer(p, "ringlet", 7, 1);
	roff_see_also(p);
}

static void links(const struct group *g, const char *page, const char *directory)
{
	for (size_t i = 0; i < g->declarations.n; i++)
		if (g->declarations.at[i].kind == A_FUNCTION && strcmp(g->declarations.at[i].name, page)) {
			FILE *out = man_open(directory, g->declarations.at[i].name, 3);
			fprintf(out, ".so man3/%s.3\n", page);
			man_close(out);
		}
}

void man_library(struct arena *arena, const struct header *h, const char *directory)
{
	struct page p = {.arena = arena, .name = "libringlet"};
	char *version = arena_printf(arena, "libringlet %s", h->version);
	for (size_t i = 0; i < h->groups.n; i++)
		for (size_t k = 0; k < h->groups.at[i].declarations.n; k++)
			if (h->groups.at[i].declarations.at[k].kind == A_FUNCTION)
				VEC_PUSH(arena, &p.functions, h->groups.at[i].declarations.at[k].name);
	p.out = man_open(directory, p.name, 3);
	library_page(&p, h, version);
	man_close(p.out);
	for (size_t i = 0; i < h->groups.n; i++) {
		const struct group *g = &h->groups.at[i];
		if (!functions_of(g))
			continue;
		if (functions_of(g) < g->declarations.n)
			header_broken("a comment is about types and functions:", first_function(g)->name);
		p.name = first_function(g)->name;
		p.see.n = 0;
		p.out = man_open(directory, p.name, 3);
		function_page(&p, h, g, version);
		man_close(p.out);
		links(g, p.name, directory);
	}
}
