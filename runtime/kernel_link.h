/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* kernel_link.h: the program as BPF_PROG_LOAD takes it, out of an object. */
#ifndef RINGLET_KERNEL_LINK_H
#define RINGLET_KERNEL_LINK_H

#include <linux/bpf.h>

#include "kernel_types.h"
#include "manifest_read.h"

#define RL_MAX_KFUNCS 8

/* What instructions refer to. */
struct rl_link_targets {
	int image, region; /* maps; -1: none */
	const struct rl_kernel_type *kfuncs;
	unsigned nkfuncs;
};

struct rl_linked {
	struct bpf_insn *insns; /* the step first */
	struct bpf_func_info *functions;
	struct bpf_line_info *lines;
	uint32_t ninsns, nfunctions, nlines;
	void *btf; /* as BPF_BTF_LOAD takes it */
	uint32_t btf_size;
};

/* The kernel's functions that the object names, to be looked for: how many, or -errno. */
int rl_link_kfuncs(const struct rl_object *o, struct rl_kernel_type out[RL_MAX_KFUNCS], struct rl_why *why);

/* 0 or -errno; to be freed in either case. */
int rl_link(const struct rl_object *o, const struct rl_link_targets *to, struct rl_linked *out,
	struct rl_why *why);
void rl_linked_free(struct rl_linked *l);

#endif
