/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ops.h: the table of operations, ops.def, as data. */
#ifndef RINGC_OPS_H
#define RINGC_OPS_H

#include <stdint.h>

enum op_arg_kind {
	ARG_FD,
	ARG_INT,
	ARG_OPT,
	ARG_BUF_W,
	ARG_BUF_R,
	ARG_PATH,
	ARG_IOV,
	ARG_TIME,
	ARG_OBJ_W,
	ARG_OBJ_R
};

/* A field of struct io_uring_sqe: offset << 8 | size. */
enum sqe_field {
	F_NONE = 0,
	F_OPCODE = 0 << 8 | 1,
	F_FD = 4 << 8 | 4,
	F_OFF = 8 << 8 | 8,
	F_ADDR = 16 << 8 | 8,
	F_LEN = 24 << 8 | 4,
	F_RW_FLAGS = 28 << 8 | 4,
	F_USER_DATA = 32 << 8 | 8,
	F_BUF_INDEX = 40 << 8 | 2,
	F_SPLICE_FD_IN = 44 << 8 | 4,
};
#define FIELD_OFFSET(f) ((uint32_t)(f) >> 8)
#define FIELD_SIZE(f) ((uint32_t)(f)&0xff)
#define SQE_SIZE 64

#define OP_MAX_ARGS 8
struct op_arg {
	const char *name;
	enum op_arg_kind kind;
	enum sqe_field field;
};

struct operation {
	const char *name;
	uint32_t opcode;
	const char *since;
	const char *result;
	struct op_arg args[OP_MAX_ARGS];
	uint32_t nargs, required;
};

extern struct operation operations[];
extern const uint32_t noperations;
const struct operation *operation_find(const char *name);

/* The field that holds the length of an argument which is an address, or F_NONE. */
enum sqe_field op_arg_length(enum op_arg_kind);

/* Constants of the operations' interfaces and errno, known to every script: consts.def. */
struct constant {
	const char *name;
	int64_t value;
};
extern const struct constant constants[];
extern const uint32_t nconstants;

#endif
