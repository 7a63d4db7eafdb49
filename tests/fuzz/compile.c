/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * compile.c: the whole compiler on any bytes: a script is refused with an error, or compiles. Never neither;
 * and what each pass leaves to the next is whole. An error of LLVM's or of the translation to native code
 * ends the process.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fuzz.h"
#include "check.h"
#include "ir.h"
#include "layout.h"
#include "object.h"

const unsigned long fuzz_rounds = 400;
const char *const fuzz_seeds[] = {"tests/lang", "tests/check", "tests/ops", "examples", "stdlib", NULL};
static FILE *null;
static int script = -1;
static unsigned long parsed, checked, compiled;

static void demand(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

/* ---- after the check ---- */

static void check_expr_whole(const struct expr *e)
{
	if (!e || (e->kind == E_NAME && !e->type)) /* the order of an atomic operation is no value */
		return;
	demand(e->type, "an expression of a checked script has a type");
	if (e->kind == E_NAME && e->type->kind == T_ERROR) /* the same order */
		return;
	demand(e->type->kind != T_ERROR, "a checked script has no expression that is wrong");
	demand((e->kind != E_NAME && e->kind != E_ALL) || e->sym, "a checked name means something");
	demand(e->kind != E_CALL || e->sym || e->operation || e->builtin, "a checked call calls something");
	if (e->kind == E_SIZEOF || e->is_const)
		return;
	check_expr_whole(e->a);
	check_expr_whole(e->b);
	check_expr_whole(e->c);
	for (size_t i = 0; i < e->args.n; i++)
		check_expr_whole(e->args.at[i]);
}

static void check_stmt_whole(const struct stmt *s)
{
	if (!s)
		return;
	demand((s->kind != S_DECL && s->kind != S_FOR_IN) || s->sym,
		"a statement of a checked script has its variable");
	check_expr_whole(s->a);
	check_expr_whole(s->b);
	check_stmt_whole(s->s1);
	check_stmt_whole(s->s2);
	check_stmt_whole(s->init);
	check_stmt_whole(s->step);
	for (size_t i = 0; i < s->body.n; i++)
		check_stmt_whole(s->body.at[i]);
}

static void check_whole(const struct program *p)
{
	demand(p->main, "a checked script has a main");
	for (size_t i = 0; i < p->vars.n; i++) {
		const struct symbol *v = p->vars.at[i];
		demand(v->type->kind != T_ERROR && (v->type->size || v->storage == VAR_REGION),
			"a variable has a size, or the host says it");
	}
	for (size_t i = 0; i < p->fns.n; i++)
		check_stmt_whole(p->fns.at[i]->decl->body);
	for (size_t i = 0; i < p->tasks.n; i++)
		check_stmt_whole(p->tasks.at[i]->decl->body);
}

/* ---- after lowering ---- */

static void to_block(void *arg, struct ir_block *b)
{
	const struct ir_fn *fn = arg;
	demand(b->id < fn->blocks.n && fn->blocks.at[b->id] == b,
		"code leads to a block of its own function");
}

static void check_val(const struct ir_fn *fn, const struct ir_val *v)
{
	demand(v->reg == IR_SELF || v->reg < fn->regs.n, "a register is one of the function's");
	demand(!v->reg || v->reg == IR_SELF || v->bits == fn->regs.at[v->reg].bits,
		"a value has its register's width");
}

static void check_addr(const struct ir_fn *fn, const struct ir_addr *a)
{
	demand(a->nterms <= IR_MAX_TERMS, "an address has as many terms as there is room for");
	for (uint32_t i = 0; i < a->nterms; i++)
		demand(a->term[i].index == IR_SELF || a->term[i].index < fn->regs.n,
			"an index is a register");
	if (a->base == BASE_AT)
		check_val(fn, &a->at);
}

static void check_fn_whole(struct ir_fn *fn)
{
	for (size_t i = 0; i < fn->blocks.n; i++) {
		const struct ir_block *b = fn->blocks.at[i];
		demand(b->ins.n && ir_terminates(b->ins.at[b->ins.n - 1]->op), "a block has an end");
		for (size_t j = 0; j < b->ins.n; j++) {
			const struct ir_ins *ins = b->ins.at[j];
			demand(j + 1 == b->ins.n || !ir_terminates(ins->op), "a block ends once");
			demand(ins->dst < fn->regs.n, "a result is a register of the function's");
			check_val(fn, &ins->a);
			check_val(fn, &ins->b);
			check_addr(fn, &ins->addr);
			check_addr(fn, &ins->addr2);
			for (size_t k = 0; k < ins->args.n; k++)
				check_val(fn, &ins->args.at[k]);
		}
		ir_successors(b, true, to_block, fn);
	}
	for (size_t i = 0; i < fn->states.n; i++)
		to_block(fn, fn->states.at[i].block);
	for (size_t i = 1; i < fn->regs.n; i++)
		demand(!fn->regs.at[i].framed || fn->regs.at[i].slot + fn->regs.at[i].bits / 8 <= fn->size,
			"a register lies within its frame");
}

/* ---- all of it ---- */

static void compile(struct arena *a, struct diags *diags, struct program *p)
{
	check(p);
	if (diags_errors(diags))
		return;
	checked++;
	check_whole(p);
	struct ir_program *ir = lower(p);
	if (diags_errors(diags))
		return;
	regions(ir);
	live(ir);
	gone(ir);
	if (diags_errors(diags))
		return;
	unused(ir);
	ranges(ir);
	loops(ir);
	for (size_t i = 0; i < ir->fns.n; i++)
		check_fn_whole(ir->fns.at[i]);
	for (size_t i = 0; i < ir->tasks.n; i++)
		check_fn_whole(ir->tasks.at[i]);
	ir_dump(ir, null);
	struct layout *l = image_layout(ir);
	if (diags_errors(diags))
		return;
	demand(l->size <= RL_IMAGE_MAX, "an image has a size that can be");
	struct bytes object = object_make(ir, l, &(struct object_options){0});
	demand(object.n, "a script without errors becomes an object");
	compiled++;
	(void)a;
}

static void begin(void)
{
	null = fopen("/dev/null", "w");
	script = memfd_create("fuzz.rlt", MFD_CLOEXEC);
	if (!null || script < 0)
		exit(1);
	if (!getenv("RINGLET_STDLIB"))
		setenv("RINGLET_STDLIB", "stdlib", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!null)
		begin();
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", script);
	if (ftruncate(script, 0) || pwrite(script, data, size, 0) != (ssize_t)size)
		exit(1);
	struct arena *a = arena_new();
	struct sources sources = {.arena = a};
	struct diags *diags = diags_new(a, &sources);
	struct program *p = import_all(a, &sources, diags, path);
	demand(p || diags_errors(diags), "a text that is refused is reported");
	if (!diags_errors(diags)) {
		parsed++;
		compile(a, diags, p);
	}
	diags_print(diags, null, false);
	diags_print(diags, null, true);
	arena_free(a);
	return 0;
}

void fuzz_report(void)
{
	printf("%lu of them parsed, %lu passed the check, %lu compiled\n", parsed, checked, compiled);
	if (null)
		fclose(null);
	if (script >= 0)
		close(script);
}
