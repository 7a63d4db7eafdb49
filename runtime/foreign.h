/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * foreign.h: a program of another process, or what is left of one in a file. All of it may be damaged or
 * forged; of the image nothing is checked but its size, so numbers in it have to be held against the object.
 */
#ifndef RINGLET_FOREIGN_H
#define RINGLET_FOREIGN_H

#include <stdbool.h>
#include <sys/types.h>

#include "core.h"
#include "manifest_read.h"
#include "object.h"

struct rl_foreign {
	struct rl_core core;
	struct rl_object object;
	char name[200];
	pid_t pid;       /* 0: of a file */
	unsigned number; /* among the programs of the process, from 1; for who finds them to set */
	ino_t id;        /* of its memfd: with pid, which program it is */
	int fd;
	unsigned char *image; /* as large as the object says; what was not read is zero */
	uint64_t read_ns;     /* when it was read: CLOCK_MONOTONIC of the machine that the program ran on */
	bool moved;           /* the program ran meanwhile: parts of it may be of different moments */
};

/* The memfd of a process's program, or a file (pid 0). Takes over fd, also on failure. -errno with the reason
 * in why. */
int rl_foreign_open(struct rl_foreign *f, int fd, pid_t pid, struct rl_why *why);

/* Reads the image: all of it, or what tells of tasks and queues. May be called again. */
int rl_foreign_read(struct rl_foreign *f, bool all, struct rl_why *why);

void rl_foreign_close(struct rl_foreign *f);

/* Calls `found` with the memfd of each program of a process, which it takes over. How many there are, or
 * -errno. */
typedef void rl_found_fn(void *arg, pid_t pid, int fd);
int rl_foreign_find(pid_t pid, rl_found_fn *found, void *arg);

/* The same for all processes that may be looked at; *hidden: how many may not. */
int rl_foreign_find_all(rl_found_fn *found, void *arg, unsigned *hidden);

#endif
