/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* nop_bpf.bpf.c: n NOPs, `depth` at a time, as the wait loop's step: each one that completes starts the next.
 */
#include "step.bpf.h"
#include "nop_bpf.h"

const volatile struct nop_args args SEC(".rodata.args");
struct nop_state state SEC(".bss.state");

SEC("struct_ops.s/step")
int BPF_PROG(step, struct iou_ctx *ring, struct iou_loop_params *lp)
{
	__u8 *cq = bpf_io_uring_get_region(ring, IOU_REGION_CQ, CQ_SIZE);
	struct io_uring_sqe *sqes = (void *)bpf_io_uring_get_region(ring, IOU_REGION_SQ, SQ_SIZE);
	__u32 head, tail, n;

	if (!cq || !sqes) {
		state.error = -22;
		return IOU_LOOP_STOP;
	}
	head = CQ_HEAD(cq);
	tail = CQ_TAIL(cq);
	n = tail - head;
	for (int i = 0; i < BPF_SQ_ENTRIES && head != tail; i++) {
		__s32 res = CQE(cq, head)->res;

		if (res < 0) {
			state.error = res;
			return IOU_LOOP_STOP;
		}
		head++;
	}
	CQ_HEAD(cq) = head;
	if (state.started)
		state.done += n;
	else
		n = args.depth;
	if (n > args.n - state.started)
		n = args.n - state.started;
	for (__u32 i = 0; i < BPF_SQ_ENTRIES && i < n; i++)
		sqe_fill(&sqes[i], IORING_OP_NOP, 0, -1, 0, 0, 0, 0, i);
	if (n) {
		int took = bpf_io_uring_submit_sqes(ring, n);

		if (took != (int)n) {
			state.error = took < 0 ? took : -11;
			return IOU_LOOP_STOP;
		}
		state.started += n;
	} else if (state.done == args.n) {
		return IOU_LOOP_STOP;
	}
	lp->cq_wait_idx = head + 1;
	return IOU_LOOP_CONTINUE;
}

SEC(".struct_ops.link")
struct io_uring_bpf_ops ops = {.loop_step = (void *)step};
