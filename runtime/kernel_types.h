/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* kernel_types.h: the running kernel's own types, by name. */
#ifndef RINGLET_KERNEL_TYPES_H
#define RINGLET_KERNEL_TYPES_H

#include "btf.h"

struct rl_kernel_types {
	struct rl_btf btf;
	void *bytes; /* of the file */
	size_t size;
	bool mapped;
};

/* 0 or -errno: -ENOENT where this kernel does not tell them. */
int rl_kernel_types_open(struct rl_kernel_types *k);
void rl_kernel_types_close(struct rl_kernel_types *k);

struct rl_kernel_type {
	const char *name;         /* of three letters or more */
	unsigned kind;            /* BTF_KIND_STRUCT, BTF_KIND_FUNC */
	uint32_t id;              /* 0: the kernel has none */
	const struct btf_type *t; /* while they are open */
	char begins[4];           /* as the name does, and few others do */
};

/* All of them at once, since it is one way through all types. */
void rl_kernel_types_find(const struct rl_kernel_types *k, struct rl_kernel_type *wanted, unsigned n);

#endif
