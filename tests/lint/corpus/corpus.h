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

/* Once, whatever the compiler would rather do. */
#define READ(x) (*(volatile __typeof__(x) *)&(x))
#define WRITE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

/* A struct of the kernel's, whose fields are where that has them; functions of it, and those that some have.
 */
#define KERNELS __attribute__((preserve_access_index))
#define KFUNC extern __attribute__((section(".ksyms")))
#define NEWER extern __attribute__((section(".ksyms"), weak))

/* A program of that section; what is in the body is its own. */
#define PROGRAM(section, name, type) SEC(section) int name(type *ctx)

#endif
