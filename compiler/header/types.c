/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* types.c: what a header declares, in the language's types. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "reader.h"

#define MEMBERS_MAX 60000 /* as a struct of the language has */

static int find_struct(struct reader *, CXType);
static int find_enum(struct reader *, CXCursor);

const char *integer_name(CXType t)
{
	static const char *const names[2][9] = {{[1] = "u8", [2] = "u16", [4] = "u32", [8] = "u64"},
		{[1] = "s8", [2] = "s16", [4] = "s32", [8] = "s64"}};
	t = clang_getCanonicalType(t);
	bool is_signed;
	switch (t.kind) {
	case CXType_Bool:
		return "bool";
	case CXType_Char_S: /* text is bytes, whatever the machine's char is */
	case CXType_Char_U:
	case CXType_UChar:
	case CXType_UShort:
	case CXType_UInt:
	case CXType_ULong:
	case CXType_ULongLong:
	case CXType_Char16:
	case CXType_Char32:
		is_signed = false;
		break;
	case CXType_SChar:
	case CXType_Short:
	case CXType_Int:
	case CXType_Long:
	case CXType_LongLong:
	case CXType_WChar:
		is_signed = true;
		break;
	default:
		return NULL;
	}
	long long size = clang_Type_getSizeOf(t);
	return size > 0 && size <= 8 ? names[is_signed][size] : NULL;
}

/* A type as a field has it: base, with the dimensions behind it. False: it has no counterpart, and why. */
static bool field_type(struct reader *r, CXType t, char *out, size_t size, const char **why)
{
	t = clang_getCanonicalType(t);
	switch (t.kind) {
	case CXType_Atomic:
		return field_type(r, clang_Type_getValueType(t), out, size, why);
	case CXType_Pointer:
		snprintf(out, size, "u64"); /* the host's addresses */
		return true;
	case CXType_Enum: {
		int id = find_enum(r, clang_getTypeDeclaration(t));
		if (id < 0)
			return field_type(
				r, clang_getEnumDeclIntegerType(clang_getTypeDeclaration(t)), out, size, why);
		snprintf(out, size, "@%d", id);
		return true;
	}
	case CXType_Record: {
		int id = find_struct(r, t);
		*why = "its type is not complete";
		snprintf(out, size, "#%d", id);
		return id >= 0;
	}
	case CXType_ConstantArray: {
		/* The dimensions are written from the outermost to the innermost: what is inside comes
		 * behind. */
		char inner[512];
		long long n = clang_getArraySize(t);
		*why = "it has no elements";
		if (n <= 0 || !field_type(r, clang_getArrayElementType(t), inner, sizeof inner, why))
			return false;
		size_t base = strcspn(inner, "[");
		*why = "it has too many dimensions";
		return (size_t)snprintf(out, size, "%.*s[%lld]%s", (int)base, inner, n, inner + base) < size;
	}
	case CXType_IncompleteArray:
		*why = "it is an array without a size";
		return false;
	case CXType_Float:
	case CXType_Double:
	case CXType_LongDouble:
	case CXType_Half:
	case CXType_Float16:
	case CXType_Float128:
	case CXType_BFloat16:
		*why = "it is a number with a fraction";
		return false;
	default: {
		const char *name = integer_name(t);
		*why = "the language has no type like its";
		if (name)
			snprintf(out, size, "%s", name);
		return name;
	}
	}
}

/* ---- structs ---- */

struct collected {
	CXCursor *at;
	size_t n;
};

static enum CXVisitorResult collect(CXCursor c, CXClientData data)
{
	struct collected *list = data;
	list->at = more(list->at, list->n, sizeof *list->at);
	list->at[list->n++] = c;
	return CXVisit_Continue;
}

struct line {
	CXCursor cursor;
	char *name;
	long long offset;
	char type[600];
	const char *why; /* NULL: type is one */
};

struct lines {
	struct line *at;
	size_t n;
};

static char *spelling(CXCursor c)
{
	CXString s = clang_getCursorSpelling(c);
	const char *text = clang_getCString(s);
	char *copy = strdup(text ? text : "");
	clang_disposeString(s);
	if (!copy)
		exit(3);
	return copy;
}

/* The fields of a struct, those of an anonymous one in it as its own: so they are named in C, too. */
static void find_fields(struct reader *r, CXType t, long long base, struct lines *lines)
{
	struct collected fields = {0};
	clang_Type_visitFields(t, collect, &fields);
	for (size_t i = 0; i < fields.n && lines->n <= MEMBERS_MAX; i++) {
		CXCursor c = fields.at[i];
		CXType type = clang_getCursorType(c);
		CXCursor of = clang_getTypeDeclaration(clang_getCanonicalType(type));
		long long offset = clang_Cursor_getOffsetOfField(c);
		if (offset < 0)
			continue;
		if (!clang_Cursor_isBitField(c) && clang_Cursor_isAnonymousRecordDecl(of)) {
			find_fields(r, clang_getCursorType(of), base + offset / 8, lines);
			continue;
		}
		struct line line = {.cursor = c, .name = spelling(c), .offset = base + offset / 8};
		if (!is_name(line.name))
			continue; /* a bit-field without a name: nobody can mean it */
		if (clang_Cursor_isBitField(c))
			line.why = "it is a bit-field";
		else if (field_type(r, type, line.type, sizeof line.type, &line.why))
			line.why = NULL;
		lines->at = more(lines->at, lines->n, sizeof *lines->at);
		lines->at[lines->n++] = line;
	}
	free(fields.at);
}

static int seen(const struct seen *list, size_t n, CXCursor c)
{
	for (size_t i = 0; i < n; i++)
		if (clang_equalCursors(list[i].cursor, c))
			return (int)i;
	return -1;
}

/* The name of the struct or enum itself, empty where it has none. */
static char *tag(CXCursor c)
{
	char *name = spelling(c);
	if (clang_Cursor_isAnonymous(c) || !is_name(name))
		*name = 0;
	return name;
}

/* The number of a struct or union, which has been told then; -1: it is not complete. */
static int find_struct(struct reader *r, CXType t)
{
	CXCursor c = clang_getCursorDefinition(clang_getTypeDeclaration(t));
	if (clang_Cursor_isNull(c))
		return -1;
	int id = seen(r->structs, r->nstructs, c);
	if (id >= 0)
		return id;
	long long size = clang_Type_getSizeOf(clang_getCursorType(c));
	if (size <= 0)
		return -1;
	struct lines lines = {0};
	find_fields(r, clang_getCursorType(c), 0, &lines);
	id = (int)r->nstructs;
	r->structs = more(r->structs, r->nstructs, sizeof *r->structs);
	r->structs[r->nstructs++].cursor = c;
	char *name = tag(c);
	put("S\t%d", id);
	put_text(name, strlen(name));
	put_loc(c);
	put("\t%lld\t%lld\n", size, clang_Type_getAlignOf(clang_getCursorType(c)));
	for (size_t i = 0; i < lines.n; i++) {
		const struct line *l = &lines.at[i];
		put_name(l->why ? "X" : "F", l->cursor, l->name);
		if (!l->why)
			put("\t%lld", l->offset);
		put_text(l->why ? l->why : l->type, strlen(l->why ? l->why : l->type));
		put("\n");
		free(l->name);
	}
	free(lines.at);
	free(name);
	return id;
}

/* ---- enums ---- */

static enum CXChildVisitResult see_range(CXCursor c, CXCursor parent, CXClientData data)
{
	(void)parent;
	if (clang_getCursorKind(c) == CXCursor_EnumConstantDecl) {
		unsigned long long u = clang_getEnumConstantDeclUnsignedValue(c);
		long long s = clang_getEnumConstantDeclValue(c);
		CXType t = clang_getCanonicalType(clang_getEnumDeclIntegerType(parent));
		const char *name = integer_name(t);
		bool is_signed = name && *name == 's';
		if (is_signed ? s != (int32_t)s : u > INT32_MAX)
			*(bool *)data = false;
	}
	return CXChildVisit_Continue;
}

/* An enum of the language is an s32: the number of one that can be that; -1 for others. */
static int find_enum(struct reader *r, CXCursor c)
{
	c = clang_getCursorDefinition(c);
	if (clang_Cursor_isNull(c))
		return -1;
	int id = seen(r->enums, r->nenums, c);
	if (id >= 0)
		return r->enums[id].is_plain ? id : -1;
	bool plain = clang_Type_getSizeOf(clang_getCursorType(c)) == 4;
	clang_visitChildren(c, see_range, &plain);
	id = (int)r->nenums;
	r->enums = more(r->enums, r->nenums, sizeof *r->enums);
	r->enums[r->nenums++] = (struct seen){c, plain};
	if (!plain)
		return -1;
	char *name = tag(c);
	put("M\t%d", id);
	put_text(name, strlen(name));
	put("\n");
	free(name);
	return id;
}

static enum CXChildVisitResult see_member(CXCursor c, CXCursor parent, CXClientData data)
{
	struct reader *r = data;
	if (clang_getCursorKind(c) != CXCursor_EnumConstantDecl)
		return CXChildVisit_Continue;
	char *name = spelling(c);
	if (!is_name(name)) {
		free(name);
		return CXChildVisit_Continue;
	}
	int id = wanted(name) ? find_enum(r, parent) : -1;
	const char *type = integer_name(clang_getEnumDeclIntegerType(parent));
	if (!wanted(name)) {
		put("O\tc");
		put_text(name, strlen(name));
		put("\n");
	} else if (id >= 0 || type) {
		put_name(id >= 0 ? "V" : "C", c, name);
		if (id >= 0)
			put("\t%d", id);
		else
			put("\t%s", type);
		put("\t%llu\n", (unsigned long long)clang_getEnumConstantDeclValue(c));
	}
	free(name);
	return CXChildVisit_Continue;
}

/* ---- declarations ---- */

/* `struct name` for a struct's tag, and for a typedef of one. */
static void tell_type(struct reader *r, CXCursor c, const char *name, CXType type)
{
	CXType t = clang_getCanonicalType(type);
	CXCursor of = clang_getTypeDeclaration(t);
	CXString shown = clang_getTypeSpelling(type);
	int id = -1;
	char what = 0;
	if (t.kind == CXType_Record) {
		what = 's';
		id = find_struct(r, t);
	} else if (t.kind == CXType_Enum) {
		what = 'e';
		id = find_enum(r, of);
	}
	char base[600];
	const char *why;
	if (id >= 0) {
		put("%c", what);
		put_text(name, strlen(name));
		put("\t%d", id);
		put_loc(c);
		put("\n");
	} else if (what == 's') {
		refuse(c, name, "C does not say what is in it");
	} else if (what == 'e') {
		const char *integer = integer_name(clang_getEnumDeclIntegerType(of));
		refuse(c, name, "its values do not fit in an s32, as an enum's do: write `%s`",
			integer ? integer : "u64");
	} else if (t.kind == CXType_Pointer) {
		refuse(c, name, "it is a typedef of a pointer: write `u64`");
	} else if (field_type(r, type, base, sizeof base, &why) && *base != '#' && *base != '@') {
		refuse(c, name, "it is a typedef: write `%s`", base);
	} else {
		refuse(c, name, "it is a typedef of `%s`, which has no counterpart", clang_getCString(shown));
	}
	clang_disposeString(shown);
}

static void tell_variable(CXCursor c, const char *name)
{
	CXType t = clang_getCursorType(c);
	const char *type = integer_name(t);
	CXEvalResult v = type && clang_isConstQualifiedType(t) ? clang_Cursor_Evaluate(c) : NULL;
	if (v && clang_EvalResult_getKind(v) == CXEval_Int) {
		put_name("C", c, name);
		put("\t%s\t%llu\n", type,
			clang_EvalResult_isUnsignedInt(v)
				? clang_EvalResult_getAsUnsigned(v)
				: (unsigned long long)clang_EvalResult_getAsLongLong(v));
	} else {
		refuse(c, name, "it is a variable of C's");
	}
	if (v)
		clang_EvalResult_dispose(v);
}

static enum CXChildVisitResult see_declaration(CXCursor c, CXCursor parent, CXClientData data)
{
	(void)parent;
	struct reader *r = data;
	enum CXCursorKind kind = clang_getCursorKind(c);
	if (kind == CXCursor_LinkageSpec)
		return CXChildVisit_Recurse;
	if (kind == CXCursor_EnumDecl && clang_isCursorDefinition(c))
		clang_visitChildren(c, see_member, r);
	bool is_struct = kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl;
	bool is_type = is_struct || kind == CXCursor_EnumDecl;
	if (!is_type && kind != CXCursor_TypedefDecl && kind != CXCursor_VarDecl &&
		kind != CXCursor_FunctionDecl)
		return CXChildVisit_Continue;
	if (is_type && !clang_isCursorDefinition(c) && !clang_Cursor_isNull(clang_getCursorDefinition(c)))
		return CXChildVisit_Continue; /* it is told where it is defined */
	char *name = is_type ? tag(c) : spelling(c);
	if (!*name || !is_name(name)) {
		;
	} else if (!wanted(name)) {
		if (is_type && clang_isCursorDefinition(c)) {
			put("O\t%c", is_struct ? 's' : 'e');
			put_text(name, strlen(name));
			put("\n");
		}
	} else if (is_type) {
		tell_type(r, c, name, clang_getCursorType(c));
	} else if (kind == CXCursor_TypedefDecl) {
		tell_type(r, c, name, clang_getTypedefDeclUnderlyingType(c));
	} else if (kind == CXCursor_VarDecl) {
		tell_variable(c, name);
	} else {
		refuse(c, name, "it is a function of C's");
	}
	free(name);
	return CXChildVisit_Continue;
}

void read_declarations(struct reader *r)
{
	clang_visitChildren(clang_getTranslationUnitCursor(r->tu), see_declaration, r);
}
