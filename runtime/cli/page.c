/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* page.c: text for a terminal: as much of it as fits, and nothing in it that a terminal would obey. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "look.h"

bool page_begin(struct page *p)
{
	*p = (struct page){0};
	p->to = open_memstream(&p->text, &p->size);
	return p->to;
}

void page_end(struct page *p)
{
	if (p->to)
		fclose(p->to);
	p->to = NULL;
}

void page_free(struct page *p)
{
	page_end(p);
	free(p->text);
	*p = (struct page){0};
}

size_t page_lines(const struct page *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->size; i++)
		n += p->text[i] == '\n';
	return n;
}

/* Names come from other programs, of other users too. Of UTF-8: the control characters of ASCII, and U+0080
 * to U+009F. */
static bool is_control(const unsigned char *at)
{
	return *at < ' ' || *at == 0x7f || (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0);
}

static bool is_begin(unsigned char c)
{
	return (c & 0xc0) != 0x80; /* the other bytes of a character take no room */
}

void page_print(const struct page *p, size_t lines, size_t columns)
{
	const unsigned char *at = (const unsigned char *)p->text, *end = at + p->size;

	for (size_t column = 0; at < end && lines; at++) {
		if (*at == '\n') {
			putchar('\n');
			lines--;
			column = 0;
			continue;
		}
		column += is_begin(*at);
		if (column > columns)
			continue;
		if (!is_control(at)) {
			putchar(*at);
			continue;
		}
		putchar('?');
		at += *at == 0xc2;
	}
}
