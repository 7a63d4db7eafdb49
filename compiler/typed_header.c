/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * typed_header.c: what a host needs to know of a program, as a header for C and C++: parameters and queues as
 * functions, the shared variables as one struct, which lies in the image as it is declared here. What the
 * host's compiler makes of a declaration is compared with what this one made of it, by static assertions.
 *
 * Every name begins with the script's. Padding is written out, so that nothing depends on the host's ABI.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "diag_text.h"
#include "object.h"

struct named_type {
	const struct type *type;
	const char *name; /* `struct copy_point`; what a declaration begins with */
};

struct writer {
	struct ir_program *ir;
	struct arena *arena;
	FILE *out;
	const char *prefix, *upper; /* `copy`, `COPY` */
	const char *is_at;          /* the macro that asserts where a member is */
	struct scope names;         /* that the header has at the top */
	VEC(struct named_type) types;
};

/* ---- names ---- */

/* What a member cannot be called: the keywords of C23 and C++20, what is a macro in the headers that are
 * included, in <errno.h> or <stdio.h>, or is predefined outside of strict modes. */
static const char *const reserved[] = {"alignas", "alignof", "and", "and_eq", "asm", "assert", "auto",
	"bitand", "bitor", "bool", "break", "case", "catch", "char", "char16_t", "char32_t", "char8_t",
	"class", "co_await", "co_return", "co_yield", "compl", "concept", "const", "const_cast", "consteval",
	"constexpr", "constinit", "continue", "decltype", "default", "delete", "do", "double", "dynamic_cast",
	"else", "enum", "errno", "explicit", "export", "extern", "false", "float", "for", "friend", "goto",
	"i386", "if", "inline", "int", "linux", "long", "mutable", "namespace", "new", "noexcept", "not",
	"not_eq", "nullptr", "offsetof", "operator", "or", "or_eq", "private", "protected", "public",
	"register", "reinterpret_cast", "requires", "restrict", "return", "short", "signed", "sizeof",
	"static", "static_assert", "static_cast", "stderr", "stdin", "stdout", "struct", "switch", "template",
	"this", "thread_local", "throw", "true", "try", "typedef", "typeid", "typename", "typeof",
	"typeof_unqual", "union", "unix", "unsigned", "using", "virtual", "void", "volatile", "wchar_t",
	"while", "xor", "xor_eq", "EOF", "NULL"};

static bool is_reserved(const char *name)
{
	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
		if (!strcmp(name, reserved[i]))
			return true;
	return false;
}

/* The name, with as many underscores behind it as make it one that is not there yet. */
static const char *new_name(struct writer *w, struct scope *scope, const char *name)
{
	while (is_reserved(name) || scope_find_here(scope, name))
		name = arena_printf(w->arena, "%s_", name);
	struct symbol *sym = NEW(w->arena, struct symbol);
	sym->name = name;
	scope_add(w->arena, scope, sym);
	return name;
}

/* `copy_` and a name at the top. `what` stands between: "set_", or nothing. */
static const char *top_name(struct writer *w, const char *what, const char *name)
{
	return new_name(w, &w->names, arena_printf(w->arena, "%s_%s%s", w->prefix, what, name));
}

static const char *to_upper(struct arena *a, const char *s)
{
	char *copy = arena_strndup(a, s, strlen(s));
	for (char *p = copy; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	return copy;
}

/* dir/copy--all.rlt: `copy_all`. With `prog` before it where that begins as no name may, or as those of the
 * library do. */
static const char *prefix_of(struct arena *a, const char *script)
{
	const char *name = strrchr(script, '/');
	name = name ? name + 1 : script;
	size_t n = strlen(name), to = 0;
	if (n > 4 && !strcmp(name + n - 4, ".rlt"))
		n -= 4;
	char *out = arena_alloc(a, n + 1);
	for (size_t i = 0; i < n; i++) {
		bool good = isalnum((unsigned char)name[i]);
		if (good && to && !isalnum((unsigned char)name[i - 1]))
			out[to++] = '_';
		if (good)
			out[to++] = name[i];
	}
	if (!to)
		return "prog";
	return !isalpha((unsigned char)*out) || !strncmp(out, "ringlet", 7) ? arena_printf(a, "prog_%s", out)
									    : out;
}

/* Text of the script's that neither ends a comment nor is taken for something else in it. */
static const char *comment_text(struct writer *w, const char *text)
{
	const char *clean = diag_clean(w->arena, text, strlen(text));
	char *out = arena_alloc(w->arena, 2 * strlen(clean) + 1), *to = out;
	for (const char *p = clean; *p; p++) {
		*to++ = *p;
		if ((*p == '*' && p[1] == '/') || (*p == '/' && p[1] == '*') || (*p == '?' && p[1] == '?'))
			*to++ = ' ';
	}
	return out;
}

/* ---- types ---- */

static const char *type_name(struct writer *w, const struct type *t)
{
	switch (t->kind) {
	case T_BOOL:
		return "bool";
	case T_FD:
		return "int";
	case T_INT:
		return arena_printf(w->arena, "%sint%u_t", t->is_signed ? "" : "u", t->bits);
	default:
		for (size_t i = 0; i < w->types.n; i++)
			if (w->types.at[i].type == t)
				return w->types.at[i].name;
		internal_error("typed header", "a %s was not declared", t->name ? t->name : "type");
	}
}

/* `uint32_t grid[4][8]` */
static void put_variable(struct writer *w, const struct type *t, const char *name)
{
	fprintf(w->out, "%s %s", type_name(w, type_element(t)), name);
	for (; t->kind == T_ARRAY; t = t->elem)
		fprintf(w->out, "[%llu]", (unsigned long long)t->n);
}

static void put_padding(struct writer *w, const char *indent, const char *name, uint64_t n)
{
	if (n)
		fprintf(w->out, "%suint8_t %s[%llu];\n", indent, name, (unsigned long long)n);
}

static bool overlaps(const struct type *t)
{
	uint64_t end = 0;
	for (size_t i = 0; i < t->fields.n; i++) {
		if (t->fields.at[i].offset < end)
			return true;
		end = t->fields.at[i].offset + t->fields.at[i].type->size;
	}
	return false;
}

/* Members where the compiler put them. Where some share their place, as in a union of a C header, the whole
 * is a union, in which each has before it what brings it there. (C++ has no anonymous structs: all of its
 * compilers do.) */
static void put_members(struct writer *w, const struct type *t, const char *head, bool is_union)
{
	struct scope names = {0};
	uint64_t end = 0;
	const char **members = arena_alloc(w->arena, t->fields.n * sizeof *members);
	/* A script's names first: they are to stay as they are where one is that of a padding. */
	for (size_t i = 0; i < t->fields.n; i++)
		members[i] = new_name(w, &names, t->fields.at[i].name);
	fprintf(w->out, "%s {\n", head);
	for (size_t i = 0; i < t->fields.n; i++) {
		const struct field *f = &t->fields.at[i];
		bool moved = is_union && f->offset;
		const char *indent = moved ? "\t\t" : "\t";
		if (moved)
			fputs("\t__extension__ struct {\n", w->out);
		put_padding(w, indent,
			new_name(w, &names, arena_printf(w->arena, "pad_before_%s", members[i])),
			is_union ? f->offset : f->offset - end);
		fputs(indent, w->out);
		put_variable(w, f->type, members[i]);
		fputs(moved ? ";\n\t};\n" : ";\n", w->out);
		end = f->offset + f->type->size;
	}
	put_padding(w, "\t", new_name(w, &names, "pad_at_end"), is_union ? t->size : t->size - end);
	fputs("};\n", w->out);
	for (size_t i = 0; i < t->fields.n; i++)
		fprintf(w->out, "%s(%s, %s, %llu, %llu);\n", w->is_at, head, members[i],
			(unsigned long long)t->fields.at[i].offset,
			(unsigned long long)t->fields.at[i].type->size);
	fprintf(w->out, "static_assert(sizeof(%1$s) == %2$llu, \"%1$s\");\n", head,
		(unsigned long long)t->size);
}

/* NULL: of a C header, of which only those members are known that the script names. */
static const struct decl *enum_of(const struct writer *w, const struct type *t)
{
	for (size_t i = 0; i < w->ir->p->modules.n; i++) {
		const decl_vec *decls = &w->ir->p->modules.at[i]->unit->decls;
		for (size_t k = 0; k < decls->n; k++)
			if (decls->at[k]->kind == DECL_ENUM && decls->at[k]->sym &&
				decls->at[k]->sym->type == t)
				return decls->at[k];
	}
	return NULL;
}

/* In C++ it is an s32, as in the language, so that each of its values is one of the host's. In C, which has
 * no such words before C23, it is as large. */
static void put_enum(struct writer *w, const struct decl *d, const char *name)
{
	fprintf(w->out, "\n%s\n#ifdef __cplusplus\n\t: int32_t\n#endif\n{\n", name);
	for (size_t i = 0; i < d->members.n; i++) {
		const struct symbol *member = d->members.at[i].sym;
		int64_t v = (int64_t)member->value;
		/* -2147483648 would be of another type. */
		fprintf(w->out, v == INT32_MIN ? "\t%s = %lld - 1,\n" : "\t%s = %lld,\n",
			top_name(w, "", member->name), (long long)(v == INT32_MIN ? v + 1 : v));
	}
	fprintf(w->out, "};\nstatic_assert(sizeof(%1$s) == 4, \"%1$s\");\n", name);
}

/* The type, and first what it is made of; each once. */
static void declare_type(struct writer *w, const struct type *t)
{
	t = type_element(t);
	if (t->kind != T_STRUCT && t->kind != T_ENUM)
		return;
	for (size_t i = 0; i < w->types.n; i++)
		if (w->types.at[i].type == t)
			return;
	for (size_t i = 0; i < t->fields.n; i++)
		declare_type(w, t->fields.at[i].type);
	struct named_type named = {t, "int32_t"};
	const struct decl *d = enum_of(w, t);
	if (t->kind == T_STRUCT) {
		bool is_union = overlaps(t);
		named.name = arena_printf(
			w->arena, "%s %s", is_union ? "union" : "struct", top_name(w, "", t->name));
		fputc('\n', w->out);
		put_members(w, t, named.name, is_union);
	} else if (d) {
		named.name = arena_printf(w->arena, "enum %s", top_name(w, "", t->name));
		put_enum(w, d, named.name);
	}
	VEC_PUSH(w->arena, &w->types, named);
}

/* ---- parameters and the region ---- */

/* How a value of a type is given: the argument, and the function of the library's. */
struct setter {
	const char *argument, *function, *pass;
};

static bool setter_of(struct writer *w, const struct type *t, struct setter *s)
{
	const char *argument = type_is_scalar(t) ? arena_printf(w->arena, "%s value", type_name(w, t)) : NULL;
	if (t->kind == T_FD)
		*s = (struct setter){argument, "fd", "value"};
	else if (t->kind == T_BOOL)
		*s = (struct setter){argument, "bool", "value"};
	else if (t->kind == T_ENUM)
		*s = (struct setter){argument, "s64", "(int32_t)value"};
	else if (t->kind == T_INT)
		*s = (struct setter){argument, t->is_signed ? "s64" : "u64", "value"};
	else if (type_is_bytes(t))
		*s = (struct setter){"const char *text", "string", "text"};
	else
		return false;
	return true;
}

static void put_setter(struct writer *w, const struct symbol *v)
{
	const struct decl *d = v->decl;
	struct setter s;
	/* A descriptor that is shared is the script's. */
	if ((v->storage == VAR_SHARED && v->type->kind == T_FD) || !setter_of(w, v->type, &s))
		return;
	const char *about = v->storage == VAR_SHARED ? "shared" : d->init ? "" : "required";
	const char *help = d->help ? comment_text(w, d->help) : "";
	const char *room = type_is_bytes(v->type) ? arena_printf(w->arena, "at most %llu bytes",
							    (unsigned long long)v->type->size - 1)
						  : "";
	const char *kind = d->kind_name.text ? arena_printf(w->arena, "of kind %s", d->kind_name.text) : "";
	const char *parts[] = {help, kind, room, about};
	fputc('\n', w->out);
	bool any = false;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		if (*parts[i])
			fprintf(w->out, "%s%s", any ? "; " : "/* ", parts[i]);
		any |= *parts[i] != 0;
	}
	fprintf(w->out,
		"%sstatic inline int %s(struct ringlet *r, %s)\n{\n\treturn ringlet_set_%s(r, \"%s\", "
		"%s);\n}\n",
		any ? " */\n" : "", top_name(w, "set_", v->name), s.argument, s.function, v->name, s.pass);
}

static void put_region(struct writer *w, const struct symbol *v)
{
	const char *element = top_name(w, "", v->name);
	fprintf(w->out, "\n/* An element of the region. */\ntypedef ");
	put_variable(w, v->type->elem, element);
	fprintf(w->out,
		";\nstatic_assert(sizeof(%1$s) == %2$llu, \"%1$s\");\n\n"
		"/* Required; `size` is in bytes, whole pages. */\n"
		"static inline int %3$s(struct ringlet *r, void *memory, size_t size)\n"
		"{\n\treturn ringlet_set_region(r, \"%4$s\", memory, size);\n}\n",
		element, (unsigned long long)v->type->elem->size, top_name(w, "set_", v->name), v->name);
}

/* ---- shared variables ---- */

/* They lie together in the image, from a page on: so they are a struct, with gaps. */
static struct type *shared_type(struct writer *w, const struct layout *l)
{
	struct type *t = NEW(w->arena, struct type);
	*t = (struct type){.kind = T_STRUCT, .name = "shared", .align = 1};
	for (size_t i = 0; i < w->ir->p->vars.n; i++) {
		const struct symbol *v = w->ir->p->vars.at[i];
		if (v->storage != VAR_SHARED)
			continue;
		struct field f = {v->name, v->type, v->offset - l->shared, v->loc};
		VEC_PUSH(w->arena, &t->fields, f);
		t->align = v->type->align > t->align ? v->type->align : t->align;
	}
	t->size = (l->shared_size + t->align - 1) / t->align * t->align;
	return t;
}

/* Another program than the header was made of is found out: its variables lie elsewhere, or are not there. */
static void put_shared(struct writer *w, const struct type *t, const char *name)
{
	fprintf(w->out, "\n/* The variables in the running image, as the script's `shared` has them. */\n");
	put_members(w, t, arena_printf(w->arena, "struct %s", name), false);
	fprintf(w->out,
		"\n/* Between ringlet_load and ringlet_close; valid until the latter. NULL: not loaded, or "
		"`r` is\n"
		" * another program than this header was made of. */\n"
		"static inline struct %1$s *%1$s(struct ringlet *r)\n"
		"{\n"
		"\tstatic const struct {\n"
		"\t\tconst char *name;\n"
		"\t\tsize_t offset, size;\n"
		"\t} variables[] = {\n",
		name);
	for (size_t i = 0; i < t->fields.n; i++)
		fprintf(w->out, "\t\t{\"%s\", %llu, %llu},\n", t->fields.at[i].name,
			(unsigned long long)t->fields.at[i].offset,
			(unsigned long long)t->fields.at[i].type->size);
	fprintf(w->out,
		"\t};\n"
		"\tchar *start = (char *)ringlet_shared(r, variables[0].name, NULL);\n"
		"\tfor (size_t i = 0; start && i < sizeof(variables) / sizeof(variables[0]); i++) {\n"
		"\t\tsize_t size = 0;\n"
		"\t\tchar *at = (char *)ringlet_shared(r, variables[i].name, &size);\n"
		"\t\tif (!at || at != start + variables[i].offset || size != variables[i].size)\n"
		"\t\t\treturn NULL;\n"
		"\t}\n"
		"\treturn (struct %s *)(void *)start;\n"
		"}\n",
		name);
}

/* ---- queues ---- */

static void put_queue(struct writer *w, const struct symbol *q)
{
	bool array = q->decl->d.dims.n > 1;
	const char *name = new_name(
		w, &w->names, arena_printf(w->arena, "%s_QUEUE_%s", w->upper, to_upper(w->arena, q->name)));
	fprintf(w->out, "\n#define %s \"%s\"\n", name, q->name);
	fprintf(w->out, "#define %s %u\n",
		new_name(w, &w->names, arena_printf(w->arena, "%s_CAPACITY", name)), q->queue.capacity);
	fprintf(w->out, "#define %s %u\n", new_name(w, &w->names, arena_printf(w->arena, "%s_COUNT", name)),
		q->queue.n);
	if (q->queue.kind == QUEUE_IN)
		fprintf(w->out,
			"static inline int %s(struct ringlet *r, %suint64_t user_data, int32_t res)\n"
			"{\n\treturn ringlet_post(r, \"%s\", %s, user_data, res);\n}\n",
			top_name(w, "post_", q->name), array ? "unsigned index, " : "", q->name,
			array ? "index" : "0");
	else
		fprintf(w->out,
			"static inline int %s(struct ringlet *r, struct ringlet_event *event, int "
			"timeout_ms)\n"
			"{\n\treturn ringlet_next_event(r, \"%s\", event, timeout_ms);\n}\n",
			top_name(w, "next_", q->name), q->name);
}

/* ---- the whole ---- */

static void put_top(struct writer *w, const char *script, const char *guard)
{
	fprintf(w->out,
		"/*\n"
		" * The types of %1$s, for a host in C11 or C++17 that runs it by libringlet. ringc made "
		"this of\n"
		" * the script (--header); it is for the object that was made with it.\n"
		" *\n"
		" * Setters and functions of queues give what those of <ringlet.h> do.\n"
		" *\n"
		" * Shared variables are accessed by both sides at once: read and write scalars by atomic\n"
		" * operations, __atomic_load_n(&shared->n, __ATOMIC_ACQUIRE). An acquiring load pairs with\n"
		" * atomic_store(n, v, release) of the script.\n"
		" *\n"
		" * A name that is a word of C or C++ (`class`), or is there already, has an underscore "
		"behind it\n"
		" * (`class_`). Members pad_before_... and pad_at_end are nobody's.\n"
		" */\n"
		"#ifndef %2$s\n#define %2$s\n\n"
		"#include <assert.h>\n#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n"
		"#include <ringlet.h>\n",
		comment_text(w, script), guard);
	fprintf(w->out,
		"\n#define %s(type, member, at, size) \\\n"
		"\tstatic_assert(offsetof(type, member) == at && sizeof(((type *)0)->member) == size, "
		"#member)\n",
		w->is_at);
}

static bool is_of_host(const struct symbol *v)
{
	return v->storage == VAR_PARAM || v->storage == VAR_SHARED || v->storage == VAR_REGION;
}

static void put_all(struct writer *w, const struct layout *l, const char *script)
{
	const symbol_vec *vars = &w->ir->p->vars, *queues = &w->ir->p->queues;
	w->is_at = new_name(w, &w->names, arena_printf(w->arena, "%s_IS_AT", w->upper));
	put_top(w, script, new_name(w, &w->names, arena_printf(w->arena, "%s_RLT_H", w->upper)));
	const char *shared = top_name(w, "", "shared");
	for (size_t i = 0; i < vars->n; i++)
		if (is_of_host(vars->at[i]))
			declare_type(w, vars->at[i]->type);
	for (size_t i = 0; i < vars->n; i++)
		if (is_of_host(vars->at[i]) && vars->at[i]->storage != VAR_REGION)
			put_setter(w, vars->at[i]);
	if (w->ir->p->region)
		put_region(w, w->ir->p->region);
	const struct type *t = shared_type(w, l);
	if (t->fields.n)
		put_shared(w, t, shared);
	for (size_t i = 0; i < queues->n; i++)
		if (queues->at[i]->queue.kind != QUEUE_PRIVATE)
			put_queue(w, queues->at[i]);
	fprintf(w->out, "\n#undef %s\n#endif\n", w->is_at);
}

struct bytes typed_header(struct ir_program *ir, const struct layout *l)
{
	const char *script = ir->p->sources->list.at[ir->p->main->loc.file]->name;
	struct writer w = {.ir = ir, .arena = ir->arena, .prefix = prefix_of(ir->arena, script)};
	w.upper = to_upper(ir->arena, w.prefix);
	char *text = NULL;
	size_t n = 0;
	w.out = open_memstream(&text, &n);
	if (w.out)
		put_all(&w, l, script);
	if (!w.out || ferror(w.out) | fclose(w.out)) {
		fprintf(stderr, "ringc: out of memory\n");
		exit(1);
	}
	struct bytes b = {arena_strndup(ir->arena, text, n), n};
	free(text);
	return b;
}
