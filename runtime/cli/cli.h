/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* cli.h: the `ringlet` command's parts. It uses the library as any other program would. */
#ifndef RINGLET_CLI_H
#define RINGLET_CLI_H

#include "../ringlet.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_SIGNAL = 128 };

/* Commands: argv[0] is the command's name. They return the exit status. */
int cmd_run(int argc, char **argv);
int cmd_probe(int argc, char **argv);

/* show.c: a shared variable on standard output, a line a value: `copied=9000`, `name[3]=text`. */
bool show_check(struct ringlet *r, const char *name); /* whether it can be; says why not */
void show_value(struct ringlet *r, const char *name);

/* events.c: threads that post what files say to queues, and print events, while a program runs. NULL: it has
 * been said why not. */
struct events;
struct events *events_start(struct ringlet *r, char **posts, int nposts, bool prints);
void events_stop(struct events *e); /* NULL is allowed */

/* ticker.c: a thread that delivers log messages and draws progress while a program runs. */
struct ticker;
struct ticker *ticker_start(struct ringlet *r, bool progress);
void ticker_stop(struct ticker *t); /* NULL is allowed */

/* The callback for struct ringlet_opts: messages go to standard error. */
void ticker_log(void *arg, const struct ringlet_log *message);

#endif
