/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * recover.c: hands the lexer's words to the grammar, and after an error finds where to go on.
 *
 * bison's own recovery discards words until one fits, which knows nothing of brackets: a `;` in the head of a
 * `for` or the `}` of an inner block would do. Here the open brackets are known, so after an error words are
 * skipped to the end of the statement or declaration that is broken, and the grammar is given a word of its
 * own for that: SYNC (it ended), SYNC_BLOCK (its block begins), or SYNC_END (the block around it ends).
 */
#include "parse.h"

static struct token take(struct parser *p)
{
	if (p->have_again) {
		p->have_again = false;
		return p->again;
	}
	struct token t = {0};
	uint32_t line = p->line_begin;
	t.kind = lexer_next(p, &t.value, &t.loc);
	t.starts_line = p->line_begin != line || !p->last.loc.end;
	t.in_column_1 = t.loc.begin == p->line_begin;
	if (t.kind == TOK_EOF) {
		/* The place after the last word says more than an empty line at the end. */
		t.loc.begin = t.loc.end = p->last.loc.end;
		t.starts_line = true;
	}
	return t;
}

/* ---- the open brackets ---- */

/* The index after that of the innermost open `{` of a block, 0 if none is open. */
static unsigned in_block(const struct parser *p)
{
	unsigned n = p->nopen;
	while (n && (p->open[n - 1].open != '{' || p->open[n - 1].list))
		n--;
	return n;
}

const struct bracket *parse_block(const struct parser *p)
{
	unsigned n = in_block(p);
	return n ? &p->open[n - 1] : NULL;
}

/* Whether a `{` here is that of a list of values: after `=`, or within the brackets of a call. */
static bool is_list(const struct parser *p, int before)
{
	if (before == '=')
		return true;
	const struct bracket *b = p->nopen ? &p->open[p->nopen - 1] : NULL;
	if (!b || (before != ',' && before != '(' && before != '{'))
		return false;
	return b->open == '{' ? b->list : b->open == '(' && !b->condition && in_block(p);
}

static void push(struct parser *p, const struct token *t, int before)
{
	if (p->nopen == PARSE_OPEN_MAX) {
		parse_too_deep(p, &t->loc);
		return;
	}
	struct bracket b = {.open = (char)t->kind, .loc = t->loc};
	b.loop = t->kind == '(' && before == TOK_FOR;
	b.condition = b.loop ||
		      (t->kind == '(' && (before == TOK_IF || before == TOK_WHILE || before == TOK_SWITCH));
	b.list = t->kind == '{' && is_list(p, before);
	p->open[p->nopen++] = b;
}

/* A closing bracket closes the nearest one of its kind, but a ) or ] none outside of the block. */
static void shut(struct parser *p, int kind)
{
	char open = kind == ')' ? '(' : kind == ']' ? '[' : '{';
	unsigned n = p->nopen, least = open == '{' ? 0 : in_block(p);
	while (n > least && p->open[n - 1].open != open)
		n--;
	if (n > least)
		p->shut = p->open[p->nopen = n - 1];
}

/* What a word means where no block is open (any more). */
static void outermost(struct parser *p, const struct token *t)
{
	if (in_block(p))
		return;
	if (t->kind == '}' && !p->nopen)
		p->outermost_end = t->loc;
	if (t->kind == TOK_FN || t->kind == TOK_TASK)
		p->function = true;
	else if (t->kind == ';' || t->kind == '}')
		p->function = false;
}

static void count(struct parser *p, const struct token *t, int before)
{
	if (t->kind == '(' || t->kind == '[' || t->kind == '{')
		push(p, t, before);
	else if (t->kind == ')' || t->kind == ']' || t->kind == '}')
		shut(p, t->kind);
	outermost(p, t);
}

void parse_too_deep(struct parser *p, const struct loc *at)
{
	if (!p->gave_up)
		diag(p->diags, at, D_nested);
	p->gave_up = true;
}

/* ---- where something begins ---- */

/* Words that begin a declaration and nothing else. */
bool parse_begins_declaration(int kind)
{
	switch (kind) {
	case TOK_IMPORT:
	case TOK_PARAM:
	case TOK_CONST:
	case TOK_SHARED:
	case TOK_FIXED:
	case TOK_FN:
	case TOK_TASK:
	case TOK_ISOLATED:
	case TOK_CQ:
	case TOK_BUFFERS:
	case TOK_TABLE:
	case TOK_RING:
	case TOK_REGION:
		return true;
	default:
		return false;
	}
}

bool parse_is_type(int kind)
{
	return (kind >= TOK_VOID && kind <= TOK_S64) || kind == TOK_STRUCT || kind == TOK_ENUM ||
	       kind == TOK_CQE;
}

/* Words that begin a statement and nothing else. */
bool parse_begins_statement(int kind)
{
	switch (kind) {
	case TOK_IF:
	case TOK_WHILE:
	case TOK_DO:
	case TOK_FOR:
	case TOK_SWITCH:
	case TOK_CASE:
	case TOK_DEFAULT:
	case TOK_BREAK:
	case TOK_CONTINUE:
	case TOK_RETURN:
	case TOK_DEFER:
	case TOK_SELECT:
	case TOK_YIELD:
		return true;
	default:
		return false;
	}
}

/* Whether the word is where the next statement or declaration begins, though the broken one has no end. */
static bool begins_anew(const struct parser *p, const struct token *t, bool first)
{
	if (!t->starts_line || t->loc.begin == p->resumed_at)
		return false;
	if (first && p->semicolon_missing)
		return t->kind != '}';
	unsigned block = in_block(p);
	if (p->skip_rest)
		return t->in_column_1 && (parse_begins_declaration(t->kind) || parse_is_type(t->kind));
	if (!block)
		return parse_begins_declaration(t->kind) || (t->in_column_1 && parse_is_type(t->kind));
	return parse_begins_statement(t->kind) || (p->nopen == block && parse_is_type(t->kind));
}

static void read_again(struct parser *p, const struct token *t)
{
	p->again = *t;
	p->have_again = true;
}

/* Skips to where the grammar can go on. Called again if it could not go on there. */
static struct token resynchronise(struct parser *p)
{
	for (bool first = true;; first = false) {
		struct token t = take(p);
		if (t.kind == TOK_EOF || p->gave_up)
			return t;
		unsigned block = in_block(p);
		if (block && t.in_column_1 && parse_begins_declaration(t.kind)) {
			/* Nobody indents a function less than the block that it would be in: the block's end
			 * is missing. */
			p->nopen = block - 1;
			read_again(p, &t);
			t.kind = TOK_SYNC_END;
			return t;
		}
		if (begins_anew(p, &t, first)) {
			p->nopen = block;
			p->resumed_at = t.loc.begin;
			read_again(p, &t);
			t.kind = TOK_SYNC;
			return t;
		}
		int before = p->last.kind;
		p->prev = p->last;
		p->last = t;
		if (p->skip_rest)
			continue;
		outermost(p, &t);
		if (t.kind == ';' && !(p->nopen && p->open[p->nopen - 1].loop) &&
			!(p->skip_block && p->nopen > block)) {
			p->nopen = block;
			t.kind = TOK_SYNC;
			return t;
		}
		if (t.kind == '{' && !block && !p->function)
			p->skip_block = true; /* members or values, not statements */
		if (t.kind == '{' && p->skip_block) {
			push(p, &t, '=');
			continue;
		}
		if (t.kind == '{' && !is_list(p, before)) {
			p->nopen = block;
			push(p, &t, before);
			t.kind = TOK_SYNC_BLOCK;
			return t;
		}
		if (t.kind == '}' && (!p->nopen || p->nopen == block)) {
			p->nopen = block ? block - 1 : 0;
			outermost(p, &t);
			t.kind = block ? TOK_SYNC_END : TOK_SYNC;
			return t;
		}
		if (t.kind == '}') {
			/* The end of a list, or of the block if the list has none. */
			unsigned n = p->nopen;
			shut(p, '}');
			if (n && p->nopen < block) {
				t.kind = TOK_SYNC_END;
				return t;
			}
			if (p->skip_block && p->nopen == block) {
				t.kind = TOK_SYNC;
				return t;
			}
			continue;
		}
		count(p, &t, before);
	}
}

void parse_recovered(struct parser *p)
{
	p->panic = false;
	p->semicolon_missing = false;
	p->skip_block = p->skip_rest = false;
}

/* ---- the grammar's yylex ---- */

int yylex(YYSTYPE *value, struct loc *loc, struct parser *p)
{
	struct token t;
	if (p->last_counts) {
		p->last_counts = false;
		/* The word that an error was found at has not been taken: skipping begins with it. */
		if (p->panic) {
			read_again(p, &p->last);
			p->last = p->prev;
		} else {
			count(p, &p->last, p->prev.kind);
			if (p->last.kind == '(' && p->nopen)
				p->open[p->nopen - 1].before = p->prev.loc;
		}
	}
	if (p->panic) {
		t = resynchronise(p);
		p->failed_word = false;
	} else {
		t = take(p);
	}
	*loc = t.loc;
	*value = t.value;
	if (p->gave_up)
		return TOK_EOF;
	if (p->panic)
		return t.kind;
	if (p->failed_word) {
		p->failed_word = false;
		p->panic = true;
		p->prev = p->last;
		p->last = t;
		return TOK_YYerror;
	}
	const struct bracket *block = parse_block(p);
	if (block && t.in_column_1 && parse_begins_declaration(t.kind)) {
		struct diag *d = diag(p->diags, &t.loc, D_syntax, "`}`", token_text(p, &t));
		diag_note(p->diags, d, &block->loc, "this `{` is still open");
		read_again(p, &t);
		p->panic = true;
		return TOK_YYerror;
	}
	p->prev = p->last;
	p->last = t;
	p->last_counts = true;
	return t.kind;
}
