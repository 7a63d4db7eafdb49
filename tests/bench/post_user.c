/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * post_user N: two threads with a ring each send a number to each other and back, N times, by
 * IORING_OP_MSG_RING: one io_uring_enter a turn, which sends and waits.
 */
#include <pthread.h>

#include "ring.h"

struct player {
	struct ring ring;
	int ready; /* the ring is there */
	int other; /* its descriptor */
	unsigned n;
	pthread_t thread;
};

/* Sends where there is something to send, and waits for what the other sends. */
static int turn(struct player *p, const int *number)
{
	unsigned head = ring_head(&p->ring);
	int got;

	if (number)
		sqe_fill(ring_sqe(&p->ring), IORING_OP_MSG_RING, IOSQE_CQE_SKIP_SUCCESS, p->other, 0,
			(__u32)*number, 1, 0, 2);
	while (ring_tail(&p->ring) == head || p->ring.to_submit)
		ring_submit_and_wait(&p->ring, 1);
	if (ring_cqe(&p->ring, head)->user_data != 1)
		die(ring_cqe(&p->ring, head)->res, "message");
	got = ring_cqe(&p->ring, head)->res;
	ring_done(&p->ring, head + 1);
	return got;
}

static void *answer(void *arg)
{
	struct player *p = arg;
	int number;

	ring_setup(&p->ring, 8, 16, MESSAGE_RING_FLAGS);
	__atomic_store_n(&p->ready, 1, __ATOMIC_RELEASE);
	number = turn(p, NULL);
	for (unsigned i = 1; i < p->n; i++) {
		number = -number;
		number = turn(p, &number);
	}
	number = -number;
	sqe_fill(ring_sqe(&p->ring), IORING_OP_MSG_RING, IOSQE_CQE_SKIP_SUCCESS, p->other, 0, (__u32)number,
		1, 0, 2);
	ring_submit_and_wait(&p->ring, 0);
	return NULL;
}

int main(int argc, char **argv)
{
	struct player host = {0}, script = {0};
	uint64_t start, end;

	if (argc != 2)
		die(0, "usage: post_user N");
	host.n = script.n = bench_number(argv[1], 1, INT32_MAX);
	ring_setup(&host.ring, 8, 16, MESSAGE_RING_FLAGS);
	script.other = host.ring.fd;
	if (pthread_create(&script.thread, NULL, answer, &script))
		die(0, "no thread");
	while (!__atomic_load_n(&script.ready, __ATOMIC_ACQUIRE))
		usleep(100);
	host.other = script.ring.fd;
	start = bench_now();
	for (unsigned i = 1; i <= host.n; i++) {
		int number = (int)i;

		if (turn(&host, &number) != -(int)i)
			die(0, "a wrong answer to %u", i);
	}
	end = bench_now();
	pthread_join(script.thread, NULL);
	bench_report(start, end, host.n);
	return 0;
}
