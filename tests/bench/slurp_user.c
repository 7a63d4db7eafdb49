/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* slurp_user DIRECTORY DEPTH: reads all its files, DEPTH at a time; user space decides. */
#include "names.h"
#include "ring.h"

static char names[SLURP_NAMES][SLURP_NAME];
static char data[SLURP_DEPTH][SLURP_MOST] __attribute__((aligned(4096)));
static struct slurp_state state;

int main(int argc, char **argv)
{
	struct slurp_args args = {0};
	struct ring r;
	uint64_t start, end;

	args.depth = slurp_depth(argc, argv);
	args.files = slurp_names(argv[1], names);
	args.names = (uintptr_t)names;
	args.data = (uintptr_t)data;
	args.st = (uintptr_t)state.st;
	args.empty = (uintptr_t) "";
	memset(data, 0, sizeof(data)); /* their pages are there before the clock runs */
	ring_setup(&r, SLURP_DEPTH, 2 * SLURP_DEPTH, RING_FLAGS);

	start = bench_now();
	while (state.active < args.depth && state.next < args.files) {
		slurp_start(&state, &args, state.active, ring_sqe(&r));
		state.active++;
	}
	while (state.active) {
		unsigned head, tail;

		ring_submit_and_wait(&r, 1);
		head = ring_head(&r);
		tail = ring_tail(&r);
		for (; head != tail; head++) {
			const struct io_uring_cqe *cqe = ring_cqe(&r, head);
			struct io_uring_sqe *sqe = ring_sqe(&r);
			int more = slurp_next(&state, &args, (unsigned)cqe->user_data, cqe->res, sqe);

			if (more < 0)
				die(more, "slurp_user");
			if (!more) {
				ring_unused(&r);
				state.active--;
			}
		}
		ring_done(&r, head);
	}
	end = bench_now();
	if (state.slurped != args.files)
		die(0, "%u of %u files", state.slurped, args.files);
	bench_report(start, end, state.slurped);
	return 0;
}
