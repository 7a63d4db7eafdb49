/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* check_stmt.c: statements and bodies. */
#include <string.h>
#include "check.h"

static void check_stmt(struct checker *, struct stmt *);

/* ---- what a piece of code contains; syntax alone ---- */

struct contains {
	bool awaits, leaves; /* leaves: return, try, fail, trap */
	bool breaks;         /* a break that ends the statement itself */
	bool task_only;      /* what only code expanded into a task can do */
};

static void scan_expr(const struct expr *e, struct contains *r)
{
	if (!e)
		return;
	if (e->kind == E_AWAIT)
		r->awaits = true;
	if (e->kind == E_SUBMIT || (e->kind == E_CALL && !strcmp(e->name.text, "reap")))
		r->task_only = true;
	if (e->kind == E_TRY)
		r->leaves = true;
	if (e->kind == E_CALL && (!strcmp(e->name.text, "fail") || !strcmp(e->name.text, "trap")))
		r->leaves = true;
	if (e->kind == E_CALL && !strcmp(e->name.text, "fail"))
		r->task_only = true;
	scan_expr(e->a, r);
	scan_expr(e->b, r);
	scan_expr(e->c, r);
	for (size_t i = 0; i < e->args.n; i++)
		scan_expr(e->args.at[i], r);
	for (size_t i = 0; i < e->with.n; i++)
		scan_expr(e->with.at[i].value, r);
}

static void scan_stmt(const struct stmt *s, struct contains *r)
{
	if (!s)
		return;
	if (s->kind == S_FOR_EACH && s->a->kind == E_CALL)
		r->awaits = true;
	if (s->kind == S_SELECT || s->kind == S_YIELD)
		r->awaits = true;
	if (s->kind == S_RETURN)
		r->leaves = true;
	if (s->kind == S_BREAK)
		r->breaks = true;
	scan_expr(s->a, r);
	scan_expr(s->b, r);
	for (size_t i = 0; i < s->decl.dims.n; i++)
		scan_expr(s->decl.dims.at[i], r);
	/* A break inside a loop or switch of its own ends that one. */
	bool own = s->kind == S_WHILE || s->kind == S_DO || s->kind == S_FOR || s->kind == S_FOR_IN ||
		   s->kind == S_FOR_EACH || s->kind == S_FOR_TABLE || s->kind == S_SWITCH;
	bool outer = r->breaks;
	scan_stmt(s->s1, r);
	scan_stmt(s->s2, r);
	scan_stmt(s->init, r);
	scan_stmt(s->step, r);
	for (size_t i = 0; i < s->body.n; i++)
		scan_stmt(s->body.at[i], r);
	if (own)
		r->breaks = outer;
}

/* Whether control cannot come out at the end of a statement. */
static bool never_ends(const struct stmt *s)
{
	switch (s->kind) {
	case S_RETURN:
		return true;
	case S_EXPR:
		return s->a->kind == E_CALL && (s->a->builtin == B_fail || s->a->builtin == B_trap);
	case S_BLOCK:
		for (size_t i = 0; i < s->body.n; i++)
			if (never_ends(s->body.at[i]))
				return true;
		return false;
	case S_IF:
	case S_IF_REF:
		return s->s2 && never_ends(s->s1) && never_ends(s->s2);
	case S_WHILE:
	case S_DO:
	case S_FOR: {
		struct contains r = {0};
		scan_stmt(s->s1, &r);
		return !r.breaks && (!s->a || (s->a->is_const && s->a->value));
	}
	case S_SWITCH: {
		struct contains r = {0};
		bool has_default = false;
		for (size_t i = 0; i < s->body.n; i++) {
			scan_stmt(s->body.at[i], &r);
			has_default |= s->body.at[i]->kind == S_DEFAULT;
		}
		return has_default && !r.breaks && s->body.n && never_ends(s->body.at[s->body.n - 1]);
	}
	default:
		return false;
	}
}

/* ---- scopes and locals ---- */

static struct scope *enter(struct checker *c)
{
	struct scope *s = NEW(c->arena, struct scope);
	s->up = c->scope;
	return c->scope = s;
}

static void leave(struct checker *c)
{
	c->scope = c->scope->up;
}

static struct symbol *add_local(struct checker *c, const struct declarator *d, struct type *t)
{
	struct symbol *old = scope_find_here(c->scope, d->name.text);
	if (old) {
		struct diag *g = diag(c->diags, &d->name.loc, D_redeclared, d->name.text);
		diag_note(c->diags, g, &old->loc, "the other `%s` is here", old->name);
	}
	struct symbol *sym = NEW(c->arena, struct symbol);
	sym->kind = SYM_LOCAL;
	sym->state = SYM_READY;
	sym->name = d->name.text;
	sym->loc = d->name.loc;
	sym->type = t;
	scope_add(c->arena, c->scope, sym);
	return sym;
}

/* ---- statements ---- */

static void check_decl(struct checker *c, struct stmt *s)
{
	bool is_cqe = s->decl.type.kind == TN_PRIM && s->decl.type.prim == PRIM_CQE && !s->decl.dims.n;
	struct type *t = is_cqe ? &type_cqe : check_type(c, &s->decl, false);
	if (t->kind == T_SLICE && !s->a)
		diag(c->diags, &s->loc, D_slice_init, s->decl.name.text);
	if (s->a)
		check_value(c, s->a, t, arena_printf(c->arena, "`%s`", s->decl.name.text));
	/* Declared after its initialiser: `u32 x = x;` means an outer x. */
	s->sym = add_local(c, &s->decl, t);
	s->sym->declared = true;
	if (t->kind == T_CQE && s->a && s->a->type->kind == T_CQE)
		check_cqe_from(c, s->sym, s->a, &s->a->loc);
}

/* ref c = conns[i]: another name for a place. */
static void check_ref(struct checker *c, struct stmt *s)
{
	struct type *t = check_any_place(c, s->a, "what a `ref` names");
	struct declarator d = {.name = s->name, .loc = s->name.loc};
	s->sym = add_local(c, &d, t);
	if (t->kind != T_ERROR)
		s->sym->refers = check_root(s->a);
}

/* if (ref c = conns[id]) */
static void check_looked_up(struct checker *c, struct stmt *s)
{
	struct type *t = check_expr(c, s->a);
	if (t->kind != T_ERROR && !check_is_entry(s->a)) {
		struct diag *d = diag(c->diags, &s->a->loc, D_table_if);
		if (t->kind == T_TABLE)
			diag_hint(c->diags, d, "say which key: `%s[key]`", check_source(c, &s->a->loc));
		else if (s->a->kind == E_INDEX || s->a->kind == E_FIELD || s->a->kind == E_NAME)
			diag_hint(c->diags, d, "what is always there needs no `if`: `ref %s = %s;`",
				s->name.text, check_source(c, &s->a->loc));
		t = &type_error;
	}
	enter(c);
	s->sym = add_local(c, &(struct declarator){.name = s->name, .loc = s->name.loc}, t);
	if (t->kind != T_ERROR)
		s->sym->refers = check_root(s->a);
	check_stmt(c, s->s1);
	leave(c);
	enter(c);
	check_stmt(c, s->s2);
	leave(c);
}

static void check_assign(struct checker *c, struct stmt *s)
{
	struct type *t = check_place(c, s->a, "the left side");
	if (!check_not_region(c, s->a))
		t = &type_error;
	if (s->op == OP_NONE) {
		if (check_is_entry(s->a))
			check_calls(c, s->a->a->sym->table.insert);
		bool slice = t->kind == T_SLICE && s->a->kind == E_NAME;
		bool named = s->a->kind == E_NAME && !s->a->parenthesised;
		check_value(c, s->b, t,
			named ? arena_printf(c->arena, "`%s`", s->a->name.text) : "the left side");
		if (slice)
			s->a->sym->moves |= check_root(s->b) != s->a->sym;
		if (t->kind == T_CQE && s->b->type->kind == T_CQE)
			check_cqe_from(c, s->a->sym, s->b, &s->b->loc);
		return;
	}
	struct type *b = check_expr(c, s->b);
	if (t->kind == T_ERROR || b->kind == T_ERROR)
		return;
	/* `x++` has a 1 where the operator stands. */
	const char *op = check_source(c, &s->b->loc);
	if (strcmp(op, "++") && strcmp(op, "--"))
		op = arena_printf(c->arena, "%s=", op_text(s->op));
	if (check_operand(c, s->a, op) && check_operand(c, s->b, op) && check_divisor(c, s->b, s->op))
		check_shift(c, NULL, type_promote(t), s->b, s->op);
}

static void check_loop_body(struct checker *c, struct stmt *body)
{
	unsigned switches = c->switches;
	c->switches = 0;
	c->loops++;
	check_stmt(c, body);
	c->loops--;
	c->switches = switches;
}

/* A loop that can never be left and never suspends is an error; any other loop without a visible bound has
 * the budget that lower.c gives it. */
static void check_endless(struct checker *c, struct stmt *s)
{
	if (s->a && !(s->a->is_const && s->a->value))
		return;
	struct contains r = {0};
	scan_stmt(s->s1, &r);
	scan_expr(s->a, &r);
	if (s->step)
		scan_stmt(s->step, &r);
	if (!r.awaits && !r.leaves && !r.breaks) {
		struct diag *d = diag(c->diags, &s->loc, D_endless_loop);
		diag_hint(c->diags, d, "give it a bound, a `break`, or something to `await`");
	}
}

static void check_for_in(struct checker *c, struct stmt *s)
{
	struct type *t = check_type(c, &s->decl, false);
	if (t->kind != T_INT && t->kind != T_ERROR) {
		diag(c->diags, &s->decl.loc, D_wrong_type, "the variable of `for ... in`", "an integer",
			type_text(c->arena, t));
		t = &type_error;
	}
	check_value(c, s->a, t, "the first value");
	check_value(c, s->b, t, "the end of the range");
	enter(c);
	s->sym = add_local(c, &s->decl, t);
	s->sym->readonly = true;
	check_loop_body(c, s->s1);
	leave(c);
}

/* for (u64 id, ref c in conns) */
static void check_for_table(struct checker *c, struct stmt *s)
{
	struct type *t = check_expr(c, s->a), *k = check_type(c, &s->decl, false), *v = &type_error;
	bool table = t->kind == T_TABLE;
	if (!table && t->kind != T_ERROR)
		diag(c->diags, &s->a->loc, D_table_for, type_text(c->arena, t));
	if (table && !type_same(k, t->key))
		diag(c->diags, &s->decl.loc, D_wrong_type, "the first variable of `for` over this table",
			type_text(c->arena, t->key), type_text(c->arena, k));
	if (table)
		v = t->elem;
	enter(c);
	s->sym = add_local(c, &s->decl, k);
	s->sym->readonly = true;
	s->ref = add_local(c, &(struct declarator){.name = s->name, .loc = s->name.loc}, v);
	if (table)
		s->ref->refers = s->a->sym;
	check_loop_body(c, s->s1);
	leave(c);
}

/* for (cqe c in q): what is in the queue now; or what a stream gives. */
static void check_for_each(struct checker *c, struct stmt *s)
{
	bool stream = check_stream(c, s->a);
	struct type *t = stream ? s->a->type : check_expr(c, s->a);
	if (!stream && t->kind != T_CQ && t->kind != T_ERROR) {
		struct diag *d = diag(c->diags, &s->a->loc, D_for_each, type_text(c->arena, t));
		check_queue_hint(c, d, s->a);
		if (t->kind == T_TABLE)
			diag_hint(c->diags, d, "a table has keys and values: `for (%s key, ref value in %s)`",
				type_text(c->arena, t->key), check_source(c, &s->a->loc));
		t = &type_error;
	}
	bool is_cqe = s->decl.type.kind == TN_PRIM && s->decl.type.prim == PRIM_CQE && !s->decl.dims.n;
	if (!is_cqe)
		diag(c->diags, &s->decl.loc, D_wrong_type, "the variable of `for`", "a cqe",
			type_text(c->arena, check_base_type(c, &s->decl.type)));
	enter(c);
	s->sym = add_local(c, &s->decl, is_cqe ? &type_cqe : &type_error);
	s->sym->readonly = true;
	s->sym->from_queue = !stream || !s->a->operation || !s->a->operation->big;
	for (size_t i = 0; stream && i < s->a->args.n; i++)
		if (s->a->args.at[i]->type->kind == T_POOL)
			s->sym->pool = s->a->args.at[i]->sym;
	/* Where in the pool it lies is in the second half of a CQE. */
	c->p->big_cqe |= s->sym->pool && s->sym->pool->buffers.zcrx;
	check_loop_body(c, s->s1);
	leave(c);
}

/* The variable of an arm: an s32 or a cqe, of an operation; a cqe, of a queue. */
static void check_arm_variable(struct checker *c, struct stmt *arm)
{
	const struct declarator *d = &arm->decl;
	bool plain = d->type.kind == TN_PRIM && !d->dims.n && !d->slice;
	struct type *gives = arm->a->type, *t = &type_error;
	bool function = arm->a->a->kind == E_CALL && !arm->a->a->operation;
	if (function && gives->kind != T_ERROR) {
		struct type *named = d->dims.n || d->slice ? NULL : check_base_type(c, &d->type);
		if (named == gives && gives->kind != T_VOID)
			t = gives;
		else if (!named || named->kind != T_ERROR)
			diag(c->diags, &d->loc, D_select_unused, d->name.text,
				named ? type_text(c->arena, named) : "an array",
				gives->kind == T_VOID ? "nothing" : type_text(c->arena, gives));
	} else if (plain && d->type.prim == PRIM_CQE)
		t = &type_cqe;
	else if (plain && d->type.prim == PRIM_S32 && gives->kind != T_CQE)
		t = &type_s32;
	else if (gives->kind != T_ERROR)
		diag(c->diags, &d->loc, D_select_unused, d->name.text,
			d->dims.n ? "an array" : type_text(c->arena, check_base_type(c, &d->type)),
			gives->kind == T_CQE ? "a cqe" : "an s32 or a cqe");
	arm->sym = add_local(c, d, t);
	if (t->kind == T_CQE)
		check_cqe_from(c, arm->sym, arm->a, &arm->a->loc);
}

static void check_select(struct checker *c, struct stmt *s)
{
	check_select_arms(c, s);
	for (size_t i = 0; i < s->body.n; i++) {
		struct stmt *arm = s->body.at[i];
		check_arm(c, arm);
		enter(c);
		if (arm->decl.name.text)
			check_arm_variable(c, arm);
		check_stmt(c, arm->s1);
		leave(c);
	}
}

static void check_switch(struct checker *c, struct stmt *s)
{
	struct type *t = check_expr(c, s->a);
	if (!type_is_int(t)) {
		diag(c->diags, &s->a->loc, D_wrong_type, "what `switch` looks at", "an integer",
			type_text(c->arena, t));
		t = &type_error;
	}
	t = type_promote(t);
	enter(c);
	c->switches++;
	bool seen_default = false;
	for (size_t i = 0; i < s->body.n; i++) {
		struct stmt *m = s->body.at[i];
		if (m->kind == S_CASE) {
			uint64_t v;
			if (!check_const(c, m->a, &v, "a case"))
				continue;
			if (!type_fits(t, m->a->type, v) && t->kind != T_ERROR)
				diag(c->diags, &m->a->loc, D_constant_range, check_number(c, m->a),
					type_text(c->arena, t));
			for (size_t j = 0; j < i; j++)
				if (s->body.at[j]->kind == S_CASE && s->body.at[j]->a->is_const &&
					s->body.at[j]->a->value == v) {
					struct diag *d = diag(
						c->diags, &m->loc, D_duplicate_case, check_number(c, m->a));
					diag_note(c->diags, d, &s->body.at[j]->loc, "the other is here");
					break;
				}
		} else if (m->kind == S_DEFAULT) {
			if (seen_default)
				diag(c->diags, &m->loc, D_duplicate_default);
			seen_default = true;
		} else {
			if (i == 0)
				diag(c->diags, &m->loc, D_before_case);
			if (m->kind == S_DECL || m->kind == S_REF || m->kind == S_DEFER) {
				struct diag *d = diag(c->diags, &m->loc, D_bare_in_switch);
				diag_hint(c->diags, d, "put the case's statements in braces");
			}
			check_stmt(c, m);
		}
	}
	c->switches--;
	leave(c);
}

static void check_return(struct checker *c, struct stmt *s)
{
	if (c->in_defer) {
		diag(c->diags, &s->loc, D_defer_leaves, "return");
		return;
	}
	struct type *t = c->owner->kind == SYM_TASK ? &type_void : c->owner->type;
	if (t->kind == T_VOID && s->a) {
		check_expr(c, s->a);
		diag(c->diags, &s->a->loc, D_return_value, c->owner->name);
	} else if (t->kind != T_VOID && !s->a) {
		diag(c->diags, &s->loc, D_return_nothing, c->owner->name, type_text(c->arena, t));
	} else if (s->a) {
		check_value(c, s->a, t, "the result");
	}
}

static void check_defer(struct checker *c, struct stmt *s)
{
	if (c->in_defer) {
		struct diag *d = diag(c->diags, &s->loc, D_defer_in_defer);
		diag_hint(c->diags, d, "what is deferred runs last first: write one `defer` after the other");
		return;
	}
	unsigned loops = c->loops, switches = c->switches;
	c->in_defer = true;
	c->loops = c->switches = 0;
	check_stmt(c, s->s1);
	c->in_defer = false;
	c->loops = loops;
	c->switches = switches;
}

static void check_stmt(struct checker *c, struct stmt *s)
{
	if (!s)
		return;
	switch (s->kind) {
	case S_BLOCK:
		enter(c);
		for (size_t i = 0; i < s->body.n; i++)
			check_stmt(c, s->body.at[i]);
		leave(c);
		break;
	case S_REF:
		check_ref(c, s);
		break;
	case S_DECL:
		check_decl(c, s);
		break;
	case S_ASSIGN:
		check_assign(c, s);
		break;
	case S_EXPR: {
		c->statement = s->a;
		struct type *t = check_expr(c, s->a);
		const struct expr *e = s->a;
		bool acts = (e->kind == E_CALL && !check_is_pure(e)) || e->kind == E_AWAIT ||
			    e->kind == E_TRY || e->kind == E_SPAWN || e->kind == E_DELETE ||
			    e->kind == E_SUBMIT;
		if (!acts && t->kind != T_ERROR) {
			struct diag *d = diag(c->diags, &s->loc, D_no_effect);
			if (e->kind == E_BINARY && e->op == OP_EQ)
				diag_hint(c->diags, d, "an assignment is written `=`");
		}
		break;
	}
	case S_IF:
		check_condition(c, s->a);
		enter(c);
		check_stmt(c, s->s1);
		leave(c);
		enter(c);
		check_stmt(c, s->s2);
		leave(c);
		break;
	case S_WHILE:
	case S_DO:
		check_condition(c, s->a);
		enter(c);
		check_loop_body(c, s->s1);
		leave(c);
		check_endless(c, s);
		break;
	case S_FOR:
		enter(c);
		check_stmt(c, s->init);
		if (s->a)
			check_condition(c, s->a);
		check_stmt(c, s->step);
		check_loop_body(c, s->s1);
		leave(c);
		check_endless(c, s);
		break;
	case S_FOR_IN:
		check_for_in(c, s);
		break;
	case S_IF_REF:
		check_looked_up(c, s);
		break;
	case S_FOR_TABLE:
		check_for_table(c, s);
		break;
	case S_SWITCH:
		check_switch(c, s);
		break;
	case S_CASE:
	case S_DEFAULT:
		diag(c->diags, &s->loc, D_case_outside);
		break;
	case S_BREAK:
		if (!c->loops && !c->switches)
			diag(c->diags, &s->loc, c->in_defer ? D_defer_leaves : D_break_outside, "break");
		break;
	case S_CONTINUE:
		if (!c->loops)
			diag(c->diags, &s->loc, c->in_defer ? D_defer_leaves : D_break_outside, "continue");
		break;
	case S_RETURN:
		check_return(c, s);
		break;
	case S_DEFER:
		check_defer(c, s);
		break;
	case S_FOR_EACH:
		check_for_each(c, s);
		break;
	case S_SELECT:
		check_select(c, s);
		break;
	case S_ARM:
	case S_YIELD:
		break;
	case S_EMPTY:
		break;
	}
}

void check_body(struct checker *c, struct symbol *owner)
{
	struct decl *d = owner->decl;
	struct scope *outer = c->scope;
	c->owner = owner;
	enter(c);
	for (size_t i = 0; i < owner->params.n; i++)
		scope_add(c->arena, c->scope, owner->params.at[i]);
	if (d->body)
		check_stmt(c, d->body);
	if (owner->kind == SYM_FN && owner->type->kind != T_VOID && owner->type->kind != T_ERROR && d->body &&
		!never_ends(d->body))
		diag(c->diags, &d->body->end, D_missing_return, owner->name);
	c->scope = outer;
	c->owner = NULL;
}

/* Before bodies are checked: whether a function awaits shows in its syntax. */
void check_scan_body(struct symbol *owner)
{
	struct contains r = {0};
	scan_stmt(owner->decl->body, &r);
	owner->awaits = r.awaits;
	owner->in_place = r.awaits || r.task_only;
}
