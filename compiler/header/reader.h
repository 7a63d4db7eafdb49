/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * reader.h: ringc-header, which reads C headers for ringc. A program of its own: libclang takes longer to
 * load than most scripts to compile, and no header that it stumbles over may take ringc down.
 *
 *   ringc-header [-I DIR | -D NAME]... DIR "NAME" [DIR <NAME>]...
 *
 * DIR is where the script that imports is, "NAME" or <NAME> what follows `#include`. Standard input has the
 * words of the scripts, one a line: of what a header declares only these are told, and what they are made of.
 * Standard output has a line each, fields between tabs, every byte but printable ASCII as %XX. LOC is file,
 * begin, end (offsets); BASE is a type's name, #N a struct, @N an enum, with [dims] behind it.
 *
 *   H index | P path            the header begins; the file it is
 *   E LOC text                  an error of C's
 *   S id name LOC size align    a struct; its fields follow
 *   F name LOC offset BASE      a field of it
 *   X name LOC why              a field that has no counterpart
 *   M id name                   an enum
 *   s name id LOC | e name id LOC   `struct name`, `enum name` is that
 *   V name LOC id value         a member of an enum
 *   C name LOC type value       a constant
 *   T name LOC bytes            one that is text
 *   N name LOC why              a name that cannot be used, and why
 *   O kind name                 another name there is: c(onstant), s(truct), e(num)
 *   .                           the end of all
 */
#ifndef RINGC_HEADER_READER_H
#define RINGC_HEADER_READER_H

#include <clang-c/Index.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
	CXIndex index;
	const char *const *args; /* of the parser */
	int nargs;
	char *main_file, *include; /* a file that is not there, in DIR, and its first line */
	CXTranslationUnit tu;
	/* types.c */
	struct seen {
		CXCursor cursor;
		bool is_plain; /* enum: fits in the language's */
	} * structs, *enums;
	size_t nstructs, nenums;
	/* macros.c */
	struct macro {
		char *name;
		CXCursor cursor;
		enum { MACRO_NEW, MACRO_BUSY, MACRO_GOOD, MACRO_BAD } state;
	} * macros;
	size_t nmacros;
};

/* reader.c */
bool wanted(const char *name);
bool is_name(const char *); /* one that a script can write */
void put(const char *format, ...) __attribute__((format(printf, 1, 2)));
void put_text(const char *, size_t n); /* a field, after its tab */
void put_cxstring(CXString);           /* the same; disposes of it */
void put_loc(CXCursor);
void put_name(const char *what, CXCursor, const char *name); /* a line's beginning: what, name, LOC */
void refuse(CXCursor, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
void *more(void *list, size_t n, size_t size); /* room for one more */
/* Parses main_file with that text; NULL where the parser gave up. */
CXTranslationUnit reader_parse(struct reader *, const char *text, unsigned options);

/* types.c: structs, enums, and constants that are declared. */
void read_declarations(struct reader *);
/* The language's name for a type of C's integers, or NULL. */
const char *integer_name(CXType);

/* macros.c */
void read_macros(struct reader *);

#endif
