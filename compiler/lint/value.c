/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * value.c: numbers that are partly known, and arithmetic on them. It knows what kernel/bpf/verifier.c knows
 * and no more: where that gives up, a program is rejected.
 */
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdio.h>
#include "value.h"

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define LOW32(x) ((x)&0xffffffffULL)

/* ---- bits ---- */

static struct bits bits_known(uint64_t v)
{
	return (struct bits){v, 0};
}

static struct bits bits_range(uint64_t min, uint64_t max)
{
	uint64_t differ = min ^ max;
	unsigned n = differ ? 64 - (unsigned)__builtin_clzll(differ) : 0;
	if (n > 63)
		return (struct bits){0, UINT64_MAX};
	uint64_t mask = (1ULL << n) - 1;
	return (struct bits){min & ~mask, mask};
}

static struct bits bits_shift_left(struct bits a, unsigned n)
{
	return (struct bits){a.value << n, a.mask << n};
}

static struct bits bits_shift_right(struct bits a, unsigned n)
{
	return (struct bits){a.value >> n, a.mask >> n};
}

static struct bits bits_shift_signed(struct bits a, unsigned n, bool is32)
{
	if (is32)
		return (struct bits){(uint32_t)((int32_t)a.value >> n), (uint32_t)((int32_t)a.mask >> n)};
	return (struct bits){(uint64_t)((int64_t)a.value >> n), (uint64_t)((int64_t)a.mask >> n)};
}

static struct bits bits_add(struct bits a, struct bits b)
{
	uint64_t sm = a.mask + b.mask, sv = a.value + b.value;
	uint64_t mask = ((sm + sv) ^ sv) | a.mask | b.mask;
	return (struct bits){sv & ~mask, mask};
}

static struct bits bits_sub(struct bits a, struct bits b)
{
	uint64_t dv = a.value - b.value;
	uint64_t mask = ((dv + a.mask) ^ (dv - b.mask)) | a.mask | b.mask;
	return (struct bits){dv & ~mask, mask};
}

static struct bits bits_and(struct bits a, struct bits b)
{
	uint64_t may = (a.value | a.mask) & (b.value | b.mask), v = a.value & b.value;
	return (struct bits){v, may & ~v};
}

static struct bits bits_or(struct bits a, struct bits b)
{
	uint64_t v = a.value | b.value, mask = a.mask | b.mask;
	return (struct bits){v, mask & ~v};
}

static struct bits bits_xor(struct bits a, struct bits b)
{
	uint64_t mask = a.mask | b.mask;
	return (struct bits){(a.value ^ b.value) & ~mask, mask};
}

/* By shifts and adds; what is not known of `a` makes all that is not known of `b` doubtful. */
static struct bits bits_mul(struct bits a, struct bits b)
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

static struct bits bits_both(struct bits a, struct bits b)
{
	uint64_t v = a.value | b.value, mask = a.mask & b.mask;
	return (struct bits){v & ~mask, mask};
}

static bool bits_overlap(struct bits a, struct bits b)
{
	uint64_t known = ~a.mask & ~b.mask;
	return (a.value & known) == (b.value & known);
}

static bool bits_within(struct bits a, struct bits b)
{
	return !(b.mask & ~a.mask) && a.value == (b.value & ~a.mask);
}

static struct bits bits_low32(struct bits a)
{
	return (struct bits){LOW32(a.value), LOW32(a.mask)};
}

static struct bits bits_with_low32(struct bits a, struct bits low)
{
	return (struct bits){
		(a.value & ~0xffffffffULL) | LOW32(low.value), (a.mask & ~0xffffffffULL) | LOW32(low.mask)};
}

/* ---- making and asking ---- */

static void forget64(struct num *n)
{
	n->smin = INT64_MIN;
	n->smax = INT64_MAX;
	n->umin = 0;
	n->umax = UINT64_MAX;
}

static void forget32(struct num *n)
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

static void ranges_of_bits32(struct num *n)
{
	struct bits b = bits_low32(n->bits);
	n->smin32 = MAX(n->smin32, (int32_t)(b.value | (b.mask & 0x80000000u)));
	n->smax32 = MIN(n->smax32, (int32_t)(b.value | (b.mask & 0x7fffffffu)));
	n->umin32 = MAX(n->umin32, (uint32_t)b.value);
	n->umax32 = MIN(n->umax32, (uint32_t)(b.value | b.mask));
}

static void ranges_of_bits(struct num *n)
{
	ranges_of_bits32(n);
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
	ranges_of_bits(n);
	for (int i = 0; i < 3; i++) {
		settle32(n);
		settle64(n);
		settle_mixed(n);
	}
	bits_of_ranges(n);
	ranges_of_bits(n);
}

void num_settle(struct num *n)
{
	settle(n);
	if (is_nonsense(n)) {
		forget64(n);
		forget32(n);
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
		forget32(n);
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

/* ---- arithmetic: what follows for each range, by width ---- */

#define ADD_SUB(width, SMIN, SMAX, UMIN, UMAX, stype, utype)                                                 \
	static void add##width(struct num *d, const struct num *s)                                           \
	{                                                                                                    \
		if (__builtin_add_overflow(d->SMIN, s->SMIN, &d->SMIN) |                                     \
			__builtin_add_overflow(d->SMAX, s->SMAX, &d->SMAX)) {                                \
			d->SMIN = stype##_MIN;                                                               \
			d->SMAX = stype##_MAX;                                                               \
		}                                                                                            \
		bool low = __builtin_add_overflow(d->UMIN, s->UMIN, &d->UMIN);                               \
		bool high = __builtin_add_overflow(d->UMAX, s->UMAX, &d->UMAX);                              \
		if (!low && high) {                                                                          \
			d->UMIN = 0;                                                                         \
			d->UMAX = utype##_MAX;                                                               \
		}                                                                                            \
	}                                                                                                    \
	static void sub##width(struct num *d, const struct num *s)                                           \
	{                                                                                                    \
		if (__builtin_sub_overflow(d->SMIN, s->SMAX, &d->SMIN) |                                     \
			__builtin_sub_overflow(d->SMAX, s->SMIN, &d->SMAX)) {                                \
			d->SMIN = stype##_MIN;                                                               \
			d->SMAX = stype##_MAX;                                                               \
		}                                                                                            \
		bool low = __builtin_sub_overflow(d->UMIN, s->UMAX, &d->UMIN);                               \
		bool high = __builtin_sub_overflow(d->UMAX, s->UMIN, &d->UMAX);                              \
		if (low && !high) {                                                                          \
			d->UMIN = 0;                                                                         \
			d->UMAX = utype##_MAX;                                                               \
		}                                                                                            \
	}                                                                                                    \
	static void mul##width(struct num *d, const struct num *s)                                           \
	{                                                                                                    \
		if (__builtin_mul_overflow(d->UMAX, s->UMAX, &d->UMAX) |                                     \
			__builtin_mul_overflow(d->UMIN, s->UMIN, &d->UMIN)) {                                \
			d->UMIN = 0;                                                                         \
			d->UMAX = utype##_MAX;                                                               \
		}                                                                                            \
		__typeof__(d->SMIN) p[4];                                                                    \
		if (__builtin_mul_overflow(d->SMIN, s->SMIN, &p[0]) |                                        \
			__builtin_mul_overflow(d->SMIN, s->SMAX, &p[1]) |                                    \
			__builtin_mul_overflow(d->SMAX, s->SMIN, &p[2]) |                                    \
			__builtin_mul_overflow(d->SMAX, s->SMAX, &p[3])) {                                   \
			d->SMIN = stype##_MIN;                                                               \
			d->SMAX = stype##_MAX;                                                               \
		} else {                                                                                     \
			d->SMIN = MIN(MIN(p[0], p[1]), MIN(p[2], p[3]));                                     \
			d->SMAX = MAX(MAX(p[0], p[1]), MAX(p[2], p[3]));                                     \
		}                                                                                            \
	}

ADD_SUB(64, smin, smax, umin, umax, INT64, UINT64)
ADD_SUB(32, smin32, smax32, umin32, umax32, INT32, UINT32)

void num_add(struct num *d, const struct num *s)
{
	add32(d, s);
	add64(d, s);
	d->bits = bits_add(d->bits, s->bits);
}

/* And, or, exclusive or: the unsigned range is of the bits, and the signed one that where it has one sign. */
static void sign_of_unsigned(struct num *d)
{
	bool same32 = (int32_t)d->umin32 <= (int32_t)d->umax32, same = (int64_t)d->umin <= (int64_t)d->umax;
	d->smin32 = same32 ? (int32_t)d->umin32 : INT32_MIN;
	d->smax32 = same32 ? (int32_t)d->umax32 : INT32_MAX;
	d->smin = same ? (int64_t)d->umin : INT64_MIN;
	d->smax = same ? (int64_t)d->umax : INT64_MAX;
}

static void bitwise(struct num *d, const struct num *s, uint8_t op)
{
	bool known = num_is_known(d) && num_is_known(s);
	struct bits b = op == BPF_AND  ? bits_and(d->bits, s->bits)
			: op == BPF_OR ? bits_or(d->bits, s->bits)
				       : bits_xor(d->bits, s->bits);
	if (known) {
		*d = num_known(b.value);
		return;
	}
	struct bits low = bits_low32(b);
	bool and = op == BPF_AND, or = op == BPF_OR;
	d->umin = or ? MAX(d->umin, s->umin) : b.value;
	d->umax = and? MIN(d->umax, s->umax) : (b.value | b.mask);
	d->umin32 = or ? MAX(d->umin32, s->umin32) : (uint32_t)low.value;
	d->umax32 = and? MIN(d->umax32, s->umax32) : (uint32_t)(low.value | low.mask);
	d->bits = b;
	sign_of_unsigned(d);
	ranges_of_bits(d);
}

static void shift_left32(struct num *d, unsigned n)
{
	d->smin32 = INT32_MIN;
	d->smax32 = INT32_MAX;
	if (n > 31 || d->umax32 > 1ULL << (31 - n)) {
		d->umin32 = 0;
		d->umax32 = UINT32_MAX;
	} else {
		d->umin32 <<= n;
		d->umax32 <<= n;
	}
}

static void shift_left(struct num *d, unsigned n, bool is32)
{
	if (is32) {
		shift_left32(d, n);
		d->bits = bits_low32(bits_shift_left(bits_low32(d->bits), n));
		forget64(d);
		ranges_of_bits32(d);
		return;
	}
	d->smax = n == 32 && d->smax32 >= 0 ? (int64_t)d->smax32 << 32 : INT64_MAX;
	d->smin = n == 32 && d->smin32 >= 0 ? (int64_t)d->smin32 << 32 : INT64_MIN;
	if (d->umax > 1ULL << (63 - n)) {
		d->umin = 0;
		d->umax = UINT64_MAX;
	} else {
		d->umin <<= n;
		d->umax <<= n;
	}
	shift_left32(d, n);
	d->bits = bits_shift_left(d->bits, n);
	ranges_of_bits(d);
}

static void shift_right(struct num *d, unsigned n, bool is32)
{
	if (is32) {
		d->smin32 = INT32_MIN;
		d->smax32 = INT32_MAX;
		d->bits = bits_shift_right(bits_low32(d->bits), n);
		d->umin32 >>= n;
		d->umax32 >>= n;
		forget64(d);
		ranges_of_bits32(d);
		return;
	}
	d->smin = INT64_MIN;
	d->smax = INT64_MAX;
	d->bits = bits_shift_right(d->bits, n);
	d->umin >>= n;
	d->umax >>= n;
	forget32(d);
	ranges_of_bits(d);
}

static void shift_signed(struct num *d, unsigned n, bool is32)
{
	if (is32) {
		d->smin32 >>= n;
		d->smax32 >>= n;
		d->bits = bits_shift_signed(bits_low32(d->bits), n, true);
		d->umin32 = 0;
		d->umax32 = UINT32_MAX;
		forget64(d);
		ranges_of_bits32(d);
		return;
	}
	d->smin >>= n;
	d->smax >>= n;
	d->bits = bits_shift_signed(d->bits, n, false);
	d->umin = 0;
	d->umax = UINT64_MAX;
	forget32(d);
	ranges_of_bits(d);
}

static bool is_shift(uint8_t op)
{
	return op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
}

bool num_alu(struct num *d, const struct num *src, uint8_t op, bool is32)
{
	struct num s = *src, old;
	bool known = is32 ? num_is_known32(&s) : num_is_known(&s);

	if (op == BPF_DIV || op == BPF_MOD || op == BPF_END ||
		(is_shift(op) && (!known || s.umax >= (is32 ? 32 : 64)))) {
		*d = num_unknown();
		return false;
	}
	switch (op) {
	case BPF_ADD:
		num_add(d, &s);
		break;
	case BPF_SUB:
		sub32(d, &s);
		sub64(d, &s);
		d->bits = bits_sub(d->bits, s.bits);
		break;
	case BPF_NEG:
		old = *d;
		*d = num_known(0);
		sub32(d, &old);
		sub64(d, &old);
		d->bits = bits_sub(bits_known(0), old.bits);
		break;
	case BPF_MUL:
		d->bits = bits_mul(d->bits, s.bits);
		mul32(d, &s);
		mul64(d, &s);
		break;
	case BPF_LSH:
		shift_left(d, (unsigned)s.umin, is32);
		break;
	case BPF_RSH:
		shift_right(d, (unsigned)s.umin, is32);
		break;
	case BPF_ARSH:
		shift_signed(d, (unsigned)s.umin, is32);
		break;
	default:
		bitwise(d, &s, op);
		break;
	}
	if (is32)
		num_zero_extend(d);
	num_settle(d);
	return true;
}

void num_add_pointer(struct num *d, const struct num *a, const struct num *b)
{
	*d = *a;
	add64(d, b);
	/* Not as for numbers: a sum that may wrap at either end is no range. */
	if (__builtin_add_overflow(a->umin, b->umin, &d->umin) |
		__builtin_add_overflow(a->umax, b->umax, &d->umax)) {
		d->umin = 0;
		d->umax = UINT64_MAX;
	}
	d->bits = bits_add(a->bits, b->bits);
	forget32(d);
	num_settle(d);
}

void num_sub_pointer(struct num *d, const struct num *a, const struct num *b)
{
	*d = *a;
	sub64(d, b);
	bool wraps = a->umin < b->umax;
	d->umin = wraps ? 0 : a->umin - b->umax;
	d->umax = wraps ? UINT64_MAX : a->umax - b->umin;
	d->bits = bits_sub(a->bits, b->bits);
	forget32(d);
	num_settle(d);
}

/* ---- comparisons ---- */

struct view { /* of one width */
	struct bits bits;
	uint64_t umin, umax;
	int64_t smin, smax;
};

static struct view view(const struct num *n, bool is32)
{
	if (is32)
		return (struct view){bits_low32(n->bits), n->umin32, n->umax32, n->smin32, n->smax32};
	return (struct view){n->bits, n->umin, n->umax, n->smin, n->smax};
}

static bool never_equal(const struct num *a, const struct num *b, bool is32)
{
	struct view x = view(a, is32), y = view(b, is32);
	if (!bits_overlap(x.bits, y.bits) || x.umin > y.umax || x.umax < y.umin || x.smin > y.smax ||
		x.smax < y.smin)
		return true;
	return !is32 && (a->umin32 > b->umax32 || a->umax32 < b->umin32 || a->smin32 > b->smax32 ||
				a->smax32 < b->smin32);
}

#define ORDER(sure, never) ((sure) ? 1 : (never) ? 0 : -1)

int num_compare(const struct num *a, const struct num *b, uint8_t op, bool is32)
{
	struct view x = view(a, is32), y = view(b, is32);

	switch (op) {
	case BPF_JEQ:
	case BPF_JNE:
		if (!x.bits.mask && !y.bits.mask)
			return (x.bits.value == y.bits.value) == (op == BPF_JEQ);
		return never_equal(a, b, is32) ? op == BPF_JNE : -1;
	case BPF_JSET:
		if (y.bits.mask) {
			struct view t = x;
			x = y;
			y = t;
		}
		if (y.bits.mask)
			return -1;
		return ORDER(~x.bits.mask & x.bits.value & y.bits.value,
			!((x.bits.mask | x.bits.value) & y.bits.value));
	case BPF_JGT:
		return ORDER(x.umin > y.umax, x.umax <= y.umin);
	case BPF_JGE:
		return ORDER(x.umin >= y.umax, x.umax < y.umin);
	case BPF_JLT:
		return ORDER(x.umax < y.umin, x.umin >= y.umax);
	case BPF_JLE:
		return ORDER(x.umax <= y.umin, x.umin > y.umax);
	case BPF_JSGT:
		return ORDER(x.smin > y.smax, x.smax <= y.smin);
	case BPF_JSGE:
		return ORDER(x.smin >= y.smax, x.smax < y.smin);
	case BPF_JSLT:
		return ORDER(x.smax < y.smin, x.smin >= y.smax);
	case BPF_JSLE:
		return ORDER(x.smax <= y.smin, x.smin > y.smax);
	default:
		return -1;
	}
}

/* By BPF_OP() >> 4: b OP' a for a OP b, and what holds where a OP b does not. JSET's opposite has no code. */
static const uint8_t flipped[16] = {
	[BPF_JEQ >> 4] = BPF_JEQ,
	[BPF_JNE >> 4] = BPF_JNE,
	[BPF_JSET >> 4] = BPF_JSET,
	[BPF_JGE >> 4] = BPF_JLE,
	[BPF_JGT >> 4] = BPF_JLT,
	[BPF_JLE >> 4] = BPF_JGE,
	[BPF_JLT >> 4] = BPF_JGT,
	[BPF_JSGE >> 4] = BPF_JSLE,
	[BPF_JSGT >> 4] = BPF_JSLT,
	[BPF_JSLE >> 4] = BPF_JSGE,
	[BPF_JSLT >> 4] = BPF_JSGT,
};
static const uint8_t opposite[16] = {
	[BPF_JEQ >> 4] = BPF_JNE,
	[BPF_JNE >> 4] = BPF_JEQ,
	[BPF_JGE >> 4] = BPF_JLT,
	[BPF_JGT >> 4] = BPF_JLE,
	[BPF_JLE >> 4] = BPF_JGT,
	[BPF_JLT >> 4] = BPF_JGE,
	[BPF_JSGE >> 4] = BPF_JSLT,
	[BPF_JSGT >> 4] = BPF_JSLE,
	[BPF_JSLE >> 4] = BPF_JSGT,
	[BPF_JSLT >> 4] = BPF_JSGE,
};

uint8_t jump_flipped(uint8_t op)
{
	return flipped[op >> 4];
}

static void learn_equal(struct num *a, struct num *b, bool is32)
{
	if (is32) {
		a->umin32 = b->umin32 = MAX(a->umin32, b->umin32);
		a->umax32 = b->umax32 = MIN(a->umax32, b->umax32);
		a->smin32 = b->smin32 = MAX(a->smin32, b->smin32);
		a->smax32 = b->smax32 = MIN(a->smax32, b->smax32);
		struct bits low = bits_both(bits_low32(a->bits), bits_low32(b->bits));
		a->bits = bits_with_low32(a->bits, low);
		b->bits = bits_with_low32(b->bits, low);
	} else {
		a->umin = b->umin = MAX(a->umin, b->umin);
		a->umax = b->umax = MIN(a->umax, b->umax);
		a->smin = b->smin = MAX(a->smin, b->smin);
		a->smax = b->smax = MIN(a->smax, b->smax);
		a->bits = b->bits = bits_both(a->bits, b->bits);
	}
}

/* Not equal says something where it takes away an end of the range. */
static void learn_not(struct num *a, uint64_t v, bool is32)
{
	if (is32) {
		a->umin32 += a->umin32 == (uint32_t)v;
		a->umax32 -= a->umax32 == (uint32_t)v;
		a->smin32 += a->smin32 == (int32_t)v;
		a->smax32 -= a->smax32 == (int32_t)v;
	} else {
		a->umin += a->umin == v;
		a->umax -= a->umax == v;
		a->smin += a->smin == (int64_t)v;
		a->smax -= a->smax == (int64_t)v;
	}
}

static void learn_bits(struct num *a, uint64_t v, bool is32, bool set)
{
	struct bits b = is32 ? bits_low32(a->bits) : a->bits;

	if (set) { /* one of several bits is set: nothing is known of any */
		if (v & (v - 1))
			return;
		b = bits_or(b, bits_known(v));
	} else {
		forget64(a);
		forget32(a);
		b = bits_and(b, bits_known(~v));
	}
	a->bits = is32 ? bits_with_low32(a->bits, b) : b;
}

static void learn_below(struct num *a, struct num *b, bool is32, bool or_equal)
{
	unsigned one = !or_equal;
	if (is32) {
		a->umax32 = MIN(a->umax32, b->umax32 - one);
		b->umin32 = MAX(a->umin32 + one, b->umin32);
	} else {
		a->umax = MIN(a->umax, b->umax - one);
		b->umin = MAX(a->umin + one, b->umin);
	}
}

static void learn_signed_below(struct num *a, struct num *b, bool is32, bool or_equal)
{
	int one = !or_equal;
	if (is32) {
		a->smax32 = MIN(a->smax32, (int32_t)((uint32_t)b->smax32 - (uint32_t)one));
		b->smin32 = MAX((int32_t)((uint32_t)a->smin32 + (uint32_t)one), b->smin32);
	} else {
		a->smax = MIN(a->smax, (int64_t)((uint64_t)b->smax - (uint64_t)one));
		b->smin = MAX((int64_t)((uint64_t)a->smin + (uint64_t)one), b->smin);
	}
}

void num_learn(struct num *a, struct num *b, uint8_t op, bool is32, bool is_true)
{
	struct num *x = a, *y = b;
	bool set = op == BPF_JSET && is_true;

	if (op != BPF_JSET && !is_true)
		op = opposite[op >> 4];
	if (op == BPF_JGE || op == BPF_JGT || op == BPF_JSGE || op == BPF_JSGT) {
		op = flipped[op >> 4];
		x = b;
		y = a;
	}
	if (op == BPF_JNE || op == BPF_JSET) {
		bool known = is32 ? num_is_known32(y) : num_is_known(y);
		if (!known) {
			x = b;
			y = a;
			known = is32 ? num_is_known32(y) : num_is_known(y);
		}
		uint64_t v = is32 ? LOW32(y->bits.value) : y->bits.value;
		if (known && op == BPF_JNE)
			learn_not(x, v, is32);
		else if (known)
			learn_bits(x, v, is32, set);
	} else if (op == BPF_JEQ) {
		learn_equal(x, y, is32);
	} else if (op == BPF_JLE || op == BPF_JLT) {
		learn_below(x, y, is32, op == BPF_JLE);
	} else {
		learn_signed_below(x, y, is32, op == BPF_JSLE);
	}
	num_settle(a);
	num_settle(b);
}

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
