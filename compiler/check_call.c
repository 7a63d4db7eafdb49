/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* check_call.c: calls of functions, operations and builtins; spawn. */
#include <string.h>
#include "check.h"
#include "near.h"

static const struct {
	const char *name;
	unsigned least, most;
} builtins[B_COUNT] = {
#define B(name, least, most) [B_##name] = {#name, least, most},
#include "builtins.def"
#undef B
};

const char *builtin_name(int b)
{
	return builtins[b].name;
}

int builtin_find(const char *name)
{
	for (int b = 1; b < B_COUNT; b++)
		if (!strcmp(builtins[b].name, name))
			return b;
	return B_NONE;
}

static const char *range(struct checker *c, unsigned least, unsigned most)
{
	if (least == most)
		return arena_printf(c->arena, "%u argument%s", least, least == 1 ? "" : "s");
	return arena_printf(c->arena, "%u to %u arguments", least, most);
}

bool check_count(struct checker *c, const struct expr *e, unsigned least, unsigned most)
{
	if (e->args.n >= least && e->args.n <= most)
		return true;
	struct diag *d = diag(c->diags, &e->loc, D_argument_count, e->name.text, range(c, least, most),
		(unsigned)e->args.n);
	if (e->sym)
		diag_note(c->diags, d, &e->sym->loc, "`%s` is declared here", e->sym->name);
	return false;
}

static const char *const orders[] = {"relaxed", "acquire", "release", "seq_cst"};

/* The last argument of an atomic operation is a word, not a value. */
static bool is_order(const struct expr *e)
{
	for (int i = 0; e->kind == E_NAME && i < 4; i++)
		if (!strcmp(e->name.text, orders[i]))
			return true;
	return false;
}

/* Arguments of a call that is wrong already: for the errors in them. */
void check_arguments(struct checker *c, struct expr *e)
{
	for (size_t i = 0; i < e->args.n; i++)
		if (!is_order(e->args.at[i]))
			check_loose(c, e->args.at[i]);
}

static void check_params(struct checker *c, struct expr *e, const struct symbol *fn)
{
	if (!check_count(c, e, (unsigned)fn->params.n, (unsigned)fn->params.n)) {
		check_arguments(c, e);
		return;
	}
	for (size_t i = 0; i < e->args.n; i++) {
		if (check_slot_given(c, e->args.at[i], fn, fn->params.at[i]))
			continue;
		check_value(c, e->args.at[i], fn->params.at[i]->type,
			arena_printf(
				c->arena, "the argument `%s` of `%s`", fn->params.at[i]->name, fn->name));
	}
}

/* ---- builtins ---- */

/* How many arguments a format wants. */
static unsigned conversions(const struct expr *f)
{
	unsigned n = 0;
	for (uint32_t i = 0; i < f->len; i++)
		if (f->str[i] == '%') {
			i++;
			n += i < f->len && f->str[i] != '%';
		}
	return n;
}

/* Where an argument is more than the format takes: what would print it. */
static void hint_conversion(struct checker *c, struct diag *d, const struct expr *f, const struct type *t)
{
	bool braces = memmem(f->str, f->len, "{}", 2) != NULL;
	const char *with = t->kind == T_SLICE || t->kind == T_STRING || type_is_bytes(t) ? "%s"
			   : !type_is_scalar(t)                                          ? NULL
			   : t->kind == T_INT && !t->is_signed                           ? "%u"
											 : "%d";
	if (with)
		diag_hint(c->diags, d,
			braces ? "write `%s` in place of `{}`" : "`%s` in the format would print it", with);
}

/* log's format: %d %u %x %c take integers, %s bytes. */
static void check_format(struct checker *c, struct expr *e)
{
	struct expr *f = e->args.at[0];
	if (f->kind != E_STRING) {
		diag(c->diags, &f->loc, D_format_literal);
		return;
	}
	if (!source_check_literal(c->diags, &f->loc, f->str, f->len, "a format"))
		return;
	size_t next = 1;
	for (uint32_t i = 0; i < f->len; i++) {
		if (f->str[i] != '%')
			continue;
		char k = ++i < f->len ? f->str[i] : 0;
		if (k == '%')
			continue;
		if (!k || !strchr("duxcs", k)) {
			struct diag *d = diag(c->diags, &f->loc, D_format_unknown,
				i < f->len ? (int)utf8_length(f->str + i, f->len - i) : 0, f->str + i);
			if (!k)
				diag_hint(c->diags, d, "a percent sign is written %%%%");
			else if (strchr("lzhjt0123456789.-+ #", k))
				diag_hint(c->diags, d,
					"%%d, %%u and %%x take integers of every size, and have no width");
			else if (strchr("ip", k))
				diag_hint(c->diags, d, "%s", k == 'i' ? "write %d" : "write %x");
			return;
		}
		if (next >= e->args.n) {
			diag(c->diags, &f->loc, D_format_count, conversions(f),
				conversions(f) == 1 ? "" : "s", (unsigned)e->args.n - 1);
			return;
		}
		struct expr *a = e->args.at[next++];
		struct type *t = a->type;
		bool bytes = t->kind == T_SLICE || t->kind == T_STRING || type_is_bytes(t);
		bool number = type_is_scalar(t);
		if (t->kind != T_ERROR && (k == 's' ? !bytes : !number))
			diag(c->diags, &a->loc, D_wrong_type, arena_printf(c->arena, "what `%%%c` prints", k),
				k == 's' ? "bytes" : "an integer", type_text(c->arena, t));
	}
	if (next != e->args.n) {
		struct diag *d = diag(c->diags, &e->args.at[next]->loc, D_format_count, conversions(f),
			conversions(f) == 1 ? "" : "s", (unsigned)e->args.n - 1);
		hint_conversion(c, d, f, e->args.at[next]->type);
	}
}

bool check_is_local(const struct expr *place)
{
	return check_root(place)->kind == SYM_LOCAL;
}

static struct type *check_atomic(struct checker *c, struct expr *e, int b)
{
	struct expr *place = e->args.at[0];
	size_t values = b == B_atomic_load ? 0 : b == B_atomic_cas ? 2 : 1;
	struct type *t = check_place(c, place, "the place of an atomic operation");
	bool local = t->kind != T_ERROR && check_is_local(place);
	if (t->kind != T_ERROR && (t->kind != T_INT || local)) {
		diag(c->diags, &place->loc, D_atomic_place,
			arena_printf(c->arena, "%s%s", local ? "a local " : "", type_text(c->arena, t)));
		t = &type_error;
	}
	for (size_t i = 1; i <= values; i++)
		check_value(c, e->args.at[i], t, "the value of an atomic operation");
	if (e->args.n > values + 1) {
		struct expr *order = e->args.at[values + 1];
		order->type = &type_error;
		if (!is_order(order)) {
			struct diag *d = diag(c->diags, &order->loc, D_atomic_order,
				"relaxed, acquire, release or seq_cst");
			const char *near =
				order->kind == E_NAME ? near_of(order->name.text, orders, 4) : NULL;
			if (near)
				diag_hint(c->diags, d, "did you mean `%s`?", near);
		} else if ((b == B_atomic_load && !strcmp(order->name.text, "release")) ||
			   (b == B_atomic_store && !strcmp(order->name.text, "acquire")))
			diag(c->diags, &order->loc, D_atomic_order,
				b == B_atomic_load ? "relaxed, acquire or seq_cst: a load cannot release"
						   : "relaxed, release or seq_cst: a store cannot acquire");
	}
	return b == B_atomic_store ? &type_void : t;
}

/* A scalar local, which would be in a register, is kept in memory where its bytes or address are asked for.
 */
static void keep_in_memory(struct checker *c, struct expr *place, const char *what)
{
	struct type *t = place->type;
	struct symbol *sym = check_root(place);
	if (t->kind == T_SLICE || t->kind == T_CQE) {
		diag(c->diags, &place->loc, D_wrong_type, what, "a value in memory", type_text(c->arena, t));
	} else if (sym->kind == SYM_LOCAL && type_is_scalar(sym->type)) {
		if (!sym->declared) {
			struct diag *d = diag(c->diags, &place->loc, D_not_place, what);
			diag_note(c->diags, d, &sym->loc, "`%s` is in a register", sym->name);
			diag_hint(c->diags, d, "copy it to a variable first");
		}
		sym->in_memory = sym->declared;
	}
}

static struct type *check_builtin(struct checker *c, struct expr *e, int b, bool awaited)
{
	e->builtin = b;
	bool waits = b == B_signal || b == B_wait || b == B_room;
	if (awaited && !waits) {
		struct diag *d = diag(c->diags, &e->loc, D_await_what);
		diag_hint(c->diags, d, "`%s` does not wait: leave `await` out", builtins[b].name);
		check_arguments(c, e);
		return &type_error;
	}
	if (!awaited && waits) {
		struct diag *d =
			diag(c->diags, &e->loc, D_await_missing, builtin_name(b), "suspends the task");
		diag_hint(c->diags, d, "write `await %s(...)`", builtin_name(b));
		check_arguments(c, e);
		return &type_s32;
	}
	if (!check_count(c, e, builtins[b].least, builtins[b].most)) {
		check_arguments(c, e);
		return &type_error;
	}
	if (b >= B_atomic_load)
		return check_atomic(c, e, b);
	if (b == B_emit || b == B_reap || b == B_wait || b == B_room)
		return check_queue_builtin(c, e, b);
	if (b == B_has || b == B_insert)
		return check_table_builtin(c, e, b);
	struct expr *a = e->args.at[0];
	switch (b) {
	case B_log:
		for (size_t i = 0; i < e->args.n; i++)
			check_loose(c, e->args.at[i]);
		check_format(c, e);
		return &type_void;
	case B_progress:
		check_value(c, a, &type_u64, "the argument of `progress`");
		check_value(c, e->args.at[1], &type_u64, "the argument of `progress`");
		return &type_void;
	case B_assert:
		check_condition(c, a);
		return &type_void;
	case B_trap:
		if (check_expr(c, a)->kind == T_STRING)
			source_check_literal(c->diags, &a->loc, a->str, a->len, "a message");
		else if (a->type->kind != T_ERROR)
			diag(c->diags, &a->loc, D_format_literal);
		return &type_void;
	case B_fail:
		check_value(c, a, &type_s32, "the argument of `fail`");
		if (a->is_const && (int64_t)a->value >= 0) {
			struct diag *d = diag(c->diags, &a->loc, D_fail_positive);
			if (a->kind == E_NAME && a->value)
				diag_hint(c->diags, d, "write `fail(-%s)`", a->name.text);
		}
		if (c->in_defer)
			diag(c->diags, &e->loc, D_defer_leaves, "fail");
		c->owner->fails = true;
		return &type_void;
	case B_wake:
	case B_signal: {
		struct type *t = check_place(c, a, "what is waited for");
		if (t->kind != T_ERROR && check_is_local(a))
			diag(c->diags, &a->loc, D_signal_place);
		return b == B_wake ? &type_void : &type_s32;
	}
	case B_bytes:
		if (check_any_place(c, a, "the argument of `bytes`")->kind != T_ERROR)
			keep_in_memory(c, a, "the argument of `bytes`");
		return &type_slice;
	case B_address:
		if (check_place(c, a, "what has an address")->kind != T_ERROR)
			keep_in_memory(c, a, "what has an address");
		return &type_u64;
	case B_copy_from_user:
		check_value(c, a, &type_slice, "what `copy_from_user` fills");
		if (a->type->kind == T_STRING)
			diag(c->diags, &a->loc, D_not_place, "what `copy_from_user` fills");
		else
			check_writable(c, a);
		check_value(c, e->args.at[1], &type_u64, "the address");
		return &type_s32;
	case B_stream_of:
		check_value(c, a, &type_fd, "the argument of `stream_of`");
		return &type_s32;
	case B_fixed_index:
		check_expr(c, a);
		if (a->kind != E_NAME || !a->sym || a->sym->kind != SYM_VAR || !a->sym->fixed) {
			if (a->type->kind != T_ERROR)
				diag(c->diags, &a->loc, D_not_fixed);
			return &type_error;
		}
		e->is_const = true;
		e->value = a->sym->fixed_index;
		return &type_u16;
	case B_ns:
	case B_us:
	case B_ms:
	case B_s:
		check_time_number(c, a, "a duration");
		if (a->is_const) {
			e->is_const = true;
			e->value = a->value * (b == B_ns          ? 1
						      : b == B_us ? 1000
						      : b == B_ms ? 1000000
								  : 1000000000ull);
		}
		return &type_u64;
	default: { /* byte order */
		struct type *t = b == B_be16 || b == B_le16   ? &type_u16
				 : b == B_be32 || b == B_le32 ? &type_u32
							      : &type_u64;
		check_value(c, a, t, arena_printf(c->arena, "the argument of `%s`", builtins[b].name));
		if (a->is_const) {
			uint64_t v = a->value;
			e->is_const = true;
			e->value = b == B_be16   ? __builtin_bswap16((uint16_t)v)
				   : b == B_be32 ? __builtin_bswap32((uint32_t)v)
				   : b == B_be64 ? __builtin_bswap64(v)
						 : v;
		}
		return t;
	}
	}
}

/* ---- calls ---- */

void check_calls(struct checker *c, struct symbol *fn)
{
	if (!c->owner)
		return;
	for (size_t i = 0; i < c->owner->callees.n; i++)
		if (c->owner->callees.at[i] == fn)
			return;
	VEC_PUSH(c->arena, &c->owner->callees, fn);
}

static struct type *check_function(struct checker *c, struct expr *e, struct symbol *fn, bool awaited)
{
	e->sym = fn;
	check_params(c, e, fn);
	if (awaited && !fn->awaits) {
		struct diag *d = diag(c->diags, &e->loc, D_await_what);
		diag_note(c->diags, d, &fn->loc, "`%s` does not await", fn->name);
	} else if (!awaited && fn->awaits) {
		struct diag *d = diag(c->diags, &e->loc, D_await_missing, fn->name, "awaits");
		diag_hint(c->diags, d, "write `await %s(...)`", fn->name);
	}
	check_calls(c, fn);
	if (c->in_defer)
		VEC_PUSH(c->arena, &c->deferred, e);
	return fn->type;
}

/* Builtins whose value is a constant where their argument is. */
static bool is_pure(int b)
{
	return b >= B_ns && b <= B_le64;
}

bool check_is_pure(const struct expr *call)
{
	return is_pure(call->builtin) || call->builtin == B_has || call->builtin == B_stream_of ||
	       call->builtin == B_address || call->builtin == B_bytes || call->builtin == B_fixed_index;
}

struct type *check_call(struct checker *c, struct expr *e, bool awaited)
{
	struct symbol *sym = check_find(c, &e->name);
	bool function = sym && sym->kind == SYM_FN;
	if (!c->owner && (function || !is_pure(builtin_find(e->name.text)))) {
		check_arguments(c, e);
		diag(c->diags, &e->loc, D_not_constant, "what stands outside of tasks and functions");
		return &type_error;
	}
	if (function && e->with.n)
		diag(c->diags, &e->with.at[0].name.loc, D_with_what, e->name.text);
	if (function)
		return check_function(c, e, sym, awaited);
	const struct operation *op = operation_find(e->name.text);
	if (op && !function)
		return check_operation(c, e, op, awaited);
	if (e->with.n)
		diag(c->diags, &e->with.at[0].name.loc, D_with_what, e->name.text);
	int b = builtin_find(e->name.text);
	if (b)
		return check_builtin(c, e, b, awaited);
	check_arguments(c, e);
	if (sym) {
		struct diag *d = diag(c->diags, &e->name.loc, D_not_callable, e->name.text);
		diag_note(c->diags, d, &sym->loc, "`%s` is declared here", sym->name);
		if (sym->kind == SYM_TASK && sym != c->p->main)
			diag_hint(c->diags, d, "a task is started with `spawn %s(...)`", sym->name);
		return &type_error;
	}
	if (check_made(c, &e->name))
		return &type_error;
	struct diag *d = diag(c->diags, &e->name.loc, D_unknown_call, e->name.text);
	static const char prefix[] = "io_uring_prep_";
	const char *rest = e->name.text + sizeof prefix - 1;
	if (!strncmp(e->name.text, prefix, sizeof prefix - 1) && operation_find(rest))
		diag_hint(c->diags, d, "operations are called without `io_uring_prep_`: `%s(...)`", rest);
	check_suggest(c, d, e->name.text, WANT_CALL);
	return &type_error;
}

struct type *check_spawn(struct checker *c, struct expr *e)
{
	struct expr *call = e->a;
	if (!c->owner) {
		diag(c->diags, &e->loc, D_await_outside, "spawn");
		return &type_error;
	}
	if (call->kind != E_CALL) {
		struct diag *d = diag(c->diags, &e->loc, D_spawn_what);
		struct symbol *sym = call->kind == E_NAME ? check_find(c, &call->name) : NULL;
		if (sym && sym->kind == SYM_TASK)
			diag_hint(c->diags, d, "write `spawn %s(...)`", sym->name);
		return &type_error;
	}
	struct symbol *task = check_find(c, &call->name);
	call->type = &type_bool;
	if (!task) {
		struct diag *d = diag(c->diags, &call->name.loc, D_unknown_task, call->name.text);
		check_suggest(c, d, call->name.text, WANT_TASK);
	} else if (task->kind != SYM_TASK || task == c->p->main) {
		struct diag *d = diag(c->diags, &call->name.loc, D_spawn_what);
		diag_note(c->diags, d, &task->loc, "`%s` is declared here", task->name);
	}
	if (!task || task->kind != SYM_TASK || task == c->p->main) {
		check_arguments(c, call);
		return &type_bool;
	}
	call->sym = task;
	task->spawned = true;
	check_params(c, call, task);
	return &type_bool;
}
