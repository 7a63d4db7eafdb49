/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* check_expr.c: types and constants of expressions. */
#include <string.h>
#include "check.h"
#include "near.h"

static const char *text(struct checker *c, const struct type *t)
{
	return type_text(c->arena, t);
}

static struct type *constant(struct expr *e, struct type *t, uint64_t v)
{
	e->is_const = true;
	e->value = type_wrap(t, v);
	return t;
}

static struct type *check_name(struct checker *c, struct expr *e)
{
	struct symbol *sym = check_find(c, &e->name);
	if (!sym) {
		struct diag *d = diag(c->diags, &e->loc, D_unknown_name, e->name.text);
		check_suggest(c, d, e->name.text, e == c->statement ? WANT_STATEMENT : WANT_VALUE);
		return &type_error;
	}
	e->sym = sym;
	check_resolve(c, sym);
	switch (sym->kind) {
	case SYM_CONST:
		if (sym->type->kind == T_STRING) {
			/* It is as good as written here. */
			e->kind = E_STRING;
			e->str = sym->text;
			e->len = sym->length;
			return sym->type;
		}
		return sym->type->kind == T_ERROR ? &type_error : constant(e, sym->type, sym->value);
	case SYM_VAR:
	case SYM_LOCAL:
		return sym->type;
	default: {
		struct diag *d = diag(c->diags, &e->loc, D_not_a_value, e->name.text);
		diag_note(c->diags, d, &sym->loc, "`%s` is declared here", sym->name);
		if (sym->kind == SYM_FN)
			diag_hint(c->diags, d, "a function is called with `%s(...)`", sym->name);
		return &type_error;
	}
	}
}

static bool is_word(const struct expr *e)
{
	return (e->kind == E_INT || e->kind == E_NAME) && !e->parenthesised;
}

const char *check_source(struct checker *c, const struct loc *at)
{
	const struct source *s = c->p->sources->list.at[at->file];
	return arena_strndup(c->arena, s->text + at->begin, at->end - at->begin);
}

const char *check_number(struct checker *c, const struct expr *e)
{
	bool sign = e->type->is_signed || e->type->kind == T_ENUM;
	return arena_printf(c->arena, sign ? "%lld" : "%llu", (long long)e->value);
}

/* Says what is wrong with an operand that arithmetic cannot take. */
bool check_operand(struct checker *c, const struct expr *e, const char *op)
{
	if (type_is_int(e->type))
		return true;
	if (e->type->kind == T_FD) {
		struct diag *d = diag(c->diags, &e->loc, D_fd_arithmetic, op);
		diag_hint(c->diags, d, "`(s32)` gives a descriptor's number, if that is meant");
	} else {
		diag(c->diags, &e->loc, D_not_integer, op, text(c, e->type));
	}
	return false;
}

bool check_divisor(struct checker *c, const struct expr *b, enum op op)
{
	if ((op != OP_DIV && op != OP_MOD) || !b->is_const || b->value)
		return true;
	diag(c->diags, &b->loc, D_division_by_zero);
	return false;
}

bool check_shift(
	struct checker *c, const struct expr *e, const struct type *t, const struct expr *count, enum op op)
{
	if ((op != OP_SHL && op != OP_SHR) || !count->is_const || count->value < t->bits)
		return true;
	struct diag *d =
		diag(c->diags, &count->loc, D_shift_range, text(c, t), t->bits, check_number(c, count));
	if (e && is_word(e) && op == OP_SHL && t->bits == 32 && count->value < 64)
		diag_hint(c->diags, d, "`(u64)%s` has 64 bits", check_source(c, &e->loc));
	return false;
}

/* Constants are computed in their own type, and at run time they would wrap: in a constant that is a mistake.
 */
static bool overflows(enum op op, const struct type *t, uint64_t a, uint64_t b)
{
	__int128 x = (int64_t)a, y = (int64_t)b, v = 0;
	if (!t->is_signed)
		return false;
	if (op == OP_ADD)
		v = x + y;
	else if (op == OP_SUB)
		v = x - y;
	else if (op == OP_MUL)
		v = x * y;
	else if (op == OP_SHL)
		v = x * ((__int128)1 << (b & 63));
	else
		return false;
	__int128 most = ((__int128)1 << (t->bits - 1)) - 1;
	return v > most || v < -most - 1;
}

static void report_overflow(struct checker *c, const struct expr *e, const struct type *t)
{
	struct diag *d = diag(c->diags, &e->loc, D_constant_overflow, text(c, t));
	const struct expr *left = e->a;
	while (left->kind == E_BINARY)
		left = left->a;
	if (is_word(left) && t->bits == 32)
		diag_hint(c->diags, d, "`(u64)%s` makes it a u64", check_source(c, &left->loc));
}

static struct type *check_unary(struct checker *c, struct expr *e)
{
	struct type *t = check_expr(c, e->a);
	if (t->kind == T_ERROR || !check_operand(c, e->a, op_text(e->op)))
		return &type_error;
	t = e->op == OP_NOT ? &type_bool : type_promote(t);
	if (e->a->is_const)
		return constant(e, t, fold_unary(e->op, t, e->a->value));
	return t;
}

static struct type *check_binary(struct checker *c, struct expr *e)
{
	struct type *a = check_expr(c, e->a), *b = check_expr(c, e->b);
	if (a->kind == T_ERROR || b->kind == T_ERROR)
		return &type_error;
	if ((e->op == OP_EQ || e->op == OP_NE) && a->kind == T_FD && b->kind == T_FD)
		return &type_bool;
	bool left = check_operand(c, e->a, op_text(e->op)), right = check_operand(c, e->b, op_text(e->op));
	if (!left || !right)
		return &type_error;
	bool both = e->a->is_const && e->b->is_const;
	if (e->op == OP_LAND || e->op == OP_LOR) {
		if (both)
			return constant(e, &type_bool,
				e->op == OP_LAND ? e->a->value && e->b->value : e->a->value || e->b->value);
		return &type_bool;
	}
	/* A shift has the type of its left side, as in C. */
	bool shift = e->op == OP_SHL || e->op == OP_SHR;
	struct type *t = shift ? type_promote(a) : type_common(a, b);
	if (!check_divisor(c, e->b, e->op) || !check_shift(c, e->a, t, e->b, e->op))
		return &type_error;
	if (both) {
		uint64_t v, x = type_wrap(t, e->a->value),
			    y = shift ? e->b->value : type_wrap(t, e->b->value);
		if (overflows(e->op, t, x, y)) {
			report_overflow(c, e, t);
			return &type_error;
		}
		fold_binary(e->op, t, x, y, &v);
		return constant(e, op_is_comparison(e->op) ? &type_bool : t, v);
	}
	return op_is_comparison(e->op) ? &type_bool : t;
}

static struct type *check_cond(struct checker *c, struct expr *e)
{
	check_condition(c, e->a);
	struct type *b = check_expr(c, e->b), *d = check_expr(c, e->c);
	if (b->kind == T_ERROR || d->kind == T_ERROR)
		return &type_error;
	struct type *t = b;
	if (type_is_int(b) && type_is_int(d)) {
		t = type_same(b, d) ? b : type_common(b, d);
	} else if (!type_is_scalar(b) || !type_same(b, d)) {
		struct expr *bad = type_is_scalar(b) ? e->c : e->b;
		diag(c->diags, &bad->loc, D_wrong_type, "a side of `:`",
			type_is_scalar(b) ? text(c, b) : "an integer or fd", text(c, bad->type));
		return &type_error;
	}
	if (e->a->is_const && e->b->is_const && e->c->is_const)
		return constant(e, t, e->a->value ? e->b->value : e->c->value);
	return t;
}

static struct type *check_cast(struct checker *c, struct expr *e)
{
	struct type *to = check_base_type(c, &e->cast), *from = check_expr(c, e->a);
	if (from->kind == T_ERROR || to->kind == T_ERROR)
		return to;
	if (!type_is_scalar(to) || !type_is_scalar(from)) {
		struct diag *d = diag(c->diags, &e->loc, D_bad_cast, text(c, from), text(c, to));
		if (to->kind == T_VOID)
			diag_hint(
				c->diags, d, "a result that is not wanted needs no cast: leave `(void)` out");
		return &type_error;
	}
	if (e->a->is_const)
		return constant(e, to, e->a->value);
	return to;
}

static bool is_negative(const struct expr *e)
{
	return e->is_const && (e->type->is_signed || e->type->kind == T_ENUM) && (int64_t)e->value < 0;
}

static struct type *check_index(struct checker *c, struct expr *e)
{
	struct type *big = check_big_cqe(c, e);
	if (big)
		return big;
	struct type *t = check_expr(c, e->a);
	if (t->kind == T_TABLE)
		return check_entry(c, e);
	struct type *i = check_expr(c, e->b);
	if (t->kind == T_ERROR || i->kind == T_ERROR)
		return t->kind == T_ARRAY ? t->elem : &type_error;
	if (t->kind != T_ARRAY && t->kind != T_SLICE) {
		diag(c->diags, &e->a->loc, D_not_indexable, text(c, t));
		return &type_error;
	}
	if (!type_is_int(i)) {
		diag(c->diags, &e->b->loc, D_wrong_type, "an index", "an integer", text(c, i));
		return &type_error;
	}
	if (t->kind == T_SLICE) {
		if (is_negative(e->b))
			diag(c->diags, &e->b->loc, D_slice_negative, check_number(c, e->b));
		return &type_u8;
	}
	if (type_is_region(t))
		check_region_index(c, e->b, t);
	else if (e->b->is_const && e->b->value >= t->n)
		diag(c->diags, &e->b->loc, D_index_range, check_number(c, e->b), (unsigned long long)t->n);
	return t->elem;
}

static struct type *check_slice(struct checker *c, struct expr *e)
{
	struct type *t = check_expr(c, e->a);
	struct expr *bound[2] = {e->b, e->c};
	for (int i = 0; i < 2; i++) {
		if (!bound[i])
			continue;
		struct type *b = check_expr(c, bound[i]);
		if (!type_is_int(b))
			diag(c->diags, &bound[i]->loc, D_wrong_type, "the bound of a slice", "an integer",
				text(c, b));
		else if (t->kind == T_ARRAY && t->n && bound[i]->is_const && bound[i]->value > t->n)
			diag(c->diags, &bound[i]->loc, D_index_range, check_number(c, bound[i]),
				(unsigned long long)t->n);
		else if (is_negative(bound[i]))
			diag(c->diags, &bound[i]->loc, D_slice_negative, check_number(c, bound[i]));
	}
	if (t->kind == T_ERROR)
		return t;
	if (t->kind != T_SLICE && !type_is_bytes(t)) {
		diag(c->diags, &e->a->loc, D_not_sliceable, text(c, t));
		return &type_error;
	}
	if (e->b && e->c && e->b->is_const && e->c->is_const && e->b->value > e->c->value)
		diag(c->diags, &e->b->loc, D_slice_backwards);
	return &type_slice;
}

static void suggest_field(struct checker *c, struct diag *d, const struct type *t, const char *name)
{
	struct near near = near_to(name);
	for (size_t i = 0; i < t->fields.n; i++)
		near_consider(&near, t->fields.at[i].name);
	if (near.best)
		diag_hint(c->diags, d, "did you mean `%s`?", near.best);
}

static struct type *check_field(struct checker *c, struct expr *e)
{
	struct type *t = check_expr(c, e->a);
	if (t->kind == T_ERROR)
		return t;
	if ((t->kind == T_ARRAY || t->kind == T_SLICE) && !strcmp(e->name.text, "len")) {
		if (t->kind == T_SLICE || type_is_region(t))
			return &type_u32;
		return constant(e, t->n <= INT32_MAX ? &type_u32 : &type_u64, t->n);
	}
	if (t->kind == T_STRUCT) {
		for (size_t i = 0; i < t->fields.n; i++)
			if (!strcmp(t->fields.at[i].name, e->name.text))
				return t->fields.at[i].type;
	}
	if ((t->kind == T_CQ || t->kind == T_TABLE) && !strcmp(e->name.text, "len"))
		return &type_u32;
	if (t->kind == T_CQE) {
		if (!strcmp(e->name.text, "res"))
			return &type_s32;
		if (!strcmp(e->name.text, "flags"))
			return &type_u32;
		if (!strcmp(e->name.text, "user_data"))
			return &type_u64;
		if (!strcmp(e->name.text, "buf"))
			return check_stream_buf(c, e);
	}
	if (check_refused_field(c, t, &e->name))
		return &type_error;
	struct diag *d = diag(c->diags, &e->name.loc, D_no_field, text(c, t), e->name.text);
	static const char *const of_cqe[] = {"user_data", "res", "flags", "big_cqe[0]", "big_cqe[1]"},
				 *const of_many[] = {"len"};
	if (t->kind == T_CQE)
		check_suggest_of(c, d, e->name.text, "a cqe has", of_cqe, 5);
	else if (t->kind == T_ARRAY || t->kind == T_SLICE || t->kind == T_CQ)
		check_suggest_of(c, d, e->name.text, "arrays, slices and queues have", of_many, 1);
	else if (t->kind == T_STRUCT)
		suggest_field(c, d, t, e->name.text);
	return &type_error;
}

static struct type *check_await(struct checker *c, struct expr *e)
{
	if (!c->owner) {
		diag(c->diags, &e->loc, D_await_outside, "await");
		return &type_error;
	}
	if (e->a->kind == E_NAME || e->a->kind == E_INDEX) {
		e->type = check_queue_await(c, e);
		if (e->b)
			check_await_timeout(c, e);
		return e->type;
	}
	if (e->a->kind == E_ALL)
		return check_await_all(c, e);
	if (e->a->kind != E_CALL) {
		diag(c->diags, &e->a->loc, D_await_what);
		check_expr(c, e->a);
		return &type_error;
	}
	e->type = e->a->type = check_call(c, e->a, true);
	if (e->b)
		check_await_timeout(c, e);
	return e->type;
}

/* `try` of an operation that gives a descriptor is a descriptor: a negative one has been dealt with. */
static bool gives_descriptor(const struct expr *e)
{
	return e->kind == E_AWAIT && e->a->operation && !strcmp(e->a->operation->result, "a descriptor");
}

static struct type *check_try(struct checker *c, struct expr *e)
{
	struct type *t = check_expr(c, e->a);
	if (!c->owner) {
		diag(c->diags, &e->loc, D_await_outside, "try");
		return &type_error;
	}
	if (c->in_defer)
		diag(c->diags, &e->loc, D_defer_leaves, "try");
	if (t->kind == T_ERROR)
		return t;
	if (t->kind != T_CQE && (t->kind != T_INT || !t->is_signed)) {
		diag(c->diags, &e->a->loc, D_wrong_type, "what `try` looks at", "a signed integer",
			text(c, t));
		return &type_error;
	}
	/* An errno is up to 4095: eight bits do not hold it. */
	const struct type *r = c->owner->type;
	if (c->owner->kind == SYM_FN && r->kind != T_ERROR &&
		!(r->kind == T_INT && r->is_signed && r->bits > 8)) {
		struct diag *d = diag(c->diags, &e->loc, D_try_result, c->owner->name);
		diag_note(c->diags, d, &c->owner->loc, "`%s` returns %s", c->owner->name, text(c, r));
		if (r->kind == T_VOID)
			diag_hint(c->diags, d, "declare it `fn s32 %s`, and `return 0;` at its end",
				c->owner->name);
	}
	return gives_descriptor(e->a) ? &type_fd : t;
}

static struct type *check_sizeof(struct checker *c, struct expr *e)
{
	struct type *t = e->a ? check_expr(c, e->a) : check_base_type(c, &e->cast);
	if (t->kind == T_ERROR)
		return t;
	if (!t->size || t->kind == T_SLICE || t->kind == T_TABLE) {
		diag(c->diags, &e->loc, D_no_size, text(c, t));
		return &type_error;
	}
	return constant(e, &type_u64, t->size);
}

static struct type *expr_type(struct checker *c, struct expr *e)
{
	switch (e->kind) {
	case E_INT:
		if (e->is_duration)
			return constant(e, &type_u64, e->value);
		return constant(e,
			e->value <= INT32_MAX   ? &type_s32
			: e->value <= INT64_MAX ? &type_s64
						: &type_u64,
			e->value);
	case E_BOOL:
		return constant(e, &type_bool, e->value);
	case E_STRING:
		return &type_string;
	case E_LIST:
		return &type_list;
	case E_NAME:
		return check_name(c, e);
	case E_SELF:
		if (c->owner && c->owner->kind == SYM_TASK)
			return &type_u32;
		diag(c->diags, &e->loc, D_self_outside);
		return &type_error;
	case E_UNARY:
		return check_unary(c, e);
	case E_BINARY:
		return check_binary(c, e);
	case E_COND:
		return check_cond(c, e);
	case E_CAST:
		return check_cast(c, e);
	case E_CALL:
		return check_call(c, e, false);
	case E_INDEX:
		return check_index(c, e);
	case E_SLICE:
		return check_slice(c, e);
	case E_FIELD:
		return check_field(c, e);
	case E_AWAIT:
		return check_await(c, e);
	case E_ALL:
		break; /* of check_await */
	case E_TRY:
		return check_try(c, e);
	case E_SUBMIT:
		return check_submit(c, e);
	case E_SPAWN:
		return check_spawn(c, e);
	case E_DELETE:
		return check_delete(c, e);
	case E_SIZEOF:
		return check_sizeof(c, e);
	}
	return &type_error;
}

struct type *check_expr(struct checker *c, struct expr *e)
{
	e->type = &type_error; /* for what looks at it while it is being checked */
	return e->type = expr_type(c, e);
}

void check_condition(struct checker *c, struct expr *e)
{
	struct type *t = check_expr(c, e);
	if (!type_is_int(t))
		diag(c->diags, &e->loc, D_wrong_type, "a condition", "bool or an integer", text(c, t));
}

bool check_scalar_const(struct checker *c, struct expr *e, uint64_t *value, const char *what)
{
	struct type *t = check_expr(c, e);
	if (t->kind == T_ERROR)
		return false;
	if (!type_is_scalar(t))
		diag(c->diags, &e->loc, D_wrong_type, what, "an integer", text(c, t));
	else if (!e->is_const)
		diag(c->diags, &e->loc, D_not_constant, what);
	*value = e->value;
	return e->is_const;
}

bool check_const(struct checker *c, struct expr *e, uint64_t *value, const char *what)
{
	if (!check_scalar_const(c, e, value, what))
		return false;
	if (type_is_int(e->type))
		return true;
	diag(c->diags, &e->loc, D_wrong_type, what, "an integer", text(c, e->type));
	return false;
}

/* What has no place that would give it a type: for the errors in it. */
void check_loose(struct checker *c, struct expr *e)
{
	check_expr(c, e);
	for (size_t i = 0; e->kind == E_LIST && i < e->args.n; i++)
		check_loose(c, e->args.at[i]);
}

static void check_list(struct checker *c, struct expr *e, struct type *to)
{
	bool is_struct = to->kind == T_STRUCT;
	size_t room = is_struct ? to->fields.n : to->n;
	e->type = to;
	if (is_struct && e->args.n && (to->no_list || to->refused.n)) {
		diag(c->diags, &e->loc, D_header_list, text(c, to),
			to->no_list ? "its fields share their place"
				    : arena_printf(c->arena, "its field `%s` has no counterpart",
					      to->refused.at[0].name));
		for (size_t i = 0; i < e->args.n; i++)
			check_loose(c, e->args.at[i]);
		return;
	}
	if (e->args.n > room)
		diag(c->diags, &e->loc, D_list_too_long, (unsigned)e->args.n, "values", text(c, to));
	for (size_t i = 0; i < e->args.n && i < room; i++)
		check_value(c, e->args.at[i], is_struct ? to->fields.at[i].type : to->elem,
			is_struct ? arena_printf(c->arena, "the field `%s`", to->fields.at[i].name)
				  : "an element");
	for (size_t i = room; i < e->args.n; i++)
		check_loose(c, e->args.at[i]);
}

/* A string as the value of a byte array: it may fill it wholly, the rest is zero. */
static void check_string(struct checker *c, struct expr *e, struct type *to)
{
	if (e->len > to->n)
		diag(c->diags, &e->loc, D_list_too_long, (unsigned)e->len, "bytes", text(c, to));
}

/* An await of an operation gives the result, or, to a cqe, the whole completion. */
static bool check_as_cqe(struct expr *e)
{
	if (e->kind == E_TRY && check_as_cqe(e->a)) {
		e->type = &type_cqe;
		return true;
	}
	if (e->kind != E_AWAIT || e->a->kind != E_CALL || !e->a->operation)
		return e->type->kind == T_CQE;
	e->type = &type_cqe;
	return true;
}

void check_value(struct checker *c, struct expr *e, struct type *to, const char *what)
{
	if (e->kind == E_LIST && (to->kind == T_ARRAY || to->kind == T_STRUCT)) {
		check_list(c, e, to);
		return;
	}
	check_loose(c, e);
	struct type *t = e->type;
	if (t->kind == T_ERROR || to->kind == T_ERROR)
		return;
	if (t->kind == T_STRING && type_is_bytes(to)) {
		check_string(c, e, to);
		return;
	}
	if (to->kind == T_SLICE && (t->kind == T_SLICE || t->kind == T_STRING || type_is_bytes(t)))
		return;
	if (type_is_int(to) && type_is_int(t)) {
		if (e->is_const && !type_fits(to, t, e->value)) {
			bool negative = (t->is_signed || t->kind == T_ENUM) && (int64_t)e->value < 0;
			/* -1 for "all ones" is common usage with offsets and masks. */
			if (negative && (int64_t)e->value == -1 && to->kind == T_INT)
				return;
			diag(c->diags, &e->loc, D_constant_range, check_number(c, e), text(c, to));
		}
		return;
	}
	if (type_same(t, to))
		return;
	if (to->kind == T_CQE && check_as_cqe(e))
		return;
	struct diag *d = diag(c->diags, &e->loc, D_wrong_type, what, text(c, to), text(c, t));
	if (to->kind == T_FD && t->kind == T_INT)
		diag_hint(c->diags, d,
			e->kind == E_AWAIT
				? "`try await` gives the descriptor, and leaves where there is none"
				: "`(fd)` makes a descriptor of a number");
	if (t->kind == T_FD && type_is_int(to))
		diag_hint(c->diags, d, "`(s32)` gives a descriptor's number");
}

static const struct expr *root_of(const struct expr *e)
{
	for (;;)
		if (e->kind == E_INDEX || e->kind == E_FIELD || e->kind == E_SLICE)
			e = e->a;
		else if (e->kind == E_CALL && e->builtin == B_bytes && e->args.n == 1)
			e = e->args.at[0];
		else
			return e;
}

/* The variable that a place is in, through refs; NULL where it is none. */
struct symbol *check_root(const struct expr *e)
{
	struct symbol *sym = root_of(e)->sym;
	while (sym && sym->refers)
		sym = sym->refers;
	return sym;
}

/* Whether the place is in the bytes of a slice: then what holds the slice does not matter. */
static bool is_in_slice(const struct expr *e)
{
	for (; e->kind == E_INDEX || e->kind == E_FIELD || e->kind == E_SLICE; e = e->a)
		if (e->type->kind == T_SLICE && e->kind == E_FIELD)
			return true;
	return false;
}

bool check_writable(struct checker *c, const struct expr *e)
{
	if (is_in_slice(e))
		return true;
	const struct symbol *sym = check_root(e);
	const char *why = NULL;
	if (sym && sym->kind == SYM_VAR && sym->storage == VAR_PARAM)
		why = "a parameter, set by the host";
	else if (sym && sym->kind == SYM_LOCAL && sym->readonly)
		why = "the variable of `for ... in`";
	if (!why)
		return true;
	struct diag *d = diag(c->diags, &e->loc, D_read_only, sym->name, why);
	diag_note(c->diags, d, &sym->loc, "`%s` is declared here", sym->name);
	return false;
}

struct type *check_any_place(struct checker *c, struct expr *e, const char *what)
{
	struct type *t = check_expr(c, e);
	const struct expr *root = root_of(e);
	if (t->kind == T_ERROR)
		return t;
	/* s.len, q.len, c.res, c.big_cqe[0] */
	bool length =
		(e->kind == E_FIELD && (e->a->type->kind == T_SLICE || e->a->type->kind == T_CQ ||
					       e->a->type->kind == T_TABLE || e->a->type->kind == T_CQE ||
					       type_is_region(e->a->type))) ||
		(e->kind == E_INDEX && e->a->type == &type_big_cqe);
	if (t->kind == T_CQ || t->kind == T_POOL || t->kind == T_TABLE || t->kind == T_FILE ||
		(t->kind == T_ARRAY && root->sym && root->sym->kind == SYM_VAR &&
			(root->sym->storage == VAR_QUEUE || root->sym->storage == VAR_FILES)))
		length = true;
	bool place = root->kind == E_NAME && root->sym &&
		     (root->sym->kind == SYM_VAR || root->sym->kind == SYM_LOCAL) && e->kind != E_SLICE &&
		     e->kind != E_CALL && !e->is_const && !length;
	if (!place) {
		struct diag *d = diag(c->diags, &e->loc, D_not_place, what);
		if (e->kind == E_NAME && e->sym && e->sym->decl && t->kind == T_CQ)
			diag_note(c->diags, d, &e->sym->loc, "`%s` is a queue", e->sym->name);
		else if (e->kind == E_NAME && e->sym && t->kind == T_TABLE) {
			diag_note(c->diags, d, &e->sym->loc, "`%s` is a table", e->sym->name);
			diag_hint(c->diags, d, "an entry of it is a place: `%s[key]`", e->sym->name);
		} else if (e->kind == E_NAME && e->sym && t->kind == T_POOL)
			diag_note(c->diags, d, &e->sym->loc, "`%s` is a pool of buffers", e->sym->name);
		else if (root->kind == E_NAME && root->sym && root->sym->kind == SYM_VAR &&
			 root->sym->storage == VAR_FILES) {
			diag_note(c->diags, d, &root->sym->loc, "`%s` is a table of direct descriptors",
				root->sym->name);
			diag_hint(c->diags, d, "`files_update` puts descriptors into slots");
		} else if (e->kind == E_NAME && e->sym && e->sym->decl)
			diag_note(c->diags, d, &e->sym->loc, "`%s` is a constant", e->sym->name);
		return &type_error;
	}
	return t;
}

struct type *check_place(struct checker *c, struct expr *e, const char *what)
{
	struct type *t = check_any_place(c, e, what);
	return t->kind != T_ERROR && check_writable(c, e) ? t : &type_error;
}
