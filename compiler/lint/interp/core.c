/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * core.c: relocations of .BTF.ext against the kernel's BTF (Documentation/bpf/llvm_reloc.rst). A field is
 * found by the names on the way to it, wherever it is in the kernel's struct; structs without a name do not
 * count.
 */
#include "core.h"
#include "../names.h"
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 32

/* The way to a field: members by name, elements by number. */
struct field_path {
	struct step {
		const char *name; /* NULL: element `index` */
		uint32_t index;
	} steps[STEPS_MAX];
	unsigned n;
};

/* Where a field is, and what. */
struct field_place {
	uint64_t bits; /* from the beginning */
	uint32_t bit_size, type;
};

/* `task_struct___old` is `task_struct`, as some kernels had it. */
static size_t essential(const char *name)
{
	const char *flavour = strstr(name, "___");
	return flavour ? (size_t)(flavour - name) : strlen(name);
}

static void enter(
	const struct btf *btf, struct field_place *at, uint64_t bits, uint32_t bit_size, uint32_t type)
{
	int64_t size = btf__resolve_size(btf, type);
	at->bits += bits;
	at->type = btf_plain(btf, type);
	at->bit_size = bit_size ? bit_size : size > 0 ? (uint32_t)size * 8 : 0;
}

static bool enter_element(const struct btf *btf, struct field_place *at, uint32_t index)
{
	const struct btf_type *t = btf__type_by_id(btf, at->type);
	if (!t || !btf_is_array(t))
		return false;
	int64_t size = btf__resolve_size(btf, btf_array(t)->type);
	/* The last member of a struct may go on behind its end. */
	if (size < 0 || (btf_array(t)->nelems && index >= btf_array(t)->nelems))
		return false;
	enter(btf, at, (uint64_t)index * (uint64_t)size * 8, 0, btf_array(t)->type);
	return true;
}

static bool enter_member(
	const struct btf *btf, struct field_place *at, uint32_t index, struct field_path *path)
{
	const struct btf_type *t = btf__type_by_id(btf, at->type);
	if (!t || !btf_is_composite(t) || index >= btf_vlen(t))
		return false;
	const struct btf_member *m = &btf_members(t)[index];
	if (*btf_name(btf, m->name_off))
		path->steps[path->n++] = (struct step){btf_name(btf, m->name_off), 0};
	enter(btf, at, btf_member_bit_offset(t, index), btf_member_bitfield_size(t, index), m->type);
	return true;
}

/* "0:1:2": of a pointer, taken as an array; then members and elements, by number. */
static bool read_path(
	const struct btf *btf, uint32_t type, const char *s, struct field_path *path, struct field_place *at)
{
	char *end;
	int64_t size = btf__resolve_size(btf, type);
	unsigned long index = strtoul(s, &end, 10);

	if (end == s || size < 0 || index > UINT32_MAX)
		return false;
	*at = (struct field_place){.type = btf_plain(btf, type)};
	path->steps[path->n++] = (struct step){NULL, (uint32_t)index};
	at->bits = index * (uint64_t)size * 8;
	while (*end == ':' && path->n < STEPS_MAX) {
		s = end + 1;
		index = strtoul(s, &end, 10);
		if (end == s || index > UINT32_MAX)
			return false;
		const struct btf_type *t = btf__type_by_id(btf, at->type);
		if (t && btf_is_array(t)) {
			path->steps[path->n++] = (struct step){NULL, (uint32_t)index};
			if (!enter_element(btf, at, (uint32_t)index))
				return false;
		} else if (!enter_member(btf, at, (uint32_t)index, path)) {
			return false;
		}
	}
	return !*end;
}

static bool find_member(const struct btf *btf, struct field_place *at, const char *name, unsigned depth)
{
	const struct btf_type *t = btf__type_by_id(btf, at->type);
	if (!t || !btf_is_composite(t) || depth > 16)
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const char *s = btf_name(btf, m->name_off);
		struct field_place inner = *at;
		enter(btf, &inner, btf_member_bit_offset(t, i), btf_member_bitfield_size(t, i), m->type);
		if (*s ? !strcmp(s, name) : find_member(btf, &inner, name, depth + 1)) {
			*at = inner;
			return true;
		}
	}
	return false;
}

static bool alike(const struct btf *a, uint32_t a_id, const struct btf *b, uint32_t b_id)
{
	const struct btf_type *x = btf__type_by_id(a, btf_plain(a, a_id)),
			      *y = btf__type_by_id(b, btf_plain(b, b_id));
	if (!x || !y)
		return x == y;
	if (btf_is_composite(x) || btf_is_composite(y))
		return btf_is_composite(x) && btf_is_composite(y);
	if (btf_is_any_enum(x) || btf_is_any_enum(y))
		return btf_is_any_enum(x) && btf_is_any_enum(y);
	return btf_kind(x) == btf_kind(y);
}

static bool follow(
	const struct btf *btf, uint32_t type, const struct field_path *path, struct field_place *at)
{
	int64_t size = btf__resolve_size(btf, type);
	*at = (struct field_place){
		.bits = path->steps[0].index * (uint64_t)size * 8, .type = btf_plain(btf, type)};
	if (size < 0)
		return false;
	for (unsigned i = 1; i < path->n; i++)
		if (path->steps[i].name ? !find_member(btf, at, path->steps[i].name, 0)
					: !enter_element(btf, at, path->steps[i].index))
			return false;
	return true;
}

/* The kernel's type of that name and kind; 0: none. */
static uint32_t kernels_type(const struct btf *kernel, const struct btf *btf, uint32_t type)
{
	const struct btf_type *t = btf__type_by_id(btf, type);
	const char *name = t ? btf_name(btf, t->name_off) : "";
	size_t n = essential(name);
	char exact[256];

	if (!n || n >= sizeof exact)
		return 0;
	memcpy(exact, name, n);
	exact[n] = 0;
	int id = btf__find_by_name_kind(kernel, exact, btf_kind(t));
	return id > 0 ? (uint32_t)id : 0;
}

/* The aligned bytes that a bit field is in; those of any other field are its own. */
static uint64_t bytes_of(const struct btf *btf, const struct field_place *at, uint32_t *size)
{
	int64_t whole = btf__resolve_size(btf, at->type);
	*size = at->bit_size / 8;
	if (at->bits % 8 == 0 && at->bit_size % 8 == 0)
		return at->bits / 8;
	*size = whole == 1 || whole == 2 || whole == 4 ? (uint32_t)whole : 8;
	while (*size < 8 && at->bits % (*size * 8) + at->bit_size > *size * 8)
		*size *= 2;
	return at->bits / 8 / *size * *size;
}

/* What a field relocation asks for. */
static int64_t field_value(const struct btf *btf, const struct field_place *at, uint32_t kind)
{
	const struct btf_type *t = btf__type_by_id(btf, at->type);
	uint32_t size;
	uint64_t offset = bytes_of(btf, at, &size);

	switch (kind) {
	case BPF_CORE_FIELD_BYTE_OFFSET:
		return (int64_t)offset;
	case BPF_CORE_FIELD_BYTE_SIZE:
		return size;
	case BPF_CORE_FIELD_SIGNED:
		return t && btf_is_int(t) ? !!(btf_int_encoding(t) & BTF_INT_SIGNED) : t && btf_is_enum(t);
	case BPF_CORE_FIELD_LSHIFT_U64:
		return 64 - (int64_t)(at->bits + at->bit_size - offset * 8);
	case BPF_CORE_FIELD_RSHIFT_U64:
		return 64 - (int64_t)at->bit_size;
	default:
		return -1;
	}
}

enum outcome {
	FOUND,
	NOT_THERE,
	UNKNOWN,
};

struct enumerator {
	const char *name;
	int64_t value;
};

static bool enumerator_at(const struct btf *btf, const struct btf_type *t, uint32_t i, struct enumerator *e)
{
	if (i >= btf_vlen(t))
		return false;
	if (btf_is_enum64(t))
		*e = (struct enumerator){btf_name(btf, btf_enum64(t)[i].name_off),
			(int64_t)btf_enum64_value(&btf_enum64(t)[i])};
	else
		*e = (struct enumerator){btf_name(btf, btf_enum(t)[i].name_off), btf_enum(t)[i].val};
	return true;
}

static enum outcome enum_value(const struct btf *kernel, uint32_t target, const struct btf *btf,
	const struct bpf_core_relo *r, int64_t *value)
{
	const struct btf_type *t = btf__type_by_id(btf, btf_plain(btf, r->type_id)),
			      *k = btf__type_by_id(kernel, target);
	unsigned long index = strtoul(btf_name(btf, r->access_str_off), NULL, 10);
	struct enumerator here, there;
	if (!t || !btf_is_any_enum(t) || index > UINT32_MAX ||
		!enumerator_at(btf, t, (uint32_t)index, &here) || !k || !btf_is_any_enum(k))
		return UNKNOWN;
	for (uint32_t i = 0; enumerator_at(kernel, k, i, &there); i++) {
		if (essential(here.name) != strlen(there.name) ||
			strncmp(there.name, here.name, strlen(there.name)) != 0)
			continue;
		*value = r->kind == BPF_CORE_ENUMVAL_EXISTS ? 1 : there.value;
		return FOUND;
	}
	return NOT_THERE;
}

static enum outcome resolve(const struct btf *kernel, const struct btf *btf, const struct bpf_core_relo *r,
	int64_t *value, uint32_t *bytes, uint32_t *was)
{
	struct field_path path = {.n = 0};
	struct field_place here, there;
	uint32_t target = kernels_type(kernel, btf, r->type_id);

	*bytes = *was = 0;
	switch (r->kind) {
	case BPF_CORE_TYPE_ID_LOCAL:
		*value = r->type_id;
		return FOUND;
	case BPF_CORE_TYPE_ID_TARGET:
		*value = target;
		return target ? FOUND : NOT_THERE;
	case BPF_CORE_TYPE_EXISTS:
		*value = 1;
		return target ? FOUND : NOT_THERE;
	case BPF_CORE_TYPE_SIZE:
		*value = target ? btf__resolve_size(kernel, target) : 0;
		return target ? FOUND : NOT_THERE;
	case BPF_CORE_TYPE_MATCHES:
		return UNKNOWN;
	case BPF_CORE_ENUMVAL_EXISTS:
	case BPF_CORE_ENUMVAL_VALUE:
		return target ? enum_value(kernel, target, btf, r, value) : NOT_THERE;
	default:
		break;
	}
	if (!read_path(btf, r->type_id, btf_name(btf, r->access_str_off), &path, &here))
		return UNKNOWN;
	if (!target || !follow(kernel, target, &path, &there) || !alike(btf, here.type, kernel, there.type))
		return NOT_THERE;
	*value = r->kind == BPF_CORE_FIELD_EXISTS ? 1 : field_value(kernel, &there, r->kind);
	bytes_of(kernel, &there, bytes);
	bytes_of(btf, &here, was);
	return *value < 0 ? UNKNOWN : FOUND;
}

/* A load takes as many bytes as the kernel's field has. */
static bool patch_memory(struct bpf_insn *in, int64_t value, uint32_t bytes, uint32_t was)
{
	static const uint8_t sizes[] = {[1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW};
	if (value > INT16_MAX)
		return false;
	in->off = (int16_t)value;
	if (bytes == was)
		return true;
	if (BPF_CLASS(in->code) != BPF_LDX || bytes > 8 || (bytes & (bytes - 1)) || !bytes)
		return false;
	in->code = (uint8_t)((in->code & ~0x18) | sizes[bytes]);
	return true;
}

static void nothing_there(struct bpf_insn *in)
{
	unsigned words = in->code == (BPF_LD | BPF_IMM | BPF_DW) ? 2 : 1;
	for (unsigned i = 0; i < words; i++)
		in[i] = (struct bpf_insn){.code = BPF_JMP | BPF_CALL, .imm = CORE_NO_HELPER};
}

static bool patch(struct bpf_insn *in, int64_t value, uint32_t bytes, uint32_t was)
{
	switch (BPF_CLASS(in->code)) {
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return patch_memory(in, value, bytes, was);
	case BPF_ALU:
	case BPF_ALU64:
		in->imm = (int32_t)value;
		return true;
	case BPF_LD:
		if (in->code != (BPF_LD | BPF_IMM | BPF_DW))
			return false;
		in[0].imm = (int32_t)value;
		in[1].imm = (int32_t)((uint64_t)value >> 32);
		return true;
	default:
		return false;
	}
}

static bool asks_whether(uint32_t kind)
{
	return kind == BPF_CORE_FIELD_EXISTS || kind == BPF_CORE_TYPE_EXISTS ||
	       kind == BPF_CORE_ENUMVAL_EXISTS || kind == BPF_CORE_TYPE_SIZE ||
	       kind == BPF_CORE_TYPE_ID_TARGET || kind == BPF_CORE_TYPE_MATCHES;
}

const char *core_relocate(
	struct arena *a, const struct lint_object *o, const struct btf *kernel, struct lint_program *p)
{
	for (uint32_t i = 0; i < p->n; i++) {
		const struct bpf_core_relo *r = p->core[i];
		struct bpf_insn *in = &p->insns[i];
		int64_t value = 0;
		uint32_t bytes, was;

		if (!r || in->imm == CORE_NO_HELPER)
			continue;
		enum outcome found = resolve(kernel, o->btf, r, &value, &bytes, &was);
		if (found == UNKNOWN)
			return arena_printf(a,
				"instruction %u depends on the kernel's types in a way that is not modelled",
				i);
		if (found == NOT_THERE && !asks_whether(r->kind))
			nothing_there(in);
		else if (!patch(in, found == FOUND ? value : 0, bytes, was))
			nothing_there(in);
	}
	return NULL;
}
