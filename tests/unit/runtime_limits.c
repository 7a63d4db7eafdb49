/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_limits.c: limits that are too low, and system calls that a filter forbids. */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "left.h"
#include "privilege.h"
#include "runtime_test.h"

static enum ringlet_engine_kind all_engines[2];

/* The reference program, to be loaded. */
static struct ringlet *opened(enum ringlet_engine_kind engine)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};
	struct ringlet *r = ringlet_open(reference_path(), &opts);

	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ck_assert_int_eq(ringlet_set_u64(r, "n", 100), 0);
	return r;
}

/* Root may lock what it likes. Who is not, has no privilege to keep. */
static void drop_the_rest(void)
{
	if (getuid() == 0)
		become(1ull << CAP_BPF | 1ull << CAP_PERFMON);
}

static void refuses(struct ringlet *r, int err, const char *text)
{
	int got = ringlet_load(r);

	ck_assert_msg(got == err, "%d, not %d: %s", got, err, ringlet_error(r));
	ck_assert_msg(strstr(ringlet_error(r), text), "it does not say `%s`: %s", text, ringlet_error(r));
	ck_assert_ptr_null(ringlet_engine(r, NULL));
}

/* ---- memory and descriptors ---- */

static struct ringlet *with_region(struct bytes b, enum ringlet_engine_kind engine, const char *size)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};
	struct ringlet *r = ringlet_open_mem(b.at, b.n, &opts);

	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ck_assert_int_eq(ringlet_set_u64(r, "rounds", 10), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "words", size), 0);
	return r;
}

START_TEST(fixed_arrays_take_locked_memory)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = RINGLET_USER};
	struct rlimit low = {0, 0};
	struct bytes b = whole_object(built("tests/unit/faults.bpf.o"));
	struct held before;

	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &low), 0);
	drop_the_rest();
	before = held();
	for (unsigned i = 0; i <= RINGLET_USER; i++) {
		struct ringlet *r;

		if (i == RINGLET_KERNEL && all_engines[0] != RINGLET_KERNEL)
			continue;
		opts.engine = i;
		r = ringlet_open_mem(b.at, b.n, &opts);
		ck_assert_msg(r, "%s", ringlet_error(NULL));
		ck_assert_int_eq(ringlet_set_arg(r, "src", "/dev/null"), 0);
		ck_assert_int_eq(ringlet_set_arg(r, "dst", "/dev/null"), 0);
		ck_assert_int_eq(ringlet_set_arg(r, "listener", "tcp:127.0.0.1:0"), 0);
		ck_assert_int_eq(ringlet_set_arg(r, "words", "64K"), 0);
		refuses(r, -ENOMEM, "RLIMIT_MEMLOCK");
		refuses(r, -ENOMEM, "RLIMIT_MEMLOCK");
		ringlet_close(r);
		ck_assert(nothing_left(before));
	}
	free(b.at);
}
END_TEST

/* What a ring, a map and fixed arrays take, each by the rules of the kernel: too little is said, and with
 * more the same program loads. */
START_TEST(a_higher_limit_is_enough)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = all_engines[_i]};
	struct rlimit limit = {0, 8u << 20};
	struct bytes b = reference_object();
	struct ringlet *r;
	struct held before;

	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	drop_the_rest();
	before = held();
	r = ringlet_open_mem(b.at, b.n, &opts);
	ck_assert_int_eq(ringlet_set_u64(r, "n", 100), 0);
	refuses(r, -ENOMEM, "RLIMIT_MEMLOCK");
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	ck_assert_msg(ringlet_load(r) == 0, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	ck_assert_int_eq(ringlet_run(r), 0);
	ringlet_close(r);
	ck_assert(nothing_left(before));
	free(b.at);
}
END_TEST

/* The kernel engine locks the region too; `auto` goes to the one that does not. */
START_TEST(a_region_is_locked_on_the_kernel_engine_only)
{
	struct rlimit low = {64 << 10, 64 << 10};
	struct bytes b = whole_object(built("tests/unit/region.bpf.o"));
	struct ringlet *r;
	const char *why;

	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &low), 0);
	drop_the_rest();
	r = with_region(b, RINGLET_AUTO, "1M");
	ck_assert_msg(ringlet_load(r) == 0, "%s", ringlet_error(r));
	ck_assert_str_eq(ringlet_engine(r, &why), "user");
	if (all_engines[0] == RINGLET_KERNEL) {
		struct ringlet *k = with_region(b, RINGLET_KERNEL, "1M");

		ck_assert_msg(strstr(why, "RLIMIT_MEMLOCK"), "%s", why);
		refuses(k, -ENOMEM, "RLIMIT_MEMLOCK");
		ringlet_close(k);
	}
	ck_assert_int_eq(ringlet_run(r), 0);
	ringlet_close(r);
	free(b.at);
}
END_TEST

enum { REFUSED = 70, TAKEN };

/* In a process that has loaded nothing before: a failure must not be remembered. */
static int load_with(unsigned descriptors, enum ringlet_engine_kind engine)
{
	struct ringlet *r = opened(engine);
	struct rlimit limit;
	unsigned fds = held().fds;
	int err;

	ck_assert_int_eq(ringlet_set_arg(r, "in", "/dev/null"), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "out", "/dev/null"), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = descriptors;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	err = ringlet_load(r);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_msg(!err || err == -EMFILE, "%u: %d: %s", descriptors, err, ringlet_error(r));
	if (err)
		ck_assert_msg(*ringlet_error(r) && ringlet_load(r) == 0, "%u: %s\n%s", descriptors,
			ringlet_error(r), ringlet_load_log(r));
	ck_assert_int_eq(ringlet_run(r), 0);
	ringlet_close(r);
	ck_assert_uint_eq(held().fds, fds);
	return err ? REFUSED : TAKEN;
}

START_TEST(too_few_descriptors_are_said_to_be_too_few)
{
	int status = REFUSED;
	unsigned n;

	for (n = 1; status == REFUSED; n++) {
		pid_t child = fork();

		if (child == 0)
			_exit(load_with(n, all_engines[_i]));
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	}
	ck_assert_int_eq(status, TAKEN);
	ck_assert_uint_gt(n, 5);
}
END_TEST

/* ---- what is forbidden ---- */

static const struct {
	int call, error;
	int kernel, user; /* what loading gives */
	const char *text; /* which says that */
	const char *feature;
} forbidden[] = {
	{SYS_io_uring_setup, EPERM, -EPERM, -EPERM, "io_uring is not allowed here", "io_uring"},
	{SYS_io_uring_setup, ENOSYS, -EOPNOTSUPP, -EOPNOTSUPP,
		"has no io_uring, or a seccomp filter hides it", "io_uring"},
	{SYS_bpf, EPERM, -EPERM, 0, "bpf-array-map", "bpf-array-map"},
	{SYS_bpf, ENOSYS, -EOPNOTSUPP, 0, "bpf-array-map", "bpf-array-map"},
};

static int status_of(const char *name)
{
	size_t n;
	const struct ringlet_feature *f = ringlet_probe(&n);

	while (n-- > 0)
		if (strcmp(f[n].name, name) == 0)
			return f[n].status;
	ck_abort_msg("no feature %s", name);
	return 0;
}

START_TEST(a_filter_is_named_as_what_may_be_in_the_way)
{
	bool kernel_here = status_of("io_uring-bpf-ops") == 0 && status_of("bpf-privilege") == 0;
	struct ringlet *r;
	struct held before = held();
	const char *why;

	forbid(forbidden[_i].call, forbidden[_i].error);
	ck_assert_int_eq(status_of(forbidden[_i].feature), -forbidden[_i].error);
	r = opened(RINGLET_KERNEL);
	if (kernel_here || forbidden[_i].user)
		refuses(r, forbidden[_i].kernel, forbidden[_i].feature);
	else
		ck_assert_int_lt(ringlet_load(r), 0);
	ringlet_close(r);
	for (int i = 0; i < 2; i++) {
		r = opened(i ? RINGLET_USER : RINGLET_AUTO);
		if (forbidden[_i].user) {
			refuses(r, forbidden[_i].user, forbidden[_i].text);
		} else {
			ck_assert_msg(ringlet_load(r) == 0, "%s", ringlet_error(r));
			ck_assert_str_eq(ringlet_engine(r, &why), "user");
			if (!i)
				ck_assert_msg(!kernel_here || strstr(why, forbidden[_i].text), "%s", why);
			ck_assert_int_eq(ringlet_run(r), 0);
		}
		ringlet_close(r);
	}
	ck_assert(nothing_left(before));
}
END_TEST

static void add(TCase *t)
{
	int n = (int)engines(all_engines);

	tcase_add_test(t, fixed_arrays_take_locked_memory);
	tcase_add_loop_test(t, a_higher_limit_is_enough, 0, n);
	tcase_add_test(t, a_region_is_locked_on_the_kernel_engine_only);
	tcase_add_loop_test(t, too_few_descriptors_are_said_to_be_too_few, 0, n);
	tcase_add_loop_test(
		t, a_filter_is_named_as_what_may_be_in_the_way, 0, sizeof(forbidden) / sizeof(forbidden[0]));
}

int main(void)
{
	return run_tests("runtime_limits", add);
}
