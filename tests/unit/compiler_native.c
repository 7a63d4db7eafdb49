/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * compiler_native.c: what native*.c make of a BPF program does what the program does.
 *
 * Random programs, by seed, are interpreted here as the instruction set says
 * (Documentation/bpf/standardization), and run as translated: for x86-64 in this process, where it is one;
 * for AArch64 under qemu-aarch64. Registers, image and result are compared.
 */
#include <check.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "jumps.h"
#include "../../compiler/native.h"
#include "../../runtime/image.h"

#define IMAGE_SIZE 4096
#define IN 0     /* registers at the start, 10 of 8 bytes */
#define OUT 128  /* and at the end */
#define DATA 512 /* what loads, stores and atomics use: DATA_SIZE bytes */
#define DATA_SIZE 1024
#define RESULT 4000    /* what the step returned, 4 bytes */
#define SUBMITTED 4032 /* engine, n, want */
#define ENGINE 0x1234567812345678u

enum { FUNCTIONS = 3, MAX_INSNS = 4000 };

/* Programs in each of ten turns. Sanitizers look at the translator, which a few show as well as many. */
#if defined(__SANITIZE_ADDRESS__)
#define SEEDS 50
#else
#define SEEDS 300
#endif

/* ---- random programs ---- */

static uint64_t state;

static uint64_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1du >> 8;
}

static unsigned below(unsigned n)
{
	return (unsigned)(rnd() % n);
}

static uint64_t interesting(void)
{
	static const uint64_t edges[] = {0, 1, 2, 7, 31, 32, 63, 64, 127, 128, 255, 4095, 4096, 0x7fff,
		0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
		0x8000000000000000, 0xffffffffffffffff, 0xffffffff80000000};
	return below(2) ? edges[below(sizeof edges / sizeof edges[0])] : rnd() << below(40) ^ rnd();
}

struct random {
	struct arena *arena;
	struct bpf_code code;
	unsigned loops; /* registers r6 to r9 that count rounds: not to be written */
};

static uint32_t put(struct random *p, unsigned code, unsigned dst, unsigned src, int off, int32_t imm)
{
	ck_assert_uint_lt(p->code.n, MAX_INSNS);
	p->code.insn[p->code.n] =
		(struct bpf_insn){(uint8_t)code, (uint8_t)dst & 15, (uint8_t)src & 15, (int16_t)off, imm};
	return p->code.n++;
}

static void put_image(struct random *p, unsigned dst, int32_t offset)
{
	put(p, BPF_LD | BPF_DW | BPF_IMM, dst, BPF_PSEUDO_MAP_VALUE, 0, offset);
	put(p, 0, 0, 0, 0, 0);
}

static void put_imm(struct random *p, unsigned dst)
{
	uint64_t v = interesting();
	if (below(2)) {
		put(p, BPF_LD | BPF_DW | BPF_IMM, dst, 0, 0, (int32_t)v);
		put(p, 0, 0, 0, 0, (int32_t)(v >> 32));
	} else {
		put(p, (below(2) ? BPF_ALU64 : BPF_ALU) | BPF_MOV | BPF_K, dst, 0, 0, (int32_t)v);
	}
}

static unsigned any(void)
{
	return below(10);
}

static unsigned writable(struct random *p)
{
	unsigned r;
	do
		r = any();
	while (p->loops >> r & 1);
	return r;
}

static void put_alu(struct random *p)
{
	static const uint8_t ops[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH,
		BPF_NEG, BPF_MOD, BPF_XOR, BPF_MOV, BPF_ARSH, BPF_END};
	unsigned class = below(2) ? BPF_ALU64 : BPF_ALU, op = ops[below(sizeof ops)], d = writable(p),
		 s = any();
	bool x = below(2);
	int32_t imm = (int32_t)interesting();
	int off = 0;
	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		imm = (int32_t)below(class == BPF_ALU64 ? 64 : 32);
	if (op == BPF_DIV || op == BPF_MOD) {
		off = (int)below(2);
		imm = imm ? imm : 1; /* the verifier refuses a zero */
	}
	if (op == BPF_END) {
		imm = 16 << below(3);
		x = class == BPF_ALU64 ? false : x;
		s = 0;
	}
	if (op == BPF_NEG)
		x = false;
	if (op == BPF_MOV && x && below(2))
		off = 8 << below(class == BPF_ALU64 ? 3 : 2);
	put(p, class | op | (x ? BPF_X : BPF_K), d, x ? s : 0, off, x && op != BPF_END ? 0 : imm);
}

/* A load, store or atomic in the image; the base is then something else, since addresses differ between the
 * two. */
static void put_access(struct random *p)
{
	static const uint8_t sizes[] = {BPF_B, BPF_H, BPF_W, BPF_DW};
	static const int32_t atomics[] = {BPF_ADD, BPF_AND, BPF_OR, BPF_XOR, BPF_ADD | BPF_FETCH,
		BPF_AND | BPF_FETCH, BPF_OR | BPF_FETCH, BPF_XOR | BPF_FETCH, BPF_XCHG, BPF_CMPXCHG,
		BPF_LOAD_ACQ, BPF_STORE_REL};
	unsigned base = writable(p), other, size = sizes[below(4)];
	do
		other = writable(p);
	while (other == base);
	int at = DATA + 8 * (int)below(DATA_SIZE / 8 - 8), off = 8 * ((int)below(200) - 100);
	if (below(3) == 0) { /* computed: base + index */
		put(p, BPF_ALU64 | BPF_AND | BPF_K, other, 0, 0, 0x38);
		put_image(p, base, at);
		put(p, BPF_ALU64 | BPF_ADD | BPF_X, base, other, 0, 0);
		off = 0;
	} else {
		put_image(p, base, below(2) ? at - off : at);
		if (p->code.insn[p->code.n - 2].imm == at) {
			put(p, BPF_ALU64 | BPF_ADD | BPF_K, base, 0, 0, -off);
			if (below(4) == 0) { /* so that it is known no more */
				put(p, BPF_JMP | BPF_JA, 0, 0, 0, 0);
			}
		}
	}
	switch (below(5)) {
	case 0:
		put(p, BPF_LDX | BPF_MEM | size, other, base, off, 0);
		break;
	case 1:
		put(p, BPF_LDX | BPF_MEMSX | (size == BPF_DW ? BPF_W : size), other, base, off, 0);
		break;
	case 2:
		put(p, BPF_STX | BPF_MEM | size, base, other, off, 0);
		break;
	case 3:
		put(p, BPF_ST | BPF_MEM | size, base, 0, off, (int32_t)interesting());
		break;
	default: {
		int32_t op = atomics[below(12)];
		if (op != BPF_LOAD_ACQ && op != BPF_STORE_REL)
			size = below(2) ? BPF_W : BPF_DW;
		if (op == BPF_LOAD_ACQ)
			put(p, BPF_STX | BPF_ATOMIC | size, other, base, off, op);
		else if (op != BPF_CMPXCHG || (base && !(p->loops & 1)))
			put(p, BPF_STX | BPF_ATOMIC | size, base, other, off, op);
	}
	}
	put_imm(p, base);
}

static void put_stack(struct random *p)
{
	int off = -8 * (1 + (int)below(8));
	put(p, BPF_STX | BPF_MEM | BPF_DW, 10, any(), off, 0);
	put(p, BPF_LDX | BPF_MEM | BPF_DW, writable(p), 10, off, 0);
}

static unsigned condition_code(void)
{
	static const uint8_t ops[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT, BPF_JSGE,
		BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE};
	return (below(2) ? BPF_JMP : BPF_JMP32) | ops[below(sizeof ops)];
}

/* bpf_copy_from_user: here it writes its second argument to the first. */
static void put_helper(struct random *p)
{
	for (unsigned r = 0; r < 6; r++)
		if (p->loops >> r & 1)
			return;
	put_image(p, 1, (int32_t)(DATA + 8 * below(DATA_SIZE / 8)));
	put_imm(p, 2);
	put(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_copy_from_user);
	for (unsigned r = 1; r < 6; r++)
		put_imm(p, r);
}

static void put_body(struct random *p, unsigned function, unsigned depth, unsigned n);

static void put_branch(struct random *p, unsigned function, unsigned depth)
{
	bool x = below(2);
	uint32_t at = put(p, condition_code() | (x ? BPF_X : BPF_K), any(), x ? any() : 0, 0,
		x ? 0 : (int32_t)interesting());
	put_body(p, function, depth + 1, 1 + below(5));
	if (below(2)) {
		uint32_t over = put(p, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		p->code.insn[at].off = (int16_t)(p->code.n - at - 1);
		put_body(p, function, depth + 1, 1 + below(5));
		p->code.insn[over].off = (int16_t)(p->code.n - over - 1);
	} else {
		p->code.insn[at].off = (int16_t)(p->code.n - at - 1);
	}
}

static void put_loop(struct random *p, unsigned function, unsigned depth)
{
	unsigned counter = 6 + below(4);
	if (p->loops >> counter & 1)
		return;
	put(p, BPF_ALU64 | BPF_MOV | BPF_K, counter, 0, 0, 1 + (int32_t)below(4));
	p->loops |= 1u << counter;
	uint32_t head = p->code.n;
	if (below(2))
		put(p, BPF_JMP | BPF_JCOND, 0, 0, 1, 0); /* may_goto: never */
	put_body(p, function, depth + 1, 1 + below(5));
	p->loops &= ~(1u << counter);
	put(p, BPF_ALU64 | BPF_SUB | BPF_K, counter, 0, 0, 1);
	put(p, BPF_JMP | BPF_JNE | BPF_K, counter, 0, (int)head - (int)p->code.n - 1, 0);
}

/* Calls of functions further on, whose first instruction is not known yet: imm is the function's number
 * meanwhile. */
static void put_call(struct random *p, unsigned function)
{
	if (function + 1 < FUNCTIONS) {
		put(p, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0,
			(int32_t)(function + 1 + below(FUNCTIONS - function - 1)));
	} else {
		put_alu(p);
	}
}

static void put_submit(struct random *p)
{
	for (unsigned r = 0; r < 6; r++)
		if (p->loops >> r & 1)
			return;
	put(p, BPF_LDX | BPF_MEM | BPF_DW, 1, 10, -256, 0);
	put_imm(p, 2);
	put(p, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 0);
	for (unsigned r = 1; r < 6; r++)
		put_imm(p, r);
}

static void put_body(struct random *p, unsigned function, unsigned depth, unsigned n)
{
	while (n-- > 0)
		switch (below(12)) {
		case 0:
		case 1:
			if (depth < 4)
				put_branch(p, function, depth);
			break;
		case 2:
			if (depth < 2)
				put_loop(p, function, depth);
			break;
		case 3:
			put_call(p, function);
			break;
		case 4:
			put_stack(p);
			break;
		case 5:
		case 6:
			put_access(p);
			break;
		case 7:
			if (function == 0 && below(3) == 0)
				put_submit(p);
			else if (below(3) == 0)
				put_helper(p);
			else
				put_imm(p, writable(p));
			break;
		default:
			put_alu(p);
			break;
		}
}

static void make_program(struct random *p, uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15u + 1;
	p->arena = arena_new();
	p->code.insn = arena_alloc(p->arena, MAX_INSNS * sizeof *p->code.insn);
	p->code.to = arena_alloc(p->arena, MAX_INSNS * sizeof *p->code.to);
	for (unsigned f = 0; f < FUNCTIONS; f++) {
		struct native_fn fn = {.first = p->code.n};
		if (f == 0) {
			put(p, BPF_LDX | BPF_MEM | BPF_DW, 2, 1, 0, 0); /* the context, for submissions */
			put(p, BPF_STX | BPF_MEM | BPF_DW, 10, 2, -256, 0);
			put_image(p, 9, IN);
			for (unsigned r = 0; r <= 9; r++)
				put(p, BPF_LDX | BPF_MEM | BPF_DW, r, 9, 8 * (int)r, 0);
		} else {
			for (int k = 1; k <= 8; k++) /* what a fresh stack holds is nobody's business */
				put(p, BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8 * k, k);
		}
		if (f == 0)
			for (int k = 1; k <= 8; k++)
				put(p, BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8 * k, k);
		put_body(p, f, 0, f ? 10 : 40);
		if (f == 0) {
			put(p, BPF_STX | BPF_MEM | BPF_DW, 10, 9, -248, 0);
			put_image(p, 9, OUT);
			for (unsigned r = 0; r < 9; r++)
				put(p, BPF_STX | BPF_MEM | BPF_DW, 9, r, 8 * (int)r, 0);
			put(p, BPF_LDX | BPF_MEM | BPF_DW, 1, 10, -248, 0);
			put(p, BPF_STX | BPF_MEM | BPF_DW, 9, 1, 72, 0);
		}
		put(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		fn.end = p->code.n;
		VEC_PUSH(p->arena, &p->code.fns, fn);
	}
	for (uint32_t i = 0; i < p->code.n; i++)
		if (p->code.insn[i].code == (BPF_JMP | BPF_CALL) &&
			p->code.insn[i].src_reg == BPF_PSEUDO_CALL)
			p->code.to[i] = p->code.fns.at[p->code.insn[i].imm].first;
	bpf_code_analyse(p->arena, &p->code);
}

/* ---- the instruction set ---- */

struct machine {
	const struct bpf_code *code;
	uint64_t r[11];
	uint8_t *image;
	uint64_t context[2];
	unsigned rounds;
};

static uint64_t divided(bool wide, bool is_signed, bool mod, uint64_t a, uint64_t b)
{
	if (!wide) {
		a = is_signed ? (uint64_t)(int32_t)a : (uint32_t)a;
		b = is_signed ? (uint64_t)(int32_t)b : (uint32_t)b;
	}
	if (!b)
		return mod ? a : 0;
	if (is_signed && b == UINT64_MAX)
		return mod ? 0 : -a;
	if (is_signed)
		return mod ? (uint64_t)((int64_t)a % (int64_t)b) : (uint64_t)((int64_t)a / (int64_t)b);
	return mod ? a % b : a / b;
}

static uint64_t swapped(uint64_t v, int bits, bool swap)
{
	if (swap)
		v = bits == 16   ? __builtin_bswap16((uint16_t)v)
		    : bits == 32 ? __builtin_bswap32((uint32_t)v)
				 : __builtin_bswap64(v);
	return bits == 64 ? v : v & ((1ull << bits) - 1);
}

static uint64_t sign_extended(uint64_t v, int bits)
{
	return (uint64_t)((int64_t)(v << (64 - bits)) >> (64 - bits));
}

static void run_alu(struct machine *m, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64, x = BPF_SRC(i->code) == BPF_X;
	uint64_t *d = &m->r[i->dst_reg], b = x ? m->r[i->src_reg] : (uint64_t)(int64_t)i->imm, a = *d, v;
	unsigned by = (unsigned)b & (wide ? 63 : 31);
	switch (BPF_OP(i->code)) {
	case BPF_ADD:
		v = a + b;
		break;
	case BPF_SUB:
		v = a - b;
		break;
	case BPF_MUL:
		v = a * b;
		break;
	case BPF_DIV:
		v = divided(wide, i->off == 1, false, a, b);
		break;
	case BPF_MOD:
		v = divided(wide, i->off == 1, true, a, b);
		break;
	case BPF_OR:
		v = a | b;
		break;
	case BPF_AND:
		v = a & b;
		break;
	case BPF_XOR:
		v = a ^ b;
		break;
	case BPF_LSH:
		v = a << by;
		break;
	case BPF_RSH:
		v = (wide ? a : (uint32_t)a) >> by;
		break;
	case BPF_ARSH:
		v = (uint64_t)((wide ? (int64_t)a : (int32_t)a) >> by);
		break;
	case BPF_NEG:
		v = -a;
		break;
	case BPF_MOV:
		v = i->off ? sign_extended(b, i->off) : b;
		break;
	default:
		v = swapped(a, i->imm, wide || x);
		wide = true;
		break; /* BPF_END */
	}
	*d = wide ? v : (uint32_t)v;
}

static bool holds(const struct machine *m, const struct bpf_insn *i)
{
	uint64_t b = BPF_SRC(i->code) == BPF_X ? m->r[i->src_reg] : (uint64_t)(int64_t)i->imm;
	return jump_holds(BPF_OP(i->code), m->r[i->dst_reg], b, BPF_CLASS(i->code) == BPF_JMP32);
}

static unsigned bytes_of(const struct bpf_insn *i)
{
	unsigned s = BPF_SIZE(i->code);
	return s == BPF_B ? 1 : s == BPF_H ? 2 : s == BPF_W ? 4 : 8;
}

static void run_atomic(struct machine *m, const struct bpf_insn *i, void *at)
{
	uint64_t old = 0, *s = &m->r[i->src_reg], v, mask = bytes_of(i) == 8 ? UINT64_MAX : UINT32_MAX;
	memcpy(&old, at, bytes_of(i));
	switch (i->imm & ~BPF_FETCH) {
	case BPF_ADD:
		v = old + *s;
		break;
	case BPF_AND:
		v = old & *s;
		break;
	case BPF_OR:
		v = old | *s;
		break;
	case BPF_XOR:
		v = old ^ *s;
		break;
	case BPF_XCHG & ~BPF_FETCH:
		v = *s;
		break;
	default:
		v = old == (m->r[0] & mask) ? *s : old;
		break; /* BPF_CMPXCHG */
	}
	memcpy(at, &v, bytes_of(i));
	if (i->imm == BPF_CMPXCHG)
		m->r[0] = old;
	else if (i->imm & BPF_FETCH)
		*s = old;
}

static void run_access(struct machine *m, const struct bpf_insn *i)
{
	bool atomic = BPF_CLASS(i->code) == BPF_STX && BPF_MODE(i->code) == BPF_ATOMIC;
	bool load = BPF_CLASS(i->code) == BPF_LDX || (atomic && i->imm == BPF_LOAD_ACQ);
	uint8_t *at =
		(uint8_t *)(uintptr_t)(m->r[load ? i->src_reg : i->dst_reg] + (uint64_t)(int64_t)i->off);
	uint64_t v = BPF_CLASS(i->code) == BPF_ST ? (uint64_t)(int64_t)i->imm : m->r[i->src_reg];
	unsigned n = bytes_of(i);
	if (load) {
		v = 0;
		memcpy(&v, at, n);
		m->r[i->dst_reg] = BPF_MODE(i->code) == BPF_MEMSX ? sign_extended(v, 8 * (int)n) : v;
	} else if (atomic && i->imm != BPF_STORE_REL) {
		run_atomic(m, i, at);
	} else {
		memcpy(at, &v, n);
	}
}

static void record_submit(uint8_t *image, uint64_t engine, uint32_t n)
{
	uint32_t rest[2] = {n, 1};
	memcpy(image + SUBMITTED, &engine, 8);
	memcpy(image + SUBMITTED + 8, rest, 8);
}

static void interpret(struct machine *m, uint32_t first)
{
	uint8_t stack[512] __attribute__((aligned(16)));
	m->r[10] = (uint64_t)(uintptr_t)(stack + sizeof stack);
	for (uint32_t n = first;; n++) {
		const struct bpf_insn *i = &m->code->insn[n];
		unsigned class = BPF_CLASS(i->code);
		ck_assert_uint_lt(m->rounds++, 10u << 20);
		if (i->code == (BPF_JMP | BPF_EXIT))
			return;
		if (i->code == (BPF_JMP | BPF_CALL) && i->src_reg == BPF_PSEUDO_CALL) {
			uint64_t saved[5];
			memcpy(saved, m->r + 6, sizeof saved);
			interpret(m, m->code->to[n]);
			memcpy(m->r + 6, saved, sizeof saved);
		} else if (i->code == (BPF_JMP | BPF_CALL) && !i->src_reg) {
			memcpy((void *)(uintptr_t)m->r[1], &(uint32_t){(uint32_t)m->r[2]}, 4);
			m->r[0] = (uint64_t)-14;
		} else if (i->code == (BPF_JMP | BPF_CALL)) {
			record_submit(m->image, ((uint64_t *)(uintptr_t)m->r[1])[0], (uint32_t)m->r[2]);
			m->r[0] = (uint32_t)m->r[2];
		} else if (class == BPF_JMP || class == BPF_JMP32) {
			if (holds(m, i))
				n = m->code->to[n] - 1;
		} else if (class == BPF_LD) {
			m->r[i->dst_reg] = i->src_reg
						   ? (uint64_t)(uintptr_t)m->image + (uint64_t)(int64_t)i->imm
						   : (uint32_t)i[0].imm | (uint64_t)(uint32_t)i[1].imm << 32;
			n++;
		} else if (class == BPF_ALU || class == BPF_ALU64) {
			run_alu(m, i);
		} else {
			run_access(m, i);
		}
	}
}

/* ---- the comparison ---- */

static void fill_image(uint8_t *image)
{
	for (unsigned k = 0; k < IMAGE_SIZE; k += 8) {
		uint64_t v = interesting();
		memcpy(image + k, &v, 8);
	}
	memset(image + RESULT, 0, 4);
	memset(image + SUBMITTED, 0, 16);
}

static void set_helper(uint8_t *image, uint64_t address)
{
	memcpy(image + offsetof(struct rl_control, copy), &address, 8);
}

static void expect(const struct random *p, uint8_t *image)
{
	struct machine m = {.code = &p->code, .image = image, .context = {ENGINE, 0}};
	uint64_t word = 0, args[2] = {(uint64_t)(uintptr_t)m.context, (uint64_t)(uintptr_t)&word};
	m.r[1] = (uint64_t)(uintptr_t)args;
	interpret(&m, 0);
	uint32_t result = (uint32_t)m.r[0];
	memcpy(image + RESULT, &result, 4);
}

static void compare(uint64_t seed, const char *machine, const uint8_t *want, const uint8_t *got)
{
	for (unsigned k = 0; k < IMAGE_SIZE; k += 8)
		ck_assert_msg(!memcmp(want + k, got + k, 8),
			"%s, program %llu: image at %u is %016llx, not %016llx", machine,
			(unsigned long long)seed, k, *(const unsigned long long *)(const void *)(got + k),
			*(const unsigned long long *)(const void *)(want + k));
}

#if defined(__x86_64__)
static uint8_t *submit_image;

/* Whatever a function may change. */
static void clobber(void)
{
	__asm__ volatile("mov $-1, %%rcx\n\tmov %%rcx, %%rdx\n\tmov %%rcx, %%rsi\n\tmov %%rcx, %%rdi\n\t"
			 "mov %%rcx, %%r8\n\tmov %%rcx, %%r9\n\tmov %%rcx, %%r10\n\tmov %%rcx, %%r11" ::
				 : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11");
}

static long helper(void *to, uint32_t n, const void *from)
{
	(void)from;
	ck_assert_uint_eq((uintptr_t)__builtin_frame_address(0) % 16, 0); /* as the ABI has it at a call */
	memcpy(to, &n, 4);
	clobber();
	return -14;
}

static long submit(void *engine, uint32_t n, uint32_t want)
{
	ck_assert_uint_eq(want, 1);
	ck_assert_uint_eq((uintptr_t)__builtin_frame_address(0) % 16, 0);
	record_submit(submit_image, (uint64_t)(uintptr_t)engine, n);
	clobber();
	return (long)n | 0x500000000; /* of which 32 bits count */
}

START_TEST(x86_64_code_does_what_the_program_does)
{
	for (uint64_t seed = 1 + SEEDS * (uint64_t)_i; seed <= SEEDS * ((uint64_t)_i + 1); seed++) {
		struct random p = {0};
		uint8_t want[IMAGE_SIZE] __attribute__((aligned(16))),
			got[IMAGE_SIZE] __attribute__((aligned(16)));
		make_program(&p, seed);
		fill_image(want);
		set_helper(want, (uint64_t)(uintptr_t)helper);
		memcpy(got, want, sizeof got);
		expect(&p, want);
		struct native_step s = native_translate(p.arena, &p.code, &native_x86_64);
		void *code = mmap(
			NULL, s.size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ck_assert_ptr_ne(code, MAP_FAILED);
		memcpy(code, s.code, s.size);
		submit_image = got;
		uint32_t result =
			(uint32_t)((rl_step_fn *)(uintptr_t)code)(got, (void *)(uintptr_t)ENGINE, submit);
		memcpy(got + RESULT, &result, 4);
		munmap(code, s.size);
		compare(seed, "x86_64", want, got);
		arena_free(p.arena);
	}
}
END_TEST
#endif

/* ---- AArch64: an executable that runs the code and writes the image ---- */

#define BASE 0x400000u
#define AT_START 0x100u
#define AT_HELPER 0x400u
#define AT_IMAGE 0x1000u
#define AT_CODE (AT_IMAGE + IMAGE_SIZE)

/* mov Xd, #v for 32 bits */
static unsigned mov32(uint32_t *at, unsigned d, uint32_t v)
{
	at[0] = 0xd2800000 | (v & 0xffff) << 5 | d;
	at[1] = 0xf2a00000 | (v >> 16) << 5 | d;
	return 2;
}

static void start_code(uint32_t *at)
{
	static const uint32_t submit_[] = {
		0xf9000120, /* str x0, [x9] */
		0xb9000921, /* str w1, [x9, #8] */
		0xb9000d22, /* str w2, [x9, #12] */
		0x2a0103e0, /* mov w0, w1 */
		0xb2600000, /* orr x0, x0, #0x100000000: of which 32 bits count */
		0x92800001, 0xaa0103e2, 0xaa0103e3, 0xaa0103e4, 0xaa0103e7,
		0xaa0103ea, /* x1 to x4, x7, x10 = -1 */
		0xd65f03c0, /* ret */
	};
	static const uint32_t helper_[] = {
		0xb9000001, /* str w1, [x0] */
		0x928001a0, /* mov x0, #-14 */
		0x92800001, 0xaa0103e2, 0xaa0103e3, 0xaa0103e4, 0xaa0103e7, 0xaa0103ea,
		0xd65f03c0, /* as above */
	};
	unsigned n = 0;
	uint32_t submit_at = BASE + AT_START + 4 * 64;
	n += mov32(at + n, 0, BASE + AT_IMAGE);
	n += mov32(at + n, 1, (uint32_t)ENGINE);
	at[n++] = 0xf2c00001 | (uint32_t)(ENGINE >> 32 & 0xffff) << 5; /* movk x1, lsl 32 */
	at[n++] = 0xf2e00001 | (uint32_t)(ENGINE >> 48) << 5;          /* movk x1, lsl 48 */
	n += mov32(at + n, 2, submit_at);
	n += mov32(at + n, 9, BASE + AT_CODE);
	at[n++] = 0xd63f0120; /* blr x9 */
	n += mov32(at + n, 9, BASE + AT_IMAGE + RESULT);
	at[n++] = 0xb9000120; /* str w0, [x9] */
	n += mov32(at + n, 0, 1);
	n += mov32(at + n, 1, BASE + AT_IMAGE);
	n += mov32(at + n, 2, IMAGE_SIZE);
	n += mov32(at + n, 8, 64); /* write */
	at[n++] = 0xd4000001;      /* svc 0 */
	n += mov32(at + n, 0, 0);
	n += mov32(at + n, 8, 93); /* exit */
	at[n++] = 0xd4000001;
	n = 64;
	n += mov32(at + n, 9, BASE + AT_IMAGE + SUBMITTED);
	memcpy(at + n, submit_, sizeof submit_);
	memcpy(at + (AT_HELPER - AT_START) / 4, helper_, sizeof helper_);
}

static void write_executable(const char *path, const struct native_step *s, const uint8_t *image)
{
	size_t size = AT_CODE + s->size;
	uint8_t *file = calloc(1, size);
	ck_assert_ptr_nonnull(file);
	Elf64_Ehdr *e = (Elf64_Ehdr *)(void *)file;
	Elf64_Phdr *ph = (Elf64_Phdr *)(void *)(file + sizeof *e);
	memcpy(e->e_ident, ELFMAG, SELFMAG);
	e->e_ident[EI_CLASS] = ELFCLASS64;
	e->e_ident[EI_DATA] = ELFDATA2LSB;
	e->e_ident[EI_VERSION] = EV_CURRENT;
	e->e_type = ET_EXEC;
	e->e_machine = EM_AARCH64;
	e->e_version = EV_CURRENT;
	e->e_entry = BASE + AT_START;
	e->e_phoff = sizeof *e;
	e->e_ehsize = sizeof *e;
	e->e_phentsize = sizeof *ph;
	e->e_phnum = 1;
	*ph = (Elf64_Phdr){.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W | PF_X,
		.p_vaddr = BASE,
		.p_paddr = BASE,
		.p_filesz = size,
		.p_memsz = size,
		.p_align = 4096};
	start_code((uint32_t *)(void *)(file + AT_START));
	memcpy(file + AT_IMAGE, image, IMAGE_SIZE);
	memcpy(file + AT_CODE, s->code, s->size);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(file, 1, size, f), size);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, 0700), 0);
	free(file);
}

START_TEST(aarch64_code_does_what_the_program_does)
{
	char path[] = "/tmp/ringlet-native-XXXXXX", command[200];
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(command, sizeof command, "qemu-aarch64 %s", path);
	for (uint64_t seed = 1 + 25 * (uint64_t)_i; seed <= 25 * ((uint64_t)_i + 1); seed++) {
		struct random p = {0};
		uint8_t want[IMAGE_SIZE] __attribute__((aligned(16))), got[IMAGE_SIZE];
		make_program(&p, seed);
		fill_image(want);
		set_helper(want, BASE + AT_HELPER);
		struct native_step s = native_translate(p.arena, &p.code, &native_aarch64);
		write_executable(path, &s, want);
		expect(&p, want);
		FILE *f = popen(command, "r");
		ck_assert_ptr_nonnull(f);
		size_t n = fread(got, 1, sizeof got, f);
		int status = pclose(f);
		ck_assert_msg(n == sizeof got && !status,
			"program %llu: qemu-aarch64 (package qemu-user) gave %zu bytes, status %d",
			(unsigned long long)seed, n, status);
		compare(seed, "aarch64", want, got);
		arena_free(p.arena);
	}
	unlink(path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("compiler_native");
	TCase *t = tcase_create("translation");
	tcase_set_timeout(t, 120);
#if defined(__x86_64__)
	tcase_add_loop_test(t, x86_64_code_does_what_the_program_does, 0, 10);
#endif
	tcase_add_loop_test(t, aarch64_code_does_what_the_program_does, 0, 4);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
