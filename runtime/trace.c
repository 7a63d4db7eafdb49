/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * trace.c: tracing: the switches of a program's code (image.h), and what its records say.
 *
 * A record is written as an instance suspends, and says where it waits from then on. The next of that
 * instance says when it went on: the two make an await. While the program runs records are handed over as
 * they are; what each instance waits for is kept for whoever has awaits made of them.
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

void rl_trace_drain(struct ringlet *r)
{
	struct rl_control *c = rl_control(r);
	uint32_t n = c->trace_next - r->object.trace;

	if (!r->trace || !n)
		return;
	/* What the image holds is the program's word: it is bounded before use. */
	if (n > RL_TRACE_BYTES)
		n = RL_TRACE_BYTES;
	rl_watch_leave(r);
	r->trace(r->trace_arg, r, r->image + r->object.trace, n);
	rl_watch_enter(r, false);
	c->trace_next = r->object.trace;
}

/* ---- awaits ---- */

/* NULL: of no instance, as no program writes it. */
static const struct rl_task *task_of(
	struct ringlet *r, uint32_t frame, uint32_t *self, struct rl_wait_began **w)
{
	*w = r->waits;
	for (uint32_t i = 0; i < r->object.ntasks; i++) {
		const struct rl_task *t = &r->object.tasks[i];
		uint32_t offset = frame - t->frame; /* large where the frame is before those */

		if (offset < (uint64_t)t->count * t->frame_size) {
			*self = offset / t->frame_size;
			*w += *self;
			return t;
		}
		*w += t->count;
	}
	return NULL;
}

/* Whether the record ends an await. */
static bool take(struct ringlet *r, const struct rl_trace *record, struct ringlet_trace *await)
{
	struct rl_wait_began *w;
	uint32_t self;
	const struct rl_task *t = task_of(r, record->frame, &self, &w);
	const struct rl_state *s;
	bool ends;

	if (!t)
		return false;
	ends = w->state != 0;
	if (ends) {
		s = &t->states[w->state];
		*await = (struct ringlet_trace){
			.task = t->name,
			.self = self,
			.op = s->op,
			.file = s->file,
			.line = s->line,
			.column = s->col,
			.begun_ns = w->ns,
			.ended_ns = record->ns,
		};
	}
	w->state = record->state < t->nstates ? record->state : 0;
	w->ns = record->ns;
	return ends;
}

int ringlet_trace_next(struct ringlet *r, const void **records, size_t *size, struct ringlet_trace *await)
{
	struct rl_trace record;

	while (r->waits && *size >= sizeof(record)) {
		memcpy(&record, *records, sizeof(record));
		*records = (const char *)*records + sizeof(record);
		*size -= sizeof(record);
		if (take(r, &record, await))
			return 1;
	}
	return 0;
}
