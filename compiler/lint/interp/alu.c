/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* alu.c: arithmetic in registers, with numbers and with pointers. */
#include "bits.h"
#include "machine.h"

#define BYTES_SWAPPED_SINCE 0x0612

/* ---- arithmetic on pointers ---- */

static const char *const op_words[16] = {"adding", "subtracting", "multiplying", "dividing", "or", "and",
	"shifting", "shifting", "negating", "dividing", "xor", "", "shifting", "", "", ""};

/* Offsets are of 30 bits at most. */
static void sane_offset(struct machine *m, const struct reg *r)
{
	if ((num_is_known(&r->v) &&
		    ((int64_t)r->v.bits.value >= OFFSET_MAX || (int64_t)r->v.bits.value <= -OFFSET_MAX)) ||
		r->off >= OFFSET_MAX || r->off <= -OFFSET_MAX || r->v.smin == INT64_MIN ||
		r->v.smin >= OFFSET_MAX || r->v.smin <= -OFFSET_MAX)
		reject(m, L_bad_arithmetic, "Compare the offset with a bound first, below and above.",
			"%s is added to a pointer, and has no lower bound, or more than 29 bits",
			is_number(r) ? value_name(m, r, "an offset") : "an offset");
}

static void sane_number(struct machine *m, const struct reg *r)
{
	struct reg x = *r;
	x.off = 0;
	sane_offset(m, &x);
}

static bool may_be_moved(const struct reg *p, bool known, int64_t by, uint8_t op)
{
	switch (p->kind) {
	case IN_CONTEXT:
	case IN_VALUE:
	case IN_KEY:
	case IN_STACK:
	case IN_PACKET:
	case IN_PACKET_META:
	case IN_OBJECT:
	case IN_STRUCT:
	case IN_LOCAL:
	case IN_MEMORY:
	case IN_FUNCTION:
	case IN_DYNPTR:
	case IN_BUFFER:
		return true;
	case IN_FLOW_KEYS:
		return known;
	case IN_MAP:
		return known && !by && op == BPF_ADD;
	default:
		return false;
	}
}

/* A constant goes into the fixed part of the offset, anything else into the one that varies. */
static void move_pointer(
	struct machine *m, const struct bpf_insn *in, const struct reg *pp, const struct reg *on)
{
	const struct reg p = *pp, by = *on;
	struct reg *d = reg_now(m, in->dst_reg);
	uint8_t op = BPF_OP(in->code);
	bool known = num_is_known(&by.v), add = op == BPF_ADD;

	if (by.v.smin > by.v.smax || by.v.umin > by.v.umax) {
		reg_unknown(d);
		return;
	}
	if (BPF_CLASS(in->code) != BPF_ALU64) {
		if (op == BPF_SUB) {
			reg_unknown(d);
			return;
		}
		reject(m, L_bad_arithmetic, "Compute with pointers in 64 bits.",
			"32 bits of the pointer in %s are computed with", reg_name(m, in->dst_reg));
	}
	if (p.flags & MAYBE_NULL)
		reject(m, L_maybe_null, "Check it first: `if (!p) return 0;`.",
			"%s may be NULL, and something is added to it", reg_name(m, in->dst_reg));
	if (!may_be_moved(&p, known, by.v.smin, op))
		reject(m, L_bad_arithmetic, NULL, "nothing can be added to %s, which %s has",
			reg_words(m, &p), reg_name(m, in->dst_reg));
	if (op != BPF_ADD && op != BPF_SUB)
		reject(m, L_bad_arithmetic, "Compute the offset as a number, and add it.", "%s: %s a pointer",
			reg_name(m, in->dst_reg), op_words[op >> 4]);
	sane_number(m, &by);
	sane_offset(m, &p);
	if (op == BPF_SUB && on == d)
		reject(m, L_bad_arithmetic, NULL, "a pointer is subtracted from the number in %s",
			reg_name(m, in->dst_reg));
	if (op == BPF_SUB && p.kind == IN_STACK)
		reject(m, L_bad_arithmetic, "Add the negative number.",
			"something is subtracted from a pointer to the stack");

	*d = p;
	int64_t fixed = add ? p.off + by.v.smin : p.off - by.v.smin;
	if (known && fixed == (int32_t)fixed) {
		d->off = (int32_t)fixed;
		d->v.smin32 = INT32_MIN;
		d->v.smax32 = INT32_MAX;
		d->v.umin32 = 0;
		d->v.umax32 = UINT32_MAX;
	} else {
		if (add)
			num_add_pointer(&d->v, &p.v, &by.v);
		else
			num_sub_pointer(&d->v, &p.v, &by.v);
		if (is_packet(&p)) {
			d->id = ++m->ids;
			if (add || by.v.smin < 0)
				d->which = 0;
		}
	}
	sane_offset(m, d);
	num_settle(&d->v);
}

/* ---- arithmetic on numbers ---- */

/* The constant that is added, by an instruction that makes a sum of a number and a constant. */
static bool is_sum(const struct machine *m, const struct bpf_insn *in, const struct num *by,
	const struct num *before, int32_t *off)
{
	bool is32 = BPF_CLASS(in->code) == BPF_ALU, newer = lint_kernel(m->lint) >= 0x0612;
	uint8_t op = BPF_OP(in->code);
	int64_t v = is32 ? (int32_t)by->bits.value : (int64_t)by->bits.value;

	if (op != BPF_ADD && (op != BPF_SUB || !newer))
		return false;
	if (!(is32 ? num_is_known32(by) : num_is_known(by)) || v != (int32_t)v)
		return false;
	if (newer ? (is32 && before->umax > UINT32_MAX) || (op == BPF_SUB && v == INT32_MIN) : is32 || v < 0)
		return false;
	*off = (int32_t)(op == BPF_SUB ? -v : v);
	return !(BPF_SRC(in->code) == BPF_X && in->src_reg == in->dst_reg);
}

/* What is learnt of the one is learnt of the other where they differ by a constant. */
static void link_sum(struct machine *m, struct reg *d, const struct bpf_insn *in, const struct num *by,
	const struct num *before)
{
	int32_t off = 0;
	if (d->id && !(d->id & ID_PLUS) && is_sum(m, in, by, before, &off))
		d->id |= BPF_CLASS(in->code) == BPF_ALU ? ID_PLUS_32 : ID_PLUS_64;
	else
		d->id = 0;
	d->off = d->id ? off : 0;
}

/* -1 or 0, as a comparison without a branch makes them, is a mask: each is followed for itself. */
static void fork_mask(struct machine *m, const struct bpf_insn *in, struct reg *d)
{
	bool wide = d->v.smin == -1 && d->v.smax == 0, low = d->v.smin32 == -1 && d->v.smax32 == 0;

	if (lint_kernel(m->lint) < 0x0612 || (!wide && !low))
		return;
	struct state *zero = follow_later(m, m->insn, m->insn);
	struct reg *z = &zero->frames[zero->top]->regs[in->dst_reg];
	if (wide) {
		reg_known(z, 0);
		reg_known(d, UINT64_MAX);
	} else {
		num_know_low(&z->v, 0);
		num_know_low(&d->v, UINT32_MAX);
	}
}

static void compute(struct machine *m, const struct bpf_insn *in)
{
	struct reg *d = reg_now(m, in->dst_reg), constant, *s = &constant;
	bool by_reg = BPF_SRC(in->code) == BPF_X, is32 = BPF_CLASS(in->code) == BPF_ALU;
	uint8_t op = BPF_OP(in->code);

	if (d->kind == IN_ARENA)
		return;
	if (by_reg) {
		s = reg_now(m, in->src_reg);
		if (!is_number(s) && !is_number(d)) {
			if (op != BPF_SUB)
				reject(m, L_bad_arithmetic, NULL, "two pointers are combined, in %s and %s",
					reg_name(m, in->dst_reg), reg_name(m, in->src_reg));
			reg_unknown(d);
			return;
		}
		if (!is_number(s)) {
			need_precise(m, in->dst_reg);
			move_pointer(m, in, s, d);
			return;
		}
		if (!is_number(d)) {
			need_precise(m, in->src_reg);
			move_pointer(m, in, d, s);
			return;
		}
		if (d->precise)
			need_precise(m, in->src_reg);
	} else {
		reg_known(&constant, (uint64_t)(int64_t)in->imm);
		if (!is_number(d)) {
			move_pointer(m, in, d, s);
			return;
		}
	}
	struct num by = s->v, before = d->v;
	if ((op == BPF_AND || op == BPF_OR) && num_is_known(&by))
		fork_mask(m, in, d);
	if (!num_alu(&d->v, &by, op, is32))
		reg_unknown(d);
	link_sum(m, d, in, &by, &before);
}

static void move(struct machine *m, const struct bpf_insn *in)
{
	struct reg *d = reg_now(m, in->dst_reg), *s = reg_now(m, in->src_reg);
	bool is32 = BPF_CLASS(in->code) == BPF_ALU;

	if (BPF_SRC(in->code) == BPF_K) {
		reg_known(d, is32 ? (uint32_t)in->imm : (uint64_t)(int64_t)in->imm);
		return;
	}
	if (!is32 && in->off == 1) { /* from one address space to another */
		bool to_arena = in->imm == 1;
		reg_unknown(d);
		if (to_arena)
			d->kind = IN_ARENA;
		return;
	}
	if (!is32 && !in->off) {
		reg_give_id(m, s);
		*d = *s;
		return;
	}
	if (!is_number(s)) { /* whoever loads the program may see a part of an address */
		reg_unknown(d);
		if (is32)
			num_zero_extend(&d->v);
		num_settle(&d->v);
		return;
	}
	bool same = in->off ? s->v.umax < 1ULL << (in->off - 1) : num_width(&s->v) <= 32;
	if (same)
		reg_give_id(m, s);
	*d = *s;
	if (!same)
		d->id = 0;
	if (in->off)
		num_cut_signed(&d->v, (unsigned)in->off / 8, is32);
	if (is32)
		num_zero_extend(&d->v);
	num_settle(&d->v);
}

static void check_alu(struct machine *m, const struct bpf_insn *in)
{
	uint8_t op = BPF_OP(in->code);
	bool by_reg = BPF_SRC(in->code) == BPF_X, is64 = BPF_CLASS(in->code) == BPF_ALU64;
	bool divides = op == BPF_DIV || op == BPF_MOD,
	     shifts = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;

	if (op > BPF_END)
		reject(m, L_bad_instruction, NULL, "there is no arithmetic instruction 0x%02x", in->code);
	if (by_reg && op != BPF_NEG && op != BPF_END)
		need_value(m, in->src_reg);
	if (op != BPF_MOV)
		need_value(m, in->dst_reg);
	need_writable(m, in->dst_reg);
	if (divides && !by_reg && !in->imm)
		reject(m, L_bad_instruction, NULL, "a division by the constant 0");
	if (shifts && !by_reg && (in->imm < 0 || in->imm >= (is64 ? 64 : 32)))
		reject(m, L_bad_instruction, NULL, "a shift by %d bits of %d", in->imm, is64 ? 64 : 32);
}

/* Which bits are known moves with the bytes since Linux 6.18; between which bounds they are does not. */
static void swap_bytes(struct machine *m, const struct bpf_insn *in, struct reg *d)
{
	bool swaps = BPF_CLASS(in->code) == BPF_ALU64 || BPF_SRC(in->code) == BPF_TO_BE;
	struct num was = d->v;
	unsigned unused = 64 - (unsigned)in->imm;

	reg_unknown(d);
	if (lint_kernel(m->lint) < BYTES_SWAPPED_SINCE)
		return;
	if (!swaps) {
		d->v = was;
	} else {
		d->v.bits.value = __builtin_bswap64(was.bits.value) >> unused;
		d->v.bits.mask = __builtin_bswap64(was.bits.mask) >> unused;
		num_ranges_of_bits(&d->v);
	}
	if (unused)
		num_cut(&d->v, (unsigned)in->imm / 8);
	num_settle(&d->v);
}

void alu(struct machine *m, const struct bpf_insn *in)
{
	uint8_t op = BPF_OP(in->code);
	struct reg *d;

	check_alu(m, in);
	d = reg_now(m, in->dst_reg);
	if (op == BPF_MOV) {
		move(m, in);
	} else if (op == BPF_END && is_number(d)) {
		swap_bytes(m, in, d);
	} else if (op == BPF_END || (op == BPF_NEG && !is_number(d))) {
		reg_unknown(d);
	} else if (op == BPF_NEG) {
		num_alu(&d->v, &d->v, op, BPF_CLASS(in->code) == BPF_ALU);
	} else {
		compute(m, in);
	}
}
