/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * graphs.c: the kernel's functions for objects of the program's own: to make and drop them, to count
 * references, and to have them in lists and trees. check_kfunc_args() in the kernel's kernel/bpf/verifier.c.
 */
#include "local.h"
#include <string.h>
#include "../names.h"

#define PERCPU_SIZE_MAX 512

struct local_call {
	const struct kfunc *row;
	uint32_t type;            /* of what is made, dropped or counted */
	const struct field *root; /* the list or tree */
	uint32_t held;            /* of what is given away */
	bool was_owned;           /* what is counted */
};

static _Noreturn void wrong(struct machine *m, const struct local_call *c, unsigned reg, const char *wanted)
{
	const struct reg *r = reg_now(m, reg);
	if ((r->flags & MAYBE_NULL) || is_null(r))
		reject(m, L_maybe_null, "Check it first: `if (!p) return 0;`.",
			"%s, argument %u of %s(), may be NULL", reg_name(m, reg), reg, c->row->name);
	reject(m, L_bad_argument,
		is_number(r) ? "What was dropped, given away, or borrowed under a lock that is unlocked, is "
			       "but a number."
			     : NULL,
		"argument %u of %s() is to be %s; %s has %s", reg, c->row->name, wanted, reg_name(m, reg),
		reg_words(m, r));
}

/* ---- what is made ---- */

static void argument_type(struct machine *m, struct local_call *c, unsigned reg, bool percpu)
{
	const struct reg *r = reg_now(m, reg);

	if (!is_number(r))
		wrong(m, c, reg, "a type of the program's");
	if (!num_is_known(&r->v))
		reject(m, L_bad_argument, "Call it by the macro that has the type's name as its argument.",
			"argument %u of %s() is to be a constant", reg, c->row->name);
	need_precise(m, reg);
	if (!m->btf)
		reject(m, L_bad_argument, m->btf_refused ? "Mend the struct." : "Compile it with `-g`.",
			"%s() needs the object's BTF, %s", c->row->name,
			m->btf_refused
				? arena_printf(m->arena, "which the kernel does not take: %s", m->btf_refused)
				: "and there is none");
	uint64_t id = r->v.bits.value;
	const struct btf_type *t = id <= UINT32_MAX ? btf__type_by_id(m->btf, (uint32_t)id) : NULL;
	if (!id || !t || !btf_is_struct(t))
		reject(m, L_bad_argument, NULL, "the type that is given to %s() is no struct", c->row->name);
	c->type = (uint32_t)id;
	if (percpu && t->size > PERCPU_SIZE_MAX)
		reject(m, L_bad_argument, "Have the rest in a map.",
			"a `struct %s` has %u bytes, and for each processor there may be %u",
			local_name(m, c->type), t->size, PERCPU_SIZE_MAX);
	if (percpu && (!has_only_numbers(m->btf, t) || m->struct_fields[c->type]))
		reject(m, L_bad_argument, NULL,
			"a `struct %s` has other members than numbers, and is no object of each processor",
			local_name(m, c->type));
}

/* ---- objects ---- */

/* Where a program may interrupt whatever runs, what is dropped with an object has to be simple: since
 * Linux 7.2. */
static void check_safe_anywhere(struct machine *m, const struct local_call *c, const struct reg *r)
{
	static const enum field_kind safe[] = {FIELD_LOCK, FIELD_RES_LOCK, FIELD_TIMER, FIELD_WORK,
		FIELD_TASK_WORK, FIELD_POINTER, FIELD_REFCOUNT};
	bool anywhere = is_tracing(m) || (m->p->type == BPF_PROG_TYPE_TRACING &&
						 m->p->attach != BPF_TRACE_ITER && !m->p->sleepable);
	const struct fields *f = fields_of(m, r);

	if (!anywhere || lint_kernel(m->lint) < 0x0702)
		return;
	for (size_t i = 0; f && i < f->n; i++) {
		bool is_safe = false;
		for (size_t k = 0; k < sizeof safe / sizeof *safe; k++)
			is_safe |= safe[k] == f->at[i].kind;
		if (!is_safe)
			reject(m, L_helper_not_allowed, "Keep it in a map, and let another program drop it.",
				"a program of this type cannot call %s() for a `struct %s`, which has %s in "
				"it",
				c->row->name, local_name(m, c->type), field_words(f->at[i].kind));
	}
}

static void argument_dropped(struct machine *m, struct local_call *c, unsigned reg, bool percpu)
{
	const struct reg *r = reg_now(m, reg);
	unsigned flags = ALLOCATED | (percpu ? ELSEWHERE : 0u);

	if (r->kind != IN_LOCAL || r->flags != flags || !r->held)
		wrong(m, c, reg,
			percpu ? "an object of each processor that the program owns"
			       : "an object that the program owns");
	need_unchanged(m, reg, r, false);
	c->type = (uint32_t)r->which;
	c->held = r->held;
	check_safe_anywhere(m, c, r);
}

static void argument_counted(struct machine *m, struct local_call *c, unsigned reg)
{
	const struct reg *r = reg_now(m, reg);

	if (r->kind != IN_LOCAL || (r->flags & (MAYBE_NULL | UNTRUSTED)) || !(r->flags & ALLOCATED))
		wrong(m, c, reg, "an object of the program's own");
	bool by_rcu = r->flags == (ALLOCATED | RCU);
	need_unchanged(m, reg, r, lint_kernel(m->lint) < 0x0702 && !by_rcu);
	if (!has_field(fields_of(m, r), FIELD_REFCOUNT))
		reject(m, L_bad_argument, "Give the struct a member `struct bpf_refcount`.",
			"%s() is given a `struct %s`, which has no `struct bpf_refcount`", c->row->name,
			local_name(m, (uint32_t)r->which));
	c->type = (uint32_t)r->which;
	c->was_owned = r->held && !is_borrowed(r);
}

/* ---- lists and trees ---- */

const struct field *field_here(struct machine *m, const struct reg *r)
{
	return num_is_known(&r->v)
		       ? field_at(fields_of(m, r), (uint32_t)(r->v.bits.value + (uint64_t)(int64_t)r->off))
		       : NULL;
}

const char *missing_hint(struct machine *m, const struct reg *r, const char *otherwise)
{
	const struct fields *f = fields_of(m, r);
	return f && f->why ? arena_printf(m->arena,
				     "The kernel leaves out what is in there, since it has %s.", f->why)
			   : otherwise;
}

static void argument_root(struct machine *m, struct local_call *c, unsigned reg, enum field_kind kind)
{
	const struct reg *r = reg_now(m, reg);
	const char *words = arena_printf(
		m->arena, "%s in a map's value, or in an object that the program owns", field_words(kind));

	if (!is_owned(r) && (r->kind != IN_VALUE || (r->flags & MAYBE_NULL)))
		wrong(m, c, reg, words);
	c->root = field_here(m, r);
	if (!c->root || c->root->kind != kind)
		reject(m, L_bad_argument,
			missing_hint(
				m, r, "BTF has to say of it what it contains: `__contains(STRUCT, NODE)`."),
			"argument %u of %s() is to be %s, and there is none", reg, c->row->name, words);
	if (!is_locked(m, r))
		reject(m, L_lock, "Lock the `struct bpf_spin_lock` that is in the same value, or object.",
			"%s() is called without the lock that guards the %s", c->row->name,
			kind == FIELD_LIST ? "list" : "tree");
}

/* One that is put in is owned; one that is asked about, or taken out, was found there. */
static void argument_node(struct machine *m, struct local_call *c, unsigned reg, bool found)
{
	const struct reg *r = reg_now(m, reg);
	bool tree = c->root->kind == FIELD_TREE;
	/* What is owned may be in there too, where references are counted: since Linux 6.16. */
	bool owned = is_owned(r) && (!found || lint_kernel(m->lint) >= 0x0610);

	if (!owned && !(found && is_borrowed(r) && !(r->flags & MAYBE_NULL)))
		wrong(m, c, reg,
			found ? "a node of an object that was found in there"
			      : "a node of an object that the program owns");
	if (tree && found && in_tree_callback(m))
		reject(m, L_lock, "The tree is being changed: do it after the call.",
			"%s() is called in the function that compares two nodes", c->row->name);
	const struct field *f = field_here(m, r);
	if (!f || f->kind != (tree ? FIELD_TREE_NODE : FIELD_LIST_NODE))
		reject(m, L_bad_argument, "Pass the address of the member: `&p->node`.",
			"argument %u of %s() is to be %s", reg, c->row->name,
			field_words(tree ? FIELD_TREE_NODE : FIELD_LIST_NODE));
	if ((uint32_t)r->which != c->root->type || f->offset != c->root->node)
		reject(m, L_bad_argument, "It has to be what `__contains(STRUCT, NODE)` says.",
			"argument %u of %s() is a node at %u of a `struct %s`; the %s has those at %u of a "
			"`struct %s` in it",
			reg, c->row->name, f->offset, local_name(m, (uint32_t)r->which),
			tree ? "tree" : "list", c->root->node, local_name(m, c->root->type));
	if (!found)
		c->held = r->held;
}

bool in_tree_callback(const struct machine *m)
{
	const struct state *s = m->cur;
	for (unsigned i = s->top; i; i--) {
		const struct bpf_insn *call = &m->p->insns[s->frames[i]->callsite];
		unsigned n;
		if (s->frames[i]->in_callback && call->src_reg == BPF_PSEUDO_KFUNC_CALL &&
			(kfunc_traits(m, call, &n) & KFUNC_CALLS_BACK))
			return true;
	}
	return false;
}

/* ---- results ---- */

static void give_node(const struct local_call *c, struct reg *to)
{
	reg_point(to, IN_LOCAL, (int32_t)c->root->type);
	to->off = (int32_t)c->root->node;
	to->flags = ALLOCATED;
}

static void lend(struct machine *m, struct reg *r)
{
	r->flags |= BORROWED | (has_field(fields_of(m, r), FIELD_REFCOUNT) ? RCU : 0u);
}

/* The function that compares is called with two nodes that are in the tree, or will be. */
static void call_less(struct machine *m, const struct local_call *c, unsigned reg)
{
	const struct reg *r = reg_now(m, reg);
	if (r->kind != IN_FUNCTION)
		wrong(m, c, reg, "a function");
	struct frame *callee = call_back_later(m, (uint32_t)r->which);
	for (unsigned i = 1; i <= 2; i++) {
		give_node(c, &callee->regs[i]);
		lend(m, &callee->regs[i]);
	}
}

static void give(struct machine *m, const struct local_call *c)
{
	struct reg *r0 = reg_now(m, 0);

	switch (c->row->gives) {
	case 'n':
	case 'c':
	case 'r':
		reg_point(r0, IN_LOCAL, (int32_t)c->type);
		r0->flags = ALLOCATED;
		if (c->row->gives == 'c')
			r0->flags |= ELSEWHERE;
		if (!c->was_owned)
			r0->flags |= MAYBE_NULL;
		r0->held = hold(m, m->insn);
		if (!c->was_owned || has_lock(fields_of(m, r0)))
			r0->id = r0->held;
		break;
	case 'a':
		give_node(c, r0);
		r0->flags |= MAYBE_NULL;
		r0->id = r0->held = hold(m, m->insn);
		break;
	case 'b':
		give_node(c, r0);
		lend(m, r0);
		r0->flags |= MAYBE_NULL;
		r0->id = ++m->ids;
		break;
	case '.':
		reg_unknown(r0);
		break;
	default:
		break;
	}
}

static void argument(struct machine *m, struct local_call *c, unsigned reg, char kind)
{
	switch (kind) {
	case '.':
		if (!is_number(reg_now(m, reg)))
			wrong(m, c, reg, "a number");
		break;
	case 'K':
	case 'C':
		argument_type(m, c, reg, kind == 'C');
		break;
	case 'D':
	case 'P':
		argument_dropped(m, c, reg, kind == 'P');
		break;
	case 'R':
		argument_counted(m, c, reg);
		break;
	case 'L':
	case 'T':
		argument_root(m, c, reg, kind == 'L' ? FIELD_LIST : FIELD_TREE);
		break;
	case 'n':
	case 'm':
		argument_node(m, c, reg, kind == 'm');
		break;
	case 'f':
		call_less(m, c, reg);
		break;
	}
}

void call_local_kfunc(struct machine *m, const struct kfunc *row)
{
	struct local_call c = {.row = row};
	bool adds = strchr(row->takes, 'n');

	for (unsigned i = 0; row->takes[i]; i++)
		if (row->takes[i] != '-') /* the kernel's own: whatever is there */
			need_value(m, i + 1);
	for (unsigned i = 0; row->takes[i]; i++)
		argument(m, &c, i + 1, row->takes[i]);
	if (adds)
		borrow(m, c.held);
	else if (c.held)
		release(m, c.held);
	forget_caller_saved(m);
	give(m, &c);
}
