/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_params.c: parameters and shared variables by name, from values and from text. */
#include <fcntl.h>
#include <sys/stat.h>

#include "runtime_test.h"

static struct ringlet *r;
static char dir[64];

static void begin(void)
{
	struct ringlet_opts opts = {.size = sizeof(opts), .engine = RINGLET_USER};

	r = ringlet_open(reference_path(), &opts);
	ck_assert_msg(r, "%s", ringlet_error(NULL));
	strcpy(dir, "/tmp/ringlet-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static void end(void)
{
	char command[100];

	ringlet_close(r);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static const struct {
	const char *name, *text;
	int err;
	const char *says;
} texts[] = {
	{"n", "0", 0, ""},
	{"n", "10K", 0, ""},
	{"n", "0x10k", 0, ""},
	{"n", "3M", 0, ""},
	{"n", "18446744073709551615", 0, ""},
	{"n", "18446744073709551616", -ERANGE, "parameter `n`: 18446744073709551616 is out of range"},
	{"n", "17179869184G", -ERANGE, "parameter `n`: 17179869184G is out of range"},
	{"n", "-1", -ERANGE, "parameter `n`: -1 is out of range: u64 is 0 to 18446744073709551615"},
	{"n", "-0", 0, ""},
	{"n", "+7", 0, ""},
	{"n", "", -EINVAL, "parameter `n`: `` is not a number"},
	{"n", " 7", -EINVAL, "parameter `n`: ` 7` is not a number"},
	{"n", "7 ", -EINVAL, "parameter `n`: `7 ` is not a number (suffixes are K, M, G)"},
	{"n", "+-7", -EINVAL, "parameter `n`: `+-7` is not a number"},
	{"n", "7KB", -EINVAL, "parameter `n`: `7KB` is not a number (suffixes are K, M, G)"},
	{"n", "ten", -EINVAL, "parameter `n`: `ten` is not a number"},
	{"n", "0x", -EINVAL, "parameter `n`: `0x` is not a number (suffixes are K, M, G)"},
	{"mode", "4294967295", 0, ""},
	{"mode", "4G", -ERANGE, "parameter `mode`: 4294967296 is out of range: u32 is 0 to 4294967295"},
	{"small", "-32768", 0, ""},
	{"small", "-32769", -ERANGE, "parameter `small`: -32769 is out of range: s16 is -32768 to 32767"},
	{"small", "32K", -ERANGE, "parameter `small`: 32768 is out of range: s16 is -32768 to 32767"},
	{"flag", "true", 0, ""},
	{"flag", "no", 0, ""},
	{"flag", "2", -EINVAL, "parameter `flag`: `2` is neither true nor false"},
	{"name", "fifteen letters", 0, ""},
	{"name", "sixteen letters!", -ENAMETOOLONG, "parameter `name`: 16 characters, there is room for 15"},
	{"name", "", 0, ""},
	{"in", "", -EINVAL, "parameter `in`: an empty path"},
	{"in", "fd:0", 0, ""},
	{"in", "fd:", -EINVAL, "parameter `in`: `fd:` is not fd:NUMBER"},
	{"in", "fd:-1", -EINVAL, "parameter `in`: `fd:-1` is not fd:NUMBER"},
	{"in", "fd:3x", -EINVAL, "parameter `in`: `fd:3x` is not fd:NUMBER"},
	{"in", "fd:99999999999", -EINVAL, "parameter `in`: `fd:99999999999` is not fd:NUMBER"},
	{"in", "fd:987", -EBADF, "parameter `in`: 987 is not an open descriptor"},
	{"bare", "x", -EINVAL, "parameter `bare` takes an open descriptor: bare=fd:NUMBER"},
	{"done", "5", 0, ""},
	{"path", "/tmp", 0, ""},
	{"path", "@", -EINVAL, "parameter `path`: an empty path"},
	{"path", "@none", 0, ""}, /* opened by the load */
	{"name", "@none", 0, ""}, /* a parameter is a text */
	{"grid", "1", -ENOENT,
		"shared variable `grid` is neither a scalar nor an array of u8 of one or two dimensions"},
	{"nobody", "1", -ENOENT, "there is no parameter `nobody`"},
	{"", "1", -ENOENT, "there is no parameter ``"},
};

START_TEST(text_is_read_by_the_parameters_type)
{
	ck_assert_int_eq(ringlet_set_arg(r, texts[_i].name, texts[_i].text), texts[_i].err);
	ck_assert_str_eq(ringlet_error(r), texts[_i].says);
}
END_TEST

START_TEST(values_are_checked_like_text)
{
	ck_assert_int_eq(ringlet_set_u64(r, "small", 32767), 0);
	ck_assert_int_eq(ringlet_set_u64(r, "small", 32768), -ERANGE);
	ck_assert_int_eq(ringlet_set_s64(r, "n", -1), -ERANGE);
	ck_assert_int_eq(ringlet_set_s64(r, "small", INT64_MIN), -ERANGE);
	ck_assert_int_eq(ringlet_set_u64(r, "flag", 2), -ERANGE);
	ck_assert_int_eq(ringlet_set_bool(r, "flag", true), 0);
	ck_assert_int_eq(ringlet_set_bool(r, "n", true), -EINVAL);
	ck_assert_int_eq(ringlet_set_u64(r, "name", 1), -EINVAL);
	ck_assert_int_eq(ringlet_set_string(r, "n", "1"), -EINVAL);
	ck_assert_int_eq(ringlet_set_string(r, "name", NULL), -EINVAL);
	ck_assert_int_eq(ringlet_set_fd(r, "n", 0), -EINVAL);
	ck_assert_int_eq(ringlet_set_fd(r, "in", -1), -EBADF);
	ck_assert_int_eq(ringlet_set_u64(r, "in", 0), -EINVAL);
	ck_assert_int_eq(ringlet_set_arg(r, NULL, "x"), -ENOENT);
	ck_assert_int_eq(ringlet_set_arg(r, "n", NULL), -EINVAL);
}
END_TEST

START_TEST(parameters_can_be_listed)
{
	static const struct {
		const char *name, *type, *kind, *initial;
		bool required, shared;
	} want[] = {
		{"n", "u64", "", "", true, false},
		{"say", "u64", "", "0", false, false},
		{"mode", "u32", "", "0", false, false},
		{"flag", "bool", "", "true", false, false},
		{"small", "s16", "", "-7", false, false},
		{"name", "string", "", "ref", false, false},
		{"in", "fd", "read", "", false, false},
		{"out", "fd", "create", "", false, false},
		{"bare", "fd", "", "", false, false},
		{"done", "u64", "", "", false, true},
		{"path", "string", "", "", false, true},
		{"grid", "u32", "", "", false, true},
		{"page", "string", "", "", false, true},
	};
	size_t n = sizeof(want) / sizeof(want[0]);
	struct ringlet_param p;

	for (unsigned i = 0; i < n; i++) {
		ck_assert_int_eq(ringlet_param(r, i, &p), 0);
		ck_assert_str_eq(p.name, want[i].name);
		ck_assert_str_eq(p.type, want[i].type);
		ck_assert_str_eq(p.kind, want[i].kind);
		ck_assert_str_eq(p.initial, want[i].initial);
		ck_assert_int_eq(p.required, want[i].required);
		ck_assert_int_eq(p.shared, want[i].shared);
		ck_assert_int_eq(p.set, false);
	}
	ck_assert_int_eq(ringlet_param(r, (unsigned)n, &p), -ENOENT);
	ck_assert_int_eq(ringlet_param(r, (unsigned)n - 2, &p), 0);
	ck_assert_uint_eq(p.ndims, 2);
	ck_assert_uint_eq(p.dims[0], 2);
	ck_assert_uint_eq(p.dims[1], 4);
	ringlet_set_u64(r, "n", 1);
	ringlet_param(r, 0, &p);
	ck_assert_int_eq(p.set, true);
	ck_assert_str_eq(p.help, "how many NOPs");
}
END_TEST

START_TEST(a_missing_one_fails_the_load)
{
	ck_assert_int_eq(ringlet_load(r), -ENODATA);
	ck_assert_str_eq(ringlet_error(r), "parameter `n` is missing");
	/* And the load can be tried again. */
	ck_assert_int_eq(ringlet_set_u64(r, "n", 1), 0);
	ck_assert_int_eq(ringlet_load(r), 0);
	ck_assert_int_eq(ringlet_load(r), -EALREADY);
	ck_assert_int_eq(ringlet_run(r), 0);
}
END_TEST

START_TEST(the_image_gets_what_was_set)
{
	size_t size;
	char *path;
	uint64_t *done;

	ck_assert_ptr_null(ringlet_shared(r, "done", NULL));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(ringlet_set_arg(r, "n", "1K"), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "done", "1000"), 0);
	ck_assert_int_eq(ringlet_set_string(r, "path", "longer at first"), 0);
	ck_assert_int_eq(ringlet_set_string(r, "path", "abc"), 0);
	ck_assert_int_eq(ringlet_load(r), 0);
	path = ringlet_shared(r, "path", &size);
	ck_assert_uint_eq(size, 64);
	ck_assert_mem_eq(path, "abc\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 17);
	done = ringlet_shared(r, "done", &size);
	ck_assert_uint_eq(size, 8);
	ck_assert_uint_eq(*done, 1000);
	/* Shared variables still, parameters not any more. */
	ck_assert_int_eq(ringlet_set_string(r, "path", "x"), 0);
	ck_assert_mem_eq(path, "x\0\0\0", 4);
	ck_assert_int_eq(ringlet_set_u64(r, "done", 1020), 0);
	ck_assert_int_eq(ringlet_set_u64(r, "n", 5), -EBUSY);
	ck_assert_str_eq(ringlet_error(r), "parameter `n`: constant once the program is loaded");
	ck_assert_ptr_nonnull(ringlet_shared(r, "grid", &size));
	ck_assert_uint_eq(size, 32);
	ck_assert_ptr_null(ringlet_shared(r, "n", NULL));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(ringlet_run(r), 0);
	ck_assert_uint_eq(*done, 1024);
}
END_TEST

static void make_file(const char *name, const char *contents)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, contents, strlen(contents)), (ssize_t)strlen(contents));
	close(fd);
}

static off_t file_size(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? st.st_size : -1;
}

START_TEST(an_output_is_made_or_emptied_by_the_load)
{
	make_file("in", "in");
	make_file("out", "old");
	ck_assert_int_eq(ringlet_set_u64(r, "n", 1), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "in", "in"), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "out", "out"), 0);
	ck_assert_int_eq(file_size("out"), 3);
	ck_assert_msg(ringlet_load(r) == 0, "%s", ringlet_error(r));
	ck_assert_int_eq(file_size("out"), 0);
}
END_TEST

START_TEST(a_failed_load_leaves_outputs_alone)
{
	make_file("out", "old");
	ck_assert_int_eq(ringlet_set_u64(r, "n", 1), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "out", "out"), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "in", "not there"), 0);
	ck_assert_int_eq(ringlet_load(r), -ENOENT);
	ck_assert_str_eq(ringlet_error(r), "parameter `in`: not there: No such file or directory");
	ck_assert_int_eq(file_size("out"), 3);
	ck_assert_int_eq(ringlet_set_arg(r, "out", "new"), 0);
	ck_assert_int_eq(ringlet_load(r), -ENOENT);
	ck_assert_int_eq(file_size("new"), -1);
}
END_TEST

START_TEST(a_file_is_not_emptied_under_its_reader)
{
	make_file("same", "old");
	ck_assert_int_eq(link("same", "link"), 0);
	ck_assert_int_eq(ringlet_set_u64(r, "n", 1), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "in", "same"), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "out", "link"), 0);
	ck_assert_int_eq(ringlet_load(r), -EINVAL);
	ck_assert_str_eq(ringlet_error(r), "parameter `out`: link is the same file as parameter `in`");
	ck_assert_int_eq(file_size("same"), 3);
}
END_TEST

START_TEST(a_path_that_cannot_be_made_is_named)
{
	ck_assert_int_eq(ringlet_set_u64(r, "n", 1), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "out", "no/dir"), 0);
	ck_assert_int_eq(ringlet_load(r), -ENOENT);
	ck_assert_str_eq(ringlet_error(r), "parameter `out`: no/dir: No such file or directory");
	ck_assert_int_eq(ringlet_set_arg(r, "out", "."), 0);
	ck_assert_int_eq(ringlet_load(r), -EISDIR);
	/* Corrected, it loads. */
	ck_assert_int_eq(ringlet_set_arg(r, "out", "/dev/null"), 0);
	ck_assert_msg(ringlet_load(r) == 0, "%s", ringlet_error(r));
}
END_TEST

START_TEST(bytes_come_from_a_file_when_it_is_loaded)
{
	char *path, many[65];

	ck_assert_int_eq(ringlet_set_u64(r, "n", 1), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "path", "@bytes"), 0);
	ck_assert_int_eq(ringlet_load(r), -ENOENT);
	ck_assert_str_eq(ringlet_error(r), "parameter `path`: bytes: No such file or directory");
	memset(many, 'x', sizeof(many));
	many[64] = '\0';
	make_file("bytes", many);
	ck_assert_int_eq(ringlet_set_arg(r, "page", "@bytes"), 0);
	ck_assert_msg(ringlet_load(r) == 0, "%s", ringlet_error(r));
	path = ringlet_shared(r, "path", NULL);
	ck_assert_mem_eq(path, many, 64);
	ck_assert_mem_eq(ringlet_shared(r, "page", NULL), many, 65);
	/* Afterwards, at once: and where that fails, what was there stays. */
	make_file("bytes", "ab\n");
	ck_assert_int_eq(ringlet_set_arg(r, "path", "@bytes"), 0);
	ck_assert_mem_eq(path, "ab\n\0\0", 5);
	make_file("bytes", "1234567890123456789012345678901234567890123456789012345678901234 ");
	ck_assert_int_eq(ringlet_set_arg(r, "path", "@bytes"), -EFBIG);
	ck_assert_str_eq(ringlet_error(r), "parameter `path`: bytes: more than 64 bytes");
	ck_assert_mem_eq(path, "ab\n\0\0", 5);
	ck_assert_int_eq(ringlet_set_arg(r, "path", "@."), -EISDIR);
}
END_TEST

/* What was said last counts. */
START_TEST(text_after_a_file_replaces_it)
{
	ck_assert_int_eq(ringlet_set_u64(r, "n", 1), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "path", "@none"), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "path", "@none either"), 0);
	ck_assert_int_eq(ringlet_set_arg(r, "path", "text"), 0);
	ck_assert_msg(ringlet_load(r) == 0, "%s", ringlet_error(r));
	ck_assert_str_eq(ringlet_shared(r, "path", NULL), "text");
}
END_TEST

START_TEST(descriptors_given_stay_the_callers)
{
	int p[2];

	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	ck_assert_int_eq(ringlet_set_u64(r, "n", 1), 0);
	ck_assert_int_eq(ringlet_set_fd(r, "in", p[0]), 0);
	ck_assert_int_eq(ringlet_set_fd(r, "out", p[1]), 0);
	ck_assert_int_eq(ringlet_load(r), 0);
	ringlet_close(r);
	r = NULL;
	ck_assert_int_eq(write(p[1], "x", 1), 1);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_loop_test(t, text_is_read_by_the_parameters_type, 0, sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(t, values_are_checked_like_text);
	tcase_add_test(t, parameters_can_be_listed);
	tcase_add_test(t, a_missing_one_fails_the_load);
	tcase_add_test(t, the_image_gets_what_was_set);
	tcase_add_test(t, an_output_is_made_or_emptied_by_the_load);
	tcase_add_test(t, a_failed_load_leaves_outputs_alone);
	tcase_add_test(t, a_file_is_not_emptied_under_its_reader);
	tcase_add_test(t, a_path_that_cannot_be_made_is_named);
	tcase_add_test(t, bytes_come_from_a_file_when_it_is_loaded);
	tcase_add_test(t, text_after_a_file_replaces_it);
	tcase_add_test(t, descriptors_given_stay_the_callers);
}

int main(void)
{
	return run_tests("runtime_params", add);
}
