/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* histogram.h: how long things took: counts in buckets, 16 to each power of two. */
#ifndef RINGLET_HISTOGRAM_H
#define RINGLET_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS 976 /* of all numbers of 64 bits */

struct histogram {
	uint64_t n, least, most;
	uint64_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t v);
/* The most that is in a bucket. */
uint64_t histogram_limit(unsigned bucket);
/* At least so many of 100 took no longer: the limit of their bucket. */
uint64_t histogram_percentile(const struct histogram *h, unsigned percent);

#endif
