/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * runtime_replace_queues.c: threads that post and take events, programs that are connected, and an io_uring
 * in which events are announced, do not notice that a program is replaced.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>

#include "replacing.h"
#include "uring_of_host.h"

/* Both queues are full, and nobody takes anything, while it is replaced again and again. */
static void full(enum ringlet_engine_kind engine)
{
	struct ringlet *all[6] = {started(engine)};
	struct ringlet_event e;
	uint64_t n = 0;

	while (shared(all[0], "taken") < 64) /* as many as there is room for events */
		n += ringlet_post(all[0], "posts", 0, n + 1, (int)n) == 0;
	while (ringlet_post(all[0], "posts", 0, n + 1, (int)n) == 0)
		n++;
	ck_assert_uint_eq(n, 128);
	for (unsigned i = 1; i < 6; i++) {
		all[i] = next(engine, i + 1);
		replace(all[i - 1], all[i]);
		ck_assert_int_eq(ringlet_post(all[i / 2], "posts", 0, 1, 0), -EAGAIN);
	}
	for (uint64_t i = 1; i <= n; i++) {
		ck_assert_int_eq(ringlet_next_event(all[i % 6], i & 1 ? NULL : "events", &e, -1), 0);
		ck_assert_uint_eq(e.user_data, i);
		ck_assert_int_eq(e.res, (int)i - 1);
	}
	ck_assert_int_eq(ringlet_next_event(all[0], NULL, &e, 0), -EAGAIN);
	ck_assert_uint_eq(shared(all[5], "taken"), n);
	for (unsigned i = 0; i < 6; i++)
		ringlet_close(all[i]);
}

START_TEST(what_is_in_queues_stays_in_its_order)
{
	for_engines(full);
}
END_TEST

#define POSTERS 3
#define EACH 2000

static struct ringlet *volatile known; /* the first program: threads are told of no other */

static void *post(void *arg)
{
	uint64_t me = (uint64_t)(uintptr_t)arg;

	for (uint64_t i = 1; i <= EACH; i++) {
		int err = i & 1 ? ringlet_post_wait(known, "posts", 0, me << 32 | i, 1, -1) : -EAGAIN;

		while (err == -EAGAIN) {
			err = ringlet_post(known, "posts", 0, me << 32 | i, 1);
			if (err == -EAGAIN)
				sched_yield();
		}
		ck_assert_int_eq(err, 0);
	}
	return NULL;
}

struct taker {
	bool polls; /* else it waits in ringlet_next_event */
	uint64_t last[POSTERS];
	uint32_t n;
};

static void *take(void *arg)
{
	struct taker *t = arg;
	int fd = ringlet_event_fd(known);

	while (__atomic_load_n(&t->n, __ATOMIC_RELAXED) < POSTERS * EACH) {
		struct ringlet_event e;
		int err = ringlet_next_event(known, NULL, &e, t->polls ? 0 : -1);

		if (t->polls && err == -EAGAIN) {
			struct pollfd p = {.fd = fd, .events = POLLIN};

			ck_assert_int_eq(poll(&p, 1, -1), 1);
			continue;
		}
		ck_assert_int_eq(err, 0);
		ck_assert_uint_eq((uint32_t)e.user_data, t->last[e.user_data >> 32] + 1);
		t->last[e.user_data >> 32]++;
		__atomic_add_fetch(&t->n, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void under_load(enum ringlet_engine_kind engine, bool polls)
{
	enum { TIMES = 12 };
	struct ringlet *all[TIMES + 1] = {started(engine)};
	pthread_t posters[POSTERS], taker;
	struct taker t = {.polls = polls};
	int fd = ringlet_event_fd(all[0]);
	unsigned n = 0;

	known = all[0];
	ck_assert_int_eq(pthread_create(&taker, NULL, take, &t), 0);
	for (uintptr_t i = 0; i < POSTERS; i++)
		ck_assert_int_eq(pthread_create(&posters[i], NULL, post, (void *)i), 0);
	for (; n < TIMES; n++) {
		/* Spread over what there is to do. */
		while (__atomic_load_n(&t.n, __ATOMIC_RELAXED) < n * POSTERS * EACH / (TIMES + 1))
			sched_yield();
		all[n + 1] = next(engine, n + 2);
		replace(all[n], all[n + 1]);
		ck_assert_int_eq(ringlet_event_fd(all[n + 1]), fd);
	}
	for (unsigned i = 0; i < POSTERS; i++)
		pthread_join(posters[i], NULL);
	pthread_join(taker, NULL);
	for (unsigned i = 0; i < POSTERS; i++)
		ck_assert_uint_eq(t.last[i], EACH);
	ck_assert_uint_eq(shared(all[n], "taken"), POSTERS * EACH);
	ck_assert_uint_eq(shared(all[n], "left_orderly"), TIMES);
	for (unsigned i = 0; i <= n; i++)
		ringlet_close(all[i]);
}

static void waiting(enum ringlet_engine_kind engine)
{
	under_load(engine, false);
}

static void polling(enum ringlet_engine_kind engine)
{
	under_load(engine, true);
}

START_TEST(no_post_is_lost_or_doubled)
{
	for_engines(waiting);
}
END_TEST

START_TEST(the_descriptor_for_poll_stays_the_same)
{
	for_engines(polling);
}
END_TEST

/* ---- an io_uring of the host's ---- */

#define TAG 77

static void announced(enum ringlet_engine_kind engine)
{
	struct ringlet *old = started(engine), *r = next(engine, 2);
	struct ringlet_event e;
	struct host_ring h;
	struct host_cqe c;

	ck_assert(host_ring_open(&h, 0));
	ck_assert_int_eq(ringlet_set_event_ring(old, "events", h.fd, TAG), 0);
	for (uint64_t i = 1; i <= 40; i++) {
		if (i == 20)
			replace(old, r);
		ck_assert_int_eq(ringlet_post(old, "posts", 0, i, 0), 0);
		do { /* which may be of the one before, when there was none */
			c = host_ring_next(&h);
			ck_assert_uint_eq(c.user_data, TAG);
		} while (ringlet_next_event(old, NULL, &e, 0) == -EAGAIN);
		ck_assert_uint_eq(e.user_data, i);
		ck_assert_int_eq(ringlet_next_event(old, NULL, &e, 0), -EAGAIN);
	}
	ringlet_close(old);
	ringlet_stop(r);
	do
		c = host_ring_next(&h); /* the last is that there is none any more */
	while (ringlet_next_event(r, NULL, &e, 0) != -ESHUTDOWN);
	ringlet_close(r);
	host_ring_close(&h);
}

/* The first time it is not loaded, and then the old one has no ring any more. */
static void announced_nowhere(enum ringlet_engine_kind engine)
{
	struct ringlet *old = started(engine), *r = next(engine, 2);
	struct host_ring h;

	ck_assert(host_ring_open(&h, 0));
	ck_assert_int_eq(ringlet_set_event_ring(old, "events", h.fd, TAG), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "out", "no/such/file"), 0);
	ck_assert_int_eq(ringlet_replace(old, r, -1), -ENOENT);
	ck_assert_int_eq(ringlet_set_event_ring(old, "events", -1, 0), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "out", "fd:2"), 0);
	replace(old, r);
	ringlet_stop(r);
	ck_assert_int_eq(ringlet_join(r, -1), -ECANCELED);
	ck_assert_uint_eq(*h.cq_head, rl_load_acquire(h.cq_tail));
	ringlet_close(old);
	ringlet_close(r);
	host_ring_close(&h);
}

START_TEST(nothing_is_kept_of_a_replacement_that_failed)
{
	for_engines(announced_nowhere);
}
END_TEST

START_TEST(events_go_on_being_announced)
{
	for_engines(announced);
}
END_TEST

/* ---- connected programs ---- */

#define MANY 3000

static struct ringlet *relay(enum ringlet_engine_kind engine, uint64_t make)
{
	struct ringlet *r = opened_script("tests/unit/relay.bpf.o", engine);

	if (make)
		ck_assert_int_eq(ringlet_set_u64(r, "make", make), 0);
	return r;
}

/* One that sends, one that is replaced, one that receives. */
static void connected(enum ringlet_engine_kind engine)
{
	enum { TIMES = 10 };
	struct ringlet *from = relay(engine, MANY), *to = relay(RINGLET_USER, 0), *r = first(engine);
	struct ringlet_event e;

	ck_assert_int_eq(ringlet_connect(from, "to", 0, r, "posts", 0), 0);
	ck_assert_int_eq(ringlet_connect(r, "events", 0, to, "from", 0), 0);
	ck_assert_int_eq(ringlet_start(to), 0);
	ck_assert_int_eq(ringlet_start(r), 0);
	ck_assert_int_eq(ringlet_start(from), 0);
	for (uint64_t i = 1; i <= MANY; i++) {
		ck_assert_int_eq(ringlet_next_event(to, "to", &e, -1), 0);
		ck_assert_uint_eq(e.user_data, i);
		ck_assert_int_eq(e.res, 7);
		if (i % (MANY / TIMES) == 7) {
			struct ringlet *heir = next(i & 1 ? engine : RINGLET_USER, i);

			replace(r, heir);
			ringlet_close(r);
			r = heir;
		}
	}
	ck_assert_int_eq(ringlet_next_event(to, "to", &e, -1), 0);
	ck_assert_uint_eq(e.user_data, 0);
	ck_assert_int_eq(ringlet_join(from, -1), 0);
	ck_assert_int_eq(ringlet_join(to, -1), 0);
	ck_assert_uint_eq(shared(r, "taken"), MANY + 1);
	ringlet_close(from);
	ringlet_close(r);
	ringlet_close(to);
}

START_TEST(connections_are_those_of_the_new_program)
{
	for_engines(connected);
}
END_TEST

static void unconnectable(enum ringlet_engine_kind engine)
{
	struct ringlet *r = first(engine), *to = relay(engine, 0), *heir = relay(engine, 0);

	ck_assert_int_eq(ringlet_connect(r, "events", 0, to, "from", 0), 0);
	ck_assert_int_eq(ringlet_start(r), 0);
	ck_assert_int_eq(ringlet_replace(r, heir, -1), -ENOENT);
	ck_assert_str_eq(
		ringlet_error(heir), "queue `events[0]` is connected before: there is none of that kind");
	ck_assert_int_eq(ringlet_replace(r, to, -1), -EINVAL);
	ck_assert_str_eq(ringlet_error(to), "queue `events[0]` leads from the one to the other");
	ck_assert_int_eq(ringlet_join(r, 0), 1);
	ringlet_close(r);
	ringlet_close(to);
	ringlet_close(heir);
}

START_TEST(a_connection_that_leads_nowhere_is_refused)
{
	for_engines(unconnectable);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, what_is_in_queues_stays_in_its_order);
	tcase_add_test(t, no_post_is_lost_or_doubled);
	tcase_add_test(t, the_descriptor_for_poll_stays_the_same);
	tcase_add_test(t, events_go_on_being_announced);
	tcase_add_test(t, nothing_is_kept_of_a_replacement_that_failed);
	tcase_add_test(t, connections_are_those_of_the_new_program);
	tcase_add_test(t, a_connection_that_leads_nowhere_is_refused);
}

int main(void)
{
	return run_tests("runtime_replace_queues", add);
}
