/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * table.c: hash tables. A task has one for all its instances, with room for what all put into it. The
 * instance's number is in each key, so what an instance finds is its own; what it sees of the others' it
 * passes over.
 */
#include <stddef.h>
#include "generate.h"

#define KEYS 8 /* of an instance */

void own_table(struct place *p, const char *task, unsigned count)
{
	if (!wide || one_in(2))
		return;
	p->table = text("%s_table", task);
	p->table_of = (int)pick(SCALARS);
	p->table_alone = count == 1;
	p->table_key = NULL;
	if (one_in(3)) { /* a struct of one to three words */
		p->table_key = new_name("key");
		line("struct %s { u32 n; u8 name[%u]; u32 owner; };", p->table_key, 4 * pick(5) + 4);
	}
	line("table %s -> %s %s[%u];", p->table_key ? text("struct %s", p->table_key) : "u64",
		scalar_name[p->table_of], p->table, count * KEYS);
}

/* One of the instance's own. */
static const char *key(struct place *p)
{
	const char *self = p->table_alone ? "7" : "self";
	if (!p->table_key)
		return text("(u64)%s << 32 | (%s) & %u", self, cast(U64, value(p, 1)), KEYS - 1);
	const char *list = text("{ (%s) & %u, \"key\", %s }", cast(U32, value(p, 1)), KEYS - 1, self);
	if (*p->size & 1) /* no random number: what a seed gives stays what it was */
		return list;
	const char *name = new_name("id");
	line("struct %s %s = %s;", p->table_key, name, list);
	return name;
}

static void through(struct place *p)
{
	const char *k = new_name("id"), *v = new_name("v");
	const char *self = p->table_alone ? "7" : "self";
	if (p->table_key)
		open_brace("for (struct %s %s, ref %s in %s)", p->table_key, k, v, p->table);
	else
		open_brace("for (u64 %s, ref %s in %s)", k, v, p->table);
	line("if (%s != %s) continue;", p->table_key ? text("%s.owner", k) : text("%s >> 32", k), self);
	line("%s += (u64)%s * 3 + %s;", p->sum, v, p->table_key ? text("%s.n", k) : k);
	if (one_in(3))
		line("%s = %s;", v, cast(p->table_of, value(p, 1)));
	if (one_in(3))
		line("if (%s) delete %s[%s];", cast(U64, v), p->table, k);
	close_brace();
	*p->cost += KEYS * p->instances * p->times;
}

static void looked_up(struct place *p)
{
	const char *v = new_name("v"), *k = key(p);
	struct place in = *p;
	in.up = p;
	in.nvars = 0;
	in.depth++;
	open_brace("if (ref %s = %s[%s])", v, p->table, k);
	mix(p, v);
	if (one_in(2))
		line("%s = %s;", v, cast(p->table_of, value(p, 2)));
	statements_in_block(&in, pick(2));
	close_brace();
	if (one_in(2))
		line("else %s += 5;", p->sum);
}

void table(struct place *p)
{
	if (!p->table || p->times > 64) {
		mix(p, value(p, 2));
		return;
	}
	*p->cost += 4 * p->times;
	*p->size += 2;
	const char *k;
	switch (pick(7)) {
	case 0:
	case 1:
		k = key(p);
		line("%s[%s] = %s;", p->table, k, cast(p->table_of, value(p, 2)));
		break;
	case 2:
		looked_up(p);
		break;
	case 3:
		k = key(p);
		mix(p, text("insert(%s, %s, %s)", p->table, k, cast(p->table_of, value(p, 2))));
		break;
	case 4:
		k = key(p);
		mix(p, text("delete %s[%s]", p->table, k));
		break;
	case 5:
		mix(p, p->table_alone ? text("%s.len", p->table) : text("has(%s, %s)", p->table, key(p)));
		break;
	default:
		if (p->times <= 16)
			through(p);
	}
}
