/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* arguments.c: what is passed to a helper, each argument as prototypes.def has it. */
#include <string.h>
#include "call.h"
#include "local.h"

static _Noreturn void wrong(struct machine *m, const struct call *c, unsigned reg, const char *wanted)
{
	const struct reg *r = reg_now(m, reg);
	if (r->flags & MAYBE_NULL)
		reject(m, L_maybe_null, "Check it first: `if (!p) return 0;`.",
			"%s, argument %u of %s(), may be NULL", reg_name(m, reg), reg, c->h->name);
	reject(m, L_bad_argument, NULL, "argument %u of %s() is to be %s; %s has %s", reg, c->h->name, wanted,
		reg_name(m, reg), reg_words(m, r));
}

static bool is_memory(const struct machine *m, const struct reg *r, const struct call *c)
{
	if (is_packet(r)) {
		if (!packet_accessible(m) || !flagged(c->h, 'K'))
			return false;
		return true;
	}
	if (r->flags & UNTRUSTED)
		return false;
	return r->kind == IN_STACK || r->kind == IN_KEY || r->kind == IN_VALUE || r->kind == IN_MEMORY ||
	       r->kind == IN_OBJECT || (r->kind == IN_STRUCT && (r->flags & TRUSTED));
}

static void need_memory(struct machine *m, const struct call *c, unsigned reg, bool null_ok, bool written)
{
	const struct reg *r = reg_now(m, reg);
	if (null_ok && is_null(r))
		return;
	if (!is_memory(m, r, c) || ((r->flags & MAYBE_NULL) && !null_ok))
		wrong(m, c, reg, "memory");
	if (written && (r->flags & READ_ONLY))
		reject(m, L_read_only, NULL, "%s() writes to memory that is only to be read (%s)", c->h->name,
			reg_name(m, reg));
	if (r->kind == IN_OBJECT)
		not_judged(m, "a helper is given an object of the kernel");
}

/* What is on the stack where a key is a constant, so that an array's element is known to be there. */
static int64_t constant_key(struct machine *m, const struct reg *r, unsigned size)
{
	if (r->kind != IN_STACK || !num_is_known(&r->v))
		return -1;
	int off = r->off + (int)r->v.bits.value, at = -off - 1;
	unsigned slot = (unsigned)at / 8, zeros = 0, spilled = 0;
	const struct slot *s = &frame_of(m, r)->slots[slot];

	for (int i = at % 8; i >= 0 && s->bytes[i] == BYTE_ZERO; i--)
		zeros++;
	if (zeros >= size)
		return 0;
	if (!is_spilled_number(s))
		return -1;
	for (int i = at % 8; i >= 0 && s->bytes[i] == BYTE_SPILL; i--)
		spilled++;
	if (spilled != size || !num_is_known(&s->reg.v))
		return -1;
	need_precise_slot(m, (unsigned)r->which, slot);
	return (int64_t)s->reg.v.bits.value;
}

static void argument_key(struct machine *m, struct call *c, unsigned reg)
{
	need_memory(m, c, reg, false, false);
	access_by_helper(m, reg, c->map->key_size, READ, false, false);
	if (c->map->type == BPF_MAP_TYPE_ARRAY || c->map->type == BPF_MAP_TYPE_PERCPU_ARRAY)
		c->key = constant_key(m, reg_now(m, reg), c->map->key_size);
}

/* The pointer comes before its size. */
static void argument_size(struct machine *m, struct call *c, unsigned reg, bool zero_ok)
{
	const struct reg *r = reg_now(m, reg);
	char of = c->h->arguments[reg - 2], said[80];
	bool written = strchr("wWN", of), known;

	if (!is_number(r))
		wrong(m, c, reg, "a size");
	known = num_is_known(&r->v);
	c->size_max = r->v.umax;
	if (r->v.smin < 0 || (!r->v.umin && !zero_ok) || r->v.umax >= OFFSET_MAX)
		reject(m, L_bad_size,
			"Bound it on both sides before the call: `if (n == 0 || n > sizeof(buf)) return 0;`, "
			"with n"
			" unsigned.",
			"argument %u of %s() is a size%s; %s may be %s", reg, c->h->name,
			zero_ok ? "" : ", not 0", reg_name(m, reg), num_say(&r->v, said, sizeof said));
	const struct reg *p = reg_now(m, reg - 1);
	if (of == 'w' && known && p->kind == IN_STACK && num_is_known(&p->v)) {
		c->fill.reg = reg - 1;
		c->fill.size = (unsigned)r->v.umax;
		if (!c->fill.size && !zero_ok)
			access_by_helper(m, reg - 1, 0, WRITE, zero_ok, false);
	} else {
		access_by_helper(m, reg - 1, (unsigned)r->v.umax, written ? WRITE : READ, zero_ok, false);
	}
	need_precise(m, reg);
}

void need_text(struct machine *m, const char *by, unsigned reg)
{
	const struct reg *r = reg_now(m, reg);
	bool of_map = r->kind == IN_VALUE && !(r->flags & MAYBE_NULL);
	const struct lint_map *map = of_map ? &m->o->maps.at[r->which] : NULL;
	uint64_t at = r->v.bits.value + (uint64_t)r->off;
	if (!map || !map->readonly || !num_is_known(&r->v) || at >= map->nbytes || !map->bytes ||
		!memchr(map->bytes + at, 0, map->nbytes - at))
		reject(m, L_bad_argument, "Make it `static const char text[] = \"...\";`.",
			"argument %u of %s() is to be a constant string that ends with 0", reg, by);
}

static const struct field *argument_field(
	struct machine *m, struct call *c, unsigned reg, unsigned kinds, const char *what)
{
	const struct reg *r = reg_now(m, reg);
	if ((r->kind != IN_VALUE && r->kind != IN_LOCAL) || (r->flags & MAYBE_NULL))
		wrong(m, c, reg, what);
	bool local = r->kind == IN_LOCAL;
	const struct fields *fields = fields_of(m, r);
	const struct field *f =
		num_is_known(&r->v) ? field_at(fields, (uint32_t)(r->v.bits.value + (uint64_t)r->off)) : NULL;
	if (!f || !(kinds & (1u << f->kind)))
		reject(m, L_bad_argument,
			fields && fields->why
				? arena_printf(m->arena,
					  "The kernel leaves out what is in it, since it has %s.",
					  fields->why)
				: "It needs such a field, and BTF that says so.",
			"argument %u of %s() is to be %s in %s", reg, c->h->name, what,
			local ? "an object" : "a map's value");
	return f;
}

static void of_map_only(struct machine *m, const struct call *c, unsigned reg, const char *what)
{
	if (reg_now(m, reg)->kind != IN_VALUE)
		wrong(m, c, reg, what);
}

static void argument_lock(struct machine *m, struct call *c, unsigned reg)
{
	const struct reg *r = reg_now(m, reg);
	if (r->kind == IN_LOCAL && r->flags != ALLOCATED)
		wrong(m, c, reg, "a lock in an object that the program owns");
	argument_field(m, c, reg, 1u << FIELD_LOCK, "a struct bpf_spin_lock");
	lock_or_unlock(m, r, HELD_LOCK, c->id == H_spin_lock);
}

/* Objects of the program's own may have such places since Linux 6.12, and what is borrowed since 6.18. */
static void argument_place(struct machine *m, struct call *c, unsigned reg)
{
	const struct reg *r = reg_now(m, reg);
	const char *what = "a place for a pointer (__kptr)";
	bool local = r->kind == IN_LOCAL &&
		     (r->flags == ALLOCATED || (is_borrowed(r) && lint_kernel(m->lint) >= 0x0612));
	if (!local)
		of_map_only(m, c, reg, what);
	c->field = argument_field(m, c, reg, 1u << FIELD_OWNED | 1u << FIELD_PERCPU, what);
}

static void argument_percpu(struct machine *m, struct call *c, unsigned reg)
{
	const struct reg *r = reg_now(m, reg);
	if (r->kind == IN_STRUCT && (r->flags & ELSEWHERE))
		not_judged(m, "%s() is given what the kernel has of each processor", c->h->name);
	if (r->kind != IN_LOCAL || r->flags != (ELSEWHERE | RCU))
		wrong(m, c, reg, "a pointer that was loaded from a `__percpu_kptr` while RCU is locked");
	need_unchanged(m, reg, r, false);
	c->local_type = (uint32_t)r->which;
}

/* A struct of the kernel's, which may be the beginning of a larger one. */
#define NOT_THERE (UNTRUSTED | ELSEWHERE)

/* `wrong_with`: flags that it must not have. */
static void argument_struct(
	struct machine *m, struct call *c, unsigned reg, const char *name, unsigned wrong_with)
{
	const struct reg *r = reg_now(m, reg);
	const char *words = arena_printf(m->arena, "a `struct %s`", name);
	need_kernel(m);
	int id = btf__find_by_name_kind(m->kernel, name, BTF_KIND_STRUCT);

	if (r->kind != IN_STRUCT || (r->flags & wrong_with))
		wrong(m, c, reg, words);
	need_unchanged(m, reg, r, true);
	if (id <= 0 || !begins_with_struct(m->kernel, (uint32_t)r->which, r->off, (uint32_t)id, false))
		wrong(m, c, reg, words);
}

/* As the program was given it, or found it: it need not be held. The one that runs is told without types. */
static void argument_task(struct machine *m, struct call *c, unsigned reg, bool null_ok)
{
	const struct reg *r = reg_now(m, reg);
	bool current = r->kind == IN_OBJECT && !r->which && (r->flags & TRUSTED);
	if (current)
		need_unchanged(m, reg, r, false);
	else if (!null_ok || !is_null(r))
		argument_struct(m, c, reg, "task_struct", NOT_THERE | (null_ok ? 0 : MAYBE_NULL));
}

static const char *const structs[128] = {['B'] = "linux_binprm",
	['F'] = "file",
	['G'] = "cgroup",
	['H'] = "tcp_sock",
	['I'] = "inode",
	['P'] = "path",
	['R'] = "inode",
	['U'] = "sk_buff",
	['X'] = "xdp_buff"};

/* A socket by whichever of its structs. */
static bool takes_struct(uint32_t helper)
{
	return helper == H_sk_storage_get || helper == H_sk_storage_delete || helper == H_setsockopt ||
	       helper == H_getsockopt || helper == H_get_socket_cookie;
}

static void argument_socket(struct machine *m, struct call *c, unsigned reg, bool released)
{
	const struct reg *r = reg_now(m, reg);
	unsigned null = c->id == H_get_socket_cookie ? 0 : MAYBE_NULL; /* that of none is 0 */
	if (released && is_null(r))
		return;
	if (r->kind == IN_STRUCT) {
		if (c->id == H_skc_to_mptcp_sock)
			wrong(m, c, reg, "a socket, not the kernel's own struct");
		if (released || (!takes_struct(c->id) && c->h->result != 'e' &&
					m->p->type != BPF_PROG_TYPE_STRUCT_OPS))
			not_judged(m, "%s() is given a socket as the kernel's own struct", c->h->name);
		argument_struct(m, c, reg, "sock_common", null | RCU | NOT_THERE);
		return;
	}
	if ((r->kind != IN_SOCKET && r->kind != IN_SOCK_COMMON && r->kind != IN_TCP_SOCK) ||
		(r->flags & null))
		wrong(m, c, reg, "a socket");
	need_unchanged(m, reg, r, false);
	if (released && !r->held)
		reject(m, L_bad_argument, "Only what a lookup gave is released.",
			"argument %u of %s() is not held", reg, c->h->name);
	if (released)
		c->release = r->held;
	c->held = r->held;
}

/* The program's context is a socket, or has one that is meant; else that is passed itself, as it is or as the
 * kernel's struct. */
static void argument_of_socket(struct machine *m, struct call *c, unsigned reg, bool by_context)
{
	const struct reg *r = reg_now(m, reg);
	if (by_context) {
		if (r->kind != IN_CONTEXT)
			wrong(m, c, reg, "the context");
		need_unchanged(m, reg, r, false);
		return;
	}
	/* In tracing it may be NULL, or about to be freed: the helper looks. */
	bool any = m->p->type == BPF_PROG_TYPE_TRACING &&
		   (c->id == H_sk_storage_get || c->id == H_sk_storage_delete);
	if (any && is_null(r))
		return;
	if (any && r->kind == IN_STRUCT)
		argument_struct(m, c, reg, "sock_common", NOT_THERE);
	else
		argument_socket(m, c, reg, false);
}

static void argument_owned(struct machine *m, struct call *c, unsigned reg)
{
	const struct reg *r = reg_now(m, reg);
	struct reg fitting;

	if (is_null(r))
		return;
	point_by_field(m, &fitting, c->field);
	if ((r->flags & MAYBE_NULL) || !points_by_field(m, c->field, r) ||
		(r->kind == IN_LOCAL && r->flags != fitting.flags))
		wrong(m, c, reg, "a pointer of the field's type");
	need_unchanged(m, reg, r, false);
	if (!r->held)
		reject(m, L_bad_argument, "Acquire it before.", "argument %u of %s() is not held", reg,
			c->h->name);
	c->release = r->held;
	c->kept = c->field->kind == FIELD_PERCPU;
}

static void argument_record(struct machine *m, struct call *c, unsigned reg)
{
	const struct reg *r = reg_now(m, reg);
	if (r->kind != IN_MEMORY || !(r->flags & RINGBUF) || (r->flags & MAYBE_NULL))
		wrong(m, c, reg, "a record of a ring buffer");
	need_unchanged(m, reg, r, false);
	if (!r->held)
		reject(m, L_bad_argument, NULL, "argument %u of %s() is not held", reg, c->h->name);
	c->release = c->held = r->held;
}

static void argument_fixed(struct machine *m, struct call *c, unsigned reg, unsigned size, bool raw)
{
	const struct reg *r = reg_now(m, reg);
	need_memory(m, c, reg, false, true);
	if (((r->v.bits.value + (uint64_t)r->off) | r->v.bits.mask) & (size - 1))
		reject(m, L_misaligned, "Align it to its size.", "argument %u of %s() is not aligned to %u",
			reg, c->h->name, size);
	if (raw && r->kind == IN_STACK && num_is_known(&r->v)) {
		c->fill.reg = reg;
		c->fill.size = size;
		return;
	}
	access_by_helper(m, reg, size, WRITE, false, false);
}

/* ---- all arguments ---- */

/* Of a bloom filter it is asked whether that value is in it. Since Linux 7.1 the verifier finds out before
 * that nothing reads it, as the helper fills the value for other maps, and then that it does. */
static void asked_value(struct machine *m, struct call *c, unsigned reg)
{
	need_memory(m, c, reg, false, false);
	if (reg_now(m, reg)->kind == IN_STACK && lint_kernel(m->lint) >= 0x0701)
		reject(m, L_bad_argument, "Have the value in a map.",
			"argument %u of %s() is on the stack, where the verifier does not see that it is "
			"read",
			reg, c->h->name);
	access_by_helper(m, reg, c->map->value_size, READ, false, false);
}

static void at_map(struct machine *m, struct call *c, const struct reg *r)
{
	c->map_index = r->which;
	c->map = &m->o->maps.at[r->which];
	c->inner = r->of;
}

void argument(struct machine *m, struct call *c, unsigned reg, char kind)
{
	need_value(m, reg);
	const struct reg *r = reg_now(m, reg);
	switch (kind) {
	case '.':
		return;
	case 'c':
	case 'C':
		if (kind == 'C' && is_null(r))
			return;
		if (r->kind != IN_CONTEXT)
			wrong(m, c, reg, "the context");
		need_unchanged(m, reg, r, false);
		return;
	case 'I':
		if (!is_null(r))
			argument_struct(m, c, reg, structs['I'], NOT_THERE);
		return;
	case 'B':
	case 'F':
	case 'G':
	case 'H':
	case 'P':
	case 'R':
	case 'U':
	case 'X':
		argument_struct(m, c, reg, structs[(unsigned char)kind], MAYBE_NULL | NOT_THERE);
		return;
	case 'T':
	case 't':
		argument_task(m, c, reg, kind == 'T');
		return;
	case '4':
	case '6':
		need_memory(m, c, reg, false, false);
		access_by_helper(m, reg, kind == '6' ? 40 : 20, READ, false, false);
		return;
	case 'm':
		if (r->kind != IN_MAP)
			wrong(m, c, reg, "a map");
		need_unchanged(m, reg, r, false);
		if (c->map && (c->map_index != r->which || c->inner != r->of))
			reject(m, L_bad_argument, NULL, "the timer is in another map than is given to %s()",
				c->h->name);
		at_map(m, c, r);
		return;
	case 'k':
		argument_key(m, c, reg);
		return;
	case 'V':
		if (is_null(r))
			return;
		__attribute__((fallthrough));
	case 'v':
		if (c->map->type == BPF_MAP_TYPE_SOCKMAP || c->map->type == BPF_MAP_TYPE_SOCKHASH) {
			argument_socket(m, c, reg, false);
			return;
		}
		need_memory(m, c, reg, kind == 'V', false);
		access_by_helper(m, reg, c->map->value_size, READ, false, false);
		return;
	case 'u':
		if (c->map->type == BPF_MAP_TYPE_BLOOM_FILTER) {
			asked_value(m, c, reg);
			return;
		}
		need_memory(m, c, reg, false, true);
		access_by_helper(m, reg, c->map->value_size, WRITE, false, true);
		return;
	case 'p':
	case 'n':
		need_memory(m, c, reg, kind == 'n', false);
		return;
	case 'w':
	case 'W':
	case 'N':
		need_memory(m, c, reg, kind == 'N', true);
		if (c->id == H_dynptr_from_mem && r->kind != IN_VALUE)
			wrong(m, c, reg, "a map's value");
		return;
	case 's':
	case 'z':
		argument_size(m, c, reg, kind == 'z');
		return;
	case 'a':
		if (!is_number(r))
			wrong(m, c, reg, "a size");
		if (!num_is_known(&r->v))
			reject(m, L_bad_size,
				"Reserve a size that is known when it is compiled, or use "
				"bpf_ringbuf_output().",
				"argument %u of %s() is to be a constant", reg, c->h->name);
		c->alloc_size = (int64_t)r->v.bits.value;
		need_precise(m, reg);
		return;
	case 'S':
		need_text(m, c->h->name, reg);
		return;
	case 'b':
		argument_record(m, c, reg);
		return;
	case 'f':
		if (r->kind != IN_FUNCTION)
			wrong(m, c, reg, "a function");
		c->function = (uint32_t)r->which;
		return;
	case 'x':
		if (!is_null(r) && r->kind != IN_STACK)
			wrong(m, c, reg, "a pointer into the stack, or NULL");
		return;
	case 'l':
		argument_lock(m, c, reg);
		return;
	case 'i':
		of_map_only(m, c, reg, "a struct bpf_timer");
		argument_field(m, c, reg, 1u << FIELD_TIMER, "a struct bpf_timer");
		at_map(m, c, r);
		return;
	case 'y':
		if (c->id == H_get_socket_cookie && is_null(r))
			return;
		argument_of_socket(m, c, reg,
			m->p->type != BPF_PROG_TYPE_TRACING && m->p->type != BPF_PROG_TYPE_SK_REUSEPORT &&
				m->p->type != BPF_PROG_TYPE_CGROUP_SOCKOPT &&
				m->p->type != BPF_PROG_TYPE_STRUCT_OPS);
		return;
	case 'Y':
		argument_of_socket(m, c, reg, m->p->type == BPF_PROG_TYPE_CGROUP_SOCK);
		return;
	case 'O':
		if (is_null(r) && m->p->type == BPF_PROG_TYPE_SK_LOOKUP)
			return;
		argument_socket(m, c, reg, false);
		return;
	case 'o':
	case 'r':
		argument_socket(m, c, reg, kind == 'r');
		return;
	case 'K':
		argument_place(m, c, reg);
		return;
	case 'e':
		argument_percpu(m, c, reg);
		return;
	case 'h':
		argument_owned(m, c, reg);
		return;
	case 'Q':
		if (!is_struct(m, r, "seq_file") || (r->flags & (MAYBE_NULL | UNTRUSTED | ELSEWHERE)))
			wrong(m, c, reg, "the iterator's `struct seq_file`");
		need_unchanged(m, reg, r, false);
		return;
	case 'L':
	case 'J':
		argument_fixed(m, c, reg, kind == 'L' ? 8 : 4, kind == 'L');
		return;
	case 'D':
		make_dynptr(m, c->h->name, reg, DYNPTR_LOCAL, 0);
		return;
	case 'E':
		make_dynptr(m, c->h->name, reg, DYNPTR_RINGBUF, hold(m, m->insn));
		return;
	case 'd':
		c->dynptr = need_dynptr(m, c->h->name, reg);
		return;
	default:
		end_dynptr(m, c->h->name, reg, DYNPTR_RINGBUF);
		return;
	}
}
