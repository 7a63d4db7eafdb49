/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* probe.c: ringlet probe: the feature table, for people and for scripts. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli.h"

/* All strings are the library's own literals; only the release comes from outside. */
static void print_json(const struct ringlet_feature *f, size_t n, const char *release, bool kernel, bool user)
{
	printf("{\"release\": \"%s\", \"kernel_engine\": %s, \"user_engine\": %s, \"features\": [", release,
		kernel ? "true" : "false", user ? "true" : "false");
	for (size_t i = 0; i < n; i++)
		printf("%s\n  {\"name\": \"%s\", \"since\": \"%s\", \"present\": %s, \"errno\": %d, "
		       "\"needed_by\": [%s%s%s],\n"
		       "   \"probe\": \"%s\",\n   \"blocks\": \"%s\",\n   \"hint\": \"%s\"}",
			i ? "," : "", f[i].name, f[i].since, f[i].status == 0 ? "true" : "false",
			-f[i].status, f[i].kernel_engine ? "\"kernel\"" : "",
			f[i].kernel_engine && f[i].user_engine ? ", " : "",
			f[i].user_engine ? "\"user\"" : "", f[i].how, f[i].blocks, f[i].hint);
	printf("\n]}\n");
}

static void print_text(const struct ringlet_feature *f, size_t n, const char *release, bool kernel, bool user)
{
	printf("Linux %s\n", release);
	printf("kernel engine: %s\nuser engine:   %s\n\n", kernel ? "works" : "does not work here",
		user ? "works" : "does not work here");
	for (size_t i = 0; i < n; i++) {
		printf("%-3s  %-26s since %-7s %s\n", f[i].status == 0 ? "yes" : "no", f[i].name, f[i].since,
			f[i].status == 0 ? "" : strerror(-f[i].status));
		if (f[i].status != 0)
			printf("       without it: %s\n       to do: %s\n", f[i].blocks, f[i].hint);
	}
}

int cmd_probe(int argc, char **argv)
{
	const struct ringlet_feature *f;
	bool json = false, kernel = true, user = true;
	struct utsname u = {0};
	size_t n;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--format=json") == 0) {
			json = true;
		} else if (strcmp(argv[i], "--format=text") != 0) {
			fprintf(stderr, "ringlet probe: `%s`: what is this? (see ringlet --help)\n", argv[i]);
			return EXIT_USAGE;
		}
	}
	uname(&u);
	f = ringlet_probe(&n);
	for (size_t i = 0; i < n; i++) {
		kernel = kernel && (f[i].status == 0 || !f[i].kernel_engine);
		user = user && (f[i].status == 0 || !f[i].user_engine);
	}
	if (json)
		print_json(f, n, u.release, kernel, user);
	else
		print_text(f, n, u.release, kernel, user);
	return kernel ? EXIT_OK : EXIT_FAILED;
}
