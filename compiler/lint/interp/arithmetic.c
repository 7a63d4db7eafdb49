/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* arithmetic.c: what is known of a sum, a product and so on, of what is known of its parts. */
#include <linux/bpf.h>
#include "bits.h"

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
	num_ranges_of_bits(d);
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
		num_forget64(d);
		num_ranges_of_bits32(d);
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
	num_ranges_of_bits(d);
}

static void shift_right(struct num *d, unsigned n, bool is32)
{
	if (is32) {
		d->smin32 = INT32_MIN;
		d->smax32 = INT32_MAX;
		d->bits = bits_shift_right(bits_low32(d->bits), n);
		d->umin32 >>= n;
		d->umax32 >>= n;
		num_forget64(d);
		num_ranges_of_bits32(d);
		return;
	}
	d->smin = INT64_MIN;
	d->smax = INT64_MAX;
	d->bits = bits_shift_right(d->bits, n);
	d->umin >>= n;
	d->umax >>= n;
	num_forget32(d);
	num_ranges_of_bits(d);
}

static void shift_signed(struct num *d, unsigned n, bool is32)
{
	if (is32) {
		d->smin32 >>= n;
		d->smax32 >>= n;
		d->bits = bits_shift_signed(bits_low32(d->bits), n, true);
		d->umin32 = 0;
		d->umax32 = UINT32_MAX;
		num_forget64(d);
		num_ranges_of_bits32(d);
		return;
	}
	d->smin >>= n;
	d->smax >>= n;
	d->bits = bits_shift_signed(d->bits, n, false);
	d->umin = 0;
	d->umax = UINT64_MAX;
	num_forget32(d);
	num_ranges_of_bits(d);
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
	bool least = __builtin_add_overflow(a->umin, b->umin, &d->umin);
	bool most = __builtin_add_overflow(a->umax, b->umax, &d->umax);
	if (least || most) {
		d->umin = 0;
		d->umax = UINT64_MAX;
	}
	d->bits = bits_add(a->bits, b->bits);
	num_forget32(d);
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
	num_forget32(d);
	num_settle(d);
}
