/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* traced kernel|user off|on|decode OBJECT OPS [NAME=VALUE]...: runs a script, traced or not; its records are
 * copied, as `ringlet trace` does it, and awaits are made of them afterwards. With BENCH=1 says how long the
 * run took: so many operations; or the making of the awaits: so many. */
#include <sys/mman.h>

#include "bench.h"
#include "ringlet.h"

#define PIECE ((size_t)1 << 10)

static struct {
	char *at;
	size_t n, size;
} copy;

static void record(void *arg, struct ringlet *r, const void *records, size_t size)
{
	(void)arg;
	(void)r;
	if (copy.size - copy.n < size)
		die(0, "more records than were expected");
	for (size_t i = 0, n; i < size; i += n, copy.n += n) {
		n = size - i < PIECE ? size - i : PIECE;
		memcpy(copy.at + copy.n, (const char *)records + i, n);
	}
}

int main(int argc, char **argv)
{
	struct ringlet_opts opts = {.size = sizeof(opts)};
	struct ringlet_stats st = {.size = sizeof(st)};
	struct ringlet_trace await;
	const void *records;
	uint64_t begun, told = 0;
	struct ringlet *r;
	unsigned ops;

	if (argc < 5)
		die(0, "usage: traced kernel|user off|on|decode OBJECT OPS [NAME=VALUE]...");
	opts.engine = strcmp(argv[1], "kernel") == 0 ? RINGLET_KERNEL : RINGLET_USER;
	opts.trace = strcmp(argv[2], "off") == 0 ? NULL : record;
	ops = bench_number(argv[4], 1, 100000000);
	copy.size = (size_t)ops * 64 + (1 << 20);
	copy.at = mmap(
		NULL, copy.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (copy.at == MAP_FAILED)
		die(errno, "memory for records");
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
	begun = bench_now();
	records = copy.at;
	while (ringlet_trace_next(r, &records, &copy.n, &await))
		told += await.ended_ns >= await.begun_ns;
	if (opts.trace && told < ops)
		die(0, "%llu awaits of %u were told", (unsigned long long)told, ops);
	if (strcmp(argv[2], "decode") == 0)
		bench_report(begun, bench_now(), told);
	else
		bench_report(0, st.run_ns, ops);
	ringlet_close(r);
	return 0;
}
