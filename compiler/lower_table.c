/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lower_table.c: entries of hash tables: found, made and deleted by the functions that check_table.c wrote.
 */
#include "lower.h"

/* ---- keys ---- */

struct key {
	struct ir_val words[MAX_CALL_ARGS];
	struct ir_val shown; /* in a trap */
};

/* A struct goes word by word from a copy, whose last word is filled with zeros. */
static struct key lower_key(struct lowering *L, const struct symbol *table, struct expr *e)
{
	struct type *t = table->type->key;
	uint32_t words = table->table.words;
	struct key k = {.shown = constant(64, 0)};
	if (type_is_scalar(t)) {
		k.words[0] = k.shown = convert(L, &e->loc, lower_as(L, e, t), t, &type_u64);
		return k;
	}
	bool in_request = L->in_request;
	L->in_request = false;
	struct ir_addr copy = new_memory(L, words * 8, 8), word = copy;
	L->in_request = in_request;
	word.disp += 8 * (words - 1);
	if (t->size % 8)
		store(L, &e->loc, word, constant(64, 0));
	lower_init(L, copy, t, e);
	for (uint32_t i = 0; i < words; i++) {
		word.disp = copy.disp + 8 * i;
		k.words[i] = load(L, &e->loc, word, &type_u64);
	}
	return k;
}

static struct ir_val call(struct lowering *L, const struct loc *loc, const struct symbol *table,
	struct symbol *fn, const struct key *k)
{
	struct ir_ins *i = emit_dst(L, IR_CALL, loc, fn->type->bits);
	i->loop = L->loop;
	i->sym = fn;
	for (uint32_t w = 0; w < table->table.words; w++)
		VEC_PUSH(L->arena, &i->args, k->words[w]);
	return value(fn->type->bits, i->dst);
}

/* ---- entries ---- */

/* Of the array of values, or of a hidden one beside it. */
static struct ir_addr element(struct lowering *L, const struct loc *loc, struct symbol *table,
	struct symbol *array, struct ir_val at)
{
	struct ir_ins *i = emit(L, IR_INDEX, loc);
	i->dst = new_reg(L, 64, NULL);
	i->a = at;
	i->limit = table->type->n;
	i->site = new_site(L, loc, arena_printf(L->arena, "the table `%s` was written over", table->name));
	struct ir_addr a = {.base = BASE_VAR, .var = array, .nterms = 1};
	a.term[0].index = i->dst;
	a.term[0].limit = i->limit;
	a.term[0].stride = array->type->elem->size;
	return a;
}

/* `entry` is a number that `find` or `insert` gave, and not 0. */
static struct ir_addr value_of(
	struct lowering *L, const struct loc *loc, struct symbol *table, struct ir_val entry)
{
	struct ir_val at = lower_binary(L, loc, OP_SUB, convert(L, loc, entry, &type_u32, &type_u64),
		&type_u64, constant(64, 1), &type_u64);
	struct ir_addr a = element(L, loc, table, table, at);
	L->fn->regs.at[a.term[0].index].entry_of = table;
	return a;
}

static struct ir_val is_there(struct lowering *L, const struct loc *loc, struct ir_val entry)
{
	return lower_binary(L, loc, OP_NE, entry, &type_u32, constant(32, 0), &type_u32);
}

static void check_there(
	struct lowering *L, const struct loc *loc, struct ir_val entry, struct ir_val shown, const char *what)
{
	struct ir_val there = is_there(L, loc, entry);
	struct ir_ins *i = emit(L, IR_CHECK, loc);
	i->a = there;
	i->b = shown;
	i->site = new_site(L, loc, what);
}

struct ir_addr lower_entry(struct lowering *L, struct expr *e)
{
	struct symbol *table = e->a->sym;
	struct key k = lower_key(L, table, e->b);
	struct ir_val entry = call(L, &e->loc, table, table->table.find, &k);
	check_there(L, &e->loc, entry, k.shown, arena_printf(L->arena, "no such key: `%s`", expr_text(L, e)));
	return value_of(L, &e->loc, table, entry);
}

/* ---- what is done with them ---- */

/* name[key] = value */
void lower_set_entry(struct lowering *L, struct stmt *s)
{
	struct symbol *table = s->a->a->sym;
	struct type *t = table->type->elem;
	struct content c = lower_content(L, t, s->b);
	struct key k = lower_key(L, table, s->a->b);
	struct ir_val entry = call(L, &s->loc, table, table->table.insert, &k);
	check_there(L, &s->loc, entry, k.shown,
		arena_printf(L->arena, "the table `%s` is full, with %llu entries: `%s`", table->name,
			(unsigned long long)table->type->n, expr_text(L, s->a)));
	lower_fill(L, &s->loc, value_of(L, &s->loc, table, entry), t, &c);
}

struct ir_val lower_delete(struct lowering *L, struct expr *e)
{
	struct symbol *table = e->a->a->sym;
	struct key k = lower_key(L, table, e->a->b);
	return call(L, &e->loc, table, table->table.remove, &k);
}

struct ir_val lower_table_builtin(struct lowering *L, struct expr *e)
{
	struct symbol *table = e->args.at[0]->sym;
	struct type *t = table->type->elem;
	struct key k = lower_key(L, table, e->args.at[1]);
	if (e->builtin == B_has)
		return is_there(L, &e->loc, call(L, &e->loc, table, table->table.find, &k));
	struct content c = lower_content(L, t, e->args.at[2]);
	struct ir_val entry = call(L, &e->loc, table, table->table.insert, &k);
	struct ir_val there = is_there(L, &e->loc, entry);
	struct ir_block *yes = new_block(L), *end = new_block(L);
	branch(L, &e->loc, there, yes, end);
	start(L, yes);
	lower_fill(L, &e->loc, value_of(L, &e->loc, table, entry), t, &c);
	start(L, end);
	return there;
}

struct ir_val lower_table_len(struct lowering *L, struct expr *e)
{
	return load(L, &e->loc, (struct ir_addr){.base = BASE_VAR, .var = e->sym->table.len}, &type_u32);
}

/* ---- statements ---- */

/* if (ref name = table[key]) */
void lower_if_ref(struct lowering *L, struct stmt *s)
{
	struct symbol *table = s->a->a->sym;
	const struct loc *loc = &s->a->loc;
	struct ir_block *yes = new_block(L), *no = new_block(L), *end = s->s2 ? new_block(L) : no;
	struct key k = lower_key(L, table, s->a->b);
	struct ir_val entry = call(L, loc, table, table->table.find, &k);
	branch(L, loc, is_there(L, loc, entry), yes, no);
	start(L, yes);
	new_ref(L, s->sym, &(struct local){.kind = LOCAL_MEMORY, .addr = value_of(L, loc, table, entry)});
	lower_sides(L, s, no, end);
}

/* The key of an entry, into the variable of a loop. */
static void load_key(
	struct lowering *L, const struct loc *loc, struct symbol *table, struct symbol *to, struct ir_val at)
{
	const struct type *t = to->type;
	struct ir_addr from = element(L, loc, table, table->table.key, at);
	new_local(L, to);
	if (type_is_scalar(t)) {
		struct ir_val word = load(L, loc, from, &type_u64);
		set(L, loc, local_of(L, to)->reg, convert(L, loc, word, &type_u64, t));
		return;
	}
	struct ir_ins *i = emit(L, IR_COPY, loc);
	i->addr = local_of(L, to)->addr;
	i->addr2 = from;
	i->limit = t->size;
}

/* for (K key, ref value in table): by the numbers of the entries, so that the body may delete and insert. */
void lower_for_table(struct lowering *L, struct stmt *s)
{
	struct symbol *table = s->a->sym;
	const struct loc *loc = &s->loc;
	uint64_t n = table->type->n;
	struct ir_block *before = new_block(L), *header = new_block(L), *body = new_block(L),
			*used = new_block(L), *next = new_block(L), *end = new_block(L);
	struct block_scope *scope = enter(L);
	ir_reg r = new_reg(L, 32, NULL);
	set(L, loc, r, constant(32, 0));
	lower_round(L, n);
	start(L, before);
	header->entry_of_loop = before;
	start(L, header);
	/* So many were ever used; no more than there are, or ranges.c could not tell. */
	struct ir_addr fresh = {.base = BASE_VAR, .var = table->table.fresh};
	struct ir_val at = value(32, r), all = load(L, loc, fresh, &type_u32);
	struct ir_block *within = new_block(L);
	branch(L, loc, lower_binary(L, loc, OP_LT, at, &type_u32, constant(32, n), &type_u32), within, end);
	start(L, within);
	branch(L, loc, lower_binary(L, loc, OP_LT, at, &type_u32, all, &type_u32), body, end);
	start(L, body);
	struct ir_val index = convert(L, loc, at, &type_u32, &type_u64);
	struct ir_val link = load(L, loc, element(L, loc, table, table->table.next, index), &type_u32);
	branch(L, loc, lower_binary(L, loc, OP_LT, link, &type_u32, constant(32, TABLE_FREE), &type_u32),
		used, next);
	start(L, used);
	scope->on_break = end;
	scope->on_continue = next;
	enter(L);
	load_key(L, loc, table, s->sym, index);
	struct ir_addr entry = element(L, loc, table, table, index);
	L->fn->regs.at[entry.term[0].index].entry_of = table;
	new_ref(L, s->ref, &(struct local){.kind = LOCAL_MEMORY, .addr = entry});
	lower_scoped(L, s->s1);
	leave(L);
	start(L, next);
	lower_change(L, loc, OP_ADD, r, constant(32, 1));
	back_edge(L, loc, header);
	start(L, end);
	scope->on_break = scope->on_continue = NULL;
	leave(L);
}
