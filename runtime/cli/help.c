/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* help.c: prints what a command says of itself. */
#include <string.h>

#include "help.h"

enum { WIDTH = 79, TERM_MAX = 22 }; /* columns; a term that is longer has its text in the next line */

/* Where a line may end: at a space, but not in the middle of [-I DIR]. */
static size_t word(const char *text)
{
	size_t n = 0;

	for (int depth = 0; text[n] && (text[n] != ' ' || depth > 0); n++)
		depth += (text[n] == '[') - (text[n] == ']');
	return n;
}

/* The text from a column on, which is where we are, and to which further lines are indented. */
static void wrapped(const char *text, int indent, FILE *to)
{
	int column = indent;

	while (*text) {
		size_t n = word(text);

		if (column > indent && column + 1 + (int)n > WIDTH) {
			fprintf(to, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', to);
			column++;
		}
		fwrite(text, 1, n, to);
		column += (int)n;
		text += n + (text[n] == ' ');
	}
	fputc('\n', to);
}

static int term_width(const struct help_row *row)
{
	return (int)(strlen(row->term) + strlen(row->argument));
}

/* The widest of the terms from here to the end of the section. */
static int section_width(const struct help_row *row, const struct help_row *end)
{
	int width = 0;

	for (; row < end && row->kind != HELP_SECTION; row++)
		if (row->kind == HELP_TERM && term_width(row) > width)
			width = term_width(row);
	return width < TERM_MAX ? width : TERM_MAX;
}

void help_usage(const struct help *h, FILE *to)
{
	for (size_t i = 0; i < h->nrows && h->rows[i].kind == HELP_SYNOPSIS; i++) {
		int column = fprintf(to, "%s %s ", i ? "      " : "usage:", h->command);

		wrapped(h->rows[i].text, column, to);
	}
}

void help_print(const struct help *h, FILE *to)
{
	const struct help_row *end = h->rows + h->nrows;
	int width = 0;

	help_usage(h, to);
	for (const struct help_row *row = h->rows; row < end; row++) {
		switch (row->kind) {
		case HELP_SYNOPSIS:
			break;
		case HELP_SECTION:
			fprintf(to, "\n%s:\n", row->text);
			width = section_width(row + 1, end);
			break;
		case HELP_TERM:
			fprintf(to, "  %s%s", row->term, row->argument);
			if (term_width(row) > width)
				fprintf(to, "\n%*s", 2 + width + 2, "");
			else
				fprintf(to, "%*s", width - term_width(row) + 2, "");
			wrapped(row->text, 2 + width + 2, to);
			break;
		case HELP_TEXT:
			if (row[-1].kind == HELP_SYNOPSIS)
				fputc('\n', to);
			wrapped(row->text, 0, to);
			break;
		}
	}
}
