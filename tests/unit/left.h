/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* left.h: what a process has, to be compared before and after. */
#ifndef LEFT_H
#define LEFT_H

#include <dirent.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct held {
	unsigned fds, threads;
	unsigned long mapped, pinned; /* KiB, but for heap and stack; what rings have registered */
};

static inline unsigned count_entries(const char *path)
{
	DIR *d = opendir(path);
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* But for the kernel's workers of a ring (io-wq), which stay for five seconds when they have nothing to do.
 */
static inline unsigned count_threads(void)
{
	DIR *d = opendir("/proc/self/task");
	struct dirent *e;
	unsigned n = 0;

	while ((e = readdir(d))) {
		char path[300], name[32] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", e->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (!fgets(name, sizeof(name), f))
			name[0] = '\0';
		fclose(f);
		n += *name && strncmp(name, "iou-", 4) != 0;
	}
	closedir(d);
	return n;
}

static inline struct held held(void)
{
	struct held h = {count_entries("/proc/self/fd"), count_threads(), 0, 0};
	FILE *f = fopen("/proc/self/maps", "r");
	bool others_malloc = false;
	unsigned long from, to;
	char line[512];

	while (fgets(line, sizeof(line), f)) {
		others_malloc = others_malloc || strstr(line, "san.so") || strstr(line, "vgpreload");
		if (!strstr(line, "[heap]") && !strstr(line, "[stack]") &&
			sscanf(line, "%lx-%lx", &from, &to) == 2)
			h.mapped += (to - from) >> 10;
	}
	fclose(f);
	/* That of a sanitizer, or of valgrind, has blocks anywhere. */
	if (others_malloc)
		h.mapped = 0;
	f = fopen("/proc/self/status", "r");
	while (fgets(line, sizeof(line), f))
		sscanf(line, "VmPin: %lu", &h.pinned);
	fclose(f);
	return h;
}

static inline void *end_at_once(void *arg)
{
	return arg;
}

/* The C library keeps the stack of a thread that has ended, for the next: before a count it is to have one.
 */
static inline void keep_a_stack(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, end_at_once, NULL) == 0)
		pthread_join(t, NULL);
}

/* Whether there is no more than before. What a ring pinned takes a moment to go. */
static inline bool nothing_left(struct held before)
{
	struct held now = held();

	for (int turn = 0; turn < 6000; turn++) {
		if (now.fds == before.fds && now.mapped == before.mapped && now.threads <= before.threads &&
			now.pinned <= before.pinned)
			return true;
		usleep(1000);
		now = held();
	}
	fprintf(stderr,
		"left: %u descriptors of %u, %u threads of %u, %lu KiB mapped of %lu, %lu pinned of %lu\n",
		now.fds, before.fds, now.threads, before.threads, now.mapped, before.mapped, now.pinned,
		before.pinned);
	return false;
}

#endif
