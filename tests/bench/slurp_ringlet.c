/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * slurp_ringlet ENGINE OBJECT DIRECTORY DEPTH: the host of examples/slurp.rlt: it hands over the files' names
 * and runs the script on that engine (kernel, user).
 */
#include "ringlet.h"

#include "names.h"

static void must(struct ringlet *r, int ret)
{
	const struct ringlet_failure *failure = r ? ringlet_failure(r) : NULL;

	if (ret < 0)
		die(0, "slurp_ringlet: %s", failure ? failure->text : ringlet_error(r));
}

int main(int argc, char **argv)
{
	struct ringlet_opts opts = {.size = sizeof(opts)};
	char(*names)[SLURP_NAME] = calloc(SLURP_NAMES, SLURP_NAME);
	unsigned files, depth;
	struct ringlet *r;
	void *shared;
	uint64_t start, end;
	size_t size;
	int ret;

	if (argc != 5 || !names)
		die(0, "usage: slurp_ringlet ENGINE OBJECT DIRECTORY DEPTH");
	depth = slurp_depth(argc - 2, argv + 2);
	files = slurp_names(argv[3], names);
	if (!strcmp(argv[1], "kernel"))
		opts.engine = RINGLET_KERNEL;
	else if (!strcmp(argv[1], "user"))
		opts.engine = RINGLET_USER;
	else
		die(0, "%s: not an engine", argv[1]);

	r = ringlet_open(argv[2], &opts);
	must(r, r ? 0 : -1);
	must(r, ringlet_set_u64(r, "files", files));
	must(r, ringlet_set_u64(r, "depth", depth));
	must(r, ringlet_load(r));
	shared = ringlet_shared(r, "name", &size);
	if (!shared || size < (size_t)files * SLURP_NAME)
		die(0, "slurp_ringlet: the script's `name` is smaller than %u names", files);
	memcpy(shared, names, (size_t)files * SLURP_NAME);

	start = bench_now();
	ret = ringlet_run(r);
	end = bench_now();
	must(r, ret);
	shared = ringlet_shared(r, "slurped", &size);
	if (!shared || size != 4 || *(uint32_t *)shared != files)
		die(0, "slurp_ringlet: not all of %u files", files);
	bench_report(start, end, files);
	ringlet_close(r);
	free(names);
	return 0;
}
