/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kernel.c: what the running kernel says of a program.
 *
 * libbpf loads it the first time, and makes its maps. The instructions that it made then, with descriptors of
 * maps and numbers of the kernel's functions in them, are those that are changed afterwards, and loaded by
 * the system call alone: that takes a hundredth of the time.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "agree.h"
#include "../../../compiler/lint/verify/verify.h"

#define LOG_SIZE (1u << 20)
#define LOG_STATS 4 /* BPF_LOG_STATS: why, and how many instructions, but not the way */

struct loaded {
	const struct lint_object *o;
	struct lint_program *p;
	struct arena *arena;
	struct bpf_object *object;
	struct bpf_insn *as_was,
		*linked; /* of the program before it was changed; the same as the kernel takes it */
	struct bpf_prog_load_opts opts;
	struct bpf_func_info *functions;
	bool equivalent;
};

static char kernel_log[LOG_SIZE];

bool is_equivalent(const struct loaded *k)
{
	return k->equivalent;
}

/* The last line of the log that says something of the program. */
static void reason(const char *log, char *to, size_t n)
{
	const char *last = log;
	for (const char *line = log; line && *line;) {
		const char *end = strchr(line, '\n');
		/* Since 7.3 a report of more lines follows. */
		if (!strncmp(line, "Verification failed", 19) || !strncmp(line, "====", 4))
			break;
		if (strncmp(line, "processed ", 10) && strncmp(line, "verification time", 17) &&
			strncmp(line, "stack depth", 11) && *line != '\n')
			last = line;
		line = end ? end + 1 : NULL;
	}
	snprintf(to, n, "%.*s", (int)strcspn(last, "\n"), last);
}

/* Without a word in the log it was not the verifier that refused. */
static void settle(struct verdict *v, int err)
{
	v->accepted = err >= 0;
	v->judged = v->accepted || kernel_log[0];
	if (!v->accepted)
		reason(kernel_log, v->why, sizeof v->why);
	if (!v->judged)
		snprintf(v->why, sizeof v->why, "%s", strerror(-err));
}

static uint32_t verified_insns(int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof info;
	return bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.verified_insns;
}

/* ---- the first time ---- */

/* What the kernel is told of functions; none where one is not known. */
static void tell_functions(struct loaded *k)
{
	const struct lint_program *p = k->p;

	k->functions = arena_alloc(k->arena, p->functions.n * sizeof *k->functions);
	for (size_t i = 0; i < p->functions.n; i++) {
		k->functions[i] = (struct bpf_func_info){p->functions.at[i].first, p->functions.at[i].btf_id};
		if (!p->functions.at[i].btf_id)
			return;
	}
	k->opts.prog_btf_fd = (uint32_t)bpf_object__btf_fd(k->object);
	k->opts.func_info = k->functions;
	k->opts.func_info_cnt = (uint32_t)p->functions.n;
	k->opts.func_info_rec_size = sizeof *k->functions;
}

/* False: libbpf linked it in another way than the linter did, so that changes would not be at the same
 * places. */
static bool keep_instructions(struct loaded *k, const struct bpf_program *prog)
{
	const struct lint_program *p = k->p;
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof info;

	if (bpf_program__insn_cnt(prog) != p->n ||
		bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size))
		return false;
	k->linked = arena_alloc(k->arena, p->n * sizeof *k->linked);
	memcpy(k->linked, bpf_program__insns(prog), p->n * sizeof *k->linked);
	for (uint32_t i = 0; i < p->n; i++)
		if (k->linked[i].code != p->insns[i].code)
			return false;
	k->opts.sz = sizeof k->opts;
	k->opts.expected_attach_type = bpf_program__expected_attach_type(prog);
	k->opts.prog_flags = bpf_program__flags(prog) | (p->sleepable ? BPF_F_SLEEPABLE : 0);
	k->opts.attach_btf_id = info.attach_btf_id;
	k->opts.log_buf = kernel_log;
	k->opts.log_size = sizeof kernel_log;
	k->opts.log_level = LOG_STATS;
	tell_functions(k);
	return true;
}

static void load_by_libbpf(struct loaded *k, const void *bytes, size_t size, struct verdict *v)
{
	k->object = bpf_object__open_mem(bytes, size, NULL);
	struct bpf_program *prog = k->object ? lint_load_only(k->object, k->p) : NULL;
	if (!prog)
		return;
	bpf_program__set_log_buf(prog, kernel_log, sizeof kernel_log);
	bpf_program__set_log_level(prog, 0);
	settle(v, bpf_object__load(k->object));
	if (v->accepted)
		v->insns = verified_insns(bpf_program__fd(prog));
	if (v->accepted && !keep_instructions(k, prog))
		k->linked = NULL;
}

struct loaded *kernel_load(struct arena *arena, const struct lint_object *o, struct lint_program *p,
	const void *bytes, size_t size, struct verdict *v)
{
	struct loaded *k = NEW(arena, struct loaded);

	*k = (struct loaded){.o = o, .p = p, .arena = arena};
	*v = (struct verdict){0};
	kernel_log[0] = 0;
	k->as_was = arena_alloc(arena, p->n * sizeof *k->as_was);
	memcpy(k->as_was, p->insns, p->n * sizeof *k->as_was);
	k->equivalent = lint_needs_equivalent(o, p);
	if (k->equivalent)
		kernel_judge(k, v);
	else
		load_by_libbpf(k, bytes, size, v);
	return k;
}

/* ---- again ---- */

static void judge_equivalent(struct loaded *k, struct verdict *v)
{
	struct arena *arena = arena_new();
	settle(v, lint_verify_equivalent(k->o, k->p, arena, kernel_log, sizeof kernel_log, LOG_STATS));
	v->insns = v->accepted ? lint_log_processed(kernel_log) : 0;
	arena_free(arena);
}

void kernel_judge(struct loaded *k, struct verdict *v)
{
	const struct lint_program *p = k->p;

	*v = (struct verdict){0};
	kernel_log[0] = 0;
	if (k->equivalent) {
		judge_equivalent(k, v);
		return;
	}
	if (!k->linked)
		return;
	struct bpf_insn *insns = malloc(p->n * sizeof *insns);
	for (uint32_t i = 0; insns && i < p->n; i++)
		insns[i] = memcmp(&p->insns[i], &k->as_was[i], sizeof *insns) ? p->insns[i] : k->linked[i];
	int fd = bpf_prog_load(p->type, NULL, k->o->gpl ? "GPL" : "BSD", insns, p->n, &k->opts);
	settle(v, fd);
	if (fd >= 0) {
		v->insns = verified_insns(fd);
		close(fd);
	}
	free(insns);
}

void kernel_unload(struct loaded *k)
{
	bpf_object__close(k->object);
}
