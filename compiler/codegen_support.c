/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * codegen_support.c: what every program has besides its tasks: starting and ending instances, waking them, recording
 * failures, unwinding, log slots. All of it is off the hot path and called, not repeated.
 */
#include "codegen.h"
#include "../runtime/image.h"

#define ECANCELED_ ((uint64_t)-125)
/* How many awaits are answered with -ECANCELED before a program that does not unwind is ended: plenty for every
 * instance to leave a deep nest of loops. */
#define CANCELS_PER_INSTANCE 64

static const struct {
	const char *name;
	uint8_t n, bits[5], result;
} shapes[SUP_COUNT] = {
	[SUP_TRAP] = {"ringlet_trap", 5, {32, 32, 32, 64, 32}, 32},
	[SUP_ERROR] = {"ringlet_error", 5, {32, 32, 32, 32, 32}, 32},
	[SUP_FAIL] = {"ringlet_fail", 5, {32, 32, 32, 32, 32}, 32},
	[SUP_WAKE] = {"ringlet_wake", 1, {32}, 32},
	[SUP_ATTEND] = {"ringlet_attend", 0, {0}, 32},
	[SUP_REFUSED] = {"ringlet_refused", 2, {32, 32}, 32},
	[SUP_CANCEL] = {"ringlet_cancel", 0, {0}, 32},
	[SUP_CLEAR] = {"ringlet_clear", 0, {0}, 32},
	[SUP_DEADLOCK] = {"ringlet_deadlock", 0, {0}, 32},
	[SUP_LOG] = {"ringlet_log", 3, {32, 32, 32}, 32},
	[SUP_LOG_TEXT] = {"ringlet_log_text", 3, {32, 32, 32}, 64},
};

void codegen_support_declare(struct cg *g)
{
	for (int i = 0; i < SUP_COUNT; i++)
		if (g->ir->uses_log || (i != SUP_LOG && i != SUP_LOG_TEXT))
			g->support[i] = cg_function(g, shapes[i].name, shapes[i].n, shapes[i].bits, shapes[i].result, true);
}

static void begin(struct cg *g, enum support s)
{
	cg_begin(g, &g->support[s], shapes[s].name, shapes[s].bits, shapes[s].n);
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
	ret_when(g, is(g, LLVMIntNE, get(g, CONTROL(stopping)), 0), UINT32_MAX);
	LLVMValueRef top = get(g, pool + POOL_FREE_TOP), used = get(g, pool + POOL_USED);
	LLVMBasicBlockRef fresh = cg_block(g, "fresh"), reuse = cg_block(g, "reuse"), have = cg_block(g, "have");
	LLVMBuildCondBr(g->b, is(g, LLVMIntEQ, top, 0), fresh, reuse);

	at(g, fresh); /* never used before */
	ret_when(g, is(g, LLVMIntUGE, used, sym->count), UINT32_MAX);
	cg_store(g, used, self_at);
	put(g, pool + POOL_USED, add(g, used, 1));
	LLVMBuildBr(g->b, have);

	at(g, reuse); /* the one that ended last */
	LLVMValueRef last = cg_opaque(g, cg_zext(g, add(g, top, UINT64_MAX), 64));
	ret_when(g, is(g, LLVMIntUGE, last, sym->count), UINT32_MAX);
	LLVMValueRef slot = LLVMBuildShl(g->b, last, cg_const(g, 64, 2), "");
	cg_store(g, cg_load(g, 32, cg_gep(g, cg_at(g, pool + POOL_FREE), slot)), self_at);
	put(g, pool + POOL_FREE_TOP, add(g, top, UINT64_MAX));
	LLVMBuildBr(g->b, have);

	at(g, have);
	LLVMValueRef self = cg_opaque(g, cg_zext(g, cg_load(g, 32, self_at), 64));
	ret_when(g, is(g, LLVMIntUGE, self, sym->count), UINT32_MAX);
	LLVMValueRef frame = cg_gep(g, cg_at(g, task->offset), LLVMBuildMul(g->b, self, cg_const(g, 64, task->size), ""));
	cg_store(g, cg_const(g, 32, 0), cg_gep(g, frame, cg_const(g, 64, FRAME_STATE)));
	cg_store(g, cg_const(g, 32, 0), cg_gep(g, frame, cg_const(g, 64, FRAME_KEY)));
	put(g, pool + POOL_RUNNING, add(g, get(g, pool + POOL_RUNNING), 1));
	put(g, CONTROL(live), add(g, get(g, CONTROL(live)), 1));
	LLVMValueRef ud = LLVMBuildOr(g->b, self, cg_const(g, 64, (uint64_t)sym->index << RL_UD_TASK_SHIFT), "");
	cg_push_ready(g, ud, cg_const(g, 32, 0));
	LLVMBuildRet(g->b, LLVMBuildTrunc(g->b, self, g->i32, ""));
}

static void end(struct cg *g, const struct ir_fn *task)
{
	static const uint8_t bits[] = {32};
	const struct symbol *sym = task->sym;
	uint64_t pool = g->l->pool[sym->index];
	cg_begin(g, &g->task_end[sym->index], arena_printf(g->arena, "end_%s", sym->name), bits, 1);
	LLVMValueRef top = cg_opaque(g, cg_zext(g, get(g, pool + POOL_FREE_TOP), 64));
	ret_when(g, is(g, LLVMIntUGE, top, sym->count), 0);
	LLVMValueRef slot = LLVMBuildShl(g->b, top, cg_const(g, 64, 2), "");
	cg_store(g, cg_arg(g, 0), cg_gep(g, cg_at(g, pool + POOL_FREE), slot));
	put(g, pool + POOL_FREE_TOP, LLVMBuildTrunc(g->b, add(g, top, 1), g->i32, ""));
	LLVMValueRef running = add(g, get(g, pool + POOL_RUNNING), UINT64_MAX);
	LLVMValueRef live = add(g, get(g, CONTROL(live)), UINT64_MAX);
	put(g, pool + POOL_RUNNING, running);
	put(g, CONTROL(live), live);

	LLVMBasicBlockRef more = when(g, is(g, LLVMIntEQ, live, 0));
	put_const(g, CONTROL(status), RL_DONE);
	put_const(g, CONTROL(attention), 1);
	ret(g, 0);
	at(g, more);
	if (sym == g->ir->p->main) { /* `main` returning ends the program: the others unwind */
		put_const(g, CONTROL(stop), 1);
		put_const(g, CONTROL(attention), 1);
	} else {
		LLVMBasicBlockRef some = when(g, is(g, LLVMIntEQ, running, 0));
		LLVMValueRef key = cg_const(g, 32, pool);
		cg_call(g, &g->support[SUP_WAKE], &key, 1);
		next(g, some);
	}
	ret(g, 0);
}

/* What suspends with a key is found by looking: waking is rare, and so the frames need no list. */
static bool parks(const struct ir_fn *task)
{
	for (size_t b = 0; b < task->blocks.n; b++) {
		enum ir_op op = task->blocks.at[b]->ins.at[task->blocks.at[b]->ins.n - 1]->op;
		if (op == IR_SIGNAL || op == IR_AWAIT_ALL)
			return true;
	}
	return false;
}

static LLVMValueRef frame_key(struct cg *g, const struct ir_fn *task, LLVMValueRef i)
{
	LLVMValueRef off = LLVMBuildMul(g->b, i, cg_const(g, 64, task->size), "");
	return cg_gep(g, cg_at(g, task->offset + FRAME_KEY), off);
}

static void resume_with(struct cg *g, const struct ir_fn *task, LLVMValueRef i, LLVMValueRef key_at, uint64_t res)
{
	cg_store(g, cg_const(g, 32, 0), key_at);
	LLVMValueRef ud = LLVMBuildOr(g->b, i, cg_const(g, 64, (uint64_t)task->sym->index << RL_UD_TASK_SHIFT), "");
	cg_push_ready(g, ud, cg_const(g, 32, res));
}

static void wake(struct cg *g)
{
	begin(g, SUP_WAKE);
	for (size_t t = 0; t < g->ir->tasks.n; t++) {
		const struct ir_fn *task = g->ir->tasks.at[t];
		if (!parks(task))
			continue;
		struct count c;
		count_begin(g, &c, get(g, g->l->pool[t] + POOL_USED), task->sym->count);
		LLVMValueRef key_at = frame_key(g, task, c.i), key = cg_load(g, 32, key_at);
		LLVMBasicBlockRef other = when(g, LLVMBuildICmp(g->b, LLVMIntEQ, key, cg_arg(g, 0), ""));
		resume_with(g, task, c.i, key_at, 0);
		next(g, other);
		count_end(g, &c);
	}
	ret(g, 0);
}

/* ---- failures ---- */

static uint64_t failure(size_t field)
{
	return CONTROL(failure) + field;
}

/* The first failure is kept. `err`, `value`: NULL for none. */
static void record(struct cg *g, uint32_t kind, LLVMValueRef err, LLVMValueRef site, LLVMValueRef task, LLVMValueRef self,
	LLVMValueRef state, LLVMValueRef value)
{
	LLVMBasicBlockRef kept = when(g, is(g, LLVMIntEQ, get(g, failure(offsetof(struct rl_failure, kind))), RL_FAIL_NONE));
	put_const(g, failure(offsetof(struct rl_failure, kind)), kind);
	LLVMValueRef v[] = {err, task, self, site, state};
	static const size_t at_[] = {offsetof(struct rl_failure, err), offsetof(struct rl_failure, task),
		offsetof(struct rl_failure, self), offsetof(struct rl_failure, site), offsetof(struct rl_failure, state)};
	for (int i = 0; i < 5; i++)
		if (v[i])
			put(g, failure(at_[i]), v[i]);
	if (value)
		cg_store(g, value, cg_at(g, failure(offsetof(struct rl_failure, value))));
	next(g, kept);
}

static void trap(struct cg *g)
{
	begin(g, SUP_TRAP);
	record(g, RL_FAIL_TRAP, NULL, cg_arg(g, 0), cg_arg(g, 1), cg_arg(g, 2), cg_arg(g, 4), cg_arg(g, 3));
	put_const(g, CONTROL(status), RL_DONE);
	put_const(g, CONTROL(attention), 1);
	ret(g, 0);
}

/* A task that ends with an error ends the program. Those that unwind because it ends, with -ECANCELED or what their
 * last request gave, are not failures of their own. */
static void error(struct cg *g, enum support s, uint32_t kind)
{
	begin(g, s);
	ret_when(g, is(g, LLVMIntNE, get(g, CONTROL(stopping)), 0), 0);
	record(g, kind, cg_arg(g, 0), cg_arg(g, 1), cg_arg(g, 2), cg_arg(g, 3), cg_arg(g, 4), NULL);
	LLVMBasicBlockRef asked = when(g, is(g, LLVMIntEQ, get(g, CONTROL(stop)), 0));
	put_const(g, CONTROL(stop), 1);
	next(g, asked);
	put_const(g, CONTROL(attention), 1);
	ret(g, 0);
}

static void deadlock(struct cg *g)
{
	begin(g, SUP_DEADLOCK);
	record(g, RL_FAIL_DEADLOCK, cg_const(g, 32, (uint64_t)-35), NULL, NULL, NULL, NULL, NULL); /* -EDEADLK */
	put_const(g, CONTROL(status), RL_DONE);
	ret(g, 0);
}

/* ---- stopping ---- */

static LLVMValueRef sqe(struct cg *g, LLVMValueRef i)
{
	LLVMValueRef slot = LLVMBuildAnd(g->b, i, cg_const(g, 64, g->l->sq_entries - 1), "");
	return cg_gep(g, cg_at(g, g->l->sqes), LLVMBuildShl(g->b, slot, cg_const(g, 64, 6), ""));
}

static void copy_sqe(struct cg *g, LLVMValueRef to, LLVMValueRef from)
{
	for (unsigned w = 0; w < 8; w++) {
		LLVMValueRef off = cg_const(g, 64, w * 8);
		cg_store(g, cg_load(g, 64, cg_gep(g, from, off)), cg_gep(g, to, off));
	}
}

/* Requests that were written and not submitted: those of a `defer` stay, the others are answered with -ECANCELED. */
static void cancel_unsubmitted(struct cg *g)
{
	LLVMValueRef kept_at = cg_alloca(g, g->i64);
	cg_store(g, cg_unknown_zero(g, 64), kept_at);
	struct count c;
	count_begin(g, &c, get(g, CONTROL(sq_n)), g->l->sq_entries);
	LLVMValueRef from = sqe(g, c.i), ud = cg_load(g, 64, cg_gep(g, from, cg_const(g, 64, FIELD_OFFSET(F_USER_DATA))));
	LLVMValueRef unwind = LLVMBuildAnd(g->b, ud, cg_const(g, 64, RL_UD_UNWIND | RL_UD_INTERNAL), "");
	LLVMBasicBlockRef keep = cg_block(g, "keep"), drop = cg_block(g, "drop");
	LLVMBuildCondBr(g->b, is(g, LLVMIntNE, unwind, 0), keep, drop);
	at(g, keep);
	LLVMValueRef kept = cg_load(g, 64, kept_at);
	copy_sqe(g, sqe(g, kept), from);
	cg_store(g, add(g, kept, 1), kept_at);
	LLVMBuildBr(g->b, c.step);
	at(g, drop);
	cg_push_ready(g, ud, cg_const(g, 32, ECANCELED_));
	put(g, CONTROL(cancels), add(g, get(g, CONTROL(cancels)), 1));
	count_end(g, &c);
	put(g, CONTROL(sq_n), LLVMBuildTrunc(g->b, cg_load(g, 64, kept_at), g->i32, ""));
}

/* Tasks in `await signal` are woken with -ECANCELED. Those in `await all` go on waiting: what they wait for unwinds. */
static void cancel_parked(struct cg *g)
{
	for (size_t t = 0; t < g->ir->tasks.n; t++) {
		const struct ir_fn *task = g->ir->tasks.at[t];
		if (!g->ir->uses_signal || !parks(task))
			continue;
		struct count c;
		count_begin(g, &c, get(g, g->l->pool[t] + POOL_USED), task->sym->count);
		LLVMValueRef key_at = frame_key(g, task, c.i), key = cg_load(g, 32, key_at);
		LLVMBasicBlockRef other = when(g, is(g, LLVMIntUGE, key, g->l->pools_end));
		resume_with(g, task, c.i, key_at, ECANCELED_);
		next(g, other);
		count_end(g, &c);
	}
}

static void stop_now(struct cg *g)
{
	record(g, RL_FAIL_STOPPED, cg_const(g, 32, ECANCELED_), NULL, NULL, NULL, NULL, NULL);
	put_const(g, CONTROL(status), RL_DONE);
	ret(g, ATTEND_STOP);
}

static void attend(struct cg *g)
{
	uint64_t instances = 0;
	for (size_t t = 0; t < g->ir->tasks.n; t++)
		instances += g->ir->tasks.at[t]->sym->count;
	begin(g, SUP_ATTEND);
	/* Cleared before `stop` is read, with a full barrier: the host sets them in the other order. */
	LLVMBuildAtomicRMW(g->b, LLVMAtomicRMWBinOpXchg, cg_at(g, CONTROL(attention)), cg_const(g, 32, 0),
		LLVMAtomicOrderingSequentiallyConsistent, false);
	ret_when(g, is(g, LLVMIntNE, get(g, CONTROL(status)), RL_RUNNING), ATTEND_STOP);
	if (g->ir->uses_log) {
		LLVMValueRef fill = LLVMBuildSub(g->b, get(g, CONTROL(log_tail)), get(g, CONTROL(log_head)), "");
		LLVMBasicBlockRef room = when(g, is(g, LLVMIntUGE, fill, g->l->log_slots / 2));
		put_const(g, CONTROL(status), RL_YIELD);
		/* What else wants attention is looked at when the host lets the program go on. */
		put_const(g, CONTROL(attention), 1);
		ret(g, ATTEND_STOP);
		at(g, room);
	}
	LLVMValueRef stop = get(g, CONTROL(stop));
	ret_when(g, is(g, LLVMIntEQ, stop, 0), ATTEND_GO);
	LLVMBasicBlockRef unwind = when(g, is(g, LLVMIntUGE, stop, 2));
	stop_now(g);
	at(g, unwind);
	put_const(g, CONTROL(attention), 1); /* every round from now on */
	LLVMValueRef first = is(g, LLVMIntEQ, get(g, CONTROL(stopping)), 0);
	put_const(g, CONTROL(stopping), 1);
	cancel_unsubmitted(g);
	LLVMBasicBlockRef patient = when(g, is(g, LLVMIntUGE, get(g, CONTROL(cancels)), instances * CANCELS_PER_INSTANCE));
	stop_now(g);
	at(g, patient);
	LLVMBasicBlockRef again = when(g, first);
	/* Asked for by the host rather than by `main` returning or a failure: the program has not finished. */
	LLVMValueRef main_runs = get(g, g->l->pool[g->ir->p->main->index] + POOL_RUNNING);
	LLVMBasicBlockRef asked = when(g, is(g, LLVMIntNE, main_runs, 0));
	record(g, RL_FAIL_STOPPED, cg_const(g, 32, ECANCELED_), NULL, NULL, NULL, NULL, NULL);
	next(g, asked);
	cancel_parked(g);
	ret(g, ATTEND_CANCEL);
	at(g, again);
	ret(g, ATTEND_GO);
}

/* ---- submission ---- */

/* IORING_OP_ASYNC_CANCEL of everything (IORING_ASYNC_CANCEL_ALL | _ANY, Linux 5.19). Where the kernel knows no _ANY the
 * request fails and those in flight end by themselves. */
static void cancel(struct cg *g)
{
	begin(g, SUP_CANCEL);
	for (unsigned w = 0; w < 8; w++)
		cg_store(g, cg_const(g, 64, 0), cg_at(g, g->l->sqes + w * 8));
	cg_store(g, cg_const(g, 8, 14), cg_at(g, g->l->sqes));
	put_const(g, g->l->sqes + FIELD_OFFSET(F_FD), UINT32_MAX);
	put_const(g, g->l->sqes + FIELD_OFFSET(F_RW_FLAGS), 1 | 4);
	cg_store(g, cg_const(g, 64, RL_UD_INTERNAL | 1), cg_at(g, g->l->sqes + FIELD_OFFSET(F_USER_DATA)));
	ret(g, 0);
}

static void clear(struct cg *g)
{
	begin(g, SUP_CLEAR);
	for (unsigned w = 0; w < 8; w++)
		cg_store(g, cg_const(g, 64, 0), cg_at(g, g->l->sqes + w * 8));
	ret(g, 0);
}

/* Of n SQEs ret were taken, or ret is an error. What was not taken moves to the front and is tried again when
 * something has completed; if nothing is in flight the program ends, for nothing would ever complete. */
static void refused(struct cg *g)
{
	begin(g, SUP_REFUSED);
	LLVMValueRef n = cg_arg(g, 0), result = cg_arg(g, 1);
	LLVMBasicBlockRef some = cg_block(g, "some"), none = cg_block(g, "none");
	LLVMBuildCondBr(g->b, is(g, LLVMIntSGT, result, 0), some, none);
	at(g, some);
	put(g, CONTROL(submitted), LLVMBuildAdd(g->b, get(g, CONTROL(submitted)), result, ""));
	LLVMValueRef left = LLVMBuildSub(g->b, n, result, "");
	struct count c;
	count_begin(g, &c, left, g->l->sq_entries);
	copy_sqe(g, sqe(g, c.i), sqe(g, LLVMBuildAdd(g->b, c.i, cg_zext(g, result, 64), "")));
	count_end(g, &c);
	put(g, CONTROL(sq_n), left);
	ret(g, 0);
	at(g, none);
	ret_when(g, is(g, LLVMIntEQ, result, (uint64_t)-4), 0); /* -EINTR: the host's business */
	LLVMValueRef ring = LLVMBuildAnd(g->b, cg_zext(g, get(g, CONTROL(cq_head)), 64), cg_const(g, 64, RL_RING_OFFSET_MASK & ~3u), "");
	LLVMValueRef head = cg_load(g, 32, cg_gep(g, cg_at(g, g->l->ring), ring));
	LLVMValueRef flight = LLVMBuildSub(g->b, LLVMBuildAdd(g->b, get(g, CONTROL(submitted)), get(g, CONTROL(unasked)), ""), head, "");
	ret_when(g, is(g, LLVMIntNE, flight, 0), 0);
	record(g, RL_FAIL_SUBMIT, result, NULL, NULL, NULL, NULL, NULL);
	put_const(g, CONTROL(status), RL_DONE);
	ret(g, 1);
}

/* ---- log ---- */

static void log_slot(struct cg *g)
{
	begin(g, SUP_LOG);
	LLVMValueRef tail = get(g, CONTROL(log_tail)), fill = LLVMBuildSub(g->b, tail, get(g, CONTROL(log_head)), "");
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
	static const size_t fields[] = {offsetof(struct rl_log, format), offsetof(struct rl_log, task), offsetof(struct rl_log, self)};
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
	LLVMValueRef src = cg_opaque(g, LLVMBuildAdd(g->b, c.i, cg_zext(g, cg_arg(g, 1), 64), ""));
	LLVMBasicBlockRef fits = cg_block(g, "fits"), copy = cg_block(g, "copy");
	LLVMBuildCondBr(g->b, is(g, LLVMIntULT, to, RL_LOG_TEXT), fits, c.end);
	at(g, fits);
	LLVMBuildCondBr(g->b, is(g, LLVMIntULT, src, g->l->size), copy, c.end);
	at(g, copy);
	cg_store(g, cg_load(g, 8, cg_gep(g, g->image, src)), cg_gep(g, cg_gep(g, p, cg_const(g, 64, offsetof(struct rl_log, text))), to));
	cg_store(g, LLVMBuildTrunc(g->b, add(g, to, 1), g->i32, ""), used_at);
	count_end(g, &c);
	LLVMValueRef now = cg_load(g, 32, used_at), kept = LLVMBuildSub(g->b, now, from, "");
	LLVMValueRef cut = LLVMBuildICmp(g->b, LLVMIntULT, kept, len, "");
	LLVMValueRef v = LLVMBuildOr(g->b, LLVMBuildShl(g->b, cg_zext(g, from, 64), cg_const(g, 64, 32), ""), cg_zext(g, kept, 64), "");
	LLVMBuildRet(g->b, LLVMBuildOr(g->b, v, LLVMBuildSelect(g->b, cut, cg_const(g, 64, RL_LOG_CUT), cg_const(g, 64, 0), ""), ""));
}

void codegen_support(struct cg *g)
{
	for (size_t t = 0; t < g->ir->tasks.n; t++) {
		if (g->ir->tasks.at[t]->sym != g->ir->p->main)
			spawn(g, g->ir->tasks.at[t]);
		end(g, g->ir->tasks.at[t]);
	}
	wake(g);
	trap(g);
	error(g, SUP_ERROR, RL_FAIL_ERROR);
	error(g, SUP_FAIL, RL_FAIL_FAIL);
	deadlock(g);
	attend(g);
	refused(g);
	cancel(g);
	clear(g);
	if (g->ir->uses_log) {
		log_slot(g);
		log_text(g);
	}
}
