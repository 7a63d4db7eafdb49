/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * man.c: the man pages, of what the commands print for --help and of the comments in runtime/ringlet.h.
 *
 *     man runtime/ringlet.h DIRECTORY
 *
 * writes the pages into DIRECTORY/man1 and DIRECTORY/man3, which are there. A function that is documented
 * together with another has a page that leads to that one's. Exit status 0: done; 1: something cannot be read
 * or written, or is not written as it must be; 2: wrong usage.
 */
#include <ctype.h>
#include <string.h>
#include "../runtime/cli/help.h"
#include "man.h"

FILE *man_open(const char *directory, const char *name, int section)
{
	char path[4096];
	int n = snprintf(path, sizeof path, "%s/man%d/%s.%d", directory, section, name, section);
	FILE *out = n < (int)sizeof path ? fopen(path, "w") : NULL;
	if (!out)
		header_broken("cannot write", path);
	return out;
}

void man_close(FILE *page)
{
	if (ferror(page) | fclose(page))
		header_broken("cannot write", "a page");
}

/* ---- section 1 ---- */

/* Words in capitals stand for something, and are in italics; the others are typed as they are. */
static void usage_words(struct page *p, const char *text)
{
	while (*text) {
		size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
		size_t sign = strspn(text, " []|()"),
		       other = strcspn(text, " []|()ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		if (n > 1 || (n == 1 && !isalnum((unsigned char)text[1])))
			fprintf(p->out, "\\fI%.*s\\fP", (int)n, text);
		else if ((n = sign))
			fwrite(text, 1, n, p->out);
		else if (!strncmp(text, "...", 3))
			fwrite(text, 1, n = 3, p->out);
		else
			roff_literal(p, text, n = other ? other : 1);
		text += n;
	}
}

static void command_rows(struct page *p, const struct help *h)
{
	bool terms = false; /* whether the last was one */
	for (const struct help_row *row = h->rows; row < h->rows + h->nrows; row++) {
		switch (row->kind) {
		case HELP_SYNOPSIS:
			if (row == h->rows)
				roff_heading(p, "Synopsis");
			else
				fputs(".br\n", p->out);
			fprintf(p->out, "\\fB%s\\fP ", h->command);
			usage_words(p, row->text);
			fputc('\n', p->out);
			break;
		case HELP_SECTION:
			roff_heading(p, row->text);
			break;
		case HELP_TERM:
			fputs(".TP\n", p->out);
			usage_words(p, row->term);
			usage_words(p, row->argument);
			fputc('\n', p->out);
			roff_prose(p, row->text, strlen(row->text));
			break;
		case HELP_TEXT:
			if (row[-1].kind == HELP_SYNOPSIS)
				roff_heading(p, "Description");
			else if (terms || row[-1].kind == HELP_TEXT)
				fputs(".PP\n", p->out);
			roff_prose(p, row->text, strlen(row->text));
			break;
		}
		terms = row->kind == HELP_TERM;
	}
}

static void man_command(struct arena *arena, const struct help *h, const char *version, const char *directory)
{
	static const char *const others[] = {"ringc", "ringlet"};
	struct page p = {.arena = arena, .name = h->command};
	p.out = man_open(directory, h->command, 1);
	roff_begin(&p, 1, arena_printf(arena, "%s %s", h->command, version));
	roff_heading(&p, "Name");
	fprintf(p.out, "%s \\- %s\n", h->command, h->summary);
	command_rows(&p, h);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (strcmp(others[i], h->command))
			roff_refer(&p, others[i], strlen(others[i]), 1);
	roff_refer(&p, "libringlet", strlen("libringlet"), 3);
	roff_see_also(&p);
	man_close(p.out);
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct header header = {0};
	if (argc != 3) {
		fputs("usage: man HEADER DIRECTORY\n", stderr);
		return 2;
	}
	header_read(arena, argv[1], &header);
	man_command(arena, &ringc_help, header.version, argv[2]);
	man_command(arena, &ringlet_help, header.version, argv[2]);
	man_library(arena, &header, argv[2]);
	arena_free(arena);
	return 0;
}
