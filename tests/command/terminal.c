/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * terminal SIZE[,SIZE] [--until TEXT] COMMAND...: runs a command in a terminal of that size, COLUMNS or
 * COLUMNSxROWS, and from the first `\r` or escape on, which begin a bar and a screen, of the second size.
 * Prints what the terminal was sent. With --until it is the command's controlling terminal, and it goes away
 * when a line with that text was sent. Exits as the command does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void set_size(int terminal, const char *text)
{
	struct winsize size = {.ws_row = 24};
	char *end;

	size.ws_col = (unsigned short)strtoul(text, &end, 10);
	if (*end == 'x')
		size.ws_row = (unsigned short)strtoul(end + 1, NULL, 10);
	if (ioctl(terminal, TIOCSWINSZ, &size))
		perror("TIOCSWINSZ");
}

static int run(int terminal, const char *name, char **command, bool controls)
{
	struct termios raw;
	int fd;

	if (controls)
		setsid();
	fd = open(name, O_RDWR | (controls ? 0 : O_NOCTTY));
	if (fd < 0 || tcgetattr(fd, &raw))
		return 126;
	raw.c_oflag &= ~(tcflag_t)OPOST; /* a `\n` is to come as it is */
	tcsetattr(fd, TCSANOW, &raw);
	close(terminal);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
	execvp(command[0], command);
	return 127;
}

/* Whether that line is among those that were sent. */
static bool seen(const char *line, const char *sent, size_t n)
{
	static char all[4096];
	static size_t used;
	size_t fits = sizeof(all) - 1 - used < n ? sizeof(all) - 1 - used : n;

	memcpy(all + used, sent, fits);
	used += fits;
	return strstr(all, line) && strchr(strstr(all, line), '\n');
}

int main(int argc, char **argv)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status;
	const char *until = argc > 4 && strcmp(argv[2], "--until") == 0 ? argv[3] : NULL;
	const char *then;
	char buf[4096];
	ssize_t n;
	pid_t pid;

	if (argc < 3 || terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		return 125;
	set_size(terminal, argv[1]);
	then = strchr(argv[1], ',');
	pid = fork();
	if (pid == 0)
		_exit(run(terminal, ptsname(terminal), argv + (until ? 4 : 2), until));
	/* EIO: nobody has it open any more. */
	while ((n = read(terminal, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR)) {
		if (n > 0)
			fwrite(buf, 1, (size_t)n, stdout);
		if (n > 0 && until && seen(until, buf, (size_t)n))
			break;
		if (n > 0 && then && (memchr(buf, '\r', (size_t)n) || memchr(buf, '\033', (size_t)n))) {
			set_size(terminal, then + 1);
			then = NULL;
		}
	}
	close(terminal);
	if (waitpid(pid, &status, 0) != pid)
		return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
