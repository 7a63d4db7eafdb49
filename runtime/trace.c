/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * trace.c: tracing: the switches of a program's code (image.h), and what its records say.
 *
 * A record is written as an instance suspends, and says where it waits from then on. The next of that
 * instance says when it went on: the two make an await. So what each instance waits for is kept here.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "trace.h"
#include "uring.h"

struct rl_wait_began {
	uint32_t state; /* 0: it does not wait */
	uint64_t ns;
};

/* ---- switches ---- */

bool rl_switch_is_bpf(const unsigned char *at, size_t left)
{
	struct bpf_insn i[2];

	if (left < sizeof(i))
		return false;
	memcpy(i, at, sizeof(i));
	return i[0].code == (BPF_JMP | BPF_JNE | BPF_K) && i[0].off == 1 && !i[0].imm &&
	       i[1].code == (BPF_JMP32 | BPF_JA);
}

void rl_trace_switch_bpf(struct ringlet *r)
{
	const struct rl_switches *all[] = {&r->object.step_switches, &r->object.text_switches};

	for (unsigned k = 0; r->trace && k < 2; k++)
		for (uint32_t i = 0; i < all[k]->n; i++)
			*((unsigned char *)(uintptr_t)all[k]->bytes + all[k]->at[i]) =
				BPF_JMP | BPF_JEQ | BPF_K;
}

/* What a jump begins with, and a `nop` as long as it. */
#if defined(__x86_64__)
static const unsigned char native_on[] = {0x0f, 0x1f, 0x44, 0x00, 0x00};
static bool is_jump(const unsigned char *at)
{
	return at[0] == 0xe9;
}
#elif defined(__aarch64__)
static const unsigned char native_on[] = {0x1f, 0x20, 0x03, 0xd5};
static bool is_jump(const unsigned char *at)
{
	return at[3] >> 2 == 5;
}
#else
static const unsigned char native_on[] = {0};
static bool is_jump(const unsigned char *at)
{
	return !at;
}
#endif

bool rl_switch_is_native(const unsigned char *at, size_t left)
{
	return left >= sizeof(native_on) && is_jump(at);
}

void rl_trace_switch_native(struct ringlet *r, void *code)
{
	const struct rl_switches *w = &r->object.native_switches;

	for (uint32_t i = 0; r->trace && i < w->n; i++)
		memcpy((char *)code + w->at[i], native_on, sizeof(native_on));
}

/* ---- records ---- */

int rl_trace_begin(struct ringlet *r)
{
	size_t instances = 0;

	if (!r->trace)
		return 0;
	if (!r->object.trace)
		return rl_error(r, EOPNOTSUPP, "the program cannot be traced: build it with ringc");
	for (uint32_t i = 0; i < r->object.ntasks; i++)
		instances += r->object.tasks[i].count;
	free(r->waits);
	r->waits = calloc(instances + 1, sizeof(*r->waits));
	return r->waits ? 0 : rl_error(r, ENOMEM, "out of memory");
}

static void deliver(struct ringlet *r, const struct rl_task *t, uint32_t self, struct rl_wait_began *w,
	const struct rl_trace *record)
{
	const struct rl_state *s = &t->states[w->state];
	const struct ringlet_trace await = {
		.program = r,
		.task = t->name,
		.self = self,
		.op = s->op,
		.file = s->file,
		.line = s->line,
		.column = s->col,
		.begun_ns = w->ns,
		.ended_ns = record->resumed,
	};

	r->trace(r->trace_arg, &await);
}

/* What the image holds is the program's word: it is bounded before use. */
static void take(struct ringlet *r, const struct rl_trace *record)
{
	struct rl_wait_began *first = r->waits;

	for (uint32_t i = 0; i < r->object.ntasks; i++) {
		const struct rl_task *t = &r->object.tasks[i];
		uint32_t self = t->frame_size ? (record->frame - t->frame) / t->frame_size : t->count;

		if (record->frame >= t->frame && self < t->count) {
			struct rl_wait_began *w = first + self;

			if (w->state)
				deliver(r, t, self, w, record);
			w->state = record->state < t->nstates ? record->state : 0;
			w->ns = record->suspended;
			return;
		}
		first += t->count;
	}
}

void rl_trace_drain(struct ringlet *r)
{
	struct rl_control *c = rl_control(r);
	const struct rl_trace *ring;

	if (!r->trace)
		return;
	ring = (const struct rl_trace *)(r->image + r->object.trace);
	for (; c->trace_head != c->trace_tail; c->trace_head++) {
		struct rl_trace record = ring[c->trace_head % RL_TRACE_SLOTS];

		take(r, &record);
	}
}
