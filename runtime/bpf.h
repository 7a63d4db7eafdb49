/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bpf.h: bpf(2), and those of its definitions that are newer than the oldest headers we build with. */
#ifndef RINGLET_BPF_H
#define RINGLET_BPF_H

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RL_BPF_F_LINK (1u << 13)    /* 6.4: a struct_ops map that is attached by a link */
#define RL_BPF_ATTACH_STRUCT_OPS 44 /* 6.4: attach type BPF_STRUCT_OPS */
#define RL_BPF_LOG_REASON 1         /* BPF_LOG_LEVEL1 */

/* A descriptor, 0 or -errno. */
static inline int rl_bpf(enum bpf_cmd command, const union bpf_attr *attr)
{
	long ret = syscall(__NR_bpf, command, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

/* The kernel wants 0 in all that it does not know: also in what an initialiser of one member leaves. */
static inline union bpf_attr rl_bpf_attr(void)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	return a;
}

/* An array of one element. */
static inline int rl_bpf_array(const char *name, uint32_t size, uint32_t flags)
{
	union bpf_attr a = rl_bpf_attr();

	a.map_type = BPF_MAP_TYPE_ARRAY;
	a.key_size = sizeof(uint32_t);
	a.value_size = size;
	a.max_entries = 1;
	a.map_flags = flags;
	strncpy(a.map_name, name, sizeof(a.map_name) - 1);
	return rl_bpf(BPF_MAP_CREATE, &a);
}

/* Writes the only element. */
static inline int rl_bpf_update(int map, const void *value)
{
	union bpf_attr a = rl_bpf_attr();
	uint32_t key = 0;

	a.map_fd = (uint32_t)map;
	a.key = (uintptr_t)&key;
	a.value = (uintptr_t)value;
	return rl_bpf(BPF_MAP_UPDATE_ELEM, &a);
}

#endif
