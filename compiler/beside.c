/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* beside.c: where the programs are that belong to ringc. */
#include "beside.h"
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* They stand beside the compiler, in a library's place where installed; a test is two levels deeper. */
static const char *const places[] = {"/", "/../lib/ringlet/", "/../../"};

const char *program_beside(struct arena *a, const char *name)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	if (n <= 0)
		return NULL;
	exe[n] = 0;
	*strrchr(exe, '/') = 0;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		const char *path = arena_printf(a, "%s%s%s", exe, places[i], name);
		if (!access(path, X_OK))
			return path;
	}
	return NULL;
}
