/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_connect.c: `out` queues of one program that lead to `in` queues of another. */
#include <sys/wait.h>
#include <unistd.h>

#include "runner.h"

#define MANY 3000
#define POSTERS 4

static struct runner relay(enum ringlet_engine_kind engine, uint64_t make)
{
	struct runner p = {.r = opened_script("tests/unit/relay.bpf.o", engine)};

	if (make)
		ck_assert_int_eq(ringlet_set_u64(p.r, "make", make), 0);
	return p;
}

static void connect_relays(struct runner *from, struct runner *to)
{
	ck_assert_msg(!ringlet_connect(from->r, "to", 0, to->r, "from", 0), "%s", ringlet_error(from->r));
}

static uint64_t passed(struct runner *p)
{
	return *(uint64_t *)ringlet_shared(p->r, "passed", NULL);
}

/* ---- what is emitted arrives ---- */

static void chain(
	enum ringlet_engine_kind first, enum ringlet_engine_kind second, enum ringlet_engine_kind third)
{
	struct runner p[3] = {relay(first, MANY), relay(second, 0), relay(third, 0)};
	struct ringlet_event e;

	connect_relays(&p[0], &p[1]);
	connect_relays(&p[1], &p[2]);
	for (int i = 0; i < 3; i++)
		begin(&p[i]);
	for (uint64_t i = 1; i <= MANY; i++) {
		ck_assert_int_eq(ringlet_next_event(p[2].r, "to", &e, -1), 0);
		ck_assert_uint_eq(e.user_data, i);
		ck_assert_int_eq(e.res, 7);
	}
	ck_assert_int_eq(ringlet_next_event(p[2].r, "to", &e, -1), 0);
	ck_assert_uint_eq(e.user_data, 0);
	for (int i = 0; i < 3; i++) {
		joined(&p[i], 0);
		/* Its own host sees what is not connected, and nothing else. */
		ck_assert_int_eq(ringlet_next_event(p[i].r, NULL, &e, -1), 0);
		ck_assert_str_eq(e.queue, "aside");
		ck_assert_uint_eq(e.user_data, MANY);
		ck_assert_int_eq(ringlet_next_event(p[i].r, NULL, &e, -1), -ESHUTDOWN);
		ck_assert_uint_eq(passed(&p[i]), MANY);
	}
	for (int i = 0; i < 3; i++)
		ringlet_close(p[i].r);
}

static void chain_of_one_engine(enum ringlet_engine_kind engine)
{
	chain(engine, engine, engine);
}

START_TEST(what_is_emitted_arrives_once_and_in_order)
{
	for_engines(chain_of_one_engine);
}
END_TEST

static void chain_from_user(enum ringlet_engine_kind engine)
{
	chain(RINGLET_USER, engine, RINGLET_USER);
	chain(engine, RINGLET_USER, engine);
}

START_TEST(engines_may_be_different_ones)
{
	for_engines(chain_from_user);
}
END_TEST

/* ---- several senders ---- */

static void *post(void *arg)
{
	struct runner *p = arg;

	for (int i = 1; i <= MANY / 10; i++)
		ck_assert_int_eq(ringlet_post_wait(p->r, "from", 0, (uint64_t)i, 8, -1), 0);
	return NULL;
}

static void gathered(enum ringlet_engine_kind engine)
{
	struct runner from[2] = {relay(engine, MANY / 10), relay(engine, MANY / 10)}, to = relay(engine, 0);
	uint64_t sum = 0, want = (uint64_t)MANY / 10 * (MANY / 10 + 1) / 2 * (2 + POSTERS);
	pthread_t posters[POSTERS];
	struct ringlet_event e;

	connect_relays(&from[0], &to);
	connect_relays(&from[1], &to);
	ck_assert_int_eq(
		ringlet_set_u64(to.r, "zeros", 3), 0); /* each sender has one, and the last is ours */
	begin(&to);
	begin(&from[0]);
	begin(&from[1]);
	for (int i = 0; i < POSTERS; i++)
		ck_assert_int_eq(pthread_create(&posters[i], NULL, post, &to), 0);
	for (int i = 0; i < MANY / 10 * (2 + POSTERS) + 2; i++) {
		ck_assert_int_eq(ringlet_next_event(to.r, "to", &e, -1), 0);
		sum += e.user_data;
	}
	ck_assert_uint_eq(sum, want);
	for (int i = 0; i < POSTERS; i++)
		pthread_join(posters[i], NULL);
	ck_assert_int_eq(ringlet_post(to.r, "from", 0, 0, 0), 0);
	joined(&from[0], 0);
	joined(&from[1], 0);
	joined(&to, 0);
	for (int i = 0; i < 2; i++)
		ringlet_close(from[i].r);
	ringlet_close(to.r);
}

START_TEST(several_senders_and_the_host_share_a_queue)
{
	for_engines(gathered);
}
END_TEST

/* ---- who comes first, and who goes ---- */

static void late(enum ringlet_engine_kind engine)
{
	struct runner from = relay(engine, 1), to = relay(engine, 0);
	struct ringlet_event e;

	connect_relays(&from, &to);
	begin(&from);
	joined(&from, 0);
	begin(&to);
	for (uint64_t i = 1;; i = 0) {
		ck_assert_int_eq(ringlet_next_event(to.r, "to", &e, -1), 0);
		ck_assert_uint_eq(e.user_data, i);
		if (!i)
			break;
	}
	joined(&to, 0);
	ringlet_close(to.r);
	ringlet_close(from.r);
}

START_TEST(what_was_emitted_waits_for_a_receiver_that_is_late)
{
	for_engines(late);
}
END_TEST

/* Whatever the sender is at when the receiver ends. */
static void receiver_ends(enum ringlet_engine_kind engine)
{
	struct runner from = relay(engine, MANY), to = relay(engine, 0);
	struct ringlet_event e;

	connect_relays(&from, &to);
	begin(&to);
	begin(&from);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(ringlet_next_event(to.r, "to", &e, -1), 0);
	ck_assert_int_eq(ringlet_stop(to.r), 0);
	joined(&to, -ECANCELED);
	joined(&from, -EPIPE);
	ringlet_close(to.r);
	ringlet_close(from.r);
}

START_TEST(a_sender_is_told_that_the_receiver_has_ended)
{
	for_engines(receiver_ends);
}
END_TEST

/* Either may be closed while the other runs, or was never loaded. */
static void closed_early(enum ringlet_engine_kind engine)
{
	struct runner from = relay(engine, 1), to = relay(engine, 0), never = relay(engine, 0);
	struct ringlet_event e;

	connect_relays(&from, &to);
	connect_relays(&to, &never);
	begin(&to);
	begin(&from);
	joined(&from, 0);
	ringlet_close(from.r); /* what there is goes with its last breath: the other's queue has room */
	joined(&to, 0);
	ck_assert_int_eq(ringlet_next_event(to.r, NULL, &e, -1), 0);
	ck_assert_uint_eq(e.user_data, 1);
	ringlet_close(never.r);
	ck_assert_int_eq(ringlet_next_event(to.r, NULL, &e, -1), -ESHUTDOWN);
	ringlet_close(to.r);
}

START_TEST(each_end_may_be_closed_first)
{
	for_engines(closed_early);
}
END_TEST

static void child_closes(enum ringlet_engine_kind engine)
{
	struct runner from = relay(engine, MANY), to = relay(engine, 0);
	struct ringlet_event e;
	int status;

	connect_relays(&from, &to);
	begin(&to);
	begin(&from);
	ck_assert_int_eq(ringlet_next_event(to.r, "to", &e, -1), 0);
	for (int i = 0; i < 5; i++) {
		pid_t child = fork();

		if (child == 0) {
			ringlet_close(i & 1 ? from.r : to.r);
			ringlet_close(i & 1 ? to.r : from.r);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert_int_eq(status, 0);
	}
	for (uint64_t i = 2; i <= MANY; i++) {
		ck_assert_int_eq(ringlet_next_event(to.r, "to", &e, -1), 0);
		ck_assert_uint_eq(e.user_data, i);
	}
	ck_assert_int_eq(ringlet_next_event(to.r, "to", &e, -1), 0);
	joined(&from, 0);
	joined(&to, 0);
	ringlet_close(from.r);
	ringlet_close(to.r);
}

START_TEST(a_child_that_closes_its_copies_disturbs_nobody)
{
	for_engines(child_closes);
}
END_TEST

/* ---- refused ---- */

START_TEST(what_cannot_be_connected_is_refused)
{
	struct runner from = relay(RINGLET_USER, 1), to = relay(RINGLET_USER, 0);
	struct {
		struct ringlet *from, *to;
		const char *out, *in;
		unsigned out_index, in_index;
		int err;
		const char *text;
	} cases[] = {
		{from.r, from.r, "to", "from", 0, 0, -EINVAL,
			"a program is not connected with itself: it has queues of its own"},
		{from.r, to.r, "from", "from", 0, 0, -ENOENT,
			"the program that is to send has no `out` queue `from[0]`"},
		{from.r, to.r, "to", "to", 0, 0, -ENOENT,
			"the program that is to receive has no `in` queue `to[0]`"},
		{from.r, to.r, "to", "from", 1, 0, -ENOENT,
			"the program that is to send has no `out` queue `to[1]`"},
		{from.r, to.r, "to", "from", 0, 7, -ENOENT,
			"the program that is to receive has no `in` queue `from[7]`"},
		{from.r, to.r, "to", "from", 0, 0, 0, NULL},
		{from.r, to.r, "to", "from", 0, 0, -EALREADY, "`to[0]` is connected already"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(ringlet_connect(cases[i].from, cases[i].out, cases[i].out_index, cases[i].to,
					 cases[i].in, cases[i].in_index),
			cases[i].err);
		if (cases[i].text)
			ck_assert_str_eq(ringlet_error(cases[i].from), cases[i].text);
	}
	ck_assert_int_eq(ringlet_load(to.r), 0);
	ck_assert_int_eq(ringlet_connect(from.r, "aside", 0, to.r, "from", 0), -EBUSY);
	ringlet_close(to.r);
	ringlet_close(from.r);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, what_is_emitted_arrives_once_and_in_order);
	tcase_add_test(t, engines_may_be_different_ones);
	tcase_add_test(t, several_senders_and_the_host_share_a_queue);
	tcase_add_test(t, what_was_emitted_waits_for_a_receiver_that_is_late);
	tcase_add_test(t, a_sender_is_told_that_the_receiver_has_ended);
	tcase_add_test(t, each_end_may_be_closed_first);
	tcase_add_test(t, a_child_that_closes_its_copies_disturbs_nobody);
	tcase_add_test(t, what_cannot_be_connected_is_refused);
}

int main(void)
{
	return run_tests("runtime_connect", add);
}
