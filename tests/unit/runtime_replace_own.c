/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * runtime_replace_own.c: the thread that runs a program replaces it: after a `yield`, or when it has ended.
 */
#include <pthread.h>

#include "left.h"
#include "replacing.h"

#define OWN "tests/unit/replace_own.bpf.o"

static struct ringlet *version(enum ringlet_engine_kind engine, uint64_t n)
{
	struct ringlet *r = opened_script(OWN, engine);

	ck_assert_int_eq(ringlet_set_u64(r, "version", n), 0);
	return r;
}

/* It has said `yield` once, and waits for posts. */
static struct ringlet *running(enum ringlet_engine_kind engine)
{
	struct ringlet *r = version(engine, 1);

	ck_assert_msg(!ringlet_load(r), "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	ck_assert_int_eq(ringlet_run(r), 1);
	return r;
}

static void answer(struct ringlet *to, struct ringlet *runs, uint64_t n)
{
	struct ringlet_event e;

	ck_assert_int_eq(ringlet_post(to, "posts", 0, n, 5), 0);
	ck_assert_int_eq(ringlet_run(runs), 1);
	ck_assert_int_eq(ringlet_next_event(to, "events", &e, 0), 0);
	ck_assert_uint_eq(e.user_data, n);
	ck_assert_int_eq(e.res, 5);
}

static void yielded(enum ringlet_engine_kind engine)
{
	struct ringlet *old = running(engine), *r = version(engine, 2);
	struct ringlet_event e;

	answer(old, old, 1);
	ck_assert_int_eq(ringlet_post(old, "posts", 0, 2, 5), 0); /* which one of the two takes */
	replace(old, r);
	ck_assert_int_eq(ringlet_run(old), -EALREADY);
	ck_assert_int_eq(ringlet_failure(old)->kind, RINGLET_FAIL_STOPPED);
	ck_assert_uint_eq(shared(r, "left_orderly"), 1);
	do
		ck_assert_int_eq(ringlet_run(r), 1);
	while (ringlet_next_event(r, "events", &e, 0));
	ck_assert_uint_eq(e.user_data, 2);
	ck_assert_uint_eq(shared(r, "seen_version"), 2);
	answer(old, r, 3); /* the old handle leads to it */
	ck_assert_uint_eq(shared(r, "taken"), 3);
	ck_assert_int_eq(ringlet_stop(old), 0);
	ck_assert_int_eq(ringlet_run(r), -ECANCELED);
	close_both(old, r);
}

START_TEST(the_thread_that_runs_a_program_replaces_it_after_a_yield)
{
	for_engines(yielded);
}
END_TEST

static void ended(enum ringlet_engine_kind engine)
{
	struct ringlet *old = running(engine), *r = version(engine, 2), *third = version(engine, 3);

	answer(old, old, 1);
	ck_assert_int_eq(ringlet_stop(old), 0);
	ck_assert_int_eq(ringlet_run(old), -ECANCELED);
	ck_assert_int_eq(ringlet_post(old, "posts", 0, 2, 5), -ESHUTDOWN);
	replace(old, r); /* which was not stopped */
	ringlet_close(old);
	ck_assert_int_eq(ringlet_run(r), 1);
	answer(r, r, 2);
	ck_assert_int_eq(ringlet_post(r, "posts", 0, BAD, 5), 0);
	ck_assert_int_eq(ringlet_run(r), -EBADMSG);
	replace(r, third);
	ringlet_close(r);
	ck_assert_int_eq(ringlet_run(third), 1);
	answer(third, third, 3);
	ck_assert_uint_eq(shared(third, "taken"), 3);
	ringlet_close(third);
}

START_TEST(a_program_that_has_ended_in_its_thread_is_replaced_there)
{
	for_engines(ended);
}
END_TEST

static void never_run(enum ringlet_engine_kind engine)
{
	struct ringlet *old = version(engine, 1), *r = version(engine, 2);

	ck_assert_int_eq(ringlet_load(old), 0);
	replace(old, r);
	ck_assert_int_eq(ringlet_run(r), 1);
	answer(r, r, 1);
	close_both(old, r);
}

START_TEST(one_that_never_ran_is_replaced)
{
	for_engines(never_run);
}
END_TEST

static void lingers(enum ringlet_engine_kind engine)
{
	static const int times[] = {0, 20};
	struct held before;

	for (size_t i = 0; i < 3; i++) {
		struct ringlet *old = version(engine, 1), *r = version(engine, 2);

		ck_assert_int_eq(ringlet_set_u64(old, "linger_ms", 1000000), 0);
		ck_assert_int_eq(ringlet_set_u64(r, "linger_ms", 0), 0);
		ck_assert_int_eq(ringlet_load(old), 0);
		ck_assert_int_eq(ringlet_run(old), 1);
		answer(old, old, 1);
		ck_assert_int_eq(ringlet_replace(old, r, times[i % 2]), 0);
		ck_assert_int_eq(ringlet_run(r), 1);
		ck_assert_uint_eq(shared(r, "left_orderly"), 0);
		answer(r, r, 2);
		close_both(old, r);
		if (i == 1) /* from then on there is the stack of a thread, for the next */
			before = held();
	}
	ck_assert(nothing_left(before));
}

START_TEST(one_that_does_not_leave_in_time_is_ended)
{
	for_engines(lingers);
}
END_TEST

static void *replace_from_elsewhere(void *arg)
{
	struct ringlet **both = arg;

	ck_assert_int_eq(ringlet_replace(both[0], both[1], -1), -EINVAL);
	ck_assert_str_eq(ringlet_error(both[1]),
		"the program that is to be replaced belongs to the thread that called ringlet_load");
	return NULL;
}

static void refused(enum ringlet_engine_kind engine)
{
	struct ringlet *both[] = {running(engine), version(engine, 2)};
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, replace_from_elsewhere, both), 0);
	pthread_join(thread, NULL);
	answer(both[0], both[0], 1);
	ck_assert_int_eq(ringlet_stop(both[0]), 0);
	ck_assert_int_eq(ringlet_replace(both[0], both[1], -1), -ECANCELED); /* it runs, and is to end */
	ck_assert_int_eq(ringlet_run(both[0]), -ECANCELED);
	replace(both[0], both[1]);
	close_both(both[0], both[1]);
}

START_TEST(another_thread_is_refused)
{
	for_engines(refused);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, the_thread_that_runs_a_program_replaces_it_after_a_yield);
	tcase_add_test(t, a_program_that_has_ended_in_its_thread_is_replaced_there);
	tcase_add_test(t, one_that_never_ran_is_replaced);
	tcase_add_test(t, one_that_does_not_leave_in_time_is_ended);
	tcase_add_test(t, another_thread_is_refused);
}

int main(void)
{
	return run_tests("runtime_replace_own", add);
}
