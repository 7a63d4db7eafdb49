/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * output.c: the object to its file, whole or not at all: written under another name beside it, then renamed.
 * Signals wait meanwhile, so that none leaves the other file behind. What is no regular file (/dev/null, a
 * pipe) is written as it is, and never replaced.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "object.h"

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -errno;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

static int write_there(const char *path, struct bytes b)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	int ret = write_all(fd, b.at, b.n);
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

static int write_beside(const char *path, struct bytes b)
{
	size_t n = strlen(path);
	char *tmp = malloc(n + 8);
	if (!tmp)
		return -ENOMEM;
	memcpy(tmp, path, n);
	memcpy(tmp + n, ".XXXXXX", 8);
	int fd = mkostemp(tmp, O_CLOEXEC), ret = 0;
	if (fd < 0) {
		ret = -errno;
		free(tmp);
		return ret;
	}
	mode_t mask = umask(0);
	umask(mask);
	ret = write_all(fd, b.at, b.n);
	if (!ret && fchmod(fd, 0666 & ~mask))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(tmp, path))
		ret = -errno;
	if (ret)
		unlink(tmp);
	free(tmp);
	return ret;
}

int object_write(const char *path, struct bytes b)
{
	struct stat st;
	bool exists = !stat(path, &st);
	/* Past a limit, write() gives an error, as it should, and then the signal would end the process. */
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (exists && S_ISDIR(st.st_mode))
		return -EISDIR;
	if (exists && !S_ISREG(st.st_mode))
		return write_there(path, b);
	/* Where the name is a link, what it leads to is replaced. */
	char *real = exists ? realpath(path, NULL) : NULL;
	sigset_t all, old;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	int ret = write_beside(real ? real : path, b);
	sigprocmask(SIG_SETMASK, &old, NULL);
	free(real);
	return ret;
}
