/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* main.c: ringlet: runs compiled ring scripts. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "help.h"

/* A standard stream that is closed is kept from becoming a file that is opened later, which would get our
 * messages. Open for the other direction, so that using it is still an error. */
static void hold_standard_streams(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

bool output_is_written(void)
{
	static bool failed; /* guarded by the stream's lock: threads print events */
	const char *why = NULL;
	bool ok;

	flockfile(stdout);
	if (fflush(stdout) != 0)
		why = strerror(errno);
	else if (ferror(stdout))
		why = "not all of it could be written";
	if (why && !failed)
		fprintf(stderr, "ringlet: standard output: %s\n", why);
	failed = failed || why;
	ok = !failed;
	funlockfile(stdout);
	return ok;
}

static int run_command(const char *command, int argc, char **argv)
{
	if (strcmp(command, "run") == 0 || strcmp(command, "trace") == 0)
		return cmd_run(argc - 1, argv + 1);
	if (strcmp(command, "probe") == 0)
		return cmd_probe(argc - 1, argv + 1);
	if (strcmp(command, "inspect") == 0)
		return cmd_inspect(argc - 1, argv + 1);
	if (strcmp(command, "top") == 0)
		return cmd_top(argc - 1, argv + 1);
	if (strcmp(command, "--version") == 0) {
		printf("ringlet %s\n", ringlet_version());
		return EXIT_OK;
	}
	if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0) {
		help_print(&ringlet_help, stdout);
		return EXIT_OK;
	}
	if (*command)
		fprintf(stderr, "ringlet: there is no command `%s`\n", command);
	help_usage(&ringlet_help, stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	int status;

	hold_standard_streams();
	status = run_command(argc > 1 ? argv[1] : "", argc, argv);
	return output_is_written() || status ? status : EXIT_FAILED;
}
