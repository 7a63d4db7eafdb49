/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_stamps.c: since when an instance waits. */
#include "clock.h"
#include "internal.h"
#include "runner.h"

/* When the script has its instances wait, and how far a stamp may be from CLOCK_MONOTONIC: ticks of 10 ms,
 * what the first ticks of a machine lack, and those that an emulated processor misses while others have its
 * time. */
#define AFTER 2000000000u
#define NEAR 1000000000u

static uint64_t since(const struct ringlet *r, const struct rl_task *t, uint32_t self)
{
	const struct rl_control *c = rl_control(r);
	const unsigned char *frame = r->image + t->frame + (size_t)self * t->frame_size;

	return *(const uint64_t *)(frame + t->since) * c->tick_ns + (uint64_t)c->clock_zero;
}

static uint32_t state(const struct ringlet *r, const struct rl_task *t, uint32_t self)
{
	return __atomic_load_n((uint32_t *)(r->image + t->frame + (size_t)self * t->frame_size + t->state),
		__ATOMIC_ACQUIRE);
}

/* Asleep, so that nobody writes what is looked at. */
static void wait_until_all_wait(struct ringlet *r)
{
	const struct rl_object *o = &r->object;

	for (uint32_t t = 0; t < o->ntasks; t++)
		for (uint32_t self = 0; self < o->tasks[t].count; self++)
			while (!state(r, &o->tasks[t], self))
				sched_yield();
	usleep(100000);
}

static void stamped(enum ringlet_engine_kind engine)
{
	struct runner u = {.r = opened_script("tests/unit/stamps.bpf.o", engine)};
	const struct rl_object *o = &u.r->object;
	uint64_t start = rl_time_ns(CLOCK_MONOTONIC), end;
	struct ringlet_event e;

	begin(&u);
	ck_assert_int_eq(ringlet_next_event(u.r, "told", &e, -1), 0);
	wait_until_all_wait(u.r);
	end = rl_time_ns(CLOCK_MONOTONIC);
	for (uint32_t t = 0; t < o->ntasks; t++)
		for (uint32_t self = 0; self < o->tasks[t].count; self++) {
			uint64_t ns = since(u.r, &o->tasks[t], self);

			ck_assert_msg(ns >= start + AFTER - NEAR && ns <= end, "%s[%u]: %lld ns of %lld",
				o->tasks[t].name, self, (long long)(ns - start), (long long)(end - start));
		}
	ck_assert_int_eq(ringlet_stop(u.r), 0);
	joined(&u, -ECANCELED);
	ringlet_close(u.r);
}

START_TEST(an_instance_says_since_when_it_waits)
{
	for_engines(stamped);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, an_instance_says_since_when_it_waits);
}

int main(void)
{
	return run_tests("stamps", add);
}
