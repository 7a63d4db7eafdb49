/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * value.h: what is known of a number: which of its bits, and its ranges as a signed and an unsigned number of
 * 64 and of 32 bits. None of the five says all: an index below 10 that is a multiple of 4 needs two of them.
 */
#ifndef RINGC_LINT_VALUE_H
#define RINGC_LINT_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* A bit of mask: not known. Of the others, value has what they are. */
struct bits {
	uint64_t value, mask;
};

struct num {
	struct bits bits;
	int64_t smin, smax;
	uint64_t umin, umax;
	int32_t smin32, smax32;
	uint32_t umin32, umax32;
};

struct num num_known(uint64_t);
struct num num_unknown(void);
/* What a load of that many bytes gives. */
struct num num_of_size(unsigned bytes, bool sign_extended);

bool num_is_known(const struct num *);
bool num_is_known32(const struct num *);
bool num_is(const struct num *, uint64_t);
bool num_eq(const struct num *, const struct num *);
/* Every number that `b` may be, `a` may be too. */
bool num_within(const struct num *a, const struct num *b);
/* How many low bits may be set: 64 where it may be negative. */
unsigned num_width(const struct num *);

/* Each part learns of the others. */
void num_settle(struct num *);
/* Cuts it to its low 1, 2, 4 or 8 bytes. */
void num_cut(struct num *, unsigned bytes);
void num_cut_signed(struct num *, unsigned bytes, bool to32);
void num_zero_extend(struct num *);
void num_know_low(struct num *, uint32_t); /* its low half; of the other nothing is learnt */
void num_at_most(struct num *, int64_t min, int64_t max);

/* dst = dst OP src, of BPF_OP(code). False: nothing can be said of it. */
bool num_alu(struct num *dst, const struct num *src, uint8_t op, bool is32);
void num_add(struct num *dst, const struct num *src);
/* Of a pointer's variable offset: 32-bit ranges are not kept. */
void num_add_pointer(struct num *dst, const struct num *a, const struct num *b);
void num_sub_pointer(struct num *dst, const struct num *a, const struct num *b);

/* 1: a OP b is true, whatever they are; 0: false; -1: it depends. */
int num_compare(const struct num *a, const struct num *b, uint8_t op, bool is32);
/* What both are where a OP b is true, or where it is false. */
void num_learn(struct num *a, struct num *b, uint8_t op, bool is32, bool is_true);
uint8_t jump_flipped(uint8_t op);

/* "0..15" or "-1..255", or "anything", for people. */
const char *num_say(const struct num *, char *to, unsigned size);

#endif
