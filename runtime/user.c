/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * user.c: the engine `user`: the native step in a plain io_uring_enter loop.
 *
 * Works without privilege on any kernel that has the program's operations. The ring lies in the image
 * where the kernel can put it there (IORING_SETUP_NO_MMAP, 6.5; rings of more than a page 6.10). Elsewhere
 * the ring is the kernel's own, and shadow.c keeps the image's copy of it. (Mapping the kernel's ring over
 * the image is no way: since 6.4 io_uring refuses an address of the caller's choice.)
 *
 * The step writes its SQEs at slots 0.. for each submission; the SQ array, where there is one, points the
 * queue's entries there.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "clock.h"
#include "engine.h"
#include "trace.h"
#include "user.h"

/* Nothing waits for the step to return but log messages and the program's end. */
#define USER_ROUNDS 1024

/* Ticks of the processor. Elsewhere the clock is read each time. */
static inline uint64_t cycles(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t n;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(n));
	return n;
#else
	return 0;
#endif
}

/* No more than 50 ms on any of them: a counter has at least 24 MHz. */
#define CYCLES_PER_LOOK (1u << 20)

/* The clock may be a system call (a guest without a clock in user space), so it is read only when time has
 * passed. */
static inline void read_clock(struct rl_user *u, struct rl_control *c)
{
	uint64_t n = cycles();

	if (__builtin_expect(n && n - u->looked < CYCLES_PER_LOOK, 1))
		return;
	u->looked = n;
	c->now = rl_time_ns(CLOCK_MONOTONIC_COARSE);
}

/* Where tasks are ready to run it looks for CQEs and does not wait. Inlined, so that no `ret` comes after the
 * system call: see user_submit_jump. */
static inline __attribute__((always_inline)) long enter(struct rl_user *u, uint32_t n, uint32_t want)
{
	struct rl_control *c = rl_control(u->r);
	uint32_t wait = c->ready_head == c->ready_tail ? want : 0;
	long ret;

	u->enters++;
	ret = rl_uring_enter(
		u->ring.enter_fd, n, wait, u->ring.enter_flags | (want ? RL_ENTER_GETEVENTS : 0), NULL, 0);
	read_clock(u, c);
	return ret;
}

long rl_user_enter(struct rl_user *u, uint32_t n, uint32_t want)
{
	return enter(u, n, want);
}

/* The kernel says -EINTR only if it took nothing; if it took some, a signal just ends the wait. */
long rl_user_submit_rest(struct rl_user *u, uint32_t n, uint32_t want, long ret)
{
	uint32_t done = 0;

	for (;;) {
		if (ret > 0)
			done += (uint32_t)ret;
		if (ret != -EINTR && (ret <= 0 || done == n))
			break;
		/* A stop is the step's to see. */
		if (ret == -EINTR && done == n &&
			__atomic_load_n(&rl_control(u->r)->attention, __ATOMIC_ACQUIRE))
			break;
		/* A rewinding queue starts over at slot 0: the step has to move what is left there. */
		if (done && done < n && !u->ring.sq_array)
			break;
		ret = rl_user_enter(u, n - done, want);
	}
	/* What was not taken is taken back: the step keeps it and submits it again. */
	u->sq_tail += done;
	if (u->ring.sq_array)
		rl_store_release(u->ring.sq_tail, u->sq_tail);
	if (done || ret == -EINTR)
		return done;
	return ret;
}

/* The queue's next n entries are SQEs 0.. . All earlier ones are taken. */
static void __attribute__((noinline)) point_at_sqes(struct rl_user *u, uint32_t tail, uint32_t n)
{
	bool again = n == u->last_n && (n & (n - 1)) == 0;

	/* Where submissions keep to one size that divides the queue's, its entries need to be written once.
	 */
	if (again && !(tail & (n - 1))) {
		for (uint32_t i = 0; i <= u->ring.sq_mask; i++)
			u->ring.sq_array[i] = i & (n - 1);
		u->written_n = n;
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		u->ring.sq_array[(tail + i) & u->ring.sq_mask] = i;
	u->last_n = n;
	u->written_n = 0;
}

static inline long submit_in_image(struct rl_user *u, uint32_t n, uint32_t want)
{
	uint32_t tail = u->sq_tail;
	long ret;

	if (u->ring.sq_array && n) {
		if (n != u->written_n || (tail & (n - 1)))
			point_at_sqes(u, tail, n);
		rl_store_release(u->ring.sq_tail, tail + n);
	}
	ret = enter(u, n, want);
	if (__builtin_expect(ret == (long)n, 1)) {
		u->sq_tail = tail + n;
		return ret;
	}
	return rl_user_submit_rest(u, n, want, ret);
}

static long user_submit(void *engine, uint32_t n, uint32_t want)
{
	return submit_in_image(engine, n, want);
}

#if defined(__x86_64__)
/*
 * The same, which goes back by a jump. A kernel that protects return addresses (spec_rstack_overflow,
 * retbleed) leaves a processor nothing to predict a `ret` by that comes after a system call: it costs as much
 * as a third of the call. A shadow stack would take the jump for an attack: there the plain one is used.
 */
__asm__(".pushsection .text\n"
	".hidden __x86_return_thunk\n"
	".globl __x86_return_thunk\n"
	".type __x86_return_thunk, @function\n"
	"__x86_return_thunk:\n"
	"	pop %rcx\n"
	"	jmp *%rcx\n"
	".size __x86_return_thunk, . - __x86_return_thunk\n"
	".popsection");

__attribute__((function_return("thunk-extern"))) static long user_submit_jump(
	void *engine, uint32_t n, uint32_t want)
{
	return submit_in_image(engine, n, want);
}

static rl_submit_fn *submit_function(void)
{
	uint64_t shadow_stack = 0;

	__asm__ volatile("rdsspq %0" : "+r"(shadow_stack)); /* does nothing where there is none */
	return shadow_stack ? user_submit : user_submit_jump;
}
#else
static rl_submit_fn *submit_function(void)
{
	return user_submit;
}
#endif

/* The ring in the image. -EINVAL, -ENOMEM: not on this kernel, or not one of this size. */
static int ring_in_image(struct ringlet *r, struct rl_user *u)
{
	static const uint32_t flags[] = {
		RL_SETUP_NO_SQARRAY | RL_SETUP_SQ_REWIND, /* 7.0: no queue to keep, only slots */
		0,
	};
	const struct rl_layout *l = &r->object.image;
	int err = -EINVAL;

	for (size_t i = 0; err == -EINVAL && i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct rl_uring_params p = {.cq_entries = l->cq_entries};

		/* An SQE of 128 bytes must not be cut in two by the end of a queue that goes round. */
		if (l->setup & RL_SETUP_SQE_MIXED && !(flags[i] & RL_SETUP_SQ_REWIND))
			continue;
		p.flags = l->setup | flags[i] | RL_SETUP_CQSIZE | RL_SETUP_SUBMIT_ALL |
			  RL_SETUP_SINGLE_ISSUER | RL_SETUP_DEFER_TASKRUN | RL_SETUP_NO_MMAP;
		p.cq_off.user_addr = (uint64_t)(uintptr_t)(r->image + l->ring);
		p.sq_off.user_addr = (uint64_t)(uintptr_t)(r->image + l->sqes);
		err = rl_uring_setup(l->sq_entries, &p);
		if (err < 0)
			continue;
		u->ring.fd = u->ring.enter_fd = err;
		err = rl_ring_locate(&u->ring, &p, r->image + l->ring, &rl_control(r)->cq_head);
		u->cq_head = u->ring.cq_head;
		u->cq_tail = u->ring.cq_tail;
		u->submit = submit_function();
	}
	return err;
}

static int setup_failed(struct ringlet *r, int err)
{
	switch (err) {
	case -ENOSYS:
		return rl_error(r, EOPNOTSUPP, "this kernel has no io_uring, or a seccomp filter hides it");
	case -EPERM:
		return rl_error(r, EPERM,
			"io_uring is not allowed here: see sysctl kernel.io_uring_disabled, or a seccomp "
			"filter "
			"forbids it");
	case -EINVAL:
		if (rl_ring_refuses_entries(r->object.image.setup))
			return rl_error(r, EOPNOTSUPP, "the program needs a ring with %s",
				rl_ring_entries_text(r->object.image.setup));
		return rl_error(r, EOPNOTSUPP, "this kernel's io_uring is too old: Linux 5.5 is needed");
	case -ENOMEM:
		return rl_error(r, ENOMEM,
			"a ring of %u and %u entries: no memory, or RLIMIT_MEMLOCK (ulimit -l) is too low",
			r->object.image.sq_entries, r->object.image.cq_entries);
	default:
		return rl_error(r, -err, "making the ring: %s", strerror(-err));
	}
}

static int setup_ring(struct ringlet *r, struct rl_user *u)
{
	const struct rl_needed_op *missing;
	int err;

	err = ring_in_image(r, u);
	if (err)
		err = rl_shadow_setup(r, u);
	if (err)
		return setup_failed(r, err);
	missing = rl_ring_missing_op(&u->ring, &r->object);
	if (missing)
		return rl_error(r, EOPNOTSUPP, "the program needs the operation %s, which came with Linux %s",
			missing->name, missing->since);
	return 0;
}

/* Writable first, then executable, never both. */
static int map_code(struct ringlet *r, struct rl_user *u)
{
	const struct rl_object *o = &r->object;

	if (!o->code)
		return rl_error(r, EOPNOTSUPP,
			"the program has no native step for %s: build it for this machine", rl_native_arch());
	u->code_size = o->code_size;
	u->code = mmap(NULL, u->code_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (u->code == MAP_FAILED) {
		u->code = NULL;
		return rl_error(r, errno, "memory for the native step: %s", strerror(errno));
	}
	memcpy(u->code, o->code, o->code_size);
	rl_trace_switch_native(r, u->code);
	if (mprotect(u->code, u->code_size, PROT_READ | PROT_EXEC) != 0)
		return rl_error(r, errno, "making the native step executable: %s", strerror(errno));
	__builtin___clear_cache((char *)u->code, (char *)u->code + u->code_size);
	u->step = (rl_step_fn *)(uintptr_t)((char *)u->code + o->code_entry);
	return 0;
}

/*
 * How a sleeping ring is woken: by a message (6.13), before that by one from a ring of ours (5.18), before
 * that by a poll of an eventfd, submitted ahead of the program. The last is in flight as long as the program
 * is, so that a request with IOSQE_IO_DRAIN would wait for it.
 */
static int arm_wake(struct ringlet *r, struct rl_user *u)
{
	struct io_uring_sqe *sqe = (struct io_uring_sqe *)(r->image + r->object.image.sqes);
	long ret;

	u->ring.can_message = rl_ring_probe_message();
	if (u->ring.can_message || rl_poster_open(&u->poster) == 0)
		return 0;
	u->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (u->wake_fd < 0)
		return rl_error(r, errno, "eventfd: %s", strerror(errno));
	sqe->opcode = IORING_OP_POLL_ADD;
	sqe->fd = u->wake_fd;
	sqe->poll_events = 1; /* POLLIN; the 16 bits are where every kernel and byte order looks for it */
	if (u->ring.features & IORING_FEAT_RSRC_TAGS) /* 5.13, as is multishot: the second stop wakes too */
		sqe->len = IORING_POLL_ADD_MULTI;
	sqe->user_data = RL_UD_INTERNAL;
	ret = u->submit(u, 1, 0);
	memset(sqe, 0, sizeof(*sqe));
	if (ret != 1)
		return rl_error(r, ret < 0 ? (int)-ret : EAGAIN, "arming the ring's wake-up: %s",
			strerror(ret < 0 ? (int)-ret : EAGAIN));
	return 0;
}

/* As bpf_copy_from_user does it: what cannot be read is zero. process_vm_readv says so where memcpy would end
 * the process. */
static long copy_from_user(void *to, uint32_t n, const void *from)
{
	const struct iovec local = {to, n}, remote = {(void *)(uintptr_t)from, n};

	if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)n)
		return 0;
	memset(to, 0, n);
	return -EFAULT;
}

static uint64_t clock_ns(void)
{
	return rl_time_ns(CLOCK_MONOTONIC);
}

static uint32_t user_settle(struct ringlet *r)
{
	struct rl_user *u = r->engine_state;

	if (u->ring.cq_head && !u->settled) {
		const struct rl_control *c = rl_control(r);

		u->left = u->shadow.sqes ? c->submitted - u->shadow.completed : rl_in_flight(r);
		u->left = rl_image_quiet(r, &u->ring, u->left);
	}
	u->settled = true;
	return u->left;
}

static void user_destroy(struct ringlet *r)
{
	struct rl_user *u = r->engine_state;
	uint32_t left = user_settle(r);

	rl_shadow_free(u);
	rl_ring_close(&u->ring);
	rl_poster_close(&u->poster);
	if (u->wake_fd >= 0)
		close(u->wake_fd);
	if (u->code)
		munmap(u->code, u->code_size);
	rl_image_drop(r, left != 0);
	free(u);
	r->engine_state = NULL;
}

static int user_create(struct ringlet *r)
{
	struct rl_user *u = calloc(1, sizeof(*u));
	int err;

	if (!u)
		return rl_error(r, ENOMEM, "out of memory");
	u->r = r;
	u->ring.fd = u->poster.fd = u->wake_fd = -1;
	r->engine_state = u;
	err = rl_image_make(r);
	if (!err)
		err = map_code(r, u);
	if (!err)
		err = setup_ring(r, u);
	if (!err)
		err = rl_pools_register(r, &u->ring);
	if (!err)
		err = rl_image_register_files(r, &u->ring);
	if (!err)
		err = rl_image_register_fixed(r, &u->ring);
	if (!err) {
		rl_ring_register_fd(&u->ring);
		rl_image_init(r, USER_ROUNDS, &rl_clock_ns);
		rl_control(r)->clock = (uint64_t)(uintptr_t)clock_ns;
		rl_control(r)->copy = (uint64_t)(uintptr_t)copy_from_user;
		err = rl_zcrx_register(r, &u->ring);
	}
	if (!err)
		err = arm_wake(r, u);
	if (err)
		user_destroy(r);
	return err;
}

static int user_run(struct ringlet *r)
{
	struct rl_control *c = rl_control(r);
	struct rl_user *u = r->engine_state;
	int err = 0;

	while (c->status == RL_RUNNING && !r->yielded) {
		uint32_t stop = __atomic_load_n(&c->stop, __ATOMIC_ACQUIRE);
		long ret;

		read_clock(u, c);
		if (u->step(r->image, u, u->submit) != RL_STEP_CONTINUE) {
			rl_attend(r, &u->ring);
			continue;
		}
		if (c->log_tail != c->log_head)
			rl_log_drain(r, true);
		if (rl_load_acquire(u->cq_tail) != *u->cq_head)
			continue;
		/* Before 6.1 a wake-up may be reaped by the same step that looked for its reason too
		 * early. A stop that comes from here on finds the ring asleep, and wakes it. */
		if (__atomic_load_n(&c->stop, __ATOMIC_ACQUIRE) != stop ||
			__atomic_load_n(&c->attention, __ATOMIC_ACQUIRE))
			continue;
		ret = u->submit(u, 0, 1);
		if (ret < 0) {
			err = rl_error(r, (int)-ret, "io_uring_enter: %s", strerror((int)-ret));
			break;
		}
	}
	rl_count(&r->enters, u->enters);
	return err;
}

static void user_wake(struct ringlet *r)
{
	struct rl_user *u = r->engine_state;
	uint64_t one = 1;

	if (u->ring.can_message)
		rl_ring_message(u->ring.fd, RL_WAKE_UP);
	else if (u->poster.fd >= 0)
		rl_poster_post(&u->poster, u->ring.fd);
	else
		rl_syscall6(__NR_write, u->wake_fd, (long)&one, sizeof(one), 0, 0, 0);
}

static int user_message_fd(struct ringlet *r)
{
	const struct rl_user *u = r->engine_state;

	return u->wake_fd < 0 ? u->ring.fd : -1;
}

const struct rl_engine rl_engine_user = {
	.name = "user",
	.create = user_create,
	.run = user_run,
	.wake = user_wake,
	.message_fd = user_message_fd,
	.settle = user_settle,
	.destroy = user_destroy,
};
