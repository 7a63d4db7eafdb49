/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* header_answer.c: lines of the reader's answer (header/reader.h) become symbols and types. */
#include <stdlib.h>
#include <string.h>
#include "../runtime/image.h"
#include "header.h"
#include "ops.h"

#define FIELDS 9

/* ---- fields of a line ---- */

static int digit(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* %XX in place; the length. */
static size_t decode(char *s)
{
	char *to = s;
	for (const char *from = s; *from; from++)
		if (*from == '%' && from[1] && from[2]) {
			*to++ = (char)(digit(from[1]) << 4 | digit(from[2]));
			from += 2;
		} else {
			*to++ = *from;
		}
	*to = 0;
	return (size_t)(to - s);
}

static const char *keep(struct answer *w, const char *s)
{
	return arena_strndup(w->p->arena, s, strlen(s));
}

static uint64_t number(const char *s)
{
	return strtoull(s, NULL, 10);
}

/* A place in a file of C; an empty path, or one that is not there, is the import. */
static struct loc place(struct answer *w, char *const *f)
{
	struct loc at = w->now->from;
	const char *path = f[0];
	size_t skip = strlen(w->now->prefix);
	bool beside = !strncmp(path, w->now->prefix, skip);
	const char *name = path + (beside ? skip : 0);
	uint32_t file;
	size_t n = strlen(path);
	if (!n || (n > 10 && !strcmp(path + n - 10, "(import).c")) ||
		!source_header(w->p->sources, keep(w, path), keep(w, name), &file))
		return at;
	uint32_t size = w->p->sources->list.at[file]->size;
	uint32_t begin = (uint32_t)number(f[1]), end = (uint32_t)number(f[2]);
	at.file = file;
	at.begin = begin < size ? begin : size;
	at.end = end < size ? end : size;
	return at;
}

/* ---- types ---- */

static struct type *base_type(struct answer *w, const char *name)
{
	static struct type *const types[] = {&type_bool, &type_u8, &type_u16, &type_u32, &type_u64, &type_s8,
		&type_s16, &type_s32, &type_s64};
	size_t n = strcspn(name, "[");
	uint64_t id = number(name + 1);
	if (*name == '#')
		return id < w->structs.n ? w->structs.at[id] : &type_error;
	if (*name == '@')
		return id < w->enums.n ? w->enums.at[id] : &type_error;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strlen(types[i]->name) == n && !strncmp(types[i]->name, name, n))
			return types[i];
	return &type_error;
}

/* BASE[N][M]: dimensions from the last to the first, as in check_type(). NULL: too large. */
static struct type *full_type(struct answer *w, char *text)
{
	struct type *t = base_type(w, text);
	for (char *dim; t->kind != T_ERROR && (dim = strrchr(text, '['));) {
		uint64_t n = number(dim + 1);
		if (!n || n > RL_IMAGE_MAX || t->size * n > RL_IMAGE_MAX)
			return NULL;
		t = type_array(w->p->arena, t, n);
		*dim = 0;
	}
	return t->levels > MAX_TYPE_LEVELS - 1 ? NULL : t;
}

static void refuse_field(struct answer *w, const char *name, struct loc at, const char *why)
{
	struct refused_field r = {keep(w, name), keep(w, why), at};
	VEC_PUSH(w->p->arena, &w->last->refused, r);
}

static void add_field(struct answer *w, char *const *f)
{
	struct type *t = full_type(w, f[6]), *s = w->last;
	uint64_t offset = number(f[5]);
	struct loc at = place(w, f + 2);
	if (!t || t->kind == T_ERROR || s->fields.n >= MAX_MEMBERS) {
		refuse_field(w, f[1], at, "it is larger or more nested than a program's data can be");
		return;
	}
	if (offset % t->align || s->size % t->align) {
		refuse_field(w, f[1], at,
			arena_printf(w->p->arena,
				"the struct is packed, and %s has to lie at a multiple of %u: declare it in "
				"C as bytes",
				type_text(w->p->arena, t), t->align));
		return;
	}
	if (offset < w->end)
		s->no_list = true;
	if (offset + t->size > w->end)
		w->end = offset + t->size;
	struct field field = {keep(w, f[1]), t, offset, at};
	size_t i = s->fields.n;
	VEC_PUSH(w->p->arena, &s->fields, field);
	/* The kernel wants them in the order of their offsets; a union's are not. */
	for (; i && s->fields.at[i - 1].offset > offset; i--)
		s->fields.at[i] = s->fields.at[i - 1];
	s->fields.at[i] = field;
	s->align = t->align > s->align ? t->align : s->align;
	s->levels = t->levels + 1 > s->levels ? t->levels + 1 : s->levels;
}

static void add_struct(struct answer *w, char *const *f)
{
	struct type *t = NEW(w->p->arena, struct type);
	t->kind = T_STRUCT;
	t->name = *f[2] ? keep(w, f[2]) : "unnamed";
	t->size = number(f[6]);
	t->align = (uint32_t)number(f[7]);
	t->levels = 1;
	VEC_PUSH(w->p->arena, &w->structs, t);
	w->last = t;
	w->end = 0;
}

/* ---- names ---- */

static bool is_builtin(const char *name, uint64_t value)
{
	for (uint32_t i = 0; i < nconstants; i++)
		if (!strcmp(constants[i].name, name))
			return (uint32_t)constants[i].value == (uint32_t)value;
	return false;
}

/* A name of the header. What another header has from the same place is the same. */
static void add_name(
	struct answer *w, enum symbol_kind kind, const char *name, struct loc at, struct symbol *sym)
{
	struct symbol *old = scope_find_here(&w->now->module->top, name);
	if (old && (old->refused == NULL || sym->refused))
		return; /* a typedef of its own tag, or a macro named as a function is: the first is found */
	for (size_t i = 0; i < w->all.n; i++) {
		struct symbol *s = w->all.at[i];
		if (s->kind == kind && s->loc.file == at.file && s->loc.begin == at.begin &&
			s->value == sym->value && !s->refused == !sym->refused && !strcmp(s->name, name)) {
			scope_add(w->p->arena, &w->now->module->top, s);
			return;
		}
	}
	struct symbol *s = NEW(w->p->arena, struct symbol);
	*s = *sym;
	s->kind = kind;
	s->name = keep(w, name);
	s->loc = at;
	s->state = SYM_READY;
	if (old)
		*old = *s;
	else
		scope_add(w->p->arena, &w->now->module->top, s);
	VEC_PUSH(w->p->arena, &w->all, s);
}

static void add_constant(struct answer *w, char *const *f)
{
	struct symbol sym = {.type = base_type(w, f[5])};
	sym.value = type_wrap(sym.type, number(f[6]));
	/* One that the language has as well stays the language's: it may have a type of its own. */
	if (!is_builtin(f[1], sym.value))
		add_name(w, SYM_CONST, f[1], place(w, f + 2), &sym);
}

static void add_member(struct answer *w, char *const *f)
{
	uint64_t id = number(f[5]);
	if (id >= w->enums.n || is_builtin(f[1], number(f[6])))
		return;
	struct symbol sym = {.type = w->enums.at[id], .value = type_wrap(w->enums.at[id], number(f[6]))};
	add_name(w, SYM_CONST, f[1], place(w, f + 2), &sym);
}

static void add_tag(struct answer *w, char *const *f)
{
	uint64_t id = number(f[2]);
	bool is_enum = *f[0] == 'e';
	if (id >= (is_enum ? w->enums.n : w->structs.n))
		return;
	struct symbol sym = {.type = is_enum ? w->enums.at[id] : w->structs.at[id]};
	const char *why = NULL;
	if (!is_enum && !sym.type->fields.n)
		why = "none of its fields has a counterpart";
	else if (sym.type->size > RL_IMAGE_MAX || sym.type->align > 4096)
		why = "it is larger than a program's data can be";
	if (why)
		sym.refused = why;
	else if (!is_enum && !strcmp(sym.type->name, "unnamed"))
		sym.type->name = keep(w, f[1]);
	add_name(w, is_enum ? SYM_ENUM : SYM_STRUCT, f[1], place(w, f + 3), &sym);
}

static void add_enum(struct answer *w, char *const *f)
{
	struct type *t = NEW(w->p->arena, struct type);
	*t = type_s32;
	t->kind = T_ENUM;
	t->name = *f[2] ? keep(w, f[2]) : NULL;
	VEC_PUSH(w->p->arena, &w->enums, t);
}

/* Only for `did you mean`: the scripts do not have the word. */
static void add_other(struct answer *w, char *const *f)
{
	struct symbol *s = NEW(w->p->arena, struct symbol);
	*s = (struct symbol){.kind = *f[1] == 's'   ? SYM_STRUCT
				     : *f[1] == 'e' ? SYM_ENUM
						    : SYM_CONST,
		.name = keep(w, f[2]),
		.loc = w->now->from,
		.state = SYM_READY,
		.type = &type_error};
	if (!scope_find_here(&w->now->module->top, s->name))
		scope_add(w->p->arena, &w->now->module->top, s);
}

static void say_error(struct answer *w, char *const *f)
{
	struct loc at = place(w, f + 1);
	if (at.file == w->now->from.file && strstr(f[4], "file not found")) {
		struct diag *d = diag(w->p->diags, &at, D_header_missing, w->now->name);
		diag_hint(w->p->diags, d,
			"it is looked for beside the script, in the directories of -I, and where the "
			"system's are");
		return;
	}
	struct diag *d = diag(w->p->diags, &at, D_header_error, f[4]);
	if (at.file != w->now->from.file)
		diag_note(w->p->diags, d, &w->now->from, "%s is imported here", w->now->name);
}

void answer_line(struct answer *w, char *line)
{
	static char nothing[] = "";
	char *f[FIELDS];
	size_t n = 0, length = 0;
	for (char *part = line; n < FIELDS && part;) {
		f[n++] = strsep(&part, "\t");
		length = decode(f[n - 1]);
	}
	for (size_t i = n; i < FIELDS; i++)
		f[i] = nothing;
	if (*f[0] == '.')
		w->complete = true;
	if (*f[0] == 'H') {
		uint64_t i = number(f[1]);
		w->now = i < w->headers->n ? w->headers->at[i] : NULL;
		w->structs.n = w->enums.n = 0;
	}
	if (!w->now)
		return;
	struct symbol sym = {.type = &type_error};
	switch (*f[0]) {
	case 'P': {
		char *at[] = {f[1], nothing, nothing};
		w->now->module->unit->file = place(w, at).file;
		break;
	}
	case 'E':
		say_error(w, f);
		break;
	case 'S':
		add_struct(w, f);
		break;
	case 'F':
		if (w->last)
			add_field(w, f);
		break;
	case 'X':
		if (w->last)
			refuse_field(w, f[1], place(w, f + 2), f[5]);
		break;
	case 'M':
		add_enum(w, f);
		break;
	case 's':
	case 'e':
		add_tag(w, f);
		break;
	case 'V':
		add_member(w, f);
		break;
	case 'C':
		add_constant(w, f);
		break;
	case 'T':
		sym.type = &type_string;
		sym.text = arena_strndup(w->p->arena, f[5], length);
		sym.length = (uint32_t)length;
		add_name(w, SYM_CONST, f[1], place(w, f + 2), &sym);
		break;
	case 'N':
		sym.refused = keep(w, f[5]);
		add_name(w, SYM_CONST, f[1], place(w, f + 2), &sym);
		break;
	case 'O':
		add_other(w, f);
		break;
	}
}
