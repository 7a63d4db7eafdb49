/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kernel.c: the engine `kernel`: the step as BPF in the ring's own wait loop (struct io_uring_bpf_ops,
 * Linux 7.1, io_uring/bpf-ops.c).
 *
 * The image is the memory of a BPF array map that both sides have mapped; the ring is set up inside it
 * (IORING_SETUP_NO_MMAP), so that to the program SQEs and CQEs are map values. The kernel
 * takes ring_fd when the object is loaded: map and ring come first. Each load attaches its map once and for
 * all: on 7.1.0 to 7.1.4 attaching again uses freed memory (CVE-2026-72112).
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include "clock.h"
#include "engine.h"
#include "libbpf_log.h"
#include "manifest.h"
#include "probe.h"
#include "ring.h"
#include "trace.h"

/* Of 4, 16 and 64 rounds a step, 16 gains nearly all there is. */
#define KERNEL_ROUNDS 16

/* The verifier gives up with -EAGAIN where a signal is pending (do_check in kernel/bpf/verifier.c), and
 * libbpf after five of those. */
#define LOAD_ATTEMPTS 20

/* More than a load has open at once: image, ring, BTF, program, maps, link, and what libbpf tries. */
#define LOAD_DESCRIPTORS 24

/* Calls of io_uring_enter in a row that came back without the program having moved. */
#define MAX_IDLE_ENTERS 10000

struct kernel {
	struct rl_ring ring;
	int map_fd;
	struct bpf_object *object;
	struct bpf_link *link;
	uint64_t enters;
	bool settled;
	uint32_t left; /* in flight, when it was settled */
};

static bool is_shortage(int err)
{
	return err == -ENOMEM || err == -EMFILE || err == -ENFILE;
}

static int shortage(struct ringlet *r, const char *what, int err)
{
	return rl_error(r, -err, "kernel engine: %s: %s: see %s", what, strerror(-err),
		err == -ENOMEM ? "RLIMIT_MEMLOCK (ulimit -l) too" : "RLIMIT_NOFILE (ulimit -n)");
}

/* A refusal by the kernel: whose fault it is, and what can be done. */
static int refused(struct ringlet *r, const char *what, int err)
{
	struct ringlet_feature f;
	struct utsname u = {0};
	bool missing;

	if (is_shortage(err))
		return shortage(r, what, err);
	uname(&u);
	missing = rl_missing_for_kernel_engine(&f);
	if (missing && is_shortage(f.status)) /* of what to find out with */
		return shortage(r, what, f.status);
	if (missing)
		return rl_error(r, f.status == -EPERM ? EPERM : EOPNOTSUPP,
			"kernel engine: it needs %s (since Linux %s), which is not to be had here (Linux %s: "
			"%s): %s",
			f.name, f.since, u.release, strerror(-f.status), f.hint);
	if (err == -EPERM)
		return rl_error(r, EPERM,
			"kernel engine: %s: not allowed, though CAP_BPF and CAP_PERFMON are there: "
			"see RLIMIT_MEMLOCK (ulimit -l) and security modules",
			what);
	return rl_error(r, -err,
		"kernel engine: %s: %s. This kernel should run it: please report it as a bug of ringc, with "
		"the log "
		"above (all of it with RINGLET_LIBBPF_LOG=1); --engine=user runs the program meanwhile",
		what, strerror(-err));
}

/* What libbpf finds out about the kernel it remembers as long as the process lives, also where only a
 * descriptor was missing: so it is not asked before there are enough. */
static int check_descriptors(struct ringlet *r)
{
	int fds[LOAD_DESCRIPTORS], n = 0, err = 0;

	while (!err && n < LOAD_DESCRIPTORS) {
		fds[n] = eventfd(0, EFD_CLOEXEC);
		err = fds[n] < 0 ? -errno : 0;
		n += !err;
	}
	while (n > 0)
		close(fds[--n]);
	return err ? refused(r, "descriptors for the load", err) : 0;
}

static int make_image(struct ringlet *r, struct kernel *k)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	uint32_t size = r->object.image.size;
	void *p;

	k->map_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ringlet_image", 4, size, 1, &opts);
	if (k->map_fd < 0)
		return refused(r, "a BPF map for the image", k->map_fd);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, k->map_fd, 0);
	if (p == MAP_FAILED)
		return rl_error(r, errno, "kernel engine: mapping the image: %s", strerror(errno));
	r->image = p;
	return 0;
}

static int make_ring(struct ringlet *r, struct kernel *k)
{
	const struct rl_layout *l = &r->object.image;
	const struct rl_needed_op *missing;
	struct rl_uring_params p = {
		.flags = RL_SETUP_SINGLE_ISSUER | RL_SETUP_DEFER_TASKRUN | RL_SETUP_NO_MMAP |
			 RL_SETUP_NO_SQARRAY | RL_SETUP_CQSIZE | RL_SETUP_SQ_REWIND | RL_SETUP_SUBMIT_ALL |
			 l->setup,
		.cq_entries = l->cq_entries,
		.cq_off.user_addr = (uint64_t)(uintptr_t)(r->image + l->ring),
		.sq_off.user_addr = (uint64_t)(uintptr_t)(r->image + l->sqes),
	};
	int err = rl_uring_setup(l->sq_entries, &p);

	if (err == -ENOMEM)
		return rl_error(r, ENOMEM,
			"kernel engine: the ring cannot be locked in memory: raise RLIMIT_MEMLOCK "
			"(ulimit -l)");
	if (err < 0)
		return rl_error(r, -err, "kernel engine: a ring of %u and %u entries in the image: %s",
			l->sq_entries, l->cq_entries, strerror(-err));
	k->ring.fd = k->ring.enter_fd = err;
	err = rl_ring_locate(&k->ring, &p, r->image + l->ring, &rl_control(r)->cq_head);
	if (err)
		return rl_error(r, -err,
			"kernel engine: the kernel's ring header does not fit the image's; please "
			"report it");
	missing = rl_ring_missing_op(&k->ring, &r->object);
	if (missing)
		return rl_error(r, EOPNOTSUPP, "the program needs the operation %s, which came with Linux %s",
			missing->name, missing->since);
	err = rl_region_register(r, &k->ring);
	if (!err)
		err = rl_pools_register(r, &k->ring);
	if (!err)
		err = rl_image_register_files(r, &k->ring);
	return err ? err : rl_image_register_fixed(r, &k->ring);
}

/* Writes ring_fd into the initial value of the map `ops`, where the object's own BTF says it is. */
static int set_ring_fd(struct ringlet *r, struct kernel *k, struct bpf_map *ops)
{
	const struct btf *btf = bpf_object__btf(k->object);
	int id = btf ? btf__find_by_name_kind(btf, "io_uring_bpf_ops", BTF_KIND_STRUCT) : -1;
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
	uint32_t fd = (uint32_t)k->ring.fd;
	unsigned char *value;
	size_t size = 0;

	value = bpf_map__initial_value(ops, &size);
	for (uint32_t i = 0; value && t && i < btf_vlen(t); i++) {
		const struct btf_member *m = btf_members(t) + i;
		uint32_t at = btf_member_bit_offset(t, i) / 8;
		const char *name = btf__name_by_offset(btf, m->name_off);

		if (!name || strcmp(name, "ring_fd") != 0 || at + sizeof(fd) > size)
			continue;
		memcpy(value + at, &fd, sizeof(fd));
		return 0;
	}
	return rl_error(r, EBADMSG, "corrupt: its map `%s` has no ring_fd", RL_OPS_MAP);
}

/* The verifier takes the size of the region for a constant, as libbpf freezes that map before it loads. */
static int set_region(struct ringlet *r, struct kernel *k)
{
	struct rl_region size = rl_region_size(r);
	struct bpf_map *map = bpf_object__find_map_by_name(k->object, RL_REGION_SECTION);
	size_t room = 0;
	void *value = map ? bpf_map__initial_value(map, &room) : NULL;

	if (!r->object.region.name)
		return 0;
	if (!value || room != sizeof(size))
		return rl_error(r, EBADMSG, "corrupt: no map `%s`", RL_REGION_SECTION);
	memcpy(value, &size, sizeof(size));
	return 0;
}

static int load_object(struct ringlet *r, struct kernel *k, struct bpf_map **ops_out)
{
	struct bpf_map *image, *ops;
	int err;

	k->object = bpf_object__open_mem(r->object.data, r->object.elf_size, NULL);
	if (!k->object && is_shortage(-errno))
		return shortage(r, "reading the program", -errno);
	if (!k->object)
		return rl_error(r, EBADMSG, "libbpf cannot read the program: %s", strerror(errno));
	image = bpf_object__find_map_by_name(k->object, RL_IMAGE_SECTION);
	ops = bpf_object__find_map_by_name(k->object, RL_OPS_MAP);
	if (!image || !ops || bpf_map__type(ops) != BPF_MAP_TYPE_STRUCT_OPS)
		return rl_error(r, EBADMSG, "corrupt: no maps `%s` and `%s`", RL_IMAGE_SECTION, RL_OPS_MAP);
	/* The verifier checks accesses against the map it is given: it has to be as large as the program's.
	 */
	if (bpf_map__value_size(image) != r->object.image.size)
		return rl_error(r, EBADMSG, "corrupt: the image's map is not of the image's size");
	err = bpf_map__reuse_fd(image, k->map_fd);
	if (err)
		return rl_error(r, -err, "kernel engine: using the image's map: %s", strerror(-err));
	err = set_ring_fd(r, k, ops);
	if (err)
		return err;
	err = set_region(r, k);
	if (err)
		return err;
	*ops_out = ops;
	err = bpf_object__load(k->object);
	return err ? refused(r, "loading the program", err) : 0;
}

static int load_program(struct ringlet *r, struct kernel *k)
{
	struct bpf_map *ops = NULL;
	sigset_t all, old;
	int err = -EAGAIN;

	/* All but SIGSTOP can wait. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	for (int i = 0; err == -EAGAIN && i < LOAD_ATTEMPTS; i++) {
		bpf_object__close(k->object);
		k->object = NULL;
		err = load_object(r, k, &ops);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err)
		return err;
	k->link = bpf_map__attach_struct_ops(ops);
	if (!k->link)
		return refused(r, "attaching the program to the ring", -errno);
	return 0;
}

/* What the step counts time by. They began shortly before they were 0 in 32 bits (INITIAL_JIFFIES in
 * include/linux/jiffies.h), when CLOCK_MONOTONIC was 0. */
static struct rl_clock jiffies(void)
{
	struct timespec tick;
	uint64_t ns;
	uint32_t first;

	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	ns = (uint64_t)tick.tv_nsec;
	first = 0 - 300 * (uint32_t)((1000000000 + ns / 2) / ns);
	return (struct rl_clock){.tick_ns = ns, .zero = -(int64_t)(first * ns)};
}

static uint32_t kernel_settle(struct ringlet *r)
{
	struct kernel *k = r->engine_state;

	/* Detached first: from here on io_uring_enter is the ordinary one. */
	bpf_link__destroy(k->link);
	k->link = NULL;
	if (k->ring.cq_head && !k->settled)
		k->left = rl_image_quiet(r, &k->ring, rl_in_flight(r));
	k->settled = true;
	return k->left;
}

static void kernel_destroy(struct ringlet *r)
{
	struct kernel *k = r->engine_state;
	uint32_t left = kernel_settle(r);

	rl_ring_close(&k->ring);
	bpf_object__close(k->object);
	rl_image_drop(r, left != 0);
	if (k->map_fd >= 0)
		close(k->map_fd);
	free(k);
	r->engine_state = NULL;
}

static int kernel_create(struct ringlet *r)
{
	struct kernel *k = calloc(1, sizeof(*k));
	struct rl_clock clock = jiffies();
	struct rl_libbpf_log log;
	int err;

	if (!k)
		return rl_error(r, ENOMEM, "out of memory");
	k->ring.fd = k->map_fd = -1;
	r->engine_state = k;
	err = rl_kernel_engine_plausible();
	if (err) {
		err = refused(r, "a first look", err);
	} else {
		rl_libbpf_log_begin(&log);
		err = check_descriptors(r);
		if (!err)
			err = make_image(r, k);
		if (!err)
			err = make_ring(r, k);
		if (!err) {
			rl_image_init(r, KERNEL_ROUNDS, r->trace ? &rl_clock_ns : &clock);
			rl_trace_switch_bpf(r);
			err = rl_zcrx_register(r, &k->ring);
		}
		if (!err)
			err = load_program(r, k);
		rl_libbpf_log_end(&log);
		free(r->load_log);
		r->load_log = log.text;
	}
	if (err)
		kernel_destroy(r);
	else
		rl_ring_register_fd(&k->ring);
	return err;
}

static int kernel_run(struct ringlet *r)
{
	const struct rl_control *c = rl_control(r);
	struct kernel *k = r->engine_state;
	unsigned idle = 0;
	int err = 0;

	while (c->status == RL_RUNNING && !r->yielded) {
		uint32_t before = *k->ring.cq_head + c->submitted + c->ready_head;
		long ret = rl_uring_enter(
			k->ring.enter_fd, 0, 0, k->ring.enter_flags | RL_ENTER_GETEVENTS, NULL, 0);

		k->enters++;
		if (ret == 0) { /* the step stopped */
			rl_attend(r, &k->ring);
		} else if (ret == -EFAULT) { /* as the kernel says where there was a program */
			err = rl_error(r, EIO, "the kernel took the program off its ring");
			break;
		} else if (ret != -EINTR) {
			err = rl_error(r, (int)-ret, "io_uring_enter: %s", strerror((int)-ret));
			break;
		}
		rl_log_drain(r, true);
		/* Without a step behind it, io_uring_enter comes back at once and for ever. */
		idle = ret == 0 && before == *k->ring.cq_head + c->submitted + c->ready_head ? idle + 1 : 0;
		if (idle > MAX_IDLE_ENTERS) {
			err = rl_error(r, EIO, "the program was detached from its ring");
			break;
		}
	}
	r->enters = k->enters;
	return err;
}

static void kernel_wake(struct ringlet *r)
{
	struct kernel *k = r->engine_state;

	rl_ring_message(k->ring.fd, RL_WAKE_UP);
}

static int kernel_message_fd(struct ringlet *r)
{
	const struct kernel *k = r->engine_state;

	return k->ring.fd;
}

const struct rl_engine rl_engine_kernel = {
	.name = "kernel",
	.create = kernel_create,
	.run = kernel_run,
	.wake = kernel_wake,
	.message_fd = kernel_message_fd,
	.settle = kernel_settle,
	.destroy = kernel_destroy,
};
