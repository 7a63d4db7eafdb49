/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* docs.h: between docs.c and docs_lint.c. */
#ifndef TOOLS_DOCS_H
#define TOOLS_DOCS_H

#include <stdio.h>

/* A format with what it is given left out; an explanation, of which indented lines are examples. */
void docs_pattern(const char *format, FILE *);
void docs_explanation(const char *text, FILE *);

/* docs_lint.c: the tables of the linter. */
void rules_table(FILE *);
void program_limits_table(FILE *);
void map_sizes_table(FILE *);
void program_types_table(FILE *);
void map_types_table(FILE *);
void map_flags_table(FILE *);
void struct_ops_table(FILE *);
void insns_table(FILE *);
void helpers_table(FILE *);
void kfuncs_table(FILE *);

#endif
