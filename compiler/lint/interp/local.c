/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * local.c: objects of the program's own types: what may be read and written of them, and what becomes of the
 * pointers to one when it is given away. check_ptr_to_btf_access() in the kernel's kernel/bpf/verifier.c.
 */
#include "local.h"
#include <string.h>

const char *local_name(const struct machine *m, uint32_t type)
{
	const struct btf_type *t = btf__type_by_id(m->o->btf, type);
	const char *name = t ? btf__name_by_offset(m->o->btf, t->name_off) : NULL;
	return name && *name ? name : "?";
}

bool is_owned(const struct reg *r)
{
	return r->kind == IN_LOCAL && r->flags == ALLOCATED && r->held;
}

bool is_borrowed(const struct reg *r)
{
	return r->kind == IN_LOCAL && (r->flags & BORROWED) && !(r->flags & UNTRUSTED);
}

void borrow(struct machine *m, uint32_t held)
{
	drop(m->cur, held);
	FOR_EACH_REG(m->cur, r, {
		if (r->held == held) {
			r->held = r->id = 0;
			r->flags |= BORROWED;
			if (has_field(fields_of(m, r), FIELD_REFCOUNT))
				r->flags |= RCU;
		}
	})
}

void forget_borrowed(struct machine *m)
{
	FOR_EACH_REG(m->cur, r, {
		if (is_borrowed(r))
			reg_lose(r);
	})
}

void keep_by_rcu(struct machine *m, uint32_t held)
{
	drop(m->cur, held);
	FOR_EACH_REG(m->cur, r, {
		if (r->held == held) {
			r->held = r->id = 0;
			r->flags = ELSEWHERE | RCU;
		}
	})
}

/* ---- loads and stores ---- */

static void check_readable(struct machine *m, unsigned reg, const struct reg *r)
{
	if (r->flags & ELSEWHERE)
		reject(m, L_no_pointer, "Ask for one of them, by bpf_per_cpu_ptr() or bpf_this_cpu_ptr().",
			"each processor has a `struct %s` of its own, which %s does not point to",
			local_name(m, (uint32_t)r->which), reg_name(m, reg));
	/* Of the program's own, and gone: later kernels read it with care. */
	bool gone = (r->flags & ALLOCATED) && !is_borrowed(r) && !(r->flags & RCU) && !r->held;
	if (gone && !((r->flags & UNTRUSTED) && lint_kernel(m->lint) >= 0x0703))
		reject(m, L_no_pointer, "Use it while RCU is locked.",
			"the `struct %s` that %s points to may be gone", local_name(m, (uint32_t)r->which),
			reg_name(m, reg));
}

static void check_writable(struct machine *m, unsigned reg, const struct reg *r)
{
	if (!(r->flags & ALLOCATED) || (r->flags & UNTRUSTED))
		reject(m, L_read_only,
			"Take it out of the map by bpf_kptr_xchg(), or lock RCU around its use.",
			"a `struct %s` that may be gone is written (by %s)",
			local_name(m, (uint32_t)r->which), reg_name(m, reg));
}

void access_local(struct machine *m, unsigned reg, int off, unsigned size, enum access how, struct reg *to)
{
	const struct reg r = *reg_now(m, reg);
	const char *name = local_name(m, (uint32_t)r.which);
	const struct btf_type *t = btf__type_by_id(m->btf, (uint32_t)r.which);

	if (off < 0 || !num_is(&r.v, 0))
		reject(m, L_bad_object, "Use a constant offset, or have the array in a map's value.",
			"%s points to a `struct %s` at an offset that is not a constant, or is negative",
			reg_name(m, reg), name);
	check_readable(m, reg, &r);
	if (how == WRITE)
		check_writable(m, reg, &r);
	if (r.flags & ALLOCATED)
		check_fields(m, &r, off, size, false);
	struct walk w = struct_walk(m->btf, (uint32_t)r.which, off, size);
	if ((r.flags & ALLOCATED) && off + (int64_t)size > t->size)
		w.why = "beyond its end";
	if (w.why)
		reject(m, L_bad_object, "Access a field as the struct has it.",
			"%u bytes at %d of a `struct %s`: %s", size, off, name, w.why);
	if (!to)
		return;
	if (!w.to || (r.flags & ALLOCATED)) { /* what it points to is nothing that the kernel knows */
		reg_unknown(to);
		return;
	}
	reg_point(to, IN_LOCAL, (int32_t)w.to);
	to->flags = UNTRUSTED;
}
