/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* runtime_probe.c: what a kernel has is what its release has, and `ringlet probe` says the same in both
 * formats. */
#include <jansson.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "left.h"
#include "runtime_test.h"

static bool is_since(const char *since)
{
	unsigned want[3] = {0}, has[3] = {0};
	struct utsname u;

	uname(&u);
	ck_assert_int_ge(sscanf(u.release, "%u.%u.%u", &has[0], &has[1], &has[2]), 2);
	ck_assert_int_ge(sscanf(since, "%u.%u.%u", &want[0], &want[1], &want[2]), 2);
	for (unsigned i = 0; i < 3; i++)
		if (has[i] != want[i])
			return has[i] > want[i];
	return true;
}

/* In a virtual machine: as root, with a kernel that is as it was released. */
static bool is_guest(void)
{
	const char *compiler = getenv("RINGC");

	return compiler && !*compiler;
}

START_TEST(a_kernel_has_what_came_with_its_release)
{
	size_t n;
	const struct ringlet_feature *f = ringlet_probe(&n);

	ck_assert_uint_gt(n, 30);
	for (size_t i = 0; i < n; i++) {
		bool here = f[i].status == 0;

		ck_assert_msg(*f[i].name && *f[i].how && *f[i].blocks && *f[i].hint && f[i].status <= 0, "%s",
			f[i].name);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(f[i].name, f[k].name);
		if (is_guest())
			ck_assert_msg(here == is_since(f[i].since), "%s, since %s: %d", f[i].name, f[i].since,
				f[i].status);
	}
}
END_TEST

START_TEST(probing_leaves_nothing)
{
	struct held before;

	ringlet_probe(NULL);
	before = held();
	for (int i = 0; i < 5; i++)
		ringlet_probe(NULL);
	ck_assert(nothing_left(before));
}
END_TEST

/* What the command prints, and its exit status. */
static char *printed(const char *format, int *status)
{
	static char text[1 << 16];
	char command[4200];
	FILE *p;
	size_t n;

	snprintf(command, sizeof(command), "'%s' probe --format=%s", built("ringlet"), format);
	p = popen(command, "r");
	ck_assert_ptr_nonnull(p);
	n = fread(text, 1, sizeof(text) - 1, p);
	text[n] = '\0';
	*status = pclose(p);
	ck_assert(WIFEXITED(*status));
	*status = WEXITSTATUS(*status);
	return text;
}

static bool names(const json_t *engines, const char *engine)
{
	for (size_t i = 0; i < json_array_size(engines); i++)
		if (strcmp(json_string_value(json_array_get(engines, i)), engine) == 0)
			return true;
	return false;
}

static const char *text_of(const json_t *o, const char *key)
{
	ck_assert_msg(json_is_string(json_object_get(o, key)), "no %s", key);
	return json_string_value(json_object_get(o, key));
}

START_TEST(the_command_says_it_in_json)
{
	int status;
	json_t *all = json_loads(printed("json", &status), JSON_REJECT_DUPLICATES, NULL), *list;
	size_t n;
	const struct ringlet_feature *f = ringlet_probe(&n);
	bool kernel = true, user = true;

	ck_assert_ptr_nonnull(all);
	list = json_object_get(all, "features");
	ck_assert_uint_eq(json_array_size(list), n);
	for (size_t i = 0; i < n; i++) {
		const json_t *o = json_array_get(list, i), *engines = json_object_get(o, "needed_by");

		ck_assert_str_eq(text_of(o, "name"), f[i].name);
		ck_assert_str_eq(text_of(o, "since"), f[i].since);
		ck_assert_str_eq(text_of(o, "probe"), f[i].how);
		ck_assert_str_eq(text_of(o, "blocks"), f[i].blocks);
		ck_assert_str_eq(text_of(o, "hint"), f[i].hint);
		ck_assert_int_eq(json_is_true(json_object_get(o, "present")), f[i].status == 0);
		ck_assert_int_eq((int)json_integer_value(json_object_get(o, "errno")), -f[i].status);
		ck_assert_int_eq(names(engines, "kernel"), f[i].kernel_engine);
		ck_assert_int_eq(names(engines, "user"), f[i].user_engine);
		kernel = kernel && (f[i].status == 0 || !f[i].kernel_engine);
		user = user && (f[i].status == 0 || !f[i].user_engine);
	}
	ck_assert_int_eq(json_is_true(json_object_get(all, "kernel_engine")), kernel);
	ck_assert_int_eq(json_is_true(json_object_get(all, "user_engine")), user);
	ck_assert_int_eq(status, kernel ? 0 : 1);
	json_decref(all);
}
END_TEST

START_TEST(and_in_words)
{
	int status;
	char *text = printed("text", &status), *at = text;
	size_t n;
	const struct ringlet_feature *f = ringlet_probe(&n);
	char line[512];

	ck_assert_int_eq(status, strstr(text, "\nkernel engine: works\n") ? 0 : 1);
	ck_assert_int_eq(status, strstr(text, "\nkernel engine: does not work here\n") ? 1 : 0);
	for (size_t i = 0; i < n; i++) {
		snprintf(line, sizeof(line), "\n%-3s  %-26s since %-7s ", f[i].status ? "no" : "yes",
			f[i].name, f[i].since);
		at = strstr(at, line);
		ck_assert_msg(at, "not there, or not in order: %s", line + 1);
		at++;
		if (!f[i].status)
			continue;
		snprintf(line, sizeof(line), "\n       without it: %s\n       to do: %s\n", f[i].blocks,
			f[i].hint);
		at = strchr(at, '\n');
		ck_assert_msg(strncmp(at, line, strlen(line)) == 0, "not behind %s: %s", f[i].name, line + 1);
	}
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, a_kernel_has_what_came_with_its_release);
	tcase_add_test(t, probing_leaves_nothing);
	tcase_add_test(t, the_command_says_it_in_json);
	tcase_add_test(t, and_in_words);
}

int main(void)
{
	return run_tests("runtime_probe", add);
}
