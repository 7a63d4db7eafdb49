/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* group N OBJECT NOPS: a group of N rings, NOPS of examples/nop.rlt on each. With BENCH=1 says how long it
 * took. */
#include "ringlet.h"

#include "bench.h"

int main(int argc, char **argv)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = RINGLET_USER};
	struct ringlet_group *g;
	uint64_t start, end;
	unsigned n, nops;

	if (argc != 4)
		die(0, "usage: group N OBJECT NOPS");
	n = bench_number(argv[1], 1, RINGLET_GROUP_MAX);
	nops = bench_number(argv[3], 1, 1000000000);
	g = ringlet_group_open(argv[2], n, &opts);
	if (!g)
		die(errno, "%s", argv[2]);
	for (unsigned i = 0; i < n; i++)
		if (ringlet_set_u64(ringlet_group_at(g, i), "n", nops))
			die(0, "group: %s", ringlet_error(ringlet_group_at(g, i)));
	start = bench_now();
	if (ringlet_group_start(g) || ringlet_group_join(g, -1))
		die(0, "group: %s", ringlet_group_error(g));
	end = bench_now();
	ringlet_group_close(g);
	bench_report(start, end, (uint64_t)n * nops);
	return 0;
}
