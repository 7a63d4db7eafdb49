/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* names.h: what bytes of memory are called in the source, as far as BTF says. */
#ifndef RINGC_LINT_NAMES_H
#define RINGC_LINT_NAMES_H

#include "program.h"

/* A type without const, volatile, tags and typedefs; 0: there is none. */
uint32_t btf_plain(const struct btf *, uint32_t id);
/* The prototype of a function; NULL: it is none. */
const struct btf_type *btf_prototype(const struct btf *, uint32_t id);
/* Whether libbpf takes one type for the other: by kinds, what is in a struct does not count. */
bool btf_compatible(const struct btf *, uint32_t id, const struct btf *other, uint32_t other_id);
/* "" where there is none. */
const char *btf_name(const struct btf *, uint32_t offset);

/* `size` bytes at low, or at low + step, and so on, up to high. Of an address alone, size is 0. */
struct bytes_at {
	int64_t low, high;
	uint64_t step; /* a power of two; 0: low is high */
	uint32_t size;
};

/* `hdr.len`, `conns[0..15].fd`; NULL: nothing has those bytes to itself. */
const char *name_in_type(
	struct arena *, const struct btf *, uint32_t type, const char *whole, struct bytes_at);
/* Of the value of a map: a variable, or a part of the value's type, which is called `whole` then. */
const char *name_in_map(
	struct arena *, const struct lint_object *, uint32_t map, const char *whole, struct bytes_at);
/* Goes into an array: `name` becomes `name[3]`, and `b` is from the element on. False: it is not at the same
 * place of each. */
bool name_element(struct arena *, const char **name, struct bytes_at *b, int64_t size);

/* image_parts.c: a ring script's image. */
void image_parts_read(struct lint_object *);
const char *name_in_image(struct arena *, const struct lint_object *, struct bytes_at);

/* "bpf_map_lookup_elem"; NULL: none has the number. */
const char *helper_name(int32_t number);
/* The variable that has a byte of a section of variables, and where it begins; NULL: none. */
const struct btf_type *variable_at(
	const struct lint_object *, uint32_t map, int64_t offset, struct btf_var_secinfo *);

#endif
