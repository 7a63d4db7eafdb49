/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ir.c: walking and printing the code between tree and LLVM. */
#include "ir.h"

bool ir_terminates(enum ir_op op)
{
	return op >= IR_JUMP;
}

bool ir_suspends(enum ir_op op)
{
	return op == IR_AWAIT || op == IR_SIGNAL;
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
	static const char *const bases[] = {"var", "frame", "area", "data", "at"};
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
	static const char *const names[] = {
		"mov",
		"bin",
		"neg",
		"com",
		"ext",
		"bswap",
		"opaque",
		"self",
		"index",
		"check",
		"load",
		"store",
		"offset",
		"address",
		"data",
		"copy",
		"zero",
		"atomic",
		"call",
		"spawn",
		"wake",
		"log",
		"progress",
		"stream",
		"path",
		"fail",
		"loop",
		"jump",
		"branch",
		"switch",
		"await",
		"await_all",
		"signal",
		"end",
		"return",
		"trap",
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
		      i->op == IR_SIGNAL;
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
	if (i->op == IR_AWAIT || i->op == IR_AWAIT_ALL || i->op == IR_SIGNAL)
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
