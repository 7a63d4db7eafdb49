/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ir.c: walking and printing the code between tree and LLVM. */
#include "ir.h"

bool ir_terminates(enum ir_op op)
{
	return op >= IR_JUMP;
}

bool ir_suspends(enum ir_op op)
{
	return op == IR_AWAIT || op == IR_SUSPEND || op == IR_TAKE || op == IR_WAIT || op == IR_NEXT ||
	       op == IR_SIGNAL || op == IR_YIELD || op == IR_CANCELED || op == IR_TIMED_END;
}

void ir_successors(
	const struct ir_block *b, bool suspending, void (*fn)(void *, struct ir_block *), void *arg)
{
	const struct ir_ins *last = b->ins.at[b->ins.n - 1];
	if (ir_suspends(last->op) && !suspending)
		return;
	if (last->t)
		fn(arg, last->t);
	if (last->f)
		fn(arg, last->f);
	for (size_t i = 0; i < last->cases.n; i++)
		fn(arg, last->cases.at[i].to);
}

static void use_val(const struct ir_val *v, ir_visit *use, void *arg)
{
	if (v->reg && v->reg != IR_SELF)
		use(arg, v->reg);
}

static void use_addr(const struct ir_addr *a, ir_visit *use, void *arg)
{
	for (uint32_t i = 0; i < a->nterms; i++)
		if (a->term[i].index != IR_SELF)
			use(arg, a->term[i].index);
	if (a->base == BASE_AT)
		use_val(&a->at, use, arg);
}

void ir_uses(const struct ir_ins *i, ir_visit *use, void *arg)
{
	use_val(&i->a, use, arg);
	use_val(&i->b, use, arg);
	use_addr(&i->addr, use, arg);
	use_addr(&i->addr2, use, arg);
	for (size_t k = 0; k < i->args.n; k++)
		use_val(&i->args.at[k], use, arg);
	for (size_t k = 0; k < i->sqe.n; k++)
		use_val(&i->sqe.at[k].val, use, arg);
}

static void dump_val(const struct ir_val *v, FILE *f)
{
	if (v->reg == IR_SELF)
		fprintf(f, " self");
	else if (v->reg)
		fprintf(f, " %%%u", v->reg);
	else
		fprintf(f, " %lld", (long long)v->c);
}

static void dump_addr(const struct ir_addr *a, FILE *f)
{
	static const char *const bases[] = {"var", "frame", "area", "data", "request", "at"};
	fprintf(f, " [%s", a->base == BASE_VAR ? a->var->name : bases[a->base]);
	if (a->base == BASE_AT)
		dump_val(&a->at, f);
	if (a->disp)
		fprintf(f, " + %llu", (unsigned long long)a->disp);
	for (uint32_t i = 0; i < a->nterms; i++) {
		fprintf(f, " +");
		dump_val(&(struct ir_val){.reg = a->term[i].index}, f);
		fprintf(f, " * %llu", (unsigned long long)a->term[i].stride);
	}
	fprintf(f, "]");
}

static void dump_ins(const struct ir_ins *i, FILE *f)
{
	static const char *const names[IR_OPS] = {
		[IR_MOV] = "mov",
		[IR_BIN] = "bin",
		[IR_NEG] = "neg",
		[IR_COM] = "com",
		[IR_EXT] = "ext",
		[IR_BSWAP] = "bswap",
		[IR_OPAQUE] = "opaque",
		[IR_SELF_REG] = "self",
		[IR_INDEX] = "index",
		[IR_CHECK] = "check",
		[IR_LOAD] = "load",
		[IR_STORE] = "store",
		[IR_OFFSET] = "offset",
		[IR_REGION_LEN] = "region_len",
		[IR_ADDRESS] = "address",
		[IR_DATA] = "data",
		[IR_COPY] = "copy",
		[IR_ZERO] = "zero",
		[IR_ATOMIC] = "atomic",
		[IR_CALL] = "call",
		[IR_SPAWN] = "spawn",
		[IR_ARM_START] = "arm_start",
		[IR_ARM_CANCEL] = "arm_cancel",
		[IR_CANCEL_ALL] = "cancel_all",
		[IR_WAKE] = "wake",
		[IR_LOG] = "log",
		[IR_PROGRESS] = "progress",
		[IR_STREAM] = "stream",
		[IR_COPY_USER] = "copy_user",
		[IR_PATH] = "path",
		[IR_FAIL] = "fail",
		[IR_REQUEST] = "request",
		[IR_SUBMIT] = "submit",
		[IR_EMIT] = "emit",
		[IR_REAP] = "reap",
		[IR_RUN] = "run",
		[IR_ENTRY] = "entry",
		[IR_TOOK] = "took",
		[IR_LEN] = "len",
		[IR_FIND] = "find",
		[IR_PARK] = "park",
		[IR_UNPARK] = "unpark",
		[IR_STOPPING] = "stopping",
		[IR_GIVE] = "give",
		[IR_REFILL] = "refill",
		[IR_LOOP] = "loop",
		[IR_JUMP] = "jump",
		[IR_BRANCH] = "branch",
		[IR_SWITCH] = "switch",
		[IR_AWAIT] = "await",
		[IR_SUSPEND] = "suspend",
		[IR_CANCELED] = "canceled",
		[IR_TIMED_END] = "timed_end",
		[IR_TAKE] = "take",
		[IR_WAIT] = "wait",
		[IR_NEXT] = "next",
		[IR_AWAIT_ALL] = "await_all",
		[IR_SIGNAL] = "signal",
		[IR_YIELD] = "yield",
		[IR_END] = "end",
		[IR_RETURN] = "return",
		[IR_TRAP] = "trap",
	};
	fprintf(f, "\t");
	if (i->dst)
		fprintf(f, "%%%u = ", i->dst);
	fprintf(f, "%s", i->op == IR_AWAIT ? "await" : names[i->op]);
	if (i->operation)
		fprintf(f, " %s", i->operation->name);
	if (i->op == IR_ATOMIC)
		fprintf(f, " %s", builtin_name(i->builtin));
	if (i->sym)
		fprintf(f, " %s", i->sym->name);
	if (i->op == IR_BIN)
		fprintf(f, " %s%s", op_text(i->bop), i->is_signed ? "s" : "");
	bool memory = i->op == IR_LOAD || i->op == IR_STORE || i->op == IR_OFFSET || i->op == IR_COPY ||
		      i->op == IR_ZERO || i->op == IR_DATA || i->op == IR_ATOMIC || i->op == IR_WAKE ||
		      i->op == IR_SIGNAL || i->op == IR_SUBMIT || i->op == IR_EMIT || i->op == IR_REAP ||
		      i->op == IR_RUN || i->op == IR_ENTRY || i->op == IR_TOOK || i->op == IR_LEN ||
		      i->op == IR_FIND || i->op == IR_PARK || i->op == IR_TAKE || i->op == IR_WAIT;
	if (memory)
		dump_addr(&i->addr, f);
	if (i->op == IR_COPY)
		dump_addr(&i->addr2, f);
	if (i->a.bits)
		dump_val(&i->a, f);
	if (i->b.bits)
		dump_val(&i->b, f);
	if (i->op == IR_INDEX)
		fprintf(f, " < %llu", (unsigned long long)i->limit);
	for (size_t k = 0; k < i->args.n; k++)
		dump_val(&i->args.at[k], f);
	for (size_t k = 0; k < i->sqe.n; k++) {
		fprintf(f, " %u:", FIELD_OFFSET(i->sqe.at[k].field));
		dump_val(&i->sqe.at[k].val, f);
		if (i->sqe.at[k].address)
			fprintf(f, "@");
	}
	for (size_t k = 0; k < i->cases.n; k++)
		fprintf(f, " %lld:b%u", (long long)i->cases.at[k].value, i->cases.at[k].to->id);
	if (ir_suspends(i->op) || i->op == IR_AWAIT_ALL)
		fprintf(f, " state %u", i->state);
	if (i->t)
		fprintf(f, " -> b%u", i->t->id);
	if (i->f)
		fprintf(f, " : b%u", i->f->id);
	fprintf(f, "\n");
}

static void dump_fn(const struct ir_fn *fn, FILE *f)
{
	fprintf(f, "%s %s: %u bytes of %s, %zu states\n", fn->sym->kind == SYM_TASK ? "task" : "fn",
		fn->sym->name, fn->size, fn->sym->kind == SYM_TASK ? "frame" : "area", fn->states.n);
	for (size_t i = 1; i < fn->regs.n; i++) {
		const struct ir_register *r = &fn->regs.at[i];
		if (r->framed)
			fprintf(f, "    %%%zu %s lives in the frame at %u\n", i, r->name ? r->name : "",
				r->slot);
	}
	for (size_t i = 0; i < fn->blocks.n; i++) {
		fprintf(f, "b%u:\n", fn->blocks.at[i]->id);
		for (size_t j = 0; j < fn->blocks.at[i]->ins.n; j++)
			dump_ins(fn->blocks.at[i]->ins.at[j], f);
	}
}

void ir_dump(const struct ir_program *ir, FILE *f)
{
	for (size_t i = 0; i < ir->fns.n; i++)
		dump_fn(ir->fns.at[i], f);
	for (size_t i = 0; i < ir->tasks.n; i++)
		dump_fn(ir->tasks.at[i], f);
}
