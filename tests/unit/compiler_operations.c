/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* compiler_operations.c: the tables of operations have every opcode of Linux 7.3, and rows that can be. */
#include <../include/check.h> /* the library: <check.h> would be compiler/check.h */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ops.h"

#define LAST 64 /* IORING_OP_URING_CMD128 */

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
		made[made_operations[i].opcode]++;
		ck_assert_ptr_null(operation_find(made_operations[i].name));
	}
	for (unsigned op = 0; op <= LAST; op++)
		ck_assert_msg(!!rows[op] + !!made[op] >= 1, "no row for opcode %u", op);
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
			ck_assert(op->args[k].kind == ARG_OPT || op->args[k].kind == ARG_PEER);
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
	tcase_add_test(t, rows_have_names_of_their_own);
	tcase_add_test(t, arguments_have_fields_of_their_own);
	tcase_add_test(t, streams_that_are_named_are_streams);
	Suite *s = suite_create("operations");
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
