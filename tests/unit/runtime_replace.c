/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * runtime_replace.c: a program takes over from another while the application goes on: what it finds, what is
 * refused, and that nothing is left.
 */
#include <fcntl.h>
#include <gelf.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "left.h"
#include "replacing.h"

/* The program as if the compiler had been given another text; as long as the one that it stands for. */
static struct ringlet *altered(
	enum ringlet_engine_kind engine, const char *object, const char *from, const char *to)
{
	const struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};
	struct bytes b = whole_object(built(object));
	unsigned char *at = memmem(b.at, b.n, from, strlen(from));
	struct ringlet *r;

	ck_assert_msg(at && strlen(from) == strlen(to), "%s -> %s", from, to);
	memcpy(at, to, strlen(to));
	seal(b);
	r = ringlet_open_mem(b.at, b.n, &opts);
	ck_assert_msg(r, "%s", ringlet_error(NULL));
	free(b.at);
	return r;
}

/* ---- what it finds ---- */

struct sums {
	struct {
		uint32_t n;
		uint64_t of;
	} by[2];
	bool any;
};

static void finds(enum ringlet_engine_kind engine)
{
	struct ringlet *old = first(engine), *r;
	struct stat was, is;
	struct sums *sums;
	uint64_t zero = 0;
	uint32_t *grid;
	uint8_t *kept;
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_eq(ringlet_set_fd(old, "out", fds[1]), 0);
	ck_assert_int_eq(ringlet_set_string(old, "label", "a label"), 0);
	ck_assert_int_eq(ringlet_start(old), 0);
	for (uint64_t i = 1; i <= 10; i++)
		ping(old, i);
	r = next(engine, 2);
	ck_assert_int_eq(ringlet_set_u64(r, "added", 7), 0);
	ck_assert_int_eq(ringlet_set_s64(r, "add", 8), 0);
	replace(old, r);
	ck_assert_int_eq(ringlet_join(old, 0), -ECANCELED);
	ck_assert_int_eq(ringlet_failure(old)->kind, RINGLET_FAIL_STOPPED);
	ck_assert_int_eq(ringlet_join(r, 0), 1);
	for (uint64_t i = 11; i <= 20; i++)
		ping(i & 1 ? old : r, i);
	ck_assert_uint_eq(shared(r, "taken"), 20);
	ck_assert_uint_eq(shared(old, "taken"), 10);
	ck_assert_uint_eq(shared(r, "seen_version"), 2);
	ck_assert_uint_eq(shared(r, "added"), 8);
	ck_assert_uint_eq(shared(r, "left_orderly"), 1);
	ck_assert_str_eq(ringlet_shared(r, "said", NULL), "a label");
	grid = ringlet_shared(r, "grid", NULL);
	ck_assert_uint_eq(grid[7], 2);
	sums = ringlet_shared(r, "totals", NULL);
	ck_assert_uint_eq(sums->by[0].n, 10);
	ck_assert_uint_eq(sums->by[0].of, 110);
	ck_assert_uint_eq(sums->by[1].of, 100);
	ck_assert(sums->any);
	kept = ringlet_shared(r, "kept", NULL); /* that counter is private, and began anew */
	ck_assert_uint_eq(kept[10], 20);
	ck_assert_uint_eq(kept[9], 19);
	/* The descriptor is another one of the same pipe, and lives longer than the old program. */
	close(fds[1]);
	fds[1] = *(int *)ringlet_shared(r, "descriptor", NULL);
	ck_assert_int_eq(fstat(fds[0], &was), 0);
	ringlet_close(old);
	ck_assert_int_eq(fstat(fds[1], &is), 0);
	ck_assert(was.st_ino == is.st_ino && was.st_dev == is.st_dev);
	ck_assert_int_eq(write(fds[1], &zero, 1), 1);
	ringlet_close(r);
	ck_assert_int_lt(fcntl(fds[1], F_GETFD), 0);
	close(fds[0]);
}

START_TEST(a_program_finds_what_the_one_before_had)
{
	for_engines(finds);
}
END_TEST

/* A required parameter of the new one that was set for the old, and one that the host sets for a shared
 * variable. */
static void host_goes_before(enum ringlet_engine_kind engine)
{
	struct ringlet *old = started(engine), *r = opened_script(OBJECT, engine);

	for (uint64_t i = 1; i <= 3; i++)
		ping(old, i);
	ck_assert_int_eq(ringlet_set_u64(r, "taken", 100), 0);
	replace(old, r);
	ping(r, 4);
	ck_assert_uint_eq(shared(r, "seen_version"), 1);
	ck_assert_uint_eq(shared(r, "taken"), 101);
	close_both(old, r);
}

START_TEST(what_the_host_has_set_goes_before)
{
	for_engines(host_goes_before);
}
END_TEST

static void region_handed(enum ringlet_engine_kind engine)
{
	struct ringlet *old = opened_script("tests/unit/region.bpf.o", engine),
		       *r = opened_script("tests/unit/region.bpf.o", engine), *other;
	size_t size = 65536;
	uint64_t *words;

	words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_int_eq(ringlet_set_u64(old, "rounds", 100), 0);
	ck_assert_int_eq(ringlet_set_region(old, "words", words, size), 0);
	ck_assert_int_eq(ringlet_start(old), 0);
	ck_assert_int_eq(ringlet_join(old, -1), 0);
	other = altered(engine, "tests/unit/region.bpf.o", "\"words\",\"type\":\"u64\"",
		"\"words\",\"type\":\"s64\"");
	ck_assert_int_eq(ringlet_replace(old, other, -1), -EINVAL);
	ck_assert_str_eq(ringlet_error(other), "region `words`: it was u64, and is s64");
	ringlet_close(other);
	replace(old, r); /* one that has ended by itself, too */
	ck_assert_int_eq(ringlet_join(r, -1), 0);
	ck_assert_uint_eq(words[0], 200);
	close_both(old, r);
	munmap(words, size);

	/* And one that the library has made. */
	old = opened_script("tests/unit/region.bpf.o", engine);
	r = opened_script("tests/unit/region.bpf.o", engine);
	ck_assert_int_eq(ringlet_set_u64(old, "rounds", 100), 0);
	ck_assert_int_eq(ringlet_set_arg(old, "words", "64K"), 0);
	ck_assert_int_eq(ringlet_start(old), 0);
	replace(old, r);
	ringlet_close(old);
	ck_assert_int_eq(ringlet_join(r, -1), 0);
	ringlet_close(r);
}

START_TEST(a_region_stays_where_it_is)
{
	for_engines(region_handed);
}
END_TEST

/* ---- what is refused ---- */

static const struct {
	const char *from, *to;
	int err;
	const char *text;
} refusals[] = {
	{"{\"name\":\"grid\",\"type\":\"u32\"", "{\"name\":\"grid\",\"type\":\"s32\"", -EINVAL,
		"shared variable `grid`: it was u32[2][4], and is s32[2][4]"},
	{"\"dims\":[2,4]", "\"dims\":[4,2]", -EINVAL,
		"shared variable `grid`: it was u32[2][4], and is u32[4][2]"},
	{"\"type\":\"struct sums\"", "\"type\":\"struct Sums\"", -EINVAL,
		"shared variable `totals`: it was struct sums, and is struct Sums"},
	{"{\"name\":\"of\",\"type\":\"u64\"", "{\"name\":\"of\",\"type\":\"s64\"", -EINVAL,
		"shared variable `totals`: field 2 of struct sum was u64 of, and is s64 of"},
	{"{\"name\":\"by\",", "{\"name\":\"in\",", -EINVAL,
		"shared variable `totals`: field 1 of struct sums was struct sum by[2], and is struct sum "
		"in[2]"},
	{"\"dims\":[],\"offset\":8,\"size\":8", "\"dims\":[],\"offset\":4,\"size\":8", -EINVAL,
		"shared variable `totals`: `of` of struct sum was at byte 8, and is at 4"},
	{"\"type\":\"struct sums\",\"dims\":[],\"struct\":1",
		"\"type\":\"struct sums\",\"dims\":[],\"Struct\":1", -EINVAL,
		"shared variable `totals`: the fields of struct sums are not known: build it again"},
	{"{\"name\":\"version\"", "{\"name\":\"Version\"", -ENODATA, "parameter `Version` is missing"},
	{"{\"name\":\"version\",\"type\":\"u64\"", "{\"name\":\"version\",\"type\":\"s64\"", -EINVAL,
		"parameter `version`: it was u64, and is s64: set it"},
	{"\"kind\":\"write\"", "\"kind\":\"rdwr\" ", -EINVAL,
		"parameter `out`: it was fd write, and is fd rdwr: set it"},
	{"\"size\":16,\"required\"", "\"size\": 7,\"required\"", -ENAMETOOLONG,
		"parameter `label`: 7 characters, there is room for 6"},
	{"\"capacity\":64,", "\"capacity\":63,", -EINVAL,
		"queue `posts`: 1 of 63, and 1 of 64 before: what is in them may not fit"},
};
#define NREFUSALS (sizeof(refusals) / sizeof(refusals[0]))

static void refused(enum ringlet_engine_kind engine)
{
	struct ringlet *old = first(engine), *r;

	ck_assert_int_eq(ringlet_set_fd(old, "out", 2), 0);
	ck_assert_int_eq(ringlet_set_string(old, "label", "a label"), 0);
	ck_assert_int_eq(ringlet_start(old), 0);
	for (size_t i = 0; i < NREFUSALS; i++) {
		r = altered(engine, OBJECT, refusals[i].from, refusals[i].to);
		ck_assert_int_eq(ringlet_replace(old, r, -1), refusals[i].err);
		ck_assert_str_eq(ringlet_error(r), refusals[i].text);
		ringlet_close(r);
		ping(old, i + 1);
	}
	ck_assert_uint_eq(shared(old, "taken"), NREFUSALS);
	ck_assert_uint_eq(shared(old, "left_orderly"), 0);
	/* Another version that has a parameter in the place of the one that was refused. */
	r = altered(engine, OBJECT, "{\"name\":\"version\"", "{\"name\":\"Version\"");
	ck_assert_int_eq(ringlet_replace(old, r, -1), -ENODATA);
	ck_assert_int_eq(ringlet_set_u64(r, "Version", 9), 0);
	replace(old, r);
	ping(r, 1);
	ck_assert_uint_eq(shared(r, "seen_version"), 9);
	close_both(old, r);
}

START_TEST(what_is_not_as_before_is_refused_and_the_old_program_goes_on)
{
	for_engines(refused);
}
END_TEST

/* With code that the verifier takes for none, or a file that is not there. */
static void not_loaded(enum ringlet_engine_kind engine)
{
	struct ringlet *old = started(engine), *r = opened_script(OBJECT, engine);
	struct held before;

	ping(old, 1);
	ck_assert_int_eq(ringlet_set_arg(r, "out", "/does/not/exist"), 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(ringlet_replace(old, r, -1), -ENOENT);
		ck_assert_str_eq(
			ringlet_error(r), "parameter `out`: /does/not/exist: No such file or directory");
		if (i == 0) /* from then on there is the stack of a thread, for the next */
			before = held();
	}
	ck_assert(nothing_left(before));
	ping(old, 2);
	ck_assert_int_eq(ringlet_set_arg(r, "out", "/dev/null"), 0);
	replace(old, r); /* a second try */
	ping(r, 3);
	ck_assert_uint_eq(shared(r, "taken"), 3);
	close_both(old, r);
}

START_TEST(a_program_that_is_not_loaded_leaves_the_old_one_running)
{
	for_engines(not_loaded);
}
END_TEST

/* Where the first instruction of the step is. */
static size_t step_at(struct bytes b)
{
	Elf *elf;
	Elf_Scn *scn = NULL;
	size_t names, at = 0;

	elf_version(EV_CURRENT);
	elf = elf_memory((char *)b.at, b.n - sizeof(struct rl_trailer));
	ck_assert(elf && elf_getshdrstrndx(elf, &names) == 0);
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr sh;

		if (gelf_getshdr(scn, &sh) &&
			strcmp(elf_strptr(elf, names, sh.sh_name), "struct_ops.s/loop_step") == 0)
			at = sh.sh_offset;
	}
	elf_end(elf);
	ck_assert_uint_gt(at, 0);
	return at;
}

static void rejected(enum ringlet_engine_kind engine)
{
	const struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};
	struct bytes b = whole_object(built(OBJECT));
	struct ringlet *old, *r;

	if (engine != RINGLET_KERNEL) {
		free(b.at);
		return;
	}
	memset(b.at + step_at(b), 0xff, 8);
	seal(b);
	old = started(engine);
	ping(old, 1);
	r = ringlet_open_mem(b.at, b.n, &opts);
	ck_assert_ptr_nonnull(r);
	ck_assert_int_lt(ringlet_replace(old, r, -1), 0);
	ck_assert_ptr_nonnull(strstr(ringlet_error(r), "kernel engine: loading the program: "));
	ck_assert_str_ne(ringlet_load_log(r), "");
	ping(old, 2);
	close_both(r, old);
	free(b.at);
}

START_TEST(a_program_that_the_verifier_rejects_leaves_the_old_one_running)
{
	for_engines(rejected);
}
END_TEST

static void misused(enum ringlet_engine_kind engine)
{
	struct ringlet *old = first(engine), *r = opened_script(OBJECT, engine), *other = started(engine);
	struct ringlet_group *g;

	ck_assert_int_eq(ringlet_replace(old, r, -1), -EINVAL);
	ck_assert_str_eq(ringlet_error(r), "the program that is to be replaced is not loaded");
	ck_assert_int_eq(ringlet_start(old), 0);
	ck_assert_int_eq(ringlet_replace(old, old, -1), -EALREADY);
	ck_assert_int_eq(ringlet_replace(old, other, -1), -EALREADY);
	ck_assert_str_eq(ringlet_error(other), "the program that is to take over is loaded already");
	replace(old, r);
	ringlet_close(other);
	other = opened_script(OBJECT, engine);
	ck_assert_int_eq(ringlet_replace(old, other, -1), -EALREADY);
	ck_assert_str_eq(ringlet_error(other), "the program has been replaced already");
	ck_assert_int_eq(ringlet_stop(old), 0); /* which is the new one by now */
	ck_assert_int_eq(ringlet_join(r, -1), -ECANCELED);
	ck_assert_int_eq(ringlet_replace(r, other, -1), -ECANCELED);
	ck_assert_str_eq(ringlet_error(other), "the program that is to be replaced was stopped");
	ringlet_close(other);
	close_both(old, r);

	const struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};
	g = ringlet_group_open(built(OBJECT), 2, &opts);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(ringlet_set_u64(ringlet_group_at(g, i), "version", i), 0);
	ck_assert_int_eq(ringlet_group_start(g), 0);
	r = opened_script(OBJECT, engine);
	ck_assert_int_eq(ringlet_replace(ringlet_group_at(g, 1), r, -1), -EINVAL);
	ck_assert_str_eq(ringlet_error(r), "a program of a group is replaced with the others of it");
	ringlet_close(r);
	ringlet_group_close(g);
}

START_TEST(what_cannot_be_replaced_is_told)
{
	for_engines(misused);
}
END_TEST

/* ---- how the old one ends ---- */

static void lingers(enum ringlet_engine_kind engine)
{
	struct ringlet *old = first(engine), *r = next(engine, 2);
	struct ringlet_event e;

	ck_assert_int_eq(ringlet_set_u64(old, "linger_ms", 1000000), 0);
	ck_assert_int_eq(ringlet_set_u64(r, "linger_ms", 0), 0);
	ck_assert_int_eq(ringlet_start(old), 0);
	ping(old, 1);
	ck_assert_int_eq(ringlet_replace(old, r, 20), 0);
	ck_assert_int_eq(ringlet_next_event(r, NULL, &e, -1), 0);
	ck_assert_uint_eq(e.user_data, LEAVING);
	ping(r, 2);
	ck_assert_uint_eq(shared(r, "left_orderly"), 0);
	ck_assert_uint_eq(shared(r, "taken"), 2);
	close_both(old, r);
}

START_TEST(a_program_that_does_not_leave_in_time_is_ended)
{
	for_engines(lingers);
}
END_TEST

/* Stops the program as soon as it says that it leaves. */
static void *stop_when_it_leaves(void *old)
{
	struct ringlet_event e;

	do
		ck_assert_int_eq(ringlet_next_event(old, NULL, &e, -1), 0);
	while (e.user_data != LEAVING);
	ck_assert_int_eq(ringlet_stop(old), 0);
	return NULL;
}

static void stopped_meanwhile(enum ringlet_engine_kind engine)
{
	struct ringlet *old = first(engine), *r = next(engine, 2);
	pthread_t thread;

	ck_assert_int_eq(ringlet_set_u64(old, "linger_ms", 1000000), 0);
	ck_assert_int_eq(ringlet_start(old), 0);
	ping(old, 1);
	ck_assert_int_eq(ringlet_set_u64(r, "linger_ms", 0), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, stop_when_it_leaves, old), 0);
	replace(old, r);
	ck_assert_int_eq(ringlet_join(r, -1), -ECANCELED);
	pthread_join(thread, NULL);
	ck_assert_int_eq(ringlet_post(old, "posts", 0, 1, 0), -ESHUTDOWN);
	ck_assert_uint_eq(shared(r, "left_orderly"), 1); /* it was stopped once, and the old one twice */
	close_both(old, r);
}

START_TEST(a_stop_while_it_is_replaced_is_for_the_new_program)
{
	for_engines(stopped_meanwhile);
}
END_TEST

static void failed(enum ringlet_engine_kind engine)
{
	struct ringlet *old = started(engine), *r = next(engine, 2);
	struct ringlet_event e;

	ping(old, 1);
	ck_assert_int_eq(ringlet_post(old, "posts", 0, BAD, 0), 0);
	ck_assert_int_eq(ringlet_join(old, -1), -EBADMSG);
	ck_assert_int_eq(ringlet_post(old, "posts", 0, 2, 0), -ESHUTDOWN);
	ck_assert_int_eq(ringlet_next_event(old, NULL, &e, -1), -ESHUTDOWN);
	replace(old, r);
	ping(old, 2);
	ck_assert_uint_eq(shared(r, "taken"), 2);
	close_both(old, r);
}

START_TEST(a_program_that_failed_is_replaced)
{
	for_engines(failed);
}
END_TEST

static void closed_in_any_order(enum ringlet_engine_kind engine)
{
	static const unsigned orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}, {2, 0, 3, 1}};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct ringlet *all[4] = {started(engine)};
		bool open[4] = {true, true, true, true};

		for (unsigned k = 1; k < 4; k++) {
			all[k] = next(engine, k);
			replace(all[k - 1], all[k]);
		}
		for (unsigned k = 0; k < 4; k++) {
			ringlet_close(all[orders[i][k]]);
			open[orders[i][k]] = false;
			for (unsigned other = 0; other < 4; other++) {
				if (open[other] && open[3])
					ping(all[other], 1);
				else if (open[other])
					ck_assert_int_eq(
						ringlet_post(all[other], "posts", 0, 1, 0), -ESHUTDOWN);
			}
		}
	}
}

START_TEST(programs_that_were_replaced_are_closed_in_any_order)
{
	for_engines(closed_in_any_order);
}
END_TEST

/* ---- groups ---- */

static struct ringlet_group *group(enum ringlet_engine_kind engine, unsigned n, uint64_t version)
{
	const struct ringlet_opts opts = {.size = sizeof(opts), .engine = engine};
	struct ringlet_group *g = ringlet_group_open(built(OBJECT), n, &opts);

	ck_assert_ptr_nonnull(g);
	for (unsigned i = 0; i < n; i++)
		ck_assert_int_eq(ringlet_set_u64(ringlet_group_at(g, i), "version", version), 0);
	return g;
}

static void ping_all(struct ringlet_group *g, uint64_t n)
{
	for (unsigned i = 0; i < ringlet_group_size(g); i++)
		ping(ringlet_group_at(g, i), n);
}

static void grouped(enum ringlet_engine_kind engine)
{
	struct ringlet_group *old = group(engine, 3, 1), *g = group(engine, 3, 2),
			     *other = group(engine, 2, 3);

	ck_assert_int_eq(ringlet_group_replace(old, g, -1), -EINVAL);
	ck_assert_int_eq(ringlet_group_start(old), 0);
	ck_assert_int_eq(ringlet_group_replace(old, old, -1), -EALREADY);
	ck_assert_int_eq(ringlet_group_replace(old, other, -1), -EINVAL);
	ringlet_group_close(other);
	ping_all(old, 1);
	ck_assert_int_eq(ringlet_set_arg(ringlet_group_at(g, 1), "out", "/does/not/exist"), 0);
	ck_assert_int_eq(ringlet_group_replace(old, g, -1), -ENOENT);
	ck_assert_str_eq(
		ringlet_group_error(g), "parameter `out`: /does/not/exist: No such file or directory");
	ping_all(old, 2);
	ck_assert_int_eq(ringlet_group_join(old, 0), 1);
	ck_assert_int_eq(ringlet_set_arg(ringlet_group_at(g, 1), "out", "/dev/null"), 0);
	ck_assert_msg(!ringlet_group_replace(old, g, -1), "%s", ringlet_group_error(g));
	ck_assert_int_eq(ringlet_group_join(old, -1), 0);
	ping_all(old, 3);
	ping_all(g, 4);
	ringlet_group_close(old);
	ping_all(g, 5);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(shared(ringlet_group_at(g, i), "taken"), 5);
		ck_assert_uint_eq(shared(ringlet_group_at(g, i), "seen_version"), 2);
		ck_assert_uint_eq(shared(ringlet_group_at(g, i), "left_orderly"), 1);
	}
	/* One that fails stops the others, as before. */
	ck_assert_int_eq(ringlet_post(ringlet_group_at(g, 1), "posts", 0, BAD, 0), 0);
	ck_assert_int_eq(ringlet_group_join(g, -1), -EBADMSG);
	ringlet_group_close(g);
}

START_TEST(a_group_takes_over_from_another)
{
	for_engines(grouped);
}
END_TEST

/* ---- nothing is left ---- */

static void twenty(enum ringlet_engine_kind engine)
{
	struct ringlet *r = started(engine);
	struct held before = {0};

	for (uint64_t i = 1; i <= 22; i++) {
		struct ringlet *heir = next(engine, i);

		replace(r, heir);
		ringlet_close(r);
		r = heir;
		ping(r, i);
		if (i == 2)
			before = held();
	}
	ck_assert_uint_eq(shared(r, "taken"), 22);
	ck_assert(nothing_left(before));
	ringlet_close(r);
}

START_TEST(twenty_replacements_leave_nothing)
{
	for_engines(twenty);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, a_program_finds_what_the_one_before_had);
	tcase_add_test(t, what_the_host_has_set_goes_before);
	tcase_add_test(t, a_region_stays_where_it_is);
	tcase_add_test(t, what_is_not_as_before_is_refused_and_the_old_program_goes_on);
	tcase_add_test(t, a_program_that_is_not_loaded_leaves_the_old_one_running);
	tcase_add_test(t, a_program_that_the_verifier_rejects_leaves_the_old_one_running);
	tcase_add_test(t, what_cannot_be_replaced_is_told);
	tcase_add_test(t, a_program_that_does_not_leave_in_time_is_ended);
	tcase_add_test(t, a_stop_while_it_is_replaced_is_for_the_new_program);
	tcase_add_test(t, a_program_that_failed_is_replaced);
	tcase_add_test(t, programs_that_were_replaced_are_closed_in_any_order);
	tcase_add_test(t, a_group_takes_over_from_another);
	tcase_add_test(t, twenty_replacements_leave_nothing);
}

int main(void)
{
	return run_tests("runtime_replace", add);
}
