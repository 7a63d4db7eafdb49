/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kfunc_arguments.c: what one of the kernel's functions takes and gives, by its type in the kernel's BTF and
 * by how the names of its arguments end (Documentation/bpf/kfuncs.rst); check_kfunc_args() in
 * kernel/bpf/verifier.c.
 */
#include <string.h>
#include "dynptrs.h"
#include "local.h"
#include "../names.h"

/* What is found while the arguments are looked at, for the result. */
struct passed {
	uint32_t release;
	int64_t buffer; /* bytes of what is given; -1: not said */
	bool read_only;
	uint32_t held; /* what one of them holds */
	struct dynptr dynptr;
	uint32_t constant; /* the size of a buffer that is to be one */
	/* Of work for later: the map that has it, and the function. */
	bool has_map;
	int32_t map;
	uint32_t inner_map, function;
	enum field_kind work;
};

static const struct btf_type *plain_type(const struct btf *btf, uint32_t id)
{
	id = id ? btf_plain(btf, id) : 0;
	return id ? btf__type_by_id(btf, id) : NULL;
}

const struct btf_type *kfunc_type(struct machine *m, const char *name)
{
	need_kernel(m);
	int id = btf__find_by_name_kind(m->kernel, name, BTF_KIND_FUNC);
	const struct btf_type *t = id > 0 ? btf_prototype(m->kernel, (uint32_t)id) : NULL;
	if (!t)
		not_judged(m, "the kernel whose BTF is at hand has no %s()", name);
	return t;
}

/* ---- one argument ---- */

/* Kinds that are told by a suffix or by the struct, and are not modelled. */
static const char *const other_suffixes[] = {
	"__alloc", "__refcounted_kptr", "__irq_flag", "__uninit", "__arena", "__nonown_allowed"};
static const char *const other_structs[] = {
	"bpf_list_head", "bpf_list_node", "bpf_rb_root", "bpf_rb_node", "bpf_timer"};
#define ROWS(table) (sizeof(table) / sizeof(table)[0])

static bool is_modelled(const struct btf *btf, const char *name, const struct btf_type *to)
{
	for (size_t i = 0; i < ROWS(other_suffixes); i++)
		if (lint_ends_with(name, other_suffixes[i]))
			return false;
	for (size_t i = 0; i < ROWS(other_structs); i++)
		if (to && btf_is_struct(to) && !strcmp(btf_name(btf, to->name_off), other_structs[i]))
			return false;
	return true;
}

static bool points_to(const struct btf *btf, const struct btf_type *to, const char *name)
{
	return to && btf_is_struct(to) && !strcmp(btf_name(btf, to->name_off), name);
}

static const char *pointee_words(const struct btf *btf, const struct btf_type *to)
{
	return to && btf_is_composite(to) ? btf_name(btf, to->name_off) : "number";
}

/* From Linux 7.0 on every pointer has to be sure to be there. */
static bool all_trusted(const struct machine *m, const struct kfunc *k)
{
	return kfunc_does(k, 't') || lint_kernel(m->lint) >= 0x0700;
}

static void object(struct machine *m, const struct kfunc *k, unsigned reg, uint32_t wanted, struct passed *p)
{
	const struct reg *r = reg_now(m, reg);
	const char *name = pointee_words(m->kernel, btf__type_by_id(m->kernel, wanted));
	bool gone = r->flags & (UNTRUSTED | ELSEWHERE | MAYBE_NULL), releases = kfunc_does(k, 'd') && r->held;
	bool safe = r->held || ((r->flags & TRUSTED) && !gone), by_rcu = r->flags & RCU;

	if (all_trusted(m, k) || kfunc_does(k, 'r') ? !safe && !(by_rcu && kfunc_does(k, 'r'))
						    : gone && !by_rcu && !r->held)
		reject(m, L_bad_argument, "Acquire it, or load it while RCU is locked.",
			"argument %u of %s() is not sure to be there", reg, k->name);
	need_unchanged(m, reg, r, !releases);
	if (r->held)
		p->held = r->held;
	if (!begins_with_struct(m->kernel, (uint32_t)r->which, r->off, wanted, releases) &&
		!(is_struct(m, r, "sk_buff") && !r->off && !strcmp(name, "__sk_buff")))
		reject(m, L_bad_argument, NULL, "argument %u of %s() is to be a `struct %s`; it is %s", reg,
			k->name, name, reg_words(m, r));
	if (!releases)
		return;
	if (p->release)
		reject(m, L_bad_argument, NULL, "two arguments of %s() are held", k->name);
	p->release = r->held;
}

/* Memory of the program's, which is read and written. */
static void memory(struct machine *m, unsigned reg, unsigned size)
{
	struct reg *r = reg_now(m, reg), was = *r;

	if (is_null(r))
		return;
	r->flags &= (uint16_t)~MAYBE_NULL;
	access_by_helper(m, reg, size, READ, true, false);
	access_by_helper(m, reg, size, WRITE, true, false);
	*reg_now(m, reg) = was;
}

static void constant_size(struct machine *m, const struct kfunc *k, unsigned reg, struct passed *p)
{
	const struct reg *r = reg_now(m, reg);

	if (!num_is_known(&r->v))
		reject(m, L_bad_size, "Pass a constant.", "argument %u of %s() is to be a constant", reg,
			k->name);
	p->constant = (uint32_t)r->v.bits.value;
	need_precise(m, reg);
}

static void sized_memory(struct machine *m, const struct kfunc *k, unsigned reg, bool optional)
{
	const struct reg *size = reg_now(m, reg + 1);
	char said[80];

	if (is_null(reg_now(m, reg)) && optional) {
		need_precise(m, reg);
		return;
	}
	if (size->v.smin < 0 || size->v.umax >= OFFSET_MAX)
		reject(m, L_bad_size, "Bound it on both sides before the call.",
			"argument %u of %s() is a size; %s may be %s", reg + 1, k->name, reg_name(m, reg + 1),
			num_say(&size->v, said, sizeof said));
	unsigned bytes = (unsigned)size->v.umax;
	if ((reg_now(m, reg)->flags & MAYBE_NULL && !optional) || (is_null(reg_now(m, reg)) && bytes))
		reject(m, L_maybe_null, "Check it first: `if (!p) return 0;`.",
			"argument %u of %s() may be NULL", reg, k->name);
	memory(m, reg, bytes);
	need_precise(m, reg + 1);
}

static void number(struct machine *m, const struct kfunc *k, unsigned reg, const char *name, struct passed *p)
{
	const struct reg *r = reg_now(m, reg);
	bool read_only = !strcmp(name, "rdonly_buf_size"),
	     buffer = read_only || !strcmp(name, "rdwr_buf_size");

	if (!is_number(r))
		reject(m, L_bad_argument, NULL, "argument %u of %s() is to be a number; it is %s", reg,
			k->name, reg_words(m, r));
	if (!buffer && !lint_ends_with(name, "__k"))
		return;
	if (!num_is_known(&r->v))
		reject(m, L_bad_size, "Pass a constant.", "argument %u of %s() is to be a constant", reg,
			k->name);
	if (buffer) {
		p->buffer = (int64_t)r->v.bits.value;
		p->read_only = read_only;
	}
	need_precise(m, reg);
}

/* ---- work for later: in a map's value, with that map, and what is called ---- */

static void in_map(struct machine *m, const struct kfunc *k, const struct reg *r, struct passed *p)
{
	if (p->has_map && (p->map != r->which || p->inner_map != r->of))
		reject(m, L_bad_argument, NULL, "the work is in another map than is given to %s()", k->name);
	p->has_map = true;
	p->map = r->which;
	p->inner_map = r->of;
}

static int work_kind(const struct btf *btf, const struct btf_type *to)
{
	const char *name = to && btf_is_struct(to) ? btf_name(btf, to->name_off) : "";
	return !strcmp(name, "bpf_wq") ? FIELD_WORK : !strcmp(name, "bpf_task_work") ? FIELD_TASK_WORK : -1;
}

/* False: it is something else. */
static bool of_work(struct machine *m, const struct kfunc *k, unsigned reg, const char *name,
	const struct btf_type *to, struct passed *p)
{
	const struct reg *r = reg_now(m, reg);
	int kind = work_kind(m->kernel, to);
	bool map = lint_ends_with(name, "__map") || lint_ends_with(name, "__const_map");
	bool function = to && btf_is_func_proto(to);
	uint8_t wanted = map ? IN_MAP : function ? IN_FUNCTION : IN_VALUE;

	if (!map && !function && kind < 0)
		return false;
	if (r->kind != wanted || (r->flags & MAYBE_NULL))
		reject(m, L_bad_argument, NULL, "argument %u of %s() is to be %s; %s has %s", reg, k->name,
			map        ? "a map"
			: function ? "a function"
				   : field_words((enum field_kind)kind),
			reg_name(m, reg), reg_words(m, r));
	if (function) {
		p->function = (uint32_t)r->which;
		return true;
	}
	if (map) {
		need_unchanged(m, reg, r, false);
	} else {
		const struct field *f = field_here(m, r);
		if (!f || f->kind != (enum field_kind)kind)
			reject(m, L_bad_argument,
				missing_hint(m, r, "It needs such a field, and BTF that says so."),
				"argument %u of %s() is to be %s in a map's value, and there is none", reg,
				k->name, field_words((enum field_kind)kind));
		p->work = f->kind;
	}
	in_map(m, k, r, p);
	return true;
}

/* Who asks for it for a task may return anything, and 0 otherwise. */
static void call_work(struct machine *m, const struct passed *p)
{
	struct frame *f = call_later(m, p->function, p->map, p->inner_map, true);
	if (p->work == FIELD_TASK_WORK) {
		f->returns_min = INT32_MIN;
		f->returns_max = INT32_MAX;
	}
}

/* False: of no such kind, but memory or an object. */
static bool told_by_name(struct machine *m, const struct kfunc *k, unsigned reg, const char *name,
	const struct btf_type *to, struct passed *p)
{
	const struct btf *btf = m->kernel;
	const struct reg *r = reg_now(m, reg);
	bool no_dynptr = lint_ends_with(name, "__nullable") && is_null(r);

	if (points_to(btf, to, "bpf_dynptr") && !no_dynptr) {
		kfunc_dynptr(m, k, reg, lint_ends_with(name, "__uninit"), &p->dynptr, p->held);
		return true;
	}
	if (of_work(m, k, reg, name, to, p))
		return true;
	if (lint_ends_with(name, "__str")) {
		need_text(m, k->name, reg);
		return true;
	}
	if (!is_modelled(btf, name, to))
		not_judged(m, "argument %u of %s() is of a kind that is not modelled", reg, k->name);
	if (!to || !btf_is_struct(to) || !is_context_name(m, btf_name(btf, to->name_off)))
		return false;
	if (r->kind != IN_CONTEXT)
		reject(m, L_bad_argument, NULL, "argument %u of %s() is to be the context; it is %s", reg,
			k->name, reg_words(m, r));
	need_unchanged(m, reg, r, false);
	return true;
}

/* True: the argument behind it, its size, has been looked at too. */
static bool pointer(
	struct machine *m, const struct kfunc *k, const struct btf_type *f, unsigned i, struct passed *p)
{
	const struct btf *btf = m->kernel;
	const struct btf_param *a = &btf_params(f)[i];
	const char *name = btf_name(btf, a->name_off);
	const struct btf_type *to = plain_type(btf, plain_type(btf, a->type)->type);
	uint32_t id = btf_plain(btf, plain_type(btf, a->type)->type);
	const struct reg *r = reg_now(m, i + 1);
	bool nullable = lint_ends_with(name, "__nullable"), null = is_null(r) || (r->flags & MAYBE_NULL);

	if (told_by_name(m, k, i + 1, name, to, p))
		return false;
	if (null && !nullable && (all_trusted(m, k) || kfunc_does(k, 'r')) && !lint_ends_with(name, "__opt"))
		reject(m, L_maybe_null, "Check it first: `if (!p) return 0;`.",
			"argument %u of %s() may be NULL", i + 1, k->name);
	const char *size_name = i + 1 < btf_vlen(f) ? btf_name(btf, btf_params(f)[i + 1].name_off) : "";
	bool constant = lint_ends_with(size_name, "__szk"),
	     sized = constant || lint_ends_with(size_name, "__sz");
	if (nullable && is_null(r) && !sized) {
		need_precise(m, i + 1);
		return false;
	}
	if ((r->kind == IN_CONTEXT && m->p->type != BPF_PROG_TYPE_STRUCT_OPS) || r->kind == IN_SOCKET ||
		r->kind == IN_SOCK_COMMON || r->kind == IN_TCP_SOCK || r->kind == IN_OBJECT)
		not_judged(m, "%s() is given %s", k->name, reg_words(m, r));
	if (r->kind == IN_STRUCT) {
		if (!to || !btf_is_composite(to))
			reject(m, L_bad_argument, NULL, "argument %u of %s() is to be memory; it is %s",
				i + 1, k->name, reg_words(m, r));
		if (null) /* NULL itself may be passed for some, but not what may be either */
			reject(m, L_maybe_null, "Check it first: `if (!p) return 0;`.",
				"argument %u of %s() may be NULL", i + 1, k->name);
		object(m, k, i + 1, id, p);
		return false;
	}
	if (!is_number_type(to) && !has_only_numbers(btf, to) && !(sized && !to))
		reject(m, L_bad_argument, NULL, "argument %u of %s() is to be a `struct %s`; it is %s", i + 1,
			k->name, pointee_words(btf, to), reg_words(m, r));
	if (!sized) {
		memory(m, i + 1, (unsigned)btf__resolve_size(btf, id));
		return false;
	}
	need_value(m, i + 2);
	number(m, k, i + 2, "", p);
	if (constant)
		constant_size(m, k, i + 2, p);
	sized_memory(m, k, i + 1, nullable || lint_ends_with(name, "__opt"));
	return true;
}

/* What the kernel itself passes of the program; some kernels have it among the arguments in BTF. */
static bool is_of_program(const struct btf *btf, const struct btf_type *t)
{
	const struct btf_type *to = t && btf_is_ptr(t) ? plain_type(btf, t->type) : NULL;
	return to && btf_is_struct(to) && !strcmp(btf_name(btf, to->name_off), "bpf_prog_aux");
}

static void arguments(struct machine *m, const struct kfunc *k, const struct btf_type *f, struct passed *p)
{
	unsigned n = btf_vlen(f);

	if (n > 5)
		not_judged(m, "%s() has more than five arguments", k->name);
	for (unsigned i = kfunc_does(k, 'N') ? 1 : 0; i < n; i++) {
		const char *name = btf_name(m->kernel, btf_params(f)[i].name_off);
		const struct btf_type *t = plain_type(m->kernel, btf_params(f)[i].type);
		if (lint_ends_with(name, "__ign") || lint_ends_with(name, "__prog") ||
			is_of_program(m->kernel, t))
			continue;
		if (lint_ends_with(name, "__iter")) {
			need_iterator(m, k, i + 1);
			continue;
		}
		if (is_number_type(t))
			number(m, k, i + 1, name, p);
		else if (t && btf_is_ptr(t))
			i += pointer(m, k, f, i, p);
		else
			not_judged(
				m, "argument %u of %s() is of a kind that is not modelled", i + 1, k->name);
	}
	if (kfunc_does(k, 'd') && !p->release)
		reject(m, L_bad_argument, "Only what was acquired is released.",
			"no argument of %s() is held", k->name);
}

/* ---- the result ---- */

static void give(struct machine *m, const struct kfunc *k, const struct btf_type *f, const struct passed *p)
{
	const struct btf_type *t = plain_type(m->kernel, f->type), *to;
	struct reg *r0 = reg_now(m, 0);

	if (!f->type)
		return;
	if (kfunc_does(k, 'S') || kfunc_does(k, 'W')) {
		give_slice(m, k, &p->dynptr, p->constant);
		return;
	}
	reg_unknown(r0);
	if (!t || !btf_is_ptr(t))
		return;
	uint32_t id = t->type ? btf_plain(m->kernel, t->type) : 0;
	to = id ? btf__type_by_id(m->kernel, id) : NULL;
	if (!to)
		return;
	if (btf_is_composite(to)) {
		reg_point(r0, IN_STRUCT, (int32_t)id);
		r0->flags = kfunc_does(k, 'p') ? RCU : kfunc_does(k, 'u') ? UNTRUSTED : 0;
	} else {
		int64_t size = p->buffer >= 0 ? p->buffer : btf__resolve_size(m->kernel, id);
		reg_point(r0, IN_MEMORY, (int32_t)size);
		r0->flags = p->buffer < 0 || p->read_only ? READ_ONLY : 0;
	}
	if (kfunc_does(k, 'a'))
		r0->held = hold(m, m->insn);
	if (kfunc_does(k, 'n')) {
		r0->flags |= MAYBE_NULL;
		r0->id = r0->held ? r0->held : ++m->ids;
	}
}

void kfunc_by_types(struct machine *m, const struct kfunc *k)
{
	const struct btf_type *f = kfunc_type(m, k->name);
	struct passed p = {.buffer = -1};

	arguments(m, k, f, &p);
	if (kfunc_does(k, 'N'))
		return; /* what is begun is on the stack */
	if (kfunc_does(k, 'f'))
		call_work(m, &p);
	if (p.release)
		release(m, p.release);
	forget_caller_saved(m);
	give(m, k, f, &p);
}
