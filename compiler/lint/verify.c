/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* verify.c: has the running kernel judge a program, and takes nothing from it: what was loaded is closed
 * again. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "libbpf_log.h"
#include "verify.h"

#define LOG_SIZE (16u << 20)
#define LOG_TRACE 1 /* BPF_LOG_LEVEL1 */
#define LOG_STATS 4 /* BPF_LOG_STATS */

/* Why there is no verdict: not the program's fault. */
static const char *why_not(struct arena *a, int err, const struct rl_libbpf_log *said)
{
	if (err == -EPERM)
		return "loading programs needs root, or CAP_BPF with what the type asks for (CAP_PERFMON, "
		       "CAP_NET_ADMIN)";
	return said->text ? lint_libbpf_said(a, said) : strerror(-err);
}

static int load(const struct lint_program *p, struct bpf_object *obj, char *log, uint32_t level)
{
	struct bpf_program *prog, *own = NULL;
	struct bpf_map *map;
	int err;

	bpf_object__for_each_program(prog, obj)
	{
		bool is = !strcmp(bpf_program__name(prog), p->name);
		bpf_program__set_autoload(prog, is);
		own = is ? prog : own;
	}
	/* What is not to be loaded may refer to what this kernel has not. */
	bpf_object__for_each_map(map,
		obj) if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS && p->type != BPF_PROG_TYPE_STRUCT_OPS)
		bpf_map__set_autocreate(map, false);
	err = own ? bpf_program__set_log_buf(own, log, LOG_SIZE) : -ENOENT;
	if (!err)
		err = bpf_program__set_log_level(own, level);
	return err ? err : bpf_object__load(obj);
}

static bool is_step(const struct lint_object *o, const struct lint_program *p)
{
	for (uint32_t i = 0; p->type == BPF_PROG_TYPE_STRUCT_OPS && i < p->n; i++)
		if (p->refs[i].kind == REF_KFUNC &&
			!strncmp(o->externs.at[p->refs[i].index].name, "bpf_io_uring_", 13))
			return true;
	return false;
}

/* Whether this kernel has what a ring's step is attached to. */
static bool kernel_has_steps(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool has = btf && btf__find_by_name_kind(btf, "bpf_struct_ops_io_uring_bpf_ops", BTF_KIND_STRUCT) > 0;
	btf__free(btf);
	return has;
}

/* One load. At LOG_STATS the log has the reason and the count, at LOG_TRACE the way as well. */
static int judge(const struct lint_object *o, const struct lint_program *p, const void *bytes, size_t size,
	bool equivalent, char *log, uint32_t level)
{
	if (equivalent)
		return lint_verify_equivalent(o, p, o->arena, log, LOG_SIZE, level);
	struct bpf_object *obj = bpf_object__open_mem(bytes, size, NULL);
	int err = obj ? load(p, obj, log, level) : -errno;
	bpf_object__close(obj);
	return err;
}

struct verifier_verdict lint_verify(struct lint *l, const struct lint_object *o, const struct lint_program *p,
	const void *bytes, size_t size)
{
	struct verifier_verdict v = {.is = VERDICT_NONE, .equivalent = is_step(o, p) && !kernel_has_steps()};
	struct rl_libbpf_log said = {0};
	char *log = calloc(1, LOG_SIZE);

	if (!log) {
		v.why = "out of memory";
		return v;
	}
	rl_libbpf_log_begin(&said);
	int err = judge(o, p, bytes, size, v.equivalent, log, LOG_STATS);
	if (err && *log)
		judge(o, p, bytes, size, v.equivalent, log, LOG_TRACE);
	rl_libbpf_log_end(&said);
	if (!err) {
		v.is = VERDICT_ACCEPTED;
	} else if (*log) {
		v.is = VERDICT_REJECTED;
		lint_verifier_log(l, p, log, o->arena);
	} else {
		v.why = why_not(o->arena, err, &said);
	}
	v.processed = lint_log_processed(log);
	v.log = arena_strndup(o->arena, log, strlen(log));
	free(log);
	rl_libbpf_log_free(&said);
	return v;
}
