/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* copy_sys SRC DST: copies a file with read and write, 128 KiB at a time. */
#include <unistd.h>

#include "copy.h"
#include "copy_files.h"

static char block[COPY_BLOCK] __attribute__((aligned(4096)));

int main(int argc, char **argv)
{
	uint64_t start, copied = 0;
	int src, dst;

	copy_open(argc, argv, &src, &dst);
	memset(block, 0, sizeof(block)); /* its pages are there before the clock runs */
	start = bench_now();
	for (;;) {
		ssize_t n = read(src, block, sizeof(block));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die(errno, "%s", argv[1]);
		if (!n)
			break;
		for (ssize_t done = 0, w; done < n; done += w) {
			w = write(dst, block + done, (size_t)(n - done));
			if (w < 0 && errno == EINTR)
				w = 0;
			else if (w <= 0)
				die(w ? errno : EIO, "%s", argv[2]);
		}
		copied += (uint64_t)n;
	}
	bench_report(start, bench_now(), (copied + COPY_BLOCK - 1) / COPY_BLOCK);
	return 0;
}
