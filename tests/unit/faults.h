/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * faults.h: has the n-th allocation, or the n-th system call of some kinds, of a thread fail.
 *
 * Allocations are those of the whole process: malloc and its like are defined here, in front of the C
 * library's. System calls go through a seccomp filter to a thread that answers them (seccomp_unotify(2)), so
 * that those without a function of the C library's in between are seen too.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "uring.h"

struct fault {
	unsigned at;   /* which of them fails, from 1; 0: none */
	bool for_good; /* and all after it, as where there is no memory left */
	unsigned seen;
};

static inline bool is_due(struct fault *f)
{
	if (!f->at)
		return false;
	f->seen++;
	return f->for_good ? f->seen >= f->at : f->seen == f->at;
}

/* ---- allocations ---- */

static _Thread_local struct fault allocation;
static long blocks; /* that are allocated */

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static void (*next_free)(void *);

static void find_next(void)
{
	if (next_free)
		return;
	next_malloc = dlsym(RTLD_NEXT, "malloc");
	next_calloc = dlsym(RTLD_NEXT, "calloc");
	next_realloc = dlsym(RTLD_NEXT, "realloc");
	next_free = dlsym(RTLD_NEXT, "free");
}

static void *counted(void *p)
{
	if (p)
		__atomic_add_fetch(&blocks, 1, __ATOMIC_RELAXED);
	return p;
}

static void *refused(void)
{
	errno = ENOMEM;
	return NULL;
}

void *malloc(size_t n)
{
	find_next();
	return is_due(&allocation) ? refused() : counted(next_malloc(n));
}

void *calloc(size_t n, size_t size)
{
	find_next();
	return is_due(&allocation) ? refused() : counted(next_calloc(n, size));
}

void *realloc(void *p, size_t n)
{
	void *new;

	find_next();
	if (is_due(&allocation))
		return refused();
	new = next_realloc(p, n);
	return p ? new : counted(new);
}

void free(void *p)
{
	find_next();
	if (p)
		__atomic_sub_fetch(&blocks, 1, __ATOMIC_RELAXED);
	next_free(p);
}

/* ---- system calls ---- */

struct refusal {
	int call, error;
};

static struct {
	const struct refusal *table;
	size_t n;
	struct fault fault;
	int listener;
	unsigned bpf[64]; /* calls of bpf(2), by command */
} calls = {.listener = -1};

/* What takes no memory is not refused. */
static bool gives_back(const struct seccomp_data *call)
{
	return call->nr == SYS_io_uring_register &&
	       (call->args[1] == RL_UNREGISTER_RING_FDS || call->args[1] == RL_REGISTER_SYNC_CANCEL);
}

static int refusal_of(const struct seccomp_data *call)
{
	if (call->nr == SYS_bpf && call->args[0] < sizeof(calls.bpf) / sizeof(calls.bpf[0]))
		calls.bpf[call->args[0]]++;
	for (size_t i = 0; i < calls.n; i++)
		if (calls.table[i].call == call->nr && !gives_back(call) && is_due(&calls.fault))
			return -calls.table[i].error;
	return 0;
}

static void *answer(void *started)
{
	pthread_barrier_wait(started);
	for (;;) {
		struct seccomp_notif ask = {0};
		struct seccomp_notif_resp say = {0};

		if (ioctl(calls.listener, SECCOMP_IOCTL_NOTIF_RECV, &ask) != 0) {
			if (errno == EINTR || errno == ENOENT) /* it asks no more */
				continue;
			return NULL;
		}
		say.id = ask.id;
		say.error = refusal_of(&ask.data);
		say.flags = say.error ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		ioctl(calls.listener, SECCOMP_IOCTL_NOTIF_SEND, &say);
	}
}

/* From here on this thread's calls of the table's kinds are asked about; up to 16 of them. */
static inline void watch_calls(const struct refusal *table, size_t n)
{
	struct sock_filter filter[34] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = {.len = (unsigned short)(2 * n + 2), .filter = filter};
	static pthread_barrier_t started;
	pthread_t thread;

	for (size_t i = 0; i < n; i++) {
		filter[2 * i + 1] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)table[i].call, 0, 1);
		filter[2 * i + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	}
	filter[2 * n + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	calls.table = table;
	calls.n = n;
	/* It is made first, since what this thread starts afterwards is under the filter as well. */
	pthread_barrier_init(&started, NULL, 2);
	pthread_create(&thread, NULL, answer, &started);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	calls.listener = (int)syscall(
		SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	if (calls.listener < 0) {
		fprintf(stderr, "seccomp: no listener: %s\n", strerror(errno));
		_exit(99);
	}
	pthread_barrier_wait(&started);
}

#endif
