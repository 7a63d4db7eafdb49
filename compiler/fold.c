/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fold.c: arithmetic on constants, by the language's rules: it wraps, and shift counts are taken modulo the
 * width. */
#include "check.h"

bool fold_binary(enum op op, const struct type *t, uint64_t a, uint64_t b, uint64_t *out)
{
	unsigned mask = t->bits == 64 ? 63 : 31;
	int64_t sa = (int64_t)a, sb = (int64_t)b;
	uint64_t v = 0;
	switch (op) {
	case OP_ADD:
		v = a + b;
		break;
	case OP_SUB:
		v = a - b;
		break;
	case OP_MUL:
		v = a * b;
		break;
	case OP_DIV:
	case OP_MOD:
		if (!b)
			return false;
		if (t->is_signed && sb == -1)
			v = op == OP_DIV ? 0 - a : 0; /* INT_MIN / -1 wraps */
		else if (t->is_signed)
			v = (uint64_t)(op == OP_DIV ? sa / sb : sa % sb);
		else
			v = op == OP_DIV ? a / b : a % b;
		break;
	case OP_SHL:
		v = a << (b & mask);
		break;
	case OP_SHR:
		v = t->is_signed ? (uint64_t)(sa >> (b & mask)) : a >> (b & mask);
		break;
	case OP_AND:
		v = a & b;
		break;
	case OP_OR:
		v = a | b;
		break;
	case OP_XOR:
		v = a ^ b;
		break;
	case OP_EQ:
		v = a == b;
		break;
	case OP_NE:
		v = a != b;
		break;
	case OP_LT:
		v = t->is_signed ? sa < sb : a < b;
		break;
	case OP_LE:
		v = t->is_signed ? sa <= sb : a <= b;
		break;
	case OP_GT:
		v = t->is_signed ? sa > sb : a > b;
		break;
	case OP_GE:
		v = t->is_signed ? sa >= sb : a >= b;
		break;
	default:
		break;
	}
	*out = type_wrap(t, v);
	return true;
}

uint64_t fold_unary(enum op op, const struct type *t, uint64_t a)
{
	switch (op) {
	case OP_NEG:
		return type_wrap(t, 0 - a);
	case OP_COM:
		return type_wrap(t, ~a);
	case OP_NOT:
		return !a;
	default:
		return a;
	}
}
