/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * memory.c: loads and stores, by instructions and by helpers: whether they are within what the register
 * points to, and what they move.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "machine.h"

int slot_of(int off)
{
	return (-off - 1) / 8;
}

struct frame *frame_of(const struct machine *m, const struct reg *r)
{
	return m->cur->frames[r->which];
}

static const char *verb(enum access how)
{
	return how == WRITE ? "written" : "read";
}

/* ---- what map values have inside, by BTF ---- */

static const struct {
	const char *name;
	int kind;
} special_structs[] = {
	{"bpf_spin_lock", FIELD_LOCK},
	{"bpf_timer", FIELD_TIMER},
	{"bpf_wq", FIELD_WORK},
	{"bpf_list_head", FIELD_OTHER},
	{"bpf_list_node", FIELD_OTHER},
	{"bpf_rb_root", FIELD_OTHER},
	{"bpf_rb_node", FIELD_OTHER},
	{"bpf_refcount", FIELD_OTHER},
	{"bpf_res_spin_lock", FIELD_OTHER},
	{"bpf_task_work", FIELD_OTHER},
};

static uint32_t plain(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);
	for (int i = 0; t && (btf_is_mod(t) || btf_is_typedef(t)) && i < 64; i++) {
		id = t->type;
		t = btf__type_by_id(btf, id);
	}
	return t ? id : 0;
}

static bool is_kernel_pointer(const struct btf *btf, const struct btf_type *t)
{
	if (!btf_is_ptr(t))
		return false;
	const struct btf_type *tag = btf__type_by_id(btf, t->type);
	for (int i = 0; tag && btf_is_type_tag(tag) && i < 8; i++) {
		const char *name = btf__name_by_offset(btf, tag->name_off);
		if (name && (strstr(name, "kptr") || !strcmp(name, "uptr")))
			return true;
		tag = btf__type_by_id(btf, tag->type);
	}
	return false;
}

static void fields_of(struct machine *m, struct map_fields *to, uint32_t id, uint32_t offset, unsigned depth)
{
	const struct btf *btf = m->o->btf;
	const struct btf_type *t = btf__type_by_id(btf, id = plain(btf, id));

	if (!t || depth > 8)
		return;
	if (is_kernel_pointer(btf, t)) {
		VEC_PUSH(m->arena, to, ((struct map_field){offset, 8, FIELD_POINTER}));
	} else if (btf_is_array(t)) {
		const struct btf_array *a = btf_array(t);
		int64_t size = btf__resolve_size(btf, a->type);
		uint32_t n = to->n;
		for (uint32_t i = 0; size > 0 && i < a->nelems && i < 64; i++) {
			fields_of(m, to, a->type, offset + i * (uint32_t)size, depth + 1);
			if (to->n == n)
				return;
		}
	} else if (btf_is_composite(t)) {
		const char *name = btf__name_by_offset(btf, t->name_off);
		for (size_t i = 0; name && i < sizeof special_structs / sizeof *special_structs; i++)
			if (!strcmp(name, special_structs[i].name)) {
				VEC_PUSH(m->arena, to,
					((struct map_field){offset, t->size, special_structs[i].kind}));
				return;
			}
		for (uint32_t i = 0; i < btf_vlen(t); i++)
			fields_of(m, to, btf_members(t)[i].type, offset + btf_member_bit_offset(t, i) / 8,
				depth + 1);
	}
}

void find_map_fields(struct machine *m)
{
	m->map_fields = machine_alloc(m, (m->o->maps.n + 1) * sizeof *m->map_fields);
	for (size_t i = 0; m->o->btf && i < m->o->maps.n; i++)
		if (m->o->maps.at[i].value_type && !m->o->maps.at[i].is_variables)
			fields_of(m, &m->map_fields[i], m->o->maps.at[i].value_type, 0, 0);
}

const struct map_field *map_field_at(const struct machine *m, int map, uint32_t offset)
{
	const struct map_fields *f = &m->map_fields[map];
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].offset == offset)
			return &f->at[i];
	return NULL;
}

static void check_map_fields(struct machine *m, const struct reg *r, int64_t off, unsigned size)
{
	const struct map_fields *f = &m->map_fields[r->which];
	for (size_t i = 0; i < f->n; i++) {
		const struct map_field *x = &f->at[i];
		if (r->v.smin + off >= (int64_t)x->offset + x->size ||
			(int64_t)x->offset >= (int64_t)r->v.umax + off + size)
			continue;
		if (x->kind == FIELD_POINTER || x->kind == FIELD_OTHER)
			not_judged(m, "the value of map `%s` has kernel objects in it",
				m->o->maps.at[r->which].name);
		reject(m, L_special_field, "Leave it to the helpers that are made for it.",
			"bytes %u to %u of the value of map `%s` are a lock or timer", x->offset,
			x->offset + x->size - 1, m->o->maps.at[r->which].name);
	}
}

/* ---- within a region ---- */

static const char *region_words(const struct machine *m, const struct reg *r, char *to, size_t n)
{
	if (r->kind == IN_VALUE || r->kind == IN_KEY)
		snprintf(to, n, "the %s of map `%s`", r->kind == IN_KEY ? "key" : "value",
			m->o->maps.at[r->which].name);
	else
		snprintf(to, n, "%s", reg_words(m, r));
	return to;
}

static const char *offset_words(const struct reg *r, int64_t off, char *to, unsigned n)
{
	struct num whole = r->v, add = num_known((uint64_t)off);
	if (num_is_known(&whole) || off) {
		num_add(&whole, &add);
		num_settle(&whole);
	}
	return num_say(&whole, to, n);
}

static _Noreturn void outside(
	struct machine *m, unsigned reg, const struct reg *r, int64_t off, int64_t size, uint32_t whole)
{
	char region[160], where[80];
	bool fixed = num_is_known(&r->v);
	reject(m, r->kind == IN_KEY || r->kind == IN_VALUE ? L_out_of_value : L_out_of_memory,
		fixed ? "Make the access smaller, or what is accessed larger."
		      : "Compare the index with the size before, as an unsigned number: `if (i >= SIZE) "
			"return 0;`,"
			" or mask it: `i &= SIZE - 1`.",
		"%" PRId64 " bytes at offset %s of %s, which has %u (by %s)", size,
		offset_words(r, off, where, sizeof where), region_words(m, r, region, sizeof region), whole,
		reg_name(m, reg));
}

static void within_region(
	struct machine *m, unsigned reg, int64_t off, int64_t size, uint32_t whole, bool zero)
{
	const struct reg *r = reg_now(m, reg);
	bool size_ok = size > 0 || (!size && zero);
	int64_t low = r->v.smin + off;

	if (r->v.smin < 0 && (r->v.smin == INT64_MIN || low != (int32_t)low || low < 0))
		outside(m, reg, r, off, size, whole);
	if (low < 0 || !size_ok || (uint64_t)low + (uint64_t)size > whole)
		outside(m, reg, r, off, size, whole);
	if (r->v.umax >= OFFSET_MAX)
		outside(m, reg, r, off, size, whole);
	int64_t high = (int64_t)r->v.umax + off;
	if (high < 0 || (uint64_t)high + (uint64_t)size > whole)
		outside(m, reg, r, off, size, whole);
}

static void within_packet(struct machine *m, unsigned reg, int64_t off, int64_t size, bool zero)
{
	const struct reg *r = reg_now(m, reg);
	bool size_ok = size > 0 || (!size && zero);

	if (r->v.smin < 0)
		reject(m, L_out_of_packet, "Make the offset unsigned, or check that it is not negative.",
			"the offset into the packet in %s may be negative", reg_name(m, reg));
	if (r->which < 0 || off < 0 || !size_ok || off + size > r->which)
		reject(m, L_out_of_packet,
			"Before the access: `if (data + OFFSET + SIZE > data_end) return ...;`, of the same "
			"pointer.",
			"%" PRId64 " bytes at %" PRId64
			" of the packet, of which %d are known to be there (by %s)",
			size, off, r->which < 0 ? 0 : r->which, reg_name(m, reg));
}

void need_unchanged(struct machine *m, unsigned reg, const struct reg *r, bool fixed_ok)
{
	if (r->off < 0 || (!fixed_ok && r->off) || !num_is(&r->v, 0))
		reject(m, L_changed_pointer, "Use the pointer as it was handed in; add nothing to it.",
			"%s points to %s, but not to its beginning", reg_name(m, reg), reg_words(m, r));
}

static void need_aligned(
	struct machine *m, unsigned reg, const struct reg *r, int off, unsigned size, bool strict)
{
	bool packet = is_packet(r);

	if (size == 1 || r->kind == IN_ARENA || (!strict && r->kind != IN_STACK))
		return;
	/* Two bytes come before a packet where addresses are to be aligned. */
	uint64_t at = r->v.bits.value + (uint64_t)(int64_t)(r->off + off) + (packet ? 2 : 0);
	if ((at | r->v.bits.mask) & (size - 1))
		reject(m, L_misaligned, "Align what is accessed to its size, or access it by bytes.",
			"%u bytes at an offset of %s that is not a multiple of that (by %s)", size,
			reg_words(m, r), reg_name(m, reg));
}

/* ---- the stack ---- */

static void within_stack(struct machine *m, unsigned reg, int64_t off, int64_t size, enum access how)
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
			size, verb(how), offset_words(r, off, where, sizeof where), STACK_MAX,
			reg_name(m, reg));
	struct frame *f = frame_of(m, r);
	frame_grow(m, f, (unsigned)((-low + 7) / 8));
	struct function_info *fn = &m->functions[f->function];
	if (fn->stack < (-low + 7) / 8 * 8)
		fn->stack = (uint16_t)((-low + 7) / 8 * 8);
}

static bool is_special(const struct slot *s)
{
	return s->bytes[7] == BYTE_DYNPTR || s->bytes[7] == BYTE_ITER || s->bytes[7] == BYTE_SPILL;
}

static void no_longer_special(struct slot *s)
{
	for (int i = 0; i < 8; i++)
		if (s->bytes[i] == BYTE_SPILL || s->bytes[i] == BYTE_ITER || s->bytes[i] == BYTE_DYNPTR)
			s->bytes[i] = BYTE_ANY;
}

/* A dynptr that is overwritten is gone, unless that would lose what it holds. */
static void destroy_dynptr(struct machine *m, struct frame *f, unsigned i)
{
	struct slot *s = &f->slots[i];
	if (s->bytes[7] != BYTE_DYNPTR)
		return;
	if (s->reg.held)
		reject(m, L_not_released, "Submit or discard it first.",
			"a dynptr that holds something is overwritten");
	unsigned other = s->reg.off ? i - 1 : i + 1;
	for (unsigned k = 0; k < 2; k++) {
		struct slot *x = &f->slots[k ? other : i];
		if (k && other >= f->n)
			break;
		uint16_t id = x->reg.of;
		memset(x->bytes, BYTE_UNSET, 8);
		reg_forget(&x->reg);
		FOR_EACH_REG(m->cur, r, {
			if ((r->flags & FROM_DYNPTR) && r->of == id)
				reg_forget(r);
		})
	}
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
		"these bytes of the stack are an iterator or a dynptr");
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

/* What a helper, or a load at an offset that varies, reads of the stack; a write leaves it to be anything. */
static void stack_range(struct machine *m, const struct reg *p, int low, int high, bool clobber)
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

static void access_stack(struct machine *m, unsigned reg, int off, unsigned size, enum access how, int value)
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

/* ---- map values ---- */

static void check_map_writes(struct machine *m, int map, enum access how)
{
	const struct lint_map *x = &m->o->maps.at[map];
	if (how == WRITE && (x->flags & BPF_F_RDONLY_PROG))
		reject(m, L_read_only, x->is_variables ? "Make the variable not const." : NULL,
			"map `%s` is only to be read by programs", x->name);
	if (how == READ && (x->flags & BPF_F_WRONLY_PROG))
		reject(m, L_read_only, NULL, "map `%s` is only to be written by programs", x->name);
}

static void load_constant(struct reg *to, const struct lint_map *map, uint64_t at, unsigned size, bool sign)
{
	uint64_t v = 0;
	memcpy(&v, map->bytes + at, size);
	if (sign && size < 8) {
		unsigned shift = 64 - 8 * size;
		v = (uint64_t)((int64_t)(v << shift) >> shift);
	}
	reg_known(to, v);
}

static void access_value(
	struct machine *m, unsigned reg, int off, unsigned size, enum access how, int value, bool sign)
{
	const struct reg r = *reg_now(m, reg);
	const struct lint_map *map = &m->o->maps.at[r.which];

	check_map_writes(m, r.which, how);
	within_region(m, reg, off, size, map->value_size, false);
	check_map_fields(m, &r, off, size);
	if (how == WRITE || value < 0)
		return;
	struct reg *to = reg_now(m, (unsigned)value);
	uint64_t at = (uint64_t)off + r.v.bits.value;
	if (map->readonly && map->bytes && num_is_known(&r.v) && at + size <= map->nbytes)
		load_constant(to, map, at, size, sign);
	else
		reg_unknown(to);
}

/* ---- by an instruction ---- */

static void access_context(
	struct machine *m, unsigned reg, int off, unsigned size, enum access how, int value)
{
	struct context_value v = {.kind = IN_NUMBER};

	need_unchanged(m, reg, reg_now(m, reg), false);
	if (!context_access(m, off, size, how, &v))
		reject(m, L_bad_context,
			"The fields of a context, and which of them may be written, are in linux/bpf.h.",
			"%u bytes at %d of the context of a program of this type cannot be %s", size, off,
			verb(how));
	if (how == WRITE || value < 0)
		return;
	struct reg *to = reg_now(m, (unsigned)value);
	if (v.kind == IN_NUMBER) {
		reg_unknown(to);
		return;
	}
	reg_point(to, v.kind, v.which);
	to->flags = v.flags;
	if (v.flags & MAYBE_NULL)
		to->id = ++m->ids;
}

static _Noreturn void no_memory(struct machine *m, unsigned reg, const struct reg *r)
{
	if (r->flags & MAYBE_NULL)
		reject(m, L_maybe_null, "Check it first: `if (!p) return 0;`.",
			"%s may be NULL: %s that was not compared with 0", reg_name(m, reg), reg_words(m, r));
	reject(m, L_no_pointer,
		is_number(r) ? "A pointer that is computed, masked or loaded from memory is a number." : NULL,
		"%s is used as an address, but has %s", reg_name(m, reg), reg_words(m, r));
}

/* One instruction is compiled for one kind of address. */
static void same_kind(struct machine *m, uint8_t kind)
{
	struct insn_info *at = &m->at[m->insn];
	bool special = kind == IN_CONTEXT || kind == IN_SOCKET || kind == IN_SOCK_COMMON ||
		       kind == IN_TCP_SOCK || kind == IN_OBJECT || kind == IN_ARENA;
	bool before = at->pointer_kind == IN_CONTEXT || at->pointer_kind == IN_SOCKET ||
		      at->pointer_kind == IN_SOCK_COMMON || at->pointer_kind == IN_TCP_SOCK ||
		      at->pointer_kind == IN_OBJECT || at->pointer_kind == IN_ARENA;
	if (at->pointer_kind && at->pointer_kind != kind && (special || before))
		reject(m, L_mixed_pointers, "Access each in a branch of its own.",
			"this instruction accesses different kinds of memory on different paths");
	at->pointer_kind = kind;
}

static void access_by_kind(
	struct machine *m, unsigned reg, int off, unsigned size, enum access how, int value, bool sign)
{
	const struct reg r = *reg_now(m, reg);
	struct reg *to = value >= 0 && how == READ ? reg_now(m, (unsigned)value) : NULL;

	if (r.flags & MAYBE_NULL)
		no_memory(m, reg, &r);
	switch (r.kind) {
	case IN_STACK:
		access_stack(m, reg, off, size, how, value);
		return;
	case IN_VALUE:
		access_value(m, reg, off, size, how, value, sign);
		return;
	case IN_CONTEXT:
		access_context(m, reg, off, size, how, value);
		return;
	case IN_KEY:
		if (how == WRITE)
			reject(m, L_read_only, NULL, "a key of a map cannot be written");
		within_region(m, reg, off, size, m->o->maps.at[r.which].key_size, false);
		break;
	case IN_MEMORY:
		if (how == WRITE && (r.flags & READ_ONLY))
			reject(m, L_read_only, NULL, "the memory that %s points to is only to be read",
				reg_name(m, reg));
		within_region(m, reg, off, size, (uint32_t)r.which, false);
		break;
	case IN_PACKET:
	case IN_PACKET_META:
		if (how == WRITE && !packet_writable(m))
			reject(m, L_read_only, NULL, "a program of this type cannot write into the packet");
		within_packet(m, reg, off, size, false);
		break;
	case IN_OBJECT:
	case IN_SOCKET:
	case IN_SOCK_COMMON:
	case IN_TCP_SOCK:
		if (!object_access(m, &r, off, size, how))
			reject(m, L_bad_object, NULL, "%u bytes at %d of %s cannot be %s", size, off,
				reg_words(m, &r), verb(how));
		break;
	case IN_ARENA:
		break;
	default:
		no_memory(m, reg, &r);
	}
	if (to)
		reg_unknown(to);
}

void access_memory(struct machine *m, unsigned reg, int off, unsigned size, enum access how, int value,
	bool aligned, bool sign)
{
	const struct reg r = *reg_now(m, reg);

	need_aligned(m, reg, &r, off, size, aligned);
	access_by_kind(m, reg, off + r.off, size, how, value, sign);
	if (BPF_CLASS(m->p->insns[m->insn].code) != BPF_JMP)
		same_kind(m, r.kind);
	if (size < 8 && value >= 0 && how == READ) {
		struct reg *to = reg_now(m, (unsigned)value);
		if (is_number(to) && sign)
			num_cut_signed(&to->v, size, false);
		else if (is_number(to))
			num_cut(&to->v, size);
	}
}

/* ---- by a helper ---- */

void access_by_helper(struct machine *m, unsigned reg, unsigned size, enum access how, bool zero, bool raw)
{
	const struct reg r = *reg_now(m, reg);

	if (r.flags & MAYBE_NULL)
		no_memory(m, reg, &r);
	switch (r.kind) {
	case IN_STACK:
		if (!size && !zero)
			reject(m, L_bad_size, "Pass at least one byte.", "%s: a size of 0", reg_name(m, reg));
		within_stack(m, reg, r.off, size, how);
		if (raw && num_is_known(&r.v)) {
			for (unsigned i = 0; i < size; i++)
				access_memory(m, reg, (int)i, 1, WRITE, -1, false, false);
			return;
		}
		stack_range(m, &r, (int)r.v.smin + r.off, (int)r.v.smax + r.off + (int)size, how == WRITE);
		return;
	case IN_VALUE:
		check_map_writes(m, r.which, how);
		within_region(m, reg, r.off, size, m->o->maps.at[r.which].value_size, zero);
		check_map_fields(m, &r, r.off, size);
		return;
	case IN_KEY:
		if (how == WRITE)
			reject(m, L_read_only, NULL, "a key of a map cannot be written");
		within_region(m, reg, r.off, size, m->o->maps.at[r.which].key_size, false);
		return;
	case IN_MEMORY:
		if (how == WRITE && (r.flags & READ_ONLY))
			reject(m, L_read_only, NULL, "the memory that %s points to is only to be read",
				reg_name(m, reg));
		within_region(m, reg, r.off, size, (uint32_t)r.which, zero);
		return;
	case IN_PACKET:
	case IN_PACKET_META:
		within_packet(m, reg, r.off, size, zero);
		return;
	case IN_OBJECT:
		not_judged(m, "a helper reads an object of the kernel");
	default:
		if (zero && !size && is_null(&r))
			return;
		no_memory(m, reg, &r);
	}
}
