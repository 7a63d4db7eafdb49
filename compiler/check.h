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
int builtin_find(const char *name); /* enum builtin, or 0 */

/* The most instances of all tasks together: each may have a request in flight, and a ring has at most
 * IORING_MAX_ENTRIES (32768, io_uring/io_uring.h) SQEs; one is kept for cancelling. */
#define MAX_INSTANCES 32767
#define MAX_CAPACITY                                                                                         \
	32768       /* of a queue: what a request is steered to has a slot, and a ring has so many SQEs */
#define MAX_ARMS 16 /* of a select */
#define MAX_QUEUES 32767    /* in one declaration */
#define MAX_FD_PARAMS 64    /* std.io keeps a position for each that is a stream */
#define MAX_FILES (1 << 20) /* IORING_MAX_FIXED_FILES, io_uring/filetable.h */
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
#define TASK_SUBPROGRAMS 2  /* a task and its end; where it is spawned, its start too */
#define STEP_SUBPROGRAMS 9  /* the step and what supports it, with some to spare */

struct program {
	struct arena *arena;
	struct sources *sources;
	struct diags *diags;
	module_vec modules; /* imported ones before their importers; the script itself last */
	symbol_vec vars, fns, tasks, queues, pools;
	bool big_cqe; /* somewhere `big_cqe` of a completion is asked for */
	bool submits; /* somewhere a request is steered to a queue */
	struct symbol *main;
	struct symbol *region; /* or NULL */
	uint32_t nfixed;
	uint32_t nfiles;  /* slots of all tables of direct descriptors */
	uint32_t ntables; /* of those */
	struct {
		struct decl *decl;
		uint64_t sq, cq, batch; /* 0: as the program needs */
		uint64_t sqe, cqe;      /* bytes of each, 0: likewise */
	} ring;
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
	bool in_stream;               /* in the head of a loop over a stream */
	const struct expr *statement; /* an expression that is a statement */
	unsigned depth;               /* of check_resolve() */
	bool nested;                  /* functions that call functions: too deep, and reported */
	VEC(struct expr *) deferred;  /* calls of functions in defers: they must not fail() */
};

/* check_import.c. What a name stands for here. NULL: nothing, or something that cannot be used, which has
 * been reported at the name's place. */
struct symbol *check_find(struct checker *, const struct name *);
/* The same after `struct` or `enum`; where there is none, what else has the name. */
struct symbol *check_find_tag(struct checker *, const struct name *, enum symbol_kind);
bool check_refused_field(struct checker *, const struct type *, const struct name *); /* and reports it */

struct type *check_expr(struct checker *, struct expr *);
void check_loose(struct checker *, struct expr *); /* of what is wrong already: for the errors in it */
/* As check_expr, then checks that it can be given to a place of that type (and gives lists and constants
 * their type). */
void check_value(struct checker *, struct expr *, struct type *to, const char *what);
void check_condition(struct checker *, struct expr *);
struct type *check_call(struct checker *, struct expr *call, bool awaited);
struct type *check_spawn(struct checker *, struct expr *);
bool check_count(struct checker *, const struct expr *call, unsigned least, unsigned most);
void check_arguments(struct checker *, struct expr *call); /* of one that is wrong already */
bool check_is_local(const struct expr *place);
struct type *check_operation(struct checker *, struct expr *, const struct operation *, bool awaited);
uint64_t check_slice_size(const struct expr *slice);
bool check_made(struct checker *, const struct name *); /* of an operation without a row: reports that */
struct type *check_submit(struct checker *, struct expr *);
/* check_select.c */
void check_time_number(struct checker *, struct expr *, const char *what); /* of ns, or of a unit */
void check_time(struct checker *, struct expr *, const char *what);        /* a duration */
void check_await_timeout(struct checker *, struct expr *await);
struct type *check_await_all(struct checker *, struct expr *await);
bool check_select_arms(struct checker *, struct stmt *);
bool check_alone(struct checker *, const struct expr *call, const char *what, bool outlives);
void check_arm(struct checker *, struct stmt *);
/* check_queue.c */
void check_cq(struct checker *, struct decl *);
void check_queue_sizes(struct program *); /* when it is known which of them requests are steered to */
struct type *check_queue(struct checker *, struct expr *, const char *what); /* a place that is a queue */
void check_queue_hint(struct checker *c, struct diag *d, const struct expr *e);
struct type *check_queue_builtin(struct checker *, struct expr *, int builtin);
void check_target_queue(
	struct checker *, struct expr *, const char *what); /* one that requests are found in */
struct type *check_queue_await(struct checker *, struct expr *await);
/* check_cqe.c: the second half of a CQE of 32 bytes */
struct type *check_big_cqe(struct checker *, struct expr *index); /* c.big_cqe[0] */
void check_cqe_from(struct checker *, struct symbol *, const struct expr *from, const struct loc *);
/* check_files.c: tables of direct descriptors */
void check_files(struct checker *, struct decl *);
struct type *check_fixed_param(struct checker *, const struct declarator *, struct type *);
bool check_is_slot(struct checker *, const struct expr *);
/* What a function or task is given for a parameter, where either is a slot: whether it is right, or said to
 * be wrong. */
bool check_slot_given(struct checker *, struct expr *, const struct symbol *fn, const struct symbol *param);
/* Where an operation takes a slot, or a descriptor that may be in one: whether it is that. */
void check_slot(struct checker *, struct expr *call, size_t arg);
uint64_t check_count_slots(const struct type *); /* of a table, or of a part of one */
uint64_t check_slots(
	const struct expr *call, const struct op_arg *); /* how many of them the operation uses */
/* check_table.c */
#define TABLE_FREE (1u << 30) /* in the link of an entry that was deleted */
void check_table(struct checker *, struct decl *);
struct type *check_entry(struct checker *, struct expr *index); /* of a table whose type is known */
struct type *check_delete(struct checker *, struct expr *);
struct type *check_table_builtin(struct checker *, struct expr *, int builtin);
bool check_is_entry(const struct expr *);
void check_calls(struct checker *, struct symbol *fn); /* the body that is checked calls it */
/* check.c: what the compiler declares itself, checked; its names are its own. */
struct module *check_unit(struct checker *, struct unit *);
/* check_region.c */
void check_region(struct checker *, struct decl *);
struct type *check_region_type(struct checker *, struct decl *);
void check_region_index(struct checker *, const struct expr *index, const struct type *);
bool check_not_region(struct checker *, const struct expr *); /* its size has to be known now */
/* check_stream.c */
struct symbol *check_hidden(
	struct program *, enum storage, const struct symbol *of, const char *part, uint64_t size);
void check_buffers(struct checker *, struct decl *);
void check_pool(
	struct checker *, struct expr *, const char *what, const struct operation *); /* one is wanted */
bool check_stream(
	struct checker *, struct expr *); /* what a `for` goes through is a stream, or meant for one */
struct type *check_stream_buf(struct checker *, const struct expr *field);
bool check_is_pure(const struct expr *call); /* of a builtin that only computes */
struct type *check_place(
	struct checker *, struct expr *, const char *what); /* something that can be assigned to */
/* the same, or one that can only be read */
struct type *check_any_place(struct checker *, struct expr *, const char *what);
struct symbol *check_root(const struct expr *place);
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
/* The same where there are a few words, all of which are told: "the kinds are read and write". */
void check_suggest_of(struct checker *, struct diag *, const char *name, const char *what,
	const char *const *words, size_t n);
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
