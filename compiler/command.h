/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* command.h: the commands of ringc, and what they share. Each returns the exit status. */
#ifndef RINGC_COMMAND_H
#define RINGC_COMMAND_H

#include <stdbool.h>
#include "compile.h"

/* Of the words behind the command's name. */
int build_command(int argc, char **argv);
int lint_command(int argc, char **argv);   /* lint/command.c */
int disasm_command(int argc, char **argv); /* lint/disasm.c */
int graph_command(int argc, char **argv);  /* graph_command.c */
int explain_command(int argc, char **argv);

/* -I and -D, for C headers that a script imports: -I DIR, -IDIR. */
#define C_ARGS_MAX 100
struct c_args {
	const char *at[2 * C_ARGS_MAX]; /* each followed by its argument */
	unsigned n;
};
bool c_args_is(const char *option);
int c_args_take(struct c_args *, int argc, char **argv, int *i); /* 0, or the exit status */
void c_args_add(const struct c_args *, struct compilation *);

int wrong(const char *what, const char *arg); /* says so, and how ringc is used; arg may be NULL. 2 */
int printed(int status); /* `status`, unless what was printed went nowhere: worth nothing then */
bool is_help(const char *arg);
int show_help(void);

#endif
