/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* cli.h: the `ringlet` command's parts. It uses the library as any other program would, but for what look.h
 * says. */
#ifndef RINGLET_CLI_H
#define RINGLET_CLI_H

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

#include "../ringlet.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_SIGNAL = 128 };

/* Commands: argv[0] is the command's name. They return the exit status. */
int cmd_run(int argc, char **argv); /* and `trace` */
int cmd_probe(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_top(int argc, char **argv);

/* Whether all that was printed to standard output has arrived there; if not it is said, once. main.c */
bool output_is_written(void);

/* ---- options.c: what `ringlet run` is asked for ---- */

struct program {
	const char *path;
	char prefix[16]; /* before its names where there are several: "2."; else "" */
	int cpu;         /* where it is to run; -1: anywhere */
	char **args;     /* NAME=VALUE */
	int nargs;
	const char *core;       /* of --core, or NULL */
	struct ringlet *r;      /* its version: the command's own thread changes it, with the lock */
	pthread_rwlock_t lock;  /* program_hold has it */
	pthread_mutex_t change; /* of versions, or that it has ended */
	bool leaves;            /* the version that runs, since another is to take over */
	bool ended;             /* with this, which says so to the command: */
	int result;             /* of ringlet_run */
	sem_t *told;
	pthread_t thread;
	bool ticks, progress;  /* messages are shown, and progress */
	struct events *events; /* NULL: none are asked for */
};

/* [PROGRAM.]NAME[[INDEX]], as an option has it. */
struct name {
	struct program *program;
	char *text;
	unsigned index;
};

struct post {
	struct name queue;
	const char *path;
};

struct connection {
	struct name from, to;
};

struct run_options {
	struct ringlet_opts lib;
	bool stats, quiet, help, events;
	bool trace;                        /* `ringlet trace` */
	const char *timeline, *histograms; /* files; NULL: none, or as text */
	struct tracer *tracer;
	bool rings; /* the programs are one script's, on a processor each */
	struct program *programs;
	const char *core;   /* of --core: where one that fails is saved, or NULL */
	struct name *shows; /* of --show, in their order */
	struct post *posts; /* of --post */
	struct connection *connections;
	int nprograms, nshows, nposts, nconnections;
};

/* EXIT_OK, or the exit status, and it has been said why. argv's strings are changed, and kept. */
int options_parse(int argc, char **argv, struct run_options *o);
void options_free(struct run_options *o);

/* ---- program.c: a program while it runs ---- */

void program_init(struct program *p, const struct run_options *o, sem_t *told);
void program_destroy(struct program *p);
struct ringlet *program_open(struct program *p, const struct run_options *o); /* as ringlet_open */
int program_prepare(struct program *p);                                       /* as ringlet_prepare */
bool program_start(struct program *all, int n); /* all, or none: false, and it has been said why */
void program_join(struct program *p);
/* Has the object that is there now take over. False: the old one runs on, and it has been said why. */
bool program_renew(struct program *p, const struct run_options *o);
void program_show_log(struct ringlet *r, bool failed); /* the verifier's */
void program_show_lost(struct ringlet *r);

/* For other threads than the command's own: what is held is not closed. Not for long. */
struct ringlet *program_hold(struct program *p);
void program_release(struct program *p);

/* ---- parameters.c ---- */

void parameters_list(const struct program *p, FILE *to);
/* All that is wrong with them is said at once. */
bool parameters_set(struct program *p);

/* ---- show.c: a shared variable on standard output, a line a value: `copied=9000`, `name[3]=text` ---- */

bool show_check(const struct name *n, struct ringlet *r); /* whether it can be; says why not */
void show_value(const struct name *n);

/* ---- events.c: threads that post what files say to queues, and print events, while a program runs ---- */

struct events;
/* NULL: it has been said why not. Nothing is posted yet. */
struct events *events_open(struct program *p, const struct run_options *o);
bool events_check(const struct program *p, const struct run_options *o, struct ringlet *r);
bool events_start(struct events *e); /* false: it has been said why not */
void events_stop(struct events *e);  /* the program has ended, or does not run */
/* When they have stopped: each file was read to where the program ended, and each line was one to post. It
 * was said what was not. NULL is allowed, here and below. */
bool events_were_right(const struct events *e);
void events_free(struct events *e);

/* ---- trace.c: ringlet trace ---- */

struct tracer *tracer_open(struct run_options *o); /* NULL: it has been said why not */
void tracer_report(struct tracer *t);              /* before the programs are closed */
bool tracer_close(struct tracer *t); /* whether all was written; says why not. NULL is allowed */

/* ---- ticker.c: log messages and progress of a program that runs ---- */

#define TICK_MS 100

struct ticker {
	bool progress, terminal;
	unsigned ticks;
	uint64_t shown_done, shown_total;
};

void ticker_begin(struct ticker *t, bool progress);
void ticker_tick(struct ticker *t, struct ringlet *r); /* once in a TICK_MS */
void ticker_end(struct ticker *t, struct ringlet *r);

/* For lines on standard output, which may be the same terminal: the bar is gone until the release. */
void ticker_hold(void);
void ticker_release(void);

/* The callback for struct ringlet_opts: messages go to standard error. */
void ticker_log(void *arg, const struct ringlet_log *message);

#endif
