/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* scope.h: what a name stands for, and where it is looked up. */
#ifndef RINGC_SCOPE_H
#define RINGC_SCOPE_H

#include "ast.h"
#include "types.h"

enum symbol_kind { SYM_CONST, SYM_VAR, SYM_LOCAL, SYM_FN, SYM_TASK, SYM_STRUCT, SYM_ENUM };
enum storage { VAR_PRIVATE, VAR_SHARED, VAR_PARAM };

struct symbol;
typedef VEC(struct symbol *) symbol_vec;

struct symbol {
	enum symbol_kind kind;
	const char *name;
	struct loc loc;
	struct type *type; /* variables, constants; functions: the result; structs and enums: themselves */
	struct decl *decl; /* top-level ones */
	enum { SYM_NEW, SYM_BUSY, SYM_READY } state; /* constants and types are resolved when first needed */

	uint64_t value; /* SYM_CONST */

	/* SYM_VAR */
	enum storage storage;
	bool fixed;
	uint32_t fixed_index;
	uint64_t offset; /* in the image, by image.c */
	uint64_t stream; /* fd parameters: offset of the flag that says it is a stream */

	/* SYM_LOCAL */
	bool readonly;  /* the variable of a for-in */
	uint32_t local; /* its number within the function being lowered, by lower.c */

	/* SYM_FN, SYM_TASK */
	symbol_vec params;
	symbol_vec callees;
	bool awaits;   /* a function that awaits, or fails: expanded into the task that calls it */
	bool in_place; /* awaits, or uses what only a task has */
	bool fails;    /* may call fail() */
	bool reached;  /* a task may call it */
	uint32_t
		levels; /* of the tree, its own body's and those of what it calls: how deep a pass recurses */
	uint32_t height; /* of the subprograms that a call of it stacks up */
	struct ir_fn *ir;
	uint32_t index; /* SYM_TASK, SYM_FN: its number; a member of an enum: its place there */
	uint64_t count; /* SYM_TASK: size of the pool */
};

/* Names of one block, function or file. */
struct scope {
	struct scope *up;
	symbol_vec names;
	struct symbol **table; /* of the names by hash, where there are many */
	size_t slots;
	struct module *module; /* of a file's top level: then its imports are searched too */
};

/* One file with what it imports. */
struct module {
	struct unit *unit;
	struct scope top;
	VEC(struct module *) imports;
};
typedef VEC(struct module *) module_vec;

struct symbol *scope_find_here(const struct scope *, const char *name);
/* Up through the enclosing scopes, then the file, then what it imports. Constants of consts.def are last. */
struct symbol *scope_find(struct arena *, const struct scope *, const char *name);
/* The name nearest to one that is not known, among those that could stand there, or NULL where none is near.
 */
enum wanted { WANT_VALUE, WANT_FIELD, WANT_CALL, WANT_TASK, WANT_STRUCT, WANT_ENUM };
const char *scope_suggest(const struct scope *, const char *name, enum wanted);
void scope_add(struct arena *, struct scope *, struct symbol *);

#endif
