/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * syntax_error.c: a syntax error in the user's words.
 *
 * bison says which words could stand at the place; after `n = a` that is `;` and some thirty operators. Here
 * such sets become "an expression", "a type", "a statement", or are left out where an obvious one remains,
 * and what people bring from C gets a HINT.
 */
#include <ctype.h>
#include <string.h>
#include "near.h"
#include "parse.h"

#define SHOWN_MAX 4 /* words that a message lists as expected */
#define TEXT_MAX 40 /* bytes of the unexpected word that it shows */

struct set {
	const char *const *names;
	int n;
};

/* bison writes a character as ';' and a word as it is declared. */
static bool is(const char *name, const char *word)
{
	if (name[0] == '\'')
		return name[1] == word[0] && !word[1];
	return !strcmp(name, word);
}

static bool has(struct set s, const char *word)
{
	for (int i = 0; i < s.n; i++)
		if (is(s.names[i], word))
			return true;
	return false;
}

/* Nothing but a name: `on` and `timeout` are names too. */
static bool only_a_name(struct set s)
{
	return has(s, "a name") && s.n == 1 + has(s, "on") + has(s, "timeout");
}

static bool is_any(const char *name, const char *const *words)
{
	for (; *words; words++)
		if (is(name, *words))
			return true;
	return false;
}

static const char *const infix[] = {"?", "||", "&&", "|", "^", "&", "==", "!=", "<", ">", "<=", ">=", "<<",
	">>", "+", "-", "*", "/", "%", "[", "(", ".", "timeout", "with", NULL};
static const char *const settings[] = {
	"=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "|=", "^=", "++", "--", NULL};
static const char *const prefix[] = {"a name", "a number", "a character", "a string", "self", "true", "false",
	"(", "-", "+", "!", "~", "await", "try", "spawn", "delete", "submit", "sizeof", "all", "on",
	"timeout", NULL};
static const char *const types[] = {"void", "bool", "fd", "u8", "u16", "u32", "u64", "s8", "s16", "s32",
	"s64", "struct", "enum", "cqe", NULL};
static const char *const statements[] = {"if", "while", "do", "for", "switch", "case", "default", "break",
	"continue", "return", "defer", "ref", "select", "yield", "{", ";", "else", NULL};
static const char *const declarations[] = {"import", "param", "const", "shared", "fixed", "fn", "task",
	"isolated", "cq", "buffers", "table", "ring", "region", ";", "the end of the file", NULL};
static const char *const never[] = {"a new beginning", "a new block", "the end of a block", NULL};

/* What is expected, as "`,` or `)`". */
static const char *expectation(struct parser *p, struct set s)
{
	const char *items[SHOWN_MAX + 1];
	int n = 0;
	bool declaration = has(s, "task") && has(s, "import"), statement = has(s, "while") && has(s, "if");
	bool expression = has(s, "a number"), type = has(s, "u8") && !declaration && !statement;
	bool operand_done = has(s, "*"); /* only an operator, never a prefix, is spelled so */
	if (statement && p->last.kind == TOK_EOF && has(s, "}"))
		return "`}`";
	if (p->semicolon_missing)
		return "`;`";
	if (declaration)
		items[n++] = "a declaration";
	if (statement)
		items[n++] = "a statement";
	if (expression && !statement)
		items[n++] = "an expression";
	if (type && !expression)
		items[n++] = "a type";
	for (int i = 0; i < s.n; i++) {
		const char *name = s.names[i];
		if (is_any(name, never) ||
			(declaration && (is_any(name, declarations) || is_any(name, types))) ||
			(statement && (is_any(name, statements) || is_any(name, types))) ||
			((expression || statement) && (is_any(name, prefix) || is_any(name, types))) ||
			(type && is_any(name, types)) ||
			(operand_done && (is_any(name, infix) || is_any(name, settings))))
			continue;
		if (has(s, "a name") && (is(name, "on") || is(name, "timeout"))) /* which can be names */
			continue;
		if (has(s, ";") && is(name, "[")) /* `u32 x` may go on so, but seldom should */
			continue;
		if (is(name, "a string") &&
			(has(s, ";") || operand_done)) /* a second string, or the help of a parameter */
			continue;
		if (n == SHOWN_MAX)
			return "something else"; /* too much to say */
		if (!strncmp(name, "a ", 2) || !strncmp(name, "the ", 4))
			items[n++] = name;
		else if (name[0] == '\'')
			items[n++] = arena_printf(p->arena, "`%c`", name[1]);
		else
			items[n++] = arena_printf(p->arena, "`%s`", name);
	}
	const char *text = n ? items[0] : "something else";
	for (int i = 1; i < n; i++)
		text = arena_printf(p->arena, "%s%s%s", text, i == n - 1 ? " or " : ", ", items[i]);
	return text;
}

const char *token_text(struct parser *p, const struct token *t)
{
	if (t->kind == TOK_EOF)
		return "the end of the file";
	if (t->kind == TOK_STRING)
		return "this string";
	uint32_t n = t->loc.end - t->loc.begin;
	if (n > TEXT_MAX)
		return arena_printf(p->arena, "`%.*s...`", TEXT_MAX, p->src->text + t->loc.begin);
	return arena_printf(p->arena, "`%.*s`", (int)n, p->src->text + t->loc.begin);
}

static const char *text_of(struct parser *p, const struct token *t)
{
	return arena_strndup(p->arena, p->src->text + t->loc.begin, t->loc.end - t->loc.begin);
}

static bool spelled(const struct parser *p, const struct token *t, const char *word)
{
	return t->loc.end - t->loc.begin == strlen(word) &&
	       !memcmp(p->src->text + t->loc.begin, word, strlen(word));
}

/* C's types, for people who write them. */
static const char *type_for(const struct parser *p, const struct token *t)
{
	static const char *const pairs[][2] = {{"int", "s32"}, {"unsigned", "u32"}, {"char", "u8"},
		{"short", "s16"}, {"long", "s64"}, {"size_t", "u64"}, {"ssize_t", "s64"}, {"off_t", "u64"},
		{"uint8_t", "u8"}, {"uint16_t", "u16"}, {"uint32_t", "u32"}, {"uint64_t", "u64"},
		{"int8_t", "s8"}, {"int16_t", "s16"}, {"int32_t", "s32"}, {"int64_t", "s64"}, {"i8", "s8"},
		{"i16", "s16"}, {"i32", "s32"}, {"i64", "s64"}};
	if (t->kind == TOK_NAME)
		for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
			if (spelled(p, t, pairs[i][0]))
				return pairs[i][1];
	return NULL;
}

static bool is_keyword(const struct token *t)
{
	return t->kind >= TOK_IMPORT && t->kind <= TOK_YIELD;
}

/* The word of the language that is one letter apart from a name: one that could stand there, or, of a name
 * that was taken for something else, one that begins a statement. */
static const char *keyword_for(struct parser *p, const struct loc *name, const struct set *expected)
{
	static const char *const words[] = {"return", "while", "switch", "spawn", "await", "defer", "break",
		"continue", "default", "else", "submit", "select", "struct", "enum", "void", "bool", "for",
		"try", "yield", "case", "const", "shared", "fixed", "region"};
	const char *text = arena_strndup(p->arena, p->src->text + name->begin, name->end - name->begin);
	for (size_t i = 0; i < (expected ? (size_t)expected->n : sizeof words / sizeof words[0]); i++) {
		const char *word = expected ? expected->names[i] : words[i];
		if (strlen(word) > 2 && !strchr(word, ' ') && near_distance(text, word, 1) == 1)
			return word;
	}
	return NULL;
}

/* Only where it is certain what was meant. */
static void hint(struct parser *p, struct diag *d, struct set s)
{
	const struct token *got = &p->last, *before = &p->prev;
	bool operand = has(s, "a number"), declaration = has(s, "task"), statement = has(s, "if");
	const char *type = type_for(p, before), *meant = NULL;
	if (!type && has(s, "u8"))
		type = type_for(p, got);
	if (got->kind == TOK_NAME)
		meant = keyword_for(p, &got->loc, &s);
	if (!meant && before->kind == TOK_NAME && has(s, ";"))
		meant = keyword_for(p, &before->loc, NULL);
	if (!meant && before->kind == ')' && got->kind == '{' && has(s, ";")) /* wihle (n < 8) { is no call */
		meant = keyword_for(p, &p->shut.before, NULL);
	if (!meant && before->kind == '(' && parse_is_type(got->kind)) /* fro (u32 i in 0..8) */
		meant = keyword_for(p, &p->open[p->nopen - 1].before, NULL);
	if (type)
		diag_hint(p->diags, d, "the types are u8 to u64, s8 to s64, bool and fd: write `%s`", type);
	else if (has(s, "->") && got->kind == ';')
		diag_hint(p->diags, d, "say where the completion goes: `submit nop() -> queue;`");
	else if (got->kind == TOK_ARROW && before->kind != TOK_SUBMIT)
		diag_hint(p->diags, d, "there are no pointers: a field is reached with `.`");
	else if ((operand || only_a_name(s)) && (got->kind == '&' || got->kind == '*'))
		diag_hint(p->diags, d, "there are no pointers: name the variable, or a slice of it");
	else if (got->kind == '=' && !has(s, "=") && !declaration && !statement)
		diag_hint(p->diags, d, "an assignment is a statement, not a value; to compare, write `==`");
	else if ((got->kind == TOK_INC || got->kind == TOK_DEC) && !has(s, "=") && (operand || has(s, "*")))
		diag_hint(p->diags, d, "`x++;` and `x--;` are statements, not values");
	else if (got->kind == ',' && has(s, ";") && !has(s, ",") && !declaration && !statement)
		diag_hint(
			p->diags, d, "write a statement or declaration for each: there is no comma operator");
	else if (got->kind == ',' && has(s, ":") && !has(s, ","))
		diag_hint(p->diags, d, "each value has a `case` of its own: `case 1: case 2:`");
	else if (statement && parse_begins_declaration(got->kind))
		diag_hint(p->diags, d, "`%s` stands outside of tasks and functions", text_of(p, got));
	else if (statement && parse_is_type(got->kind))
		diag_hint(p->diags, d, "a declaration needs a block of its own here: { ... }");
	else if (declaration && (parse_begins_statement(got->kind) || got->kind == TOK_AWAIT))
		diag_hint(p->diags, d, "statements stand in a `task` or `fn`");
	else if (before->kind == TOK_VOID && got->kind == ')')
		diag_hint(p->diags, d, "no parameters are written `()`");
	else if (only_a_name(s) && is_keyword(got))
		diag_hint(
			p->diags, d, "`%s` is a word of the language, and cannot be a name", text_of(p, got));
	else if (got->kind == TOK_IN)
		diag_hint(p->diags, d, "the loop variable has a type: `for (u32 i in 0..n)`");
	else if (spelled(p, got, "goto") || spelled(p, before, "goto"))
		diag_hint(p->diags, d,
			"there is no `goto`: leave loops with `break` or `return`, and clean up with "
			"`defer`");
	else if (declaration && spelled(p, got, "typedef"))
		diag_hint(p->diags, d,
			"types have no other names: a struct is declared and used as `struct name`");
	else if (meant)
		diag_hint(p->diags, d, "did you mean `%s`?", meant);
	else if (before->kind == TOK_NAME && before->starts_line && got->kind == TOK_NAME &&
		 !got->starts_line && has(s, ";") && !declaration)
		diag_hint(p->diags, d, "if `%s` is a type, write `struct %s` or `enum %s`",
			text_of(p, before), text_of(p, before), text_of(p, before));
}

void syntax_error(struct parser *p, const char *const *expected, int n)
{
	struct set s = {expected, n};
	const struct token *got = &p->last;
	p->panic = true;
	if (p->gave_up || p->prev.loc.begin == p->reserved_at)
		return;
	/* Indented text where a declaration should begin is the rest of a function of which a brace too many,
	 * or one too few, has ended the body. It is told once, unless what caused it has been. */
	p->skip_rest = has(s, "task") && !got->in_column_1 && (got->starts_line || p->reported) &&
		       got->kind != TOK_EOF;
	if (p->skip_rest && p->reported)
		return;
	p->reported = true;
	struct loc at = got->loc;
	/* A `;` is missing where the line ends, not where the next one begins. */
	p->semicolon_missing =
		has(s, ";") && !has(s, "if") && !has(s, "task") && got->starts_line && p->prev.loc.end;
	if (p->semicolon_missing)
		at.begin = at.end = p->prev.loc.end;
	const char *want = expectation(p, s);
	struct diag *d = diag(p->diags, &at, D_syntax, want, token_text(p, got));
	const struct bracket *block = parse_block(p);
	if (got->kind == TOK_EOF && block && has(s, "}"))
		diag_note(p->diags, d, &block->loc, "this `{` is still open");
	if (has(s, "task") && p->outermost_end.end && (p->skip_rest || got->kind == '}'))
		diag_note(p->diags, d, &p->outermost_end, "the body before ended with this `}`");
	hint(p, d, s);
}

/* bison calls this itself only where its stack would pass YYMAXDEPTH. */
void yyerror(const struct loc *at, struct parser *p, const char *unused)
{
	(void)unused;
	parse_too_deep(p, at);
}
