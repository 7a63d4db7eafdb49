/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* help.h: what a command says of itself, as a table. --help prints it, and tools/man.c makes the man page
 * of it. */
#ifndef RINGLET_HELP_H
#define RINGLET_HELP_H

#include <stddef.h>
#include <stdio.h>

struct help_row {
	enum {
		HELP_SYNOPSIS, /* text: one way to call the command, without its name */
		HELP_SECTION,  /* text: the title of what follows */
		HELP_TERM,     /* an option, say, and its text */
		HELP_TEXT,     /* a paragraph; those before the first section say what the command is */
	} kind;
	const char *text;
	const char *term, *argument; /* as they are written one after the other: "--show=", "NAME" */
};

struct help {
	const char *command, *summary; /* the summary is for lists of commands */
	const struct help_row *rows;   /* the synopsis first */
	size_t nrows;
};

#define SYNOPSIS(text)                                                                                       \
	{                                                                                                    \
		HELP_SYNOPSIS, text, "", ""                                                                  \
	}
#define SECTION(title)                                                                                       \
	{                                                                                                    \
		HELP_SECTION, title, "", ""                                                                  \
	}
#define TERM(term, argument, text)                                                                           \
	{                                                                                                    \
		HELP_TERM, text, term, argument                                                              \
	}
#define TEXT(text)                                                                                           \
	{                                                                                                    \
		HELP_TEXT, text, "", ""                                                                      \
	}

extern const struct help ringc_help, ringlet_help;

void help_print(const struct help *h, FILE *to);
void help_usage(const struct help *h, FILE *to); /* its synopsis only */

#endif
