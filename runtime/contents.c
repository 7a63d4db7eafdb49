/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * contents.c: a shared array of bytes from a file: `name=@FILE`. One of two dimensions takes a line a row,
 * one of one dimension the file's bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

struct reader {
	struct ringlet *r;
	const struct rl_place *p;
	const char *path;
	unsigned char *to;
	uint64_t line; /* from 1: the one being read */
	uint32_t used; /* bytes of it, or of the whole */
};

static int take_bytes(struct reader *rd, const unsigned char *from, size_t n)
{
	if (n > rd->p->size - rd->used)
		return rl_error(rd->r, EFBIG, "parameter `%s`: %s: more than %u bytes", rd->p->name, rd->path,
			rd->p->size);
	memcpy(rd->to + rd->used, from, n);
	rd->used += (uint32_t)n;
	return 0;
}

static int take_lines(struct reader *rd, const unsigned char *from, size_t n)
{
	const struct rl_place *p = rd->p;
	uint32_t rows = p->dims[0], row = p->dims[1];

	for (size_t i = 0; i < n; i++) {
		if (rd->line > rows)
			return rl_error(rd->r, EFBIG, "parameter `%s`: %s:%u: there is room for %u lines",
				p->name, rd->path, rows + 1, rows);
		if (from[i] == '\n') {
			rd->line++;
			rd->used = 0;
			continue;
		}
		/* It would end the row for whoever reads it. */
		if (from[i] == '\0')
			return rl_error(rd->r, EINVAL, "parameter `%s`: %s:%llu: a NUL byte", p->name,
				rd->path, (unsigned long long)rd->line);
		if (rd->used == row - 1)
			return rl_error(rd->r, ENAMETOOLONG,
				"parameter `%s`: %s:%llu: longer than %u bytes, which there is room for",
				p->name, rd->path, (unsigned long long)rd->line, row - 1);
		rd->to[(rd->line - 1) * row + rd->used++] = from[i];
	}
	return 0;
}

static int failed(struct reader *rd)
{
	return rl_error(rd->r, errno, "parameter `%s`: %s: %s", rd->p->name, rd->path, strerror(errno));
}

int rl_contents_read(struct ringlet *r, const struct rl_place *p, const char *path, unsigned char *to)
{
	struct reader rd = {.r = r, .p = p, .path = path, .to = to, .line = 1};
	bool standard = strcmp(path, "-") == 0;
	unsigned char block[16384];
	int fd, err = 0;
	ssize_t n;

	do
		fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return failed(&rd);
	if (standard)
		rd.path = "standard input";
	do {
		n = read(fd, block, sizeof(block));
		if (n > 0)
			err = p->type == RL_STRINGS ? take_lines(&rd, block, (size_t)n)
						    : take_bytes(&rd, block, (size_t)n);
		else if (n < 0 && errno != EINTR)
			err = failed(&rd);
	} while (!err && n != 0);
	if (!standard)
		close(fd);
	return err;
}
