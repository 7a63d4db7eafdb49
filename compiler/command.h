/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* command.h: the commands of ringc, and what they share. Each returns the exit status. */
#ifndef RINGC_COMMAND_H
#define RINGC_COMMAND_H

#include <stdbool.h>

/* Of the words behind the command's name. */
int build_command(int argc, char **argv);
int lint_command(int argc, char **argv); /* lint/command.c */
int explain_command(int argc, char **argv);

int wrong(const char *what, const char *arg); /* says so, and how ringc is used; arg may be NULL. 2 */
int printed(int status); /* `status`, unless what was printed went nowhere: worth nothing then */
bool is_help(const char *arg);
int show_help(void);

#endif
