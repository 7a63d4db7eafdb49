/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* find.c: the programs of processes, by the memfds that they keep: foreign.h. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "foreign.h"

#define MEMFD_LINK "/memfd:" RL_CORE_MEMFD

/* What the process itself takes for its number: the last of those that it has in namespaces; 0: gone. */
static uint32_t own_pid(pid_t pid)
{
	unsigned long number = 0;
	char path[64], line[256], *last;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "NSpid:", 6) != 0)
			continue;
		last = strrchr(line, '\t');
		number = last ? strtoul(last + 1, NULL, 10) : 0;
		break;
	}
	fclose(f);
	return (uint32_t)number;
}

/* Opened, if it is one of the process's own: a child has those of who it was forked from. -1: it is not. */
static int open_known(int dir, const char *number, uint32_t own)
{
	char link[64] = "";
	struct rl_core c;
	int fd;

	if (readlinkat(dir, number, link, sizeof(link) - 1) < 0 ||
		strncmp(link, MEMFD_LINK, sizeof(MEMFD_LINK) - 1) != 0)
		return -1;
	fd = openat(dir, number, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (pread(fd, &c, sizeof(c), 0) == (ssize_t)sizeof(c) &&
		memcmp(c.magic, RL_CORE_MAGIC, sizeof(RL_CORE_MAGIC)) == 0 && c.pid == own)
		return fd;
	close(fd);
	return -1;
}

int rl_foreign_find(pid_t pid, rl_found_fn *found, void *arg)
{
	uint32_t own = own_pid(pid);
	char path[64];
	struct dirent *e;
	int n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	d = opendir(path);
	if (!d)
		return errno == ENOENT ? -ESRCH : -errno;
	errno = 0;
	while ((e = readdir(d))) {
		int fd = isdigit((unsigned char)e->d_name[0]) ? open_known(dirfd(d), e->d_name, own) : -1;

		if (fd < 0)
			continue;
		n++;
		found(arg, pid, fd);
	}
	closedir(d);
	return n;
}

int rl_foreign_find_all(rl_found_fn *found, void *arg, unsigned *hidden)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	int all = 0;

	*hidden = 0;
	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		int n;

		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		n = rl_foreign_find((pid_t)strtol(e->d_name, NULL, 10), found, arg);
		if (n > 0)
			all += n;
		*hidden += n == -EACCES || n == -EPERM;
	}
	closedir(d);
	return all;
}
