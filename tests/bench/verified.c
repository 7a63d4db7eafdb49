/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * verified.c: `verified OBJECT...` loads compiled scripts on the kernel engine, without running them, and
 * prints a line each: its instructions, those that the verifier processed (bpf_prog_info.verified_insns), its
 * name. With TRACED=1 as they are when they are traced.
 */
#include <bpf/bpf.h>
#include <fcntl.h>
#include <unistd.h>

#include "bench.h"
#include "manifest.h"
#include "ringlet.h"

/* Values that load: what they are does not matter to the verifier. */
static void set_parameters(struct ringlet *r)
{
	static int source = -1, sink = -1;
	struct ringlet_param p;
	char fd[16];

	if (source < 0)
		source = open("/dev/zero", O_RDONLY);
	if (sink < 0)
		sink = open("/dev/null", O_WRONLY);
	for (unsigned i = 0; ringlet_param(r, i, &p) == 0; i++) {
		if (!p.required)
			continue;
		snprintf(fd, sizeof(fd), "fd:%d", strcmp(p.kind, "read") == 0 ? source : sink);
		if (ringlet_set_arg(r, p.name, strcmp(p.type, "fd") == 0 ? fd : "1") != 0)
			die(0, "%s: %s", p.name, ringlet_error(r));
	}
}

/* The newest program of the step's name: the one that was loaded last. */
static void print_info(const char *file)
{
	struct bpf_prog_info info, last = {0};
	__u32 id = 0, size;
	int fd;

	while (bpf_prog_get_next_id(id, &id) == 0) {
		fd = bpf_prog_get_fd_by_id(id);
		if (fd < 0)
			continue;
		size = sizeof(info);
		memset(&info, 0, size);
		if (bpf_prog_get_info_by_fd(fd, &info, &size) == 0 && strcmp(info.name, RL_PROGRAM) == 0)
			last = info;
		close(fd);
	}
	if (!last.id)
		die(0, "%s: the kernel shows no program %s", file, RL_PROGRAM);
	printf("%u %u %s\n", (unsigned)(last.xlated_prog_len / 8), last.verified_insns, file);
	fflush(stdout);
}

static void ignore(void *arg, struct ringlet *r, const void *records, size_t size)
{
	(void)arg;
	(void)r;
	(void)records;
	(void)size;
}

int main(int argc, char **argv)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = RINGLET_KERNEL};
	const char *traced = getenv("TRACED");

	if (traced && strcmp(traced, "1") == 0)
		opts.trace = ignore;
	if (argc < 2)
		die(0, "usage: verified OBJECT...");
	for (int i = 1; i < argc; i++) {
		struct ringlet *r = ringlet_open(argv[i], &opts);

		if (!r)
			die(0, "%s: %s", argv[i], ringlet_error(NULL));
		set_parameters(r);
		if (ringlet_load(r) != 0) {
			const char *log = ringlet_load_log(r);
			size_t n = strlen(log);

			fprintf(stderr, "%s\n", n > 3000 ? log + n - 3000 : log);
			die(0, "%s: %s", argv[i], ringlet_error(r));
		}
		print_info(argv[i]);
		ringlet_close(r);
	}
	return 0;
}
