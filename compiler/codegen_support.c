/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen_support.c: what every program has besides its tasks: starting and ending instances, waking them,
 * recording failures, log slots. All of it is off the hot path and called, not repeated.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include "codegen.h"
#include "lower.h"
#include "../runtime/image.h"

static const struct {
	const char *name;
	uint8_t n, bits[5], result;
} shapes[SUP_COUNT] = {
	[SUP_FAIL] = {"ringlet_fail", 5, {32, 32, 32, 64, 32}, 32},
	[SUP_WAKE] = {"ringlet_wake", 4, {32, 32, 32, 32}, 32},
	[SUP_FIRST] = {"ringlet_first", 1, {32}, 64},
	[SUP_PATH] = {"ringlet_path", 2, {32, 32}, 32},
	[SUP_STREAM_OF] = {"ringlet_stream_of", 1, {32}, 32},
	[SUP_COPY_USER] = {"ringlet_copy_user", 3, {32, 32, 64}, 32},
	[SUP_NARROW] = {"ringlet_narrow", 4, {32, 32, 32, 32}, 32},
	[SUP_LOG] = {"ringlet_log", 3, {32, 32, 32}, 32},
	[SUP_LOG_TEXT] = {"ringlet_log_text", 3, {32, 32, 32}, 64},
};

static bool is_used(const struct ir_program *ir, enum support s)
{
	switch (s) {
	case SUP_FIRST:
		return ir->p->queues.n > 0;
	case SUP_PATH:
		return ir->uses_path;
	case SUP_STREAM_OF:
		return ir->uses_stream_of;
	case SUP_COPY_USER:
		return ir->uses_copy_user;
	case SUP_NARROW:
		return ir->uses_narrow;
	case SUP_LOG:
	case SUP_LOG_TEXT:
		return ir->uses_log;
	default:
		return true;
	}
}

/* ---- a little notation ---- */

static LLVMValueRef get(struct cg *g, uint64_t off)
{
	return cg_load(g, 32, cg_at(g, off));
}

static void put(struct cg *g, uint64_t off, LLVMValueRef v)
{
	cg_store(g, v, cg_at(g, off));
}

static void put_const(struct cg *g, uint64_t off, uint32_t v)
{
	put(g, off, cg_const(g, 32, v));
}

static LLVMValueRef add(struct cg *g, LLVMValueRef a, uint64_t n)
{
	return LLVMBuildAdd(g->b, a, LLVMConstInt(LLVMTypeOf(a), n, false), "");
}

static LLVMValueRef is(struct cg *g, LLVMIntPredicate p, LLVMValueRef a, uint64_t b)
{
	return LLVMBuildICmp(g->b, p, a, LLVMConstInt(LLVMTypeOf(a), b, false), "");
}

static void ret(struct cg *g, uint64_t v)
{
	LLVMBuildRet(g->b, LLVMConstInt(LLVMGetReturnType(LLVMGlobalGetValueType(g->fn)), v, false));
}

/* if (c) { ... } : begins the block; the caller writes its end and goes on at the block returned. */
static LLVMBasicBlockRef when(struct cg *g, LLVMValueRef c)
{
	LLVMBasicBlockRef yes = cg_block(g, "then"), no = cg_block(g, "next");
	LLVMBuildCondBr(g->b, c, yes, no);
	LLVMPositionBuilderAtEnd(g->b, yes);
	return no;
}

static void next(struct cg *g, LLVMBasicBlockRef b)
{
	LLVMBuildBr(g->b, b);
	LLVMPositionBuilderAtEnd(g->b, b);
}

static void at(struct cg *g, LLVMBasicBlockRef b)
{
	LLVMPositionBuilderAtEnd(g->b, b);
}

/* if (c) return v; */
static void ret_when(struct cg *g, LLVMValueRef c, uint64_t v)
{
	LLVMBasicBlockRef b = when(g, c);
	ret(g, v);
	at(g, b);
}

/* What comes to this block, which is empty, returns v. */
static void ret_at(struct cg *g, LLVMBasicBlockRef b, uint64_t v)
{
	LLVMBasicBlockRef here = LLVMGetInsertBlock(g->b);
	at(g, b);
	ret(g, v);
	at(g, here);
}

/* ---- what they take ---- */

/* Whether what it is given may be of the region. */
static bool in_region(const struct ir_program *ir, enum support s)
{
	if (s == SUP_NARROW)
		return ir->p->region;
	return ir->region_sliced && (s == SUP_PATH || s == SUP_COPY_USER || s == SUP_LOG_TEXT);
}

static unsigned arguments(const struct ir_program *ir, enum support s, uint8_t *bits)
{
	unsigned n = shapes[s].n;
	memcpy(bits, shapes[s].bits, n);
	if (in_region(ir, s))
		bits[n++] = ARG_CONTEXT;
	return n;
}

void codegen_support_declare(struct cg *g)
{
	uint8_t bits[MAX_REGISTER_ARGS];
	for (int i = 0; i < SUP_COUNT; i++)
		if (is_used(g->ir, i)) {
			unsigned n = arguments(g->ir, i, bits);
			g->support[i] = cg_function(g, shapes[i].name, n, bits, shapes[i].result);
		}
}

/* Where there is no region the function gives 0; but there is one, or the program would not have been loaded.
 */
static void begin(struct cg *g, enum support s)
{
	uint8_t bits[MAX_REGISTER_ARGS];
	unsigned n = arguments(g->ir, s, bits);
	cg_begin(g, &g->support[s], shapes[s].name, bits, n);
	if (!in_region(g->ir, s))
		return;
	LLVMBasicBlockRef gone = cg_block(g, "no_region");
	cg_region_begin(g, gone);
	ret_at(g, gone, 0);
}

/* for (i = 0; i < n; i++): i is unknown to the verifier and checked against `most`, which n never exceeds. */
struct count {
	LLVMValueRef i, i_at;
	LLVMBasicBlockRef head, step, end;
};

static void count_begin(struct cg *g, struct count *c, LLVMValueRef n, uint64_t most)
{
	c->i_at = cg_alloca(g, g->i64);
	cg_store(g, cg_unknown_zero(g, 64), c->i_at);
	c->head = cg_block(g, "head");
	c->step = cg_block(g, "step");
	c->end = cg_block(g, "end");
	LLVMBasicBlockRef more = cg_block(g, "more"), body = cg_block(g, "body");
	next(g, c->head);
	c->i = cg_opaque(g, cg_load(g, 64, c->i_at));
	LLVMBuildCondBr(g->b, is(g, LLVMIntULT, c->i, most), more, c->end);
	at(g, more);
	LLVMBuildCondBr(g->b, LLVMBuildICmp(g->b, LLVMIntULT, c->i, cg_zext(g, n, 64), ""), body, c->end);
	at(g, body);
}

static void count_end(struct cg *g, struct count *c)
{
	next(g, c->step);
	cg_store(g, add(g, c->i, 1), c->i_at);
	cg_may_goto(g, c->end);
	LLVMBuildBr(g->b, c->head);
	at(g, c->end);
}

/* ---- instances ---- */

static void spawn(struct cg *g, const struct ir_fn *task)
{
	const struct symbol *sym = task->sym;
	uint64_t pool = g->l->pool[sym->index];
	cg_begin(g, &g->task_spawn[sym->index], arena_printf(g->arena, "spawn_%s", sym->name), NULL, 0);
	LLVMValueRef self_at = cg_alloca(g, g->i32);
	/* After a failure too, although nobody has told the tasks yet: a defer may run before. */
	LLVMValueRef ending = LLVMBuildOr(g->b, get(g, CONTROL(stopping)), get(g, CONTROL(failure.kind)), "");
	ret_when(g, is(g, LLVMIntNE, ending, 0), UINT32_MAX);
	LLVMValueRef top = get(g, pool + POOL(nfreed)), used = get(g, pool + POOL(used));
	LLVMBasicBlockRef fresh = cg_block(g, "fresh"), reuse = cg_block(g, "reuse"),
			  have = cg_block(g, "have");
	LLVMBuildCondBr(g->b, is(g, LLVMIntEQ, top, 0), fresh, reuse);

	at(g, fresh); /* never used before */
	ret_when(g, is(g, LLVMIntUGE, used, sym->count), UINT32_MAX);
	cg_store(g, used, self_at);
	put(g, pool + POOL(used), add(g, used, 1));
	LLVMBuildBr(g->b, have);

	at(g, reuse); /* the one that ended last */
	LLVMValueRef last = cg_opaque(g, cg_zext(g, add(g, top, UINT64_MAX), 64));
	ret_when(g, is(g, LLVMIntUGE, last, sym->count), UINT32_MAX);
	LLVMValueRef slot = LLVMBuildShl(g->b, last, cg_const(g, 64, 2), "");
	cg_store(g, cg_load(g, 32, cg_gep(g, cg_at(g, pool + POOL(freed)), slot)), self_at);
	put(g, pool + POOL(nfreed), add(g, top, UINT64_MAX));
	LLVMBuildBr(g->b, have);

	at(g, have);
	LLVMValueRef self = cg_opaque(g, cg_zext(g, cg_load(g, 32, self_at), 64));
	ret_when(g, is(g, LLVMIntUGE, self, sym->count), UINT32_MAX);
	LLVMValueRef frame =
		cg_gep(g, cg_at(g, task->offset), LLVMBuildMul(g->b, self, cg_const(g, 64, task->size), ""));
	cg_set_state(g, frame, 0);
	if (sym->cancellable)
		cg_not_canceled(g, task, frame);
	put(g, pool + POOL(running), add(g, get(g, pool + POOL(running)), 1));
	put(g, CONTROL(live), add(g, get(g, CONTROL(live)), 1));
	LLVMValueRef ud =
		LLVMBuildOr(g->b, self, cg_const(g, 64, (uint64_t)sym->index << RL_UD_TASK_SHIFT), "");
	cg_push_ready(g, ud, cg_const(g, 32, 0), cg_const(g, 32, 0));
	LLVMBuildRet(g->b, LLVMBuildTrunc(g->b, self, g->i32, ""));
}

/* end_TASK(self): gives what the task's function returns then; (self, next) where that says who is next: it
 * passes through, so that no register keeps it across the call. */
static void end(struct cg *g, const struct ir_fn *task)
{
	const struct symbol *sym = task->sym;
	uint64_t pool = g->l->pool[sym->index];
	bool hands = task->hands, is_main = sym == g->ir->p->main;
	cg_begin(g, &g->task_end[sym->index], arena_printf(g->arena, "end_%s", sym->name), end_bits,
		hands ? 2 : 1);
	LLVMBasicBlockRef out = cg_block(g, "out"), room = cg_block(g, "room"), last = cg_block(g, "last"),
			  more = cg_block(g, "more"), wake = cg_block(g, "wake");
	LLVMValueRef top = cg_opaque(g, cg_zext(g, get(g, pool + POOL(nfreed)), 64));
	LLVMBuildCondBr(g->b, is(g, LLVMIntULT, top, sym->count), room, out);
	at(g, room);
	LLVMValueRef slot = LLVMBuildShl(g->b, top, cg_const(g, 64, 2), "");
	cg_store(g, cg_arg(g, 0), cg_gep(g, cg_at(g, pool + POOL(freed)), slot));
	put(g, pool + POOL(nfreed), LLVMBuildTrunc(g->b, add(g, top, 1), g->i32, ""));
	LLVMValueRef running = add(g, get(g, pool + POOL(running)), UINT64_MAX);
	LLVMValueRef live = add(g, get(g, CONTROL(live)), UINT64_MAX);
	put(g, pool + POOL(running), running);
	put(g, CONTROL(live), live);

	/* The program has ended, or it unwinds because `main` returned: the host's. */
	if (is_main)
		LLVMBuildBr(g->b, last);
	else
		LLVMBuildCondBr(g->b, is(g, LLVMIntEQ, live, 0), last, more);
	at(g, last);
	put_const(g, CONTROL(attention), 1);
	LLVMBuildBr(g->b, out);

	at(g, more);
	LLVMBuildCondBr(g->b, is(g, LLVMIntEQ, running, 0), wake, out);
	at(g, wake);
	LLVMValueRef list = cg_const(g, 32, g->l->pools + sym->index);
	LLVMValueRef args[] = {list, cg_list_key(g, list), cg_const(g, 32, 0), cg_const(g, 32, 0)};
	cg_call(g, &g->support[SUP_WAKE], args, 4);
	LLVMBuildBr(g->b, out);

	at(g, out);
	LLVMBuildRet(g->b, hands ? cg_arg(g, 1) : cg_const(g, 32, 0));
}

/* Whether any runs; those are told that they are cancelled. */
static void cancel_all(struct cg *g, const struct ir_fn *task)
{
	const struct symbol *sym = task->sym;
	uint64_t pool = g->l->pool[sym->index];
	cg_begin(g, &g->task_cancel[sym->index], arena_printf(g->arena, "cancel_%s", sym->name), NULL, 0);
	ret_when(g, is(g, LLVMIntEQ, get(g, pool + POOL(running)), 0), 0);
	struct count c;
	count_begin(g, &c, get(g, pool + POOL(used)), sym->count);
	uint64_t tag = (uint64_t)sym->index << RL_UD_TASK_SHIFT | (uint64_t)ARM_TIMER(0) << RL_UD_ARM_SHIFT;
	LLVMValueRef off = LLVMBuildMul(g->b, c.i, cg_const(g, 64, task->size), "");
	cg_cancel(g, task, cg_gep(g, cg_at(g, task->offset), off),
		LLVMBuildOr(g->b, c.i, cg_const(g, 64, tag), ""));
	count_end(g, &c);
	ret(g, 1);
}

/* ---- failures ---- */

/* The first failure is kept. The tasks that unwind because of it, or because the program is stopped, end with
 * -ECANCELED or with what their last request gave: those are no failures. A trap is one always, and ends the
 * program at once. */
static void fail(struct cg *g)
{
	static const size_t fields[] = {offsetof(struct rl_failure, task), offsetof(struct rl_failure, self),
		offsetof(struct rl_failure, value), offsetof(struct rl_failure, state)};
	begin(g, SUP_FAIL);
	LLVMValueRef kind = LLVMBuildLShr(g->b, cg_arg(g, 0), cg_const(g, 32, FAIL_KIND_SHIFT), "");
	LLVMBasicBlockRef other = when(g, is(g, LLVMIntEQ, kind, RL_FAIL_TRAP)),
			  record = cg_block(g, "record");
	put_const(g, CONTROL(status), RL_DONE);
	LLVMBuildBr(g->b, record);
	at(g, other);
	ret_when(g, is(g, LLVMIntNE, get(g, CONTROL(stopping)), 0), 0);
	next(g, record);
	put_const(g, CONTROL(attention), 1);
	ret_when(g, is(g, LLVMIntNE, get(g, CONTROL(failure.kind)), RL_FAIL_NONE), 0);
	put(g, CONTROL(failure.kind), kind);
	LLVMValueRef site =
		LLVMBuildAnd(g->b, cg_arg(g, 0), cg_const(g, 32, (1u << FAIL_KIND_SHIFT) - 1), "");
	put(g, CONTROL(failure.site), site);
	for (unsigned i = 0; i < 4; i++)
		put(g, CONTROL(failure) + fields[i], cg_arg(g, i + 1));
	ret(g, 0);
}

/* ---- paths ---- */

#define PATH_MAX_ 4096 /* the kernel takes no longer one (include/uapi/linux/limits.h) */

static void path(struct cg *g)
{
	begin(g, SUP_PATH);
	struct count c;
	count_begin(g, &c, add(g, cg_arg(g, 1), 1), PATH_MAX_);
	LLVMBasicBlockRef outside = cg_block(g, "outside");
	LLVMValueRef off = LLVMBuildAdd(g->b, c.i, cg_zext(g, cg_arg(g, 0), 64), "");
	ret_when(g, is(g, LLVMIntEQ, cg_load(g, 8, cg_byte(g, off, 0, outside)), 0), 1);
	ret_at(g, outside, 0);
	count_end(g, &c);
	ret(g, 0);
}

/* ---- descriptors ---- */

/* Which of the descriptors' parameters this is, if it is one that is a stream. */
static void stream_of(struct cg *g)
{
	begin(g, SUP_STREAM_OF);
	for (size_t i = 0; i < g->l->fds.n; i++) {
		const struct symbol *v = g->l->fds.at[i];
		LLVMValueRef same = LLVMBuildICmp(g->b, LLVMIntEQ, cg_arg(g, 0), get(g, v->offset), "");
		LLVMBasicBlockRef other = when(g, same);
		ret_when(g, is(g, LLVMIntNE, get(g, v->stream), 0), i);
		next(g, other);
	}
	ret(g, UINT32_MAX);
}

/* ---- memory of the host ---- */

/* The helper bpf_copy_from_user(dst, size, address), of which native.h has a counterpart. */
static void copy_to(struct cg *g, LLVMValueRef to, LLVMValueRef n, LLVMValueRef from)
{
	LLVMTypeRef types[] = {g->ptr, g->i32, g->i64};
	struct function helper = {.fn = LLVMConstIntToPtr(cg_const(g, 64, BPF_FUNC_copy_from_user), g->ptr),
		.type = LLVMFunctionType(g->i64, types, 3, false)};
	LLVMValueRef args[] = {to, LLVMBuildTrunc(g->b, n, g->i32, ""), from};
	ret_when(g, is(g, LLVMIntSLT, cg_call(g, &helper, args, 3), 0), (uint64_t)-EFAULT);
}

/* A piece, of a size that the verifier knows. The image has room for one behind its last byte. A region has
 * not: within a piece of its end the bytes go one by one, and that is the size then. */
static void copy_piece(struct cg *g, LLVMValueRef to, LLVMValueRef n, LLVMValueRef from, LLVMValueRef size_at)
{
	LLVMBasicBlockRef done = cg_block(g, "copied");
	to = cg_opaque(g, to);
	if (g->region) {
		LLVMBasicBlockRef image = when(g, cg_is_of_region(g, to));
		LLVMValueRef in = cg_opaque(g, cg_in_region(g, to)), bytes = cg_region_bytes(g);
		LLVMValueRef last = LLVMBuildSub(g->b, bytes, cg_const(g, 64, RL_PAGE), "");
		LLVMBasicBlockRef near = when(g, LLVMBuildICmp(g->b, LLVMIntULE, in, last, ""));
		copy_to(g, cg_gep(g, g->region, in), n, from);
		LLVMBuildBr(g->b, done);
		at(g, near);
		ret_when(g, LLVMBuildICmp(g->b, LLVMIntUGE, in, bytes, ""), (uint64_t)-EFAULT);
		copy_to(g, cg_gep(g, g->region, in), cg_const(g, 64, 1), from);
		cg_store(g, cg_const(g, 32, 1), size_at);
		LLVMBuildBr(g->b, done);
		at(g, image);
	}
	ret_when(g, is(g, LLVMIntUGE, to, g->l->size - RL_PAGE), (uint64_t)-EFAULT);
	copy_to(g, cg_gep(g, g->image, to), n, from);
	next(g, done);
}

static void copy_user(struct cg *g)
{
	begin(g, SUP_COPY_USER);
	LLVMValueRef to_at = cg_alloca(g, g->i32), left_at = cg_alloca(g, g->i32),
		     size_at = cg_alloca(g, g->i32), from_at = cg_alloca(g, g->i64);
	cg_store(g, cg_arg(g, 0), to_at);
	cg_store(g, cg_arg(g, 1), left_at);
	cg_store(g, cg_arg(g, 2), from_at);
	LLVMBasicBlockRef head = cg_block(g, "head"), out = cg_block(g, "out");
	next(g, head);
	LLVMValueRef left = cg_load(g, 32, left_at), from = cg_load(g, 64, from_at);
	ret_when(g, is(g, LLVMIntEQ, left, 0), 0);
	LLVMValueRef size =
		LLVMBuildSelect(g->b, is(g, LLVMIntUGT, left, RL_PAGE), cg_const(g, 32, RL_PAGE), left, "");
	LLVMValueRef known = cg_opaque(g, cg_zext(g, size, 64));
	ret_when(g, is(g, LLVMIntUGT, known, RL_PAGE), (uint64_t)-EFAULT);
	cg_store(g, size, size_at);
	copy_piece(g, cg_zext(g, cg_load(g, 32, to_at), 64), known, from, size_at);
	/* Or the verifier would follow the bytes at the end of a region one by one. */
	LLVMValueRef unknown = LLVMBuildTrunc(g->b, cg_unknown_zero(g, 64), g->i32, "");
	size = LLVMBuildAdd(g->b, cg_load(g, 32, size_at), unknown, "");
	cg_store(g, LLVMBuildAdd(g->b, cg_load(g, 32, to_at), size, ""), to_at);
	cg_store(g, LLVMBuildSub(g->b, left, size, ""), left_at);
	cg_store(g, LLVMBuildAdd(g->b, from, cg_zext(g, size, 64), ""), from_at);
	cg_may_goto(g, out);
	LLVMBuildBr(g->b, head);
	at(g, out);
	ret(g, (uint64_t)-EAGAIN);
}

/* ---- log ---- */

static void log_slot(struct cg *g)
{
	begin(g, SUP_LOG);
	LLVMValueRef tail = get(g, CONTROL(log_tail)),
		     fill = LLVMBuildSub(g->b, tail, get(g, CONTROL(log_head)), "");
	LLVMBasicBlockRef calm = when(g, is(g, LLVMIntUGE, add(g, fill, 1), g->l->log_slots / 2));
	put_const(g, CONTROL(attention), 1);
	next(g, calm);
	LLVMBasicBlockRef room = when(g, is(g, LLVMIntUGE, fill, g->l->log_slots));
	put(g, CONTROL(log_lost), add(g, get(g, CONTROL(log_lost)), 1));
	ret(g, 0);
	at(g, room);
	LLVMValueRef slot = LLVMBuildAnd(g->b, tail, cg_const(g, 32, g->l->log_slots - 1), "");
	LLVMValueRef off = LLVMBuildShl(g->b, cg_zext(g, slot, 64), cg_const(g, 64, 8), "");
	LLVMValueRef p = cg_gep(g, cg_at(g, g->l->log), off);
	static const size_t fields[] = {offsetof(struct rl_log, format), offsetof(struct rl_log, task),
		offsetof(struct rl_log, self)};
	for (unsigned i = 0; i < 3; i++)
		cg_store(g, cg_arg(g, i), cg_gep(g, p, cg_const(g, 64, fields[i])));
	cg_store(g, cg_const(g, 32, 0), cg_gep(g, p, cg_const(g, 64, offsetof(struct rl_log, used))));
	LLVMBuildRet(g->b, LLVMBuildTrunc(g->b, add(g, off, g->l->log), g->i32, ""));
}

static void log_text(struct cg *g)
{
	begin(g, SUP_LOG_TEXT);
	LLVMValueRef slot = cg_opaque(g, cg_zext(g, cg_arg(g, 0), 64));
	ret_when(g, is(g, LLVMIntUGT, slot, (uint64_t)(g->l->log_slots - 1) * sizeof(struct rl_log)), 0);
	LLVMValueRef p = cg_gep(g, cg_at(g, g->l->log), slot);
	LLVMValueRef used_at = cg_gep(g, p, cg_const(g, 64, offsetof(struct rl_log, used)));
	LLVMValueRef from = cg_load(g, 32, used_at), len = cg_arg(g, 2);
	struct count c;
	count_begin(g, &c, len, RL_LOG_TEXT);
	LLVMValueRef to = cg_opaque(g, LLVMBuildAdd(g->b, c.i, cg_zext(g, from, 64), ""));
	LLVMValueRef src = LLVMBuildAdd(g->b, c.i, cg_zext(g, cg_arg(g, 1), 64), "");
	LLVMBasicBlockRef fits = cg_block(g, "fits");
	LLVMBuildCondBr(g->b, is(g, LLVMIntULT, to, RL_LOG_TEXT), fits, c.end);
	at(g, fits);
	cg_store(g, cg_load(g, 8, cg_byte(g, src, 0, c.end)),
		cg_gep(g, cg_gep(g, p, cg_const(g, 64, offsetof(struct rl_log, text))), to));
	cg_store(g, LLVMBuildTrunc(g->b, add(g, to, 1), g->i32, ""), used_at);
	count_end(g, &c);
	LLVMValueRef now = cg_load(g, 32, used_at), kept = LLVMBuildSub(g->b, now, from, "");
	LLVMValueRef cut = LLVMBuildICmp(g->b, LLVMIntULT, kept, len, "");
	LLVMValueRef v = LLVMBuildOr(g->b, LLVMBuildShl(g->b, cg_zext(g, from, 64), cg_const(g, 64, 32), ""),
		cg_zext(g, kept, 64), "");
	LLVMBuildRet(g->b,
		LLVMBuildOr(g->b, v,
			LLVMBuildSelect(g->b, cut, cg_const(g, 64, RL_LOG_CUT), cg_const(g, 64, 0), ""), ""));
}

void codegen_support(struct cg *g)
{
	for (size_t t = 0; t < g->ir->tasks.n && !g->ir->tasks.at[t]->arm; t++) {
		if (g->ir->tasks.at[t]->sym != g->ir->p->main)
			spawn(g, g->ir->tasks.at[t]);
		end(g, g->ir->tasks.at[t]);
		if (g->ir->tasks.at[t]->sym->cancellable)
			cancel_all(g, g->ir->tasks.at[t]);
	}
	begin(g, SUP_WAKE);
	codegen_wake(g);
	if (is_used(g->ir, SUP_FIRST)) {
		begin(g, SUP_FIRST);
		codegen_first(g);
	}
	fail(g);
	if (g->ir->uses_path)
		path(g);
	if (g->ir->uses_stream_of)
		stream_of(g);
	if (g->ir->uses_copy_user)
		copy_user(g);
	if (g->ir->uses_narrow) {
		begin(g, SUP_NARROW);
		codegen_narrow(g);
	}
	if (g->ir->uses_log) {
		log_slot(g);
		log_text(g);
	}
}
