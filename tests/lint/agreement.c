/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * agreement.c: `agreement [-v] OBJECT...` judges each program of each object by the abstract interpreter and
 * by the verifier of this machine's kernel, and prints a line where they differ (-v: each), and at the end
 * how often they agree. Exit status 1: a program was called clean that the kernel rejects.
 *
 * `agreement -s OBJECT...` only judges, for whom may not load programs, and prints what was found. -m N: N
 * random changes of one instruction of each program are judged, too; -r SEED has others.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "../../compiler/lint/interp.h"

/* ---- findings, as text ---- */

struct lint {
	unsigned kernel;
	char said[1024], *at;
};

struct finding {
	int unused;
};

static const char *const formats[] = {
#define X(number, name, level, format, explain) format,
#include "../../compiler/lint/rules.def"
#undef X
};
static const unsigned numbers[] = {
#define X(number, name, level, format, explain) number,
#include "../../compiler/lint/rules.def"
#undef X
};

static void say(struct lint *l, const char *format, va_list args)
{
	size_t left = (size_t)(l->said + sizeof l->said - l->at);
	int n = vsnprintf(l->at, left, format, args);
	l->at += n < 0 ? 0 : (size_t)n < left ? (size_t)n : left - 1;
}

static void add(struct lint *l, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say(l, format, args);
	va_end(args);
}

struct finding *lint_find(
	struct lint *l, enum lint_rule rule, const struct lint_program *p, uint32_t insn, ...)
{
	static struct finding finding;
	const struct lint_line *line = p->lines[insn];
	va_list args;

	l->at = l->said;
	add(l, "L%04u at %u", numbers[rule], insn);
	if (line)
		add(l, " (%u: %.60s)", line->line, line->text);
	add(l, ": ");
	va_start(args, insn);
	say(l, formats[rule], args);
	va_end(args);
	return &finding;
}

void lint_note(struct lint *l, struct finding *f, const struct lint_program *p, uint32_t insn,
	const char *format, ...)
{
	(void)l, (void)f, (void)p, (void)insn, (void)format;
}

void lint_hint(struct lint *l, struct finding *f, const char *format, ...)
{
	(void)l, (void)f, (void)format;
}

unsigned lint_kernel(const struct lint *l)
{
	return l->kernel;
}

/* ---- the kernel's verdict ---- */

struct verdict {
	bool accepted, loaded; /* loaded: it was asked for one */
	uint32_t insns;
	char why[200];
};

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

/* The last line of the log that is not about its size. */
static void reason(const char *log, char *to, size_t n)
{
	const char *last = log;
	for (const char *line = log; line && *line;) {
		const char *end = strchr(line, '\n');
		if (strncmp(line, "processed ", 10) && strncmp(line, "verification time", 17) &&
			strncmp(line, "stack depth", 11) && *line != '\n')
			last = line;
		line = end ? end + 1 : NULL;
	}
	snprintf(to, n, "%.*s", (int)strcspn(last, "\n"), last);
}

static char kernel_log[1 << 24];

static void ask_kernel(const void *bytes, size_t size, const char *name, struct verdict *v)
{
	struct bpf_object *o = bpf_object__open_mem(bytes, size, NULL);
	struct bpf_program *p, *one = NULL;

	*v = (struct verdict){0};
	if (!o)
		return;
	bpf_object__for_each_program(p, o)
	{
		bool wanted = !strcmp(bpf_program__name(p), name);
		bpf_program__set_autoload(p, wanted);
		if (wanted)
			one = p;
	}
	kernel_log[0] = 0;
	if (one) {
		bpf_program__set_log_buf(one, kernel_log, sizeof kernel_log);
		bpf_program__set_log_level(one, 0);
		v->accepted = bpf_object__load(o) == 0;
		v->loaded = v->accepted || kernel_log[0];
	}
	if (v->accepted) {
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof info;
		if (!bpf_obj_get_info_by_fd(bpf_program__fd(one), &info, &size))
			v->insns = info.verified_insns;
	} else {
		reason(kernel_log, v->why, sizeof v->why);
	}
	bpf_object__close(o);
}

/* ---- both ---- */

static struct {
	unsigned programs, agree, false_clean, false_alarm, not_judged, not_loaded, compared, within;
	double worst;
} sum;

static bool verbose, static_only;

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void compare(const char *path, const char *name, const struct lint *l, const struct interp_result *r,
	const struct verdict *v)
{
	const char *what = "agree";
	double ratio = 0;

	sum.programs++;
	if (!v->loaded) {
		sum.not_loaded++;
		what = "not loaded";
	} else if (!r->judged) {
		sum.not_judged++;
		what = "not judged";
	} else if (r->accepted == v->accepted) {
		sum.agree++;
	} else if (r->accepted) {
		sum.false_clean++;
		what = "FALSE CLEAN";
	} else {
		sum.false_alarm++;
		what = "FALSE ALARM";
	}
	if (v->accepted && r->judged && r->accepted && v->insns) {
		ratio = (double)r->insns_processed / v->insns;
		sum.compared++;
		sum.within += ratio <= 1.5 && ratio >= 1 / 1.5;
	}
	bool off = ratio && (ratio > 1.5 || ratio < 1 / 1.5);
	if (verbose || strcmp(what, "agree") || off)
		printf("%-11s %s %s: %s %llu; kernel %s %u%s%s%s%s\n", what,
			strrchr(path, '/') ? strrchr(path, '/') + 1 : path, name,
			r->accepted ? "accepted" : "rejected", (unsigned long long)r->insns_processed,
			v->accepted ? "accepted" : "rejected", v->insns,
			r->accepted ? "" : "\n    ours: ", r->accepted ? "" : l->said,
			v->accepted ? "" : "\n    kernel: ", v->why);
}

static unsigned running_kernel(void)
{
	struct utsname u;
	unsigned major = 0, minor = 0;
	uname(&u);
	sscanf(u.release, "%u.%u", &major, &minor);
	return major << 8 | minor;
}

/* One program of an object, or all of them. */
static void judge_bytes(const char *path, const uint8_t *bytes, size_t n, const char *only)
{
	struct arena *arena = arena_new();
	const char *why = NULL;
	struct lint_object *o = lint_object_read(arena, path, bytes, n, &why);

	if (!o) {
		if (only) {
			arena_free(arena);
			return;
		}
		fprintf(stderr, "%s: %s\n", path, why);
		exit(2);
	}
	for (size_t i = 0; i < o->programs.n; i++) {
		const struct lint_program *p = o->programs.at[i];
		struct lint l = {.kernel = static_only ? 0x0703 : running_kernel()};
		struct interp_result r;
		struct verdict v = {0};
		if (only && strcmp(p->name, only))
			continue;
		l.at = l.said;
		double start = now();
		lint_interpret(&l, o, p, &r);
		double ms = now() - start;
		if (static_only) {
			printf("%s %s: %s, %llu instructions of %u, %.1f ms, stack %u; %u states, %u at most "
			       "at one "
			       "place%s%s\n",
				path, p->name,
				r.accepted ? "accepted"
				: r.judged ? "rejected"
					   : "not judged",
				(unsigned long long)r.insns_processed, p->n, ms, r.chain_depth, r.peak_states,
				r.max_states, r.accepted ? "" : "\n    ", r.accepted ? "" : l.said);
			continue;
		}
		ask_kernel(bytes, n, p->name, &v);
		compare(path, p->name, &l, &r, &v);
	}
	lint_object_close(o);
	arena_free(arena);
}

/* ---- changes of one instruction ---- */

static unsigned below(unsigned n)
{
	return (unsigned)random() % n;
}

static void change(struct bpf_insn *in)
{
	static const uint8_t ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH, BPF_XOR, BPF_MOV, BPF_ARSH};
	static const uint8_t tests[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT, BPF_JSGE,
		BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE};
	uint8_t class = BPF_CLASS(in->code);
	bool jump = class == BPF_JMP || class == BPF_JMP32, alu = class == BPF_ALU || class == BPF_ALU64;

	switch (below(8)) {
	case 0:
		in->imm += (int)below(3) - 1 + (below(4) ? 0 : (int)below(64) - 32);
		break;
	case 1:
		in->off = (int16_t)(in->off + (int)(below(5) - 2) * (jump ? 1 : 4));
		break;
	case 2:
		in->dst_reg = below(11) & 15;
		break;
	case 3:
		in->src_reg = below(11) & 15;
		break;
	case 4:
		if (alu)
			in->code = (in->code & 0x0f) | ops[below(sizeof ops)];
		else if (jump && BPF_OP(in->code) != BPF_CALL && BPF_OP(in->code) != BPF_EXIT)
			in->code = (in->code & 0x0f) | tests[below(sizeof tests)];
		else if (!jump)
			in->code ^= below(2) ? 0x08 : 0x10; /* another size */
		break;
	case 5: /* another width */
		in->code ^= alu                                        ? BPF_ALU ^ BPF_ALU64
			    : jump && in->code != (BPF_JMP | BPF_CALL) ? BPF_JMP ^ BPF_JMP32
								       : 0;
		break;
	case 6: /* nothing at all */
		*in = (struct bpf_insn){.code = BPF_JMP | BPF_JA};
		break;
	default:
		in->imm = below(2) ? (int)below(600) : -(int)below(600);
		break;
	}
}

/* The place of an instruction in the file: that of its program, by its bytes. NULL: it is not there as it is.
 */
static struct bpf_insn *in_file(uint8_t *bytes, size_t n, const struct lint_program *p, uint32_t i)
{
	uint32_t k = 0;
	if (p->refs[i].kind != REF_NONE)
		return NULL;
	/* A stretch of the program without references, long enough to be found only there. */
	uint32_t from = i, to = i + 1;
	while (from > 0 && p->refs[from - 1].kind == REF_NONE && i - from < 12)
		from--;
	while (to < p->functions.at[0].n && p->refs[to].kind == REF_NONE && to - i < 12)
		to++;
	struct bpf_insn *found = NULL;
	for (size_t at = 0; at + (to - from) * 8 <= n; at += 8)
		if (!memcmp(bytes + at, p->insns + from, (to - from) * 8)) {
			found = (struct bpf_insn *)(bytes + at) + (i - from);
			k++;
		}
	return k == 1 ? found : NULL;
}

static void judge_changed(const char *path, uint8_t *bytes, size_t n, unsigned changes)
{
	struct arena *arena = arena_new();
	const char *why;
	uint8_t *copy = arena_alloc(arena, n);

	memcpy(copy, bytes, n);
	struct lint_object *o = lint_object_read(arena, path, copy, n, &why);
	for (size_t i = 0; o && i < o->programs.n; i++)
		for (unsigned k = 0; k < changes; k++) {
			const struct lint_program *p = o->programs.at[i];
			uint32_t at = below(p->functions.at[0].n);
			struct bpf_insn *in = in_file(bytes, n, p, at), was;
			if (!in)
				continue;
			was = *in;
			change(in);
			if (memcmp(in, &was, sizeof was))
				judge_bytes(arena_printf(arena, "%s, %u: %02x %u %u %d %d", path, at,
						    in->code, in->dst_reg, in->src_reg, in->off, in->imm),
					bytes, n, p->name);
			*in = was;
		}
	lint_object_close(o);
	arena_free(arena);
}

static void judge(const char *path, unsigned changes)
{
	static uint8_t bytes[1 << 26];
	FILE *f = fopen(path, "rb");

	if (!f) {
		perror(path);
		exit(2);
	}
	size_t n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	judge_bytes(path, bytes, n, NULL);
	if (changes)
		judge_changed(path, bytes, n, changes);
}

int main(int argc, char **argv)
{
	int c;
	unsigned changes = 0;

	while ((c = getopt(argc, argv, "vsm:r:")) != -1) {
		verbose |= c == 'v';
		static_only |= c == 's';
		if (c == 'm')
			changes = (unsigned)atoi(optarg);
		if (c == 'r')
			srandom((unsigned)atoi(optarg));
		if (c == '?')
			return 2;
	}
	libbpf_set_print(quiet);
	for (int i = optind; i < argc; i++)
		judge(argv[i], changes);
	if (static_only)
		return 0;
	unsigned judged = sum.agree + sum.false_clean + sum.false_alarm;
	printf("%u programs: %u judged by both, %u agree (%.1f%%), %u false clean, %u false alarms; %u not "
	       "judged, %u not"
	       " loaded\n",
		sum.programs, judged, sum.agree, judged ? 100.0 * sum.agree / judged : 0.0, sum.false_clean,
		sum.false_alarm, sum.not_judged, sum.not_loaded);
	printf("%u accepted by both: the instructions processed within a factor of 1.5 in %u (%.1f%%)\n",
		sum.compared, sum.within, sum.compared ? 100.0 * sum.within / sum.compared : 0.0);
	return sum.false_clean != 0;
}
