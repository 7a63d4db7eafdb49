/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* open.c: an object of a file. */
#include "open.h"
#include "names.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX (256u << 20)
#define STEP 65536

const char *read_file(struct arena *a, const char *path, struct bytes *b)
{
	VEC(char) bytes = {0};
	FILE *f = fopen(path, "re");
	size_t n = 0;

	if (!f)
		return arena_printf(a, "%s", strerror(errno));
	do {
		if (bytes.cap - bytes.n < STEP) {
			char *more = arena_alloc(a, 2 * bytes.cap + STEP);
			if (bytes.n)
				memcpy(more, bytes.at, bytes.n);
			bytes.at = more;
			bytes.cap = 2 * bytes.cap + STEP;
		}
		n = fread(bytes.at + bytes.n, 1, STEP, f);
		bytes.n += n;
	} while (n && bytes.n < FILE_MAX);
	const char *why = ferror(f)             ? arena_printf(a, "%s", strerror(errno))
			  : bytes.n >= FILE_MAX ? "it is larger than 256 MiB"
						: NULL;
	fclose(f);
	*b = (struct bytes){bytes.at, bytes.n};
	return why;
}

static bool is_script(const char *path)
{
	size_t n = strlen(path);
	return n > 4 && !strcmp(path + n - 4, ".rlt");
}

struct lint_object *lint_open(struct compilation *c, const char *path, bool json)
{
	const char *why = NULL;

	if (is_script(path)) {
		bool ok = compile(c, path, NULL);
		diags_print(c->diags, stderr, json && !ok);
		if (!ok)
			return NULL;
	} else {
		why = read_file(c->arena, path, &c->object);
	}
	struct lint_object *o =
		why ? NULL : lint_object_read(c->arena, path, c->object.at, c->object.n, &why);
	if (!o)
		fprintf(stderr, "ringc: `%s` cannot be looked at: %s\n", path, why);
	else
		image_parts_read(o);
	return o;
}
