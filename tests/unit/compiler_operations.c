/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* compiler_operations.c: the tables of operations have every opcode of Linux 7.3, and rows that can be. */
#include <../include/check.h> /* the library: <check.h> would be compiler/check.h */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include "ops.h"

#include "../runtime/object.h"
#include "../runtime/uring.h"

#define LAST 64 /* IORING_OP_URING_CMD128 */

uint32_t rl_uring_refused;

/* enum io_uring_op of Linux 7.3 (include/uapi/linux/io_uring.h), each without its IORING_OP_, but for
 * IORING_OP_ASYNC_CANCEL, which liburing calls cancel. */
static const char *const opcodes[] = {
	"nop",
	"readv",
	"writev",
	"fsync",
	"read_fixed",
	"write_fixed",
	"poll_add",
	"poll_remove",
	"sync_file_range",
	"sendmsg",
	"recvmsg",
	"timeout",
	"timeout_remove",
	"accept",
	"cancel",
	"link_timeout",
	"connect",
	"fallocate",
	"openat",
	"close",
	"files_update",
	"statx",
	"read",
	"write",
	"fadvise",
	"madvise",
	"send",
	"recv",
	"openat2",
	"epoll_ctl",
	"splice",
	"provide_buffers",
	"remove_buffers",
	"tee",
	"shutdown",
	"renameat",
	"unlinkat",
	"mkdirat",
	"symlinkat",
	"linkat",
	"msg_ring",
	"fsetxattr",
	"setxattr",
	"fgetxattr",
	"getxattr",
	"socket",
	"uring_cmd",
	"send_zc",
	"sendmsg_zc",
	"read_multishot",
	"waitid",
	"futex_wait",
	"futex_wake",
	"futex_waitv",
	"fixed_fd_install",
	"ftruncate",
	"bind",
	"listen",
	"recv_zc",
	"epoll_wait",
	"readv_fixed",
	"writev_fixed",
	"pipe",
	"nop128",
	"uring_cmd128",
};
_Static_assert(sizeof opcodes / sizeof *opcodes == LAST + 1, "opcodes");

START_TEST(every_opcode_has_a_row_or_a_reason)
{
	unsigned rows[LAST + 1] = {0}, made[LAST + 1] = {0};
	for (uint32_t i = 0; i < noperations; i++) {
		ck_assert_msg(operations[i].opcode <= LAST, "%s: opcode %u", operations[i].name,
			operations[i].opcode);
		rows[operations[i].opcode]++;
	}
	for (uint32_t i = 0; i < nmade_operations; i++) {
		ck_assert_uint_le(made_operations[i].opcode, LAST);
		for (uint32_t k = 0; k < i; k++)
			ck_assert_str_ne(made_operations[i].name, made_operations[k].name);
		made[made_operations[i].opcode]++;
		ck_assert_ptr_null(operation_find(made_operations[i].name));
	}
	for (unsigned op = 0; op <= LAST; op++)
		ck_assert_msg(!!rows[op] + !!made[op] >= 1, "no row for opcode %u", op);
}
END_TEST

/* The number of an opcode cannot be mistaken: one of its rows has its name. */
START_TEST(every_opcode_has_a_row_of_its_name)
{
	for (unsigned op = 0; op <= LAST; op++) {
		bool named = false;
		for (uint32_t i = 0; i < noperations; i++)
			named |= operations[i].opcode == op && !strcmp(operations[i].name, opcodes[op]);
		for (uint32_t i = 0; i < nmade_operations; i++)
			named |= made_operations[i].opcode == op &&
				 !strcmp(made_operations[i].name, opcodes[op]);
		ck_assert_msg(named, "no row `%s` for opcode %u", opcodes[op], op);
	}
}
END_TEST

START_TEST(every_note_is_of_an_operation)
{
	for (uint32_t i = 0; i < nop_notes; i++) {
		const struct operation *op = operation_find(op_notes[i].name);
		ck_assert_msg(op, "a note of %s", op_notes[i].name);
		ck_assert_str_eq(operation_note(op), op_notes[i].text);
	}
}
END_TEST

/* The struct is said to have as many bytes as the operation has them written. */
START_TEST(structs_of_one_machine_have_its_size)
{
	for (uint32_t i = 0; i < nop_machines; i++) {
		const struct operation *op = operation_find(op_machines[i].name);
		ck_assert_msg(op, "a struct of %s", op_machines[i].name);
		ck_assert_ptr_eq(operation_machine(op), &op_machines[i]);
		ck_assert_msg(operation_note(op), "%s: no note says so", op->name);
		for (uint32_t k = 0; k < op->nargs; k++)
			if (op->args[k].kind == ARG_ARR_W)
				ck_assert_int_eq(op->args[k].value, op_machines[i].bytes);
#if defined(__x86_64__)
		ck_assert_uint_eq(op_machines[i].bytes, rl_native_size(op_machines[i].is));
#endif
	}
}
END_TEST

/* The kernel here says which opcodes it has. One that is newer than the table may have more. */
START_TEST(the_kernel_has_the_opcodes_of_the_table)
{
	union {
		struct io_uring_probe head;
		char room[sizeof(struct io_uring_probe) + 256 * sizeof(struct io_uring_probe_op)];
	} probe;
	struct rl_uring_params p = {0};
	struct utsname u;
	unsigned major = 0, minor = 0;
	int fd = rl_uring_setup(2, &p);
	if (fd < 0)
		return; /* not to be had here: runtime tests say so */
	memset(&probe, 0, sizeof probe);
	ck_assert_int_ge(rl_uring_register(fd, RL_REGISTER_PROBE, &probe, 256), 0);
	close(fd);
	uname(&u);
	ck_assert_int_eq(sscanf(u.release, "%u.%u", &major, &minor), 2);
	if (major < 7 || (major == 7 && minor <= 3))
		ck_assert_uint_le(probe.head.last_op, LAST);
	if (major == 7 && minor >= 1)
		ck_assert_uint_ge(probe.head.last_op, LAST);
}
END_TEST

START_TEST(rows_have_names_of_their_own)
{
	for (uint32_t i = 1; i < noperations; i++) {
		for (uint32_t k = 0; k < i; k++)
			ck_assert_str_ne(operations[i].name, operations[k].name);
	}
}
END_TEST

/* Two arguments never want the same bytes of the SQE; what is always said may add bits to an argument's. */
START_TEST(arguments_have_fields_of_their_own)
{
	for (uint32_t i = 0; i < noperations; i++) {
		const struct operation *op = operation_find(operations[i].name);
		unsigned char used[256] = {0};
		unsigned major, minor;
		ck_assert_msg(
			sscanf(op->since, "%u.%u", &major, &minor) == 2, "%s since %s", op->name, op->since);
		ck_assert_msg(major == 5 || major == 6 || (major == 7 && minor <= 3), "%s since %s", op->name,
			op->since);
		ck_assert_uint_le(op->nargs, OP_MAX_ARGS);
		for (uint32_t k = 0; k < op->nargs; k++) {
			const enum sqe_field fields[] = {op->args[k].field, op_arg_length(&op->args[k])};
			for (unsigned f = 0; f < 2; f++)
				for (uint32_t b = 0; b < FIELD_SIZE(fields[f]); b++)
					ck_assert_msg(!used[FIELD_OFFSET(fields[f]) + b]++,
						"%s: two arguments want byte %u of the SQE", op->name,
						FIELD_OFFSET(fields[f]) + b);
		}
		/* What may be left out comes last. */
		for (uint32_t k = op->required; k < op->nargs; k++)
			ck_assert(op_arg_optional(op->args[k].kind));
		/* An SQE of 128 bytes comes with mixed rings, and another opcode does the same in those of
		 * old. */
		ck_assert_int_eq(op->wide, op->opcode == 63 || op->opcode == 64);
		ck_assert(!op->big || op->wide || op->multi);
	}
}
END_TEST

/* What is to be written instead is a stream of the same opcode, or of its sibling that reads into a pool. */
START_TEST(streams_that_are_named_are_streams)
{
	for (uint32_t i = 0; i < nmanys; i++) {
		const struct operation *op = *manys[i].stream ? operation_find(manys[i].stream) : NULL;
		ck_assert_uint_eq(manys[i].value & ~manys[i].mask, 0);
		ck_assert_msg(!*manys[i].stream || (op && op->multi), "%s", manys[i].stream);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("operations");
	tcase_add_test(t, every_opcode_has_a_row_or_a_reason);
	tcase_add_test(t, every_opcode_has_a_row_of_its_name);
	tcase_add_test(t, the_kernel_has_the_opcodes_of_the_table);
	tcase_add_test(t, rows_have_names_of_their_own);
	tcase_add_test(t, arguments_have_fields_of_their_own);
	tcase_add_test(t, streams_that_are_named_are_streams);
	tcase_add_test(t, every_note_is_of_an_operation);
	tcase_add_test(t, structs_of_one_machine_have_its_size);
	Suite *s = suite_create("operations");
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
