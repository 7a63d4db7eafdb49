/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sqe.h: fills in an SQE, for user space and for BPF: 8 stores of 8 bytes, no memset. */
#ifndef BENCH_SQE_H
#define BENCH_SQE_H

#include <linux/io_uring.h>
#include <linux/types.h>

/* fd, length and flags as in struct io_uring_sqe; the rest is zero. */
static inline void sqe_fill(struct io_uring_sqe *sqe, __u8 opcode, __u8 flags, __s32 fd, __u64 addr,
	__u32 len, __u64 off, __u32 op_flags, __u64 user_data)
{
	sqe->opcode = opcode;
	sqe->flags = flags;
	sqe->ioprio = 0;
	sqe->fd = fd;
	sqe->off = off;
	sqe->addr = addr;
	sqe->len = len;
	sqe->rw_flags = (__kernel_rwf_t)op_flags;
	sqe->user_data = user_data;
	sqe->buf_index = 0;
	sqe->personality = 0;
	sqe->file_index = 0;
	sqe->addr3 = 0;
	sqe->__pad2[0] = 0;
}

#endif
