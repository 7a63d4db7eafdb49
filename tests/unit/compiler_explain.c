/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * compiler_explain.c: every diagnostic can be given, and its explanation is true: what it shows as wrong
 * gives that diagnostic and no other, and what it shows as right compiles. Codes of which no example is short
 * enough to show have an input here.
 */
#include <../include/check.h> /* the library: <check.h> would be compiler/check.h */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "passes.h"

static const struct row {
	unsigned number;
	const char *name, *explain;
} rows[] = {
#define X(number, name, severity, format, explain) {number, #name, explain},
#include "diags.def"
#undef X
};
#define ROWS (sizeof rows / sizeof rows[0])

/* Of the program: parsed, checked, laid out and, if it is right, compiled. */
struct result {
	bool compiled;
	unsigned errors;
	unsigned code; /* of all errors; 0 if they differ */
	char *text;    /* what is said */
};

static char dir[] = "/tmp/ringc-explain-XXXXXX";

static void read_codes(struct result *r, const char *json)
{
	json_error_t error;
	json_t *list = json_loads(json, 0, &error), *item;
	size_t i;
	ck_assert_msg(json_is_array(list), "%s: %s", error.text, json);
	json_array_foreach(list, i, item)
	{
		const char *code = json_string_value(json_object_get(item, "code"));
		ck_assert_ptr_nonnull(code);
		unsigned number = (unsigned)strtoul(code + 1, NULL, 10);
		r->code = !i || r->code == number ? number : 0;
	}
	json_decref(list);
}

static struct result compile_file(const char *path)
{
	struct result r = {0};
	struct arena *a = arena_new();
	struct sources sources = {.arena = a};
	struct diags *diags = diags_new(a, &sources);
	struct program *p = import_all(a, &sources, diags, path);
	r.compiled = passes(p, diags).n;
	r.errors = diags_errors(diags);
	ck_assert(r.compiled == !r.errors);
	for (int json = 0; json < 2; json++) {
		char *text;
		size_t n;
		FILE *f = open_memstream(&text, &n);
		diags_print(diags, f, json);
		fclose(f);
		if (json) {
			read_codes(&r, text);
			free(text);
		} else {
			r.text = text;
		}
	}
	arena_free(a);
	return r;
}

static struct result compile_bytes(const void *bytes, size_t n)
{
	char path[64];
	snprintf(path, sizeof path, "%s/example.rlt", dir);
	FILE *f = fopen(path, "wb");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
	struct result r = compile_file(path);
	unlink(path);
	return r;
}

static struct result compile_text(const char *text)
{
	return compile_bytes(text, strlen(text));
}

static void demand_code(unsigned number, const char *what, struct result r)
{
	ck_assert_msg(r.code == number, "R%04u: %s gives\n%s", number, what, r.text);
	free(r.text);
}

/* ---- the examples ---- */

/* What stands indented below a line that begins with `word` and ends in a colon; false if there is none.
 * Without `main` it gets an empty one. */
static bool example(const char *explain, const char *word, char *out, size_t size)
{
	const char *p = explain;
	while (p && strncmp(p, word, strlen(word)))
		p = (p = strchr(p, '\n')) ? p + 1 : NULL;
	if (!p)
		return false;
	p = strchr(p, '\n') + 1;
	ck_assert_msg(p[-2] == ':', "%s", explain);
	size_t n = 0;
	for (; !strncmp(p, "    ", 4); p = strchr(p, '\n') + 1)
		n += (size_t)snprintf(out + n, size - n, "%.*s\n", (int)strcspn(p + 4, "\n"), p + 4);
	ck_assert_msg(n && n < size, "%s", explain);
	if (!strstr(out, "main"))
		snprintf(out + n, size - n, "task main() {}\n");
	return true;
}

START_TEST(what_is_shown_as_right_compiles_and_as_wrong_does_not)
{
	const struct row *row = &rows[_i];
	char wrong[2048], right[2048];
	bool shows_wrong = example(row->explain, "wrong", wrong, sizeof wrong);
	ck_assert_msg(shows_wrong == example(row->explain, "right", right, sizeof right), "%s", row->explain);
	if (!shows_wrong)
		return;
	demand_code(row->number, wrong, compile_text(wrong));
	struct result r = compile_text(right);
	ck_assert_msg(r.compiled, "R%04u: %s gives\n%s", row->number, right, r.text);
	free(r.text);
}
END_TEST

/* ---- what cannot be shown ---- */

static char *repeated(const char *before, const char *format, unsigned n, const char *after)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	fputs(before, f);
	for (unsigned i = 0; i < n; i++)
		fprintf(f, format, i, i + 1); /* the format has two numbers at most */
	fputs(after, f);
	fclose(f);
	return text;
}

static struct result compile_repeated(const char *before, const char *format, unsigned n, const char *after)
{
	char *text = repeated(before, format, n, after);
	struct result r = compile_text(text);
	free(text);
	return r;
}

static struct result unreadable(void)
{
	char path[64];
	snprintf(path, sizeof path, "%s/missing.rlt", dir);
	return compile_file(path);
}

static struct result empty(void)
{
	return compile_bytes("", 0);
}

static struct result too_large(void)
{
	return compile_repeated("task main() {}\n", "%8u // %8u\n", 1 << 20, "");
}

static struct result nul_byte(void)
{
	return compile_bytes("task main() {}\n\0\n", 17);
}

static struct result not_utf8(void)
{
	return compile_text("// caf\xe9\ntask main() {}\n");
}

static struct result name_length(void)
{
	return compile_repeated("u32 ", "n", 256, "; task main() {}\n");
}

static struct result nested(void)
{
	return compile_repeated("const X = ", "(", 10000, "");
}

static struct result too_many_fds(void)
{
	return compile_repeated("", "param fd f%u;\n", 65, "task main() {}\n");
}

static struct result too_complex(void)
{
	return compile_repeated("fn void f0() { await nop(); }\n",
		"fn void f%2$u() { await f%1$u(); await f%1$u(); await f%1$u(); await f%1$u(); }\n", 10,
		"task main() { await f10(); }\n");
}

static struct result nested_names(void)
{
	return compile_repeated("fn u32 f0() { return 0; }\n", "fn u32 f%2$u() { return f%1$u(); }\n", 10000,
		"task main() { f10000(); }\n");
}

static struct result too_many_functions(void)
{
	return compile_repeated("", "task t%u() { await nop(); }\n", 200, "task main() {}\n");
}

/* No task and no function of the script has them: the code is counted. */
START_TEST(functions_of_queues_are_counted)
{
	char *queues = repeated("", "cq q%u[1];\n", 255, "task main() {\n");
	demand_code(419, "queues", compile_repeated(queues, "    submit nop() -> q%u;\n", 255, "}\n"));
	free(queues);
}
END_TEST

START_TEST(functions_of_arms_and_streams_are_counted)
{
	demand_code(419, "arms and streams",
		compile_repeated("param fd l;\nfn s32 f() { await nop(); return 1; }\n",
			"task t%u() {\n    for (cqe c in accept_multishot(l)) break;\n"
			"    select { on await f() : ; on timeout 1s : ; }\n}\n",
			66, "task main() {}\n"));
}
END_TEST

static struct result too_many_members(void)
{
	return compile_repeated("struct s {\n", "u8 f%u;\n", 60001, "}\ntask main() {}\n");
}

/* A script, and files that it imports. */
static struct result compile_with(
	const char *a, const char *text_a, const char *b, const char *text_b, const char *script)
{
	const char *const files[2][2] = {{a, text_a}, {b, text_b}};
	char path[64];
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, files[i][0]);
		FILE *f = fopen(path, "w");
		ck_assert_ptr_nonnull(f);
		fputs(files[i][1], f);
		ck_assert_int_eq(fclose(f), 0);
	}
	struct result r = compile_text(script);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, files[i][0]);
		unlink(path);
	}
	return r;
}

static struct result header_error(void)
{
	return compile_with(
		"a.h", "struct s { none x; };\n", "b.h", "int n;\n", "import \"a.h\"; task main() {}\n");
}

static struct result header_list(void)
{
	return compile_with("a.h", "union u { int a; short b; };\n", "b.h", "int n;\n",
		"import \"a.h\"; struct u x = { 1 }; task main() {}\n");
}

static struct result ambiguous(void)
{
	return compile_with("a.rlt", "const N = 1;\n", "b.rlt", "const N = 1;\n",
		"import \"a.rlt\"; import \"b.rlt\"; u8 x[N]; task main() {}\n");
}

static const struct {
	const char *name;
	struct result (*compile)(void);
} others[] = {
	{"unreadable", unreadable}, {"empty_file", empty}, {"file_too_large", too_large},
	{"nul_byte", nul_byte}, {"not_utf8", not_utf8}, {"name_length", name_length}, {"nested", nested},
	{"too_many_fds", too_many_fds}, {"too_complex", too_complex}, {"nested_names", nested_names},
	{"too_many_members", too_many_members}, {"too_many_functions", too_many_functions},
	{"header_error", header_error}, {"header_list", header_list}, {"ambiguous", ambiguous},
	{"header_reader", NULL}, /* tests/cli/headers.t */
	{"cannot_write", NULL},  /* tests/cli/output.t */
};
#define OTHERS (sizeof others / sizeof others[0])

static size_t other(const char *name)
{
	size_t i = 0;
	while (i < OTHERS && strcmp(others[i].name, name))
		i++;
	return i;
}

START_TEST(every_code_has_an_example_or_an_input_here)
{
	char text[2048];
	for (size_t i = 0; i < ROWS; i++) {
		bool shown = example(rows[i].explain, "wrong", text, sizeof text);
		ck_assert_msg(
			shown == (other(rows[i].name) == OTHERS), "R%04u %s", rows[i].number, rows[i].name);
	}
}
END_TEST

START_TEST(what_is_not_shown_gives_its_code)
{
	const struct row *row = rows;
	while (strcmp(row->name, others[_i].name))
		ck_assert(++row < rows + ROWS);
	if (others[_i].compile)
		demand_code(row->number, row->name, others[_i].compile());
}
END_TEST

int main(void)
{
	char stdlib[4096];
	const char *root = getenv("SRCDIR");
	snprintf(stdlib, sizeof stdlib, "%s/stdlib", root ? root : ".");
	setenv("RINGLET_STDLIB", stdlib, 1);
	if (!mkdtemp(dir))
		return 1;
	Suite *s = suite_create("explain");
	TCase *t = tcase_create("explain");
	tcase_set_timeout(t, 120);
	tcase_add_test(t, every_code_has_an_example_or_an_input_here);
	tcase_add_loop_test(t, what_is_not_shown_gives_its_code, 0, OTHERS);
	tcase_add_test(t, functions_of_queues_are_counted);
	tcase_add_test(t, functions_of_arms_and_streams_are_counted);
	tcase_add_loop_test(t, what_is_shown_as_right_compiles_and_as_wrong_does_not, 0, ROWS);
	suite_add_tcase(s, t);
	SRunner *runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	rmdir(dir);
	return failed ? 1 : 0;
}
