/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ring_results.c: what becomes of the result of an awaited operation.
 *
 * It is followed through copies. One that nothing reads was not looked at. Of one that is only compared with
 * 0, or handed on as the error that it is, how many bytes there were is not known to anybody.
 */
#include <string.h>
#include "ring.h"

#define MSG_WAITALL 0x100

/* Fewer bytes than these are not cut in two: what an eventfd, a timerfd or a pipe for waking gives. */
#define NEVER_SHORT 8

/* Operations that may fail without anything being the worse for it. */
static const struct {
	const char *name;
} may_fail[] = {
#define MAY_FAIL(name, why) {#name},
#include "ring_may_fail.def"
#undef MAY_FAIL
};

static bool is_negligible(const struct operation *op)
{
	for (size_t i = 0; i < sizeof may_fail / sizeof *may_fail; i++)
		if (!strcmp(op->name, may_fail[i].name))
			return true;
	return false;
}

/* By what the table says of its result. */
static bool moves_bytes(const struct operation *op)
{
	static const char *const verbs[] = {"read", "written", "sent", "received", "moved", "duplicated"};
	const char *result = ring_result(op);
	if (strncmp(result, "bytes ", 6) != 0)
		return false;
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (!strncmp(result + 6, verbs[i], strlen(verbs[i])))
			return true;
	return false;
}

/* Whether it is whole or an error by its own arguments. */
static bool is_whole(const struct ir_ins *i)
{
	const struct ir_val *len = ring_sqe_value(i, F_LEN), *flags = ring_sqe_value(i, F_RW_FLAGS);
	bool vector = false;
	for (uint32_t k = 0; k < i->operation->nargs; k++)
		vector |= i->operation->args[k].kind == ARG_IOV || i->operation->args[k].kind == ARG_MSG_R ||
			  i->operation->args[k].kind == ARG_MSG_W;
	if (!vector && len && !len->reg && len->c <= NEVER_SHORT)
		return true;
	return !strncmp(i->operation->name, "recv", 4) && flags && !flags->reg && flags->c & MSG_WAITALL;
}

enum use { UNUSED, SIGN, VALUE };

/* What an instruction makes of a register that it reads. A copy counts by what becomes of that. */
static enum use use_by(const struct ir_ins *i)
{
	if (ring_is_copy(i))
		return UNUSED;
	if (i->op == IR_FAIL)
		return SIGN;
	bool with_zero = i->op == IR_BIN && op_is_comparison(i->bop) && !i->b.reg && ring_signed(&i->b) <= 0;
	return with_zero ? SIGN : VALUE;
}

struct reader {
	enum use *uses;
	enum use use;
};

static void note(void *arg, ir_reg r)
{
	const struct reader *reader = arg;
	if (reader->use > reader->uses[r])
		reader->uses[r] = reader->use;
}

/* By register, the most that is made of what it holds. */
static const enum use *all_uses(struct ir_program *ir, const struct ir_fn *fn)
{
	enum use *uses = arena_alloc(ir->arena, (fn->regs.n + 1) * sizeof *uses);
	bool changed = true;
	EACH_INS (fn, i)
		ir_uses(i, note, &(struct reader){uses, use_by(i)});
	while (changed) {
		changed = false;
		EACH_INS (fn, i)
			if (ring_is_copy(i) && i->a.reg && i->a.reg != IR_SELF &&
				uses[i->dst] > uses[i->a.reg]) {
				uses[i->a.reg] = uses[i->dst];
				changed = true;
			}
	}
	return uses;
}

void ring_results(struct lint *l, struct ir_program *ir, struct ir_fn *fn)
{
	const enum use *uses = all_uses(ir, fn);
	for (size_t b = 0; b < fn->blocks.n; b++) {
		const struct ir_block *block = fn->blocks.at[b];
		const struct ir_ins *i = block->ins.at[block->ins.n - 1];
		if (i->op != IR_AWAIT || i->unwind)
			continue;
		ir_reg result = fn->states.at[i->state].result;
		enum use use = result ? uses[result] : UNUSED;
		const char *name = i->operation->name;
		if (use == UNUSED && *ring_result(i->operation) && !is_negligible(i->operation)) {
			struct finding *f =
				lint_find_line(l, L_result_unseen, script_line(ir, &i->loc), name);
			lint_hint(l, f, "`try await %s(...)` leaves the task where it fails", name);
		} else if (use == SIGN && moves_bytes(i->operation) && !is_whole(i)) {
			struct finding *f = lint_find_line(
				l, L_short_for_whole, script_line(ir, &i->loc), name, i->operation->result);
			lint_hint(l, f,
				"std.io and std.net have functions that go on until all is done: read_full, "
				"write_all, send_all");
		}
	}
}
