/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_host.c: operations on what only a host can have made: an epoll, a ring, a process. */
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "uring_of_host.h"

/* False: the kernel is older than an operation, or the machine another, and the library says so. */
static bool ran(struct ringlet *r)
{
	int err = ringlet_load(r);

	if (err == -EOPNOTSUPP && (strstr(ringlet_error(r), "which came with Linux") ||
					  strstr(ringlet_error(r), "is for machines where")))
		return false;
	ck_assert_msg(err == 0, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	ck_assert_msg(ringlet_run(r) == 0, "%s", ringlet_error(r));
	return true;
}

static int32_t said(struct ringlet *r, const char *name)
{
	return *(int32_t *)ringlet_shared(r, name, NULL);
}

static void epoll(enum ringlet_engine_kind engine)
{
	struct ringlet *r = opened_script("tests/unit/epoll.bpf.o", engine);
	int fd = epoll_create1(EPOLL_CLOEXEC), ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(ringlet_set_fd(r, "epoll", fd), 0);
	ck_assert_int_eq(ringlet_set_fd(r, "from", ends[0]), 0);
	ck_assert_int_eq(ringlet_set_fd(r, "to", ends[1]), 0);
	if (ran(r)) {
		const struct epoll_event *events = ringlet_shared(r, "events", NULL);

		ck_assert_int_eq(said(r, "early"), -ETIME);
		ck_assert_int_eq(said(r, "again"), -EEXIST);
		ck_assert_int_eq(said(r, "came"), 1);
		ck_assert_uint_eq(events[0].events, EPOLLIN);
		ck_assert_uint_eq(events[0].data.u64, 43ull << 32 | 42);
	}
	ringlet_close(r);
	close(fd);
	close(ends[0]);
	close(ends[1]);
}

START_TEST(an_epoll_of_the_hosts_is_waited_for)
{
	for_engines(epoll);
}
END_TEST

static void message(enum ringlet_engine_kind engine)
{
	static const struct host_cqe sent[] = {{0x123456789a, 7, 0}, {9, -8, 0x30000}, {11, 10, 0}};
	struct ringlet *r = opened_script("tests/unit/message.bpf.o", engine);
	struct host_ring h;

	ck_assert(host_ring_open(&h, 0));
	ck_assert_int_eq(ringlet_set_fd(r, "other", h.fd), 0);
	bool new = ran(r);
	for (size_t i = 0; new &&i < sizeof(sent) / sizeof(sent[0]); i++) {
		struct host_cqe got = host_ring_next(&h);

		ck_assert_uint_eq(got.user_data, sent[i].user_data);
		ck_assert_int_eq(got.res, sent[i].res);
		ck_assert_uint_eq(got.flags, sent[i].flags);
	}
	ringlet_close(r);
	host_ring_close(&h);
}

START_TEST(a_ring_of_the_hosts_gets_messages)
{
	for_engines(message);
}
END_TEST

static void child(enum ringlet_engine_kind engine)
{
	struct ringlet *r = opened_script("tests/unit/child.bpf.o", engine);
	pid_t pid = fork();

	if (pid == 0) {
		usleep(200000);
		_exit(7);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(ringlet_set_u64(r, "child", (uint64_t)pid), 0);
	if (ran(r)) {
		const siginfo_t *info = ringlet_shared(r, "info", NULL);

		ck_assert_int_eq(said(r, "early"), 0);
		ck_assert_int_eq(said(r, "again"), -ECHILD);
		ck_assert_int_eq(info->si_pid, pid);
		ck_assert_int_eq(info->si_code, CLD_EXITED);
		ck_assert_int_eq(info->si_status, 7);
		ck_assert_int_eq(info->si_signo, SIGCHLD);
	} else {
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	}
	ringlet_close(r);
}

START_TEST(a_process_of_the_hosts_is_waited_for)
{
	for_engines(child);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, an_epoll_of_the_hosts_is_waited_for);
	tcase_add_test(t, a_ring_of_the_hosts_gets_messages);
	tcase_add_test(t, a_process_of_the_hosts_is_waited_for);
}

int main(void)
{
	return run_tests("runtime_host", add);
}
