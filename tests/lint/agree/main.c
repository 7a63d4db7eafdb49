/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * main.c: `agreement [option...] OBJECT...` has each program of each object judged by the linter and by the
 * verifier of this machine's kernel, prints a line where they differ, and at the end how often they agree.
 *
 *   -c N     each program that the kernel accepts is changed by each rule of changes.c as well, at N places
 *   -e N     only every Nth of them
 *   -m N     by N random changes of one instruction; -r SEED: others
 *   -t       a line for each kind of program and change, for tests/lint/agree/table
 *   -v       a line for each program
 *
 * Exit status 1: a program was called clean that the kernel rejects.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "agree.h"
#include "../../../compiler/lint/verify/ask.h"

/* ---- counts ---- */

/* One kind of program, or one change. */
struct row {
	const char *group, *name;
	unsigned judged, agree, false_clean, false_alarm, not_judged, accepted, within;
};

static struct {
	struct row at[128];
	unsigned n;
} rows;
static unsigned not_loaded, accepted;

static struct {
	unsigned changes, every, random;
	bool verbose;
	struct linter linter;
} options;

static struct row *row(const char *group, const char *name)
{
	for (unsigned i = 0; i < rows.n; i++)
		if (!strcmp(rows.at[i].group, group) && !strcmp(rows.at[i].name, name))
			return &rows.at[i];
	if (rows.n == sizeof rows.at / sizeof *rows.at) {
		fprintf(stderr, "too many kinds of programs\n");
		exit(2);
	}
	rows.at[rows.n] = (struct row){.group = strdup(group), .name = strdup(name)};
	return &rows.at[rows.n++];
}

static void tell(const char *what, const char *name, const struct verdict *ours, const struct verdict *kernel)
{
	printf("%-11s %s: %s %llu; kernel %s %llu%s%s%s%s\n", what, name,
		ours->accepted ? "accepted" : "rejected", (unsigned long long)ours->insns,
		kernel->accepted ? "accepted" : "rejected", (unsigned long long)kernel->insns,
		ours->accepted ? "" : "\n    ours: ", ours->why,
		kernel->accepted ? "" : "\n    kernel: ", kernel->why);
}

static void compare(struct row *r, const char *name, const struct verdict *ours, const struct verdict *kernel)
{
	const char *what = "agree";
	bool off = false;

	if (!kernel->judged) {
		not_loaded++;
		if (options.verbose)
			tell("not loaded", name, ours, kernel);
		return;
	}
	r->judged++;
	if (!ours->judged) {
		r->not_judged++;
		what = "not judged";
	} else if (ours->accepted == kernel->accepted) {
		r->agree++;
	} else if (ours->accepted) {
		r->false_clean++;
		what = "FALSE CLEAN";
	} else {
		r->false_alarm++;
		what = "FALSE ALARM";
	}
	if (ours->judged && ours->accepted && kernel->accepted && kernel->insns) {
		double ratio = (double)ours->insns / (double)kernel->insns;
		off = ratio > 1.5 || ratio < 1 / 1.5;
		r->accepted++;
		r->within += !off;
	}
	if (options.verbose || off || strcmp(what, "agree"))
		tell(off ? "estimate" : what, name, ours, kernel);
}

/* ---- programs ---- */

static void judge_changed(struct row *r, const char *name, struct lint_object *o, struct lint_program *p,
	struct loaded *k, const struct linter *linter)
{
	struct verdict ours, kernel;
	ask_linter(linter, o, p, &ours);
	kernel_judge(k, &kernel);
	compare(r, name, &ours, &kernel);
}

/* At so many of the places where a change is possible, as far from one another as there are. */
static void change_by_rules(struct lint_object *o, struct lint_program *p, struct loaded *k,
	const struct bpf_insn *was, const struct linter *linter, bool step)
{
	char name[256];

	for (unsigned c = 0; c < nchanges; c++) {
		struct row *r = row(step ? "ringc's, with" : "C, with", changes[c].name);
		unsigned places = 0, seen = 0, done = 0;
		for (int pass = 0; pass < 2; pass++)
			for (uint32_t i = 0; i < p->n; i++) {
				if (p->refs[i].kind != REF_NONE || !was[i].code || !changes[c].apply(p, i))
					continue;
				places += !pass;
				if (pass && (uint64_t)seen++ * options.changes >= (uint64_t)done * places &&
					done < options.changes) {
					done++;
					snprintf(name, sizeof name, "%s %s, %s at %u", o->path, p->name,
						changes[c].name, i);
					judge_changed(r, name, o, p, k, linter);
				}
				memcpy(p->insns, was, p->n * sizeof *was);
			}
	}
}

static void change_at_random(struct lint_object *o, struct lint_program *p, struct loaded *k,
	const struct bpf_insn *was, const struct linter *linter)
{
	struct row *r = row("any, with", "a random change");
	char name[256];

	for (unsigned i = 0; i < options.random; i++) {
		uint32_t at = (uint32_t)random() % p->n;
		if (change_randomly(p, at)) {
			const struct bpf_insn *in = &p->insns[at];
			snprintf(name, sizeof name, "%s %s, %u: %02x %u %u %d %d", o->path, p->name, at,
				in->code, in->dst_reg, in->src_reg, in->off, in->imm);
			judge_changed(r, name, o, p, k, linter);
		}
		p->insns[at] = was[at];
	}
}

static void judge_program(struct lint_object *o, struct lint_program *p, const void *bytes, size_t n)
{
	struct arena *arena = arena_new();
	struct linter linter = options.linter;
	struct verdict ours, kernel;
	struct loaded *k = kernel_load(arena, o, p, bytes, n, &kernel);
	bool step = p->ops && !strcmp(p->ops, "io_uring_bpf_ops");
	struct bpf_insn *was = arena_alloc(arena, p->n * sizeof *was);
	char name[256];

	linter.no_needs = is_equivalent(k);
	memcpy(was, p->insns, p->n * sizeof *was);
	ask_linter(&linter, o, p, &ours);
	snprintf(name, sizeof name, "%s %s", o->path, p->name);
	compare(step ? row("ringc's", "scripts")
		     : row("C", arena_strndup(arena, o->path, strcspn(o->path, "."))),
		name, &ours, &kernel);
	if (kernel.accepted && options.changes && !(accepted++ % options.every))
		change_by_rules(o, p, k, was, &linter, step);
	if (kernel.accepted && options.random)
		change_at_random(o, p, k, was, &linter);
	kernel_unload(k);
	arena_free(arena);
}

static void judge_object(const char *path)
{
	static uint8_t bytes[1 << 26];
	struct arena *arena = arena_new();
	const char *slash = strrchr(path, '/'), *why = NULL;
	FILE *f = fopen(path, "rb");

	if (!f) {
		perror(path);
		exit(2);
	}
	size_t n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	struct lint_object *o = lint_object_read(arena, slash ? slash + 1 : path, bytes, n, &why);
	if (!o) {
		fprintf(stderr, "%s: %s\n", path, why);
		exit(2);
	}
	for (size_t i = 0; i < o->programs.n; i++)
		judge_program(o, o->programs.at[i], bytes, n);
	lint_object_close(o);
	arena_free(arena);
}

/* ---- results ---- */

static void print_rows(void)
{
	for (unsigned i = 0; i < rows.n; i++) {
		const struct row *r = &rows.at[i];
		printf("row\t%s\t%s\t%u\t%u\t%u\t%u\t%u\t%u\t%u\n", r->group, r->name, r->judged, r->agree,
			r->false_clean, r->false_alarm, r->not_judged, r->accepted, r->within);
	}
}

static bool print_sum(void)
{
	struct row s = {0};
	for (unsigned i = 0; i < rows.n; i++) {
		const struct row *r = &rows.at[i];
		s.judged += r->judged;
		s.agree += r->agree;
		s.false_clean += r->false_clean;
		s.false_alarm += r->false_alarm;
		s.not_judged += r->not_judged;
		s.accepted += r->accepted;
		s.within += r->within;
	}
	unsigned both = s.judged - s.not_judged;
	printf("%u programs: %u judged by both, %u agree (%.1f%%), %u false clean, %u false alarms; %u not "
	       "judged, %u "
	       "not loaded\n",
		s.judged + not_loaded, both, s.agree, both ? 100.0 * s.agree / both : 0.0, s.false_clean,
		s.false_alarm, s.not_judged, not_loaded);
	printf("%u accepted by both: the instructions processed within a factor of 1.5 in %u (%.1f%%)\n",
		s.accepted, s.within, s.accepted ? 100.0 * s.within / s.accepted : 0.0);
	return s.false_clean == 0;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

int main(int argc, char **argv)
{
	bool table = false;
	int c;

	options.linter.kernel = lint_running_kernel();
	options.every = 1;
	while ((c = getopt(argc, argv, "c:e:m:r:tv")) != -1) {
		switch (c) {
		case 'c':
			options.changes = (unsigned)atoi(optarg);
			break;
		case 'e':
			options.every = (unsigned)atoi(optarg);
			break;
		case 'm':
			options.random = (unsigned)atoi(optarg);
			break;
		case 'r':
			srandom((unsigned)atoi(optarg));
			break;
		case 't':
			table = true;
			break;
		case 'v':
			options.verbose = true;
			break;
		default:
			return 2;
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!options.every)
		return 2;
	libbpf_set_print(quiet);
	for (int i = optind; i < argc; i++)
		judge_object(argv[i]);
	if (table)
		print_rows();
	return print_sum() ? 0 : 1;
}
