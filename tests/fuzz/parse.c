/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * parse.c: the front end on any bytes: no crash, no leak, no endless loop, and what it promises holds.
 *
 *   parse.t [-n ROUNDS] [-s SEED] [-o FILE] [FILE | DIR]...
 *
 * Mutates the scripts given (those of tests/syntax and examples, if none) and parses the result. FILE
 * receives each text before it is parsed, so that a crash leaves its cause there. Built with -DLIBFUZZER it
 * is an entry for that.
 */
#include <dirent.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ast.h"
#include "diag.h"

#define TEXT_MAX (64 * 1024)

static FILE *null;

/* ---- what holds of every tree ---- */

static void demand(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static void check_loc(const struct source *s, const struct loc *l)
{
	demand(l->begin <= l->end && l->end <= s->size, "a place lies within its file");
}

static void check_expr(const struct source *s, const struct expr *e, unsigned height)
{
	if (!e)
		return;
	demand(e->height <= PARSE_HEIGHT_MAX && e->height < height, "a node is higher than those below it");
	check_loc(s, &e->loc);
	demand(e->kind != E_CALL || e->name.text, "a call has a name");
	demand(e->kind != E_STRING || e->str, "a string has its bytes");
	check_expr(s, e->a, e->height);
	check_expr(s, e->b, e->height);
	check_expr(s, e->c, e->height);
	for (size_t i = 0; i < e->args.n; i++)
		check_expr(s, e->args.at[i], e->height);
}

static void check_declarator(const struct source *s, const struct declarator *d)
{
	check_loc(s, &d->loc);
	demand(d->name.text, "a declared thing has a name");
	demand(!d->slice || !d->dims.n, "a slice has no sizes");
	for (size_t i = 0; i < d->dims.n; i++)
		check_expr(s, d->dims.at[i], PARSE_HEIGHT_MAX + 1);
}

static void check_stmt(const struct source *s, const struct stmt *t, unsigned height)
{
	if (!t)
		return;
	demand(t->height <= PARSE_HEIGHT_MAX && t->height < height, "a statement is higher than those in it");
	check_loc(s, &t->loc);
	if (t->kind == S_DECL || t->kind == S_FOR_IN)
		check_declarator(s, &t->decl);
	check_expr(s, t->a, t->height);
	check_expr(s, t->b, t->height);
	check_stmt(s, t->s1, t->height);
	check_stmt(s, t->s2, t->height);
	check_stmt(s, t->init, t->height);
	check_stmt(s, t->step, t->height);
	for (size_t i = 0; i < t->body.n; i++)
		check_stmt(s, t->body.at[i], t->height);
}

static void check_unit(const struct source *s, const struct unit *u)
{
	for (size_t i = 0; i < u->decls.n; i++) {
		const struct decl *d = u->decls.at[i];
		check_loc(s, &d->loc);
		demand(d->name.text, "a declaration has a name");
		demand(d->kind < DECL_FN || d->body, "a function or task has a body");
		demand(d->kind != DECL_CONST || d->init, "a constant has a value");
		check_expr(s, d->init, PARSE_HEIGHT_MAX + 1);
		check_stmt(s, d->body, PARSE_HEIGHT_MAX + 1);
		for (size_t j = 0; j < d->params.n; j++)
			check_declarator(s, &d->params.at[j]);
		for (size_t j = 0; j < d->members.n; j++)
			check_expr(s, d->members.at[j].value, PARSE_HEIGHT_MAX + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!null)
		null = fopen("/dev/null", "w");
	struct arena *a = arena_new();
	struct sources sources = {.arena = a};
	struct diags *diags = diags_new(a, &sources);
	uint32_t file;
	struct source *s = source_memory(&sources, diags, "fuzz.rlt", (const char *)data, size, &file);
	if (s) {
		struct unit *u = parse(a, &sources, diags, file);
		check_unit(s, u);
		ast_dump(u, null);
	} else {
		demand(diags_errors(diags), "a text that is refused is reported");
	}
	diags_print(diags, null, false);
	diags_print(diags, null, true);
	arena_free(a);
	return 0;
}

#ifndef LIBFUZZER

/* ---- mutation ---- */

static const char *const words[] = {"import ", "param ", "const ", "shared ", "fixed ", "struct ", "enum ",
	"fn ", "task ", "isolated ", "void ", "fd ", "u8 ", "u64 ", "if ", "else ", "while ", "do ", "for ",
	"switch ", "case ", "default ", "break ", "return ", "defer ", "await ", "all ", "try ", "spawn ",
	"sizeof", "self ", "in ", "ring ", "test ", "cq ", "(", ")", "[", "]", "{", "}", ";", ":", ",", "?",
	"..", ".", "->", "=", "==", "<<=", "++", "-", "!", "&", "*", "\"", "'", "\\", "/*", "*/", "//", "\n",
	"\ntask x() {", "\n}\n", "0x", "1K", "5ms", "08", "\"a\"", "'a'", "\xc3\xa9", "\xff", "#", "@",
	"name "};

struct text {
	uint8_t at[TEXT_MAX];
	size_t n;
};

static struct text *seeds;
static size_t nseeds;
static uint64_t state;

static uint32_t any(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return below ? (uint32_t)(state >> 33) % below : 0;
}

/* Puts n bytes in place of `gone` ones. */
static void replace(struct text *t, size_t at, size_t gone, const void *s, size_t n)
{
	if (t->n - gone + n > TEXT_MAX)
		return;
	memmove(t->at + at + n, t->at + at + gone, t->n - at - gone);
	if (n)
		memmove(t->at + at, s, n);
	t->n = t->n - gone + n;
}

static void mutate(struct text *t)
{
	uint8_t piece[256];
	size_t at = any((uint32_t)t->n + 1), rest = t->n - at,
	       some = any((uint32_t)(rest < 64 ? rest : 64) + 1);
	const char *word = words[any(sizeof words / sizeof words[0])];
	const struct text *other = &seeds[any((uint32_t)nseeds)];
	switch (any(8)) {
	case 0:
		if (rest)
			t->at[at] = (uint8_t)any(256);
		break;
	case 1:
		replace(t, at, some, NULL, 0);
		break;
	case 2:
	case 3:
		replace(t, at, 0, word, strlen(word));
		break;
	case 4:
		replace(t, at, some, word, strlen(word));
		break;
	case 5: /* a word many times: nesting */
		for (uint32_t n = any(any(8) ? 10 : 3000); n; n--)
			replace(t, at, 0, word, strlen(word));
		break;
	case 6: /* a piece of this text elsewhere */
		memcpy(piece, t->at + at, some);
		replace(t, any((uint32_t)t->n + 1), 0, piece, some);
		break;
	case 7: { /* a piece of another */
		size_t from = any((uint32_t)other->n + 1),
		       n = any((uint32_t)(other->n - from < 200 ? other->n - from : 200) + 1);
		replace(t, at, 0, other->at + from, n);
		break;
	}
	}
}

static void add_seed(const char *path)
{
	struct stat st;
	if (stat(path, &st))
		return;
	if (S_ISDIR(st.st_mode)) {
		struct dirent **list;
		int n = scandir(
			path, &list, NULL, alphasort); /* in order: a seed gives the same texts anywhere */
		for (int i = 0; i < n; i++) {
			char *name = NULL;
			size_t len = strlen(list[i]->d_name);
			if (len > 4 && !strcmp(list[i]->d_name + len - 4, ".rlt") &&
				asprintf(&name, "%s/%s", path, list[i]->d_name) > 0)
				add_seed(name);
			free(name);
			free(list[i]);
		}
		if (n >= 0)
			free(list);
		return;
	}
	FILE *f = fopen(path, "rb");
	struct text *more = f ? realloc(seeds, (nseeds + 1) * sizeof *seeds) : NULL;
	if (more) {
		seeds = more;
		seeds[nseeds].n = fread(seeds[nseeds].at, 1, TEXT_MAX, f);
		nseeds++;
	}
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	unsigned long rounds = 1500, seed = 1;
	const char *out = NULL;
	for (int c; (c = getopt(argc, argv, "n:s:o:")) != -1;) {
		if (c == 'n')
			rounds = strtoul(optarg, NULL, 10);
		else if (c == 's')
			seed = strtoul(optarg, NULL, 10);
		else if (c == 'o')
			out = optarg;
		else
			return 2;
	}
	if (optind == argc) {
		add_seed("tests/syntax");
		add_seed("examples");
	}
	for (int i = optind; i < argc; i++)
		add_seed(argv[i]);
	if (!nseeds) {
		fprintf(stderr, "no scripts to begin with\n");
		return 1;
	}
	struct text *t = malloc(sizeof *t);
	for (unsigned long i = 0; t && i < rounds; i++) {
		state = seed * 1000003 + i;
		any(1);
		memcpy(t, &seeds[any((uint32_t)nseeds)], sizeof *t);
		for (uint32_t n = 1 + any(12); n; n--)
			mutate(t);
		if (out) {
			FILE *f = fopen(out, "wb");
			if (f) {
				fwrite(t->at, 1, t->n, f);
				fclose(f);
			}
		}
		alarm(20); /* a text that takes longer is a bug too: SIGALRM ends the run */
		LLVMFuzzerTestOneInput(t->at, t->n);
	}
	alarm(0);
	printf("%lu texts from %zu scripts, seed %lu\n", rounds, nseeds, seed);
	free(t);
	free(seeds);
	if (null)
		fclose(null);
	return 0;
}

#endif
