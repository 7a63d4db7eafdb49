/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_trace.c: what is told of a program that is traced. */
#include "clock.h"
#include "internal.h"
#include "runner.h"

#define MS 1000000u
#define INSTANCES 4 /* of a task of traced.rlt, at most */

struct kind {
	char task[32], op[32];
	uint64_t n, shortest_ns;
};

struct seen {
	struct ringlet *r;
	pid_t thread;
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

static void told(void *arg, const struct ringlet_trace *a)
{
	struct seen *s = arg;
	struct kind *k = kind_of(s, a->task, a->op);

	ck_assert_ptr_eq(a->program, s->r);
	ck_assert_int_eq(gettid(), s->thread);
	ck_assert(strcmp(a->file, "traced.rlt") == 0 && a->line && a->column);
	in_order(s, a);
	k->n++;
	if (a->ended_ns - a->begun_ns < k->shortest_ns)
		k->shortest_ns = a->ended_ns - a->begun_ns;
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

static void not_traced(enum ringlet_engine_kind engine)
{
	struct seen s = {0};

	run(&s, engine, 100, false);
	ck_assert_uint_eq(s.nkinds, 0);
	ck_assert_uint_eq(rl_control(s.r)->trace_tail, 0);
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

static void until_stopped(void *arg, const struct ringlet_trace *a)
{
	struct stopped *s = arg;

	if (strcmp(a->task, "sleeper") == 0)
		s->cancelled++;
	if (strcmp(a->task, "main") == 0 && strcmp(a->op, "timeout") == 0)
		s->slept++;
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

static void of_a_ring(void *arg, const struct ringlet_trace *a)
{
	struct rings *s = arg;

	if (strcmp(a->op, "nop") == 0)
		s->nops[a->program == ringlet_group_at(s->g, 1)]++;
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
