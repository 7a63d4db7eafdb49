/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * grammar.y: words to tree. Types are keywords or `struct`/`enum NAME`, so no symbol table is needed.
 *
 * After an error the grammar pops to the nearest `error` rule: a declaration, a member, or an item of a
 * block. recover.c then skips to where the next one begins and hands out a SYNC word that says how.
 */

%code requires {
#include "ast.h"

struct parser;

struct number {
	uint64_t value;
	bool is_duration;
};

/* The bytes of one or several strings; where the last of several begins. */
struct text {
	char *at;
	size_t n, cap;
	size_t last;
	unsigned pieces;
};
}

%code {
#include <string.h>
#include "parse.h"

/* Far more than PARSE_OPEN_MAX brackets need; long chains of prefix operators and `else if` are stopped by it. */
#define YYMAXDEPTH 100000

#define YYLLOC_DEFAULT(cur, rhs, n)                                                                                    \
	((cur) = (n) ? span(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n))                                                        \
		     : (struct loc){YYRHSLOC(rhs, 0).file, YYRHSLOC(rhs, 0).end, YYRHSLOC(rhs, 0).end})

#define EXPR(kind, a, b, c) node_expr(p, kind, yyloc, a, b, c)
#define BINARY(op, a, b) node_op(p, E_BINARY, yyloc, op, a, b)
#define UNARY(op, a) node_op(p, E_UNARY, yyloc, op, a, NULL)
#define PUSH(list, x) VEC_PUSH(p->arena, list, x)

static struct type_name prim(enum prim prim, struct loc loc)
{
	return (struct type_name){.kind = TN_PRIM, .prim = prim, .loc = loc};
}

static struct expr *literal(struct parser *p, struct loc loc, struct text *t)
{
	struct expr *e = node_expr(p, E_STRING, loc, NULL, NULL, NULL);
	e->str = t->at;
	e->len = (uint32_t)t->n;
	if (t->pieces > 1) {
		p->joined = e;
		p->joined_text = t;
	}
	return e;
}

static void join(struct parser *p, struct text *t, const struct text *more)
{
	while (t->cap - t->n < more->n)
		t->at = arena_grow(p->arena, t->at, t->n, &t->cap, 1);
	t->last = t->n;
	if (more->n)
		memcpy(t->at + t->n, more->at, more->n);
	t->n += more->n;
	t->pieces++;
}

static const char *help(struct parser *p, struct loc loc, const char *text, size_t n)
{
	source_check_literal(p->diags, &loc, text, n, "the help of a parameter");
	return arena_strndup(p->arena, text, n);
}
}

%define api.pure full
%define api.location.type {struct loc}
%define api.token.prefix {TOK_}
%define parse.error custom
%define parse.lac full
%locations
%param {struct parser *p}
%expect 0
%initial-action { @$ = (struct loc){p->file, 0, 0}; }

%union {
	struct number number;
	struct name name;
	struct text *text;
	enum op op;
	struct type_name type;
	struct declarator *declarator;
	declarator_vec *declarators;
	struct expr *expr;
	expr_vec *exprs;
	struct stmt *stmt;
	stmt_vec *stmts;
	struct decl *decl;
	struct member *member;
	member_vec *members;
	with_vec *with;
}

/* The names are what messages say: a word or sign as it is written, or "a ..." for a kind of word. */
%token EOF 0 "the end of the file"
%token <name> NAME "a name"
%token <number> NUMBER "a number" CHARACTER "a character"
%token <text> STRING "a string"
%token IMPORT "import" PARAM "param" CONST "const" SHARED "shared" FIXED "fixed" STRUCT "struct" ENUM "enum" FN "fn"
%token TASK "task" ISOLATED "isolated"
%token VOID "void" BOOL "bool" FD "fd" U8 "u8" U16 "u16" U32 "u32" U64 "u64" S8 "s8" S16 "s16" S32 "s32" S64 "s64"
%token IF "if" ELSE "else" WHILE "while" DO "do" FOR "for" SWITCH "switch" CASE "case" DEFAULT "default" BREAK "break"
%token CONTINUE "continue" RETURN "return" DEFER "defer" AWAIT "await" TRY "try" SPAWN "spawn" SIZEOF "sizeof"
%token SELF "self" TRUE "true" FALSE "false"
%token TABLE "table" DELETE "delete" CQ "cq" CQE "cqe" RING "ring" BUFFERS "buffers" SUBMIT "submit" WITH "with" REF "ref" SELECT "select" YIELD "yield" REGION "region"
%token IN "in" OF "of"
%token <name> ALL "all" ON "on" TIMEOUT "timeout"
%token SHL_SET "<<=" SHR_SET ">>=" ADD_SET "+=" SUB_SET "-=" MUL_SET "*=" DIV_SET "/=" MOD_SET "%=" AND_SET "&="
%token OR_SET "|=" XOR_SET "^=" INC "++" DEC "--" LAND "&&" LOR "||" EQ "==" NE "!=" LE "<=" GE ">=" SHL "<<" SHR ">>"
%token DOTDOT ".." ARROW "->"
%token SYNC "a new beginning" SYNC_BLOCK "a new block" SYNC_END "the end of a block"

/* C's precedence, from loose to tight. */
%right '?' ':'
%left "||"
%left "&&"
%left '|'
%left '^'
%left '&'
%left "==" "!="
%left '<' '>' "<=" ">="
%left "<<" ">>"
%left '+' '-'
%left '*' '/' '%'

/* An `else` belongs to the nearest `if`, a string to the string before it. */
%precedence ALONE
%precedence "else" STRING "timeout"

%type <type> type
%type <name> module word
%type <text> text
%type <op> set
%type <declarator> declarator parameter
%type <declarators> parameters parameter_list
%type <with> with_items
%type <expr> expr unary awaited all postfix primary value opt_initial opt_expr list pool opt_default opt_pool_kind
%type <exprs> dims arguments argument_list list_items
%type <stmt> block stmt item simple variable opt_init opt_step arm
%type <stmts> items arms
%type <decl> decl var_decl region_decl
%type <member> enum_member
%type <members> members enum_members ring_items
%type <name> opt_kind

%%

unit: decls;

decls:
	%empty
|	decls decl                      { if ($decl) PUSH(&p->unit->decls, $decl); }
|	decls ';'
|	decls error sync
|	decls error sync_block items block_end
;

sync:       SYNC                        { parse_recovered(p); yyerrok; };
sync_block: SYNC_BLOCK                  { parse_recovered(p); yyerrok; };
block_end:  '}' | error sync_end;
sync_end:   SYNC_END                    { parse_recovered(p); yyerrok; };

/* ---- declarations ---- */

decl:
	"import" module ';'             {
		$$ = node_decl(p, DECL_IMPORT, span(@1, @2), NULL);
		$$->name = $module;
	}
|	"import" text ';'               {
		$$ = node_decl(p, DECL_IMPORT, span(@1, @2), NULL);
		$$->import_is_path = true;
		$$->name = (struct name){arena_strndup(p->arena, $text->at, $text->n), @text};
		if (!$text->n || memchr($text->at, 0, $text->n)) {
			diag(p->diags, &@text, D_import_path);
			$$ = NULL;
		}
	}
|	"param" declarator opt_default opt_kind ';' {
		$$ = node_decl(p, DECL_PARAM, span(@1, @2), $declarator);
		$$->init = $opt_default;
		$$->kind_name = $opt_kind;
		struct text *t = p->joined_text;
		if ($opt_default && p->joined == $opt_default && !$opt_default->parenthesised) {
			/* = "default" "help": the last string is the help, even where the default is one too. */
			$$->help = help(p, @opt_default, t->at + t->last, t->n - t->last);
			$$->init->len = (uint32_t)t->last;
		}
	}
|	"param" declarator opt_default opt_kind text ';' {
		$$ = node_decl(p, DECL_PARAM, span(@1, @2), $declarator);
		$$->init = $opt_default;
		$$->kind_name = $opt_kind;
		$$->help = help(p, @text, $text->at, $text->n);
	}
|	"const" NAME '=' expr ';'       {
		struct declarator *d = node_declarator(p, @NAME, (struct type_name){.loc = @NAME}, $NAME, NULL);
		$$ = node_decl(p, DECL_CONST, span(@1, @NAME), d);
		$$->init = $expr;
	}
|	"const" declarator '=' expr ';' {
		$$ = node_decl(p, DECL_CONST, span(@1, @declarator), $declarator);
		$$->has_type = true;
		$$->init = $expr;
	}
|	var_decl
|	"shared" var_decl               { $$ = $2; $$->shared = true; $$->loc = span(@1, $$->loc); }
|	"fixed" var_decl                { $$ = $2; $$->fixed = true; $$->loc = span(@1, $$->loc); }
|	"fixed" "shared" var_decl       { $$ = $3; $$->fixed = $$->shared = true; $$->loc = span(@1, $$->loc); }
|	"region" region_decl            { $$ = $2; $$->loc = span(@1, $$->loc); }
|	"fixed" "region" region_decl    { $$ = $3; $$->fixed = true; $$->loc = span(@1, $$->loc); }
|	"struct" NAME '{' members block_end {
		$$ = node_decl(p, DECL_STRUCT, span(@1, @2), NULL);
		$$->name = $$->d.name = $NAME;
		$$->members = *$members;
	}
|	"enum" '{' enum_members enum_end {
		$$ = node_decl(p, DECL_ENUM, @1, NULL);
		$$->name = $$->d.name = (struct name){"", @1};
		$$->members = *$enum_members;
	}
|	"enum" NAME '{' enum_members enum_end {
		$$ = node_decl(p, DECL_ENUM, span(@1, @2), NULL);
		$$->name = $$->d.name = $NAME;
		$$->members = *$enum_members;
	}
|	"cq" word dims opt_kind ';'     {
		$$ = node_decl(p, DECL_CQ, span(@1, @dims), node_declarator(p, @word, prim(PRIM_CQE, @1), $word, $dims));
		$$->kind_name = $opt_kind;
	}
|	"buffers" word '[' expr ']' "of" expr opt_pool_kind ';' {
		$$ = node_decl(p, DECL_BUFFERS, span(@1, @7), node_declarator(p, @word, prim(PRIM_U8, @1), $word, NULL));
		$$->init = $4;
		$$->size = $7;
		$$->pool_kind = $opt_pool_kind;
	}
|	"table" type "->" declarator ';' {
		$$ = node_decl(p, DECL_TABLE, span(@1, @4), $declarator);
		$$->key = $type;
	}
|	"ring" '{' ring_items block_end {
		$$ = node_decl(p, DECL_RING, @1, NULL);
		$$->name = $$->d.name = (struct name){"ring", @1};
		$$->members = *$ring_items;
	}
|	"fn" NAME '(' parameters ')' block {
		struct declarator *d = node_declarator(p, @NAME, prim(PRIM_VOID, @NAME), $NAME, NULL);
		$$ = node_decl(p, DECL_FN, span(@1, @5), d);
		$$->params = *$parameters;
		$$->body = $block;
	}
|	"fn" type NAME '(' parameters ')' block {
		struct declarator *d = node_declarator(p, span(@type, @NAME), $type, $NAME, NULL);
		$$ = node_decl(p, DECL_FN, span(@1, @6), d);
		$$->params = *$parameters;
		$$->body = $block;
	}
|	"task" NAME pool '(' parameters ')' block {
		$$ = node_decl(p, DECL_TASK, span(@1, @6), NULL);
		$$->name = $$->d.name = $NAME;
		$$->init = $pool;
		$$->params = *$parameters;
		$$->body = $block;
	}
|	"isolated" "task" NAME pool '(' parameters ')' block {
		$$ = node_decl(p, DECL_TASK, span(@1, @7), NULL);
		$$->name = $$->d.name = $NAME;
		$$->init = $pool;
		$$->params = *$parameters;
		$$->body = $block;
		$$->isolated = true;
	}
;

module:
	NAME
|	module '.' NAME                 {
		$$ = (struct name){arena_printf(p->arena, "%s.%s", $1.text, $3.text), @$};
	}
;

opt_default:
	%empty                          { $$ = NULL; }
|	'=' expr                        { $$ = $2; }
;

opt_kind:
	%empty                          { $$ = (struct name){NULL, @$}; }
|	':' NAME                        { $$ = $2; }
;

opt_pool_kind:
	%empty                          { $$ = NULL; }
|	':' expr                        { $$ = $2; }
;

var_decl:
	declarator opt_initial ';'      {
		$$ = node_decl(p, DECL_VAR, @declarator, $declarator);
		$$->init = $opt_initial;
	}
;

region_decl:
	type word dims opt_initial ';'  {
		$$ = node_region(p, span(@type, @dims), $type, $word, $dims);
		$$->init = $opt_initial;
	}
;

members:
	%empty                          { $$ = NEW(p->arena, member_vec); }
|	members declarator ';'          {
		struct member m = {.d = *$declarator};
		$$ = $1;
		PUSH($$, m);
	}
|	members error sync              { $$ = $1; }
;

ring_items:
	%empty                          { $$ = NEW(p->arena, member_vec); }
|	ring_items NAME expr ';'        { $$ = $1; PUSH($$, ((struct member){.d = {.name = $2, .loc = @2}, .value = $3})); }
|	ring_items "cq" expr ';'        {
		$$ = $1;
		PUSH($$, ((struct member){.d = {.name = {"cq", @2}, .loc = @2}, .value = $3}));
	}
|	ring_items "cqe" expr ';'       {
		$$ = $1;
		PUSH($$, ((struct member){.d = {.name = {"cqe", @2}, .loc = @2}, .value = $3}));
	}
|	ring_items error sync           { $$ = $1; }
;

enum_members:
	%empty                          { $$ = NEW(p->arena, member_vec); }
|	enum_members enum_member ','    { $$ = $1; PUSH($$, *$2); }
;

/* The last member needs no comma; it is added where it ends. */
enum_end:
	'}'
|	enum_member '}'                 { PUSH($<members>0, *$1); }
|	error sync_end
;

enum_member:
	NAME                            {
		$$ = NEW(p->arena, struct member);
		$$->d.name = $NAME;
		$$->d.loc = @$;
	}
|	NAME '=' expr                   {
		$$ = NEW(p->arena, struct member);
		$$->d.name = $NAME;
		$$->d.loc = @NAME;
		$$->value = $expr;
	}
;

parameters:
	%empty                          { $$ = NEW(p->arena, declarator_vec); }
|	parameter_list
;

parameter_list:
	parameter                       { $$ = NEW(p->arena, declarator_vec); PUSH($$, *$1); }
|	parameter_list ',' parameter    { $$ = $1; PUSH($$, *$3); }
;

parameter:
	declarator
|	"fixed" declarator              { $$ = $2; $$->fixed = true; $$->loc = span(@1, $$->loc); }
;

pool:
	%empty                          { $$ = NULL; }
|	'[' expr ']'                    { $$ = $2; }
;

/* ---- types and declarators ---- */

type:
	"void"                          { $$ = prim(PRIM_VOID, @$); }
|	"bool"                          { $$ = prim(PRIM_BOOL, @$); }
|	"fd"                            { $$ = prim(PRIM_FD, @$); }
|	"u8"                            { $$ = prim(PRIM_U8, @$); }
|	"u16"                           { $$ = prim(PRIM_U16, @$); }
|	"u32"                           { $$ = prim(PRIM_U32, @$); }
|	"u64"                           { $$ = prim(PRIM_U64, @$); }
|	"s8"                            { $$ = prim(PRIM_S8, @$); }
|	"s16"                           { $$ = prim(PRIM_S16, @$); }
|	"s32"                           { $$ = prim(PRIM_S32, @$); }
|	"s64"                           { $$ = prim(PRIM_S64, @$); }
|	"cqe"                           { $$ = prim(PRIM_CQE, @$); }
|	"struct" NAME                   { $$ = (struct type_name){.kind = TN_STRUCT, .tag = $2, .loc = @$}; }
|	"enum" NAME                     { $$ = (struct type_name){.kind = TN_ENUM, .tag = $2, .loc = @$}; }
;

declarator: type word dims              { $$ = node_declarator(p, @$, $type, $word, $dims); };

/* Words of the language that can be names too: `timeout` is also an operation. */
word: NAME | "timeout" | "on";

/* An empty pair of brackets, which makes a slice, is a NULL. */
dims:
	%empty                          { $$ = NEW(p->arena, expr_vec); }
|	dims '[' opt_expr ']'           { $$ = $1; PUSH($$, $3); }
;

opt_initial:
	%empty                          { $$ = NULL; }
|	'=' value                       { $$ = $2; }
;

value: expr | list;

list:
	'{' '}'                         { $$ = EXPR(E_LIST, NULL, NULL, NULL); }
|	'{' list_items '}'              { $$ = node_args(p, E_LIST, @$, $2); }
|	'{' list_items ',' '}'          { $$ = node_args(p, E_LIST, @$, $2); }
;

list_items:
	value                           { $$ = NEW(p->arena, expr_vec); PUSH($$, $1); }
|	list_items ',' value            { $$ = $1; PUSH($$, $3); }
;

/* ---- statements ---- */

block: '{' items block_end              { $$ = node_block(p, S_BLOCK, @$, $items, @block_end); };

items:
	%empty                          { $$ = NEW(p->arena, stmt_vec); }
|	items item                      { $$ = $1; PUSH($$, $2); }
;

item:
	stmt
|	variable ';'                    { $$ = $1; $$->loc = @$; }
|	"ref" NAME '=' expr ';'         {
		$$ = node_stmt(p, S_REF, @$, $expr, NULL, NULL);
		$$->name = $NAME;
	}
|	"case" expr ':'                 { $$ = node_stmt(p, S_CASE, @$, $2, NULL, NULL); }
|	"default" ':'                   { $$ = node_stmt(p, S_DEFAULT, @$, NULL, NULL, NULL); }
|	broken                          { $$ = node_stmt(p, S_EMPTY, @$, NULL, NULL, NULL); }
|	broken "else" stmt              { $$ = $stmt; }
;

broken: error sync | error sync_block items block_end;

stmt:
	block
|	';'                             { $$ = node_stmt(p, S_EMPTY, @$, NULL, NULL, NULL); }
|	simple ';'                      { $$ = $1; $$->loc = @$; }
|	"if" '(' expr ')' stmt          %prec ALONE
					{ $$ = node_stmt(p, S_IF, span(@1, @4), $expr, $5, NULL); }
|	"if" '(' expr ')' stmt "else" stmt { $$ = node_stmt(p, S_IF, span(@1, @4), $expr, $5, $7); }
|	"if" '(' "ref" NAME '=' expr ')' stmt %prec ALONE {
		$$ = node_stmt(p, S_IF_REF, span(@1, @7), $expr, $8, NULL);
		$$->name = $NAME;
	}
|	"if" '(' "ref" NAME '=' expr ')' stmt "else" stmt {
		$$ = node_stmt(p, S_IF_REF, span(@1, @7), $expr, $8, $10);
		$$->name = $NAME;
	}
|	"while" '(' expr ')' stmt       { $$ = node_stmt(p, S_WHILE, span(@1, @4), $expr, $5, NULL); }
|	"do" stmt "while" '(' expr ')' ';' { $$ = node_stmt(p, S_DO, @1, $expr, $2, NULL); }
|	"for" '(' type NAME "in" expr ".." expr ')' stmt {
		$$ = node_stmt(p, S_FOR_IN, span(@1, @9), $6, $10, NULL);
		$$->b = $8;
		$$->decl = *node_declarator(p, span(@type, @NAME), $type, $NAME, NULL);
		node_add(p, $$, NULL, $8);
	}
|	"for" '(' type NAME "in" expr ')' stmt {
		$$ = node_stmt(p, S_FOR_EACH, span(@1, @7), $6, $8, NULL);
		$$->decl = *node_declarator(p, span(@type, @NAME), $type, $NAME, NULL);
	}
|	"for" '(' type NAME ',' "ref" NAME "in" expr ')' stmt {
		$$ = node_stmt(p, S_FOR_TABLE, span(@1, @10), $9, $11, NULL);
		$$->decl = *node_declarator(p, span(@3, @4), $3, $4, NULL);
		$$->name = $7;
	}
|	"for" '(' opt_init ';' opt_expr ';' opt_step ')' stmt {
		$$ = node_stmt(p, S_FOR, span(@1, @8), $opt_expr, $9, NULL);
		$$->init = $opt_init;
		$$->step = $opt_step;
		node_add(p, $$, $opt_init, NULL);
		node_add(p, $$, $opt_step, NULL);
	}
|	"switch" '(' expr ')' '{' items block_end {
		$$ = node_block(p, S_SWITCH, span(@1, @4), $items, @block_end);
		$$->a = $expr;
		node_add(p, $$, NULL, $expr);
	}
|	"select" '{' arms block_end     {
		$$ = node_block(p, S_SELECT, @1, $arms, @block_end);
	}
|	"yield" ';'                     { $$ = node_stmt(p, S_YIELD, @$, NULL, NULL, NULL); }
|	"break" ';'                     { $$ = node_stmt(p, S_BREAK, @$, NULL, NULL, NULL); }
|	"continue" ';'                  { $$ = node_stmt(p, S_CONTINUE, @$, NULL, NULL, NULL); }
|	"return" opt_expr ';'           { $$ = node_stmt(p, S_RETURN, @$, $2, NULL, NULL); }
|	"defer" stmt                    { $$ = node_stmt(p, S_DEFER, @$, NULL, $2, NULL); }
;

arms:
	%empty                          { $$ = NEW(p->arena, stmt_vec); }
|	arms arm                        { $$ = $1; PUSH($$, $2); }
|	arms error sync                 { $$ = $1; }
;

arm:
	"on" awaited ':' stmt           { $$ = node_stmt(p, S_ARM, span(@1, @3), $2, $4, NULL); }
|	"on" type word '=' awaited ':' stmt {
		$$ = node_stmt(p, S_ARM, span(@1, @6), $5, $7, NULL);
		$$->decl = *node_declarator(p, span(@type, @word), $type, $word, NULL);
	}
|	"on" "timeout" expr ':' stmt    {
		$$ = node_stmt(p, S_ARM, span(@1, @4), NULL, $5, NULL);
		$$->b = $3;
		node_add(p, $$, NULL, $3);
	}
;

/* What `;` makes a statement, and what may stand in the head of a `for`. */
simple:
	expr                            { $$ = node_stmt(p, S_EXPR, @$, $1, NULL, NULL); }
|	expr '=' list                   { $$ = node_assign(p, @$, $1, OP_NONE, $3); }
|	expr set expr                   { $$ = node_assign(p, @$, $1, $2, $3); }
|	expr "++"                       { $$ = node_assign(p, @$, $1, OP_ADD, node_int(p, @2, 1, false)); }
|	expr "--"                       { $$ = node_assign(p, @$, $1, OP_SUB, node_int(p, @2, 1, false)); }
;

set:
	'='                             { $$ = OP_NONE; }
|	"+="                            { $$ = OP_ADD; }
|	"-="                            { $$ = OP_SUB; }
|	"*="                            { $$ = OP_MUL; }
|	"/="                            { $$ = OP_DIV; }
|	"%="                            { $$ = OP_MOD; }
|	"<<="                           { $$ = OP_SHL; }
|	">>="                           { $$ = OP_SHR; }
|	"&="                            { $$ = OP_AND; }
|	"|="                            { $$ = OP_OR; }
|	"^="                            { $$ = OP_XOR; }
;

variable: declarator opt_initial        {
		$$ = node_stmt(p, S_DECL, @$, $opt_initial, NULL, NULL);
		$$->decl = *$declarator;
	}
;

opt_init: %empty                        { $$ = NULL; } | simple | variable;
opt_step: %empty                        { $$ = NULL; } | simple;

/* ---- expressions ---- */

opt_expr: %empty                        { $$ = NULL; } | expr;

expr:
	unary
|	expr '?' expr ':' expr          { $$ = EXPR(E_COND, $1, $3, $5); }
|	expr "||" expr                  { $$ = BINARY(OP_LOR, $1, $3); }
|	expr "&&" expr                  { $$ = BINARY(OP_LAND, $1, $3); }
|	expr '|' expr                   { $$ = BINARY(OP_OR, $1, $3); }
|	expr '^' expr                   { $$ = BINARY(OP_XOR, $1, $3); }
|	expr '&' expr                   { $$ = BINARY(OP_AND, $1, $3); }
|	expr "==" expr                  { $$ = BINARY(OP_EQ, $1, $3); }
|	expr "!=" expr                  { $$ = BINARY(OP_NE, $1, $3); }
|	expr '<' expr                   { $$ = BINARY(OP_LT, $1, $3); }
|	expr '>' expr                   { $$ = BINARY(OP_GT, $1, $3); }
|	expr "<=" expr                  { $$ = BINARY(OP_LE, $1, $3); }
|	expr ">=" expr                  { $$ = BINARY(OP_GE, $1, $3); }
|	expr "<<" expr                  { $$ = BINARY(OP_SHL, $1, $3); }
|	expr ">>" expr                  { $$ = BINARY(OP_SHR, $1, $3); }
|	expr '+' expr                   { $$ = BINARY(OP_ADD, $1, $3); }
|	expr '-' expr                   { $$ = BINARY(OP_SUB, $1, $3); }
|	expr '*' expr                   { $$ = BINARY(OP_MUL, $1, $3); }
|	expr '/' expr                   { $$ = BINARY(OP_DIV, $1, $3); }
|	expr '%' expr                   { $$ = BINARY(OP_MOD, $1, $3); }
;

unary:
	postfix
|	'-' unary                       { $$ = UNARY(OP_NEG, $2); }
|	'+' unary                       { $$ = UNARY(OP_PLUS, $2); }
|	'!' unary                       { $$ = UNARY(OP_NOT, $2); }
|	'~' unary                       { $$ = UNARY(OP_COM, $2); }
|	'(' type ')' unary              { $$ = EXPR(E_CAST, $4, NULL, NULL); $$->cast = $type; }
|	awaited                         %prec ALONE
|	awaited "timeout" unary         { $$ = $1; $$->loc = @$; $$->b = $3; node_above(p, $$, $3); }
|	"submit" unary "->" postfix     { $$ = EXPR(E_SUBMIT, $2, $4, NULL); }
|	"try" unary                     { $$ = EXPR(E_TRY, $2, NULL, NULL); }
|	"spawn" unary                   { $$ = EXPR(E_SPAWN, $2, NULL, NULL); }
|	"delete" unary                  { $$ = EXPR(E_DELETE, $2, NULL, NULL); }
|	"sizeof" '(' type ')'           { $$ = EXPR(E_SIZEOF, NULL, NULL, NULL); $$->cast = $type; }
|	"sizeof" '(' expr ')'           { $$ = EXPR(E_SIZEOF, $3, NULL, NULL); }
;

awaited:
	"await" unary                   { $$ = EXPR(E_AWAIT, $2, NULL, NULL); }
|	"await" all                     { $$ = EXPR(E_AWAIT, $2, NULL, NULL); }
;

all: "all" NAME                         { $$ = EXPR(E_ALL, NULL, NULL, NULL); $$->name = $NAME; };

postfix:
	primary
|	postfix '[' value ']'           { $$ = EXPR(E_INDEX, $1, $3, NULL); }
|	postfix '[' opt_expr ':' opt_expr ']' { $$ = EXPR(E_SLICE, $1, $3, $5); }
|	postfix '.' word                { $$ = EXPR(E_FIELD, $1, NULL, NULL); $$->name = $3; }
;

primary:
	word                            { $$ = EXPR(E_NAME, NULL, NULL, NULL); $$->name = $1; }
|	word '(' arguments ')'          { $$ = node_args(p, E_CALL, @$, $3); $$->name = $1; }
|	word '(' arguments ')' "with" '{' with_items '}' {
		$$ = node_args(p, E_CALL, @$, $3);
		$$->name = $1;
		$$->with = *$7;
		for (size_t i = 0; i < $$->with.n; i++)
			node_above(p, $$, $$->with.at[i].value);
	}
|	"all" '(' arguments ')'         { $$ = node_args(p, E_CALL, @$, $3); $$->name = $1; }
|	NUMBER                          { $$ = node_int(p, @$, $1.value, $1.is_duration); }
|	CHARACTER                       { $$ = node_int(p, @$, $1.value, false); }
|	text                            %prec ALONE { $$ = literal(p, @$, $1); }
|	"self"                          { $$ = EXPR(E_SELF, NULL, NULL, NULL); }
|	"true"                          { $$ = EXPR(E_BOOL, NULL, NULL, NULL); $$->value = 1; }
|	"false"                         { $$ = EXPR(E_BOOL, NULL, NULL, NULL); }
|	'(' expr ')'                    { $$ = $2; $$->parenthesised = true; }
;

with_items:
	NAME '=' expr                   { $$ = NEW(p->arena, with_vec); PUSH($$, ((struct with){$1, $3})); }
|	with_items ',' NAME '=' expr    { $$ = $1; PUSH($$, ((struct with){$3, $5})); }
;

text:
	STRING                          { $$ = $1; $$->pieces = 1; }
|	text STRING                     { $$ = $1; join(p, $$, $2); }
;

arguments:
	%empty                          { $$ = NEW(p->arena, expr_vec); }
|	argument_list
;

argument_list:
	value                           { $$ = NEW(p->arena, expr_vec); PUSH($$, $1); }
|	argument_list ',' value         { $$ = $1; PUSH($$, $3); }
;

%%

/* bison calls this with what it has and what could stand there instead. */
static int yyreport_syntax_error(const yypcontext_t *at, struct parser *p)
{
	yysymbol_kind_t kinds[YYNTOKENS];
	const char *names[YYNTOKENS];
	int n = yypcontext_expected_tokens(at, kinds, YYNTOKENS);
	for (int i = 0; i < n; i++)
		names[i] = yysymbol_name(kinds[i]);
	syntax_error(p, names, n < 0 ? 0 : n);
	return 0;
}

static struct unit *parse_source(
	struct arena *a, struct diags *diags, const struct source *src, uint32_t file, const struct loc *made_at)
{
	struct parser *p = NEW(a, struct parser);
	p->arena = a;
	p->diags = diags;
	p->src = src;
	p->file = file;
	p->made_at = made_at;
	p->resumed_at = p->reserved_at = UINT32_MAX;
	p->unit = NEW(a, struct unit);
	p->unit->file = file;
	p->lexer = lexer_new(p);
	if (yyparse(p) == 2)
		parse_too_deep(p, &p->last.loc);
	lexer_free(p->lexer);
	return p->unit;
}

struct unit *parse(struct arena *a, struct sources *sources, struct diags *diags, uint32_t file)
{
	return parse_source(a, diags, sources->list.at[file], file, NULL);
}

struct unit *parse_made(struct arena *a, struct diags *diags, const char *text, const struct loc *at)
{
	struct source src = {.text = text, .size = (uint32_t)strlen(text)};
	return parse_source(a, diags, &src, at->file, at);
}
