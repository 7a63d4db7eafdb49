/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * start ENGINE OBJECT [NAME=TEXT]...: how long it takes from ringlet_open until the program's first request
 * has completed, and how long of that the kernel looked at the program (BPF_PROG_LOAD of it): with BENCH=1 a
 * line for each phase. A parameter `listener` is given a socket to which a client has connected and sent a
 * byte: then it is until that is answered.
 */
#include <linux/bpf.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ringlet.h"

#include "bench.h"

/* ---- the verifier's part: the library's calls of bpf(2) come by here (the linker's --wrap) ---- */

static uint64_t verified_ns;

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

long __wrap_syscall(long number, ...)
{
	long a[6], ret;
	uint64_t start;
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	start = bench_now();
	ret = __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (number == SYS_bpf && a[0] == BPF_PROG_LOAD &&
		((const union bpf_attr *)a[1])->prog_type == BPF_PROG_TYPE_STRUCT_OPS)
		verified_ns += bench_now() - start;
	return ret;
}

/* ---- */

struct sockets {
	int listener, client;
};

static struct sockets connected(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockets s = {socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET, SOCK_STREAM, 0)};
	socklen_t size = sizeof(to);

	if (s.listener < 0 || s.client < 0 || bind(s.listener, (struct sockaddr *)&to, sizeof(to)) ||
		listen(s.listener, 8) || getsockname(s.listener, (struct sockaddr *)&to, &size) ||
		connect(s.client, (struct sockaddr *)&to, sizeof(to)) || write(s.client, "x", 1) != 1)
		die(errno, "a connection");
	return s;
}

/* Whether it was the listener. */
static bool set(struct ringlet *r, const char *arg, int listener)
{
	char name[64];
	const char *is = strchr(arg, '=');
	bool listens;

	if (!is || (size_t)(is - arg) >= sizeof(name))
		die(0, "%s: NAME=TEXT is wanted", arg);
	memcpy(name, arg, (size_t)(is - arg));
	name[is - arg] = 0;
	listens = !strcmp(name, "listener");
	if (listens ? ringlet_set_fd(r, name, listener) : ringlet_set_arg(r, name, is + 1))
		die(0, "%s", ringlet_error(r));
	return listens;
}

static void wait_for_answer(int client)
{
	char byte;

	if (read(client, &byte, 1) != 1 || byte != 'x')
		die(errno, "no answer");
}

/* One processor may be all there is: the program is to have it. */
static void wait_for_request(struct ringlet *r)
{
	struct ringlet_stats st = {.size = sizeof(st)};
	bool runs = true;

	while (!st.completed) {
		if (!runs)
			die(0, "nothing has completed: %s", ringlet_error(r));
		sched_yield();
		runs = ringlet_join(r, 0) == 1;
		if (ringlet_stats(r, &st))
			die(0, "no counters");
	}
}

/* Of all threads: what it would take if nothing else ran. */
static uint64_t processor_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void said(const char *phase, uint64_t ns)
{
	const char *wanted = getenv("BENCH");

	if (wanted && !strcmp(wanted, "1"))
		printf("%s=%llu\n", phase, (unsigned long long)ns);
}

int main(int argc, char **argv)
{
	struct ringlet_opts opts = {.size = sizeof(opts)};
	struct sockets sockets = connected();
	uint64_t before, opened, loaded, done, processor;
	bool listens = false;
	struct ringlet *r;

	if (argc < 3)
		die(0, "usage: start ENGINE OBJECT [NAME=TEXT]...");
	opts.engine = strcmp(argv[1], "kernel") ? RINGLET_USER : RINGLET_KERNEL;
	processor = processor_ns();
	before = bench_now();
	r = ringlet_open(argv[2], &opts);
	if (!r)
		die(0, "%s", ringlet_error(NULL));
	for (int i = 3; i < argc; i++)
		listens |= set(r, argv[i], sockets.listener);
	opened = bench_now();
	if (ringlet_start(r))
		die(0, "%s", ringlet_error(r));
	loaded = bench_now();
	if (listens)
		wait_for_answer(sockets.client);
	else
		wait_for_request(r);
	done = bench_now();
	processor = processor_ns() - processor;
	said("open", opened - before);
	said("verifier", verified_ns);
	said("load", loaded - opened - verified_ns);
	said("first", done - loaded);
	said("own", done - before - verified_ns);
	said("processor", processor);
	ringlet_close(r);
	return 0;
}
