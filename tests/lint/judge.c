/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * judge.c: whether the kernel here agrees with the linter: judge FINDINGS.json. Each program that was looked
 * at is loaded by itself, and what it gives an error of has to be refused, what it gives none of accepted.
 * Exit status 0: they agree; 1: not about the programs that are printed; 77: this process may not load any.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char verifier[1 << 20], last[512];

static int keep_last(enum libbpf_print_level level, const char *format, va_list ap)
{
	if (level == LIBBPF_WARN)
		vsnprintf(last, sizeof last, format, ap);
	return 0;
}

/* 0, or why not: -errno. What replaces a function is not loaded without the program that has it. */
static int load(const char *path, const char *name)
{
	struct bpf_object *o = bpf_object__open(path);
	struct bpf_program *p;
	int ret;

	if (!o)
		return -errno;
	*verifier = *last = 0;
	bool alone = true;
	bpf_object__for_each_program(p, o)
	{
		bool wanted = !strcmp(bpf_program__name(p), name);
		bpf_program__set_autoload(p, wanted);
		bpf_program__set_log_buf(p, verifier, sizeof verifier);
		alone &= !wanted || bpf_program__type(p) != BPF_PROG_TYPE_EXT;
	}
	ret = alone ? bpf_object__load(o) : -EPERM;
	bpf_object__close(o);
	return ret;
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

/* Of the program, or of the object as a whole. */
static bool is_wrong(const json_t *findings, const json_t *program)
{
	const json_t *f;
	size_t i;
	json_array_foreach(findings, i, f)
	{
		bool whole = json_is_null(json_object_get(f, "program"));
		if (!strcmp(text(f, "level"), "error") &&
			!strcmp(text(f, "object"), text(program, "object")) &&
			(whole || !strcmp(text(f, "program"), text(program, "program"))))
			return true;
	}
	return false;
}

/* The last line of the verifier's log that is no count. */
static const char *reason(void)
{
	char *line = verifier, *found = last, *next;
	for (; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (strncmp(line, "processed ", 10) && strncmp(line, "verification time", 17) &&
			strncmp(line, "stack depth", 11) && *line)
			found = line;
	}
	return found;
}

int main(int argc, char **argv)
{
	json_error_t error;
	json_t *all = argc == 2 ? json_load_file(argv[1], 0, &error) : NULL;
	const json_t *findings = json_object_get(all, "findings"), *p;
	unsigned agree = 0, differ = 0, refused = 0;
	size_t i;

	if (!all) {
		fprintf(stderr, "usage: judge FINDINGS.json: %s\n", argc == 2 ? error.text : "no file");
		return 2;
	}
	libbpf_set_print(keep_last);
	json_array_foreach(json_object_get(all, "programs"), i, p)
	{
		bool wrong = is_wrong(findings, p);
		int ret = load(text(p, "object"), text(p, "program"));
		if (ret == -EPERM && !*verifier) {
			refused++; /* before its verifier has looked at it */
			continue;
		}
		if (wrong == (ret < 0)) {
			agree++;
			continue;
		}
		differ++;
		printf("%s: %s: the linter finds %s, and the kernel says %s: %s\n", text(p, "object"),
			text(p, "program"), wrong ? "errors" : "none", ret ? strerror(-ret) : "that it loads",
			ret ? reason() : "");
	}
	printf("%u programs are judged alike, %u are not; %u may not be loaded here\n", agree, differ,
		refused);
	json_decref(all);
	return differ || !agree;
}
