/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lower.c: statements and control flow to blocks. A task with all that it awaits becomes one flow graph. */
#include "lower.h"
#include <string.h>
#include "../runtime/image.h"

#define MAX_INSTRUCTIONS 200000 /* of one task: past that the object would not load anyway */

/* ---- blocks and registers ---- */

struct ir_block *new_block(struct lowering *L)
{
	return NEW(L->arena, struct ir_block);
}

ir_reg new_reg(struct lowering *L, unsigned bits, const char *name)
{
	if (!L->fn->regs.n)
		VEC_PUSH(L->arena, &L->fn->regs, ((struct ir_register){0}));
	VEC_PUSH(L->arena, &L->fn->regs, ((struct ir_register){.bits = (uint8_t)bits, .name = name}));
	return (ir_reg)L->fn->regs.n - 1;
}

static bool ended(const struct lowering *L)
{
	return L->cur->ins.n && ir_terminates(L->cur->ins.at[L->cur->ins.n - 1]->op);
}

struct ir_ins *emit(struct lowering *L, enum ir_op op, const struct loc *loc)
{
	if (ended(L))
		start(L, new_block(L)); /* unreachable code is compiled and then dropped */
	struct ir_ins *i = NEW(L->arena, struct ir_ins);
	i->op = op;
	i->loc = *loc;
	i->timed = lower_timed_mask(L);
	VEC_PUSH(L->arena, &L->cur->ins, i);
	if (op == IR_CHECK || op == IR_INDEX || op == IR_LOOP)
		L->fn->can_trap = true;
	if (++L->instructions > MAX_INSTRUCTIONS && !L->too_complex) {
		L->too_complex = true;
		diag(L->diags, &L->fn->sym->loc, D_too_complex, L->fn->sym->name);
	}
	return i;
}

struct ir_ins *emit_dst(struct lowering *L, enum ir_op op, const struct loc *loc, unsigned bits)
{
	struct ir_ins *i = emit(L, op, loc);
	i->dst = new_reg(L, bits, NULL);
	return i;
}

void jump(struct lowering *L, struct ir_block *to)
{
	if (ended(L))
		return;
	struct ir_ins *i =
		emit(L, IR_JUMP, L->cur->ins.n ? &L->cur->ins.at[L->cur->ins.n - 1]->loc : &L->fn->sym->loc);
	i->t = to;
}

struct ir_ins *branch(
	struct lowering *L, const struct loc *loc, struct ir_val v, struct ir_block *yes, struct ir_block *no)
{
	struct ir_ins *i = emit(L, IR_BRANCH, loc);
	i->a = v;
	i->t = yes;
	i->f = no;
	return i;
}

/* Begins a block; the one before falls into it if it has not ended. */
void start(struct lowering *L, struct ir_block *b)
{
	if (L->cur)
		jump(L, b);
	b->id = (uint32_t)L->fn->blocks.n;
	VEC_PUSH(L->arena, &L->fn->blocks, b);
	L->cur = b;
}

uint32_t new_site(struct lowering *L, const struct loc *loc, const char *what)
{
	VEC_PUSH(L->arena, &L->ir->sites, ((struct ir_site){*loc, what}));
	return (uint32_t)L->ir->sites.n - 1;
}

uint32_t new_state(
	struct lowering *L, struct ir_block *b, ir_reg result, const char *op, const struct loc *loc)
{
	VEC_PUSH(L->arena, &L->fn->states,
		((struct ir_state){.block = b, .result = result, .op = op, .loc = *loc}));
	return (uint32_t)L->fn->states.n - 1;
}

/* Room in the task's frame, or the function's area, until the block that is open ends. */
struct ir_addr new_memory(struct lowering *L, uint64_t size, uint32_t align)
{
	struct ir_fn *fn = L->fn;
	if (L->in_request) {
		uint32_t top = (L->request_top + align - 1) / align * align;
		L->request_top = top + (uint32_t)size;
		if (L->request_top > L->ir->request_bytes)
			L->ir->request_bytes = L->request_top;
		return (struct ir_addr){.base = BASE_REQUEST, .disp = top};
	}
	uint64_t at = (fn->top + (uint64_t)align - 1) / align * align;
	if (at + size > RL_IMAGE_MAX) { /* and in 32 bits it might not look so later */
		diag(L->diags, &fn->sym->loc, D_image_too_large, (unsigned long long)((at + size) >> 20),
			RL_IMAGE_MAX >> 20);
		at = size = 0;
	}
	fn->top = (uint32_t)(at + size);
	if (fn->top > fn->size)
		fn->size = fn->top;
	return (struct ir_addr){.base = fn->sym->kind == SYM_TASK ? BASE_FRAME : BASE_AREA, .disp = at};
}

void new_local(struct lowering *L, struct symbol *sym)
{
	struct local l = {0};
	const struct type *t = sym->type;
	if (type_is_scalar(t) && !sym->in_memory) {
		l.kind = LOCAL_SCALAR;
		l.reg = new_reg(L, t->bits, sym->name);
	} else if (t->kind == T_FILE) {
		l.kind = LOCAL_SLOT;
		l.reg = new_reg(L, 32, sym->name);
		l.given = &sym->loc;
	} else if (t->kind == T_SLICE) {
		l.kind = LOCAL_SLICE;
		l.reg = new_reg(L, 32, sym->name);
		l.len = new_reg(L, 32, sym->name);
	} else if (t->kind == T_CQE) {
		l.kind = LOCAL_CQE;
		l.reg = new_reg(L, 32, sym->name);
		l.len = new_reg(L, 32, sym->name);
		l.user_data = new_reg(L, 64, sym->name);
		new_big(L, l.big);
	} else {
		l.kind = LOCAL_MEMORY;
		l.addr = new_memory(L, t->size, t->align > 8 ? t->align : 8);
	}
	sym->local = (uint32_t)L->locals.n;
	VEC_PUSH(L->arena, &L->locals, l);
}

void new_ref(struct lowering *L, struct symbol *sym, const struct local *to)
{
	sym->local = (uint32_t)L->locals.n;
	VEC_PUSH(L->arena, &L->locals, *to);
}

void set(struct lowering *L, const struct loc *loc, ir_reg r, struct ir_val v)
{
	struct ir_ins *i = emit(L, IR_MOV, loc);
	i->dst = r;
	i->a = v;
}

void lower_change(struct lowering *L, const struct loc *loc, enum op op, ir_reg r, struct ir_val v)
{
	struct ir_ins *i = emit(L, IR_BIN, loc);
	i->bop = op;
	i->dst = r;
	i->a = value(v.bits, r);
	i->b = v;
}

/* ---- scopes and defer ---- */

struct block_scope *enter(struct lowering *L)
{
	struct block_scope *s = NEW(L->arena, struct block_scope);
	s->up = L->scope;
	s->top = L->fn->top;
	if (L->scope) {
		s->on_break = L->scope->on_break;
		s->on_continue = L->scope->on_continue;
	}
	return L->scope = s;
}

static void lower_stmt(struct lowering *, struct stmt *);

static void run_defers(struct lowering *L, struct block_scope *s)
{
	struct block_scope *scope = L->scope;
	struct timed *timed = L->timed;
	bool in_defer = L->in_defer;
	uint32_t top = L->fn->top;
	L->in_defer = true;
	L->timed = NULL;
	for (size_t i = s->defers.n; i-- > 0;) {
		L->scope = s;
		lower_stmt(L, s->defers.at[i]);
	}
	lower_stream_leave(L, s);
	if (s->timed)
		lower_timed_end(L, s->timed);
	L->in_defer = in_defer;
	L->timed = timed;
	L->scope = scope;
	L->fn->top = top;
}

/* What has to happen on the way out of all blocks inside `target`. */
void leave_to(struct lowering *L, struct block_scope *target)
{
	for (struct block_scope *s = L->scope; s != target; s = s->up)
		run_defers(L, s);
}

void leave(struct lowering *L)
{
	struct block_scope *s = L->scope;
	if (!ended(L))
		run_defers(L, s);
	L->scope = s->up;
	L->fn->top = s->top;
}

/* The whole task ends, through the functions expanded into it. */
void leave_task(struct lowering *L, const struct loc *loc)
{
	leave_to(L, NULL);
	emit(L, IR_END, loc);
}

void leave_function(struct lowering *L, const struct loc *loc, const struct ir_val *result)
{
	struct expansion *x = L->expansion;
	if (x) {
		if (result)
			set(L, loc, x->result, *result);
		leave_to(L, x->base);
		jump(L, x->exit);
	} else if (L->fn->sym->kind == SYM_TASK) {
		leave_to(L, NULL);
		emit(L, IR_END, loc);
	} else {
		leave_to(L, NULL);
		struct ir_ins *i = emit(L, IR_RETURN, loc);
		if (result)
			i->a = *result;
	}
}

/* ---- statements ---- */

static void lower_block(struct lowering *L, struct stmt *s)
{
	enter(L);
	for (size_t i = 0; i < s->body.n; i++)
		lower_stmt(L, s->body.at[i]);
	leave(L);
}

/* The body of an `if` or loop is a block of its own even without braces. */
void lower_scoped(struct lowering *L, struct stmt *s)
{
	enter(L);
	if (s)
		lower_stmt(L, s);
	leave(L);
}

static void set_cqe(struct lowering *L, struct stmt *s, const struct local *l, const struct cqe_regs *c)
{
	set(L, &s->loc, l->reg, c->res ? value(32, c->res) : constant(32, 0));
	set(L, &s->loc, l->len, c->flags ? value(32, c->flags) : constant(32, 0));
	set(L, &s->loc, l->user_data, c->user_data ? value(64, c->user_data) : constant(64, 0));
	set_big(L, &s->loc, l->big, c->big);
}

static void lower_decl(struct lowering *L, struct stmt *s)
{
	struct type *t = s->sym->type;
	if (type_is_scalar(t) && !s->sym->in_memory) {
		struct ir_val v = s->a ? lower_as(L, s->a, t) : constant(t->bits, 0);
		new_local(L, s->sym);
		set(L, &s->loc, local_of(L, s->sym)->reg, v);
	} else if (t->kind == T_SLICE) {
		struct ir_val off, len;
		lower_slice(L, s->a, &off, &len);
		const struct symbol *fixed = lower_fixed(L, s->a);
		new_local(L, s->sym);
		local_of(L, s->sym)->fixed = fixed;
		set(L, &s->loc, local_of(L, s->sym)->reg, off);
		set(L, &s->loc, local_of(L, s->sym)->len, len);
	} else if (t->kind == T_CQE) {
		struct cqe_regs c = s->a ? lower_cqe(L, s->a) : (struct cqe_regs){0};
		new_local(L, s->sym);
		set_cqe(L, s, local_of(L, s->sym), &c);
	} else {
		new_local(L, s->sym);
		lower_init(L, local_of(L, s->sym)->addr, t, s->a);
	}
}

/* The place is evaluated here, once; its indices live on in registers, or in the frame across an await. */
static void lower_ref(struct lowering *L, struct stmt *s)
{
	struct local l = {.kind = LOCAL_MEMORY};
	if (s->a->kind == E_NAME && s->a->sym->kind == SYM_LOCAL)
		l = *local_of(L, s->a->sym);
	else
		l.addr = lower_place(L, s->a);
	new_ref(L, s->sym, &l);
}

/* Whether a scalar is in a register rather than in memory. */
bool in_register(struct lowering *L, const struct expr *e)
{
	return e->kind == E_NAME && e->sym->kind == SYM_LOCAL && local_of(L, e->sym)->kind == LOCAL_SCALAR;
}

static void lower_assign(struct lowering *L, struct stmt *s)
{
	struct expr *to = s->a;
	struct type *t = to->type;
	if (s->op == OP_NONE && check_is_entry(to)) {
		lower_set_entry(L, s);
		return;
	}
	bool local = in_register(L, to);
	if (t->kind == T_SLICE) {
		struct ir_val off, len;
		lower_slice(L, s->b, &off, &len);
		set(L, &s->loc, local_of(L, to->sym)->reg, off);
		set(L, &s->loc, local_of(L, to->sym)->len, len);
		return;
	}
	if (t->kind == T_CQE) {
		struct cqe_regs c = lower_cqe(L, s->b);
		set_cqe(L, s, local_of(L, to->sym), &c);
		return;
	}
	if (!type_is_scalar(t)) {
		struct content c = lower_content(L, t, s->b);
		lower_fill(L, &s->loc, lower_place(L, to), t, &c);
		return;
	}
	struct ir_val v;
	struct ir_addr at;
	if (s->op == OP_NONE) {
		v = lower_as(L, s->b, t);
		if (!local)
			at = lower_place(L, to);
	} else {
		/* The right side first: it may await, and a checked index does not live across that. */
		struct ir_val b = lower_scalar(L, s->b), old;
		if (local) {
			old = value(t->bits, local_of(L, to->sym)->reg);
		} else {
			at = lower_place(L, to);
			old = load(L, &to->loc, at, t);
		}
		bool shift = s->op == OP_SHL || s->op == OP_SHR;
		const struct type *r = shift ? type_promote(t) : type_common(t, s->b->type);
		v = convert(L, &s->loc, lower_binary(L, &s->loc, s->op, old, t, b, s->b->type), r, t);
	}
	if (local)
		set(L, &s->loc, local_of(L, to->sym)->reg, v);
	else
		store(L, &s->loc, at, v);
}

/* The sides of an `if`: the first begins here, the second with `no`, which is the end where there is none. */
void lower_sides(struct lowering *L, struct stmt *s, struct ir_block *no, struct ir_block *end)
{
	lower_scoped(L, s->s1);
	jump(L, end);
	if (s->s2) {
		start(L, no);
		lower_scoped(L, s->s2);
	}
	start(L, end);
}

static void lower_if(struct lowering *L, struct stmt *s)
{
	struct ir_block *yes = new_block(L), *no = new_block(L), *end = s->s2 ? new_block(L) : no;
	lower_branch(L, s->a, yes, no);
	start(L, yes);
	lower_sides(L, s, no, end);
}

void lower_round(struct lowering *L, uint64_t n)
{
	struct ir_loop *loop = NEW(L->arena, struct ir_loop);
	*loop = (struct ir_loop){.up = L->loop, .n = n};
	VEC_PUSH(L->arena, &L->fn->loops, loop);
	L->loop = loop;
}

/* Whether it needs a bound is for loops.c and budget.c to see. */
void back_edge(struct lowering *L, const struct loc *loc, struct ir_block *header)
{
	struct ir_loop *loop = L->loop;
	L->loop = loop->up;
	if (ended(L))
		return;
	struct ir_ins *i = emit(L, IR_LOOP, loc);
	i->loop = loop;
	i->site = new_site(L, loc, "a loop went on too long without an await: it has 1048576 rounds");
	jump(L, header);
}

static void lower_loop(struct lowering *L, struct stmt *s)
{
	struct ir_block *before = new_block(L), *header = new_block(L), *body = new_block(L),
			*next = new_block(L), *end = new_block(L);
	struct block_scope *scope = enter(L);
	if (s->init)
		lower_stmt(L, s->init);
	lower_round(L, 0);
	start(L, before);
	header->entry_of_loop = before;
	start(L, header);
	if (s->kind != S_DO && s->a)
		lower_branch(L, s->a, body, end);
	start(L, body);
	scope->on_break = end;
	scope->on_continue = next;
	lower_scoped(L, s->s1);
	start(L, next);
	if (s->step)
		lower_stmt(L, s->step);
	if (s->kind == S_DO) {
		struct ir_block *again = new_block(L);
		lower_branch(L, s->a, again, end);
		start(L, again);
	}
	back_edge(L, &s->loc, header);
	start(L, end);
	scope->on_break = scope->on_continue = NULL;
	leave(L);
}

static void lower_for_in(struct lowering *L, struct stmt *s)
{
	struct type *t = s->sym->type;
	struct ir_block *before = new_block(L), *header = new_block(L), *body = new_block(L),
			*next = new_block(L), *end = new_block(L);
	struct block_scope *scope = enter(L);
	struct ir_val from = lower_as(L, s->a, t), to = lower_as(L, s->b, t);
	new_local(L, s->sym);
	ir_reg r = local_of(L, s->sym)->reg;
	set(L, &s->loc, r, from);
	if (to.reg) {
		ir_reg fixed = new_reg(L, t->bits, NULL); /* the range is evaluated once */
		set(L, &s->loc, fixed, to);
		to = value(t->bits, fixed);
	}
	lower_round(L, from.reg || to.reg ? 0 : type_wrap(t, to.c) - type_wrap(t, from.c));
	start(L, before);
	header->entry_of_loop = before;
	start(L, header);
	struct ir_val go = lower_binary(L, &s->loc, OP_LT, value(t->bits, r), t, to, t);
	struct ir_ins *i = emit(L, IR_BRANCH, &s->loc);
	i->a = go;
	i->t = body;
	i->f = end;
	start(L, body);
	scope->on_break = end;
	scope->on_continue = next;
	lower_scoped(L, s->s1);
	start(L, next);
	lower_change(L, &s->loc, OP_ADD, r, constant(t->bits, 1));
	back_edge(L, &s->loc, header);
	start(L, end);
	scope->on_break = scope->on_continue = NULL;
	leave(L);
}

static void lower_switch(struct lowering *L, struct stmt *s)
{
	const struct type *t = type_promote(s->a->type);
	struct ir_val v = lower_as(L, s->a, t);
	struct ir_ins *i = emit(L, IR_SWITCH, &s->loc);
	struct ir_block *end = new_block(L);
	i->a = v;
	i->t = end;
	struct block_scope *scope = enter(L);
	scope->on_break = end;
	for (size_t k = 0; k < s->body.n; k++) {
		struct stmt *m = s->body.at[k];
		if (m->kind != S_CASE && m->kind != S_DEFAULT) {
			lower_stmt(L, m);
			continue;
		}
		struct ir_block *b = new_block(L);
		start(L, b); /* the case before falls through, as in C */
		if (m->kind == S_DEFAULT)
			i->t = b;
		else
			VEC_PUSH(L->arena, &i->cases, ((struct ir_case){type_wrap(t, m->a->value), b}));
	}
	leave(L);
	start(L, end);
}

/* break and continue: out to the block that knows where they lead. */
static void lower_leave_loop(struct lowering *L, bool is_break)
{
	struct ir_block *to = is_break ? L->scope->on_break : L->scope->on_continue;
	struct block_scope *s = L->scope;
	while (s->up && (is_break ? s->up->on_break : s->up->on_continue) == to)
		s = s->up;
	leave_to(L, s);
	jump(L, to);
}

static void lower_yield(struct lowering *L, struct stmt *s)
{
	struct ir_ins *i = emit(L, IR_YIELD, &s->loc);
	i->unwind = L->in_defer;
	i->t = new_block(L);
	i->state = new_state(L, i->t, 0, "yield", &s->loc);
	L->ir->yields = true;
	start(L, i->t);
	lower_leave_if_stopping(L, &s->loc);
}

static void lower_return(struct lowering *L, struct stmt *s)
{
	if (!s->a) {
		leave_function(L, &s->loc, NULL);
		return;
	}
	const struct type *t = L->expansion ? L->expansion->fn->type : L->fn->sym->type;
	struct ir_val v = lower_as(L, s->a, t);
	leave_function(L, &s->loc, &v);
}

static void lower_stmt(struct lowering *L, struct stmt *s)
{
	if (L->too_complex)
		return;
	if (ended(L))
		start(L, new_block(L));
	switch (s->kind) {
	case S_BLOCK:
		lower_block(L, s);
		break;
	case S_REF:
		lower_ref(L, s);
		break;
	case S_DECL:
		lower_decl(L, s);
		break;
	case S_ASSIGN:
		lower_assign(L, s);
		break;
	case S_EXPR:
		lower_effect(L, s->a);
		break;
	case S_IF:
		lower_if(L, s);
		break;
	case S_WHILE:
	case S_DO:
	case S_FOR:
		lower_loop(L, s);
		break;
	case S_FOR_IN:
		lower_for_in(L, s);
		break;
	case S_SWITCH:
		lower_switch(L, s);
		break;
	case S_BREAK:
	case S_CONTINUE:
		lower_leave_loop(L, s->kind == S_BREAK);
		break;
	case S_RETURN:
		lower_return(L, s);
		break;
	case S_DEFER:
		VEC_PUSH(L->arena, &L->scope->defers, s->s1);
		break;
	case S_FOR_EACH:
		lower_for_each(L, s);
		break;
	case S_FOR_TABLE:
		lower_for_table(L, s);
		break;
	case S_IF_REF:
		lower_if_ref(L, s);
		break;
	case S_CASE:
	case S_DEFAULT:
	case S_EMPTY:
	case S_ARM:
		break;
	case S_SELECT:
		lower_select(L, s);
		break;
	case S_YIELD:
		lower_yield(L, s);
		break;
	}
}

/* ---- functions and tasks ---- */

/* A function that awaits, in the task that calls it. */
void lower_expansion(
	struct lowering *L, struct symbol *fn, struct expr *call, ir_reg result, struct timed *timed)
{
	if (L->too_complex)
		return;
	struct expansion x = {.up = L->expansion, .fn = fn, .exit = new_block(L), .result = result};
	/* Arguments are evaluated where the caller stands, then become locals of the callee. */
	uint32_t top = L->fn->top;
	size_t n = call->args.n;
	struct ir_val(*args)[2] = arena_alloc(L->arena, (n + 1) * sizeof *args);
	const struct symbol **fixed = arena_alloc(L->arena, (n + 1) * sizeof *fixed);
	for (size_t i = 0; i < n; i++) {
		const struct type *t = fn->params.at[i]->type;
		fixed[i] = t->kind == T_SLICE ? lower_fixed(L, call->args.at[i]) : NULL;
		if (t->kind == T_SLICE)
			lower_slice(L, call->args.at[i], &args[i][0], &args[i][1]);
		else if (lower_is_slot(L, call->args.at[i]))
			args[i][0] = lower_slot(L, call->args.at[i]);
		else
			args[i][0] = lower_as(L, call->args.at[i], t);
	}
	for (size_t i = 0; i < n; i++) {
		bool slot = lower_is_slot(L, call->args.at[i]);
		new_local(L, fn->params.at[i]);
		struct local *l = local_of(L, fn->params.at[i]);
		l->fixed = fixed[i];
		if (slot)
			lower_given_slot(L, fn->params.at[i], &call->args.at[i]->loc);
		set(L, &call->loc, l->reg, args[i][0]);
		if (l->kind == LOCAL_SLICE)
			set(L, &call->loc, l->len, args[i][1]);
	}
	if (timed)
		lower_timed_begin(L, timed);
	struct block_scope *outer = L->scope;
	struct block_scope *inner = enter(L);
	inner->on_break = inner->on_continue = NULL;
	x.base = outer;
	L->expansion = &x;
	lower_stmt(L, fn->decl->body);
	leave(L);
	L->expansion = x.up;
	L->scope = outer;
	start(L, x.exit);
	L->fn->top = top;
}

/* Blocks that nothing reaches may be unfinished. */
static void finish(struct lowering *L)
{
	struct ir_fn *fn = L->fn;
	if (fn->ntimed) { /* the timers, what cancels them, and, for each, what cancels the instance's
			     requests */
		fn->timed_requests = fn->ntimed * (fn->requests + 2) - (fn->timed[0].cancellable ? 2 : 0);
		fn->wants_flags = fn->wants_arm = true;
	}
	for (size_t i = 0; i < fn->blocks.n; i++)
		if (!fn->blocks.at[i]->ins.n ||
			!ir_terminates(fn->blocks.at[i]->ins.at[fn->blocks.at[i]->ins.n - 1]->op)) {
			L->cur = fn->blocks.at[i];
			emit(L, fn->sym->kind == SYM_TASK ? IR_END : IR_RETURN, &fn->sym->loc);
		}
}

static struct lowering begin_fn(struct ir_program *ir, struct symbol *sym)
{
	struct lowering L = {.ir = ir, .arena = ir->arena, .diags = ir->p->diags};
	struct ir_fn *fn = L.fn = NEW(ir->arena, struct ir_fn);
	fn->sym = sym;
	sym->ir = fn;
	fn->requests = fn->in_flight = fn->nodes = 1;
	if (sym->kind == SYM_TASK)
		fn->top = fn->size = FRAME_HEADER;
	new_reg(&L, 64, NULL); /* register 0 is none; this fills it */
	struct ir_block *entry = new_block(&L);
	if (sym->kind == SYM_TASK)
		new_state(&L, entry, 0, "start", &sym->loc);
	start(&L, entry);
	enter(&L);
	for (size_t i = 0; i < sym->params.n; i++) {
		new_local(&L, sym->params.at[i]);
		struct local *l = local_of(&L, sym->params.at[i]);
		VEC_PUSH(L.arena, &fn->params, l->reg);
		if (l->kind == LOCAL_SLICE)
			VEC_PUSH(L.arena, &fn->params, l->len);
	}
	return L;
}

static struct ir_fn *lower_fn(struct ir_program *ir, struct symbol *sym)
{
	struct lowering L = begin_fn(ir, sym);
	struct timed pool = {.exit = new_block(&L), .type = &type_s32, .scope = L.scope};
	if (sym->cancellable)
		lower_cancellable(&L, &pool, &sym->loc);
	lower_stmt(&L, sym->decl->body);
	if (sym->cancellable)
		start(&L, pool.exit);
	if (!ended(&L))
		leave_function(&L, &sym->decl->body->end, NULL);
	finish(&L);
	return L.fn;
}

/* An arm of a `select`: the function, in a task of its own that can be cancelled. */
static struct ir_fn *lower_arm(struct ir_program *ir, const struct ir_arm *a)
{
	struct lowering L = begin_fn(ir, a->sym);
	const struct loc *loc = &a->sym->loc;
	const struct type *t = a->fn->type->kind == T_VOID ? &type_s32 : a->fn->type;
	L.fn->arm = a;
	for (size_t i = 0; i < a->sym->params.n; i++)
		if (a->slots & 1u << i)
			lower_given_slot(&L, a->sym->params.at[i], &a->call->args.at[i]->loc);
	L.in_defer = a->in_defer;
	struct timed timed = {.exit = new_block(&L), .type = t, .scope = L.scope};
	lower_cancellable(&L, &timed, loc);
	struct expansion x = {.fn = a->fn, .exit = timed.exit, .result = timed.result, .base = L.scope};
	L.expansion = &x;
	enter(&L);
	lower_stmt(&L, a->fn->decl->body);
	leave(&L);
	start(&L, timed.exit);
	leave(&L);
	struct ir_val v = convert(&L, loc, value(t->bits, timed.result), t, &type_s64);
	emit(&L, IR_END, loc)->a = v;
	finish(&L);
	return L.fn;
}

/* A function that calls one that can trap can trap: its caller has to look too. */
static void spread_traps(struct ir_program *ir)
{
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < ir->fns.n; i++) {
			struct ir_fn *fn = ir->fns.at[i];
			const struct symbol *sym = fn->sym;
			for (size_t k = 0; k < sym->callees.n && !fn->can_trap; k++)
				again |= fn->can_trap = sym->callees.at[k]->ir->can_trap;
		}
	}
}

struct ir_program *lower(struct program *p)
{
	struct ir_program *ir = NEW(p->arena, struct ir_program);
	ir->p = p;
	ir->arena = p->arena;
	ir->sqe_words[FIELD_OFFSET(F_USER_DATA) / 8] = true;
	for (size_t i = 0; i < p->fns.n; i++)
		if (!p->fns.at[i]->in_place) {
			struct ir_fn *fn = lower_fn(ir, p->fns.at[i]);
			VEC_PUSH(ir->arena, &ir->fns, fn);
		}
	spread_traps(ir);
	for (size_t i = 0; i < p->tasks.n; i++) {
		struct ir_fn *fn = lower_fn(ir, p->tasks.at[i]);
		VEC_PUSH(ir->arena, &ir->tasks, fn);
	}
	for (size_t i = 0; i < ir->arms.n; i++) { /* which may have arms of their own */
		if (ir->arms.n > MAX_SUBPROGRAMS) {
			diag(p->diags, &ir->arms.at[i]->sym->loc, D_too_many_functions, MAX_SUBPROGRAMS);
			break;
		}
		struct ir_fn *fn = lower_arm(ir, ir->arms.at[i]);
		VEC_PUSH(ir->arena, &ir->tasks, fn);
	}
	return ir;
}
