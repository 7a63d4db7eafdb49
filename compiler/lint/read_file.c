/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* read_file.c: a whole file. */
#include "read_file.h"
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
