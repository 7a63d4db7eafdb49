/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_thread.c: programs in threads of the library's. */
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime_test.h"

static void start(struct ringlet *r)
{
	ck_assert_msg(!ringlet_start(r), "%s\n%s", ringlet_error(r), ringlet_load_log(r));
}

/* What there is in a directory of /proc/self. */
static int count(const char *directory)
{
	DIR *d = opendir(directory);
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* A thread that was joined may be seen a little longer. */
static void wait_for_threads(int n)
{
	while (count("/proc/self/task") != n)
		sched_yield();
}

static void finished(enum ringlet_engine_kind engine)
{
	struct ringlet *r = opened_script("tests/unit/relay.bpf.o", engine);
	struct ringlet_event e;

	ck_assert_int_eq(ringlet_join(r, -1), -EINVAL);
	ck_assert_int_eq(ringlet_set_u64(r, "make", 20), 0);
	start(r);
	ck_assert_int_eq(ringlet_start(r), -EALREADY);
	ck_assert_int_eq(ringlet_load(r), -EALREADY);
	ck_assert_int_eq(ringlet_run(r), -EEXIST);
	ck_assert_int_eq(ringlet_join(r, 0), 1); /* it waits until somebody takes its events */
	ck_assert_int_eq(ringlet_join(r, 20), 1);
	for (int i = 0; i < 21; i++)
		ck_assert_int_eq(ringlet_next_event(r, "to", &e, -1), 0);
	ck_assert_int_eq(ringlet_join(r, -1), 0);
	ck_assert_int_eq(ringlet_join(r, 0), 0);
	ck_assert_uint_eq(*(uint64_t *)ringlet_shared(r, "passed", NULL), 20);
	ringlet_close(r);
}

START_TEST(a_program_runs_while_its_starter_does_something_else)
{
	for_engines(finished);
}
END_TEST

static void refused(enum ringlet_engine_kind engine)
{
	struct ringlet *r = opened_script("tests/unit/epoll.bpf.o", engine);
	int threads = count("/proc/self/task");

	ck_assert_int_eq(ringlet_start(r), -ENODATA);
	ck_assert_ptr_nonnull(strstr(ringlet_error(r), "parameter `epoll` is missing"));
	ck_assert_int_eq(ringlet_join(r, -1), -EINVAL);
	wait_for_threads(threads);
	ringlet_close(r);
}

START_TEST(what_cannot_be_loaded_is_not_started)
{
	for_engines(refused);
}
END_TEST

static void *join(void *r)
{
	return (void *)(intptr_t)ringlet_join(r, -1);
}

static void stopped(enum ringlet_engine_kind engine)
{
	struct ringlet *r = opened_script("tests/unit/echo.bpf.o", engine);
	pthread_t joiners[4];
	void *result;

	start(r);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&joiners[i], NULL, join, r), 0);
	pthread_cancel(joiners[0]); /* leaves no lock behind */
	pthread_join(joiners[0], &result);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	ck_assert_int_eq(ringlet_stop(r), 0);
	for (int i = 1; i < 4; i++) {
		pthread_join(joiners[i], &result);
		ck_assert_int_eq((int)(intptr_t)result, -ECANCELED);
	}
	ck_assert_int_eq(ringlet_failure(r)->kind, RINGLET_FAIL_STOPPED);
	ringlet_close(r);
}

START_TEST(who_joins_a_stopped_program_is_told)
{
	for_engines(stopped);
}
END_TEST

/* With a request of a stream in flight, which its own thread takes back. */
static void closed(enum ringlet_engine_kind engine)
{
	int threads = count("/proc/self/task"), fds = count("/proc/self/fd");

	for (int i = 0; i < 20; i++) {
		struct ringlet *r = opened_script("tests/unit/echo.bpf.o", engine);
		struct ringlet_event e;

		start(r);
		if (i & 1) {
			ck_assert_int_eq(ringlet_post(r, "posts", 0, 1, i), 0);
			ck_assert_int_eq(ringlet_next_event(r, NULL, &e, -1), 0);
		}
		ringlet_close(r);
		wait_for_threads(threads);
		ck_assert_int_eq(count("/proc/self/fd"), fds);
	}
}

START_TEST(closing_ends_a_program_and_its_thread)
{
	for_engines(closed);
}
END_TEST

static pthread_t handled_by;
static volatile sig_atomic_t handled;

static void on_signal(int sig)
{
	(void)sig;
	handled_by = pthread_self();
	handled = 1;
}

static void signalled(enum ringlet_engine_kind engine)
{
	struct ringlet *r = opened_script("tests/unit/echo.bpf.o", engine);
	sigset_t usr1, old;

	signal(SIGUSR1, on_signal);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	start(r);
	pthread_sigmask(SIG_BLOCK, &usr1, &old);
	for (int i = 0; i < 50; i++) {
		handled = 0;
		kill(getpid(), SIGUSR1);
		sched_yield();
		ck_assert(!handled); /* nobody takes it */
		sigsuspend(&old);
		ck_assert(handled && pthread_equal(handled_by, pthread_self()));
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	ringlet_close(r);
}

START_TEST(signals_are_for_the_application)
{
	for_engines(signalled);
}
END_TEST

static void forked(enum ringlet_engine_kind engine)
{
	struct ringlet *r = opened_script("tests/unit/echo.bpf.o", engine);
	struct ringlet_event e;
	int status;

	start(r);
	pid_t child = fork();
	if (child == 0) {
		int right = ringlet_join(r, -1) == -EEXIST;

		ringlet_close(r);
		_exit(!right);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(ringlet_post(r, "posts", 0, 1, 5), 0);
	ck_assert_int_eq(ringlet_next_event(r, NULL, &e, -1), 0);
	ck_assert_int_eq(ringlet_post(r, "posts", 0, 0, 0), 0);
	ck_assert_int_eq(ringlet_join(r, -1), 0);
	ringlet_close(r);
}

START_TEST(a_child_does_not_wait_for_a_thread_that_it_has_not)
{
	for_engines(forked);
}
END_TEST

/* Two, whose queues lead to each other: closing one while both run. */
static void connected(enum ringlet_engine_kind engine)
{
	for (int i = 0; i < 10; i++) {
		struct ringlet *a = opened_script("tests/unit/relay.bpf.o", engine),
			       *b = opened_script("tests/unit/relay.bpf.o", engine);
		struct ringlet_event e;

		ck_assert_int_eq(ringlet_set_u64(a, "make", 1000000), 0);
		ck_assert_int_eq(ringlet_connect(a, "to", 0, b, "from", 0), 0);
		start(b);
		start(a);
		for (int k = 0; k < 5; k++)
			ck_assert_int_eq(ringlet_next_event(b, "to", &e, -1), 0);
		ringlet_close(i & 1 ? a : b);
		if (i & 1) {
			ck_assert_int_eq(ringlet_join(b, 0), 1);
			ringlet_close(b);
		} else {
			ck_assert_int_eq(ringlet_join(a, -1), -EPIPE);
			ringlet_close(a);
		}
	}
}

START_TEST(connected_programs_may_be_closed_while_they_run)
{
	for_engines(connected);
}
END_TEST

static void prepared(enum ringlet_engine_kind engine)
{
	struct ringlet *r = opened_script("tests/unit/relay.bpf.o", engine), *other;
	int threads = count("/proc/self/task");

	ck_assert_int_eq(ringlet_set_u64(r, "make", 1), 0);
	ck_assert_msg(!ringlet_prepare(r), "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	ck_assert_int_eq(ringlet_prepare(r), -EALREADY);
	ck_assert_int_eq(ringlet_load(r), -EALREADY);
	ck_assert_int_eq(ringlet_run(r), -EEXIST);
	ck_assert_int_eq(ringlet_join(r, -1), -EINVAL);
	other = opened_script("tests/unit/relay.bpf.o", engine);
	ck_assert_int_eq(ringlet_replace(r, other, -1), -EINVAL);
	ringlet_close(other);
	ck_assert_int_eq(ringlet_start(r), 0);
	ck_assert_int_eq(ringlet_start(r), -EALREADY);
	ck_assert_int_eq(ringlet_join(r, -1), 0);
	ringlet_close(r);
	wait_for_threads(threads);
}

START_TEST(what_is_prepared_runs_when_it_is_started)
{
	for_engines(prepared);
}
END_TEST

static void given_up(enum ringlet_engine_kind engine)
{
	struct ringlet *r = opened_script("tests/unit/relay.bpf.o", engine);
	int threads = count("/proc/self/task"), fds = count("/proc/self/fd");

	ck_assert_int_eq(ringlet_prepare(r), 0);
	ringlet_close(r);
	wait_for_threads(threads);
	ck_assert_int_eq(count("/proc/self/fd"), fds);

	/* A stop is kept for it. */
	r = opened_script("tests/unit/relay.bpf.o", engine);
	ck_assert_int_eq(ringlet_set_u64(r, "make", 1000000), 0);
	ck_assert_int_eq(ringlet_prepare(r), 0);
	ck_assert_int_eq(ringlet_stop(r), 0);
	ck_assert_int_eq(ringlet_start(r), 0);
	ck_assert_int_eq(ringlet_join(r, -1), -ECANCELED);
	ringlet_close(r);
}

START_TEST(what_is_prepared_may_be_given_up)
{
	for_engines(given_up);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, a_program_runs_while_its_starter_does_something_else);
	tcase_add_test(t, what_cannot_be_loaded_is_not_started);
	tcase_add_test(t, who_joins_a_stopped_program_is_told);
	tcase_add_test(t, closing_ends_a_program_and_its_thread);
	tcase_add_test(t, signals_are_for_the_application);
	tcase_add_test(t, a_child_does_not_wait_for_a_thread_that_it_has_not);
	tcase_add_test(t, connected_programs_may_be_closed_while_they_run);
	tcase_add_test(t, what_is_prepared_runs_when_it_is_started);
	tcase_add_test(t, what_is_prepared_may_be_given_up);
}

int main(void)
{
	return run_tests("runtime_thread", add);
}
