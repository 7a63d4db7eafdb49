/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * generate.h: between the files of the generator of random valid scripts.
 *
 * What a script computes depends on its seed alone, never on the order in which requests complete: an
 * instance reads what nobody changes and what only itself changes; what several change they only add to. So
 * every engine has to give the same messages (in any order), the same failure and the same shared data.
 *
 * A new construct is one more row, at the end, of a table: `statements` (statement.c), `leaves`
 * (expression.c), `operations` (operation.c) or `pieces` (program.c), and the function that writes it.
 */
#ifndef GENERATE_H
#define GENERATE_H

#include <stdbool.h>
#include <stdint.h>

/* ---- chance ---- */

/* Seeds below it give the scripts that they always gave, some of which showed something once; the others what
 * has come to the generator since, too. */
#define FIRST_WIDE 10000
extern bool wide;

void chance_start(uint64_t seed);
unsigned pick(unsigned n); /* 0 to n - 1 */
static inline bool one_in(unsigned n)
{
	return pick(n) == 0;
}

/* ---- text ---- */

__attribute__((format(printf, 1, 2))) char *text(const char *format, ...); /* lives as long as the process */
__attribute__((format(printf, 1, 2))) void line(const char *format, ...);  /* writes one, indented */
void open_brace(const char *format, ...) __attribute__((format(printf, 1, 2)));
void close_brace(void);
const char *new_name(const char *prefix);

/* ---- types and variables ---- */

enum scalar { U8, U16, U32, U64, S8, S16, S32, S64, BOOL, SCALARS };
extern const char *const scalar_name[SCALARS];

struct type {
	int of;     /* enum scalar, or SCALARS + the struct's number */
	bool slice; /* of bytes, of at least dims[0] */
	int ndims;
	unsigned dims[3];
};

struct field {
	const char *name;
	struct type type;
};
#define MAX_FIELDS 6
struct record {
	const char *name;
	int nfields;
	struct field fields[MAX_FIELDS];
};
extern struct record records[];
extern int nrecords;

struct var {
	const char *name; /* as it is written: `w[self]` */
	struct type type;
	bool writable;
	unsigned below; /* a counter of a loop: what it stays below, or 0 */
	bool atomic;    /* a place of atomic operations */
};
#define MAX_VARS 256

struct fn {
	const char *name;
	int result, nparams;
	struct {
		struct type type;
		bool writable; /* a slice that it writes to */
	} params[16];
	bool awaits;
	unsigned height; /* how many calls lie below */
	unsigned cost;   /* statements that one call executes, about */
	unsigned size;   /* and has, expanded */
};
extern struct fn fns[];
extern int nfns;

/* What stands where a statement or expression is written. */
struct place {
	struct place *up;
	struct var vars[MAX_VARS];
	int nvars;
	bool awaits; /* it may */
	bool in_defer, in_task, in_main;
	bool breaks;                   /* the nearest enclosing loop or switch is a loop */
	const char *sum;               /* a u64 that takes what was computed */
	const char *emitted, *steered; /* queues of the instance alone, or NULL */
	const char *table;             /* that the task's instances share, or NULL */
	const char *table_key;         /* the struct that is its key, or NULL */
	int table_of;                  /* scalar */
	bool table_alone;              /* there is one instance */
	bool returns;                  /* it may, at any time */
	unsigned own;                  /* a task: KiB into `out` where its part begins */
	int result;                    /* a function's */
	int depth;                     /* of blocks */
	unsigned times;                /* how often a call of the whole thing comes here */
	unsigned height;
	unsigned *cost, *size, *logs;
	unsigned instances;
};

void declare(struct place *, const char *name, struct type, bool writable);
struct var *some_var(struct place *, bool (*want)(const struct var *)); /* or NULL */
const char *declarator(struct type, const char *name);

/* ---- expression.c ---- */

struct expr {
	const char *text;
	bool constant;
};
struct expr expression(struct place *, int depth);
const char *value(struct place *, int depth); /* of any integer type, not constant */
const char *cast(int scalar, const char *value);
const char *index_below(struct place *, unsigned n);                  /* 0 to n - 1 */
const char *element(struct place *, const struct var *, int *scalar); /* a scalar somewhere within it */
const char *writable_scalar(struct place *, int *scalar);
const char *bytes(struct place *, bool writable, unsigned least); /* a slice */
const char *call(struct place *, const struct fn *);
struct fn *some_fn(struct place *, bool awaits);

/* ---- statement.c ---- */

void statement(struct place *);
void statements_in_block(struct place *, unsigned n);
void mix(struct place *, const char *value);

/* ---- queue.c: statements ---- */

void own_queues(struct place *, const char *task, unsigned count); /* declares them, or none */
void queue(struct place *);
void steered(struct place *);
void select_(struct place *);
void stream(struct place *);
void completion(struct place *);

/* ---- table.c ---- */

void own_table(struct place *, const char *task, unsigned count);
void table(struct place *);

/* ---- operation.c ---- */

const char *operation(struct place *); /* an await whose result every engine gives alike, an s32 */

/* ---- program.c ---- */

void program(uint64_t seed);

#endif
