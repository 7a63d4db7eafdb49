/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* layout.c: whether a place of one program is laid out as one of another, and if not, in what. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* `u32[4][8]`, or with a name `u32 grid[4][8]`. */
static const char *declaration(const struct rl_place *p, const char *name, char *text, size_t size)
{
	size_t n = (size_t)snprintf(text, size, "%s%s%s", p->type_name, *name ? " " : "", name);

	for (uint32_t i = 0; i < p->ndims && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, "[%u]", p->dims[i]);
	return text;
}

static bool same_type(const struct rl_place *a, const struct rl_place *b)
{
	return strcmp(a->type_name, b->type_name) == 0 && a->ndims == b->ndims &&
	       (!a->ndims || memcmp(a->dims, b->dims, a->ndims * sizeof(*a->dims)) == 0);
}

static bool differ_in_structs(const struct rl_place *was, const struct rl_place *is, char *how, size_t size);

/* Number i of the fields; one of the two may be NULL. */
static bool differ_in_field(const char *of, uint32_t i, const struct rl_place *was, const struct rl_place *is,
	char *how, size_t size)
{
	char before[128] = "not there", after[128] = "not there";

	if (was && is && strcmp(was->name, is->name) == 0 && same_type(was, is)) {
		if (was->offset == is->offset)
			return differ_in_structs(was, is, how, size);
		snprintf(how, size, "`%s` of %s was at byte %u, and is at %u", was->name, of, was->offset,
			is->offset);
		return true;
	}
	if (was)
		declaration(was, was->name, before, sizeof(before));
	if (is)
		declaration(is, is->name, after, sizeof(after));
	snprintf(how, size, "field %u of %s was %s, and is %s", i + 1, of, before, after);
	return true;
}

/* One has in it only those before it, so this ends. */
static bool differ_in_structs(const struct rl_place *was, const struct rl_place *is, char *how, size_t size)
{
	const struct rl_struct *a = was->structure, *b = is->structure;

	if (!a && !b && strncmp(was->type_name, "struct ", 7) != 0)
		return false;
	if (!a || !b) {
		snprintf(how, size, "the fields of %s are not known: build it again", was->type_name);
		return true;
	}
	for (uint32_t i = 0; i < a->nfields || i < b->nfields; i++)
		if (differ_in_field(was->type_name, i, i < a->nfields ? &a->fields[i] : NULL,
			    i < b->nfields ? &b->fields[i] : NULL, how, size))
			return true;
	if (a->size == b->size)
		return false;
	snprintf(how, size, "%s had %u bytes, and has %u", was->type_name, a->size, b->size);
	return true;
}

bool rl_layouts_differ(const struct rl_place *was, const struct rl_place *is, char *how, size_t size)
{
	char before[128], after[128];

	if (same_type(was, is))
		return differ_in_structs(was, is, how, size);
	snprintf(how, size, "it was %s, and is %s", declaration(was, "", before, sizeof(before)),
		declaration(is, "", after, sizeof(after)));
	return true;
}
