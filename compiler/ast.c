/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ast.c: the tree as text, one node a line, children indented. */
#include "ast.h"

const char *op_text(enum op op)
{
	static const char *const text[] = {
		[OP_ADD] = "+",
		[OP_SUB] = "-",
		[OP_MUL] = "*",
		[OP_DIV] = "/",
		[OP_MOD] = "%",
		[OP_SHL] = "<<",
		[OP_SHR] = ">>",
		[OP_AND] = "&",
		[OP_OR] = "|",
		[OP_XOR] = "^",
		[OP_LAND] = "&&",
		[OP_LOR] = "||",
		[OP_EQ] = "==",
		[OP_NE] = "!=",
		[OP_LT] = "<",
		[OP_LE] = "<=",
		[OP_GT] = ">",
		[OP_GE] = ">=",
		[OP_NEG] = "-",
		[OP_NOT] = "!",
		[OP_COM] = "~",
		[OP_PLUS] = "+",
		[OP_NONE] = "",
	};
	return text[op];
}

struct dump {
	FILE *out;
	int depth;
};

#define LINE(d, ...) (indent(d), fprintf((d)->out, __VA_ARGS__))
static void indent(struct dump *d)
{
	fprintf(d->out, "%*s", d->depth * 2, "");
}

static void type(struct dump *d, const struct type_name *t)
{
	static const char *const prims[] = {
		[PRIM_VOID] = "void",
		[PRIM_BOOL] = "bool",
		[PRIM_U8] = "u8",
		[PRIM_U16] = "u16",
		[PRIM_U32] = "u32",
		[PRIM_U64] = "u64",
		[PRIM_S8] = "s8",
		[PRIM_S16] = "s16",
		[PRIM_S32] = "s32",
		[PRIM_S64] = "s64",
		[PRIM_FD] = "fd",
		[PRIM_CQE] = "cqe",
	};
	if (t->kind == TN_PRIM)
		fputs(prims[t->prim], d->out);
	else
		fprintf(d->out, "%s %s", t->kind == TN_STRUCT ? "struct" : "enum", t->tag.text);
}

static void bytes(struct dump *d, const char *s, size_t n)
{
	fputc('"', d->out);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c == '"' || c == '\\')
			fprintf(d->out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", d->out);
		else if (c < 0x20 || c >= 0x7f)
			fprintf(d->out, "\\x%02x", c);
		else
			fputc(c, d->out);
	}
	fputc('"', d->out);
}

/* ---- expressions ---- */

static void expr(struct dump *d, const struct expr *e);

static void below(struct dump *d, const struct expr *e)
{
	d->depth++;
	expr(d, e);
	d->depth--;
}

static void labelled(struct dump *d, const char *label, const struct expr *e)
{
	if (!e)
		return;
	LINE(d, "%s\n", label);
	below(d, e);
}

static void expr_head(struct dump *d, const struct expr *e)
{
	switch (e->kind) {
	case E_INT:
		fprintf(d->out, "%s %llu", e->is_duration ? "duration" : "int", (unsigned long long)e->value);
		break;
	case E_BOOL:
		fputs(e->value ? "true" : "false", d->out);
		break;
	case E_STRING:
		fputs("string ", d->out);
		bytes(d, e->str, e->len);
		break;
	case E_NAME:
		fprintf(d->out, "name %s", e->name.text);
		break;
	case E_SELF:
		fputs("self", d->out);
		break;
	case E_UNARY:
		fprintf(d->out, "unary %s", op_text(e->op));
		break;
	case E_BINARY:
		fprintf(d->out, "binary %s", op_text(e->op));
		break;
	case E_COND:
		fputs("conditional", d->out);
		break;
	case E_CAST:
		fputs("cast ", d->out);
		type(d, &e->cast);
		break;
	case E_CALL:
		fprintf(d->out, "call %s", e->name.text);
		break;
	case E_INDEX:
		fputs("index", d->out);
		break;
	case E_SLICE:
		fputs("slice", d->out);
		break;
	case E_FIELD:
		fprintf(d->out, "field %s", e->name.text);
		break;
	case E_LIST:
		fputs("list", d->out);
		break;
	case E_AWAIT:
		fputs("await", d->out);
		break;
	case E_ALL:
		fprintf(d->out, "all %s", e->name.text);
		break;
	case E_SUBMIT:
		fputs("submit", d->out);
		break;
	case E_TRY:
		fputs("try", d->out);
		break;
	case E_SPAWN:
		fputs("spawn", d->out);
		break;
	case E_DELETE:
		fputs("delete", d->out);
		break;
	case E_SIZEOF:
		fputs("sizeof", d->out);
		if (!e->a) {
			fputc(' ', d->out);
			type(d, &e->cast);
		}
		break;
	}
}

static void expr(struct dump *d, const struct expr *e)
{
	if (!e)
		return;
	indent(d);
	expr_head(d, e);
	fputc('\n', d->out);
	d->depth++;
	expr(d, e->a);
	if (e->kind == E_SLICE) {
		labelled(d, "from", e->b);
		labelled(d, "to", e->c);
	} else if (e->kind == E_AWAIT || e->kind == E_SUBMIT) {
		labelled(d, e->kind == E_AWAIT ? "timeout" : "to", e->b);
	} else {
		expr(d, e->b);
		expr(d, e->c);
	}
	for (size_t i = 0; i < e->args.n; i++)
		expr(d, e->args.at[i]);
	for (size_t i = 0; i < e->with.n; i++)
		labelled(d, e->with.at[i].name.text, e->with.at[i].value);
	d->depth--;
}

/* TYPE NAME to the end of the line, and the sizes below it. */
static void declarator(struct dump *d, const struct declarator *v)
{
	type(d, &v->type);
	fprintf(d->out, " %s%s\n", v->name.text, v->slice ? "[]" : "");
	d->depth++;
	for (size_t i = 0; i < v->dims.n; i++)
		labelled(d, "dimension", v->dims.at[i]);
	d->depth--;
}

/* ---- statements ---- */

static void stmt(struct dump *d, const struct stmt *s);

static void stmt_part(struct dump *d, const char *label, const struct stmt *s)
{
	if (!s)
		return;
	LINE(d, "%s\n", label);
	d->depth++;
	stmt(d, s);
	d->depth--;
}

static void stmt(struct dump *d, const struct stmt *s)
{
	static const char *const names[] = {
		[S_BLOCK] = "block",
		[S_EXPR] = "expression",
		[S_IF] = "if",
		[S_WHILE] = "while",
		[S_DO] = "do-while",
		[S_FOR] = "for",
		[S_SWITCH] = "switch",
		[S_CASE] = "case",
		[S_DEFAULT] = "default",
		[S_BREAK] = "break",
		[S_CONTINUE] = "continue",
		[S_RETURN] = "return",
		[S_DEFER] = "defer",
		[S_EMPTY] = "empty",
		[S_SELECT] = "select",
		[S_YIELD] = "yield",
	};
	indent(d);
	switch (s->kind) {
	case S_DECL:
		fputs("local ", d->out);
		declarator(d, &s->decl);
		break;
	case S_ASSIGN:
		fprintf(d->out, "%s=\n", op_text(s->op));
		break;
	case S_FOR_IN:
		fputs("for-in ", d->out);
		declarator(d, &s->decl);
		break;
	case S_FOR_EACH:
		fputs("for-each ", d->out);
		declarator(d, &s->decl);
		break;
	case S_ARM:
		fputs(s->a ? "on " : "on timeout", d->out);
		if (s->decl.name.text)
			declarator(d, &s->decl);
		else
			fputc('\n', d->out);
		break;
	case S_FOR_TABLE:
		fprintf(d->out, "for-table ref %s ", s->name.text);
		declarator(d, &s->decl);
		break;
	case S_REF:
	case S_IF_REF:
		fprintf(d->out, "%sref %s\n", s->kind == S_IF_REF ? "if-" : "", s->name.text);
		break;
	default:
		fprintf(d->out, "%s\n", names[s->kind]);
	}
	d->depth++;
	stmt_part(d, "first", s->init);
	expr(d, s->a);
	expr(d, s->b);
	stmt_part(d, "step", s->step);
	if (s->s1)
		stmt(d, s->s1);
	stmt_part(d, "else", s->s2);
	for (size_t i = 0; i < s->body.n; i++)
		stmt(d, s->body.at[i]);
	d->depth--;
}

/* ---- declarations ---- */

static void parameters(struct dump *d, const struct decl *decl)
{
	for (size_t i = 0; i < decl->params.n; i++) {
		LINE(d, "parameter %s", decl->params.at[i].fixed ? "fixed " : "");
		declarator(d, &decl->params.at[i]);
	}
	if (decl->body)
		stmt(d, decl->body);
}

static void members(struct dump *d, const struct decl *decl)
{
	for (size_t i = 0; i < decl->members.n; i++) {
		const struct member *m = &decl->members.at[i];
		LINE(d, "member ");
		if (decl->kind == DECL_STRUCT) {
			declarator(d, &m->d);
		} else { /* of an enum, or of `ring` */
			fprintf(d->out, "%s\n", m->d.name.text);
			if (m->value)
				below(d, m->value);
		}
	}
}

static void declaration(struct dump *d, const struct decl *decl)
{
	switch (decl->kind) {
	case DECL_IMPORT:
		fputs("import ", d->out);
		if (decl->import_is_path)
			bytes(d, decl->name.text, __builtin_strlen(decl->name.text));
		else
			fputs(decl->name.text, d->out);
		fputc('\n', d->out);
		break;
	case DECL_PARAM:
		fputs("param ", d->out);
		declarator(d, &decl->d);
		d->depth++;
		labelled(d, "default", decl->init);
		if (decl->kind_name.text)
			LINE(d, "kind %s\n", decl->kind_name.text);
		if (decl->help) {
			LINE(d, "help ");
			bytes(d, decl->help, __builtin_strlen(decl->help));
			fputc('\n', d->out);
		}
		d->depth--;
		break;
	case DECL_CONST:
		fputs("const ", d->out);
		if (decl->has_type)
			declarator(d, &decl->d);
		else
			fprintf(d->out, "%s\n", decl->name.text);
		below(d, decl->init);
		break;
	case DECL_VAR:
		fprintf(d->out, "%s%s", decl->fixed ? "fixed " : "", decl->shared ? "shared " : "");
		if (decl->region)
			fputs("region ", d->out);
		else
			fputs(decl->fixed || decl->shared ? "" : "private ", d->out);
		declarator(d, &decl->d);
		d->depth++;
		labelled(d, "value", decl->init);
		d->depth--;
		break;
	case DECL_STRUCT:
	case DECL_ENUM:
		fprintf(d->out, "%s%s%s\n", decl->kind == DECL_STRUCT ? "struct" : "enum",
			*decl->name.text ? " " : "", decl->name.text);
		d->depth++;
		members(d, decl);
		d->depth--;
		break;
	case DECL_CQ:
		fputs("queue ", d->out);
		declarator(d, &decl->d);
		d->depth++;
		if (decl->kind_name.text)
			LINE(d, "kind %s\n", decl->kind_name.text);
		d->depth--;
		break;
	case DECL_BUFFERS:
		fprintf(d->out, "buffers %s\n", decl->name.text);
		d->depth++;
		labelled(d, "count", decl->init);
		labelled(d, "size", decl->size);
		labelled(d, "kind", decl->pool_kind);
		d->depth--;
		break;
	case DECL_TABLE:
		fputs("table ", d->out);
		type(d, &decl->key);
		fputs(" -> ", d->out);
		declarator(d, &decl->d);
		break;
	case DECL_RING:
		fputs("ring\n", d->out);
		d->depth++;
		members(d, decl);
		d->depth--;
		break;
	case DECL_FN:
		fputs("fn ", d->out);
		declarator(d, &decl->d);
		d->depth++;
		parameters(d, decl);
		d->depth--;
		break;
	case DECL_TASK:
		fprintf(d->out, "%stask %s\n", decl->isolated ? "isolated " : "", decl->name.text);
		d->depth++;
		labelled(d, "pool", decl->init);
		parameters(d, decl);
		d->depth--;
		break;
	}
}

void ast_dump(const struct unit *u, FILE *out)
{
	struct dump d = {out, 0};
	for (size_t i = 0; i < u->decls.n; i++)
		declaration(&d, u->decls.at[i]);
}
