/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_group.c: one script on several rings. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"
#include "runtime_test.h"

#define RINGS 3

static unsigned char *common;
static const size_t common_size = 65536;

static struct ringlet_group *opened(enum ringlet_engine_kind engine, unsigned n)
{
	const struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};
	struct ringlet_group *g = ringlet_group_open(built("tests/unit/door.bpf.o"), n, &opts);

	ck_assert_msg(g, "%s", ringlet_error(NULL));
	common = mmap(NULL, common_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert((void *)common != MAP_FAILED);
	for (unsigned i = 0; i < ringlet_group_size(g); i++) {
		struct ringlet *r = ringlet_group_at(g, i);

		ck_assert_int_eq(ringlet_set_u64(r, "me", i), 0);
		ck_assert_int_eq(ringlet_set_region(r, "common", common, common_size), 0);
	}
	return g;
}

static void set_endless(struct ringlet_group *g)
{
	for (unsigned i = 0; i < ringlet_group_size(g); i++)
		ck_assert_int_eq(ringlet_set_u64(ringlet_group_at(g, i), "n", 4000000000u), 0);
}

static void started(struct ringlet_group *g)
{
	ck_assert_msg(!ringlet_group_start(g), "%s", ringlet_group_error(g));
}

static void finished(enum ringlet_engine_kind engine)
{
	struct ringlet_group *g = opened(engine, RINGS);
	struct ringlet_stats st = {.size = sizeof(st)};

	ck_assert_uint_eq(ringlet_group_size(g), RINGS);
	ck_assert_ptr_null(ringlet_group_at(g, RINGS));
	ck_assert_int_eq(ringlet_group_join(g, -1), -EINVAL);
	for (unsigned i = 0; i < RINGS; i++)
		ck_assert_int_eq(ringlet_set_u64(ringlet_group_at(g, i), "n", 100 * (i + 1)), 0);
	started(g);
	ck_assert_int_eq(ringlet_group_start(g), -EALREADY);
	ck_assert_int_eq(ringlet_group_join(g, -1), 0);
	ck_assert_uint_eq(*(uint64_t *)common, 600);
	for (unsigned i = 0; i < RINGS; i++) {
		ck_assert_int_eq(ringlet_stats(ringlet_group_at(g, i), &st), 0);
		ck_assert_uint_eq(st.submitted, 100 * (i + 1));
	}
	ck_assert_int_eq(ringlet_group_stats(g, &st), 0);
	ck_assert_uint_eq(st.submitted, 600);
	ck_assert_str_eq(ringlet_group_error(g), "");
	ringlet_group_close(g);
}

START_TEST(each_ring_runs_its_program_and_all_see_the_region)
{
	for_engines(finished);
}
END_TEST

static void failed(enum ringlet_engine_kind engine)
{
	struct ringlet_group *g = opened(engine, RINGS);

	for (unsigned i = 0; i < RINGS; i++)
		ck_assert_int_eq(ringlet_set_u64(ringlet_group_at(g, i), "n", i == 1 ? 10 : 4000000000u), 0);
	ck_assert_int_eq(ringlet_set_s64(ringlet_group_at(g, 1), "bad", -ENOSPC), 0);
	started(g);
	ck_assert_int_eq(ringlet_group_join(g, -1), -ENOSPC);
	ck_assert_str_eq(ringlet_group_error(g), "door.rlt:18: fail: No space left on device (task main)");
	ck_assert_int_eq(ringlet_failure(ringlet_group_at(g, 0))->kind, RINGLET_FAIL_STOPPED);
	ck_assert_int_eq(ringlet_failure(ringlet_group_at(g, 2))->kind, RINGLET_FAIL_STOPPED);
	ringlet_group_close(g);
}

START_TEST(one_that_fails_stops_the_others)
{
	for_engines(failed);
}
END_TEST

/* The last of three: those before were loaded, and are as if they had not been. */
static void refused(enum ringlet_engine_kind engine)
{
	struct ringlet_group *g = opened(engine, RINGS);
	struct ringlet *last = ringlet_group_at(g, RINGS - 1);

	ck_assert_int_eq(ringlet_set_arg(last, "door", "tcp:192.0.2.1:80"), 0); /* is nobody's */
	ck_assert_int_eq(ringlet_group_start(g), -EADDRNOTAVAIL);
	ck_assert_str_eq(ringlet_group_error(g),
		"parameter `door`: tcp:192.0.2.1:80: Cannot assign requested address");
	ck_assert_int_eq(ringlet_group_join(g, -1), -EINVAL);
	for (unsigned i = 0; i < RINGS; i++)
		ck_assert_ptr_null(ringlet_engine(ringlet_group_at(g, i), NULL));
	ck_assert_int_eq(ringlet_set_fd(last, "door", -1), -EBADF);
	ringlet_group_close(g);
}

START_TEST(all_are_loaded_or_none_runs)
{
	for_engines(refused);
}
END_TEST

static void closed(enum ringlet_engine_kind engine)
{
	struct ringlet_group *g = opened(engine, RINGS);

	set_endless(g);
	started(g);
	ck_assert_int_eq(ringlet_group_join(g, 0), 1);
	ck_assert_int_eq(ringlet_group_join(g, 20), 1);
	ringlet_group_close(g);
	g = opened(engine, RINGS);
	set_endless(g);
	started(g);
	ck_assert_int_eq(ringlet_group_stop(g), 0);
	ck_assert_int_eq(ringlet_group_join(g, -1), -ECANCELED);
	ringlet_group_close(g);
	ringlet_group_close(opened(engine, 2)); /* never started */
	ringlet_group_close(NULL);
}

START_TEST(a_group_is_stopped_and_closed_while_it_runs)
{
	for_engines(closed);
}
END_TEST

static void pinned(enum ringlet_engine_kind engine)
{
	struct ringlet_group *g = opened(engine, 0);
	cpu_set_t may, one, seen;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(may), &may), 0);
	ck_assert_int_eq((int)ringlet_group_size(g), CPU_COUNT(&may));
	set_endless(g);
	started(g);
	CPU_ZERO(&seen);
	for (unsigned i = 0; i < ringlet_group_size(g); i++) {
		ck_assert_int_eq(sched_getaffinity(ringlet_group_at(g, i)->thread, sizeof(one), &one), 0);
		ck_assert_int_eq(CPU_COUNT(&one), 1);
		CPU_OR(&seen, &seen, &one);
	}
	ck_assert(CPU_EQUAL(&seen, &may));
	ringlet_group_close(g);
}

START_TEST(each_ring_has_a_processor)
{
	for_engines(pinned);
}
END_TEST

/* ---- sockets ---- */

/* Holds a port without listening: others may, with SO_REUSEPORT. */
static int held_port(char *text, size_t size)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	ck_assert(fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)));
	ck_assert(!bind(fd, (struct sockaddr *)&a, n) && !getsockname(fd, (struct sockaddr *)&a, &n));
	snprintf(text, size, "tcp:127.0.0.1:%u", ntohs(a.sin_port));
	return fd;
}

/* Who answers a connection. */
static unsigned ask(const char *address)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	unsigned char answer;

	a.sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1));
	ck_assert(fd >= 0 && !connect(fd, (struct sockaddr *)&a, sizeof(a)));
	ck_assert_int_eq(read(fd, &answer, 1), 1);
	close(fd);
	return answer;
}

static void served(enum ringlet_engine_kind engine)
{
	struct ringlet_group *g = opened(engine, 2);
	unsigned answers[2] = {0, 0};
	char address[64];
	int held = held_port(address, sizeof(address));

	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(ringlet_set_arg(ringlet_group_at(g, i), "door", address), 0);
	started(g);
	for (int i = 0; i < 100; i++)
		answers[ask(address)]++;
	for (unsigned i = 0; i < 2; i++) {
		uint32_t came = __atomic_load_n(
			(uint32_t *)ringlet_shared(ringlet_group_at(g, i), "came", NULL), __ATOMIC_SEQ_CST);

		ck_assert_uint_eq(came, answers[i]);
		ck_assert_uint_gt(came, 0);
	}
	close(held);
	ringlet_group_close(g);
}

START_TEST(connections_are_spread_over_the_rings)
{
	for_engines(served);
}
END_TEST

/* Of a server that has ended, and shared its address with nobody. */
static void lingering_connection(char *address, size_t size)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), one = 1, fd;
	char end;

	ck_assert(server >= 0 && !setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
	ck_assert(!bind(server, (struct sockaddr *)&a, n) && !listen(server, 1));
	ck_assert(!getsockname(server, (struct sockaddr *)&a, &n) &&
		  !connect(client, (struct sockaddr *)&a, n));
	fd = accept(server, NULL, NULL);
	ck_assert(fd >= 0 && !close(fd) && read(client, &end, 1) == 0);
	close(client); /* the last: the other end lingers */
	close(server);
	snprintf(address, size, "tcp:127.0.0.1:%u", ntohs(a.sin_port));
}

static void served_again(enum ringlet_engine_kind engine)
{
	struct ringlet_group *g = opened(engine, 2);
	char address[64];

	lingering_connection(address, sizeof(address));
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(ringlet_set_arg(ringlet_group_at(g, i), "door", address), 0);
	started(g);
	ck_assert_uint_le(ask(address), 1);
	ringlet_group_close(g);
}

START_TEST(rings_listen_where_connections_of_another_server_linger)
{
	for_engines(served_again);
}
END_TEST

START_TEST(what_is_no_group_is_refused)
{
	errno = 0;
	ck_assert_ptr_null(ringlet_group_open(built("tests/unit/door.bpf.o"), RINGLET_GROUP_MAX + 1, NULL));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(ringlet_group_open("/does/not/exist", 2, NULL));
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, each_ring_runs_its_program_and_all_see_the_region);
	tcase_add_test(t, one_that_fails_stops_the_others);
	tcase_add_test(t, all_are_loaded_or_none_runs);
	tcase_add_test(t, a_group_is_stopped_and_closed_while_it_runs);
	tcase_add_test(t, each_ring_has_a_processor);
	tcase_add_test(t, connections_are_spread_over_the_rings);
	tcase_add_test(t, rings_listen_where_connections_of_another_server_linger);
	tcase_add_test(t, what_is_no_group_is_refused);
}

int main(void)
{
	return run_tests("runtime_group", add);
}
