/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* compare.c: comparisons of numbers: whether they are sure, and what follows where they are true, and where
 * not. */
#include <linux/bpf.h>
#include "bits.h"

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
		num_forget64(a);
		num_forget32(a);
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
