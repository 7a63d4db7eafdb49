/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * runtime_replace_server.c: examples/embed/renew.rlt is replaced while clients connect all the time, and
 * while one has a long talk with it: nobody is refused, reset, or given something wrong.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>

#include "left.h"
#include "runtime_test.h"

#define TIMES 20
#define CLIENTS 3

static struct sockaddr_in address;
static uint64_t answers; /* that clients have had */
static bool over;

static int listening(void)
{
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, SOMAXCONN), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &n), 0);
	return fd;
}

static int connection(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_msg(
		!connect(fd, (struct sockaddr *)&address, sizeof(address)), "connect: %s", strerror(errno));
	return fd;
}

/* What is sent comes back. */
static void talk(int fd, const unsigned char *bytes, size_t n)
{
	unsigned char back[4096];

	ck_assert_int_eq(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
	for (size_t got = 0; got < n;) {
		ssize_t r = recv(fd, back, sizeof(back), 0);

		ck_assert_msg(
			r > 0, "%zd after %zu of %zu bytes: %s", r, got, n, r ? strerror(errno) : "closed");
		ck_assert(got + (size_t)r <= n && memcmp(back, bytes + got, (size_t)r) == 0);
		got += (size_t)r;
	}
	__atomic_add_fetch(&answers, 1, __ATOMIC_RELAXED);
}

static bool is_over(void)
{
	return __atomic_load_n(&over, __ATOMIC_ACQUIRE);
}

static void *connect_again_and_again(void *arg)
{
	while (!is_over()) {
		int fd = connection();

		talk(fd, (const unsigned char *)"a question", 10);
		close(fd);
	}
	return arg;
}

/* On one connection, more than the script has room for at once. */
static void *talk_on(void *arg)
{
	static unsigned char bytes[150000];
	int fd = connection();

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 2654435761u >> 13);
	for (unsigned i = 0; !is_over(); i++)
		talk(fd, bytes + i % 1000, sizeof(bytes) - 1000);
	close(fd);
	return arg;
}

static struct ringlet *opened(enum ringlet_engine_kind engine)
{
	return opened_script("examples/embed/renew.bpf.o", engine);
}

struct conn {
	int32_t sock;
	uint32_t n, sent;
};

/* Until there is but that one. */
static void wait_for_the_others_to_be_closed(struct ringlet *r)
{
	size_t size;
	struct conn *conns = ringlet_shared(r, "conns", &size);
	unsigned open;

	do {
		sched_yield();
		open = 0;
		for (size_t i = 0; i < size / sizeof(*conns); i++)
			open += __atomic_load_n(&conns[i].sock, __ATOMIC_ACQUIRE) != 0;
	} while (open > 1);
	ck_assert_uint_eq(open, 1);
}

static void served(enum ringlet_engine_kind engine)
{
	struct ringlet *r = opened(engine);
	pthread_t clients[CLIENTS + 1];
	int fd = listening(), idle;
	struct held before = {0};

	over = false;
	ck_assert_int_eq(ringlet_set_fd(r, "listener", fd), 0);
	ck_assert_msg(!ringlet_start(r), "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	idle = connection();
	talk(idle, (const unsigned char *)"first", 5);
	for (unsigned i = 0; i < CLIENTS; i++)
		ck_assert_int_eq(pthread_create(&clients[i], NULL, connect_again_and_again, NULL), 0);
	ck_assert_int_eq(pthread_create(&clients[CLIENTS], NULL, talk_on, NULL), 0);
	for (unsigned i = 0; i < TIMES; i++) {
		uint64_t had = __atomic_load_n(&answers, __ATOMIC_RELAXED);
		struct ringlet *heir = opened(engine);
		int err;

		while (__atomic_load_n(&answers, __ATOMIC_RELAXED) < had + 3)
			sched_yield();
		err = ringlet_replace(r, heir, -1);
		ck_assert_msg(!err, "%d: %s", err, ringlet_error(heir));
		ringlet_close(r);
		r = heir;
	}
	__atomic_store_n(&over, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i <= CLIENTS; i++)
		pthread_join(clients[i], NULL);
	talk(idle, (const unsigned char *)"and last", 8);
	ck_assert_uint_eq(*(uint32_t *)ringlet_shared(r, "versions", NULL), TIMES + 1);
	wait_for_the_others_to_be_closed(r);
	before = held();
	for (unsigned i = 0; i < 3; i++) {
		struct ringlet *heir = opened(engine);

		ck_assert_int_eq(ringlet_replace(r, heir, -1), 0);
		ringlet_close(r);
		r = heir;
	}
	ck_assert(nothing_left(before));
	close(idle);
	ringlet_close(r);
	close(fd);
}

START_TEST(clients_do_not_notice_that_a_server_is_replaced)
{
	for_engines(served);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, clients_do_not_notice_that_a_server_is_replaced);
}

int main(void)
{
	return run_tests("runtime_replace_server", add);
}
