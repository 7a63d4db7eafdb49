/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * slots.c: the stack, eight bytes at a time. A register that is stored there and loaded again is the same as
 * before.
 */
#include <inttypes.h>
#include <string.h>
#include "dynptrs.h"

int slot_of(int off)
{
	return (-off - 1) / 8;
}

struct frame *frame_of(const struct machine *m, const struct reg *r)
{
	return m->cur->frames[r->which];
}

void within_stack(struct machine *m, unsigned reg, int64_t off, int64_t size, enum access how)
{
	const struct reg *r = reg_now(m, reg);
	int64_t low = r->v.smin + off, high = r->v.smax + off + size;
	char where[80];

	if (!num_is_known(&r->v) && (r->v.smax >= OFFSET_MAX || r->v.smin <= -OFFSET_MAX))
		reject(m, L_out_of_stack, "Compare the index with the size of the array before.",
			"the offset into the stack in %s has no bound", reg_name(m, reg));
	if (low < -STACK_MAX || low > -1 || high > 0 || size < 0)
		reject(m, L_out_of_stack,
			low < -STACK_MAX ? "A frame has 512 bytes: put what is large into a map."
					 : "Compare the index with the size of the array before.",
			"%" PRId64 " bytes are %s at the frame pointer %s, outside of the frame's %d (by %s)",
			size, access_words(how), offset_words(r, off, where, sizeof where), STACK_MAX,
			reg_name(m, reg));
	note_near(m, NEAR_STACK, r, off + STACK_MAX, size, STACK_MAX);
	struct frame *f = frame_of(m, r);
	frame_grow(m, f, (unsigned)((-low + 7) / 8));
	struct function_info *fn = &m->functions[f->function];
	if (fn->stack < (-low + 7) / 8 * 8)
		fn->stack = (uint16_t)((-low + 7) / 8 * 8);
}

unsigned slot_pointed(const struct reg *r)
{
	return (unsigned)slot_of(r->off + (int)r->v.bits.value);
}

bool fits_slots(const struct reg *r, unsigned slots)
{
	int off = r->off + (int)r->v.bits.value;
	return !(off % 8) && off <= -(int)slots * 8 && off >= -STACK_MAX;
}

unsigned need_slots(struct machine *m, const char *function, unsigned reg, unsigned slots, const char *what)
{
	const struct reg *r = reg_now(m, reg);

	if (r->kind != IN_STACK || !num_is_known(&r->v))
		reject(m, L_bad_argument, NULL, "argument %u of %s() is to be %s on the stack; %s has %s",
			reg, function, what, reg_name(m, reg), reg_words(m, r));
	if (!fits_slots(r, slots))
		reject(m, L_bad_argument, NULL, "argument %u of %s() is to be %s on the stack, aligned to 8",
			reg, function, what);
	return slot_pointed(r);
}

static bool is_special(const struct slot *s)
{
	return is_opaque(s->bytes[7]) || is_spill(s);
}

static void no_longer_special(struct slot *s)
{
	for (int i = 0; i < 8; i++)
		if (s->bytes[i] == BYTE_SPILL || is_opaque(s->bytes[i]))
			s->bytes[i] = BYTE_ANY;
}

static void spill(struct slot *s, const struct reg *r, unsigned size)
{
	s->reg = *r;
	for (unsigned i = 8; i > 8 - size; i--)
		s->bytes[i - 1] = BYTE_SPILL;
	for (unsigned i = 8 - size; i; i--)
		if (s->bytes[i - 1] != BYTE_ZERO && s->bytes[i - 1] != BYTE_UNSET)
			s->bytes[i - 1] = BYTE_ANY;
}

/* Before, what is loaded is but a number. */
#define ALL_SPILLED_SINCE 0x0703

static void store_fixed(
	struct machine *m, struct frame *f, unsigned number, int off, unsigned size, int value)
{
	int at = -off - 1;
	unsigned i = (unsigned)at / 8;
	const struct bpf_insn *in = &m->p->insns[m->insn];
	bool constant = BPF_CLASS(in->code) == BPF_ST && BPF_MODE(in->code) == BPF_MEM && value < 0;
	struct reg *r = value >= 0 ? reg_now(m, (unsigned)value) : NULL;

	destroy_dynptr(m, f, i);
	struct slot *s = &f->slots[i];
	if (!(off % 8) && size == 8)
		stack_written(m, number, 1ULL << i);
	if (r && !(off % 8) && is_number(r)) {
		bool fits = num_width(&r->v) <= 8 * size;
		if (fits)
			reg_give_id(m, r);
		spill(s, r, size);
		if (!fits)
			s->reg.id = 0;
	} else if (constant && !(off % 8)) {
		struct reg k;
		reg_known(&k, (uint64_t)(int64_t)in->imm);
		spill(s, &k, size);
	} else if (r && !is_number(r)) {
		if (size != 8)
			reject(m, L_partial_pointer, "Store the whole of it: 8 bytes.",
				"only %u bytes of the pointer in %s are stored", size,
				reg_name(m, (unsigned)value));
		if (f != frame_now(m) && r->kind == IN_STACK)
			reject(m, L_escaping_stack, "Let the caller hold pointers to its own stack.",
				"a pointer to a stack is stored in a caller's stack");
		spill(s, r, size);
		if ((r->kind == IN_DYNPTR || r->kind == IN_BUFFER) &&
			lint_kernel(m->lint) < ALL_SPILLED_SINCE) {
			s->reg.kind = IN_NOTHING;
			memset(s->bytes, BYTE_ANY, 8);
		}
	} else {
		uint8_t kind = BYTE_ANY;
		s->reg.kind = IN_NOTHING;
		if (is_special(s))
			no_longer_special(s);
		if ((r && is_null(r)) || (constant && !in->imm)) {
			if (r)
				need_precise(m, (unsigned)value);
			kind = BYTE_ZERO;
		}
		for (unsigned k = 0; k < size; k++)
			s->bytes[((unsigned)at - k) % 8] = kind;
		return;
	}
	remember_past(m, PAST_STACK, number, i);
}

static void store_somewhere(struct machine *m, unsigned reg, int off, unsigned size, int value)
{
	const struct reg *p = reg_now(m, reg);
	struct frame *f = frame_of(m, p);
	int low = (int)p->v.smin + off, high = (int)p->v.smax + off + (int)size;
	const struct bpf_insn *in = &m->p->insns[m->insn];
	struct reg *r = value >= 0 ? reg_now(m, (unsigned)value) : NULL;
	bool zero = (r && is_null(r)) || (!r && BPF_CLASS(in->code) == BPF_ST && !in->imm), zero_kept = false;

	for (int i = low; i < high; i++)
		destroy_dynptr(m, f, (unsigned)slot_of(i));
	for (int i = low; i < high; i++) {
		struct slot *s = &f->slots[slot_of(i)];
		uint8_t *byte = &s->bytes[(-i - 1) % 8];
		if (zero && *byte == BYTE_SPILL && is_spilled_number(s) && num_is(&s->reg.v, 0)) {
			zero_kept = true;
			continue;
		}
		s->reg.kind = IN_NOTHING;
		zero_kept |= zero && *byte == BYTE_ZERO;
		*byte = zero && *byte == BYTE_ZERO ? BYTE_ZERO : BYTE_ANY;
	}
	if (zero_kept && r)
		need_precise(m, (unsigned)value);
}

static void unreadable(struct machine *m)
{
	reject(m, L_opaque_stack, "Use the helpers that are made for it.",
		"these bytes of the stack are an iterator, a dynptr, or the state of interrupts");
}

static bool readable(uint8_t byte)
{
	return byte == BYTE_ANY || byte == BYTE_ZERO || byte == BYTE_UNSET;
}

static void load_bytes(struct machine *m, const struct frame *f, int low, int high, int value)
{
	bool zero = true;
	for (int i = low; i < high; i++)
		zero &= f->slots[slot_of(i)].bytes[(-i - 1) % 8] == BYTE_ZERO;
	if (value < 0)
		return;
	if (zero)
		reg_known(reg_now(m, (unsigned)value), 0);
	else
		reg_unknown(reg_now(m, (unsigned)value));
}

/* True: what was stored is loaded again, so that whoever walks back goes on with it. */
static bool load_spilled(struct machine *m, const struct slot *s, int off, unsigned size, int value)
{
	int at = -off - 1;
	unsigned spilled = 1;
	for (int i = 7; i > 0 && s->bytes[i - 1] == BYTE_SPILL; i--)
		spilled++;
	if (size == 8 && spilled == 8) {
		if (value >= 0)
			*reg_now(m, (unsigned)value) = s->reg;
		return true;
	}
	if (!is_number(&s->reg))
		reject(m, L_partial_pointer, "Load the whole of it: 8 bytes.",
			"only %u bytes of a pointer on the stack are loaded", size);
	if (value < 0)
		return true;
	struct reg *to = reg_now(m, (unsigned)value);
	if (size <= spilled && !(off % 8)) { /* the low bytes */
		*to = s->reg;
		if (num_width(&s->reg.v) > 8 * size)
			to->id = 0;
		return true;
	}
	unsigned nspilled = 0, nzero = 0;
	for (unsigned i = 0; i < size; i++) {
		uint8_t byte = s->bytes[((unsigned)at - i) % 8];
		nspilled += byte == BYTE_SPILL;
		nzero += byte == BYTE_ZERO;
		if (byte != BYTE_SPILL && !readable(byte))
			unreadable(m);
	}
	bool zero = nspilled == size && num_is(&s->reg.v, 0);
	if (zero || nzero == size)
		reg_known(to, 0);
	else
		reg_unknown(to);
	return zero;
}

static void load_fixed(
	struct machine *m, const struct frame *f, unsigned number, int off, unsigned size, int value)
{
	unsigned i = (unsigned)slot_of(off);
	const struct slot *s = &f->slots[i];

	stack_read(m, number, 1ULL << i);
	if (is_spill(s)) {
		if (load_spilled(m, s, off, size, value))
			remember_past(m, PAST_STACK, number, i);
		return;
	}
	for (int k = off; k < off + (int)size; k++)
		if (!readable(s->bytes[(-k - 1) % 8]))
			unreadable(m);
	load_bytes(m, f, off, off + (int)size, value);
}

void stack_range(struct machine *m, const struct reg *p, int low, int high, bool clobber)
{
	struct frame *f = frame_of(m, p);
	for (int i = low; i < high; i++) {
		unsigned at = (unsigned)slot_of(i);
		struct slot *s = &f->slots[at];
		uint8_t *byte = &s->bytes[(-i - 1) % 8];

		if (*byte == BYTE_ZERO || *byte == BYTE_UNSET) {
			if (clobber)
				*byte = BYTE_ANY;
		} else if (*byte != BYTE_ANY) {
			if (!is_spill(s))
				unreadable(m);
			if (clobber) {
				reg_unknown(&s->reg);
				no_longer_special(s);
			}
		}
		stack_read(m, (unsigned)p->which, 1ULL << at);
	}
}

void access_stack(struct machine *m, unsigned reg, int off, unsigned size, enum access how, int value)
{
	within_stack(m, reg, off, size, how);
	const struct reg p = *reg_now(m, reg);
	struct frame *f = frame_of(m, &p);

	if (!num_is_known(&p.v)) {
		if (how == WRITE) {
			store_somewhere(m, reg, off, size, value);
			return;
		}
		if (value < 0)
			reject(m, L_out_of_stack, "Use a constant offset.",
				"a varying offset into the stack in an atomic instruction");
		int low = (int)p.v.smin + off, high = (int)p.v.smax + off + (int)size;
		stack_range(m, &p, low, high, false);
		load_bytes(m, f, low, high, value);
		return;
	}
	int at = off + (int)p.v.bits.value;
	if (how == WRITE)
		store_fixed(m, f, (unsigned)p.which, at, size, value);
	else
		load_fixed(m, f, (unsigned)p.which, at, size, value);
}
