/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * guest_initramfs.c: the guest's files, as the archive that a kernel unpacks: cpio's format "newc", which is
 * a header in hexadecimal, a name and the bytes, in multiples of four. It is written to memory: cpio(1) and
 * its kin would want each object as a file on a disk first, which has to be removed again however ringc ends.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../beside.h"
#include "guest_machine.h"
#include "../open.h"

#define JUDGE "ringc-judge"

static void pad(FILE *f)
{
	while (ftello(f) % 4)
		putc(0, f);
}

static void put(FILE *f, const char *name, unsigned mode, const void *bytes, size_t size)
{
	static unsigned number; /* as an inode has one */
	const unsigned fields[] = {
		++number, mode, 0, 0, 1, 0, (unsigned)size, 0, 0, 0, 0, (unsigned)strlen(name) + 1, 0};

	fputs("070701", f);
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		fprintf(f, "%08x", fields[i]);
	fwrite(name, 1, strlen(name) + 1, f);
	pad(f);
	if (size)
		fwrite(bytes, 1, size, f);
	pad(f);
}

/* What the kernel was configured with, if it lies beside it as distributions have it: /boot/vmlinuz-7.3.4 and
 * /boot/config-7.3.4. Programs with variables in .kconfig need it. */
static struct bytes configuration(struct guest *g)
{
	const char *slash = strrchr(g->image, '/'), *name = slash ? slash + 1 : g->image,
		   *dash = strchr(name, '-');
	struct bytes config = {0};

	if (dash && read_file(g->arena,
			    arena_printf(g->arena, "%.*sconfig%s", (int)(name - g->image), g->image, dash),
			    &config))
		config.n = 0;
	return config;
}

int guest_initramfs(struct guest *g)
{
	const char *path = program_beside(g->arena, JUDGE);
	struct bytes judge, config = configuration(g);

	if (!path) {
		g->why = "the program `" JUDGE "` is not beside `ringc`";
		return -1;
	}
	g->why = read_file(g->arena, path, &judge);
	if (g->why)
		return -1;
	int fd = memfd_create("initramfs", 0);
	FILE *f = fd < 0 ? NULL : fdopen(dup(fd), "w");
	if (f) {
		put(f, "init", S_IFREG | 0700, judge.at, judge.n);
		put(f, GUEST_CONFIG, S_IFREG | 0600, config.at, config.n);
		for (size_t i = 0; i < g->objects.n; i++)
			put(f, arena_printf(g->arena, "%zu", i), S_IFREG | 0600, g->objects.at[i].bytes,
				g->objects.at[i].size);
		put(f, "TRAILER!!!", 0, NULL, 0);
	}
	bool bad = !f || ferror(f);
	if (f && fclose(f))
		bad = true;
	if (bad) {
		g->why = arena_printf(g->arena, "no memory for the machine's files: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}
