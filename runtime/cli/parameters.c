/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parameters.c: a program's parameters, from the command line and as text. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

void parameters_list(const struct program *program, FILE *to)
{
	struct ringlet *r = program->r;
	struct ringlet_param p;
	int width = 0;

	for (unsigned i = 0; ringlet_param(r, i, &p) == 0; i++)
		if ((int)strlen(p.name) > width)
			width = (int)strlen(p.name);
	for (unsigned i = 0; ringlet_param(r, i, &p) == 0; i++) {
		if (i == 0)
			fprintf(to, "parameters of %s:\n", program->path);
		fprintf(to, "  %-*s  %s%s%s", width, p.name,
			p.shared   ? "shared "
			: p.region ? "region "
				   : "",
			p.ndims && strcmp(p.type, "string") == 0 ? "u8" : p.type, p.region ? "[]" : "");
		for (unsigned d = 0; d < p.ndims; d++)
			fprintf(to, "[%u]", p.dims[d]);
		fprintf(to, "%s%s%s", *p.kind ? " " : "", p.kind, *p.help || p.required ? "  " : "");
		if (p.required)
			fprintf(to, "(required) ");
		fprintf(to, "%s", p.help);
		if (*p.initial)
			fprintf(to, " [%s]", p.initial);
		fputc('\n', to);
	}
}

/* The library's name for a parameter, which lives as long as r does, or NULL. */
static const char *known_name(struct ringlet *r, const char *name)
{
	struct ringlet_param p;

	for (unsigned i = 0; ringlet_param(r, i, &p) == 0; i++)
		if (strcmp(p.name, name) == 0)
			return p.name;
	return NULL;
}

/* One NAME=VALUE; what is wrong goes to standard error. */
static bool set_parameter(const struct program *program, int i)
{
	struct ringlet *r = program->r;
	char **args = program->args;
	char *equals = strchr(args[i], '=');
	size_t n;
	bool ok;

	if (!equals) {
		fprintf(stderr, "ringlet: `%s` is not NAME=VALUE\n", args[i]);
		return false;
	}
	n = (size_t)(equals - args[i]) + 1;
	for (int k = 0; k < i; k++) {
		if (strncmp(args[k], args[i], n) == 0) {
			fprintf(stderr, "ringlet: parameter `%s%.*s` is given twice\n", program->prefix,
				(int)n - 1, args[i]);
			return false;
		}
	}
	*equals = '\0';
	ok = known_name(r, args[i]) != NULL;
	if (!ok)
		fprintf(stderr, "ringlet: there is no parameter `%s%s`\n", program->prefix, args[i]);
	else if (ringlet_set_arg(r, args[i], equals + 1) != 0) {
		fprintf(stderr, "ringlet: %s\n", ringlet_error(r));
		ok = false;
	}
	*equals = '=';
	return ok;
}

bool parameters_set(struct program *program)
{
	struct ringlet *r = program->r;
	struct ringlet_param p;
	bool ok = true;

	for (int i = 0; i < program->nargs; i++)
		ok = set_parameter(program, i) && ok;
	for (unsigned i = 0; ringlet_param(r, i, &p) == 0; i++) {
		size_t n = strlen(p.name);
		bool given = p.set;

		for (int k = 0; k < program->nargs; k++) /* given, but wrong: said already */
			given = given ||
				(strncmp(program->args[k], p.name, n) == 0 && program->args[k][n] == '=');
		if (p.required && !given) {
			fprintf(stderr, "ringlet: %s `%s%s` is missing%s\n",
				p.region ? "region" : "parameter", program->prefix, p.name,
				p.region ? ": give its size" : "");
			ok = false;
		}
	}
	return ok;
}
