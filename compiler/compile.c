/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* compile.c: the list of passes, with a dump after those that have one. */
#include "compile.h"
#include <stdio.h>
#include <string.h>
#include "check.h"

struct compilation compilation_new(struct arena *arena)
{
	struct sources *sources = NEW(arena, struct sources);
	sources->arena = arena;
	return (struct compilation){.arena = arena, .sources = sources, .diags = diags_new(arena, sources)};
}

static void dump_image(const struct compilation *c)
{
	struct bytes manifest = manifest_make(c->ir, c->layout, NULL, NULL, 0);
	printf("%.*s\n", (int)manifest.n, (const char *)manifest.at);
}

bool compile(struct compilation *c, const char *input, const char *dump)
{
	dump = dump ? dump : "";
	struct program *program = import_all(c->arena, c->sources, c->diags, input);
	if (diags_errors(c->diags))
		return false;
	if (!strcmp(dump, "ast")) {
		ast_dump(program->modules.at[program->modules.n - 1]->unit, stdout);
		return false;
	}
	check(program);
	if (diags_errors(c->diags))
		return false;
	c->ir = lower(program);
	if (diags_errors(c->diags))
		return false;
	regions(c->ir);
	live(c->ir);
	gone(c->ir);
	if (diags_errors(c->diags))
		return false;
	unused(c->ir);
	ranges(c->ir);
	loops(c->ir);
	budget(c->ir);
	if (!strcmp(dump, "states")) {
		ir_dump(c->ir, stdout);
		return false;
	}
	c->layout = image_layout(c->ir);
	if (diags_errors(c->diags))
		return false;
	if (!strcmp(dump, "image")) {
		dump_image(c);
		return false;
	}
	c->object = object_make(
		c->ir, c->layout, &(struct object_options){!strcmp(dump, "ir"), !strcmp(dump, "asm")});
	return c->object.n;
}
