/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* main.c: ringlet: runs compiled ring scripts. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const char usage[] =
	"usage: ringlet run [options] PROGRAM [NAME=VALUE...] [-- PROGRAM [NAME=VALUE...]]...\n"
	"       ringlet probe [--format=text|json]\n"
	"       ringlet --version | --help\n"
	"\n"
	"run: runs a compiled ring script (ringc build makes them), or several at once, a thread each.\n"
	"  --engine=auto|kernel|user  where the program runs; auto: in the kernel where it can\n"
	"  --show=NAME                a shared variable's value after the run, to standard output; "
	"repeatable\n"
	"  --post=QUEUE=FILE          posts to an `in` queue: a line `USER_DATA [RES]` each; - is standard "
	"input\n"
	"  --connect=QUEUE=QUEUE      an `out` queue leads to an `in` queue of another of the programs; "
	"repeatable\n"
	"  --events                   prints what comes to `out` queues: QUEUE USER_DATA RES\n"
	"  --stats                    engine, time and counters, to standard error\n"
	"  --quiet                    no progress, no messages of the program's\n"
	"  --help                     the program's parameters, if PROGRAM is given\n"
	"Of several programs names say which, by number: 1.QUEUE, 2.NAME. Of an array of queues, which: "
	"QUEUE[3].\n"
	"A descriptor parameter takes a path, `-` for standard input or output, or fd:NUMBER.\n"
	"Integers take K, M and G. A shared array of bytes takes text, or @FILE: the file's bytes, or where "
	"it\n"
	"has two dimensions its lines, one a row; @- is standard input.\n"
	"\n"
	"probe: what this kernel can do for ring scripts, and what each missing thing blocks.\n"
	"Exit status: 0 the kernel engine works here, 1 it does not.\n"
	"\n"
	"Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted (128 and the signal's number).\n";

/* A standard stream that is closed is kept from becoming a file that is opened later, which would get our
 * messages. Open for the other direction, so that using it is still an error. */
static void hold_standard_streams(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	hold_standard_streams();

	if (strcmp(command, "run") == 0)
		return cmd_run(argc - 1, argv + 1);
	if (strcmp(command, "probe") == 0)
		return cmd_probe(argc - 1, argv + 1);
	if (strcmp(command, "--version") == 0) {
		printf("ringlet %s\n", ringlet_version());
		return EXIT_OK;
	}
	if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0) {
		fputs(usage, stdout);
		return EXIT_OK;
	}
	if (*command)
		fprintf(stderr, "ringlet: there is no command `%s`\n", command);
	fputs(usage, stderr);
	return EXIT_USAGE;
}
