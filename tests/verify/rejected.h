/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* rejected.h: what the programs have in common that the kernel rejects, each for the reason that its name
 * says. */
#ifndef REJECTED_H
#define REJECTED_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define NAKED __attribute__((naked))
#define NOINLINE static __attribute__((noinline))
#define CODE(text) asm volatile(text::: "memory")
#define CODE_OF(text, variable) asm volatile(text ::[m] "i"(&variable) : "memory")
#define TRACEPOINT SEC("tracepoint/syscalls/sys_enter_getpid")
#define ON_EXIT SEC("tp_btf/sched_process_exit") /* of a task: its one argument that matters is the task */

/* Where it surely is read, and as it is written here. */
#define READ(type, p) (*(volatile type *)(p))
#define KEEP(v) asm volatile("" : "+r"(v))

struct value {
	__u64 a, b;
};

#define MAP(name, kind, k, v, n)                                                                             \
	struct {                                                                                             \
		__uint(type, BPF_MAP_TYPE_##kind);                                                           \
		__uint(max_entries, n);                                                                      \
		__type(key, k);                                                                              \
		__type(value, v);                                                                            \
	} name SEC(".maps")
#define RINGBUF(name)                                                                                        \
	struct {                                                                                             \
		__uint(type, BPF_MAP_TYPE_RINGBUF);                                                          \
		__uint(max_entries, 4096);                                                                   \
	} name SEC(".maps")

char LICENSE[] SEC("license") = "GPL";

#endif
