/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_trace.c: what is told of a program that is traced. */
#include "clock.h"
#include "internal.h"
#include "runner.h"
#include "trace.h"

#define MS 1000000u
#define INSTANCES 4 /* of a task of traced.rlt, at most */

struct kind {
	char task[32], op[32];
	uint64_t n, shortest_ns;
};

struct seen {
	struct ringlet *r;
	pid_t thread;
	bool later; /* records are copied, and awaits made of them afterwards */
	char *copy;
	size_t copied;
	struct kind kind[32];
	unsigned nkinds;
	struct {
		char task[32];
		uint64_t ended_ns[INSTANCES];
	} last[8];
};

/* A wait begins when the one before it has ended, or later. */
static void in_order(struct seen *s, const struct ringlet_trace *a)
{
	unsigned i = 0;

	while (*s->last[i].task && strcmp(s->last[i].task, a->task) != 0)
		ck_assert_uint_lt(++i, 8);
	ck_assert_uint_lt(a->self, INSTANCES);
	strcpy(s->last[i].task, a->task);
	ck_assert_uint_le(s->last[i].ended_ns[a->self], a->begun_ns);
	ck_assert_uint_le(a->begun_ns, a->ended_ns);
	s->last[i].ended_ns[a->self] = a->ended_ns;
}

static struct kind *kind_of(struct seen *s, const char *task, const char *op)
{
	struct kind *k = s->kind;

	while (k < s->kind + s->nkinds && (strcmp(k->task, task) != 0 || strcmp(k->op, op) != 0))
		k++;
	if (k == s->kind + s->nkinds) {
		ck_assert_uint_lt(s->nkinds++, 32);
		k->shortest_ns = UINT64_MAX;
		strcpy(k->task, task);
		strcpy(k->op, op);
	}
	return k;
}

static void see(struct seen *s, const struct ringlet_trace *a)
{
	struct kind *k = kind_of(s, a->task, a->op);

	ck_assert(strcmp(a->file, "traced.rlt") == 0 && a->line && a->column);
	in_order(s, a);
	k->n++;
	if (a->ended_ns - a->begun_ns < k->shortest_ns)
		k->shortest_ns = a->ended_ns - a->begun_ns;
}

static void told(void *arg, struct ringlet *r, const void *records, size_t size)
{
	struct seen *s = arg;
	struct ringlet_trace a;

	ck_assert_ptr_eq(r, s->r);
	ck_assert_int_eq(gettid(), s->thread);
	ck_assert_uint_gt(size, 0);
	if (s->later) {
		s->copy = realloc(s->copy, s->copied + size);
		ck_assert_ptr_nonnull(s->copy);
		memcpy(s->copy + s->copied, records, size);
		s->copied += size;
		return;
	}
	while (ringlet_trace_next(r, &records, &size, &a))
		see(s, &a);
	ck_assert_uint_eq(size, 0);
}

static void run(struct seen *s, enum ringlet_engine_kind engine, uint64_t n, bool traced)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine, .trace_arg = s};

	if (traced)
		opts.trace = told;
	s->r = ringlet_open(built("tests/unit/traced.bpf.o"), &opts);
	ck_assert_msg(s->r, "%s", ringlet_error(NULL));
	s->thread = gettid();
	ck_assert_int_eq(ringlet_set_u64(s->r, "n", n), 0);
	ck_assert_msg(ringlet_load(s->r) == 0, "%s\n%s", ringlet_error(s->r), ringlet_load_log(s->r));
	ck_assert_msg(ringlet_run(s->r) == 0, "%s", ringlet_error(s->r));
}

static void expect(struct seen *s, const char *task, const char *op, uint64_t n, uint64_t at_least_ns)
{
	struct kind *k = kind_of(s, task, op);

	ck_assert_msg(k->n == n, "%s: %s: %lu times", task, op, (unsigned long)k->n);
	ck_assert_msg(
		k->shortest_ns >= at_least_ns, "%s: %s: %lu ns", task, op, (unsigned long)k->shortest_ns);
}

static void every_await(enum ringlet_engine_kind engine)
{
	struct seen s = {0};

	run(&s, engine, 100, true);
	expect(&s, "main", "timeout", 1, 100 * MS);
	expect(&s, "worker", "nop", 400, 0);
	expect(&s, "main", "await all worker", 1, 0);
	expect(&s, "ping", "await left", 100, 0);
	expect(&s, "pong", "await right", 100, 0);
	expect(&s, "main", "await all pong", 1, 0);
	expect(&s, "short", "timeout", 3, MS);
	expect(&s, "main", "await all short", 3, MS);
	expect(&s, "soon", "timeout", 1, 20 * MS);
	expect(&s, "late", "timeout", 1, 20 * MS);
	ck_assert_uint_ge(kind_of(&s, "chooser", "select")->n, 1);
	ck_assert_uint_ge(kind_of(&s, "main", "timeout_multishot")->n, 1);
	expect(&s, "main", "await all chooser", 1, 20 * MS);
	ck_assert_uint_eq(s.nkinds, 13);
	ringlet_close(s.r);
}

START_TEST(every_await_is_told_once_and_in_order)
{
	for_engines(every_await);
}
END_TEST

/* Far more than there are records, also in one round: hand-overs. */
static void many(enum ringlet_engine_kind engine)
{
	struct seen s = {0};

	run(&s, engine, 25000, true);
	expect(&s, "worker", "nop", 100000, 0);
	expect(&s, "ping", "await left", 25000, 0);
	expect(&s, "pong", "await right", 25000, 0);
	ringlet_close(s.r);
}

START_TEST(no_await_is_lost)
{
	for_engines(many);
}
END_TEST

/* In pieces of a record, of some, and all at once. */
static void copies(enum ringlet_engine_kind engine)
{
	static const size_t pieces[] = {sizeof(struct rl_trace), 7 * sizeof(struct rl_trace), SIZE_MAX};

	for (unsigned i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct seen s = {.later = true};
		struct ringlet_trace a;

		run(&s, engine, 2000, true);
		ck_assert_uint_eq(s.nkinds, 0);
		for (size_t at = 0; at < s.copied;) {
			size_t left = s.copied - at < pieces[i] ? s.copied - at : pieces[i];
			const void *records = s.copy + at;

			at += left;
			while (ringlet_trace_next(s.r, &records, &left, &a))
				see(&s, &a);
		}
		expect(&s, "main", "timeout", 1, 100 * MS);
		expect(&s, "worker", "nop", 8000, 0);
		expect(&s, "ping", "await left", 2000, 0);
		expect(&s, "main", "await all short", 3, MS);
		ck_assert_uint_eq(s.nkinds, 13);
		ringlet_close(s.r);
		free(s.copy);
	}
}

START_TEST(a_copy_of_the_records_tells_the_same_later)
{
	for_engines(copies);
}
END_TEST

/* One look at the clock ends an await and begins the next. */
struct followed {
	uint64_t last_ns[INSTANCES], n;
};

static void follow(void *arg, struct ringlet *r, const void *records, size_t size)
{
	struct followed *f = arg;
	struct ringlet_trace a;

	while (ringlet_trace_next(r, &records, &size, &a)) {
		if (strcmp(a.op, "nop") != 0)
			continue;
		if (f->last_ns[a.self])
			ck_assert_uint_eq(f->last_ns[a.self], a.begun_ns);
		f->last_ns[a.self] = a.ended_ns;
		f->n++;
	}
}

static void followed(enum ringlet_engine_kind engine)
{
	struct followed f = {0};
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine, .trace = follow, .trace_arg = &f};
	struct ringlet *r = ringlet_open(built("tests/unit/traced.bpf.o"), &opts);

	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(ringlet_load(r), 0);
	ck_assert_int_eq(ringlet_run(r), 0);
	ck_assert_uint_eq(f.n, 400);
	ringlet_close(r);
}

START_TEST(an_await_begins_as_the_one_before_it_ends)
{
	for_engines(followed);
}
END_TEST

/* A program that is stuck, and what it last did. */
static void count(void *arg, struct ringlet *r, const void *records, size_t size)
{
	struct ringlet_trace a;

	while (ringlet_trace_next(r, &records, &size, &a))
		++*(uint64_t *)arg;
}

static void stuck(enum ringlet_engine_kind engine)
{
	uint64_t n = 0;
	struct ringlet_opts opts = {
		.size = sizeof(opts), .engine = engine, .trace = count, .trace_arg = &n, .watchdog_ms = 100};
	struct ringlet *r = ringlet_open(built("tests/unit/stuck.bpf.o"), &opts);

	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(ringlet_set_u64(r, "how", 4), 0); /* two that end nothing but their waits */
	ck_assert_int_eq(ringlet_load(r), 0);
	ck_assert_int_eq(ringlet_run(r), -ETIME);
	ck_assert_uint_gt(n, RL_TRACE_BYTES / sizeof(struct rl_trace));
	ck_assert_uint_eq(rl_control(r)->trace_next, r->object.trace);
	ringlet_close(r);
}

START_TEST(what_a_stuck_program_did_last_is_told)
{
	for_engines(stuck);
}
END_TEST

/* While tasks run without requests, which is when time counts. */
static void dawdle(void *arg, struct ringlet *r, const void *records, size_t size)
{
	struct ringlet_trace a;
	bool *done = arg, now = false;
	uint64_t from = rl_time_ns(CLOCK_THREAD_CPUTIME_ID);

	while (ringlet_trace_next(r, &records, &size, &a))
		now |= strcmp(a.op, "await left") == 0;
	if (*done || !now)
		return;
	*done = true;
	while (rl_time_ns(CLOCK_THREAD_CPUTIME_ID) - from < 600 * MS)
		;
}

static void slow_host(enum ringlet_engine_kind engine)
{
	bool done = false;
	struct ringlet_opts opts = {.size = sizeof(opts),
		.engine = engine,
		.trace = dawdle,
		.trace_arg = &done,
		.watchdog_ms = 400};
	struct ringlet *r = ringlet_open(built("tests/unit/traced.bpf.o"), &opts);

	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(ringlet_set_u64(r, "n", 25000), 0);
	ck_assert_int_eq(ringlet_load(r), 0);
	ck_assert_msg(ringlet_run(r) == 0, "%s", ringlet_error(r));
	ck_assert(done);
	ringlet_close(r);
}

START_TEST(a_host_that_is_slow_with_records_is_no_stuck_program)
{
	for_engines(slow_host);
}
END_TEST

/* What the image holds is not believed. */
static void any(void *arg, struct ringlet *r, const void *records, size_t size)
{
	(void)r;
	(void)records;
	ck_assert_uint_le(size, RL_TRACE_BYTES);
	++*(unsigned *)arg;
}

START_TEST(records_of_nobody_are_passed_by)
{
	static const uint32_t wrong[] = {0, 1, UINT32_MAX, RL_IMAGE_MAX};
	unsigned calls = 0;
	struct ringlet_opts opts = {
		.size = sizeof(opts), .engine = RINGLET_USER, .trace = any, .trace_arg = &calls};
	struct ringlet *r = ringlet_open(built("tests/unit/traced.bpf.o"), &opts);
	uint32_t words[4096], seed = 1;
	const void *records = words;
	size_t size = sizeof(words);
	struct ringlet_trace a;

	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(ringlet_trace_next(r, &records, &size, &a), 0); /* nor of what is not loaded */
	ck_assert_uint_eq(size, sizeof(words));
	ck_assert_int_eq(ringlet_load(r), 0);
	for (unsigned i = 0; i < 4; i++) {
		rl_control(r)->trace_next = wrong[i];
		rl_trace_drain(r);
		ck_assert_uint_eq(rl_control(r)->trace_next, r->object.trace);
	}
	ck_assert_uint_eq(calls, 4);
	for (unsigned i = 0; i < 4096; i++) {
		seed = seed * 1664525u + 1013904223u;
		words[i] = i % 4 == 1 ? seed >> 29 : seed >> (i % 8 ? 15 : 0);
	}
	size--; /* nor the piece of one */
	while (ringlet_trace_next(r, &records, &size, &a))
		ck_assert(*a.task && *a.op && strcmp(a.file, "traced.rlt") == 0 && a.self < INSTANCES);
	ck_assert_uint_eq(size, sizeof(struct rl_trace) - 1);
	ringlet_close(r);
}
END_TEST

static void not_traced(enum ringlet_engine_kind engine)
{
	struct seen s = {0};

	run(&s, engine, 100, false);
	ck_assert_uint_eq(s.nkinds, 0);
	ck_assert_uint_eq(rl_control(s.r)->trace_next, s.r->object.trace);
	ringlet_close(s.r);
}

START_TEST(a_program_is_not_traced_unless_it_is_asked_for)
{
	for_engines(not_traced);
}
END_TEST

/* An instance that waits for ever does not end its await but by the stop. */
struct stopped {
	uint64_t slept, cancelled;
};

static void until_stopped(void *arg, struct ringlet *r, const void *records, size_t size)
{
	struct stopped *s = arg;
	struct ringlet_trace a;

	while (ringlet_trace_next(r, &records, &size, &a)) {
		if (strcmp(a.task, "sleeper") == 0)
			s->cancelled++;
		if (strcmp(a.task, "main") == 0 && strcmp(a.op, "timeout") == 0)
			s->slept++;
	}
}

static void stopped(enum ringlet_engine_kind engine)
{
	struct stopped s = {0};
	struct ringlet_opts opts = {
		.size = sizeof(opts), .engine = engine, .trace = until_stopped, .trace_arg = &s};
	struct runner u = {.r = ringlet_open(built("tests/unit/stamps.bpf.o"), &opts)};
	struct ringlet_event e;

	ck_assert_msg(u.r, "%s", ringlet_error(NULL));
	begin(&u);
	ck_assert_int_eq(ringlet_next_event(u.r, "told", &e, -1), 0);
	ck_assert_int_eq(ringlet_stop(u.r), 0);
	joined(&u, -ECANCELED);
	ck_assert_uint_eq(s.slept, 1);
	ck_assert_uint_eq(s.cancelled, 1);
	ringlet_close(u.r);
}

START_TEST(an_await_that_is_cancelled_has_ended)
{
	for_engines(stopped);
}
END_TEST

struct rings {
	struct ringlet_group *g;
	uint64_t nops[2];
};

static void of_a_ring(void *arg, struct ringlet *r, const void *records, size_t size)
{
	struct rings *s = arg;
	struct ringlet_trace a;

	while (ringlet_trace_next(r, &records, &size, &a))
		if (strcmp(a.op, "nop") == 0)
			s->nops[r == ringlet_group_at(s->g, 1)]++;
}

static void group(enum ringlet_engine_kind engine)
{
	struct rings s = {0};
	struct ringlet_opts opts = {
		.size = sizeof(opts), .engine = engine, .trace = of_a_ring, .trace_arg = &s};

	s.g = ringlet_group_open(built("tests/unit/traced.bpf.o"), 2, &opts);
	ck_assert_ptr_nonnull(s.g);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(ringlet_set_u64(ringlet_group_at(s.g, i), "n", 10 + i), 0);
	ck_assert_msg(ringlet_group_start(s.g) == 0, "%s", ringlet_group_error(s.g));
	ck_assert_int_eq(ringlet_group_join(s.g, -1), 0);
	ck_assert_uint_eq(s.nops[0], 40);
	ck_assert_uint_eq(s.nops[1], 44);
	ringlet_group_close(s.g);
}

START_TEST(each_ring_of_a_group_is_traced)
{
	for_engines(group);
}
END_TEST

START_TEST(an_object_without_switches_is_not_traced)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = RINGLET_USER, .trace = told};
	struct ringlet *r = ringlet_open(reference_path(), &opts);

	ck_assert_int_eq(ringlet_set_u64(r, "n", 1), 0);
	ck_assert_int_eq(ringlet_load(r), -EOPNOTSUPP);
	ringlet_close(r);
}
END_TEST

/* A place that is moved by one digit is none. */
START_TEST(a_switch_is_where_the_object_says)
{
	static const char *const lists[] = {"\"step\":[", "\"text\":[", "\"switches\":["};
	struct bytes b = whole_object(built("tests/unit/traced.bpf.o"));
	char *digit = memmem(b.at, b.n, lists[_i], strlen(lists[_i]));
	struct ringlet *r;

	ck_assert_ptr_nonnull(digit);
	digit += strlen(lists[_i]);
	*digit = *digit == '9' ? '8' : (char)(*digit + 1);
	seal(b);
	errno = 0;
	r = ringlet_open_mem(b.at, b.n, NULL);
	ck_assert_ptr_null(r);
	ck_assert_int_eq(errno, EBADMSG);
	ck_assert_ptr_nonnull(strstr(ringlet_error(NULL), "no switch at"));
	free(b.at);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, every_await_is_told_once_and_in_order);
	tcase_add_test(t, no_await_is_lost);
	tcase_add_test(t, a_copy_of_the_records_tells_the_same_later);
	tcase_add_test(t, an_await_begins_as_the_one_before_it_ends);
	tcase_add_test(t, what_a_stuck_program_did_last_is_told);
	tcase_add_test(t, a_host_that_is_slow_with_records_is_no_stuck_program);
	tcase_add_test(t, records_of_nobody_are_passed_by);
	tcase_add_test(t, a_program_is_not_traced_unless_it_is_asked_for);
	tcase_add_test(t, an_await_that_is_cancelled_has_ended);
	tcase_add_test(t, each_ring_of_a_group_is_traced);
	tcase_add_test(t, an_object_without_switches_is_not_traced);
	tcase_add_loop_test(t, a_switch_is_where_the_object_says, 0, 3);
}

int main(void)
{
	return run_tests("trace", add);
}
