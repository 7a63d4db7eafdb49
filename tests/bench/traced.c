/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* traced kernel|user on|off OBJECT OPS [NAME=VALUE]...: runs a script, traced or not, to a function that
 * counts. With BENCH=1 says how long it took: so many operations. */
#include "bench.h"
#include "ringlet.h"

static uint64_t told;

static void count(void *arg, const struct ringlet_trace *await)
{
	(void)arg;
	told += await->ended_ns >= await->begun_ns;
}

int main(int argc, char **argv)
{
	struct ringlet_opts opts = {.size = sizeof(opts)};
	struct ringlet_stats st = {.size = sizeof(st)};
	struct ringlet *r;
	unsigned ops;

	if (argc < 5)
		die(0, "usage: traced kernel|user on|off OBJECT OPS [NAME=VALUE]...");
	opts.engine = strcmp(argv[1], "kernel") == 0 ? RINGLET_KERNEL : RINGLET_USER;
	opts.trace = strcmp(argv[2], "on") == 0 ? count : NULL;
	ops = bench_number(argv[4], 1, 1000000000);
	r = ringlet_open(argv[3], &opts);
	if (!r)
		die(0, "%s", ringlet_error(NULL));
	for (int i = 5; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value)
			die(0, "%s: no value", argv[i]);
		*value = '\0';
		if (ringlet_set_arg(r, argv[i], value + 1))
			die(0, "%s", ringlet_error(r));
	}
	if (ringlet_load(r))
		die(0, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	if (ringlet_run(r))
		die(0, "%s", ringlet_error(r));
	ringlet_stats(r, &st);
	if (opts.trace && told < ops)
		die(0, "%llu awaits of %u were told", (unsigned long long)told, ops);
	ringlet_close(r);
	bench_report(0, st.run_ns, ops);
	return 0;
}
