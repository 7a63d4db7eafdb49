/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* reader.c: the headers asked for, one after another; words, and lines of the answer. */
#include "reader.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SECONDS 20 /* no header takes that long; one that does is cut off */
#define MEMORY (4ull << 30)
#define ERRORS_MAX 20

static char **words;
static size_t nwords;

static _Noreturn void out_of_memory(void)
{
	exit(3);
}

void *more(void *list, size_t n, size_t size)
{
	if (n & (n - 1))
		return list;
	list = realloc(list, (n ? 2 * n : 1) * size);
	if (!list)
		out_of_memory();
	return list;
}

static char *concat(const char *a, const char *b)
{
	char *s;
	if (asprintf(&s, "%s%s", a, b) < 0)
		out_of_memory();
	return s;
}

/* ---- words of the scripts ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_words(void)
{
	char *line = NULL;
	size_t cap = 0;
	for (ssize_t n; (n = getline(&line, &cap, stdin)) > 0;) {
		if (line[n - 1] == '\n')
			line[n - 1] = 0;
		words = more(words, nwords, sizeof *words);
		words[nwords++] = concat(line, "");
	}
	free(line);
	qsort(words, nwords, sizeof *words, by_text);
}

bool wanted(const char *name)
{
	return nwords && bsearch(&name, words, nwords, sizeof *words, by_text);
}

bool is_name(const char *s)
{
	if (isdigit((unsigned char)*s) || !*s || strlen(s) > 255)
		return false;
	for (; *s; s++)
		if (*s != '_' && (!isascii((unsigned char)*s) || !isalnum((unsigned char)*s)))
			return false;
	return true;
}

/* ---- the answer ---- */

void put(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
}

void put_text(const char *text, size_t n)
{
	putchar('\t');
	for (size_t i = 0; i < n; i++)
		if (text[i] > ' ' && text[i] < 0x7f && text[i] != '%')
			putchar(text[i]);
		else
			printf("%%%02x", (unsigned char)text[i]);
}

void put_cxstring(CXString s)
{
	const char *text = clang_getCString(s);
	put_text(text ? text : "", text ? strlen(text) : 0);
	clang_disposeString(s);
}

static void put_place(CXSourceLocation at, unsigned length)
{
	CXFile file;
	unsigned offset;
	clang_getFileLocation(at, &file, NULL, NULL, &offset);
	put_cxstring(clang_getFileName(file));
	put("\t%u\t%u", offset, offset + length);
}

void put_loc(CXCursor c)
{
	CXString s = clang_getCursorSpelling(c);
	const char *text = clang_getCString(s);
	put_place(clang_getCursorLocation(c), text ? (unsigned)strlen(text) : 0);
	clang_disposeString(s);
}

void put_name(const char *what, CXCursor c, const char *name)
{
	put("%s", what);
	put_text(name, strlen(name));
	put_loc(c);
}

void refuse(CXCursor c, const char *name, const char *format, ...)
{
	char *why;
	va_list ap;
	va_start(ap, format);
	if (vasprintf(&why, format, ap) < 0)
		out_of_memory();
	va_end(ap);
	put_name("N", c, name);
	put_text(why, strlen(why));
	put("\n");
	free(why);
}

/* ---- headers ---- */

CXTranslationUnit reader_parse(struct reader *r, const char *text, unsigned options)
{
	struct CXUnsavedFile file = {r->main_file, text, strlen(text)};
	CXTranslationUnit tu = NULL;
	enum CXErrorCode error = clang_parseTranslationUnit2(r->index, r->main_file, r->args, r->nargs, &file,
		1, options | CXTranslationUnit_KeepGoing, &tu);
	return error == CXError_Success ? tu : NULL;
}

static void note_file(CXFile file, CXSourceLocation *stack, unsigned depth, CXClientData data)
{
	(void)stack;
	if (depth != 1 || *(bool *)data)
		return;
	*(bool *)data = true;
	put("P");
	put_cxstring(clang_getFileName(file));
	put("\n");
}

static void put_errors(CXTranslationUnit tu)
{
	unsigned n = clang_getNumDiagnostics(tu), shown = 0;
	for (unsigned i = 0; i < n && shown < ERRORS_MAX; i++) {
		CXDiagnostic d = clang_getDiagnostic(tu, i);
		if (clang_getDiagnosticSeverity(d) >= CXDiagnostic_Error) {
			put("E");
			unsigned length = 1, begin, end;
			CXSourceLocation at = clang_getDiagnosticLocation(d);
			clang_getFileLocation(at, NULL, NULL, NULL, &begin);
			if (clang_getDiagnosticNumRanges(d)) {
				CXSourceLocation last = clang_getRangeEnd(clang_getDiagnosticRange(d, 0));
				clang_getFileLocation(last, NULL, NULL, NULL, &end);
				if (end > begin && end < begin + 80)
					length = end - begin;
			}
			put_place(at, length);
			put_cxstring(clang_getDiagnosticSpelling(d));
			put("\n");
			shown++;
		}
		clang_disposeDiagnostic(d);
	}
}

static void read_header(struct reader *r, const char *dir, const char *name)
{
	r->main_file = concat(dir, "/(import).c");
	r->include = concat(concat("#include ", name), "\n");
	r->tu = reader_parse(r, r->include,
		CXTranslationUnit_DetailedPreprocessingRecord | CXTranslationUnit_SkipFunctionBodies);
	if (!r->tu) {
		put("E\t\t0\t0\tthe%%20parser%%20gave%%20up\n");
		return;
	}
	bool found = false;
	clang_getInclusions(r->tu, note_file, &found);
	put_errors(r->tu);
	read_declarations(r);
	read_macros(r);
}

int main(int argc, char **argv)
{
	setrlimit(RLIMIT_CPU, &(struct rlimit){SECONDS, SECONDS});
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
#ifndef __SANITIZE_ADDRESS__
	setrlimit(RLIMIT_AS, &(struct rlimit){MEMORY, MEMORY});
#endif
	alarm(SECONDS);
	const char **args = calloc((size_t)argc + 8, sizeof *args);
	if (!args)
		out_of_memory();
	static const char *const always[] = {"-x", "c", "-std=gnu11", "-w", "-ferror-limit=0"};
	int nargs = 0, i = 1;
	for (size_t k = 0; k < sizeof always / sizeof always[0]; k++)
		args[nargs++] = always[k];
	for (; i + 1 < argc && argv[i][0] == '-'; i += 2)
		args[nargs++] = concat(argv[i], argv[i + 1]);
	read_words();
	CXIndex index = clang_createIndex(0, 0);
	for (unsigned header = 0; i + 1 < argc; i += 2, header++) {
		struct reader r = {.index = index, .args = args, .nargs = nargs};
		put("H\t%u\n", header);
		read_header(&r, argv[i], argv[i + 1]);
		fflush(stdout);
	}
	put(".\n");
	fflush(stdout);
	_exit(ferror(stdout) ? 1 : 0); /* the system takes back all at once */
}
