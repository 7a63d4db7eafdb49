/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * queue.c: queues, selects, streams. An instance has two queues of its own. What it emits to one comes in
 * order; what is steered to the other comes in any, so that it is only added up, and none is left behind.
 */
#include <stddef.h>
#include "generate.h"

#define EMITTED 8 /* capacities */
#define STEERED 4

void own_queues(struct place *p, const char *task, unsigned count)
{
	const char *dim = count > 1 ? text("[%u]", count) : "", *self = count > 1 ? "[self]" : "";
	if (!wide || one_in(2))
		return;
	line("cq %s_emitted%s[%u];", task, dim, EMITTED);
	line("cq %s_steered%s[%u];", task, dim, STEERED);
	p->emitted = text("%s_emitted%s", task, self);
	p->steered = text("%s_steered%s", task, self);
}

static void mix_completion(struct place *p, const char *c)
{
	mix(p, text("%s.user_data", c));
	mix(p, text("%s.res", c));
}

static struct place turn(struct place *p, unsigned times)
{
	struct place in = *p;
	in.up = p;
	in.nvars = 0;
	in.depth++;
	in.times *= times;
	if (in.times > 16)
		in.awaits = false;
	in.breaks = true;
	return in;
}

/* More than fit, now and then; at least one is in the queue then. */
static void emit(struct place *p)
{
	const char *i = new_name("i");
	open_brace("for (u32 %s in 0..%u)", i, 1 + pick(EMITTED + 2));
	mix(p, text("emit(%s, %s + %s, %s)", p->emitted, cast(U64, value(p, 1)), i, cast(S32, value(p, 1))));
	close_brace();
}

void queue(struct place *p)
{
	if (!p->emitted || p->times > 16) {
		mix(p, value(p, 2));
		return;
	}
	const char *c = new_name("c");
	struct place in = turn(p, EMITTED);
	emit(p);
	mix(p, text("%s.len", p->emitted));
	switch (pick(p->awaits ? 6 : 3)) {
	case 0:
		open_brace("for (cqe %s in %s)", c, p->emitted);
		mix_completion(p, c);
		statements_in_block(&in, pick(3));
		close_brace();
		break;
	case 1:
		line("cqe %s;", c);
		open_brace("while (reap(%s, %s))", p->emitted, c);
		mix_completion(p, c);
		close_brace();
		break;
	case 2:
		break; /* they stay */
	case 3:
		line("await wait(%s, 1);", p->emitted);
		line("cqe %s = await %s;", c, p->emitted);
		mix_completion(p, c);
		break;
	case 4:
		line("cqe %s = await %s timeout 100s;", c, p->emitted);
		mix_completion(p, c);
		break;
	default:
		line("cqe %s = await %s;", c, p->emitted);
		mix_completion(p, c);
	}
	*p->cost += EMITTED * 4 * p->times;
	*p->size += 6;
}

static const char *quick(struct place *p)
{
	switch (pick(4)) {
	case 0:
		return text("timeout(%uus)", 1 + pick(50));
	case 1:
		return text("timeout(us((u64)(%s) & 15))", value(p, 1));
	case 2:
		return "close((fd)(-1))";
	default:
		return "nop()";
	}
}

void steered(struct place *p)
{
	if (!p->steered || !p->awaits || p->times > 16) {
		mix(p, value(p, 2));
		return;
	}
	const char *n = new_name("n"), *c = new_name("c"), *i = new_name("i");
	line("u32 %s;", n);
	open_brace("for (u32 %s in 0..%u)", i, 1 + pick(STEERED + 1));
	line("if (submit %s with { user_data = %s } -> %s) %s++;", quick(p), cast(U64, value(p, 1)),
		p->steered, n);
	close_brace();
	line("await wait(%s, %s);", p->steered, n);
	open_brace("for (cqe %s in %s)", c, p->steered);
	line("%s += %s.user_data * 3 + (u64)%s.res;", p->sum, c, c);
	close_brace();
	mix(p, n);
	*p->cost += 16 * p->times;
	*p->size += 6;
}

/* One arm comes; nothing comes of the others. */
void select_(struct place *p)
{
	if (!p->awaits || p->times > 16) {
		mix(p, value(p, 2));
		return;
	}
	bool from_queue = p->emitted && one_in(3);
	if (from_queue)
		emit(p);
	unsigned arms = 1 + pick(4), winner = pick(arms);
	*p->size += arms * 2;
	open_brace("select");
	for (unsigned k = 0; k < arms; k++) {
		struct place in = turn(p, 1);
		in.breaks = false;
		const char *r = new_name("r");
		if (k != winner && p->steered && one_in(3)) {
			open_brace("on await %s :", p->steered);
		} else if (k != winner) {
			open_brace("on s32 %s = await timeout(%us) :", r, 100 + pick(9));
			mix(&in, r);
		} else if (from_queue) {
			open_brace("on cqe %s = await %s :", r, p->emitted);
			mix_completion(&in, r);
		} else {
			open_brace("on s32 %s = await %s :", r, quick(p));
			mix(&in, r);
		}
		statements_in_block(&in, 1 + pick(2));
		close_brace();
	}
	if (arms == 1 || one_in(2)) {
		open_brace("on timeout 200s :");
		line("log(\"too late\");");
		close_brace();
	}
	close_brace();
}

void stream(struct place *p)
{
	unsigned n = 1 + pick(4);
	if (!p->awaits || p->times > 4) {
		mix(p, value(p, 2));
		return;
	}
	const char *c = new_name("c");
	struct place in = turn(p, n);
	open_brace("for (cqe %s in timeout_multishot(%uus, %u))", c, 1 + pick(200), n);
	mix(p, text("%s.res", c));
	statements_in_block(&in, pick(3));
	close_brace();
	*p->size += 4;
}

void completion(struct place *p)
{
	if (!p->awaits || p->times > 16) {
		mix(p, value(p, 2));
		return;
	}
	const char *c = new_name("c");
	line("cqe %s = await %s with { user_data = %s };", c, quick(p), cast(U64, value(p, 2)));
	mix_completion(p, c);
	*p->size += 2;
}
