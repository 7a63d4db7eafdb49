/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_object.c: damaged, truncated, foreign and hostile objects are refused, and never crash the reader.
 */
#include "runtime_test.h"

/* In memory of its own and exactly so large, so that a sanitizer sees a read past the end. */
static int open_error(const void *data, size_t n)
{
	void *exact = malloc(n ? n : 1);
	struct ringlet *r;
	int err = 0;

	memcpy(exact, data, n);
	errno = 0;
	r = ringlet_open_mem(exact, n, NULL);
	if (!r) {
		err = errno;
		ck_assert_int_ne(err, 0);
		ck_assert_str_ne(ringlet_error(NULL), "");
	}
	ringlet_close(r);
	free(exact);
	return err;
}

/* The one written by hand and one that ringc made. */
static const char *const objects[] = {"tests/ref/nop.bpf.o", "examples/nop.bpf.o"};
#define NOBJECTS (int)(sizeof(objects) / sizeof(objects[0]))

/* All bytes here; some in a guest (RINGC is empty there), which has the same reader, and is slow. */
static size_t stride(void)
{
	const char *ringc = getenv("RINGC");

	return ringc && !*ringc ? 17 : 1;
}

START_TEST(the_object_itself_is_taken)
{
	struct bytes b = whole_object(built(objects[_i]));

	ck_assert_int_eq(open_error(b.at, b.n), 0);
	free(b.at);
}
END_TEST

START_TEST(every_changed_byte_is_noticed)
{
	struct bytes b = whole_object(built(objects[_i]));

	for (size_t i = 0; i < b.n; i += stride()) {
		int err;

		b.at[i] ^= 1u << (i % 8);
		err = open_error(b.at, b.n);
		ck_assert_msg(err == EBADMSG || err == ENOEXEC, "byte %zu: %d", i, err);
		b.at[i] ^= 1u << (i % 8);
	}
	free(b.at);
}
END_TEST

START_TEST(every_truncation_is_noticed)
{
	struct bytes b = whole_object(built(objects[_i]));

	for (size_t n = 0; n < b.n; n += stride())
		ck_assert_int_eq(open_error(b.at, n), ENOEXEC);
	ck_assert_str_ne(ringlet_error(NULL), "");
	free(b.at);
}
END_TEST

START_TEST(what_follows_the_trailer_is_noticed)
{
	struct bytes b = whole_object(built(objects[_i]));
	unsigned char *longer = calloc(1, b.n + 1);

	memcpy(longer, b.at, b.n);
	ck_assert_int_eq(open_error(longer, b.n + 1), ENOEXEC);
	free(longer);
	free(b.at);
}
END_TEST

/* With a right checksum, a changed byte may be harmless: it must only do no harm. */
START_TEST(a_right_checksum_is_not_trusted)
{
	struct bytes b = whole_object(built(objects[_i]));
	static const unsigned char bits[] = {0x01, 0x10, 0x80, 0xff};
	unsigned refused = 0;

	for (size_t i = 0; i < b.n - sizeof(struct rl_trailer); i += stride()) {
		b.at[i] ^= bits[i % sizeof(bits)];
		seal(b);
		refused += open_error(b.at, b.n) != 0;
		b.at[i] ^= bits[i % sizeof(bits)];
	}
	ck_assert_uint_gt(refused, 50);
	free(b.at);
}
END_TEST

/* Headers of sections at every size and offset that looks like one. */
START_TEST(section_headers_are_not_trusted)
{
	struct bytes b = whole_object(built(objects[_i]));
	static const uint64_t values[] = {
		0, 1, 0x7fffffff, UINT32_MAX, INT64_MAX, UINT64_MAX, UINT64_MAX - 4095};
	uint64_t table, old;
	uint16_t n;

	memcpy(&table, b.at + 0x28, 8); /* e_shoff */
	memcpy(&n, b.at + 0x3c, 2);     /* e_shnum */
	ck_assert(table + n * 64u <= b.n);
	for (unsigned s = 0; s < n; s++) {
		for (unsigned field = 0; field < 64; field += 8) {
			unsigned char *at = b.at + table + s * 64u + field;

			memcpy(&old, at, 8);
			for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
				memcpy(at, &values[v], 8);
				seal(b);
				open_error(b.at, b.n);
			}
			memcpy(at, &old, 8);
		}
	}
	free(b.at);
}
END_TEST

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define FORMAT TEXT(RL_FORMAT)

/* What one line of the manifest says, changed; texts of the same length. */
static const struct {
	const char *from, *to;
} lies[] = {
	{"\"ringlet\": " FORMAT, "\"ringlet\": 9"},
	{"\"ringlet\": " FORMAT, "\"ringlet\": []"},
	{"\"size\": 20480", "\"size\": 20481"},   /* not whole pages */
	{"\"size\": 20480", "\"size\": 16384"},   /* not the section's */
	{"\"log\": 1024", "\"log\": 8192"},       /* over the SQEs */
	{"\"log\": 1024", "\"log\": 0000"},       /* no number */
	{"\"log\": 1024", "\"log\": 32  "},       /* over the control block */
	{"\"log_slots\": 8", "\"log_slots\": 7"}, /* not a power of two */
	{"\"ring\": 4096", "\"ring\": 4097"},     /* not on a page */
	{"\"ring\": 4096", "\"ring\": 8192"},     /* over the SQEs */
	{"\"ring\": 4096", "\"ring\": -409"},
	{"\"ring\": 4096", "\"ring\": 1e10"},
	{"\"cq_entries\": 16", "\"cq_entries\": 17"},
	{"\"cq_entries\": 16", "\"cq_entries\": 4 "}, /* fewer than SQEs */
	{"\"sq_entries\": 8", "\"sq_entries\": 0"},
	{"\"setup\": 0     ", "\"setup\": 1     "}, /* IOPOLL */
	{"\"setup\": 0     ", "\"setup\": 525312"}, /* SQEs all large, and mixed */
	{"\"setup\": 0     ", "\"setup\": 264192"}, /* CQEs */
	{"\"files\": 0", "\"files\": -1"},
	{"\"shared\": 12288", "\"shared\": 20480"},
	{"\"shared_size\": 8192", "\"shared_size\": 9999"},
	{"[3184, \"01\"]", "[3184, \"0x\"]"},
	{"[3184, \"01\"]", "[3184, \"0\"] "},
	{"[3184, \"01\"]", "[4100, \"01\"]"}, /* in the ring */
	{"[3184, \"01\"]", "[0  , \"01\"] "}, /* the runtime's part of the control block */
	{"[3184, \"01\"]", "[99999,\"01\"]"},
	{"\"name\": \"say\"", "\"name\": \"s y\""},
	{"\"name\": \"say\", \"type\": \"u64\"", "\"name\": \"say\", \"type\": \"u32\""}, /* size 8 */
	{"\"type\": \"bool\"", "\"type\": 12345 "},
	{"\"type\": \"s16\"", "\"type\": \"u64\""},
	{"\"dims\": [64]", "\"dims\": [65]"},
	{"\"dims\": [64]", "\"dims\": [-1]"},
	{"\"dims\": [2, 4]", "\"dims\": [0, 4]"},
	{"\"required\": true", "\"required\": \"ab\""},
	{"\"name\": \"worker\", \"count\": 4", "\"name\": \"worker\", \"count\": -"},
	{"\"name\": \"worker\", \"count\": 4, \"pool\": 3296, \"frame\": 3600",
		"\"name\": \"worker\", \"count\": 4, \"pool\": 3296, \"frame\": 4080"},
	{"\"count\": 4, \"pool\": 3296", "\"count\": 4, \"pool\": 4088"}, /* into the ring */
	{"\"count\": 4, \"pool\": 3296",
		"\"count\": 9, \"pool\": 3296"}, /* more than the ready queue takes */
	{"\"name\": \"main\"", "\"name\": \"niam\""},
	{"\"since\": 8, \"node\": 1", "\"since\": 8, \"node\": 6"},
	{"\"nwaits\": 8", "\"nwaits\": 7"},
	{"\"waits\": 512", "\"waits\": 100"},
	{"\"state\": 0, \"since\"", "\"state\": 6, \"since\""},
	{"\"since\": 8", "\"since\": 9"},
	{"\"since\": 8", "\"since\": 4"},
	{"\"opcode\": 11", "\"opcode\": []"},
	{"\"opcode\": 11", "\"opcode\": -1"},
	{"\"args\": [\"u64\"", "\"args\": [ 1234"},
	{"\"section\": \".ringlet.", "\"section\": \".ringleT."},
	{"\"entry\": 0", "\"entry\": x"},
};

START_TEST(lies_in_the_manifest_are_noticed)
{
	const char *from = lies[_i].from, *to = lies[_i].to;
	struct bytes b = reference_object();
	unsigned char *at = memmem(b.at, b.n, from, strlen(from));
	int err;

	ck_assert_msg(at, "the manifest has no %s", from);
	/* A shorter one is padded; one that is longer would shift what follows. */
	ck_assert_msg(strlen(to) <= strlen(from) + 1, "%s is too long", to);
	memcpy(at, to, strlen(to));
	memset(at + strlen(to), ' ', strlen(from) > strlen(to) ? strlen(from) - strlen(to) : 0);
	seal(b);
	err = open_error(b.at, b.n);
	ck_assert_msg(err == EBADMSG || err == EPROTONOSUPPORT, "%s -> %s: %d", from, to, err);
	ck_assert_msg(
		strstr(ringlet_error(NULL), "(memory): ") == ringlet_error(NULL), "%s", ringlet_error(NULL));
	free(b.at);
}
END_TEST

/* Of the structs of tests/unit/replace.rlt: two, the second of which has the first in it. */
static const struct {
	const char *from, *to;
} struct_lies[] = {
	{"\"dims\":[2],\"struct\":0", "\"dims\":[2],\"struct\":1"}, /* in itself */
	{"\"dims\":[2],\"struct\":0", "\"dims\":[2],\"struct\":x"},
	{"\"dims\":[],\"struct\":1", "\"dims\":[],\"struct\":2"}, /* there is none */
	{"\"dims\":[],\"struct\":1", "\"dims\":[],\"struct\":0"}, /* of another size */
	{"\"dims\":[2],\"struct\":0", "\"dims\":[3],\"struct\":0"},
	{"\"name\":\"sum\",\"size\":16", "\"name\":\"sum\",\"size\":15"},
	{"\"offset\":8,\"size\":8", "\"offset\":9,\"size\":8"}, /* past its end */
	{"\"name\":\"any\",\"type\":\"bool\"", "\"name\":\"any\",\"type\":\"s16\" "},
	{"\"name\":\"any\"", "\"name\":\"a.y\""},
};

START_TEST(lies_about_structs_are_noticed)
{
	const char *from = struct_lies[_i].from, *to = struct_lies[_i].to;
	struct bytes b = whole_object(built("tests/unit/replace.bpf.o"));
	unsigned char *at = memmem(b.at, b.n, from, strlen(from));

	ck_assert_msg(at, "the manifest has no %s", from);
	memcpy(at, to, strlen(to));
	seal(b);
	ck_assert_msg(open_error(b.at, b.n) == EBADMSG, "%s -> %s", from, to);
	free(b.at);
}
END_TEST

/* An object with operations whose struct is not the same on every machine, as it would be of a machine where
 * that has another size. */
START_TEST(a_struct_of_another_machine_is_refused)
{
	static const char bytes[] = "\"bytes\":12", name[] = "\"struct\":\"epoll_event\"";
	struct bytes b = whole_object(built("tests/ops/pipes_and_epoll.bpf.o"));
	unsigned char *size_at = memmem(b.at, b.n, bytes, strlen(bytes));
	unsigned char *name_at = memmem(b.at, b.n, name, strlen(name));
	struct ringlet *r;

	ck_assert(size_at && name_at);
	memcpy(size_at + strlen(bytes) - 2, "40", 2);
	seal(b);
	r = ringlet_open_mem(b.at, b.n, NULL);
	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ck_assert_int_eq(ringlet_load(r), -EOPNOTSUPP);
	ck_assert_msg(
		strstr(ringlet_error(r), "epoll_ctl is for machines where struct epoll_event has 40 bytes") &&
			strstr(ringlet_error(r), "poll_multishot"),
		"%s", ringlet_error(r));
	ringlet_close(r);
	name_at[strlen(name) - 2] = 'T';
	seal(b);
	ck_assert_int_eq(open_error(b.at, b.n), EBADMSG);
	free(b.at);
}
END_TEST

/* Digits for digits: numbers of every kind that are still JSON. */
START_TEST(random_numbers_in_the_manifest_do_no_harm)
{
	struct bytes b = reference_object(), c = {malloc(b.n), b.n};
	unsigned char *start = memmem(b.at, b.n, "{\"ringlet\"", 10), *end;
	uint32_t seed = 12345;

	ck_assert_ptr_nonnull(start);
	end = memmem(start, b.n - (size_t)(start - b.at), "\"entry\"", 7);
	ck_assert_ptr_nonnull(end);
	for (int turn = 0; turn < 4000; turn++) {
		memcpy(c.at, b.at, b.n);
		for (int change = 0; change < 3; change++) {
			size_t i;

			do {
				seed = seed * 1664525u + 1013904223u;
				i = (size_t)(start - b.at) + (seed >> 8) % (size_t)(end - start);
			} while (c.at[i] < '0' || c.at[i] > '9');
			c.at[i] = (unsigned char)('0' + (seed >> 4) % 10);
		}
		seal(c);
		open_error(c.at, c.n);
	}
	free(c.at);
	free(b.at);
}
END_TEST

static void check_file(const char *contents, size_t n, int want)
{
	char path[] = "/tmp/ringlet-test-XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, contents, n), (ssize_t)n);
	close(fd);
	errno = 0;
	ck_assert_ptr_null(ringlet_open(path, NULL));
	ck_assert_int_eq(errno, want);
	ck_assert_msg(strncmp(ringlet_error(NULL), path, strlen(path)) == 0, "%s", ringlet_error(NULL));
	unlink(path);
}

START_TEST(foreign_files_are_refused_by_name)
{
	check_file("", 0, ENOEXEC);
	check_file("#!/bin/sh\nexit 0\n", 17, ENOEXEC);
	check_file("\177ELF and no more", 16, ENOEXEC);
	ck_assert_ptr_null(ringlet_open("/proc/self/exe", NULL)); /* an ELF file of another kind */
	ck_assert_int_eq(errno, ENOEXEC);
	ck_assert_ptr_null(ringlet_open("/", NULL));
	ck_assert_int_eq(errno, ENOEXEC);
	ck_assert_ptr_null(ringlet_open("/nowhere/x.bpf.o", NULL));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_str_eq(ringlet_error(NULL), "/nowhere/x.bpf.o: No such file or directory");
	ck_assert_ptr_null(ringlet_open(NULL, NULL));
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

/* Of an older ringc and of a newer one. */
START_TEST(another_format_is_said_to_be_one)
{
	struct bytes b = reference_object();
	struct rl_trailer t = {RL_TRAILER_MAGIC, _i ? RL_FORMAT + 1 : RL_FORMAT - 1, 0};
	char other[64];

	t.crc = (uint32_t)crc32_z(crc32_z(0, b.at, b.n - sizeof(t)), (unsigned char *)&t, 12);
	memcpy(b.at + b.n - sizeof(t), &t, sizeof(t));
	ck_assert_int_eq(open_error(b.at, b.n), EPROTONOSUPPORT);
	snprintf(other, sizeof other, "its format is %u, this libringlet reads %u", t.format, RL_FORMAT);
	ck_assert_ptr_nonnull(strstr(ringlet_error(NULL), other));
	free(b.at);
}
END_TEST

/* Of the same format, it may say more. */
START_TEST(what_a_newer_compiler_adds_is_passed_over)
{
	static const char known[] = "\"compiler\": ";
	struct bytes b = reference_object();
	unsigned char *at = memmem(b.at, b.n, known, strlen(known));
	struct ringlet *r;

	ck_assert_msg(at, "the manifest does not say by what it was made");
	memcpy(at, "\"whoknows\": ", strlen(known));
	seal(b);
	r = ringlet_open_mem(b.at, b.n, NULL);
	ck_assert_msg(r, "%s", ringlet_error(NULL));
	ringlet_close(r);
	free(b.at);
}
END_TEST

START_TEST(bad_options_are_refused)
{
	struct ringlet_opts opts = {.size = 1};

	ck_assert_ptr_null(ringlet_open(reference_path(), &opts));
	ck_assert_int_eq(errno, EINVAL);
	opts.size = sizeof(opts);
	opts.engine = (enum ringlet_engine_kind)9;
	ck_assert_ptr_null(ringlet_open(reference_path(), &opts));
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

static void add(TCase *t)
{
	int n = stride() == 1 ? NOBJECTS : 1;

	tcase_add_loop_test(t, the_object_itself_is_taken, 0, n);
	tcase_add_loop_test(t, every_changed_byte_is_noticed, 0, n);
	tcase_add_loop_test(t, every_truncation_is_noticed, 0, n);
	tcase_add_loop_test(t, what_follows_the_trailer_is_noticed, 0, n);
	tcase_add_loop_test(t, a_right_checksum_is_not_trusted, 0, n);
	tcase_add_loop_test(t, section_headers_are_not_trusted, 0, n);
	tcase_add_loop_test(t, lies_in_the_manifest_are_noticed, 0, sizeof(lies) / sizeof(lies[0]));
	tcase_add_loop_test(
		t, lies_about_structs_are_noticed, 0, sizeof(struct_lies) / sizeof(struct_lies[0]));
	tcase_add_test(t, a_struct_of_another_machine_is_refused);
	tcase_add_test(t, random_numbers_in_the_manifest_do_no_harm);
	tcase_add_test(t, foreign_files_are_refused_by_name);
	tcase_add_loop_test(t, another_format_is_said_to_be_one, 0, 2);
	tcase_add_test(t, what_a_newer_compiler_adds_is_passed_over);
	tcase_add_test(t, bad_options_are_refused);
}

int main(void)
{
	return run_tests("runtime_object", add);
}
