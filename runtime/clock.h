/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* clock.h: the time, and the clocks of the engines. */
#ifndef RINGLET_CLOCK_H
#define RINGLET_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t rl_time_ns(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* What control.now counts: by CLOCK_MONOTONIC it is now * tick_ns + zero nanoseconds. */
struct rl_clock {
	uint64_t tick_ns;
	int64_t zero;
};

/* Nanoseconds: what the user engine counts, and what a traced program does. */
static const struct rl_clock rl_clock_ns = {.tick_ns = 1};

#endif
