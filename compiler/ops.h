/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ops.h: the table of operations, ops.def, as data. */
#ifndef RINGC_OPS_H
#define RINGC_OPS_H

#include <stdbool.h>
#include <stdint.h>

enum op_arg_kind {
	ARG_FD,
	ARG_PLAIN,
	ARG_SLOT,
	ARG_FDS,
	ARG_INT,
	ARG_OPT,
	ARG_BUF_W,
	ARG_BUF_R,
	ARG_PATH,
	ARG_IOV,
	ARG_TIME,
	ARG_OBJ_W,
	ARG_OBJ_R,
	ARG_ARR_W,
	ARG_ARR_R,
	ARG_PLACE,
	ARG_MSG_R,
	ARG_MSG_W,
	ARG_PEER,
	ARG_POOL,
	ARG_ZCRX,
	ARG_CMD,
	ARG_QUEUE,
	ARG_TARGET,
	ARG_CONST, /* not an argument: what the operation always says in a field */
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
	F_IOPRIO = 2 << 8 | 2,
	F_CMD_OP = 8 << 8 | 4,
	F_LEVEL = 16 << 8 | 4,
	F_OPTNAME = 20 << 8 | 4,
	F_BUF_INDEX = 40 << 8 | 2,
	F_PERSONALITY = 42 << 8 | 2,
	F_SPLICE_FD_IN = 44 << 8 | 4,
	F_FILE_INDEX = F_SPLICE_FD_IN, /* a slot + 1: 0 is none */
	F_ZCRX_IFQ = F_SPLICE_FD_IN,
	F_ADDR_LEN = 44 << 8 | 2,
	F_ADDR3 = 48 << 8 | 8,
	F_CMD = 48 << 8 | 16,    /* the rest of an SQE of 64 bytes */
	F_CMD128 = 48 << 8 | 80, /* and of one of 128 */
	F_NOWHERE = 255 << 8,    /* a length that the kernel knows */
};
#define FIELD_OFFSET(f) ((uint32_t)(f) >> 8)
#define FIELD_SIZE(f) ((uint32_t)(f)&0xff)
#define SQE_WORDS 16 /* of the widest, 8 bytes each */

/* Opcodes that the compiler itself knows: it makes such requests, or treats them in a way of their own. */
enum {
	OPCODE_POLL_ADD = 6,
	OPCODE_TIMEOUT = 11,
	OPCODE_ACCEPT = 13,
	OPCODE_ASYNC_CANCEL = 14,
	OPCODE_LINK_TIMEOUT = 15,
	OPCODE_CLOSE = 19,
	OPCODE_URING_CMD = 46,
};

#define OP_MAX_ARGS 10
struct op_arg {
	const char *name;
	enum op_arg_kind kind;
	enum sqe_field field;
	enum sqe_field
		length; /* where the length of what is at an address goes, if not where its kind says */
	int64_t value;  /* ARG_OPT: if it is left out; ARG_CONST; ARG_SLOT: how many, 0: as many as ARG_FDS
			 * has;  ARG_OBJ_W, ARG_ARR_W: bytes that the kernel writes whatever the size */
};

struct operation {
	const char *name;
	uint32_t opcode;
	const char *since;
	const char *result;
	struct op_arg args[OP_MAX_ARGS]; /* nargs of them, then those of ARG_CONST */
	uint32_t nargs, required;
	bool wide; /* an SQE of 128 bytes; where all of the ring are, `opcode128` does the same: */
	uint32_t opcode128;
	bool big;   /* its CQE may have 32 bytes */
	bool two;   /* a completion with IORING_CQE_F_MORE is followed by another: the buffer is free then */
	bool multi; /* many completions, all but the last with IORING_CQE_F_MORE, because of: */
	uint16_t ioprio;     /* what this has */
	enum sqe_field asks; /* and this field */
	uint32_t asked;
};

#define OPS_MAX 128
extern struct operation operations[];
extern const uint32_t noperations;
const struct operation *operation_find(const char *name);
bool op_takes_zcrx(const struct operation *); /* its buffers are those of a pool of kind `zcrx` */
bool op_arg_optional(enum op_arg_kind);

/* The row of the same operation on a registered buffer, and which argument the buffer is; or NULL. */
const struct operation *operation_fixed(const struct operation *, uint32_t *buffer);

/* What makes a request complete many times: ops_many.def. */
struct many {
	uint32_t opcode;
	enum sqe_field field;
	uint32_t mask, value;
	const char *name, *stream; /* "": there is none */
};
extern const struct many manys[];
extern const uint32_t nmanys;

/* The row that begins at *next or behind it, of what the operation may not be given in the field, and *next
 * behind it; or NULL. And why not. */
const struct many *op_many(const struct operation *, enum sqe_field, uint32_t *next);
const char *op_completes(const struct operation *);

/* Whether a thread of the kernel's does it: ops_thread.def. */
bool op_in_thread(const struct operation *);

/* Operations without a row: ops_made.def. */
struct made_operation {
	const char *name;
	uint32_t opcode;
	const char *instead;
};
extern const struct made_operation made_operations[];
extern const uint32_t nmade_operations;

/* A struct of the kernel's that is not the same on every machine, ops_machine.def; or NULL. */
struct op_machine {
	const char *name, *is; /* operation, struct */
	uint32_t bytes;
	const char *instead;
};
extern const struct op_machine op_machines[];
extern const uint32_t nop_machines;
const struct op_machine *operation_machine(const struct operation *);

/* What else there is to know of an operation, ops_notes.def; or NULL. */
struct op_note {
	const char *name, *text;
};
extern const struct op_note op_notes[];
extern const uint32_t nop_notes;
const char *operation_note(const struct operation *);

/* The field that holds the length of an argument which is an address, or F_NONE. */
enum sqe_field op_arg_length(const struct op_arg *);

/* Constants of the operations' interfaces and errno, known to every script: consts.def. */
struct constant {
	const char *name;
	int64_t value;
};
extern const struct constant constants[];
extern const uint32_t nconstants;

#endif
