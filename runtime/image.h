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
 * reserves RL_RING_HEADER + rl_cqe_size() * cq_entries + 4 * sq_entries, rounded up to a page. */
#define RL_RING_HEADER 1024u

/* Offsets of the ring's fields are below this; the step masks them with
 * RL_RING_OFFSET_MASK so that the verifier knows it too. */
#define RL_RING_OFFSET_MASK 1023u

/* The verifier allows no offset into a map value past 512 MiB (BPF_MAX_VAR_OFF in
 * include/linux/bpf_verifier.h), so no image is larger. */
#define RL_IMAGE_MAX (512u << 20)

/* Offsets from here on are of the region, memory that the host hands in: an offset says in bit 29 which of
 * the two it is of, and neither is larger. */
#define RL_REGION_AT RL_IMAGE_MAX
#define RL_REGION_SHIFT 29
#define RL_REGION_MAX RL_IMAGE_MAX

/* user_data of a request: whose completion it is.
 * Bits 32 to 47: the number of a task, or, after those of all tasks, of a declaration of queues, or, from the
 * end, of a loop over a stream. Low 32 bits: of a task the instance; of queues which of them, in the upper
 * half, and the slot of the request, in the lower. Bits 49 to 56: which of the things that the instance waits
 * for, where it waits for several. */
#define RL_UD_TASK_SHIFT 32
#define RL_UD_TASK_MASK 0xffffu
#define RL_UD_UNWIND (1ull << 48) /* awaited by a `defer`: not cancelled when the program stops */
#define RL_UD_ARM_SHIFT 49
#define RL_UD_ARM_MASK 0xffu
#define RL_UD_INTERNAL (1ull << 63) /* belongs to the engine, not to a task */

/* Set-up flags of rings whose entries are not of 64 and 16 bytes: the step is made for one form. */
#define RL_SETUP_SQE128 (1u << 10)    /* 5.19: SQEs of 128 bytes */
#define RL_SETUP_CQE32 (1u << 11)     /* 5.19: CQEs of 32 */
#define RL_SETUP_CQE_MIXED (1u << 18) /* 6.18: of 16, and of 32 with RL_CQE_F_32, which take two slots */
#define RL_SETUP_SQE_MIXED (1u << 19) /* 6.19: of 64, and of 128 where the opcode says so, likewise */
#define RL_SETUP_ENTRIES (RL_SETUP_SQE128 | RL_SETUP_CQE32 | RL_SETUP_CQE_MIXED | RL_SETUP_SQE_MIXED)
#define RL_CQE_F_32 (1u << 15)
#define RL_CQE_F_SKIP (1u << 5) /* a filler at the end of a mixed CQ */

/* Bytes of a slot. */
static inline uint32_t rl_sqe_size(uint32_t setup)
{
	return setup & RL_SETUP_SQE128 ? 128 : 64;
}

static inline uint32_t rl_cqe_size(uint32_t setup)
{
	return setup & RL_SETUP_CQE32 ? 32 : 16;
}

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
	RL_FAIL_STUCK = 7,    /* no progress for too long; err is -ETIME */
};

struct rl_failure {
	uint32_t kind;      /* enum rl_failure_kind; the first failure is kept */
	uint32_t task;      /* index into the manifest's `tasks` */
	uint32_t self;      /* instance */
	uint32_t site;      /* index into the manifest's `sites` */
	uint32_t state;     /* the task's last await site: index into its `states` */
	uint32_t waited_ms; /* without progress: RL_FAIL_STUCK */
	int64_t value;      /* trap: the index or size that was out of bounds; else -errno */
};

/* The region, as the step knows it: how much of it there is. */
struct rl_region {
	uint64_t bytes, elements;
};

/* A completion, in a queue of the script's own. */
struct rl_completion {
	uint64_t user_data;
	int32_t res;
	uint32_t flags;
};

struct rl_control {
	/* 0x00: set by the runtime before the first step. */
	uint64_t base;    /* address of the image in the process that owns the ring */
	uint32_t cq_head; /* offsets from the start of `ring`: io_uring_params.cq_off */
	uint32_t cq_tail;
	uint32_t cqes;
	uint32_t budget; /* the step's: what the task that runs has left of it for loops in functions */
	uint32_t rounds; /* how often a step may submit and reap before it returns */
	uint32_t log_slots;

	/* 0x20: kept by the step. */
	uint32_t sq_n;       /* slots 0.. of SQEs that are written and not yet submitted */
	uint32_t submitted;  /* slots submitted since the start, wraps */
	uint32_t unasked;    /* slots of the CQ that no slot of a submission accounts for, wraps */
	uint32_t ready_head; /* ready queue: see struct rl_ready */
	uint32_t ready_tail;
	uint32_t status;  /* enum rl_status; the step sets RL_DONE where it traps, the host otherwise */
	uint32_t live;    /* task instances running */
	uint32_t yielded; /* 1: a task gave control to the host, which sets it to 0 when it has it. Until then
			   * those that did are not resumed, and the step stops after its next submission */

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
	uint32_t closed;  /* requests to close were written since the step last left */
	uint32_t halves;  /* of the sq_n slots, so many are the second of an SQE of 128 bytes */
	uint64_t copy;    /* rl_copy_fn: what a native step calls in the place of bpf_copy_from_user */
	uint32_t seconds; /* of the slots submitted, so many were the second of an SQE, wraps */
	uint32_t pad1;

	/* 0x80 */
	struct rl_failure failure;
	uint64_t progress_done; /* progress(done, total) */
	uint64_t progress_total;

	/* 0xb0: the log ring; tail is the step's, head the host's. */
	uint32_t log_tail;
	uint32_t log_head;
	uint32_t log_lost;   /* messages for which there was no slot */
	uint32_t isolated;   /* tasks that ended with an error and were isolated */
	uint64_t big_cqe[2]; /* of the CQE that the step has taken last, where the script asks for it; 0: it
				has none */

	/* 0xd0: the region, set by the runtime; all 0 where the program has none. */
	uint64_t origin[2]; /* what an offset of the image, and one of the region, is added to for an address
			     */
	uint64_t region_at; /* where the region is to a native step */
	struct rl_region region;
	uint64_t pad3;

	/* 0x100: what the one is given that a task has said is to run next, without a way through the ready
	 * queue. Of no meaning between two steps. */
	struct rl_completion given;

	/* 0x110: the time, in ticks of the engine's clock, as of when the step began or last submitted. By
	 * CLOCK_MONOTONIC it was at now * tick_ns + clock_zero, in nanoseconds. */
	uint64_t now;
	uint64_t tick_ns; /* set by the runtime, as the next one */
	int64_t clock_zero;
	uint64_t clock;      /* rl_clock_fn: what a native step calls in the place of bpf_ktime_get_ns */
	uint32_t trace_next; /* where in the image the next record goes, of a program that is traced */
	uint32_t pad4;
	uint64_t pad5;
	/* 0x140 */
};
_Static_assert(sizeof(struct rl_control) == 0x140, "control block");
#define RL_BIG_CQE sizeof(((struct rl_control *)NULL)->big_cqe)

/* A pool of instances. `freed` is a stack: those that ended, the last on top. */
struct rl_pool {
	uint32_t running;
	uint32_t used; /* instances below this number have run */
	uint32_t nfreed;
	uint32_t pad;
	uint32_t freed[]; /* as many as the pool has instances */
};

/* A task to start, or to resume, without a request of its own that completed. Begins as a CQE does, so that
 * one dispatcher serves both. */
struct rl_ready {
	uint64_t user_data; /* of the instance */
	int32_t res;
	uint32_t flags;
	uint64_t value; /* user_data of the completion that it is given, if it waited for a queue */
	uint64_t pad;
};
_Static_assert(sizeof(struct rl_ready) == 32, "ready entry");

/* In `flags` of a ready entry that resumes a task which waited for a queue or a signal: */
#define RL_READY_CANCELED (1u << 31) /* the program stops */
#define RL_READY_AGAIN (1u << 30)    /* look again whether there is what you wait for */
/* In that of one that has given control to the host. No completion has these: bits of a buffer's number, and
 * no buffer (IORING_CQE_F_BUFFER). */
#define RL_READY_YIELDED (3u << 30)

/*
 * What waits for something other than a request, in a list: of a pool (`await all`), of a queue, of what
 * `signal` waits for (by hash). Links are numbers of nodes: first those of the instances, then the heads of
 * the lists, which are circular.
 */
struct rl_wait {
	uint32_t next, prev;
	uint32_t want; /* a queue: how many have to be there; 0: one is handed over */
	uint32_t
		key; /* 0: not in a list. What is waited for: RL_WAIT_LIST | number of the list, or a place */
	uint64_t user_data; /* what resumes the instance */
	uint64_t pad;
};
_Static_assert(sizeof(struct rl_wait) == 32, "wait node");
#define RL_WAIT_LIST (1u << 31)

/*
 * A completion queue of the script's own. head and tail count without end; an entry is at its number modulo
 * the entries, a power of two. Together with the requests that are steered here and have not completed there
 * are never more than the declared capacity.
 *
 * `in`: the host appends (under a lock of its own; tail with release), and where `waiting` is 1 sets
 * control.attention to 1 and wakes the ring; it sets `waiting` to 0 then, or when it attends. Where it is
 * full it may set `room` to 1 and look at the head once more; the step writes the head by an exchange, and
 * where `room` is 1 then sets it to 0 and control.attention to 1. `out`: the step appends (tail by an atomic
 * addition) and, where `waiting` was 1, sets it to 0 and control.attention to 1; the host sets it before it
 * sleeps, and then looks again.
 *
 * Others have a state: 0 says that the queue is empty and nobody waits for it, which is what most find. The
 * first to wait, for one completion, is kept in the queue itself; then it is empty. Who comes next is in the
 * queue's list, as is who waits for several or for other things too.
 */
struct rl_queue {
	uint32_t head;
	uint32_t reserved; /* requests steered here that have not completed */
	uint32_t used;     /* slots from here on were never used */
	uint32_t nfreed;   /* of the others, so many are free */
	uint32_t room;     /* the other side waits until something has been taken: `in`: the host; `out`: a
			    * task, or RL_ROOM_NEVER */
	uint32_t pad0;
	uint32_t first; /* user_data of the one that waits, its lower half */
	uint32_t state; /* RL_QUEUE_..., and, with WAITS, the upper half, which has none of those bits */
	uint32_t pad2[8];
	uint32_t tail;
	uint32_t waiting;
	uint32_t pad1[14];
	struct rl_completion
		entry[]; /* then, for each slot of a request: its user_data (8 bytes); then the free
			  * slots (4 bytes each); then, where the script looks for requests, the upper
			  * half of the SQE's user_data of the one in each slot, or 0 (4 bytes) */
};
_Static_assert(sizeof(struct rl_queue) == 128 && sizeof(struct rl_completion) == 16, "queue");

#define RL_ROOM_NEVER                                                                                        \
	2u /* nobody takes anything any more: a task that begins to wait sets control.attention */

#define RL_QUEUE_WAITS (1u << 31)  /* `first` waits for one */
#define RL_QUEUE_SOME (1u << 30)   /* there may be completions in it */
#define RL_QUEUE_LISTED (1u << 29) /* there may be some in its list */
#define RL_QUEUE_STOPS (1u << 28)  /* the program stops: who would wait leaves */
#define RL_QUEUE_BITS (RL_QUEUE_WAITS | RL_QUEUE_SOME | RL_QUEUE_LISTED | RL_QUEUE_STOPS)

/*
 * A stream: a request that completes many times, steered here, and the instance that loops over what it
 * gives. There is one for each instance of a task and each such loop. Completions that come while the
 * instance is elsewhere wait in a list.
 */
struct rl_stream {
	uint32_t head, tail; /* of the list: numbers of entries of the store; 0: none */
	uint32_t len;
	uint32_t state; /* RL_STREAM_... */
};
#define RL_STREAM_ARMED 1u     /* its last completion has not come */
#define RL_STREAM_CANCELING 2u /* nor that of a request that cancels it */
#define RL_STREAM_CANCELED 4u  /* that the kernel ends it with -ECANCELED is the step's own doing */

/* `key` of the node of an instance that waits for its stream with this number: no list has it. */
#define RL_WAIT_STREAM (1u << 30)

/* The entries of all lists; the first has in `next` those that are free, in `more` how many were ever used.
 */
struct rl_stream_entry {
	uint32_t next;
	uint32_t more; /* so many times again the same */
	int32_t res;
	uint32_t flags;
};
_Static_assert(sizeof(struct rl_stream) == 16 && sizeof(struct rl_stream_entry) == 16, "streams");

/* A pool of provided buffers (io_uring_register_buf_ring(3)): beside this the ring of RL_BUFFER_ENTRY bytes
 * an entry (struct io_uring_buf), and the buffers. Of kind `zcrx` the ring is one of struct
 * io_uring_zcrx_rqe, which takes back what completions had of the buffers: its header is the kernel's, below
 * RL_REFILL_HEADER. */
struct rl_buffers {
	uint32_t out;     /* completions that came, and whose buffers have not been given back */
	uint32_t waiting; /* streams wait for one */
	/* Of kind `zcrx`: where in the ring they are, as the kernel says. The step masks that. */
	uint32_t head, tail, rqes;
	uint32_t flush; /* the host is to have the kernel look at the ring: set with control.attention */
	uint32_t most;  /* where so many are out, or in the ring, streams pause */
	uint32_t pad;
};
#define RL_BUFFER_ENTRY 16u
#define RL_REFILL_HEADER 256u
#define RL_REFILL_WORDS (RL_REFILL_HEADER - 4)    /* mask of offsets of head and tail */
#define RL_REFILL_ENTRIES (RL_REFILL_HEADER - 16) /* and of that of the entries */

/* One log message. Integers are widened to 64 bits; a slice is its text's position and
 * length within `text`; a length past what was kept has RL_LOG_CUT set. */
#define RL_LOG_FAILURE                                                                                       \
	UINT32_MAX /* as `format`: an isolated task ended with arg[1] at site arg[0], state arg[2] */
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
 * While a program is traced: an instance has suspended, or ended. Its next record says when it went on. The
 * host takes all that there is when a step stops, and the step stops while there still is room for
 * RL_TRACE_ROOM: no round of its loop runs so many instances.
 */
struct rl_trace {
	uint32_t frame; /* of the instance, from the start of the image */
	uint32_t state; /* where it waits from now on; 0: it has ended */
	uint64_t ns;    /* control.now, which counts nanoseconds of CLOCK_MONOTONIC then */
};
_Static_assert(sizeof(struct rl_trace) == 16, "trace record");
#define RL_TRACE_BYTES (1024u * 16)
#define RL_TRACE_ROOM 64u

/*
 * A switch: where the step does more while it is traced. It is code that jumps, and that the host writes over
 * before it loads the program: so it costs nothing, or one jump, while it is off. In BPF three instructions,
 *
 *   goto +0                                    nothing else has this before it
 *   if (the image's address) != 0 goto +1      off: the verifier knows that, and drops all three
 *   gotol ON                                   on: `== 0`, and it drops the first two
 *
 * and in a native step a jump, `jmp rel32` or `b`, in the place of which there is a `nop` while it is on.
 */

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
/* Copies n bytes from an address of this process to `to`: 0, or -EFAULT where they cannot be read. */
typedef long rl_copy_fn(void *to, uint32_t n, const void *from);
typedef uint64_t rl_clock_fn(void); /* CLOCK_MONOTONIC, ns */
typedef int rl_step_fn(void *image, void *engine, rl_submit_fn *submit);

#endif
