/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* probe.c: features.def, asked of the running kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/utsname.h>

#include "bpf.h"
#include "kernel_types.h"
#include "probe.h"
#include "ring.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

#define NOT_TRIED 1

/* What several probes share: read once. */
struct context {
	struct rl_kernel_types kernel;
	int types; /* whether they are open: 0, -errno or NOT_TRIED */
	int ring;  /* 0: not made yet; -errno: it could not be */
	bool has[RL_MAX_OPS];
	uint8_t opcode; /* of the row that is probed */
};

static void close_context(struct context *c)
{
	if (c->types == 0)
		rl_kernel_types_close(&c->kernel);
	if (c->ring > 0)
		close(c->ring);
}

/* A ring with these flags; in memory of our own if they include NO_MMAP. 0 or -errno. */
static int try_ring(uint32_t flags)
{
	struct rl_uring_params p = {.flags = flags | RL_SETUP_CQSIZE, .cq_entries = 4};
	size_t size = 2 * 4096;
	void *mem = MAP_FAILED;
	int fd;

	if (flags & RL_SETUP_NO_MMAP) {
		mem = mmap(
			NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (mem == MAP_FAILED)
			return -errno;
		p.cq_off.user_addr = (uint64_t)(uintptr_t)mem;
		p.sq_off.user_addr = (uint64_t)(uintptr_t)mem + 4096;
	}
	fd = rl_uring_setup(2, &p);
	if (fd >= 0)
		close(fd);
	if (mem != MAP_FAILED)
		munmap(mem, size);
	return fd < 0 ? fd : 0;
}

static int probe_uring(struct context *c)
{
	(void)c;
	return try_ring(0);
}

static int probe_defer(struct context *c)
{
	(void)c;
	return try_ring(RL_SETUP_SINGLE_ISSUER | RL_SETUP_DEFER_TASKRUN);
}

#define IN_MAP                                                                                               \
	(RL_SETUP_SINGLE_ISSUER | RL_SETUP_DEFER_TASKRUN | RL_SETUP_SUBMIT_ALL | RL_SETUP_NO_MMAP |          \
		RL_SETUP_NO_SQARRAY)

static int probe_no_mmap(struct context *c)
{
	(void)c;
	return try_ring(IN_MAP);
}

static int probe_in_image(struct context *c)
{
	(void)c;
	return try_ring(RL_SETUP_SINGLE_ISSUER | RL_SETUP_DEFER_TASKRUN | RL_SETUP_NO_MMAP);
}

static int probe_rewind(struct context *c)
{
	(void)c;
	return try_ring(IN_MAP | RL_SETUP_SQ_REWIND);
}

static int probe_large(struct context *c)
{
	(void)c;
	return try_ring(RL_SETUP_SQE128 | RL_SETUP_CQE32);
}

static int probe_mixed_cqes(struct context *c)
{
	(void)c;
	return try_ring(RL_SETUP_CQE_MIXED);
}

static int probe_mixed_sqes(struct context *c)
{
	(void)c;
	return try_ring(IN_MAP | RL_SETUP_SQ_REWIND | RL_SETUP_SQE_MIXED);
}

/* One to register things with. */
static int ring(struct context *c)
{
	struct rl_uring_params p = {0};

	if (!c->ring) {
		c->ring = rl_uring_setup(2, &p);
		if (c->ring > 0)
			rl_ring_operations(c->ring, c->has);
	}
	return c->ring;
}

static int probe_sync_cancel(struct context *c)
{
	struct rl_sync_cancel cancel = {.fd = -1, .flags = RL_CANCEL_ALL | RL_CANCEL_ANY};
	int fd = ring(c), ret = fd < 0 ? fd : rl_uring_register(fd, RL_REGISTER_SYNC_CANCEL, &cancel, 1);

	return ret == -ENOENT || ret > 0 ? 0 : ret;
}

/* What the kernel knows it reads from there, and cannot. */
static int reads(struct context *c, uint32_t what)
{
	int fd = ring(c), ret = fd < 0 ? fd : rl_uring_register(fd, what, (const void *)8, 1);

	return ret == -EFAULT ? 0 : ret;
}

static int probe_ring_fds(struct context *c)
{
	return reads(c, RL_REGISTER_RING_FDS);
}

static int probe_pools(struct context *c)
{
	return reads(c, RL_REGISTER_PBUF_RING);
}

static int probe_region(struct context *c)
{
	return reads(c, RL_REGISTER_MEM_REGION);
}

static int probe_buffers(struct context *c)
{
	static _Alignas(4096) char page[4096];
	struct iovec all = {page, sizeof(page)};
	int fd = ring(c);

	return fd < 0 ? fd : rl_uring_register(fd, RL_REGISTER_BUFFERS, &all, 1);
}

static int probe_files(struct context *c)
{
	struct rl_rsrc_register reg = {.nr = 1, .flags = RL_RSRC_REGISTER_SPARSE};
	int fd = ring(c);

	return fd < 0 ? fd : rl_uring_register(fd, RL_REGISTER_FILES2, &reg, sizeof(reg));
}

static int probe_operation(struct context *c)
{
	int fd = ring(c);

	return fd < 0 ? fd : c->has[c->opcode] ? 0 : -EINVAL;
}

static int probe_message(struct context *c)
{
	(void)c;
	return rl_ring_probe_message() ? 0 : -EINVAL;
}

static int probe_zcrx(struct context *c)
{
	(void)c;
	return rl_zcrx_probe();
}

static int probe_btf(struct context *c)
{
	if (c->types == NOT_TRIED)
		c->types = rl_kernel_types_open(&c->kernel);
	return c->types;
}

static int has_type(struct context *c, const char *name, unsigned kind)
{
	struct rl_kernel_type wanted = {.name = name, .kind = kind};

	if (probe_btf(c) != 0)
		return c->types;
	rl_kernel_types_find(&c->kernel, &wanted, 1);
	return wanted.id ? 0 : -ENOENT;
}

static int probe_ops(struct context *c)
{
	return has_type(c, "bpf_struct_ops_io_uring_bpf_ops", BTF_KIND_STRUCT);
}

static int probe_kfunc(struct context *c)
{
	return has_type(c, "bpf_io_uring_submit_sqes", BTF_KIND_FUNC);
}

static int probe_region_kfunc(struct context *c)
{
	return has_type(c, "bpf_io_uring_get_region", BTF_KIND_FUNC);
}

static int probe_caps(struct context *c)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};
	uint64_t caps;

	(void)c;
	if (syscall(__NR_capget, &head, data) != 0)
		return -errno;
	caps = data[0].effective | (uint64_t)data[1].effective << 32;
	if (caps & 1ull << CAP_SYS_ADMIN) /* stands for both */
		return 0;
	return caps & 1ull << CAP_BPF && caps & 1ull << CAP_PERFMON ? 0 : -EPERM;
}

static int probe_map(struct context *c)
{
	int fd = rl_bpf_array("ringlet_probe", 4096, BPF_F_MMAPABLE);

	(void)c;
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void kernel_version(unsigned v[3])
{
	struct utsname u = {0};

	v[0] = v[1] = v[2] = 0;
	uname(&u);
	if (sscanf(u.release, "%u.%u.%u", &v[0], &v[1], &v[2]) < 2)
		v[0] = v[1] = v[2] = 0;
}

static int probe_attach_twice(struct context *c)
{
	unsigned v[3];

	(void)c;
	kernel_version(v);
	if (v[0] < 7 || (v[0] == 7 && (v[1] < 1 || (v[1] == 1 && v[2] < 5))))
		return -EOPNOTSUPP;
	return 0;
}

/* A kernel that knows the flags looks for the memory next. A ring that it made would have to be closed: that
 * interrupts its maker a little later (task work of io_ring_exit_work in io_uring/io_uring.c), and with it
 * the verifier, which then begins anew. */
static bool knows_rewind(void)
{
	struct rl_uring_params p = {.flags = IN_MAP | RL_SETUP_SQ_REWIND | RL_SETUP_CQSIZE, .cq_entries = 4};
	int fd = rl_uring_setup(2, &p);

	if (fd >= 0)
		close(fd);
	return fd == -EFAULT;
}

int rl_kernel_engine_plausible(void)
{
	int err = probe_caps(NULL);

	return err || knows_rewind() ? err : probe_rewind(NULL);
}

static const struct {
	struct ringlet_feature feature;
	int (*probe)(struct context *);
	uint8_t opcode;
} table[] = {
#define OPERATION(number) probe_operation, .opcode = number
#define FEATURE(name_, since_, kernel_, user_, probe_, how_, blocks_, hint_)                                 \
	{.feature = {.name = name_,                                                                          \
		 .since = since_,                                                                            \
		 .how = how_,                                                                                \
		 .blocks = blocks_,                                                                          \
		 .hint = hint_,                                                                              \
		 .kernel_engine = kernel_,                                                                   \
		 .user_engine = user_},                                                                      \
		.probe = probe_},
#include "features.def"
#undef FEATURE
};
#define NFEATURES (sizeof(table) / sizeof(table[0]))

static int probe_row(size_t i, struct context *c)
{
	c->opcode = table[i].opcode;
	return table[i].probe(c);
}

const struct ringlet_feature *ringlet_probe(size_t *count)
{
	static _Thread_local struct ringlet_feature out[NFEATURES];
	struct context c = {.types = NOT_TRIED};

	for (size_t i = 0; i < NFEATURES; i++) {
		out[i] = table[i].feature;
		out[i].status = probe_row(i, &c);
	}
	close_context(&c);
	if (count)
		*count = NFEATURES;
	return out;
}

bool rl_missing_for_kernel_engine(struct ringlet_feature *out)
{
	struct context c = {.types = NOT_TRIED};
	bool missing = false;

	for (size_t i = 0; !missing && i < NFEATURES; i++) {
		if (!table[i].feature.kernel_engine)
			continue;
		*out = table[i].feature;
		out->status = probe_row(i, &c);
		missing = out->status != 0;
	}
	close_context(&c);
	return missing;
}
