/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* corpus.h: what the programs of the corpus have in common. */
#ifndef CORPUS_H
#define CORPUS_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

/* A number that the compiler knows nothing of, so that it leaves checks where they are. */
#define HIDE(x)                                                                                              \
	({                                                                                                   \
		__typeof__(x) hidden_ = (x);                                                                 \
		asm volatile("" : "+r"(hidden_));                                                            \
		hidden_;                                                                                     \
	})

/* A program of that section; what is in the body is its own. */
#define PROGRAM(section, name, type) SEC(section) int name(type *ctx)

#endif
