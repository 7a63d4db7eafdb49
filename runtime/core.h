/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * core.h: a program as others see it.
 *
 *     struct rl_core | the object | from a page boundary on, the image
 *
 * A running program keeps one without the image in a memfd, by which other processes find it: the image is
 * read out of its memory. A core is a file with the image too. Whoever reads one trusts nothing in it.
 */
#ifndef RINGLET_CORE_H
#define RINGLET_CORE_H

#include <stddef.h>
#include <stdint.h>

#define RL_CORE_MAGIC "rlcore" /* zeros follow */
#define RL_CORE_VERSION 1u
#define RL_CORE_MEMFD "ringlet:" /* the memfd's name, before the program's */

struct rl_core {
	char magic[8];
	uint32_t version;
	uint32_t engine; /* enum ringlet_engine_kind */
	uint32_t pid;    /* as the process itself sees it */
	uint32_t pad;
	uint64_t image; /* address in that process */
	uint64_t image_size;
	uint64_t image_at;    /* in this file; 0: it is not there */
	uint64_t object_size; /* the object follows this */
	uint64_t loaded_ns;   /* CLOCK_MONOTONIC */
	uint64_t saved_ns;    /* likewise; 0: not saved */
	uint64_t saved_at;    /* the same in seconds, CLOCK_REALTIME */
};
_Static_assert(sizeof(struct rl_core) == 80, "core");

/* Writes a core of that image, which belongs to c; c->image_at and when it was saved are filled in. 0 or
 * -errno. */
int rl_core_write(int fd, struct rl_core *c, const void *object, const void *image);

/* What a program is called: its source's name without directory and `.rlt`. */
void rl_program_name(const char *source, char *name, size_t size);

#endif
