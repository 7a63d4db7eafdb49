/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * walk.h: what a program does, out of its object and an image that nobody vouches for: numbers in it may be
 * anything, and lists may lead anywhere.
 */
#ifndef RINGLET_WALK_H
#define RINGLET_WALK_H

#include <stdbool.h>

#include "image.h"
#include "object.h"

enum rl_doing { RL_DOES_RUN, RL_DOES_STOP, RL_DOES_NOTHING, RL_DOES_FAIL };

/* The program as a whole. */
struct rl_sight {
	enum rl_doing doing;
	char failure[2048];           /* why it failed, or stops; "" otherwise */
	uint32_t in_flight;           /* requests, of which */
	uint32_t written;             /* these are written: a submission of them has not come back */
	uint32_t submitted;           /* since the start, wraps */
	uint32_t ready;               /* entries of the ready queue */
	uint32_t queued;              /* completions in queues */
	uint32_t live;                /* instances */
	uint32_t isolated;            /* errors of isolated tasks */
	uint32_t log_waits, log_lost; /* messages */
	uint64_t progress_done, progress_total;
};

/* One that runs. */
struct rl_instance {
	uint32_t task, self;
	uint32_t state;
	const struct rl_state *at; /* where it waits; NULL: the object has no such state */
	uint64_t since_ns;         /* and since when: CLOCK_MONOTONIC */
	bool ready;                /* no more: it is to go on next */
};

/* What it waits for, besides requests of its own. */
struct rl_waited {
	enum { RL_WAITED_QUEUE, RL_WAITED_POOL, RL_WAITED_SIGNAL, RL_WAITED_STREAM } kind;
	const char *name; /* of the queue or task; of the variable, if it is a shared one, else "" */
	uint32_t index;   /* of an array of queues: which; */
	bool indexed;     /* whether it is one */
	uint32_t want;    /* how many completions; 0: one */
};

struct rl_walk {
	const struct rl_object *o;
	const unsigned char *image;
	uint32_t *base;      /* by task: the number of its first instance, among all */
	uint32_t *owner;     /* by list: 1 + which declaration of queues it is of; 0: none */
	uint32_t *first;     /* by instance: 1 + the list of the queue that has it itself; 0: none */
	unsigned char *flag; /* by instance */
	uint32_t task, self; /* where it goes on */
};

/* 0, or -ENOMEM. image stays the caller's, as large as the object says. */
int rl_walk_begin(struct rl_walk *w, const struct rl_object *o, const unsigned char *image);
void rl_walk_end(struct rl_walk *w);

void rl_walk_look(const struct rl_walk *w, struct rl_sight *out);

/* The instances that run, in the order of tasks and numbers. False: there are no more. */
bool rl_walk_next(struct rl_walk *w, struct rl_instance *out);
void rl_walk_rewind(struct rl_walk *w);

/* The n-th thing that it waits for, n from 0. *n goes on to the next. */
bool rl_walk_waited(const struct rl_walk *w, const struct rl_instance *i, uint32_t *n, struct rl_waited *out);

/* How many run of a task, and how many ever did at once. */
uint32_t rl_walk_running(const struct rl_walk *w, uint32_t task);
uint32_t rl_walk_used(const struct rl_walk *w, uint32_t task);

struct rl_queue_sight {
	uint32_t length, reserved; /* completions; requests that are steered there */
	uint32_t waiters;          /* instances, as far as they can be followed */
	uint32_t shown;            /* of those, so many are here */
	struct {
		uint32_t task, self;
	} waiter[8];
};
void rl_walk_queue(
	const struct rl_walk *w, const struct rl_queues *d, uint32_t index, struct rl_queue_sight *out);

/* Buffers of a pool of n, or pages, that the program has; its struct rl_buffers is at `control`. */
uint32_t rl_walk_buffers_out(const struct rl_walk *w, uint32_t control, uint32_t n);

#endif
