/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * region.c: memory of the host's that a program works on in place.
 *
 * On the kernel engine it is the ring's parameter region (IORING_REGISTER_MEM_REGION, Linux 6.13,
 * io_uring/register.c), which the kernel pins and maps for the step. The user engine's step has it at its own
 * address; what the kernel asks of such memory is asked there too, so that a program runs on either.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "internal.h"
#include "ring.h"

/* struct io_uring_region_desc, struct io_uring_mem_region_reg (include/uapi/linux/io_uring.h, 6.13). */
#define RL_REGION_USER 1
struct rl_region_desc {
	uint64_t user_addr, size;
	uint32_t flags, id;
	uint64_t mmap_offset, resv[4];
};
struct rl_mem_region_reg {
	uint64_t region_uptr, flags, resv[2];
};
_Static_assert(sizeof(struct rl_region_desc) == 64, "io_uring_region_desc");
_Static_assert(sizeof(struct rl_mem_region_reg) == 32, "io_uring_mem_region_reg");

static size_t page_size(void)
{
	long n = sysconf(_SC_PAGESIZE);

	return n > 0 ? (size_t)n : RL_PAGE;
}

static void forget(struct ringlet *r)
{
	if (r->region.owned)
		munmap(r->region.at, r->region.size);
	memset(&r->region, 0, sizeof(r->region));
}

/* Whether the program has a region of that name, which can still be given. */
static int find(struct ringlet *r, const char *name)
{
	if (!rl_is_region(r, name))
		return rl_error(r, ENOENT, "there is no region `%s`", name ? name : "(null)");
	if (r->engine)
		return rl_error(r, EBUSY, "region `%s`: it is where it is once the program is loaded", name);
	return 0;
}

static int check_size(struct ringlet *r, const char *name, uint64_t size)
{
	uint32_t element = r->object.region.size;

	if (size > RL_REGION_MAX)
		return rl_error(r, EINVAL, "region `%s`: %llu bytes: at most %u MiB are possible", name,
			(unsigned long long)size, RL_REGION_MAX >> 20);
	if (!size || size < element)
		return rl_error(r, EINVAL, "region `%s`: %llu bytes are too few: one element of it has %u",
			name, (unsigned long long)size, element);
	return 0;
}

bool rl_is_region(const struct ringlet *r, const char *name)
{
	return name && r->object.region.name && strcmp(r->object.region.name, name) == 0;
}

int ringlet_set_region(struct ringlet *r, const char *name, void *memory, size_t size)
{
	int err = find(r, name);

	if (!err && !memory)
		err = rl_error(r, EINVAL, "region `%s`: no memory", name);
	if (!err)
		err = check_size(r, name, size);
	if (err)
		return err;
	if ((uintptr_t)memory % page_size() || size % page_size())
		return rl_error(r, EINVAL,
			"region `%s`: %zu bytes at %p are not whole pages of %zu bytes: mmap(2) gives such",
			name, size, memory, page_size());
	forget(r);
	r->region.at = memory;
	r->region.size = size;
	return 0;
}

int rl_region_make(struct ringlet *r, const char *name, uint64_t size)
{
	int err = find(r, name);
	void *p;

	if (!err)
		err = check_size(r, name, size);
	if (err)
		return err;
	size = (size + page_size() - 1) / page_size() * page_size();
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return rl_error(r, errno, "region `%s`: %llu bytes: %s", name, (unsigned long long)size,
			strerror(errno));
	forget(r);
	r->region.at = p;
	r->region.size = size;
	r->region.owned = true;
	return 0;
}

int rl_region_check(struct ringlet *r)
{
	const char *name = r->object.region.name;

	if (!name || r->region.at)
		return 0;
	return rl_error(r, ENODATA,
		"region `%s` is missing: the program works on memory that it is given (ringlet_set_region, "
		"or %s=SIZE on the command line)",
		name, name);
}

struct rl_region rl_region_size(const struct ringlet *r)
{
	struct rl_region size = {0, 0};

	if (r->region.at) {
		size.bytes = r->region.size;
		size.elements = r->region.size / r->object.region.size;
	}
	return size;
}

int rl_region_register(struct ringlet *r, const struct rl_ring *ring)
{
	const char *name = r->object.region.name;
	struct rl_region_desc desc = {
		.user_addr = (uint64_t)(uintptr_t)r->region.at,
		.size = r->region.size,
		.flags = RL_REGION_USER,
	};
	struct rl_mem_region_reg reg = {.region_uptr = (uint64_t)(uintptr_t)&desc};
	int err;

	if (!name)
		return 0;
	err = rl_uring_register(ring->fd, RL_REGISTER_MEM_REGION, &reg, 1);
	if (err == -ENOMEM)
		return rl_error(r, ENOMEM,
			"kernel engine: region `%s`: %zu bytes cannot be locked in memory: raise "
			"RLIMIT_MEMLOCK (ulimit -l)",
			name, r->region.size);
	if (err)
		return rl_error(r, -err,
			"kernel engine: region `%s`: %zu bytes at %p: %s: it takes memory that can be "
			"written and pinned, and not a file's on a disk",
			name, r->region.size, r->region.at, strerror(-err));
	return 0;
}

void rl_region_write(struct ringlet *r)
{
	struct rl_control *c = rl_control(r);

	c->origin[0] = (uint64_t)(uintptr_t)r->image;
	c->origin[1] = (uint64_t)(uintptr_t)r->region.at - RL_REGION_AT;
	c->region_at = (uint64_t)(uintptr_t)r->region.at;
	c->region = rl_region_size(r);
}

void rl_region_free(struct ringlet *r)
{
	if (!r->region.in_use)
		forget(r);
}
