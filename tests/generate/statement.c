/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* statement.c: statements of every kind, in any nesting. */
#include <stddef.h>
#include <string.h>
#include "generate.h"

#define MOST_TIMES 512 /* how often one statement is executed in a call */
#define MOST_AWAITS 16 /* and one that may await */
#define MOST_DEPTH 6

void mix(struct place *p, const char *v)
{
	if (one_in(3))
		line("%s += %s;", p->sum, cast(U64, v));
	else if (one_in(2))
		line("%s = %s * 31 + (u64)(%s);", p->sum, p->sum, v);
	else
		line("%s = (%s ^ (u64)(%s)) * 1099511;", p->sum, p->sum, v);
}

static struct place inner(struct place *p)
{
	struct place in = *p;
	in.up = p;
	in.nvars = 0;
	in.depth++;
	return in;
}

void statements_in_block(struct place *p, unsigned n)
{
	while (n-- > 0)
		statement(p);
}

static void body(struct place *in, unsigned most)
{
	statements_in_block(in, 1 + pick(most));
	close_brace();
}

/* ---- plain ---- */

static void assign(struct place *p)
{
	static const char *const ops[] = {"=", "=", "=", "+=", "-=", "*=", "&=", "|=", "^=", "<<=", ">>="};
	int scalar;
	const char *to = writable_scalar(p, &scalar);
	unsigned op = pick(sizeof ops / sizeof *ops);
	if (!to) {
		mix(p, value(p, 2));
		return;
	}
	if (op > 2 && scalar == BOOL)
		op = 0;
	if (op >= 9)
		line("%s %s (%s) & 7;", to, ops[op], value(p, 2));
	else
		line("%s %s %s;", to, ops[op], cast(scalar, value(p, 3)));
}

static void divide(struct place *p)
{
	int scalar;
	const char *to = writable_scalar(p, &scalar);
	if (to && scalar != BOOL)
		line("%s %s ((%s) | 1);", to, one_in(2) ? "/=" : "%=", cast(scalar, value(p, 2)));
	else
		assign(p);
}

static void count(struct place *p)
{
	int scalar;
	const char *to = writable_scalar(p, &scalar);
	if (to && scalar != BOOL)
		line("%s%s;", to, one_in(2) ? "++" : "--");
	else
		assign(p);
}

static void mixed(struct place *p)
{
	mix(p, value(p, 3));
}

/* ---- declarations ---- */

static void local_scalar(struct place *p)
{
	struct type t = {.of = (int)pick(SCALARS)};
	const char *name = new_name("v");
	if (one_in(5))
		line("%s;", declarator(t, name));
	else
		line("%s = %s;", declarator(t, name), cast(t.of, value(p, 3)));
	declare(p, name, t, true);
}

static struct type some_type(unsigned most)
{
	struct type t = {.of = (int)pick(SCALARS)};
	if (nrecords && one_in(3))
		t.of = SCALARS + (int)pick((unsigned)nrecords);
	else if (one_in(3))
		t.of = U8;
	if (t.of < SCALARS || one_in(3))
		t.ndims = one_in(5) ? 2 : 1;
	for (int i = 0; i < t.ndims; i++)
		t.dims[i] = t.ndims == 2 || t.of >= SCALARS ? 2 + pick(4)
			    : one_in(2)                     ? 4u << pick(3)
							    : 3 + pick(most);
	return t;
}

static void local_memory(struct place *p)
{
	struct type t = some_type(20);
	const char *name = new_name("v");
	if (t.ndims == 1 && t.of < SCALARS && one_in(2))
		line("%s = { %u, %u };", declarator(t, name), pick(2), pick(2));
	else
		line("%s;", declarator(t, name));
	declare(p, name, t, true);
}

static void local_slice(struct place *p)
{
	unsigned least = 1 + pick(6);
	bool writable = one_in(2);
	const char *b = bytes(p, writable, least);
	if (!b) {
		local_scalar(p);
		return;
	}
	const char *name = new_name("sl");
	struct type t = {.of = U8, .slice = true, .dims = {least}};
	line("%s = %s;", declarator(t, name), b);
	declare(p, name, t, writable);
}

/* A whole struct, or array, to another of its type. */
static struct type wanted;

static bool is_wanted(const struct var *v)
{
	return memcmp(&v->type, &wanted, sizeof wanted) == 0;
}

static bool is_wanted_to_write(const struct var *v)
{
	return v->writable && is_wanted(v);
}

static bool is_memory(const struct var *v)
{
	return !v->type.slice && (v->type.ndims || v->type.of >= SCALARS);
}

static void copy(struct place *p)
{
	struct var *from = some_var(p, is_memory);
	if (from) {
		wanted = from->type;
		struct var *to = some_var(p, is_wanted_to_write);
		if (to && to != from)
			line("%s = %s;", to->name, from->name);
		else if (one_in(2)) {
			const char *name = new_name("v");
			line("%s = %s;", declarator(from->type, name), from->name);
			declare(p, name, from->type, true);
		}
	}
	mixed(p);
}

/* ---- branches ---- */

static void if_(struct place *p)
{
	struct place in = inner(p);
	open_brace("if (%s)", value(p, 2));
	body(&in, 3);
	while (one_in(3)) {
		in = inner(p);
		open_brace("else if (%s)", value(p, 2));
		body(&in, 2);
	}
	if (one_in(2)) {
		in = inner(p);
		open_brace("else");
		body(&in, 3);
	}
}

static void switch_(struct place *p)
{
	unsigned n = 1 + pick(one_in(6) ? 24 : 6), step = 1 + pick(3);
	open_brace("switch ((u32)(%s) & %u)", value(p, 2), n < 8 ? 7 : 31);
	for (unsigned i = 0; i < n && i * step < 32; i++) {
		struct place in = inner(p);
		in.breaks = false;
		open_brace("case %u:", i * step);
		statements_in_block(&in, 1 + pick(2));
		if (!one_in(4))
			line("break;");
		close_brace();
	}
	if (one_in(2)) {
		struct place in = inner(p);
		in.breaks = false;
		open_brace("default:");
		body(&in, 2);
	}
	close_brace();
}

static void leave(struct place *p)
{
	if (p->in_defer)
		assign(p);
	else if (p->breaks && one_in(2))
		line("if (%s) %s;", value(p, 2), one_in(2) ? "break" : "continue");
	else if (p->returns && p->result >= 0)
		line("if (%s) return %s;", value(p, 2), cast(p->result, value(p, 2)));
	else if (p->returns)
		line("if (%s) return;", value(p, 2));
	else
		assign(p);
}

static void block(struct place *p)
{
	struct place in = inner(p);
	open_brace("if (true)");
	body(&in, 4);
}

/* ---- loops ---- */

/* Begins one of `most` rounds at most; false: there are enough. */
static bool looped(struct place *p, struct place *in, unsigned *most)
{
	*in = inner(p);
	*most = 2 + pick(7);
	if (one_in(20))
		*most = 20 + pick(100);
	in->times *= *most;
	if (in->times > MOST_AWAITS)
		in->awaits = false;
	in->breaks = true;
	return in->times <= MOST_TIMES;
}

static void counter(struct place *in, const char *name, int of, unsigned below)
{
	declare(in, name, (struct type){.of = of}, false);
	in->vars[in->nvars - 1].below = below;
}

static void for_in(struct place *p)
{
	struct place in;
	unsigned n;
	if (!looped(p, &in, &n)) {
		assign(p);
		return;
	}
	static const int types[] = {U8, U16, U32, U64, S32, S64};
	int of = types[pick(6)];
	const char *i = new_name("i");
	if (one_in(3))
		open_brace("for (%s %s in 0..(%s) & 7)", scalar_name[of], i, cast(of, value(p, 1)));
	else
		open_brace("for (%s %s in %u..%u)", scalar_name[of], i, pick(2), n);
	counter(&in, i, of, n < 8 ? 8 : n);
	body(&in, 4);
}

static void for_c(struct place *p)
{
	struct place in;
	unsigned n;
	if (!looped(p, &in, &n)) {
		assign(p);
		return;
	}
	const char *i = new_name("i");
	if (one_in(3))
		open_brace("for (s32 %s = %u; %s >= 0; %s -= %u)", i, n - 1, i, i, 1 + pick(3));
	else
		open_brace("for (u32 %s = 0; %s < %u; %s += %u)", i, i, n, i, 1 + pick(2));
	counter(&in, i, U32, n);
	body(&in, 4);
}

static void while_(struct place *p)
{
	struct place in;
	unsigned n;
	if (!looped(p, &in, &n)) {
		assign(p);
		return;
	}
	const char *i = new_name("n");
	line("u32 %s = (u32)(%s) %% %u;", i, value(p, 1), n);
	counter(p, i, U32, n);
	if (one_in(2)) {
		open_brace("while (%s > 0%s)", i, one_in(3) ? text(" && (%s)", value(p, 1)) : "");
		line("%s--;", i);
		body(&in, 4);
	} else {
		open_brace("do");
		line("if (%s) %s--;", i, i);
		body(&in, 3);
		line("while (%s > 0);", i);
	}
}

static void while_awaiting(struct place *p)
{
	struct place in;
	unsigned n;
	if (!looped(p, &in, &n) || !in.awaits) {
		assign(p);
		return;
	}
	const char *i = new_name("n");
	line("u32 %s;", i);
	open_brace("while (true)");
	line("await nop();");
	line("%s++;", i);
	line("if (%s > %u) break;", i, n);
	*p->size += 2;
	body(&in, 4);
	mix(p, i);
}

static bool is_array(const struct var *v)
{
	return v->type.ndims == 1 && v->type.of < SCALARS;
}

static bool is_slice(const struct var *v)
{
	return v->type.slice;
}

static void all_of(struct place *p)
{
	struct var *v = some_var(p, one_in(3) ? is_slice : is_array);
	if (!v || p->times * 32 > MOST_TIMES) {
		mixed(p);
		return;
	}
	const char *i = new_name("i");
	if (one_in(2))
		open_brace("for (u32 %s in 0..%s.len)", i, v->name);
	else
		open_brace("for (u32 %s = 0; %s < %s.len; %s++)", i, i, v->name, i);
	line("%s = %s * 33 + (u64)(%s[%s]);", p->sum, p->sum, v->name, i);
	if (v->writable && one_in(2))
		line("%s[%s] = %s;", v->name, i, cast(v->type.slice ? U8 : v->type.of, value(p, 1)));
	close_brace();
	*p->cost += 32 * p->times;
}

/* ---- calls, awaits, the rest ---- */

static void call_(struct place *p)
{
	struct fn *f = some_fn(p, false);
	const char *s = f ? call(p, f) : NULL;
	if (s && one_in(4))
		line("%s;", s);
	else
		mix(p, s ? s : value(p, 2));
}

static void await_(struct place *p)
{
	if (!p->awaits) {
		mixed(p);
		return;
	}
	const char *o = operation(p);
	if (one_in(3)) {
		const char *name = new_name("r");
		line("s32 %s = %s;", name, o);
		declare(p, name, (struct type){.of = S32}, false);
	} else if (one_in(4) && !p->in_defer) {
		open_brace("if (%s %s %u)", o, one_in(2) ? ">" : "!=", pick(4));
		struct place in = inner(p);
		body(&in, 3);
	} else if (one_in(4)) {
		line("%s;", o);
	} else {
		mix(p, o);
	}
}

static void try_(struct place *p)
{
	if (p->in_defer || p->in_task || (p->result != S32 && p->result != S64) || !p->returns) {
		await_(p);
		return;
	}
	const char *name = new_name("r");
	line("s32 %s = try %s;", name, p->awaits && one_in(2) ? operation(p) : cast(S32, value(p, 2)));
	declare(p, name, (struct type){.of = S32}, false);
}

static void defer(struct place *p)
{
	if (p->in_defer) {
		assign(p);
		return;
	}
	struct place in = inner(p);
	in.in_defer = true;
	in.breaks = in.returns = false;
	open_brace("defer");
	body(&in, 2);
}

static bool is_atomic(const struct var *v)
{
	return v->atomic;
}

static void atomic(struct place *p)
{
	static const char *const names[] = {"add", "sub", "and", "or", "xor", "xchg"};
	static const char *const orders[] = {"", "", ", relaxed", ", acquire", ", release", ", seq_cst"};
	struct var *v = some_var(p, is_atomic);
	const char *order = orders[pick(6)];
	if (!v || one_in(3)) {
		line("atomic_%s(total, %s%s);", one_in(4) ? "sub" : "add", cast(U64, value(p, 2)), order);
		return;
	}
	switch (pick(4)) {
	case 0:
		mix(p, text("atomic_load(%s%s)", v->name, one_in(2) ? ", acquire" : ""));
		break;
	case 1:
		line("atomic_store(%s, %s%s);", v->name, cast(v->type.of, value(p, 2)),
			one_in(2) ? ", release" : "");
		break;
	case 2:
		mix(p, text("atomic_cas(%s, %s, %s%s)", v->name,
			       one_in(2) ? v->name : cast(v->type.of, value(p, 1)),
			       cast(v->type.of, value(p, 2)), order));
		break;
	default: {
		const char *s = text(
			"atomic_%s(%s, %s%s)", names[pick(6)], v->name, cast(v->type.of, value(p, 2)), order);
		if (one_in(2))
			line("%s;", s);
		else
			mix(p, s);
	}
	}
}

static void log_(struct place *p)
{
	if (p->times > 1 || *p->logs + p->instances > 40) {
		mixed(p);
		return;
	}
	*p->logs += p->instances;
	const char *b = bytes(p, false, 1);
	if (b && one_in(3))
		line("log(\"%s [%%s] %%x\", %s, %s);", new_name("m"), b, value(p, 2));
	else
		line("log(\"%s %%u %%d\", %s, %s);", new_name("m"), value(p, 2), value(p, 3));
}

static void ref(struct place *p)
{
	struct var *v = some_var(p, is_memory);
	if (!v || p->in_defer) {
		mixed(p);
		return;
	}
	int scalar;
	struct var was = *v;
	const char *name = new_name("ref");
	if (one_in(2)) {
		line("ref %s = %s;", name, element(p, &was, &scalar));
		declare(p, name, (struct type){.of = scalar}, was.writable);
	} else {
		line("ref %s = %s;", name, was.name);
		declare(p, name, was.type, was.writable);
	}
}

static void yield(struct place *p)
{
	if (p->awaits && p->in_task && p->times <= 4)
		line("yield;");
	else
		mixed(p);
}

static const struct {
	unsigned weight;
	bool nests;
	void (*write)(struct place *);
} statements[] = {
	{10, false, assign},
	{2, false, divide},
	{2, false, count},
	{6, false, mixed},
	{6, false, local_scalar},
	{3, false, local_memory},
	{2, false, local_slice},
	{2, false, copy},
	{7, true, if_},
	{2, true, switch_},
	{2, false, leave},
	{1, true, block},
	{3, true, for_in},
	{2, true, for_c},
	{2, true, while_},
	{2, true, while_awaiting},
	{2, false, all_of},
	{3, false, call_},
	{8, true, await_},
	{1, false, try_},
	{1, true, defer},
	{2, false, atomic},
	{1, false, log_},
	{2, true, queue},
	{1, false, steered},
	{2, true, select_},
	{1, true, stream},
	{1, false, completion},
	{1, false, ref},
	{1, false, yield},
	{3, true, table},
};

void statement(struct place *p)
{
	bool plain = p->depth >= MOST_DEPTH || *p->cost > 4000 || *p->size > 400;
	unsigned all = 0, i;
	for (i = 0; i < (wide ? sizeof statements / sizeof *statements : 23); i++)
		all += statements[i].weight;
	do {
		unsigned n = pick(all);
		for (i = 0; n >= statements[i].weight; i++)
			n -= statements[i].weight;
	} while (plain && statements[i].nests);
	*p->cost += p->times;
	*p->size += 1;
	statements[i].write(p);
}
