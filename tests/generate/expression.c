/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* expression.c: expressions of integers. None traps; none has parts that the compiler could compute and
 * refuse. */
#include <stddef.h>
#include "generate.h"

const char *cast(int scalar, const char *v)
{
	return text("(%s)(%s)", scalar_name[scalar], v);
}

static struct expr constant(const char *s)
{
	return (struct expr){s, true};
}

static struct expr varying(const char *s)
{
	return (struct expr){s, false};
}

/* ---- places ---- */

static bool is_counter(const struct var *v)
{
	return v->below;
}

const char *index_below(struct place *p, unsigned n)
{
	if (one_in(3)) {
		struct var *v = some_var(p, is_counter);
		if (v && v->below <= n)
			return v->name;
	}
	if (one_in(3))
		return text("%u", pick(n));
	if ((n & (n - 1)) == 0 && !one_in(4))
		return text("(%s) & %u", value(p, 1), n - 1);
	return text("(u32)(%s) %% %u", value(p, 1), n);
}

static const char *element_of(struct place *p, const char *name, struct type t, int *scalar)
{
	if (t.slice) {
		*scalar = U8;
		return text("%s[%s]", name, index_below(p, t.dims[0]));
	}
	for (int i = 0; i < t.ndims; i++)
		name = text("%s[%s]", name, index_below(p, t.dims[i]));
	*scalar = t.of;
	if (t.of < SCALARS)
		return name;
	const struct record *r = &records[t.of - SCALARS];
	const struct field *f = &r->fields[pick((unsigned)r->nfields)];
	return element_of(p, text("%s.%s", name, f->name), f->type, scalar);
}

const char *element(struct place *p, const struct var *v, int *scalar)
{
	return element_of(p, v->name, v->type, scalar);
}

static bool any(const struct var *v)
{
	(void)v;
	return true;
}

static bool can_write(const struct var *v)
{
	return v->writable;
}

const char *writable_scalar(struct place *p, int *scalar)
{
	struct var *v = some_var(p, can_write);
	return v ? element(p, v, scalar) : NULL;
}

static bool is_bytes(const struct var *v)
{
	return v->type.slice || (v->type.of == U8 && v->type.ndims == 1 && v->type.dims[0] >= 4);
}

static bool is_own_bytes(const struct var *v)
{
	return is_bytes(v) && v->writable;
}

static bool is_numbers(const struct var *v)
{
	return !v->type.slice && v->type.ndims && v->type.of < BOOL;
}

/* All bytes of an array of numbers. */
static const char *bytes_of_numbers(struct place *p, bool writable, unsigned least)
{
	static const unsigned size[BOOL] = {1, 2, 4, 8, 1, 2, 4, 8};
	struct var *v = some_var(p, is_numbers);
	if (!v || (writable && !v->writable))
		return NULL;
	unsigned n = size[v->type.of];
	for (int i = 0; i < v->type.ndims; i++)
		n *= v->type.dims[i];
	return n >= least ? text("bytes(%s)", v->name) : NULL;
}

const char *bytes(struct place *p, bool writable, unsigned least)
{
	if (wide && one_in(6)) {
		const char *s = bytes_of_numbers(p, writable, least);
		if (s)
			return s;
	}
	struct var *v = some_var(p, writable ? is_own_bytes : is_bytes);
	if (!v || v->type.dims[0] < least)
		return NULL;
	unsigned room = v->type.dims[0] - least;
	switch (pick(5)) {
	case 0:
		return v->name;
	case 1:
		return text("%s[:%u]", v->name, least + pick(room + 1));
	case 2:
		return text("%s[%s:]", v->name, index_below(p, room + 1));
	case 3: {
		unsigned from = pick(room + 1);
		return text(
			"%s[%u:%u]", v->name, from, from + least + pick(v->type.dims[0] - from - least + 1));
	}
	default: {
		unsigned from = pick(room + 1);
		return text("%s[%s:%u + (%s)]", v->name, index_below(p, from + 1), from + least,
			index_below(p, room - from + 1));
	}
	}
}

/* ---- leaves ---- */

static struct expr number(struct place *p)
{
	(void)p;
	static const char *const edges[] = {
		"0", "1", "2", "7", "'a'", "31", "127", "255", "1K", "32767", "65535"};
	return constant(one_in(2) ? text("%u", pick(26)) : edges[pick(sizeof edges / sizeof *edges)]);
}

/* Indices and arguments are expressions that have indices and arguments: past some of them, a plain number
 * that nobody changes. */
#define MOST_NESTED 12
static unsigned nested;

static struct expr variable(struct place *p)
{
	int scalar;
	if (nested >= MOST_NESTED)
		return varying(text("k%u", pick(12)));
	nested++;
	struct var *v = some_var(p, any);
	struct expr e = v ? varying(element(p, v, &scalar)) : number(p);
	nested--;
	return e;
}

static bool has_length(const struct var *v)
{
	return v->type.slice;
}

static struct expr length(struct place *p)
{
	struct var *v = some_var(p, has_length);
	return v ? varying(text("%s.len", v->name)) : number(p);
}

static struct expr own_number(struct place *p)
{
	return p->in_task ? varying("self") : variable(p);
}

static struct expr called(struct place *p)
{
	struct fn *f = nested < MOST_NESTED ? some_fn(p, false) : NULL;
	nested++;
	const char *s = f ? call(p, f) : NULL;
	nested--;
	return s ? varying(s) : variable(p);
}

/* Of std.bytes. */
static struct expr library(struct place *p)
{
	if (!p->cost || p->times > 32 || nested >= MOST_NESTED) /* `top` is nobody's code */
		return variable(p);
	nested++;
	const char *b = bytes(p, false, 1), *s = NULL;
	if (b)
		switch (pick(6)) {
		case 0:
			s = text("fnv1a_64(%s)", b);
			break;
		case 1:
			s = text("crc32c(%s, %s)", b, cast(U32, value(p, 1)));
			break;
		case 2:
			s = text("find_byte(%s, %s)", b, cast(U8, value(p, 1)));
			break;
		case 3:
			s = text("bytes_compare(%s, letters)", b);
			break;
		case 4:
			s = text("parse_hex(%s)", b);
			break;
		default:
			s = text("trim_end(%s)", b);
		}
	nested--;
	*p->cost += 64 * p->times;
	return s ? varying(s) : variable(p);
}

static const struct leaf {
	unsigned weight;
	struct expr (*write)(struct place *);
} leaves[] = {
	{12, variable},
	{5, number},
	{1, length},
	{1, own_number},
	{1, called},
	{1, library},
};

static struct expr leaf(struct place *p)
{
	unsigned all = 0, i;
	for (i = 0; i < (wide ? sizeof leaves / sizeof *leaves : 5); i++)
		all += leaves[i].weight;
	unsigned n = pick(all);
	for (i = 0; n >= leaves[i].weight; i++)
		n -= leaves[i].weight;
	return leaves[i].write(p);
}

/* ---- calls ---- */

struct fn *some_fn(struct place *p, bool awaits)
{
	struct fn *found[64];
	unsigned n = 0;
	for (int i = 0; i < nfns && n < 64; i++)
		if (fns[i].awaits == awaits && fns[i].height < p->height &&
			(uint64_t)fns[i].cost * p->times < 4000 && (!awaits || *p->size + fns[i].size < 400))
			found[n++] = &fns[i];
	return n ? found[pick(n)] : NULL;
}

/* NULL where there is no memory for one of its slices. */
const char *call(struct place *p, const struct fn *f)
{
	const char *args = "";
	for (int i = 0; i < f->nparams; i++) {
		const char *a;
		if (f->params[i].type.slice)
			a = bytes(p, f->params[i].writable, f->params[i].type.dims[0]);
		else
			a = cast(f->params[i].type.of, expression(p, pick(2)).text);
		if (!a && !f->params[i].writable)
			a = one_in(2) ? "\"some text\"" : "letters";
		if (!a)
			return NULL;
		args = i ? text("%s, %s", args, a) : a;
	}
	*p->cost += f->cost * p->times;
	if (f->awaits)
		*p->size += f->size;
	return text("%s(%s)", f->name, args);
}

/* ---- all ---- */

static struct expr binary(struct place *p, int depth)
{
	static const char *const plain[] = {"+", "-", "*", "&", "|", "^", "<", ">",
		"<=", ">=", "==", "!=", "&&", "||", "+", "-", "^", "*"};
	struct expr a = expression(p, depth - 1), b = expression(p, depth - 1);
	if (a.constant && b.constant)
		a = varying(value(p, 0));
	switch (pick(8)) {
	case 0:
		return varying(text("(%s / ((%s) | 1))", value(p, depth - 1), b.text));
	case 1:
		return varying(text("(%s %% ((%s) | 1))", value(p, depth - 1), b.text));
	case 2:
		return varying(text("(%s %s (%s))", a.constant ? value(p, 0) : a.text,
			one_in(2) ? "<<" : ">>", b.constant ? text("%u", pick(32)) : b.text));
	default:
		return varying(text("(%s %s %s)", a.text, plain[pick(sizeof plain / sizeof *plain)], b.text));
	}
}

static struct expr unary(struct place *p, int depth)
{
	static const char *const swap[] = {"be16", "be32", "be64", "le32"};
	static const int width[] = {U16, U32, U64, U32};
	unsigned n = pick(8);
	switch (n) {
	case 0:
		return varying(text("-(%s)", value(p, depth - 1)));
	case 1:
		return varying(text("~(%s)", value(p, depth - 1)));
	case 2:
		return varying(text("!(%s)", value(p, depth - 1)));
	case 3:
		n = pick(4);
		return varying(text("%s(%s)", swap[n], cast(width[n], value(p, depth - 1))));
	case 4:
		return varying(text(
			"((%s) ? %s : %s)", value(p, depth - 1), value(p, depth - 1), value(p, depth - 1)));
	default:
		return varying(cast((int)pick(SCALARS), value(p, depth - 1)));
	}
}

struct expr expression(struct place *p, int depth)
{
	if (depth <= 0)
		return leaf(p);
	return one_in(3) ? unary(p, depth) : binary(p, depth);
}

const char *value(struct place *p, int depth)
{
	struct expr e = expression(p, depth);
	if (!e.constant)
		return e.text;
	/* The first variables of all are numbers that nobody changes. */
	return text("k%u", pick(12));
}
