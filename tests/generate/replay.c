/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * replay.c: what generated programs did on one engine, held against what they do on another.
 *
 *   replay record SEED OBJECT    runs it on the user engine; writes it and what it did, as an entry of a pack
 *   replay check ENGINE <PACK    runs each program of a pack; prints what was refused and what was different
 *
 * An entry is a line "generated SEED SIZE SIZE", the object, and a text: the messages, sorted, because tasks
 * that wait for different requests may go on in any order; the failure; each shared variable; the file
 * written. Exit status 1: something was refused or different, or lost its process.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ringlet.h"

#define SECONDS 120 /* for one program: emulated processors are slow */

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", strerror(errno));
	exit(2);
}

/* ---- the files that programs read and write ---- */

static int in_fd, out_fd;

static int scratch_file(void)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/generatedXXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	int fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		die("%s", path);
	unlink(path);
	return fd;
}

static void make_files(void)
{
	unsigned char bytes[4096];
	in_fd = scratch_file();
	out_fd = scratch_file();
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 7 + (i >> 8) * 13 + 1);
	if (pwrite(in_fd, bytes, sizeof bytes, 0) != sizeof bytes)
		die("in");
}

/* ---- what a program did ---- */

struct messages {
	char *at[256];
	int n;
};

static void on_log(void *arg, const struct ringlet_log *m)
{
	struct messages *all = arg;
	char *s = malloc(m->length + 64);
	if (!s || all->n == 256)
		return;
	/* Bytes that are no text are shown as such. */
	int n = sprintf(s, "%s[%u]: ", m->task, m->self);
	for (size_t i = 0; i < m->length; i++)
		s[n++] = m->text[i] >= ' ' && m->text[i] < 127 ? m->text[i]
							       : (char)('!' + (unsigned char)m->text[i] % 90);
	s[n] = 0;
	all->at[all->n++] = s;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_bytes(FILE *to, const char *what, const unsigned char *p, size_t n)
{
	uint64_t hash = 14695981039346656037u;
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ p[i]) * 1099511628211u;
	fprintf(to, "%s: %zu bytes, %016llx:", what, n, (unsigned long long)hash);
	for (size_t i = 0; i < n && i < 64; i++)
		fprintf(to, " %02x", p[i]);
	fputc('\n', to);
}

static void print_file(FILE *to)
{
	static unsigned char bytes[2u << 20];
	ssize_t n = pread(out_fd, bytes, sizeof bytes, 0);
	if (n < 0)
		die("out");
	print_bytes(to, "out", bytes, (size_t)n);
}

static void print_shared(struct ringlet *r, FILE *to)
{
	struct ringlet_param p;
	size_t size;
	for (unsigned i = 0; ringlet_param(r, i, &p) == 0; i++) {
		const void *at = p.shared ? ringlet_shared(r, p.name, &size) : NULL;
		if (at)
			print_bytes(to, p.name, at, size);
	}
}

/* 0, or 3 where it was refused: the text says why. */
static int run(const void *object, size_t size, enum ringlet_engine_kind engine, FILE *to)
{
	struct messages messages = {.n = 0};
	struct ringlet_opts opts = {
		.size = sizeof opts, .engine = engine, .log = on_log, .log_arg = &messages};
	struct ringlet *r = ringlet_open_mem(object, size, &opts);
	if (!r) {
		fprintf(to, "%s\n", ringlet_error(NULL));
		return 3;
	}
	if (ringlet_set_fd(r, "in", in_fd) || ringlet_set_fd(r, "out", out_fd) || ringlet_load(r)) {
		const char *log = ringlet_load_log(r);
		size_t n = strlen(log);
		fprintf(to, "%s\n%s\n", ringlet_error(r), n > 12000 ? log + n - 12000 : log);
		return 3;
	}
	int err;
	while ((err = ringlet_run(r)) == 1) /* it yielded */
		;
	struct ringlet_stats st = {.size = sizeof st};
	ringlet_stats(r, &st);
	qsort(messages.at, (size_t)messages.n, sizeof *messages.at, compare);
	for (int i = 0; i < messages.n; i++)
		fprintf(to, "%s\n", messages.at[i]);
	fprintf(to, "ended with %d, %llu messages lost, %s\n", err, (unsigned long long)st.log_lost,
		ringlet_failure(r) ? ringlet_failure(r)->text : "no failure");
	print_shared(r, to);
	print_file(to);
	ringlet_close(r);
	return 0;
}

/* In a process of its own, which may crash or hang. Gives its exit status; -1: it had none. */
static int run_apart(const void *object, size_t size, enum ringlet_engine_kind engine, char **did)
{
	FILE *to = tmpfile();
	int status;
	if (!to || ftruncate(out_fd, 0))
		die("scratch files");
	pid_t pid = fork();
	if (pid == 0) {
		alarm(SECONDS);
		status = run(object, size, engine, to);
		_exit(fflush(to) ? 2 : status);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		die("fork");
	fseek(to, 0, SEEK_END);
	size_t n = (size_t)ftell(to);
	rewind(to);
	*did = calloc(1, n + 64);
	if (!*did || fread(*did, 1, n, to) != n)
		die("scratch files");
	fclose(to);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	sprintf(*did + n, "ended by signal %d\n", WTERMSIG(status));
	return -1;
}

/* ---- packs ---- */

static void *load(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	if (!f || fseek(f, 0, SEEK_END))
		die("%s", path);
	*size = (size_t)ftell(f);
	rewind(f);
	void *p = malloc(*size + 1);
	if (!p || fread(p, 1, *size, f) != *size)
		die("%s", path);
	fclose(f);
	return p;
}

static int record(const char *seed, const char *path)
{
	size_t size;
	char *did;
	void *object = load(path, &size);
	int status = run_apart(object, size, RINGLET_USER, &did) != 0;
	if (status != 0) {
		fprintf(stderr, "seed %s on the user engine: %s\n", seed, did);
	} else {
		printf("generated %s %zu %zu\n", seed, size, strlen(did));
		fwrite(object, 1, size, stdout);
		fputs(did, stdout);
		status = fflush(stdout) || ferror(stdout) ? 2 : 0;
	}
	free(object);
	free(did);
	return status;
}

/* The lines in which the two texts differ. */
static void print_difference(char *was, char *is)
{
	char *was_at, *is_at;
	for (char *a = strtok_r(was, "\n", &was_at), *b = strtok_r(is, "\n", &is_at); a || b;
		a = strtok_r(NULL, "\n", &was_at), b = strtok_r(NULL, "\n", &is_at))
		if (!a || !b || strcmp(a, b) != 0)
			printf("    user engine: %.300s\n    this one:    %.300s\n", a ? a : "nothing",
				b ? b : "nothing");
}

static int check(enum ringlet_engine_kind engine)
{
	unsigned long long seed;
	size_t size, length;
	unsigned loaded = 0, refused = 0, different = 0;
	char head[128], *did;
	while (fgets(head, sizeof head, stdin)) {
		if (sscanf(head, "generated %llu %zu %zu", &seed, &size, &length) != 3) {
			printf("no pack\n");
			return 2;
		}
		void *object = malloc(size + 1);
		char *expected = calloc(1, length + 1);
		if (!object || !expected || fread(object, 1, size, stdin) != size ||
			fread(expected, 1, length, stdin) != length)
			die("the pack");
		int status = run_apart(object, size, engine, &did);
		if (status == 3) {
			refused++;
			printf("FAIL seed %llu refused: %s\n", seed, did);
		} else if (status != 0 || strcmp(did, expected) != 0) {
			different++;
			printf("FAIL seed %llu different:\n", seed);
			print_difference(expected, did);
		} else {
			loaded++;
		}
		fflush(stdout);
		free(object);
		free(expected);
		free(did);
	}
	printf("%u programs alike, %u refused, %u different\n", loaded, refused, different);
	return refused || different || !loaded;
}

int main(int argc, char **argv)
{
	make_files();
	if (argc == 4 && strcmp(argv[1], "record") == 0)
		return record(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "check") == 0)
		return check(strcmp(argv[2], "kernel") == 0 ? RINGLET_KERNEL : RINGLET_USER);
	fprintf(stderr, "usage: replay record SEED OBJECT | replay check kernel|user <PACK\n");
	return 2;
}
