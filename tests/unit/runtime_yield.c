/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_yield.c: `yield` gives control to the host, each time, and keeps nobody else from going on. */
#include "runtime_test.h"

#define YIELDS "tests/unit/yields.bpf.o"

static enum ringlet_engine_kind all_engines[2];

#define EACH_ENGINE enum ringlet_engine_kind engine = all_engines[_i]

static struct ringlet *yielding(enum ringlet_engine_kind engine, uint64_t times)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};
	struct ringlet *r = ringlet_open(built(YIELDS), &opts);

	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ck_assert_int_eq(ringlet_set_u64(r, "until_turn", times), 0);
	ck_assert_msg(ringlet_load(r) == 0, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	return r;
}

static uint32_t shared(struct ringlet *r, const char *name)
{
	return __atomic_load_n((uint32_t *)ringlet_shared(r, name, NULL), __ATOMIC_RELAXED);
}

START_TEST(the_host_has_control_at_each_yield)
{
	EACH_ENGINE;
	struct ringlet *r = yielding(engine, 20);

	for (uint32_t turn = 1; turn <= 20; turn++) {
		ck_assert_int_eq(ringlet_run(r), 1);
		ck_assert_uint_eq(shared(r, "turn"), turn);
	}
	ck_assert_msg(ringlet_run(r) == 0, "%s", ringlet_error(r));
	ringlet_close(r);
}
END_TEST

/* Requests, those who are woken, and those who are posted to, also where the host has something to say each
 * time. */
START_TEST(others_go_on_while_one_yields_again_and_again)
{
	EACH_ENGINE;
	struct ringlet *r = yielding(engine, 200);

	for (unsigned i = 0; i < 200; i++) {
		ck_assert_int_eq(ringlet_post(r, "posts", 0, i, 0), 0);
		ck_assert_int_eq(ringlet_run(r), 1);
	}
	ck_assert_uint_eq(shared(r, "others") % 1000, 10);
	ck_assert_uint_ge(shared(r, "others") / 1000 % 1000, 190);
	ck_assert_uint_ge(shared(r, "others") / 1000000, 190);
	ck_assert_int_eq(ringlet_run(r), 0);
	ringlet_close(r);
}
END_TEST

START_TEST(one_that_yields_for_ever_leaves_when_the_program_stops)
{
	EACH_ENGINE;
	struct ringlet *r = yielding(engine, UINT32_MAX);
	unsigned turns = 0;

	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(ringlet_run(r), 1);
	ck_assert_int_eq(ringlet_stop(r), 0);
	while (ringlet_run(r) == 1)
		ck_assert_uint_lt(turns++, 10);
	ck_assert_int_eq(ringlet_failure(r)->kind, RINGLET_FAIL_STOPPED);
	ck_assert_uint_le(shared(r, "turn"), 6);
	ringlet_close(r);
}
END_TEST

static void add(TCase *t)
{
	int n = (int)engines(all_engines);

	tcase_add_loop_test(t, the_host_has_control_at_each_yield, 0, n);
	tcase_add_loop_test(t, others_go_on_while_one_yields_again_and_again, 0, n);
	tcase_add_loop_test(t, one_that_yields_for_ever_leaves_when_the_program_stops, 0, n);
}

int main(void)
{
	return run_tests("runtime_yield", add);
}
