/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_events.c: posts to a script and events from it, by many threads, and by rings of the host's. */
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#include "engine.h"
#include "ring.h"
#include "runner.h"
#include "uring_of_host.h"

#define THREADS 8
#ifndef EACH
#define EACH 4000
#endif
#define FEW (EACH / 8)
#define TAG 0x0123456789abcdefull

static struct ringlet *opened(enum ringlet_engine_kind engine)
{
	return opened_script("tests/unit/echo.bpf.o", engine);
}

/* ---- threads that post ---- */

enum way { BY_CALL, BY_SQE, WAITING, MIXED };

struct poster {
	struct ringlet *r;
	enum way way;
	uint64_t id;
	int32_t each, posted; /* how many to post; as many were taken */
	uint64_t refused, doorbells;
	int result; /* of the last */
	struct host_ring ring;
	pthread_t thread;
};

/* One try. */
static int post_once(struct poster *p, uint64_t user_data, int32_t res)
{
	struct io_uring_sqe sqe;
	int err;

	if (p->way == BY_CALL)
		return ringlet_post(p->r, "posts", 0, user_data, res);
	if (p->way == WAITING)
		return ringlet_post_wait(p->r, "posts", 0, user_data, res, -1);
	err = ringlet_post_sqe(p->r, "posts", 0, user_data, res, &sqe);
	if (err != 1)
		return err;
	p->doorbells++;
	sqe.user_data = 7;
	host_ring_submit(&p->ring, &sqe);
	ck_assert_int_eq(host_ring_next(&p->ring).res, 0);
	return 0;
}

static int post(struct poster *p, uint64_t user_data, int32_t res)
{
	int err;

	while ((err = post_once(p, user_data, res)) == -EAGAIN) {
		p->refused++;
		sched_yield();
	}
	return err;
}

static void *post_many(void *arg)
{
	struct poster *p = arg;

	if (p->way == BY_SQE)
		ck_assert(host_ring_open(&p->ring, 0));
	for (int32_t i = 1; i <= p->each && !(p->result = post(p, p->id, i)); i++)
		p->posted = i;
	if (p->way == BY_SQE)
		host_ring_close(&p->ring);
	return NULL;
}

/* MIXED: each in one of the other ways. */
static void begin_posters(struct poster p[THREADS], struct ringlet *r, int32_t each, enum way way)
{
	for (unsigned i = 0; i < THREADS; i++) {
		p[i] = (struct poster){
			.r = r, .way = way == MIXED ? i % MIXED : way, .id = i + 1, .each = each};
		ck_assert_int_eq(pthread_create(&p[i].thread, NULL, post_many, &p[i]), 0);
	}
}

static void join_posters(struct poster p[THREADS])
{
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(p[i].thread, NULL);
}

static void end_by_post(struct ringlet *r)
{
	struct poster p = {.r = r};

	ck_assert_int_eq(post(&p, 0, 0), 0);
}

/* ---- what arrives ---- */

struct arrived {
	int32_t last[THREADS + 1];
	int n;
};

/* Those of each thread come in the order in which it posted them, none is missing and none comes twice. */
static void check_event(struct arrived *a, const struct ringlet_event *e)
{
	ck_assert_str_eq(e->queue, "events");
	ck_assert_uint_eq(e->index, 0);
	ck_assert_uint_ge(e->user_data, 1);
	ck_assert_uint_le(e->user_data, THREADS);
	ck_assert_int_eq(e->res, a->last[e->user_data] + 1);
	a->last[e->user_data] = e->res;
	a->n++;
}

static void under_load(enum ringlet_engine_kind engine, enum way way)
{
	struct runner u = {.r = opened(engine)};
	struct poster posters[THREADS];
	struct arrived a = {0};
	struct ringlet_event e;

	begin(&u);
	begin_posters(posters, u.r, EACH, way);
	while (a.n < THREADS * EACH) {
		ck_assert_int_eq(ringlet_next_event(u.r, "events", &e, -1), 0);
		check_event(&a, &e);
	}
	join_posters(posters);
	for (int i = 0; i < THREADS; i++) {
		ck_assert_int_eq(posters[i].result, 0);
		ck_assert(way != WAITING || posters[i].refused == 0);
	}
	end_by_post(u.r);
	joined(&u, 0);
	ck_assert_uint_eq(*(uint64_t *)ringlet_shared(u.r, "answered", NULL), THREADS * EACH);
	ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, -1), -ESHUTDOWN);
	ck_assert_int_eq(ringlet_post(u.r, "posts", 0, 1, 0), -ESHUTDOWN);
	ck_assert_uint_eq(rl_in_flight(u.r), 0);
	ringlet_close(u.r);
}

static void by_calls(enum ringlet_engine_kind engine)
{
	under_load(engine, BY_CALL);
}

START_TEST(nothing_is_lost_or_doubled)
{
	for_engines(by_calls);
}
END_TEST

static void by_calls_and_rings(enum ringlet_engine_kind engine)
{
	under_load(engine, MIXED);
}

START_TEST(nor_where_rings_of_the_host_wake_the_program)
{
	for_engines(by_calls_and_rings);
}
END_TEST

static void full(enum ringlet_engine_kind engine)
{
	struct ringlet *r = opened(engine);
	struct io_uring_sqe sqe, as_it_was;
	struct ringlet_event e;
	int n = 0;

	memset(&sqe, 0x55, sizeof(sqe));
	as_it_was = sqe;
	ck_assert_int_eq(ringlet_post(r, "posts", 0, 1, 0), -EINVAL);
	ck_assert_int_eq(ringlet_post_sqe(r, "posts", 0, 1, 0, &sqe), -EINVAL);
	ck_assert_int_eq(ringlet_event_fd(r), -EINVAL);
	ck_assert_msg(ringlet_load(r) == 0, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	while (ringlet_post(r, "posts", 0, 2, n) == 0)
		n++;
	ck_assert_int_eq(n, 8); /* as it is declared; nothing runs yet */
	ck_assert_int_eq(ringlet_post_sqe(r, "posts", 0, 1, 0, &sqe), -EAGAIN);
	ck_assert_mem_eq(&sqe, &as_it_was, sizeof(sqe));
	ck_assert_int_eq(ringlet_post(r, "posts", 1, 1, 0), -ENOENT);
	ck_assert_int_eq(ringlet_post(r, "events", 0, 1, 0), -ENOENT);
	ck_assert_int_eq(ringlet_post(r, NULL, 0, 1, 0), -ENOENT);
	ck_assert_int_eq(ringlet_post_sqe(r, "none", 0, 1, 0, &sqe), -ENOENT);
	ck_assert_int_eq(ringlet_next_event(r, "posts", &e, 0), -ENOENT);
	ck_assert_int_eq(ringlet_next_event(r, "events", &e, 0), -EAGAIN);
	ringlet_close(r);
}

START_TEST(a_full_queue_refuses)
{
	for_engines(full);
}
END_TEST

static void descriptor(enum ringlet_engine_kind engine)
{
	struct runner u = {.r = opened(engine)};
	struct poster by = {.r = u.r};
	struct ringlet_event e;

	begin(&u);
	struct pollfd p = {.fd = ringlet_event_fd(u.r), .events = POLLIN};
	ck_assert_int_ge(p.fd, 0);
	ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, 0), -EAGAIN);
	ck_assert_int_eq(poll(&p, 1, 0), 0);
	ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, 5), -EAGAIN);
	ck_assert_int_eq(post(&by, 12, -3), 0);
	ck_assert_int_eq(poll(&p, 1, 30000), 1);
	ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, 0), 0);
	ck_assert_str_eq(e.queue, "events");
	ck_assert_uint_eq(e.user_data, 12);
	ck_assert_int_eq(e.res, -3);
	/* What is there when the program ends can still be taken. */
	ck_assert_int_eq(post(&by, 2, 0), 0);
	ck_assert_int_eq(post(&by, UINT64_MAX, 0), 0);
	ck_assert_int_eq(post(&by, 0, 0), 0);
	pthread_join(u.thread, NULL);
	ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, 0), 0);
	ck_assert_uint_eq(e.user_data, 2);
	ck_assert_int_eq(ringlet_next_event(u.r, "events", &e, -1), 0);
	ck_assert_uint_eq(e.user_data, UINT64_MAX);
	ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, -1), -ESHUTDOWN);
	ck_assert_int_eq(poll(&p, 1, 0), 1);
	ringlet_close(u.r);
}

START_TEST(the_descriptor_says_when_there_is_an_event)
{
	for_engines(descriptor);
}
END_TEST

static void asked_late(enum ringlet_engine_kind engine)
{
	struct runner u = {.r = opened(engine)};
	struct poster by = {.r = u.r};
	struct pollfd p = {.events = POLLIN};
	struct ringlet_event e;

	begin(&u);
	ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, 0), -EAGAIN);
	ck_assert_int_eq(post(&by, 1, 1), 0);
	while (__atomic_load_n((uint64_t *)ringlet_shared(u.r, "answered", NULL), __ATOMIC_ACQUIRE) == 0)
		sched_yield();
	p.fd = ringlet_event_fd(u.r);
	ck_assert_int_eq(poll(&p, 1, 0), 1);
	ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, 0), 0);
	ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, 0), -EAGAIN);
	ck_assert_int_eq(poll(&p, 1, 0), 0);
	ck_assert_int_eq(post(&by, 0, 0), 0);
	pthread_join(u.thread, NULL);
	ck_assert_int_eq(ringlet_event_fd(u.r), p.fd);
	ck_assert_int_eq(poll(&p, 1, 0), 1);
	ringlet_close(u.r);
}

START_TEST(a_descriptor_that_is_asked_for_late_says_what_there_is)
{
	for_engines(asked_late);
}
END_TEST

static void *take_in_vain(void *arg)
{
	struct ringlet_event e;

	return (void *)(intptr_t)ringlet_next_event(arg, NULL, &e, -1);
}

/* The one that goes on has the event though the other was waiting too. */
static void cancelled(enum ringlet_engine_kind engine)
{
	struct runner u = {.r = opened(engine)};
	struct poster by = {.r = u.r};
	pthread_t takers[2];
	void *result;

	begin(&u);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&takers[i], NULL, take_in_vain, u.r), 0);
	for (bool waiting = false; !waiting; sched_yield()) {
		pthread_mutex_lock(&u.r->event_lock);
		waiting = u.r->takers == 2;
		pthread_mutex_unlock(&u.r->event_lock);
	}
	pthread_cancel(takers[0]);
	pthread_join(takers[0], &result);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	ck_assert_int_eq(post(&by, 1, 1), 0);
	pthread_join(takers[1], &result);
	ck_assert_int_eq((int)(intptr_t)result, 0);
	ck_assert_uint_eq(u.r->takers, 0);
	end_by_post(u.r);
	joined(&u, 0);
	ringlet_close(u.r);
}

START_TEST(a_thread_that_waits_for_an_event_can_be_cancelled)
{
	for_engines(cancelled);
}
END_TEST

/* ---- waiting for room ---- */

/* Nobody but those who wait, so nobody else rings: a wake-up that is lost hangs. */
static void waiting(enum ringlet_engine_kind engine)
{
	under_load(engine, WAITING);
}

START_TEST(who_waits_for_room_gets_it)
{
	for_engines(waiting);
}
END_TEST

static void *wait_in_vain(void *arg)
{
	int err = 0;

	while (err == 0)
		err = ringlet_post_wait(arg, "posts", 0, 1, 1, -1);
	return (void *)(intptr_t)err;
}

static void no_room(enum ringlet_engine_kind engine)
{
	struct runner u = {.r = opened(engine)};
	pthread_t ended, cancelled;
	void *result;

	ck_assert_int_eq(ringlet_post_wait(u.r, "posts", 0, 1, 1, -1), -EINVAL);
	begin(&u);
	ck_assert_int_eq(ringlet_post_wait(u.r, "events", 0, 1, 1, -1), -ENOENT);
	/* Nobody takes the events, so the script takes no posts any more, sometime. */
	while (ringlet_post_wait(u.r, "posts", 0, 1, 1, 20) == 0)
		;
	ck_assert_int_eq(ringlet_post_wait(u.r, "posts", 0, 1, 1, 0), -EAGAIN);
	ck_assert_int_eq(ringlet_post_wait(u.r, "posts", 0, 1, 1, 1001), -EAGAIN);
	ck_assert_int_eq(pthread_create(&ended, NULL, wait_in_vain, u.r), 0);
	ck_assert_int_eq(pthread_create(&cancelled, NULL, wait_in_vain, u.r), 0);
	poll(NULL, 0, 10);
	pthread_cancel(cancelled);
	pthread_join(cancelled, &result);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	ck_assert_int_eq(ringlet_post(u.r, "posts", 0, 1, 1), -EAGAIN); /* it left no lock behind */
	ck_assert_int_eq(ringlet_stop(u.r), 0);
	joined(&u, -ECANCELED);
	pthread_join(ended, &result);
	ck_assert_int_eq((int)(intptr_t)result, -ESHUTDOWN);
	ringlet_close(u.r);
}

START_TEST(waiting_ends_with_its_time_with_the_thread_or_the_program)
{
	for_engines(no_room);
}
END_TEST

/* Nothing else wakes the program: a wake-up that is lost hangs. */
static void tasks_wait(enum ringlet_engine_kind engine)
{
	struct runner u = {.r = opened_script("tests/unit/room.bpf.o", engine)};
	struct ringlet_event e;
	int32_t next[2] = {0, 0};

	ck_assert_int_eq(ringlet_set_u64(u.r, "each", EACH), 0);
	begin(&u);
	for (int i = 0; i < 2 * EACH; i++) {
		ck_assert_int_eq(ringlet_next_event(u.r, i % 2 ? NULL : "events", &e, -1), 0);
		ck_assert_uint_lt(e.user_data, 2);
		ck_assert_int_eq(e.res, next[e.user_data]++);
	}
	ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, -1), -ESHUTDOWN);
	joined(&u, 0);
	ringlet_close(u.r);
}

START_TEST(tasks_that_wait_for_room_get_it)
{
	for_engines(tasks_wait);
}
END_TEST

static void tasks_stop(enum ringlet_engine_kind engine)
{
	struct runner u = {.r = opened_script("tests/unit/room.bpf.o", engine)};
	struct ringlet_event e;

	begin(&u);
	ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, -1), 0);
	ck_assert_int_eq(ringlet_stop(u.r), 0);
	joined(&u, -ECANCELED);
	ringlet_close(u.r);
}

START_TEST(a_stop_ends_tasks_that_wait_for_room)
{
	for_engines(tasks_stop);
}
END_TEST

/* ---- stop and fork ---- */

/* Posts that were taken before the stop are answered or dropped as a whole from some point on. */
static void stopped(enum ringlet_engine_kind engine)
{
	struct runner u = {.r = opened(engine)};
	struct poster posters[THREADS];
	struct arrived a = {0};
	struct ringlet_event e;
	int err;

	begin(&u);
	begin_posters(posters, u.r, EACH, MIXED);
	while ((err = ringlet_next_event(u.r, NULL, &e, -1)) == 0) {
		check_event(&a, &e);
		if (a.n == EACH)
			ck_assert_int_eq(ringlet_stop(u.r), 0);
	}
	ck_assert_int_eq(err, -ESHUTDOWN);
	ck_assert_int_ge(a.n, EACH);
	pthread_join(u.thread, NULL);
	join_posters(posters);
	ck_assert_int_eq(u.result, -ECANCELED);
	for (int i = 0; i < THREADS; i++) {
		ck_assert(posters[i].result == -ESHUTDOWN || posters[i].posted == EACH);
		ck_assert_int_le(a.last[i + 1], posters[i].posted);
	}
	ringlet_close(u.r);
}

START_TEST(a_stop_ends_posters_and_who_waits_for_events)
{
	for_engines(stopped);
}
END_TEST

static void idle_stop(enum ringlet_engine_kind engine)
{
	struct runner u = {.r = opened(engine)};

	begin(&u);
	poll(NULL, 0, 20);
	ck_assert_int_eq(ringlet_stop(u.r), 0);
	joined(&u, -ECANCELED);
	ringlet_close(u.r);
}

START_TEST(a_program_that_waits_for_posts_can_be_stopped)
{
	for_engines(idle_stop);
}
END_TEST

static int in_the_child(struct ringlet *r)
{
	struct ringlet_event e;
	struct io_uring_sqe sqe;

	if (ringlet_post(r, "posts", 0, 1, 1) != -EEXIST)
		return 1;
	if (ringlet_post_sqe(r, "posts", 0, 1, 1, &sqe) != -EEXIST)
		return 2;
	if (ringlet_next_event(r, NULL, &e, -1) != -EEXIST)
		return 3;
	if (ringlet_set_event_ring(r, NULL, -1, 0) != -EEXIST)
		return 4;
	if (ringlet_event_fd(r) != -EEXIST)
		return 5;
	ringlet_close(r);
	return 0;
}

static void forked(enum ringlet_engine_kind engine)
{
	struct runner u = {.r = opened(engine)};
	struct poster posters[THREADS];
	struct arrived a = {0};
	struct ringlet_event e;

	begin(&u);
	begin_posters(posters, u.r, EACH, MIXED);
	while (a.n < THREADS * EACH) {
		ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, -1), 0);
		check_event(&a, &e);
		if (a.n % (THREADS * EACH / 4) == 1) { /* posters hold and release locks meanwhile */
			pid_t child = fork();
			int status;

			if (child == 0)
				_exit(in_the_child(u.r));
			ck_assert_int_eq(waitpid(child, &status, 0), child);
			ck_assert_int_eq(status, 0);
		}
	}
	join_posters(posters);
	end_by_post(u.r);
	joined(&u, 0);
	ringlet_close(u.r);
}

START_TEST(a_child_is_told_that_the_queues_are_not_its_own)
{
	for_engines(forked);
}
END_TEST

/* ---- events in a ring of the host's ---- */

/* As a host does it whose ring has other completions too: its own requests' and those that announce events.
 */
static void announced(enum ringlet_engine_kind engine, uint32_t flags, bool before)
{
	struct runner u = {.r = opened(engine)};
	struct poster posters[THREADS];
	struct arrived a = {0};
	struct host_ring h;
	int err = 0, last = -1;

	if (!host_ring_open(&h, flags)) {
		ringlet_close(u.r);
		return;
	}
	if (before)
		ck_assert_int_eq(ringlet_set_event_ring(u.r, NULL, h.fd, TAG), 0);
	begin(&u);
	begin_posters(posters, u.r, FEW, BY_CALL);
	if (!before) {
		poll(NULL, 0, 5);
		ck_assert_int_eq(ringlet_set_event_ring(u.r, "events", h.fd, TAG), 0);
	}
	while (err != -ESHUTDOWN) {
		struct host_cqe cqe = host_ring_next(&h);
		struct ringlet_event e;

		ck_assert_uint_eq(cqe.user_data, TAG);
		ck_assert_uint_eq(cqe.flags, 0);
		ck_assert_int_ge(cqe.res, 0);
		ck_assert_int_le(cqe.res, 4);
		last = cqe.res;
		while ((err = ringlet_next_event(u.r, "events", &e, 0)) == 0)
			check_event(&a, &e);
		if (a.n == THREADS * FEW) {
			a.n++;
			end_by_post(u.r);
		}
	}
	pthread_join(u.thread, NULL);
	join_posters(posters);
	ck_assert_int_eq(u.result, 0);
	ck_assert_int_eq(a.n, THREADS * FEW + 1);
	while (rl_load_acquire(h.cq_tail) != *h.cq_head)
		last = host_ring_next(&h).res;
	ck_assert_int_eq(last, 0);
	ringlet_close(u.r);
	host_ring_close(&h);
}

static void in_rings(enum ringlet_engine_kind engine)
{
	static const uint32_t kinds[] = {0, RL_SETUP_SINGLE_ISSUER | RL_SETUP_DEFER_TASKRUN,
		IORING_SETUP_CQE32, IORING_SETUP_IOPOLL, IORING_SETUP_SQPOLL};

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		announced(engine, kinds[i], i % 2 == 0);
}

START_TEST(events_are_announced_in_rings_of_every_kind)
{
	for_engines(in_rings);
}
END_TEST

/* Full rings, and one that is not enabled yet: nothing is lost. */
static void slow_ring(enum ringlet_engine_kind engine)
{
	struct runner u = {.r = opened(engine)};
	struct poster by = {.r = u.r};
	struct io_uring_sqe nop = {.opcode = IORING_OP_NOP, .user_data = 1};
	struct host_ring h;
	struct ringlet_event e;

	ck_assert(host_ring_open(&h, IORING_SETUP_R_DISABLED));
	ck_assert_int_eq(ringlet_set_event_ring(u.r, "events", h.fd, TAG), 0);
	begin(&u);
	ck_assert_int_eq(post(&by, 5, 1), 0); /* cannot be announced */
	while (__atomic_load_n((uint64_t *)ringlet_shared(u.r, "answered", NULL), __ATOMIC_ACQUIRE) == 0)
		sched_yield();
	ck_assert_int_eq(rl_uring_register(h.fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0), 0);
	for (uint32_t i = 0; i <= h.cq_mask; i++)
		host_ring_submit(&h, &nop);   /* now it is full */
	ck_assert_int_eq(post(&by, 6, 2), 0); /* it is tried again, and may overflow */
	for (uint32_t nops = 0, told = 0; nops <= h.cq_mask || !told;) {
		struct host_cqe cqe = host_ring_next(&h);

		nops += cqe.user_data == 1;
		told += cqe.user_data == TAG && cqe.res >= 1;
	}
	ck_assert_int_eq(ringlet_next_event(u.r, "events", &e, 0), 0);
	ck_assert_uint_eq(e.user_data, 5);
	ck_assert_int_eq(ringlet_next_event(u.r, "events", &e, -1), 0);
	ck_assert_uint_eq(e.user_data, 6);
	/* The copy of the descriptor is the library's. */
	ck_assert_int_eq(ringlet_next_event(u.r, "events", &e, 0), -EAGAIN);
	int copy = fcntl(h.fd, F_DUPFD_CLOEXEC, 0);
	close(h.fd);
	h.fd = copy;
	ck_assert_int_eq(post(&by, 7, 3), 0);
	do /* the one before may have been announced after it was taken */
		ck_assert_uint_eq(host_ring_next(&h).user_data, TAG);
	while (ringlet_next_event(u.r, "events", &e, 0) != 0);
	ck_assert_uint_eq(e.user_data, 7);
	/* No more. */
	ck_assert_int_eq(ringlet_set_event_ring(u.r, NULL, -1, 0), 0);
	uint32_t tail = rl_load_acquire(h.cq_tail);
	ck_assert_int_eq(ringlet_next_event(u.r, "events", &e, 0), -EAGAIN);
	ck_assert_int_eq(post(&by, 8, 4), 0);
	ck_assert_int_eq(ringlet_next_event(u.r, "events", &e, -1), 0);
	end_by_post(u.r);
	joined(&u, 0);
	ck_assert_uint_eq(rl_load_acquire(h.cq_tail), tail);
	ringlet_close(u.r);
	host_ring_close(&h);
}

START_TEST(a_ring_that_cannot_take_it_is_tried_again)
{
	for_engines(slow_ring);
}
END_TEST

static void one_for_many(enum ringlet_engine_kind engine)
{
	struct runner u = {.r = opened(engine)};
	struct poster by = {.r = u.r};
	struct ringlet_event e;
	struct host_ring h;

	ck_assert(host_ring_open(&h, 0));
	ck_assert_int_eq(ringlet_set_event_ring(u.r, "events", h.fd, TAG), 0);
	begin(&u);
	for (int round = 1; round <= 50; round++) {
		uint64_t *answered = ringlet_shared(u.r, "answered", NULL);

		for (int i = 0; i < 4; i++)
			ck_assert_int_eq(post(&by, 1, i), 0);
		while (__atomic_load_n(answered, __ATOMIC_ACQUIRE) != (uint64_t)round * 4)
			sched_yield();
		ck_assert_uint_eq(host_ring_next(&h).user_data, TAG);
		for (int i = 0; i < 4; i++) {
			ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, 0), 0);
			ck_assert_int_eq(e.res, i);
		}
		ck_assert_uint_eq(rl_load_acquire(h.cq_tail), *h.cq_head);
		ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, 0), -EAGAIN);
	}
	end_by_post(u.r);
	pthread_join(u.thread, NULL);
	ck_assert_uint_eq(host_ring_next(&h).user_data, TAG);
	ck_assert_uint_eq(rl_load_acquire(h.cq_tail), *h.cq_head);
	ringlet_close(u.r);
	host_ring_close(&h);
}

START_TEST(events_that_nobody_takes_are_announced_once)
{
	for_engines(one_for_many);
}
END_TEST

START_TEST(what_is_no_ring_is_refused)
{
	struct ringlet *r = opened(RINGLET_USER);
	struct ringlet *none;
	struct host_ring h;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert(host_ring_open(&h, RL_SETUP_SINGLE_ISSUER));
	ck_assert_int_eq(ringlet_set_event_ring(r, NULL, 4000, 1), -EBADF);
	ck_assert_int_eq(ringlet_set_event_ring(r, NULL, null, 1), -EINVAL);
	ck_assert_int_eq(ringlet_set_event_ring(r, "posts", h.fd, 1), -ENOENT);
	ck_assert_int_eq(ringlet_set_event_ring(r, "none", -1, 1), -ENOENT);
	ck_assert_int_eq(ringlet_set_event_ring(r, "events", h.fd, 1), 0);
	ck_assert_int_eq(ringlet_set_event_ring(r, "events", h.fd, 2), 0);
	none = ringlet_open(reference_path(), NULL);
	ck_assert_int_eq(ringlet_set_event_ring(none, NULL, h.fd, 1), -ENOENT);
	ringlet_close(none);
	ringlet_close(r);
	host_ring_close(&h);
	close(null);
}
END_TEST

/* As on kernels before 6.13, and before 5.18. */
START_TEST(older_kernels_have_a_ring_of_the_librarys_or_refuse)
{
	struct io_uring_sqe sqe;
	struct host_ring h;
	struct ringlet *r;

	rl_uring_refused = RL_SETUP_NO_MMAP;
	announced(RINGLET_USER, 0, true);
	under_load(RINGLET_USER, MIXED);
	rl_uring_refused |= RL_SETUP_SUBMIT_ALL;
	under_load(RINGLET_USER, BY_CALL);
	ck_assert(host_ring_open(&h, 0));
	r = opened(RINGLET_USER);
	ck_assert_int_eq(ringlet_set_event_ring(r, NULL, h.fd, 1), -EOPNOTSUPP);
	ck_assert_int_eq(ringlet_load(r), 0);
	ck_assert_int_eq(ringlet_post_sqe(r, "posts", 0, 1, 1, &sqe), -EOPNOTSUPP);
	ringlet_close(r);
	host_ring_close(&h);
}
END_TEST

/* ---- messages that nobody should send ---- */

static void forged(enum ringlet_engine_kind engine)
{
	static const uint64_t strange[] = {0x7ull << 60, UINT64_MAX, 0x00f0ull << 32, 0xffffull << 32 | 3,
		RL_UD_INTERNAL | 5, RL_UD_INTERNAL | 1ull << 32, 0x0123456789abcdefull};
	struct runner u = {.r = opened(engine)};
	struct poster by = {.r = u.r};
	struct host_ring h;
	struct io_uring_sqe sqe;
	struct ringlet_event e;

	ck_assert(host_ring_open(&h, 0));
	begin(&u);
	ck_assert_int_eq(post(&by, 1, 1), 0);
	ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, -1), 0);
	int fd = u.r->engine->message_fd(u.r);
	for (int32_t i = 0; i < 500; i++) {
		rl_ring_message_sqe(&sqe, fd,
			(struct rl_message){
				strange[(uint32_t)i % (sizeof(strange) / sizeof(strange[0]))], i});
		if (i & 1) { /* with flags of the sender's choice, 6.3 */
			sqe.msg_ring_flags = 2;
			sqe.file_index = i & 2 ? IORING_CQE_F_MORE : 0xffff0007;
		}
		host_ring_submit(&h, &sqe);
		ck_assert_int_eq(host_ring_next(&h).res, 0);
	}
	for (int i = 2; i < 100; i++) {
		ck_assert_int_eq(post(&by, 1, i), 0);
		ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, -1), 0);
		ck_assert_int_eq(e.res, i);
	}
	end_by_post(u.r);
	joined(&u, 0);
	ck_assert_uint_eq(rl_in_flight(u.r), 0);
	ringlet_close(u.r);
	host_ring_close(&h);
}

START_TEST(a_message_that_nobody_knows_disturbs_nobody)
{
	for_engines(forged);
}
END_TEST

/* A message that is not sent: the next post wakes the program in any case. */
static void dropped(enum ringlet_engine_kind engine)
{
	struct runner u = {.r = opened(engine)};
	struct poster by = {.r = u.r};
	struct io_uring_sqe sqe;
	struct ringlet_event e;
	int filled = 0;

	begin(&u);
	for (int i = 1; i < 1000; i++) {
		int got = ringlet_post_sqe(u.r, "posts", 0, 1, i, &sqe);

		ck_assert_int_ge(got, 0);
		filled += got;
		ck_assert_int_eq(post(&by, 2, i), 0);
		for (uint64_t k = 1; k <= 2; k++) {
			ck_assert_int_eq(ringlet_next_event(u.r, NULL, &e, -1), 0);
			ck_assert_uint_eq(e.user_data, k);
			ck_assert_int_eq(e.res, i);
		}
	}
	ck_assert_int_gt(filled, 0);
	end_by_post(u.r);
	pthread_join(u.thread, NULL);
	ringlet_close(u.r);
}

START_TEST(a_message_that_is_not_sent_is_made_up_for)
{
	for_engines(dropped);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, nothing_is_lost_or_doubled);
	tcase_add_test(t, nor_where_rings_of_the_host_wake_the_program);
	tcase_add_test(t, a_full_queue_refuses);
	tcase_add_test(t, the_descriptor_says_when_there_is_an_event);
	tcase_add_test(t, a_descriptor_that_is_asked_for_late_says_what_there_is);
	tcase_add_test(t, a_thread_that_waits_for_an_event_can_be_cancelled);
	tcase_add_test(t, who_waits_for_room_gets_it);
	tcase_add_test(t, tasks_that_wait_for_room_get_it);
	tcase_add_test(t, a_stop_ends_tasks_that_wait_for_room);
	tcase_add_test(t, waiting_ends_with_its_time_with_the_thread_or_the_program);
	tcase_add_test(t, a_stop_ends_posters_and_who_waits_for_events);
	tcase_add_test(t, a_program_that_waits_for_posts_can_be_stopped);
	tcase_add_test(t, a_child_is_told_that_the_queues_are_not_its_own);
	tcase_add_test(t, events_are_announced_in_rings_of_every_kind);
	tcase_add_test(t, a_ring_that_cannot_take_it_is_tried_again);
	tcase_add_test(t, events_that_nobody_takes_are_announced_once);
	tcase_add_test(t, what_is_no_ring_is_refused);
	tcase_add_test(t, older_kernels_have_a_ring_of_the_librarys_or_refuse);
	tcase_add_test(t, a_message_that_nobody_knows_disturbs_nobody);
	tcase_add_test(t, a_message_that_is_not_sent_is_made_up_for);
}

int main(void)
{
	return run_tests("runtime_events", add);
}
