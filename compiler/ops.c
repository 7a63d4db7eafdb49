/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "ops.h"
#include <stdio.h>
#include <string.h>

#define A(name, kind, field) {#name, ARG_##kind, field, F_NONE, 0},
#define AL(name, kind, field, length) {#name, ARG_##kind, field, length, 0},
#define AM(name, kind, field, length, bytes) {#name, ARG_##kind, field, length, bytes},
#define AD(name, field, value) {#name, ARG_OPT, field, F_NONE, value},
#define AC(field, value) {"", ARG_CONST, field, F_NONE, value},
#define AS(name, field, n) {#name, ARG_SLOT, field, F_NONE, n},
#define OP(name, opcode, since, result, ...) {#name, opcode, since, result, {__VA_ARGS__}, .two = false},
#define OP2(name, opcode, since, result, ...) {#name, opcode, since, result, {__VA_ARGS__}, .two = true},
#define OPW(name, opcode, narrow, large, since, result, ...)                                                 \
	{#name, opcode, since, result, {__VA_ARGS__}, .wide = true, .opcode128 = narrow, .big = large},
#define OPM(name, opcode, since, result, priority, field, value, ...)                                        \
	{#name, opcode, since, result, {__VA_ARGS__}, .multi = true, .ioprio = priority, .asks = field,      \
		.asked = value},
#define OPMB(name, opcode, since, result, priority, field, value, ...)                                       \
	{#name, opcode, since, result, {__VA_ARGS__}, .multi = true, .big = true, .ioprio = priority,        \
		.asks = field, .asked = value},
struct operation operations[] = {
#include "ops.def"
};
#undef OPMB
#undef OPM
#undef OPW
#undef OP2
#undef OP
#undef AC
#undef AS
#undef AD
#undef AL
#undef A
const uint32_t noperations = sizeof operations / sizeof operations[0];

#define MANY(opcode, field, mask, value, name, stream) {opcode, field, mask, value, name, stream},
const struct many manys[] = {
#include "ops_many.def"
};
#undef MANY
const uint32_t nmanys = sizeof manys / sizeof manys[0];

#define MADE(name, opcode, instead) {#name, opcode, instead},
const struct made_operation made_operations[] = {
#include "ops_made.def"
};
#undef MADE
const uint32_t nmade_operations = sizeof made_operations / sizeof made_operations[0];

#define MACHINE(name, is, bytes, instead) {#name, #is, bytes, instead},
const struct op_machine op_machines[] = {
#include "ops_machine.def"
};
#undef MACHINE
const uint32_t nop_machines = sizeof op_machines / sizeof op_machines[0];

#define NOTE(name, text) {#name, text},
const struct op_note op_notes[] = {
#include "ops_notes.def"
};
#undef NOTE
const uint32_t nop_notes = sizeof op_notes / sizeof op_notes[0];

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
			for (; op->nargs < OP_MAX_ARGS && op->args[op->nargs].name &&
				op->args[op->nargs].kind != ARG_CONST;
				op->nargs++)
				if (!op_arg_optional(op->args[op->nargs].kind))
					op->required = op->nargs + 1;
		return op;
	}
	return NULL;
}

const struct operation *operation_fixed(const struct operation *op, uint32_t *buffer)
{
	char name[64];
	for (uint32_t k = 0; k < op->nargs; k++) {
		if (op->args[k].kind != ARG_BUF_W && op->args[k].kind != ARG_BUF_R)
			continue;
		*buffer = k;
		snprintf(name, sizeof name, "%s_fixed", op->name);
		return operation_find(name);
	}
	return NULL;
}

const struct op_machine *operation_machine(const struct operation *op)
{
	for (uint32_t i = 0; i < nop_machines; i++)
		if (!strcmp(op_machines[i].name, op->name))
			return &op_machines[i];
	return NULL;
}

const char *operation_note(const struct operation *op)
{
	for (uint32_t i = 0; i < nop_notes; i++)
		if (!strcmp(op_notes[i].name, op->name))
			return op_notes[i].text;
	return NULL;
}

bool op_takes_zcrx(const struct operation *op)
{
	for (unsigned k = 0; k < OP_MAX_ARGS; k++)
		if (op->args[k].kind == ARG_ZCRX)
			return true;
	return false;
}

bool op_arg_optional(enum op_arg_kind kind)
{
	return kind == ARG_OPT || kind == ARG_PEER || kind == ARG_CMD;
}

enum sqe_field op_arg_length(const struct op_arg *a)
{
	if (a->length)
		return a->length == F_NOWHERE ? F_NONE : a->length;
	switch (a->kind) {
	case ARG_BUF_R:
	case ARG_BUF_W:
	case ARG_IOV:  /* the number of buffers */
	case ARG_TIME: /* always 1: io_timeout_prep */
	case ARG_OBJ_R:
	case ARG_FDS:
	case ARG_ARR_R: /* the number of elements */
	case ARG_ARR_W:
	case ARG_MSG_R: /* always 1: io_sendmsg_prep */
	case ARG_MSG_W:
		return F_LEN;
	default:
		return F_NONE;
	}
}

bool op_in_thread(const struct operation *op)
{
	switch (op->opcode) {
#define THREAD(opcode) case opcode:
#include "ops_thread.def"
#undef THREAD
		return true;
	default:
		return false;
	}
}

const char *op_completes(const struct operation *op)
{
	return op->multi ? "takes a buffer each time" : "completes once";
}

const struct many *op_many(const struct operation *op, enum sqe_field field, uint32_t *next)
{
	bool own = op->multi && op->asks == field; /* it is what the stream itself asks for */
	while (!own && *next < nmanys) {
		const struct many *m = &manys[(*next)++];
		if (m->opcode == op->opcode && m->field == field)
			return m;
	}
	return NULL;
}
