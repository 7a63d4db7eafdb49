/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * program.h: the programs of a BPF object as the kernel is given them.
 *
 * A program is one array of instructions: its own, then those of each subprogram that it reaches, in the
 * order in which libbpf appends them, so that numbers here are those in the verifier's log. What an
 * instruction refers to (a map, a variable, a subprogram, a kfunc) is beside it, by name.
 */
#ifndef RINGC_LINT_PROGRAM_H
#define RINGC_LINT_PROGRAM_H

#include <bpf/btf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include "../arena.h"

enum lint_ref_kind {
	REF_NONE,
	REF_MAP,      /* the map itself */
	REF_VALUE,    /* `offset` bytes into the one value of a map: a global variable */
	REF_CALL,     /* a call of a function of the program: `index` of its functions */
	REF_FUNCTION, /* a pointer to one, for a callback */
	REF_KFUNC,    /* a call of one of the kernel's functions: `index` of the object's externs */
	REF_EXTERN,   /* the address or value of something of the kernel's, or of its configuration */
};

struct lint_ref {
	enum lint_ref_kind kind;
	uint32_t index;
	int64_t offset;
};

/* Where an instruction comes from, by .BTF.ext. */
struct lint_line {
	const char *file, *text; /* text: the line itself; "" where it is not known */
	uint32_t line, col;      /* 0: not known */
};

struct lint_map {
	const char *name;
	uint32_t type, key_size, value_size, max_entries, flags;
	uint32_t value_type;  /* in BTF; 0: not known */
	uint32_t inner;       /* of a map of maps: index of the map that its elements are like; 0: none */
	bool is_inner;        /* such a map, of which the kernel has many */
	bool is_variables;    /* a section of them: one value */
	bool readonly;        /* frozen before programs are loaded: loads of it are constants */
	const uint8_t *bytes; /* of a read-only one, what is in its value; NULL: not known */
	size_t nbytes;
};

struct lint_extern {
	const char *name;
	bool is_function, weak;
	uint32_t btf_id; /* of its type; 0: none */
};

struct lint_function {
	const char *name;
	uint32_t first, n; /* of the program's instructions */
	bool is_global;    /* the verifier looks at it by itself, whatever its callers pass */
	uint32_t btf_id;   /* of BTF_KIND_FUNC; 0: none */
};

/* What a load reads, on all paths that the interpreter has followed: explore.c. */
struct lint_load {
	uint8_t kind; /* of what the address points to: enum reg_kind; 0: no path came there */
	bool mixed;   /* one thing on one path, another on another */
	int32_t which;
	int64_t low, high; /* its first byte */
	uint64_t step;     /* what the offset goes by; 0: low is high */
};

struct lint_program {
	const char *name, *section;
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
	bool sleepable;
	/* The struct of functions that it stands in, without a flavour, and as which of its members; NULL: in
	 * none. */
	const char *ops, *member;
	struct bpf_insn *insns;
	struct lint_ref *refs;             /* one for each instruction */
	const struct lint_line **lines;    /* likewise; NULL: not known */
	const struct bpf_core_relo **core; /* likewise; NULL: it does not depend on the kernel's types */
	uint32_t n;
	VEC(struct lint_function) functions; /* the first is the program itself */
	struct lint_load *loads;             /* likewise: what is found of them */
	uint32_t exception;                  /* index of the one that bpf_throw() leads to; 0: none */
	bool two_exceptions;                 /* another is named as well */
};

/* The function that an instruction is of. */
const struct lint_function *lint_function_at(const struct lint_program *, uint32_t insn);

/* What lies in a ring script's image: n times `each` bytes. */
struct image_field {
	const char *name;
	uint32_t offset, size;
};
struct image_part {
	const char *name;
	int64_t offset, each;
	uint64_t n;
	const struct image_field *fields; /* of each; the last has no name. NULL: none are known */
};

struct lint_object {
	struct arena *arena;
	const char *path;
	struct btf *btf; /* NULL: none */
	VEC(struct lint_map) maps;
	VEC(struct lint_extern) externs;
	VEC(struct lint_program *) programs;
	const char *manifest;         /* of a script, else NULL: */
	VEC(struct image_part) image; /* what that says, when image_parts_read() was called */
	bool gpl;                     /* its licence lets it call what only GPL programs may */
};

/* Of an ELF file's bytes, which must stay. NULL, with `why` set, where it is not a BPF object or is corrupt.
 * To be closed even so. */
struct lint_object *lint_object_read(
	struct arena *, const char *path, const void *bytes, size_t size, const char **why);
void lint_object_close(struct lint_object *);

/* The first line of what libbpf has said, or NULL. */
struct rl_libbpf_log;
const char *lint_libbpf_said(struct arena *, const struct rl_libbpf_log *);

/* A map of variables is called as its section, or ends with that. */
bool lint_ends_with(const char *s, const char *end);

/* lines.c: what .BTF.ext says of the instructions of a section; the caller asks by byte offset. */
struct lint_lines;
struct lint_lines *lint_lines_read(struct arena *, const struct btf *, const void *ext, size_t size);
const struct lint_line *lint_lines_at(const struct lint_lines *, const char *section, uint32_t offset);
/* What the instruction there depends on in the kernel's types; NULL: nothing. */
const struct bpf_core_relo *lint_lines_core(const struct lint_lines *, const char *section, uint32_t offset);
/* The BTF_KIND_FUNC of the function that begins there; 0: none. */
uint32_t lint_lines_function(const struct lint_lines *, const char *section, uint32_t offset);

#endif
