/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* load.h: loads a loop_step object from the directory of the running program and runs it on a ring. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stddef.h>

#include "bpf.h"
#include "ring.h"

struct bpf_object;

struct program {
	struct bpf_object *object;
	struct ring ring;
};

/* In this order. Data of sections: program_data before loading, and the same address is shared with the
 * BPF program after program_share. */
void program_open(struct program *p, const char *file);
void *program_data(struct program *p, const char *section, size_t size);
void program_cq(const struct program *p, struct bpf_cq *cq);
void program_load(struct program *p);
void program_share(struct program *p, const char *section);
void program_run(struct program *p); /* until the step says stop */

#endif
