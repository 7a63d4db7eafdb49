/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * runtime_submit.c: a kernel that takes a part of each submission, of a queue with SQEs of 64 and of 128
 * bytes.
 *
 * Linux does so where it has no memory for a request. Here the engine's `submit` is one that takes 1 to 5
 * slots: never half an SQE, and of two that are linked never the first alone, for which Linux would lose the
 * time-out.
 */
#include <stdio.h>

#include "internal.h"
#include "runtime_test.h"
#include "uring.h"
#include "user.h"

#define MOST 5
#define SEEDS 20

static struct {
	uint64_t dice;
	rl_submit_fn *whole;
	uint64_t taken, parts; /* slots; submissions that were taken in part */
	uint64_t wide_first;   /* of those where an SQE of 128 bytes came next */
	uint64_t wide_last;    /* full queues, to the second half of one of 128 bytes */
} kernel;

static uint32_t roll(uint32_t sides)
{
	kernel.dice = kernel.dice * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(kernel.dice >> 33) % sides;
}

static const struct io_uring_sqe *sqes_of(const struct rl_user *u)
{
	return (const struct io_uring_sqe *)(u->r->image + u->r->object.image.sqes);
}

static bool is_wide(const struct io_uring_sqe *sqe)
{
	return sqe->opcode == RL_OP_NOP128 || sqe->opcode == RL_OP_URING_CMD128;
}

/* The slots from `at` on that are taken together. */
static uint32_t together(const struct io_uring_sqe *sqes, uint32_t at)
{
	uint32_t n = 0;
	bool linked;

	do {
		linked = sqes[at + n].flags & IOSQE_IO_LINK;
		n += is_wide(&sqes[at + n]) ? 2 : 1;
	} while (linked);
	return n;
}

static bool ends_wide(const struct io_uring_sqe *sqes, uint32_t n)
{
	uint32_t slots = 0;

	for (uint32_t at = 0; at < n; at += slots)
		slots = is_wide(&sqes[at]) ? 2 : 1;
	return slots == 2;
}

static long take_some(void *engine, uint32_t n, uint32_t want)
{
	struct rl_user *u = engine;
	const struct io_uring_sqe *sqes = sqes_of(u);
	uint32_t most = 1 + roll(MOST), some = 0;
	long ret;

	while (some < n && (!some || some + together(sqes, some) <= most))
		some += together(sqes, some);
	kernel.wide_last += n == u->ring.sq_mask + 1 && ends_wide(sqes, n);
	kernel.parts += some < n;
	kernel.wide_first += some < n && is_wide(&sqes[some]);
	ret = kernel.whole(u, some, some < n ? 0 : want);
	if (ret > 0)
		kernel.taken += (uint64_t)ret;
	return ret;
}

/* Loaded; from now on submissions are taken in part. */
static struct ringlet *loaded_script(const char *script, struct ringlet_opts opts, uint64_t seed)
{
	struct ringlet *r;
	struct rl_user *u;

	opts.size = sizeof(opts);
	opts.engine = RINGLET_USER;
	r = ringlet_open(built(script), &opts);
	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ringlet_set_u64(r, "seed", seed);
	ck_assert_msg(ringlet_load(r) == 0, "%s", ringlet_error(r));
	u = r->engine_state;
	memset(&kernel, 0, sizeof(kernel));
	kernel.dice = seed;
	kernel.whole = u->submit;
	u->submit = take_some;
	return r;
}

START_TEST(each_request_of_a_mixed_queue_is_taken_once_and_in_order)
{
	struct ringlet *r = loaded_script("tests/unit/mixed.bpf.o", (struct ringlet_opts){0}, (uint64_t)_i);
	struct ringlet_stats st = {.size = sizeof(st)};
	const uint32_t *numbers, *completed;
	size_t size;

	ck_assert_msg(ringlet_run(r) == 0, "%s", ringlet_error(r));
	numbers = ringlet_shared(r, "numbers", &size);
	completed = ringlet_shared(r, "completed", NULL);
	ck_assert_uint_eq(*completed, size / sizeof(*numbers));
	for (uint32_t i = 0; i < *completed; i++)
		ck_assert_uint_eq(numbers[i], i + 1);
	ck_assert_int_eq(ringlet_stats(r, &st), 0);
	ck_assert_uint_eq(st.submitted, *completed);
	ck_assert_uint_eq(st.completed, *completed);
	/* It was as hard as it should be. */
	ck_assert_uint_gt(kernel.taken, *completed);
	ck_assert_uint_gt(kernel.parts, 100);
	ck_assert_uint_gt(kernel.wide_first, 50);
	ck_assert_uint_gt(kernel.wide_last, 0);
	ringlet_close(r);
}
END_TEST

struct text {
	char at[4096];
	size_t n;
};

static void hear(void *arg, const struct ringlet_log *m)
{
	struct text *t = arg;

	t->n += (size_t)snprintf(t->at + t->n, sizeof(t->at) - t->n, "%s\n", m->text);
	ck_assert_uint_lt(t->n, sizeof(t->at));
}

/* Time-outs, selections, queues, and tasks that unwind. */
START_TEST(a_script_prints_the_same)
{
	struct text got = {.n = 0}, expected = {.n = 0};
	const char *dir = getenv("SRCDIR");
	char path[4096];
	struct ringlet *r;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/ops/mixed_rings.out", dir ? dir : ".");
	f = fopen(path, "r");
	ck_assert_msg(f, "%s: %s", path, strerror(errno));
	expected.n = fread(expected.at, 1, sizeof(expected.at) - 1, f);
	fclose(f);
	r = loaded_script("tests/ops/mixed_rings.bpf.o", (struct ringlet_opts){.log = hear, .log_arg = &got},
		(uint64_t)_i);
	ck_assert_msg(ringlet_run(r) == 0, "%s", ringlet_error(r));
	hear(&got, &(struct ringlet_log){.text = "exit 0"});
	ck_assert_str_eq(got.at, expected.at);
	ck_assert_uint_gt(kernel.parts, 10);
	ringlet_close(r);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_loop_test(t, each_request_of_a_mixed_queue_is_taken_once_and_in_order, 0, SEEDS);
	tcase_add_loop_test(t, a_script_prints_the_same, 0, SEEDS);
}

/* Kernels that have the kernel engine have such rings. */
static bool mixed_here(void)
{
	enum ringlet_engine_kind all[2];
	size_t n;
	const struct ringlet_feature *f = ringlet_probe(&n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(f[i].name, "mixed-sqes") == 0 && f[i].status == 0)
			return true;
	return engines(all) && all[0] == RINGLET_KERNEL;
}

int main(void)
{
	if (!mixed_here()) {
		printf("needs Linux 7.0: SQEs of two sizes in one ring\n");
		return 77;
	}
	return run_tests("runtime_submit", add);
}
