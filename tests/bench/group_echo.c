/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * group_echo N OBJECT ECHOES: examples/echo.rlt as a group of N, which listen at one address (SO_REUSEPORT),
 * and on the processor of each ring a client, whose connections that ring gets (SO_INCOMING_CPU, socket(7)).
 * So a ring and a client share a processor, whatever N is, and N is all that differs. Each client has
 * CONNECTIONS and is given ECHOES of BYTES back. With BENCH=1 says how long it took.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ringlet.h"

#include "bench.h"

#define MOST 64
#define CONNECTIONS 16u
#define BYTES 64

struct client {
	int cpu;
	unsigned echoes;
	const struct sockaddr_in *to;
	pthread_barrier_t *start;
	pthread_t thread;
};

static const int yes = 1;

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

/* The i-th processor that this thread may run on, as a group takes them. */
static int processor(unsigned i)
{
	cpu_set_t may;

	if (sched_getaffinity(0, sizeof(may), &may) || i >= (unsigned)CPU_COUNT(&may))
		die(0, "group_echo: no processor %u to run on", i);
	for (int cpu = 0;; cpu++)
		if (CPU_ISSET(cpu, &may) && !i--)
			return cpu;
}

static int listener(int cpu, struct sockaddr_in *at)
{
	socklen_t size = sizeof(*at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || set_option(fd, SOL_SOCKET, SO_REUSEPORT, yes) ||
		set_option(fd, SOL_SOCKET, SO_INCOMING_CPU, cpu) ||
		bind(fd, (struct sockaddr *)at, sizeof(*at)) || listen(fd, CONNECTIONS) ||
		getsockname(fd, (struct sockaddr *)at, &size))
		die(errno, "a listening socket");
	return fd;
}

static int connection(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || set_option(fd, IPPROTO_TCP, TCP_NODELAY, yes) ||
		connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		die(errno, "a connection");
	return fd;
}

static void echo_all(const int fds[CONNECTIONS], unsigned echoes)
{
	char sent[BYTES], got[BYTES];

	memset(sent, 'x', sizeof(sent));
	for (unsigned done = 0, n; done < echoes; done += n) {
		n = echoes - done < CONNECTIONS ? echoes - done : CONNECTIONS;
		for (unsigned i = 0; i < n; i++)
			if (write(fds[i], sent, BYTES) != BYTES)
				die(errno, "write");
		for (unsigned i = 0; i < n; i++)
			if (recv(fds[i], got, BYTES, MSG_WAITALL) != BYTES || memcmp(sent, got, BYTES))
				die(errno, "no echo");
	}
}

static void *run_client(void *arg)
{
	struct client *c = arg;
	int fds[CONNECTIONS];
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(c->cpu, &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set))
		die(0, "group_echo: processor %d", c->cpu);
	for (unsigned i = 0; i < CONNECTIONS; i++)
		fds[i] = connection(c->to);
	echo_all(fds, CONNECTIONS); /* each is accepted */
	pthread_barrier_wait(c->start);
	echo_all(fds, c->echoes);
	for (unsigned i = 0; i < CONNECTIONS; i++)
		close(fds[i]);
	return NULL;
}

/* Each ring is to have served its own client, and no other. */
static void check(struct ringlet *r, unsigned echoes)
{
	uint64_t *echoed = ringlet_shared(r, "echoed", NULL),
		 wanted = (echoes + CONNECTIONS) * (uint64_t)BYTES;
	uint64_t give_up = bench_now() + 10000000000ull;

	while (__atomic_load_n(echoed, __ATOMIC_ACQUIRE) != wanted) {
		if (bench_now() > give_up)
			die(0, "a ring echoed %llu bytes, not %llu", (unsigned long long)*echoed,
				(unsigned long long)wanted);
		sched_yield();
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = RINGLET_USER};
	struct client clients[MOST];
	pthread_barrier_t barrier;
	struct ringlet_group *g;
	uint64_t start, end;
	unsigned n, echoes;

	if (argc != 4)
		die(0, "usage: group_echo N OBJECT ECHOES");
	n = bench_number(argv[1], 1, MOST);
	echoes = bench_number(argv[3], 1, 100000000);
	g = ringlet_group_open(argv[2], n, &opts);
	if (!g)
		die(errno, "%s", argv[2]);
	for (unsigned i = 0; i < n; i++) {
		clients[i] =
			(struct client){.cpu = processor(i), .echoes = echoes, .to = &at, .start = &barrier};
		if (ringlet_set_fd(ringlet_group_at(g, i), "listener", listener(clients[i].cpu, &at)))
			die(0, "group_echo: %s", ringlet_error(ringlet_group_at(g, i)));
	}
	if (ringlet_group_start(g))
		die(0, "group_echo: %s", ringlet_group_error(g));
	pthread_barrier_init(&barrier, NULL, n + 1);
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&clients[i].thread, NULL, run_client, &clients[i]))
			die(0, "no thread");
	pthread_barrier_wait(&barrier);
	start = bench_now();
	for (unsigned i = 0; i < n; i++)
		pthread_join(clients[i].thread, NULL);
	end = bench_now();
	for (unsigned i = 0; i < n; i++)
		check(ringlet_group_at(g, i), echoes);
	ringlet_group_close(g);
	bench_report(start, end, (uint64_t)n * echoes);
	return 0;
}
