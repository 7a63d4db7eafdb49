/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * header.c: C headers of any content, imported by a script that asks for what they seem to have: what the
 * reader answers becomes constants and types that are whole, or errors.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "fuzz.h"
#include "check.h"

const unsigned long fuzz_rounds = 60; /* each starts the reader */
const char *const fuzz_seeds[] = {"tests/lang/headers/proto.h", "tests/lang/headers/more.h",
	"tests/check/headers/one.h", "tests/check/headers/two.h", "tests/check/a_key_has_no_padding.h", NULL};
static FILE *null;
static char dir[] = "/tmp/ringlet-fuzz.XXXXXX", header[64], script[64];
static unsigned long taken, structs;

static void demand(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

/* ---- the script ---- */

static size_t word(const uint8_t *at, size_t n)
{
	size_t k = 0;
	while (k < n && k < 200 && (isalnum(at[k]) || at[k] == '_'))
		k++;
	return k;
}

/* A declaration that uses the name after such a word: a type, or, of a macro, a constant. */
static const char *use_after(const uint8_t *at, size_t n)
{
	static const char *const uses[][2] = {{"struct", "struct %.*s v%u;\n"}, {"enum", "enum %.*s v%u;\n"},
		{"define", "const u64 v%3$u = %2$.*1$s;\n"}, {"}", "struct %.*s v%u;\n"}};
	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
		if (strlen(uses[i][0]) == n && !memcmp(uses[i][0], at, n))
			return uses[i][1];
	return NULL;
}

/* All words of the header are asked for, by a comment. A few are used, which ones by its size: one that is
 * nothing for scripts is an error, and all of them would be too many. */
static void ask(FILE *f, const uint8_t *data, size_t size)
{
	const char *use = NULL;
	unsigned n = 0, seen = (unsigned)size;
	fputs("import \"fuzz.h\";\n", f);
	for (size_t i = 0, k; i < size; i += k ? k : 1) {
		bool brace = data[i] == '}';
		k = brace ? 1 : word(data + i, size - i);
		if (!k)
			continue;
		if (!brace)
			fprintf(f, "// %.*s\n", (int)k, (const char *)data + i);
		if (use && !brace && ++seen % 7 == 0)
			fprintf(f, use, (int)k, (const char *)data + i, n++);
		use = use_after(data + i, k);
	}
	fputs("task main() {}\n", f);
}

/* ---- one header ---- */

static void write_files(const uint8_t *data, size_t size)
{
	FILE *h = fopen(header, "wb"), *s = fopen(script, "wb");
	if (!h || !s || fwrite(data, 1, size, h) != size)
		exit(1);
	ask(s, data, size);
	if (fclose(h) || fclose(s))
		exit(1);
}

static void begin(void)
{
	null = fopen("/dev/null", "w");
	if (!null || !mkdtemp(dir))
		exit(1);
	snprintf(header, sizeof header, "%s/fuzz.h", dir);
	snprintf(script, sizeof script, "%s/fuzz.rlt", dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!null)
		begin();
	write_files(data, size);
	struct arena *a = arena_new();
	struct sources sources = {.arena = a};
	struct diags *diags = diags_new(a, &sources);
	VEC_PUSH(a, &sources.c_args, "-I");
	VEC_PUSH(a, &sources.c_args, "tests/lang/headers"); /* what a header there includes */
	struct program *p = import_all(a, &sources, diags, script);
	if (!diags_errors(diags)) {
		check(p);
		taken += !diags_errors(diags);
	}
	for (size_t i = 0; !diags_errors(diags) && i < p->vars.n; i++) {
		const struct type *t = p->vars.at[i]->type;
		demand(t->size, "a variable of a header's type has a size");
		for (size_t k = 0; t->kind == T_STRUCT && k < t->fields.n; k++)
			demand(t->fields.at[k].offset + t->fields.at[k].type->size <= t->size,
				"a field lies within its struct");
		structs += t->kind == T_STRUCT;
	}
	diags_print(diags, null, false);
	diags_print(diags, null, true);
	arena_free(a);
	return 0;
}

void fuzz_report(void)
{
	printf("%lu were taken, with %lu structs\n", taken, structs);
	if (!null)
		return;
	demand(taken, "some header is taken: the reader is there");
	unlink(header);
	unlink(script);
	rmdir(dir);
	fclose(null);
}
