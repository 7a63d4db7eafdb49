/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* check.h: from a tree of names to a program: every name bound, every expression typed, every rule of the
 * language checked. What passes here compiles; what compiles loads. */
#ifndef RINGC_CHECK_H
#define RINGC_CHECK_H

#include "ast.h"
#include "diag.h"
#include "ops.h"
#include "scope.h"
#include "types.h"

enum builtin {
	B_NONE,
#define B(name, least, most) B_##name,
#include "builtins.def"
#undef B
	B_COUNT
};
const char *builtin_name(int);

/* The most instances of all tasks together: each may have a request in flight, and a ring has at most
 * IORING_MAX_ENTRIES (32768, io_uring/io_uring.h) SQEs; one is kept for cancelling. */
#define MAX_INSTANCES 32767
#define MAX_FD_PARAMS 64 /* std.io keeps a position for each that is a stream */
#define MAX_CALL_ARGS 16
#define MAX_CALL_HEIGHT 4
#define MAX_CALL_DEPTH 200 /* functions that call functions */
#define MAX_CALL_LEVELS                                                                                      \
	4000                /* and levels of the trees of all these: every later pass may recurse that deep */
#define MAX_DEFINITIONS 500 /* constants, variables and structs that are defined by others */
#define MAX_TYPE_LEVELS                                                                                      \
	24 /* MAX_RESOLVE_DEPTH in the kernel's btf.c is 32, of which some are the compiler's own */
#define MAX_MEMBERS 60000   /* BTF_MAX_VLEN is 65535 */
#define MAX_SUBPROGRAMS 256 /* BPF_MAX_SUBPROGS, include/linux/bpf_verifier.h */
#define TASK_SUBPROGRAMS 3  /* a task, its start and its end */
#define STEP_SUBPROGRAMS 8  /* the step and what supports it, with some to spare */

struct program {
	struct arena *arena;
	struct sources *sources;
	struct diags *diags;
	module_vec modules; /* imported ones before their importers; the script itself last */
	symbol_vec vars, fns, tasks;
	struct symbol *main;
	uint32_t nfixed;
};

/* import.c: parses the file and what it imports. NULL if the file itself cannot be read. */
struct program *import_all(struct arena *, struct sources *, struct diags *, const char *path);

void check(struct program *);

/* ---- between the files check*.c ---- */

struct checker {
	struct program *p;
	struct arena *arena;
	struct diags *diags;
	struct scope *scope;
	struct symbol *owner; /* the function or task whose body is checked */
	unsigned loops, switches;
	bool in_defer;
	unsigned depth;              /* of check_resolve() */
	bool nested;                 /* functions that call functions: too deep, and reported */
	VEC(struct expr *) deferred; /* calls of functions in defers: they must not fail() */
};

struct type *check_expr(struct checker *, struct expr *);
void check_loose(struct checker *, struct expr *); /* of what is wrong already: for the errors in it */
/* As check_expr, then checks that it can be given to a place of that type (and gives lists and constants
 * their type). */
void check_value(struct checker *, struct expr *, struct type *to, const char *what);
void check_condition(struct checker *, struct expr *);
struct type *check_call(struct checker *, struct expr *call, bool awaited);
struct type *check_spawn(struct checker *, struct expr *);
bool check_is_pure(const struct expr *call); /* of a builtin that only computes */
struct type *check_place(
	struct checker *, struct expr *, const char *what); /* something that can be assigned to */
/* These report what is wrong, and are false then. */
bool check_writable(
	struct checker *, const struct expr *); /* not a parameter of the program, nor a part of one */
bool check_operand(struct checker *, const struct expr *, const char *op); /* what arithmetic takes */
bool check_divisor(struct checker *, const struct expr *b, enum op);
/* e: what is shifted, or NULL where a cast of it would not help */
bool check_shift(
	struct checker *, const struct expr *e, const struct type *, const struct expr *count, enum op);
const char *check_source(struct checker *, const struct loc *);  /* the text there */
const char *check_number(struct checker *, const struct expr *); /* a constant's value, as text */
/* Adds what the name could have been meant for. */
void check_suggest(struct checker *, struct diag *, const char *name, enum wanted);
bool check_const(struct checker *, struct expr *, uint64_t *value, const char *what); /* of an integer */
bool check_scalar_const(
	struct checker *, struct expr *, uint64_t *value, const char *what); /* or a descriptor */
void check_body(struct checker *, struct symbol *owner);

void check_resolve(struct checker *, struct symbol *); /* constants and structs, when first used */
struct type *check_type(struct checker *, const struct declarator *, bool parameter);
struct type *check_base_type(struct checker *, const struct type_name *);

/* fold.c. False: division by zero. */
bool fold_binary(enum op, const struct type *, uint64_t a, uint64_t b, uint64_t *out);
uint64_t fold_unary(enum op, const struct type *, uint64_t a);

#endif
