/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * object.h: a program object, read and checked. Nothing in here is trusted further than object.c has
 * checked it: every offset lies within the image, every index within its table.
 */
#ifndef RINGLET_OBJECT_H
#define RINGLET_OBJECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image.h"

enum rl_type {
	RL_U8,
	RL_U16,
	RL_U32,
	RL_U64,
	RL_S8,
	RL_S16,
	RL_S32,
	RL_S64,
	RL_BOOL,
	RL_FD,
	RL_STRING,  /* u8 array */
	RL_STRINGS, /* u8 array of two dimensions: rows */
	RL_OTHER,   /* a struct, or another array */
};

/* A named place in the image: a parameter or a shared variable; or in a struct. Strings belong to the
 * manifest.
 */
struct rl_place {
	const char *name, *type_name, *kind, *help;
	enum rl_type type;
	uint32_t *dims, ndims; /* of an array; a parameter has none */
	uint32_t offset, size;
	uint32_t stream; /* fd: where to say whether it is one; 0: nowhere */
	bool required, fixed, shared;
	const struct rl_struct
		*structure; /* that it is, or its elements; NULL: none, or nothing is known of it */
};

struct rl_struct {
	uint32_t size, nfields;
	struct rl_place *fields;
};

struct rl_init {
	uint32_t offset, size;
	const char *hex;
};

struct rl_state {
	const char *op, *file;
	uint32_t line, col;
};

struct rl_task {
	const char *name;
	uint32_t count, pool, frame, frame_size, state, since; /* the last two: offsets in the frame */
	uint32_t node, nodes, requests;
	struct rl_state *states;
	uint32_t nstates;
};

enum rl_queue_kind { RL_QUEUE_PRIVATE, RL_QUEUE_IN, RL_QUEUE_OUT };

/* A declaration of queues: n of them, `size` bytes each. */
struct rl_queues {
	const char *name;
	enum rl_queue_kind kind;
	uint32_t tag, offset, size, n, capacity, entries, slots, list;
};

/* `buffers`: a ring of n provided buffers, and their memory. */
struct rl_buffer_pool {
	const char *name;
	uint32_t group, n, size, ring, memory;
	uint32_t control; /* struct rl_buffers; 0: the manifest does not say */
};

/* `zcrx`: pages that a device or the kernel fills, and a ring in which they are given back. */
struct rl_zcrx_pool {
	struct rl_buffer_pool b;
	uint32_t pieces;        /* the ring's entries */
	uint32_t device, queue; /* parameters that say which; 0: none */
};

static inline uint32_t rl_zcrx_ring_size(const struct rl_zcrx_pool *p)
{
	return (RL_REFILL_HEADER + p->pieces * RL_BUFFER_ENTRY + RL_PAGE - 1) / RL_PAGE * RL_PAGE;
}

struct rl_site {
	const char *file, *what;
	uint32_t line, col;
};

struct rl_log_format {
	const char *file, *format;
	const char *args[6];
	uint32_t line, nargs;
};

struct rl_needed_op {
	const char *name, *since;
	uint32_t opcode;
	const char *is, *instead; /* a struct that is not the same on every machine, "": none */
	uint32_t bytes;           /* its size in this object */
};

struct rl_layout {
	uint32_t size;
	uint32_t log, log_slots;
	uint32_t ready, ready_slots;
	uint32_t waits, nwaits, pools;
	uint32_t ring, ring_size, cq_entries;
	uint32_t sqes, sq_entries;
	uint32_t setup; /* RL_SETUP_... of entries that are not of 64 and 16 bytes */
	uint32_t files; /* slots of the table of direct descriptors */
	uint32_t shared, shared_size;
};

struct rl_span {
	const unsigned char *at; /* NULL: not there */
	size_t size;
};

/* The sections of which kernel_link.c makes a program for the kernel. Only where they are is checked. */
struct rl_bpf {
	struct rl_span code[2], relocs[2]; /* of the step, and what it calls: RL_STEP_SECTION and .text */
	uint32_t index[2], image, region;  /* sections' numbers; 0: not there */
	struct rl_span symbols, names, license, btf, btf_ext;
};

struct rl_object {
	void *data; /* the whole file, trailer included */
	size_t size;
	size_t elf_size; /* without the trailer */
	json_t *manifest;
	const char *source, *compiler;
	struct rl_layout image;

	struct rl_init *init;
	struct rl_struct *structs; /* one has in it only those before it */
	struct rl_place *places;   /* parameters, then shared variables */
	struct rl_task *tasks;
	struct rl_queues *queues;
	struct rl_buffer_pool *pools;
	struct rl_zcrx_pool *zcrx;
	struct rl_site *sites;
	struct rl_log_format *logs;
	struct rl_needed_op *ops;
	uint32_t nstructs, ninit, nparams, nplaces, ntasks, nqueues, npools, nzcrx, nsites, nlogs, nops;
	struct rl_place region; /* name NULL: none; `size` is an element's, `dims` are its */
	uint32_t region_fixed;  /* the number that it is registered as, if `fixed` */
	uint32_t main;          /* of tasks: the one that the program begins and ends with */

	/* What tracing it takes: a ring of records, 0: it cannot be traced, and the switches by section. */
	uint32_t trace;
	struct rl_switches {
		const char *section;
		uint32_t *at, n;
		const void *bytes; /* of the section; within `data` */
	} step_switches, text_switches, native_switches;

	struct rl_bpf bpf;
	const void *code; /* the native step for this machine, NULL if there is none; within `data` */
	size_t code_size, code_entry;
};

/* Takes over data (malloc'ed), also on failure. 0 or -errno, with the reason in why. */
int rl_object_parse(struct rl_object *o, void *data, size_t size, char *why, size_t why_size);
void rl_object_free(struct rl_object *o);

/* machine.c: names as /proc and uname know this machine: "x86_64", "aarch64". */
const char *rl_native_arch(void);

/* How large the struct is here; 0: not one of those that are not the same on every machine. */
uint32_t rl_native_size(const char *name);

#endif
