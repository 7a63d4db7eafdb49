/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_run.c: a program's life on each engine: results, failures in words, stopping, and that nothing is
 * left. */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "runtime_test.h"
#include "uring.h"

enum { MODE_DONE, MODE_ERROR, MODE_FAIL, MODE_TRAP, MODE_DEADLOCK, MODE_HANG }; /* tests/ref/layout.h */

static enum ringlet_engine_kind engine;

/* Such tests run once for each engine. */
static enum ringlet_engine_kind all_engines[2];
#define EACH_ENGINE engine = all_engines[_i]

START_TEST(a_program_runs_to_its_end)
{
	struct ringlet_stats st = {.size = sizeof(st)};
	uint64_t done, total;
	const char *why;
	struct ringlet *r;

	EACH_ENGINE;
	r = loaded(engine, 1000, MODE_DONE);
	ck_assert_str_eq(ringlet_engine(r, &why), engine == RINGLET_KERNEL ? "kernel" : "user");
	ck_assert_str_eq(why, "");
	ck_assert_int_eq(ringlet_progress(r, &done, &total), -ENODATA);
	ck_assert_int_eq(ringlet_run(r), 0);
	ck_assert_ptr_null(ringlet_failure(r));
	ck_assert_uint_eq(*(uint64_t *)ringlet_shared(r, "done", NULL), 1000);
	ck_assert_int_eq(ringlet_progress(r, &done, &total), 0);
	ck_assert_uint_eq(done, 1000);
	ck_assert_uint_eq(total, 1000);
	ck_assert_int_eq(ringlet_stats(r, &st), 0);
	ck_assert_uint_eq(st.submitted, 1000);
	ck_assert_uint_eq(st.completed, 1000);
	ck_assert_uint_gt(st.enters, 0);
	if (engine == RINGLET_KERNEL)
		ck_assert_uint_lt(st.enters, 20);
	ck_assert_uint_gt(st.run_ns, 0);
	ck_assert_int_eq(ringlet_run(r), -EALREADY);
	ringlet_close(r);
}
END_TEST

START_TEST(any_number_of_rounds_gives_the_same)
{
	static const unsigned rounds[] = {1, 2, 7, 1000000};

	EACH_ENGINE;
	for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
		struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine, .rounds = rounds[i]};
		struct ringlet *r = ringlet_open(reference_path(), &opts);

		ck_assert_int_eq(ringlet_set_u64(r, "n", 100), 0);
		ck_assert_int_eq(ringlet_load(r), 0);
		ck_assert_int_eq(ringlet_run(r), 0);
		ck_assert_uint_eq(*(uint64_t *)ringlet_shared(r, "done", NULL), 100);
		ringlet_close(r);
	}
}
END_TEST

static const struct {
	int mode, result;
	enum ringlet_failure_kind kind;
	const char *text, *task, *op;
	unsigned self, line;
	uint64_t value;
} failures[] = {
	{MODE_ERROR, -ENOSPC, RINGLET_FAIL_ERROR, "nop.c:19: write: No space left on device (task worker[3])",
		"worker", "write", 3, 19, 0},
	{MODE_FAIL, -EIO, RINGLET_FAIL_FAIL, "nop.c:21: fail: Input/output error (task main)", "main", "nop",
		0, 21, 0},
	{MODE_TRAP, -EFAULT, RINGLET_FAIL_TRAP, "nop.c:22: trap: index out of bounds: 40 (task main)", "main",
		"nop", 0, 22, 40},
	{MODE_DEADLOCK, -EDEADLK, RINGLET_FAIL_DEADLOCK,
		"nop.c: every task waits and nothing is in flight: main in timeout at nop.c:11, worker[2] in "
		"write at "
		"nop.c:20",
		"main", "timeout", 0, 19, 0},
};

START_TEST(a_failure_says_what_and_where)
{
	EACH_ENGINE;
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct ringlet *r = loaded(engine, 3, failures[i].mode);
		const struct ringlet_failure *f;

		ck_assert_ptr_null(ringlet_failure(r));
		ck_assert_int_eq(ringlet_run(r), failures[i].result);
		f = ringlet_failure(r);
		ck_assert_ptr_nonnull(f);
		ck_assert_int_eq(f->kind, failures[i].kind);
		ck_assert_str_eq(f->text, failures[i].text);
		ck_assert_str_eq(ringlet_error(r), failures[i].text);
		ck_assert_str_eq(f->task, failures[i].task);
		ck_assert_str_eq(f->op, failures[i].op);
		ck_assert_str_eq(f->file, "nop.c");
		ck_assert_uint_eq(f->self, failures[i].self);
		ck_assert_uint_eq(f->line, failures[i].line);
		ck_assert_uint_eq(f->value, failures[i].value);
		ringlet_close(r);
	}
}
END_TEST

struct heard {
	unsigned n;
	char last[64];
	unsigned line;
};

static void hear(void *arg, const struct ringlet_log *m)
{
	struct heard *h = arg;

	h->n++;
	h->line = m->line;
	ck_assert_str_eq(m->task, "main");
	ck_assert_str_eq(m->file, "nop.c");
	ck_assert_uint_eq(m->length, strlen(m->text));
	snprintf(h->last, sizeof(h->last), "%s", m->text);
}

/* Far more of them than the ring has slots. */
START_TEST(every_message_arrives)
{
	struct heard h = {0};
	struct ringlet_opts opts = {.size = sizeof(opts), .log = hear, .log_arg = &h};
	struct ringlet_stats st = {.size = sizeof(st)};
	struct ringlet *r;

	EACH_ENGINE;
	opts.engine = engine;
	r = ringlet_open(reference_path(), &opts);
	ck_assert_int_eq(ringlet_set_u64(r, "n", 500), 0);
	ck_assert_int_eq(ringlet_set_u64(r, "say", 1), 0);
	ck_assert_int_eq(ringlet_load(r), 0);
	ck_assert_int_eq(ringlet_run(r), 0);
	ck_assert_uint_eq(h.n, 500);
	ck_assert_str_eq(h.last, "at 499 -5 ff hello! 100%");
	ck_assert_uint_eq(h.line, 30);
	ck_assert_int_eq(ringlet_stats(r, &st), 0);
	ck_assert_uint_eq(st.logs, 500);
	ck_assert_uint_eq(st.log_lost, 0);
	ringlet_close(r);
}
END_TEST

/* ---- stopping ---- */

static void *stop_soon(void *arg)
{
	struct timespec t = {.tv_nsec = 200 * 1000 * 1000};

	nanosleep(&t, NULL);
	ck_assert_int_eq(ringlet_stop(arg), 0);
	return NULL;
}

static void check_stopped(struct ringlet *r)
{
	ck_assert_int_eq(ringlet_run(r), -ECANCELED);
	ck_assert_int_eq(ringlet_failure(r)->kind, RINGLET_FAIL_STOPPED);
	ck_assert_str_eq(ringlet_error(r), "nop.c: stopped");
}

/* Asleep in a request of an hour, or busy for one. */
START_TEST(another_thread_stops_it)
{
	static const uint64_t n[] = {3, UINT64_MAX};

	EACH_ENGINE;
	for (int i = 0; i < 2; i++) {
		struct ringlet *r = loaded(engine, n[i], MODE_HANG);
		pthread_t t;

		ck_assert_int_eq(pthread_create(&t, NULL, stop_soon, r), 0);
		check_stopped(r);
		/* It may still be in ringlet_stop. */
		pthread_join(t, NULL);
		ringlet_close(r);
	}
}
END_TEST

static struct ringlet *to_stop;
static volatile sig_atomic_t signals;

static void on_alarm(int sig)
{
	(void)sig;
	/* The first few only interrupt. */
	if (++signals == 5)
		ringlet_stop(to_stop);
}

START_TEST(a_signal_handler_stops_it)
{
	static const uint64_t n[] = {3, UINT64_MAX};
	struct sigaction a = {.sa_handler = on_alarm};

	EACH_ENGINE;
	sigaction(SIGALRM, &a, NULL);
	for (int i = 0; i < 2; i++) {
		struct itimerval timer = {{0, 50000}, {0, 50000}};

		to_stop = loaded(engine, n[i], MODE_HANG);
		signals = 0;
		setitimer(ITIMER_REAL, &timer, NULL);
		check_stopped(to_stop);
		ck_assert_int_ge(signals, 5);
		setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
		ringlet_close(to_stop);
	}
}
END_TEST

START_TEST(stopped_before_it_runs_it_ends_at_once)
{
	struct ringlet *r;

	EACH_ENGINE;
	r = loaded(engine, UINT64_MAX, MODE_HANG);
	ck_assert_int_eq(ringlet_stop(r), 0);
	ck_assert_int_eq(ringlet_stop(r), 0);
	ck_assert_int_eq(ringlet_stop(r), 0);
	check_stopped(r);
	ringlet_close(r);
}
END_TEST

/* ---- misuse ---- */

START_TEST(calls_out_of_order_are_errors)
{
	struct ringlet *r = ringlet_open(reference_path(), NULL);
	struct ringlet_stats st = {.size = sizeof(st)};
	uint64_t a, b;

	ck_assert_int_eq(ringlet_run(r), -EINVAL);
	ck_assert_str_eq(ringlet_error(r), "the program is not loaded");
	ck_assert_int_eq(ringlet_stop(r), -EINVAL);
	ck_assert_int_eq(ringlet_progress(r, &a, &b), -EINVAL);
	ck_assert_int_eq(ringlet_stats(r, &st), -EINVAL);
	ck_assert_int_eq(ringlet_poll(r), 0);
	ck_assert_ptr_null(ringlet_failure(r));
	ck_assert_ptr_null(ringlet_engine(r, NULL));
	ringlet_close(r);
	ringlet_close(NULL);
}
END_TEST

static void *run_elsewhere(void *arg)
{
	return (void *)(intptr_t)ringlet_run(arg);
}

START_TEST(another_thread_may_not_run_it)
{
	struct ringlet *r;
	pthread_t t;
	void *result;

	EACH_ENGINE;
	r = loaded(engine, 10, MODE_DONE);
	ck_assert_int_eq(pthread_create(&t, NULL, run_elsewhere, r), 0);
	pthread_join(t, &result);
	ck_assert_int_eq((int)(intptr_t)result, -EEXIST);
	ck_assert_int_eq(ringlet_run(r), 0);
	ringlet_close(r);
}
END_TEST

static void *close_elsewhere(void *arg)
{
	ringlet_close(arg);
	return NULL;
}

START_TEST(another_thread_may_close_it)
{
	struct ringlet *r;
	pthread_t t;

	EACH_ENGINE;
	r = loaded(engine, 10, MODE_HANG);
	ck_assert_int_eq(ringlet_stop(r), 0);
	ck_assert_int_eq(ringlet_run(r), -ECANCELED);
	ck_assert_int_eq(pthread_create(&t, NULL, close_elsewhere, r), 0);
	pthread_join(t, NULL);
}
END_TEST

START_TEST(a_forked_child_closes_its_copy_alone)
{
	struct ringlet *r;
	int status;
	pid_t child;

	EACH_ENGINE;
	r = loaded(engine, 100, MODE_DONE);
	child = fork();
	if (child == 0) {
		if (ringlet_run(r) != -EEXIST)
			_exit(1);
		/* As a handler would that the child has of its parent. */
		if (ringlet_stop(r) != -EEXIST || ringlet_stop(r) != -EEXIST)
			_exit(2);
		if (ringlet_poll(r) != 0)
			_exit(3);
		ringlet_close(r);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(ringlet_run(r), 0);
	ck_assert_uint_eq(*(uint64_t *)ringlet_shared(r, "done", NULL), 100);
	ringlet_close(r);
}
END_TEST

/* ---- nothing is left ---- */

static unsigned count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static unsigned count_maps(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	unsigned n = 0;

	while (fgets(line, sizeof(line), f))
		n++;
	fclose(f);
	return n;
}

static void one_life(int which)
{
	struct ringlet *r;

	switch (which) {
	case 0: /* opened */
		r = ringlet_open(reference_path(), NULL);
		ringlet_set_arg(r, "in", "/dev/null");
		break;
	case 1: /* a load that fails late: the output */
		r = ringlet_open(reference_path(),
			&(struct ringlet_opts){.size = sizeof(struct ringlet_opts), .engine = engine});
		ringlet_set_u64(r, "n", 1);
		ringlet_set_arg(r, "in", "/dev/null");
		ringlet_set_arg(r, "out", "/nowhere/x");
		ck_assert_int_eq(ringlet_load(r), -ENOENT);
		break;
	case 2: /* loaded */
		r = loaded(engine, 1, MODE_DONE);
		break;
	case 3: /* run */
		r = loaded(engine, 10, MODE_ERROR);
		ck_assert_int_eq(ringlet_run(r), -ENOSPC);
		break;
	default: /* with a request in flight */
		r = loaded(engine, 10, MODE_HANG);
		ck_assert_int_eq(ringlet_stop(r), 0);
		ck_assert_int_eq(ringlet_run(r), -ECANCELED);
		break;
	}
	ringlet_close(r);
}

START_TEST(nothing_is_left_behind)
{
	unsigned fds, maps;

	EACH_ENGINE;
	one_life(2);
	fds = count_fds();
	maps = count_maps();
	for (int i = 0; i < 50; i++)
		one_life(i % 5);
	ck_assert_uint_eq(count_fds(), fds);
	ck_assert_uint_lt(count_maps(), maps + 10); /* the heap has its own */
}
END_TEST

START_TEST(closing_waits_for_what_is_in_flight_but_not_long)
{
	struct timespec a, b;

	EACH_ENGINE;
	clock_gettime(CLOCK_MONOTONIC, &a);
	one_life(4);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ck_assert_int_lt(b.tv_sec - a.tv_sec, 60); /* the request takes for ever, a busy machine its time */
}
END_TEST

/* Several at a time in one thread do not disturb each other. */
START_TEST(programs_run_side_by_side)
{
	struct ringlet *r[4];

	EACH_ENGINE;
	for (int i = 0; i < 4; i++)
		r[i] = loaded(engine, 100 + (uint64_t)i, MODE_DONE);
	for (int i = 3; i >= 0; i--)
		ck_assert_int_eq(ringlet_run(r[i]), 0);
	for (int i = 0; i < 4; i++) {
		ck_assert_uint_eq(*(uint64_t *)ringlet_shared(r[i], "done", NULL), 100 + (uint64_t)i);
		ringlet_close(r[i]);
	}
}
END_TEST

/* ---- older kernels, as far as a newer one can play them ---- */

static const uint32_t refused[] = {
	RL_SETUP_SQ_REWIND,                                                                      /* 6.17 */
	RL_SETUP_NO_MMAP,                                                                        /* 6.4 */
	RL_SETUP_NO_MMAP | RL_SETUP_DEFER_TASKRUN,                                               /* 6.0 */
	RL_SETUP_NO_MMAP | RL_SETUP_DEFER_TASKRUN | RL_SETUP_COOP_TASKRUN,                       /* 5.18 */
	RL_SETUP_NO_MMAP | RL_SETUP_DEFER_TASKRUN | RL_SETUP_COOP_TASKRUN | RL_SETUP_SUBMIT_ALL, /* 5.17 */
};

START_TEST(the_user_engine_runs_on_older_kernels)
{
	struct heard h = {0};
	struct ringlet_opts opts = {
		.size = sizeof(opts), .engine = RINGLET_USER, .log = hear, .log_arg = &h, .rounds = 3};
	struct ringlet_stats st = {.size = sizeof(st)};
	struct ringlet *r;

	rl_uring_refused = refused[_i];
	r = ringlet_open(reference_path(), &opts);
	ck_assert_int_eq(ringlet_set_u64(r, "n", 70000), 0); /* indexes wrap */
	ck_assert_int_eq(ringlet_set_u64(r, "say", 1000), 0);
	ck_assert_msg(ringlet_load(r) == 0, "%s", ringlet_error(r));
	ck_assert_int_eq(ringlet_run(r), 0);
	ck_assert_uint_eq(h.n, 70);
	ck_assert_uint_eq(*(uint64_t *)ringlet_shared(r, "done", NULL), 70000);
	ck_assert_int_eq(ringlet_stats(r, &st), 0);
	ck_assert_uint_eq(st.submitted, 70000);
	ck_assert_uint_eq(st.completed, 70000);
	ringlet_close(r);
}
END_TEST

/* CQEs of 32 bytes and SQEs of 128, in a ring that the kernel cannot put into the image as well. */
START_TEST(large_entries_are_copied_too)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = RINGLET_USER};
	struct ringlet_stats st = {.size = sizeof(st)};
	struct ringlet *r;
	int err;

	rl_uring_refused = refused[_i];
	r = ringlet_open(built("tests/ops/rings_of_large_entries.bpf.o"), &opts);
	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ck_assert_msg(ringlet_load(r) == 0, "%s", ringlet_error(r));
	err = ringlet_run(r);
	/* NOP_CQE32 came with 6.18. */
	ck_assert_msg(err == 0 || strstr(ringlet_error(r), "assertion failed"), "%s", ringlet_error(r));
	ck_assert_int_eq(ringlet_stats(r, &st), 0);
	ck_assert_uint_gt(st.submitted, 10);
	ringlet_close(r);
}
END_TEST

/* A mixed SQ is refused where it cannot be had, with what can. */
START_TEST(mixed_entries_are_refused_with_a_reason)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = RINGLET_USER};
	struct ringlet *r = ringlet_open(built("tests/ops/mixed_rings.bpf.o"), &opts);

	rl_uring_refused = RL_SETUP_SQ_REWIND;
	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ck_assert_int_eq(ringlet_load(r), -EOPNOTSUPP);
	ck_assert_msg(strstr(ringlet_error(r), "SQEs of 64 and of 128 bytes") &&
			      strstr(ringlet_error(r), "`ring { sqe 128; cqe 32; }`"),
		"%s", ringlet_error(r));
	ringlet_close(r);
}
END_TEST

START_TEST(older_kernels_are_woken_to_stop)
{
	static const uint64_t n[] = {3, UINT64_MAX};

	rl_uring_refused = refused[_i];
	for (int i = 0; i < 2; i++) {
		struct ringlet *r = loaded(RINGLET_USER, n[i], MODE_HANG);
		pthread_t t;

		ck_assert_int_eq(pthread_create(&t, NULL, stop_soon, r), 0);
		check_stopped(r);
		/* It may still be in ringlet_stop. */
		pthread_join(t, NULL);
		ringlet_close(r);
	}
}
END_TEST

START_TEST(nothing_is_left_behind_on_older_kernels)
{
	unsigned fds, maps;

	rl_uring_refused = refused[_i];
	engine = RINGLET_USER;
	one_life(2);
	fds = count_fds();
	maps = count_maps();
	for (int i = 0; i < 20; i++)
		one_life(i % 5);
	ck_assert_uint_eq(count_fds(), fds);
	ck_assert_uint_lt(count_maps(), maps + 10);
}
END_TEST

static void add(TCase *t)
{
	unsigned n = engines(all_engines);

	tcase_add_loop_test(t, a_program_runs_to_its_end, 0, (int)n);
	tcase_add_loop_test(t, any_number_of_rounds_gives_the_same, 0, (int)n);
	tcase_add_loop_test(t, a_failure_says_what_and_where, 0, (int)n);
	tcase_add_loop_test(t, every_message_arrives, 0, (int)n);
	tcase_add_loop_test(t, another_thread_stops_it, 0, (int)n);
	tcase_add_loop_test(t, a_signal_handler_stops_it, 0, (int)n);
	tcase_add_loop_test(t, stopped_before_it_runs_it_ends_at_once, 0, (int)n);
	tcase_add_test(t, calls_out_of_order_are_errors);
	tcase_add_loop_test(t, another_thread_may_not_run_it, 0, (int)n);
	tcase_add_loop_test(t, another_thread_may_close_it, 0, (int)n);
	tcase_add_loop_test(t, a_forked_child_closes_its_copy_alone, 0, (int)n);
	tcase_add_loop_test(t, nothing_is_left_behind, 0, (int)n);
	tcase_add_loop_test(t, closing_waits_for_what_is_in_flight_but_not_long, 0, (int)n);
	tcase_add_loop_test(t, programs_run_side_by_side, 0, (int)n);
	tcase_add_loop_test(
		t, the_user_engine_runs_on_older_kernels, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_loop_test(t, older_kernels_are_woken_to_stop, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_loop_test(
		t, nothing_is_left_behind_on_older_kernels, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_loop_test(t, large_entries_are_copied_too, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(t, mixed_entries_are_refused_with_a_reason);
}

int main(void)
{
	return run_tests("runtime_run", add);
}
