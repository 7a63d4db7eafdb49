/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * nop_user N DEPTH        N NOPs, DEPTH at a time; user space decides: submit and wait
 * nop_user N links L      N NOPs as chains of L that the kernel follows by itself (IOSQE_IO_LINK)
 */
#include "ring.h"

static void fill(struct ring *r, unsigned flags, unsigned i)
{
	sqe_fill(ring_sqe(r), IORING_OP_NOP, (__u8)flags, -1, 0, 0, 0, 0, i);
}

/* Takes what completed. */
static unsigned reap(struct ring *r)
{
	unsigned head = ring_head(r), first = head, tail = ring_tail(r);

	for (; head != tail; head++)
		if (ring_cqe(r, head)->res < 0)
			die(ring_cqe(r, head)->res, "nop");
	ring_done(r, head);
	return head - first;
}

static void chain(struct ring *r, unsigned n, unsigned depth)
{
	unsigned started = 0, done = 0, next = depth < n ? depth : n;

	while (done < n) {
		for (unsigned i = 0; i < next; i++)
			fill(r, 0, i);
		started += next;
		ring_submit_and_wait(r, 1);
		next = reap(r);
		done += next;
		if (next > n - started)
			next = n - started;
	}
}

static void links(struct ring *r, unsigned n, unsigned length)
{
	for (unsigned done = 0, l; done < n; done += l) {
		l = length < n - done ? length : n - done;
		for (unsigned i = 0; i < l; i++)
			fill(r, i + 1 < l ? IOSQE_IO_LINK : 0, i);
		ring_submit_and_wait(r, l);
		if (reap(r) != l)
			die(0, "a chain of links ended early");
	}
}

int main(int argc, char **argv)
{
	int linked = argc == 4 && !strcmp(argv[2], "links");
	unsigned n, depth;
	struct ring r;
	uint64_t start, end;

	if (argc != 3 && !linked)
		die(0, "usage: nop_user N DEPTH | nop_user N links L");
	n = bench_number(argv[1], 1, UINT32_MAX);
	depth = bench_number(argv[argc - 1], 1, 64);
	ring_setup(&r, 64, 128, RING_FLAGS);

	start = bench_now();
	if (linked)
		links(&r, n, depth);
	else
		chain(&r, n, depth);
	end = bench_now();
	bench_report(start, end, n);
	return 0;
}
