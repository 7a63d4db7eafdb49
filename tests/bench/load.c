/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* load.c: see load.h. Without a generated skeleton: those of newer bpftools do not fit libbpf 1.4. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <libgen.h>
#include <limits.h>

#include "load.h"

static struct bpf_map *map_of(struct program *p, const char *section)
{
	struct bpf_map *map = bpf_object__find_map_by_name(p->object, section);

	if (!map)
		die(errno, "no map %s", section);
	return map;
}

void *program_data(struct program *p, const char *section, size_t size)
{
	size_t is;
	void *data = bpf_map__initial_value(map_of(p, section), &is);

	if (!data || is < size)
		die(0, "map %s has %zu bytes, %zu are needed", section, data ? is : 0, size);
	return data;
}

/* The object's copy of struct io_uring_bpf_ops, as step.bpf.h declares it. */
struct ops {
	void *loop_step;
	__u32 ring_fd;
	void *priv;
};

void program_open(struct program *p, const char *file)
{
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct ops *ops;

	if (n < 0)
		die(errno, "/proc/self/exe");
	self[n] = 0;
	snprintf(path, sizeof(path), "%s/%s", dirname(self), file);
	p->object = bpf_object__open_file(path, NULL);
	if (!p->object)
		die(errno, "%s", path);
	/* SQ_REWIND: the SQEs handed over are always the first ones, there is no tail to keep. */
	ring_setup(&p->ring, BPF_SQ_ENTRIES, BPF_CQ_ENTRIES, RING_FLAGS | BENCH_SETUP_SQ_REWIND);
	ops = program_data(p, "ops", sizeof(*ops));
	ops->ring_fd = (__u32)p->ring.fd; /* the kernel takes it when the object is loaded */
}

void program_cq(const struct program *p, struct bpf_cq *cq)
{
	cq->head = p->ring.params.cq_off.head;
	cq->tail = p->ring.params.cq_off.tail;
	cq->cqes = p->ring.params.cq_off.cqes;
}

void program_load(struct program *p)
{
	int err = bpf_object__load(p->object);

	if (err)
		die(err, "load");
	if (!bpf_map__attach_struct_ops(map_of(p, "ops")))
		die(errno, "attach");
}

/* libbpf keeps a private copy of the data at the address that it gave out: map the real one over it. */
void program_share(struct program *p, const char *section)
{
	struct bpf_map *map = map_of(p, section);
	size_t size;
	void *at = bpf_map__initial_value(map, &size);

	if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_POPULATE, bpf_map__fd(map),
		    0) == MAP_FAILED)
		die(errno, "mmap of map %s", section);
}

void program_run(struct program *p)
{
	while (syscall(SYS_io_uring_enter, p->ring.fd, 0, 0, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		if (errno != EINTR)
			die(errno, "io_uring_enter");
}
