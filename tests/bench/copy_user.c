/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* copy_user SRC DST: copies a regular file, 32 blocks in flight; user space decides. */
#include "copy.h"
#include "copy_files.h"
#include "ring.h"

int main(int argc, char **argv)
{
	struct copy_args args = {0};
	struct copy_state state = {0};
	struct ring r;
	uint64_t start, end;
	void *block;

	copy_open(argc, argv, &args.src, &args.dst);
	block = mmap(NULL, (size_t)COPY_QD * COPY_BLOCK, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (block == MAP_FAILED)
		die(errno, "mmap");
	args.block = (uintptr_t)block;
	ring_setup(&r, COPY_QD, 2 * COPY_QD, RING_FLAGS);

	start = bench_now();
	for (; state.active < COPY_QD; state.active++)
		copy_start(&state, &args, state.active, ring_sqe(&r));
	while (state.active) {
		unsigned head, tail;

		ring_submit_and_wait(&r, 1);
		head = ring_head(&r);
		tail = ring_tail(&r);
		for (; head != tail; head++) {
			const struct io_uring_cqe *cqe = ring_cqe(&r, head);
			struct io_uring_sqe *sqe = ring_sqe(&r);
			int more = copy_next(&state, &args, (unsigned)cqe->user_data, cqe->res, sqe);

			if (more < 0)
				die(more, "copy_user");
			if (!more) {
				ring_unused(&r);
				state.active--;
			}
		}
		ring_done(&r, head);
	}
	end = bench_now();
	bench_report(start, end, (state.copied + COPY_BLOCK - 1) / COPY_BLOCK);
	return 0;
}
