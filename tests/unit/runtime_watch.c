/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_watch.c: a program that makes no progress is ended, and one that is slow is not. */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "left.h"
#include "runner.h"

static enum ringlet_engine_kind all_engines[2];

#define EACH_ENGINE enum ringlet_engine_kind engine = all_engines[_i]

static struct ringlet *watched(const char *script, enum ringlet_engine_kind engine, unsigned ms, uint64_t how)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine, .watchdog_ms = ms};
	struct ringlet *r = ringlet_open(built(script), &opts);

	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ck_assert_int_eq(ringlet_set_u64(r, "how", how), 0);
	return r;
}

#define STUCK "tests/unit/stuck.bpf.o"
#define BUSY "tests/unit/busy.bpf.o"

static void load(struct ringlet *r)
{
	ck_assert_msg(ringlet_load(r) == 0, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
}

/* ---- ended ---- */

enum { QUEUES, SIGNALS, SPAWNS, YIELDS, STUBBORN };

static const struct {
	const char *task, *says;
	unsigned unwound;
} ways[] = {
	[QUEUES] = {"player",
		"stuck.rlt:19: no progress for 0.1 s: tasks keep running without a request: player[", 3},
	[SIGNALS] = {NULL, "stuck.rlt:12: no progress for 0.1 s: tasks keep running without a request: ", 2},
	[SPAWNS] = {"link",
		"stuck.rlt:29: no progress for 0.1 s: tasks keep running without a request: link[", 1},
	[YIELDS] = {"yielder",
		"stuck.rlt:35: no progress for 0.1 s: tasks keep running without a request: yielder in yield "
		"at "
		"stuck.rlt:35",
		2},
	/* Its defers go on for ever too, so not all are done. */
	[STUBBORN] = {"stubborn",
		"stuck.rlt:12: no progress for 0.1 s: tasks keep running without a request: stubborn[", 0},
};

static void check_ended(struct ringlet *r, unsigned how)
{
	const struct ringlet_failure *f = ringlet_failure(r);

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(f->kind, RINGLET_FAIL_STUCK);
	ck_assert_int_eq(f->error, -ETIME);
	ck_assert_str_eq(f->file, "stuck.rlt");
	ck_assert_uint_gt(f->line, 0);
	ck_assert_msg(strncmp(f->text, ways[how].says, strlen(ways[how].says)) == 0, "%s", f->text);
	if (ways[how].task)
		ck_assert_str_eq(f->task, ways[how].task);
	if (ways[how].unwound)
		ck_assert_uint_eq(*(uint32_t *)ringlet_shared(r, "unwound", NULL), ways[how].unwound);
}

START_TEST(tasks_that_keep_each_other_running_are_ended)
{
	EACH_ENGINE;
	for (unsigned how = QUEUES; how <= STUBBORN; how++) {
		struct ringlet *r = watched(STUCK, engine, 100, how);

		if (how == YIELDS) { /* nobody else has control only in a thread of the library's */
			ck_assert_msg(ringlet_start(r) == 0, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
			ck_assert_int_eq(ringlet_join(r, -1), -ETIME);
		} else {
			load(r);
			ck_assert_int_eq(ringlet_run(r), -ETIME);
		}
		check_ended(r, how);
		ringlet_close(r);
	}
}
END_TEST

START_TEST(one_of_a_group_that_is_stuck_stops_the_others)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .watchdog_ms = 100};
	struct ringlet_group *g;

	opts.engine = all_engines[_i];
	g = ringlet_group_open(built(STUCK), 3, &opts);
	ck_assert_ptr_nonnull(g);
	for (unsigned i = 0; i < 3; i++) /* the others just wait */
		ck_assert_int_eq(
			ringlet_set_u64(ringlet_group_at(g, i), "how", i == 1 ? QUEUES : STUBBORN + 1), 0);
	ck_assert_msg(ringlet_group_start(g) == 0, "%s", ringlet_group_error(g));
	ck_assert_int_eq(ringlet_group_join(g, -1), -ETIME);
	check_ended(ringlet_group_at(g, 1), QUEUES);
	ck_assert_int_eq(ringlet_failure(ringlet_group_at(g, 0))->kind, RINGLET_FAIL_STOPPED);
	ringlet_group_close(g);
}
END_TEST

/* ---- left alone ---- */

enum { SLEEPS, COMPUTES, AT_ONCE, WITH_HOST };

START_TEST(a_program_that_sleeps_for_longer_goes_on)
{
	struct ringlet *r = watched(BUSY, all_engines[_i], 50, SLEEPS);

	load(r);
	ck_assert_msg(ringlet_run(r) == 0, "%s", ringlet_error(r));
	ringlet_close(r);
}
END_TEST

/* Each for several times as long as the watchdog waits: the processor's time says so. */
static void computes(enum ringlet_engine_kind engine, unsigned how)
{
	unsigned rounds = 16;
	clock_t spent = 0;

	for (; spent < CLOCKS_PER_SEC / 4; rounds *= 2) {
		struct ringlet *r = watched(BUSY, engine, 50, how);

		ck_assert_int_eq(ringlet_set_u64(r, "rounds", rounds), 0);
		load(r);
		spent = clock();
		ck_assert_msg(ringlet_run(r) == 0, "%u rounds: %s", rounds, ringlet_error(r));
		spent = clock() - spent;
		ringlet_close(r);
	}
}

START_TEST(a_program_that_computes_between_requests_goes_on)
{
	computes(all_engines[_i], COMPUTES);
}
END_TEST

/* All that has completed is gone through before the step says how much of it has been taken. */
START_TEST(a_program_that_computes_on_many_completions_goes_on)
{
	computes(all_engines[_i], AT_ONCE);
}
END_TEST

START_TEST(a_program_that_serves_its_host_goes_on)
{
	struct runner u = {.r = watched(BUSY, all_engines[_i], 2000, WITH_HOST)};
	struct ringlet_event e;
	clock_t start;

	begin(&u);
	start = clock();
	for (bool more = true; more;) {
		more = clock() - start < 6 * CLOCKS_PER_SEC;
		ck_assert_int_eq(ringlet_post_wait(u.r, "posts", 0, more, 0, -1), 0);
		ck_assert_int_eq(ringlet_next_event(u.r, "events", &e, -1), 0);
		ck_assert_uint_eq(e.user_data, more);
	}
	joined(&u, 0);
	ringlet_close(u.r);
}
END_TEST

/* The host's time is its own, and a yield to it is progress. */
START_TEST(a_host_that_is_given_control_may_take_its_time)
{
	struct ringlet *r = watched(STUCK, all_engines[_i], 50, YIELDS);
	clock_t start;

	load(r);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(ringlet_run(r), 1);
		for (start = clock(); clock() - start < CLOCKS_PER_SEC / 8;)
			;
	}
	for (start = clock(); clock() - start < CLOCKS_PER_SEC / 2;)
		ck_assert_int_eq(ringlet_run(r), 1);
	ringlet_close(r);
}
END_TEST

static void linger(void *arg, const struct ringlet_log *m)
{
	(void)m;
	for (clock_t start = clock(); clock() - start < CLOCKS_PER_SEC / 8;)
		;
	++*(unsigned *)arg;
}

START_TEST(a_host_may_take_its_time_over_messages)
{
	unsigned messages = 0;
	struct ringlet_opts opts = {
		.size = sizeof(opts), .watchdog_ms = 50, .log = linger, .log_arg = &messages};
	struct ringlet *r;

	opts.engine = all_engines[_i];
	r = ringlet_open(built("tests/unit/talks.bpf.o"), &opts);
	ck_assert_msg(r, "%s", ringlet_error(NULL));
	load(r);
	ck_assert_msg(ringlet_run(r) == 0, "%s", ringlet_error(r));
	ck_assert_uint_eq(messages, 4);
	ringlet_close(r);
}
END_TEST

/* ---- closed ---- */

START_TEST(nothing_is_left_of_a_watchdog)
{
	struct held before;

	EACH_ENGINE;
	for (int i = 0; i < 6; i++) {
		struct ringlet *r = watched(STUCK, engine, 60000, i % 2 ? QUEUES : STUBBORN + 1);

		ck_assert_int_eq(ringlet_start(r), 0);
		ringlet_close(r); /* while it watches */
		r = watched(STUCK, engine, 60000, QUEUES);
		load(r);
		ringlet_close(r); /* it never ran */
		if (i == 0)
			before = held();
	}
	ck_assert(nothing_left(before));
}
END_TEST

START_TEST(a_child_is_watched_by_nobody)
{
	struct ringlet *r = watched(STUCK, all_engines[_i], 60000, YIELDS);
	int status;
	pid_t child;

	load(r);
	ck_assert_int_eq(ringlet_run(r), 1);
	child = fork();
	if (child == 0) {
		ringlet_close(r);
		_exit(count_entries("/proc/self/task") == 3 ? 7 : 8); /* `.`, `..` and itself */
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	ck_assert_int_eq(ringlet_run(r), 1);
	ringlet_close(r);
}
END_TEST

static void add(TCase *t)
{
	int n = (int)engines(all_engines);

	tcase_add_loop_test(t, tasks_that_keep_each_other_running_are_ended, 0, n);
	tcase_add_loop_test(t, one_of_a_group_that_is_stuck_stops_the_others, 0, n);
	tcase_add_loop_test(t, a_program_that_sleeps_for_longer_goes_on, 0, n);
	tcase_add_loop_test(t, a_program_that_computes_between_requests_goes_on, 0, n);
	tcase_add_loop_test(t, a_program_that_computes_on_many_completions_goes_on, 0, n);
	tcase_add_loop_test(t, a_program_that_serves_its_host_goes_on, 0, n);
	tcase_add_loop_test(t, a_host_that_is_given_control_may_take_its_time, 0, n);
	tcase_add_loop_test(t, a_host_may_take_its_time_over_messages, 0, n);
	tcase_add_loop_test(t, nothing_is_left_of_a_watchdog, 0, n);
	tcase_add_loop_test(t, a_child_is_watched_by_nobody, 0, n);
}

int main(void)
{
	return run_tests("runtime_watch", add);
}
