/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * main.c: ringc-judge, process 1 of the virtual machine of `ringc lint --verify=IMAGE`. It has this machine's
 * kernel judge each program of each object that is there, says on the console how that went, as lint/guest.h
 * has it, and stays: whoever started the machine ends it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>
#include <zlib.h>
#include "lint/verify/guest.h"

#define CONSOLE "/dev/console"

static void mounted(const char *type, const char *path)
{
	mkdir(path, 0755);
	mount(type, path, type, 0, NULL);
}

/* Bytes are to come through as they are. */
static FILE *open_console(void)
{
	struct termios t;
	mounted("devtmpfs", "/dev");
	mknod(CONSOLE, S_IFCHR | 0600, makedev(5, 1)); /* a kernel without devtmpfs */
	int fd = open(CONSOLE, O_RDWR | O_NOCTTY);
	if (fd >= 0 && !tcgetattr(fd, &t)) {
		cfmakeraw(&t);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static void *read_whole(const char *path, size_t *size)
{
	struct stat st;
	FILE *f = fopen(path, "re");
	void *bytes = f && !fstat(fileno(f), &st) ? malloc((size_t)st.st_size + 1) : NULL;

	*size = bytes ? fread(bytes, 1, (size_t)st.st_size, f) : 0;
	if (f)
		fclose(f);
	return bytes;
}

/* False: there is no memory to say it, which ends the machine, and so is said. */
static bool say(FILE *console, unsigned object, unsigned program, const struct kernel_answer *a)
{
	const char *log = a->log ? a->log : "", *said = a->said ? a->said : "";
	size_t nlog = strlen(log) + 1, nsaid = strnlen(said, 4096), size = nlog + nsaid + 1;
	uLongf packed = compressBound(size);
	char *text = calloc(1, size);
	Bytef *bytes = malloc(packed);

	if (!text || !bytes)
		return false;
	memcpy(text, log, nlog);
	memcpy(text + nlog, said, nsaid);
	if (compress2(bytes, &packed, (const Bytef *)text, size, Z_BEST_SPEED) != Z_OK)
		return false;
	fprintf(console, GUEST_ANSWER_FORMAT "\n", object, program, a->error, a->equivalent, (unsigned)packed,
		(unsigned)size);
	bool written = fwrite(bytes, 1, packed, console) == packed && !fflush(console);
	free(bytes);
	free(text);
	return written;
}

/* False: there are no more. */
static bool judge_object(FILE *console, unsigned number)
{
	struct arena *arena = arena_new();
	char path[20];
	const char *why;
	size_t size;

	snprintf(path, sizeof path, "/%u", number);
	void *bytes = read_whole(path, &size);
	struct lint_object *o = bytes ? lint_object_read(arena, path, bytes, size, &why) : NULL;
	for (unsigned i = 0; o && i < o->programs.n; i++) {
		struct kernel_answer a = lint_ask_kernel(o, o->programs.at[i], bytes, size);
		if (!say(console, number, i, &a))
			exit(1);
		kernel_answer_free(&a);
	}
	lint_object_close(o);
	arena_free(arena);
	free(bytes);
	return bytes;
}

/* Where libbpf looks for it. */
static void place_configuration(const char *release)
{
	char path[sizeof "/boot/config-" + sizeof((struct utsname *)0)->release];
	struct stat st;

	snprintf(path, sizeof path, "/boot/config-%s", release);
	if (!stat("/" GUEST_CONFIG, &st) && st.st_size && !mkdir("/boot", 0755))
		link("/" GUEST_CONFIG, path);
}

int main(void)
{
	FILE *console = open_console();
	struct utsname u;

	if (!console)
		return 1;
	mounted("proc", "/proc");
	mounted("sysfs", "/sys");
	uname(&u);
	place_configuration(u.release);
	fprintf(console, "\n" GUEST_HELLO "%s\n", u.release);
	fflush(console);
	for (unsigned i = 0; judge_object(console, i); i++)
		;
	fputs(GUEST_END "\n", console);
	fflush(console);
	for (;;)
		pause();
}
