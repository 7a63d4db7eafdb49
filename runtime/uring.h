/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * uring.h: io_uring's system calls, and those of its definitions that are newer than the
 * oldest headers we build with (Debian 12: Linux 6.1). Values from include/uapi/linux/io_uring.h.
 */
#ifndef RINGLET_URING_H
#define RINGLET_URING_H

#include <errno.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Set-up flags, with the kernel they came with. */
#define RL_SETUP_CQSIZE (1u << 3)         /* 5.5 */
#define RL_SETUP_SUBMIT_ALL (1u << 7)     /* 5.18 */
#define RL_SETUP_COOP_TASKRUN (1u << 8)   /* 5.19 */
#define RL_SETUP_SINGLE_ISSUER (1u << 12) /* 6.0 */
#define RL_SETUP_DEFER_TASKRUN (1u << 13) /* 6.1 */
#define RL_SETUP_NO_MMAP (1u << 14)       /* 6.5 */
#define RL_SETUP_NO_SQARRAY (1u << 16)    /* 6.6 */
#define RL_SETUP_SQ_REWIND (1u << 20)     /* 7.0 */

/* What io_uring_register does, likewise. */
#define RL_REGISTER_BUFFERS 0        /* 5.1 */
#define RL_REGISTER_PROBE 8          /* 5.6 */
#define RL_REGISTER_FILES2 13        /* 5.13; sparse: 5.19 */
#define RL_REGISTER_RING_FDS 20      /* 5.18 */
#define RL_UNREGISTER_RING_FDS 21    /* 5.18 */
#define RL_REGISTER_PBUF_RING 22     /* 5.19 */
#define RL_REGISTER_SYNC_CANCEL 24   /* 6.0 */
#define RL_REGISTER_SEND_MSG_RING 31 /* 6.13 */
#define RL_REGISTER_ZCRX_IFQ 32      /* 6.15; without a device: 7.1 */
#define RL_REGISTER_MEM_REGION 34    /* 6.13 */
#define RL_REGISTER_ZCRX_CTRL 36     /* 7.1 */

/* Opcodes whose SQE takes two slots of a mixed ring. */
#define RL_OP_NOP128 63       /* 6.19 */
#define RL_OP_URING_CMD128 64 /* 6.19 */

#define RL_ENTER_GETEVENTS (1u << 0)
#define RL_ENTER_EXT_ARG (1u << 3)         /* 5.11 */
#define RL_ENTER_REGISTERED_RING (1u << 4) /* 5.18 */

#define RL_CANCEL_ALL (1u << 0)
#define RL_CANCEL_ANY (1u << 2)

/* struct io_uring_params as of 6.5, which gave the last fields of both offsets a meaning (NO_MMAP). */
struct rl_sq_offsets {
	uint32_t head, tail, ring_mask, ring_entries, flags, dropped, array, resv1;
	uint64_t user_addr;
};
struct rl_cq_offsets {
	uint32_t head, tail, ring_mask, ring_entries, overflow, cqes, flags, resv1;
	uint64_t user_addr;
};
struct rl_uring_params {
	uint32_t sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features, wq_fd, resv[3];
	struct rl_sq_offsets sq_off;
	struct rl_cq_offsets cq_off;
};
_Static_assert(sizeof(struct rl_uring_params) == 120, "io_uring_params");

struct rl_sync_cancel {
	uint64_t addr;
	int32_t fd;
	uint32_t flags;
	int64_t timeout_sec, timeout_nsec; /* struct __kernel_timespec */
	uint8_t opcode;
	uint8_t pad[7];
	uint64_t pad2[3];
};
_Static_assert(sizeof(struct rl_sync_cancel) == 64, "io_uring_sync_cancel_reg");

/* struct io_uring_rsrc_register, 5.13; io_uring_register(2). */
#define RL_RSRC_REGISTER_SPARSE 1 /* 5.19: all slots are empty */
struct rl_rsrc_register {
	uint32_t nr, flags;
	uint64_t resv2, data, tags;
};
_Static_assert(sizeof(struct rl_rsrc_register) == 32, "io_uring_rsrc_register");

/*
 * System calls that return -errno and leave errno alone: a signal handler may call
 * ringlet_stop, and io_uring_enter is the hot path of the user engine.
 */
static inline long rl_syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
#else
	int saved = errno;
	long ret = syscall(nr, a, b, c, d, e, f);

	if (ret < 0)
		ret = -errno;
	errno = saved;
	return ret;
#endif
}

/* Set-up flags to be refused as a kernel older than the one here would. Only tests set it. */
extern uint32_t rl_uring_refused;

static inline int rl_uring_setup(uint32_t entries, struct rl_uring_params *p)
{
	if (p->flags & rl_uring_refused)
		return -EINVAL;
	return (int)rl_syscall6(__NR_io_uring_setup, entries, (long)p, 0, 0, 0, 0);
}

static inline int rl_uring_register(int fd, uint32_t what, const void *arg, uint32_t n)
{
	return (int)rl_syscall6(__NR_io_uring_register, fd, what, (long)arg, n, 0, 0);
}

static inline long rl_uring_enter(
	int fd, uint32_t submit, uint32_t wait, uint32_t flags, const void *arg, size_t size)
{
	return rl_syscall6(__NR_io_uring_enter, fd, submit, wait, flags, (long)arg, (long)size);
}

/* Ring fields that the kernel writes or reads at the same time. */
static inline uint32_t rl_load_acquire(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline void rl_store_release(uint32_t *p, uint32_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

#endif
