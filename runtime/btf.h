/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * btf.h: BTF (Documentation/bpf/btf.rst), of the kernel or of an object: types one after another, numbered
 * from 1, and the strings of their names. Nothing in it is trusted.
 */
#ifndef RINGLET_BTF_H
#define RINGLET_BTF_H

#include <linux/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_btf {
	const unsigned char *types, *types_end;
	const char *strings;
	uint32_t strings_size; /* the last byte of them is 0 */
};

/* False: it is none. The bytes stay where they are. */
bool rl_btf_open(struct rl_btf *btf, const void *bytes, size_t size);

/* "" where there is none. */
const char *rl_btf_name(const struct rl_btf *btf, uint32_t offset);

/* The member of a struct: which, or -1; and its place in bytes. */
int rl_btf_member(
	const struct rl_btf *btf, const struct btf_type *structure, const char *name, uint32_t *offset);

static inline unsigned rl_btf_kind(const struct btf_type *t)
{
	return t->info >> 24 & 0x7f;
}

/* 16 bits of 24 in older kernels, where the others are 0. */
static inline uint32_t rl_btf_vlen(const struct btf_type *t)
{
	return t->info & 0xffffff;
}

struct rl_btf_walk {
	const unsigned char *next, *end;
	uint32_t id; /* of the type that was given last */
};

static inline struct rl_btf_walk rl_btf_walk(const struct rl_btf *btf)
{
	return (struct rl_btf_walk){btf->types, btf->types_end, 0};
}

/* What follows a struct btf_type: once, and for each of its elements. */
extern const struct rl_btf_room {
	uint8_t once, each;
	bool known;
} rl_btf_room[0x80];

/* NULL: there are no more, or none that can be understood. Here, because the kernel has more than 100,000. */
static inline const struct btf_type *rl_btf_next(struct rl_btf_walk *w)
{
	const struct btf_type *t = (const void *)w->next;
	const struct rl_btf_room *room;
	size_t left = (size_t)(w->end - w->next), size;

	if (left < sizeof(*t))
		return NULL;
	room = &rl_btf_room[rl_btf_kind(t)];
	size = sizeof(*t) + room->once + (size_t)room->each * rl_btf_vlen(t);
	if (!room->known || size > left)
		return NULL;
	w->next += size;
	w->id++;
	return t;
}

#endif
