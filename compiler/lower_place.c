/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lower_place.c: where values are: variables, elements, fields, slices; and their first values. */
#include <string.h>
#include "lower.h"

struct local *local_of(struct lowering *L, const struct symbol *sym)
{
	return &L->locals.at[sym->local];
}

const struct symbol *lower_fixed(struct lowering *L, const struct expr *e)
{
	const struct symbol *sym = check_root(e);
	if (sym && sym->kind == SYM_VAR && sym->fixed)
		return sym;
	bool slice = sym && sym->kind == SYM_LOCAL && sym->type->kind == T_SLICE && !sym->moves;
	return slice ? local_of(L, sym)->fixed : NULL;
}

ir_reg lower_index(struct lowering *L, struct expr *e, struct expr *index, uint64_t limit, const char *trap)
{
	struct ir_val v = lower_as(L, index, index->type->is_signed ? &type_s64 : &type_u64);
	struct ir_ins *i = emit_dst(L, IR_INDEX, &e->loc, 64);
	i->a = v;
	i->limit = limit;
	i->site = new_site(
		L, &e->loc, arena_printf(L->arena, trap, expr_text(L, e), (unsigned long long)e->a->type->n));
	return i->dst;
}

/* An index: a constant becomes part of the displacement, `self` of a pool that fits needs no check, anything
 * else is checked where it is used. */
static void add_index(
	struct lowering *L, struct ir_addr *a, struct expr *index, const struct type *array, struct expr *e)
{
	bool region = type_is_region(array);
	if (index->is_const && !region) {
		a->disp += index->value * array->elem->size;
		return;
	}
	if (a->nterms == IR_MAX_TERMS) {
		diag(L->diags, &e->loc, D_too_deep, IR_MAX_TERMS);
		return;
	}
	ir_reg r;
	if (index->kind == E_SELF && L->fn->sym->count <= array->n) { /* no region: n is 0 there */
		r = IR_SELF;
	} else {
		r = lower_index(L, e, index, array->n,
			region ? "index out of bounds: `%s` of the region"
			       : "index out of bounds: `%s` of %llu elements");
	}
	a->term[a->nterms].index = r;
	a->term[a->nterms].limit = array->n;
	a->term[a->nterms++].stride = array->elem->size;
}

static struct ir_addr slice_element(struct lowering *L, struct expr *e)
{
	struct ir_val off, len;
	lower_slice(L, e->a, &off, &len);
	struct ir_val index = lower_as(L, e->b, e->b->type->is_signed ? &type_s64 : &type_u64);
	struct ir_val len64 = convert(L, &e->loc, len, &type_u32, &type_u64);
	struct ir_val ok = lower_binary(L, &e->loc, OP_LT, index, &type_u64, len64, &type_u64);
	struct ir_ins *check = emit(L, IR_CHECK, &e->loc);
	check->a = ok;
	check->b = index;
	check->site =
		new_site(L, &e->loc, arena_printf(L->arena, "index out of bounds: `%s`", expr_text(L, e)));
	struct ir_val off64 = convert(L, &e->loc, off, &type_u32, &type_u64);
	return (struct ir_addr){
		.base = BASE_AT, .at = lower_binary(L, &e->loc, OP_ADD, off64, &type_u64, index, &type_u64)};
}

struct ir_addr lower_place(struct lowering *L, struct expr *e)
{
	switch (e->kind) {
	case E_NAME:
		if (e->sym->kind == SYM_VAR)
			return (struct ir_addr){.base = BASE_VAR, .var = e->sym};
		if (local_of(L, e->sym)->kind == LOCAL_SLOT)
			lower_slot_is_no_value(L, e);
		return local_of(L, e->sym)->addr;
	case E_INDEX: {
		if (e->a->type->kind == T_SLICE)
			return slice_element(L, e);
		if (e->a->type->kind == T_TABLE)
			return lower_entry(L, e);
		struct ir_addr a = lower_place(L, e->a);
		add_index(L, &a, e->b, e->a->type, e);
		return a;
	}
	case E_FIELD: {
		struct ir_addr a = lower_place(L, e->a);
		const struct type *t = e->a->type;
		for (size_t i = 0; i < t->fields.n; i++)
			if (!strcmp(t->fields.at[i].name, e->name.text))
				a.disp += t->fields.at[i].offset;
		return a;
	}
	default:
		return (struct ir_addr){.base = BASE_FRAME}; /* check.c let no other be a place */
	}
}

struct ir_val load(struct lowering *L, const struct loc *loc, struct ir_addr a, const struct type *t)
{
	struct ir_ins *i = emit_dst(L, IR_LOAD, loc, t->bits);
	i->addr = a;
	return value(t->bits, i->dst);
}

void store(struct lowering *L, const struct loc *loc, struct ir_addr a, struct ir_val v)
{
	struct ir_ins *i = emit(L, IR_STORE, loc);
	i->addr = a;
	i->a = v;
}

/* ---- string literals ---- */

uint32_t intern_data(struct lowering *L, const char *bytes, uint32_t len)
{
	struct ir_program *ir = L->ir;
	for (size_t i = 0; ir->data.n && i + len < ir->data.n; i++)
		if (!memcmp(ir->data.at + i, bytes, len) && !ir->data.at[i + len])
			return (uint32_t)i;
	uint32_t at = (uint32_t)ir->data.n;
	for (uint32_t i = 0; i < len; i++)
		VEC_PUSH(L->arena, &ir->data, (uint8_t)bytes[i]);
	VEC_PUSH(L->arena, &ir->data, 0);
	return at;
}

/* ---- slices ---- */

static struct ir_val offset_of(struct lowering *L, const struct loc *loc, struct ir_addr a)
{
	if (a.base == BASE_AT)
		return convert(L, loc, a.at, &type_u64, &type_u32);
	L->ir->region_sliced |= ir_is_region(&a);
	struct ir_ins *i = emit_dst(L, IR_OFFSET, loc, 32);
	i->addr = a;
	return value(32, i->dst);
}

static void cut_slice(struct lowering *L, struct expr *e, struct ir_val *off, struct ir_val *len)
{
	lower_slice(L, e->a, off, len);
	struct ir_val length = convert(L, &e->loc, *len, &type_u32, &type_u64);
	struct ir_val from = constant(64, 0), to = length;
	if (e->b)
		from = lower_as(L, e->b, e->b->type->is_signed ? &type_s64 : &type_u64);
	if (e->c)
		to = lower_as(L, e->c, e->c->type->is_signed ? &type_s64 : &type_u64);

	const char *text = expr_text(L, e);
	bool end_proven = !e->c || (!to.reg && !length.reg); /* check.c compared constants */
	if (!end_proven) {
		struct ir_val ok = lower_binary(L, &e->loc, OP_LE, to, &type_u64, length, &type_u64);
		struct ir_ins *check = emit(L, IR_CHECK, &e->loc);
		check->a = ok;
		check->b = to;
		check->site = new_site(
			L, &e->loc, arena_printf(L->arena, "slice out of bounds: the end of `%s`", text));
	}
	bool start_proven = !e->b || (!from.reg && !from.c) || (!from.reg && !to.reg && from.c <= to.c);
	if (!start_proven) {
		struct ir_val ok = lower_binary(L, &e->loc, OP_LE, from, &type_u64, to, &type_u64);
		struct ir_ins *check = emit(L, IR_CHECK, &e->loc);
		check->a = ok;
		check->b = from;
		check->site = new_site(
			L, &e->loc, arena_printf(L->arena, "slice out of bounds: the start of `%s`", text));
	}
	struct ir_val from32 = convert(L, &e->loc, from, &type_u64, &type_u32);
	struct ir_val to32 = convert(L, &e->loc, to, &type_u64, &type_u32);
	*off = lower_binary(L, &e->loc, OP_ADD, *off, &type_u32, from32, &type_u32);
	*len = lower_binary(L, &e->loc, OP_SUB, to32, &type_u32, from32, &type_u32);
}

void lower_slice(struct lowering *L, struct expr *e, struct ir_val *off, struct ir_val *len)
{
	if (e->kind == E_STRING) {
		struct ir_addr a = {.base = BASE_DATA, .disp = intern_data(L, e->str, e->len)};
		*off = offset_of(L, &e->loc, a);
		*len = constant(32, e->len);
	} else if (e->kind == E_SLICE) {
		cut_slice(L, e, off, len);
	} else if (e->kind == E_CALL) { /* bytes(place) */
		struct expr *place = e->args.at[0];
		*off = offset_of(L, &e->loc, lower_place(L, place));
		*len = type_is_region(place->type) ? lower_region_bytes(L, &e->loc)
						   : constant(32, place->type->size);
	} else if (e->kind == E_FIELD && e->a->type->kind == T_CQE) { /* c.buf */
		struct local *l = local_of(L, e->a->sym);
		*off = value(32, l->buf);
		*len = value(32, l->buf_len);
	} else if (e->type->kind == T_SLICE) { /* the name of a parameter or local */
		struct local *l = local_of(L, e->sym);
		*off = value(32, l->reg);
		*len = value(32, l->len);
	} else {
		*off = offset_of(L, &e->loc, lower_place(L, e));
		*len = type_is_region(e->type) ? lower_region_len(L, &e->loc) : constant(32, e->type->size);
	}
}

/* ---- first values ---- */

static void zero(struct lowering *L, const struct loc *loc, struct ir_addr a, uint64_t size)
{
	struct ir_ins *i = emit(L, IR_ZERO, loc);
	i->addr = a;
	i->limit = size;
}

static void init_elements(struct lowering *L, struct ir_addr a, struct type *t, struct expr *e)
{
	for (size_t i = 0; i < e->args.n; i++) {
		struct ir_addr at = a;
		bool is_struct = t->kind == T_STRUCT;
		at.disp += is_struct ? t->fields.at[i].offset : i * t->elem->size;
		lower_init(L, at, is_struct ? t->fields.at[i].type : t->elem, e->args.at[i]);
	}
}

void lower_init(struct lowering *L, struct ir_addr a, struct type *t, struct expr *e)
{
	if (type_is_scalar(t)) {
		store(L, e ? &e->loc : &L->fn->sym->loc, a, e ? lower_as(L, e, t) : constant(t->bits, 0));
		return;
	}
	if (!e) {
		zero(L, &L->fn->sym->loc, a, t->size);
	} else if (e->kind == E_LIST) {
		zero(L, &e->loc, a, t->size);
		init_elements(L, a, t, e);
	} else if (e->kind == E_STRING) {
		zero(L, &e->loc, a, t->size);
		struct ir_ins *i = emit(L, IR_DATA, &e->loc);
		i->addr = a;
		i->b = constant(64, intern_data(L, e->str, e->len));
		i->limit = e->len;
	} else {
		struct ir_addr from = lower_place(L, e);
		struct ir_ins *i = emit(L, IR_COPY, &e->loc);
		i->addr = a;
		i->addr2 = from;
		i->limit = t->size;
	}
}

/* ---- what is assigned ---- */

static bool is_constant(const struct expr *e)
{
	bool is = e->is_const || e->kind == E_STRING || e->kind == E_LIST;
	for (size_t i = 0; is && e->kind == E_LIST && i < e->args.n; i++)
		is = is_constant(e->args.at[i]);
	return is;
}

struct content lower_content(struct lowering *L, struct type *t, struct expr *e)
{
	struct content c = {0};
	if (type_is_scalar(t)) {
		c.scalar = lower_as(L, e, t);
	} else if (is_constant(e)) {
		c.constant = e;
	} else if (e->kind == E_LIST) {
		c.from = new_memory(L, t->size, t->align > 8 ? t->align : 8);
		lower_init(L, c.from, t, e);
	} else {
		c.from = lower_place(L, e);
	}
	return c;
}

void lower_fill(
	struct lowering *L, const struct loc *loc, struct ir_addr a, struct type *t, const struct content *c)
{
	if (type_is_scalar(t)) {
		store(L, loc, a, c->scalar);
	} else if (c->constant) {
		lower_init(L, a, t, c->constant);
	} else {
		struct ir_ins *i = emit(L, IR_COPY, loc);
		i->addr = a;
		i->addr2 = c->from;
		i->limit = t->size;
	}
}
