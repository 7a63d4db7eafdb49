/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* script.c: a place of a script. */
#include "script.h"
#include <string.h>

const struct lint_line *script_line(const struct ir_program *ir, const struct loc *loc)
{
	struct lint_line *line = NEW(ir->arena, struct lint_line);
	const struct source *s = ir->p->sources->list.at[loc->file];

	source_position(ir->p->sources, loc->file, loc->begin, &line->line, &line->col);
	const char *text = s->text + s->line[line->line - 1];
	line->file = s->name;
	line->text = arena_strndup(ir->arena, text, strcspn(text, "\n"));
	return line;
}
