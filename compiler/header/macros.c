/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * macros.c: what macros are. The parser has no value of one: it is asked for that of a variable with the
 * macro as first value, in a second pass over the header. What is not the value of a variable is an error of
 * that line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "reader.h"

#define DEPTH_MAX 200 /* macros made of others */
#define PREFIX "ringlet_value_"

static int by_name(const void *pa, const void *pb)
{
	const struct macro *a = pa, *b = pb;
	return strcmp(a->name, b->name);
}

static struct macro *find(const struct reader *r, const char *name)
{
	struct macro key = {.name = (char *)name};
	return r->nmacros ? bsearch(&key, r->macros, r->nmacros, sizeof key, by_name) : NULL;
}

static enum CXChildVisitResult see_macro(CXCursor c, CXCursor parent, CXClientData data)
{
	(void)parent;
	struct reader *r = data;
	if (clang_getCursorKind(c) != CXCursor_MacroDefinition || clang_Cursor_isMacroBuiltin(c))
		return CXChildVisit_Continue;
	CXFile file;
	clang_getFileLocation(clang_getCursorLocation(c), &file, NULL, NULL, NULL);
	CXString s = clang_getCursorSpelling(c);
	if (file && is_name(clang_getCString(s))) {
		r->macros = more(r->macros, r->nmacros, sizeof *r->macros);
		r->macros[r->nmacros++] = (struct macro){.name = strdup(clang_getCString(s)), .cursor = c};
	}
	clang_disposeString(s);
	return CXChildVisit_Continue;
}

/* Of several definitions of a name, the last one counts. */
static void sort_macros(struct reader *r)
{
	for (size_t i = 0; i < r->nmacros; i++)
		r->macros[i].state = (int)i; /* its order, for now */
	struct macro *m = r->macros;
	if (!r->nmacros)
		return;
	/* Stable: equal names keep their order. */
	for (size_t width = 1; width < r->nmacros; width *= 2) {
		struct macro *to = malloc(r->nmacros * sizeof *to);
		if (!to)
			exit(3);
		for (size_t at = 0; at < r->nmacros; at += 2 * width) {
			size_t a = at, mid = at + width < r->nmacros ? at + width : r->nmacros, b = mid,
			       end = at + 2 * width < r->nmacros ? at + 2 * width : r->nmacros;
			for (size_t k = at; k < end; k++)
				to[k] = b >= end || (a < mid && by_name(&m[a], &m[b]) <= 0) ? m[a++] : m[b++];
		}
		free(m);
		m = to;
	}
	size_t n = 0;
	for (size_t i = 0; i < r->nmacros; i++) {
		if (n && !strcmp(m[n - 1].name, m[i].name))
			n--;
		m[i].state = MACRO_NEW;
		m[n++] = m[i];
	}
	r->macros = m;
	r->nmacros = n;
}

/* Whether a macro's text keeps to itself, with all that it is made of: no brackets that it does not close, no
 * braces, no semicolons. Only then can it stand in a line without breaking the next. */
static bool keeps_to_itself(struct reader *r, struct macro *m, unsigned depth)
{
	if (m->state != MACRO_NEW || depth > DEPTH_MAX)
		return m->state == MACRO_GOOD || m->state == MACRO_BUSY;
	m->state = MACRO_BUSY;
	CXToken *tokens;
	unsigned n;
	int open = 0;
	bool good = true;
	clang_tokenize(r->tu, clang_getCursorExtent(m->cursor), &tokens, &n);
	for (unsigned i = 1; i < n && good; i++) {
		CXString s = clang_getTokenSpelling(r->tu, tokens[i]);
		const char *text = clang_getCString(s);
		if (strchr("([", *text) && *text)
			open++;
		else if (strchr(")]", *text) && *text)
			good = --open >= 0;
		else if (strpbrk(text, "{};") && *text != '"' && *text != '\'')
			good = false;
		else if (*text == '<' && (text[1] == '%' || text[1] == ':')) /* digraphs */
			good = false;
		struct macro *other = good && is_name(text) ? find(r, text) : NULL;
		if (!strcmp(text, "_Pragma") || !strcmp(text, "__pragma") ||
			(other && !keeps_to_itself(r, other, depth + 1)))
			good = false;
		clang_disposeString(s);
	}
	clang_disposeTokens(r->tu, tokens, n);
	good = good && !open;
	m->state = good ? MACRO_GOOD : MACRO_BAD;
	return good;
}

static unsigned body_length(struct reader *r, const struct macro *m)
{
	CXToken *tokens;
	unsigned n;
	clang_tokenize(r->tu, clang_getCursorExtent(m->cursor), &tokens, &n);
	clang_disposeTokens(r->tu, tokens, n);
	return n ? n - 1 : 0;
}

/* ---- values ---- */

struct values {
	struct reader *r;
	struct macro **asked;
	bool *told;
	size_t n;
};

static bool tell_text(CXCursor c, const struct macro *m, CXEvalResult v)
{
	CXType t = clang_getCanonicalType(clang_getCursorType(c));
	const char *s = clang_EvalResult_getAsStr(v);
	if (t.kind != CXType_ConstantArray || !s || clang_Type_getSizeOf(clang_getArrayElementType(t)) != 1)
		return false;
	if ((long long)strlen(s) != clang_getArraySize(t) - 1) {
		refuse(m->cursor, m->name, "it is text with a NUL byte in it");
		return true;
	}
	put_name("T", m->cursor, m->name);
	put_text(s, strlen(s));
	put("\n");
	return true;
}

static enum CXChildVisitResult see_value(CXCursor c, CXCursor parent, CXClientData data)
{
	(void)parent;
	struct values *vs = data;
	CXString s = clang_getCursorSpelling(c);
	const char *name = clang_getCString(s);
	size_t i = vs->n;
	if (clang_getCursorKind(c) == CXCursor_VarDecl && name && !strncmp(name, PREFIX, strlen(PREFIX)))
		i = strtoul(name + strlen(PREFIX), NULL, 10);
	clang_disposeString(s);
	if (i >= vs->n || vs->told[i])
		return CXChildVisit_Continue;
	const struct macro *m = vs->asked[i];
	const char *type = integer_name(clang_getCursorType(c));
	CXEvalResult v = clang_Cursor_Evaluate(c);
	if (v && type && clang_EvalResult_getKind(v) == CXEval_Int) {
		put_name("C", m->cursor, m->name);
		put("\t%s\t%llu\n", type,
			clang_EvalResult_isUnsignedInt(v)
				? clang_EvalResult_getAsUnsigned(v)
				: (unsigned long long)clang_EvalResult_getAsLongLong(v));
		vs->told[i] = true;
	} else if (v && clang_EvalResult_getKind(v) == CXEval_StrLiteral) {
		vs->told[i] = tell_text(c, m, v);
	}
	if (v)
		clang_EvalResult_dispose(v);
	return CXChildVisit_Continue;
}

/* What the parser says against a line is why its macro has no value. */
static void see_errors(struct values *vs, CXTranslationUnit tu, unsigned first_line)
{
	CXFile file = clang_getFile(tu, vs->r->main_file);
	for (unsigned i = 0; i < clang_getNumDiagnostics(tu); i++) {
		CXDiagnostic d = clang_getDiagnostic(tu, i);
		CXFile at;
		unsigned line;
		clang_getExpansionLocation(clang_getDiagnosticLocation(d), &at, &line, NULL, NULL);
		size_t k = (line - first_line) / 2;
		if (clang_getDiagnosticSeverity(d) >= CXDiagnostic_Error && at &&
			clang_File_isEqual(at, file) && line >= first_line && k < vs->n && !vs->told[k]) {
			CXString s = clang_getDiagnosticSpelling(d);
			refuse(vs->asked[k]->cursor, vs->asked[k]->name,
				"it is a macro that has no value in C: %s", clang_getCString(s));
			clang_disposeString(s);
			vs->told[k] = true;
		}
		clang_disposeDiagnostic(d);
	}
}

static void ask(struct values *vs)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	if (!f)
		exit(3);
	fputs(vs->r->include, f);
	for (size_t i = 0; i < vs->n; i++) /* what is left open ends with the semicolon of the second line */
		fprintf(f, "static __typeof__((%s)) " PREFIX "%zu = (%s)\n;\n", vs->asked[i]->name, i,
			vs->asked[i]->name);
	fclose(f);
	CXTranslationUnit tu = reader_parse(vs->r, text, CXTranslationUnit_SkipFunctionBodies);
	if (!tu)
		return;
	see_errors(vs, tu, 2);
	clang_visitChildren(clang_getTranslationUnitCursor(tu), see_value, vs);
	clang_disposeTranslationUnit(tu);
	free(text);
}

void read_macros(struct reader *r)
{
	clang_visitChildren(clang_getTranslationUnitCursor(r->tu), see_macro, r);
	sort_macros(r);
	struct values vs = {.r = r};
	for (size_t i = 0; i < r->nmacros; i++) {
		struct macro *m = &r->macros[i];
		if (!wanted(m->name)) {
			put("O\tc");
			put_text(m->name, strlen(m->name));
			put("\n");
		} else if (clang_Cursor_isMacroFunctionLike(m->cursor)) {
			refuse(m->cursor, m->name, "it is a macro with parameters");
		} else if (!body_length(r, m)) {
			refuse(m->cursor, m->name, "it is a macro without a value");
		} else if (!keeps_to_itself(r, m, 0)) {
			refuse(m->cursor, m->name, "it is a macro that stands for more than a value");
		} else {
			vs.asked = more(vs.asked, vs.n, sizeof *vs.asked);
			vs.asked[vs.n++] = m;
		}
	}
	if (!vs.n)
		return;
	vs.told = calloc(vs.n, sizeof *vs.told);
	if (!vs.told)
		exit(3);
	ask(&vs);
	for (size_t i = 0; i < vs.n; i++)
		if (!vs.told[i])
			refuse(vs.asked[i]->cursor, vs.asked[i]->name,
				"it is a macro whose value is neither an integer nor text");
	free(vs.told);
	free(vs.asked);
}
