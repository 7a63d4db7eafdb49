/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* check.c: declarations: what each name of a file is, its type and value; then every body. */
#include "check.h"
#include <string.h>
#include "near.h"
#include "../runtime/image.h"

void check_scan_body(struct symbol *owner); /* check_stmt.c */

static struct scope *scope_of(struct checker *c, const struct symbol *sym)
{
	for (size_t i = 0; i < c->p->modules.n; i++)
		if (c->p->modules.at[i]->unit->file == sym->loc.file)
			return &c->p->modules.at[i]->top;
	return c->scope;
}

void check_suggest(struct checker *c, struct diag *d, const char *name, enum wanted want)
{
	const char *near = d ? scope_suggest(c->scope, name, want) : NULL;
	if (near)
		diag_hint(c->diags, d, "did you mean `%s`?", near);
}

void check_suggest_of(struct checker *c, struct diag *d, const char *name, const char *what,
	const char *const *words, size_t n)
{
	const char *near = near_of(name, words, n), *list = words[0];
	for (size_t i = 1; i < n; i++)
		list = arena_printf(c->arena, "%s%s%s", list, i + 1 == n ? " and " : ", ", words[i]);
	diag_hint(c->diags, d, "%s%s%s%s %s", near ? "did you mean `" : "", near ? near : "",
		near ? "`? " : "", what, list);
}

/* ---- types ---- */

static struct symbol *find_tag(struct checker *c, const struct name *tag, enum symbol_kind kind)
{
	struct symbol *sym = check_find_tag(c, tag, kind);
	if (sym && sym->kind == kind)
		return sym;
	struct diag *d =
		diag(c->diags, &tag->loc, D_unknown_type, kind == SYM_STRUCT ? "struct" : "enum", tag->text);
	if (sym)
		diag_note(c->diags, d, &sym->loc, "`%s` is declared here", sym->name);
	else
		check_suggest(c, d, tag->text, kind == SYM_STRUCT ? WANT_STRUCT : WANT_ENUM);
	return NULL;
}

struct type *check_base_type(struct checker *c, const struct type_name *n)
{
	if (n->kind == TN_PRIM)
		return type_prim(n->prim);
	struct symbol *sym = find_tag(c, &n->tag, n->kind == TN_STRUCT ? SYM_STRUCT : SYM_ENUM);
	if (!sym)
		return &type_error;
	if (sym->state == SYM_BUSY) {
		struct diag *d = diag(c->diags, &n->loc, D_struct_in_itself, n->tag.text);
		diag_note(c->diags, d, &sym->loc, "`%s` is declared here", sym->name);
		return &type_error;
	}
	check_resolve(c, sym);
	return sym->type;
}

struct type *check_type(struct checker *c, const struct declarator *d, bool parameter)
{
	struct type *t = check_base_type(c, &d->type);
	if (t->kind == T_VOID) {
		diag(c->diags, &d->type.loc, D_void_variable, d->name.text);
		return &type_error;
	}
	if (d->slice) {
		if (t != &type_u8) {
			if (t->kind != T_ERROR)
				diag(c->diags, &d->loc, D_slice_of_bytes, type_text(c->arena, t));
			return &type_error;
		}
		return &type_slice;
	}
	/* Dimensions from the last to the first: u8 block[QD][BLOCK] is QD arrays of BLOCK. */
	for (size_t i = d->dims.n; i-- > 0;) {
		uint64_t n;
		struct expr *dim = d->dims.at[i];
		if (!check_const(c, dim, &n, "the size of an array"))
			return &type_error;
		if (!n || (dim->type->is_signed && (int64_t)n < 0)) {
			diag(c->diags, &dim->loc, D_array_size, check_number(c, dim));
			return &type_error;
		}
		if (t->kind != T_ERROR && (n > RL_IMAGE_MAX || t->size * n > RL_IMAGE_MAX)) {
			diag(c->diags, &dim->loc, D_too_large, d->name.text, (unsigned)(RL_IMAGE_MAX >> 20));
			return &type_error;
		}
		if (t->kind != T_ERROR)
			t = type_array(c->arena, t, n);
	}
	if (t->levels > MAX_TYPE_LEVELS) {
		diag(c->diags, &d->name.loc, D_nested_type, d->name.text, MAX_TYPE_LEVELS);
		return &type_error;
	}
	if (t->kind == T_CQE ||
		(t->kind == T_ARRAY && t->levels && d->type.kind == TN_PRIM && d->type.prim == PRIM_CQE)) {
		diag(c->diags, &d->name.loc, D_cqe_place, d->name.text);
		return &type_error;
	}
	if (parameter && !type_is_scalar(t)) {
		struct diag *g =
			diag(c->diags, &d->loc, D_parameter_type, d->name.text, type_text(c->arena, t));
		if (type_is_bytes(t))
			diag_hint(c->diags, g, "`u8 %s[]` takes any slice of bytes", d->name.text);
		return &type_error;
	}
	return t;
}

static void resolve_struct(struct checker *c, struct symbol *sym)
{
	struct decl *d = sym->decl;
	struct type *t = NEW(c->arena, struct type);
	t->kind = T_STRUCT;
	t->name = sym->name;
	t->align = 1;
	struct scope fields = {0};
	for (size_t i = 0; i < d->members.n && i < MAX_MEMBERS; i++) {
		const struct declarator *m = &d->members.at[i].d;
		struct field f = {.name = m->name.text, .type = check_type(c, m, false), .loc = m->name.loc};
		if (f.type->kind == T_SLICE) {
			diag(c->diags, &m->loc, D_slice_field, m->name.text);
			f.type = &type_error;
		}
		struct symbol *field = NEW(c->arena, struct symbol);
		*field = (struct symbol){.name = f.name, .loc = f.loc};
		const struct symbol *other = scope_find_here(&fields, f.name);
		if (other) {
			struct diag *g = diag(c->diags, &f.loc, D_redeclared, f.name);
			diag_note(c->diags, g, &other->loc, "the other `%s` is here", f.name);
		}
		scope_add(c->arena, &fields, field);
		f.offset = (t->size + f.type->align - 1) / f.type->align * f.type->align;
		t->size = f.offset + f.type->size;
		t->align = f.type->align > t->align ? f.type->align : t->align;
		t->levels = f.type->levels + 1 > t->levels ? f.type->levels + 1 : t->levels;
		VEC_PUSH(c->arena, &t->fields, f);
	}
	t->size = (t->size + t->align - 1) / t->align * t->align;
	if (d->members.n > MAX_MEMBERS)
		diag(c->diags, &d->name.loc, D_too_many_members,
			arena_printf(c->arena, "the fields of `%s` are", sym->name), MAX_MEMBERS);
	if (!t->fields.n)
		diag(c->diags, &d->name.loc, D_empty_struct, sym->name);
	if (t->size > RL_IMAGE_MAX)
		diag(c->diags, &d->name.loc, D_too_large, sym->name, (unsigned)(RL_IMAGE_MAX >> 20));
	sym->type = t;
}

/* The value of one member of an enum; those before it are known, or being computed. */
static bool member_value(struct checker *c, const struct decl *d, size_t i, uint64_t *value)
{
	const struct member *m = &d->members.at[i];
	const struct symbol *before = i ? d->members.at[i - 1].sym : NULL;
	if (m->value && !check_const(c, m->value, value, "a value of an enum"))
		return false;
	if (!m->value && before && before->state == SYM_BUSY)
		diag(c->diags, &before->loc, D_const_of_itself, before->name);
	if (!m->value && before && (before->state == SYM_BUSY || before->type->kind == T_ERROR))
		return false;
	if (!m->value)
		*value = before ? before->value + 1 : 0;
	if (m->value ? type_fits(&type_s32, m->value->type, *value) : *value == type_wrap(&type_s32, *value))
		return true;
	diag(c->diags, m->value ? &m->value->loc : &m->d.name.loc, D_constant_range,
		m->value ? check_number(c, m->value) : arena_printf(c->arena, "%lld", (long long)*value),
		"an enum, which is an s32");
	return false;
}

/* A member without a value is one more than the one before, which therefore is resolved first. */
static void resolve_member(struct checker *c, struct symbol *sym)
{
	const member_vec *members = &sym->decl->members;
	size_t first = sym->index;
	while (first && !members->at[first].value && members->at[first - 1].sym->state == SYM_NEW)
		first--;
	for (size_t i = first; i <= sym->index; i++) {
		struct symbol *s = members->at[i].sym;
		struct type *t = s->type;
		s->state = SYM_BUSY;
		s->type = member_value(c, sym->decl, i, &s->value) ? t : &type_error;
		s->state = SYM_READY;
	}
}

static void resolve_const(struct checker *c, struct symbol *sym)
{
	struct decl *d = sym->decl;
	sym->type = &type_error;
	if (d->init->kind == E_STRING && !d->has_type) {
		sym->type = &type_string;
		sym->text = d->init->str;
		sym->length = d->init->len;
		return;
	}
	if (!check_scalar_const(c, d->init, &sym->value, arena_printf(c->arena, "`%s`", sym->name)))
		return;
	sym->type = d->init->type;
	if (d->has_type) {
		struct type *t = check_type(c, &d->d, false);
		check_value(c, d->init, t, arena_printf(c->arena, "`%s`", sym->name));
		sym->type = t;
		sym->value = type_wrap(t, sym->value);
	}
}

/* fixed fd files[N]; */
static bool is_files(const struct symbol *sym)
{
	const struct decl *d = sym->decl;
	return d->kind == DECL_VAR && d->fixed && !d->shared && !d->region && sym->type->kind == T_ARRAY &&
	       type_element(sym->type)->kind == T_FD;
}

static struct type *files_type(struct checker *c, struct type *t)
{
	return t->kind == T_ARRAY ? type_array(c->arena, files_type(c, t->elem), t->n) : &type_file;
}

void check_resolve(struct checker *c, struct symbol *sym)
{
	if (sym->state == SYM_READY)
		return;
	if (sym->state == SYM_BUSY) {
		if (sym->kind == SYM_CONST || sym->kind == SYM_VAR)
			diag(c->diags, &sym->loc, D_const_of_itself, sym->name);
		sym->type = &type_error;
		return;
	}
	if (c->depth == MAX_DEFINITIONS) {
		diag(c->diags, &sym->loc, D_nested_names,
			arena_printf(c->arena, "the definition of `%s` nests", sym->name));
		sym->type = &type_error;
		sym->state = SYM_READY;
		return;
	}
	c->depth++;
	sym->state = SYM_BUSY;
	struct scope *scope = c->scope;
	struct symbol *owner = c->owner;
	c->scope = scope_of(c, sym);
	c->owner = NULL;
	if (sym->kind == SYM_STRUCT)
		resolve_struct(c, sym);
	else if (sym->kind == SYM_CONST && sym->decl->kind == DECL_ENUM)
		resolve_member(c, sym);
	else if (sym->kind == SYM_CONST)
		resolve_const(c, sym);
	else if (sym->kind == SYM_VAR && sym->decl->kind == DECL_TABLE)
		check_table(c, sym->decl);
	else if (sym->kind == SYM_VAR) {
		sym->type = sym->decl->region ? check_region_type(c, sym->decl)
					      : check_type(c, &sym->decl->d, false);
		if (is_files(sym))
			sym->type = files_type(c, sym->type);
	}
	c->scope = scope;
	c->owner = owner;
	c->depth--;
	sym->state = SYM_READY;
}

/* ---- declaring names ---- */

static struct symbol *declare(
	struct checker *c, struct decl *d, enum symbol_kind kind, const struct name *name)
{
	struct symbol *old = scope_find_here(c->scope, name->text);
	if (old) {
		struct diag *g = diag(c->diags, &name->loc, D_redeclared, name->text);
		diag_note(c->diags, g, &old->loc, "the other `%s` is here", old->name);
	}
	struct symbol *sym = NEW(c->arena, struct symbol);
	sym->kind = kind;
	sym->name = name->text;
	sym->loc = name->loc;
	sym->decl = d;
	sym->type = &type_error;
	d->sym = sym;
	scope_add(c->arena, c->scope, sym);
	return sym;
}

static void declare_enum(struct checker *c, struct decl *d)
{
	struct type *t = NEW(c->arena, struct type);
	*t = type_s32;
	t->kind = T_ENUM;
	t->name = d->name.text && *d->name.text ? d->name.text : NULL;
	if (t->name) {
		struct symbol *sym = declare(c, d, SYM_ENUM, &d->name);
		sym->type = t;
		sym->state = SYM_READY;
	}
	for (size_t i = 0; i < d->members.n; i++) {
		struct member *m = &d->members.at[i];
		m->sym = declare(c, d, SYM_CONST, &m->d.name);
		m->sym->type = t;
		m->sym->index = (uint32_t)i;
	}
}

static void declare_all(struct checker *c, struct module *m)
{
	static const enum symbol_kind kinds[] = {
		[DECL_PARAM] = SYM_VAR,
		[DECL_VAR] = SYM_VAR,
		[DECL_CONST] = SYM_CONST,
		[DECL_STRUCT] = SYM_STRUCT,
		[DECL_FN] = SYM_FN,
		[DECL_TASK] = SYM_TASK,
		[DECL_CQ] = SYM_VAR,
		[DECL_BUFFERS] = SYM_VAR,
		[DECL_TABLE] = SYM_VAR,
	};
	c->scope = &m->top;
	for (size_t i = 0; i < m->unit->decls.n; i++) {
		struct decl *d = m->unit->decls.at[i];
		if (d->kind == DECL_IMPORT || d->kind == DECL_RING)
			continue;
		if (d->kind == DECL_ENUM) {
			declare_enum(c, d);
			continue;
		}
		bool by_name = d->kind == DECL_STRUCT || d->kind == DECL_TASK;
		declare(c, d, kinds[d->kind], by_name ? &d->name : &d->d.name);
	}
}

/* ---- variables, functions, tasks ---- */

static void check_param(struct checker *c, struct decl *d, struct symbol *sym)
{
	static const char *const kinds[] = {"read", "write", "rdwr", "create", "append", "dir", "tcp_listen"};
	struct type *t = sym->type;
	sym->storage = VAR_PARAM;
	if (t->kind != T_ERROR && !type_is_scalar(t) && !type_is_bytes(t))
		diag(c->diags, &d->d.loc, D_param_type, sym->name, type_text(c->arena, t));
	if (!d->kind_name.text)
		return;
	bool known = false;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		known |= !strcmp(kinds[i], d->kind_name.text);
	if (!known) {
		struct diag *g = diag(c->diags, &d->kind_name.loc, D_param_kind, d->kind_name.text);
		check_suggest_of(
			c, g, d->kind_name.text, "the kinds are", kinds, sizeof kinds / sizeof kinds[0]);
	} else if (t->kind != T_FD && t->kind != T_ERROR) {
		diag(c->diags, &d->kind_name.loc, D_param_kind_type, d->kind_name.text,
			type_text(c->arena, t));
	}
}

static void check_init_constant(struct checker *c, struct expr *e)
{
	if (e->kind == E_LIST)
		for (size_t i = 0; i < e->args.n; i++)
			check_init_constant(c, e->args.at[i]);
	else if (!e->is_const && e->kind != E_STRING && e->type->kind != T_ERROR)
		diag(c->diags, &e->loc, D_not_constant, "an initial value");
}

static void check_variable(struct checker *c, struct decl *d)
{
	struct symbol *sym = d->sym;
	check_resolve(c, sym); /* its size may have been asked for before */
	if (sym->type->kind == T_SLICE) {
		diag(c->diags, &d->d.loc, D_slice_variable, sym->name);
		sym->type = &type_error;
	}
	if (d->region) {
		check_region(c, d);
		return;
	}
	if (d->kind == DECL_VAR && type_element(sym->type)->kind == T_FILE) {
		check_files(c, d);
		return;
	}
	if (d->kind == DECL_PARAM) {
		check_param(c, d, sym);
	} else {
		if (d->fixed && !d->shared) {
			struct diag *g = diag(c->diags, &d->loc, D_fixed_private, sym->name);
			diag_hint(c->diags, g,
				sym->type->kind == T_FD
					? "a table of direct descriptors has a size: `fixed fd %s[16];`"
					: "write `fixed shared`",
				sym->name);
		}
		sym->storage = d->shared ? VAR_SHARED : VAR_PRIVATE;
		sym->fixed = d->fixed;
		if (d->fixed)
			sym->fixed_index = c->p->nfixed++;
	}
	if (d->init) {
		check_value(c, d->init, sym->type, arena_printf(c->arena, "`%s`", sym->name));
		check_init_constant(c, d->init);
	}
	VEC_PUSH(c->arena, &c->p->vars, sym);
}

/* ring { sq 64; cq 256; batch 8; }: larger queues than the program needs, and how many requests are submitted
 * at once. */
static void check_ring(struct checker *c, struct decl *d)
{
	static const char *const names[] = {"sq", "cq", "batch", "sqe", "cqe"};
	enum { N = sizeof names / sizeof *names, SQE = 3 };
	uint64_t *const values[N] = {
		&c->p->ring.sq, &c->p->ring.cq, &c->p->ring.batch, &c->p->ring.sqe, &c->p->ring.cqe};
	if (c->p->ring.decl) {
		struct diag *g = diag(c->diags, &d->loc, D_redeclared, "ring");
		diag_note(c->diags, g, &c->p->ring.decl->loc, "the other `ring` is here");
	}
	c->p->ring.decl = d;
	for (size_t i = 0; i < d->members.n; i++) {
		const struct member *m = &d->members.at[i];
		size_t k = 0;
		while (k < N && strcmp(names[k], m->d.name.text))
			k++;
		uint64_t v;
		if (k == N) {
			struct diag *g = diag(c->diags, &m->d.loc, D_ring_what, m->d.name.text);
			check_suggest_of(c, g, m->d.name.text, "a ring has", names, N);
		} else if (*values[k]) {
			diag(c->diags, &m->d.loc, D_redeclared, names[k]);
		} else if (check_const(c, m->value, &v, "what a ring is given")) {
			uint64_t only = k == SQE ? 128 : k > SQE ? 32 : 0;
			uint64_t most = k == 1 ? 2 * MAX_CAPACITY : MAX_CAPACITY;
			if (only && v != only)
				diag(c->diags, &m->value->loc, D_ring_entry, names[k],
					(unsigned long long)only);
			else if (!v || v > most)
				diag(c->diags, &m->value->loc, D_ring_size, check_number(c, m->value),
					names[k], (unsigned long long)most);
			else
				*values[k] = v;
		}
	}
}

static void check_signature(struct checker *c, struct decl *d)
{
	struct symbol *sym = d->sym;
	for (size_t i = 0; i < d->params.n; i++) {
		struct declarator *p = &d->params.at[i];
		struct symbol *ps = NEW(c->arena, struct symbol);
		ps->kind = SYM_LOCAL;
		ps->state = SYM_READY;
		ps->name = p->name.text;
		ps->loc = p->name.loc;
		ps->type = check_type(c, p, !p->slice);
		if (p->fixed)
			ps->type = check_fixed_param(c, p, ps->type);
		for (size_t j = 0; j < sym->params.n; j++)
			if (!strcmp(sym->params.at[j]->name, ps->name)) {
				struct diag *g = diag(c->diags, &ps->loc, D_redeclared, ps->name);
				diag_note(c->diags, g, &sym->params.at[j]->loc, "the other `%s` is here",
					ps->name);
			}
		VEC_PUSH(c->arena, &sym->params, ps);
	}
	if (d->params.n > MAX_CALL_ARGS)
		diag(c->diags, &sym->loc, D_too_many_params, sym->name, MAX_CALL_ARGS);
	sym->state = SYM_READY;
	check_scan_body(sym);
	if (d->kind == DECL_FN) {
		sym->type = check_base_type(c, &d->d.type);
		if (sym->type->kind != T_VOID && sym->type->kind != T_ERROR && !type_is_scalar(sym->type))
			diag(c->diags, &d->d.type.loc, D_result_type, sym->name,
				type_text(c->arena, sym->type));
		VEC_PUSH(c->arena, &c->p->fns, sym);
		return;
	}
	sym->isolated = d->isolated;
	sym->type = &type_void;
	sym->count = 1;
	if (d->init && check_const(c, d->init, &sym->count, "the size of a pool") &&
		(!sym->count || sym->count > MAX_INSTANCES)) {
		diag(c->diags, &d->init->loc, D_pool_size, sym->name, check_number(c, d->init),
			MAX_INSTANCES);
		sym->count = 1;
	}
	sym->index = (uint32_t)c->p->tasks.n;
	VEC_PUSH(c->arena, &c->p->tasks, sym);
}

struct module *check_unit(struct checker *c, struct unit *unit)
{
	struct module *m = NEW(c->arena, struct module);
	struct scope *scope = c->scope;
	m->unit = unit;
	declare_all(c, m);
	for (size_t i = 0; i < unit->decls.n; i++)
		if (unit->decls.at[i]->kind == DECL_VAR)
			check_variable(c, unit->decls.at[i]);
	for (size_t i = 0; i < unit->decls.n; i++)
		if (unit->decls.at[i]->kind == DECL_FN)
			check_signature(c, unit->decls.at[i]);
	for (size_t i = 0; i < unit->decls.n; i++)
		if (unit->decls.at[i]->kind == DECL_FN)
			check_body(c, unit->decls.at[i]->sym);
	c->scope = scope;
	return m;
}

static void check_main(struct checker *c, const struct module *m)
{
	struct symbol *sym = scope_find_here(&m->top, "main");
	if (!sym || sym->kind != SYM_TASK) {
		struct diag *d = diag(c->diags, NULL, D_no_main, c->p->sources->list.at[m->unit->file]->name);
		if (sym)
			diag_note(c->diags, d, &sym->loc, "this `main` is no task");
		diag_hint(c->diags, d, "a script begins with `task main() { ... }`");
		return;
	}
	c->p->main = sym;
	if (sym->params.n || sym->count != 1)
		diag(c->diags, &sym->loc, D_main_shape);
}

/* ---- recursion ---- */

struct path {
	const struct path *up;
	struct symbol *fn;
	unsigned depth;
};

static void report_nested(struct checker *c, const struct symbol *fn)
{
	if (!c->nested)
		diag(c->diags, &fn->loc, D_nested_names,
			arena_printf(c->arena, "the calls in `%s` nest", fn->name));
	c->nested = true;
}

static void check_recursion(struct checker *c, struct symbol *fn, const struct path *up, bool *done)
{
	for (const struct path *p = up; p; p = p->up) {
		if (p->fn != fn)
			continue;
		struct diag *d = diag(c->diags, &fn->loc, D_recursion, fn->name);
		if (up->fn != fn)
			diag_note(c->diags, d, &up->fn->loc, "through `%s`", up->fn->name);
		return;
	}
	if (done[fn->index])
		return;
	struct path here = {up, fn, up ? up->depth + 1 : 1};
	if (here.depth > MAX_CALL_DEPTH) {
		report_nested(c, fn);
		return;
	}
	for (size_t i = 0; i < fn->callees.n; i++)
		check_recursion(c, fn->callees.at[i], &here, done);
	done[fn->index] = true;
	/* What awaits or fails can only be expanded in place, and so can what calls it. */
	for (size_t i = 0; i < fn->callees.n; i++) {
		const struct symbol *callee = fn->callees.at[i];
		fn->in_place |= callee->in_place;
		fn->fails |= callee->fails;
		if (callee->height > fn->height)
			fn->height = callee->height;
		if (callee->levels > fn->levels)
			fn->levels = callee->levels;
	}
	fn->levels += fn->decl->body->height;
	if (fn->levels > MAX_CALL_LEVELS)
		report_nested(c, fn);
	/* Of the eight frames that BPF allows, three are the step's, the task's and the support's. */
	if (!fn->in_place && ++fn->height > MAX_CALL_HEIGHT)
		fn->in_place = true;
}

/* A task that fails leaves its blocks through their defers: what runs in a defer cannot do that again. */
static void check_deferred(struct checker *c)
{
	for (size_t i = 0; i < c->deferred.n; i++) {
		const struct expr *call = c->deferred.at[i];
		if (!call->sym->fails)
			continue;
		struct diag *d = diag(c->diags, &call->loc, D_defer_leaves, "fail");
		diag_note(c->diags, d, &call->sym->loc, "`%s` may call `fail`", call->sym->name);
	}
}

static void reach(struct symbol *owner, unsigned *subprograms)
{
	if (owner->reached)
		return;
	owner->reached = true;
	*subprograms += owner->kind == SYM_TASK ? TASK_SUBPROGRAMS + owner->spawned : !owner->in_place;
	for (size_t i = 0; i < owner->callees.n; i++)
		reach(owner->callees.at[i], subprograms);
}

/* Tasks and functions of the program become BPF functions, of which the kernel takes so many. Those of
 * queues, streams and arms are counted in the end, in object.c. */
static void check_subprograms(struct checker *c)
{
	unsigned n = STEP_SUBPROGRAMS;
	for (size_t i = 0; i < c->p->queues.n; i++)
		n += c->p->queues.at[i]->queue.finds;
	for (size_t i = 0; i < c->p->tasks.n; i++) {
		struct symbol *task = c->p->tasks.at[i];
		reach(task, &n);
		if (n > MAX_SUBPROGRAMS) {
			diag(c->diags, &task->loc, D_too_many_functions, MAX_SUBPROGRAMS);
			return;
		}
	}
}

/* The host knows parameters and shared data by their names alone. */
static void check_host_names(struct checker *c)
{
	struct scope seen = {0};
	for (size_t i = 0; i < c->p->vars.n; i++) {
		struct symbol *v = c->p->vars.at[i];
		if (v->storage == VAR_PRIVATE || (v->storage == VAR_QUEUE && v->queue.kind == QUEUE_PRIVATE))
			continue;
		const struct symbol *other = scope_find_here(&seen, v->name);
		scope_add(c->arena, &seen, v);
		if (!other || other->loc.file == v->loc.file)
			continue;
		struct diag *d = diag(c->diags, &v->loc, D_redeclared, v->name);
		diag_note(c->diags, d, &other->loc, "the other `%s` is here", v->name);
		diag_hint(c->diags, d,
			"the host knows parameters and shared data by their names alone, whatever the file");
	}
}

void check(struct program *p)
{
	struct checker c = {.p = p, .arena = p->arena, .diags = p->diags};
	for (size_t i = 0; i < p->modules.n; i++)
		declare_all(&c, p->modules.at[i]);
	const struct module *last = p->modules.at[p->modules.n - 1];

	for (int pass = 0; pass < 3; pass++) {
		for (size_t i = 0; i < p->modules.n; i++) {
			struct module *m = p->modules.at[i];
			c.scope = &m->top;
			for (size_t j = 0; j < m->unit->decls.n; j++) {
				struct decl *d = m->unit->decls.at[j];
				bool code = d->kind == DECL_FN || d->kind == DECL_TASK;
				for (size_t k = 0; pass == 0 && d->kind == DECL_ENUM && k < d->members.n; k++)
					check_resolve(&c, d->members.at[k].sym);
				if (pass == 0 && d->kind == DECL_RING)
					check_ring(&c, d);
				if (!d->sym)
					continue;
				if (pass == 0 && (d->kind == DECL_CONST || d->kind == DECL_STRUCT ||
							 d->kind == DECL_TABLE))
					check_resolve(&c, d->sym);
				else if (pass == 0 && (d->kind == DECL_VAR || d->kind == DECL_PARAM))
					check_variable(&c, d);
				else if (pass == 0 && d->kind == DECL_CQ)
					check_cq(&c, d);
				else if (pass == 0 && d->kind == DECL_BUFFERS)
					check_buffers(&c, d);
				else if (pass == 1 && code)
					check_signature(&c, d);
				else if (pass == 2 && code)
					check_body(&c, d->sym);
			}
		}
		if (pass == 1)
			check_main(&c, last);
	}
	uint64_t instances = 0;
	for (size_t i = 0; i < p->tasks.n; i++) {
		instances += p->tasks.at[i]->count;
		if (instances > MAX_INSTANCES) {
			diag(c.diags, &p->tasks.at[i]->loc, D_too_many_tasks, (unsigned long long)instances,
				MAX_INSTANCES);
			break;
		}
	}
	unsigned fds = 0;
	for (size_t i = 0; i < p->vars.n; i++)
		if (p->vars.at[i]->storage == VAR_PARAM && p->vars.at[i]->type->kind == T_FD &&
			++fds > MAX_FD_PARAMS)
			diag(c.diags, &p->vars.at[i]->loc, D_too_many_fds, MAX_FD_PARAMS);
	bool *done = arena_alloc(p->arena, p->fns.n + 1);
	for (size_t i = 0; i < p->fns.n; i++)
		p->fns.at[i]->index = (uint32_t)i;
	for (size_t i = 0; i < p->fns.n; i++)
		check_recursion(&c, p->fns.at[i], NULL, done);
	check_deferred(&c);
	check_host_names(&c);
	check_queue_sizes(p);
	if (p->vars.n > MAX_MEMBERS)
		diag(c.diags, &p->vars.at[MAX_MEMBERS]->loc, D_too_many_members,
			"the variables of a program are", MAX_MEMBERS);
	if (!diags_errors(c.diags))
		check_subprograms(&c);
}
