/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kernel_types.c: the running kernel's own types. There are some 130,000, of which a load needs five, so they
 * are looked through once and where they are: libbpf keeps and sorts them, which takes longer than all else
 * of a load.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel_types.h"

#define TYPES "/sys/kernel/btf/vmlinux"

#define MAX_TYPES (256u << 20) /* bytes; there are some 6 MB */

static int read_all(int fd, unsigned char *to, size_t size)
{
	ssize_t n = 1;

	for (size_t have = 0; have < size; have += (size_t)n) {
		n = read(fd, to + have, size - have);
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO;
	}
	return 0;
}

/* The kernel's own pages where it maps them (6.16), else a copy. */
static int get(struct rl_kernel_types *k, int fd)
{
	struct stat st;
	int err;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (st.st_size <= 0 || st.st_size > MAX_TYPES)
		return -ENOENT;
	k->size = (size_t)st.st_size;
	k->bytes = mmap(NULL, k->size, PROT_READ, MAP_PRIVATE, fd, 0);
	k->mapped = k->bytes != MAP_FAILED;
	if (k->mapped)
		return 0;
	k->bytes = malloc(k->size);
	if (!k->bytes)
		return -ENOMEM;
	err = read_all(fd, k->bytes, k->size);
	if (err)
		rl_kernel_types_close(k);
	return err;
}

int rl_kernel_types_open(struct rl_kernel_types *k)
{
	int fd, err;

	memset(k, 0, sizeof(*k));
	fd = open(TYPES, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = get(k, fd);
	close(fd);
	if (!err && !rl_btf_open(&k->btf, k->bytes, k->size)) {
		rl_kernel_types_close(k);
		err = -ENOENT;
	}
	return err;
}

void rl_kernel_types_close(struct rl_kernel_types *k)
{
	if (k->mapped)
		munmap(k->bytes, k->size);
	else
		free(k->bytes);
	memset(k, 0, sizeof(*k));
}

void rl_kernel_types_find(const struct rl_kernel_types *k, struct rl_kernel_type *wanted, unsigned n)
{
	struct rl_btf_walk walk = rl_btf_walk(&k->btf);
	const char *strings = k->btf.strings;
	const struct btf_type *t;
	unsigned left = n;

	for (unsigned i = 0; i < n; i++)
		memcpy(wanted[i].begins, wanted[i].name, strnlen(wanted[i].name, sizeof(wanted[i].begins)));
	while (left && (t = rl_btf_next(&walk))) {
		unsigned kind = rl_btf_kind(t);

		if ((kind != BTF_KIND_FUNC && kind != BTF_KIND_STRUCT) ||
			(uint64_t)t->name_off + sizeof(wanted->begins) > k->btf.strings_size)
			continue;
		for (unsigned i = 0; i < n; i++) {
			struct rl_kernel_type *w = &wanted[i];
			const char *name = strings + t->name_off;

			if (w->kind != kind || memcmp(name, w->begins, sizeof(w->begins)) != 0 || w->id ||
				strcmp(name, w->name) != 0)
				continue;
			w->id = walk.id;
			w->t = t;
			left--;
		}
	}
}
