/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* object.h: the program object: BPF ELF, native steps and manifest in one file. */
#ifndef RINGC_OBJECT_H
#define RINGC_OBJECT_H

#include "layout.h"

struct native_step {
	const char *arch, *section;
	uint64_t entry;
	const void *code;
	size_t size;
	const uint32_t *switches; /* where they are in it: runtime/image.h */
	size_t nswitches;
};

struct object_options {
	bool dump_ir, dump_asm; /* to stdout instead of making an object: LLVM's code, the BPF program's */
};

struct bytes {
	const void *at;
	size_t n;
};

/* The whole file's bytes, in the arena. Ends the process with a message on an error of the back end: that is
 * an error of the compiler's, not of the script's. n is 0 where a dump was asked for. */
struct bytes object_make(struct ir_program *, struct layout *, const struct object_options *);
/* Writes a file whole or not at all. 0 or -errno. */
int object_write(const char *path, struct bytes);

/* manifest.c: the JSON text. Without a program it says nothing of the code. */
struct bpf_code;
struct bytes manifest_make(struct ir_program *, struct layout *, const struct bpf_code *,
	const struct native_step *, unsigned nnative);

/* typed_header.c: the C header for hosts. */
struct bytes typed_header(struct ir_program *, const struct layout *);

/* An error of the compiler's own, and the end of the process, with exit 1. */
void internal_error(const char *what, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

#define RINGC_VERSION "0.1.0"

#endif
