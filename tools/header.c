/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* header.c: reads a header that is written as runtime/ringlet.h is: a blank line ends what a comment is
 * about. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "header.h"

static const char begins[] = "#pragma GCC visibility push", ends[] = "#pragma GCC visibility pop";

void header_broken(const char *what, const char *which)
{
	fprintf(stderr, "man: %s `%s`\n", what, which);
	exit(1);
}

static char *read_file(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "r");
	VEC(char) text = {0};
	int c;
	if (!f)
		header_broken("cannot read", path);
	while ((c = fgetc(f)) != EOF)
		VEC_PUSH(a, &text, (char)c);
	if (ferror(f))
		header_broken("cannot read", path);
	fclose(f);
	VEC_PUSH(a, &text, '\0');
	return text.at;
}

/* What a comment says, without the signs around it. */
static char *comment_text(struct arena *a, const char *from, const char *to)
{
	VEC(char) text = {0};
	for (const char *p = from + 2; p < to - 2;) {
		const char *line_end = memchr(p, '\n', (size_t)(to - 2 - p));
		const char *end = line_end ? line_end : to - 2;
		while (p < end &&
			(isspace((unsigned char)*p) || (*p == '*' && (p + 1 == end || p[1] == ' '))))
			p++;
		if (p == end && text.n && text.at[text.n - 1] == ' ') {
			text.at[text.n - 1] = '\n';
			VEC_PUSH(a, &text, '\n');
		}
		for (; p < end; p++)
			VEC_PUSH(a, &text, *p);
		if (text.n && text.at[text.n - 1] != '\n')
			VEC_PUSH(a, &text, ' ');
		p = end + 1;
	}
	while (text.n && isspace((unsigned char)text.at[text.n - 1]))
		text.n--;
	VEC_PUSH(a, &text, '\0');
	return text.at;
}

static const char *comment_end(const char *p)
{
	const char *end = strstr(p, "*/");
	if (!end)
		header_broken("a comment does not end:", p);
	return end + 2;
}

/* To the semicolon that is in no braces and no comment. */
static const char *declaration_end(const char *p)
{
	int depth = 0;
	for (; *p && (*p != ';' || depth > 0); p++) {
		if (!strncmp(p, "/*", 2))
			p = comment_end(p) - 1;
		depth += (*p == '{') - (*p == '}');
	}
	if (!*p)
		header_broken("a declaration does not end", "");
	return p;
}

static struct declaration declare(struct arena *a, const char *from, const char *to)
{
	struct declaration d = {A_FUNCTION, {from, (size_t)(to - from)}, ""};
	bool alias = !strncmp(from, "typedef ", 8);
	bool tagged = !strncmp(from, "struct ", 7) || !strncmp(from, "enum ", 5);
	const char *brace = memchr(from, '{', d.text.n), *paren = memchr(from, '(', d.text.n);
	if (tagged && brace && (!paren || brace < paren)) {
		d.kind = A_TYPE;
		d.name = arena_strndup(a, from, (size_t)(brace - from) - (brace[-1] == ' '));
	} else if (paren) {
		const char *name = paren;
		while (name > from && (isalnum((unsigned char)name[-1]) || name[-1] == '_'))
			name--;
		d.kind = alias ? A_TYPE : A_FUNCTION;
		d.name = arena_strndup(a, name, (size_t)(paren - name));
	} else {
		d.kind = A_FORWARD;
	}
	return d;
}

void header_read(struct arena *a, const char *path, struct header *h)
{
	const char *text = read_file(a, path);
	const char *opening = strstr(text, "/*\n"), *p = strstr(text, begins);
	static const char version[] = "#define RINGLET_VERSION \"";
	const char *number = strstr(text, version);
	bool open = false; /* whether the last group may get more */
	if (!opening || !p || !strstr(p, ends) || !number)
		header_broken("is not written as runtime/ringlet.h is:", path);
	h->opening = comment_text(a, opening, comment_end(opening));
	number += strlen(version);
	h->version = arena_strndup(a, number, strcspn(number, "\""));
	while (strncmp(p, ends, strlen(ends))) {
		if (*p == '#') {
			p += strcspn(p, "\n");
		} else if (!strncmp(p, "/*", 2)) {
			const char *end = comment_end(p);
			struct group g = {.comment = comment_text(a, p, end)};
			VEC_PUSH(a, &h->groups, g);
			open = true;
			p = end;
		} else if (!isspace((unsigned char)*p)) {
			const char *end = declaration_end(p);
			struct group g = {.comment = ""};
			if (!open)
				VEC_PUSH(a, &h->groups, g);
			struct declaration d = declare(a, p, end);
			VEC_PUSH(a, &h->groups.at[h->groups.n - 1].declarations, d);
			open = true;
			p = end + strcspn(end, "\n"); /* past a comment behind it */
		}
		open = open && strncmp(p, "\n\n", 2);
		p += *p == '\n' || isspace((unsigned char)*p);
	}
}
