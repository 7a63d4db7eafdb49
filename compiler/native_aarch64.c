/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * native_aarch64.c: BPF instructions as those of A64, ARMv8.0 (Procedure Call Standard; Arm Architecture
 * Reference Manual, C4 and C6).
 *
 * The arguments of a BPF function are in the registers of the C ABI's, so that calls move nothing. x28 holds
 * the image's address all the time.
 */
#include "native.h"
#include "../runtime/image.h"

enum {
	X0,
	X1,
	X2,
	X7 = 7,
	X9 = 9,
	X10,
	X11,
	X12,
	X19 = 19,
	X20,
	X21,
	X22,
	X25 = 25,
	X28 = 28,
	FP,
	LR,
	SP,
	ZR = SP
};

static const uint8_t map[] = {X7, X0, X1, 2, 3, 4, X19, X20, X21, X22, X25};
enum { IMAGE = X28 }; /* x9 to x12 are free for what one BPF instruction needs */

enum { FIXUP_B26, FIXUP_B19 };

/* Opcodes; WIDE makes the operands 64 bits. Three registers: */
#define WIDE (1u << 31)
enum {
	AND = 0x0a000000,
	ORR = 0x2a000000,
	EOR = 0x4a000000,
	ANDS = 0x6a000000,
	ADD = 0x0b000000,
	SUB = 0x4b000000,
	SUBS = 0x6b000000,
	UDIV = 0x1ac00800,
	SDIV = 0x1ac00c00,
	LSLV = 0x1ac02000,
	LSRV = 0x1ac02400,
	ASRV = 0x1ac02800,
	MUL = 0x1b007c00,
	MSUB = 0x1b008000,
};
/* An immediate of 12 bits: */
enum {
	ADD_IMM = 0x11000000,
	ADDS_IMM = 0x31000000,
	SUB_IMM = 0x51000000,
	SUBS_IMM = 0x71000000,
	SHIFT_12 = 1 << 22
};
/* One register: */
enum { REV16 = 0x5ac00400, REV_W = 0x5ac00800 };
#define REV_X 0xdac00c00u
/* Pairs, 64 bits: */
#define STP_PRE 0xa9800000u
#define STP 0xa9000000u
#define LDP_POST 0xa8c00000u

/* Conditions; the lowest bit inverts. */
enum { EQ, NE, HS, LO, HI = 8, LS, GE, LT, GT, LE };

#define DMB_ISH 0xd5033bbfu /* a full barrier, as BPF's fetching atomics are */
#define RET 0xd65f03c0u

/* ---- encoding ---- */

static unsigned wide(bool w)
{
	return w ? WIDE : 0;
}

static void rrr(struct native_code *c, unsigned op, unsigned d, unsigned n, unsigned m)
{
	native_u32(c, op | m << 16 | n << 5 | d);
}

static void rri(struct native_code *c, unsigned op, unsigned d, unsigned n, unsigned imm12)
{
	native_u32(c, op | imm12 << 10 | n << 5 | d);
}

static void mov(struct native_code *c, bool w, unsigned d, unsigned s)
{
	rrr(c, wide(w) | ORR, d, ZR, s);
}

/* Bits immr to imms of n, zero- or sign-extended: shifts by a constant and extensions are this. */
static void bitfield(
	struct native_code *c, bool w, bool sign, unsigned d, unsigned n, unsigned immr, unsigned imms)
{
	native_u32(c, ((w ? 0xd3400000u : 0x53000000u) - (sign ? 0x40000000u : 0)) | immr << 16 | imms << 10 |
			      n << 5 | d);
}

static void load_imm(struct native_code *c, unsigned d, uint64_t v)
{
	unsigned ones = 0, zeros = 0;
	for (unsigned k = 0; k < 4; k++) {
		ones += (v >> 16 * k & 0xffff) == 0xffff;
		zeros += (v >> 16 * k & 0xffff) == 0;
	}
	/* movn or movz sets all 64 bits, movk 16 of them. */
	bool inverted = ones > zeros, first = true;
	for (unsigned k = 0; k < 4; k++) {
		unsigned part = v >> 16 * k & 0xffff;
		if (part == (inverted ? 0xffffu : 0))
			continue;
		unsigned op = first ? inverted ? 0x92800000u : 0xd2800000u : 0xf2800000u;
		native_u32(c, op | k << 21 | (first && inverted ? ~part & 0xffff : part) << 5 | d);
		first = false;
	}
	if (first)
		native_u32(c, (inverted ? 0x92800000u : 0xd2800000u) | d);
}

/* d = n + v; n may be SP where v is small. Uses x11. */
static void add_imm(struct native_code *c, bool w, unsigned d, unsigned n, int64_t v)
{
	if (v >= 0 && v < 4096) {
		rri(c, wide(w) | ADD_IMM, d, n, (unsigned)v);
	} else if (v < 0 && v > -4096) {
		rri(c, wide(w) | SUB_IMM, d, n, (unsigned)-v);
	} else if (v > 0 && v < 1 << 24) {
		rri(c, wide(w) | ADD_IMM | SHIFT_12, d, n, (unsigned)v >> 12);
		rri(c, wide(w) | ADD_IMM, d, d, (unsigned)v & 4095);
	} else {
		load_imm(c, X11, (uint64_t)v);
		rrr(c, wide(w) | ADD, d, n, X11);
	}
}

static void pair(struct native_code *c, unsigned op, unsigned a, unsigned b, unsigned base, int words)
{
	native_u32(c, op | ((unsigned)words & 127) << 15 | b << 10 | base << 5 | a);
}

/* ---- arithmetic ---- */

/* The low 16, 32 or 64 bits of d, the others zero; `swap` turns their bytes around. */
static void bytes_order(struct native_code *c, unsigned d, int bits, bool swap)
{
	if (swap)
		native_u32(c, (bits == 16 ? REV16 : bits == 32 ? REV_W : REV_X) | d << 5 | d);
	if (bits == 16)
		bitfield(c, false, false, d, d, 0, 15);
	else if (bits == 32 && !swap)
		mov(c, false, d, d);
}

static void move(struct native_code *c, const struct bpf_insn *i, bool w, unsigned d, unsigned s)
{
	if (BPF_SRC(i->code) == BPF_K)
		load_imm(c, d, w ? (uint64_t)(int64_t)i->imm : (uint32_t)i->imm);
	else if (i->off) /* with sign extension: v4 */
		bitfield(c, w, true, d, s, 0, (unsigned)i->off - 1);
	else
		mov(c, w, d, s);
}

static void shift_imm(struct native_code *c, bool w, unsigned op, unsigned d, unsigned by)
{
	unsigned top = w ? 63 : 31;
	by &= top;
	if (op == BPF_LSH)
		bitfield(c, w, false, d, d, (0 - by) & top, top - by);
	else
		bitfield(c, w, op == BPF_ARSH, d, d, by, top);
}

static void alu(struct native_code *c, const struct bpf_insn *i)
{
	static const uint32_t plain[] = {[BPF_ADD >> 4] = ADD,
		[BPF_SUB >> 4] = SUB,
		[BPF_OR >> 4] = ORR,
		[BPF_AND >> 4] = AND,
		[BPF_XOR >> 4] = EOR,
		[BPF_MUL >> 4] = MUL,
		[BPF_LSH >> 4] = LSLV,
		[BPF_RSH >> 4] = LSRV,
		[BPF_ARSH >> 4] = ASRV};
	bool w = BPF_CLASS(i->code) == BPF_ALU64, x = BPF_SRC(i->code) == BPF_X;
	unsigned d = map[i->dst_reg], s = map[i->src_reg], op = BPF_OP(i->code);
	switch (op) {
	case BPF_NEG:
		rrr(c, wide(w) | SUB, d, ZR, d);
		return;
	case BPF_MOV:
		move(c, i, w, d, s);
		return;
	case BPF_END: /* as ALU64: bswap (v4); else x says big-endian */
		bytes_order(c, d, i->imm, w || x);
		return;
	case BPF_ADD:
	case BPF_SUB:
		if (!x) {
			add_imm(c, w, d, d, op == BPF_ADD ? i->imm : -(int64_t)i->imm);
			return;
		}
		break;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		if (!x) {
			shift_imm(c, w, op, d, (unsigned)i->imm);
			return;
		}
		break;
	case BPF_MUL:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
	case BPF_DIV:
	case BPF_MOD:
		break;
	default:
		native_unknown(i);
	}
	if (!x) {
		load_imm(c, X9, (uint64_t)(int64_t)i->imm);
		s = X9;
	}
	if (op != BPF_DIV && op != BPF_MOD) {
		rrr(c, wide(w) | plain[op >> 4], d, d, s);
		return;
	}
	/* Division by zero gives 0 and MIN / -1 gives MIN, as BPF has it; the remainder follows from that. */
	rrr(c, wide(w) | (i->off == 1 ? SDIV : UDIV), op == BPF_DIV ? d : X10, d, s);
	if (op == BPF_MOD)
		native_u32(c, wide(w) | MSUB | s << 16 | d << 10 | X10 << 5 | d);
}

/* ---- memory ---- */

static unsigned size_of(const struct bpf_insn *i)
{
	switch (BPF_SIZE(i->code)) {
	case BPF_B:
		return 0;
	case BPF_H:
		return 1;
	case BPF_W:
		return 2;
	default:
		return 3;
	}
}

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

enum { STORE, LOAD, LOAD_SIGNED };

static void access(struct native_code *c, unsigned size, unsigned kind, unsigned reg, struct place p)
{
	unsigned op = size << 30 | kind << 22 | p.base << 5 | reg;
	int32_t scaled = p.disp >> size;
	if (p.disp >= 0 && scaled << size == p.disp && scaled < 4096) {
		native_u32(c, op | 0x39000000 | (unsigned)scaled << 10);
	} else if (p.disp >= -256 && p.disp < 256) {
		native_u32(c, op | 0x38000000 | ((unsigned)p.disp & 511) << 12);
	} else {
		load_imm(c, X11, (uint64_t)(int64_t)p.disp);
		native_u32(c, op | 0x38206800 | X11 << 16);
	}
}

static void store_imm(struct native_code *c, const struct bpf_insn *i, struct place p)
{
	if (i->imm)
		load_imm(c, X9, (uint64_t)(int64_t)i->imm);
	access(c, size_of(i), STORE, i->imm ? X9 : ZR, p);
}

/* Load and store exclusive, which has x11 say whether it was; `release`: the store is ordered after all
 * before it. */
static void load_exclusive(struct native_code *c, unsigned size, unsigned reg)
{
	native_u32(c, size << 30 | 0x085f7c00 | X9 << 5 | reg);
}

static void store_exclusive(struct native_code *c, unsigned size, bool release, unsigned reg)
{
	native_u32(c, size << 30 | (release ? 0x0800fc00 : 0x08007c00) | X11 << 16 | X9 << 5 | reg);
}

/* cbnz w11, `back` instructions before this one */
static void again(struct native_code *c, int back)
{
	native_u32(c, 0x35000000 | ((unsigned)-back & 0x7ffff) << 5 | X11);
}

static void compare_exchange(struct native_code *c, unsigned size, bool w, unsigned s)
{
	load_exclusive(c, size, X12);
	rrr(c, wide(w) | SUBS, ZR, X12, X7);
	native_u32(c, 0x54000000 | 3 << 5 | NE); /* past the two that follow */
	store_exclusive(c, size, true, s);
	again(c, 4);
	native_u32(c, DMB_ISH);
	mov(c, w, X7, X12);
}

static void atomic(struct native_code *c, const struct bpf_insn *i, struct place p)
{
	unsigned size = size_of(i), s = map[i->src_reg], op;
	bool w = size == 3, fetch = i->imm & BPF_FETCH;
	add_imm(c, true, X9, p.base, p.disp);
	switch (i->imm) {
	case BPF_LOAD_ACQ:
		native_u32(c, size << 30 | 0x08dffc00 | X9 << 5 | map[i->dst_reg]);
		return;
	case BPF_STORE_REL:
		native_u32(c, size << 30 | 0x089ffc00 | X9 << 5 | s);
		return;
	case BPF_ADD:
	case BPF_ADD | BPF_FETCH:
		op = ADD;
		break;
	case BPF_AND:
	case BPF_AND | BPF_FETCH:
		op = AND;
		break;
	case BPF_OR:
	case BPF_OR | BPF_FETCH:
		op = ORR;
		break;
	case BPF_XOR:
	case BPF_XOR | BPF_FETCH:
		op = EOR;
		break;
	case BPF_XCHG:
		op = 0;
		break;
	case BPF_CMPXCHG:
		compare_exchange(c, size, w, s);
		return;
	default:
		native_unknown(i);
	}
	if (size < 2)
		native_unknown(i);
	load_exclusive(c, size, X12);
	if (op)
		rrr(c, wide(w) | op, X10, X12, s);
	store_exclusive(c, size, fetch, op ? X10 : s);
	again(c, op ? 3 : 2);
	if (fetch) {
		native_u32(c, DMB_ISH);
		mov(c, w, s, X12);
	}
}

/* ---- control ---- */

static void jump_to(struct native_code *c, uint32_t to, bool call)
{
	native_fixup(c, to, call, FIXUP_B26);
	native_u32(c, call ? 0x94000000 : 0x14000000);
}

static unsigned condition(const struct bpf_insn *i)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return EQ;
	case BPF_JNE:
	case BPF_JSET:
		return NE;
	case BPF_JGT:
		return HI;
	case BPF_JGE:
		return HS;
	case BPF_JLT:
		return LO;
	case BPF_JLE:
		return LS;
	case BPF_JSGT:
		return GT;
	case BPF_JSGE:
		return GE;
	case BPF_JSLT:
		return LT;
	case BPF_JSLE:
		return LE;
	default:
		native_unknown(i);
	}
}

static void compare(struct native_code *c, const struct bpf_insn *i)
{
	bool w = BPF_CLASS(i->code) == BPF_JMP, set = BPF_OP(i->code) == BPF_JSET;
	unsigned d = map[i->dst_reg], s = map[i->src_reg];
	if (BPF_SRC(i->code) == BPF_K) {
		if (!set && i->imm >= 0 && i->imm < 4096) {
			rri(c, wide(w) | SUBS_IMM, ZR, d, (unsigned)i->imm);
			return;
		}
		if (!set && i->imm < 0 && i->imm > -4096) {
			rri(c, wide(w) | ADDS_IMM, ZR, d, (unsigned)-i->imm);
			return;
		}
		load_imm(c, X9, (uint64_t)(int64_t)i->imm);
		s = X9;
	}
	rrr(c, wide(w) | (set ? ANDS : SUBS), ZR, d, s);
}

static void jump_if(struct native_code *c, const struct native_fn *f, const struct bpf_insn *i, uint32_t to)
{
	/* A conditional branch goes 1 MiB far; no instruction becomes more than a dozen of 4 bytes. */
	bool far = f->end - f->first > (1u << 20) / 64;
	compare(c, i);
	if (far) {
		native_u32(c, 0x54000000 | 2 << 5 | (condition(i) ^ 1));
		jump_to(c, to, false);
	} else {
		native_fixup(c, to, false, FIXUP_B19);
		native_u32(c, 0x54000000 | condition(i));
	}
}

static void prologue(struct native_code *c, const struct native_fn *f)
{
	pair(c, STP_PRE, FP, LR, SP, -2);
	if (f->saved & 3)
		pair(c, STP_PRE, X19, X20, SP, -2);
	if (f->saved & 12)
		pair(c, STP_PRE, X21, X22, SP, -2);
	if (f->stack) {
		pair(c, STP_PRE, X25, ZR, SP, -2);
		add_imm(c, true, X25, SP, 0); /* r10: the stack is below what was saved */
		add_imm(c, true, SP, SP, -(int)f->stack);
	}
}

static void epilogue(struct native_code *c, const struct native_fn *f)
{
	if (f->stack) {
		add_imm(c, true, SP, SP, f->stack);
		pair(c, LDP_POST, X25, ZR, SP, 2);
	}
	if (f->saved & 12)
		pair(c, LDP_POST, X21, X22, SP, 2);
	if (f->saved & 3)
		pair(c, LDP_POST, X19, X20, SP, 2);
	pair(c, LDP_POST, FP, LR, SP, 2);
	native_u32(c, RET);
}

/* submit(engine, n, 1): r1 is the context, r2 is n. */
static void submit(struct native_code *c)
{
	access(c, 3, LOAD, X9, (struct place){X0, 8});
	access(c, 3, LOAD, X0, (struct place){X0, 0});
	load_imm(c, X2, 1);
	native_u32(c, 0xd63f0000 | X9 << 5); /* blr */
	mov(c, false, X7, X0);
}

/* A function of C's whose address is in the control block. */
static void call_through(struct native_code *c, size_t field)
{
	access(c, 3, LOAD, X9, (struct place){IMAGE, (int32_t)field});
	native_u32(c, 0xd63f0000 | X9 << 5); /* blr */
	mov(c, true, X7, X0);
}

static void jump(struct native_code *c, const struct native_fn *f, uint32_t n)
{
	const struct bpf_insn *i = &c->bpf->insn[n];
	switch (BPF_OP(i->code)) {
	case BPF_JA:
		if (c->bpf->to[n] == n + 1)
			return;
		jump_to(c, c->bpf->to[n], false);
		return;
	case BPF_CALL:
		if (i->src_reg == BPF_PSEUDO_KFUNC_CALL && i->imm == NATIVE_REGION)
			access(c, 3, LOAD, X7, (struct place){IMAGE, offsetof(struct rl_control, region_at)});
		else if (i->src_reg == BPF_PSEUDO_KFUNC_CALL)
			submit(c);
		else if (i->src_reg == BPF_PSEUDO_CALL)
			jump_to(c, c->bpf->to[n], true);
		else if (i->imm == BPF_FUNC_copy_from_user)
			call_through(c, offsetof(struct rl_control, copy));
		else if (i->imm == BPF_FUNC_ktime_get_ns)
			call_through(c, offsetof(struct rl_control, clock));
		else if (i->imm == BPF_FUNC_jiffies64)
			access(c, 3, LOAD, X7, (struct place){IMAGE, offsetof(struct rl_control, now)});
		else
			native_unknown(i);
		return;
	case BPF_EXIT:
		epilogue(c, f);
		return;
	case BPF_JCOND:
		return; /* may_goto: never */
	default:
		jump_if(c, f, i, c->bpf->to[n]);
	}
}

static void insn(struct native_code *c, const struct native_fn *f, uint32_t n)
{
	const struct bpf_insn *i = &c->bpf->insn[n];
	unsigned mode = BPF_MODE(i->code), d = map[i->dst_reg];
	if (c->bpf->how[n] == NATIVE_ADDRESS) {
		add_imm(c, true, d, IMAGE, c->bpf->offset[n]);
		return;
	}
	if (c->bpf->how[n] == NATIVE_SWITCH) {
		jump_to(c, c->bpf->to[n], false);
		return;
	}
	if (c->bpf->how[n] == NATIVE_SUM) {
		rrr(c, WIDE | ADD, d, IMAGE, map[c->bpf->index[n]]);
		if (c->bpf->offset[n])
			add_imm(c, true, d, d, c->bpf->offset[n]);
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
		access(c, size_of(i), mode == BPF_MEMSX ? LOAD_SIGNED : LOAD, d, place(c, n));
		return;
	case BPF_ST:
		store_imm(c, i, place(c, n));
		return;
	default: /* BPF_STX */
		if (mode == BPF_ATOMIC)
			atomic(c, i, place(c, n));
		else if (mode == BPF_MEM)
			access(c, size_of(i), STORE, map[i->src_reg], place(c, n));
		else
			native_unknown(i);
	}
}

/* int step(void *image, void *engine, rl_submit_fn *submit) */
static void entry(struct native_code *c)
{
	enum { CONTEXT = 0, ARGS = 16, WORD = 32, SIZE = 48 };
	pair(c, STP_PRE, FP, LR, SP, -2);
	pair(c, STP_PRE, X19, X20, SP, -2);
	pair(c, STP_PRE, X21, X22, SP, -2);
	pair(c, STP_PRE, X25, X28, SP, -2);
	add_imm(c, true, SP, SP, -SIZE);
	mov(c, true, IMAGE, X0);
	pair(c, STP, X1, X2, SP, CONTEXT / 8);
	add_imm(c, true, X9, SP, CONTEXT);
	add_imm(c, true, X10, SP, WORD);
	pair(c, STP, X9, X10, SP, ARGS / 8);
	add_imm(c, true, X0, SP, ARGS);
	jump_to(c, 0, true);
	mov(c, false, X0, X7);
	add_imm(c, true, SP, SP, SIZE);
	pair(c, LDP_POST, X25, X28, SP, 2);
	pair(c, LDP_POST, X21, X22, SP, 2);
	pair(c, LDP_POST, X19, X20, SP, 2);
	pair(c, LDP_POST, FP, LR, SP, 2);
	native_u32(c, RET);
}

static void patch(struct native_code *c, const struct native_fixup *f, uint32_t target)
{
	int32_t d = ((int32_t)target - (int32_t)f->at) / 4;
	bool near = f->kind == FIXUP_B19;
	if (near ? d < -(1 << 18) || d >= 1 << 18 : d < -(1 << 25) || d >= 1 << 25)
		internal_error("native code", "a jump of %d instructions", d);
	uint32_t bits = near ? ((uint32_t)d & 0x7ffff) << 5 : (uint32_t)d & 0x3ffffff;
	for (int i = 0; i < 4; i++)
		c->at[f->at + (uint32_t)i] |= (uint8_t)(bits >> 8 * i);
}

const struct native_machine native_aarch64 = {"aarch64", entry, prologue, insn, patch};
