/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * native_fold.c: addresses in the image. BPF builds each in a register, by up to three instructions, before
 * it loads or stores; a machine that holds the image's address in a register has the rest in the access
 * itself. What then nobody reads is dropped.
 */
#include "native.h"

enum { REGS = 11, CALL_USES = 0x3e, CALL_CLOBBERS = 0x3f };

struct known { /* a register that holds the image's address and this much more */
	bool yes;
	int64_t offset;
};

static bool is_load(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_LDX;
}

static bool is_store(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_ST || BPF_CLASS(i->code) == BPF_STX;
}

static bool is_atomic(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_STX && BPF_MODE(i->code) == BPF_ATOMIC;
}

static bool is_image(const struct bpf_insn *i)
{
	return i->code == (BPF_LD | BPF_DW | BPF_IMM) && i->src_reg == BPF_PSEUDO_MAP_VALUE;
}

static bool is_call(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_CALL);
}

/* The register with the address of a load, a store or an atomic. */
unsigned native_base(const struct bpf_insn *i)
{
	return is_load(i) || (is_atomic(i) && i->imm == BPF_LOAD_ACQ) ? i->src_reg : i->dst_reg;
}

/* Registers written, as bits. */
static unsigned writes(const struct bpf_insn *i)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
	case BPF_LDX:
	case BPF_LD:
		return 1u << i->dst_reg;
	case BPF_STX:
		if (!is_atomic(i) || i->imm == BPF_STORE_REL)
			return 0;
		if (i->imm == BPF_LOAD_ACQ)
			return 1u << i->dst_reg;
		if (i->imm == BPF_CMPXCHG)
			return 1u << BPF_REG_0;
		return i->imm & BPF_FETCH ? 1u << i->src_reg : 0;
	default:
		return is_call(i) ? CALL_CLOBBERS : 0;
	}
}

static unsigned reads(const struct bpf_code *c, uint32_t n)
{
	const struct bpf_insn *i = &c->insn[n];
	if (c->how[n] == NATIVE_SWITCH)
		return 0;
	unsigned d = 1u << i->dst_reg, s = BPF_SRC(i->code) == BPF_X ? 1u << i->src_reg : 0,
		 op = BPF_OP(i->code);
	unsigned base = c->how[n] == NATIVE_PLACE ? 0 : 1u << native_base(i);
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		if (c->how[n] == NATIVE_SUM)
			return 1u << c->index[n];
		return op == BPF_MOV ? s : op == BPF_END ? d : d | s;
	case BPF_LDX:
	case BPF_ST:
		return base;
	case BPF_STX:
		if (is_atomic(i) && i->imm == BPF_LOAD_ACQ)
			return base;
		return base | 1u << i->src_reg |
		       (is_atomic(i) && i->imm == BPF_CMPXCHG ? 1u << BPF_REG_0 : 0);
	case BPF_JMP:
	case BPF_JMP32:
		if (is_call(i))
			return CALL_USES;
		if (op == BPF_EXIT)
			return 1u << BPF_REG_0;
		return op == BPF_JA || op == BPF_JCOND ? 0 : d | s;
	default:
		return 0;
	}
}

/* Forward, from each jump's target on: which registers hold places of the image. */
static void find_places(struct bpf_code *c, const struct native_fn *f)
{
	struct known r[REGS] = {0};
	for (uint32_t n = f->first; n < f->end; n++) {
		const struct bpf_insn *i = &c->insn[n];
		unsigned d = i->dst_reg, s = i->src_reg, written = writes(i);
		struct known now = {0};
		if (c->target[n])
			for (unsigned k = 0; k < REGS; k++)
				r[k].yes = false;
		if (is_image(i)) {
			now = (struct known){true, i->imm};
			c->how[n] = NATIVE_ADDRESS;
		} else if (is_load(i) || is_store(i)) {
			if (r[native_base(i)].yes) {
				c->how[n] = NATIVE_PLACE;
				c->offset[n] = (int32_t)(r[native_base(i)].offset + i->off);
			}
		} else if (i->code == (BPF_ALU64 | BPF_MOV | BPF_X) && !i->off && r[s].yes) {
			now = r[s];
			c->how[n] = NATIVE_ADDRESS;
		} else if (i->code == (BPF_ALU64 | BPF_ADD | BPF_K) && r[d].yes) {
			now = (struct known){true, r[d].offset + i->imm};
			c->how[n] = NATIVE_ADDRESS;
		} else if (i->code == (BPF_ALU64 | BPF_ADD | BPF_X) && r[d].yes != r[s].yes) {
			c->how[n] = NATIVE_SUM;
			c->index[n] = (uint8_t)(r[d].yes ? s : d);
			c->offset[n] = (int32_t)(r[d].yes ? r[d].offset : r[s].offset);
		}
		if (c->how[n] == NATIVE_ADDRESS)
			c->offset[n] = (int32_t)now.offset;
		for (unsigned k = 0; k < REGS; k++)
			if (written >> k & 1)
				r[k].yes = false;
		if (now.yes)
			r[d] = now;
		if (BPF_CLASS(i->code) == BPF_LD)
			n++;
	}
}

/* Backward, until nothing changes: an address that nobody reads is not made. `live`: before each instruction.
 */
static void drop_unread(struct bpf_code *c, const struct native_fn *f, uint16_t *live)
{
	for (bool again = true; again;) {
		again = false;
		for (uint32_t n = f->end; n-- > f->first;) {
			const struct bpf_insn *i = &c->insn[n];
			if (!i->code) /* the second half of a pair */
				continue;
			bool jumps = native_is_jump(i);
			bool ends = i->code == (BPF_JMP | BPF_EXIT) || (jumps && BPF_OP(i->code) == BPF_JA);
			uint32_t next = BPF_CLASS(i->code) == BPF_LD ? n + 2 : n + 1;
			unsigned out = (ends                   ? 0
					       : next < f->end ? live[next]
							       : 0) |
				       (jumps ? live[c->to[n]] : 0);
			bool address = c->how[n] == NATIVE_ADDRESS || c->how[n] == NATIVE_DROPPED;
			if (address && !(out >> i->dst_reg & 1)) {
				c->how[n] = NATIVE_DROPPED;
			} else {
				if (address)
					c->how[n] = NATIVE_ADDRESS;
				out = (out & ~writes(i)) | (address ? 0 : reads(c, n));
			}
			again |= live[n] != out;
			live[n] = (uint16_t)out;
		}
	}
}

void native_fold(struct arena *arena, struct bpf_code *c)
{
	uint16_t *live = arena_alloc(arena, (c->n + 2) * sizeof *live);
	c->how = arena_alloc(arena, c->n * sizeof *c->how);
	c->index = arena_alloc(arena, c->n * sizeof *c->index);
	c->offset = arena_alloc(arena, c->n * sizeof *c->offset);
	for (uint32_t n = 1; n + 1 < c->n; n++)
		if (native_is_switch(c, n))
			c->how[n] = NATIVE_SWITCH;
	for (size_t f = 0; f < c->fns.n; f++) {
		find_places(c, &c->fns.at[f]);
		drop_unread(c, &c->fns.at[f], live);
	}
}
