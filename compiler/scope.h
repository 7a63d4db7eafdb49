/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* scope.h: what a name stands for, and where it is looked up. */
#ifndef RINGC_SCOPE_H
#define RINGC_SCOPE_H

#include "ast.h"
#include "types.h"

enum symbol_kind { SYM_CONST, SYM_VAR, SYM_LOCAL, SYM_FN, SYM_TASK, SYM_STRUCT, SYM_ENUM };
enum storage { VAR_PRIVATE, VAR_SHARED, VAR_PARAM, VAR_QUEUE, VAR_BUFFERS, VAR_FILES, VAR_REGION };

struct symbol;
typedef VEC(struct symbol *) symbol_vec;

struct symbol {
	enum symbol_kind kind;
	const char *name;
	struct loc loc;
	struct type *type; /* variables, constants; functions: the result; structs and enums: themselves */
	struct decl *decl; /* top-level ones */
	enum { SYM_NEW, SYM_BUSY, SYM_READY } state; /* constants and types are resolved when first needed */

	uint64_t value;   /* SYM_CONST */
	const char *text; /* one that is text, of type_string */
	uint32_t length;
	const char *refused; /* of a C header: why a script cannot use it */

	/* SYM_VAR */
	enum storage storage;
	bool fixed;
	uint32_t fixed_index;
	uint64_t offset; /* in the image, by image.c; VAR_REGION: RL_REGION_AT */
	uint64_t stream; /* fd parameters: offset of the flag that says it is a stream */

	/* SYM_VAR, VAR_QUEUE: a declaration of one or several queues */
	struct {
		enum { QUEUE_PRIVATE, QUEUE_IN, QUEUE_OUT } kind;
		bool room;      /* a task waits until the host has made room */
		uint32_t index; /* among the declarations of queues */
		uint32_t n;     /* how many queues */
		uint32_t capacity, entries;
		uint32_t size;  /* of one, in bytes */
		uint32_t slots; /* offset of the slots of requests in it; 0 where none is steered here */
		bool wide;      /* SQEs of 128 bytes are among those requests */
		bool finds;     /* requests are found by their user_data */
		uint32_t list;  /* image.c: the list of what waits for the first of them */
	} queue;

	/* SYM_VAR, T_POOL: a pool of buffers. Its parts are variables of their own, which have no name in the
	 * script. */
	struct {
		uint32_t group; /* among the pools of its kind */
		uint32_t n;
		uint64_t size;   /* of a buffer */
		bool zcrx;       /* of pages for recv_zc: the ring is of those that come back */
		uint32_t pieces; /* how many completions may have some of it at once: entries of that ring */
		struct symbol *device, *queue; /* parameters that say which, or NULL */
		struct symbol *control, *ring,
			*memory; /* struct rl_buffers; the ring's entries; the buffers */
	} buffers;

	/* SYM_VAR, VAR_FILES: a table of direct descriptors, an array of T_FILE. It is no memory: the slots
	 * are the kernel's, those from here on of the ring's one table. */
	uint32_t files_from;

	/* SYM_VAR, T_TABLE: the values. The rest are variables and functions that check_table.c makes. */
	struct {
		uint32_t words;                        /* of a key, 64 bits each */
		struct symbol *find, *insert, *remove; /* functions */
		struct symbol *key, *next, *fresh, *len;
		struct loc deletes; /* where something is deleted, if `remove` is called */
	} table;

	/* SYM_LOCAL */
	struct symbol *pool;   /* the variable of a stream with buffers: where they are from */
	bool readonly;         /* the variable of a for-in */
	bool declared;         /* by a statement of its own */
	bool from_queue;       /* a cqe that is taken out of a queue, or of what a stream gives, somewhere */
	bool big;              /* a cqe of which `big_cqe` is asked for */
	bool in_memory;        /* a scalar whose bytes are asked for */
	bool told;             /* that a slot is no value has been said of it: lower_files.c */
	bool moves;            /* a slice that is assigned more than parts of itself */
	struct symbol *refers; /* a `ref`: the variable that it names a part of */
	uint32_t local;        /* its number within the function being lowered, by lower.c */

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
	uint32_t index;   /* SYM_TASK, SYM_FN: its number; a member of an enum: its place there */
	uint64_t count;   /* SYM_TASK: size of the pool */
	bool spawned;     /* SYM_TASK: somewhere in the program */
	bool isolated;    /* SYM_TASK: its errors end nothing but itself */
	bool cancellable; /* SYM_TASK: some `await all` has a time-out */
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
enum wanted { WANT_VALUE, WANT_STATEMENT, WANT_CALL, WANT_TASK, WANT_STRUCT, WANT_ENUM };
const char *scope_suggest(const struct scope *, const char *name, enum wanted);
void scope_add(struct arena *, struct scope *, struct symbol *);

/* The host may end a sleep of the program at any time, because of this queue. */
static inline bool queue_has_doorbell(const struct symbol *q)
{
	return q->queue.kind == QUEUE_IN || q->queue.room;
}

#endif
