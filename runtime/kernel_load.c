/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kernel_load.c: what a loader does for the one shape of objects that there is. libbpf's, which is for any,
 * reads and indexes all types of the kernel for it, which takes several times what the rest does.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bpf.h"
#include "kernel_link.h"
#include "kernel_load.h"
#include "manifest.h"

/* The verifier gives up with -EAGAIN where a signal is pending (do_check in kernel/bpf/verifier.c). */
#define LOAD_ATTEMPTS 100

#define MAX_LOG (16u << 20) /* the verifier's can be this long; of a longer one the kernel keeps the end */
#define MAX_VALUE 512       /* of the map that is attached; it has 128 bytes */

#define OPS "io_uring_bpf_ops"
enum { OPS_TYPE, VALUE_TYPE, KFUNCS };

struct load {
	struct ringlet *r;
	int image, ring;
	int region, types, program, ops; /* descriptors; -1: not made */
	struct rl_linked linked;
	struct rl_kernel_type of_kernel[KFUNCS + RL_MAX_KFUNCS];
	unsigned nkfuncs;
	/* Of the kernel's struct, and of the map's value that has one in it: numbers and places. */
	uint32_t ops_id, value_id, value_size, data_at, step_at, ring_at, step_member;
};

/* ---- the kernel's types ---- */

static int read_layout(struct load *l, const struct rl_kernel_types *k)
{
	const struct rl_kernel_type *ops = &l->of_kernel[OPS_TYPE], *value = &l->of_kernel[VALUE_TYPE];
	int step;

	if (!ops->id || !value->id)
		return -EOPNOTSUPP;
	step = rl_btf_member(&k->btf, ops->t, RL_PROGRAM, &l->step_at);
	if (step < 0 || rl_btf_member(&k->btf, ops->t, "ring_fd", &l->ring_at) < 0 ||
		rl_btf_member(&k->btf, value->t, "data", &l->data_at) < 0)
		return -EOPNOTSUPP;
	l->step_member = (uint32_t)step;
	l->ops_id = ops->id;
	l->value_id = value->id;
	l->value_size = value->t->size;
	if (l->value_size > MAX_VALUE || ops->t->size > l->value_size ||
		l->data_at > l->value_size - ops->t->size ||
		(uint64_t)l->step_at + sizeof(uint64_t) > ops->t->size ||
		(uint64_t)l->ring_at + sizeof(uint32_t) > ops->t->size)
		return -EOPNOTSUPP;
	return 0;
}

static int ask_kernel(struct load *l, struct rl_why *why)
{
	static const char what[] = "the types of the kernel";
	struct rl_kernel_types k;
	int err, n = rl_link_kfuncs(&l->r->object, l->of_kernel + KFUNCS, why);

	if (n < 0)
		return rl_error(l->r, -n, "%s", why->text);
	l->nkfuncs = (unsigned)n;
	l->of_kernel[OPS_TYPE] = (struct rl_kernel_type){.name = OPS, .kind = BTF_KIND_STRUCT};
	l->of_kernel[VALUE_TYPE] =
		(struct rl_kernel_type){.name = "bpf_struct_ops_" OPS, .kind = BTF_KIND_STRUCT};
	err = rl_kernel_types_open(&k);
	if (err)
		return rl_kernel_refused(l->r, what, err);
	rl_kernel_types_find(&k, l->of_kernel, KFUNCS + l->nkfuncs);
	err = read_layout(l, &k);
	rl_kernel_types_close(&k);
	return err ? rl_kernel_refused(l->r, what, err) : 0;
}

/* ---- maps ---- */

/* The verifier takes the size of the region for a constant, as the map is frozen before it looks. */
static int make_region(struct load *l)
{
	struct rl_region size = rl_region_size(l->r);
	union bpf_attr a = rl_bpf_attr();
	int err;

	if (!l->r->object.region.name)
		return 0;
	l->region = rl_bpf_array("ringlet_region", sizeof(size), BPF_F_RDONLY_PROG);
	err = l->region < 0 ? l->region : rl_bpf_update(l->region, &size);
	a.map_fd = (uint32_t)l->region;
	if (!err)
		err = rl_bpf(BPF_MAP_FREEZE, &a);
	return err ? rl_kernel_refused(l->r, "a BPF map for the size of the region", err) : 0;
}

static int make_ops(struct load *l)
{
	union bpf_attr a = rl_bpf_attr();

	a.map_type = BPF_MAP_TYPE_STRUCT_OPS;
	a.key_size = sizeof(uint32_t);
	a.value_size = l->value_size;
	a.max_entries = 1;
	a.map_flags = RL_BPF_F_LINK;
	a.btf_vmlinux_value_type_id = l->value_id;
	a.btf_fd = (uint32_t)l->types; /* it is not looked into, but has to be one (map_create) */
	strcpy(a.map_name, RL_OPS_MAP);
	l->ops = rl_bpf(BPF_MAP_CREATE, &a);
	return l->ops < 0 ? l->ops : 0;
}

/* Where the kernel has a pointer to a function, the map is given the program's descriptor. */
static int set_ops(struct load *l)
{
	_Alignas(uint64_t) unsigned char value[MAX_VALUE] = {0};
	uint64_t program = (uint64_t)l->program;
	uint32_t ring = (uint32_t)l->ring;

	memcpy(value + l->data_at + l->step_at, &program, sizeof(program));
	memcpy(value + l->data_at + l->ring_at, &ring, sizeof(ring));
	return rl_bpf_update(l->ops, value);
}

/* ---- types and program ---- */

static int load_types(struct load *l, char *log)
{
	union bpf_attr a = rl_bpf_attr();

	a.btf = (uintptr_t)l->linked.btf;
	a.btf_size = l->linked.btf_size;
	if (log) {
		a.btf_log_buf = (uintptr_t)log;
		a.btf_log_size = MAX_LOG;
		a.btf_log_level = RL_BPF_LOG_REASON;
	}
	l->types = rl_bpf(BPF_BTF_LOAD, &a);
	return l->types < 0 ? l->types : 0;
}

static int load_program(struct load *l, char *log)
{
	union bpf_attr a = rl_bpf_attr();

	a.prog_type = BPF_PROG_TYPE_STRUCT_OPS;
	a.expected_attach_type = l->step_member;
	a.attach_btf_id = l->ops_id;
	a.prog_flags = BPF_F_SLEEPABLE;
	a.insns = (uintptr_t)l->linked.insns;
	a.insn_cnt = l->linked.ninsns;
	a.license = (uintptr_t)l->r->object.bpf.license.at;
	strcpy(a.prog_name, RL_PROGRAM);
	a.prog_btf_fd = (uint32_t)l->types;
	a.func_info = (uintptr_t)l->linked.functions;
	a.func_info_cnt = l->linked.nfunctions;
	a.func_info_rec_size = sizeof(*l->linked.functions);
	a.line_info = (uintptr_t)l->linked.lines;
	a.line_info_cnt = l->linked.nlines;
	a.line_info_rec_size = sizeof(*l->linked.lines);
	if (log) {
		a.log_buf = (uintptr_t)log;
		a.log_size = MAX_LOG;
		a.log_level = RL_BPF_LOG_REASON;
	}
	l->program = -EAGAIN;
	for (int i = 0; l->program == -EAGAIN && i < LOAD_ATTEMPTS; i++)
		l->program = rl_bpf(BPF_PROG_LOAD, &a);
	return l->program < 0 ? l->program : 0;
}

static char *log_begin(struct ringlet *r)
{
	free(r->load_log);
	r->load_log = malloc(MAX_LOG);
	if (r->load_log)
		*r->load_log = 0;
	return r->load_log;
}

/* The kernel's last line may have no end. */
static void log_end(struct ringlet *r)
{
	size_t n = r->load_log ? strlen(r->load_log) : 0;
	char *less;

	if (n && n + 1 < MAX_LOG && r->load_log[n - 1] != '\n')
		strcpy(r->load_log + n++, "\n");
	less = r->load_log ? realloc(r->load_log, n + 1) : NULL;
	if (less)
		r->load_log = less;
}

/* A log takes time: it is asked for where the kernel has refused, by trying again. */
static int with_log(struct load *l, int (*load)(struct load *l, char *log), const char *what)
{
	int again, err = load(l, NULL);

	if (err && err != -EAGAIN && !rl_kernel_is_shortage(err)) {
		again = load(l, log_begin(l->r));
		log_end(l->r);
		err = again == -ENOSPC ? err : again; /* which says that the log was longer */
	}
	return err ? rl_kernel_refused(l->r, what, err) : 0;
}

static int make_program(struct load *l, struct rl_why *why)
{
	const struct rl_link_targets to = {l->image, l->region, l->of_kernel + KFUNCS, l->nkfuncs};
	const struct rl_span *license = &l->r->object.bpf.license;
	sigset_t all, old;
	int err;

	if (!license->size || license->at[license->size - 1])
		return rl_error(l->r, EBADMSG, "corrupt: no license");
	err = rl_link(&l->r->object, &to, &l->linked, why);
	if (err)
		return rl_error(l->r, -err, "%s", why->text);
	err = with_log(l, load_types, "loading the program's types");
	if (err)
		return err;
	/* All but SIGSTOP can wait. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	err = with_log(l, load_program, "loading the program");
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

/* ---- all of it ---- */

static int attach(struct load *l, int *link)
{
	static const char what[] = "attaching the program to the ring";
	union bpf_attr a = rl_bpf_attr();
	int err = make_ops(l);

	if (!err)
		err = set_ops(l);
	if (err)
		return rl_kernel_refused(l->r, what, err);
	a.link_create.prog_fd = (uint32_t)l->ops; /* map_fd since 6.4, in the same place */
	a.link_create.attach_type = RL_BPF_ATTACH_STRUCT_OPS;
	*link = rl_bpf(BPF_LINK_CREATE, &a);
	return *link < 0 ? rl_kernel_refused(l->r, what, *link) : 0;
}

int rl_kernel_load(struct ringlet *r, int image, int ring, int *link)
{
	struct load l = {
		.r = r, .image = image, .ring = ring, .region = -1, .types = -1, .program = -1, .ops = -1};
	const int *made[] = {&l.region, &l.types, &l.program, &l.ops};
	char text[256];
	struct rl_why why = {text, sizeof(text)};
	int err;

	err = ask_kernel(&l, &why);
	if (!err)
		err = make_region(&l);
	if (!err)
		err = make_program(&l, &why);
	if (!err)
		err = attach(&l, link);
	/* What is attached keeps all that it needs. */
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (*made[i] >= 0)
			close(*made[i]);
	rl_linked_free(&l.linked);
	return err;
}
