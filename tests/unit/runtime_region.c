/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_region.c: ringlet_set_region: what memory it takes, and that program and host work on the same. */
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "runtime_test.h"

#define ROUNDS 5000
#define SIZE (16 * 4096u)

static struct ringlet *opened(enum ringlet_engine_kind engine)
{
	const struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};
	struct ringlet *r = ringlet_open(built("tests/unit/region.bpf.o"), &opts);

	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ck_assert_int_eq(ringlet_set_u64(r, "rounds", ROUNDS), 0);
	return r;
}

static void *add_words(void *arg)
{
	uint64_t *words = arg;

	for (unsigned i = 0; i < ROUNDS; i++)
		__atomic_fetch_add(&words[0], 1, __ATOMIC_RELAXED);
	return NULL;
}

static void *mapped(int fd, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	ck_assert(p != MAP_FAILED);
	return p;
}

/* Memory that another process could have, too. */
static int shared_file(size_t size)
{
	int fd = memfd_create("region", MFD_CLOEXEC);

	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static uint64_t *shared_memory(size_t size)
{
	int fd = shared_file(size);
	void *p = mapped(fd, size);

	close(fd);
	return p;
}

START_TEST(program_and_host_change_the_same_words)
{
	enum ringlet_engine_kind all[2];
	unsigned n = engines(all);

	for (unsigned i = 0; i < n; i++) {
		uint64_t *words = shared_memory(SIZE);
		struct ringlet *r = opened(all[i]);
		pthread_t thread;

		words[0] = 7;
		ck_assert_msg(ringlet_set_region(r, "words", words, SIZE) == 0, "%s", ringlet_error(r));
		ck_assert_msg(ringlet_load(r) == 0, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
		ck_assert_int_eq(ringlet_set_region(r, "words", words, SIZE), -EBUSY);
		pthread_create(&thread, NULL, add_words, words);
		ck_assert_msg(ringlet_run(r) == 0, "%s", ringlet_failure(r)->text);
		pthread_join(thread, NULL);
		ringlet_close(r);
		ck_assert_uint_eq(words[0], 7 + 2 * ROUNDS); /* and it is still the host's */
		ck_assert_uint_eq(words[1], SIZE / 8);
		ck_assert_uint_eq(words[2], 1);
		ck_assert_uint_eq(words[SIZE / 8 - 1], 42);
		munmap(words, SIZE);
	}
}
END_TEST

static void refused(struct ringlet *r, int err, int expected, const char *says)
{
	ck_assert_int_eq(err, expected);
	ck_assert_msg(strstr(ringlet_error(r), says), "%s", ringlet_error(r));
}

START_TEST(memory_is_whole_pages_and_has_room_for_an_element)
{
	char *p = (char *)shared_memory(SIZE);
	struct ringlet *r = opened(RINGLET_USER);

	refused(r, ringlet_load(r), -ENODATA, "region `words` is missing");
	refused(r, ringlet_set_region(r, "wordz", p, SIZE), -ENOENT, "no region `wordz`");
	refused(r, ringlet_set_region(r, NULL, p, SIZE), -ENOENT, "no region");
	refused(r, ringlet_set_region(r, "rounds", p, SIZE), -ENOENT, "no region `rounds`");
	refused(r, ringlet_set_region(r, "words", NULL, SIZE), -EINVAL, "no memory");
	refused(r, ringlet_set_region(r, "words", p + 8, SIZE / 2), -EINVAL, "whole pages");
	refused(r, ringlet_set_region(r, "words", p, 100), -EINVAL, "whole pages");
	refused(r, ringlet_set_region(r, "words", p, 0), -EINVAL, "too few");
	refused(r, ringlet_set_region(r, "words", p, 7), -EINVAL, "one element of it has 8");
	refused(r, ringlet_set_region(r, "words", p, (512u << 20) + 4096), -EINVAL, "at most 512 MiB");
	refused(r, ringlet_set_u64(r, "words", 1), -EINVAL, "ringlet_set_region");
	refused(r, ringlet_set_arg(r, "words", "much"), -EINVAL, "not a number");
	refused(r, ringlet_set_arg(r, "words", "-1"), -EINVAL, "not a size");
	refused(r, ringlet_load(r), -ENODATA, "region `words` is missing");
	ck_assert_int_eq(ringlet_set_arg(r, "words", "1K"), 0);
	ck_assert_int_eq(ringlet_load(r), 0);
	ck_assert_int_eq(ringlet_run(r), 0);
	ringlet_close(r);
	munmap(p, SIZE);
}
END_TEST

START_TEST(a_region_is_listed_after_the_variables)
{
	struct ringlet *r = opened(RINGLET_USER);
	struct ringlet_param p;

	ck_assert_int_eq(ringlet_param(r, 1, &p), 0);
	ck_assert_str_eq(p.name, "words");
	ck_assert_str_eq(p.type, "u64");
	ck_assert(p.region && p.required && !p.set && !p.shared && p.size == 8 && !p.ndims);
	ck_assert_int_eq(ringlet_set_arg(r, "words", "64K"), 0);
	ck_assert_int_eq(ringlet_param(r, 1, &p), 0);
	ck_assert(p.set);
	ck_assert_int_eq(ringlet_param(r, 2, &p), -ENOENT);
	ringlet_close(r);
}
END_TEST

/* ---- futexes ---- */

struct ball {
	uint32_t *at;
	int private; /* FUTEX_PRIVATE_FLAG, or 0 */
};

static void *play(void *arg)
{
	const struct ball *b = arg;
	uint32_t v;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		while ((v = __atomic_load_n(b->at, __ATOMIC_SEQ_CST)) != 2 * i + 1)
			syscall(SYS_futex, b->at, FUTEX_WAIT | b->private, v, NULL, NULL, 0);
		__atomic_store_n(b->at, 2 * i + 2, __ATOMIC_SEQ_CST);
		syscall(SYS_futex, b->at, FUTEX_WAKE | b->private, 1, NULL, NULL, 0);
	}
	return NULL;
}

/* `seen` is the same memory, where the thread has it. */
static void play_in_region(enum ringlet_engine_kind engine, uint32_t *words, uint32_t *seen, unsigned which)
{
	const struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};
	struct ringlet *r = ringlet_open(built("tests/unit/region_futexes.bpf.o"), &opts);
	struct ball ball = {.at = seen + which, .private = seen == words ? FUTEX_PRIVATE_FLAG : 0};
	pthread_t thread;
	int err;

	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ck_assert_int_eq(ringlet_set_u64(r, "rounds", ROUNDS), 0);
	ck_assert_int_eq(ringlet_set_u64(r, "which", which), 0);
	ck_assert_int_eq(ringlet_set_u64(r, "key", seen == words ? 130 : 2), 0);
	ck_assert_int_eq(ringlet_set_region(r, "words", words, SIZE), 0);
	err = ringlet_load(r);
	ck_assert_msg(err == 0 || err == -EOPNOTSUPP, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	if (err == 0) { /* else it is older than 6.7 */
		ck_assert_int_eq(pthread_create(&thread, NULL, play, &ball), 0);
		ck_assert_msg(ringlet_run(r) == 0, "%s", ringlet_failure(r)->text);
		pthread_join(thread, NULL);
		ck_assert_uint_eq(words[which], 2 * ROUNDS);
	}
	ringlet_close(r);
}

START_TEST(program_and_host_wait_for_words_and_wake_each_other)
{
	enum ringlet_engine_kind all[2];
	unsigned n = engines(all);

	for (unsigned i = 0; i < n; i++) {
		int fd = shared_file(SIZE);
		uint32_t *words = mapped(fd, SIZE), *elsewhere = mapped(fd, SIZE);

		play_in_region(all[i], words, words, 0);
		play_in_region(all[i], words, elsewhere, SIZE / 4 - 1);
		munmap(words, SIZE);
		munmap(elsewhere, SIZE);
		close(fd);
	}
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, program_and_host_wait_for_words_and_wake_each_other);
	tcase_add_test(t, program_and_host_change_the_same_words);
	tcase_add_test(t, memory_is_whole_pages_and_has_room_for_an_element);
	tcase_add_test(t, a_region_is_listed_after_the_variables);
}

int main(void)
{
	return run_tests("runtime_region", add);
}
