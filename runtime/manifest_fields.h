/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * manifest_fields.h: reads the fields of the manifest's rows. The readers keep the first error and do nothing
 * after it, so that a table's code reads as the list of its fields.
 */
#ifndef RINGLET_MANIFEST_FIELDS_H
#define RINGLET_MANIFEST_FIELDS_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "manifest_read.h"

#define MAX_ROWS (1u << 20)

struct reader {
	struct rl_object *o;
	struct rl_why *why;
	const char *table; /* for messages */
	int err;
};

/* manifest_places.c: parameters, shared variables, the region, and the structs that they are made of. */
void rl_manifest_read_places(struct reader *rd, json_t *root);

static inline void bad(struct reader *rd, const char *key, const char *what)
{
	if (!rd->err)
		rd->err = rl_why(rd->why, EBADMSG, "corrupt manifest: %s.%s: %s", rd->table, key, what);
}

static inline uint32_t number(struct reader *rd, json_t *row, const char *key, uint32_t max)
{
	json_t *v = json_object_get(row, key);
	json_int_t n;

	if (rd->err)
		return 0;
	if (!json_is_integer(v)) {
		bad(rd, key, "not a number");
		return 0;
	}
	n = json_integer_value(v);
	if (n < 0 || (uint64_t)n > max) {
		bad(rd, key, "out of range");
		return 0;
	}
	return (uint32_t)n;
}

static inline uint32_t optional_number(struct reader *rd, json_t *row, const char *key)
{
	return json_object_get(row, key) ? number(rd, row, key, UINT32_MAX) : 0;
}

/* Text of the script's own: log formats and trap("..."). It may hold anything. */
static inline const char *free_text(struct reader *rd, json_t *row, const char *key)
{
	const char *s = json_string_value(json_object_get(row, key));

	if (!s)
		bad(rd, key, "not a string");
	return s ? s : "";
}

/* Text that may end up on a terminal: no control characters. */
static inline const char *string(struct reader *rd, json_t *row, const char *key)
{
	json_t *v = json_object_get(row, key);
	const char *s = json_string_value(v);

	if (rd->err)
		return "";
	if (!s) {
		bad(rd, key, "not a string");
		return "";
	}
	for (const char *p = s; *p; p++) {
		if (((unsigned char)*p < ' ' && *p != '\n' && *p != '\t') || *p == 127) {
			bad(rd, key, "control character");
			return "";
		}
	}
	return s;
}

static inline const char *optional_string(struct reader *rd, json_t *row, const char *key)
{
	return json_object_get(row, key) ? string(rd, row, key) : "";
}

static inline const char *name(struct reader *rd, json_t *row, const char *key)
{
	const char *s = string(rd, row, key);
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

	if (n == 0 || s[n] != '\0')
		bad(rd, key, "not a name");
	return s;
}

static inline bool flag(struct reader *rd, json_t *row, const char *key)
{
	json_t *v = json_object_get(row, key);

	if (v && !json_is_boolean(v))
		bad(rd, key, "neither true nor false");
	return json_is_true(v);
}

/* The table called key, with zeroed rows for it; *n is 0 and NULL returned if it is empty. */
static inline void *rows(
	struct reader *rd, json_t *obj, const char *key, json_t **array, uint32_t *n, size_t row_size)
{
	void *out;

	*n = 0;
	*array = json_object_get(obj, key);
	if (rd->err || !*array)
		return NULL;
	if (!json_is_array(*array) || json_array_size(*array) > MAX_ROWS) {
		bad(rd, key, "not a list");
		return NULL;
	}
	if (json_array_size(*array) == 0)
		return NULL;
	out = calloc(json_array_size(*array), row_size);
	if (!out) {
		rd->err = rl_why(rd->why, ENOMEM, "out of memory");
		return NULL;
	}
	*n = (uint32_t)json_array_size(*array);
	return out;
}

static inline bool overlap(uint64_t a, uint64_t an, uint64_t b, uint64_t bn)
{
	return an && bn && a < b + bn && b < a + an;
}

/* [off, off + n) is the program's own: within the image, not control, ring or SQEs. */
static inline bool is_data(const struct rl_object *o, uint64_t off, uint64_t n)
{
	const struct rl_layout *l = &o->image;

	return off >= sizeof(struct rl_control) && off + n <= l->size &&
	       !overlap(off, n, l->ring, l->ring_size) &&
	       !overlap(off, n, l->sqes, (uint64_t)l->sq_entries * rl_sqe_size(l->setup));
}

#endif
