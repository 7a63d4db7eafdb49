/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * serve OBJECT ADDRESS [RINGS]: examples/echo.rlt on a ring for each processor, or as many as are asked for.
 * All listen at the same address; the kernel spreads connections over them. SIGINT or SIGTERM ends it, or
 * that one of them failed; then it says what each has done.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <ringlet.h>

int main(int argc, char **argv)
{
	const struct timespec second = {.tv_sec = 1};
	struct ringlet_group *g;
	unsigned long long sum = 0;
	sigset_t ends;
	int err;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: serve OBJECT tcp:HOST:PORT [RINGS]\n");
		return 2;
	}
	g = ringlet_group_open(argv[1], argc == 4 ? (unsigned)atoi(argv[3]) : 0, NULL);
	if (!g) {
		fprintf(stderr, "serve: %s\n", ringlet_error(NULL));
		return 1;
	}
	for (unsigned i = 0; i < ringlet_group_size(g); i++)
		if (ringlet_set_arg(ringlet_group_at(g, i), "listener", argv[2])) {
			fprintf(stderr, "serve: %s\n", ringlet_error(ringlet_group_at(g, i)));
			return 1;
		}
	/* Taken below. The library's threads have none. */
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	if (ringlet_group_start(g)) {
		fprintf(stderr, "serve: %s\n", ringlet_group_error(g));
		return 1;
	}
	printf("%u rings\n", ringlet_group_size(g));
	fflush(stdout);
	while (ringlet_group_join(g, 0) == 1 && sigtimedwait(&ends, NULL, &second) < 0)
		;
	ringlet_group_stop(g);
	err = ringlet_group_join(g, -1);
	for (unsigned i = 0; i < ringlet_group_size(g); i++) {
		unsigned long long echoed =
			*(uint64_t *)ringlet_shared(ringlet_group_at(g, i), "echoed", NULL);

		printf("ring %u: %llu bytes\n", i, echoed);
		sum += echoed;
	}
	printf("all: %llu bytes\n", sum);
	if (err != -ECANCELED)
		fprintf(stderr, "serve: %s\n", ringlet_group_error(g));
	ringlet_group_close(g);
	return err != -ECANCELED;
}
