/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* show.c: shared variables as text. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

static bool find_shared(struct ringlet *r, const char *name, struct ringlet_param *p)
{
	for (unsigned i = 0; ringlet_param(r, i, p) == 0; i++)
		if (p->shared && strcmp(p->name, name) == 0)
			return true;
	return false;
}

bool show_check(const struct name *n, struct ringlet *r)
{
	const char *prefix = n->program->prefix;
	struct ringlet_param p;
	bool there = find_shared(r, n->text, &p);

	if (!there)
		fprintf(stderr, "ringlet: --show=%s%s: there is no shared variable `%s`\n", prefix, n->text,
			n->text);
	else if (strncmp(p.type, "struct ", 7) == 0)
		fprintf(stderr, "ringlet: --show=%s%s: a value of type %s cannot be shown\n", prefix, n->text,
			p.type);
	else
		return true;
	return false;
}

/* Bytes up to the first NUL, one that is no printable ASCII as \xHH, a backslash as two. */
static void print_text(const unsigned char *at, size_t n)
{
	for (; n && *at; at++, n--) {
		if (*at == '\\')
			printf("\\\\");
		else if (*at < ' ' || *at > '~')
			printf("\\x%02x", *at);
		else
			putchar(*at);
	}
}

static void print_number(const char *type, const unsigned char *at, size_t size)
{
	uint64_t u = 0;
	unsigned unused = 64 - 8 * (unsigned)size;

	memcpy(&u, at, size); /* little-endian, as the image is */
	if (strcmp(type, "bool") == 0)
		printf("%s", u ? "true" : "false");
	else if (type[0] == 's' || strcmp(type, "fd") == 0)
		printf("%" PRId64, (int64_t)(u << unused) >> unused);
	else
		printf("%" PRIu64, u);
}

void show_value(const struct name *name)
{
	struct ringlet *r = name->program->r;
	const unsigned char *at;
	struct ringlet_param p;
	size_t n = 1, size, each;
	bool text;

	at = ringlet_shared(r, name->text, &size);
	if (!at || !find_shared(r, name->text, &p))
		return;
	/* The last dimension of bytes is a text. */
	text = p.ndims && (strcmp(p.type, "u8") == 0 || strcmp(p.type, "string") == 0);
	p.ndims -= text;
	for (unsigned d = 0; d < p.ndims; d++)
		n *= p.dims[d];
	each = size / n;
	for (size_t i = 0; i < n; i++) {
		size_t rest = i, below = n;

		printf("%s%s", name->program->prefix, name->text);
		for (unsigned d = 0; d < p.ndims; d++) {
			below /= p.dims[d];
			printf("[%zu]", rest / below);
			rest %= below;
		}
		putchar('=');
		if (text)
			print_text(at + i * each, each);
		else
			print_number(p.type, at + i * each, each);
		putchar('\n');
	}
}
