/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ask.c: has the kernel that runs judge a program, and takes nothing from it: what was loaded is closed
 * again. */
#include "ask.h"
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include "../libbpf_log.h"

#define LOG_TRACE 1 /* BPF_LOG_LEVEL1 */
#define LOG_STATS 4 /* BPF_LOG_STATS */

/* libbpf loads every program that stands in a struct of functions that is made, so the others are taken out
 * of it; in the bytes that are at its map they are addresses. False: `own` is not in it. */
static bool stands_alone(struct bpf_object *obj, struct bpf_map *map, const struct bpf_program *own)
{
	struct bpf_program *prog;
	size_t size = 0;
	char *bytes = bpf_map__initial_value(map, &size);
	bool found = false;

	for (size_t at = 0; bytes && at + sizeof prog <= size; at += sizeof prog) {
		struct bpf_program *there;
		memcpy(&there, bytes + at, sizeof there);
		bpf_object__for_each_program(prog, obj)
		{
			if (there != prog)
				continue;
			found |= prog == own;
			if (prog != own)
				memset(bytes + at, 0, sizeof there);
		}
	}
	return found;
}

struct bpf_program *lint_load_only(struct bpf_object *obj, const struct lint_program *p)
{
	struct bpf_program *prog, *own = NULL;
	struct bpf_map *map;

	bpf_object__for_each_program(prog, obj)
	{
		bool is = !strcmp(bpf_program__name(prog), p->name);
		bpf_program__set_autoload(prog, is);
		own = is ? prog : own;
	}
	bpf_object__for_each_map(map, obj)
	{
		/* What is not to be loaded may refer to what this kernel has not. */
		if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS &&
			(p->type != BPF_PROG_TYPE_STRUCT_OPS || !stands_alone(obj, map, own)))
			bpf_map__set_autocreate(map, false);
		bpf_map__set_pin_path(map, NULL); /* it would stay, and others would find it */
	}
	return own;
}

static int load(const struct lint_program *p, struct bpf_object *obj, char *log, uint32_t level)
{
	struct bpf_program *own = lint_load_only(obj, p);
	int err = own ? bpf_program__set_log_buf(own, log, VERIFIER_LOG_SIZE) : -ENOENT;
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

/* Whether this kernel has what a ring's step is attached to. It takes a while, and stays as it is. */
static bool kernel_has_steps(void)
{
	static int has = -1;
	if (has < 0) {
		struct btf *btf = btf__load_vmlinux_btf();
		has = btf &&
		      btf__find_by_name_kind(btf, "bpf_struct_ops_io_uring_bpf_ops", BTF_KIND_STRUCT) > 0;
		btf__free(btf);
	}
	return has;
}

bool lint_needs_equivalent(const struct lint_object *o, const struct lint_program *p)
{
	return is_step(o, p) && !kernel_has_steps();
}

unsigned lint_kernel_of(const char *release)
{
	unsigned major, minor;
	return sscanf(release, "%2u.%2u", &major, &minor) == 2 ? major << 8 | minor : 0;
}

unsigned lint_running_kernel(void)
{
	struct utsname u;
	return uname(&u) ? 0 : lint_kernel_of(u.release);
}

/* One load. At LOG_STATS the log has the reason and the count, at LOG_TRACE the way as well. */
static int ask(const struct lint_object *o, const struct lint_program *p, const void *bytes, size_t size,
	bool equivalent, char *log, uint32_t level)
{
	if (equivalent)
		return lint_verify_equivalent(o, p, o->arena, log, VERIFIER_LOG_SIZE, level);
	struct bpf_object *obj = bpf_object__open_mem(bytes, size, NULL);
	int err = obj ? load(p, obj, log, level) : -errno;
	bpf_object__close(obj);
	return err;
}

/* It was loaded, and what libbpf does behind that has failed: to fill an array of programs, for example, of
 * which only this one is there. The log has nothing but statistics then. */
static bool is_loaded(const char *log, const struct rl_libbpf_log *said)
{
	return !strncmp(log, "verification time ", 18) &&
	       !(said->text && strstr(said->text, "program load failed"));
}

struct kernel_answer lint_ask_kernel(
	const struct lint_object *o, const struct lint_program *p, const void *bytes, size_t size)
{
	struct kernel_answer a = {.log = calloc(1, VERIFIER_LOG_SIZE)};
	struct rl_libbpf_log said = {0};

	if (!a.log) {
		a.error = -ENOMEM;
		return a;
	}
	rl_libbpf_log_begin(&said);
	a.equivalent = lint_needs_equivalent(o, p);
	a.error = ask(o, p, bytes, size, a.equivalent, a.log, LOG_STATS);
	if (a.error && !a.equivalent && is_loaded(a.log, &said))
		a.error = 0;
	if (a.error && *a.log)
		ask(o, p, bytes, size, a.equivalent, a.log, LOG_TRACE);
	rl_libbpf_log_end();
	const char *first = lint_libbpf_said(o->arena, &said);
	a.said = first ? strdup(first) : NULL;
	rl_libbpf_log_free(&said);
	return a;
}

void kernel_answer_free(struct kernel_answer *a)
{
	free(a->log);
	free(a->said);
	*a = (struct kernel_answer){0};
}
