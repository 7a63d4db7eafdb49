/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * runtime_faults.c: a program's life from open to close, in which the n-th allocation fails, or the n-th
 * system call, for each n that there is. The library says what failed, leaves nothing, and takes a second
 * try.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "faults.h"
#include "left.h"
#include "runtime_test.h"

#define SECONDS 120 /* for a life, which takes a fraction of one */

static const struct {
	const char *name, *value;
} arguments[] = {
	{"src", "three"},
	{"dst", "out"},
	{"listener", "tcp:127.0.0.1:0"},
	{"word", "xyc"},
	{"names", "@names"},
	{"words", "8K"},
};

enum {
	OPEN,
	SET,
	LOAD = SET + sizeof(arguments) / sizeof(arguments[0]),
	POST,
	RUN,
	EVENT,
	END,
};

struct life {
	enum ringlet_engine_kind engine;
	struct ringlet *r;
};

static void hear(void *arg, const struct ringlet_log *m)
{
	(void)arg;
	(void)m;
}

static int take_step(struct life *l, unsigned step)
{
	struct ringlet_opts opts = {
		.size = sizeof(opts), .engine = l->engine, .log = hear, .watchdog_ms = SECONDS * 1000};
	struct ringlet_event event;

	switch (step) {
	case OPEN:
		l->r = ringlet_open(built("tests/unit/faults.bpf.o"), &opts);
		return l->r ? 0 : -errno;
	case LOAD:
		return ringlet_load(l->r);
	case POST:
		return ringlet_post(l->r, "posts", 0, 39, 0);
	case RUN:
		return ringlet_run(l->r);
	case EVENT:
		return ringlet_next_event(l->r, "events", &event, 0);
	default:
		return ringlet_set_arg(l->r, arguments[step - SET].name, arguments[step - SET].value);
	}
}

static bool is_right(const struct life *l)
{
	return *(uint64_t *)ringlet_shared(l->r, "total", NULL) == 42;
}

static bool lives_on(struct life *l, unsigned step, unsigned end)
{
	for (; step < end; step++) {
		int err = take_step(l, step);

		if (err) {
			fprintf(stderr, "then step %u gave %d: %s\n%s", step, err, ringlet_error(l->r),
				l->r ? ringlet_load_log(l->r) : "");
			return false;
		}
	}
	return end < END || is_right(l);
}

/* ---- what fails ---- */

static const struct refusal no_descriptors[] = {
	{SYS_openat, EMFILE},
	{SYS_socket, EMFILE},
	{SYS_eventfd2, EMFILE},
	{SYS_io_uring_setup, EMFILE},
	{SYS_bpf, EMFILE},
	{SYS_memfd_create, EMFILE},
};

static const struct refusal no_memory[] = {
#ifndef __SANITIZE_ADDRESS__ /* whose own malloc goes there */
	{SYS_mmap, ENOMEM},
#endif
	{SYS_mprotect, ENOMEM},
	{SYS_openat, ENOMEM},
	{SYS_socket, ENOMEM},
	{SYS_eventfd2, ENOMEM},
	{SYS_io_uring_setup, ENOMEM},
	{SYS_io_uring_register, ENOMEM},
	{SYS_bpf, ENOMEM},
	{SYS_memfd_create, ENOMEM},
};

#define TABLE(t) t, sizeof(t) / sizeof(t[0])

static const struct kind {
	const char *name;
	int error; /* what the library says */
	int also;  /* or that */
	const struct refusal *calls;
	size_t ncalls;
	bool for_good;
} kinds[] = {
	/* Where the lexer of jansson cannot make its buffer larger, a byte is missing, and it goes on
	 * (lex_save in load.c). */
	{"allocation", ENOMEM, EBADMSG, NULL, 0, false},
	{"allocations from", ENOMEM, 0, NULL, 0, true},
	{"descriptor", EMFILE, 0, TABLE(no_descriptors), false},
	{"descriptors from", EMFILE, 0, TABLE(no_descriptors), true},
	{"memory of the kernel", ENOMEM, 0, TABLE(no_memory), false},
	{"memory of the kernel from", ENOMEM, 0, TABLE(no_memory), true},
};

static struct fault *arm(const struct kind *k, unsigned at)
{
	struct fault *f = k->calls ? &calls.fault : &allocation;

	*f = (struct fault){.at = at, .for_good = k->for_good};
	return f;
}

enum {
	RIGHT,
	WRONG,
	GONE_BY, /* without the fault: there are fewer calls */
};

/* In a process of its own. */
static int one_life(const struct kind *k, enum ringlet_engine_kind engine, unsigned at)
{
	struct life l = {.engine = engine};
	struct held before;
	struct fault *f;
	long had;
	unsigned step;
	int err = 0;
	bool came, right = true;

	if (k->calls)
		watch_calls(k->calls, k->ncalls);
	keep_a_stack();
	before = held();
	had = blocks;
	f = arm(k, at);
	for (step = OPEN; step < END && !err; step++)
		err = take_step(&l, step);
	came = f->seen >= f->at;
	f->at = 0;
	if (err) {
		step--;
		right = (-err == k->error || -err == k->also) && *ringlet_error(l.r);
		if (!right)
			fprintf(stderr, "%s %u: step %u gave %d, not %d: %s\n", k->name, at, step, err,
				-k->error, ringlet_error(l.r));
		if (step <= LOAD) {
			right = lives_on(&l, step, step < LOAD ? step + 1 : END) && right;
		} else {
			ringlet_close(l.r);
			right = lives_on(&l, OPEN, END) && right;
		}
	} else {
		right = is_right(&l);
	}
	ringlet_close(l.r);
	/* A sanitizer's strdup is not counted, and what frees its block is. */
	if (blocks > had)
		fprintf(stderr, "%s %u: %ld blocks are left\n", k->name, at, blocks - had);
	if (!nothing_left(before) || blocks > had)
		right = false;
	if (!right)
		fprintf(stderr, "%s %u: the above\n", k->name, at);
	return !right ? WRONG : came ? RIGHT : GONE_BY;
}

static int status_of_life(const struct kind *k, enum ringlet_engine_kind engine, unsigned at)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		alarm(SECONDS);
		_exit(one_life(k, engine, at));
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status), "%s %u: ended by signal %d", k->name, at, WTERMSIG(status));
	return WEXITSTATUS(status);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static enum ringlet_engine_kind all_engines[2];

/* What the C library keeps from a first life is not counted. */
static void prepare(enum ringlet_engine_kind engine)
{
	struct life l = {.engine = engine};

	ck_assert_int_eq(chdir(getenv("SCRATCH")), 0);
	write_file("three", "abc");
	write_file("names", "a\nb\n");
	ck_assert(lives_on(&l, OPEN, END));
	ringlet_close(l.r);
}

START_TEST(whatever_fails_is_said_and_leaves_nothing)
{
	const size_t n = sizeof(kinds) / sizeof(kinds[0]);
	const struct kind *k = &kinds[(size_t)_i % n];
	enum ringlet_engine_kind engine = all_engines[(size_t)_i / n];
	/* Virtual machines, which have no compiler, are slow: there, not each of what is behind the first
	 * ones. */
	const char *compiler = getenv("RINGC");
	unsigned dense = compiler && *compiler ? UINT_MAX : 8;
	unsigned wrong = 0, at;
	int status = RIGHT;

	prepare(engine);
	for (at = 1; status != GONE_BY; at += 1 + at / dense) {
		status = status_of_life(k, engine, at);
		wrong += status == WRONG;
		ck_assert_uint_lt(wrong, 20);
	}
	ck_assert_uint_gt(at, 9); /* what a life takes at least */
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* What attaches a map again uses freed memory on Linux 7.1.0 to 7.1.4: CVE-2026-72112. */
START_TEST(a_load_attaches_its_map_once)
{
	struct life l = {.engine = RINGLET_KERNEL};

	prepare(RINGLET_KERNEL);
	watch_calls(TABLE(no_memory));
	for (unsigned i = 1; i <= 3; i++) {
		ck_assert(lives_on(&l, OPEN, END));
		ringlet_close(l.r);
		ck_assert_uint_eq(calls.bpf[BPF_LINK_CREATE], i);
		ck_assert_uint_eq(calls.bpf[BPF_LINK_UPDATE], 0);
	}
}
END_TEST

static void add(TCase *t)
{
	tcase_add_loop_test(t, whatever_fails_is_said_and_leaves_nothing, 0,
		(int)(engines(all_engines) * sizeof(kinds) / sizeof(kinds[0])));
	if (all_engines[0] == RINGLET_KERNEL)
		tcase_add_test(t, a_load_attaches_its_map_once);
}

int main(void)
{
	return run_tests("runtime_faults", add);
}
