/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* slurp_sys DIRECTORY DEPTH: reads all its files with open, statx, read and close; DEPTH does nothing. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "names.h"

static char names[SLURP_NAMES][SLURP_NAME];
static char data[SLURP_MOST] __attribute__((aligned(4096)));

int main(int argc, char **argv)
{
	unsigned files;
	uint64_t start;

	slurp_depth(argc, argv);
	files = slurp_names(argv[1], names);
	memset(data, 0, sizeof(data));
	start = bench_now();
	for (unsigned i = 0; i < files; i++) {
		int fd = open(names[i], O_RDONLY | O_CLOEXEC);
		size_t want, have = 0;
		struct statx st;

		if (fd < 0)
			die(errno, "%s", names[i]);
		if (statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &st))
			die(errno, "statx of %s", names[i]);
		want = st.stx_size < SLURP_MOST ? st.stx_size : SLURP_MOST;
		while (have < want) {
			ssize_t n = pread(fd, data + have, want - have, (off_t)have);

			if (n < 0)
				die(errno, "read of %s", names[i]);
			if (!n)
				break;
			have += (size_t)n;
		}
		if (close(fd))
			die(errno, "close of %s", names[i]);
	}
	bench_report(start, bench_now(), files);
	return 0;
}
