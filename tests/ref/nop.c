/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * nop.c: a program written by hand in the compiler's place: proof that image, manifest and
 * runtime stand without it. Compiled twice, as BPF (loop_step) and as native code (the step).
 *
 * n NOPs, one after another. On the way it can be asked to log, to wait for something that
 * never comes, and to fail in each way a program can.
 */
#include "layout.h"

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;

#ifdef __bpf__
#define SEC(name) __attribute__((section(name), used))

struct io_ring_ctx { /* empty, not opaque: libbpf compares kinds, not names */
};
struct iou_loop_params {
	u32 cq_wait_idx;
};
struct io_uring_bpf_ops {
	int (*loop_step)(struct io_ring_ctx *, struct iou_loop_params *);
	u32 ring_fd;
	void *priv;
};
extern int bpf_io_uring_submit_sqes(struct io_ring_ctx *ctx, u32 nr) SEC(".ksyms");

u8 image[IMAGE_SIZE] __attribute__((aligned(4096), section(".bss.image")));
char _license[] SEC("license") = "Dual BSD/GPL";
#define SUBMIT(n, want) bpf_io_uring_submit_sqes(ctx, n)
#define LOAD_TAIL(p) (*(p)) /* the ring's own task writes it, between steps or during a submission */
#else
#define SUBMIT(n, want) submit(engine, n, want)
#define LOAD_TAIL(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#endif

#define CONTROL ((volatile struct rl_control *)image)
#define NUMBER(off) (*(volatile u64 *)(image + (off)))
#define U32(off) (*(volatile u32 *)(image + (off)))

/* struct io_uring_sqe, as far as it is needed. */
struct sqe {
	u8 opcode, flags;
	u16 ioprio;
	u32 fd;
	u64 off, addr;
	u32 len, op_flags;
	u64 user_data;
	u64 rest[3];
};

#define STEP_INLINE static inline __attribute__((always_inline))

STEP_INLINE void fail(u8 *image, u32 kind, u32 site, s64 value)
{
	if (CONTROL->failure.kind == 0) {
		CONTROL->failure.kind = kind;
		CONTROL->failure.task = kind == RL_FAIL_ERROR ? 1 : 0;
		CONTROL->failure.self = kind == RL_FAIL_ERROR ? 3 : 0;
		CONTROL->failure.site = site;
		CONTROL->failure.state = U32(FRAME_OFF);
		CONTROL->failure.value = value;
	}
	CONTROL->status = RL_DONE;
}

STEP_INLINE void prepare(u8 *image, u8 opcode, u64 addr)
{
	volatile struct sqe *sqe = (volatile struct sqe *)(image + SQES_OFF);

	sqe->opcode = opcode;
	sqe->flags = 0;
	sqe->fd = (u32)-1;
	sqe->off = 0;
	sqe->addr = addr;
	sqe->len = addr ? 1 : 0;
	sqe->op_flags = 0;
	sqe->user_data = 0; /* task 0, instance 0 */
	sqe->rest[0] = sqe->rest[1] = sqe->rest[2] = 0;
	CONTROL->sq_n = 1;
}

STEP_INLINE void say(u8 *image, u64 number)
{
	u32 tail = CONTROL->log_tail;
	volatile struct rl_log *m =
		(volatile struct rl_log *)(image + LOG_OFF + (tail & (LOG_SLOTS - 1)) * 256);

	m->format = 0;
	m->task = 0;
	m->self = 0;
	m->used = 5;
	m->arg[0] = number;
	m->arg[1] = (u64)-5;
	m->arg[2] = 255;
	m->arg[3] = 5; /* text at 0, 5 bytes */
	m->arg[4] = '!';
	m->text[0] = 'h', m->text[1] = 'e', m->text[2] = 'l', m->text[3] = 'l', m->text[4] = 'o';
	/* In program order on x86; arm64 as the kernel's copy to the host goes through a system call. */
	__asm__ volatile("" ::: "memory");
	CONTROL->log_tail = tail + 1;
	if (tail + 1 - CONTROL->log_head >= LOG_SLOTS)
		CONTROL->attention = 1;
}

/* A NOP has completed, or the program starts: what next. */
STEP_INLINE void resume(u8 *image)
{
	u64 done = NUMBER(DONE_OFF), every = NUMBER(SAY_OFF);

	U32(FRAME_OFF) = 1; /* awaits a NOP */
	if (done < NUMBER(N_OFF)) {
		NUMBER(DONE_OFF) = done + 1;
		CONTROL->progress_done = done + 1;
		CONTROL->progress_total = NUMBER(N_OFF);
		if (every && done % every == 0)
			say(image, done);
		prepare(image, 0, 0); /* IORING_OP_NOP */
		return;
	}
	switch (U32(MODE_OFF)) {
	case MODE_DONE:
		CONTROL->status = RL_DONE;
		break;
	case MODE_ERROR:
		fail(image, RL_FAIL_ERROR, 0, -28);
		break;
	case MODE_FAIL:
		fail(image, RL_FAIL_FAIL, 1, -5);
		break;
	case MODE_TRAP:
		fail(image, RL_FAIL_TRAP, 2, 40);
		break;
	case MODE_DEADLOCK:
		U32(FRAME_OFF) = 2;
		U32(WORKER_OFF + 16 * 2) = 1;
		fail(image, RL_FAIL_DEADLOCK, 0, -35);
		break;
	default: /* MODE_HANG: a time-out of an hour, IORING_OP_TIMEOUT */
		U32(FRAME_OFF) = 2;
		NUMBER(TIME_OFF) = 3600;
		prepare(image, 11, CONTROL->base + TIME_OFF);
		break;
	}
}

#ifdef __bpf__
SEC("struct_ops.s/loop_step")
int loop_step(u64 *args)
{
	struct io_ring_ctx *ctx = (struct io_ring_ctx *)args[0];
	struct iou_loop_params *lp = (struct iou_loop_params *)args[1];
#else
int loop_step(u8 *image, void *engine, rl_submit_fn *submit)
{
#endif
	volatile u32 *cq_head = (volatile u32 *)(image + RING_OFF + (CONTROL->cq_head & 1020));
	volatile u32 *cq_tail = (volatile u32 *)(image + RING_OFF + (CONTROL->cq_tail & 1020));
	u32 rounds = CONTROL->rounds;

	if (rounds > 64)
		rounds = 64;
	for (u32 i = CONTROL->zero; i < rounds; i++) {
		long ret;

		if (CONTROL->status != RL_RUNNING)
			return RL_STEP_STOP;
		if (CONTROL->attention)
			return RL_STEP_STOP;
		/* Nothing to unwind: what was cancelled ends it. */
		if (CONTROL->stopping && LOAD_TAIL(cq_tail) != *cq_head)
			CONTROL->status = RL_DONE;
		if (!NUMBER(STARTED_OFF)) {
			NUMBER(STARTED_OFF) = 1;
			resume(image);
		} else if (LOAD_TAIL(cq_tail) != *cq_head) {
			u32 slot = *cq_head & (CQ_ENTRIES - 1);
			u64 user_data =
				*(volatile u64 *)(image + RING_OFF + (CONTROL->cqes & 1008) + slot * 16);

			*cq_head = *cq_head + 1;
			if (user_data & RL_UD_INTERNAL)
				CONTROL->unasked = CONTROL->unasked + 1;
			else
				resume(image);
		} else if (!CONTROL->sq_n) {
			break;
		}
		if (CONTROL->status == RL_DONE)
			return RL_STEP_STOP;
		if (!CONTROL->sq_n)
			continue;
		ret = SUBMIT(1, 1);
		if (ret == 1) {
			CONTROL->sq_n = 0;
			CONTROL->submitted = CONTROL->submitted + 1;
		} else if (ret < 0) {
			fail(image, RL_FAIL_SUBMIT, 0, ret);
			return RL_STEP_STOP;
		}
	}
#ifdef __bpf__
	lp->cq_wait_idx = *cq_head + 1;
#endif
	return RL_STEP_CONTINUE;
}

#ifdef __bpf__
SEC(".struct_ops.link")
struct io_uring_bpf_ops ops = {
	.loop_step = (void *)loop_step,
};
#endif
