/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bench.h: what every comparison program does: read its arguments, say how long its work took, give up. */
#ifndef BENCH_H
#define BENCH_H

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

__attribute__((format(printf, 2, 3), noreturn)) static inline void die(int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (err)
		fprintf(stderr, ": %s", strerror(err < 0 ? -err : err));
	fputc('\n', stderr);
	exit(1);
}

static inline unsigned bench_number(const char *text, unsigned least, unsigned most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value < least || value > most)
		die(0, "%s: not a number from %u to %u", text, least, most);
	return (unsigned)value;
}

static inline uint64_t bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* In a guest whose clock counts instructions, ns are instructions. */
static inline void bench_report(uint64_t start, uint64_t end, uint64_t ops)
{
	const char *wanted = getenv("BENCH");

	if (wanted && !strcmp(wanted, "1"))
		printf("ns=%llu ops=%llu\n", (unsigned long long)(end - start), (unsigned long long)ops);
}

#endif
