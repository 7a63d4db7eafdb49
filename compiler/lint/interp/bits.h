/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bits.h: numbers of which some bits are known, for value.c, arithmetic.c and compare.c; and what these three
 * know of each other.
 */
#ifndef RINGC_LINT_BITS_H
#define RINGC_LINT_BITS_H

#include "value.h"

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define LOW32(x) ((x)&0xffffffffULL)

/* value.c: nothing is known of its ranges of that width; its ranges learn of its bits. */
void num_forget64(struct num *);
void num_forget32(struct num *);
void num_ranges_of_bits32(struct num *);
void num_ranges_of_bits(struct num *);

static inline struct bits bits_known(uint64_t v)
{
	return (struct bits){v, 0};
}

static inline struct bits bits_range(uint64_t min, uint64_t max)
{
	uint64_t differ = min ^ max;
	unsigned n = differ ? 64 - (unsigned)__builtin_clzll(differ) : 0;
	if (n > 63)
		return (struct bits){0, UINT64_MAX};
	uint64_t mask = (1ULL << n) - 1;
	return (struct bits){min & ~mask, mask};
}

static inline struct bits bits_shift_left(struct bits a, unsigned n)
{
	return (struct bits){a.value << n, a.mask << n};
}

static inline struct bits bits_shift_right(struct bits a, unsigned n)
{
	return (struct bits){a.value >> n, a.mask >> n};
}

static inline struct bits bits_shift_signed(struct bits a, unsigned n, bool is32)
{
	if (is32)
		return (struct bits){(uint32_t)((int32_t)a.value >> n), (uint32_t)((int32_t)a.mask >> n)};
	return (struct bits){(uint64_t)((int64_t)a.value >> n), (uint64_t)((int64_t)a.mask >> n)};
}

static inline struct bits bits_add(struct bits a, struct bits b)
{
	uint64_t sm = a.mask + b.mask, sv = a.value + b.value;
	uint64_t mask = ((sm + sv) ^ sv) | a.mask | b.mask;
	return (struct bits){sv & ~mask, mask};
}

static inline struct bits bits_sub(struct bits a, struct bits b)
{
	uint64_t dv = a.value - b.value;
	uint64_t mask = ((dv + a.mask) ^ (dv - b.mask)) | a.mask | b.mask;
	return (struct bits){dv & ~mask, mask};
}

static inline struct bits bits_and(struct bits a, struct bits b)
{
	uint64_t may = (a.value | a.mask) & (b.value | b.mask), v = a.value & b.value;
	return (struct bits){v, may & ~v};
}

static inline struct bits bits_or(struct bits a, struct bits b)
{
	uint64_t v = a.value | b.value, mask = a.mask | b.mask;
	return (struct bits){v, mask & ~v};
}

static inline struct bits bits_xor(struct bits a, struct bits b)
{
	uint64_t mask = a.mask | b.mask;
	return (struct bits){(a.value ^ b.value) & ~mask, mask};
}

/* By shifts and adds; what is not known of `a` makes all that is not known of `b` doubtful. */
static inline struct bits bits_mul(struct bits a, struct bits b)
{
	uint64_t value = a.value * b.value;
	struct bits mask = {0, 0};

	while (a.value || a.mask) {
		if (a.value & 1)
			mask = bits_add(mask, (struct bits){0, b.mask});
		else if (a.mask & 1)
			mask = bits_add(mask, (struct bits){0, b.value | b.mask});
		a = bits_shift_right(a, 1);
		b = bits_shift_left(b, 1);
	}
	return bits_add(bits_known(value), mask);
}

static inline struct bits bits_both(struct bits a, struct bits b)
{
	uint64_t v = a.value | b.value, mask = a.mask & b.mask;
	return (struct bits){v & ~mask, mask};
}

static inline bool bits_overlap(struct bits a, struct bits b)
{
	uint64_t known = ~a.mask & ~b.mask;
	return (a.value & known) == (b.value & known);
}

static inline bool bits_within(struct bits a, struct bits b)
{
	return !(b.mask & ~a.mask) && a.value == (b.value & ~a.mask);
}

static inline struct bits bits_low32(struct bits a)
{
	return (struct bits){LOW32(a.value), LOW32(a.mask)};
}

static inline struct bits bits_with_low32(struct bits a, struct bits low)
{
	return (struct bits){
		(a.value & ~0xffffffffULL) | LOW32(low.value), (a.mask & ~0xffffffffULL) | LOW32(low.mask)};
}

#endif
