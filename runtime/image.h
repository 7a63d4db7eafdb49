/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * image.h: the one block of memory that a compiled script is a step over.
 *
 * Shared by the compiler, which generates code against these offsets, and by the
 * runtime, which sets the image up and reads results out of it.
 *
 *     control | log | state, frames, ready queue | ring | SQEs | shared data
 *
 * `control` is at offset 0; the manifest says where the rest lies. `ring`, `sqes` and
 * the shared data start on page boundaries (4096). All of it is zero at the start but
 * for what the runtime sets here and what the manifest's `init` records say.
 */
#ifndef RINGLET_IMAGE_H
#define RINGLET_IMAGE_H

#include <stdint.h>

#define RL_PAGE 4096u

/* What the kernel's ring headers need besides the CQEs and the SQ array: the compiler
 * reserves RL_RING_HEADER + 16 * cq_entries + 4 * sq_entries, rounded up to a page. */
#define RL_RING_HEADER 1024u

/* Offsets of the ring's fields are below this; the step masks them with
 * RL_RING_OFFSET_MASK so that the verifier knows it too. */
#define RL_RING_OFFSET_MASK 1023u

/* The verifier allows no offset into a map value past 512 MiB (BPF_MAX_VAR_OFF in
 * include/linux/bpf_verifier.h), so no image is larger. */
#define RL_IMAGE_MAX (512u << 20)

/* user_data of a request: what resumes the task that awaits it.
 * Low 32 bits: the instance. Bits 32 to 47: the task's number. */
#define RL_UD_TASK_SHIFT 32
#define RL_UD_TASK_MASK 0xffffu
#define RL_UD_UNWIND (1ull << 48)   /* awaited by a `defer`: not cancelled when the program stops */
#define RL_UD_INTERNAL (1ull << 63) /* belongs to the engine, not to a task */

enum rl_status {
	RL_RUNNING = 0,
	RL_DONE = 1, /* finished, see `failure`; the step is not called again */
};

/* What stops a program besides `main` returning. */
enum rl_failure_kind {
	RL_FAIL_NONE = 0,
	RL_FAIL_ERROR = 1,    /* a task ended with a negative result (`try`) */
	RL_FAIL_FAIL = 2,     /* fail(err) */
	RL_FAIL_TRAP = 3,     /* bounds, division, budget, assert, trap("..."): site says which */
	RL_FAIL_SUBMIT = 4,   /* the kernel refused a submission: err */
	RL_FAIL_DEADLOCK = 5, /* every task waits and nothing is in flight */
	RL_FAIL_STOPPED = 6,  /* ringlet_stop; err is -ECANCELED */
};

struct rl_failure {
	uint32_t kind;  /* enum rl_failure_kind; the first failure is kept */
	uint32_t task;  /* index into the manifest's `tasks` */
	uint32_t self;  /* instance */
	uint32_t site;  /* index into the manifest's `sites` */
	uint32_t state; /* the task's last await site: index into its `states` */
	uint32_t pad;
	int64_t value; /* trap: the index or size that was out of bounds; else -errno */
};

struct rl_control {
	/* 0x00: set by the runtime before the first step. */
	uint64_t base;    /* address of the image in the process that owns the ring */
	uint32_t cq_head; /* offsets from the start of `ring`: io_uring_params.cq_off */
	uint32_t cq_tail;
	uint32_t cqes;
	uint32_t pad4;
	uint32_t rounds; /* how often a step may submit and reap before it returns */
	uint32_t log_slots;

	/* 0x20: kept by the step. */
	uint32_t sq_n;       /* SQEs written at slots 0.. and not yet submitted */
	uint32_t submitted;  /* requests submitted since the start, wraps */
	uint32_t unasked;    /* CQEs that no submission of the step's accounts for, wraps */
	uint32_t ready_head; /* ready queue: see struct rl_ready */
	uint32_t ready_tail;
	uint32_t status; /* enum rl_status; the step sets RL_DONE where it traps, the host otherwise */
	uint32_t live;   /* task instances running */
	uint32_t pad5;

	/* 0x40: why a step stops before it submits. It reads both at once, once a round. */
	uint32_t attention; /* 1: the host is to look. Anyone may set it, at any time */
	uint32_t stopping; /* 1: tasks are unwinding: the host looks at each request before it is submitted */
	uint32_t stop;     /* what was asked of the host, by any thread: 1: unwind; 2: end now */
	uint32_t granted;  /* while tasks unwind: the host has looked at this many SQEs, submit them */
	uint64_t zero; /* always 0: where counters start that the verifier must not know; all 64 bits, so that
			* counting up from it wraps and gives the verifier nothing new in a second round */
	uint32_t tried;   /* a submission of this many SQEs was not taken whole; 0: none */
	int32_t taken;    /* that one: how many were, or -errno */
	uint64_t scratch; /* what goes through memory only, for the verifier */
	uint64_t pad1[3];

	/* 0x80 */
	struct rl_failure failure;
	uint64_t progress_done; /* progress(done, total) */
	uint64_t progress_total;

	/* 0xb0: the log ring; tail is the step's, head the host's. */
	uint32_t log_tail;
	uint32_t log_head;
	uint32_t log_lost; /* messages for which there was no slot */
	uint32_t pad2;
	uint64_t pad3[8];
	/* 0x100 */
};
_Static_assert(sizeof(struct rl_control) == 0x100, "control block");

/* A pool of instances. `freed` is a stack: those that ended, the last on top. */
struct rl_pool {
	uint32_t running;
	uint32_t used; /* instances below this number have run */
	uint32_t nfreed;
	uint32_t pad;
	uint32_t freed[]; /* as many as the pool has instances */
};

/* A completion that came from no request: a task to start, or to resume. Laid out as
 * the first 16 bytes of a CQE, so that one dispatcher serves both. */
struct rl_ready {
	uint64_t user_data;
	int32_t res;
	uint32_t flags;
};

/* One log message. Integers are widened to 64 bits; a slice is its text's position and
 * length within `text`; a length past what was kept has RL_LOG_CUT set. */
#define RL_LOG_ARGS 6
#define RL_LOG_TEXT 192
#define RL_LOG_CUT (1ull << 63)
struct rl_log {
	uint32_t format; /* index into the manifest's `logs` */
	uint32_t task;
	uint32_t self;
	uint32_t used;             /* bytes of text */
	uint64_t arg[RL_LOG_ARGS]; /* a slice: position << 32 | length */
	uint8_t text[RL_LOG_TEXT];
};
_Static_assert(sizeof(struct rl_log) == 256, "log slot");

/*
 * The native step. The same program as loop_step, over the same image.
 *
 * `submit` hands the first n SQEs to the ring and, if want is 1, waits until at least one CQE is there; it
 * returns how many were taken or -errno.
 *
 * The step returns RL_STEP_CONTINUE when it has nothing to do until a CQE arrives, or has used its rounds;
 * RL_STEP_STOP when its host has something to do first: `attention` is set, or the program is unwinding and
 * has written requests, or a submission was not taken whole, or it waits and nothing is in flight. What that
 * is, and unwinding as a whole, is the host's to find out (attend.c): none of it is on the path that counts.
 */
enum { RL_STEP_CONTINUE = 0, RL_STEP_STOP = 1 };
typedef long rl_submit_fn(void *engine, uint32_t n, uint32_t want);
typedef int rl_step_fn(void *image, void *engine, rl_submit_fn *submit);

#endif
