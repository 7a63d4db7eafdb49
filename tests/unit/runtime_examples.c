/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_examples.c: examples/copy.rlt in a program of one's own: signals that are handled, threads, and
 * that nothing is left. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "runtime_test.h"

static enum ringlet_engine_kind all_engines[2];
static volatile sig_atomic_t handled;

static void on_signal(int sig)
{
	(void)sig;
	handled++;
}

/* examples/copy.rlt with these as `src` and `dst`, loaded. */
static struct ringlet *copier(enum ringlet_engine_kind engine, int src, int dst)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};
	struct ringlet *r = ringlet_open(built("examples/copy.bpf.o"), &opts);

	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ck_assert_int_eq(ringlet_set_fd(r, "src", src), 0);
	ck_assert_int_eq(ringlet_set_fd(r, "dst", dst), 0);
	ck_assert_msg(ringlet_load(r) == 0, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	return r;
}

/* A writer and a reader that are slow enough for signals to come in the middle. Byte i of the stream is a
 * function of i. */
enum { TOTAL = 2000000, PIECE = 9973 };

struct end {
	int fd;
	size_t moved;
	bool right;
};

static unsigned char byte_at(size_t i)
{
	return (unsigned char)(i * 2654435761u >> 13);
}

static void *write_slowly(void *arg)
{
	struct end *e = arg;
	unsigned char piece[PIECE];

	while (e->moved < TOTAL) {
		size_t n = TOTAL - e->moved < PIECE ? TOTAL - e->moved : PIECE;
		ssize_t took;

		for (size_t i = 0; i < n; i++)
			piece[i] = byte_at(e->moved + i);
		took = write(e->fd, piece, n);
		if (took <= 0)
			break;
		e->moved += (size_t)took;
		usleep(500);
	}
	close(e->fd);
	return NULL;
}

static void *read_slowly(void *arg)
{
	struct end *e = arg;
	unsigned char piece[PIECE];
	ssize_t n;

	e->right = true;
	while ((n = read(e->fd, piece, sizeof(piece))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			e->right = e->right && piece[i] == byte_at(e->moved + (size_t)i);
		e->moved += (size_t)n;
		usleep(300);
	}
	close(e->fd);
	return NULL;
}

/* While it is loaded, too. The handlers run, SA_RESTART or not, and the copy is whole. */
START_TEST(signals_in_the_middle_change_nothing)
{
	struct sigaction a = {.sa_handler = on_signal, .sa_flags = _i & 1 ? SA_RESTART : 0};
	struct itimerval timer = {{0, 700}, {0, 700}};
	struct end in = {0}, out = {0};
	int from[2], to[2];
	pthread_t writer, reader;
	sigset_t alarm, old;
	struct ringlet *r;

	ck_assert_int_eq(pipe2(from, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(to, O_CLOEXEC), 0);
	in.fd = from[1];
	out.fd = to[0];
	sigaction(SIGALRM, &a, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	r = copier(all_engines[_i / 2], from[0], to[1]);
	/* They come to the thread that runs the program. */
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, &old);
	ck_assert_int_eq(pthread_create(&writer, NULL, write_slowly, &in), 0);
	ck_assert_int_eq(pthread_create(&reader, NULL, read_slowly, &out), 0);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	ck_assert_msg(ringlet_run(r) == 0, "%s", ringlet_error(r));
	setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
	ck_assert_uint_eq(*(uint64_t *)ringlet_shared(r, "copied", NULL), TOTAL);
	ringlet_close(r);
	close(to[1]);
	close(from[0]);
	pthread_join(writer, NULL);
	pthread_join(reader, NULL);
	ck_assert_uint_eq(in.moved, TOTAL);
	ck_assert_uint_eq(out.moved, TOTAL);
	ck_assert(out.right);
	ck_assert_int_gt(handled, 20);
}
END_TEST

static unsigned count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Lives of every outcome: done, failed, never loaded, loaded and never run. */
START_TEST(no_descriptor_is_left)
{
	static const struct {
		const char *src, *dst;
		int load, run;
	} lives[] = {
		{"/proc/filesystems", "/dev/null", 0, 0},
		{"/proc/filesystems", "/dev/full", 0, -ENOSPC},
		{"/none", "/dev/null", -ENOENT, 0},
		{"/dev/null", "/none/x", -ENOENT, 0},
		{"/", "/dev/null", 0, -EISDIR},
		{"/dev/null", "/dev/null", 0, 1},
	};
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = all_engines[_i]};
	unsigned before = 0;

	for (int turn = 0; turn < 4; turn++) {
		for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
			struct ringlet *r = ringlet_open(built("examples/copy.bpf.o"), &opts);

			ck_assert_int_eq(ringlet_set_arg(r, "src", lives[i].src), 0);
			ck_assert_int_eq(ringlet_set_arg(r, "dst", lives[i].dst), 0);
			ck_assert_int_eq(ringlet_load(r), lives[i].load);
			if (!lives[i].load && lives[i].run <= 0)
				ck_assert_int_eq(ringlet_run(r), lives[i].run);
			ringlet_close(r);
		}
		if (turn == 0)
			before = count_fds();
	}
	ck_assert_uint_eq(count_fds(), before);
}
END_TEST

static void add(TCase *t)
{
	int n = (int)engines(all_engines);

	tcase_add_loop_test(t, signals_in_the_middle_change_nothing, 0, 2 * n);
	tcase_add_loop_test(t, no_descriptor_is_left, 0, n);
}

int main(void)
{
	return run_tests("runtime_examples", add);
}
