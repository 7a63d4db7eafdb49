/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* slurp_bpf.bpf.c: reads many small files, `depth` at a time, as the wait loop's step. */
#include "step.bpf.h"
#include "slurp.h"

const volatile struct slurp_args args SEC(".rodata.args");
struct slurp_state state SEC(".bss.state");
/* Only requests touch these, at the addresses in args. */
char names[SLURP_NAMES][SLURP_NAME] SEC(".bss.names");
__u8 data[SLURP_DEPTH][SLURP_MOST] SEC(".bss.data");

SEC("struct_ops.s/step")
int BPF_PROG(step, struct iou_ctx *ring, struct iou_loop_params *lp)
{
	__u8 *cq = bpf_io_uring_get_region(ring, IOU_REGION_CQ, CQ_SIZE);
	struct io_uring_sqe *sqes = (void *)bpf_io_uring_get_region(ring, IOU_REGION_SQ, SQ_SIZE);
	__u32 head, ready, n = 0;
	int i;

	if (!cq || !sqes) {
		state.error = -22;
		return IOU_LOOP_STOP;
	}
	if (!state.next) {
		for (; n < SLURP_DEPTH && n < args.depth; n++)
			if (!slurp_start(&state, &args, n, &sqes[n]))
				break;
		state.active = n;
	}
	head = CQ_HEAD(cq);
	ready = CQ_TAIL(cq) - head;
	state.filled = n;
	/* An iterator, and the count in memory: with a plain loop over so many branches, or a count whose
	 * every value it tells apart, the verifier does not come to an end. */
	bpf_for(i, 0, (int)ready)
	{
		struct io_uring_cqe *cqe = CQE(cq, head + i);
		__u64 slot = cqe->user_data;
		int more;

		n = state.filled;
		if (slot >= SLURP_DEPTH || n >= BPF_SQ_ENTRIES)
			break;
		more = slurp_next(&state, &args, slot, cqe->res, &sqes[n]);
		if (more < 0) {
			state.error = more;
			return IOU_LOOP_STOP;
		}
		if (more)
			state.filled = n + 1;
		else
			state.active--;
	}
	head += ready;
	n = state.filled;
	CQ_HEAD(cq) = head;
	if (!state.active)
		return IOU_LOOP_STOP;
	if (n) {
		int took = bpf_io_uring_submit_sqes(ring, n);

		if (took != (int)n) {
			state.error = took < 0 ? took : -11;
			return IOU_LOOP_STOP;
		}
	}
	lp->cq_wait_idx = head + 1;
	return IOU_LOOP_CONTINUE;
}

SEC(".struct_ops.link")
struct io_uring_bpf_ops ops = {.loop_step = (void *)step};
