/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * parse.h: what lexer.l, grammar.y, recover.c, syntax_error.c and node.c share; nobody else includes it.
 *
 * The lexer makes words of text. recover.c stands between it and the grammar: it keeps the open
 * brackets, and after an error skips to where the next statement or declaration begins.
 */
#ifndef RINGC_PARSE_H
#define RINGC_PARSE_H

#include "ast.h"
#include "diag.h"
#include "grammar.h"

/* The kernel takes names of less than 512 bytes (KSYM_NAME_LEN) in BTF, where the compiler puts words before
 * them. */
#define NAME_LENGTH_MAX 255

struct bracket {
	char open;              /* ( [ { */
	bool list;              /* { of an initialiser or a list of slices, rather than of a block */
	bool condition;         /* ( of if, while, for, switch: may be followed by a statement */
	bool loop;              /* ( of for: `;` stands in it */
	struct loc loc, before; /* its own place, and that of the word before it */
};

struct token {
	int kind; /* 0 (TOK_EOF) also before the first */
	YYSTYPE value;
	struct loc loc;
	bool starts_line, in_column_1;
};

struct parser {
	struct arena *arena;
	struct diags *diags;
	const struct source *src;
	uint32_t file;
	const struct loc *made_at; /* where all words are said to be, of a text that the compiler has made */
	struct unit *unit;
	void *lexer;

	/* lexer.l */
	uint32_t pos, start; /* offsets: of the next character, of the comment begun */
	uint32_t line_begin; /* where the line of the last word begins */
	bool failed_word;    /* the word is an error that has been reported, and stands for nothing */

	/* recover.c */
	struct bracket open[PARSE_OPEN_MAX];
	unsigned nopen;
	struct bracket shut;     /* the last one that was closed */
	struct token last, prev; /* the words read last */
	bool last_counts; /* the last word is not yet applied to `open`: it may turn out to be an error */
	bool function;    /* a `fn` or `task` has begun, outside of blocks: what a `{` begins is its body */
	struct loc outermost_end; /* the last `}` after which no block was open */
	struct token again;       /* to be read once more, if have_again */
	bool have_again;
	bool panic;      /* the grammar waits for a place to go on from */
	bool skip_block; /* what is skipped is a construct of another version, with all that is in it */
	bool skip_rest;  /* what is skipped is the rest of a function that ended too early */
	bool semicolon_missing;     /* at the end of a line, so the next is a good place */
	bool reported;              /* a syntax error, in this file */
	bool gave_up;               /* nothing more is read or reported */
	uint32_t resumed_at;        /* the word at which the last recovery began anew: never the same twice */
	uint32_t reserved_reported; /* one bit a word */
	uint32_t reserved_at;       /* where the last stood: what follows from it is not reported */

	/* grammar.y */
	struct expr *joined; /* the last expression made of several strings, and their text */
	struct text *joined_text;
};

/* lexer.l */
void *lexer_new(struct parser *);
void lexer_free(void *);
int lexer_next(struct parser *, YYSTYPE *, struct loc *); /* a kind; 0 at the end */

/* recover.c */
int yylex(YYSTYPE *, struct loc *, struct parser *);
void parse_recovered(struct parser *);                      /* the grammar has taken a place to go on from */
void parse_too_deep(struct parser *, const struct loc *at); /* reports that, and ends the parse */
const struct bracket *parse_block(const struct parser *);   /* the innermost open block, or NULL */

/* Words that begin nothing else: */
bool parse_begins_declaration(int kind);
bool parse_begins_statement(int kind);
bool parse_is_type(int kind);

/* syntax_error.c: says what was expected, in the user's words. `expected` are the grammar's names. */
void yyerror(const struct loc *, struct parser *, const char *);
void syntax_error(struct parser *, const char *const *expected, int n);
const char *token_text(struct parser *, const struct token *);

/* node.c: makes nodes, and keeps the tree's height within PARSE_HEIGHT_MAX. Children may be NULL. */
struct expr *node_expr(
	struct parser *, enum expr_kind, struct loc, struct expr *a, struct expr *b, struct expr *c);
struct expr *node_op(struct parser *, enum expr_kind, struct loc, enum op, struct expr *a, struct expr *b);
struct expr *node_int(struct parser *, struct loc, uint64_t value, bool is_duration);
struct expr *node_args(struct parser *, enum expr_kind, struct loc, const expr_vec *);
void node_above(struct parser *, struct expr *, const struct expr *child); /* the same, of an expression */
struct stmt *node_stmt(
	struct parser *, enum stmt_kind, struct loc, struct expr *a, struct stmt *s1, struct stmt *s2);
struct stmt *node_block(struct parser *, enum stmt_kind, struct loc, const stmt_vec *, struct loc end);
struct stmt *node_assign(struct parser *, struct loc, struct expr *a, enum op, struct expr *b);
void node_add(struct parser *, struct stmt *, const struct stmt *child,
	const struct expr *); /* they count for its height */
struct decl *node_decl(struct parser *, enum decl_kind, struct loc, const struct declarator *);
struct decl *node_region(struct parser *, struct loc, struct type_name, struct name, const expr_vec *dims);
struct declarator *node_declarator(
	struct parser *, struct loc, struct type_name, struct name, const expr_vec *dims);
struct loc span(struct loc first, struct loc last);

#endif
