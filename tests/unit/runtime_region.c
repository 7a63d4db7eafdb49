/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_region.c: ringlet_set_region: what memory it takes, and that program and host work on the same. */
#include <pthread.h>
#include <sys/mman.h>

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

/* Memory that another process could have, too. */
static uint64_t *shared_memory(size_t size)
{
	int fd = memfd_create("region", MFD_CLOEXEC);
	void *p;

	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert(p != MAP_FAILED);
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

static void add(TCase *t)
{
	tcase_add_test(t, program_and_host_change_the_same_words);
	tcase_add_test(t, memory_is_whole_pages_and_has_room_for_an_element);
	tcase_add_test(t, a_region_is_listed_after_the_variables);
}

int main(void)
{
	return run_tests("runtime_region", add);
}
