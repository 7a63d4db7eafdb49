/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "ops.h"
#include <string.h>

#define A(name, kind, field) {#name, ARG_##kind, field},
#define OP(name, opcode, since, result, ...) {#name, opcode, since, result, {__VA_ARGS__}, 0, 0},
struct operation operations[] = {
#include "ops.def"
};
#undef OP
#undef A
const uint32_t noperations = sizeof operations / sizeof operations[0];

#define C(name, value) {#name, value},
const struct constant constants[] = {
#include "consts.def"
};
#undef C
const uint32_t nconstants = sizeof constants / sizeof constants[0];

const struct operation *operation_find(const char *name)
{
	for (uint32_t i = 0; i < noperations; i++) {
		struct operation *op = &operations[i];
		if (strcmp(op->name, name))
			continue;
		if (!op->nargs)
			for (; op->nargs < OP_MAX_ARGS && op->args[op->nargs].name; op->nargs++)
				if (op->args[op->nargs].kind != ARG_OPT)
					op->required = op->nargs + 1;
		return op;
	}
	return NULL;
}

enum sqe_field op_arg_length(enum op_arg_kind kind)
{
	switch (kind) {
	case ARG_BUF_R:
	case ARG_BUF_W:
	case ARG_IOV:  /* the number of buffers */
	case ARG_TIME: /* always 1: io_timeout_prep */
	case ARG_OBJ_R:
		return F_LEN;
	default:
		return F_NONE;
	}
}
