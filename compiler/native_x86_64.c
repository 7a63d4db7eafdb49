/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * native_x86_64.c: BPF instructions as x86-64 ones, of the baseline that every such machine has (System V
 * ABI; Intel's Software Developer's Manual, volume 2).
 *
 * The arguments of a BPF function are in the registers of the C ABI's, so that calls move nothing. r12 holds
 * the image's address all the time.
 */
#include "native.h"
#include "../runtime/image.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

static const uint8_t map[] = {RAX, RDI, RSI, RDX, RCX, R8, RBX, R13, R14, R15, RBP};
enum { IMAGE = R12 }; /* R9 to R11 are free for what one BPF instruction needs */

enum { FIXUP_REL32 };

/* Opcodes of the form `op r/m, reg`, and the digit of `81 /digit`, op r/m, imm32. */
enum { ADD = 0x01, OR = 0x09, AND = 0x21, SUB = 0x29, XOR = 0x31, CMP = 0x39, TEST = 0x85, MOV = 0x89 };
static unsigned digit(unsigned opcode)
{
	return opcode >> 3;
}

/* ---- encoding ---- */

static void byte(struct native_code *c, unsigned b)
{
	uint8_t v = (uint8_t)b;
	native_bytes(c, &v, 1);
}

static bool fits8(int64_t v)
{
	return v == (int8_t)v;
}

static void opcode_bytes(struct native_code *c, unsigned opcode)
{
	if (opcode > 0xff)
		byte(c, opcode >> 8);
	byte(c, opcode);
}

/* opcode with two registers; `wide`: 64 bits. */
static void rr(struct native_code *c, bool wide, unsigned opcode, unsigned reg, unsigned rm)
{
	unsigned rex = 0x40u | wide << 3 | reg >> 3 << 2 | rm >> 3;
	if (rex != 0x40)
		byte(c, rex);
	opcode_bytes(c, opcode);
	byte(c, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

/* opcode with a register (or digit) and memory at base + disp. `low`: the register is one of 8 bits, of which
 * RSI and RDI have one only with a REX prefix. */
static void rm(struct native_code *c, bool wide, bool low, unsigned opcode, unsigned reg, unsigned base,
	int32_t disp)
{
	unsigned rex = 0x40u | wide << 3 | reg >> 3 << 2 | base >> 3;
	if (rex != 0x40 || low)
		byte(c, rex);
	opcode_bytes(c, opcode);
	bool none = !disp && (base & 7) != RBP;
	unsigned mod = none ? 0 : fits8(disp) ? 1 : 2;
	byte(c, mod << 6 | (reg & 7) << 3 | (base & 7));
	if ((base & 7) == RSP)
		byte(c, 0x24); /* no index */
	if (mod == 1)
		byte(c, (unsigned)disp);
	else if (mod == 2)
		native_u32(c, (uint32_t)disp);
}

static void mov(struct native_code *c, bool wide, unsigned to, unsigned from)
{
	rr(c, wide, MOV, from, to);
}

/* op reg, imm */
static void ri(struct native_code *c, bool wide, unsigned opcode, unsigned reg, int32_t imm)
{
	rr(c, wide, fits8(imm) ? 0x83 : 0x81, digit(opcode), reg);
	if (fits8(imm))
		byte(c, (unsigned)imm);
	else
		native_u32(c, (uint32_t)imm);
}

static void load_imm(struct native_code *c, unsigned reg, uint64_t v)
{
	unsigned high = reg >> 3;
	if (!v) {
		rr(c, false, XOR, reg, reg);
	} else if (v <= UINT32_MAX) {
		if (high)
			byte(c, 0x41);
		byte(c, 0xb8 | (reg & 7));
		native_u32(c, (uint32_t)v);
	} else if ((int64_t)v == (int32_t)v) {
		rr(c, true, 0xc7, 0, reg);
		native_u32(c, (uint32_t)v);
	} else {
		byte(c, 0x48 | high);
		byte(c, 0xb8 | (reg & 7));
		native_u32(c, (uint32_t)v);
		native_u32(c, (uint32_t)(v >> 32));
	}
}

static void push(struct native_code *c, unsigned reg)
{
	if (reg >> 3)
		byte(c, 0x41);
	byte(c, 0x50 | (reg & 7));
}

static void pop(struct native_code *c, unsigned reg)
{
	if (reg >> 3)
		byte(c, 0x41);
	byte(c, 0x58 | (reg & 7));
}

/* A jump within what one BPF instruction becomes: its distance is filled in by `here`. */
static size_t jump_ahead(struct native_code *c, unsigned opcode)
{
	byte(c, opcode);
	byte(c, 0);
	return c->n;
}

static void here(struct native_code *c, size_t from)
{
	c->at[from - 1] = (uint8_t)(c->n - from);
}

enum { JMP8 = 0xeb, JZ8 = 0x74, JNZ8 = 0x75 };

/* ---- arithmetic ---- */

/* d = d op s for shifts: the distance is in CL, which is also r4's register. */
static void shift(struct native_code *c, bool wide, unsigned op, unsigned d, unsigned s)
{
	unsigned what = d;
	if (s != RCX) {
		mov(c, true, R11, RCX);
		if (d == RCX)
			what = R11;
		mov(c, true, RCX, s);
	} else if (d == RCX) {
		mov(c, true, R11, RCX);
		what = R11;
	}
	rr(c, wide, 0xd3, op, what);
	if (s != RCX || d == RCX)
		mov(c, true, RCX, R11);
}

static unsigned shift_digit(unsigned op)
{
	return op == BPF_LSH ? 4 : op == BPF_RSH ? 5 : 7;
}

/* d = d / s or d % s, s being in R11. Division by zero gives 0, and the remainder is then d; -1 is apart,
 * because the machine traps where the result does not fit. */
static void divide(struct native_code *c, bool wide, bool is_signed, bool mod, unsigned d)
{
	mov(c, true, R10, RAX);
	mov(c, true, R9, RDX);
	mov(c, wide, RAX, d);
	rr(c, wide, TEST, R11, R11);
	size_t zero = jump_ahead(c, JZ8), minus_one = 0, negated = 0;
	if (is_signed) {
		ri(c, wide, CMP, R11, -1);
		minus_one = jump_ahead(c, JZ8);
		if (wide)
			byte(c, 0x48);
		byte(c, 0x99); /* cdq, cqo */
	} else {
		rr(c, false, XOR, RDX, RDX);
	}
	rr(c, wide, 0xf7, is_signed ? 7 : 6, R11);
	if (mod)
		mov(c, wide, RAX, RDX);
	size_t done = jump_ahead(c, JMP8);
	if (is_signed) {
		here(c, minus_one);
		if (mod)
			rr(c, false, XOR, RAX, RAX);
		else
			rr(c, wide, 0xf7, 3, RAX); /* neg */
		negated = jump_ahead(c, JMP8);
	}
	here(c, zero);
	if (!mod)
		rr(c, false, XOR, RAX, RAX);
	here(c, done);
	if (is_signed)
		here(c, negated);
	mov(c, wide, R11, RAX);
	mov(c, true, RAX, R10);
	mov(c, true, RDX, R9);
	mov(c, true, d, R11);
}

/* The low 16, 32 or 64 bits of d, the others zero; `swap` turns their bytes around. */
static void bytes_order(struct native_code *c, unsigned d, int bits, bool swap)
{
	if (bits == 16) {
		if (swap) {
			byte(c, 0x66); /* ror d16, 8 */
			rr(c, false, 0xc1, 1, d);
			byte(c, 8);
		}
		rr(c, false, 0x0fb7, d, d);
		return;
	}
	if (swap) {
		unsigned rex = 0x40 | (bits == 64) << 3 | d >> 3;
		if (rex != 0x40)
			byte(c, rex);
		byte(c, 0x0f);
		byte(c, 0xc8 | (d & 7));
	} else if (bits == 32) {
		mov(c, false, d, d);
	}
}

static void move(struct native_code *c, const struct bpf_insn *i, bool wide, unsigned d, unsigned s)
{
	if (BPF_SRC(i->code) == BPF_K)
		load_imm(c, d, wide ? (uint64_t)(int64_t)i->imm : (uint32_t)i->imm);
	else if (i->off == 8) {            /* with sign extension: v4 */
		rr(c, true, 0x0fbe, d, s); /* with REX.W the low byte is one of any register */
		if (!wide)
			mov(c, false, d, d);
	} else if (i->off == 16)
		rr(c, wide, 0x0fbf, d, s);
	else if (i->off == 32)
		rr(c, true, 0x63, d, s);
	else if (!wide || d != s)
		mov(c, wide, d, s);
}

static void alu(struct native_code *c, const struct bpf_insn *i)
{
	static const uint8_t simple[] = {[BPF_ADD >> 4] = ADD,
		[BPF_SUB >> 4] = SUB,
		[BPF_OR >> 4] = OR,
		[BPF_AND >> 4] = AND,
		[BPF_XOR >> 4] = XOR};
	bool wide = BPF_CLASS(i->code) == BPF_ALU64, x = BPF_SRC(i->code) == BPF_X;
	unsigned d = map[i->dst_reg], s = map[i->src_reg], op = BPF_OP(i->code);
	switch (op) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_OR:
	case BPF_AND:
	case BPF_XOR:
		if (x)
			rr(c, wide, simple[op >> 4], s, d);
		else
			ri(c, wide, simple[op >> 4], d, i->imm);
		return;
	case BPF_MUL:
		if (x) {
			rr(c, wide, 0x0faf, d, s);
		} else {
			rr(c, wide, 0x69, d, d);
			native_u32(c, (uint32_t)i->imm);
		}
		return;
	case BPF_DIV:
	case BPF_MOD:
		if (x)
			mov(c, wide, R11, s);
		else
			load_imm(c, R11, wide ? (uint64_t)(int64_t)i->imm : (uint32_t)i->imm);
		divide(c, wide, i->off == 1, op == BPF_MOD, d);
		return;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		if (x) {
			shift(c, wide, shift_digit(op), d, s);
			if (!wide)
				mov(c, false, d, d); /* a distance of 0 leaves the upper half as it was */
		} else {
			rr(c, wide, 0xc1, shift_digit(op), d);
			byte(c, (unsigned)i->imm & (wide ? 63 : 31));
			if (!wide && !(i->imm & 31))
				mov(c, false, d, d);
		}
		return;
	case BPF_NEG:
		rr(c, wide, 0xf7, 3, d);
		return;
	case BPF_MOV:
		move(c, i, wide, d, s);
		return;
	case BPF_END: /* as ALU64: bswap (v4); else x says big-endian */
		bytes_order(c, d, i->imm, wide || x);
		return;
	default:
		native_unknown(i);
	}
}

/* ---- memory ---- */

/* The operand of a load, store or atomic. */
struct place {
	unsigned base;
	int32_t disp;
};

static struct place place(const struct native_code *c, uint32_t n)
{
	const struct bpf_insn *i = &c->bpf->insn[n];
	if (c->bpf->how[n] == NATIVE_PLACE)
		return (struct place){IMAGE, c->bpf->offset[n]};
	return (struct place){map[native_base(i)], i->off};
}

static void load(struct native_code *c, const struct bpf_insn *i, struct place p, bool sign)
{
	unsigned d = map[i->dst_reg];
	switch (BPF_SIZE(i->code)) {
	case BPF_B:
		rm(c, sign, false, sign ? 0x0fbe : 0x0fb6, d, p.base, p.disp);
		return;
	case BPF_H:
		rm(c, sign, false, sign ? 0x0fbf : 0x0fb7, d, p.base, p.disp);
		return;
	case BPF_W:
		rm(c, sign, false, sign ? 0x63 : 0x8b, d, p.base, p.disp);
		return;
	default:
		rm(c, true, false, 0x8b, d, p.base, p.disp);
	}
}

static void store(struct native_code *c, const struct bpf_insn *i, struct place p)
{
	unsigned s = map[i->src_reg], size = BPF_SIZE(i->code);
	if (size == BPF_H)
		byte(c, 0x66);
	rm(c, size == BPF_DW, size == BPF_B, size == BPF_B ? 0x88 : 0x89, s, p.base, p.disp);
}

static void store_imm(struct native_code *c, const struct bpf_insn *i, struct place p)
{
	unsigned size = BPF_SIZE(i->code);
	if (size == BPF_H)
		byte(c, 0x66);
	rm(c, size == BPF_DW, false, size == BPF_B ? 0xc6 : 0xc7, 0, p.base, p.disp);
	if (size == BPF_B) {
		byte(c, (unsigned)i->imm);
	} else if (size == BPF_H) {
		byte(c, (unsigned)i->imm);
		byte(c, (unsigned)i->imm >> 8);
	} else {
		native_u32(c, (uint32_t)i->imm);
	}
}

/* and, or, xor that fetch: compare and exchange until nobody came between. */
static void fetch_loop(
	struct native_code *c, const struct bpf_insn *i, struct place p, bool wide, unsigned opcode)
{
	unsigned s = map[i->src_reg];
	rm(c, true, false, 0x8d, R9, p.base, p.disp); /* lea: the base may be RAX */
	mov(c, true, R10, s);
	push(c, RAX);
	rm(c, wide, false, 0x8b, RAX, R9, 0);
	size_t again = c->n;
	mov(c, true, R11, RAX);
	rr(c, wide, opcode, R10, R11);
	byte(c, 0xf0);
	rm(c, wide, false, 0x0fb1, R11, R9, 0);
	size_t back = jump_ahead(c, JNZ8);
	c->at[back - 1] = (uint8_t)(again - back);
	mov(c, wide, R10, RAX);
	pop(c, RAX);
	mov(c, true, s, R10);
}

static void atomic(struct native_code *c, const struct bpf_insn *i, struct place p)
{
	bool wide = BPF_SIZE(i->code) == BPF_DW;
	unsigned s = map[i->src_reg];
	/* Loads acquire and stores release on this machine as they are. */
	if (i->imm == BPF_LOAD_ACQ) {
		load(c, i, p, false);
		return;
	}
	if (i->imm == BPF_STORE_REL) {
		store(c, i, p);
		return;
	}
	if (BPF_SIZE(i->code) != BPF_W && !wide)
		native_unknown(i);
	switch (i->imm) {
	case BPF_ADD:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		byte(c, 0xf0);
		rm(c, wide, false,
			i->imm == BPF_ADD   ? ADD
			: i->imm == BPF_AND ? AND
			: i->imm == BPF_OR  ? OR
					    : XOR,
			s, p.base, p.disp);
		return;
	case BPF_ADD | BPF_FETCH:
		byte(c, 0xf0);
		rm(c, wide, false, 0x0fc1, s, p.base, p.disp);
		return;
	case BPF_AND | BPF_FETCH:
		fetch_loop(c, i, p, wide, AND);
		return;
	case BPF_OR | BPF_FETCH:
		fetch_loop(c, i, p, wide, OR);
		return;
	case BPF_XOR | BPF_FETCH:
		fetch_loop(c, i, p, wide, XOR);
		return;
	case BPF_XCHG: /* locked by itself */
		rm(c, wide, false, 0x87, s, p.base, p.disp);
		return;
	case BPF_CMPXCHG:
		byte(c, 0xf0);
		rm(c, wide, false, 0x0fb1, s, p.base, p.disp);
		if (!wide)
			mov(c, false, RAX, RAX); /* where it was equal, RAX was not written */
		return;
	default:
		native_unknown(i);
	}
}

/* ---- control ---- */

static void jump_to(struct native_code *c, uint32_t to, bool call)
{
	native_fixup(c, to, call, FIXUP_REL32);
	native_u32(c, 0);
}

/* Five bytes, as long as the `nop` that may be written there. */
static void jump_always(struct native_code *c, uint32_t to)
{
	byte(c, 0xe9);
	jump_to(c, to, false);
}

/* What `jcc` is after the comparison, for those BPF has. */
static unsigned condition(const struct bpf_insn *i)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return 0x84;
	case BPF_JNE:
	case BPF_JSET:
		return 0x85;
	case BPF_JGT:
		return 0x87;
	case BPF_JGE:
		return 0x83;
	case BPF_JLT:
		return 0x82;
	case BPF_JLE:
		return 0x86;
	case BPF_JSGT:
		return 0x8f;
	case BPF_JSGE:
		return 0x8d;
	case BPF_JSLT:
		return 0x8c;
	case BPF_JSLE:
		return 0x8e;
	default:
		native_unknown(i);
	}
}

static void jump_if(struct native_code *c, const struct bpf_insn *i, uint32_t to)
{
	bool wide = BPF_CLASS(i->code) == BPF_JMP, set = BPF_OP(i->code) == BPF_JSET;
	unsigned d = map[i->dst_reg];
	if (BPF_SRC(i->code) == BPF_X) {
		rr(c, wide, set ? TEST : CMP, map[i->src_reg], d);
	} else if (set) {
		rr(c, wide, 0xf7, 0, d);
		native_u32(c, (uint32_t)i->imm);
	} else if (!i->imm) {
		rr(c, wide, TEST, d, d); /* leaves the flags as a comparison with 0 does */
	} else {
		ri(c, wide, CMP, d, i->imm);
	}
	byte(c, 0x0f);
	byte(c, condition(i));
	jump_to(c, to, false);
}

/* How far the stack pointer goes down besides what is pushed: where C is called it is a multiple of 16. Only
 * the step submits, and `entry` calls it with an aligned stack. */
static int32_t stack_room(const struct native_fn *f)
{
	unsigned words =
		1 + (unsigned)__builtin_popcount(f->saved) + (f->stack != 0); /* the return address is one */
	return f->stack + (f->submits && words % 2 ? 8 : 0);
}

static void epilogue(struct native_code *c, const struct native_fn *f)
{
	if (stack_room(f))
		ri(c, true, ADD, RSP, stack_room(f));
	for (int r = 3; r >= 0; r--)
		if (f->saved >> r & 1)
			pop(c, map[BPF_REG_6 + r]);
	if (f->stack)
		pop(c, RBP);
	byte(c, 0xc3);
}

static void prologue(struct native_code *c, const struct native_fn *f)
{
	if (f->stack)
		push(c, RBP);
	for (int r = 0; r < 4; r++)
		if (f->saved >> r & 1)
			push(c, map[BPF_REG_6 + r]);
	if (f->stack)
		mov(c, true, RBP, RSP); /* r10: the stack is below what was pushed */
	if (stack_room(f))
		ri(c, true, SUB, RSP, stack_room(f));
}

/* submit(engine, n, 1): r1 is the context, r2 is n. */
static void submit(struct native_code *c)
{
	rm(c, true, false, 0x8b, RAX, RDI, 8);
	rm(c, true, false, 0x8b, RDI, RDI, 0);
	load_imm(c, RDX, 1);
	rr(c, false, 0xff, 2, RAX);
	mov(c, false, RAX, RAX);
}

/* A function of C's whose address is in the control block, from any depth: the stack is aligned first. */
static void call_through(struct native_code *c, size_t field)
{
	mov(c, true, RAX, RSP);
	ri(c, true, AND, RSP, -16);
	push(c, RAX);
	push(c, RAX);
	rm(c, false, false, 0xff, 2, IMAGE, (int32_t)field);
	pop(c, RSP);
}

static void jump(struct native_code *c, const struct native_fn *f, uint32_t n)
{
	const struct bpf_insn *i = &c->bpf->insn[n];
	switch (BPF_OP(i->code)) {
	case BPF_JA:
		if (c->bpf->to[n] == n + 1)
			return;
		jump_always(c, c->bpf->to[n]);
		return;
	case BPF_CALL:
		if (i->src_reg == BPF_PSEUDO_KFUNC_CALL && i->imm == NATIVE_REGION) {
			rm(c, true, false, 0x8b, RAX, IMAGE, offsetof(struct rl_control, region_at));
		} else if (i->src_reg == BPF_PSEUDO_KFUNC_CALL) {
			submit(c);
		} else if (i->src_reg == BPF_PSEUDO_CALL) {
			byte(c, 0xe8);
			jump_to(c, c->bpf->to[n], true);
		} else if (i->imm == BPF_FUNC_copy_from_user) {
			call_through(c, offsetof(struct rl_control, copy));
		} else if (i->imm == BPF_FUNC_ktime_get_ns) {
			call_through(c, offsetof(struct rl_control, clock));
		} else if (i->imm == BPF_FUNC_jiffies64) {
			rm(c, true, false, 0x8b, RAX, IMAGE, offsetof(struct rl_control, now));
		} else {
			native_unknown(i);
		}
		return;
	case BPF_EXIT:
		epilogue(c, f);
		return;
	case BPF_JCOND:
		return; /* may_goto: never */
	default:
		jump_if(c, i, c->bpf->to[n]);
	}
}

/* lea d, [image + index + offset] */
static void sum(struct native_code *c, unsigned d, unsigned index, int32_t offset)
{
	byte(c, 0x48 | d >> 3 << 2 | index >> 3 << 1 | IMAGE >> 3);
	byte(c, 0x8d);
	byte(c, 0x84 | (d & 7) << 3);
	byte(c, (index & 7) << 3 | (IMAGE & 7));
	native_u32(c, (uint32_t)offset);
}

static void insn(struct native_code *c, const struct native_fn *f, uint32_t n)
{
	const struct bpf_insn *i = &c->bpf->insn[n];
	unsigned mode = BPF_MODE(i->code), d = map[i->dst_reg];
	if (c->bpf->how[n] == NATIVE_ADDRESS) {
		rm(c, true, false, 0x8d, d, IMAGE, c->bpf->offset[n]); /* lea */
		return;
	}
	if (c->bpf->how[n] == NATIVE_SWITCH) {
		jump_always(c, c->bpf->to[n]);
		return;
	}
	if (c->bpf->how[n] == NATIVE_SUM) {
		sum(c, d, map[c->bpf->index[n]], c->bpf->offset[n]);
		return;
	}
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		alu(c, i);
		return;
	case BPF_JMP:
	case BPF_JMP32:
		jump(c, f, n);
		return;
	case BPF_LD:
		if (i->code != (BPF_LD | BPF_DW | BPF_IMM) || i->src_reg)
			native_unknown(i);
		load_imm(c, d, (uint32_t)i[0].imm | (uint64_t)(uint32_t)i[1].imm << 32);
		return;
	case BPF_LDX:
		if (mode != BPF_MEM && mode != BPF_MEMSX)
			native_unknown(i);
		load(c, i, place(c, n), mode == BPF_MEMSX);
		return;
	case BPF_ST:
		store_imm(c, i, place(c, n));
		return;
	default: /* BPF_STX */
		if (mode == BPF_ATOMIC)
			atomic(c, i, place(c, n));
		else if (mode == BPF_MEM)
			store(c, i, place(c, n));
		else
			native_unknown(i);
	}
}

/* int step(void *image, void *engine, rl_submit_fn *submit) */
static void entry(struct native_code *c)
{
	static const uint8_t saved[] = {RBP, RBX, R12, R13, R14, R15};
	enum { CONTEXT = 0, ARGS = 16, WORD = 32, SIZE = 40 };
	for (unsigned i = 0; i < sizeof saved; i++)
		push(c, saved[i]);
	ri(c, true, SUB, RSP, SIZE);
	mov(c, true, IMAGE, RDI);
	rm(c, true, false, MOV, RSI, RSP, CONTEXT);
	rm(c, true, false, MOV, RDX, RSP, CONTEXT + 8);
	rm(c, true, false, MOV, RSP, RSP, ARGS); /* the context's address */
	rm(c, true, false, 0x8d, RAX, RSP, WORD);
	rm(c, true, false, MOV, RAX, RSP, ARGS + 8);
	rm(c, true, false, 0x8d, RDI, RSP, ARGS);
	byte(c, 0xe8);
	jump_to(c, 0, true);
	ri(c, true, ADD, RSP, SIZE);
	for (unsigned i = sizeof saved; i-- > 0;)
		pop(c, saved[i]);
	byte(c, 0xc3);
}

static void patch(struct native_code *c, const struct native_fixup *f, uint32_t target)
{
	uint32_t d = target - (f->at + 4);
	for (int i = 0; i < 4; i++)
		c->at[f->at + (uint32_t)i] = (uint8_t)(d >> 8 * i);
}

const struct native_machine native_x86_64 = {"x86_64", entry, prologue, insn, patch};
