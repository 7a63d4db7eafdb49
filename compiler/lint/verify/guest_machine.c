/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* guest_machine.c: the virtual machine: which one an image takes, and QEMU as a process. */
#include "guest_machine.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__aarch64__)
#define PROCESSOR "aarch64"
#else
#define PROCESSOR "x86_64"
#endif

/* Where its format says so, an image has these bytes. */
static const struct guest_kind {
	const char *processor;
	off_t at;
	const char *magic, *image;
	const char *qemu, *machine, *console;
} kinds[] = {
	{"x86_64", 0x202, "HdrS", "a bzImage", "qemu-system-x86_64", "pc", "console=ttyS0 no_timer_check"},
	{"aarch64", 0x38, "ARM\x64", "an Image for arm64", "qemu-system-aarch64", "virt", "console=ttyAMA0"},
};

/* Of the kernel's messages only a panic's are printed. A guest of a busy host stands still now and then,
 * which is no stall. The first oops is the end: what comes after it is worth nothing. */
#define APPEND " loglevel=1 panic=-1 oops=panic rcupdate.rcu_cpu_stall_timeout=300 watchdog_thresh=60"

const struct guest_kind *guest_kind_of(struct guest *g, int image)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		char magic[4];
		if (pread(image, magic, sizeof magic, kinds[i].at) != sizeof magic ||
			memcmp(magic, kinds[i].magic, sizeof magic) != 0)
			continue;
		if (!strcmp(kinds[i].processor, PROCESSOR))
			return &kinds[i];
		g->why =
			arena_printf(g->arena, "it is %s, and this machine is an " PROCESSOR, kinds[i].image);
		return NULL;
	}
	g->why = "it is neither a bzImage nor an Image for arm64";
	return NULL;
}

/* However ringc ends, QEMU does not stay. */
static bool end_with(pid_t parent)
{
	return !prctl(PR_SET_PDEATHSIG, SIGKILL) && getppid() == parent;
}

static void become_qemu(const struct guest_kind *kind, bool kvm, int image, int initramfs)
{
	char kernel[40], initrd[40], memory[40], append[300];
	struct stat st = {0};

	fstat(initramfs, &st);
	snprintf(kernel, sizeof kernel, "/proc/self/fd/%d", image);
	snprintf(initrd, sizeof initrd, "/proc/self/fd/%d", initramfs);
	/* MiB: for the verifier, and for the archive and what is unpacked of it. */
	snprintf(memory, sizeof memory, "%lld", 1024 + 3 * ((long long)st.st_size >> 20));
	snprintf(append, sizeof append, "%s" APPEND, kind->console);
	execlp(kind->qemu, kind->qemu, "-M", kind->machine, "-accel", kvm ? "kvm" : "tcg", "-cpu", "max",
		"-m", memory, "-no-user-config", "-nodefaults", "-display", "none", "-no-reboot", "-serial",
		"stdio", "-kernel", kernel, "-initrd", initrd, "-append", append, (char *)NULL);
}

/* A copy that standard input, output and error cannot take the place of. */
static int above_standard(int fd)
{
	return fd < 0 ? fd : fcntl(fd, F_DUPFD, STDERR_FILENO + 1);
}

static bool replace_standard(int out, int err)
{
	int in = open("/dev/null", O_RDONLY);
	return in >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	       dup2(err, STDERR_FILENO) >= 0;
}

/* In the new process: it becomes QEMU, or says on `failed` why not. */
static void run(const struct guest_kind *kind, bool kvm, int image, int initramfs, int out, int err,
	int failed, pid_t parent)
{
	image = above_standard(image);
	initramfs = above_standard(initramfs);
	out = above_standard(out);
	err = above_standard(err);
	failed = above_standard(failed);
	if (image >= 0 && initramfs >= 0 && out >= 0 && err >= 0 && failed >= 0 && end_with(parent) &&
		!fcntl(failed, F_SETFD, FD_CLOEXEC) && replace_standard(out, err))
		become_qemu(kind, kvm, image, initramfs);
	dprintf(failed, "%s", strerror(errno));
	_exit(1);
}

static bool no_machine(struct guest *g, struct guest_machine *m)
{
	g->why = arena_printf(g->arena, "no virtual machine: %s", strerror(errno));
	guest_end(m);
	return false;
}

bool guest_start(struct guest *g, const struct guest_kind *kind, bool kvm, int image, int initramfs,
	struct guest_machine *m)
{
	pid_t parent = getpid();
	int out[2], failed[2];
	char why[200];

	*m = (struct guest_machine){.pid = -1, .out = -1, .err = memfd_create("stderr", MFD_CLOEXEC)};
	if (m->err < 0 || pipe2(out, O_CLOEXEC))
		return no_machine(g, m);
	m->out = out[0];
	m->pid = pipe2(failed, O_CLOEXEC) ? -1 : fork();
	if (!m->pid)
		run(kind, kvm, image, initramfs, out[1], m->err, failed[1], parent);
	close(out[1]);
	if (m->pid < 0)
		return no_machine(g, m);
	close(failed[1]);
	ssize_t n = read(failed[0], why, sizeof why);
	close(failed[0]);
	if (n <= 0)
		return true;
	g->why = arena_printf(g->arena, "`%s` cannot be started: %.*s", kind->qemu, (int)n, why);
	guest_end(m);
	return false;
}

void guest_end(struct guest_machine *m)
{
	if (m->pid > 0) {
		kill(m->pid, SIGKILL);
		while (waitpid(m->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (m->out >= 0)
		close(m->out);
	if (m->err >= 0)
		close(m->err);
}

const char *guest_complaint(struct arena *a, const struct guest_machine *m)
{
	char text[1000];
	off_t size = lseek(m->err, 0, SEEK_END),
	      from = size < (off_t)sizeof text ? 0 : size - (off_t)sizeof text;
	ssize_t n = pread(m->err, text, sizeof text, from);

	while (n > 0 && text[n - 1] == '\n')
		n--;
	if (n <= 0)
		return NULL;
	const char *line = memrchr(text, '\n', (size_t)n);
	line = line ? line + 1 : text;
	return arena_strndup(a, line, (size_t)(text + n - line));
}
