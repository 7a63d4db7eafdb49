/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* generate.c: `generate SEED` writes a random valid script; see generate.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "generate.h"

static uint64_t state;
bool wide;

void chance_start(uint64_t seed)
{
	wide = seed >= FIRST_WIDE;
	state = seed * 0x9e3779b97f4a7c15u + 0x2545f4914f6cdd1du;
}

/* splitmix64: neighbouring seeds give unlike sequences. */
unsigned pick(unsigned n)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (unsigned)((z ^ z >> 31) >> 32) % n;
}

/* All texts, so that none of them is lost. */
struct kept {
	struct kept *before;
	char text[];
};
static struct kept *kept;

char *text(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	struct kept *k = n < 0 ? NULL : malloc(sizeof *k + (size_t)n + 1);
	if (!k)
		abort();
	va_start(ap, format);
	vsnprintf(k->text, (size_t)n + 1, format, ap);
	va_end(ap);
	k->before = kept;
	kept = k;
	return k->text;
}

static int indent;

static void put(const char *format, va_list ap, const char *end)
{
	printf("%*s", indent * 4, "");
	vprintf(format, ap);
	puts(end);
}

void line(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	put(format, ap, "");
	va_end(ap);
}

void open_brace(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	put(format, ap, " {");
	va_end(ap);
	indent++;
}

void close_brace(void)
{
	indent--;
	line("}");
}

const char *new_name(const char *prefix)
{
	static unsigned n;
	return text("%s%u", prefix, n++);
}

/* ---- types and variables ---- */

const char *const scalar_name[SCALARS] = {"u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "bool"};

const char *declarator(struct type t, const char *name)
{
	const char *of = t.of < SCALARS ? scalar_name[t.of] : text("struct %s", records[t.of - SCALARS].name);
	const char *s = text("%s %s", of, name);
	if (t.slice)
		return text("%s[]", s);
	for (int i = 0; i < t.ndims; i++)
		s = text("%s[%u]", s, t.dims[i]);
	return s;
}

void declare(struct place *p, const char *name, struct type t, bool writable)
{
	if (p->nvars < MAX_VARS)
		p->vars[p->nvars++] = (struct var){.name = name, .type = t, .writable = writable};
}

/* The nearer, the likelier. */
struct var *some_var(struct place *p, bool (*want)(const struct var *))
{
	struct var *found[MAX_VARS * 2];
	unsigned n = 0;
	for (struct place *at = p; at; at = at->up)
		for (int i = at->nvars; i-- > 0 && n < MAX_VARS * 2;)
			if (want(&at->vars[i]))
				found[n++] = &at->vars[i];
	if (!n)
		return NULL;
	unsigned a = pick(n), b = pick(n);
	return found[a < b ? a : b];
}

int main(int argc, char **argv)
{
	char *end = NULL;
	unsigned long long seed = argc == 2 ? strtoull(argv[1], &end, 10) : 0;
	if (argc != 2 || !*argv[1] || *end) {
		fprintf(stderr, "usage: generate SEED\n");
		return 2;
	}
	program(seed);
	return fflush(stdout) || ferror(stdout);
}
