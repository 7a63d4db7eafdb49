/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core.c: how a program makes itself known to other processes, and is saved to a file: core.h. */
#include "core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "engine.h"

#define RL_MFD_NOEXEC_SEAL 0x8u /* 6.3 */

void rl_program_name(const char *source, char *name, size_t size)
{
	const char *slash = strrchr(source, '/'), *from = slash ? slash + 1 : source;
	size_t n = strlen(from);

	if (n > 4 && strcmp(from + n - 4, ".rlt") == 0)
		n -= 4;
	if (n > size - 1)
		n = size - 1;
	memcpy(name, from, n);
	name[n] = '\0';
}

static int write_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			at += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

/* ---- made known ---- */

static struct rl_core core_of(const struct ringlet *r)
{
	return (struct rl_core){
		.magic = RL_CORE_MAGIC,
		.version = RL_CORE_VERSION,
		.engine = r->engine == &rl_engine_kernel ? RINGLET_KERNEL : RINGLET_USER,
		.pid = (uint32_t)r->process,
		.image = (uint64_t)(uintptr_t)r->image,
		.image_size = r->object.image.size,
		.object_size = r->object.size,
		.loaded_ns = r->loaded_ns,
	};
}

static int make_memfd(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | RL_MFD_NOEXEC_SEAL);

	return fd < 0 && errno == EINVAL ? memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING) : fd;
}

void rl_announce(struct ringlet *r)
{
	struct rl_core c;
	char name[200] = RL_CORE_MEMFD;

	r->loaded_ns = rl_time_ns(CLOCK_MONOTONIC);
	c = core_of(r);
	rl_program_name(r->object.source, name + strlen(name), sizeof(name) - strlen(name));
	r->known = make_memfd(name);
	if (r->known < 0)
		return;
	if (write_all(r->known, &c, sizeof(c)) != 0 ||
		write_all(r->known, r->object.data, r->object.size) != 0 ||
		fcntl(r->known, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		rl_announce_end(r);
}

void rl_announce_end(struct ringlet *r)
{
	if (r->known >= 0)
		close(r->known);
	r->known = -1;
}

/* ---- saved ---- */

static bool is_zero(const unsigned char *page)
{
	return page[0] == 0 && memcmp(page, page + 1, RL_PAGE - 1) == 0;
}

/* Whether what is skipped reads as zeros: past the end of a regular file. */
static bool may_skip(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	off_t at = lseek(fd, 0, SEEK_CUR);
	struct stat st;

	return flags >= 0 && !(flags & O_APPEND) && at >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size <= at;
}

/* Most of an image is zero. */
static int write_image(int fd, const unsigned char *image, size_t size)
{
	bool skip = may_skip(fd);
	size_t at = 0, end = 0;
	int err = 0;

	while (!err && at < size) {
		bool zero = skip && is_zero(image + at);

		for (end = at; end < size && (skip && is_zero(image + end)) == zero; end += RL_PAGE)
			;
		if (!zero)
			err = write_all(fd, image + at, end - at);
		else if (end < size)
			err = lseek(fd, (off_t)(end - at), SEEK_CUR) < 0 ? -errno : 0;
		else if (lseek(fd, (off_t)(end - at) - 1, SEEK_CUR) < 0)
			err = -errno;
		else
			err = write_all(fd, "", 1);
		at = end;
	}
	return err;
}

int rl_core_write(int fd, struct rl_core *c, const void *object, const void *image)
{
	static const char zeros[RL_PAGE];
	uint64_t end = sizeof(*c) + c->object_size;
	struct timespec t;
	int err;

	clock_gettime(CLOCK_REALTIME, &t);
	c->saved_at = (uint64_t)t.tv_sec;
	c->saved_ns = rl_time_ns(CLOCK_MONOTONIC);
	c->image_at = (end + RL_PAGE - 1) / RL_PAGE * RL_PAGE;
	err = write_all(fd, c, sizeof(*c));
	if (!err)
		err = write_all(fd, object, c->object_size);
	if (!err)
		err = write_all(fd, zeros, c->image_at - end);
	return err ? err : write_image(fd, image, c->image_size);
}

int ringlet_save(struct ringlet *r, int fd)
{
	struct rl_core c;

	if (!r->engine)
		return -EINVAL;
	c = core_of(r);
	return rl_core_write(fd, &c, r->object.data, r->image);
}

void rl_say_failed(struct ringlet *r)
{
	if (!r->failed || r->said_failed || rl_control(r)->failure.kind == RL_FAIL_NONE)
		return;
	r->said_failed = true;
	rl_watch_leave(r);
	r->failed(r->failed_arg, r);
	rl_watch_enter(r, false);
}
