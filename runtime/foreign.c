/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* foreign.c: reads a program of another process, or a core: foreign.h. */
#include "foreign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "clock.h"
#include "image.h"

/* More than an object has: ringlet_open takes no larger one. */
#define MAX_OBJECT (256u << 20)

/* How often an image is read, until the program has not moved meanwhile. */
#define ATTEMPTS 5

/* ---- what it is ---- */

static int read_file(int fd, void *to, uint64_t size, uint64_t at, struct rl_why *why)
{
	char *p = to;

	while (size) {
		ssize_t n = pread(fd, p, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return rl_why(why, errno, "%s", strerror(errno));
		if (n == 0)
			return rl_why(why, EBADMSG, "truncated");
		p += n;
		at += (uint64_t)n;
		size -= (uint64_t)n;
	}
	return 0;
}

static int check_core(const struct rl_foreign *f, uint64_t file_size, struct rl_why *why)
{
	const struct rl_core *c = &f->core;

	if (memcmp(c->magic, RL_CORE_MAGIC, sizeof(RL_CORE_MAGIC)) != 0)
		return rl_why(why, ENOEXEC, "not a core (ringlet inspect --save makes them)");
	if (c->version != RL_CORE_VERSION)
		return rl_why(why, EPROTONOSUPPORT,
			"of another version of libringlet: its form is %u, this one knows %u", c->version,
			RL_CORE_VERSION);
	if (c->object_size > MAX_OBJECT || c->object_size > file_size - sizeof(*c))
		return rl_why(why, EBADMSG, "truncated: its object has %llu bytes",
			(unsigned long long)c->object_size);
	if (c->image_size > RL_IMAGE_MAX)
		return rl_why(
			why, EBADMSG, "corrupt: an image of %llu bytes", (unsigned long long)c->image_size);
	if (f->pid)
		return 0;
	if (!c->image_at)
		return rl_why(why, EBADMSG, "it has no image");
	if (c->image_at > file_size || c->image_size > file_size - c->image_at)
		return rl_why(why, EBADMSG, "truncated: its image has %llu bytes",
			(unsigned long long)c->image_size);
	return 0;
}

static int read_object(struct rl_foreign *f, struct rl_why *why)
{
	size_t size = f->core.object_size;
	void *data = malloc(size ? size : 1);
	int err;

	if (!data)
		return rl_why(why, ENOMEM, "out of memory");
	err = read_file(f->fd, data, size, sizeof(f->core), why);
	if (err) {
		free(data);
		return err;
	}
	err = rl_object_parse(&f->object, data, size, why->text, why->size);
	if (!err && f->object.image.size != f->core.image_size)
		err = rl_why(why, EBADMSG, "corrupt: its image is not as large as the object says");
	return err;
}

int rl_foreign_open(struct rl_foreign *f, int fd, pid_t pid, struct rl_why *why)
{
	struct stat st;
	void *image;
	int err;

	*f = (struct rl_foreign){.fd = fd, .pid = pid};
	if (fstat(fd, &st) != 0)
		err = rl_why(why, errno, "%s", strerror(errno));
	else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size < sizeof(f->core))
		err = rl_why(why, ENOEXEC, "not a core (ringlet inspect --save makes them)");
	else
		err = read_file(fd, &f->core, sizeof(f->core), 0, why);
	if (!err)
		err = check_core(f, (uint64_t)st.st_size, why);
	if (!err)
		err = read_object(f, why);
	if (!err) {
		/* Most of it is never touched. */
		image = mmap(NULL, f->core.image_size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (image == MAP_FAILED)
			err = rl_why(why, errno, "memory for its image: %s", strerror(errno));
		else
			f->image = image;
	}
	if (err) {
		rl_foreign_close(f);
		return err;
	}
	f->id = st.st_ino;
	rl_program_name(f->object.source, f->name, sizeof(f->name));
	return 0;
}

void rl_foreign_close(struct rl_foreign *f)
{
	if (f->image)
		munmap(f->image, f->core.image_size);
	f->image = NULL;
	rl_object_free(&f->object);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/* ---- its image ---- */

static int read_memory(struct rl_foreign *f, uint64_t at, uint64_t size, struct rl_why *why)
{
	while (size) {
		const struct iovec to = {f->image + at, size},
				   from = {(void *)(uintptr_t)(f->core.image + at), size};
		ssize_t n = process_vm_readv(f->pid, &to, 1, &from, 1, 0);

		if (n < 0 && errno == ESRCH)
			return rl_why(why, ESRCH, "it has ended");
		if (n < 0 && errno == EPERM)
			return rl_why(why, EPERM,
				"its memory may not be read: that takes the same user and "
				"kernel.yama.ptrace_scope 0, or CAP_SYS_PTRACE");
		if (n <= 0)
			return rl_why(why, EFAULT, "its memory is not where it says");
		at += (uint64_t)n;
		size -= (uint64_t)n;
	}
	return 0;
}

struct reading {
	struct rl_foreign *f;
	struct rl_why *why;
	int err;
};

static void area(struct reading *rd, uint64_t at, uint64_t size)
{
	struct rl_foreign *f = rd->f;

	if (rd->err)
		return;
	rd->err = f->pid ? read_memory(f, at, size, rd->why)
			 : read_file(f->fd, f->image + at, size, f->core.image_at + at, rd->why);
}

/* What tells of tasks and queues, and not what the program works on. */
static void areas(struct reading *rd)
{
	const struct rl_object *o = &rd->f->object;

	area(rd, o->image.ring, RL_RING_HEADER);
	area(rd, o->image.ready, (uint64_t)o->image.ready_slots * sizeof(struct rl_ready));
	area(rd, o->image.waits, (uint64_t)o->image.nwaits * sizeof(struct rl_wait));
	for (uint32_t i = 0; i < o->ntasks; i++) {
		const struct rl_task *t = &o->tasks[i];

		area(rd, t->pool, sizeof(struct rl_pool) + 4ull * t->count);
		area(rd, t->frame, (uint64_t)t->frame_size * t->count);
	}
	for (uint32_t i = 0; i < o->nqueues; i++)
		area(rd, o->queues[i].offset, (uint64_t)o->queues[i].size * o->queues[i].n);
	for (uint32_t i = 0; i < o->npools; i++)
		area(rd, o->pools[i].control, o->pools[i].control ? sizeof(struct rl_buffers) : 0);
	for (uint32_t i = 0; i < o->nzcrx; i++)
		area(rd, o->zcrx[i].b.control, sizeof(struct rl_buffers));
}

/* Whether the step has done nothing since `before`. */
static bool is_still(const struct rl_foreign *f, const struct rl_control *before, uint32_t cq_head)
{
	const struct rl_control *now = (const struct rl_control *)f->image;
	uint32_t head;

	memcpy(&head, f->image + f->object.image.ring + (now->cq_head & RL_RING_OFFSET_MASK & ~3u),
		sizeof(head));
	return now->submitted == before->submitted && now->ready_head == before->ready_head &&
	       now->ready_tail == before->ready_tail && now->sq_n == before->sq_n && head == cq_head;
}

int rl_foreign_read(struct rl_foreign *f, bool all, struct rl_why *why)
{
	struct reading rd = {.f = f, .why = why};

	f->moved = true;
	for (int i = 0; !rd.err && f->moved && i < ATTEMPTS; i++) {
		const struct rl_control *c = (const struct rl_control *)f->image;
		struct rl_control before;
		uint32_t head = 0;

		area(&rd, 0, sizeof(before));
		area(&rd, f->object.image.ring, RL_RING_HEADER);
		before = *c;
		memcpy(&head, f->image + f->object.image.ring + (c->cq_head & RL_RING_OFFSET_MASK & ~3u),
			sizeof(head));
		if (all)
			area(&rd, 0, f->core.image_size);
		else
			areas(&rd);
		area(&rd, 0, sizeof(before));
		f->moved = f->pid && !is_still(f, &before, head);
	}
	if (!rd.err && ((const struct rl_control *)f->image)->base != f->core.image)
		return rl_why(why, EBADMSG, "its memory is not that of the program");
	f->read_ns = f->pid ? rl_time_ns(CLOCK_MONOTONIC) : f->core.saved_ns;
	return rd.err;
}
