/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* program.h: for objects that the linter looks at. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define NAKED __attribute__((naked))
#define NOINLINE static __attribute__((noinline, unused))
/* So many bytes of stack that no compiler can do without. */
#define USE_STACK(n)                                                                                         \
	do {                                                                                                 \
		char bytes[n];                                                                               \
		asm volatile("*(u8 *)(%0 + 0) = %1" : : "r"(bytes), "r"(0) : "memory");                      \
	} while (0)

#ifndef LICENCE
#define LICENCE "GPL"
#endif
char LICENSE[] SEC("license") = LICENCE;
