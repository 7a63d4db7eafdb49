/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * compiler_json.c: what is said as JSON is what is said as text. Every script that a golden says is refused
 * is compiled, its diagnostics are read back from JSON, and the text that is made of them is the golden
 * without the lines of the script. And `ringc explain` knows every code.
 */
#include <../include/check.h> /* the library: <check.h> would be compiler/check.h */
#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "passes.h"

static const unsigned numbers[] = {
#define X(number, name, severity, format, explain) number,
#include "diags.def"
#undef X
};
#define NUMBERS (sizeof numbers / sizeof numbers[0])

static char *said(const char *path, bool json)
{
	struct arena *a = arena_new();
	struct sources sources = {.arena = a};
	struct diags *diags = diags_new(a, &sources);
	struct program *p = import_all(a, &sources, diags, path);
	passes(p, diags);
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	diags_print(diags, f, json);
	fclose(f);
	arena_free(a);
	return text;
}

static const char *string(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	ck_assert_msg(s != NULL, "no text `%s`", key);
	return s;
}

static json_int_t integer(const json_t *o, const char *key)
{
	const json_t *n = json_object_get(o, key);
	ck_assert_msg(json_is_integer(n) && json_integer_value(n) > 0, "`%s` is no position", key);
	return json_integer_value(n);
}

static void print_place(const json_t *o, FILE *out)
{
	if (json_is_null(json_object_get(o, "file"))) {
		ck_assert(json_is_null(json_object_get(o, "line")));
		ck_assert(json_is_null(json_object_get(o, "end_column")));
		return;
	}
	json_int_t line = integer(o, "line"), column = integer(o, "column");
	json_int_t end_line = integer(o, "end_line"), end_column = integer(o, "end_column");
	ck_assert(end_line > line || (end_line == line && end_column >= column));
	fprintf(out, "%s:%lld:%lld: ", string(o, "file"), (long long)line, (long long)column);
}

/* The text of the diagnostics, without lines of scripts. */
static char *text_of(const char *json)
{
	json_error_t error;
	json_t *list = json_loads(json, 0, &error), *d, *n;
	ck_assert_msg(json_is_array(list), "%s: %s", error.text, json);
	char *text;
	size_t size, i, k;
	FILE *out = open_memstream(&text, &size);
	json_array_foreach(list, i, d)
	{
		print_place(d, out);
		fprintf(out, "%s: %s [%s]\n", string(d, "severity"), string(d, "message"), string(d, "code"));
		json_array_foreach(json_object_get(d, "notes"), k, n)
		{
			print_place(n, out);
			fprintf(out, "note: %s\n", string(n, "message"));
		}
		if (!json_is_null(json_object_get(d, "hint")))
			fprintf(out, "HINT: %s\n", string(d, "hint"));
	}
	fclose(out);
	json_decref(list);
	return text;
}

/* "   12 | while (x) {", with its carets below, and at the end "3 errors". */
static bool is_told_twice(const char *line)
{
	line += strspn(line, " ");
	size_t digits = strspn(line, "0123456789");
	return !strncmp(line + digits, " | ", 3) || !strncmp(line, "| ", 2) ||
	       (digits && !strncmp(line + digits, " errors", 7));
}

/* A golden without those lines, in place. */
static void shorten(char *text)
{
	char *to = text;
	for (char *line = text, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		next += *next == '\n';
		if (!is_told_twice(line)) {
			memmove(to, line, (size_t)(next - line));
			to += next - line;
		}
	}
	*to = 0;
}

static char *read_file(const char *path)
{
	char *text = calloc(1, 256 * 1024);
	FILE *f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_lt(fread(text, 1, 256 * 1024 - 1, f), 256 * 1024 - 1);
	fclose(f);
	return text;
}

static const char *const suites[] = {"tests/check", "tests/syntax"};

START_TEST(json_says_what_text_says)
{
	DIR *dir = opendir(suites[_i]);
	ck_assert_ptr_nonnull(dir);
	unsigned n = 0;
	for (struct dirent *e; (e = readdir(dir));) {
		size_t len = strlen(e->d_name);
		if (len < 4 || strcmp(e->d_name + len - 4, ".err"))
			continue;
		char path[512];
		snprintf(path, sizeof path, "%s/%s", suites[_i], e->d_name);
		char *golden = read_file(path);
		snprintf(path, sizeof path, "%s/%.*s.rlt", suites[_i], (int)len - 4, e->d_name);
		char *json = said(path, true), *text = text_of(json);
		shorten(golden);
		ck_assert_msg(*text && !strcmp(golden, text), "%s: the golden has\n%s\nand JSON\n%s", path,
			golden, text);
		free(golden);
		free(json);
		free(text);
		n++;
	}
	closedir(dir);
	ck_assert_uint_gt(n, 30);
}
END_TEST

START_TEST(every_code_is_explained)
{
	for (size_t i = 0; i < NUMBERS; i++) {
		char code[16], *text;
		size_t n;
		snprintf(code, sizeof code, "R%04u", numbers[i]);
		FILE *out = open_memstream(&text, &n);
		ck_assert_int_eq(diag_explain(code, out), 0);
		fclose(out);
		const char *explained = strstr(text, "\n\n");
		ck_assert_msg(
			!strncmp(text, code, 5) && explained && strlen(explained) > 20 && text[n - 1] == '\n',
			"%s", text);
		free(text);
	}
	ck_assert_int_eq(diag_explain("R9999", stdout), -1);
	ck_assert_int_eq(diag_explain("", stdout), -1);
	ck_assert_int_eq(diag_explain("R", stdout), -1);
	ck_assert_int_eq(diag_explain("R0300x", stdout), -1);
	ck_assert_int_eq(diag_explain("-300", stdout), -1);
}
END_TEST

int main(void)
{
	const char *root = getenv("SRCDIR");
	char stdlib[4096];
	if (root && chdir(root))
		return 1;
	snprintf(stdlib, sizeof stdlib, "%s/stdlib", root ? root : ".");
	setenv("RINGLET_STDLIB", stdlib, 1);
	Suite *s = suite_create("json");
	TCase *t = tcase_create("json");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, json_says_what_text_says, 0, sizeof suites / sizeof suites[0]);
	tcase_add_test(t, every_code_is_explained);
	suite_add_tcase(s, t);
	SRunner *runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
