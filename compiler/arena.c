/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* arena.c: chunks handed out from the front, freed all at once. */
#include "arena.h"
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Under AddressSanitizer every object is its own chunk, so that an overrun meets a red zone. */
#if defined(__SANITIZE_ADDRESS__)
#define CHUNK 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHUNK 0
#endif
#endif
#ifndef CHUNK
#define CHUNK (64 * 1024)
#endif

#define ALIGN _Alignof(max_align_t)

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct chunk *chunks; /* the one in use first */
};

static _Noreturn void out_of_memory(void)
{
	fputs("ringc: out of memory\n", stderr);
	exit(1);
}

struct arena *arena_new(void)
{
	struct arena *a = calloc(1, sizeof *a);
	if (!a)
		out_of_memory();
	return a;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	for (struct chunk *c = a->chunks, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(a);
}

void *arena_alloc(struct arena *a, size_t size)
{
	if (size > SIZE_MAX - sizeof(struct chunk) - ALIGN)
		out_of_memory();
	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	struct chunk *c = a->chunks;
	if (!c || c->size - c->used < size) {
		/* What is larger than a chunk gets one of its own, behind the one in use, which may still
		 * have room. */
		size_t room = size > CHUNK ? size : CHUNK;
		struct chunk *fresh = calloc(1, sizeof *fresh + room);
		if (!fresh)
			out_of_memory();
		fresh->size = room;
		if (c && size > CHUNK) {
			fresh->next = c->next;
			c->next = fresh;
		} else {
			fresh->next = c;
			a->chunks = fresh;
		}
		c = fresh;
	}
	void *p = c->bytes + c->used;
	c->used += size;
	return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);
	if (n)
		memcpy(p, s, n);
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *p = arena_alloc(a, n < 0 ? 1 : (size_t)n + 1);
	if (n > 0)
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}

void *arena_grow(struct arena *a, void *at, size_t n, size_t *cap, size_t elem)
{
	size_t more = *cap ? *cap * 2 : 8;
	if (more < *cap || more > SIZE_MAX / elem)
		out_of_memory();
	void *p = arena_alloc(a, more * elem);
	if (n)
		memcpy(p, at, n * elem);
	*cap = more;
	return p;
}
