/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * make_files FILE SIZE               a file that no two blocks of are alike
 * make_files DIRECTORY FILES SIZE    as many of them, in a directory
 */
#include <fcntl.h>
#include <unistd.h>

#include "bench.h"

static uint64_t seed = 88172645463325252u; /* xorshift64: same files every time */

static void make(const char *path, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	uint64_t block[512];

	if (fd < 0)
		die(errno, "%s", path);
	while (size) {
		size_t n = size < sizeof(block) ? size : sizeof(block);

		for (size_t i = 0; i < 512; i++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			block[i] = seed;
		}
		if (write(fd, block, n) != (ssize_t)n)
			die(errno, "write to %s", path);
		size -= n;
	}
	if (close(fd))
		die(errno, "%s", path);
}

int main(int argc, char **argv)
{
	char path[4096];

	if (argc == 3) {
		make(argv[1], bench_number(argv[2], 0, UINT32_MAX));
	} else if (argc == 4) {
		for (unsigned i = 0, n = bench_number(argv[2], 1, 1000000); i < n; i++) {
			snprintf(path, sizeof(path), "%s/%06u", argv[1], i);
			make(path, bench_number(argv[3], 0, UINT32_MAX));
		}
	} else {
		die(0, "usage: make_files FILE SIZE | DIRECTORY FILES SIZE");
	}
	return 0;
}
