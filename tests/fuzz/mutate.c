/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * mutate.c: texts for the fuzzers, made of scripts by changing them.
 *
 *   parse.t, compile.t [-n ROUNDS] [-t SECONDS] [-s SEED] [-o FILE] [FILE | DIR]...
 *
 * Ends after as many rounds, or as many seconds. FILE receives each text before it is tried, so that a crash
 * leaves its cause there; a text that takes 20 s is one too. One seed gives the same texts anywhere.
 */
#include "fuzz.h"
#include <ctype.h>
#include <dirent.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MAX (64 * 1024)

/* ---- pieces ---- */

static const char *const words[] = {"import ", "param ", "const ", "shared ", "fixed ", "struct ", "enum ",
	"fn ", "task ", "isolated ", "void ", "bool ", "fd ", "u8 ", "u64 ", "if ", "else ", "while ", "do ",
	"for ", "switch ", "case ", "default ", "break ", "continue;", "return ", "defer ", "await ", "all ",
	"try ", "spawn ", "sizeof", "self ", "in ", "ring ", "test ", "cq ", "(", ")", "[", "]", "{", "}",
	";", ":", ",", "?", "..", ".", "->", "=", "==", "<<=", "++", "-", "!", "&", "*", "\"", "'", "\\",
	"/*", "*/", "//", "\n", "\ntask x() {", "\n}\n", "0x", "1K", "5ms", "08", "\"a\"", "'a'", "\xc3\xa9",
	"\xff", "#", "@", "name ", "signal(", "wake(", "log(\"%d\", ", "fail(-1);", "trap(\"x\");",
	"atomic_add(", ".len", "[0:1]", "(u32)", "(fd)", "{1, 2}", "nop()"};

/* Words that may stand for each other and leave a script a script. */
static const char *const alike[][12] = {
	{"u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "bool", "fd", NULL},
	{"+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^", NULL},
	{"==", "!=", "<", "<=", ">", ">=", "&&", "||", NULL},
	{"=", "+=", "-=", "*=", "/=", "<<=", ">>=", "&=", "^=", NULL},
	{"0", "1", "2", "7", "8", "31", "32", "255", "256", "4K", "2147483647", NULL},
	{"4294967295", "4294967296", "9223372036854775807", "18446744073709551615", "1G", "512M", "65536",
		"100", NULL},
	{"!", "~", "-", "(u8)", "(s64)", "(bool)", "try ", "await ", "spawn ", NULL},
	{"if", "while", "switch", NULL},
	{"break", "continue", "return", "defer", NULL},
	{"shared", "fixed shared", "param", "const", NULL},
	{"relaxed", "acquire", "release", "seq_cst", NULL},
	{"read", "write", "nop", "openat", "timeout", "close", "fsync", "statx", "readv", NULL},
};
#define ALIKE (sizeof alike / sizeof alike[0])

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

/* ---- changes of bytes ---- */

static void mutate_bytes(struct text *t)
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

/* ---- changes of words and lines ---- */

static bool is_word(const struct text *t, size_t at, const char *word)
{
	size_t n = strlen(word);
	if (n > t->n - at || memcmp(t->at + at, word, n))
		return false;
	bool letters = isalnum((unsigned char)*word);
	return !letters || ((!at || !isalnum(t->at[at - 1])) && (at + n == t->n || !isalnum(t->at[at + n])));
}

/* The word at a place, or the nearest after it, for one like it. */
static void exchange_word(struct text *t)
{
	for (size_t at = any((uint32_t)t->n + 1), tries = 0; at < t->n && tries < 200; at++, tries++) {
		size_t first = any(ALIKE);
		for (size_t k = 0; k < ALIKE; k++) {
			const char *const *set = alike[(first + k) % ALIKE];
			uint32_t n = 0;
			const char *here = NULL;
			for (; set[n]; n++)
				if (is_word(t, at, set[n]) && (!here || strlen(here) < strlen(set[n])))
					here = set[n];
			if (!here)
				continue;
			const char *other = set[any(n)];
			replace(t, at, strlen(here), other, strlen(other));
			return;
		}
	}
}

static size_t name_at(const struct text *t, size_t from, size_t *at)
{
	for (*at = from; *at < t->n && !isalpha(t->at[*at]); ++*at)
		;
	size_t n = 0;
	while (*at + n < t->n && n < 60 && (isalnum(t->at[*at + n]) || t->at[*at + n] == '_'))
		n++;
	return n;
}

/* A name for another of the same text. */
static void exchange_name(struct text *t)
{
	uint8_t name[64];
	size_t at, n = name_at(t, any((uint32_t)t->n + 1), &at);
	memcpy(name, t->at + at, n);
	size_t to, gone = name_at(t, any((uint32_t)t->n + 1), &to);
	replace(t, to, gone, name, n);
}

static size_t line_at(const struct text *t, size_t at, size_t *begin)
{
	while (at && t->at[at - 1] != '\n')
		at--;
	*begin = at;
	size_t n = 0;
	while (at + n < t->n && t->at[at + n] != '\n')
		n++;
	return n + (at + n < t->n);
}

/* A line twice, gone, or elsewhere; or one of another text. */
static void move_line(struct text *t)
{
	static uint8_t line[TEXT_MAX];
	const struct text *from = any(6) ? t : &seeds[any((uint32_t)nseeds)];
	size_t begin, to, n = line_at(from, any((uint32_t)from->n + 1), &begin);
	memcpy(line, from->at + begin, n);
	uint32_t how = any(3);
	if (from == t && how)
		replace(t, begin, n, NULL, 0);
	if (how < 2) {
		line_at(t, any((uint32_t)t->n + 1), &to);
		replace(t, to, 0, line, n);
	}
}

static void mutate(struct text *t)
{
	if (!any(3)) {
		for (uint32_t n = 1 + any(12); n; n--)
			mutate_bytes(t);
		return;
	}
	for (uint32_t n = 1 + any(4); n; n--) {
		uint32_t how = any(5);
		if (how < 2)
			exchange_word(t);
		else if (how < 4)
			exchange_name(t);
		else
			move_line(t);
	}
}

/* ---- the scripts to begin with ---- */

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

static void keep(const char *path, const struct text *t)
{
	FILE *f = path ? fopen(path, "wb") : NULL;
	if (f) {
		fwrite(t->at, 1, t->n, f);
		fclose(f);
	}
}

/* SIGPROF ends the run: a machine that is busy with something else is no text that takes long. */
static void limit_time(time_t seconds)
{
	const struct itimerval t = {.it_value.tv_sec = seconds};
	setitimer(ITIMER_PROF, &t, NULL);
}

int main(int argc, char **argv)
{
	unsigned long rounds = fuzz_rounds, seed = 1, tried = 0;
	const char *out = NULL;
	time_t end = 0;
	for (int c; (c = getopt(argc, argv, "n:t:s:o:")) != -1;) {
		if (c == 'n') {
			rounds = strtoul(optarg, NULL, 10);
		} else if (c == 't') {
			end = time(NULL) + (time_t)strtoul(optarg, NULL, 10);
			rounds = -1ul;
		} else if (c == 's') {
			seed = strtoul(optarg, NULL, 10);
		} else if (c == 'o') {
			out = optarg;
		} else {
			return 2;
		}
	}
	for (const char *const *p = fuzz_seeds; optind == argc && *p; p++)
		add_seed(*p);
	for (int i = optind; i < argc; i++)
		add_seed(argv[i]);
	if (!nseeds) {
		fprintf(stderr, "no scripts to begin with\n");
		return 1;
	}
	struct text *t = malloc(sizeof *t);
	for (; t && tried < rounds && (!end || time(NULL) < end); tried++) {
		state = seed * 1000003 + tried;
		any(1);
		memcpy(t, &seeds[any((uint32_t)nseeds)], sizeof *t);
		mutate(t);
		keep(out, t);
		limit_time(20);
		LLVMFuzzerTestOneInput(t->at, t->n);
	}
	limit_time(0);
	printf("%lu texts from %zu scripts, seed %lu\n", tried, nseeds, seed);
	fuzz_report();
	free(t);
	free(seeds);
	return 0;
}
