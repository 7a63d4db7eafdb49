/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * objects.c: damaged objects for the linter: it refuses them or looks at them, and nothing else happens.
 *
 *   objects.t [-n ROUNDS] [-t SECONDS] [-s SEED] [-o FILE] [OBJECT]...
 *
 * As mutate.c has it for texts: FILE receives each object before it is tried; a round that takes 20 s is a
 * crash. Half of the changes are to instructions, which leave an object that can be read.
 */
#include <elf.h>
#include <getopt.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "lint/lint.h"
#include "lint/insn_text.h"
#include "lint/open.h"

#define CHANGES 6
#define SECONDS_MAX 20

static uint64_t state = 1;
static FILE *null;
static unsigned long tried, looked_at, found;

static uint32_t any(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return below ? (uint32_t)(state >> 33) % below : 0;
}

static void demand(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

/* ---- changes ---- */

/* Some section with code; 0: the file has none that can be found. */
static size_t code_of(const uint8_t *b, size_t n, size_t *size)
{
	Elf64_Ehdr eh;
	Elf64_Shdr sh;
	memcpy(&eh, b, sizeof eh);
	for (int tries = 0; tries < 50 && eh.e_shnum; tries++) {
		uint64_t at = eh.e_shoff + any(eh.e_shnum) * sizeof sh;
		if (at > n || n - at < sizeof sh)
			return 0;
		memcpy(&sh, b + at, sizeof sh);
		if (!(sh.sh_flags & SHF_EXECINSTR) || sh.sh_offset > n || sh.sh_size > n - sh.sh_offset ||
			sh.sh_size < 8)
			continue;
		*size = sh.sh_size;
		return sh.sh_offset;
	}
	return 0;
}

static void change_instruction(uint8_t *b, size_t n)
{
	static const uint8_t codes[] = {0x05, 0x06, 0x15, 0x18, 0x55, 0x61, 0x63, 0x7b, 0x85, 0x95, 0xb7,
		0xbf, 0xc3, 0xdb, 0xe5, 0x0f, 0x07, 0xd4, 0x3f, 0x72, 0x8d, 0x0d, 0x20};
	size_t size = 0, at = code_of(b, n, &size);
	if (!at)
		return;
	at += 8 * any((uint32_t)(size / 8));
	switch (any(5)) {
	case 0:
		b[at] = any(2) ? codes[any(sizeof codes)] : (uint8_t)any(256);
		break;
	case 1:
		b[at + 1] = (uint8_t)any(256);
		break;
	case 2:
		b[at + 2] = (uint8_t)any(256);
		b[at + 3] = any(2) ? 0xff : 0;
		break;
	case 3:
		for (int i = 4; i < 8; i++)
			b[at + i] = any(2) ? (uint8_t)any(256) : 0;
		break;
	default: /* one for another */
		memcpy(b + at, b + at - at % 8 + 8 * any(4) * (at + 40 < n), 8);
	}
}

static size_t change_bytes(uint8_t *b, size_t n)
{
	static const uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff};
	size_t at = any((uint32_t)n), some = 1 + any(8);
	for (size_t i = at; i < n && i < at + some; i++)
		b[i] = any(2) ? edges[any(sizeof edges)] : (uint8_t)any(256);
	return any(40) ? n : any((uint32_t)n);
}

/* ---- what is tried ---- */

static void look(struct lint *l, struct lint_object *o)
{
	lint_look(l, o, NULL);
	lint_sort(l);
	lint_print_text(l, null);
	lint_print_json(l, null);
	lint_print_sarif(l, null);
	for (size_t i = 0; i < o->programs.n; i++)
		for (uint32_t at = 0; at < o->programs.at[i]->n; at++)
			demand(insn_text(l->arena, o, o->programs.at[i], at), "an instruction has a text");
	looked_at++;
	found += l->findings.n > 0;
}

static void try(const uint8_t *bytes, size_t n)
{
	struct arena *a = arena_new();
	struct lint *l = lint_new(a);
	const char *why = NULL;

	l->object = "object";
	alarm(SECONDS_MAX);
	struct lint_object *o = lint_object_read(a, "object", bytes, n, &why);
	demand(!o != !why, "an object is read, or it is said why not");
	if (o)
		look(l, o);
	alarm(0);
	lint_object_close(o);
	btf__free(l->btf);
	arena_free(a);
	tried++;
}

static void save(const char *path, const uint8_t *bytes, size_t n)
{
	FILE *f = path ? fopen(path, "w") : NULL;
	if (f && (fwrite(bytes, 1, n, f) != n || fclose(f)))
		exit(1);
}

static void round_of(const struct bytes *seeds, size_t nseeds, const char *out)
{
	const struct bytes *seed = &seeds[any((uint32_t)nseeds)];
	uint8_t *copy = malloc(seed->n);
	size_t n = seed->n;
	if (!copy)
		exit(1);
	memcpy(copy, seed->at, n);
	for (uint32_t i = 1 + any(CHANGES); i && n > sizeof(Elf64_Ehdr); i--) {
		if (any(4))
			change_instruction(copy, n);
		else
			n = change_bytes(copy, n);
	}
	save(out, copy, n);
	try(copy, n);
	free(copy);
}

int main(int argc, char **argv)
{
	unsigned long rounds = 3000, seconds = 0;
	const char *out = NULL, *build = getenv("OBJDIR");
	struct arena *a = arena_new();
	VEC(struct bytes) seeds = {0};
	int c;

	while ((c = getopt(argc, argv, "n:t:s:o:")) != -1) {
		if (c == 'n')
			rounds = strtoul(optarg, NULL, 10);
		else if (c == 't')
			seconds = strtoul(optarg, NULL, 10);
		else if (c == 's')
			state = strtoull(optarg, NULL, 10);
		else if (c == 'o')
			out = optarg;
		else
			return 2;
	}
	glob_t all = {0};
	glob(arena_printf(a, "%s/tests/lint/*.bpf.o", build ? build : "build"), 0, NULL, &all);
	glob(arena_printf(a, "%s/examples/*.bpf.o", build ? build : "build"), GLOB_APPEND, NULL, &all);
	for (size_t i = 0; i < all.gl_pathc + (size_t)(argc - optind); i++) {
		const char *path =
			i < all.gl_pathc ? all.gl_pathv[i] : argv[optind + (int)(i - all.gl_pathc)];
		struct bytes b;
		if (!read_file(a, path, &b) && b.n > sizeof(Elf64_Ehdr) && b.n < 100000)
			VEC_PUSH(a, &seeds, b);
	}
	null = fopen("/dev/null", "w");
	if (!seeds.n || !null) {
		fprintf(stderr, "there are no objects to begin with\n");
		return 1;
	}
	for (size_t i = 0; i < seeds.n; i++)
		try(seeds.at[i].at, seeds.at[i].n);
	demand(looked_at == seeds.n, "what is not damaged can be looked at");
	time_t end = time(NULL) + (time_t)seconds;
	for (unsigned long i = 0; seconds ? time(NULL) < end : i < rounds; i++)
		round_of(seeds.at, seeds.n, out);
	printf("%lu objects: %lu looked at, %lu with findings\n", tried, looked_at, found);
	globfree(&all);
	arena_free(a);
	fclose(null);
	return looked_at <= seeds.n;
}
