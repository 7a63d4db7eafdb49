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
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include "bpf.h"
#include "clock.h"
#include "engine.h"
#include "kernel_load.h"
#include "probe.h"
#include "ring.h"
#include "trace.h"

/* Of 4, 16 and 64 rounds a step, 16 gains nearly all there is. */
#define KERNEL_ROUNDS 16

/* Calls of io_uring_enter in a row that came back without the program having moved. */
#define MAX_IDLE_ENTERS 10000

struct kernel {
	struct rl_ring ring;
	int map_fd;
	int link; /* by which the program is attached; -1: it is not */
	uint64_t enters;
	bool settled;
	uint32_t left; /* in flight, when it was settled */
};

bool rl_kernel_is_shortage(int err)
{
	return err == -ENOMEM || err == -EMFILE || err == -ENFILE;
}

static int shortage(struct ringlet *r, const char *what, int err)
{
	return rl_error(r, -err, "kernel engine: %s: %s: see %s", what, strerror(-err),
		err == -ENOMEM ? "RLIMIT_MEMLOCK (ulimit -l) too" : "RLIMIT_NOFILE (ulimit -n)");
}

int rl_kernel_refused(struct ringlet *r, const char *what, int err)
{
	struct ringlet_feature f;
	struct utsname u = {0};
	bool missing;

	if (rl_kernel_is_shortage(err))
		return shortage(r, what, err);
	uname(&u);
	missing = rl_missing_for_kernel_engine(&f);
	if (missing && rl_kernel_is_shortage(f.status)) /* of what to find out with */
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
		"above (all of it with RINGLET_LOAD_LOG=1); --engine=user runs the program meanwhile",
		what, strerror(-err));
}

static int make_image(struct ringlet *r, struct kernel *k)
{
	uint32_t size = r->object.image.size;
	void *p;

	k->map_fd = rl_bpf_array("ringlet_image", size, BPF_F_MMAPABLE);
	if (k->map_fd < 0)
		return rl_kernel_refused(r, "a BPF map for the image", k->map_fd);
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
	if (k->link >= 0)
		close(k->link);
	k->link = -1;
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
	int err;

	if (!k)
		return rl_error(r, ENOMEM, "out of memory");
	k->ring.fd = k->map_fd = k->link = -1;
	r->engine_state = k;
	free(r->load_log);
	r->load_log = NULL;
	err = rl_kernel_engine_plausible();
	if (err) {
		err = rl_kernel_refused(r, "a first look", err);
	} else {
		err = make_image(r, k);
		if (!err)
			err = make_ring(r, k);
		if (!err) {
			rl_image_init(r, KERNEL_ROUNDS, r->trace ? &rl_clock_ns : &clock);
			rl_trace_switch_bpf(r);
			err = rl_zcrx_register(r, &k->ring);
		}
		if (!err)
			err = rl_kernel_load(r, k->map_fd, k->ring.fd, &k->link);
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
	rl_count(&r->enters, k->enters);
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
