/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_endings.c: a program that is closed, killed or replaced in the middle, or hit by signals; and
 * others beside it, which do not notice. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "left.h"
#include "runtime_test.h"

static enum ringlet_engine_kind all_engines[2];

#define EACH_ENGINE enum ringlet_engine_kind engine = all_engines[_i]

static struct ringlet *open_script(const char *name, enum ringlet_engine_kind engine)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};
	struct ringlet *r = ringlet_open(built(name), &opts);

	ck_assert_msg(r, "%s", ringlet_error(NULL));
	return r;
}

/* A read of that pipe, a timeout and an accept, all in flight. */
static struct ringlet *flying(enum ringlet_engine_kind engine, int pipe)
{
	struct ringlet *r = open_script("tests/unit/flying.bpf.o", engine);

	ck_assert_int_eq(ringlet_set_fd(r, "pipe", pipe), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "listener", "tcp:127.0.0.1:0"), 0);
	ck_assert_msg(ringlet_load(r) == 0, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	ck_assert_int_eq(ringlet_run(r), 1);
	ck_assert_uint_eq(*(uint32_t *)ringlet_shared(r, "started", NULL), 3);
	return r;
}

/* ---- closed ---- */

START_TEST(what_is_in_flight_ends_with_the_close)
{
	struct held before;
	int ends[2];
	char c = 'x';

	EACH_ENGINE;
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ringlet_close(flying(engine, ends[0]));
	before = held();
	for (int i = 0; i < 5; i++) {
		time_t start = time(NULL);

		ringlet_close(flying(engine, ends[0]));
		ck_assert_int_lt(time(NULL) - start, 30);
		ck_assert(nothing_left(before));
	}
	/* Nobody reads the pipe any more. */
	ck_assert_int_eq((int)write(ends[1], &c, 1), 1);
	usleep(20000);
	ck_assert_int_eq((int)read(ends[0], &c, 1), 1);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* ---- killed, or replaced ---- */

/* A child that has requests in flight, and then does that. *end is closed with all that the child has. */
static pid_t child_in_flight(enum ringlet_engine_kind engine, void (*then)(struct ringlet *), int *end)
{
	int ready[2], held_open[2];
	pid_t child;
	char c;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(held_open, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		struct ringlet *r;

		close(held_open[1]);
		r = flying(engine, held_open[0]);
		close(held_open[0]); /* the request has it still */
		if (write(ready[1], "", 1) != 1)
			_exit(99);
		then(r);
		_exit(98);
	}
	close(held_open[0]);
	close(ready[1]);
	ck_assert_int_eq((int)read(ready[0], &c, 1), 1);
	close(ready[0]);
	*end = held_open[1];
	return child;
}

/* Writing to a pipe that nobody can read any more says so: the kernel has let go of what was in flight. */
static bool is_released(int end)
{
	struct pollfd p = {.fd = end, .events = POLLOUT};

	for (int turn = 0; turn < 500; turn++) {
		ck_assert_int_ge(poll(&p, 1, 0), 0);
		if (p.revents & POLLERR)
			return true;
		usleep(20000);
	}
	return false;
}

static int to_child;

static void go_on(struct ringlet *r)
{
	ringlet_run(r);
}

START_TEST(a_killed_program_lets_go_of_all)
{
	int status, end;
	pid_t child;

	EACH_ENGINE;
	for (int i = 0; i < 5; i++) {
		child = child_in_flight(engine, go_on, &end);
		usleep(1000u * (unsigned)i);
		ck_assert_int_eq(kill(child, SIGKILL), 0);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		ck_assert(is_released(end));
		close(end);
	}
}
END_TEST

/* Nothing but what it had before: the ring, its maps and files are all closed by exec. */
static void become_another(struct ringlet *r)
{
	(void)r;
	execl("/bin/sh", "sh", "-c",
		"for f in /proc/self/fd/*; do case $(readlink $f) in "
		"anon_inode:*|socket:*|/memfd:ringlet:*) exit 1;; esac; done; exit 7",
		(char *)NULL);
}

START_TEST(another_program_gets_nothing_of_it)
{
	int status, end;
	pid_t child;

	EACH_ENGINE;
	child = child_in_flight(engine, become_another, &end);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 7 << 8);
	ck_assert(is_released(end));
	close(end);
}
END_TEST

/* A process that exits leaves a child, which has a copy of the ring: until that is closed too, what is in
 * flight stays there (io_uring_files_cancel, include/linux/io_uring.h, cancels no more than requests on
 * rings). */
static void leave_a_child(struct ringlet *r)
{
	char c;

	if (fork() == 0) {
		if (read(to_child, &c, 1) != 1)
			_exit(97);
		ringlet_close(r);
		if (write(to_child, "c", 1) != 1 || read(to_child, &c, 1) != 1)
			_exit(96);
	}
	_exit(7);
}

START_TEST(what_is_in_flight_ends_with_the_last_copy)
{
	int status, end, ends[2];
	pid_t child;
	char c = 'x';

	EACH_ENGINE;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	to_child = ends[1];
	child = child_in_flight(engine, leave_a_child, &end);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 7 << 8);
	ck_assert_int_eq((int)write(ends[0], &c, 1), 1);
	ck_assert_int_eq((int)read(ends[0], &c, 1), 1);
	ck_assert_int_eq(c, 'c');
	ck_assert(is_released(end));
	ck_assert_int_eq((int)write(ends[0], &c, 1), 1);
	close(ends[0]);
	close(ends[1]);
	close(end);
}
END_TEST

START_TEST(every_descriptor_is_closed_by_exec)
{
	struct ringlet *r;
	bool had[256];

	EACH_ENGINE;
	for (int fd = 0; fd < 256; fd++)
		had[fd] = fcntl(fd, F_GETFD) >= 0;
	r = open_script("tests/unit/faults.bpf.o", engine);
	ck_assert_int_eq(ringlet_set_arg(r, "src", "/dev/null"), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "dst", "/dev/null"), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "listener", "tcp:127.0.0.1:0"), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "words", "4K"), 0);
	ck_assert_msg(ringlet_load(r) == 0, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	for (int fd = 0; fd < 256; fd++)
		if (!had[fd] && fcntl(fd, F_GETFD) >= 0)
			ck_assert_msg(fcntl(fd, F_GETFD) & FD_CLOEXEC, "descriptor %d", fd);
	ringlet_close(r);
}
END_TEST

/* ---- signals ---- */

enum { SIGNALS = 100000, A_POST = 100 };

static volatile sig_atomic_t handled;
static pthread_t runner;
static unsigned posted;

static void on_signal(int sig)
{
	(void)sig;
	handled++;
}

/* Signals that queue up, so that each is handled; between them the program has something to answer. */
static void *storm(void *r)
{
	union sigval unused = {0};
	struct ringlet_event e;
	int err = 0;

	while (posted < SIGNALS / A_POST && !err) {
		for (int sent = 0; sent < A_POST;) {
			if (pthread_sigqueue(runner, SIGRTMIN, unused) == 0)
				sent++;
			else
				sched_yield();
		}
		err = ringlet_post(r, "posts", 0, ++posted, 0);
		if (!err)
			err = ringlet_next_event(r, "events", &e, 60000);
		if (!err && e.user_data != posted)
			err = -EBADMSG;
	}
	ringlet_post(r, "posts", 0, 0, 0);
	return NULL;
}

START_TEST(a_storm_of_signals_changes_nothing)
{
	struct sigaction a = {.sa_handler = on_signal, .sa_flags = _i & 1 ? SA_RESTART : 0};
	struct held before;
	struct ringlet *r;
	pthread_t t;

	keep_a_stack();
	before = held();
	r = open_script("tests/unit/echo.bpf.o", all_engines[_i / 2]);
	sigaction(SIGRTMIN, &a, NULL);
	ck_assert_msg(ringlet_load(r) == 0, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	runner = pthread_self();
	ck_assert_int_eq(pthread_create(&t, NULL, storm, r), 0);
	ck_assert_msg(ringlet_run(r) == 0, "%s", ringlet_error(r));
	pthread_join(t, NULL);
	ck_assert_int_eq(handled, SIGNALS);
	ck_assert_uint_eq(posted, SIGNALS / A_POST);
	ck_assert_uint_eq(*(uint64_t *)ringlet_shared(r, "answered", NULL), posted);
	ringlet_close(r);
	ck_assert(nothing_left(before));
}
END_TEST

/* ---- beside each other ---- */

enum { BESIDE = 4, LIVES = 10 };

static void *live(void *engine)
{
	for (uint64_t i = 1; i <= LIVES; i++) {
		struct ringlet *r = loaded(*(enum ringlet_engine_kind *)engine, 1000 * i, 0);

		ck_assert_msg(ringlet_run(r) == 0, "%s", ringlet_error(r));
		ck_assert_uint_eq(*(uint64_t *)ringlet_shared(r, "done", NULL), 1000 * i);
		ringlet_close(r);
	}
	return NULL;
}

START_TEST(threads_with_one_object_do_not_disturb_each_other)
{
	pthread_t t[BESIDE];

	EACH_ENGINE;
	for (int i = 0; i < BESIDE; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, live, &engine), 0);
	for (int i = 0; i < BESIDE; i++)
		pthread_join(t[i], NULL);
}
END_TEST

START_TEST(nor_do_processes)
{
	pid_t children[BESIDE];
	int status;

	EACH_ENGINE;
	for (int i = 0; i < BESIDE; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			live(&engine);
			_exit(0);
		}
	}
	for (int i = 0; i < BESIDE; i++) {
		ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
		ck_assert_int_eq(status, 0);
	}
}
END_TEST

static void add(TCase *t)
{
	int n = (int)engines(all_engines);

	tcase_add_loop_test(t, what_is_in_flight_ends_with_the_close, 0, n);
	tcase_add_loop_test(t, a_killed_program_lets_go_of_all, 0, n);
	tcase_add_loop_test(t, another_program_gets_nothing_of_it, 0, n);
	tcase_add_loop_test(t, what_is_in_flight_ends_with_the_last_copy, 0, n);
	tcase_add_loop_test(t, every_descriptor_is_closed_by_exec, 0, n);
	tcase_add_loop_test(t, a_storm_of_signals_changes_nothing, 0, 2 * n);
	tcase_add_loop_test(t, threads_with_one_object_do_not_disturb_each_other, 0, n);
	tcase_add_loop_test(t, nor_do_processes, 0, n);
}

int main(void)
{
	return run_tests("runtime_endings", add);
}
