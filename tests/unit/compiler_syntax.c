/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* compiler_syntax.c: sources, diagnostics and the parser, where a golden file cannot say it. */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ast.h"
#include "diag.h"

static struct arena *arena;
static struct sources sources;
static struct diags *diags;

static void begin(void)
{
	arena = arena_new();
	sources = (struct sources){.arena = arena};
	diags = diags_new(arena, &sources);
}

static void end(void)
{
	arena_free(arena);
}

/* All that is printed, freed with the arena. */
static const char *printed(bool json)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	diags_print(diags, f, json);
	fclose(f);
	const char *copy = arena_strndup(arena, text, n);
	free(text);
	return copy;
}

static struct unit *parsed(const char *text)
{
	uint32_t file;
	ck_assert_ptr_nonnull(source_memory(&sources, diags, "x.rlt", text, strlen(text), &file));
	return parse(arena, &sources, diags, file);
}

/* Where the word stands first. */
static struct loc place(const char *text, const char *word)
{
	const char *at = strstr(text, word);
	ck_assert_ptr_nonnull(at);
	return (struct loc){0, (uint32_t)(at - text), (uint32_t)(at - text + strlen(word))};
}

static void is_at(const char *text, struct loc loc, const char *word)
{
	ck_assert_int_eq(loc.end - loc.begin, strlen(word));
	ck_assert_mem_eq(text + loc.begin, word, strlen(word));
}

/* ---- sources ---- */

/* A file with these bytes, which open_bytes() opens and removes. */
static struct source *open_bytes(const void *bytes, size_t n)
{
	char path[] = "/tmp/ringc-test-XXXXXX";
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, n), (ssize_t)n);
	close(fd);
	uint32_t index;
	struct source *s = source_open(&sources, diags, path, "x.rlt", NULL, &index);
	unlink(path);
	return s;
}

START_TEST(a_text_is_read_as_it_is)
{
	struct source *s = open_bytes("a\r\nb\xc3\xa9\n\nc", 9);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->size, 9);
	ck_assert_str_eq(s->text, "a\r\nb\xc3\xa9\n\nc");
	ck_assert_uint_eq(s->nlines, 4);
	uint32_t line, col;
	source_position(&sources, 0, 6, &line, &col);
	ck_assert_uint_eq(line, 2);
	ck_assert_uint_eq(col, 3); /* after two characters of three bytes */
	source_position(&sources, 0, 9, &line, &col);
	ck_assert_uint_eq(line, 4);
	ck_assert_uint_eq(col, 2);
}
END_TEST

START_TEST(what_is_no_text_is_refused)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *said;
	} cases[] = {
		{"", 0, "error: `x.rlt` is empty [R0002]\n"},
		{"ab\ncd\0e", 7, "x.rlt:2:3: error: there is a NUL byte here: this is not a text [R0004]\n"},
		{"a\xe9 b", 4, "x.rlt:1:2: error: the byte 0xe9 is not UTF-8 here [R0005]\n"},
		{"\xc3", 1, "x.rlt:1:1: error: the byte 0xc3 is not UTF-8 here [R0005]\n"},
		{"\xc0\x80", 2, "x.rlt:1:1: error: the byte 0xc0 is not UTF-8 here [R0005]\n"}, /* overlong */
		{"\xed\xa0\x80", 3,
			"x.rlt:1:1: error: the byte 0xed is not UTF-8 here [R0005]\n"}, /* a surrogate */
		{"\xf4\x90\x80\x80", 4,
			"x.rlt:1:1: error: the byte 0xf4 is not UTF-8 here [R0005]\n"}, /* past U+10FFFF */
		{"\x80", 1, "x.rlt:1:1: error: the byte 0x80 is not UTF-8 here [R0005]\n"},
	};
	ck_assert_ptr_null(open_bytes(cases[_i].bytes, cases[_i].n));
	ck_assert_uint_eq(diags_errors(diags), 1);
	const char *text = printed(false);
	ck_assert_msg(!strncmp(text, cases[_i].said, strlen(cases[_i].said)), "%s", text);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_reported_at_its_import)
{
	parsed("import \"gone.rlt\";\n");
	struct loc at = {0, 7, 17};
	uint32_t index;
	ck_assert_ptr_null(source_open(&sources, diags, "/nonexistent/gone.rlt", "gone.rlt", &at, &index));
	ck_assert_ptr_null(source_open(&sources, diags, "/tmp", "tmp", NULL, &index));
	ck_assert_ptr_null(source_open(&sources, diags, "/dev/zero", "zero", NULL, &index));
	ck_assert_str_eq(printed(false),
		"x.rlt:1:8: error: `gone.rlt` cannot be read: No such file or directory [R0001]\n"
		"    1 | import \"gone.rlt\";\n"
		"      |        ^^^^^^^^^^\n"
		"error: `tmp` cannot be read: Is a directory [R0001]\n"
		"error: `zero` is larger than 16 MiB [R0003]\n"
		"3 errors\n");
}
END_TEST

START_TEST(one_file_is_one_source)
{
	char path[] = "/tmp/ringc-test-XXXXXX";
	int fd = mkstemp(path);
	ck_assert_int_eq(write(fd, "task main() {}\n", 15), 15);
	close(fd);
	uint32_t a, b;
	struct source *first = source_open(&sources, diags, path, "a.rlt", NULL, &a);
	const char *again = arena_printf(arena, "/tmp/../%s", path);
	ck_assert_ptr_eq(first, source_open(&sources, diags, again, "b.rlt", NULL, &b));
	ck_assert_uint_eq(a, b);
	unlink(path);
}
END_TEST

/* ---- diagnostics ---- */

START_TEST(diagnostics_are_printed_in_order_of_place)
{
	const char *text = "one two\nthree four\n";
	parsed("task main() {}\n");
	uint32_t file;
	source_memory(&sources, diags, "y.rlt", text, strlen(text), &file);
	struct loc four = place(text, "four"), two = place(text, "two"), one = {0, 0, 4};
	four.file = two.file = file;
	diag(diags, NULL, D_empty_file, "whole");
	struct diag *d = diag(diags, &four, D_stray, "4");
	diag_note(diags, d, &two, "see %s", "here");
	diag_note(diags, d, NULL, "and that");
	diag_hint(diags, d, "do %d", 3);
	diag(diags, &two, D_stray, "2");
	diag(diags, &one, D_stray, "1");
	ck_assert_str_eq(printed(false), "x.rlt:1:1: error: `1` has no meaning here [R0100]\n"
					 "    1 | task main() {}\n"
					 "      | ^^^^\n"
					 "y.rlt:1:5: error: `2` has no meaning here [R0100]\n"
					 "    1 | one two\n"
					 "      |     ^^^\n"
					 "y.rlt:2:7: error: `4` has no meaning here [R0100]\n"
					 "    2 | three four\n"
					 "      |       ^^^^\n"
					 "y.rlt:1:5: note: see here\n"
					 "    1 | one two\n"
					 "      |     ^^^\n"
					 "note: and that\n"
					 "HINT: do 3\n"
					 "error: `whole` is empty [R0002]\n"
					 "4 errors\n");
}
END_TEST

START_TEST(a_place_has_one_error)
{
	parsed("task main() {}\n");
	struct loc at = {0, 0, 4}, longer = {0, 0, 9};
	ck_assert_ptr_nonnull(diag(diags, &at, D_stray, "a"));
	struct diag *second = diag(diags, &longer, D_escape, "b");
	ck_assert_ptr_null(second);
	diag_note(diags, second, &at, "dropped");
	diag_hint(diags, second, "dropped");
	ck_assert_ptr_nonnull(diag(diags, NULL, D_empty_file, "a"));
	ck_assert_ptr_null(diag(diags, NULL, D_empty_file, "a"));
	ck_assert_ptr_nonnull(diag(diags, NULL, D_empty_file, "b"));
	ck_assert_uint_eq(diags_errors(diags), 3);
}
END_TEST

START_TEST(what_is_shown_cannot_control_the_terminal)
{
	parsed("// \x1b[31m \xc2\x9b \xe2\x80\xae\n");
	struct loc at = {0, 0, 2};
	diag(diags, &at, D_stray, "\x1b[0m\xff");
	ck_assert_str_eq(printed(false), "x.rlt:1:1: error: `?[0m?` has no meaning here [R0100]\n"
					 "    1 | // ?[31m ? ?\n"
					 "      | ^^\n");
}
END_TEST

START_TEST(a_long_message_is_cut)
{
	char *name = arena_alloc(arena, 5001);
	for (int i = 0; i < 5000; i += 2)
		memcpy(name + i, "\xc3\xa9", 2);
	diag(diags, NULL, D_empty_file, name);
	const char *text = printed(true); /* jansson refuses what is not UTF-8 */
	ck_assert_ptr_nonnull(strstr(text, "\xc3\xa9...\""));
	ck_assert_uint_lt(strlen(text), 1500);
}
END_TEST

START_TEST(json_has_the_same)
{
	parsed("x = 1;\nfn f(\n");
	json_error_t error;
	json_t *list = json_loads(printed(true), 0, &error);
	ck_assert_uint_eq(json_array_size(list), 2);
	json_t *one = json_array_get(list, 0);
	ck_assert_str_eq(json_string_value(json_object_get(one, "code")), "R0150");
	ck_assert_str_eq(json_string_value(json_object_get(one, "severity")), "error");
	ck_assert_str_eq(json_string_value(json_object_get(one, "file")), "x.rlt");
	ck_assert_int_eq(json_integer_value(json_object_get(one, "line")), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(one, "column")), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(one, "end_line")), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(one, "end_column")), 2);
	ck_assert_str_eq(
		json_string_value(json_object_get(one, "message")), "expected a declaration before `x`");
	ck_assert_uint_eq(json_array_size(json_object_get(one, "notes")), 0);
	ck_assert(json_is_null(json_object_get(one, "hint")));
	json_decref(list);
}
END_TEST

START_TEST(json_of_nothing_is_an_empty_list)
{
	ck_assert_str_eq(printed(true), "[]\n");
	ck_assert_str_eq(printed(false), "");
}
END_TEST

START_TEST(every_code_is_explained_and_used_once)
{
	static const struct {
		unsigned number;
		const char *format, *explain;
	} rows[] = {
#define X(number, name, severity, format, explain) {number, format, explain},
#include "diags.def"
#undef X
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (i)
			ck_assert_uint_gt(rows[i].number, rows[i - 1].number);
		size_t n = strlen(rows[i].explain), said = strlen(rows[i].format);
		ck_assert_msg(n && rows[i].explain[n - 1] == '\n', "R%04u", rows[i].number);
		ck_assert_msg(rows[i].format[said - 1] != '.' && rows[i].format[said - 1] != '\n', "R%04u",
			rows[i].number);
		char code[16], *text;
		snprintf(code, sizeof code, "R%04u", rows[i].number);
		FILE *f = open_memstream(&text, &n);
		ck_assert_int_eq(diag_explain(code, f), 0);
		fclose(f);
		ck_assert_ptr_nonnull(strstr(text, rows[i].explain));
		free(text);
	}
	static const char *const wrong[] = {"R9999", "", "R", "x", "R1x", "R-1", " 1"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_int_eq(diag_explain(wrong[i], stdout), -1);
}
END_TEST

/* ---- the tree ---- */

START_TEST(expressions_know_their_places)
{
	const char *text = "task main() {\n    x = a + (b * read(f, buf[1:n], 0)).len - -c;\n}\n";
	struct unit *u = parsed(text);
	ck_assert_uint_eq(diags_errors(diags), 0);
	struct stmt *s = u->decls.at[0]->body->body.at[0];
	is_at(text, s->loc, "x = a + (b * read(f, buf[1:n], 0)).len - -c;");
	struct expr *e = s->b; /* (a + (...).len) - -c */
	is_at(text, e->loc, "a + (b * read(f, buf[1:n], 0)).len - -c");
	is_at(text, e->b->loc, "-c");
	is_at(text, e->a->loc, "a + (b * read(f, buf[1:n], 0)).len");
	struct expr *field = e->a->b;
	is_at(text, field->loc, "(b * read(f, buf[1:n], 0)).len");
	is_at(text, field->name.loc, "len");
	struct expr *call = field->a->b;
	ck_assert(field->a->parenthesised);
	is_at(text, call->loc, "read(f, buf[1:n], 0)");
	is_at(text, call->name.loc, "read");
	is_at(text, call->args.at[1]->loc, "buf[1:n]");
}
END_TEST

START_TEST(statements_and_declarations_know_their_heads)
{
	const char *text = "fixed shared u8 block[QD][4] = {1};\n"
			   "isolated task conn[QD](fd c, u8 b[]) {\n"
			   "    if (c == d) return;\n"
			   "    for (u32 i in 0..n) { f(); }\n"
			   "    do f(); while (x);\n"
			   "    switch (x) { case 1: break; }\n"
			   "}\n"
			   "fn s32 g(u32 a) { return a; }\n"
			   "enum { A }\n"
			   "param u32 n = 5 : k \"help\";\n";
	struct unit *u = parsed(text);
	ck_assert_uint_eq(diags_errors(diags), 0);
	ck_assert_uint_eq(u->decls.n, 5);
	is_at(text, u->decls.at[0]->loc, "fixed shared u8 block[QD][4]");
	is_at(text, u->decls.at[0]->d.loc, "u8 block[QD][4]");
	is_at(text, u->decls.at[0]->d.name.loc, "block");
	struct decl *task = u->decls.at[1];
	is_at(text, task->loc, "isolated task conn[QD](fd c, u8 b[])");
	ck_assert(task->params.at[1].slice && !task->params.at[1].dims.n);
	struct stmt **body = task->body->body.at;
	is_at(text, task->body->end, "}");
	ck_assert_uint_gt(task->body->end.begin, body[3]->loc.end);
	is_at(text, body[0]->loc, "if (c == d)");
	is_at(text, body[0]->s1->loc, "return;");
	is_at(text, body[1]->loc, "for (u32 i in 0..n)");
	is_at(text, body[1]->decl.loc, "u32 i");
	is_at(text, body[2]->loc, "do");
	is_at(text, body[3]->loc, "switch (x)");
	is_at(text, body[3]->body.at[0]->loc, "case 1:");
	is_at(text, u->decls.at[2]->loc, "fn s32 g(u32 a)");
	is_at(text, u->decls.at[2]->d.loc, "s32 g");
	ck_assert_str_eq(u->decls.at[3]->name.text, "");
	is_at(text, u->decls.at[4]->loc, "param u32 n");
	is_at(text, u->decls.at[4]->kind_name.loc, "k");
}
END_TEST

START_TEST(modules_have_dotted_names)
{
	const char *text = "import std . net.tcp;\nimport \"dir/x\" \".rlt\";";
	struct unit *u = parsed(text);
	ck_assert_uint_eq(diags_errors(diags), 0);
	ck_assert_str_eq(u->decls.at[0]->name.text, "std.net.tcp");
	ck_assert(!u->decls.at[0]->import_is_path);
	ck_assert_str_eq(u->decls.at[1]->name.text, "dir/x.rlt");
	ck_assert(u->decls.at[1]->import_is_path);
	is_at(text, u->decls.at[0]->name.loc, "std . net.tcp");
}
END_TEST

START_TEST(a_byte_order_mark_may_come_first)
{
	ck_assert_uint_eq(parsed("\xef\xbb\xbftask main() {}")->decls.n, 1);
	ck_assert_uint_eq(diags_errors(diags), 0);
}
END_TEST

START_TEST(what_is_understood_around_an_error_is_kept)
{
	struct unit *u = parsed("u32 a;\nu32 b = ;\nu32 c;\nfn f( {}\ntask t() { x = ; y = 1; }\n");
	ck_assert_uint_eq(diags_errors(diags), 3);
	ck_assert_uint_eq(u->decls.n, 3);
	ck_assert_str_eq(u->decls.at[1]->name.text, "c");
	ck_assert_uint_eq(u->decls.at[2]->body->body.n, 2);
}
END_TEST

/* ---- depth ---- */

static char *repeat(const char *before, const char *left, const char *middle, const char *right, int times,
	const char *after)
{
	size_t l = strlen(left), r = strlen(right), cap = (l + r) * (size_t)times + 200;
	char *text = arena_alloc(arena, cap), *p = stpcpy(text, before);
	for (int i = 0; i < times; i++)
		p = stpcpy(p, left);
	p = stpcpy(p, middle);
	for (int i = 0; i < times; i++)
		p = stpcpy(p, right);
	stpcpy(p, after);
	return text;
}

static const struct {
	const char *before, *left, *middle, *right, *after;
	int most; /* levels that are accepted */
} nests[] = {
	{"const X = ", "(", "1", ")", ";", 200},
	{"const X = ", "f(", "1", ")", ";", 200},
	{"const X = ", "a[", "1", "]", ";", 200},
	{"u8 x[1] = ", "{", "1", "}", ";", 200},
	{"task main() { ", "{", "", "}", " }", 199},
	{"task main() { ", "if (a) {", "", "}", " }", 199},
	{"task main() { ", "switch (a) {", "", "}", " }", 199},
	{"const X = ", "!", "1", "", ";", 999},
	{"const X = ", "- ", "1", "", ";", 999},
	{"const X = ", "(u32)", "1", "", ";", 999},
	{"const X = ", "1 ? 1 : ", "1", "", ";", 999},
	{"const X = ", "1 ? ", "1", " : 1", ";", 999},
	{"const X = 1", " + 1", "", "", ";", 999},
	{"task main() { x = ", "try await ", "f()", "", "; }", 498},
	{"task main() { a", "[0]", "", "", "; }", 997},
	{"task main() { a", ".b", "", "", " = 1; }", 997},
	{"task main() { ", "if (a) ", ";", "", " }", 998},
	{"task main() { if (a) ;", " else if (a) f();", "", "", " }", 996},
	{"task main() { ", "defer ", ";", "", " }", 998},
	{"task main() { ", "for (u32 i in 0..1) ", ";", "", " }", 998},
	{"task main() { ", "do ", ";", " while (0);", " }", 998},
};

START_TEST(nesting_has_a_limit)
{
	const int most = nests[_i].most;
#define NEST(times)                                                                                          \
	repeat(nests[_i].before, nests[_i].left, nests[_i].middle, nests[_i].right, times, nests[_i].after)
	struct unit *u = parsed(NEST(most));
	ck_assert_msg(!diags_errors(diags), "%s", printed(false));
	ck_assert_uint_eq(u->decls.n, 1);
	FILE *null = fopen("/dev/null", "w");
	ast_dump(u, null);
	fclose(null);
	for (int times = most + 1; times <= 10000; times += 9999 - most) {
		end();
		begin();
		parsed(NEST(times));
		ck_assert_uint_eq(diags_errors(diags), 1);
		ck_assert_msg(strstr(printed(false), "[R0152]"), "%d: %s", times, printed(false));
	}
}
END_TEST

START_TEST(long_is_not_deep)
{
	parsed(repeat("task main() { f(", "1, ", "1", "", 50000, "); }"));
	parsed(repeat("", "u8 x;\n", "", "", 50000, ""));
	parsed(repeat("task main() { ", "f(); ", "", "", 50000, "}"));
	parsed(repeat("task main() { log(", "\"a\" ", "", "", 50000, "); }"));
	parsed(repeat("task main() { ", "{ if (a) f(); else g(); } ", "", "", 20000, "}"));
	ck_assert_uint_eq(diags_errors(diags), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("syntax");
	TCase *t = tcase_create("syntax");
	tcase_add_checked_fixture(t, begin, end);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_text_is_read_as_it_is);
	tcase_add_loop_test(t, what_is_no_text_is_refused, 0, 8);
	tcase_add_test(t, a_file_that_cannot_be_read_is_reported_at_its_import);
	tcase_add_test(t, one_file_is_one_source);
	tcase_add_test(t, diagnostics_are_printed_in_order_of_place);
	tcase_add_test(t, a_place_has_one_error);
	tcase_add_test(t, what_is_shown_cannot_control_the_terminal);
	tcase_add_test(t, a_long_message_is_cut);
	tcase_add_test(t, json_has_the_same);
	tcase_add_test(t, json_of_nothing_is_an_empty_list);
	tcase_add_test(t, every_code_is_explained_and_used_once);
	tcase_add_test(t, expressions_know_their_places);
	tcase_add_test(t, statements_and_declarations_know_their_heads);
	tcase_add_test(t, modules_have_dotted_names);
	tcase_add_test(t, a_byte_order_mark_may_come_first);
	tcase_add_test(t, what_is_understood_around_an_error_is_kept);
	tcase_add_loop_test(t, nesting_has_a_limit, 0, sizeof nests / sizeof nests[0]);
	tcase_add_test(t, long_is_not_deep);
	suite_add_tcase(s, t);
	SRunner *runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
