/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_test.h: what the runtime's unit tests share: the reference program (tests/ref), and the engines. */
#ifndef RUNTIME_TEST_H
#define RUNTIME_TEST_H

#include <../include/check.h> /* the library: <check.h> would be compiler/check.h */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "manifest.h"
#include "ringlet.h"

struct bytes {
	unsigned char *at;
	size_t n;
};

/* What was built; valid until the next call. */
static inline const char *built(const char *name)
{
	static char path[4096];
	const char *dir = getenv("OBJDIR");

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "build", name);
	return path;
}

static inline const char *reference_path(void)
{
	return built("tests/ref/nop.bpf.o");
}

/* A whole object; to be freed. */
static inline struct bytes whole_object(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct bytes b = {malloc(1u << 20), 0};

	ck_assert_msg(f && b.at, "%s: %s", path, strerror(errno));
	b.n = fread(b.at, 1, 1u << 20, f);
	ck_assert(b.n > sizeof(struct rl_trailer) && b.n < 1u << 20);
	fclose(f);
	return b;
}

static inline struct bytes reference_object(void)
{
	return whole_object(reference_path());
}

/* Makes the checksum right again after a change. */
static inline void seal(struct bytes b)
{
	struct rl_trailer t = {RL_TRAILER_MAGIC, RL_FORMAT, 0};

	t.crc = (uint32_t)crc32_z(crc32_z(0, b.at, b.n - sizeof(t)), (unsigned char *)&t, 12);
	memcpy(b.at + b.n - sizeof(t), &t, sizeof(t));
}

/* The engines that this run is to test: ENGINES="kernel user". */
static inline unsigned engines(enum ringlet_engine_kind out[2])
{
	const char *want = getenv("ENGINES");
	unsigned n = 0;

	if (want && strstr(want, "kernel"))
		out[n++] = RINGLET_KERNEL;
	if (!want || strstr(want, "user"))
		out[n++] = RINGLET_USER;
	if (n == 0) {
		fprintf(stderr, "ENGINES=%s: no engine to test\n", want);
		exit(2);
	}
	return n;
}

static inline struct ringlet *opened_script(const char *script, enum ringlet_engine_kind engine)
{
	const struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};
	struct ringlet *r = ringlet_open(built(script), &opts);

	ck_assert_msg(r, "%s", ringlet_error(NULL));
	return r;
}

static inline void for_engines(void (*test)(enum ringlet_engine_kind))
{
	enum ringlet_engine_kind all[2];
	unsigned n = engines(all);

	for (unsigned i = 0; i < n; i++)
		test(all[i]);
}

/* The reference program, with n=N mode=MODE, loaded. */
static inline struct ringlet *loaded(enum ringlet_engine_kind engine, uint64_t n, uint64_t mode)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};
	struct ringlet *r = ringlet_open(reference_path(), &opts);

	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ck_assert_int_eq(ringlet_set_u64(r, "n", n), 0);
	ck_assert_int_eq(ringlet_set_u64(r, "mode", mode), 0);
	ck_assert_msg(ringlet_load(r) == 0, "%s\n%s", ringlet_error(r), ringlet_load_log(r));
	return r;
}

static inline int run_tests(const char *name, void (*add)(TCase *))
{
	Suite *s = suite_create(name);
	TCase *t = tcase_create(name);
	SRunner *sr;
	int failed;

	tcase_set_timeout(t, 200); /* a guest without KVM, sanitizers */
	add(t);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}

#endif
