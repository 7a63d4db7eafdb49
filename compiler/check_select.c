/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* check_select.c: waiting for one of several things, and for a time at most. */
#include "check.h"

/* That -1 is all ones elsewhere would make it 584 years; to the kernel it is an error. */
void check_time_number(struct checker *c, struct expr *e, const char *what)
{
	check_value(c, e, &type_u64, what);
	if (e->is_const && e->type->is_signed && (int64_t)e->value == -1) {
		struct diag *d = diag(c->diags, &e->loc, D_negative_time);
		diag_hint(c->diags, d, "what has no time-out waits for ever");
	}
}

void check_time(struct checker *c, struct expr *e, const char *what)
{
	if (e->kind == E_INT && !e->is_duration && e->value) {
		struct diag *d = diag(c->diags, &e->loc, D_no_unit);
		diag_hint(c->diags, d, "write `%llums` or `%llus`", (unsigned long long)e->value,
			(unsigned long long)e->value);
	}
	check_time_number(c, e, what);
}

/* Operations that complete twice, or that give more than their result, need the task to wait for just that.
 */
bool check_alone(struct checker *c, const struct expr *call, const char *what, bool outlives)
{
	const struct operation *op = call->operation;
	const char *why = op && op->two ? "completes twice" : NULL;
	for (size_t k = 0; op && outlives && k < call->args.n && k < op->nargs; k++)
		if (op->args[k].kind == ARG_MSG_W || (op->args[k].kind == ARG_PEER && op->args[k].field))
			why = "is given memory that is used until it completes";
	if (!why)
		return true;
	diag(c->diags, &call->loc, D_op_alone, op->name, why, what);
	return false;
}

/* -ETIME has to be a value of what the function gives. */
static void check_timed_function(struct checker *c, struct expr *e)
{
	const struct type *t = e->type;
	if (t->kind == T_VOID)
		e->type = &type_s32;
	else if (t->kind != T_INT || !t->is_signed) {
		struct diag *d =
			diag(c->diags, &e->loc, D_timeout_result, e->a->name.text, type_text(c->arena, t));
		diag_note(c->diags, d, &e->a->sym->loc, "`%s` is declared here", e->a->sym->name);
		e->type = &type_error;
	}
}

void check_await_timeout(struct checker *c, struct expr *e)
{
	check_time(c, e->b, "a time-out");
	if (e->type->kind == T_ERROR || e->a->kind != E_CALL)
		return;
	if (e->a->operation)
		check_alone(c, e->a, "a time-out", false);
	else if (e->a->sym)
		check_timed_function(c, e);
}

/* Where its time passes, the instances are cancelled: lower_all.c. */
struct type *check_await_all(struct checker *c, struct expr *e)
{
	struct expr *all = e->a;
	struct symbol *sym = all->sym = check_find(c, &all->name);
	all->type = e->type = &type_s32;
	if (!sym) {
		struct diag *d = diag(c->diags, &all->name.loc, D_unknown_task, all->name.text);
		check_suggest(c, d, all->name.text, WANT_TASK);
	} else if (sym->kind != SYM_TASK || sym == c->p->main) {
		struct diag *d = diag(c->diags, &all->name.loc, D_await_all_what, all->name.text);
		diag_note(c->diags, d, &sym->loc, "`%s` is declared here", all->name.text);
	} else if (sym == c->owner) {
		diag(c->diags, &all->name.loc, D_await_all_self, all->name.text);
	} else if (e->b) {
		sym->cancellable = true;
	}
	if (e->b)
		check_time(c, e->b, "a time-out");
	return e->type;
}

/* What an arm waits for is begun with the others and may be left: a request, a function or a queue. */
static void check_can_lose(struct checker *c, const struct expr *a)
{
	if (a->kind == E_CALL && a->operation) {
		check_alone(c, a, "an arm of `select`", false);
		return;
	}
	if ((a->kind != E_CALL || a->type->kind == T_ERROR || a->sym) && a->kind != E_ALL)
		return;
	struct diag *d = diag(c->diags, &a->loc, D_select_what, a->kind == E_ALL ? "all" : a->name.text);
	diag_hint(c->diags, d, "await it in a function, and the function here");
}

void check_arm(struct checker *c, struct stmt *arm)
{
	if (!arm->a) {
		check_time(c, arm->b, "a time-out");
		return;
	}
	struct type *t = check_expr(c, arm->a);
	if (t->kind != T_ERROR)
		check_can_lose(c, arm->a->a);
}

bool check_select_arms(struct checker *c, struct stmt *s)
{
	const struct stmt *timeout = NULL;
	if (!s->body.n)
		diag(c->diags, &s->loc, D_select_empty);
	if (s->body.n > MAX_ARMS)
		diag(c->diags, &s->loc, D_select_arms, (unsigned)s->body.n, MAX_ARMS);
	for (size_t i = 0; i < s->body.n; i++) {
		const struct stmt *arm = s->body.at[i];
		if (arm->a)
			continue;
		if (timeout) {
			struct diag *d = diag(c->diags, &arm->loc, D_select_timeouts);
			diag_note(c->diags, d, &timeout->loc, "the other is here");
		}
		timeout = arm;
	}
	return s->body.n > 0;
}
