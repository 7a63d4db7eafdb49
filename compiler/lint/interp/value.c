/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * value.c: numbers that are partly known: how what is known of their bits and of their ranges follows from
 * each other. It knows what kernel/bpf/verifier.c knows and no more: where that gives up, a program is
 * rejected.
 */
#include <inttypes.h>
#include <stdio.h>
#include "bits.h"

/* ---- making and asking ---- */

void num_forget64(struct num *n)
{
	n->smin = INT64_MIN;
	n->smax = INT64_MAX;
	n->umin = 0;
	n->umax = UINT64_MAX;
}

void num_forget32(struct num *n)
{
	n->smin32 = INT32_MIN;
	n->smax32 = INT32_MAX;
	n->umin32 = 0;
	n->umax32 = UINT32_MAX;
}

struct num num_known(uint64_t v)
{
	return (struct num){.bits = {v, 0},
		.smin = (int64_t)v,
		.smax = (int64_t)v,
		.umin = v,
		.umax = v,
		.smin32 = (int32_t)v,
		.smax32 = (int32_t)v,
		.umin32 = (uint32_t)v,
		.umax32 = (uint32_t)v};
}

struct num num_unknown(void)
{
	return (struct num){.bits = {0, UINT64_MAX},
		.smin = INT64_MIN,
		.smax = INT64_MAX,
		.umax = UINT64_MAX,
		.smin32 = INT32_MIN,
		.smax32 = INT32_MAX,
		.umax32 = UINT32_MAX};
}

struct num num_of_size(unsigned bytes, bool sign_extended)
{
	struct num n = num_unknown();
	if (bytes < 8 && sign_extended)
		num_cut_signed(&n, bytes, false);
	else if (bytes < 8)
		num_cut(&n, bytes);
	return n;
}

bool num_is_known(const struct num *n)
{
	return !n->bits.mask;
}

bool num_is_known32(const struct num *n)
{
	return !(uint32_t)n->bits.mask;
}

bool num_is(const struct num *n, uint64_t v)
{
	return !n->bits.mask && n->bits.value == v;
}

bool num_eq(const struct num *a, const struct num *b)
{
	return a->bits.value == b->bits.value && a->bits.mask == b->bits.mask && a->smin == b->smin &&
	       a->smax == b->smax && a->umin == b->umin && a->umax == b->umax && a->smin32 == b->smin32 &&
	       a->smax32 == b->smax32 && a->umin32 == b->umin32 && a->umax32 == b->umax32;
}

bool num_within(const struct num *a, const struct num *b)
{
	return a->umin <= b->umin && a->umax >= b->umax && a->smin <= b->smin && a->smax >= b->smax &&
	       a->umin32 <= b->umin32 && a->umax32 >= b->umax32 && a->smin32 <= b->smin32 &&
	       a->smax32 >= b->smax32 && bits_within(a->bits, b->bits);
}

unsigned num_width(const struct num *n)
{
	return n->umax ? 64 - (unsigned)__builtin_clzll(n->umax) : 0;
}

/* ---- how the parts follow from each other ---- */

void num_ranges_of_bits32(struct num *n)
{
	struct bits b = bits_low32(n->bits);
	n->smin32 = MAX(n->smin32, (int32_t)(b.value | (b.mask & 0x80000000u)));
	n->smax32 = MIN(n->smax32, (int32_t)(b.value | (b.mask & 0x7fffffffu)));
	n->umin32 = MAX(n->umin32, (uint32_t)b.value);
	n->umax32 = MIN(n->umax32, (uint32_t)(b.value | b.mask));
}

void num_ranges_of_bits(struct num *n)
{
	num_ranges_of_bits32(n);
	n->smin = MAX(n->smin, (int64_t)(n->bits.value | (n->bits.mask & (1ULL << 63))));
	n->smax = MIN(n->smax, (int64_t)(n->bits.value | (n->bits.mask & INT64_MAX)));
	n->umin = MAX(n->umin, n->bits.value);
	n->umax = MIN(n->umax, n->bits.value | n->bits.mask);
}

static void narrow32(struct num *n, uint32_t min, uint32_t max)
{
	n->umin32 = MAX(n->umin32, min);
	n->umax32 = MIN(n->umax32, max);
}

static void narrow_signed32(struct num *n, int32_t min, int32_t max)
{
	n->smin32 = MAX(n->smin32, min);
	n->smax32 = MIN(n->smax32, max);
}

/* The low halves of two ends of a range are a range where the high halves are the same, or where one is the
 * next of the other and the low halves go from negative numbers to positive ones. */
static void low_half_of(struct num *n, uint64_t min, uint64_t max)
{
	if (min >> 32 == max >> 32) {
		if ((uint32_t)min <= (uint32_t)max)
			narrow32(n, (uint32_t)min, (uint32_t)max);
		if ((int32_t)min <= (int32_t)max)
			narrow_signed32(n, (int32_t)min, (int32_t)max);
	}
	if ((uint32_t)(min >> 32) + 1 == (uint32_t)(max >> 32) && (int32_t)min < 0 && (int32_t)max >= 0)
		narrow_signed32(n, (int32_t)min, (int32_t)max);
}

static void settle32(struct num *n)
{
	low_half_of(n, n->umin, n->umax);
	low_half_of(n, (uint64_t)n->smin, (uint64_t)n->smax);
	if ((int32_t)n->umin32 <= (int32_t)n->umax32)
		narrow_signed32(n, (int32_t)n->umin32, (int32_t)n->umax32);
	if ((uint32_t)n->smin32 <= (uint32_t)n->smax32)
		narrow32(n, (uint32_t)n->smin32, (uint32_t)n->smax32);
}

static void settle64(struct num *n)
{
	if ((int64_t)n->umin <= (int64_t)n->umax) {
		n->smin = MAX(n->smin, (int64_t)n->umin);
		n->smax = MIN(n->smax, (int64_t)n->umax);
	}
	if ((uint64_t)n->smin <= (uint64_t)n->smax) {
		n->umin = MAX(n->umin, (uint64_t)n->smin);
		n->umax = MIN(n->umax, (uint64_t)n->smax);
	} else if (n->umax < (uint64_t)n->smin) { /* only what is positive of the signed range is possible */
		n->smin = (int64_t)n->umin;
		n->umax = MIN(n->umax, (uint64_t)n->smax);
	} else if ((uint64_t)n->smax < n->umin) { /* only what is negative */
		n->smax = (int64_t)n->umax;
		n->umin = MAX(n->umin, (uint64_t)n->smin);
	}
}

static void settle_mixed(struct num *n)
{
	n->umin = MAX(n->umin, (n->umin & ~0xffffffffULL) | n->umin32);
	n->umax = MIN(n->umax, (n->umax & ~0xffffffffULL) | n->umax32);
	n->smin = MAX(n->smin, (int64_t)(((uint64_t)n->smin & ~0xffffffffULL) | n->umin32));
	n->smax = MIN(n->smax, (int64_t)(((uint64_t)n->smax & ~0xffffffffULL) | n->umax32));
	if (n->smin32 >= 0 && n->smin >= INT32_MIN && n->smax <= INT32_MAX) {
		n->smin = n->smin32;
		n->smax = n->smax32;
		n->umin = (uint64_t)n->smin32;
		n->umax = (uint64_t)n->smax32;
		n->bits = bits_both(n->bits, bits_range(n->umin, n->umax));
	}
}

static void bits_of_ranges(struct num *n)
{
	struct bits all = bits_both(n->bits, bits_range(n->umin, n->umax));
	struct bits low = bits_both(bits_low32(all), bits_range(n->umin32, n->umax32));
	n->bits = bits_with_low32(all, low);
}

/* A range without a number: from a branch that is never taken. The verifier forgets what it knew. */
static bool is_nonsense(const struct num *n)
{
	if (n->umin > n->umax || n->smin > n->smax || n->umin32 > n->umax32 || n->smin32 > n->smax32)
		return true;
	if (num_is_known(n) &&
		(n->umin != n->bits.value || n->umax != n->bits.value || n->smin != (int64_t)n->bits.value ||
			n->smax != (int64_t)n->bits.value))
		return true;
	uint32_t low = (uint32_t)n->bits.value;
	return num_is_known32(n) && (n->umin32 != low || n->umax32 != low || n->smin32 != (int32_t)low ||
					    n->smax32 != (int32_t)low);
}

static void settle(struct num *n)
{
	num_ranges_of_bits(n);
	for (int i = 0; i < 3; i++) {
		settle32(n);
		settle64(n);
		settle_mixed(n);
	}
	bits_of_ranges(n);
	num_ranges_of_bits(n);
}

void num_settle(struct num *n)
{
	settle(n);
	if (is_nonsense(n)) {
		num_forget64(n);
		num_forget32(n);
	}
}

void num_know_low(struct num *n, uint32_t v)
{
	n->bits = bits_with_low32(n->bits, bits_known(v));
	n->umin32 = n->umax32 = v;
	n->smin32 = n->smax32 = (int32_t)v;
}

void num_zero_extend(struct num *n)
{
	n->bits = bits_low32(n->bits);
	n->umin = n->umin32;
	n->umax = n->umax32;
	bool positive = n->smin32 >= 0 && n->smax32 >= 0;
	n->smin = positive ? n->smin32 : 0;
	n->smax = positive ? n->smax32 : (int64_t)UINT32_MAX;
}

void num_cut(struct num *n, unsigned bytes)
{
	if (bytes >= 8)
		return;
	uint64_t mask = (1ULL << (8 * bytes)) - 1;
	n->bits.value &= mask;
	n->bits.mask &= mask;
	/* Where nothing above is set or all ends agree above, the ranges stay. */
	if ((n->umin & ~mask) == (n->umax & ~mask)) {
		n->umin &= mask;
		n->umax &= mask;
	} else {
		n->umin = 0;
		n->umax = mask;
	}
	n->smin = (int64_t)n->umin;
	n->smax = (int64_t)n->umax;
	if (bytes < 4)
		num_forget32(n);
	num_settle(n);
}

void num_cut_signed(struct num *n, unsigned bytes, bool to32)
{
	unsigned width = 8 * bytes;
	int64_t lo = -(1LL << (width - 1)), hi = (1LL << (width - 1)) - 1;
	int64_t smin = to32 ? n->smin32 : n->smin, smax = to32 ? n->smax32 : n->smax;
	bool fits = (smin >> width) == (smax >> width);

	if (num_is_known(n) || (to32 && num_is_known32(n))) {
		uint64_t v = n->bits.value & ((1ULL << width) - 1);
		int64_t s = (int64_t)(v << (64 - width)) >> (64 - width);
		*n = num_known(to32 ? (uint32_t)s : (uint64_t)s);
		return;
	}
	if (fits) { /* the ends, each cut: a range where they are still in order */
		int64_t a = (int64_t)((uint64_t)smin << (64 - width)) >> (64 - width);
		int64_t b = (int64_t)((uint64_t)smax << (64 - width)) >> (64 - width);
		if ((a >= 0) == (b >= 0)) {
			lo = MIN(a, b);
			hi = MAX(a, b);
		}
	}
	*n = num_unknown();
	if (to32) {
		n->smin32 = (int32_t)lo;
		n->smax32 = (int32_t)hi;
		if (lo >= 0 || hi < 0) {
			n->umin32 = (uint32_t)lo;
			n->umax32 = (uint32_t)hi;
			n->bits = bits_range(n->umin32, n->umax32);
		}
		num_zero_extend(n);
	} else {
		n->smin = lo;
		n->smax = hi;
		n->smin32 = (int32_t)lo;
		n->smax32 = (int32_t)hi;
		if (lo >= 0 || hi < 0) {
			n->umin = (uint64_t)lo;
			n->umax = (uint64_t)hi;
		}
	}
	num_settle(n);
}

void num_at_most(struct num *n, int64_t min, int64_t max)
{
	n->smin = MAX(n->smin, min);
	n->smax = MIN(n->smax, max);
	if (min >= INT32_MIN && max <= INT32_MAX)
		narrow_signed32(n, (int32_t)min, (int32_t)max);
	num_settle(n);
}

/* ---- for people ---- */

const char *num_say(const struct num *n, char *to, unsigned size)
{
	if (num_is_known(n))
		snprintf(to, size, "%" PRId64, (int64_t)n->bits.value);
	else if (n->umax <= INT64_MAX)
		snprintf(to, size, "%" PRIu64 "..%" PRIu64, n->umin, n->umax);
	else if (n->smin == INT64_MIN && n->smax == INT64_MAX)
		snprintf(to, size, "anything");
	else if (n->smin == INT64_MIN)
		snprintf(to, size, "at most %" PRId64, n->smax);
	else if (n->smax == INT64_MAX)
		snprintf(to, size, "at least %" PRId64, n->smin);
	else
		snprintf(to, size, "%" PRId64 "..%" PRId64, n->smin, n->smax);
	return to;
}
