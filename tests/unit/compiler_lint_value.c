/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * compiler_lint_value.c: what the linter says of a number is true of it: whatever is computed with numbers of
 * which something is known, the result is one of those that the result may be. All of small numbers are
 * tried, and many of large ones.
 */
#include <../include/check.h> /* the library: <check.h> would be compiler/check.h */
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include "jumps.h"
#include "lint/interp/bits.h"

/* Check writes down each assertion, and there are millions here. */
#define SURE(x)                                                                                              \
	do {                                                                                                 \
		if (!(x))                                                                                    \
			ck_abort_msg("not so: %s", #x);                                                      \
	} while (0)

/* ---- a number, and what is known of it ---- */

static bool may_be_bits(struct bits b, uint64_t v)
{
	return (v & ~b.mask) == b.value && !(b.value & b.mask);
}

static bool may_be(const struct num *n, uint64_t v)
{
	int64_t s = (int64_t)v;
	uint32_t low = (uint32_t)v;
	int32_t s32 = (int32_t)low;
	return may_be_bits(n->bits, v) && n->umin <= v && v <= n->umax && n->smin <= s && s <= n->smax &&
	       n->umin32 <= low && low <= n->umax32 && n->smin32 <= s32 && s32 <= n->smax32;
}

static void needs(const struct num *n, uint64_t v, const char *what, unsigned op, bool is32)
{
	if (may_be(n, v))
		return;
	ck_abort_msg("%s %#x%s: %#" PRIx64 " is not in bits %#" PRIx64 "/%#" PRIx64 ", %" PRIu64 "..%" PRIu64
		     ", %" PRId64 "..%" PRId64 ", low %u..%u, %d..%d",
		what, op, is32 ? " of 32 bits" : "", v, n->bits.value, n->bits.mask, n->umin, n->umax,
		n->smin, n->smax, n->umin32, n->umax32, n->smin32, n->smax32);
}

/* ---- numbers, for trying: always the same ones ---- */

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint64_t any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Ends of ranges, and what is around them, are where things go wrong. */
static uint64_t likely(void)
{
	static const uint64_t ends[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff, 0x80000000,
		0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, UINT64_MAX};
	switch (any() % 4) {
	case 0:
		return any();
	case 1:
		return any() >> any() % 64;
	case 2:
		return ~(any() >> any() % 64);
	default:
		return ends[any() % (sizeof ends / sizeof *ends)] + any() % 5 - 2;
	}
}

struct pair {
	uint64_t v;
	struct num n;
};

/* Something that is true of v. */
static struct num known_of(uint64_t v)
{
	struct num n = any() % 8 ? num_unknown() : num_known(v);
	uint64_t a, b;

	if (any() % 2) {
		n.bits.mask &= any() | any();
		n.bits.value = v & ~n.bits.mask;
	}
	if (any() % 2) {
		a = likely(), b = likely();
		n.umin = MAX(n.umin, MIN(MIN(a, b), v));
		n.umax = MIN(n.umax, MAX(MAX(a, b), v));
	}
	if (any() % 2) {
		int64_t s = (int64_t)v, c = (int64_t)likely(), d = (int64_t)likely();
		n.smin = MAX(n.smin, MIN(MIN(c, d), s));
		n.smax = MIN(n.smax, MAX(MAX(c, d), s));
	}
	if (any() % 2) {
		uint32_t low = (uint32_t)v, c = (uint32_t)likely(), d = (uint32_t)likely();
		n.umin32 = MAX(n.umin32, MIN(MIN(c, d), low));
		n.umax32 = MIN(n.umax32, MAX(MAX(c, d), low));
	}
	if (any() % 2) {
		int32_t low = (int32_t)v, c = (int32_t)likely(), d = (int32_t)likely();
		n.smin32 = MAX(n.smin32, MIN(MIN(c, d), low));
		n.smax32 = MIN(n.smax32, MAX(MAX(c, d), low));
	}
	num_settle(&n);
	needs(&n, v, "settled", 0, false);
	return n;
}

static struct pair some(void)
{
	struct pair p = {.v = likely()};
	p.n = known_of(p.v);
	return p;
}

/* ---- what a machine computes ---- */

static uint64_t computed(uint64_t a, uint64_t b, uint8_t op, bool is32)
{
	unsigned width = is32 ? 32 : 64, by = (unsigned)b & (width - 1);
	uint64_t r;

	if (is32) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (op) {
	case BPF_ADD:
		r = a + b;
		break;
	case BPF_SUB:
		r = a - b;
		break;
	case BPF_MUL:
		r = a * b;
		break;
	case BPF_AND:
		r = a & b;
		break;
	case BPF_OR:
		r = a | b;
		break;
	case BPF_XOR:
		r = a ^ b;
		break;
	case BPF_LSH:
		r = a << by;
		break;
	case BPF_RSH:
		r = a >> by;
		break;
	case BPF_ARSH:
		r = is32 ? (uint64_t)((int32_t)a >> by) : (uint64_t)((int64_t)a >> by);
		break;
	case BPF_DIV:
		r = b ? a / b : 0;
		break;
	case BPF_MOD:
		r = b ? a % b : a;
		break;
	default:
		r = 0 - a;
		break;
	}
	return is32 ? (uint32_t)r : r;
}

static const uint8_t operators[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH,
	BPF_ARSH, BPF_DIV, BPF_MOD, BPF_NEG};
static const uint8_t comparisons[] = {BPF_JEQ, BPF_JNE, BPF_JSET, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE,
	BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE};
#define EACH(i, list) (size_t i = 0; i < sizeof(list) / sizeof *(list); i++)

/* ---- bits: all numbers of four bits, at three places of 64 ---- */

#define WIDTH 4
#define VALUES (1u << WIDTH)

static struct bits bits_at(unsigned value, unsigned mask, unsigned place)
{
	return (struct bits){(uint64_t)value << place, (uint64_t)mask << place};
}

static void try_bits(struct bits a, uint64_t x, struct bits b, uint64_t y)
{
	SURE(may_be_bits(bits_add(a, b), x + y));
	SURE(may_be_bits(bits_sub(a, b), x - y));
	SURE(may_be_bits(bits_mul(a, b), x * y));
	SURE(may_be_bits(bits_and(a, b), x & y));
	SURE(may_be_bits(bits_or(a, b), x | y));
	SURE(may_be_bits(bits_xor(a, b), x ^ y));
	if (x == y) {
		SURE(bits_overlap(a, b));
		SURE(may_be_bits(bits_both(a, b), x));
	}
	if (bits_within(a, b))
		SURE(may_be_bits(a, y));
	SURE(may_be_bits(bits_range(MIN(x, y), MAX(x, y)), x));
	SURE(may_be_bits(bits_range(MIN(x, y), MAX(x, y)), y));
	SURE(may_be_bits(bits_low32(a), LOW32(x)));
	SURE(may_be_bits(bits_with_low32(a, bits_low32(b)), (x & ~0xffffffffULL) | LOW32(y)));
	for (unsigned n = 0; n < 64; n += 7) {
		SURE(may_be_bits(bits_shift_left(a, n), x << n));
		SURE(may_be_bits(bits_shift_right(a, n), x >> n));
		SURE(may_be_bits(bits_shift_signed(a, n, false), (uint64_t)((int64_t)x >> n)));
		SURE(may_be_bits(
			bits_shift_signed(bits_low32(a), n % 32, true), (uint32_t)((int32_t)x >> n % 32)));
	}
}

START_TEST(bits_that_are_known_are_so_of_every_result)
{
	static const unsigned places[] = {0, 30, 60};
	for
		EACH(i, places)
	for (unsigned am = 0; am < VALUES; am++)
		for (unsigned bm = 0; bm < VALUES; bm++)
			for (unsigned x = 0; x < VALUES; x++)
				for (unsigned y = 0; y < VALUES; y++) {
					unsigned at = places[i];
					try_bits(bits_at(x & ~am, am, at), (uint64_t)x << at,
						bits_at(y & ~bm, bm, at), (uint64_t)y << at);
				}
}
END_TEST

/* ---- ranges: all of small numbers ---- */

#define LEAST (-3)
#define MOST 4

static void try_operators(const struct num *a, const struct num *b)
{
	for
		EACH(i, operators)
	for (int is32 = 0; is32 < 2; is32++) {
		struct num n = *a;
		num_alu(&n, b, operators[i], is32);
		for (int64_t x = a->smin; x <= a->smax; x++)
			for (int64_t y = b->smin; y <= b->smax; y++)
				needs(&n, computed((uint64_t)x, (uint64_t)y, operators[i], is32), "operator",
					operators[i], is32);
	}
}

static void try_comparisons(const struct num *a, const struct num *b)
{
	for
		EACH(i, comparisons)
	for (int is32 = 0; is32 < 2; is32++) {
		int sure = num_compare(a, b, comparisons[i], is32);
		struct num learnt[2][2] = {{*a, *b}, {*a, *b}};
		for (int way = 0; way < 2; way++)
			num_learn(&learnt[way][0], &learnt[way][1], comparisons[i], is32, way);
		for (int64_t x = a->smin; x <= a->smax; x++)
			for (int64_t y = b->smin; y <= b->smax; y++) {
				int way = jump_holds(comparisons[i], (uint64_t)x, (uint64_t)y, is32);
				SURE(sure < 0 || sure == way);
				needs(&learnt[way][0], (uint64_t)x, "left of", comparisons[i], is32);
				needs(&learnt[way][1], (uint64_t)y, "right of", comparisons[i], is32);
			}
	}
}

static struct num range(int64_t min, int64_t max)
{
	struct num n = num_unknown();
	num_at_most(&n, min, max);
	return n;
}

static void each_pair(void try(const struct num *, const struct num *))
{
	for (int a = LEAST; a <= MOST; a++)
		for (int b = a; b <= MOST; b++)
			for (int c = LEAST; c <= MOST; c++)
				for (int d = c; d <= MOST; d++) {
					struct num x = range(a, b), y = range(c, d);
					try(&x, &y);
				}
}

START_TEST(results_of_small_ranges_are_within_theirs)
{
	each_pair(try_operators);
}
END_TEST

START_TEST(comparisons_of_small_ranges_are_true)
{
	each_pair(try_comparisons);
}
END_TEST

/* ---- large numbers, of which this or that is known ---- */

#define TRIES 400000

START_TEST(results_of_large_numbers_are_within_theirs)
{
	struct pair kept = some();
	for (int i = 0; i < TRIES; i++) {
		struct pair a = i % 16 ? kept : some(), b = some();
		uint8_t op = operators[any() % (sizeof operators)];
		bool is32 = any() % 2;
		if (any() % 4 == 0)
			b.v = any() % 64, b.n = num_known(b.v); /* by which something may be shifted */
		num_alu(&a.n, &b.n, op, is32);
		a.v = computed(a.v, b.v, op, is32);
		needs(&a.n, a.v, "operator", op, is32);
		kept = a; /* what is known of a result comes in no other way */
	}
}
END_TEST

START_TEST(comparisons_of_large_numbers_are_true)
{
	for (int i = 0; i < TRIES; i++) {
		struct pair a = some(), b = some();
		uint8_t op = comparisons[any() % (sizeof comparisons)];
		bool is32 = any() % 2;
		if (any() % 4 == 0)
			b.v = a.v + any() % 3 - 1, b.n = known_of(b.v);
		bool way = jump_holds(op, a.v, b.v, is32);
		int sure = num_compare(&a.n, &b.n, op, is32);
		SURE(sure < 0 || sure == way);
		num_learn(&a.n, &b.n, op, is32, way);
		needs(&a.n, a.v, "left of", op, is32);
		needs(&b.n, b.v, "right of", op, is32);
	}
}
END_TEST

START_TEST(a_number_that_is_cut_is_within_what_is_left)
{
	static const uint8_t sizes[] = {1, 2, 4, 8};
	for (int i = 0; i < TRIES; i++) {
		struct pair p = some();
		unsigned bytes = sizes[any() % 4], shift = 64 - 8 * bytes;
		struct num n = p.n, low = p.n;
		uint64_t cut = p.v << shift >> shift;
		int64_t sign = (int64_t)(p.v << shift) >> shift;

		num_cut(&n, bytes);
		needs(&n, cut, "cut to", bytes, false);
		n = num_of_size(bytes, false);
		needs(&n, cut, "a load of", bytes, false);
		n = num_of_size(bytes, true);
		needs(&n, (uint64_t)sign, "a signed load of", bytes, false);
		if (bytes < 8) {
			n = p.n;
			num_cut_signed(&n, bytes, false);
			needs(&n, (uint64_t)sign, "cut signed to", bytes, false);
		}
		if (bytes < 4) {
			n = p.n;
			num_cut_signed(&n, bytes, true);
			needs(&n, (uint32_t)sign, "cut signed to", bytes, true);
		}
		num_zero_extend(&low);
		num_settle(&low);
		needs(&low, (uint32_t)p.v, "extended", 0, true);
		low = p.n;
		num_know_low(&low, (uint32_t)p.v);
		num_settle(&low);
		needs(&low, p.v, "the low half known", 0, true);
		SURE(num_width(&p.n) == 64 || !(p.v >> num_width(&p.n)));
	}
}
END_TEST

START_TEST(a_pointers_offset_is_within_the_sum)
{
	for (int i = 0; i < TRIES; i++) {
		struct pair a = some(), b = some();
		struct num n;
		num_add_pointer(&n, &a.n, &b.n);
		needs(&n, a.v + b.v, "a pointer and", 0, false);
		num_sub_pointer(&n, &a.n, &b.n);
		needs(&n, a.v - b.v, "a pointer less", 0, false);
	}
}
END_TEST

START_TEST(what_is_within_a_number_may_be_it)
{
	unsigned within = 0;
	for (int i = 0; i < TRIES; i++) {
		struct pair a = some(), b = some();
		if (any() % 2)
			b.v = a.v, b.n = known_of(b.v);
		if (!num_within(&a.n, &b.n))
			continue;
		within++;
		needs(&a.n, b.v, "within", 0, false);
	}
	ck_assert_uint_gt(within, TRIES / 100);
}
END_TEST

/* Or all of the above would be true of a linter that knows nothing. */
START_TEST(what_is_known_stays_so)
{
	for (int i = 0; i < TRIES; i++) {
		uint64_t a = likely(), b = likely();
		uint8_t op = operators[any() % 9]; /* no division */
		bool is32 = any() % 2;
		if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
			b %= is32 ? 32 : 64;
		struct num x = num_known(a), y = num_known(b);
		SURE(num_alu(&x, &y, op, is32));
		SURE(num_is(&x, computed(a, b, op, is32)));
		uint8_t jump = comparisons[any() % (sizeof comparisons)];
		struct num u = num_known(a);
		SURE(num_compare(&u, &y, jump, is32) == jump_holds(jump, a, b, is32));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("what the linter knows of numbers");
	TCase *cases = tcase_create("numbers");
	SRunner *runner = srunner_create(suite);

	suite_add_tcase(suite, cases);
	tcase_set_timeout(cases, 300);
	tcase_add_test(cases, bits_that_are_known_are_so_of_every_result);
	tcase_add_test(cases, results_of_small_ranges_are_within_theirs);
	tcase_add_test(cases, comparisons_of_small_ranges_are_true);
	tcase_add_test(cases, results_of_large_numbers_are_within_theirs);
	tcase_add_test(cases, comparisons_of_large_numbers_are_true);
	tcase_add_test(cases, a_number_that_is_cut_is_within_what_is_left);
	tcase_add_test(cases, a_pointers_offset_is_within_the_sum);
	tcase_add_test(cases, what_is_within_a_number_may_be_it);
	tcase_add_test(cases, what_is_known_stays_so);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
