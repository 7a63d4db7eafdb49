/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * runtime_replace_faults.c: a program is replaced while the n-th allocation fails, or the n-th descriptor,
 * for each n that there is: the old one runs on and has noticed nothing, nothing is left, and a second try
 * does it.
 */
#include <sys/resource.h>

#include "faults.h"
#include "left.h"
#include "replacing.h"
#include "uring_of_host.h"

/* One that has of everything that the next is to be given. */
static struct ringlet *rich(enum ringlet_engine_kind engine, struct host_ring *h)
{
	struct ringlet *r = first(engine);

	ck_assert(host_ring_open(h, 0));
	ck_assert_int_eq(ringlet_set_event_ring(r, "events", h->fd, 1), 0);
	ck_assert_int_eq(ringlet_set_fd(r, "out", 2), 0);
	ck_assert_int_eq(ringlet_set_string(r, "label", "a label"), 0);
	ck_assert_msg(!ringlet_start(r), "%s", ringlet_error(r));
	return r;
}

static void allow_descriptors(rlim_t n)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = n;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* With so many descriptors more than there are, which are the lowest. */
static int replace_with_few(struct ringlet *old, struct ringlet *r, unsigned n)
{
	struct rlimit before;
	int err, lowest = dup(2);

	close(lowest);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	allow_descriptors((rlim_t)lowest + n);
	err = ringlet_replace(old, r, -1);
	allow_descriptors(before.rlim_cur);
	return err;
}

static int replace_with_fault(struct ringlet *old, struct ringlet *r, unsigned n)
{
	int err;

	allocation = (struct fault){.at = n};
	err = ringlet_replace(old, r, -1);
	if (!err && allocation.seen >= n)
		err = 1; /* it did without */
	allocation.at = 0;
	return err;
}

/* Threads that were joined may be seen a little longer. */
static void wait_until_nothing_is_left(struct held before)
{
	while (count_entries("/proc/self/fd") != before.fds || count_threads() > before.threads)
		sched_yield();
}

/* Until it works. How often it did not. (-EAGAIN is what pthread_create(3) says.) */
static unsigned each_fault(enum ringlet_engine_kind engine,
	int (*replace_with)(struct ringlet *, struct ringlet *, unsigned), int error, unsigned from)
{
	struct host_ring h;
	struct ringlet *old = rich(engine, &h);
	unsigned n = from, failed = 0;
	int err = 1;

	for (; err; n++) {
		struct held before = held();
		struct ringlet *r = next(engine, n + 1);

		ping(old, n);
		err = replace_with(old, r, n);
		if (err >= 0) {
			ping(old, n);
			ck_assert_str_eq(ringlet_shared(r, "said", NULL), "a label");
			ringlet_close(old);
			old = r;
			continue;
		}
		failed++;
		ck_assert_msg((err == error || err == -EAGAIN) && *ringlet_error(r), "%u: %d: %s", n, err,
			ringlet_error(r));
		ringlet_close(r);
		wait_until_nothing_is_left(before);
		ck_assert_int_eq(ringlet_join(old, 0), 1);
	}
	ck_assert_uint_eq(shared(old, "left_orderly"), n - from - failed);
	ringlet_close(old);
	host_ring_close(&h);
	return failed;
}

static void no_memory(enum ringlet_engine_kind engine)
{
	ck_assert_uint_gt(each_fault(engine, replace_with_fault, -ENOMEM, 1), 2);
}

START_TEST(without_memory_nothing_is_replaced)
{
	for_engines(no_memory);
}
END_TEST

static void no_descriptors(enum ringlet_engine_kind engine)
{
	ck_assert_uint_gt(each_fault(engine, replace_with_few, -EMFILE, 0), 2);
}

START_TEST(without_descriptors_nothing_is_replaced)
{
	for_engines(no_descriptors);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, without_memory_nothing_is_replaced);
	tcase_add_test(t, without_descriptors_nothing_is_replaced);
}

int main(void)
{
	return run_tests("runtime_replace_faults", add);
}
