/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * suppress.c: `// lint: allow NAME: reason` in a script: the rule of that name finds nothing on the comment's
 * own line, nor on the next. The comment's text is looked for, not its tokens: in a string it would be one,
 * too, and keep nothing silent.
 */
#include <ctype.h>
#include <string.h>
#include "lint.h"
#include "source.h"

static const char opening[] = "// lint: allow ";

static void read_comment(
	struct lint *l, const struct source *s, uint32_t line, const char *text, size_t n, const char *at)
{
	const char *name = at + strlen(opening), *end = text + n;
	size_t length = 0;
	while (name + length < end && name[length] != ':' && !isspace((unsigned char)name[length]))
		length++;
	const char *reason = name + length;
	while (reason < end && (*reason == ':' || isspace((unsigned char)*reason)))
		reason++;
	struct lint_line place = {s->name, arena_strndup(l->arena, text, n), line, (uint32_t)(at - text) + 1};
	struct lint_line *comment = NEW(l->arena, struct lint_line);
	*comment = place;
	const char *rule = arena_strndup(l->arena, name, length);
	int found = lint_rule_of(rule);

	if (found < 0)
		lint_find_line(l, L_allow_unknown, comment, rule);
	else if (reason == end || name[length] != ':')
		lint_find_line(l, L_allow_without_reason, comment, rule);
	else
		VEC_PUSH(l->arena, &l->allowed, ((struct allowed){place, found, false}));
}

void suppress_read(struct lint *l, const struct sources *sources)
{
	for (size_t i = 0; i < sources->list.n; i++) {
		const struct source *s = sources->list.at[i];
		for (uint32_t line = 0; line < s->nlines; line++) {
			const char *text = s->text + s->line[line];
			size_t n = strcspn(text, "\n");
			const char *at = memmem(text, n, opening, strlen(opening));
			if (at)
				read_comment(l, s, line + 1, text, n, at);
		}
	}
}

bool suppress_covers(struct lint *l, enum lint_rule rule, const struct lint_line *line)
{
	for (size_t i = 0; line && i < l->allowed.n; i++) {
		struct allowed *a = &l->allowed.at[i];
		bool here = line->line == a->comment.line || line->line == a->comment.line + 1;
		if (a->rule != (int)rule || !here || strcmp(a->comment.file, line->file) != 0)
			continue;
		a->used = true;
		return true;
	}
	return false;
}

void suppress_unused(struct lint *l)
{
	for (size_t i = 0; i < l->allowed.n; i++) {
		const struct allowed *a = &l->allowed.at[i];
		struct lint_line *comment = NEW(l->arena, struct lint_line);
		*comment = a->comment;
		if (!a->used)
			lint_find_line(l, L_allow_unused, comment,
				lint_rule_name(l->arena, (enum lint_rule)a->rule));
	}
	l->allowed.n = 0;
}
