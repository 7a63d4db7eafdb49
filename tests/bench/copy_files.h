/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* copy_files.h: the two files of a copy program's command line. */
#ifndef BENCH_COPY_FILES_H
#define BENCH_COPY_FILES_H

#include <fcntl.h>

#include "bench.h"

static inline void copy_open(int argc, char **argv, int *src, int *dst)
{
	if (argc != 3)
		die(0, "usage: %s SRC DST", argv[0]);
	*src = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (*src < 0)
		die(errno, "%s", argv[1]);
	*dst = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (*dst < 0)
		die(errno, "%s", argv[2]);
}

#endif
