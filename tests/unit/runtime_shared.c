/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_shared.c: memory that threads of the host change while a program runs: atomics of every width, and
 * futexes that both sides wait for and wake. */
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#include "runtime_test.h"

static struct ringlet *opened(const char *object, enum ringlet_engine_kind engine, uint64_t rounds)
{
	const struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};
	struct ringlet *r = ringlet_open(built(object), &opts);

	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ck_assert_int_eq(ringlet_set_u64(r, "rounds", rounds), 0);
	return r;
}

static void load(struct ringlet *r)
{
	ck_assert_msg(ringlet_load(r) == 0, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
}

static void run(struct ringlet *r)
{
	int err = ringlet_run(r);

	ck_assert_msg(
		err == 0, "%d: %s", err, ringlet_failure(r) ? ringlet_failure(r)->text : ringlet_error(r));
}

/* ---- atomics ---- */

#define ROUNDS 50000
#define THREADS 3 /* besides the program; each has a bit of its own */

struct narrow { /* as in hammer.rlt */
	uint8_t add8, sub8;
	uint16_t add16;
	uint8_t bits8, xor8;
	uint16_t cas16;
	uint16_t sub16;
	uint8_t cas8, xchg8;
	uint16_t xchg16, bits16;
	uint16_t xor16, pad;
};
struct wide {
	uint32_t add32, sub32, bits32, xor32, cas32, xchg32;
	uint64_t add64, sub64, bits64, xor64, cas64, xchg64;
};

struct hammer {
	pthread_t thread;
	struct narrow *n;
	struct wide *w;
	unsigned bit;
	uint64_t put, got;
	unsigned wrong;
};

#define OWN_BIT(place)                                                                                       \
	do {                                                                                                 \
		h->wrong += (__atomic_fetch_or(&(place), bit, __ATOMIC_SEQ_CST) & bit) != 0;                 \
		h->wrong += (__atomic_fetch_and(&(place), ~bit, __ATOMIC_SEQ_CST) & bit) == 0;               \
	} while (0)

#define EXCHANGE(place)                                                                                      \
	do {                                                                                                 \
		h->put += (uint8_t)i;                                                                        \
		h->got += __atomic_exchange_n(&(place), (uint8_t)i, __ATOMIC_SEQ_CST);                       \
	} while (0)

#define COUNT_BY_COMPARING(place)                                                                            \
	do {                                                                                                 \
		__typeof__(place) v = __atomic_load_n(&(place), __ATOMIC_RELAXED);                           \
		while (!__atomic_compare_exchange_n(                                                         \
			&(place), &v, (__typeof__(v))(v + 1), false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))    \
			;                                                                                    \
	} while (0)

static void *hammer(void *arg)
{
	struct hammer *h = arg;
	struct narrow *n = h->n;
	struct wide *w = h->w;
	unsigned bit = 1u << h->bit;

	while (!__atomic_load_n(&w->add64, __ATOMIC_RELAXED))
		sched_yield(); /* the program is at it */
	for (unsigned i = 0; i < ROUNDS; i++) {
		__atomic_fetch_add(&n->add8, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&n->add16, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&w->add32, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&w->add64, 1, __ATOMIC_RELAXED);
		__atomic_fetch_sub(&n->sub8, 1, __ATOMIC_RELAXED);
		__atomic_fetch_sub(&n->sub16, 1, __ATOMIC_RELAXED);
		__atomic_fetch_sub(&w->sub32, 1, __ATOMIC_RELAXED);
		__atomic_fetch_sub(&w->sub64, 1, __ATOMIC_RELAXED);
		OWN_BIT(n->bits8);
		OWN_BIT(n->bits16);
		OWN_BIT(w->bits32);
		OWN_BIT(w->bits64);
		__atomic_fetch_xor(&n->xor8, bit, __ATOMIC_RELAXED);
		__atomic_fetch_xor(&n->xor16, bit, __ATOMIC_RELAXED);
		__atomic_fetch_xor(&w->xor32, bit, __ATOMIC_RELAXED);
		__atomic_fetch_xor(&w->xor64, bit, __ATOMIC_RELAXED);
		EXCHANGE(n->xchg8);
		EXCHANGE(n->xchg16);
		EXCHANGE(w->xchg32);
		EXCHANGE(w->xchg64);
		COUNT_BY_COMPARING(n->cas8);
		COUNT_BY_COMPARING(n->cas16);
		COUNT_BY_COMPARING(w->cas32);
		COUNT_BY_COMPARING(w->cas64);
	}
	return NULL;
}

static void hammered(enum ringlet_engine_kind engine)
{
	/* One round more than is even, so that what toggles ends set. */
	struct ringlet *r = opened("tests/unit/hammer.bpf.o", engine, ROUNDS + 1);
	struct hammer h[THREADS];
	uint32_t total = (THREADS + 1) * ROUNDS + 1;
	uint64_t put, got;

	load(r);
	struct narrow *n = ringlet_shared(r, "n", NULL);
	struct wide *w = ringlet_shared(r, "w", NULL);
	for (unsigned i = 0; i < THREADS; i++) {
		h[i] = (struct hammer){.n = n, .w = w, .bit = i + 1};
		ck_assert_int_eq(pthread_create(&h[i].thread, NULL, hammer, &h[i]), 0);
	}
	run(r);
	put = *(uint64_t *)ringlet_shared(r, "put", NULL);
	got = *(uint64_t *)ringlet_shared(r, "got", NULL);
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(h[i].thread, NULL);
		put += h[i].put;
		got += h[i].got;
		ck_assert_uint_eq(h[i].wrong, 0);
	}
	ck_assert_uint_eq(*(uint32_t *)ringlet_shared(r, "wrong", NULL), 0);
	ck_assert_uint_eq(n->add8, (uint8_t)total);
	ck_assert_uint_eq(n->add16, (uint16_t)total);
	ck_assert_uint_eq(w->add32, total);
	ck_assert_uint_eq(w->add64, total);
	ck_assert_uint_eq(n->sub8, (uint8_t)-total);
	ck_assert_uint_eq(n->sub16, (uint16_t)-total);
	ck_assert_uint_eq(w->sub32, -total);
	ck_assert_uint_eq(w->sub64, -(uint64_t)total);
	ck_assert_uint_eq(n->cas8, (uint8_t)total);
	ck_assert_uint_eq(n->cas16, (uint16_t)total);
	ck_assert_uint_eq(w->cas32, total);
	ck_assert_uint_eq(w->cas64, total);
	ck_assert_uint_eq(n->bits8 | n->bits16 | w->bits32 | w->bits64, 0);
	ck_assert_uint_eq(n->xor8, 1);
	ck_assert_uint_eq(n->xor16, 1);
	ck_assert_uint_eq(w->xor32, 1);
	ck_assert_uint_eq(w->xor64, 1);
	/* What was put in was taken out by somebody, or is there still. */
	ck_assert_uint_eq(put, got + n->xchg8 + n->xchg16 + w->xchg32 + w->xchg64);
	ck_assert_uint_eq(n->pad, 0);
	ringlet_close(r);
}

START_TEST(atomics_of_every_width_are_atomic_to_threads_of_the_host)
{
	for_engines(hammered);
}
END_TEST

/* ---- message passing ---- */

#define MESSAGES 20000

struct mailbox {
	pthread_t thread;
	uint64_t *payload;
	uint8_t *flag8, *ack8;
	uint16_t *flag16, *ack16;
	uint32_t *flag32, *ack32;
	uint64_t *flag64, *ack64;
	unsigned wrong;
};

/* What was written before the flag is seen after it; then an answer by the same rule. */
#define RECEIVE(k, bits, order)                                                                              \
	do {                                                                                                 \
		while (__atomic_load_n(m->flag##bits, __ATOMIC_ACQUIRE) != (uint##bits##_t)i)                \
			sched_yield();                                                                       \
		m->wrong += m->payload[k] != i;                                                              \
		m->payload[k]++;                                                                             \
		__atomic_store_n(m->ack##bits, (uint##bits##_t)i, order);                                    \
	} while (0)

static void *receive(void *arg)
{
	struct mailbox *m = arg;

	for (uint64_t i = 1; i <= MESSAGES; i++) {
		RECEIVE(0, 8, __ATOMIC_RELEASE);
		RECEIVE(1, 16, __ATOMIC_SEQ_CST);
		RECEIVE(2, 32, __ATOMIC_RELEASE);
		RECEIVE(3, 64, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static void messages(enum ringlet_engine_kind engine)
{
	struct ringlet *r = opened("tests/unit/hammer.bpf.o", engine, 0);
	struct mailbox m = {0};

	ck_assert_int_eq(ringlet_set_u64(r, "messages", MESSAGES), 0);
	load(r);
	m.payload = ringlet_shared(r, "payload", NULL);
	m.flag8 = ringlet_shared(r, "flag8", NULL);
	m.flag16 = ringlet_shared(r, "flag16", NULL);
	m.flag32 = ringlet_shared(r, "flag32", NULL);
	m.flag64 = ringlet_shared(r, "flag64", NULL);
	m.ack8 = ringlet_shared(r, "ack8", NULL);
	m.ack16 = ringlet_shared(r, "ack16", NULL);
	m.ack32 = ringlet_shared(r, "ack32", NULL);
	m.ack64 = ringlet_shared(r, "ack64", NULL);
	ck_assert_int_eq(pthread_create(&m.thread, NULL, receive, &m), 0);
	run(r);
	pthread_join(m.thread, NULL);
	ck_assert_uint_eq(m.wrong, 0);
	ck_assert_uint_eq(*(uint32_t *)ringlet_shared(r, "wrong", NULL), 0);
	ringlet_close(r);
}

START_TEST(what_is_released_is_seen_by_who_acquires)
{
	for_engines(messages);
}
END_TEST

/* ---- futexes ---- */

#define TURNS 3000

static long futex(uint32_t *at, int op, uint32_t value)
{
	return syscall(SYS_futex, at, op, value, NULL, NULL, 0);
}

/* 0 where it was another value. */
static long wait_while(uint32_t *at, uint32_t value)
{
	return futex(at, FUTEX_WAIT_PRIVATE, value);
}

static void store_and_wake(uint32_t *at, uint32_t value)
{
	__atomic_store_n(at, value, __ATOMIC_SEQ_CST);
	futex(at, FUTEX_WAKE_PRIVATE, 1);
}

static void *play(void *arg)
{
	uint32_t *ball = ringlet_shared(arg, "ball", NULL), v;

	for (uint32_t i = 0; i < TURNS; i++) {
		while ((v = __atomic_load_n(ball, __ATOMIC_SEQ_CST)) != 2 * i + 1)
			wait_while(ball, v);
		store_and_wake(ball, 2 * i + 2);
	}
	return NULL;
}

struct talker {
	struct ringlet *r;
	unsigned k;
	pthread_t thread;
};

static void *talk(void *arg)
{
	struct talker *t = arg;
	uint32_t *word = (uint32_t *)ringlet_shared(t->r, "word", NULL) + t->k, v;
	uint32_t *answer = (uint32_t *)ringlet_shared(t->r, "answer", NULL) + t->k;

	for (uint32_t i = 1; i <= TURNS; i++) {
		store_and_wake(word, i);
		while ((v = __atomic_load_n(answer, __ATOMIC_SEQ_CST)) != i)
			wait_while(answer, v);
	}
	return NULL;
}

static void *pass(void *arg)
{
	uint32_t *arrived = ringlet_shared(arg, "arrived", NULL), *gate = ringlet_shared(arg, "gate", NULL);

	for (uint32_t i = 0; i < TURNS; i++) {
		__atomic_fetch_add(arrived, 1, __ATOMIC_SEQ_CST);
		futex(arrived, FUTEX_WAKE_PRIVATE, 1);
		while (__atomic_load_n(gate, __ATOMIC_SEQ_CST) == i)
			wait_while(gate, i);
	}
	return NULL;
}

static bool has_futexes(struct ringlet *r)
{
	int err = ringlet_load(r);

	ck_assert_msg(err == 0 || err == -EOPNOTSUPP, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	if (err)
		ck_assert_ptr_nonnull(strstr(ringlet_error(r), "6.7"));
	return err == 0;
}

static void both_sides(enum ringlet_engine_kind engine)
{
	struct ringlet *r = opened("tests/unit/futexes.bpf.o", engine, TURNS);
	struct talker talkers[2];
	pthread_t player, passers[2];

	if (!has_futexes(r)) {
		ringlet_close(r);
		return;
	}
	ck_assert_int_eq(pthread_create(&player, NULL, play, r), 0);
	for (unsigned k = 0; k < 2; k++) {
		talkers[k] = (struct talker){.r = r, .k = k};
		ck_assert_int_eq(pthread_create(&talkers[k].thread, NULL, talk, &talkers[k]), 0);
		ck_assert_int_eq(pthread_create(&passers[k], NULL, pass, r), 0);
	}
	run(r);
	pthread_join(player, NULL);
	for (unsigned k = 0; k < 2; k++) {
		pthread_join(talkers[k].thread, NULL);
		pthread_join(passers[k], NULL);
	}
	ck_assert_uint_eq(*(uint32_t *)ringlet_shared(r, "ball", NULL), 2 * TURNS);
	ck_assert_uint_eq(*(uint32_t *)ringlet_shared(r, "gate", NULL), TURNS);
	ck_assert_uint_le(*(uint32_t *)ringlet_shared(r, "woken", NULL), 2 * TURNS);
	ringlet_close(r);
}

START_TEST(no_wake_up_is_lost_in_either_direction)
{
	for_engines(both_sides);
}
END_TEST

static void *wake_with_two_keys(void *arg)
{
	uint32_t *apart = ringlet_shared(arg, "apart", NULL);
	int32_t *result = ringlet_shared(arg, "result", NULL);
	long woken = 0;

	/* The other key, of memory that processes share, meets nobody, whether the memory has one or not. */
	for (int i = 0; i < 100; i++) {
		ck_assert_int_le(futex(apart, FUTEX_WAKE, 1), 0);
		sched_yield();
	}
	ck_assert_int_eq(__atomic_load_n(result, __ATOMIC_SEQ_CST), 1);
	while (woken == 0) {
		woken = futex(apart, FUTEX_WAKE_PRIVATE, 1);
		sched_yield();
	}
	ck_assert_int_eq(woken, 1);
	return NULL;
}

static void keys(enum ringlet_engine_kind engine)
{
	struct ringlet *r = opened("tests/unit/futexes.bpf.o", engine, 0);
	pthread_t waker;

	if (has_futexes(r)) {
		ck_assert_int_eq(pthread_create(&waker, NULL, wake_with_two_keys, r), 0);
		run(r);
		pthread_join(waker, NULL);
		ck_assert_int_eq(*(int32_t *)ringlet_shared(r, "result", NULL), 0);
	}
	ringlet_close(r);
}

START_TEST(futexes_are_private_to_the_process)
{
	for_engines(keys);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, atomics_of_every_width_are_atomic_to_threads_of_the_host);
	tcase_add_test(t, what_is_released_is_seen_by_who_acquires);
	tcase_add_test(t, no_wake_up_is_lost_in_either_direction);
	tcase_add_test(t, futexes_are_private_to_the_process);
}

int main(void)
{
	return run_tests("runtime_shared", add);
}
