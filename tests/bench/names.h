/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* names.h: the command line of a slurp program, and the names of the files, in memory before the clock runs.
 */
#ifndef BENCH_NAMES_H
#define BENCH_NAMES_H

#include <dirent.h>

#include "bench.h"
#include "slurp.h"

static inline unsigned slurp_depth(int argc, char **argv)
{
	if (argc != 3)
		die(0, "usage: %s DIRECTORY DEPTH", argv[0]);
	return bench_number(argv[2], 1, SLURP_DEPTH);
}

/* The directory's files, as paths. Returns how many. */
static inline unsigned slurp_names(const char *directory, char name[SLURP_NAMES][SLURP_NAME])
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	unsigned n = 0;

	if (!dir)
		die(errno, "%s", directory);
	while ((entry = readdir(dir))) {
		if (entry->d_type != DT_REG)
			continue;
		if (n == SLURP_NAMES ||
			snprintf(name[n], SLURP_NAME, "%s/%s", directory, entry->d_name) >= SLURP_NAME)
			die(0, "%s: too many files, or names too long", directory);
		n++;
	}
	closedir(dir);
	if (!n)
		die(0, "%s: no files", directory);
	return n;
}

#endif
