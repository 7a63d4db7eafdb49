/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * check_table.c: hash tables: their declarations, and what is done with them.
 *
 * What a table does is written in the language: find, insert and remove are ordinary functions over private
 * arrays, in a file of their own that no script can name. So bounds, traps and loops need nothing special, on
 * any engine. The table's own variable are the values, which are reached from outside, by lower_table.c.
 */
#include "check.h"
#include <string.h>
#include "../runtime/image.h"

#define MAX_KEY_WORDS MAX_CALL_ARGS

/* ---- what a table is made of ---- */

/*
 * Entries have numbers from 1 on; 0 is none, so that zeroed memory is an empty table. Those of a bucket are a
 * list, by `next`; those that were deleted are one too, with FREE added. Numbers past `fresh` were never
 * used. An entry stays where it is until it is deleted.
 *
 * The bucket is taken from products of the key's words. They are mixed with the address of the table, which
 * is another in each process, so that which keys collide is not the same in each run.
 */
static const char made[] =
	"u32 head[%1$u]; u64 key[%2$u][%3$u]; u32 next[%2$u]; u32 fresh; u32 freed; u32 len;"
	"const FREE = %9$u;"

	"fn u32 find(%4$s) {"
	"    u64 hash = address(head); %5$s"
	"    u32 e = head[hash & (%1$u - 1)];"
	"    for (u32 i in 0..%2$u + 1) {"
	"        if (e == 0) return 0;"
	"        u32 at = e - 1;"
	"        ref k = key[at];"
	"        if ((%6$s) == 0) return e;"
	"        e = next[at];"
	"    }"
	"    trap(\"the table was written over\");"
	"}"

	"fn u32 insert(%4$s) {"
	"    u32 e = find(%8$s);"
	"    if (e != 0) return e;"
	"    if (freed != 0) {"
	"        e = freed;"
	"        freed = next[e - 1] & (FREE - 1);"
	"    } else if (fresh < %2$u) {"
	"        fresh++;"
	"        e = fresh;"
	"    } else return 0;"
	"    u64 hash = address(head); %5$s"
	"    u32 bucket = (u32)hash & (%1$u - 1);"
	"    u32 at = e - 1;"
	"    ref k = key[at]; %7$s"
	"    next[at] = head[bucket];"
	"    head[bucket] = e;"
	"    len++;"
	"    return e;"
	"}"

	"fn bool remove(%4$s) {"
	"    u64 hash = address(head); %5$s"
	"    u32 bucket = (u32)hash & (%1$u - 1);"
	"    u32 e = head[bucket];"
	"    u32 before = 0;"
	"    for (u32 i in 0..%2$u + 1) {"
	"        if (e == 0) return false;"
	"        u32 at = e - 1;"
	"        ref k = key[at];"
	"        if ((%6$s) == 0) {"
	"            if (before == 0) head[bucket] = next[at];"
	"            else next[before - 1] = next[at];"
	"            next[at] = freed | FREE;"
	"            freed = e;"
	"            len--;"
	"            return true;"
	"        }"
	"        before = e;"
	"        e = next[at];"
	"    }"
	"    trap(\"the table was written over\");"
	"}";

/* `format`, which takes a number, for each word of the key. */
static const char *each_word(struct checker *c, uint32_t words, const char *separator, const char *format)
{
	const char *text = "";
	for (uint32_t i = 0; i < words; i++) {
		const char *one = arena_printf(c->arena, format, i);
		text = arena_printf(c->arena, "%s%s%s", text, i ? separator : "", one);
	}
	return text;
}

static struct symbol *part(
	struct checker *c, const struct module *m, const struct symbol *table, const char *name)
{
	struct symbol *sym = scope_find_here(&m->top, name);
	sym->name = arena_printf(c->arena, "%s_%s", table->name, name); /* as shown in profiles and dumps */
	return sym;
}

static void make(struct checker *c, struct symbol *sym, uint32_t n, uint32_t words)
{
	uint32_t buckets = 1;
	while (buckets < n)
		buckets *= 2;
	const char *text = arena_printf(c->arena, made, buckets, n, words,
		each_word(c, words, ", ", "u64 k%u"),
		each_word(c, words, " ", "hash = (hash ^ k%1$u) * 0x9e3779b97f4a7c15; hash ^= hash >> 32;"),
		each_word(c, words, " | ", "(k[%1$u] ^ k%1$u)"), each_word(c, words, " ", "k[%1$u] = k%1$u;"),
		each_word(c, words, ", ", "k%u"), TABLE_FREE);
	const struct module *m = check_unit(c, parse_made(c->arena, c->diags, text, &sym->loc));
	sym->table.words = words;
	sym->table.find = part(c, m, sym, "find");
	sym->table.insert = part(c, m, sym, "insert");
	sym->table.remove = part(c, m, sym, "remove");
	sym->table.key = part(c, m, sym, "key");
	sym->table.next = part(c, m, sym, "next");
	sym->table.fresh = part(c, m, sym, "fresh");
	sym->table.len = part(c, m, sym, "len");
	part(c, m, sym, "head");
	part(c, m, sym, "freed");
}

/* ---- declarations ---- */

/* Two keys are equal if all their bytes are: there may be none that belong to no field. */
static const char *padding(struct checker *c, const struct type *key, const struct type *t)
{
	uint64_t end = 0;
	while (t->kind == T_ARRAY)
		t = t->elem;
	const char *it = t == key ? "it" : type_text(c->arena, t);
	for (size_t i = 0; i < t->fields.n; i++) {
		const struct field *f = &t->fields.at[i];
		if (f->offset > end)
			return arena_printf(c->arena, "%s has %llu bytes of padding before `%s`", it,
				(unsigned long long)(f->offset - end), f->name);
		const char *within = padding(c, key, f->type);
		if (within)
			return within;
		end = f->offset + f->type->size;
	}
	if (t->kind == T_STRUCT && t->size > end)
		return arena_printf(c->arena, "%s has %llu bytes of padding at its end", it,
			(unsigned long long)(t->size - end));
	return NULL;
}

static bool is_union(const struct type *t)
{
	while (t->kind == T_ARRAY)
		t = t->elem;
	for (size_t i = 0; i < t->fields.n; i++)
		if (is_union(t->fields.at[i].type))
			return true;
	return t->no_list;
}

static bool check_key(struct checker *c, const struct decl *d, const struct type *t)
{
	if (t->kind == T_ERROR)
		return false;
	const char *why, *hint = NULL;
	if (!type_is_scalar(t) && t->kind != T_STRUCT) {
		why = "a key is an integer, a bool, an enum, an fd or a struct";
	} else if (is_union(t)) {
		why = "fields of it share their place";
	} else if (t->size > 8 * MAX_KEY_WORDS) {
		why = arena_printf(c->arena, "it has %llu bytes, and a key %u at most",
			(unsigned long long)t->size, 8 * MAX_KEY_WORDS);
		hint = "a hash of the rest may do: `siphash` of std.bytes";
	} else if ((why = padding(c, t, t))) {
		hint = "name those bytes, in an array of `u8`, or put the larger fields first";
	}
	if (!why)
		return true;
	struct diag *g = diag(c->diags, &d->key.loc, D_table_key, type_text(c->arena, t), why);
	if (hint)
		diag_hint(c->diags, g, "%s", hint);
	return false;
}

/* table KEY -> VALUE name[N]; further dimensions are the value's. */
void check_table(struct checker *c, struct decl *d)
{
	struct symbol *sym = d->sym;
	struct type *key = check_base_type(c, &d->key);
	uint64_t n;
	if (!d->d.dims.n || d->d.slice) {
		struct diag *g = diag(c->diags, &d->d.loc, D_table_size, sym->name);
		diag_hint(c->diags, g, "write `%s[1024]`", sym->name);
		return;
	}
	struct declarator value = d->d;
	value.dims.at = d->d.dims.at + 1;
	value.dims.n = d->d.dims.n - 1;
	struct type *elem = check_type(c, &value, false);
	struct expr *count = d->d.dims.at[0];
	bool ok = check_key(c, d, key) && elem->kind != T_ERROR;
	if (!check_const(c, count, &n, "the number of entries of a table"))
		return;
	uint64_t words = (key->size + 7) / 8;
	if (!n || (count->type->is_signed && (int64_t)n < 0)) {
		diag(c->diags, &count->loc, D_table_count, sym->name, check_number(c, count));
		return;
	}
	if (ok && (n > RL_IMAGE_MAX || n * (elem->size + 8 * words + 8) > RL_IMAGE_MAX)) {
		diag(c->diags, &count->loc, D_too_large, sym->name, (unsigned)(RL_IMAGE_MAX >> 20));
		return;
	}
	if (!ok)
		return;
	struct type *t = type_array(c->arena, elem, n);
	t->kind = T_TABLE;
	t->name = "a table";
	t->key = key;
	sym->type = t;
	VEC_PUSH(c->arena, &c->p->vars, sym);
	make(c, sym, (uint32_t)n, (uint32_t)words);
}

/* ---- uses ---- */

static const char *key_of(struct checker *c, const struct expr *table)
{
	return arena_printf(c->arena, "the key of `%s`", table->sym->name);
}

/* name[key] */
struct type *check_entry(struct checker *c, struct expr *e)
{
	check_value(c, e->b, e->a->type->key, key_of(c, e->a));
	check_calls(c, e->a->sym->table.find);
	return e->a->type->elem;
}

bool check_is_entry(const struct expr *e)
{
	return e->kind == E_INDEX && e->a->type->kind == T_TABLE;
}

struct type *check_delete(struct checker *c, struct expr *e)
{
	struct type *t = check_expr(c, e->a);
	if (t->kind == T_ERROR)
		return &type_bool;
	if (!check_is_entry(e->a)) {
		struct diag *d = diag(c->diags, &e->a->loc, D_delete_what);
		if (t->kind == T_TABLE)
			diag_hint(c->diags, d, "say which entry: `delete %s[key]`",
				check_source(c, &e->a->loc));
		return &type_bool;
	}
	struct symbol *table = e->a->a->sym;
	check_calls(c, table->table.remove);
	if (!table->table.deletes.end)
		table->table.deletes = e->loc;
	return &type_bool;
}

/* has(name, key), insert(name, key, value) */
struct type *check_table_builtin(struct checker *c, struct expr *e, int b)
{
	struct expr *table = e->args.at[0];
	struct type *t = check_expr(c, table);
	if (t->kind != T_TABLE) {
		if (t->kind != T_ERROR)
			diag(c->diags, &table->loc, D_wrong_type,
				arena_printf(c->arena, "the first argument of `%s`", builtin_name(b)),
				"a table", type_text(c->arena, t));
		for (size_t i = 1; i < e->args.n; i++)
			check_loose(c, e->args.at[i]);
		return &type_bool;
	}
	check_value(c, e->args.at[1], t->key, key_of(c, table));
	if (b == B_insert)
		check_value(c, e->args.at[2], t->elem,
			arena_printf(c->arena, "a value of `%s`", table->sym->name));
	check_calls(c, b == B_insert ? table->sym->table.insert : table->sym->table.find);
	return &type_bool;
}
