/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * memory.c: loads and stores, by instructions and by helpers: whether they are within what the register
 * points to, and what they move.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "bits.h"
#include "local.h"

#define ATTACH_COOKIES_SINCE 0x050f

const char *access_words(enum access how)
{
	return how == WRITE ? "written" : "read";
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

const char *offset_words(const struct reg *r, int64_t off, char *to, unsigned n)
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

/* Of those that are within, the one that has the least left. */
void note_near(struct machine *m, enum lint_memory memory, const struct reg *r, int64_t off, int64_t size,
	int64_t whole)
{
	struct lint_near *n = &m->r->near[memory];
	int64_t high = r->v.smax + off;

	if (num_is_known(&r->v) && memory != NEAR_PACKET)
		return;
	if (n->seen && n->whole - n->high - n->size <= whole - high - size)
		return;
	*n = (struct lint_near){true, m->insn, (uint32_t)size, r->v.smin + off, high, whole, r->which};
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
	note_near(m, r->kind == IN_VALUE ? NEAR_VALUE : NEAR_MEMORY, r, off, size, whole);
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
	struct reg fixed =
		*r; /* what varies is in the packet's pointer itself, of which those bytes are known */
	fixed.v = num_known(0);
	note_near(m, NEAR_PACKET, &fixed, off, size, r->which);
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

/* ---- map values ---- */

static void check_map_writes(struct machine *m, int map, enum access how)
{
	const struct lint_map *x = &m->o->maps.at[map];
	bool of_devices = x->type == BPF_MAP_TYPE_DEVMAP || x->type == BPF_MAP_TYPE_DEVMAP_HASH;
	if (how == WRITE && (of_devices || (x->flags & BPF_F_RDONLY_PROG)))
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

/* What libbpf finds out of the kernel: bytes of the map .kconfig, by the name of the variable that is there.
 */
static void load_config(struct machine *m, struct reg *to, uint64_t at)
{
	const struct btf *btf = m->o->btf;
	int id = btf__find_by_name_kind(btf, ".kconfig", BTF_KIND_DATASEC);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	reg_unknown(to);
	for (uint32_t i = 0; t && i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *v = &btf_var_secinfos(t)[i];
		if (v->offset != at)
			continue;
		const char *name = btf__name_by_offset(btf, btf__type_by_id(btf, v->type)->name_off);
		if (!strcmp(name, "LINUX_KERNEL_VERSION")) {
			to->v.bits.value = (uint64_t)lint_kernel(m->lint) << 8;
			to->v.bits.mask = 0xff;
			num_ranges_of_bits(&to->v);
			num_settle(&to->v);
		} else if (!strcmp(name, "LINUX_HAS_BPF_COOKIE")) {
			reg_known(to, lint_kernel(m->lint) >= ATTACH_COOKIES_SINCE);
		} else if (!strcmp(name, "LINUX_HAS_SYSCALL_WRAPPER")) {
			reg_known(to, 1); /* on x86-64 and arm64 since 4.19 */
		}
		return;
	}
}

static void access_value(
	struct machine *m, unsigned reg, int off, unsigned size, enum access how, int value, bool sign)
{
	const struct reg r = *reg_now(m, reg);
	const struct lint_map *map = &m->o->maps.at[r.which];

	check_map_writes(m, r.which, how);
	within_region(m, reg, off, size, map->value_size, false);
	check_fields(m, &r, off, size, false);
	const struct field *f =
		num_is_known(&r.v) ? field_at(fields_of(m, &r), (uint32_t)(off + (int64_t)r.v.bits.value))
				   : NULL;
	if (f) {
		access_pointer(m, f, how, value);
		return;
	}
	if (how == WRITE || value < 0)
		return;
	struct reg *to = reg_now(m, (unsigned)value);
	uint64_t at = (uint64_t)off + r.v.bits.value;
	if (map->readonly && map->bytes && num_is_known(&r.v) && at + size <= map->nbytes)
		load_constant(to, map, at, size, sign);
	else if (num_is_known(&r.v) && lint_ends_with(map->name, ".kconfig"))
		load_config(m, to, at);
	else
		reg_unknown(to);
}

/* ---- by an instruction ---- */

static void access_context(
	struct machine *m, unsigned reg, int off, unsigned size, enum access how, int value, bool sign)
{
	struct context_value v = {.kind = IN_NUMBER};

	if (m->p->type == BPF_PROG_TYPE_SYSCALL && lint_kernel(m->lint) >= 0x0701) {
		/* Plain memory, as much of it as whoever runs the program hands in. */
		within_region(m, reg, off, size, UINT16_MAX, false);
		if (how == READ && value >= 0)
			reg_unknown(reg_now(m, (unsigned)value));
		return;
	}
	need_unchanged(m, reg, reg_now(m, reg), false);
	bool there = context_access(m, off, size, how, &v);
	bool pointer = v.kind == IN_PACKET || v.kind == IN_PACKET_META || v.kind == IN_PACKET_END;
	if (!there || (sign && pointer))
		reject(m, L_bad_context,
			"The fields of a context, and which of them may be written, are in linux/bpf.h.",
			"%u bytes at %d of the context of a program of this type cannot be %s", size, off,
			access_words(how));
	if (how == WRITE || value < 0)
		return;
	struct reg *to = reg_now(m, (unsigned)value);
	if (v.kind == IN_NUMBER) {
		reg_unknown(to);
		if (v.is_result && target_returns(m, &to->v.smin32, &to->v.smax32))
			num_settle(&to->v);
		return;
	}
	reg_point(to, v.kind, v.which);
	to->flags = v.flags;
	to->held = v.held;
	if (v.flags & MAYBE_NULL)
		to->id = ++m->ids;
}

static _Noreturn void no_memory(struct machine *m, unsigned reg, const struct reg *r)
{
	if (r->flags & MAYBE_NULL)
		reject(m, L_maybe_null, "Check it first: `if (!p) return 0;`.",
			"%s has %s, and was not compared with NULL", reg_name(m, reg), reg_words(m, r));
	reject(m, L_no_pointer,
		is_number(r) ? "A pointer that is loaded from memory is a number; so is one to what was "
			       "released, or to the packet after a"
			       " helper that moves it."
			     : NULL,
		"%s is used as an address, but has %s", reg_name(m, reg), reg_words(m, r));
}

/* One instruction is compiled for one kind of address. */
/* Objects that are described by types are read by the same instructions, wherever they are. */
static bool is_described(uint8_t kind)
{
	return kind == IN_OBJECT || kind == IN_STRUCT || kind == IN_LOCAL;
}

static bool is_alone(uint8_t kind)
{
	return is_described(kind) || kind == IN_CONTEXT || kind == IN_SOCKET || kind == IN_SOCK_COMMON ||
	       kind == IN_TCP_SOCK || kind == IN_ARENA;
}

static void same_kind(struct machine *m, const struct reg *r, enum access how)
{
	struct insn_info *at = &m->at[m->insn];
	bool differ = at->pointer_kind != r->kind || (r->kind == IN_LOCAL && at->pointer_flags != r->flags);
	bool read_alike = how == READ && is_described(at->pointer_kind) && is_described(r->kind);

	if (at->pointer_kind && differ && !read_alike && (is_alone(r->kind) || is_alone(at->pointer_kind)))
		reject(m, L_mixed_pointers, "Access each in a branch of its own.",
			"this instruction accesses different kinds of memory on different paths");
	at->pointer_kind = r->kind;
	at->pointer_flags = r->flags;
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
		access_context(m, reg, off, size, how, value, sign);
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
		if (!(r.flags & UNTRUSTED)) /* of that nothing is known, and it is read with care */
			within_region(m, reg, off, size, (uint32_t)r.which, false);
		break;
	case IN_FLOW_KEYS:
		within_region(m, reg, off, size, (uint32_t)r.which, false);
		break;
	case IN_PACKET:
	case IN_PACKET_META:
		if (how == WRITE && !packet_writable(m))
			reject(m, L_read_only, NULL, "a program of this type cannot write into the packet");
		within_packet(m, reg, off, size, false);
		break;
	case IN_STRUCT:
		access_struct(m, reg, off, size, how, to);
		return;
	case IN_LOCAL:
		access_local(m, reg, off, size, how, to);
		return;
	case IN_OBJECT:
	case IN_SOCKET:
	case IN_SOCK_COMMON:
	case IN_TCP_SOCK:
		if (!object_access(m, &r, off, size, how))
			reject(m, L_bad_object, NULL, "%u bytes at %d of %s cannot be %s", size, off,
				reg_words(m, &r), access_words(how));
		break;
	case IN_ARENA:
		break;
	case IN_BUFFER: /* how long it is, is asked when the program is attached */
		if (!num_is_known(&r.v) || (int64_t)r.v.bits.value + off < 0)
			reject(m, L_out_of_memory, "Use a constant offset.",
				"%s points into the buffer of a tracepoint at an offset that varies, or is "
				"negative",
				reg_name(m, reg));
		break;
	default:
		no_memory(m, reg, &r);
	}
	if (to)
		reg_unknown(to);
}

static void note_load(struct machine *m, const struct reg *r, int off)
{
	struct lint_load *l = &m->p->loads[m->insn];
	uint64_t at = (uint64_t)((int64_t)r->off + off); /* it wraps where nothing is known of the rest */
	bool known = num_is_known(&r->v);
	int64_t low = (int64_t)(at + (known ? r->v.bits.value : (uint64_t)r->v.smin));
	int64_t high = (int64_t)(at + (known ? r->v.bits.value : (uint64_t)r->v.smax));
	uint64_t step = r->v.bits.mask, differ;

	if (!l->kind) {
		*l = (struct lint_load){r->kind, false, r->which, low, high, step & -step};
		return;
	}
	l->mixed |= l->kind != r->kind || (r->kind == IN_VALUE && l->which != r->which);
	differ = (uint64_t)l->low - (uint64_t)low;
	step |= l->step | differ;
	l->step = step & -step;
	l->low = low < l->low ? low : l->low;
	l->high = high > l->high ? high : l->high;
}

void access_memory(struct machine *m, unsigned reg, int off, unsigned size, enum access how, int value,
	bool aligned, bool sign)
{
	const struct reg r = *reg_now(m, reg);

	need_aligned(m, reg, &r, off, size, aligned);
	if (value >= 0 && how == READ)
		note_load(m, &r, off);
	access_by_kind(m, reg, off + r.off, size, how, value, sign);
	if (BPF_CLASS(m->p->insns[m->insn].code) != BPF_JMP)
		same_kind(m, &r, how);
	if (size < 8 && value >= 0 && how == READ) {
		struct reg *to = reg_now(m, (unsigned)value);
		if (is_number(to) && sign)
			num_cut_signed(&to->v, size, false);
		else if (is_number(to))
			num_cut(&to->v, size);
	}
}

/* ---- by a helper ---- */

/* What such a map has are maps; what was not compared with NULL is not known to be one. */
static bool is_of_maps(const struct lint_map *map)
{
	return map->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || map->type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

/* Since then it is gone, as where an instruction writes. */
#define DYNPTRS_FILLED_SINCE 0x0703

static bool has_dynptr(struct machine *m, const struct reg *r, unsigned size)
{
	const struct frame *f = frame_of(m, r);
	int off = r->off + (int)r->v.bits.value;
	bool found = false;

	for (int i = off; i < off + (int)size; i++) {
		unsigned slot = (unsigned)slot_of(i);
		found |= slot < f->n && f->slots[slot].bytes[7] == BYTE_DYNPTR;
	}
	return found;
}

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
			if (lint_kernel(m->lint) < DYNPTRS_FILLED_SINCE && has_dynptr(m, &r, size))
				reject(m, L_opaque_stack, "Use another buffer.",
					"%s: these bytes of the stack are a dynptr, which may not be written",
					reg_name(m, reg));
			for (unsigned i = 0; i < size; i++)
				access_memory(m, reg, (int)i, 1, WRITE, -1, false, false);
			return;
		}
		stack_range(m, &r, (int)r.v.smin + r.off, (int)r.v.smax + r.off + (int)size, how == WRITE);
		return;
	case IN_VALUE:
		if (is_of_maps(&m->o->maps.at[r.which]))
			reject(m, L_no_pointer, NULL, "%s has a map, and is to be memory", reg_name(m, reg));
		check_map_writes(m, r.which, how);
		within_region(m, reg, r.off, size, m->o->maps.at[r.which].value_size, zero);
		check_fields(m, &r, r.off, size, true);
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
	case IN_STRUCT:
		access_struct(m, reg, r.off, size, how, NULL);
		return;
	case IN_LOCAL:
		access_local(m, reg, r.off, size, READ, NULL);
		return;
	case IN_OBJECT:
		not_judged(m, "a helper reads an object of the kernel");
	default:
		if (zero && !size && is_null(&r))
			return;
		no_memory(m, reg, &r);
	}
}
