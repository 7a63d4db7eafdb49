/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* diag_text.c: a source line with carets under a range of it, in the columns of a terminal. */
#include "diag_text.h"
#include <stdbool.h>
#include <string.h>

#define LINE_WIDTH 100 /* columns of a line that are shown */
#define LEAD 40        /* of them before the range, where the line is cut */
#define TAB 8

static const struct range {
	uint32_t first, last;
} wide[] =
	{/* Unicode's East Asian Wide and Fullwidth, to the block */
		{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf}, {0xa960, 0xa97f}, {0xac00, 0xd7a3},
		{0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
		{0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}},
  narrow[] =
	  {/* combining marks and joiners: no column of their own */
		  {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x064b, 0x065f}, {0x1ab0, 0x1aff},
		  {0x1dc0, 0x1dff}, {0x200b, 0x200d}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}},
  unsafe[] = {/* C0, C1, and what reorders a line of text */
	  {0x00, 0x1f}, {0x7f, 0x9f}, {0x061c, 0x061c}, {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
	  {0xfeff, 0xfeff}};

#define IN(table, c) in(table, sizeof(table) / sizeof(table)[0], c)
static bool in(const struct range *r, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= r[i].first && c <= r[i].last)
			return true;
	return false;
}

struct cell {
	unsigned bytes;
	unsigned width;
	const char *show; /* NULL: blanks */
	unsigned show_bytes;
};

/* The character at s and what stands for it on a terminal, at column `col` of its line. */
static struct cell cell_at(const char *s, size_t n, size_t col)
{
	unsigned len = utf8_length(s, n);
	if (!len)
		return (struct cell){1, 1, "?", 1};
	if (*s == '\t')
		return (struct cell){1, TAB - col % TAB, NULL, 0};
	static const unsigned char lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = (unsigned char)*s & lead[len];
	for (unsigned i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	if (IN(unsafe, c))
		return (struct cell){len, 1, "?", 1};
	return (struct cell){len, IN(narrow, c) ? 0 : IN(wide, c) ? 2 : 1, s, len};
}

const char *diag_clean(struct arena *a, const char *s, size_t n)
{
	char *out = arena_alloc(a, n + 1), *o = out;
	for (size_t i = 0; i < n;) {
		struct cell c = cell_at(s + i, n - i, 0);
		memcpy(o, c.show ? c.show : " ", c.show ? c.show_bytes : 1);
		o += c.show ? c.show_bytes : 1;
		i += c.bytes;
	}
	return out;
}

void diag_print_name(const char *name, FILE *out)
{
	for (const char *p = name; *p;) {
		struct cell c = cell_at(p, strlen(p), 0);
		fprintf(out, "%.*s", c.show ? (int)c.show_bytes : 1, c.show ? c.show : " ");
		p += c.bytes;
	}
}

void diag_print_position(const struct sources *ss, const struct loc *l, FILE *out)
{
	uint32_t line, col;
	source_position(ss, l->file, l->begin, &line, &col);
	diag_print_name(ss->list.at[l->file]->name, out);
	fprintf(out, ":%u:%u: ", line, col);
}

static void pad(FILE *out, size_t n, char c)
{
	while (n--)
		fputc(c, out);
}

void diag_print_text(uint32_t line, const char *text, size_t n, size_t begin, size_t end, FILE *out)
{
	size_t width = 0, from = 0, to = 0; /* columns: of the line, and the range's */
	bool from_seen = false;
	for (size_t i = 0; i < n;) {
		struct cell c = cell_at(text + i, n - i, width);
		if (!from_seen && i + c.bytes > begin) {
			from = width;
			from_seen = true;
		}
		width += c.width;
		if (i < end)
			to = width;
		i += c.bytes;
	}
	if (!from_seen)
		from = width;
	if (to <= from)
		to = from + 1;

	size_t lo = 0, hi = width;
	if (width > LINE_WIDTH) {
		lo = from > LINE_WIDTH - LEAD ? from - LEAD : 0;
		if (lo + LINE_WIDTH >= width)
			lo = width - LINE_WIDTH;
		hi = lo + LINE_WIDTH;
	}
	fprintf(out, "%5u | %s", line, lo ? "..." : "");
	for (size_t i = 0, col = 0; i < n && col < hi;) {
		struct cell c = cell_at(text + i, n - i, col);
		size_t next = col + c.width;
		if (c.show && col >= lo && next <= hi)
			fwrite(c.show, 1, c.show_bytes, out);
		else if (next > lo) /* a tab, or a wide character that is cut in two */
			pad(out, (next < hi ? next : hi) - (col > lo ? col : lo), ' ');
		col = next;
		i += c.bytes;
	}
	fprintf(out, "%s\n", hi < width ? "..." : "");
	size_t digits = 5;
	for (uint32_t x = line / 100000; x; x /= 10)
		digits++;
	pad(out, digits, ' ');
	fputs(" | ", out);
	pad(out, (lo ? 3 : 0) + from - lo, ' ');
	pad(out, (to < hi || hi == width ? to : hi) - from, '^');
	fputc('\n', out);
}

void diag_print_line(const struct sources *ss, const struct loc *l, FILE *out)
{
	const struct source *s = ss->list.at[l->file];
	uint32_t line, unused;
	source_position(ss, l->file, l->begin, &line, &unused);
	const char *text = s->text + s->line[line - 1];
	size_t n = (line < s->nlines ? s->line[line] - 1 : s->size) - s->line[line - 1];
	if (n && text[n - 1] == '\r')
		n--;
	diag_print_text(line, text, n, l->begin - s->line[line - 1], l->end - s->line[line - 1], out);
}

void diag_print_pattern(const char *f, FILE *out)
{
	for (; *f; f++) {
		if (*f != '%') {
			fputc(*f, out);
		} else if (f[1] == '%') {
			fputc(*f++, out);
		} else {
			f += 1 + strcspn(f + 1, "cdsuxX");
			fputs("...", out);
			if (!*f)
				return;
		}
	}
}
