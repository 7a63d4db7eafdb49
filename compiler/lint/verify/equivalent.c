/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * equivalent.c: a ring's step for kernels that have no io_uring_bpf_ops (before 7.1): a program of type
 * syscall, which may sleep as the step may.
 *
 * Its context is memory, so the step's arguments, the ring and the pointer to struct iou_loop_params, become
 * the context itself. io_uring's kfuncs become subprograms at its end that read a byte of the ring, which a
 * number would not let them, and give what the kfunc gives: a number, or maybe memory. All else is the same,
 * instruction by instruction, so that what the verifier says is at the same places; and functions have their
 * types, so that global ones are looked at by themselves.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ask.h"
#include "../flow.h"
#include "../../../runtime/image.h"
#include "../../../runtime/manifest.h"

/* The context of loop_step, in bytes: its arguments. */
enum { ARG_RING = 0, ARG_PARAMS = 8 };
#define ORDER_SINCE 0x060f
#define STUB_MAX 11 /* instructions of a stub */

/* What a host would hand in: the verifier is told its size before the load, as a constant. */
#define REGION_BYTES (1u << 20)
#define REGION_ELEMENTS 1

struct load {
	const struct lint_object *o;
	const struct lint_program *p;
	struct arena *arena;
	struct bpf_insn *insns;
	uint32_t n;
	int *maps;          /* descriptors, by map; -1: not made */
	int region;         /* a map in the place of a region's memory; -1 */
	struct btf *kernel; /* its types; NULL: not needed yet */
	uint32_t *stub;     /* by extern: where it begins; 0: not made */
	struct btf *types;  /* the program's; NULL: none */
	VEC(struct bpf_func_info) functions;
};

static bool is_region(const struct lint_map *m)
{
	return !strcmp(m->name, RL_REGION_SECTION);
}

static int make_map(struct arena *arena, const struct lint_map *m)
{
	const struct rl_region region = {REGION_BYTES, REGION_ELEMENTS};
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = m->flags & ~(uint32_t)BPF_F_MMAPABLE);
	uint32_t key = 0;
	int fd = bpf_map_create(m->type, NULL, m->key_size, m->value_size, m->max_entries, &opts);

	if (fd < 0 || !m->readonly)
		return fd;
	/* The verifier takes loads of it for constants only where it is frozen. */
	uint8_t *bytes = arena_alloc(arena, m->value_size);
	if (m->bytes)
		memcpy(bytes, m->bytes, m->nbytes < m->value_size ? m->nbytes : m->value_size);
	if (is_region(m) && m->value_size >= sizeof region)
		memcpy(bytes, &region, sizeof region);
	if (bpf_map_update_elem(fd, &key, bytes, 0) || bpf_map_freeze(fd)) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static struct bpf_insn insn(uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm)
{
	return (struct bpf_insn){.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm};
}

static void stub_ring(struct load *l)
{
	l->insns[l->n++] = insn(BPF_LDX | BPF_MEM | BPF_B, 1, 1, 0, 0);
}

/* A number that nobody knows, as of bpf_io_uring_submit_sqes(). */
static void stub_number(struct load *l)
{
	l->insns[l->n++] = insn(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_prandom_u32);
	l->insns[l->n++] = insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Memory of so many bytes or NULL, as of bpf_io_uring_get_region(). */
static int stub_memory(struct load *l, uint32_t size)
{
	if (l->region < 0)
		l->region = bpf_map_create(BPF_MAP_TYPE_HASH, NULL, 4, size, 1, NULL);
	if (l->region < 0)
		return l->region;
	l->insns[l->n++] = insn(BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, 0);
	l->insns[l->n++] = insn(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0);
	l->insns[l->n++] = insn(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4);
	l->insns[l->n++] = insn(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, l->region);
	l->insns[l->n++] = insn(0, 0, 0, 0, 0);
	l->insns[l->n++] = insn(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	l->insns[l->n++] = insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return 0;
}

/* How much memory a call asks for: what r3 was set to before it, or the size of the region. */
static uint32_t asked_size(const struct lint_program *p, uint32_t call)
{
	for (uint32_t i = call; i-- > 0;) {
		const struct bpf_insn *in = &p->insns[i];
		if (in->dst_reg == 3 && (in->code == (BPF_ALU64 | BPF_MOV | BPF_K) ||
						in->code == (BPF_ALU | BPF_MOV | BPF_K) ||
						in->code == (BPF_LD | BPF_IMM | BPF_DW)))
			return (uint32_t)in->imm;
	}
	return REGION_BYTES;
}

static bool gives_memory(const char *kfunc)
{
	return !strcmp(kfunc, "bpf_io_uring_get_region");
}

static int call_stub(struct load *l, uint32_t at)
{
	uint32_t e = l->p->refs[at].index;
	int err = 0;

	if (!l->stub[e]) {
		l->stub[e] = l->n;
		VEC_PUSH(l->arena, &l->functions, ((struct bpf_func_info){l->n, l->o->externs.at[e].btf_id}));
		stub_ring(l);
		if (gives_memory(l->o->externs.at[e].name))
			err = stub_memory(l, asked_size(l->p, at));
		else
			stub_number(l);
	}
	l->insns[at].src_reg = BPF_PSEUDO_CALL;
	l->insns[at].imm = (int32_t)(l->stub[e] - at - 1);
	return err;
}

/* What this kernel has besides io_uring's. */
static int call_kernel(struct load *l, uint32_t at, const char *name)
{
	if (!l->kernel)
		l->kernel = btf__load_vmlinux_btf();
	int id = l->kernel ? btf__find_by_name_kind(l->kernel, name, BTF_KIND_FUNC) : -ENOENT;
	l->insns[at].imm = id;
	return id < 0 ? id : 0;
}

static int refer(struct load *l, uint32_t at)
{
	const struct lint_ref *r = &l->p->refs[at];
	const char *name = r->kind == REF_KFUNC ? l->o->externs.at[r->index].name : "";

	if (r->kind == REF_KFUNC)
		return strncmp(name, "bpf_io_uring_", 13) ? call_kernel(l, at, name) : call_stub(l, at);
	if (r->kind == REF_EXTERN)
		return -EOPNOTSUPP;
	if (r->kind != REF_MAP && r->kind != REF_VALUE)
		return 0;
	if (l->maps[r->index] < 0)
		l->maps[r->index] = make_map(l->arena, &l->o->maps.at[r->index]);
	l->insns[at].imm = l->maps[r->index];
	return l->maps[r->index] < 0 ? l->maps[r->index] : 0;
}

/* Loads of the step's arguments, through the registers that the context is in, become the context. */
static void change_arguments(struct load *l)
{
	bool context[11] = {[1] = true};
	for (uint32_t i = 0; i < l->p->functions.at[0].n; i++) {
		struct bpf_insn *in = &l->insns[i];
		uint8_t class = BPF_CLASS(in->code);
		bool is = in->src_reg < 11 && context[in->src_reg];
		if (in->code == (BPF_JMP | BPF_CALL)) {
			memset(context, 0, 6);
		} else if (in->code == (BPF_LDX | BPF_MEM | BPF_DW) && is &&
			   (in->off == ARG_RING || in->off == ARG_PARAMS)) {
			*in = insn(BPF_ALU64 | BPF_MOV | BPF_X, in->dst_reg, in->src_reg, 0, 0);
			context[in->dst_reg] = false; /* it is the argument now */
		} else if (in->code == (BPF_ALU64 | BPF_MOV | BPF_X)) {
			context[in->dst_reg] = is;
		} else if (class == BPF_ALU || class == BPF_ALU64 || class == BPF_LDX || class == BPF_LD) {
			context[in->dst_reg] = false;
		}
	}
}

/* ---- types ---- */

static uint32_t some_int(const struct btf *btf)
{
	for (uint32_t id = 1; id < btf__type_cnt(btf); id++)
		if (btf_is_int(btf__type_by_id(btf, id)))
			return id;
	return 0;
}

/* Sections of variables are of no use here, and not complete before libbpf has loaded them: each becomes a
 * struct of as many numbers, which takes the same room. */
static void no_variables(struct btf *btf, struct btf_type *t, uint32_t number)
{
	struct btf_member *m = btf_members(t);
	uint32_t n = btf_vlen(t), size = btf__type_by_id(btf, number)->size;

	t->info = (uint32_t)BTF_KIND_STRUCT << 24 | n;
	t->size = n * size;
	t->name_off = 0;
	for (uint32_t i = 0; i < n; i++)
		m[i] = (struct btf_member){.type = number, .offset = i * size * 8};
}

/* A kfunc is a function of the program now; its arguments have names, as those of all functions with code. */
static void become_static(struct btf *btf, uint32_t id)
{
	struct btf_type *t = (struct btf_type *)(uintptr_t)btf__type_by_id(btf, id);
	struct btf_type *proto = (struct btf_type *)(uintptr_t)btf__type_by_id(btf, t->type);

	t->info = (uint32_t)BTF_KIND_FUNC << 24 | BTF_FUNC_STATIC;
	for (unsigned i = 0; i < btf_vlen(proto); i++)
		if (!btf_params(proto)[i].name_off)
			btf_params(proto)[i].name_off = t->name_off;
}

static void become_plain(struct btf *btf, uint32_t number)
{
	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		struct btf_type *t = (struct btf_type *)(uintptr_t)btf__type_by_id(btf, id);
		if (btf_is_var(t)) {
			t->info = (uint32_t)BTF_KIND_INT << 24;
			t->size = 1;
			*(uint32_t *)(t + 1) = 8; /* bits */
		} else if (btf_is_datasec(t)) {
			no_variables(btf, t, number);
		} else if (btf_is_func(t) && btf_vlen(t) == BTF_FUNC_EXTERN) {
			become_static(btf, id);
		}
	}
}

/* Where the type of one function is not known, or the kernel does not take them, there are none. */
static void load_types(struct load *l)
{
	uint32_t size = 0;
	const void *raw = l->o->btf ? btf__raw_data(l->o->btf, &size) : NULL;

	for (size_t i = 0; i < l->functions.n; i++)
		if (!l->functions.at[i].type_id)
			return;
	l->types = raw ? btf__new(raw, size) : NULL;
	if (!l->types)
		return;
	uint32_t number = some_int(l->types);
	if (number)
		become_plain(l->types, number);
	for (size_t i = 0; i < l->functions.n; i++) {
		if (i >= l->p->functions.n || !l->p->functions.at[i].is_global)
			become_static(l->types, l->functions.at[i].type_id);
	}
	if (!number || btf__load_into_kernel(l->types)) {
		btf__free(l->types);
		l->types = NULL;
	}
}

/* Loads and stores that order others came with Linux 6.15. Where there are none, the plain ones are the same
 * to the verifier. */
static void change_order(struct load *l)
{
	for (uint32_t i = 0; i < l->p->n; i++) {
		struct bpf_insn *in = &l->insns[i];
		bool load = in->imm == BPF_LOAD_ACQ, store = in->imm == BPF_STORE_REL;
		if (BPF_CLASS(in->code) != BPF_STX || BPF_MODE(in->code) != BPF_ATOMIC || !(load || store))
			continue;
		in->code = (uint8_t)((load ? BPF_LDX : BPF_STX) | BPF_MEM | BPF_SIZE(in->code));
		in->imm = 0;
	}
}

static int make(struct load *l)
{
	size_t externs = l->o->externs.n;
	int err = 0;

	l->insns = arena_alloc(l->arena, (l->p->n + STUB_MAX * (externs + 1)) * sizeof *l->insns);
	memcpy(l->insns, l->p->insns, l->p->n * sizeof *l->insns);
	l->n = l->p->n;
	l->stub = arena_alloc(l->arena, (externs + 1) * sizeof *l->stub);
	l->maps = arena_alloc(l->arena, (l->o->maps.n + 1) * sizeof *l->maps);
	memset(l->maps, 0xff, (l->o->maps.n + 1) * sizeof *l->maps);
	change_arguments(l);
	if (lint_running_kernel() < ORDER_SINCE)
		change_order(l);
	for (size_t i = 0; i < l->p->functions.n; i++)
		VEC_PUSH(l->arena, &l->functions,
			((struct bpf_func_info){l->p->functions.at[i].first, l->p->functions.at[i].btf_id}));
	for (uint32_t i = 0; i < l->p->n && !err; i++)
		err = refer(l, i);
	return err;
}

int lint_verify_equivalent(const struct lint_object *o, const struct lint_program *p, struct arena *arena,
	char *log, uint32_t log_size, uint32_t level)
{
	struct load l = {.o = o, .p = p, .arena = arena, .region = -1};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_buf = log, .log_size = log_size, .log_level = level,
		.prog_flags = BPF_F_SLEEPABLE);
	int err = make(&l);

	if (!err) {
		load_types(&l);
		if (l.types) {
			opts.prog_btf_fd = (uint32_t)btf__fd(l.types);
			opts.func_info = l.functions.at;
			opts.func_info_cnt = (uint32_t)l.functions.n;
			opts.func_info_rec_size = sizeof *l.functions.at;
		}
		int fd = bpf_prog_load(BPF_PROG_TYPE_SYSCALL, p->name, "GPL", l.insns, l.n, &opts);
		err = fd < 0 ? fd : 0;
		if (fd >= 0)
			close(fd);
	}
	for (size_t i = 0; i < o->maps.n; i++)
		if (l.maps[i] >= 0)
			close(l.maps[i]);
	if (l.region >= 0)
		close(l.region);
	btf__free(l.types);
	btf__free(l.kernel);
	return err;
}
