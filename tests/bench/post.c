/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * post ENGINE OBJECT N call: one thread posts a number to answer.rlt, waits for the answer, and posts the
 * next. post ENGINE OBJECT N ring: the same through a ring of its own, by ringlet_post_sqe and
 * ringlet_set_event_ring.
 */
#include "ringlet.h"

#include "ring.h"

enum { ANSWER = 1, WOKEN };

static void check(const struct ringlet_event *e, int32_t i)
{
	if (e->res != -i)
		die(0, "answer %d to %d", e->res, i);
}

static void by_calls(struct ringlet *r, int32_t n)
{
	struct ringlet_event e;

	for (int32_t i = 1; i <= n; i++) {
		int err = ringlet_post(r, "posts", 0, 1, i);

		if (!err)
			err = ringlet_next_event(r, "answers", &e, -1);
		if (err)
			die(err, "post %d", i);
		check(&e, i);
	}
}

/* What an event loop does: fill in what is to be submitted, submit and wait, look at what came. */
static void by_ring(struct ringlet *r, int32_t n)
{
	struct ring ring;
	struct ringlet_event e;
	int32_t posted = 0, answered = 0;
	int err;

	ring_setup(&ring, 8, 16, MESSAGE_RING_FLAGS);
	err = ringlet_set_event_ring(r, "answers", ring.fd, ANSWER);
	if (err)
		die(err, "ringlet_set_event_ring");
	while (answered < n) {
		unsigned head;

		if (posted == answered) {
			struct io_uring_sqe *sqe = ring_sqe(&ring);

			err = ringlet_post_sqe(r, "posts", 0, 1, ++posted, sqe);
			if (err < 0)
				die(err, "post %d", posted);
			sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
			sqe->user_data = WOKEN;
			if (err == 0)
				ring_unused(&ring);
		}
		ring_submit_and_wait(&ring, 1);
		for (head = ring_head(&ring); head != ring_tail(&ring); head++) {
			if (ring_cqe(&ring, head)->user_data != ANSWER)
				die(ring_cqe(&ring, head)->res, "the message of post %d", posted);
			while ((err = ringlet_next_event(r, "answers", &e, 0)) == 0)
				check(&e, ++answered);
			if (err != -EAGAIN)
				die(err, "the answer to %d", posted);
		}
		ring_done(&ring, head);
	}
	ringlet_set_event_ring(r, NULL, -1, 0);
}

int main(int argc, char **argv)
{
	struct ringlet_opts opts = {.size = sizeof(opts)};
	struct ringlet *r;
	uint64_t start, end;
	int32_t n;

	if (argc != 5)
		die(0, "usage: post ENGINE OBJECT N call|ring");
	opts.engine = strcmp(argv[1], "kernel") ? RINGLET_USER : RINGLET_KERNEL;
	n = (int32_t)bench_number(argv[3], 1, INT32_MAX);
	r = ringlet_open(argv[2], &opts);
	if (!r || ringlet_start(r))
		die(0, "%s", ringlet_error(r));
	start = bench_now();
	if (strcmp(argv[4], "ring"))
		by_calls(r, n);
	else
		by_ring(r, n);
	end = bench_now();
	if (ringlet_post(r, "posts", 0, 0, 0) || ringlet_join(r, -1))
		die(0, "the end: %s", ringlet_error(r));
	ringlet_close(r);
	bench_report(start, end, (uint64_t)n);
	return 0;
}
