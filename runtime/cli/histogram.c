/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* histogram.c: buckets: a number's place is its highest bit and the four behind it. */
#include "histogram.h"

static unsigned bucket_of(uint64_t v)
{
	unsigned shift;

	if (v < 16)
		return (unsigned)v;
	shift = 59 - (unsigned)__builtin_clzll(v);
	return 16 * shift + (unsigned)(v >> shift);
}

uint64_t histogram_limit(unsigned bucket)
{
	unsigned shift = bucket < 16 ? 0 : bucket / 16 - 1;
	uint64_t from = bucket < 16 ? bucket : 16 + bucket % 16;

	return (from << shift) + ((uint64_t)1 << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t v)
{
	if (!h->n || v < h->least)
		h->least = v;
	if (v > h->most)
		h->most = v;
	h->n++;
	h->bucket[bucket_of(v)]++;
}

uint64_t histogram_percentile(const struct histogram *h, unsigned percent)
{
	uint64_t want = h->n - h->n * (100 - percent) / 100, n = 0;
	unsigned b = 0;

	while (b < HISTOGRAM_BUCKETS - 1 && (n += h->bucket[b]) < want)
		b++;
	return histogram_limit(b) < h->most ? histogram_limit(b) : h->most;
}
