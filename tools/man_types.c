/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* man_types.c: the types that functions take and give, with what is said of their members. */
#include <ctype.h>
#include <string.h>
#include "man.h"
#include "sentence.h"

/* The members, a line each, without what is said of them. */
static void type_code(struct page *p, const struct declaration *d)
{
	const char *at = d->text.at, *end = at + d->text.n;
	fputs(".PP\n.nf\n", p->out);
	while (at < end) {
		const char *comment = strstr(at, "/*");
		const char *line = memchr(at, '\n', (size_t)(end - at));
		const char *to = line ? line : end;
		if (comment && comment < to)
			to = comment;
		size_t indent = strspn(at, "\t");
		struct piece text = trimmed(at, to);
		if (text.n) {
			fprintf(p->out, "%*s", (int)indent * 4, "");
			roff_literal(p, text.at, text.n);
			fputs(to == end ? ";\n" : "\n", p->out);
		}
		at = to;
		if (comment && at == comment)
			at = strstr(at, "*/") + 2;
		at += at < end && *at == '\n';
	}
	fputs(".fi\n", p->out);
}

/* The names that are declared there: `line, column` of `unsigned line, column;`. */
static void member_names(struct page *p, const char *at, const char *end)
{
	struct piece last = {at, 0};
	bool first = true, done = false;
	for (; at < end; at++) {
		const char *from = at;
		while (at < end && (isalnum((unsigned char)*at) || *at == '_'))
			at++;
		if (at > from)
			last = (struct piece){from, (size_t)(at - from)};
		if (at < end && strchr(",;=", *at) && !done) {
			fputs(first ? "" : ", ", p->out);
			roff_literal(p, last.at, last.n);
			first = false;
			done = *at == '='; /* the value of an enum's */
		}
	}
	fputc('\n', p->out);
}

static void type_members(struct page *p, const struct declaration *d)
{
	const char *at = memchr(d->text.at, '{', d->text.n), *end = d->text.at + d->text.n;
	const char *from = at ? at + 1 : end;
	for (at = from; at && (at = strstr(at, "/*")) && at < end; from = at) {
		const char *close = strstr(at, "*/"), *line = at;
		while (line > from && line[-1] != '\n')
			line--;
		fputs(".TP\n", p->out);
		member_names(p, line, at);
		VEC(char) text = {0};
		for (const char *c = at + 2; c < close; c++) {
			if (*c == '\n')
				while (c + 1 < close && strchr(" \t*", c[1]))
					c++;
			VEC_PUSH(p->arena, &text, isspace((unsigned char)*c) ? ' ' : *c);
		}
		roff_prose(p, text.at + strspn(text.at, " "), text.n - strspn(text.at, " "));
		at = close;
	}
}

/* Whether a declaration has the name as a whole. */
static bool mentions(const struct declaration *d, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = d->text.at; (p = strstr(p, name)) && p < d->text.at + d->text.n; p += n)
		if (!isalnum((unsigned char)p[n]) && p[n] != '_')
			return true;
	return false;
}

void man_types(struct page *p, const struct header *h, const struct declaration *of, bool *told)
{
	size_t number = 0;
	for (size_t i = 0; i < h->groups.n; i++) {
		const struct group *g = &h->groups.at[i];
		for (size_t k = 0; k < g->declarations.n; k++, number++) {
			const struct declaration *d = &g->declarations.at[k];
			if (d->kind != A_TYPE || told[number] || !mentions(of, d->name))
				continue;
			told[number] = true;
			fprintf(p->out, ".SS %s\n", d->name);
			if (*g->comment && !k)
				roff_prose(p, g->comment, strlen(g->comment));
			type_code(p, d);
			type_members(p, d);
			man_types(p, h, d, told);
		}
	}
}
