/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ast.h: the tree that the parser makes and the checker annotates.
 *
 * Nodes live in the arena. Fields under "check" are empty after parsing. The grammar
 * knows no symbol table: a name is a string until check.c has looked it up.
 */
#ifndef RINGC_AST_H
#define RINGC_AST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "arena.h"
#include "source.h"

struct type;   /* types.h */
struct symbol; /* scope.h */

struct name {
	const char *text;
	struct loc loc;
};

/* ---- types as written ---- */

enum prim {
	PRIM_VOID,
	PRIM_BOOL,
	PRIM_U8,
	PRIM_U16,
	PRIM_U32,
	PRIM_U64,
	PRIM_S8,
	PRIM_S16,
	PRIM_S32,
	PRIM_S64,
	PRIM_FD,
	PRIM_CQE
};

struct expr;
typedef VEC(struct expr *) expr_vec;

/* What stands after `with`: name = value. */
struct with {
	struct name name;
	struct expr *value;
};
typedef VEC(struct with) with_vec;

/* `u32`, `struct point`, `enum color`; the dimensions stand behind the declared name, as in C. */
struct type_name {
	enum { TN_PRIM, TN_STRUCT, TN_ENUM } kind;
	enum prim prim;
	struct name tag; /* struct, enum */
	struct loc loc;
};

/* TYPE NAME[DIM]...; `u8 buf[]` is a slice: slice is true and dims empty. */
struct declarator {
	struct type_name type;
	struct name name;
	expr_vec dims;
	bool slice;
	bool fixed; /* a parameter: a slot of a table of direct descriptors */
	struct loc loc;
};

/* ---- expressions ---- */

enum expr_kind {
	E_INT,    /* value; durations are nanoseconds, characters their code */
	E_BOOL,   /* value */
	E_STRING, /* str, len: bytes after escapes, no NUL added */
	E_NAME,   /* name */
	E_SELF,
	E_UNARY,  /* op a */
	E_BINARY, /* a op b, && and || among them */
	E_COND,   /* a ? b : c */
	E_CAST,   /* (cast) a */
	E_CALL,   /* name(args) with {with}: function, operation or builtin; check tells which */
	E_INDEX,  /* a[b] */
	E_SLICE,  /* a[b:c]; b or c may be NULL */
	E_FIELD,  /* a.name */
	E_LIST,   /* { args }: initialiser, or a list of slices */
	E_AWAIT,  /* await a (a call, a queue, or E_ALL); b: its time-out, or NULL */
	E_ALL,    /* all name, of a pool; only after await */
	E_SUBMIT, /* submit a (a call) -> b (a queue) */
	E_TRY,    /* try a */
	E_SPAWN,  /* spawn a (a call) */
	E_DELETE, /* delete a (an entry of a table) */
	E_SIZEOF, /* sizeof(type) (cast) or sizeof(a) */
};

/* Operators, for unary and binary expressions and for compound assignment. */
enum op {
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_SHL,
	OP_SHR,
	OP_AND,
	OP_OR,
	OP_XOR,
	OP_LAND,
	OP_LOR,
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_NEG,
	OP_NOT /* ! */,
	OP_COM /* ~ */,
	OP_PLUS,
	OP_NONE, /* plain assignment */
};
const char *op_text(enum op);
static inline bool op_is_comparison(enum op op)
{
	return op >= OP_EQ && op <= OP_GE;
}

struct expr {
	enum expr_kind kind;
	enum op op;
	bool parenthesised;
	bool is_duration; /* E_INT written with ns, us, ms or s */
	uint16_t height;  /* levels of nodes from here down; the parser keeps it within PARSE_HEIGHT_MAX */
	struct loc loc;
	uint64_t value;
	const char *str;
	uint32_t len;
	struct name name;
	struct expr *a, *b, *c;
	expr_vec args;
	with_vec with; /* E_CALL */
	struct type_name cast;
	/* check */
	struct type *type;
	struct symbol *sym;                /* E_NAME; E_CALL of a function or task; E_ALL */
	const struct operation *operation; /* E_CALL of an operation (ops.h) */
	int builtin;                       /* E_CALL of a builtin: enum builtin (check.h) */
	bool is_const; /* then value holds it, as the bits of `type` extended to 64 by its signedness */
};

/* ---- statements ---- */

enum stmt_kind {
	S_BLOCK,  /* body */
	S_DECL,   /* decl = a (a may be NULL) */
	S_ASSIGN, /* a op= b; op is OP_NONE for `=`; `x++` and `x--` are += 1 and -= 1 */
	S_EXPR,   /* a; */
	S_IF,     /* if (a) s1 else s2 (s2 may be NULL) */
	S_WHILE,  /* while (a) s1 */
	S_DO,     /* do s1 while (a); */
	S_FOR_IN, /* for (decl in a..b) s1 */
	S_FOR, /* for (init; a; step) s1: init and step are statements (S_DECL, S_ASSIGN, S_EXPR) or NULL, a
		  may be NULL */
	S_SWITCH, /* switch (a) { body }, body holding S_CASE and S_DEFAULT as plain members */
	S_CASE,   /* case a: */
	S_DEFAULT,
	S_BREAK,
	S_CONTINUE,
	S_RETURN,    /* return a; (a may be NULL) */
	S_DEFER,     /* defer s1 */
	S_FOR_EACH,  /* for (decl in a) s1: a is a queue, or a call that gives many completions */
	S_FOR_TABLE, /* for (decl, ref name in a) s1: a is a table */
	S_SELECT,    /* body: arms */
	S_ARM,       /* on [decl =] a : s1, a being an E_AWAIT; or a NULL and b the time */
	S_YIELD,
	S_REF,    /* ref name = a */
	S_IF_REF, /* if (ref name = a) s1 else s2: a is an entry of a table */
	S_EMPTY,
};

struct stmt;
typedef VEC(struct stmt *) stmt_vec;

struct stmt {
	enum stmt_kind kind;
	enum op op;
	uint16_t height; /* as an expression's */
	struct loc loc;  /* the whole statement; for compound ones its head (up to the closing parenthesis) */
	struct loc end;  /* S_BLOCK: the closing brace */
	struct declarator decl;
	struct expr *a, *b;
	struct stmt *s1, *s2, *init, *step;
	stmt_vec body;
	struct name name;
	/* check */
	struct symbol *sym, *ref; /* ref: that of S_FOR_TABLE */
};

/* ---- declarations ---- */

enum decl_kind {
	DECL_IMPORT,  /* path: dotted name ("std.io"), or string */
	DECL_PARAM,   /* d, kind_name, init, help */
	DECL_CONST,   /* name (d.name), init; has_type if d.type was written */
	DECL_VAR,     /* d, init; shared, fixed, region */
	DECL_STRUCT,  /* name, members */
	DECL_ENUM,    /* name (may be empty: enum { A, B };), members' names and values */
	DECL_FN,      /* d is result type and name; params, body */
	DECL_TASK,    /* name, init = the pool's size or NULL; params, body; isolated */
	DECL_CQ,      /* d: name, dimensions, the last its capacity; kind_name: in, out or none */
	DECL_BUFFERS, /* d: name; init: how many; size: of how many bytes; pool_kind */
	DECL_TABLE,   /* key -> d: the value, the first dimension being how many entries */
	DECL_RING,    /* members: names and values */
};

struct member {
	struct declarator d; /* struct */
	struct expr *value;  /* enum: may be NULL */
	/* check */
	struct symbol *sym; /* enum */
};
typedef VEC(struct member) member_vec;
typedef VEC(struct declarator) declarator_vec;

struct decl {
	enum decl_kind kind;
	struct loc loc; /* the head: from the first word to the name or closing parenthesis */
	struct declarator d;
	struct name name;
	struct name kind_name; /* param: `read`, `create`; text NULL if not written */
	struct type_name key;
	const char *help; /* param; NULL if not written */
	struct expr *init, *size;
	struct expr *pool_kind; /* a name, or a call of it; NULL if not written */
	bool has_type, shared, fixed, isolated;
	bool region;         /* of DECL_VAR: its first dimension is the host's, and not among d.dims */
	bool import_is_path; /* import "x.rlt" rather than import std.io */
	member_vec members;
	declarator_vec params;
	struct stmt *body;
	/* check */
	struct symbol *sym;
	uint32_t file;
};
typedef VEC(struct decl *) decl_vec;

/* One parsed file. */
struct unit {
	uint32_t file;
	decl_vec decls;
};

struct diags;

/* Limits on nesting, so that every later pass may recurse: open brackets and braces at one place, and levels
 * of the tree, which a long sum or a long chain of `else if` has as well. */
#define PARSE_OPEN_MAX 200
#define PARSE_HEIGHT_MAX 1000

/* lexer.l, grammar.y, parse.c. Syntax errors are queued and recovered from at `;` and `}`; the tree holds
 * what was understood, and is not to be checked further if there were any. Nesting past the limits above is
 * an error of its own, found without deep recursion. */
struct unit *parse(struct arena *, struct sources *, struct diags *, uint32_t file);

/* The same for a text that the compiler has made, all of which is at one place of the script. */
struct unit *parse_made(struct arena *, struct diags *, const char *text, const struct loc *at);

/* ast.c: the tree as indented text, one node a line, for --dump=ast. Types and symbols are not shown. */
void ast_dump(const struct unit *, FILE *);

#endif
